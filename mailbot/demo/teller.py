"""Tells the demo's story: delivers a mail, makes a pass, prints what was decided, changed and answered."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from pathlib import Path
from typing import Any

from mailbot.app import App
from mailbot.deciding.reasons import row_of, sentence
from mailbot.demo.mails import Sample
from mailbot.errors import InputError
from mailbot.operating import roll
from mailbot.store import journal, people

SHOWN = ("surname", "given_name", "phones", "emails", "processing", "news", "state")


@dataclass(slots=True)
class Teller:
    """Plays mails to one installation and tells what happened."""

    app: App
    place: Path
    out: Callable[[str], None]
    tally: Counter[str] = field(default_factory=Counter)
    rows: set[str] = field(default_factory=set)
    count: int = 0

    def mail(self, sample: Sample) -> None:
        """Deliver one mail, make a pass, and tell."""
        before = [*self._people(sample.writer), *self._everybody()]
        self.count += 1
        path = self.place / "mailbox" / "new" / f"demo.{self.count:03}"
        path.write_bytes(sample.octets)
        answered = self._sent()
        self.pass_(quiet=True)
        with self.app.line.store.reading() as connection:
            decided = journal.latest(connection)
        self.rows.add(row_of(decided.reason))
        self.out(f"\n{self.count:2}. {sample.title}")
        self.out(f"    from      {sample.writer}")
        self.out(f"    subject   {sample.subject}")
        self.out(f"    decided   {decided.decision}, row {row_of(decided.reason)}: {sentence(decided.reason, 'en')}")
        for change in self._changes(before, [*self._people(sample.writer), *self._everybody()]):
            self.out(f"    changed   {change}")
        for mail in (m for name, m in self._sent().items() if name not in answered):
            self.out(f"    answered  to {mail['To']}: {_subject(mail)}")

    def pass_(self, quiet: bool = False) -> None:
        """Make one pass; tell whom it wrote to."""
        answered = self._sent()
        self.tally.update(self.app.poll()[0])
        for mail in (m for name, m in self._sent().items() if name not in answered and not quiet):
            self.out(f"    answered  to {mail['To']}: {_subject(mail)}")

    def after(self) -> None:
        """Say what the pass left, and where to look."""
        gone = self._people("marat@example.com")
        self.out(f"    marat@example.com is now: {gone[0]['state'] if gone else 'not on file'}")
        counts = ", ".join(f"{name} {count}" for name, count in self.tally.items() if count and name != "owed")
        self.out(f"\n{self.count} mails, {len(self.rows)} rows of the table. In all: {counts}.")
        box = self.place / "mailbox"
        left, done = len(list(box.glob("new/*"))), len(list(box.glob(".mailbot.Done/cur/*")))
        self.out(f"{done} mails were filed in mailbot/Done, {left} were left where they lay, untouched.")
        self.out(f"{self.count - left - done} left the mailbox with the person whose data were destroyed.")
        self.out("\nLook for yourself:")
        for command in ("requests list", "requests list --all", "people show aigul@example.com", "check"):
            self.out(f"    mailbot --config {self.place} {command}")
        self.out(f"    {self.place / 'sent' / 'new'} holds the answers")

    def last_to(self, address: str, template: str) -> Message:
        """Return the last mail of that template that we sent to an address."""
        with self.app.line.store.reading() as connection:
            return message_from_bytes(journal.last_reply(connection, address, template).octets)

    def number_of(self, address: str) -> str:
        """Return the number of that writer's open request."""
        with self.app.line.store.reading() as connection:
            return next(str(row.id) for row in journal.select(connection) if row.address == address)

    def _people(self, address: str) -> list[dict[str, Any]]:
        try:
            return roll.show(self.app.line.store, address)
        except InputError:
            return []

    def _everybody(self) -> list[dict[str, Any]]:
        with self.app.line.store.reading() as connection:
            return [people.show(connection, row.id) for row in people.everybody(connection)]

    def _changes(self, before: list[dict[str, Any]], after: list[dict[str, Any]]) -> list[str]:
        old = {person["id"]: person for person in before}
        changes = []
        for person in after:
            was = old.get(person["id"], {})
            changes += [
                f"{name}: {was[name]} → {person[name]}"
                for name in SHOWN
                if name in was and name in person and was[name] != person[name]
            ]
            if not was and person.get("suppressed"):
                changes.append(f"suppressed for {', '.join(person['suppressed'])}")
        return list(dict.fromkeys(changes))

    def _sent(self) -> dict[str, Message]:
        folder = self.place / "sent" / "new"
        names = sorted(os.scandir(folder), key=lambda e: e.stat().st_mtime_ns) if folder.is_dir() else []
        return {entry.name: message_from_bytes(Path(entry.path).read_bytes()) for entry in names}


def _subject(mail: Message) -> str:
    return str(make_header(decode_header(mail["Subject"])))
