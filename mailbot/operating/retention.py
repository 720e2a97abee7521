"""Retention: what is kept no longer than the policy says, table by table, and in the mailbox too (law, art. 12).

Once a day at most: raw mail (mailbot/Done and our mails among the sent ones; never the folder that is read), then the
details of the ledger, then the lines of the journal. A mail leaves the mailbox as in a destruction: only where it is,
whole, one of the ledger or the outbox. Killed anywhere, it goes on: a row is marked after its mail has left.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from mailbot.operating import audit
from mailbot.operating.mailcopies import ROUNDS, Known
from mailbot.pipeline import Line
from mailbot.ports import FolderName, Mailbox
from mailbot.store import aging, digest
from mailbot.store.unit import Unit

SWEPT, CLEARED = "details_swept", "mail_cleared"  # the notes that keep until which day that is done
CARDS = timedelta(days=14)  # how long the operator's list can be answered
SHOWS = timedelta(days=1)  # until when a copy of what was sent may still turn up among the sent mail


def sweep(line: Line) -> None:
    """Blank what the policy keeps no longer, a batch in each transaction; nothing while paused or in shadow."""
    details = _day(line) - timedelta(days=line.rules.policy.retention.ledger_days)
    journal, until = _journal(line), details.isoformat()
    with line.store.looking():
        if not line.store.acts or line.store.note(SWEPT) == until:
            return
    _each(line, aging.details, details)
    _each(line, aging.lines, journal)
    with line.store.unit() as unit:
        aging.forget_old(unit, journal)
        digest.forget_old(unit, unit.now - CARDS)
        if not line.stop():
            unit.set_note(SWEPT, until)


def clear(line: Line, mailbox: Mailbox, *, sent: bool) -> None:
    """Take old raw mail out of the mailbox; `sent`: the last mails about who was destroyed leave the sent ones at once.

    Nothing where the server can't remove one mail alone: what still lies there is not marked as gone. Raises
    MailboxUnavailable, MailboxRefused.
    """
    before = _day(line) - timedelta(days=line.rules.policy.retention.raw_days)
    with line.store.looking():
        if not line.store.acts or not _owes_any(line, before, sent):
            return
    if not mailbox.state().can_remove:
        return
    if sent:
        _clear_finals(line, mailbox)
    while line.store.note(CLEARED) != before.isoformat() and not line.stop():
        with line.store.reading() as connection:
            mails, replies = aging.mails(connection, before), aging.replies(connection, before)
        if not (mails or replies):
            line.store.set_note(CLEARED, before.isoformat())
            break
        _take_out(mailbox, Known(line, mails, []), "done")
        _take_out(mailbox, Known(line, [], _left(replies)), "sent")
        with line.store.unit() as unit:
            aging.clear_mails(unit, [row.id for row in mails])
            aging.clear_replies(unit, replies)


def _owes_any(line: Line, before: datetime, sent: bool) -> bool:
    """Tell whether there is anything to look for: most passes need not ask the mailbox."""
    if line.store.note(CLEARED) != before.isoformat():
        return True
    with line.store.reading() as connection:
        return sent and bool(aging.finals(connection))


def _clear_finals(line: Line, mailbox: Mailbox) -> None:
    """Look for the copies that came after the destruction, until they are found, a day at most."""
    with line.store.reading() as connection:
        rows = aging.finals(connection)
    gone = _take_out(mailbox, Known(line, [], rows), "sent")
    over = line.store.clock() - SHOWS
    done = [row for row in rows if row.sent_at <= over or row.message_id in gone]
    if done:
        with line.store.unit() as unit:
            aging.clear_replies(unit, done)


def _take_out(mailbox: Mailbox, known: Known, where: FolderName) -> set[str]:
    """Remove what is known from a folder until nothing more shows; return the Message-IDs."""
    gone: set[str] = set()
    if not (known.mails or known.replies):
        return gone
    for _ in range(ROUNDS):
        found = known.among(mailbox, where)
        if not found:
            break
        mailbox.remove(found)
        gone |= {known.message_id(raw) for raw in found}
    return gone


def _left(replies: list[Any]) -> list[Any]:
    return [row for row in replies if row.sent_at is not None]


def _each(line: Line, take: Callable[[Unit, datetime], int], before: datetime) -> None:
    while not line.stop():
        with line.store.unit() as unit:
            if take(unit, before) < aging.BATCH:
                return


def _day(line: Line) -> datetime:
    """Return when today began: what is due is the same for a whole day, so the files are scrubbed once."""
    return line.store.clock().replace(hour=0, minute=0, second=0, microsecond=0)


def _journal(line: Line) -> datetime:
    return audit.oldest(line.store.clock(), line.rules.policy.retention.journal_years)
