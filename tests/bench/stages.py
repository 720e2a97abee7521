"""Where the time of one mail goes: CPU and wall time of each stage, in milliseconds a mail.

`python -m tests.bench.stages [MAILS] [sqlite|postgresql]`. A stage's time is its own: what another stage in it takes is
told there.
"""

from __future__ import annotations

import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy.engine import Connection
from sqlalchemy.engine.default import DefaultDialect

from mailbot import mail
from mailbot.answering.outbox import Outbox
from mailbot.answering.session import Session
from mailbot.app import App, build
from mailbot.intake.imap import ImapMailbox
from mailbot.store.unit import Unit
from tests.bench.yardsticks import ground

STAGES: tuple[tuple[str, Any, str], ...] = (
    ("the rest", App, "poll"), ("parse", mail, "parse"), ("screen", mail, "screen"),
    ("verify", mail, "verify"), ("classify", mail, "classify"), ("extract a form", mail, "submission"),
    ("line", mail, "take_read"), ("receive", Unit, "receive"), ("gather", mail, "gather"),
    ("decide", mail, "decide"), ("apply", Unit, "apply"), ("owe", mail, "owe"), ("owe: store", Unit, "owe"),
    ("commit", Connection, "_commit_impl"), ("file", ImapMailbox, "file"), ("outbox", Outbox, "send"),
    ("send", Session, "_name"), ("send", Session, "_settle_envelope"), ("send", Session, "_write"),
    ("send", Session, "_taken"),
)  # fmt: skip


class Clock:
    """Adds up what each stage takes by itself."""

    def __init__(self) -> None:
        self.cpu: dict[str, float] = defaultdict(float)
        self.wall: dict[str, float] = defaultdict(float)
        self.statements: dict[str, int] = defaultdict(int)
        self._open: list[str] = []
        self._at = (time.process_time(), time.perf_counter())

    def _turn(self) -> None:
        now = (time.process_time(), time.perf_counter())
        if self._open:
            self.cpu[self._open[-1]] += now[0] - self._at[0]
            self.wall[self._open[-1]] += now[1] - self._at[1]
        self._at = now

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Count what is done meanwhile under that name."""
        self._turn()
        self._open.append(name)
        try:
            yield
        finally:
            self._turn()
            self._open.pop()

    def wrapped(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*arguments: Any, **named: Any) -> Any:
            with self.stage(name):
                return call(*arguments, **named)

        return timed

    def counted(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def execute(*arguments: Any, **named: Any) -> Any:
            if self._open:
                self.statements[self._open[-1]] += 1
            return call(*arguments, **named)

        return execute

    def watch(self) -> None:
        """Time every stage of this process from now on."""
        for name, owner, attribute in STAGES:
            setattr(owner, attribute, self.wrapped(name, getattr(owner, attribute)))
        fetch = ImapMailbox._batches

        def batches(*arguments: Any) -> Iterator[Any]:
            found = fetch(*arguments)
            while True:
                with self.stage("fetch"):
                    batch = next(found, None)
                if batch is None:
                    return
                yield batch

        ImapMailbox._batches = batches  # type: ignore[method-assign]
        DefaultDialect.do_execute = self.counted(DefaultDialect.do_execute)  # type: ignore[method-assign]


def measure(mails: int, store: str) -> str:
    """Return a table of what each stage takes, the second half of the mails after the first has warmed up."""
    clock = Clock()
    with ground() as place:
        yard = place.yard("ours", mails, store)
        app = build(Path(yard.folder), dns=lambda: None)
        clock.watch()
        counts, failure = app.poll()
        app.close()
    assert failure is None and counts["fetched"] == mails, (counts, failure)
    lines = [f"{'stage':<16}{'cpu ms':>8}{'wall ms':>9}{'statements':>12}"]
    for name in sorted(clock.cpu, key=lambda each: -clock.cpu[each]):
        cpu, wall = clock.cpu[name] * 1000 / mails, clock.wall[name] * 1000 / mails
        lines.append(f"{name:<16}{cpu:>8.2f}{wall:>9.2f}{clock.statements[name] / mails:>12.1f}")
    total = [sum(each.values()) * 1000 / mails for each in (clock.cpu, clock.wall)]
    lines.append(f"{'together':<16}{total[0]:>8.2f}{total[1]:>9.2f}{sum(clock.statements.values()) / mails:>12.1f}")
    return "\n".join(lines)


if __name__ == "__main__":
    print(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 1000, sys.argv[2] if len(sys.argv) > 2 else "sqlite"))
