"""What the operator sets right in a request before it is decided: what it asks, and what it states.

Nothing is carried out here, and nobody is told: the clocks are counted anew, and the request waits for her decision.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mailbot.deciding.answers import as_fields
from mailbot.deciding.clocks import first_due
from mailbot.errors import ConflictError, InputError
from mailbot.operating import ownwords, review
from mailbot.operating.cells import read_row
from mailbot.pipeline import Line
from mailbot.ports import Mailbox
from mailbot.reading.claim import FIELD_NAMES
from mailbot.reading.extract import extract
from mailbot.store import journal
from mailbot.store.byhand import BY_HAND, ORDER
from mailbot.store.tables import Request
from mailbot.store.unit import Unit

KINDS = (
    "update", "withdrawal", "unsubscribe", "access", "erasure", "restriction", "objection", "complaint", "question",
)  # fmt: skip
REASON = "kind_by_operator"
KEPT = (BY_HAND, ORDER, "blocked_at")  # of a request's fields: they say nothing of what it states
WAITS = ("held", "left")


def rekind(line: Line, mailbox: Mailbox, number: str, kind: str) -> None:
    """Say that a request that waits, or a mail that was left alone, asks something else; it is held with that clock.

    What an update states is read from the mail again. Raises InputError, ConflictError, and as the mailbox does.
    """
    if kind not in KINDS:
        raise InputError(f"no such kind: {kind}; use one of {', '.join(KINDS)}")
    with line.store.reading() as connection:
        number = str(journal.find(connection, number).id)
    text = ownwords.own_text(line, mailbox, number) if kind == "update" else ""
    with line.store.unit() as unit:
        review.require_live(unit)
        row = journal.claim(unit, number)
        if row.state not in WAITS or row.closed_at is not None or row.kind == "form" or "obligations" in row.open:
            raise ConflictError(f"request {row.id} is {row.state}: what it asks was decided already")
        if row.kind == kind:
            raise ConflictError(f"request {row.id} is a {kind} already")
        _rekind(unit, line, row, (kind, text))


def _rekind(unit: Unit, line: Line, row: Any, told: tuple[str, str]) -> None:
    kind, text = told
    proven = row.level == "authenticated" and kind in ("update", "withdrawal")
    read_on = row.received_at.astimezone(line.rules.deadlines.zone).date()
    states = as_fields(extract(text, row.language.split("+")[0], today=read_on)) if text else {}
    unit.request_id = row.id
    unit.update(
        Request, row.id, kind=kind, state="held", outcome="hold", reason=REASON, open=["operator"], pending=[],
        due_at=first_due(line.rules.deadlines, row.received_at, kind, proven=proven),
        fields={**{name: row.fields[name] for name in KEPT if name in row.fields}, **states},
    )  # fmt: skip
    unit.event("kind_changed", f"{row.kind or 'none'}_{kind}", who="operator", person_id=row.person_id)


def edit(line: Line, number: str, cells: Mapping[str, str]) -> None:
    """Correct what an update that waits states, by the rules of `people add`; an empty value takes the field out.

    Raises InputError (a value that can't be taken, no such request), ConflictError (nothing of it waits for her).
    """
    unknown = [name for name in cells if name not in FIELD_NAMES]
    if unknown or not cells:
        raise InputError(f"give one of {', '.join(FIELD_NAMES)}")
    given = _values(line, {name: cell.strip() for name, cell in cells.items()})
    with line.store.unit() as unit:
        row = review.take(unit, number)
        waits = [name for name, for_whom in row.pending if for_whom == "operator"] if row.state == "applied" else None
        if row.kind != "update" or "obligations" in row.open:
            raise ConflictError(f"request {row.id} is no update: it states no data that could be corrected")
        if waits is not None and not set(given) <= set(waits):
            raise ConflictError(f"request {row.id}: of what it states only {', '.join(waits) or 'nothing'} still waits")
        fields = dict(row.fields)
        for name, value in given.items():
            _set(fields, name, value)
        unit.update(Request, row.id, fields=fields)
        for name in sorted(given):
            unit.event("field_edited", name, who="operator", person_id=row.person_id)


def _values(line: Line, cells: Mapping[str, str]) -> dict[str, Any]:
    """Return the values as an extract holds them, a list for addresses and phones. Raises InputError."""
    row, wrong = read_row({"email": "", "phone": "", **cells}, 1, line.rules.deadlines.zone)
    named = [sentence.partition("column ")[2] for sentence in wrong if "no way to reach" not in sentence]
    if named or row is None:
        raise InputError("; ".join(named))
    found = {**row.values(), "email": list(row.emails), "phone": list(row.phones)}
    return {name: found[name] for name in cells}


def _set(fields: dict[str, Any], name: str, value: Any) -> None:
    """Put one value in place of what the mail stated; what was unclear of it is clear now."""
    stated = dict(fields.get("fields", {}))
    several = {"email": "emails", "phone": "phones"}.get(name)
    if several:
        fields[several] = value
        value = value[0] if value else ""
    if value:
        stated[name] = value
    else:
        stated.pop(name, None)
    if name == "phone":
        fields.pop("phone_ext", None)
    fields["fields"] = stated
    fields["unclear"] = [each for each in fields.get("unclear", []) if each.get("field") != name]
