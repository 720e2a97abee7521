"""Runs commands of mailbot in processes of their own that may kill themselves; forked from one that has it imported.

Forking spares each command the two seconds that its imports and its first mail take. A child may be told to send
itself SIGKILL right before or right after the n-th of one kind of outside call:

- `fetch`: a FETCH of the IMAP client · `move`: its MOVE, or the CREATE of the folder to move to · `commit`: a COMMIT
  of the store · `data`: a mail handed to the SMTP server: before its text leaves, after the 250 to it was read.
- `copy`: a COPY to the folder that a mail is filed in, where there is no MOVE.
- `read`: the reading of a mail.
- `lay`: an APPEND of a copy, or its writing into a Maildir · `remove`: the STORE and the EXPUNGE of a mail, or the
  removal of its file.
- `told`: lines of gone.log appended · `ledger`: gone.log written anew · `link`: a backup given its name · `fsync`.
- `any`: whichever call leaves the process, of all kinds: a connection made, an IMAP command, an SMTP command or the
  wait for its answer, a COMMIT, an fsync, a rename, a link, an unlink. `net`: those of the network alone.
- `plain`: a read or write of a socket, or a write of a file by Python, of which there are many.
- `hook`: the wait for a web receiver's answer, so before it the call has been sent, after it the answer was read.
- `statement`: any statement of the store.

A child may also stop itself there (SIGSTOP), be short of file handles, or have another time. `Commands` is the tests'
side, `main` the process that forks.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.support import quick

CALLS = ("fetch", "commit", "data", "move")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kill:
    """Where a process kills itself."""

    call: str
    when: str  # before, after; stop: it stops before, and goes on when it gets SIGCONT
    n: int  # from 1

    def __str__(self) -> str:
        return f"{self.when} {self.call} {self.n}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a command ended; `calls` counts its outside calls, {} where it was killed."""

    code: int  # -9: killed
    out: str
    err: str
    calls: dict[str, int]


class Commands:
    """The forking process; one for a test run."""

    def __init__(self) -> None:
        """Start it. It imports mailbot while the first command is on its way."""
        root = Path(__file__).parents[2]
        clean = {name: value for name, value in os.environ.items() if not name.startswith("MAILBOT_")}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.killed"], cwd=root, env=clean, text=True, encoding="utf-8",
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip

    def run(
        self, *arguments: str, kill: Kill | None = None, turn: bool = True, env: dict[str, str] | None = None,
        **more: float,
    ) -> Ended:  # fmt: skip
        """Run one command to its end, or to its death; without `turn` it does not wait for other pollers.

        `more`: `files`, the most file handles it may have; `ahead`, how many seconds its clock goes ahead.
        """
        order: dict[str, Any] = {"argv": arguments, "env": env or {}, "turn": turn, **more}
        if kill is not None:
            order |= {"call": kill.call, "when": kill.when, "n": kill.n}
        (ended,) = self._ask(order)
        return ended

    def start(self, *arguments: str, stop: Kill, env: dict[str, str] | None = None, **more: Any) -> int:
        """Begin a command that stops itself there, wait until it did, return its pid; `finish` waits for its end."""
        order = {"argv": arguments, "env": env or {}, "turn": True, "call": stop.call, "when": stop.when, "n": stop.n}
        (begun,) = self._told(order | more | {"start": True})
        pid = int(begun)
        until = time.monotonic() + 30
        while (state := _state(pid)) not in "TZ":
            assert time.monotonic() < until, f"neither stopped nor ended: {state}"
            time.sleep(0.005)
        return pid

    def finish(self, pid: int) -> Ended:
        """Wait for the end of such a command; one that was not continued is killed."""
        (ended,) = self._told({"finish": pid})
        return Ended(**ended)

    def at_once(self, times: int, *arguments: str, turn: bool = True) -> list[Ended]:
        """Run one command in several processes at once, to the end of all."""
        return self._ask({"argv": arguments, "env": {}, "turn": turn, "times": times})

    def _ask(self, order: dict[str, Any]) -> list[Ended]:
        return [Ended(**each) for each in self._told(order)]

    def _told(self, order: dict[str, Any]) -> list[Any]:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        told: list[Any] = json.loads(self._process.stdout.readline())
        return told

    def stop(self) -> None:
        """End it."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(timeout=20)
        self._process.stdout.close()


def wrap(owner: Any, name: str, kind: str, calls: Counter[str], order: dict[str, Any]) -> None:
    """Count the calls of a method, and die right before or after the one that is ordered."""
    original: Callable[..., Any] = getattr(owner, name)
    wanted = order.get("call")

    def wrapped(*arguments: Any, **named: Any) -> Any:
        calls[kind] += 1
        mine = wanted == kind and calls[kind] == order["n"]
        if mine and order["when"] != "after":
            os.kill(os.getpid(), signal.SIGSTOP if order["when"] == "stop" else signal.SIGKILL)
        try:
            return original(*arguments, **named)
        finally:
            if mine and order["when"] == "after":
                os.kill(os.getpid(), signal.SIGKILL)

    setattr(owner, name, wrapped)


def wrap_any(calls: Counter[str], order: dict[str, Any]) -> None:
    """Count every outside call as `any` too, and the plain reads and writes apart."""
    import smtplib
    import socket
    from imaplib import IMAP4

    from sqlalchemy.engine import Connection

    outside: list[tuple[Any, str]] = [
        (socket, "create_connection"), (IMAP4, "_command"), (smtplib.SMTP, "send"), (smtplib.SMTP, "getreply"),
        (Connection, "_commit_impl"), (os, "fsync"), (os, "rename"), (os, "replace"), (os, "link"), (os, "unlink"),
    ]  # fmt: skip
    for number, (owner, name) in enumerate(outside):
        wrap(owner, name, "any", calls, order)
        if number < 4:
            wrap(owner, name, "net", calls, order)
    for owner, name in ((socket.socket, "sendall"), (socket.SocketIO, "readinto"), (os, "write")):
        wrap(owner, name, "plain", calls, order)


def change(order: dict[str, Any]) -> None:
    """Take file handles away, shift the clock, shorten the leases of the outbox: as ordered."""
    from mailbot import app
    from mailbot.answering.outbox import Outbox
    from mailbot.store import outbox

    if "lease" in order:
        outbox.LEASE = timedelta(seconds=order["lease"])
        Outbox.lasts = property(lambda _: outbox.LEASE)  # type: ignore[assignment, method-assign]
    if "ahead" in order:
        ahead = timedelta(seconds=order["ahead"])
        assert app.build.__kwdefaults__ is not None
        app.build.__kwdefaults__["clock"] = lambda: datetime.now(UTC) + ahead
    if "files" in order:
        resource.setrlimit(resource.RLIMIT_NOFILE, (order["files"], resource.getrlimit(resource.RLIMIT_NOFILE)[1]))


def child(order: dict[str, Any], counted: Path) -> int:
    """Carry one order out; runs in the forked process."""
    from http.client import HTTPConnection

    from imapclient import IMAPClient
    from sqlalchemy.engine import Connection
    from sqlalchemy.engine.default import DefaultDialect

    from mailbot import mail
    from mailbot.answering.session import Session
    from mailbot.cli import main as mailbot
    from mailbot.intake.maildir import MaildirMailbox
    from mailbot.store import engine, inhand, store
    from mailbot.store.gone import Ledger

    calls: Counter[str] = Counter()
    wrap(IMAPClient, "fetch", "fetch", calls, order)
    wrap(IMAPClient, "move", "move", calls, order)
    wrap(IMAPClient, "create_folder", "move", calls, order)
    wrap(IMAPClient, "copy", "copy", calls, order)
    wrap(IMAPClient, "append", "lay", calls, order)
    wrap(IMAPClient, "add_flags", "remove", calls, order)
    wrap(IMAPClient, "uid_expunge", "remove", calls, order)
    wrap(MaildirMailbox, "lay", "lay", calls, order)
    wrap(MaildirMailbox, "remove", "remove", calls, order)
    wrap(mail, "read", "read", calls, order)
    wrap(Connection, "_commit_impl", "commit", calls, order)
    wrap(DefaultDialect, "do_execute", "statement", calls, order)
    wrap(Session, "_taken" if order.get("when") == "after" else "_write", "data", calls, order)
    wrap(HTTPConnection, "getresponse", "hook", calls, order)
    wrap(Ledger, "append", "told", calls, order)
    wrap(Ledger, "write", "ledger", calls, order)
    wrap(os, "link", "link", calls, order)
    wrap(os, "fsync", "fsync", calls, order)
    wrap_any(calls, order)
    if not order["turn"]:
        from contextlib import nullcontext

        store.engine_turn = engine.turn = lambda _engine: nullcontext(True)
        inhand.DEATHS = 100  # the turn is what tells a pass that died from one that goes on beside this one
    os.environ.update(order["env"])
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    change(order)
    code = mailbot(order["argv"])
    if "files" in order:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    counted.write_text(json.dumps(calls), encoding="utf-8")
    return code


def fork(order: dict[str, Any], folder: Path) -> int:
    """Carry one order out in a process of its own, from now on; return its pid."""
    folder.mkdir(exist_ok=True)
    out, err, counted = folder / "out", folder / "err", folder / "calls"
    counted.unlink(missing_ok=True)
    pid = os.fork()
    if pid == 0:
        code = 70
        try:
            for number, path in ((1, out), (2, err)):
                os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
            sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115, PTH123 - for the rest of this process
            sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
            code = child(order, counted)
            sys.stdout.flush()
        except BaseException:  # noqa: BLE001 - told by its traceback and the exit code
            import traceback

            traceback.print_exc()
        finally:
            os._exit(code)
    return pid


def end(pid: int, folder: Path) -> dict[str, Any]:
    """Wait for the end of such a process; return what `Ended` holds."""
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    counted = folder / "calls"
    calls = json.loads(counted.read_text(encoding="utf-8")) if counted.exists() else {}
    read = {name: (folder / name).read_text(encoding="utf-8") for name in ("out", "err")}
    return {"code": status, "calls": calls, **read}


def apart(order: dict[str, Any], folder: Path) -> list[Any]:
    """Begin a command and leave it alone, or wait for its end."""
    if "start" in order:
        place = folder / f"apart-{len(_apart)}"
        pid = fork(order, place)
        _apart[pid] = place
        return [pid]
    pid = order["finish"]
    if _state(pid) == "T":
        os.kill(pid, signal.SIGKILL)
    return [end(pid, _apart[pid])]


_apart: dict[int, Path] = {}  # what was begun, and where it writes


def _state(pid: int) -> str:
    """Return what a process does now: R, S, T (stopped), Z (ended)."""
    return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]


def _warm(folder: Path) -> None:
    """Do what children do, so that none builds tables, patterns and statements anew: half a second each."""
    from random import Random

    from tests.acceptance.world import ALICE, ALIYA, BORIS, UPDATE, WITHDRAWAL, World
    from tests.support import mails
    from tests.support.explained import check, check_answers

    os.environ["MAILBOT_TRUST__DNS"] = "false"
    world = World(folder)
    for language, sender in (("kk", ALIYA), ("ru", BORIS)):
        world.put(world.octets(sender, UPDATE[language], "Телефон: +77019998877"))
    world.put(world.octets(ALICE, WITHDRAWAL["en"]))
    world.poll()
    world.reasons()
    world.person(ALIYA)
    world.ok("audit", "verify", "--json")
    del os.environ["MAILBOT_TRUST__DNS"]

    for seed in range(30):
        octets = mails.sound(Random(seed))
        if check(octets, known=True)["reply"]:
            check_answers(octets, known=True)


def main() -> None:
    """Read orders from stdin, one JSON object a line; answer each with how it ended."""
    import mailbot.answering.reply
    import mailbot.answering.smtp
    import mailbot.app
    import mailbot.cli.desk
    import mailbot.cli.persons
    import mailbot.cli.setup
    import mailbot.cli.work
    import mailbot.intake.imap
    import mailbot.intake.maildir
    import mailbot.mail
    import mailbot.operating.anew
    from mailbot.config import load_policy

    del mailbot
    import alembic.command
    import alembic.config
    import holidays
    import psycopg  # noqa: F401

    del alembic
    holidays.country_holidays("KZ", years=2026)
    load_policy(None)
    quick.be()
    with tempfile.TemporaryDirectory(prefix="commands-") as folder:
        _warm(Path(folder) / "warm")
        gc.collect()
        gc.freeze()  # no child copies what all of them share, for a mark on it
        for line in sys.stdin:
            order = json.loads(line)
            if "start" in order or "finish" in order:
                print(json.dumps(apart(order, Path(folder))), flush=True)
                continue
            folders = [Path(folder) / str(number) for number in range(order.get("times", 1))]
            pids = [fork(order, each) for each in folders]
            print(json.dumps([end(pid, each) for pid, each in zip(pids, folders, strict=True)]), flush=True)


if __name__ == "__main__":
    main()
