"""Rows 9a to 14: what must be held whatever is asked, and the unsubscribe. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from mailbot.deciding.case import Case, changed_lately, hold, news_stopped_often, receipt
from mailbot.deciding.clocks import first_due
from mailbot.deciding.decision import Decision, Effect, Owed, Role, State

CONFLICT_REASONS = {
    "disagree": "subject_body_disagree",
    "several_kinds": "several_kinds",
    "forwarded": "tag_over_forward",
    "third_person": "somebody_else",
    "representative": "representative",
    "minor": "minor",
}
FULL_AGE = 18  # years (Civil Code, articles 17 and 22)


def row_9a(case: Case) -> Decision | None:
    """A once-only header twice, or not exactly one From with one mailbox: held, never answered."""
    if case.message.repeated:
        reason = "header_twice"
    elif case.message.writer is None:
        reason = "sender_unclear"
    elif case.facts.id_reused:
        reason = "message_id_reused"
    else:
        return None
    held = hold(case, "9a", reason)
    return held if reason == "message_id_reused" else replace(held, owed=())


def row_11_death(case: Case) -> Decision | None:
    """A mail about a death, whatever else it is: no answer of a program, and no question of ours stays open.

    An unsubscribe of that address is applied all the same. Stands before every row that would ask back.
    """
    if "deceased" not in case.claim.conflicts or row_9a(case) is not None:
        return None
    if case.claim.acts:
        done = held_but_news(case, "11", "deceased")
    else:
        due = case.due()
        done = Decision(
            outcome="leave", row="11", reason="deceased", kind=case.claim.kind or "question", state="left", due_at=due,
            open=("operator",), person_id=case.person.id if case.person else None, tell_operator=True,
        )  # fmt: skip
    token = case.facts.token
    if token is None or not token.from_addressee or not token.is_open:
        return replace(done, owed=())
    state: State = "applied" if token.request.state == "applied" else "held"  # what was done stays done
    close = Effect(verb="close_question", args={"token": token.token, "outcome": "held"})
    return replace(
        done, outcome="hold", state=state, kind="answer", request_id=token.request.id, owed=(),
        effects=(close, *done.effects), person_id=token.request.person_id,
    )  # fmt: skip


def row_11b_news(case: Case) -> Decision | None:
    """The breaker of unsubscribes without proof: forged in numbers they would empty the list.

    Stands before the rows that apply an unsubscribe whatever else the mail is.
    """
    claim = case.claim
    asked = {claim.kind, claim.second.kind if claim.second else None}
    if not claim.acts or "unsubscribe" not in asked or case.evidence.level == "authenticated":
        return None
    return hold(case, "11b", "breaker") if news_stopped_often(case) else None


def row_10(case: Case) -> Decision | None:
    """Two exact tags, subject and first own paragraph, one an unsubscribe: that one is applied, the other held."""
    return _two_tags(case) if case.claim.conflicts in ((), ("disagree",)) else None


def _two_tags(case: Case) -> Decision | None:
    claim = case.claim
    if not (claim.acts and claim.second and claim.second.acts):
        return None
    kinds = (claim.kind, claim.second.kind)
    if "unsubscribe" not in kinds or kinds[0] == kinds[1]:
        return None
    other = kinds[0] if kinds[1] == "unsubscribe" else kinds[1]
    done = unsubscribe(case)
    owed = tuple(replace(o, values={**o.values, "other_kind": other}) for o in done.owed)
    note = Effect(verb="note_other", args={"kind": other})
    return replace(
        done, row="10", reason="two_tags", owed=owed, effects=(*done.effects, note), open=("operator",),
        due_at=first_due(case.deadlines, case.facts.received_at, other, proven=case.proven), tell_operator=True,
    )  # fmt: skip


def row_11(case: Case) -> Decision | None:
    """Subject and body disagree, a forwarded mail, somebody else's data, a representative, a minor: held."""
    if not case.claim.acts:
        return None
    if case.claim.conflicts:
        return held_but_news(case, "11", CONFLICT_REASONS[case.claim.conflicts[0]])
    return None if case.facts.vouched or not _is_minor(case) else held_but_news(case, "11", "minor")


def _is_minor(case: Case) -> bool:
    """Tell whether the record, or the birth date that the mail states, is of somebody under age on the day it came."""
    births = [person.fields.get("birth_date") for person in case.facts.people]
    stated = case.claim.extract.fields.get("birth_date")
    births.append(date.fromisoformat(stated) if stated else None)
    today = case.facts.received_at.astimezone(case.deadlines.zone).date()
    return any(isinstance(day, date) and _years(day, today) < FULL_AGE for day in births)


def _years(born: date, today: date) -> int:
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def row_11a(case: Case) -> Decision | None:
    """Too old to act upon, or past its clock since shadow mode."""
    if not case.claim.acts:
        return None
    facts = case.facts
    if facts.now - facts.received_at > timedelta(days=case.policy.limits.age_days):
        return held_but_news(case, "11a", "too_old")
    if facts.was_shadow and facts.now > case.due():
        return held_but_news(case, "11a", "past_clock")
    return None


def row_11b(case: Case) -> Decision | None:
    """The breaker, a second change of an address within a day, a mail signed before the latest consent."""
    claim, facts, limits = case.claim, case.facts, case.policy.limits
    if not claim.acts:
        return None
    if claim.kind == "withdrawal" and case.proven and facts.withdrawals_last_hour >= limits.withdrawals_per_hour:
        return hold(case, "11b", "breaker")
    if claim.kind == "update" and "email" in claim.extract.fields and changed_lately(case, facts.people):
        return hold(case, "11b", "second_change")
    consents = [person.consent_at for person in facts.people if person.consent_at is not None]
    if case.message.date is not None and consents and case.message.date < max(consents):
        return hold(case, "11b", "older_than_consent")
    return None


def held_but_news(case: Case, row: str, reason: str) -> Decision:
    """Hold the mail; an unsubscribe of the writing address is applied all the same, be it one of two tags."""
    if not case.claim.acts or row_11b_news(case) is not None:
        return hold(case, row, reason)
    both = _two_tags(case)
    if both is not None:
        return replace(both, row=row, reason=reason)
    if case.claim.kind != "unsubscribe":
        return hold(case, row, reason)
    done = unsubscribe(case)
    return replace(done, row=row, reason=reason, open=("operator",), due_at=case.due(), tell_operator=True)


def rows_12_to_14(case: Case) -> Decision | None:
    """An unsubscribe: at once, whoever asks; only what is answered depends on the proof."""
    if not (case.claim.acts and case.claim.kind == "unsubscribe"):
        return None
    return unsubscribe(case)


def unsubscribe(case: Case) -> Decision:
    """Return the decision of row 12 (on file), 13 (proven, unknown) or 14 (unproven, unknown)."""
    args: dict[str, object] = {"address": case.writer}
    owed: tuple[Owed, ...] = ()
    if case.facts.people:
        again = "news" in case.facts.suppressed and not any(person.news for person in case.facts.people)
        role: Role = "repeat" if again else "receipt"  # a program that answers each receipt so would never end
        row, reason, owed = "12", "unsubscribe_on_file", (receipt(case, "unsubscribed", role=role, other_kind=None),)
    elif case.evidence.level == "authenticated":
        row, reason, owed = "13", "unsubscribe_not_listed", (receipt(case, "not-on-list", other_kind=None),)
    else:
        row, reason = "14", "unsubscribe_unproven"
        args["days"] = case.policy.suppression.unproven_days
    return Decision(
        outcome="apply", row=row, reason=reason, kind="unsubscribe", state="applied",
        person_id=case.person.id if case.person else None,
        effects=(Effect(verb="stop_news", args=args),), owed=owed,
    )  # fmt: skip
