"""By what another place finds a person: addresses, phones, its own id. Reads, and the ids that the operator notes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from mailbot.store import people
from mailbot.store.place_tables import PlaceId, PlaceTask
from mailbot.store.transaction import Transaction

NAMES = ("surname", "given_name", "patronymic")
_id: Any = PlaceId.__table__  # type: ignore[attr-defined]
_task: Any = PlaceTask.__table__  # type: ignore[attr-defined]
Spec = dict[str, Any]  # a place as deciding/places.py gives it: name, identifier, law, on, hook, fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Whom:
    """Whom a task is about: a person on file, or whoever is at an address."""

    person_id: str | None
    address: str = ""  # of an unsubscribe: that address alone
    moved: dict[str, str] | None = None  # an address that this step replaced: places know the old one
    phones: tuple[str, ...] = ()  # the phones before this step, where it changed them
    found: tuple[list[str], list[str]] | None = None  # what `at` said, looked up before it can be no more

    def at(self, unit: Transaction, place: Spec) -> tuple[list[str], list[str]]:
        """Return (what a hook may call by, all by which the place may know them).

        What the place was told of a change and did not follow yet is among it. A hook is not called by what somebody
        else has too: it would change or erase him with the person.
        """
        if self.found is not None:
            return self.found
        kind = place["identifier"]
        found = list(dict.fromkeys([*self._told_before(unit, place), *self._identifiers(unit, place)]))
        if not found:  # nothing of that kind is on file: the operator is shown what there is
            return [], self._addresses(unit) or self._phones(unit)
        if kind == "id" or (kind == "email" and self.address):
            return found, found
        return [each for each in found if not is_shared(unit.connection, each, self.person_id)], found

    def _identifiers(self, unit: Transaction, place: Spec) -> list[str]:
        if place["identifier"] == "id":
            own = ids_of(unit.connection, self.person_id).get(place["name"]) if self.person_id else None
            return [own] if own else []
        return self._phones(unit) if place["identifier"] == "phone" else self._addresses(unit)

    def _addresses(self, unit: Transaction) -> list[str]:
        if self.address or self.person_id is None:
            return [self.address] if self.address else []
        found = people.addresses(unit.connection, self.person_id)
        return [self.moved["old"] if self.moved and addr == self.moved["new"] else addr for addr in found]

    def _phones(self, unit: Transaction) -> list[str]:
        return list(self.phones) or (people.phones(unit.connection, self.person_id) if self.person_id else [])

    def _told_before(self, unit: Transaction, place: Spec) -> list[str]:
        """Return by what the place knows the person until it has followed an update or its undoing."""
        if self.person_id is None or self.address:
            return []
        mine = sa.and_(_task.c.person_id == self.person_id, _task.c.place == place["name"], _task.c.done_at.is_(None))
        query = sa.select(_task.c.identifier).where(mine, _task.c.what.in_(("update", "back"))).order_by(_task.c.id)
        kept = [each for text in unit.connection.execute(query).scalars() for each in parts(text)]
        return [
            each for each in kept if place["identifier"] == "id" or ("@" in each) == (place["identifier"] == "email")
        ]


def parts(identifier: str) -> list[str]:
    """Return the identifiers that a task keeps."""
    return [each for each in identifier.split("; ") if each]


def is_shared(connection: sa.Connection, identifier: str, person_id: str | None = None) -> bool:
    """Tell whether somebody else on file has that address or phone."""
    found = people.ids_at(connection, identifier) or people.ids_by_phone(connection, identifier)
    return bool(set(found) - {person_id})


def sendable(unit: Transaction, whom: Whom, place: Spec, each: str, fields: dict[str, Any]) -> dict[str, Any]:
    """Return the fields for one identifier: a new address or phone goes where the old one stood, and nowhere else."""
    sent = dict(fields)
    if whom.moved is not None and each != whom.moved["old"]:
        sent.pop("email", None)
    if place["identifier"] == "phone" and "phone" in sent and whom.phones and whom.person_id:
        replaced = [number for number in whom.phones if number not in people.phones(unit.connection, whom.person_id)]
        if each not in replaced:
            sent.pop("phone")
    return sent


def note_id(unit: Transaction, person_id: str, place: str, value: str) -> None:
    """Write the id under which a place knows a person; "" forgets it."""
    mine = sa.and_(_id.c.person_id == person_id, _id.c.place == place)
    unit.connection.execute(sa.delete(_id).where(mine))
    if value:
        unit.insert(PlaceId, person_id=person_id, place=place, value=value)


def forget_ids(unit: Transaction, person_id: str) -> None:
    """Forget every id of a person."""
    unit.connection.execute(sa.delete(_id).where(_id.c.person_id == person_id))


def ids_of(connection: sa.Connection, person_id: str) -> dict[str, str]:
    """Return under which id each place knows a person."""
    query = sa.select(_id.c.place, _id.c.value).where(_id.c.person_id == person_id).order_by(_id.c.place)
    return {row.place: row.value for row in connection.execute(query)}
