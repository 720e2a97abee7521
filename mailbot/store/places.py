"""What other places still have to do: tasks opened, put back, ticked, and what they know people by. No rule here.

A task keeps the identifier that its place needs until it is done, and nothing else of the person. Verbs take places
as the plain values of deciding/places.py (name, identifier, law, on, hook, fields).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from mailbot.store import hooks, people
from mailbot.store.place_tables import PlaceId, PlaceTask
from mailbot.store.tables import Request
from mailbot.store.transaction import Transaction

EVENTS = {"update": "person.updated", "unsubscribe": "person.unsubscribed", "withdrawal": "person.stopped"}
LAST = "person.destroyed"
NAMES = ("surname", "given_name", "patronymic")
_task: Any = PlaceTask.__table__  # type: ignore[attr-defined]
_id: Any = PlaceId.__table__  # type: ignore[attr-defined]
Spec = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Whom:
    """Whom a task is about: a person on file, or whoever is at an address."""

    person_id: str | None
    address: str = ""  # of an unsubscribe: that address alone
    moved: dict[str, str] | None = None  # an address that this request replaced: places know the old one
    phones: tuple[str, ...] = ()  # that this request replaced

    def identifiers(self, unit: Transaction, kind: str) -> list[str]:
        """Return the addresses or the phones by which a place finds them."""
        if kind == "phone":
            return list(self.phones) or (people.phones(unit.connection, self.person_id) if self.person_id else [])
        if self.address or self.person_id is None:
            return [self.address] if self.address else []
        found = people.addresses(unit.connection, self.person_id)
        return [self.moved["old"] if self.moved and addr == self.moved["new"] else addr for addr in found]

    def at(self, unit: Transaction, place: Spec) -> tuple[list[str], list[str]]:
        """Return (what a hook may call by, what the operator is shown).

        A hook is not called by what somebody else has too: it would erase him with the person.
        """
        kind = place["identifier"]
        if kind == "id":
            own = ids_of(unit.connection, self.person_id).get(place["name"]) if self.person_id else None
            found = [own] if own else []
        else:
            found = self.identifiers(unit, kind)
        shown = found or self.identifiers(unit, "email") or self.identifiers(unit, "phone")
        if kind == "id" or self.address:
            return found, shown
        others = people.ids_at if kind == "email" else people.ids_by_phone
        return [each for each in found if not set(others(unit.connection, each)) - {self.person_id}], shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Todo:
    """What a place must do by when, and what its hook tells it; no event: it is the operator's to do."""

    what: str
    due_at: datetime | None
    event: str
    fields: dict[str, Any] = field(default_factory=dict)


def follow(unit: Transaction, what: str, places: list[Spec], due_at: datetime | None, whom: dict[str, Any]) -> None:
    """Open a task at each place for what this request did, and owe the calls of its hook.

    `whom`: person_id and address, one of them given; moved (old and new address) and changed (fields) of an update.
    """
    person_id, address, moved = whom["person_id"], whom["address"], whom["moved"]
    if address and person_id is None:
        found = people.ids_at(unit.connection, address)
        person_id = found[0] if len(found) == 1 else None
    before = unit.row(Request, unit.request_id).before.get("fields", {}) if what == "update" else {}
    who = Whom(person_id=person_id, address=address, moved=moved, phones=tuple(before.get("phones", ())))
    names = [*whom["changed"], *(NAMES if set(NAMES) & set(whom["changed"]) else ())]
    for place in places:
        sent: dict[str, Any] = {}
        if what == "update" and person_id is not None:
            sent = _stated(unit, person_id, [name for name in place["fields"] if name in names], moved)
        _open(unit, place, who, Todo(what=what, due_at=due_at, event=EVENTS[what], fields=sent))
    settle(unit, unit.request_id)


def _stated(unit: Transaction, person_id: str, names: list[str], moved: dict[str, str] | None) -> dict[str, Any]:
    """Return what the register holds now of the fields that a hook may send."""
    values = people.fields_of(unit.connection, person_id)
    phones = values.pop("phones")
    values |= {"phone": phones[0] if phones else "", "email": moved["new"] if moved else ""}
    return {name: values[name] for name in names if name != "email" or moved}


def _open(unit: Transaction, place: Spec, whom: Whom, todo: Todo) -> None:
    """Open a task, or open it again, and owe its calls; the operator is told of what she has to do herself."""
    law = todo.what == "withdrawal" and place["law"]
    called, shown = whom.at(unit, place) if not law else ([], [])
    by_hook = bool(called) and todo.event in place["hook"]
    values: dict[str, Any] = {
        "person_id": whom.person_id, "identifier": "; ".join(shown), "by_hook": by_hook, "opened_at": unit.now,
        "due_at": todo.due_at, "done_at": unit.now if law else None, "done_by": "law" if law else "",
    }  # fmt: skip
    found = _find(unit, place["name"], todo.what)
    if found is None:
        task_id = unit.insert(PlaceTask, request_id=unit.request_id, place=place["name"], what=todo.what, **values)
    else:
        task_id = found.id
        unit.update(PlaceTask, task_id, **values)
    if not (by_hook or law):
        unit.update(Request, unit.request_id, tell=True, told_at=None)
    for each in called if by_hook else ():
        call = hooks.Call(
            event=todo.event, place=place["name"], queue=whom.person_id or unit.keys.suppression(whom.address),
            task_id=task_id, kind=place["identifier"], identifier=each, fields=todo.fields,
        )  # fmt: skip
        hooks.enqueue(unit, call)


def _find(unit: Transaction, place: str, what: str) -> Any:
    mine = sa.and_(_task.c.request_id == unit.request_id, _task.c.place == place, _task.c.what == what)
    return unit.connection.execute(sa.select(_task).where(mine)).first()


def put_back(
    unit: Transaction, places: list[Spec], due_at: datetime, request_id: str = "", person_id: str = ""
) -> None:
    """Take back what places were to do for a request, or the stops of a person's news.

    What no place heard of is owed no longer; where it was done, or may have been, a task asks to put it back.
    """
    specs = {place["name"]: place for place in places}
    mine = _task.c.request_id == request_id if request_id else _task.c.person_id == person_id
    some = _task.c.what != "back" if request_id else _task.c.what == "unsubscribe"
    for task in unit.connection.execute(sa.select(_task).where(mine, some, _task.c.done_by != "undone")).all():
        reached = hooks.drop(unit, task.id) or task.done_by in ("operator", "hook")
        close(unit, task, "undone")
        spec = specs.get(task.place)
        if spec is not None and reached and task.done_by != "law":
            _ask_back(unit, task, spec, due_at)
    settle(unit, unit.request_id)


def _ask_back(unit: Transaction, task: Any, place: Spec, due_at: datetime) -> None:
    request = unit.row(Request, task.request_id)
    whom = Whom(person_id=task.person_id, address="" if task.person_id else request.address)
    if task.what != "update":
        _open(unit, place, whom, Todo(what="back", due_at=due_at, event=""))
        return
    moved, old = request.before.get("address"), request.before.get("fields", {})
    values = {**old, "phone": (old.get("phones") or [""])[0], "email": moved["old"] if moved else ""}
    names = [*old, *(["phone"] if "phones" in old else []), *(["email"] if moved else [])]
    sent = {name: values[name] for name in place["fields"] if name in names}
    event = EVENTS["update"] if sent else ""
    _open(unit, place, whom, Todo(what="back", due_at=due_at, event=event, fields=sent))


def close(unit: Transaction, task: Any, by: str) -> None:
    """Close a task and forget whom it named."""
    unit.update(PlaceTask, task.id, done_at=task.done_at or unit.now, done_by=by, identifier="")
    settle(unit, task.request_id)


def settle(unit: Transaction, number: str) -> None:
    """Write beside a request how many of its tasks are open, and when the first is due."""
    mine = sa.and_(_task.c.request_id == number, _task.c.done_at.is_(None))
    count, due = unit.connection.execute(sa.select(sa.func.count(), sa.func.min(_task.c.due_at)).where(mine)).one()
    unit.update(Request, number, places_open=count, place_due_at=due)


def destroy(unit: Transaction, person_id: str, places: list[Spec], due_at: datetime) -> None:
    """Before a person is erased: what the places erase by when, and no other task or call keeps anything of him.

    A stop of the news stays owed to a place that follows no withdrawal: it would go on mailing.
    """
    erasing = [place for place in places if "withdrawal" in place["on"]]
    names = {place["name"] for place in erasing}
    whom = Whom(person_id=person_id)
    for task in unit.connection.execute(sa.select(_task).where(_task.c.person_id == person_id)).all():
        stays = task.what == "unsubscribe" and task.place not in names
        if task.done_at is None and not stays:
            hooks.drop(unit, task.id)
            close(unit, task, "superseded")
    for place in erasing:
        _open(unit, place, whom, Todo(what="withdrawal", due_at=due_at, event=LAST))
    unit.connection.execute(sa.update(_task).where(_task.c.person_id == person_id).values(person_id=None))
    unit.connection.execute(sa.delete(_id).where(_id.c.person_id == person_id))
    settle(unit, unit.request_id)


def delivered(unit: Transaction, call: hooks.Call, answer: str) -> bool:
    """Mark a call as taken, and tick its task where it was the last one; tell whether it ticked."""
    if not hooks.delivered(unit, call, answer):
        return False
    unit.request_id = call.request_id
    unit.event("hook_delivered", call.event)
    task = unit.row(PlaceTask, call.task_id)
    only_stopped = task.what == "withdrawal" and call.event != LAST
    if only_stopped or task.done_at is not None or hooks.owes(unit.connection, task.id):
        return False
    close(unit, task, "hook")
    unit.event("place_done", "hook")
    return True


def died(unit: Transaction, call: hooks.Call) -> None:
    """A call that nobody took for a week is the operator's."""
    unit.request_id = call.request_id
    unit.update(Request, call.request_id, tell=True, told_at=None)
    unit.event("hook_dead", call.event)


def tick(unit: Transaction, task: Any) -> None:
    """The operator did what a place had to do."""
    unit.request_id = task.request_id
    hooks.drop(unit, task.id)
    close(unit, task, "operator")
    unit.event("place_done", "operator", who="operator", person_id=task.person_id)


def tasks(connection: sa.Connection, number: str) -> list[Any]:
    """Return the tasks of a request, oldest first."""
    return list(connection.execute(sa.select(_task).where(_task.c.request_id == number).order_by(_task.c.id)))


def note_id(unit: Transaction, person_id: str, place: str, value: str) -> None:
    """Write the id under which a place knows a person; "" forgets it."""
    mine = sa.and_(_id.c.person_id == person_id, _id.c.place == place)
    unit.connection.execute(sa.delete(_id).where(mine))
    if value:
        unit.insert(PlaceId, person_id=person_id, place=place, value=value)


def ids_of(connection: sa.Connection, person_id: str) -> dict[str, str]:
    """Return under which id each place knows a person."""
    query = sa.select(_id.c.place, _id.c.value).where(_id.c.person_id == person_id).order_by(_id.c.place)
    return {row.place: row.value for row in connection.execute(query)}


def counts(connection: sa.Connection, now: datetime) -> tuple[int, int]:
    """Return how many tasks are open, and how many of them overdue."""
    is_open = _task.c.done_at.is_(None)
    late = sa.func.count().filter(_task.c.due_at < now)
    count, overdue = connection.execute(sa.select(sa.func.count(), late).where(is_open)).one()
    return int(count), int(overdue)


def is_shared(connection: sa.Connection, identifier: str) -> bool:
    """Tell whether somebody on file still has one of these addresses or phones."""
    return any(
        people.ids_at(connection, each) or people.ids_by_phone(connection, each) for each in identifier.split("; ")
    )
