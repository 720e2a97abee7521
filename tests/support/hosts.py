"""Hosts that share mailboxes: processes of the installed `run --all`, each with folders and a network of its own.

All lead to one Dovecot, one SMTP server and one PostgreSQL; what each host says to the database goes through a proxy,
so its network can be parted from the others'.
"""

from __future__ import annotations

import contextlib
import shutil
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from mailbot.store.engine import open_engine
from tests.support.dovecot import Dovecot
from tests.support.killed import Commands
from tests.support.postgres import OWNER, Postgres
from tests.support.proxy import Proxy
from tests.support.site import COMMAND, TAGS, Site, letter, stop
from tests.support.smtp import SmtpServer, Taken

USUAL = {
    "MAILBOT_SCHEDULE__POLL_SECONDS": "5", "MAILBOT_MAILBOX__TIMEOUT_SECONDS": "5",
    "MAILBOT_COURIER__TIMEOUT_SECONDS": "5",
}  # fmt: skip


@dataclass(slots=True)
class Host:
    """One process on a host of its own."""

    folder: Path
    proxy: Proxy
    process: subprocess.Popen[bytes]

    @property
    def log(self) -> str:
        """What it said."""
        return self.folder.with_suffix(".log").read_text(encoding="utf-8")


@dataclass(slots=True)
class Hosts:
    """Mailboxes, each with its installation, and the hosts that share them."""

    folder: Path
    dovecot: Dovecot
    smtp: SmtpServer
    postgres: Postgres
    commands: Commands
    database: str = ""
    sites: dict[str, Site] = field(default_factory=dict)
    hosts: dict[str, Host] = field(default_factory=dict)
    proxies: dict[str, Proxy] = field(default_factory=dict)
    since: int = 0  # which mails the SMTP server had taken before

    def __post_init__(self) -> None:
        self.since = len(self.smtp.taken)

    def make(self, *mailboxes: str) -> None:
        """Make installations, live, each with one person on file."""
        self.database = self.database or self.postgres.database()
        for name in mailboxes:
            store = f"{self.database}&schema={name}"
            site = Site(self.folder / "installed" / name, self.dovecot, self.smtp, store=store, commands=self.commands)
            made = site.init()
            assert made.code == 0, made.err
            self.sites[name] = site

    def prepare(self, name: str) -> Path:
        """Bring copies of all installations to a host that is not started yet; return their folder."""
        proxy = self.proxies[name] = Proxy(str(self.postgres.folder / ".s.PGSQL.5432")).__enter__()
        for mailbox in self.sites:
            self._bring(mailbox, self.folder / "hosts" / name, proxy)
        return self.folder / "hosts" / name

    def start(self, name: str, **settings: str) -> Host:
        """Start a host with copies of all installations; the settings go into its environment."""
        folder = self.folder / "hosts" / name if name in self.proxies else self.prepare(name)
        proxy = self.proxies[name]
        with folder.with_suffix(".log").open("wb") as log:
            site = next(iter(self.sites.values()))
            process = subprocess.Popen(
                [str(COMMAND), "--config", str(folder), "run", "--all"], stdout=log, stderr=log,
                stdin=subprocess.DEVNULL,
                env=site.environment(**(USUAL | settings)),
            )  # fmt: skip
        self.hosts[name] = Host(folder, proxy, process)
        return self.hosts[name]

    def bring(self, mailbox: str, name: str) -> None:
        """Bring an installation that is new to a host, and tell it."""
        self._bring(mailbox, self.hosts[name].folder, self.hosts[name].proxy)
        self.signal(name, signal.SIGHUP)

    def _bring(self, mailbox: str, folder: Path, proxy: Proxy) -> None:
        shutil.copytree(self.folder / "installed" / mailbox, folder / mailbox)
        whole, _, rest = self.database.partition("?")
        through = f"postgresql://{OWNER}@127.0.0.1:{proxy.port}/{whole.rpartition('/')[2]}?schema="
        file = folder / mailbox / "mailbot.toml"
        text = file.read_text(encoding="utf-8")
        assert f"{whole}?{rest}&schema=" in text
        file.write_text(text.replace(f"{whole}?{rest}&schema=", through), encoding="utf-8")

    def signal(self, name: str, number: signal.Signals) -> None:
        """Send a signal to a host's process."""
        self.hosts[name].process.send_signal(number)

    def end(self, name: str) -> int:
        """Stop a host in good order; return its exit code."""
        return stop(self.hosts[name].process, 30)

    def close(self) -> None:
        """Kill what still runs."""
        for host in self.hosts.values():
            if host.process.poll() is None:
                host.process.kill()
            host.process.wait()
        for proxy in self.proxies.values():
            proxy.silent = False
            proxy.__exit__()

    # ---- what can be seen ----------------------------------------------------------------------------------

    def sql(self, statement: str, **values: Any) -> list[Any]:
        """Return the rows of a statement."""
        engine = open_engine(self.database, self.folder)
        try:
            with engine.connect() as connection:
                return list(connection.execute(sa.text(statement), values).all())
        finally:
            engine.dispose()

    def spread(self) -> list[int]:
        """Return how many turns each living host has, and nobody as the last one where some are free."""
        rows = self.sql(
            "SELECT coalesce(h.name, ''), count(*) FROM mailbot_fleet.turn t LEFT JOIN mailbot_fleet.host h "
            "ON h.name = t.holder AND h.until > clock_timestamp() GROUP BY 1"
        )
        found = {str(name): int(count) for name, count in rows}
        free = found.pop("", 0)
        return [*sorted(found.values(), reverse=True), *([-free] if free else [])]

    def moves(self) -> int:
        """Return how often turns were taken."""
        return int(self.sql("SELECT sum(number) FROM mailbot_fleet.turn")[0][0])

    def of(self, name: str) -> list[str]:
        """Return the mailboxes whose turns a host has."""
        mine = f"%:{self.hosts[name].process.pid}:%"
        return [row[0] for row in self.sql("SELECT mailbox FROM mailbot_fleet.turn WHERE holder LIKE :mine", mine=mine)]

    def write(self, writer: str, *mailboxes: str) -> dict[str, float]:
        """Have somebody write an unsubscribe to each mailbox; return when each was delivered."""
        told = {}
        for name in mailboxes or self.sites:
            address = f"{writer}@{name}.example.com"
            self.sites[name].deliver(letter(address, TAGS["en", "unsubscribe"], name=writer))
            told[address] = time.monotonic()
        return told

    def answered(self, told: dict[str, float], seconds: float) -> float:
        """Wait until each was answered; return the longest wait. Raises AssertionError after so many seconds."""
        waits: dict[str, float] = {}
        until = time.monotonic() + seconds
        while set(told) - set(waits):
            for mail in self.taken():
                for address in mail.recipients:
                    if address in told:
                        waits.setdefault(address, time.monotonic() - told[address])
            missing = set(told) - set(waits)
            assert not missing or time.monotonic() < until, f"not answered in {seconds} s: {missing}; {self.logs()}"
            time.sleep(0.05)
        return max(waits.values())

    def taken(self) -> list[Taken]:
        """Return what the SMTP server took from these hosts."""
        return self.smtp.taken[self.since :]

    def replies(self) -> Counter[tuple[str, str]]:
        """Return how often each address got which Message-ID."""
        found: Counter[tuple[str, str]] = Counter()
        for mail in self.taken():
            header = mail.octets.partition(b"\r\n\r\n")[0].decode("ascii", "replace")
            ids = [line[11:].strip() for line in header.split("\r\n") if line.lower().startswith("message-id:")]
            found[mail.recipients[0], ids[0]] += 1
        return found

    def logs(self) -> str:
        """Return the last lines of every host's log."""
        return "\n".join(f"--- {name}\n" + "\n".join(host.log.splitlines()[-15:]) for name, host in self.hosts.items())


@contextlib.contextmanager
def hosts(folder: Path, dovecot: Dovecot, smtp: SmtpServer, postgres: Postgres, commands: Commands) -> Iterator[Hosts]:
    """Yield hosts that are all gone afterwards."""
    made = Hosts(folder, dovecot, smtp, postgres, commands)
    try:
        yield made
    finally:
        made.close()
