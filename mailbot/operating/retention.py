"""Destruction: what the sweep does when an undo window is over, and what `people destroy` does at once.

The order is fixed: the final mail is rendered first, then everything of the person is erased in the same
transaction, then the bytes leave the write-ahead log. A mailbox that was not read since destroys nobody.
"""

from __future__ import annotations

from typing import Any

from mailbot.deciding.decision import Owed
from mailbot.errors import ConflictError
from mailbot.operating import places
from mailbot.pipeline import Line, owe
from mailbot.reading.address import address_key
from mailbot.store import erasure, people, requests, writers
from mailbot.store.tables import Person, Request
from mailbot.store.unit import Unit


def sweep(line: Line, folder: str) -> int:
    """Destroy whoever's undo window is over, one transaction each; return how many. None while paused or in shadow."""
    store, count = line.store, 0
    while not (store.paused or store.shadow):
        with store.unit() as unit:
            due = erasure.due(unit, folder)
            if due:
                _destroy_by_request(unit, line, due[0])
        if not due:
            break
        count += 1
    with store.unit() as unit:
        erasure.forget_finals(unit)
        writers.forget_old(unit)
    return count


def _destroy_by_request(unit: Unit, line: Line, request: Any) -> None:
    unit.request_id = request.id
    elsewhere = places.erase(unit, line, request.person_id)
    addresses = people.addresses(unit.connection, request.person_id)
    keys = {address_key(a): a for a in addresses}
    to = keys.get(request.address_key) or (addresses[0] if addresses else "")
    if to:
        values = {"destroyed_at": unit.now, "places": elsewhere}
        owe(unit, Owed(template="destroyed", role="final", to=to, language=request.language, values=values), line)
    consents = erasure.erase(unit, request.person_id)
    unit.update(
        Request, request.id, closed_at=unit.now, reason="destroyed", undo_until=None, fields={"consents": consents}
    )


def destroy_now(line: Line, address: str) -> int:
    """Destroy everybody on file under an address, on the operator's word; return how many, -1 where one is disputed.

    Each leaves one request in the journal, as a withdrawal's destruction does; no mail is sent. Raises ConflictError
    while paused.
    """
    if line.store.paused:
        raise ConflictError("paused: nothing is destroyed; `mailbot resume` first")
    with line.store.unit() as unit:
        ids = people.ids_at(unit.connection, address)
        if any(unit.row(Person, person_id).disputed for person_id in ids):
            return -1
        for person_id in ids:
            number = requests.open_journal(unit, kind="erasure", reason="destroyed")
            places.erase(unit, line, person_id)
            unit.update(Request, number, fields={"consents": erasure.erase(unit, person_id)})
    line.store.scrub()
    return len(ids)
