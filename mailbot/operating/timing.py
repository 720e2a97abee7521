"""The clocks of a request as the operator sees them: which run, until when, how much time is left."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from mailbot.deciding.clocks import OWN, Clock, of
from mailbot.pipeline import Line
from mailbot.store import journal


def clocks_of(line: Line, row: Any) -> tuple[Clock, ...]:
    """Return the clocks of a request row, those that run first."""
    return of(line.rules.deadlines, row, waits=journal.is_undecided(row))


def first(line: Line, row: Any) -> tuple[str, datetime] | None:
    """Return name and end of the clock that ends first of what waits; the law's before the operator's own."""
    running = [(each.due_at, each.name == OWN, each.name) for each in clocks_of(line, row) if each.runs]
    if not journal.is_undecided(row) or not running:
        due_at = journal.due_at(row)
        return (OWN, due_at) if due_at is not None else None
    due_at, _, name = min(running)
    return name, due_at


def last_day(line: Line, row: Any, now: datetime) -> tuple[datetime | None, bool | None]:
    """Return the end of the clock that runs out first, or ran out last, and whether any was missed.

    (None, None) where none ran; None for missed where the data were destroyed in time, before anybody answered.
    """
    found = clocks_of(line, row)
    ends = [each.due_at for each in found if each.runs] + [
        at for at in (journal.due_at(row),) if at and journal.is_open(row)
    ]
    missed = [each.due_at for each in found if (each.ended_at or now) > each.due_at] + [at for at in ends if now > at]
    if missed:
        return min(missed), True
    cut_short = any(each.ended_by == "destruction" for each in found)
    due_at = min(ends, default=None) or max((each.due_at for each in found), default=None)
    return due_at, None if due_at is None or cut_short else False


def share_at(row: Any, share: int) -> datetime:
    """Return when that share (per cent) of a request's time is over; an extension begins a time of its own."""
    start: datetime = row.extended_at or row.received_at
    ends: datetime = start + (row.due_at - start) * share / 100
    return ends


def left(due_at: datetime, now: datetime) -> int:
    """Return how many minutes are left, below zero where it is over."""
    return int((due_at - now) / timedelta(minutes=1))


def as_json(line: Line, row: Any) -> list[dict[str, Any]]:
    """Return the clocks as `requests show --json` prints them."""
    return [
        {
            "clock": each.name, "started_at": each.started_at, "due_at": each.due_at, "ended_at": each.ended_at,
            "ended_by": each.ended_by or None, "article": each.article or None,
        }
        for each in clocks_of(line, row)
    ]  # fmt: skip


def listed(line: Line, row: Any) -> dict[str, Any]:
    """Return one request as `requests list --json` prints it, due when its first clock ends."""
    ends = [at for at in (journal.due_at(row), (first(line, row) or ("", None))[1]) if at is not None]
    return {**journal.as_json(row), "due_at": min(ends) if ends else None}
