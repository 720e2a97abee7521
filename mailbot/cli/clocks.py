"""The clocks as they are printed, and the command that says that the operator is away."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from datetime import datetime
from typing import Any

from mailbot.app import App, opened
from mailbot.cli.parser import day
from mailbot.operating import away as absence
from mailbot.operating import timing

CLOCK_WORDS = {
    "own": "your own term", "answer": "answer", "refuse": "answer, or refuse with reasons", "correct": "correct",
    "block": "stop using the data", "destroy": "destroy", "stop": "last day for destruction",
    "halt": "stop on demand", "unlawful_stop": "stop, if the use was unlawful",
    "unlawful_destroy": "destroy, if the use was unlawful",
}  # fmt: skip
ENDED_WORDS = {"": "", "hand": "closed by hand", "destruction": "ended by destruction, not answered"}


def line(each: dict[str, Any], app: App, when: Callable[[datetime | None], str]) -> str:
    """Return one clock: until when it runs and how much is left, or when it ended."""
    law = app.line.rules.deadlines.law
    article = f" ({each['article']}{'' if law.is_confirmed else ', not confirmed'})" if each["article"] else ""
    head = f"{CLOCK_WORDS[each['clock']]}{article} until {when(each['due_at'])}"
    if each["ended_at"]:
        late = each["ended_at"] > each["due_at"]
        how = ENDED_WORDS[each["ended_by"] or ""] or ("" if late else "met")
        return f"{head}: {', '.join(part for part in ('late' if late else '', how, when(each['ended_at'])) if part)}"
    minutes = timing.left(each["due_at"], app.line.store.clock())
    hours = f"{abs(minutes) // 1440} d {abs(minutes) % 1440 // 60} h"
    return f"{head}: {hours} {'left' if minutes >= 0 else 'over time'}"


def away(arguments: argparse.Namespace) -> int:
    """Say that the operator is away, that she is back, or show which."""
    with opened(arguments.config) as app:
        if arguments.until == "back":
            absence.come_back(app.line)
        elif arguments.until:
            absence.go(app.line, day(arguments.until, "UNTIL"))
        until, deputy = absence.until(app.line), app.settings.operator.deputy
        back = until.astimezone(app.line.rules.deadlines.zone) if until else None
    told = "the deputy is told at once" if deputy else "[operator] deputy is empty: nobody is told in your place"
    print(f"away until {back:%d.%m.%Y %H:%M}; {told}" if back else "not away")
    return 0
