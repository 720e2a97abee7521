"""What the operator refuses, and why. A withdrawal that something keeps from being whole is carried out in part.

Serves law 94-V, article 8(2): the news end, the data serve what keeps them alone, and go when that is over.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from mailbot.errors import ConflictError, InputError
from mailbot.operating import places, review
from mailbot.pipeline import Line, owe
from mailbot.store import effects, obligations, people
from mailbot.store.tables import Person, Request
from mailbot.store.unit import Unit

KEEPING = ("obligation", "kept_by_law")  # they hold the end of the data back, and nothing else of a withdrawal
OWN_WORDS = "other"  # whose note is the reason
REFUSALS = (*KEEPING, "not_confirmed", "not_yours", "no_document", "not_held", "unclear", OWN_WORDS)


def refuse(line: Line, number: str, reason: str, note: str = "") -> None:
    """Refuse a request with a reason the person is told. Raises InputError, ConflictError."""
    if reason not in REFUSALS:
        raise InputError(f"no such reason: {reason}; use one of {', '.join(REFUSALS)}")
    if reason == OWN_WORDS and not note.strip():
        raise InputError("the reason `other` is the one that your note gives: say it by --note TEXT")
    with line.store.unit() as unit:
        row = review.take(unit, number)
        if row.kind == "form":
            raise ConflictError(f"request {row.id} came by a form, which is answered by nobody: `close` it")
        stopped = row.kind == "withdrawal" and row.state == "applied"
        if stopped and reason not in KEEPING:
            raise ConflictError(
                f"request {row.id} was carried out: only an obligation or a law can keep the data; or `undo` it"
            )
        if reason in KEEPING and row.kind in ("withdrawal", "erasure"):
            keep = _keep_stopped if stopped else _stop_in_part
            keep(unit, line, row, {"code": reason, "note": note})
        else:
            _refuse(unit, line, row, reason, note)
        unit.event("refused", reason, who="operator", person_id=row.person_id)


def _refuse(unit: Unit, line: Line, row: Any, reason: str, note: str) -> None:
    effects.close_questions(unit, row.id, "refused")
    state = "applied" if row.state == "applied" else "refused"  # what was done stays done; the rest is refused
    unit.update(Request, row.id, state=state, reason=reason, open=[], pending=[], due_at=None, closed_at=unit.now)
    review.tell(unit, line, row, "refused", code=reason, note=note, kind=row.fields.get("other_kind") or row.kind)


def _keep_stopped(unit: Unit, line: Line, row: Any, said: dict[str, Any]) -> None:
    """The data of a withdrawal that was carried out are kept: the news stay off, nothing is destroyed meanwhile."""
    _oblige(unit, row.person_id)
    unit.update(Person, row.person_id, blocked="obligation", blocked_until=None)
    _note(unit, row.id, said)
    places.put_back(unit, line, row.id)
    person = people.facts(unit.connection, row.person_id)
    assert person is not None
    kept: dict[str, Any] = {
        "kept": person.on_file,
        "until": person.obliged_until,
        "places": places.elsewhere(line, None),
    }
    review.tell(unit, line, row, "withdrawal-partial", **said, **kept)


def _stop_in_part(unit: Unit, line: Line, row: Any, said: dict[str, Any]) -> None:
    """A withdrawal or erasure that nobody carried out yet: as row 20 does, whatever the policy asks elsewhere."""
    from mailbot.operating.anew import decide  # late: it loads all of the rules

    if row.level != "authenticated":
        raise ConflictError(
            f"request {row.id}: it is not proven that this person asks: `refuse --reason not_confirmed`, or make sure "
            f"of it, `people obligation add`, then `release {row.id} --checked TEXT`"
        )
    person = review.person_for(unit, row, None, "withdrawal")
    assert person is not None
    _oblige(unit, person.id)
    policy = line.rules.policy
    rules = policy.model_copy(update={"withdrawal": policy.withdrawal.model_copy(update={"obligations": "register"})})
    obliged = replace(line, rules=replace(line.rules, policy=rules))
    decision = decide(unit, obliged, row, "withdrawal", people.facts(unit.connection, person.id))
    unit.apply_released(decision)
    _note(unit, row.id, said)
    for owed in decision.owed:
        partial = owed.template == "withdrawal-partial"
        owe(unit, replace(owed, values={**owed.values, **said}) if partial else owed, line)


def _oblige(unit: Unit, person_id: str) -> None:
    """Open what holds the end of the data back, where nothing does: its end is the operator's word."""
    person = people.facts(unit.connection, person_id)
    if person is not None and not person.open_obligations:
        obligations.open_until(unit.connection, person_id, None, unit.now)


def _note(unit: Unit, number: str, said: dict[str, Any]) -> None:
    """Note what keeps the data: a repeat is told the same, and its end finds the request."""
    fields = {**unit.row(Request, number).fields, "kept_code": said["code"], "kept_note": said["note"]}
    values = {"open": ["obligations"], "reason": "obligation_open", "destroy_at": None, "due_at": None}
    unit.update(Request, number, **values, told_at=unit.now, fields=fields)
