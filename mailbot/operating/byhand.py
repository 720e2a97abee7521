"""What the operator does in her own mail app counts: answered, archived, moved or deleted, a mail leaves the queue.

Looked at after a complete pass, within one UIDVALIDITY; more than ten at once are asked about first. Where a clock of
the law runs the request stays open and she is asked whether that settled it. In Junk what looks like a request is
counted alone, until she drags it into the folder that is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mailbot.errors import ConflictError
from mailbot.pipeline import Line
from mailbot.ports import Cursor, FolderName, Mailbox, MailboxState, RawMail
from mailbot.reading.late import classify, parse, screen
from mailbot.store import byhand
from mailbot.store.unit import Unit

MOST_AT_ONCE = 10
ANSWERED, MOVED = "answered_by_hand", "moved_by_hand"
SEEN, MANY, TOLD = "inbox_seen", "moved_many", "moved_told"  # notes of the installation
JUNK, JUNK_DAY = "junk_found", "junk_told"
READ: dict[FolderName, str] = {"sent": "sent_read", "junk": "junk_read"}


def look(line: Line, mailbox: Mailbox, state: MailboxState, orders: Sequence[str] = ()) -> None:
    """See what became of the mails that wait, after a complete pass.

    What she moves into one of the folders `orders` is a decision, and read there. Raises MailboxUnavailable,
    MailboxRefused.
    """
    with line.store.looking():
        if line.store.shadow:
            return
        seen, before = line.store.note(SEEN), {where: byhand.mark_of(line.store.note(READ[where])) for where in READ}
    _count_junk(line, _new(line, mailbox, "junk", before))
    replied = _replied_to(line, _new(line, mailbox, "sent", before))
    now = f"{state.uidvalidity} {state.change}" if state.change else ""
    if not replied and now and seen == now:
        return
    found = _found(line, mailbox, state, replied)
    if orders and any(how == MOVED for _, how in found) and mailbox.ordered(orders):
        return  # the next pass carries that out first
    _many(line, len(found) if len(found) > MOST_AT_ONCE else 0)
    if len(found) <= MOST_AT_ONCE:
        _record(line, found)
        if now:
            line.store.set_note(SEEN, now)


def close_moved(line: Line, mailbox: Mailbox) -> int:
    """Take it as her own doing that mails which wait left the folder or were answered, however many; return how many.

    Raises ConflictError in shadow, MailboxUnavailable, MailboxRefused.
    """
    if line.store.shadow:
        raise ConflictError("shadow mode changes nothing: `mailbot live` first")
    found = _found(line, mailbox, mailbox.state(), set())
    _record(line, found)
    _many(line, 0)
    return len(found)


def tells(unit: Unit, *, writes: bool) -> dict[str, int]:
    """Return what the operator has to know beside requests and was not told yet, and note that she is told.

    `writes`: a mail goes to her anyway; else what lies in Junk is worth one a day.
    """
    many, told, junk, day = (unit.note(name) for name in (MANY, TOLD, JUNK, JUNK_DAY))
    if many != told:
        unit.set_note(TOLD, many)
    today = unit.now.date().isoformat()
    if not junk or (day == today and not writes):
        junk = ""
    else:
        unit.set_note(JUNK, "")
        unit.set_note(JUNK_DAY, today)
    return {"moved": int(many or 0) if many != told else 0, "junk": int(junk or 0)}


def _new(line: Line, mailbox: Mailbox, where: FolderName, marks: dict[FolderName, Cursor | None]) -> list[RawMail]:
    """Return the headers of what came into that folder since the last look; nothing at the first."""
    before, now = marks[where], mailbox.mark(where)
    if now is None or now == before:
        return []
    found = mailbox.later(where, before) if before is not None else []
    line.store.set_note(READ[where], byhand.note_of(now))
    return found


def _count_junk(line: Line, mails: list[RawMail]) -> None:
    """Count what a person may have written whose subject is a tag or looks like one."""
    heads = [parse(raw.octets, complete=False) for raw in mails]
    like = sum(
        classify(head, line.rules.lexicon).subject.kind is not None and screen(head, line.rules.own) is None
        for head in heads
    )
    if like:
        line.store.set_note(JUNK, str(int(line.store.note(JUNK) or 0) + like))


def _replied_to(line: Line, mails: list[RawMail]) -> set[str]:
    """Return the Message-IDs that she answered; our own answers, which many servers copy there, don't count."""
    if not mails:
        return set()
    heads = [parse(raw.octets, complete=False) for raw in mails]
    with line.store.reading() as connection:
        ours = byhand.is_ours(connection, {head.message_id for head in heads})
    hers = (head for head in heads if head.message_id not in ours and screen(head) is None)
    return {each for head in hers for each in head.in_reply_to}


def _found(line: Line, mailbox: Mailbox, state: MailboxState, replied: set[str]) -> list[tuple[Any, str]]:
    """Return the requests whose mail she answered, or that lies there no more, with what she did."""
    with line.store.reading() as connection:
        rows = byhand.waiting(connection, mailbox.folder, state.uidvalidity)
    standing = mailbox.standing([row.uid for row in rows])
    asked = {row.id: row for row in rows}
    there = {row.id for row in rows if row.uid in standing}  # of a mail that came twice, one may be deleted
    answered = {row.id for row in rows if standing.get(row.uid) or (row.message_id and row.message_id in replied)}
    moved = [each for each in asked.values() if each.id not in there | answered]
    return [(asked[number], ANSWERED) for number in sorted(answered)] + [(each, MOVED) for each in moved]


def _record(line: Line, found: list[tuple[Any, str]]) -> None:
    for row, how in found:
        with line.store.unit() as unit:
            if byhand.still(unit, row):
                (byhand.close if row.kind is None else byhand.ask)(unit, row, how)


def _many(line: Line, count: int) -> None:
    said = str(count or "")
    if line.store.note(MANY) != said:
        line.store.set_note(MANY, said)
        line.store.set_note(TOLD, "")
