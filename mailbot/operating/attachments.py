"""Takes attachments out of the mailbox: each mail that is due gives way to its copy without them (law, art. 12).

The copy is laid beside the mail and read back; only what lies there as it was written lets the mail be removed. A
pass that is killed in between makes the same copy again, finds it there, and only removes. What was looked at once
and not found is not tried for ever. Which mails are due is store/attachments.py's, the surgery intake/strip.py's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from mailbot.errors import MailboxRefused, MailboxUnavailable
from mailbot.pipeline import Line
from mailbot.ports import Mailbox, RawMail, Sought
from mailbot.reading.late import parse
from mailbot.store import attachments
from mailbot.store.attachments import Replaced
from mailbot.store.keys import sha256

if TYPE_CHECKING:
    from mailbot.intake.strip import Stripped

FEW = 20  # mails in one pass
NEAREST = 50  # mails without a Message-ID that are looked at for one
NOTES = {
    "kk": "{kind}: тіркелген файл {day} күні жойылды",
    "ru": "{kind}: вложение удалено {day}",
    "en": "{kind}: attachment removed on {day}",
}


@dataclass(slots=True)
class _Job:
    """What is done with one mail of the ledger."""

    row: Any
    pairs: list[Replaced] = field(default_factory=list)  # each mail that goes, and its copy
    found: bool = False
    alone: RawMail | None = None  # a copy whose mail is gone already
    why: str = ""  # why something of it is kept
    failed: bool = False

    @property
    def state(self) -> str:
        """Return what the ledger then says of its attachments."""
        if self.why:
            return "kept"
        if self.pairs or self.alone:
            return "removed"
        return "none" if self.found else "missing"


def sweep(line: Line, mailbox: Mailbox) -> int:
    """Take the attachments out of what is due, few mails a pass; return of how many mails. None in shadow or paused.

    A failure of one mail is tried again later and stops no other; a second one ends the sweep. Raises
    MailboxUnavailable, MailboxRefused.
    """
    store, every = line.store, line.rules.policy.fields.preset == "documents"
    with store.reading() as connection:
        rows = attachments.due(connection, store.clock(), every_update=every, limit=FEW)
    if not rows or not store.acts or not mailbox.state().can_remove:
        return 0
    with store.unit() as unit:
        attachments.begin(unit, rows)
    work = _Work(line=line, mailbox=mailbox, began=unit.now)
    seen = mailbox.sight([_sought(row) for row in rows])
    jobs = list(work.each(rows, seen))
    work.remove(jobs)
    for job in jobs:
        _write(line, job)
    if work.failures > 1:
        raise work.last
    return sum(1 for job in jobs if job.state == "removed" and not job.failed)


def _sought(row: Any) -> Sought:
    where = (row.uid, row.uidvalidity) if row.filed_at is None else (0, 0)
    return Sought(
        message_id=attachments.message_id_of(row), received_at=row.came_at, uid=where[0], uidvalidity=where[1]
    )


def _write(line: Line, job: _Job) -> None:
    """Have the ledger follow, and say what was done; a job that failed is tried again."""
    with line.store.unit() as unit:
        if job.failed:
            attachments.failed(unit, job.row)
            return
        for pair in job.pairs:
            attachments.follow(unit, pair)
        if job.alone is not None and not job.pairs:
            attachments.follow_alone(unit, job.row, job.alone)
        attachments.settle(unit, job.row, job.state, job.why)


@dataclass(slots=True)
class _Work:
    """One sweep at work."""

    line: Line
    mailbox: Mailbox
    began: Any
    failures: int = 0
    last: MailboxUnavailable | MailboxRefused = field(default_factory=lambda: MailboxUnavailable(""))

    def each(self, rows: list[Any], seen: list[RawMail]) -> Iterator[_Job]:
        """Yield each mail with its copy laid, until the second one fails."""
        keyed: dict[str, list[RawMail]] = {}
        for raw in seen:
            message = parse(raw.octets, complete=False)
            key = self.line.store.keys.message_id(message.message_id, message.writer or "")
            keyed.setdefault(key, []).append(raw)
        for row in rows:
            if self.failures > 1 or self.line.stop():
                return
            job = _Job(row)
            try:
                self._lay(job, _candidates(keyed, row))
            except (MailboxUnavailable, MailboxRefused) as exc:
                self._note(exc)
                job.failed = True
            yield job

    def remove(self, jobs: list[_Job]) -> None:
        """Remove what has its copy beside it, all at once."""
        ready = [job for job in jobs if job.pairs and not job.failed]
        try:
            if ready:
                self.mailbox.remove([pair.old for job in ready for pair in job.pairs])
        except (MailboxUnavailable, MailboxRefused) as exc:
            self.failures += 1
            self._note(exc)
            for job in ready:
                job.failed = True

    def _note(self, exc: MailboxUnavailable | MailboxRefused) -> None:
        self.failures, self.last = self.failures + 1, exc

    def _lay(self, job: _Job, candidates: list[RawMail]) -> None:
        """Lay the copy of each mail that is the one of the ledger, wherever it lies."""
        from mailbot.intake.strip import is_stripped

        copies = [raw for raw in candidates if is_stripped(raw.octets)]
        for seen in (raw for raw in candidates if raw not in copies):
            mail = self.mailbox.whole(seen)
            if mail is None or not self._is_it(job.row, mail):
                continue
            job.found = True
            if not mail.complete:
                job.why = "too_large"
                continue
            stripped = self._stripped(job.row, mail)
            if stripped.why:
                job.why = stripped.why
            elif stripped.octets:
                copy = self._there(mail, copies, stripped.octets) or self.mailbox.lay(mail, stripped.octets)
                if copy is None or copy.uid == mail.uid or not _same(copy.octets, stripped.octets):
                    job.why = "altered"
                else:
                    job.pairs.append(_replaced(seen, mail, copy))
        if not job.found:
            wholes = (self.mailbox.whole(raw) for raw in copies)
            job.alone = next((raw for raw in wholes if raw is not None and self._is_it(job.row, raw)), None)

    def _is_it(self, row: Any, mail: RawMail) -> bool:
        """Tell whether a mail is the one of the ledger: its octets, or another delivery that no row has as its own."""
        digest = sha256(mail.octets)
        if digest == row.sha256:
            return True
        with self.line.store.reading() as connection:
            another = attachments.is_anothers(connection, row, digest)
        return not another and self._print(mail.octets, mail.complete) == row.fingerprint

    def _print(self, octets: bytes, complete: bool = True) -> str:
        return self.line.store.keys.fingerprint(parse(octets, complete=complete))

    def _stripped(self, row: Any, mail: RawMail) -> Stripped:
        """Return the copy that reads as the mail did; a text with a file name may be all that was written."""
        from mailbot.intake.strip import Stripped, strip

        read, at = self._print(mail.octets), row.attachments_at or self.began
        note = partial(_note_of, row.language, f"{at.astimezone(self.line.rules.deadlines.zone):%d.%m.%Y}")
        for keep_named in (False, True):
            stripped = strip(mail.octets, at, note, keep_named=keep_named)
            if not stripped.octets or self._print(stripped.octets) == read:
                return stripped
        return Stripped(why="structure")

    def _there(self, mail: RawMail, copies: list[RawMail], octets: bytes) -> RawMail | None:
        """Return the copy that lies beside a mail already, compared octet by octet."""
        for seen in copies:
            if seen.folder == mail.folder and octets.replace(b"\r\n", b"\n").startswith(_lines(seen.octets)):
                copy = self.mailbox.whole(seen)
                if copy is not None and _same(copy.octets, octets):
                    return copy
        return None


def _candidates(keyed: dict[str, list[RawMail]], row: Any) -> list[RawMail]:
    """Return what may be that mail: the same Message-ID and writer; of those without one the nearest in time."""
    found = keyed.get(row.message_key, [])
    if row.message_key:
        return found
    return sorted(found, key=lambda raw: abs(raw.received_at - row.came_at))[:NEAREST]


def _replaced(seen: RawMail, mail: RawMail, copy: RawMail) -> Replaced:
    return Replaced(
        old=seen, old_sha256=sha256(mail.octets), copy=replace(copy, octets=b""), copy_sha256=sha256(copy.octets)
    )


def _note_of(language: str, day: str, kind: str) -> str:
    return NOTES[language.partition("+")[0]].format(kind=kind, day=day)


def _lines(octets: bytes) -> bytes:
    return octets.replace(b"\r\n", b"\n").rstrip(b"\n")


def _same(one: bytes, other: bytes) -> bool:
    """Compare but for line ends, which a server writes its own way."""
    return _lines(one) == _lines(other)
