"""What other places still have to do: tasks opened, put back, ticked. No rule here.

A task keeps what its place knows the person by until it is done, and nothing else of him. Verbs take places as the
plain values of deciding/places.py.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from mailbot.store import forgets, hooks, people
from mailbot.store.place_tables import PlaceTask
from mailbot.store.tables import Person, Request
from mailbot.store.transaction import Transaction
from mailbot.store.whom import NAMES, Spec, Whom, forget_ids, is_shared, parts, sendable

EVENTS = {"update": "person.updated", "unsubscribe": "person.unsubscribed", "withdrawal": "person.stopped"}
LAST = "person.destroyed"
BACK = ("back", "restore")  # an update is put back; a stop is lifted
_task: Any = PlaceTask.__table__  # type: ignore[attr-defined]
_open_only = _task.c.done_at.is_(None)


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
    person_id, address, changed = whom["person_id"], whom["address"], whom["changed"]
    if address and person_id is None:
        found = people.ids_at(unit.connection, address)
        person_id = found[0] if len(found) == 1 else None
    before = unit.row(Request, unit.request_id).before.get("fields", {}) if "phone" in changed else {}
    who = Whom(person_id=person_id, address=address, moved=whom["moved"], phones=tuple(before.get("phones", ())))
    names = [*changed, *(NAMES if set(NAMES) & set(changed) else ())]
    for place in places:
        sent: dict[str, Any] = {}
        if what == "update" and person_id is not None:
            sent = _stated(unit, person_id, [name for name in place["fields"] if name in names], who.moved)
        if what != "update":
            _supersede(unit, place["name"], who, "restore")  # what was to be lifted stays stopped
        _open(unit, place, who, Todo(what=what, due_at=due_at, event=EVENTS[what], fields=sent))
    settle(unit, unit.request_id)


def _stated(unit: Transaction, person_id: str, names: list[str], moved: dict[str, str] | None) -> dict[str, Any]:
    """Return what the register holds now of the fields that a hook may send."""
    values = people.fields_of(unit.connection, person_id)
    phones = values.pop("phones")
    values |= {"phone": phones[0] if phones else "", "email": moved["new"] if moved else ""}
    return {name: values[name] for name in names if name != "email" or moved}


def _supersede(unit: Transaction, place: str, whom: Whom, what: str) -> None:
    if whom.person_id is None:
        return
    mine = sa.and_(_task.c.person_id == whom.person_id, _task.c.place == place, _task.c.what == what, _open_only)
    for task in unit.connection.execute(sa.select(_task).where(mine)).all():
        close(unit, task, "superseded")


def _open(unit: Transaction, place: Spec, whom: Whom, todo: Todo) -> None:
    """Open a task, or open it again, and owe its calls; the operator is told of what she has to do herself."""
    law = todo.what == "withdrawal" and place["law"]
    called, known = whom.at(unit, place) if not law else ([], [])
    called = called if todo.event in place["hook"] else []
    left = [each for each in known if each not in called]  # the operator's, also beside a hook
    found = _find(unit, place["name"], todo.what)
    older = parts(found.identifier) if found is not None and found.done_at is None else []
    if found is None and not law and _is_asked(unit, place, whom, todo, known):
        return
    values: dict[str, Any] = {
        "person_id": whom.person_id, "identifier": "; ".join(dict.fromkeys([*older, *(left if called else known)])),
        "by_hook": bool(called) and not left, "opened_at": unit.now, "due_at": todo.due_at,
        "done_at": unit.now if law else None, "done_by": "law" if law else "",
    }  # fmt: skip
    if values["by_hook"]:
        values["identifier"] = "; ".join(dict.fromkeys([*older, *known]))
    if found is None:
        task_id = unit.insert(PlaceTask, request_id=unit.request_id, place=place["name"], what=todo.what, **values)
    else:
        task_id = found.id
        unit.update(PlaceTask, task_id, **values)
    if not (values["by_hook"] or law):
        tell(unit, unit.request_id)
    for each in called:
        call = hooks.Call(
            event=todo.event, place=place["name"], queue=whom.person_id or unit.keys.suppression(whom.address),
            task_id=task_id, kind=place["identifier"], identifier=each,
            fields=sendable(unit, whom, place, each, todo.fields),
        )  # fmt: skip
        hooks.enqueue(unit, call)


def _find(unit: Transaction, place: str, what: str) -> Any:
    mine = sa.and_(_task.c.request_id == unit.request_id, _task.c.place == place, _task.c.what == what)
    return unit.connection.execute(sa.select(_task).where(mine)).first()


def _is_asked(unit: Transaction, place: Spec, whom: Whom, todo: Todo, known: list[str]) -> bool:
    """Tell whether the same is open already for an address of nobody on file: once is enough."""
    same = sa.and_(_task.c.place == place["name"], _task.c.what == todo.what, _task.c.identifier == "; ".join(known))
    query = sa.select(_task.c.id).where(same, _open_only, _task.c.person_id.is_(None)).limit(1)
    return whom.person_id is None and unit.connection.execute(query).first() is not None


def put_back(
    unit: Transaction, places: list[Spec], due_at: datetime, request_id: str = "", person_id: str = ""
) -> None:
    """Take back what places were to do for a request, and for a person's news, whoever asked for that.

    What no place heard of, nor the operator, is owed no longer; where it may have been done, a task puts it back.
    """
    specs = {place["name"]: place for place in places}
    news = sa.and_(_task.c.person_id == person_id, _task.c.what == "unsubscribe") if person_id else sa.false()
    mine = sa.or_(sa.and_(_task.c.request_id == request_id, _task.c.what.not_in(BACK)), news)
    for task in unit.connection.execute(sa.select(_task).where(mine, _task.c.done_by != "undone")).all():
        request = unit.row(Request, task.request_id)
        told = not task.by_hook and request.told_at is not None and task.done_at is None
        reached = hooks.drop(unit, task.id) or told or task.done_by in ("operator", "hook")
        close(unit, task, "undone")
        spec = specs.get(task.place)
        if spec is not None and reached and task.done_by != "law":
            _ask_back(unit, task, spec, due_at)
    settle(unit, unit.request_id)


def _ask_back(unit: Transaction, task: Any, place: Spec, due_at: datetime) -> None:
    request = unit.row(Request, task.request_id)
    whom = Whom(person_id=task.person_id, address="" if task.person_id else request.address)
    if task.what != "update":
        _open(unit, place, whom, Todo(what="restore", due_at=due_at, event=""))
        return
    moved, old = request.before.get("address"), dict(request.before.get("fields", {}))
    if set(NAMES) & set(old):
        old = {**people.fields_of(unit.connection, task.person_id, NAMES), **old}
    values = {**old, "phone": (old.get("phones") or [""])[0], "email": moved["old"] if moved else ""}
    names = [*old, *(["phone"] if "phones" in old else []), *(["email"] if moved else [])]
    sent = {name: values[name] for name in place["fields"] if name in names}
    taken = any(call.delivered_at for call in hooks.of_task(unit.connection, task.id)) or task.done_by == "operator"
    if moved and taken:  # the place knows the new address, which gives way to the old one
        whom = Whom(person_id=task.person_id, moved={"old": moved["new"], "new": moved["new"]})
    elif moved:
        whom = Whom(person_id=task.person_id, moved={"old": moved["old"], "new": moved["new"]})
    _open(unit, place, whom, Todo(what="back", due_at=due_at, event=EVENTS["update"] if sent else "", fields=sent))


def tell(unit: Transaction, number: str) -> None:
    """Have the operator told of a request."""
    unit.update(Request, number, tell=True, told_at=None)


def close(unit: Transaction, task: Any, by: str) -> None:
    """Close a task and forget whom it named, here and in mails to the operator that did not leave."""
    unit.update(PlaceTask, task.id, done_at=task.done_at or unit.now, done_by=by, identifier="")
    if task.identifier:
        forgets.forget_operator_mails(unit)
        unit.owe_scrub()
    settle(unit, task.request_id)


def settle(unit: Transaction, number: str) -> None:
    """Write beside a request how many of its tasks are open, and when the first is due."""
    mine = sa.and_(_task.c.request_id == number, _open_only)
    count, due = unit.connection.execute(sa.select(sa.func.count(), sa.func.min(_task.c.due_at)).where(mine)).one()
    request = unit.row(Request, number)
    values: dict[str, Any] = {"places_open": count, "place_due_at": due}
    if not count and request.places_open and not request.open and request.state in ("applied", "undone"):
        values["tell"] = False  # there is nothing left to be told
    unit.update(Request, number, **values)


def destroy(unit: Transaction, person_id: str, places: list[Spec], due_at: datetime) -> None:
    """Before a person is erased: what the places erase by when, and no other task or call keeps anything of him.

    A stop of the news stays owed to a place that erases nothing: it would go on mailing. A place that the policy no
    longer names had been promised too: it stays, by hand.
    """
    erasing = [place for place in places if "withdrawal" in place["on"]]
    whom = Whom(person_id=person_id)
    known = {place["name"]: whom.at(unit, place) for place in erasing if not place["law"]}  # before it is superseded
    for task in unit.connection.execute(sa.select(_task).where(_task.c.person_id == person_id, _open_only)).all():
        if task.what == "unsubscribe" and task.place not in known:
            continue
        hooks.drop(unit, task.id)
        if task.what == "withdrawal" and task.place not in {place["name"] for place in places}:
            unit.update(PlaceTask, task.id, due_at=due_at, by_hook=False)
            tell(unit, task.request_id)
            continue
        close(unit, task, "superseded")
    for place in erasing:
        todo = Todo(what="withdrawal", due_at=due_at, event=LAST)
        _open(unit, place, replace(whom, found=known.get(place["name"])), todo)
    unit.connection.execute(sa.update(_task).where(_task.c.person_id == person_id).values(person_id=None))
    forget_ids(unit, person_id)
    settle(unit, unit.request_id)


def may_go(unit: Transaction, call: hooks.Call) -> bool:
    """Tell whether a call may be made now: not of somebody in dispute, nor by what somebody else has too by now."""
    person = unit.row(Person, call.queue)
    if person is not None and person.disputed:
        return False  # its lease lets it wait; nothing is used until the dispute ends (decisions: section 6)
    if call.event not in ("person.stopped", LAST) or call.kind == "id":
        return True
    if not is_shared(unit.connection, call.identifier, call.queue):
        return True
    hooks.give_up(unit, call, "somebody else is on file")
    died(unit, call)
    return False


def delivered(unit: Transaction, call: hooks.Call, answer: str) -> None:
    """Mark a call as taken, and tick its task where it was the last one."""
    if not hooks.delivered(unit, call, answer):
        return
    unit.request_id = call.request_id
    unit.event("hook_delivered", call.event)
    unit.owe_scrub()
    task = unit.row(PlaceTask, call.task_id)
    only_stopped = task.what == "withdrawal" and call.event != LAST
    if only_stopped or task.done_at is not None or not task.by_hook or hooks.owes(unit.connection, task.id):
        return
    close(unit, task, "hook")
    unit.event("place_done", "hook")


def died(unit: Transaction, call: hooks.Call) -> None:
    """A call that nobody took is the operator's."""
    unit.request_id = call.request_id
    unit.update(PlaceTask, call.task_id, by_hook=False)
    tell(unit, call.request_id)
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


def counts(connection: sa.Connection, now: datetime) -> tuple[int, int]:
    """Return how many tasks are open, and how many of them overdue."""
    late = sa.func.count().filter(_task.c.due_at < now)
    count, overdue = connection.execute(sa.select(sa.func.count(), late).where(_open_only)).one()
    return int(count), int(overdue)
