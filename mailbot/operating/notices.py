"""What the operator is told by mail: one mail a pass at most, and one to the deputy; never to the mailbox itself."""

from __future__ import annotations

from typing import Any

from mailbot.deciding.decision import Owed
from mailbot.deciding.reasons import sentence
from mailbot.operating import byhand, orders, places, timing
from mailbot.operating.away import until
from mailbot.operating.reminders import is_late
from mailbot.operating.waiting import is_held_back
from mailbot.pipeline import Line, owe
from mailbot.reading.address import address_key
from mailbot.settings import OperatorSettings
from mailbot.store import chain, journal, reminders
from mailbot.store.byhand import BY_HAND
from mailbot.store.tables import Request
from mailbot.store.unit import Unit

MOST_ITEMS = 50


def tell_operator(line: Line, settings: OperatorSettings) -> int:
    """Owe one mail about everything the operator has to know or answer and was not told yet; return how many items.

    The deputy gets one of her own, about what is late, or about all of it while the operator is away.
    """
    mails = ["" if line.is_own(mail) else mail for mail in (settings.mail, settings.deputy)]
    if not any(mails) or not line.store.acts:
        return 0  # in a pause it could not leave, and would tell of yesterday when it does
    held_back, away = is_held_back(line), until(line) is not None
    with line.store.unit() as unit:
        untold = journal.untold(unit.connection) if mails[0] else []  # a deputy alone is told of what is late
        rows = [row for row in untold if held_back or not _goes_out(row)][:MOST_ITEMS]
        late = _for_deputy(unit, rows, away=away) if mails[1] and address_key(mails[1]) != address_key(mails[0]) else []
        beside = _beside(unit, writes=bool(rows)) if mails[0] else {}
        for mail, told, more in zip(mails, (rows, late), (beside, {}), strict=True):
            if mail and (told or any(more.values())):
                _owe(unit, line, mail, settings, (told, more))
        for row in late:
            reminders.note(unit, row, reminders.DEPUTY)
        for row in rows:
            unit.update(Request, row.id, told_at=unit.now)
    return len(rows)


def _beside(unit: Unit, *, writes: bool) -> dict[str, Any]:
    """Return what she has to know beside requests."""
    failed = orders.failed(unit)
    return {"failed": failed, **byhand.tells(unit, writes=writes or bool(failed))}


def _for_deputy(unit: Unit, untold: list[Any], *, away: bool) -> list[Any]:
    """Return what the deputy has to know: of what the operator is told now, and of what waits for her, what is late."""
    waiting = [row for row in reminders.running(unit.connection, without=reminders.DEPUTY) if _waits(row)]
    rows = {row.id: row for row in [*untold, *waiting] if away or is_late(row, unit)}
    return list(rows.values())[:MOST_ITEMS]


def _waits(row: Any) -> bool:
    return journal.is_undecided(row) and journal.is_for_operator(row)


def _owe(unit: Unit, line: Line, mail: str, settings: OperatorSettings, told: tuple[list[Any], dict[str, Any]]) -> None:
    rows, beside = told
    items = [_item(unit, line, row, settings.language) for row in rows]
    values = {
        "items": items,
        "counts": {"held": len(items)},
        "head": _head(unit),
        "moved": 0,
        "junk": 0,
        "failed": [],
        **beside,
    }
    common: dict[str, Any] = {"language": settings.language, "values": values, "threads": False}
    owe(unit, Owed(template="operator", role="operator", to=mail, **common), line)


def _head(unit: Unit) -> str:
    """Return the head of the journal's chain, which the operator's mailbox keeps outside the store; "" before any."""
    head = chain.head(unit.connection)
    return str(head) if head.position else ""


def _goes_out(row: Any) -> bool:
    """Tell whether only an answer waited: it leaves in this pass, so there is nothing to tell."""
    return row.answer_due_at is not None and not journal.is_undecided(row) and not row.places_open


def _item(unit: Unit, line: Line, row: Any, language: str) -> dict[str, Any]:
    clock, due_at = timing.first(line, row) or ("", None)
    elsewhere = places.of_request(unit.connection, line.rules.policy, row.id) if row.places_open else []
    return {
        "places": [task for task in elsewhere if task["done_at"] is None and _is_hers(task)],
        "number": row.id, "kind": row.kind, "address": row.address,
        "reason_text": sentence(journal.reason(row), language),
        "due_at": due_at, "clock": clock, "left": 0 if due_at is None else timing.left(due_at, unit.now),
        "ask": _ask(row), "by_hand": row.fields.get(BY_HAND, ""),
    }  # fmt: skip


def _is_hers(task: dict[str, Any]) -> bool:
    """Tell whether the operator has to do it herself: it has no hook, or its hook gave up."""
    return not task["by_hook"]


def _ask(row: Any) -> str:
    """Return what the operator is asked for: an answer, a look, or nothing."""
    if "obligations" in row.open:
        return "obligations"
    if journal.is_undecided(row):
        return "settled" if BY_HAND in row.fields else "review"
    if row.reason == "right_open":
        return "wait"  # the reason says which request is to be answered
    return "place" if row.places_open else "nothing"
