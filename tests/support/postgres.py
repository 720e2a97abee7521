"""An own PostgreSQL cluster in a temporary folder, on a unix socket only; a new database per test.

As root the server runs as the system user `postgres`, because initdb and postgres refuse root.
"""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import Any, LiteralString
from urllib.parse import quote

import psycopg

from tests.support.servers import missing, wait_for

OWNER = "mailbot"


class Postgres:
    """One running cluster; `stop()` ends it and takes its folder away."""

    def __init__(self, programs: Path, *, durable: bool = False) -> None:
        """Make the cluster and start it; a `durable` one waits for its disk.

        Raises RuntimeError with its log where it doesn't start.
        """
        self._programs = programs
        self.folder = Path(tempfile.mkdtemp(prefix="pg-", dir=_short()))
        self._as: dict[str, Any] = {}
        if os.geteuid() == 0:
            owner = pwd.getpwnam("postgres")
            os.chown(self.folder, owner.pw_uid, owner.pw_gid)
            self._as = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
        self._numbers = itertools.count(1)
        self._admin: psycopg.Connection | None = None
        data = self.folder / "data"
        self._run("initdb", "--no-sync", "-A", "trust", "-U", OWNER, "-E", "UTF8", "--locale=C", "-D", str(data))
        command = [str(programs / "postgres"), "-D", str(data), "-k", str(self.folder), "-h", ""]
        disk = "fsync=on" if durable else "fsync=off"
        for setting in (disk, "wal_level=minimal", "max_wal_senders=0", "max_wal_size=80MB", "jit=off"):
            command += ["-c", setting]
        command += ["-c", "max_connections=50", "-c", "shared_buffers=32MB"]
        with (self.folder / "log").open("wb") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.folder, **self._as)
        try:
            started = wait_for(self._answers, self._process)
            log_text = (self.folder / "log").read_text(errors="replace")
        except BaseException:
            self.stop()
            raise
        if not started:
            self.stop()
            raise RuntimeError(log_text)

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._programs / program), *arguments]
        subprocess.run(command, check=True, capture_output=True, cwd=self.folder, **self._as)

    def _answers(self) -> bool:
        command = [str(self._programs / "pg_isready"), "-q", "-h", str(self.folder), "-U", OWNER]
        return subprocess.run(command, check=False, cwd=self.folder, **self._as).returncode == 0

    def database(self, like: str = "") -> str:
        """Create a database, empty or a copy of `like` (a URL), and return its URL: postgresql://USER@/DB?host=/FOLDER.

        Nobody may be connected to what is copied. The schema that `like` names is named in the new URL, too.
        """
        name = f"t{next(self._numbers)}"
        self._do(f"create database {name}" + (f" template {_name(like)}" if like else ""))
        _, named, schema = like.partition("&schema=")
        return f"postgresql://{OWNER}@/{name}?host={quote(str(self.folder))}{named}{schema}"

    def drop(self, url: str) -> None:
        """Drop a database of `database()`, whoever is still connected."""
        self._do(f"drop database if exists {_name(url)} with (force)")

    def folders(self, url: str) -> list[Path]:
        """Return where the server keeps a database of `database()`, and what databases share: tables and spilled sorts.

        The write-ahead log is not among them.
        """
        ((number,),) = self._do(f"select oid from pg_database where datname = '{_name(url)}'")
        data = self.folder / "data"
        return [data / "base" / str(number), data / "base" / "pgsql_tmp", data / "global"]

    def _do(self, statement: LiteralString) -> psycopg.Cursor:
        return self._connection().execute(statement)

    def _connection(self) -> psycopg.Connection:
        if self._admin is None:
            self._admin = psycopg.connect(host=str(self.folder), user=OWNER, dbname="postgres", autocommit=True)
        return self._admin

    def stop(self) -> None:
        """End the server and remove its data."""
        if self._admin is not None:
            self._admin.close()
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGQUIT)  # nothing is kept: no last checkpoint
        self._process.wait(timeout=20)
        shutil.rmtree(self.folder, ignore_errors=True)


def _short() -> str:
    """Return where a folder can lie that a socket is in: its path has 107 octets."""
    usual = tempfile.gettempdir()
    return usual if len(usual) < 40 else "/tmp"


def _name(url: str) -> str:
    return url.split("/")[3].split("?")[0]


def _programs() -> Path | None:
    versions = [p.parent for p in Path("/usr/lib/postgresql").glob("*/bin/postgres")]  # Debian keeps them off the PATH
    found = shutil.which("postgres")
    if versions or not found:
        return max(versions, key=lambda p: int(p.parent.name), default=None)
    return Path(found).resolve().parent


def start(*, durable: bool = False) -> Postgres:
    """Start a cluster; skips by name where PostgreSQL is not installed."""
    programs = _programs()
    if programs is None:
        missing("PostgreSQL is not installed (postgresql)")
    return Postgres(programs, durable=durable)
