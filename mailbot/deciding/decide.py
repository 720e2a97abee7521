"""The table: read from the top, the first row that fits decides. Pure.

The rows stand here in the order of the published table; their reasons are in reasons.toml. Rows 10 to 22
speak only of a claim whose rung may act; every other claim falls through to 23 to 25.
"""

from __future__ import annotations

from dataclasses import replace

from mailbot.deciding import answers, asks, changes, digest, forms, machines, requests, updates
from mailbot.deciding.case import Case, Row, hold
from mailbot.deciding.decision import Decision, Effect
from mailbot.deciding.facts import Facts
from mailbot.deciding.places import with_places
from mailbot.reading.forms import UNREADABLE

REQUEST_ROWS: tuple[Row, ...] = (
    requests.row_11b_news,
    requests.row_10,
    requests.row_11,
    requests.row_11a,
    requests.row_11b,
    requests.rows_12_to_14,
    changes.row_15,
    changes.row_15a,
    changes.row_15b,
    updates.row_16,
    changes.row_17,
    changes.rows_18_to_20,
    changes.row_21,
    changes.row_22,
    changes.rows_23_to_25,
)


def decide(case: Case) -> Decision:
    """Return what is due for this mail. Total: raises nothing; the last row takes everything."""
    facts = case.facts
    decision = with_places(case.policy, case.deadlines, facts, _no_later(facts, _decide(case)))
    wrong = facts.misused or (facts.opt_out is not None and not facts.opt_out.address)
    if not wrong or case.machine is not None or not case.writer:
        return decision
    counted = Effect(verb="count_wrong_token", args={"address": case.writer})  # whatever else the mail is
    return replace(decision, effects=(*decision.effects, counted))


def _no_later(facts: Facts, decision: Decision) -> Decision:
    """Let the clock of what is held already run on: it runs from the request, not from a later word about it."""
    held = facts.token.request if facts.token is not None else None
    if held is None or held.id != decision.request_id or (held.state, decision.state) != ("held", "held"):
        return decision
    if held.due_at is None or decision.due_at is None or held.due_at >= decision.due_at:
        return decision
    owed = tuple(
        replace(each, values=each.values | {"due_at": held.due_at}) if "due_at" in each.values else each
        for each in decision.owed
    )
    return replace(decision, due_at=held.due_at, owed=owed)


def _decide(case: Case) -> Decision:
    first = machines.row_2_canary(case) or forms.row_1(case)
    if first is not None:
        return first
    token = machines.row_2_token(case)  # its subject says all: the text is looked at by nobody
    if token is not None:
        return token
    if not case.message.complete or not UNREADABLE.isdisjoint(case.message.defects):
        return _header_only(case)
    for row in TABLE:
        decision = row(case)
        if decision is not None:
            return decision
    return decide_request(case)


def decide_request(case: Case) -> Decision:
    """Return the decision of rows 10 to 25."""
    return next(decision for row in REQUEST_ROWS if (decision := row(case)) is not None)


TABLE: tuple[Row, ...] = (
    machines.row_2,
    digest.row_2a,
    lambda case: answers.row_3(case, decide_request),
    answers.row_4,
    requests.row_11_death,
    lambda case: asks.row_5(case, decide_request),
    asks.row_6,
    answers.row_7,
    answers.row_7a,
    answers.row_7b,
    answers.row_8,
    requests.row_9a,
    answers.row_9,
)


def _header_only(case: Case) -> Decision:
    """A mail over the size limit, or one that can't be parsed: only what the header says counts."""
    if case.machine is not None:
        return Decision(outcome="ignore", row="2", reason="machine", state="ignored")
    answered = requests.row_9a(case) or asks.row_6(case)
    if answered is not None:
        return answered
    reason = "unreadable" if case.message.complete else "too_large"
    if case.claim.kind is None and case.facts.replies_to_us:
        return hold(case, "9", reason)
    if case.claim.kind is None:
        return Decision(outcome="leave", row="25", reason=reason, state="left")
    held = requests.held_but_news(case, "11", reason)
    return held if case.claim.acts else replace(held, owed=changes.unnamed(held.owed))
