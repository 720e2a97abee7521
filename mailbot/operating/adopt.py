"""Takes what somebody unknown wrote as his own data, once the operator accepts it (policy clause 5(1)).

The mail's text gives the fields, its sender the address, its receipt the time of consent, its hash the proof. The
request itself stays as it is: it can be released afterwards, since its writer is on file then.
"""

from __future__ import annotations

from typing import Any

from mailbot.errors import ConflictError, InputError
from mailbot.operating.cells import read_row
from mailbot.operating.imports import Import, Report
from mailbot.pipeline import Line
from mailbot.reading.claim import FIELD_NAMES
from mailbot.store import journal, people
from mailbot.store.gather import suppressed
from mailbot.store.tables import Mail
from mailbot.store.unit import Unit

OWN = ("update", "question", None)  # kinds of mail that may state the writer's own data; no other asks to be stored


def left(line: Line, number: str) -> bool:
    """Tell whether the writer of that request withdrew before: only the operator's word takes him in again.

    Raises InputError, ConflictError as `adopt` does.
    """
    with line.store.unit() as unit:
        return "processing" in suppressed(unit, _request(unit, number).address)


def adopt(line: Line, number: str, cells: dict[str, str]) -> Report:
    """Put the writer of a request on file; `cells` that are not empty come before what the mail says.

    The mail is the proof of consent only where its writer is proven; else the operator says when and how it was given.
    Raises InputError (no such request, a wrong field), ConflictError (nobody's own data, on file already, not proven).
    """
    with line.store.unit() as unit:
        request = _request(unit, number)
        proven = request.level == "authenticated"
        if not proven and not (cells["consent_at"] and cells["consent_source"]):
            raise ConflictError(
                f"request {request.id}: it is not proven who wrote this: ask back, then say when and how consent was "
                "given (--consent-at, --consent-source)"
            )
        given = {name: value for name, value in cells.items() if value}
        row, wrong = read_row({**_said(request), **given}, 1, line.rules.deadlines.zone)
        if wrong or row is None:
            raise InputError("; ".join(sentence.partition(", ")[2] for sentence in wrong))
        report = Import(unit=unit, version=line.rules.policy.version_at, by="mail").run([row], lambda _count: None)
        if not (report.added or report.stopped):
            raise ConflictError(f"request {request.id}: that would change somebody who is on file: correct it by hand")
        mail = unit.row(Mail, request.mail_id) if request.mail_id and proven else None
        unit.request_id = request.id
        for person_id in people.ids_at(unit.connection, request.address) if report.added else ():
            people.note_proof(unit.connection, person_id, mail.sha256 if mail is not None else None)
            unit.event("person_added", "mail", who="operator", person_id=person_id)
        return report


def _request(unit: Unit, number: str) -> Any:
    row = journal.find(unit.connection, number)
    if not row.address or row.kind not in OWN:
        raise ConflictError(f"request {row.id}: its mail holds nobody's own data with an address")
    known = people.ids_at(unit.connection, row.address)
    if known or people.ids_formerly_at(unit.connection, unit.keys.suppression(row.address)):
        raise ConflictError(f"request {row.id}: its writer is on file already")
    return row


def _said(request: Any) -> dict[str, str]:
    """Return what the mail says, as the cells of one row; what it left unclear is not there."""
    fields = request.fields.get("fields", {})
    said = {name: str(fields[name]) for name in FIELD_NAMES if fields.get(name)}
    phones = request.fields.get("phones") or [said.get("phone", "")]
    return said | {
        "email": request.address, "phone": ";".join(phones), "consent_at": request.received_at.isoformat(),
        "consent_source": f"mail {request.id}", "news": "no",
    }  # fmt: skip
