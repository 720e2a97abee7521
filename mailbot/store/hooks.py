"""The hooks that are owed: enqueued in the transaction that did what they tell. No web call is made here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from mailbot.store.ledgers import HookCall
from mailbot.store.transaction import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What one place is to be told of one person."""

    event: str  # person.updated, person.unsubscribed, person.stopped, person.destroyed
    place: str
    queue: str  # the person's id, also after the person is destroyed: calls of one queue go out in order
    task_id: int | None
    identifier: str
    fields: dict[str, Any] = field(default_factory=dict)  # the changed ones that the hook may send


def enqueue(unit: Transaction, call: Call) -> str:
    """Owe a place one call; return the event's id."""
    event_id = unit.new_id(26)
    unit.insert(
        HookCall, event_id=event_id, queue=call.queue, place=call.place, event=call.event,
        request_id=unit.request_id or None, task_id=call.task_id, identifier=call.identifier, fields=call.fields,
        created_at=unit.now, tries=0, answer="",
    )  # fmt: skip
    return event_id
