"""Destruction: what the sweep does when an undo window is over, and what `people destroy` does at once.

The order is fixed: what proves it is built and its hash written (proof.py), the person's mails leave the mailbox, the
final mail is rendered, everything of the person is erased in the same transaction, and the bytes leave the write-ahead
log. A mailbox that was not read since, or that can't be read now, destroys nobody.
"""

from __future__ import annotations

from typing import Any

from mailbot.deciding.decision import Owed
from mailbot.errors import ConflictError
from mailbot.operating import mailcopies, places, proof
from mailbot.pipeline import Line, owe
from mailbot.ports import Mailbox
from mailbot.reading.address import address_key
from mailbot.store import erasure, people, requests, writers
from mailbot.store.tables import Person, Request
from mailbot.store.unit import Unit


def sweep(line: Line, mailbox: Mailbox, *, inbox: bool = False) -> int:
    """Destroy whoever's undo window is over, one transaction each; return how many. None while paused or in shadow.

    The person's mails leave the mailbox first (mailcopies.py; `inbox`: also those in the folder that is read). Raises
    MailboxUnavailable, MailboxRefused: then whoever is left is not destroyed.
    """
    store, count = line.store, 0
    while not (store.paused or store.shadow):
        with store.unit() as unit:
            due = erasure.due(unit, mailbox.folder)
        if not due:
            break
        count += _destroy(line, mailbox, due[0], inbox=inbox)
    return count


def forget(line: Line) -> None:
    """Forget what is kept for a time only, whether or not the mailbox can be read. Raises: nothing."""
    with line.store.unit() as unit:
        erasure.forget_finals(unit)
        writers.forget_old(unit)
    proof.sweep(line)


def _destroy(line: Line, mailbox: Mailbox, request: Any, *, inbox: bool) -> bool:
    """Take a person's mails out of the mailbox, then erase the person; tell whether it was done.

    More mails than anybody writes stop and ask the operator, once.
    """
    found = mailcopies.find(line, mailbox, request.person_id, inbox=inbox)
    if found.many and not request.fields.get("many_mails"):
        with line.store.unit() as unit:
            fields = {**request.fields, "many_mails": len(found.going)}
            unit.update(Request, request.id, open=["operator"], reason="many_mails", tell=True, fields=fields)
            unit.request_id = request.id
            unit.event("held", "many_mails")
        return False
    proof.before_erasure(line, mailbox, request.person_id)
    mailcopies.remove(line, mailbox, request.person_id, found, inbox=inbox)
    with line.store.unit() as unit:
        still = [row for row in erasure.due(unit, mailbox.folder) if row.id == request.id]
        if still and proof.is_built(unit, request.person_id):
            _destroy_by_request(unit, line, still[0], found.told)
    return bool(still)


def _destroy_by_request(unit: Unit, line: Line, request: Any, mails: mailcopies.Mails) -> None:
    unit.request_id = request.id
    elsewhere = places.erase(unit, line, request.person_id)
    sealed_until = proof.erased(unit, line, request.person_id)
    until = sealed_until.astimezone(line.rules.deadlines.zone).date() if sealed_until else None
    addresses = people.addresses(unit.connection, request.person_id)
    keys = {address_key(a): a for a in addresses}
    to = keys.get(request.address_key) or (addresses[0] if addresses else "")
    if to:
        values = {"destroyed_at": unit.now, "places": elsewhere, "mails": mails, "sealed_until": until}
        owe(unit, Owed(template="destroyed", role="final", to=to, language=request.language, values=values), line)
    consents = erasure.erase(unit, request.person_id)
    unit.update(
        Request, request.id, closed_at=unit.now, reason="destroyed", undo_until=None, fields={"consents": consents}
    )


def mails_of(line: Line, mailbox: Mailbox, address: str, *, inbox: bool = False) -> int:
    """Return how many mails of those at an address would leave the mailbox. Raises as `sweep` does."""
    with line.store.reading() as connection:
        ids = people.ids_at(connection, address)
    return sum(len(mailcopies.find(line, mailbox, person_id, inbox=inbox).going) for person_id in ids)


def destroy_now(line: Line, mailbox: Mailbox, address: str, *, inbox: bool = False) -> int:
    """Destroy everybody on file under an address, on the operator's word; return how many, -1 where one is disputed.

    Each leaves one request in the journal, as a withdrawal's destruction does; no mail is sent. Raises ConflictError
    while paused, MailboxUnavailable, MailboxRefused: then nobody more is destroyed.
    """
    if line.store.paused:
        raise ConflictError("paused: nothing is destroyed; `mailbot resume` first")
    with line.store.reading() as connection:
        ids = people.ids_at(connection, address)
    for person_id in ids:
        with line.store.unit() as unit:
            if any(unit.row(Person, each).disputed for each in people.ids_at(unit.connection, address)):
                return -1
        proof.before_erasure(line, mailbox, person_id)
        mailcopies.remove(line, mailbox, person_id, mailcopies.find(line, mailbox, person_id, inbox=inbox), inbox=inbox)
        with line.store.unit() as unit:
            number = requests.open_journal(unit, kind="erasure", reason="destroyed")
            proof.erased(unit, line, person_id, number)
            places.erase(unit, line, person_id)
            unit.update(Request, number, fields={"consents": erasure.erase(unit, person_id)})
    line.store.scrub()
    return len(ids)
