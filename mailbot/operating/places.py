"""The other places at the operator's desk: what is left to do there, ticked by her, and the ids they know people by."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from mailbot.deciding.places import after_destruction, as_args, concerned, told
from mailbot.errors import ConflictError, InputError
from mailbot.pipeline import Line
from mailbot.policy import Policy
from mailbot.store import hooks, journal, people, places, whom
from mailbot.store.unit import Unit


def elsewhere(line: Line, destroy_at: datetime | None) -> list[dict[str, Any]]:
    """Return what an answer to a withdrawal says of other places; None: nobody knows yet when they follow."""
    policy, deadlines = line.rules.policy, line.rules.deadlines
    due_at = after_destruction(policy.clocks.proven, deadlines, destroy_at) if destroy_at else None
    return told(concerned(policy, "withdrawal"), "withdrawal", due_at)


def erase(unit: Unit, line: Line, person_id: str) -> list[dict[str, Any]]:
    """Have other places erase what the register is about to erase, which waits for none; return what is told of them.

    Must come before the erasure: what a place finds the person by is known until then.
    """
    policy = line.rules.policy
    due_at = after_destruction(policy.clocks.proven, line.rules.deadlines, unit.now)
    places.destroy(unit, person_id, as_args(policy.places), due_at)
    return elsewhere(line, unit.now)


def put_back(unit: Unit, line: Line, request_id: str) -> None:
    """Take back what other places were to do for a request that is undone; before it is."""
    policy = line.rules.policy
    due_at = line.rules.deadlines.due_at(unit.now, policy.clocks.held)
    places.put_back(unit, as_args(policy.places), due_at, request_id=request_id)


def tick(line: Line, number: str, place: str) -> None:
    """Note that a place did what it had to for a request. Raises InputError, ConflictError."""
    with line.store.unit() as unit:
        row = journal.claim(unit, number)
        found = places.tasks(unit.connection, row.id)
        mine = [task for task in found if task.place == place]
        waiting = [task for task in mine if task.done_at is None]
        if not mine:
            names = ", ".join(dict.fromkeys(task.place for task in found)) or "none"
            raise InputError(f"request {row.id} asks nothing of a place {place}; its places: {names}")
        if not waiting:
            raise ConflictError(f"request {row.id}: {place} is done already ({mine[-1].done_by})")
        ready = [task for task in waiting if not _too_early(task)]
        if not ready:
            raise ConflictError(
                f"request {row.id}: the data are not destroyed yet, an undo may still come; tick {place} after that"
            )
        for task in ready:
            places.tick(unit, task)
    line.store.scrub()


def _too_early(task: Any) -> bool:
    """Tell whether a place would erase what the register may still give back."""
    return task.what == "withdrawal" and task.due_at is None


def note_id(line: Line, address: str, place: str, value: str) -> None:
    """Note under which id a place knows the person at an address. Raises InputError, ConflictError."""
    if place not in [each.name for each in line.rules.policy.places]:
        raise InputError(f"policy.toml names no place {place}")
    with line.store.unit() as unit:
        ids = people.ids_at(unit.connection, address)
        if len(ids) > 1:
            raise ConflictError("several people are on file under that address: an id belongs to one")
        if not ids:
            raise InputError("nobody is on file under that address")
        whom.note_id(unit, ids[0], place, value)
        unit.event("place_id", who="operator", person_id=ids[0])


def of_request(connection: Any, policy: Policy, number: str) -> list[dict[str, Any]]:
    """Return the tasks of a request: place, what, by what the person is found there, by when, how, and its calls."""
    preset = {place.name: place.preset for place in policy.places}
    how = {place.name: "; ".join(filter(None, (place.holds, place.how))) for place in policy.places}
    return [
        {
            "preset": preset.get(task.place, ""), "how": how.get(task.place, ""),
            "place": task.place, "what": task.what, "identifier": task.identifier, "due_at": task.due_at,
            "done_at": task.done_at, "done_by": task.done_by,
            "early": task.done_at is None and _too_early(task), "by_hook": task.by_hook,
            "shared": task.what == "withdrawal" and task.due_at is not None
            and any(whom.is_shared(connection, each) for each in whom.parts(task.identifier)),
            "calls": [_call(call) for call in hooks.of_task(connection, task.id)],
        }
        for task in places.tasks(connection, number)
    ]  # fmt: skip


def _call(call: Any) -> dict[str, Any]:
    return {
        "event": call.event, "tries": call.tries, "answer": call.answer, "delivered_at": call.delivered_at,
        "next_try_at": call.next_try_at if not (call.delivered_at or call.dead_at) else None,
        "dead_at": call.dead_at if call.identifier else None, "dropped": bool(call.dead_at and not call.identifier),
    }  # fmt: skip
