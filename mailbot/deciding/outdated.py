"""The times that a mail of ours names: kept beside it until it leaves, and moved where they are over by then. Pure.

A courier may be down for days. What such a mail promises must be true when it leaves, not when it was written.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from mailbot.deciding.deadlines import Deadlines
from mailbot.deciding.decision import Owed
from mailbot.deciding.places import after_destruction

TIMES = ("due_at", "undo_until", "destroy_at")
_AT = "$at"


def packed(owed: Owed) -> dict[str, Any] | None:
    """Return what a mail that names such a time is rendered from, as JSON can hold it; None of any other mail."""
    if not any(isinstance(owed.values.get(name), datetime) for name in TIMES):
        return None
    values = _each(owed.values, lambda value: {_AT: value.isoformat()} if isinstance(value, datetime) else value)
    return {"values": values, "threads": owed.threads}


def unpacked(said: dict[str, Any]) -> dict[str, Any]:
    """Return the values that were packed."""

    def value_of(value: Any) -> Any:
        return datetime.fromisoformat(value[_AT]) if isinstance(value, dict) and _AT in value else value

    values: dict[str, Any] = _each(said["values"], value_of)
    return values


def _each(value: Any, turn: Callable[[Any], Any]) -> Any:
    turned = turn(value)
    if isinstance(turned, dict) and turned is value:
        return {name: _each(one, turn) for name, one in value.items()}
    return [_each(one, turn) for one in value] if isinstance(turned, list | tuple) else turned


@dataclass(frozen=True, slots=True, kw_only=True)
class Moves:
    """How times that are over are moved, by the rules that set them."""

    deadlines: Deadlines
    undo: timedelta  # how long an update can be taken back
    days: int  # working days after the register in which other places erase
    now: datetime

    def moved(self, values: dict[str, Any], *, window: datetime | None, asks: bool) -> dict[str, Any]:
        """Return the values with each such time in the future; the same where none has to move.

        `window`: when a withdrawal's undo window ends, None where it opens when this mail leaves. `asks`: an answer
        is waited for until then.
        """
        found = dict(values)
        for name in TIMES:
            at = values.get(name)
            if not isinstance(at, datetime):
                continue
            if name == "destroy_at":
                found[name] = window or self.deadlines.window_end(self.now)
            elif at <= self.now:
                found[name] = self._next(name, asks)
        if isinstance(values.get("places"), list):
            found["places"] = [self._place(each, found.get("destroy_at")) for each in values["places"]]
        return found

    def _next(self, name: str, asks: bool) -> datetime:
        if name == "undo_until":
            return self.now + self.undo
        due = self.deadlines.due_at(self.now, 1)
        return self.deadlines.asks_until(due, self.now) if asks else due

    def _place(self, told: dict[str, Any], destroy_at: datetime | None) -> dict[str, Any]:
        at = told.get("due_at")
        if (
            told.get("what") == "withdrawal"
        ):  # it erases after the register; None where the law keeps it, or nobody knows
            later = after_destruction(self.days, self.deadlines, destroy_at) if at and destroy_at else at
            return {**told, "due_at": later}
        over = isinstance(at, datetime) and at <= self.now
        return {**told, "due_at": self.deadlines.due_at(self.now, 1)} if over else told
