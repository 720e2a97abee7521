"""The block of one person's data: no use, no change, no destruction, until the operator lifts it."""

from __future__ import annotations

from mailbot.store import requests
from mailbot.store.tables import Person
from mailbot.store.transaction import Transaction


def block(unit: Transaction, person_id: str, why: str = "dispute") -> None:
    """Block a person's data; gone.log is told, so that no restored backup lifts it."""
    unit.update(Person, person_id, disputed=True)
    requests.note_blocked(unit, person_id)
    unit.note_person_gone("blocked", person_id)
    unit.event("blocked", why, who="operator", person_id=person_id)


def unblock(unit: Transaction, person_id: str) -> None:
    """Lift it again."""
    unit.update(Person, person_id, disputed=False)
    unit.note_person_gone("unblocked", person_id)
    unit.event("unblocked", who="operator", person_id=person_id)
