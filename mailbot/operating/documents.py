"""Records that the operator saw a document: its kind, its date, how she saw it; no number, no copy, no free text.

A person's name and birth are changed on grounds that documents confirm (law, art. 24 and 25); of the document no more
is kept than that it was seen. The request's mails lose their attachments at the next pass (attachments.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from mailbot.errors import ConflictError, InputError
from mailbot.pipeline import Line
from mailbot.store import attachments, journal
from mailbot.store.tables import Person, Request
from mailbot.store.unit import Unit

KINDS = (
    "identity_card", "passport", "birth_certificate", "marriage_certificate", "divorce_certificate", "name_change",
    "other",
)  # fmt: skip
SEEN = ("in_person", "video_call", "scan_by_mail", "egov", "other")


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A document that was seen; `kind` and `seen` are codes."""

    kind: str
    seen: str
    day: date | None = None  # that the document bears


def record(line: Line, number: str, document: Document) -> None:
    """Write at a request which document was seen, and when that was written; the last record counts.

    Raises InputError, ConflictError.
    """
    if document.kind not in KINDS or document.seen not in SEEN:
        raise InputError(f"no such code: a kind is one of {', '.join(KINDS)}; seen is one of {', '.join(SEEN)}")
    with line.store.unit() as unit:
        if unit.in_shadow():
            raise ConflictError("shadow mode changes nothing and answers nobody: `mailbot live` first")
        row = journal.find(unit.connection, number)
        if document.day is not None and document.day > unit.now.astimezone(line.rules.deadlines.zone).date():
            raise InputError("--date: that day is still to come")
        _require_mailed(unit, row)
        unit.request_id = row.id
        unit.update(
            Request, row.id, document_kind=document.kind, document_seen=document.seen, document_date=document.day,
            document_at=unit.now,
        )  # fmt: skip
        attachments.expect(unit, row.id)
        unit.event("document_recorded", document.kind, who="operator", person_id=row.person_id)


def _require_mailed(unit: Unit, row: Any) -> None:
    if row.kind == "form" or row.mail_id is None:
        raise ConflictError(f"request {row.id} came by no person's mail: a document proves nothing in it")
    if row.reason == "destroyed" or (row.person_id is not None and unit.row(Person, row.person_id) is None):
        raise ConflictError(f"request {row.id}: its person was destroyed, nothing more is written about him")


def is_missing(line: Line, number: str) -> bool:
    """Tell whether fields that wait for a document are to be released without one on record. Raises InputError."""
    with line.store.reading() as connection:
        row = journal.find(connection, number)
    if row.document_at is not None or line.rules.policy.fields.preset != "documents":
        return False
    return any(waits_for == "operator" for _, waits_for in row.pending)


def as_json(row: Any) -> dict[str, Any] | None:
    """Return what `requests show --json` says of the document; None where none is on record."""
    if row.document_kind is None:
        return None
    return {
        "kind": row.document_kind, "seen": row.document_seen, "date": row.document_date, "recorded_at": row.document_at,
    }  # fmt: skip
