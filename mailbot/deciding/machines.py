"""Row 2: a machine or a list is speaking. Nothing is ever answered; four exceptions change the store."""

from __future__ import annotations

from dataclasses import replace

from mailbot.deciding.case import Case, hold, news_stopped_often
from mailbot.deciding.decision import Decision, Effect
from mailbot.deciding.facts import BounceFacts


def row_2_token(case: Case) -> Decision | None:
    """Our newsletters' List-Unsubscribe comes back: applied whoever sends it, never answered, no proof needed."""
    opt_out = case.facts.opt_out
    if opt_out is None or (not opt_out.address and case.machine is not None):
        return None  # a machine with nobody's token: ignored below
    if not opt_out.address:
        return replace(hold(case, "7b", "token_unusable"), kind="unsubscribe", owed=())
    stop = Effect(verb="stop_news", args={"address": opt_out.address})
    return replace(_unanswered(case, "unsubscribe_token", (stop,)), person_id=opt_out.person_id)


def row_2_canary(case: Case) -> Decision | None:
    """Our own trial mail came through: it is filed, and that is all."""
    return Decision(outcome="ignore", row="2", reason="canary", state="ignored") if case.facts.canary else None


def row_2(case: Case) -> Decision | None:
    """Ignore machine mail, but for a button's unsubscribe, a feedback report and a bounce of our own reply."""
    machine, facts = case.machine, case.facts
    if facts.bounced is not None:
        return _bounced(case, facts.bounced)
    if machine is None and not facts.at_bounce_address:
        return None
    if facts.complained:
        effects = (Effect(verb="stop_news", args={"address": facts.complained}),)
        return _unanswered(case, "feedback_report", effects)
    if _is_button(case):
        if case.evidence.level != "authenticated" and news_stopped_often(case):
            return replace(hold(case, "11b", "breaker"), owed=())
        args: dict[str, object] = {"address": case.writer}
        if not case.facts.people and case.evidence.level != "authenticated":
            args["days"] = case.policy.suppression.unproven_days
        return _unanswered(case, "unsubscribe_button", (Effect(verb="stop_news", args=args),))
    return Decision(outcome="ignore", row="2", reason="machine", state="ignored")


def _is_button(case: Case) -> bool:
    """Tell an unsubscribe that a mail client's button made (Apple Mail marks it auto-replied)."""
    claim, message = case.claim, case.message
    return (
        case.machine is not None
        and case.machine.why == "auto_submitted"
        and bool(case.writer)
        and not message.repeated
        and claim.rung in ("exact", "folded")
        and claim.kind == "unsubscribe"
        and claim.where == "subject"
        and not claim.subject.reply_prefix
        and not message.in_reply_to
        and claim.empty
    )


def _unanswered(case: Case, reason: str, effects: tuple[Effect, ...]) -> Decision:
    person = case.person
    return Decision(
        outcome="apply", row="2", reason=reason, kind="unsubscribe", state="applied", effects=effects,
        person_id=person.id if person and reason == "unsubscribe_button" else None,
    )  # fmt: skip


def _bounced(case: Case, bounced: BounceFacts) -> Decision:
    """Write down what came back; its request, where it has to wait, is what the operator is told of."""
    said = {"reply_id": bounced.reply_id, "status": bounced.status, "why": bounced.why}
    effects = [Effect(verb="note_bounce", args=said)]
    if bounced.request_id:
        due = case.due(proven=bounced.proven)
        held = {"request_id": bounced.request_id, "reason": "own_reply_bounced", "due_at": due}
        effects.append(Effect(verb="hold_request", args=held))
    return Decision(outcome="ignore", row="2", reason="own_reply_bounced", state="ignored", effects=tuple(effects))
