"""A form that waits for the operator, taken into the register on her word. Nobody proved who filled it in."""

from __future__ import annotations

from typing import Any

from mailbot.errors import ConflictError, InputError
from mailbot.store import forms, people
from mailbot.store.tables import Person, Request
from mailbot.store.unit import Unit


def release(unit: Unit, row: Any, person: str | None, checked: str) -> None:
    """Write what a form states; nobody is told. Raises InputError, ConflictError."""
    person_id = _whose(unit, row, person)
    held = unit.row(Person, person_id) if person_id else None
    if person_id is not None and held is None:
        raise ConflictError(f"request {row.id}: the person is no longer on file")
    if held is not None and (held.blocked or held.disputed):
        raise ConflictError(f"request {row.id}: this person is stopped or blocked: nothing is changed until that ends")
    taken = row.state == "held"
    if taken:
        forms.take_form(unit, row.fields["submission"], person_id)
        person_id = unit.row(Request, row.id).person_id
    assert person_id is not None
    changed = _overwrite(unit, row, person_id)
    if not (changed or taken):
        raise ConflictError(f"request {row.id}: nothing in it can be taken: correct it by hand, then `close` it")
    unit.update(
        Request, row.id, state="applied", open=[], pending=[], due_at=None, closed_at=unit.now, checked=checked,
        reason="released", person_id=person_id, fields={},
    )  # fmt: skip
    unit.event("released", "form", who="operator", person_id=person_id)


def _whose(unit: Unit, row: Any, person: str | None) -> str | None:
    """Return whom a form is about: as it was found, as the operator says, or None for somebody new."""
    if row.state == "held" and "submission" not in row.fields:
        raise ConflictError(f"request {row.id} holds nothing that can be taken: answer it, then `close` it")
    if row.person_id and not person:
        return str(row.person_id)
    ids = (
        (people.ids_at(unit.connection, person) or [person]) if person else people.ids_at(unit.connection, row.address)
    )
    if len(ids) > 1:
        raise InputError(f"request {row.id}: several people are on file under that address; name one by --person ID")
    return ids[0] if ids else None


def _overwrite(unit: Unit, row: Any, person_id: str) -> bool:
    """Write what the form states otherwise than the register; tell whether there was anything."""
    stated = row.fields.get("fields", {})
    waiting = [item[0] for item in row.pending] if row.state != "held" else list(stated)
    values = {name: stated[name] for name in waiting if stated.get(name) and name not in ("phone", "email")}
    new = [number for number in row.fields.get("phones", ()) if number not in people.phones(unit.connection, person_id)]
    if "phone" in waiting and new:
        values["phones"] = [*people.phones(unit.connection, person_id), *new]
    old = people.fields_of(unit.connection, person_id)
    values = {name: value for name, value in values.items() if old[name] != value}
    if values:
        people.set_fields(unit.connection, person_id, values)
        people.note_changed(unit.connection, person_id, values)  # an older list does not put it back
    return bool(values)
