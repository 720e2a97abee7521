"""Obligations: an open course, debt or refund holds the end of processing back (law 94-V, article 8(2)).

The operator opens and closes them; when the last one closes, a withdrawal that waited goes on by itself.
"""

from __future__ import annotations

from datetime import date

from mailbot.errors import ConflictError, InputError
from mailbot.operating import review
from mailbot.pipeline import Line
from mailbot.store import journal, obligations, people
from mailbot.store.tables import Person
from mailbot.store.unit import Unit


def add(line: Line, address: str, until: date | None = None) -> bool:
    """Open an obligation of the one person at an address, or move its last day; tell whether anything changed.

    `address` may be the id that `people show` prints. Raises InputError (nobody there, a day that is over),
    ConflictError (several share the address; the person's data are stopped already).
    """
    with line.store.unit() as unit:
        person_id = _only(unit, address)
        today = unit.now.astimezone(line.rules.deadlines.zone).date()
        if until is not None and until < today:
            raise InputError(f"--until: {until} is over")
        if unit.row(Person, person_id).blocked == "withdrawal":
            raise ConflictError(
                "this person withdrew and will be erased: `requests refuse ID --reason obligation` keeps the data"
            )
        changed = obligations.open_until(unit.connection, person_id, until, unit.now)
        if changed:
            unit.event("obligation_opened", who="operator", person_id=person_id)
        return changed


def close(line: Line, address: str) -> tuple[int, str]:
    """Close every open obligation of the one person at an address; return how many, and the withdrawal that goes on.

    The withdrawal's number is "" where none waited. Raises InputError, ConflictError.
    """
    with line.store.unit() as unit:
        person_id = _only(unit, address)
        person = people.facts(unit.connection, person_id)
        if person is None or not person.open_obligations:
            raise ConflictError("no obligation of this person is open")
        obligations.close(unit.connection, person_id, unit.now)
        unit.event("obligation_closed", who="operator", person_id=person_id)
        request = journal.waiting_for_obligation(unit.connection, person_id)
        if request is None or line.store.shadow:
            return person.open_obligations, ""
        unit.request_id = request.id
        review.obligation_closed(unit, line, request, "")
        return person.open_obligations, str(request.id)


def _only(unit: Unit, address: str) -> str:
    """Return the id of the one person at an address, or of that id."""
    if "@" not in address and unit.row(Person, address) is not None:
        return address
    ids = people.ids_of(unit.connection, address)
    if not ids:
        raise InputError("nobody is on file under that address")
    if len(ids) > 1:
        raise ConflictError(f"{len(ids)} people share that address: name one by the id that `people show` prints")
    return ids[0]
