"""Rows 5 and 6: data that we asked for, and neither yes nor no. Asked twice at most, then a person looks. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from mailbot.deciding.answers import Again, as_fields, human_owed, live
from mailbot.deciding.case import Case, hold, not_past
from mailbot.deciding.decision import Decision, Effect, Open, Owed, State
from mailbot.deciding.facts import TokenFacts
from mailbot.reading.answered import answered
from mailbot.reading.claim import FIELD_NAMES, Extract

ASKS = 2  # how often one request asks for data before a person has to look


def row_5(case: Case, again: Again) -> Decision | None:
    """Data in answer to an `ask`: the same request goes on by row 16 or 17; asked twice at most, then held."""
    token = live(case, "ask")
    if token is None or (case.claim.acts and case.claim.kind != "update"):
        return None
    extract = case.claim.extract
    if not (extract.fields or extract.unclear) and not case.claim.word:
        extract = _answered(case, token)
    if not (extract.fields or extract.unclear):
        return None
    mark = replace(case.claim.subject, kind="update", rung="exact")
    claim = replace(case.claim, kind="update", rung="exact", subject=mark, where="body", extract=extract)
    facts = replace(case.facts, token=None, earlier=None, replies_to_stranger=False)
    told = replace(case, claim=claim, facts=facts)
    anew = again(told)
    if token.asks >= ASKS:
        anew = _not_asked_again(case, anew)
    close = Effect(verb="close_question", args={"token": token.token, "outcome": "fields"})
    note = Effect(verb="note_answered", args={"stated": as_fields(extract)})
    effects = (close, note, *anew.effects)
    waits = token.request.for_operator or "new_address" in token.request.open
    if not told.proven and (token.request.state == "applied" or waits):
        return replace(anew, effects=effects)  # a request of its own: what was proven is not mixed with what is not
    reason = "ask_answered" if anew.outcome == "apply" else anew.reason
    state = anew.state
    if token.request.state == "applied" or (token.request.for_operator and state != "applied"):
        state = token.request.state  # what was done stays done, and what waits for the operator waits on
    return replace(
        anew, row="5", reason=reason, kind="answer", request_id=token.request.id, effects=effects, state=state
    )


def _answered(case: Case, token: TokenFacts) -> Extract:
    """Return what stands in our quoted form, or as a bare value."""
    asked = [item["field"] for item in token.request.fields.get("unclear", ())]
    today = case.facts.received_at.astimezone(case.deadlines.zone).date()
    return answered(case.message.own_text, case.message.quoted, asked, case.claim.language, today=today)


def _not_asked_again(case: Case, anew: Decision) -> Decision:
    """Put what is still unclear before the operator: the person was asked often enough."""
    if anew.outcome == "ask":
        return hold(replace(case, claim=replace(case.claim, kind="update")), "5", "answer_unclear")
    asks = [owed for owed in anew.owed if owed.waits_for == "ask"]
    if not asks:
        return anew
    due = case.due(proven=True)
    owed = [replace(each, waits_for="", values=_for_operator(case, each.values, due)) for each in asks]
    kept = [each for each in anew.owed if each.waits_for != "ask"]
    opens: tuple[Open, ...] = tuple(dict.fromkeys(("operator", *anew.open)))
    return replace(anew, owed=(*owed, *kept), open=opens, due_at=due, tell_operator=True)


def _for_operator(case: Case, values: dict[str, Any], due: datetime) -> dict[str, Any]:
    waits = [{"field": item["field"], "waits_for": "operator"} for item in values["unclear"]]
    return {**values, "unclear": [], "pending": [*values["pending"], *waits], "due_at": not_past(case, due)}


def row_6(case: Case) -> Decision | None:
    """Anything else in answer to a question: asked once more in one sentence, then held."""
    token = live(case, "confirm", "new_address", "ask")
    if token is None or case.claim.acts:
        return None
    if token.role != "question" and case.claim.word in ("undo", "only_news", "human", "courtesy"):
        return None  # a receipt that also asked for unclear fields: rows 7 and 8 know these words
    if case.claim.word == "human" or token.asked_again or token.asks >= ASKS:
        reason = "human_asked" if case.claim.word == "human" else "answer_unclear"
        held = hold(case, "7" if case.claim.word == "human" else "6", reason, person_id=token.request.person_id)
        state: State = "applied" if token.request.state == "applied" else "held"  # what was done stays done
        told = human_owed(case, token, held) if case.claim.word == "human" else held.owed
        return replace(held, kind="answer", state=state, request_id=token.request.id, owed=told)
    values: dict[str, Any] = {"about": "challenge"}
    if token.waits_for == "ask":
        unclear = [{"field": item["field"], "why": item["why"]} for item in token.request.fields.get("unclear", ())]
        values = {"about": "ask", "unclear": unclear, "missing": [] if unclear else list(FIELD_NAMES)}
    owed = Owed(
        template="ask-again", role="question", to=token.address, language=case.language, values=values,
        waits_for=token.waits_for, proven=case.proven,  # type: ignore[arg-type]
    )  # fmt: skip
    again = Effect(verb="ask_again", args={"token": token.token})
    return Decision(
        outcome="ask", row="6", reason="answer_unclear", kind="answer", state=token.request.state,
        request_id=token.request.id,
        person_id=token.request.person_id, effects=(again,), owed=(owed,),
    )  # fmt: skip
