"""The one answer that the law asks for, held back by a pause or the cap of an hour: its request waits for the operator.

It is looked for at the end of each pass and seen to be over there too. Serves decisions section 4.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from mailbot.deciding.clocks import first_due
from mailbot.pipeline import Line
from mailbot.store import outbox, waiting


def is_held_back(line: Line) -> bool:
    """Tell whether an answer that the law asks for could not be sent now."""
    return line.store.paused or outbox.room(line.store, line.rules.policy.limits, counted=False) <= 0


def sweep(line: Line) -> None:
    """List the requests whose answer is held back, and no longer those whose answer went out."""
    with line.store.looking():
        if line.store.shadow:
            return
        held = is_held_back(line)

    def due(row: Any) -> datetime:
        proven = row.kind in ("update", "withdrawal") and row.level == "authenticated"
        return first_due(line.rules.deadlines, row.received_at, row.kind, proven=proven)

    with line.store.unit() as unit:
        waiting.unnote(unit)
        if held:
            waiting.note(unit, due)
