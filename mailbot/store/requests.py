"""Writes requests: opened by a mail, continued by an answer, carried out by the operator. No rule stands here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from mailbot.deciding.answers import as_fields
from mailbot.deciding.decision import Decision
from mailbot.ports import RawMail
from mailbot.reading.address import address_key
from mailbot.reading.claim import Claim
from mailbot.store.keys import sha256
from mailbot.store.tables import Question, Request
from mailbot.store.transaction import Transaction

if TYPE_CHECKING:
    from mailbot.reading.message import Message
    from mailbot.reading.sender import Evidence

_request: Any = Request.__table__  # type: ignore[attr-defined]
_question: Any = Question.__table__  # type: ignore[attr-defined]
NUMBER_LETTERS = 6
DISPUTES = ("restriction", "complaint", "erasure")  # kinds that begin with the law's blocking


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The mail that opens or continues a request; `level` is the proof it counts as (decisions section 3)."""

    mail_id: int
    raw: RawMail
    message: Message | None
    evidence: Evidence
    claim: Claim
    level: str
    policy_version: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What an answer names of a request that its transaction opened: it need not be read back."""

    id: str
    kind: str | None
    received_at: datetime
    message_id: str
    references: list[str]


def _open(unit: Transaction, **values: Any) -> None:
    """Write a new request under a short public number that no other has; it is `unit.request_id` then."""
    while True:
        unit.request_id = unit.new_id(NUMBER_LETTERS).upper()
        if unit.insert_new(Request, id=unit.request_id, **values):
            break
    told = {name: values[name] for name in ("kind", "received_at", "message_id", "references")}
    unit.opened = Opened(id=unit.request_id, **told)


def open_request(unit: Transaction, decision: Decision, origin: Origin) -> None:
    """Write a new request; it is `unit.request_id` then."""
    message, claim, evidence = origin.message, origin.claim, origin.evidence
    nobodys = decision.reason == "form_unreadable"
    writer = "" if nobodys else decision.about or ("" if decision.kind == "form" else evidence.address or "")
    _open(
        unit, mail_id=origin.mail_id, person_id=decision.person_id, kind=decision.kind,
        state=decision.state, outcome=decision.outcome, row=decision.row, reason=decision.reason, rung=claim.rung,
        tag=claim.tag, language=claim.language, evidence=evidence.level, because=evidence.because,
        level=origin.level, received_at=origin.raw.received_at, due_at=decision.due_at, address=writer,
        address_key=address_key(writer), message_id=message.message_id if message else "",
        references=list(message.references[-19:]) if message else [], open=list(decision.open),
        pending=[list(item) for item in decision.pending], fields=_kept(decision, origin),
        before={}, undo_until=None, decided_at=unit.now, tell=decision.tell_operator, checked="",
        policy_version=origin.policy_version,
    )  # fmt: skip


def _kept(decision: Decision, origin: Origin) -> dict[str, Any]:
    """Return what a request keeps of what the mail stated; of a form only what somebody must still decide on."""
    from mailbot.deciding.forms import as_stored

    claim, raw = origin.claim, origin.raw
    done = decision.state in ("applied", "ignored") and not decision.open
    nobodys = decision.reason == "form_unreadable"  # its mail lies in INBOX; nobody's data could never be found again
    if decision.kind is None or (claim.submission is not None and (done or nobodys)):
        return {}
    if claim.submission is None:
        return as_fields(claim.extract)
    submission = {**as_stored(claim.submission), "proof": sha256(raw.posted or raw.octets)}
    return as_fields(claim.extract) | {"submission": submission}


def continue_request(unit: Transaction, decision: Decision, origin: Origin) -> None:
    """Bring the request `unit.request_id` to the state that a later mail decided; a repeat changes nothing."""
    if decision.reason == "repeated":
        return
    request = unit.row(Request, unit.request_id)
    done = decision.state in ("refused", "undone")
    pending, opens = _still_waiting(request, decision)
    waits = bool(opens) or decision.outcome == "ask" or decision.state in ("challenged", "asked", "held")
    values: dict[str, Any] = {}
    if decision.row == "3":
        values["level"] = "authenticated"
    elif decision.row == "5" and decision.state != request.state:  # what it states now counts as this mail does
        values["level"] = origin.level
    if decision.tell_operator:
        values |= {"tell": True, "told_at": None}
    unit.update(
        Request, unit.request_id, state=decision.state, outcome=decision.outcome, reason=decision.reason,
        due_at=None if done else decision.due_at or (request.due_at if waits else None), open=[] if done else opens,
        pending=[] if done else pending, person_id=decision.person_id or request.person_id, decided_at=unit.now,
        **values,
    )  # fmt: skip


def _still_waiting(request: Any, decision: Decision) -> tuple[list[Any], list[str]]:
    """Return what of a request waits after this decision: its fields, and for whom."""
    old = [list(item) for item in request.pending]
    if decision.row in ("3", "4"):  # the question is answered; what waits for the operator goes on waiting
        old = [item for item in old if item[1] == "operator"]
        still = ["operator"] if old else []
    else:
        still = list(request.open)
    pending = [list(item) for item in decision.pending]
    pending += [item for item in old if item not in pending]
    return pending, list(dict.fromkeys([*still, *decision.open]))


def note_blocked(unit: Transaction, person_id: str) -> None:
    """Note on what a person asks and nobody answered yet that the data are blocked now: that clock of it ends."""
    mine = sa.select(_request).where(_request.c.person_id == person_id, _request.c.closed_at.is_(None))
    for row in unit.connection.execute(mine.where(_request.c.kind.in_(DISPUTES))).all():
        unit.update(Request, row.id, fields={**row.fields, "blocked_at": unit.now.isoformat()})


def set_aside(unit: Transaction, number: str | None) -> None:
    """Close the request of a mail that is decided anew: it was none. Nothing where there is no such request."""
    if number is not None and unit.row(Request, number) is not None:
        closed: dict[str, Any] = {
            "state": "ignored",
            "kind": None,
            "open": [],
            "pending": [],
            "due_at": None,
            "closed_at": unit.now,
            "tell": False,
        }
        unit.update(Request, number, reason="closed", **closed)


def carry_out(unit: Transaction, decision: Decision, *, keeps_address: bool) -> None:
    """Bring the request `unit.request_id` to what the operator released; a new address may be asked still."""
    request = unit.row(Request, unit.request_id)
    fields = {key: value for key, value in request.fields.items() if key != "other_kind"}
    kept = [list(item) for item in request.pending if keeps_address and item[1] == "new_address"]
    unit.update(
        Request, unit.request_id, state=decision.state, outcome=decision.outcome, reason=decision.reason,
        kind=decision.kind, person_id=decision.person_id or request.person_id,
        open=[*decision.open, *(who for _, who in kept)], pending=[*map(list, decision.pending), *kept],
        due_at=decision.due_at or (_asked_until(unit) if kept else None), level="authenticated",
        decided_at=unit.now, fields=fields, tell=decision.tell_operator, told_at=None,
    )  # fmt: skip


def _asked_until(unit: Transaction) -> datetime | None:
    """Return until when the last open question of the request waits."""
    mine = sa.and_(_question.c.request_id == unit.request_id, _question.c.closed_at.is_(None))
    until: datetime | None = unit.connection.execute(
        sa.select(sa.func.max(_question.c.expires_at)).where(mine)
    ).scalar()
    return until


def open_journal(unit: Transaction, *, kind: str, reason: str) -> str:
    """Open a closed request for what the operator did without any mail; return its number."""
    _open(
        unit, kind=kind, state="applied", outcome="apply", row="operator", reason=reason,
        rung="none", language="ru", evidence="none", because="the operator", level="authenticated",
        received_at=unit.now, address="", address_key="", message_id="", references=[], open=[], pending=[], fields={},
        before={}, decided_at=unit.now, closed_at=unit.now, tell=False, checked="",
    )  # fmt: skip
    return unit.request_id


def note_answered(unit: Transaction, stated: dict[str, Any]) -> None:
    """Add what an answer states to what its request keeps; what the answer leaves unclear is all that is."""
    request = unit.row(Request, unit.request_id)
    kept = {name: value for name, value in request.fields.items() if name != "unclear"}
    fields = {**kept.get("fields", {}), **stated.get("fields", {})}
    unit.update(Request, unit.request_id, fields={**kept, **stated, **({"fields": fields} if fields else {})})
