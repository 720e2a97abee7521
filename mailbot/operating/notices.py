"""What the operator is told by mail: one mail a pass at most, to `[operator] mail`, never to the mailbox itself."""

from __future__ import annotations

from typing import Any

from mailbot.deciding.decision import Owed
from mailbot.deciding.reasons import sentence
from mailbot.operating import places
from mailbot.operating.waiting import is_held_back
from mailbot.pipeline import Line, owe
from mailbot.store import chain, journal
from mailbot.store.tables import Request
from mailbot.store.unit import Unit

MOST_ITEMS = 50


def tell_operator(line: Line, mail: str, language: str) -> int:
    """Owe one mail about everything the operator has to know or answer and was not told yet; return how many items."""
    if not mail or line.is_own(mail) or line.store.shadow or line.store.paused:
        return 0  # in a pause it could not leave, and would tell of yesterday when it does
    held_back = is_held_back(line)
    with line.store.unit() as unit:
        rows = [row for row in journal.untold(unit.connection) if held_back or not _goes_out(row)][:MOST_ITEMS]
        if not rows:
            return 0
        items = [_item(unit, line, row, language) for row in rows]
        values = {"items": items, "counts": {"held": len(items)}, "head": _head(unit)}
        owe(
            unit,
            Owed(template="operator", role="operator", to=mail, language=language, values=values, threads=False),
            line,
        )
        for row in rows:
            unit.update(Request, row.id, told_at=unit.now)
    return len(rows)


def _head(unit: Unit) -> str:
    """Return the head of the journal's chain, which the operator's mailbox keeps outside the store; "" before any."""
    head = chain.head(unit.connection)
    return str(head) if head.position else ""


def _goes_out(row: Any) -> bool:
    """Tell whether only an answer waited: it leaves in this pass, so there is nothing to tell."""
    return row.answer_due_at is not None and not journal.is_undecided(row) and not row.places_open


def _item(unit: Unit, line: Line, row: Any, language: str) -> dict[str, Any]:
    elsewhere = places.of_request(unit.connection, line.rules.policy, row.id) if row.places_open else []
    return {
        "places": [task for task in elsewhere if task["done_at"] is None and _is_hers(task)],
        "number": row.id, "kind": row.kind, "address": row.address,
        "reason_text": sentence(journal.reason(row), language),
        "due_at": journal.due_at(row), "ask": _ask(row),
    }  # fmt: skip


def _is_hers(task: dict[str, Any]) -> bool:
    """Tell whether the operator has to do it herself: it has no hook, or its hook gave up."""
    return not task["by_hook"]


def _ask(row: Any) -> str:
    """Return what the operator is asked for: an answer, a look, or nothing."""
    if "obligations" in row.open:
        return "obligations"
    if journal.is_undecided(row):
        return "review"
    return "place" if row.places_open else "nothing"
