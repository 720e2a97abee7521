"""Reminds of clocks: the operator at half of the time, at four fifths, when it is over, and then daily.

Each once, remembered in the store, so cron forgets nothing; notices.py makes one mail of what is due together. On an
answer's last day a proven person hears that nobody has decided yet, where the law lets the answer be put off.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from mailbot.deciding.clocks import extension, law_end
from mailbot.operating import review, timing
from mailbot.pipeline import Line
from mailbot.store import journal, reminders
from mailbot.store.tables import Request
from mailbot.store.unit import Unit

LATE = 80  # per cent, from which the deputy is told too
SHARES = (50, LATE, reminders.LAST)
LATER = "answer-later"
PROMISES = ("receipt", "received")  # roles of mails that say until when a person hears from us
NO_PROGRAM = ("deceased",)  # reasons whose requests no program answers


def remind(unit: Unit) -> None:
    """Note which shares of the clocks are over and let the operator be told; only what waits for the operator."""
    for row in reminders.running(unit.connection, without=reminders.LAST):
        if not (journal.is_undecided(row) and journal.is_for_operator(row)):
            continue
        over = {share for share in SHARES if unit.now >= timing.share_at(row, share)}
        fresh = over - reminders.noted(unit.connection, row) if over else over
        for share in sorted(fresh):
            reminders.note(unit, row, share)
        if fresh:
            reminders.tell_again(unit, row)


def is_late(row: Any, unit: Unit) -> bool:
    """Tell whether four fifths of a request's time are over."""
    return row.due_at is not None and bool(unit.now >= timing.share_at(row, LATE))


def put_off(unit: Unit, line: Line, read_until: datetime) -> None:
    """Tell a proven person on an answer's last day until when it comes, where the law allows it, once.

    That is the law's extension, or, where the operator's own promise ends first, the law's own last day.
    """
    deadlines = line.rules.deadlines
    for row in reminders.running(unit.connection, without=reminders.LAST):
        waits = journal.is_undecided(row) and journal.is_for_operator(row) and row.level == "authenticated"
        last_day = deadlines.morning_of(row.due_at) <= read_until <= unit.now < row.due_at
        if waits and last_day and row.reason not in NO_PROGRAM:
            _put_off(unit, line, row)


def _put_off(unit: Unit, line: Line, row: Any) -> None:
    until, extended_at = extension(line.rules.deadlines, row), unit.now
    if until is None:
        until, extended_at = law_end(line.rules.deadlines, row), row.extended_at
    told = journal.replies(unit.connection, row.id)
    was_promised = any(each.role in PROMISES for each in told)  # else nothing was said before that takes longer now
    if until is None or not was_promised or any(each.template == LATER for each in told):
        return
    unit.request_id = row.id
    if review.tell(unit, line, row, LATER, role="notice", due_at=until):
        unit.update(Request, row.id, due_at=until, extended_at=extended_at)
        unit.event("extended", person_id=row.person_id)
