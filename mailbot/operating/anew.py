"""Decides a stored request anew, by a mail's own rows, as if it had been proven."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from mailbot.deciding.answers import as_extract
from mailbot.deciding.case import Case
from mailbot.deciding.decide import decide_request
from mailbot.deciding.decision import Decision
from mailbot.deciding.facts import Facts, PersonFacts
from mailbot.deciding.places import with_places
from mailbot.errors import ConflictError
from mailbot.operating.review import wrote
from mailbot.pipeline import Line
from mailbot.policy import FieldRules
from mailbot.reading.address import address_key
from mailbot.reading.claim import Claim, Mark
from mailbot.reading.message import blank_message
from mailbot.reading.sender import Evidence
from mailbot.store.gather import request_facts
from mailbot.store.unit import Unit


def decide(unit: Unit, line: Line, row: Any, kind: Any, person: PersonFacts | None) -> Decision:
    """Return what the rows say of the stored request, as if it were proven now."""
    stored = request_facts(unit, row)
    extract = as_extract(stored)
    waiting = [field for field, waits_for in row.pending if waits_for == "operator"]
    if waiting:
        extract = replace(extract, fields={k: v for k, v in extract.fields.items() if k in waiting}, unclear=())
    keys = {address_key(addr): addr for addr in person.emails} if person else {}
    address = keys.get(row.address_key) or (person.emails[0] if person and person.emails else row.address)
    mark = Mark(kind=kind, rung="exact", tag=None, language=row.language)
    claim = Claim(
        kind=kind, rung="exact", tag=None, where="subject", language=row.language.split("+")[0], subject=mark,
        paragraph=mark, extract=extract,
    )  # fmt: skip
    facts = Facts(now=unit.now, received_at=unit.now, people=(person,) if person else (), vouched=True)
    case = Case(
        message=blank_message(), machine=None, claim=claim, facts=facts, deadlines=line.rules.deadlines,
        evidence=Evidence(level="authenticated", because="the operator made sure", address=address),
        policy=line.rules.policy.model_copy(update={"fields": FieldRules()}),
    )  # fmt: skip
    decision = with_places(case.policy, case.deadlines, facts, decide_request(case))
    if decision.outcome == "hold":
        raise ConflictError(f"request {row.id} can't be carried out now: {decision.reason}")
    deliverable = tuple(replace(o, threads=o.threads and wrote(row, o.to)) for o in decision.owed if o.to)
    reason = decision.reason if decision.row == "20" else "released"  # by that reason an obligation's end finds it
    return replace(decision, request_id=row.id, reason=reason, owed=deliverable)
