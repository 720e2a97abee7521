"""The first page: the desk at a glance. Reads alone; what is counted, and how, is operating/overview's."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from starlette.responses import Response

from mailbot.console.visit import Visit
from mailbot.console.words import word
from mailbot.operating import overview as desk

WIDTH, HEIGHT, BAR = 44, 90, 28  # of one day in the chart


def overview(visit: Visit) -> Response:
    """Show what is due, what waits, and what was done."""
    seen, store = desk.look(visit.line), visit.line.store
    most = max(count for _, count in seen.week)
    bars = [_bar(number, day, count, most) for number, (day, count) in enumerate(seen.week)]
    answers = seen.answers
    times = {name: _span(visit.language, getattr(answers, name)) for name in ("usual", "longest")}
    return visit.page("overview.html", {
        "seen": seen, "bars": bars, "most": most, "height": HEIGHT, "width": WIDTH, "times": times,
        "now": store.clock(), "shadow": store.shadow, "paused": store.paused,
    })  # fmt: skip


def _bar(number: int, day: date, count: int, most: int) -> dict[str, Any]:
    """Return one day of the chart, in units of the drawing."""
    height = round(HEIGHT * count / most) if most else 0
    x = number * WIDTH + (WIDTH - BAR) // 2
    return {"day": day, "count": count, "x": x, "width": BAR, "height": height, "top": HEIGHT - height}


def _span(language: str, span: timedelta | None) -> str:
    """Return how long something took, in the two largest units."""
    if span is None:
        return "-"
    minutes = int(span / timedelta(minutes=1))
    days, hours = minutes // 1440, minutes % 1440 // 60
    units = [(days, "day"), (hours, "hour"), (minutes % 60, "minute")]
    said = [f"{count} {word(language, 'overview.' + unit)}" for count, unit in units if count][:2]
    return " ".join(said) or f"0 {word(language, 'overview.minute')}"
