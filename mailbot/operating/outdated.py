"""Looks at what waits to be sent before its turn comes: what is not true any more is dropped, or written anew.

A question that was answered meanwhile is not asked; a receipt of what was decided since is not sent; a time that is
over is moved, in the text and in the store, so that nobody is told to answer by yesterday.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from mailbot.deciding.decision import Owed
from mailbot.deciding.outdated import Moves, packed, unpacked
from mailbot.pipeline import Line, frame_for
from mailbot.store import journal, unsent
from mailbot.store.tables import Request
from mailbot.store.unit import Unit


def sweep(line: Line) -> None:
    """Drop or write anew what is due to be sent; nothing while paused or in shadow."""
    if not line.store.acts:
        return
    with line.store.unit() as unit:
        for row in unsent.next_ones(unit):
            if _is_over(unit, row):
                unsent.drop(unit, row)
            elif row.said is not None:
                _renew(unit, line, row)


def _is_over(unit: Unit, row: Any) -> bool:
    """Tell whether a question was closed, or what a receipt says still waits was decided."""
    if row.role == "question":
        asked = unsent.question(unit, row)
        return asked is not None and asked.closed_at is not None
    request = unit.row(Request, row.request_id) if row.role == "received" and row.request_id else None
    return request is not None and not (journal.is_undecided(request) and journal.is_for_operator(request))


def _renew(unit: Unit, line: Line, row: Any) -> None:
    rules = line.rules
    request = unit.row(Request, row.request_id) if row.request_id else None
    moves = Moves(deadlines=rules.deadlines, undo=timedelta(hours=rules.policy.undo.update_hours), now=unit.now)
    values = unpacked(row.said)
    moved = moves.moved(values, window=request.destroy_at if request else None, asks=row.role == "question")
    if moved == values:
        return
    unit.request_id = row.request_id or ""
    owed = Owed(
        template=row.template, role=row.role, to=row.address, language=row.language, values=moved,
        threads=row.said["threads"],
    )  # fmt: skip
    frame = replace(frame_for(unit, owed, line.frame, row.token), now=row.created_at)  # what was done, was done then
    rendered = line.write(owed, frame)
    unsent.rewrite(unit, row, rendered.octets, packed(owed))
    unsent.promise(unit, row, moved)
