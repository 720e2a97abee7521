"""Destruction: what the sweep does when an undo window is over, and what `people destroy` does at once.

The order is fixed: what proves it is built and its hash written (proof.py), the person's mails leave the mailbox, the
final mail is rendered, everything of the person is erased in the same transaction, and the bytes leave the write-ahead
log. A mailbox that was not read since, or that can't be read now, destroys nobody.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from mailbot.deciding.decision import Owed
from mailbot.errors import ConflictError
from mailbot.operating import mailcopies, places, proof
from mailbot.pipeline import Line, owe
from mailbot.ports import FolderName, Mailbox
from mailbot.reading.address import address_key
from mailbot.store import erasure, people, proofs, requests, writers
from mailbot.store.tables import Person, Request
from mailbot.store.unit import Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaving:
    """Which folders a destroyed person's mails leave beside mailbot/Done, and who is told of what stays."""

    erase: Collection[FolderName] = ()
    operator: str = ""  # the operator's address, "" for none
    language: str = "ru"


def sweep(line: Line, mailbox: Mailbox, leaving: Leaving = Leaving()) -> int:
    """Destroy whoever's undo window is over, one transaction each; return how many. None while paused or in shadow.

    The person's mails leave the mailbox first (mailcopies.py). Raises MailboxUnavailable, MailboxRefused: then whoever
    is left is not destroyed.
    """
    store, count = line.store, 0
    while store.acts:
        with store.unit() as unit:
            ready = erasure.ready(unit, mailbox.folder)
            due = erasure.due(unit, ready)
            if not due:
                erasure.tell_waiting(unit, ready)
                break
        count += _destroy(line, mailbox, due[0], leaving)
    return count


def forget(line: Line) -> None:
    """Forget what is kept for a time only, whether or not the mailbox can be read. Raises: nothing."""
    acts = line.store.acts
    with line.store.unit() as unit:
        erasure.forget_finals(unit)
        writers.forget_old(unit)
        if acts:
            proofs.lapse(unit)


def _destroy(line: Line, mailbox: Mailbox, request: Any, leaving: Leaving) -> bool:
    """Take a person's mails out of the mailbox, then erase the person; tell whether it was done.

    More mails than anybody writes stop and ask the operator, once.
    """
    found = mailcopies.find(line, mailbox, request.person_id, erase=leaving.erase)
    if found.many and not request.fields.get("many_mails"):
        with line.store.unit() as unit:
            fields = {**request.fields, "many_mails": len(found.going)}
            unit.update(Request, request.id, open=["operator"], reason="many_mails", tell=True, fields=fields)
            unit.request_id = request.id
            unit.event("held", "many_mails")
        return False
    proof.before_erasure(line, mailbox, request.person_id)
    mailcopies.remove(line, mailbox, request.person_id, found, erase=leaving.erase)
    with line.store.unit() as unit:
        still = [row for row in erasure.due(unit, erasure.ready(unit, mailbox.folder)) if row.id == request.id]
        if still and proof.is_built(unit, request.person_id):
            _destroy_by_request(unit, line, still[0], found, leaving)
    return bool(still)


def _destroy_by_request(unit: Unit, line: Line, request: Any, found: mailcopies.Copies, leaving: Leaving) -> None:
    unit.request_id = request.id
    elsewhere = places.erase(unit, line, request.person_id)
    sealed_until = proof.erased(unit, line, request.person_id)
    until = sealed_until.astimezone(line.rules.deadlines.zone).date() if sealed_until else None
    addresses = people.addresses(unit.connection, request.person_id)
    keys = {address_key(a): a for a in addresses}
    to = keys.get(request.address_key) or (addresses[0] if addresses else "")
    if to:
        values = {
            "destroyed_at": unit.now, "places": elsewhere, "mails": found.told, "left": dict(found.left),
            "sealed_until": until,
        }  # fmt: skip
        owe(unit, Owed(template="destroyed", role="final", to=to, language=request.language, values=values), line)
    tells = bool(leaving.operator) and not line.is_own(leaving.operator)
    if found.left and tells:
        left = {"addresses": addresses, "left": found.left}
        told = Owed(
            template="mails-left", role="final", to=leaving.operator, language=leaving.language, values=left,
            threads=False,
        )  # fmt: skip
        owe(unit, told, line)
    consents = erasure.erase(unit, request.person_id)
    kept = {"consents": consents, "mails_left": dict(found.left), "mails_told": tells or not found.left}
    unit.update(Request, request.id, closed_at=unit.now, reason="destroyed", undo_until=None, fields=kept)


def mails_of(line: Line, mailbox: Mailbox, address: str, erase: Collection[FolderName] = ()) -> mailcopies.Copies:
    """Return which mails of those at an address would leave the mailbox, and what would stay. Raises as `sweep`."""
    with line.store.reading() as connection:
        ids = people.ids_of(connection, address)
    found = [mailcopies.find(line, mailbox, person_id, erase=erase) for person_id in ids]
    return mailcopies.together(found)


def destroy_now(line: Line, mailbox: Mailbox, address: str, erase: Collection[FolderName] = ()) -> int:
    """Destroy everybody on file under an address, on the operator's word; return how many, -1 where one is disputed.

    Each leaves one request in the journal, as a withdrawal's destruction does; no mail is sent. Raises ConflictError
    while paused or where something came in meanwhile, MailboxUnavailable, MailboxRefused: then nobody more is.
    """
    if line.store.paused:
        raise ConflictError("paused: nothing is destroyed; `mailbot resume` first")
    with line.store.reading() as connection:
        ids = people.ids_of(connection, address)
    for person_id in ids:
        with line.store.unit() as unit:
            if _is_disputed(unit, address):
                return -1
        proof.before_erasure(line, mailbox, person_id)
        found = mailcopies.find(line, mailbox, person_id, erase=erase)
        mailcopies.remove(line, mailbox, person_id, found, erase=erase)
        with line.store.unit() as unit:
            if _is_disputed(unit, address):  # blocked while the mails left
                return -1
            if not proof.is_built(unit, person_id):
                raise ConflictError("something came in meanwhile: this person was not erased; do it again")
            number = requests.open_journal(unit, kind="erasure", reason="destroyed")
            proof.erased(unit, line, person_id, number)
            places.erase(unit, line, person_id)
            consents = erasure.erase(unit, person_id)
            left = {"mails_left": dict(found.left), "mails_told": True}  # whoever destroys is told what stays
            unit.update(Request, number, fields={**left, "consents": consents})
    line.store.scrub()
    return len(ids)


def _is_disputed(unit: Unit, address: str) -> bool:
    return any(unit.row(Person, each).disputed for each in people.ids_of(unit.connection, address))
