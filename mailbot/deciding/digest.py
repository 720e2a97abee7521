"""Row 2a: the operator answers her list. Her orders are taken down, and carried out after the mail was decided. Pure.

Only from the address to which the list went, named by the settings and proven before; an order needs an authenticated
mail, the proof of the address its token alone, as that went nowhere else.
"""

from __future__ import annotations

from dataclasses import asdict, replace

from mailbot.deciding.case import Case, hold
from mailbot.deciding.decision import Decision, Effect


def row_2a(case: Case) -> Decision | None:
    """Take down what the operator orders; anything else that brings a token of her list is held."""
    digest = case.facts.digest
    if digest is None:
        return None
    if not digest.from_addressee:  # whatever else it asks is decided as ever
        return None if case.claim.acts else replace(hold(case, "7b", "token_unusable"), owed=())
    said = digest.said
    if digest.proves:
        if not any(each.verb == "yes" for each in said.orders):
            return _unproven(case)
        proven = Effect(verb="prove_address", args={"address": case.writer, "digest": digest.token})
        return _taken("operator_proven", proven)
    if case.evidence.level != "authenticated" or not digest.is_proven:
        return _unproven(case)
    if not said.orders and not said.unread:
        return Decision(outcome="ignore", row="8", reason="courtesy", state="ignored")
    written = [{**asdict(each), "numbers": list(each.numbers)} for each in said.orders]
    args = {"digest": digest.token, "orders": written, "unread": list(said.unread), "tried": said.tried}
    return _taken("order_unclear" if said.unread else "ordered", Effect(verb="take_orders", args=args))


def _taken(reason: str, effect: Effect) -> Decision:
    return Decision(outcome="apply", row="2a", reason=reason, state="ignored", effects=(effect,))


def _unproven(case: Case) -> Decision:
    return replace(hold(case, "2a", "order_unproven"), kind=None, owed=())
