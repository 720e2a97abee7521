"""Rows 3, 4 and 7 to 9: mail that answers one of ours. A token alone never acts; the person's word does. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

from mailbot.deciding.case import Case, changed_lately, hold, not_past, receipt, undo_until
from mailbot.deciding.decision import Decision, Effect, Open, Owed, Role, State
from mailbot.deciding.diff import diff, veiled
from mailbot.deciding.facts import PersonFacts, RequestFacts, TokenFacts
from mailbot.deciding.forms import confirmed
from mailbot.reading.address import address_key
from mailbot.reading.claim import Claim, Extract, Kind, Unclear
from mailbot.reading.sender import Evidence

REPORTS_A_CHANGE = (
    "update-applied", "address-changed", "withdrawal-stopped", "withdrawal-notice", "withdrawal-partial",
)  # fmt: skip
Again = Callable[[Case], Decision]  # the rows from 10 on, for a claim that is proven now


def live(case: Case, *waits: str) -> TokenFacts | None:
    """Return the open question that this mail answers from the right address, if it waits for one of `waits`."""
    token = case.facts.token
    if token is None or not token.from_addressee or not token.is_open or token.waits_for not in waits:
        return None
    if token.request.state in ("refused", "expired", "undone", "ignored"):
        return None  # there is nothing left that an answer could set going
    # An address that was replaced since speaks for nobody any more: row 7b.
    return token if token.is_theirs or token.request.kind == "form" else None


def row_3(case: Case, again: Again) -> Decision | None:
    """A yes to a challenge: decided anew on the facts of this moment as if authenticated."""
    token = live(case, "confirm", "new_address")
    if token is None or case.claim.word != "yes":
        return None
    close = Effect(verb="close_question", args={"token": token.token, "outcome": "yes"})
    if token.waits_for == "new_address":
        return _new_address(case, token, close)
    if token.request.kind == "form":
        return confirmed(case, token, close)
    anew = again(_as_proven(case, token))
    return replace(
        anew, row="3", reason="confirmed" if anew.outcome == "apply" else anew.reason, kind="answer",
        request_id=token.request.id, effects=(close, *anew.effects),
    )  # fmt: skip


def _as_proven(case: Case, token: TokenFacts) -> Case:
    """Return the case of the challenged request, as if its mail had been authenticated now."""
    request = token.request
    mark = replace(case.claim.subject, kind=request.kind, rung="exact")
    language = request.language if case.claim.bilingual else case.claim.language
    claim = Claim(
        kind=request.kind, rung="exact", tag=None, where="subject", language=language, subject=mark,
        paragraph=case.claim.paragraph, extract=as_extract(request),
    )  # fmt: skip
    evidence = Evidence(level="authenticated", because="yes to our question", address=token.address)
    people = (token.person,) if token.person else ()
    facts = replace(case.facts, people=people, token=None, earlier=None, replies_to_stranger=False)
    return replace(case, claim=claim, evidence=evidence, facts=facts, machine=None)


def as_extract(request: RequestFacts) -> Extract:
    """Return the stored fields of a request as an Extract."""
    stored = request.fields
    return Extract(
        fields=dict(stored.get("fields", {})),
        emails=tuple(stored.get("emails", ())),
        phones=tuple(stored.get("phones", ())),
        phone_ext=stored.get("phone_ext"),
        old={key: tuple(values) for key, values in stored.get("old", {}).items()},
        unclear=tuple(Unclear(**item) for item in stored.get("unclear", ())),
    )


def as_fields(extract: Extract) -> dict[str, Any]:
    """Return an extract as a request stores it: JSON-ready, without what is not stated."""
    values = asdict(extract)
    values.pop("named")
    return {key: value for key, value in values.items() if value not in ((), {}, None)}


def _new_address(case: Case, token: TokenFacts, close: Effect) -> Decision:
    """The new address says yes: it replaces the old one, which gets a notice with undo."""
    person, request = token.person, token.request
    old = str(request.fields.get("replaces", ""))
    reason = _why_not(case, person, old)
    if reason or person is None:
        state: State = "applied" if request.state == "applied" else "held"
        held = hold(case, "3", reason, effects=(close,), person_id=request.person_id)
        return replace(held, request_id=request.id, kind="answer", state=state, owed=())
    until = undo_until(case)
    change = Effect(
        verb="change_address", args={"person_id": person.id, "old": old, "new": token.new_address, "until": until}
    )
    changed = veiled(diff({"email": old}, {"email": token.new_address}))
    values = {"changed": changed, "pending": [], "unclear": [], "due_at": None, "undo_until": until}
    owed = [
        Owed(template="update-applied", role="receipt", to=token.new_address, language=request.language, values=values)
    ]
    owed += [
        Owed(
            template="address-changed",
            role="notice",
            to=addr,
            language=request.language,
            values={"undo_until": until},
            threads=False,
        )
        for addr in person.emails
        if addr != token.new_address
    ]  # fmt: skip
    return Decision(
        outcome="apply", row="3", reason="confirmed", kind="answer", state="applied", request_id=request.id,
        person_id=person.id, effects=(close, change), owed=tuple(owed),
        open=("operator",) if "operator" in request.open else (),
    )  # fmt: skip


def _why_not(case: Case, person: PersonFacts | None, old: str) -> str:
    """Return the reason why a new address can't replace the old one now, "" where it can."""
    if person is None or person.blocked:
        return "person_stopped"
    return "second_change" if changed_lately(case, (person,)) or old not in person.emails else ""


def row_4(case: Case) -> Decision | None:
    """A no: refused; news that the request had stopped are put back; the operator is told.

    To a question for data it is no answer: row 6.
    """
    token = live(case, "confirm", "new_address")
    if token is None or case.claim.word != "no":
        return None
    effects = [Effect(verb="close_question", args={"token": token.token, "outcome": "no"})]
    stopped_news = token.request.stopped_news and token.request.state == "challenged" and token.waits_for == "confirm"
    if stopped_news:
        effects.append(Effect(verb="restore_news", args={"request_id": token.request.id}))
    if token.request.kind == "form":
        effects.append(Effect(verb="forget_form", args={"request_id": token.request.id}))
    state, opens = _after_no(token)
    owed = receipt(case, "denied", asked_kind=token.request.kind, news_restored=stopped_news)
    kept = address_kept(token.request, token.person) if token.waits_for == "new_address" else ()
    return Decision(
        outcome="apply", row="4", reason="denied", kind="answer", state=state, open=opens,
        request_id=token.request.id, person_id=token.request.person_id, effects=tuple(effects),
        owed=(replace(owed, to=token.address, proven=True), *kept), tell_operator=True,
    )  # fmt: skip


def _after_no(token: TokenFacts) -> tuple[State, tuple[Open, ...]]:
    """Return what becomes of a request after a no, and who decides the rest of it: that is the person's own still."""
    request = token.request
    others = token.waits_for == "new_address" or request.person_id is None  # who says no is not who asked
    opens: tuple[Open, ...] = ("operator",) if "operator" in request.open and (others or request.for_operator) else ()
    if request.state == "applied":  # a part of it was done before; only the question is refused
        return "applied", opens
    if opens:
        return "held", opens
    return ("asked" if others and request.fields.get("unclear") else "refused"), ()


def address_kept(request: RequestFacts, person: PersonFacts | None) -> tuple[Owed, ...]:
    """Tell who asked for a new address that no yes came from it, be it a no or silence; nobody where he is gone."""
    if person is None or not person.emails:
        return ()
    to = next((addr for addr in person.emails if address_key(addr) == address_key(request.address)), person.emails[0])
    rest = "operator" if "operator" in request.open else "done" if request.state == "applied" else ""
    return (Owed(template="address-kept", role="receipt", to=to, language=request.language, values={"rest": rest}),)


def row_7(case: Case) -> Decision | None:
    """Undo, only news, or a person, please: in answer to a receipt or notice of ours."""
    token = case.facts.token
    if token is None or not token.from_addressee or token.role not in ("receipt", "notice", "received", "repeat"):
        return None
    word, request = case.claim.word, token.request
    if not token.is_theirs:
        return None  # what became of it is another person's: row 7b
    if word == "human":
        held = hold(case, "7", "human_asked", person_id=request.person_id)
        state: State = "applied" if request.state == "applied" else "held"  # what was done stays done
        return replace(held, kind="undo", state=state, request_id=request.id, owed=human_owed(case, token, held))
    if (
        token.template not in REPORTS_A_CHANGE
        or word not in ("undo", "only_news")
        or request.kind not in ("update", "withdrawal")
        or token.person is None
    ):
        return None
    if word == "only_news" and request.kind != "withdrawal":
        return None
    return _undo(case, token)


def human_owed(case: Case, token: TokenFacts, held: Decision) -> tuple[Owed, ...]:
    """Return the receipt for who asked for a person, as each mail of ours offers: it goes where that mail went."""
    due = not_past(case, held.due_at or case.due())
    owed = receipt(case, "received", role="received", why="human_asked", due_at=due)
    return held.owed or (replace(owed, to=token.address),)


def _undo(case: Case, token: TokenFacts) -> Decision | None:
    request, person = token.request, token.person
    assert person is not None
    if person.blocked == "dispute":
        return replace(_held_as_is(case, "person_blocked", person), request_id=request.id)
    if request.state != "applied" or request.undo_until is None or case.facts.received_at > request.undo_until:
        return None  # late: row 7b
    if not request.undo_clean:
        return replace(_held_as_is(case, "undo_conflict", person), request_id=request.id)
    effects = [Effect(verb="undo", args={"request_id": request.id})]
    reason, template = "undone", "undone"
    if case.claim.word == "only_news":
        effects.append(Effect(verb="stop_news", args={"address": token.address}))
        reason, template = "only_news", "only-news"
    common: dict[str, Any] = {"language": case.language, "values": {"undone_kind": request.kind}}
    owed = [Owed(template=template, role="receipt", to=token.address, **common)]
    owed += [
        Owed(template="undone-notice", role="notice", to=addr, threads=False, **common)
        for addr in person.emails
        if address_key(addr) != address_key(token.address)
    ]
    return Decision(
        outcome="apply", row="7", reason=reason, kind="undo", state="undone", request_id=request.id,
        person_id=person.id, effects=tuple(effects), owed=tuple(owed),
    )  # fmt: skip


def _held_as_is(case: Case, reason: str, person: PersonFacts) -> Decision:
    """Hold the wish to undo; what was applied stays so until the operator has looked."""
    return replace(hold(case, "7", reason, person_id=person.id), kind="undo", state="applied")


def row_7a(case: Case) -> Decision | None:
    """News consent given anew: undo of an unsubscribe at any time, or a resubscribe word as the whole subject."""
    token, at = case.facts.token, case.facts.received_at
    version = case.policy.version_at(at)
    role: Role = "receipt"
    stopped_news = token is not None and (token.request.kind == "unsubscribe" or token.template == "only-news")
    here = token is not None and _still_there(case, token)
    if token is not None and token.from_addressee and here and stopped_news and case.claim.word == "undo":
        back = {"request_id": token.request.id, "address": token.address, "at": at, "version": version}
        give, address, people = Effect(verb="give_news_back", args=back), token.address, case.facts.people
    elif case.claim.resubscribe and case.proven and case.person is not None:
        person = case.person
        new = {"person_id": person.id, "address": case.writer, "at": at, "version": version}
        give, address, people = Effect(verb="give_news", args=new), case.address, (person,)
        role = "repeat" if person.news else role  # nothing changes: a program that answers so comes to an end
    elif case.claim.resubscribe and case.proven and case.facts.people:
        return replace(hold(case, "7a", "shared_address"), kind="resubscribe")
    else:
        return None
    if any(person.blocked for person in people):
        reason = "person_blocked" if people[0].blocked == "dispute" else "resubscribe_stopped"
        return replace(hold(case, "7a", reason if len(people) == 1 else "shared_address"), kind="resubscribe")
    if not people:
        return None
    return Decision(
        outcome="apply", row="7a", reason="resubscribed", kind="resubscribe", state="applied",
        person_id=people[0].id if len(people) == 1 else None, effects=(give,),
        owed=(replace(receipt(case, "resubscribed"), to=address, role=role, proven=True),),
    )  # fmt: skip


def _still_there(case: Case, token: TokenFacts) -> bool:
    """Tell whether the person whose news that mail was about still has the address that writes."""
    return token.request.person_id in (None, *(person.id for person in case.facts.people))


def row_7b(case: Case) -> Decision | None:
    """A token that is wrong, late, used, or comes from elsewhere, with a word that would act."""
    if case.claim.word not in ("yes", "no", "undo", "only_news", "human") or case.claim.acts:
        return None
    token = case.facts.token
    if token is None and not case.facts.wrong_tokens:
        return None
    kind: Kind = "answer" if case.claim.word == "yes" else "undo"  # a wish that came late, or "not me"
    return replace(hold(case, "7b", "token_unusable"), kind=kind)


def row_8(case: Case) -> Decision | None:
    """Courtesy or nothing in reply to our own mail."""
    if case.facts.replies_to_us and (case.claim.word == "courtesy" or case.claim.empty) and not case.claim.acts:
        return Decision(outcome="ignore", row="8", reason="courtesy", state="ignored")
    return None


def row_9(case: Case) -> Decision | None:
    """Anything but a tag in reply to our own mail; a tag as its own paragraph is a new request (rows 10 on)."""
    if not case.facts.replies_to_us or (case.claim.acts and not case.claim.subject.reply_prefix):
        return None
    if case.claim.acts and case.claim.where == "body":
        return None
    return hold(case, "9", "reply_to_ours")
