"""Looks at what waits to be sent before its turn comes: what is not true any more is dropped, or written anew.

A question that was answered meanwhile is not asked; a receipt of what was decided since is not sent; a time that is
over is moved, in the text and in the store, so that nobody is told to answer by yesterday.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from mailbot.deciding.decision import Owed
from mailbot.deciding.outdated import Moves, packed, unpacked
from mailbot.pipeline import Line, frame_for
from mailbot.store import journal, unsent
from mailbot.store.unit import Unit

WAITING = ("update-waiting", "answer-later")  # templates that say nothing but until when somebody decides


def sweep(line: Line) -> None:
    """Drop or write anew what waits to be sent; nothing while paused or in shadow.

    One that can't be written anew (its template is another one since) leaves as it is, and stops no other.
    """
    last = 0 if line.store.acts else None
    while last is not None and not line.stop():
        last = _look_at_some(line, last)


def _look_at_some(line: Line, after: int) -> int | None:
    """Look at the next few hundred; return the number of the last of them, None where no more are left."""
    with line.store.unit() as unit:
        rows = unsent.next_ones(unit, after)
        if not rows:
            return None
        behind = unsent.behind(unit, rows)
        for row in rows:
            with unsent.apart(unit, lambda what, row=row: line.report(what, row.id)) as begin:  # type: ignore[misc]
                _look(unit, line, row, behind, begin)
    return int(rows[-1].id) if len(rows) == unsent.BATCH else None


def _look(unit: Unit, line: Line, row: Any, behind: unsent.Behind, begin: Callable[[], None]) -> None:
    """Do what is due, after `begin`; most need nothing."""
    request = behind.requests.get(row.request_id)
    values = unpacked(row.said) if row.said is not None else {}
    if _is_over(row, request, behind.questions.get(row.token), values):
        begin()
        unsent.drop(unit, row)
        return
    moved = _moved(unit, line, row, request, values) if values else values
    if moved != values:
        begin()
        _renew(unit, line, row, moved)


def _is_over(row: Any, request: Any, asked: Any, values: dict[str, Any]) -> bool:
    """Tell whether a question was closed, what is said to wait was decided, or what is promised was taken back."""
    if row.role == "question":
        return asked is not None and asked.closed_at is not None
    if request is None:
        return False
    if row.template in WAITING:
        return not journal.is_undecided(request)
    if row.role == "received" or values.get("obligations"):
        return not (journal.is_undecided(request) and journal.is_for_operator(request))
    if request.state == "undone" and values:
        return bool(request.closed_at is None or row.created_at < request.closed_at)
    opens = request.state == "applied" and not request.open  # its window begins when the receipt leaves
    return values.get("destroy_at") is not None and request.destroy_at is None and not opens


def _moved(unit: Unit, line: Line, row: Any, request: Any, values: dict[str, Any]) -> dict[str, Any]:
    """Return what the mail says, with the times that are over moved."""
    policy = line.rules.policy
    moves = Moves(
        deadlines=line.rules.deadlines, undo=timedelta(hours=policy.undo.update_hours), days=policy.clocks.proven,
        now=unit.now,
    )  # fmt: skip
    moved = moves.moved(values, window=request.destroy_at if request else None, asks=row.role == "question")
    asks = bool(values.get("unclear"))
    if row.template == "update-applied" and request is not None and not asks and not journal.is_undecided(request):
        moved["due_at"] = None  # the rest was decided since: nothing is promised any more
    return moved


def _renew(unit: Unit, line: Line, row: Any, moved: dict[str, Any]) -> None:
    unit.request_id = row.request_id or ""
    owed = Owed(
        template=row.template, role=row.role, to=row.address, language=row.language, values=moved,
        threads=row.said["threads"],
    )  # fmt: skip
    frame = replace(frame_for(unit, owed, line.frame, row.token), now=row.created_at)  # what was done, was done then
    rendered = line.write(owed, frame)
    unsent.rewrite(unit, row, rendered.octets, packed(owed))
    unsent.promise(unit, row, moved)
