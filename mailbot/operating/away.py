"""The operator's absence: until when; while it lasts the deputy is told at once. It ends by itself."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from mailbot.errors import InputError
from mailbot.pipeline import Line

NOTE = "away_until"


def until(line: Line) -> datetime | None:
    """Return when the operator's absence ends, None where she is there."""
    value = line.store.note(NOTE)
    at = datetime.fromisoformat(value) if value else None
    return at if at is not None and at > line.store.clock() else None


def go(line: Line, last_day: date) -> datetime:
    """Note that the operator is away, that day included; return when she is back. Raises InputError for a past day."""
    back = datetime.combine(last_day + timedelta(days=1), time(0), line.rules.deadlines.zone)
    if back <= line.store.clock():
        raise InputError(f"{last_day:%Y-%m-%d} is over: name the last day of the absence")
    _note(line, back.isoformat(), "away")
    return back


def come_back(line: Line) -> None:
    """Note that the operator is there again."""
    _note(line, "", "back")


def _note(line: Line, value: str, what: str) -> None:
    line.store.set_note(NOTE, value)
    with line.store.unit() as unit:
        unit.event(what, who="operator")
