"""Rows 15 and 17 to 25: who may change what, withdrawals, unknown writers, and what is left alone. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from mailbot.deciding.case import (
    Case,
    answer_by,
    asks_change,
    hold,
    news_stopped_often,
    not_past,
    receipt,
    received,
)
from mailbot.deciding.decision import Decision, Effect, Owed
from mailbot.deciding.diff import diff, veiled
from mailbot.deciding.facts import PersonFacts, RequestFacts
from mailbot.reading.claim import FIELD_NAMES
from mailbot.reading.fold import fold

RANK = {"none": 0, "weak": 1, "authenticated": 2}


def row_15(case: Case) -> Decision | None:
    """An address of several people: a challenge if the own text names exactly one of them, else held."""
    if not asks_change(case) or len(case.facts.people) < 2:
        return None
    words = set(fold(f"{case.message.own_text} {case.message.signature}").split())
    named = [p for p in case.facts.people if _names(p) and _names(p) <= words]
    if len(named) != 1:
        return hold(case, "15", "shared_address")
    if case.address in case.facts.asked:
        return hold(case, "15", "challenge_open")
    return _challenge(case, "15", "shared_named", named[0])


def _names(person: PersonFacts) -> set[str]:
    return set(fold(f"{person.surname} {person.given_name}").split())


def row_15a(case: Case) -> Decision | None:
    """A person who is stopped or blocked: an update waits, a second withdrawal is a repeat."""
    person = case.person
    if not asks_change(case) or person is None or not person.blocked:
        return None
    stopped = person.blocked in ("withdrawal", "obligation") and case.facts.earlier is not None
    if case.claim.kind == "withdrawal" and stopped:
        return _repeated(case)
    return hold(case, "16", "person_blocked" if person.blocked == "dispute" else "person_stopped")


def row_15b(case: Case) -> Decision | None:
    """The same again, nothing changed since, with proof no better: it stands where the first one stands."""
    earlier = case.facts.earlier
    if not asks_change(case) or earlier is None:
        return None
    asked = case.address in case.facts.asked
    if asked and case.proven:
        return None  # what waits there for a yes was stated without proof
    if RANK[case.level] > RANK[earlier.level] and not asked:
        return None  # better proof: the rows below decide, a weaker open one is superseded
    if earlier.state == "applied" and not (case.proven and earlier.undo_clean):
        return None
    if earlier.state == "held" and not case.proven and not asked:
        return None  # a held mail of anybody stands in nobody's way
    if case.claim.kind == "withdrawal" or dict(case.claim.extract.fields) == earlier.fields.get("fields", {}):
        return _repeated(case)
    return hold(case, "17", "challenge_open") if asked and not case.proven else None


def _repeated(case: Case) -> Decision:
    earlier = case.facts.earlier
    assert earlier is not None
    return Decision(
        outcome=earlier.outcome, row="17", reason="repeated", kind=case.claim.kind, state=earlier.state,
        request_id=earlier.id, person_id=earlier.person_id,
        owed=_state_of(case, earlier) if case.proven and not earlier.told_lately else (),
    )  # fmt: skip


def _state_of(case: Case, earlier: RequestFacts) -> tuple[Owed, ...]:
    """Answer a proven repeat with the state of what it repeats, once a day (decisions section 4)."""
    due = not_past(case, earlier.due_at or case.due())
    if earlier.state == "held":
        return tuple(replace(owed, role="repeat") for owed in received(case, "repeated", due))
    if earlier.kind == "withdrawal" and earlier.state == "applied":
        return (_withdrawn(case, earlier, due),)
    if earlier.state == "asked":
        missing = list(FIELD_NAMES)
        until = case.deadlines.asks_until(due, case.facts.now)
        question = receipt(case, "ask", role="repeat", unclear=[], missing=missing, due_at=until)
        return (replace(question, waits_for="ask"),)
    if earlier.state == "challenged":
        pending = [{"field": "email", "waits_for": "new_address"}]
        return (receipt(case, "update-waiting", role="repeat", pending=pending, unclear=[], due_at=due),)
    changed = veiled(diff({}, earlier.fields.get("fields", {})))
    done: dict[str, Any] = {"changed": changed, "pending": [], "unclear": [], "undo_until": None, "due_at": None}
    return (receipt(case, "update-applied", role="repeat", **done),)


def _withdrawn(case: Case, earlier: RequestFacts, due: datetime) -> Owed:
    """Return the state of a withdrawal that was carried out, whole or for all that no obligation needs."""
    at, person = earlier.decided_at, case.person
    if person is not None and person.blocked == "obligation":
        said = {"code": earlier.fields.get("kept_code", "obligation"), "note": earlier.fields.get("kept_note", "")}
        return receipt(case, "withdrawal-partial", role="repeat", stopped_at=at, **said, **_kept(person))
    at = datetime.fromisoformat(earlier.fields["stopped_at"]) if "stopped_at" in earlier.fields else at
    asks = "obligations" in earlier.open
    values: dict[str, Any] = {"obligations": asks, "due_at": due if asks else None, "destroy_at": earlier.destroy_at}
    return receipt(case, "withdrawal-stopped", role="repeat", stopped_at=at, **values)


def _kept(person: PersonFacts) -> dict[str, Any]:
    """Return what a partial refusal says is kept, and until when."""
    return {"kept": person.on_file, "until": person.obliged_until}


def row_17(case: Case) -> Decision | None:
    """An unproven update or withdrawal: a challenge to the address on file; only the news stop at once.

    Those do not where many mails without proof stopped them within the hour: the question is asked all the same.
    """
    if not asks_change(case) or case.proven or case.person is None:
        return None
    reason = "sender_weak" if case.level == "weak" else "sender_unproven"
    return _challenge(case, "17", reason, case.person)


def _challenge(case: Case, row: str, reason: str, person: PersonFacts, to: str = "") -> Decision:
    news = case.claim.kind == "withdrawal" and row == "17" and not news_stopped_often(case)
    due, until = case.due(), answer_by(case)
    told = news and any(p.news for p in case.facts.people)
    values = {"asked_at": case.facts.received_at, "due_at": until, "news_stopped": told}
    owed = Owed(
        template="challenge", role="question", to=to or case.address, language=case.language, values=values,
        waits_for="confirm", proven=case.proven and not to, threads=not to,
    )  # fmt: skip
    effects = (Effect(verb="stop_news", args={"address": case.writer, "restorable": True}),) if news else ()
    return Decision(
        outcome="challenge", row=row, reason=reason, kind=case.claim.kind, state="challenged", person_id=person.id,
        due_at=due, effects=effects, owed=(owed,),
    )  # fmt: skip


def rows_18_to_20(case: Case) -> Decision | None:
    """A proven withdrawal of a person on file: stop at once; obligations decide what follows."""
    person = case.person
    if not asks_change(case) or case.claim.kind != "withdrawal" or not case.proven or person is None:
        return None
    mode = case.policy.withdrawal.obligations
    if person.open_obligations:  # where the policy knows of none, somebody opened this one by hand
        return _withdrawal(case, person, "20", "obligation_open", "withdrawal-partial")
    if mode == "ask":
        return _withdrawal(case, person, "19", "obligations_asked", "withdrawal-stopped")
    return _withdrawal(case, person, "18", "withdrawal_proven", "withdrawal-stopped")


def _withdrawal(case: Case, person: PersonFacts, row: str, reason: str, template: str) -> Decision:
    asks = row == "19"
    partial = row == "20"
    due = case.due(proven=True) if asks else None
    window = case.deadlines.window_end(case.facts.now)
    values: dict[str, Any] = {"obligations": asks, "due_at": due, "destroy_at": None if asks else window}
    if partial:
        values = {"code": "obligation", "note": "", **_kept(person)}
    window_told = None if asks or partial else window
    notices = [
        Owed(
            template="withdrawal-notice",
            role="notice",
            to=addr,
            language=case.language,
            threads=False,
            values={"destroy_at": window_told},
        )
        for addr in person.emails
        if addr != case.address
    ]
    stop = Effect(
        verb="stop_person",
        args={"person_id": person.id, "why": "obligation" if partial else "withdrawal", "until": window},
    )
    supersede = Effect(verb="supersede", args={"person_id": person.id, "kind": "withdrawal"})
    return Decision(
        outcome="apply", row=row, reason=reason, kind="withdrawal", state="applied", person_id=person.id, due_at=due,
        open=("obligations",) if asks or partial else (), effects=(supersede, stop),
        owed=(receipt(case, template, **values), *notices), tell_operator=asks or partial,
    )  # fmt: skip


def row_21(case: Case) -> Decision | None:
    """A proven writer who is not on file: held, told the truth about this address alone."""
    if not asks_change(case) or not case.proven or case.facts.people:
        return None
    withdrawal = case.claim.kind == "withdrawal"
    held = hold(case, "21", "person_unknown")
    owed = [receipt(case, "not-stored", news_suppressed=withdrawal, due_at=not_past(case, held.due_at or case.due()))]
    for address, person in case.facts.named:
        if address not in case.facts.asked:  # one open question is enough
            owed += _challenge(case, "21", "person_unknown", person, address).owed
    effects = (Effect(verb="stop_news", args={"address": case.writer}),) if withdrawal else ()
    return replace(held, owed=tuple(owed), effects=effects)


def row_22(case: Case) -> Decision | None:
    """An unproven writer who is not on file: held, no answer."""
    if not asks_change(case) or case.proven or case.facts.people:
        return None
    return hold(case, "22", "person_unknown_unproven")


def rows_23_to_25(case: Case) -> Decision:
    """Everything else stays in INBOX: other rights and suggestions with their clock, the rest as a number."""
    claim = case.claim
    if claim.kind is None or claim.rung == "none":
        return Decision(outcome="leave", row="25", reason="no_tag", state="left")
    rights = claim.kind in ("access", "erasure", "restriction", "objection", "complaint", "question")
    row, reason = ("23", "other_right") if rights else ("24", "suggestion")
    if claim.reason == "look_at_attachment":
        reason = claim.reason
    due = case.due()
    return Decision(
        outcome="leave", row=row, reason=reason, kind=claim.kind, state="left", due_at=due, open=("operator",),
        person_id=case.person.id if case.person else None,
        owed=_received(case, reason, due),
        tell_operator=True,
    )  # fmt: skip


def _received(case: Case, reason: str, due: datetime) -> tuple[Owed, ...]:
    """Of a mere suggestion the receipt does not say what it was understood as: it may be the opposite."""
    owed = received(case, reason, due)
    return unnamed(owed) if reason == "suggestion" else owed


def unnamed(owed: tuple[Owed, ...]) -> tuple[Owed, ...]:
    """Return answers that do not say what was understood."""
    return tuple(replace(each, values={**each.values, "kind": ""}) for each in owed)
