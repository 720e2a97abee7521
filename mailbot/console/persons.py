"""The pages of people: what is held at an address, obligations, a dispute's block, and destruction in two steps.

An address is posted and never stands in a page's own address, which browsers and proxies keep.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from starlette.responses import Response

from mailbot.console.visit import Visit
from mailbot.errors import ConflictError, InputError
from mailbot.operating import destruction, obligations, roll
from mailbot.operating.cells import wrong_cell
from mailbot.operating.imports import COLUMNS, OPTIONAL
from mailbot.reading.address import address_key
from mailbot.reading.phones import normalise

CELLS = (*COLUMNS, *OPTIONAL)


def people(visit: Visit) -> Response:
    """Show the search."""
    return _page(visit)


def find(visit: Visit) -> Response:
    """Show everybody at an address."""
    return _found(visit, _address(visit))


def _address(visit: Visit) -> str:
    return visit.form.get("address", "").strip()


def _key(who: str) -> str:
    """Return what two ways of writing an address, or a phone number, have in common."""
    return address_key(who.strip()) if "@" in who else normalise(who)[0] or who.strip()


def _page(visit: Visit, **values: Any) -> Response:
    acts = visit.opened is not None and visit.opened.may_act
    base = {"address": "", "found": None, "missing": False, "did": "", "acts": acts, "counts": None}
    return visit.page("people.html", {**base, "counts": roll.counts(visit.line.store), **values})


def _found(visit: Visit, address: str, did: str = "") -> Response:
    try:
        found = roll.show(visit.line.store, address)
    except InputError:
        return _page(visit, address=address, missing=not did, did=did)
    known = {each["id"]: roll.known_as(visit.line.store, each["id"] or "") for each in found}
    return _page(visit, address=address, found=found, known=known, did=did)


def adding(visit: Visit) -> Response:
    """Show the form of a new person."""
    return _form(visit, {})


def add(visit: Visit) -> Response:
    """Add a person by hand, as `people add` does; what can't be taken is named and stays typed."""
    cells = {name: visit.form.get(name, "").strip() for name in CELLS}
    zone = visit.line.rules.deadlines.zone
    wrong = {name: says for name in CELLS if (says := wrong_cell(name, cells[name], zone))}
    if wrong or not (cells["email"] or cells["phone"]):
        return _form(visit, cells, wrong, says="" if wrong else "add.no_way", status=422)
    report = roll.add(visit.line, {**cells, "consent_source": cells["consent_source"] or "operator"})
    if report.stopped:
        return _form(visit, cells, says="add.stopped", status=409)
    did = "add" if report.added else "completed" if report.completed else "known"
    return _found(visit, cells["email"].partition(";")[0] or cells["phone"].partition(";")[0], did)


def _form(
    visit: Visit, cells: dict[str, str], wrong: dict[str, str] | None = None, says: str = "", status: int = 200
) -> Response:
    values = {"cells": cells, "wrong": wrong or {}, "says": says, "names": CELLS}
    return visit.page("add.html", values, status)


def block(visit: Visit) -> Response:
    """Block everybody at an address."""
    roll.block(visit.line.store, _address(visit))
    return _found(visit, _address(visit), "block")


def unblock(visit: Visit) -> Response:
    """End a dispute's block."""
    roll.unblock(visit.line.store, _address(visit))
    return _found(visit, _address(visit), "unblock")


def oblige(visit: Visit) -> Response:
    """Open an obligation. Raises InputError for what is no day."""
    until = visit.form.get("until", "").strip()
    try:
        day = date.fromisoformat(until) if until else None
    except ValueError as exc:
        raise InputError("write the day as 2026-01-31") from exc
    obligations.add(visit.line, visit.form.get("person", "") or _address(visit), day)
    return _found(visit, _address(visit), "oblige")


def settle(visit: Visit) -> Response:
    """Close every open obligation of a person."""
    obligations.close(visit.line, visit.form.get("person", "") or _address(visit))
    return _found(visit, _address(visit), "settle")


def doom(visit: Visit) -> Response:
    """Show what a destruction would take, and ask for the address once more; nothing is done."""
    address, app = _address(visit), visit.console.app
    found = roll.show(visit.line.store, address)
    if found[0]["id"] is None:
        raise ConflictError("nobody is on file under that address any more")
    with visit.console.mailbox:
        mails = destruction.mails_of(visit.line, app.mailbox, address, app.settings.mailbox.erase)
    going = len(mails.going) if mails.removable else 0
    return visit.page("destroy.html", {"address": address, "count": len(found), "going": going, "left": mails.left})


def destroy(visit: Visit) -> Response:
    """Erase everybody at an address, where it was typed once more. Raises InputError, ConflictError."""
    address, app = _address(visit), visit.console.app
    if _key(visit.form.get("again", "")) != _key(address):
        raise InputError("the address that was typed again is another one: nothing was destroyed")
    with visit.console.mailbox:
        count = destruction.destroy_now(visit.line, app.mailbox, address, app.settings.mailbox.erase)
    if count < 0:
        raise ConflictError("blocked by a dispute: nothing is destroyed until the block ends")
    return _found(visit, address, "destroy")
