"""decide: each row of the published table as a whole, from the facts alone: outcome, person, clock, effects, answers.

What a case must come to is written in decided.txt: its name, then the decision in one line, then a line for each effect
on the store and for each answer owed. Times are those of Almaty; Monday, 23 November 2026, 14:06 is now.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from mailbot.config import load_policy
from mailbot.deciding.case import Case
from mailbot.deciding.deadlines import Deadlines
from mailbot.deciding.decide import decide
from mailbot.deciding.decision import Decision
from mailbot.deciding.facts import BounceFacts, DigestFacts, Facts, OptOutFacts, PersonFacts, RequestFacts, TokenFacts
from mailbot.policy import Policy
from mailbot.reading.claim import Claim, Extract, Mark, Submission, Unclear
from mailbot.reading.machine import Machine
from mailbot.reading.message import Address, blank_message
from mailbot.reading.orders import Order, Orders
from mailbot.reading.sender import Evidence

NOW = datetime(2026, 11, 23, 9, 6, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
ALMATY = ZoneInfo("Asia/Almaty")
POLICY = load_policy(None)
FILE = Path(__file__).with_name("decided.txt")
ALIYA = PersonFacts(
    id="p1", surname="Сәрсенова", given_name="Әлия", emails=("Aliya@example.com", "second@example.com"),
    phones=("+77010000001",), news=True, consent_at=NOW - 300 * DAY,
    fields={"surname": "Сәрсенова", "given_name": "Әлия", "birth_date": date(1990, 5, 5)},
)  # fmt: skip
BORIS = PersonFacts(id="p2", surname="Петров", given_name="Борис", emails=("aliya@example.com",))
PHONE = Extract(fields={"phone": "+77019998877"}, phones=("+77019998877",))
EMAIL = Extract(fields={"email": "new@example.com"}, emails=("new@example.com",))
UNCLEAR = Unclear(field="birth_date", text="05.06.91", why="two_digit_year")
NOTHING = Mark(kind=None, rung="none", tag=None, language=None)
AUTO = Machine(why="auto_submitted")


def claim(kind: Any = None, extract: Extract | None = None, **more: Any) -> Claim:
    """Return what a mail in Russian asks by its whole subject."""
    mark = Mark(kind=kind, rung="exact", tag="x", language="ru") if kind else NOTHING
    told: dict[str, Any] = {
        "kind": kind, "rung": mark.rung, "tag": mark.tag, "where": "subject" if kind else None, "language": "ru",
        "subject": mark, "paragraph": NOTHING, "extract": extract or Extract(),
    }  # fmt: skip
    return Claim(**{**told, **more})


def case(
    what: Claim, level: Any = "authenticated", people: tuple[PersonFacts, ...] = (ALIYA,), *,
    machine: Machine | None = None, policy: Policy = POLICY, mail: dict[str, Any] | None = None, differs: bool = False,
    writer: str | None = "aliya@example.com", **facts: Any,
) -> Case:  # fmt: skip
    """Return one mail from aliya@example.com and what the store knows of it."""
    message = blank_message(
        **{"from_fields": 1, "from_": (Address(name="", addr=writer),) if writer else (), "date": NOW, **(mail or {})}
    )
    known = Facts(**{"now": NOW, "received_at": NOW, "people": people, **facts})
    evidence = Evidence(level=level, because="x", address=writer, reply_to_differs=differs)
    return Case(
        message=message, machine=machine, claim=what, evidence=evidence, facts=known, policy=policy,
        deadlines=Deadlines(policy),
    )  # fmt: skip


def ruled(**sections: dict[str, Any]) -> Policy:
    """Return the packaged policy with some rules changed."""
    return POLICY.model_copy(
        update={name: getattr(POLICY, name).model_copy(update=values) for name, values in sections.items()}
    )


def request(kind: Any, state: Any, **more: Any) -> RequestFacts:
    told = {"id": "r1", "outcome": "apply", "level": "authenticated", "received_at": NOW - HOUR, "person_id": "p1"}
    return RequestFacts(**{**told, "kind": kind, "state": state, **more})


def token(waits_for: str, about: RequestFacts, **more: Any) -> TokenFacts:
    told: dict[str, Any] = {
        "token": "t1", "template": "challenge", "role": "question" if waits_for else "receipt", "is_open": True,
        "from_addressee": True, "address": "Aliya@example.com", "is_theirs": True, "asked_again": False,
        "person": ALIYA,
    }  # fmt: skip
    return TokenFacts(**{**told, "waits_for": waits_for, "request": about, **more})


def listed(*orders: Order, unread: tuple[str, ...] = (), **more: Any) -> DigestFacts:
    """Return the operator's list that a mail answers, with what it says."""
    told: dict[str, Any] = {"token": "d1", "from_addressee": True, "is_proven": True, "proves": False}
    return DigestFacts(**{**told, **more}, said=Orders(orders=orders, unread=unread))


def unclear(name: str) -> RequestFacts:
    """Return a request of which that field was asked for."""
    return replace(ASKED, fields={"unclear": [{"field": name, "text": "x", "why": "x"}]})


def answer(word: Any, to: TokenFacts, level: str = "none", **more: Any) -> Case:
    """Return a mail whose first own line is that word, in answer to a mail of ours."""
    return case(claim(word=word), level, token=to, replies_to_us=True, **more)


def form(extract: Extract, people: tuple[PersonFacts, ...] = (), **more: Any) -> Case:
    facts = {name: more.pop(name) for name in ("suppressed_since", "received_at") if name in more}
    typed = {"form": "site", "version": "1", "purposes": ("processing", "news"), "extract": extract, **more}
    return case(claim(submission=Submission(**typed)), people=people, writer="form@example.kz", **facts)


UPDATE, WITHDRAWAL, UNSUBSCRIBE = claim("update", PHONE), claim("withdrawal"), claim("unsubscribe")
BUTTON = claim("unsubscribe", empty=True)
STORED = {"fields": {"phone": "+77019998877"}, "phones": ["+77019998877"]}
ASKED = request(
    "update", "asked", outcome="ask", fields={"unclear": [{"field": "phone", "text": "1", "why": "not_a_phone"}]}
)
CHALLENGED = request("update", "challenged", outcome="challenge", level="none", fields=STORED)
STOPPED_NEWS = request("withdrawal", "challenged", outcome="challenge", level="none", stopped_news=True)
APPLIED = request("update", "applied", undo_until=NOW + HOUR, fields=STORED)
WITHDRAWN = request("withdrawal", "applied", undo_until=NOW + HOUR, destroy_at=NOW + DAY, decided_at=NOW - HOUR)
REPLACES = request("update", "challenged", fields={"replaces": "Aliya@example.com"})
TYPED = Extract(
    fields={"email": "aliya@example.com", "given_name": "Әлия", "surname": "Сәрсенова"}, emails=("aliya@example.com",)
)


def typed(**fields: str | None) -> Extract:
    """Return what Aliya typed into a form, with other fields."""
    told = {name: value for name, value in {**TYPED.fields, **fields}.items() if value}
    return replace(TYPED, fields=told, phones=(told["phone"],) if "phone" in told else ())


FORMED = request("form", "challenged", person_id=None, fields={"submission": {"form": "site", "purposes": ["news"]}})
FRESH = replace(ALIYA, address_changed_at=NOW - HOUR)
STOPPED, DISPUTED = replace(ALIYA, blocked="withdrawal"), replace(ALIYA, blocked="dispute")
OBLIGED = replace(ALIYA, open_obligations=1, obliged_until=date(2027, 1, 31))
TWO_PHONES = replace(ALIYA, phones=("+77010000001", "+77010000002"))
ORDER = Order(numbers=(1, 2), verb="no", note="not yours", line="1, 2 no: not yours")
MANY = POLICY.limits.unproven_unsubscribes_per_hour
CHANGED = {"template": "update-applied"}
NEW = {"new_address": "new@example.com"}

CASES: dict[str, Callable[[], Case]] = {
    "1 a form of somebody new": lambda: form(TYPED),
    "1 a form of somebody on file": lambda: form(TYPED, (ALIYA,)),
    "1 a form with another phone": lambda: form(
        replace(TYPED, fields={**TYPED.fields, "phone": "+77019998877"}), (ALIYA,)
    ),
    "1 a form of another name": lambda: form(
        replace(TYPED, fields={**TYPED.fields, "given_name": "Борис", "surname": "Ким"}), (ALIYA,)
    ),
    "1 a form without an address or a phone": lambda: form(Extract(fields={"given_name": "Әлия"})),
    "1 a form with an address that can't be read": lambda: form(
        replace(TYPED, unclear=(Unclear(field="email", text="a", why="x"),))
    ),
    "1 a form without consent": lambda: form(TYPED, purposes=()),
    "1 a form of somebody who left": lambda: form(TYPED, suppressed_since={"news": NOW - DAY}),
    "1 a form of somebody on file who left": lambda: form(
        replace(TYPED, fields={**TYPED.fields, "email": "x@example.com"}),
        (ALIYA,),
        suppressed_since={"processing": NOW - DAY},
    ),
    "1 a form of before somebody left": lambda: form(TYPED, suppressed_since={"processing": NOW}),
    "1 a form for a shared address": lambda: form(
        replace(TYPED, fields={"email": "aliya@example.com"}), (ALIYA, BORIS)
    ),
    "1 a form of somebody stopped": lambda: form(TYPED, (STOPPED,)),
    "1 a form of somebody in dispute": lambda: form(TYPED, (DISPUTED,)),
    "1 a form with a field that can't be read": lambda: form(
        replace(TYPED, unclear=(UNCLEAR,)), (ALIYA,), whole_name=True, keep_mail=True
    ),
    "2 a machine": lambda: case(WITHDRAWAL, machine=AUTO),
    "2 a mail to the bounce address": lambda: case(UPDATE, at_bounce_address=True),
    "2 a button of somebody on file": lambda: case(BUTTON, "none", machine=AUTO),
    "2 a button of a stranger": lambda: case(BUTTON, "none", (), machine=AUTO),
    "2 a button of a proven stranger": lambda: case(BUTTON, people=(), machine=AUTO),
    "2 buttons too many": lambda: case(BUTTON, "weak", machine=AUTO, news_stopped_unproven=MANY),
    "2 a button that answers": lambda: case(BUTTON, machine=AUTO, mail={"in_reply_to": ("<a@b>",)}),
    "2 a button with a text": lambda: case(UNSUBSCRIBE, machine=AUTO),
    "2 a button by its body": lambda: case(replace(BUTTON, where="body"), machine=AUTO),
    "2 a robot that is no button": lambda: case(BUTTON, machine=Machine(why="precedence")),
    "2 a feedback report": lambda: case(claim(), "none", machine=AUTO, complained="boris@example.com"),
    "2 a bounce": lambda: case(
        claim(), machine=AUTO, bounced=BounceFacts(reply_id=7, request_id="", status="5.1.1", why="no")
    ),
    "2 a bounce that a request waits for": lambda: case(
        claim(), bounced=BounceFacts(reply_id=7, request_id="r1", proven=True, status="5.1.1", why="no")
    ),
    "2 our List-Unsubscribe": lambda: case(
        claim(), "none", (), opt_out=OptOutFacts(address="aliya@example.com", person_id="p1")
    ),
    "2 a List-Unsubscribe of nobody": lambda: case(claim(), opt_out=OptOutFacts(address="")),
    "2 a List-Unsubscribe of nobody by a machine": lambda: case(claim(), machine=AUTO, opt_out=OptOutFacts(address="")),
    "3 yes to an update": lambda: answer("yes", token("confirm", CHALLENGED)),
    "3 yes to a withdrawal": lambda: answer("yes", token("confirm", STOPPED_NEWS)),
    "3 yes of somebody who is in dispute now": lambda: answer("yes", token("confirm", CHALLENGED, person=DISPUTED)),
    "3 yes of a new address": lambda: answer("yes", token("new_address", REPLACES, address="new@example.com", **NEW)),
    "3 yes of a new address, stopped meanwhile": lambda: answer(
        "yes", token("new_address", REPLACES, person=STOPPED, **NEW)
    ),
    "3 yes of a new address, changed lately": lambda: answer(
        "yes", token("new_address", replace(REPLACES, state="applied"), person=FRESH, **NEW)
    ),
    "3 yes of a new address for one that is gone": lambda: answer(
        "yes", token("new_address", replace(REPLACES, fields={"replaces": "x@example.com"}), **NEW)
    ),
    "3 yes to a form": lambda: answer("yes", token("confirm", FORMED), people=()),
    "3 yes to a form of somebody stopped": lambda: answer("yes", token("confirm", FORMED), people=(STOPPED,)),
    "3 yes to a form for a shared address": lambda: answer("yes", token("confirm", FORMED), people=(ALIYA, BORIS)),
    "4 no to an update": lambda: answer("no", token("confirm", CHALLENGED)),
    "4 no to a withdrawal": lambda: answer("no", token("confirm", STOPPED_NEWS)),
    "4 no to what is half done": lambda: answer(
        "no", token("new_address", replace(APPLIED, stopped_news=True), address="new@example.com")
    ),
    "4 no to a form": lambda: answer("no", token("confirm", FORMED)),
    "5 a phone that was asked for": lambda: case(claim(extract=PHONE), token=token("ask", ASKED), replies_to_us=True),
    "5 a phone that was asked for, not proven": lambda: case(claim(extract=PHONE), "none", token=token("ask", ASKED)),
    "5 a bare phone": lambda: case(claim(), token=token("ask", ASKED), mail={"own_text": "8 701 999 88 77"}),
    "5 unclear the second time": lambda: case(
        claim(extract=Extract(unclear=(UNCLEAR,))), token=token("ask", ASKED, asks=2)
    ),
    "5 half clear the second time": lambda: case(
        claim(extract=replace(PHONE, unclear=(UNCLEAR,))), token=token("ask", ASKED, asks=2)
    ),
    "5 half clear the first time": lambda: case(
        claim(extract=replace(PHONE, unclear=(UNCLEAR,))), token=token("ask", ASKED, asks=1)
    ),
    "6 neither yes nor no": lambda: answer(None, token("confirm", CHALLENGED)),
    "6 nothing that was asked for": lambda: answer(None, token("ask", ASKED), "authenticated"),
    "6 nothing of all fields": lambda: answer(None, token("ask", replace(ASKED, fields={}))),
    "6 a second time": lambda: answer(None, token("confirm", CHALLENGED, asked_again=True), "authenticated"),
    "6 asked twice already": lambda: answer(
        None, token("ask", replace(ASKED, state="applied"), asks=2), "authenticated"
    ),
    "6 a person, please": lambda: answer("human", token("confirm", CHALLENGED), "authenticated"),
    "6 thanks for a receipt that asks": lambda: answer("courtesy", token("ask", ASKED, role="receipt")),
    "7 undo of an update": lambda: answer("undo", token("", APPLIED, **CHANGED)),
    "7 undo of a withdrawal": lambda: answer("undo", token("", WITHDRAWN, template="withdrawal-stopped")),
    "7 only news": lambda: answer("only_news", token("", WITHDRAWN, template="withdrawal-stopped")),
    "7 only news of an update": lambda: answer("only_news", token("", APPLIED, **CHANGED)),
    "7 undo too late": lambda: answer(
        "undo", token("", replace(APPLIED, undo_until=NOW - HOUR), **CHANGED), "authenticated"
    ),
    "7 undo at its last moment": lambda: answer("undo", token("", replace(APPLIED, undo_until=NOW), **CHANGED)),
    "7 undo of what was changed since": lambda: answer(
        "undo", token("", replace(APPLIED, undo_clean=False), **CHANGED), "authenticated"
    ),
    "7 undo in a dispute": lambda: answer("undo", token("", APPLIED, person=DISPUTED, **CHANGED)),
    "7 undo from elsewhere": lambda: answer("undo", token("", APPLIED, from_addressee=False, **CHANGED)),
    "7 undo by another person's address": lambda: answer("undo", token("", APPLIED, is_theirs=False, **CHANGED)),
    "7 undo of a challenge": lambda: answer("undo", token("", APPLIED, template="received")),
    "7 a person, please": lambda: answer("human", token("", APPLIED, **CHANGED)),
    "7 a person, please, of what is held": lambda: answer(
        "human", token("", request("update", "held"), role="received"), "authenticated"
    ),
    "7 a person, please, of what is held until tomorrow": lambda: answer(
        "human", token("", request("update", "held", due_at=NOW + DAY), role="received"), "authenticated"
    ),
    "4 no of a new address where a surname waits too": lambda: answer(
        "no",
        token(
            "new_address",
            replace(REPLACES, open=("operator",), for_operator=("surname",)),
            address="new@example.com",
            **NEW,
        ),
    ),
    "3 yes to a withdrawal by an address that was replaced since": lambda: answer(
        "yes", token("confirm", STOPPED_NEWS, is_theirs=False), people=()
    ),
    "5 a phone that was asked for, by an address that was replaced since": lambda: case(
        claim(extract=PHONE), "authenticated", token=token("ask", ASKED, is_theirs=False), replies_to_us=True, people=()
    ),
    "7a undo of an unsubscribe": lambda: answer(
        "undo", token("", request("unsubscribe", "applied"), template="unsubscribed")
    ),
    "7a undo of only news": lambda: answer(
        "undo", token("", replace(WITHDRAWN, undo_until=None), template="only-news")
    ),
    "7a undo of an unsubscribe of two": lambda: answer(
        "undo", token("", request("unsubscribe", "applied", person_id=None)), people=(ALIYA, BORIS)
    ),
    "7a undo of an unsubscribe of another": lambda: answer(
        "undo", token("", request("unsubscribe", "applied", person_id="p9"))
    ),
    "7a resubscribe": lambda: case(claim(resubscribe=True), people=(replace(ALIYA, news=False),)),
    "7a resubscribe of who has news": lambda: case(claim(resubscribe=True)),
    "7a resubscribe, not proven": lambda: case(claim(resubscribe=True), "weak"),
    "7a resubscribe of somebody stopped": lambda: case(claim(resubscribe=True), people=(STOPPED,)),
    "7b a yes with a wrong token": lambda: case(claim(word="yes"), wrong_tokens=1, misused=True),
    "7b a yes with a used token": lambda: answer("yes", token("confirm", CHALLENGED, is_open=False), "authenticated"),
    "7b a yes without a token": lambda: case(claim(word="yes")),
    "8 thanks": lambda: case(claim(word="courtesy"), replies_to_us=True),
    "8 nothing": lambda: case(claim(empty=True), replies_to_us=True),
    "9 something else": lambda: case(claim(), replies_to_us=True),
    "9 our subject with Re": lambda: case(
        replace(UPDATE, subject=replace(UPDATE.subject, reply_prefix=True)), replies_to_us=True
    ),
    "9 a mark as its own paragraph": lambda: case(replace(UPDATE, where="body"), replies_to_us=True),
    "9a a header twice": lambda: case(UPDATE, mail={"repeated": ("subject",)}),
    "9a no single writer": lambda: case(UPDATE, "none", (), writer=None),
    "9a a Message-ID again": lambda: case(UPDATE, id_reused=True),
    "10 two marks": lambda: case(replace(UPDATE, second=UNSUBSCRIBE.subject)),
    "10 two marks, the other way round": lambda: case(
        replace(UNSUBSCRIBE, second=WITHDRAWAL.subject, conflicts=("disagree",))
    ),
    "10 two marks without an unsubscribe": lambda: case(
        replace(UPDATE, second=WITHDRAWAL.subject, conflicts=("several_kinds",))
    ),
    "10 two marks and a minor": lambda: case(replace(UPDATE, second=UNSUBSCRIBE.subject, conflicts=("minor",))),
    **{
        f"11 {conflict}": (lambda conflict=conflict: case(replace(UPDATE, conflicts=(conflict,))))  # type: ignore[misc]
        for conflict in ("disagree", "several_kinds", "forwarded", "third_person", "representative", "minor")
    },
    "11 an unsubscribe of somebody else": lambda: case(replace(UNSUBSCRIBE, conflicts=("third_person",)), "none"),
    "11 under age by the record": lambda: case(
        UPDATE, people=(replace(ALIYA, fields={"birth_date": date(2008, 11, 24)}),)
    ),
    "11 of age today by the record": lambda: case(
        WITHDRAWAL, people=(replace(ALIYA, fields={"birth_date": date(2008, 11, 23)}),)
    ),
    "11 under age by the mail": lambda: case(claim("update", Extract(fields={"birth_date": "2010-01-01"}))),
    "11 under age in Almaty's day": lambda: case(
        UPDATE,
        people=(replace(ALIYA, fields={"birth_date": date(2008, 11, 24)}),),
        received_at=datetime(2026, 11, 23, 19, 30, tzinfo=UTC),
    ),
    "11 under age and vouched for": lambda: case(
        UPDATE, people=(replace(ALIYA, fields={"birth_date": date(2010, 1, 1)}),), vouched=True
    ),
    "11 a death": lambda: case(claim(conflicts=("deceased",))),
    "11 a death with a mark": lambda: case(replace(WITHDRAWAL, conflicts=("deceased",))),
    "11 a death with an unsubscribe": lambda: case(replace(UNSUBSCRIBE, conflicts=("deceased",))),
    "11 a death in answer to a question": lambda: case(
        claim(conflicts=("deceased",)), people=(), token=token("confirm", CHALLENGED)
    ),
    "11 a death in answer to what is half done": lambda: case(
        replace(UNSUBSCRIBE, conflicts=("deceased",)), token=token("new_address", APPLIED)
    ),
    "11 too large": lambda: case(UPDATE, mail={"complete": False}),
    "11 unreadable": lambda: case(UPDATE, mail={"defects": ("body_unread",)}),
    "11 too large a machine": lambda: case(UPDATE, machine=AUTO, mail={"complete": False}),
    "11 too large without a mark": lambda: case(claim(), mail={"complete": False}),
    "11a too old": lambda: case(UPDATE, received_at=NOW - 14 * DAY - HOUR),
    "11a just not too old": lambda: case(UPDATE, received_at=NOW - 14 * DAY),
    "11a an old unsubscribe": lambda: case(UNSUBSCRIBE, received_at=NOW - 15 * DAY),
    "11a past its clock in shadow": lambda: case(UPDATE, received_at=NOW - 8 * DAY, was_shadow=True),
    "11a within its clock in shadow": lambda: case(UPDATE, received_at=NOW - DAY, was_shadow=True),
    "11b withdrawals too many": lambda: case(WITHDRAWAL, withdrawals_last_hour=POLICY.limits.withdrawals_per_hour),
    "11b unproven unsubscribes too many": lambda: case(UNSUBSCRIBE, "none", news_stopped_unproven=MANY),
    "11b a second change": lambda: case(claim("update", EMAIL), people=(FRESH,)),
    "11b another field after a change": lambda: case(UPDATE, people=(FRESH,)),
    "11b a change of long ago": lambda: case(
        claim("update", EMAIL), people=(replace(ALIYA, address_changed_at=NOW - 25 * HOUR),)
    ),
    "11b older than the consent": lambda: case(WITHDRAWAL, people=(replace(ALIYA, consent_at=NOW + HOUR),)),
    "12 an unsubscribe": lambda: case(UNSUBSCRIBE, "none"),
    "12 an unsubscribe again": lambda: case(UNSUBSCRIBE, people=(replace(ALIYA, news=False),), suppressed=("news",)),
    "12 an unsubscribe of two": lambda: case(UNSUBSCRIBE, people=(ALIYA, BORIS)),
    "13 a proven unsubscribe of nobody": lambda: case(UNSUBSCRIBE, people=()),
    "14 an unsubscribe of nobody": lambda: case(UNSUBSCRIBE, "weak", ()),
    "15 a shared address": lambda: case(UPDATE, people=(ALIYA, BORIS)),
    "15 a shared address, one named": lambda: case(
        WITHDRAWAL, people=(ALIYA, BORIS), mail={"own_text": "Я, Петров Борис"}
    ),
    "15 a shared address, both named": lambda: case(
        UPDATE, people=(ALIYA, BORIS), mail={"own_text": "Петров Борис", "signature": "Сәрсенова Әлия"}
    ),
    "15 a shared address, asked already": lambda: case(
        UPDATE, people=(ALIYA, BORIS), mail={"signature": "Борис Петров"}, asked=frozenset(("Aliya@example.com",))
    ),
    "15a an update of somebody stopped": lambda: case(UPDATE, people=(STOPPED,)),
    "15a an update in a dispute": lambda: case(UPDATE, people=(DISPUTED,)),
    "15a a second withdrawal": lambda: case(
        WITHDRAWAL, people=(STOPPED,), earlier=replace(WITHDRAWN, open=("obligations",))
    ),
    "15a a second withdrawal, destroyed tomorrow": lambda: case(
        WITHDRAWAL, people=(STOPPED,), earlier=replace(WITHDRAWN, fields={"stopped_at": "2026-11-20T10:00:00+00:00"})
    ),
    "15a a second withdrawal while something is owed": lambda: case(
        WITHDRAWAL,
        people=(replace(OBLIGED, blocked="obligation"),),
        earlier=replace(WITHDRAWN, fields={"kept_code": "kept_by_law", "kept_note": "n"}),
    ),
    "15b the same update again": lambda: case(UPDATE, earlier=APPLIED),
    "15b the same update again, not proven": lambda: case(UPDATE, "weak", earlier=APPLIED),
    "15b the same update again, told lately": lambda: case(UPDATE, earlier=replace(APPLIED, told_lately=True)),
    "15b the same update, changed since": lambda: case(UPDATE, earlier=replace(APPLIED, undo_clean=False)),
    "15b what is held, again": lambda: case(
        UPDATE, earlier=request("update", "held", outcome="hold", fields=STORED, due_at=NOW + DAY)
    ),
    "15b what is held, again and not proven": lambda: case(
        UPDATE, "none", earlier=request("update", "held", outcome="hold", fields=STORED)
    ),
    "15b what was asked, again": lambda: case(UPDATE, earlier=replace(ASKED, fields=STORED, due_at=NOW - DAY)),
    "15b what waits for a new address, again": lambda: case(UPDATE, earlier=replace(CHALLENGED, level="authenticated")),
    "15b better proof": lambda: case(UPDATE, earlier=CHALLENGED),
    "15b another update while one is asked": lambda: case(
        claim("update", EMAIL), "none", earlier=CHALLENGED, asked=frozenset(("Aliya@example.com",))
    ),
    "15b the same unproven update": lambda: case(
        UPDATE, "none", earlier=CHALLENGED, asked=frozenset(("Aliya@example.com",))
    ),
    "16 a phone": lambda: case(UPDATE),
    "16 a phone that is on file": lambda: case(
        claim("update", Extract(fields={"phone": "+77010000001"}, phones=("+77010000001",)))
    ),
    "16 a phone for the old one": lambda: case(
        claim("update", replace(PHONE, old={"phone": ("+77010000001",)})), people=(TWO_PHONES,)
    ),
    "16 a phone, which is not told": lambda: case(UPDATE, people=(TWO_PHONES,)),
    "16 a new address": lambda: case(claim("update", EMAIL)),
    "16 a new address for the second": lambda: case(
        claim("update", replace(EMAIL, old={"email": ("SECOND@example.com",)}))
    ),
    "16 an address that is on file": lambda: case(
        claim("update", Extract(fields={"email": "ALIYA@example.com"}, emails=("ALIYA@example.com",)))
    ),
    "16 two new addresses": lambda: case(claim("update", replace(EMAIL, emails=("new@example.com", "n2@example.com")))),
    "16 a phone and a new address": lambda: case(
        claim("update", replace(PHONE, fields={**PHONE.fields, **EMAIL.fields}, emails=EMAIL.emails))
    ),
    "16 a phone and something unclear": lambda: case(claim("update", replace(PHONE, unclear=(UNCLEAR,)))),
    "16 nothing": lambda: case(claim("update")),
    "16 something unclear": lambda: case(claim("update", Extract(unclear=(UNCLEAR,)))),
    "16 a field for the operator": lambda: case(UPDATE, policy=ruled(fields={"phone": "operator"})),
    "16 fields of both": lambda: case(
        claim(
            "update",
            Extract(fields={"surname": "Ким", "patronymic": None, "birth_place": "Тараз", "birth_date": "1990-05-05"}),
        ),
        policy=ruled(fields={"surname": "operator"}),
    ),
    "16 a reply leads elsewhere": lambda: case(UPDATE, differs=True),
    "16 in a stranger's thread": lambda: case(UPDATE, replies_to_stranger=True),
    "16 in two languages": lambda: case(replace(UPDATE, bilingual=True)),
    "17 a weak update": lambda: case(UPDATE, "weak"),
    "17 an unproven withdrawal": lambda: case(WITHDRAWAL, "none"),
    "17 an unproven withdrawal without news": lambda: case(WITHDRAWAL, "none", (replace(ALIYA, news=False),)),
    "18 a withdrawal": lambda: case(WITHDRAWAL, policy=ruled(withdrawal={"obligations": "none"})),
    "20 a withdrawal with an obligation where the policy knows of none": lambda: case(
        WITHDRAWAL, people=(OBLIGED,), policy=ruled(withdrawal={"obligations": "none"})
    ),
    "18 a withdrawal by the register": lambda: case(WITHDRAWAL, policy=ruled(withdrawal={"obligations": "register"})),
    "19 a withdrawal": lambda: case(WITHDRAWAL),
    "20 a withdrawal while something is owed": lambda: case(WITHDRAWAL, people=(OBLIGED,)),
    "21 an update of nobody": lambda: case(UPDATE, people=()),
    "21 a withdrawal of nobody that names another": lambda: case(
        WITHDRAWAL, people=(), named=(("boris@example.com", BORIS),)
    ),
    "21 a withdrawal of nobody that names one who is asked": lambda: case(
        WITHDRAWAL, people=(), named=(("boris@example.com", BORIS),), asked=frozenset(("boris@example.com",))
    ),
    "22 an update of nobody": lambda: case(UPDATE, "weak", ()),
    "23 a question": lambda: case(claim("question", rung="suggestion")),
    "23 access, not proven": lambda: case(claim("access", rung="suggestion"), "none"),
    "23 a photo": lambda: case(claim("question", rung="suggestion", reason="look_at_attachment"), people=()),
    "24 nearly a mark": lambda: case(claim("withdrawal", rung="suggestion")),
    "24 nearly a mark, receipts are off": lambda: case(
        claim("withdrawal", rung="suggestion"), policy=ruled(answers={"received": False})
    ),
    "25 none": lambda: case(claim()),
    "1 a form with a new surname alone": lambda: form(typed(surname="Ким", given_name=None), (ALIYA,)),
    "1 a form with a whole name of one": lambda: form(
        typed(surname=None), (replace(ALIYA, surname="", fields={}),), whole_name=True
    ),
    "1 a form of somebody who left and has no address": lambda: form(
        TYPED, (replace(ALIYA, emails=()),), suppressed_since={"news": NOW - DAY}
    ),
    "1 a form with a phone alone of somebody who left and has no address": lambda: form(
        typed(email=None, phone="+77010000001"), (replace(ALIYA, emails=()),), suppressed_since={"news": NOW - DAY}
    ),
    "3 yes in a stranger's thread": lambda: answer("yes", token("confirm", CHALLENGED), replies_to_stranger=True),
    "5 a whole update": lambda: case(UPDATE, token=token("ask", ASKED)),
    "5 a withdrawal instead": lambda: case(WITHDRAWAL, token=token("ask", ASKED)),
    "5 a phone in either language": lambda: case(claim(extract=PHONE, bilingual=True), token=token("ask", ASKED)),
    "5 a phone that was stated before": lambda: case(
        claim(extract=PHONE), token=token("ask", ASKED), earlier=replace(ASKED, fields=STORED)
    ),
    "5 a phone in a stranger's thread": lambda: case(
        claim(extract=PHONE), token=token("ask", ASKED), replies_to_stranger=True
    ),
    "5 a bare surname": lambda: case(claim(), token=token("ask", unclear("surname")), mail={"own_text": "Ким"}),
    "5 a bare day that has not come yet": lambda: case(
        claim(), token=token("ask", unclear("birth_date")), mail={"own_text": "24.11.2027"}
    ),
    "7 a person, please, from an address of nobody": lambda: answer("human", token("", APPLIED, **CHANGED), people=()),
    "7 a person, please, spelt otherwise": lambda: answer(
        "human", token("", APPLIED, address="ALIYA@example.com", **CHANGED)
    ),
    "7 undo of somebody who is gone": lambda: answer("undo", token("", APPLIED, person=None, **CHANGED)),
    "7 undo of a form": lambda: answer("undo", token("", request("form", "applied", undo_until=NOW + HOUR), **CHANGED)),
    "7 undo of what was changed since, from an address of nobody": lambda: answer(
        "undo", token("", replace(APPLIED, undo_clean=False), **CHANGED), people=()
    ),
    "11a at the end of its clock in shadow": lambda: case(
        UPDATE, now=NOW + 3 * DAY + 4 * HOUR - 6 * MINUTE, was_shadow=True
    ),
    "11b as old as the consent": lambda: case(UPDATE, people=(replace(ALIYA, consent_at=NOW),)),
    "12 an unsubscribe of who never had news": lambda: case(UNSUBSCRIBE, people=(replace(ALIYA, news=False),)),
    "12 an unsubscribe of who took the news again": lambda: case(UNSUBSCRIBE, suppressed=("news",)),
    "15a a second withdrawal in a dispute": lambda: case(WITHDRAWAL, people=(DISPUTED,), earlier=WITHDRAWN),
    "15a a second update of somebody stopped": lambda: case(UPDATE, people=(STOPPED,), earlier=APPLIED),
    "15b nothing, again": lambda: case(claim("update"), earlier=replace(ASKED, fields={})),
    "15b another update, proven, while one is asked": lambda: case(
        claim("update", EMAIL),
        earlier=replace(CHALLENGED, level="authenticated"),
        asked=frozenset(("Aliya@example.com",)),
    ),
    "15b another update, not proven, of what nobody is asked": lambda: case(
        claim("update", EMAIL), "none", earlier=CHALLENGED
    ),
    "23 access, by the law's clock": lambda: case(
        claim("access", rung="suggestion"), policy=ruled(clocks={"held": 30})
    ),
    "24 nearly an unsubscribe, for which the law has no clock": lambda: case(
        claim("unsubscribe", rung="suggestion"), policy=ruled(clocks={"held": 30})
    ),
    "1 a form with the day of birth on file": lambda: form(typed(birth_date="1990-05-05"), (ALIYA,)),
    "1 a form for news alone of somebody who withdrew": lambda: form(
        TYPED, purposes=("news",), suppressed_since={"processing": NOW - DAY}
    ),
    "3 yes in Kazakh to a request in Russian": lambda: case(
        claim(word="yes", language="kk"), "none", token=token("confirm", CHALLENGED)
    ),
    "3 yes in either language to a request in English": lambda: case(
        claim(word="yes", language="kk", bilingual=True),
        "none",
        token=token("confirm", replace(CHALLENGED, language="en")),
    ),
    "3 yes of a new address that nobody has, stopped meanwhile": lambda: answer(
        "yes", token("new_address", REPLACES, person=STOPPED, **NEW), people=()
    ),
    "3 yes of a proven new address, stopped meanwhile": lambda: answer(
        "yes", token("new_address", REPLACES, person=STOPPED, **NEW), "authenticated"
    ),
    "3 yes of a new address whose person is gone": lambda: answer(
        "yes", token("new_address", REPLACES, person=None, **NEW), people=()
    ),
    "3 yes to a phone for the old one": lambda: answer(
        "yes",
        token(
            "confirm",
            replace(CHALLENGED, fields={**STORED, "old": {"phone": ["+77010000001"]}}),
            person=TWO_PHONES,
        ),
    ),
    "3 yes to a phone with something unclear": lambda: answer(
        "yes",
        token(
            "confirm",
            replace(
                CHALLENGED,
                fields={**STORED, "unclear": [{"field": "birth_date", "text": "05.06.91", "why": "two_digit_year"}]},
            ),
        ),
    ),
    "3 yes to a form of somebody on file": lambda: answer("yes", token("confirm", FORMED)),
    "4 no to what was asked": lambda: answer("no", token("ask", ASKED)),
    "4 no to a withdrawal that is applied": lambda: answer(
        "no", token("confirm", replace(STOPPED_NEWS, state="applied"))
    ),
    "4 no to a withdrawal, by the new address": lambda: answer("no", token("new_address", STOPPED_NEWS)),
    "6 neither yes nor no of a new address": lambda: answer(None, token("new_address", REPLACES, **NEW)),
    "6 nothing, of what is held": lambda: answer(None, token("ask", replace(ASKED, state="held"))),
    "11b a change just a day ago": lambda: case(
        claim("update", EMAIL), people=(replace(ALIYA, address_changed_at=NOW - 24 * HOUR),)
    ),
    "11b a proven unsubscribe while many are not": lambda: case(UNSUBSCRIBE, news_stopped_unproven=MANY),
    "11b an unproven update while many unsubscribe": lambda: case(UPDATE, "none", news_stopped_unproven=MANY),
    "16 both phones that are on file": lambda: case(
        claim("update", Extract(fields={"phone": "+77010000001"}, phones=("+77010000001", "+77010000002"))),
        people=(TWO_PHONES,),
    ),
    "24 nearly a mark of nobody, not proven": lambda: case(claim("withdrawal", rung="suggestion"), "none", ()),
    "1 a form with another surname": lambda: form(typed(surname="Ким"), (ALIYA,)),
    "1 a form with the names the other way round": lambda: form(
        typed(surname="Әлия", given_name="Сәрсенова"), (ALIYA,)
    ),
    "1 a form with the surname as its only name": lambda: form(typed(surname=None, given_name="Сәрсенова"), (ALIYA,)),
    "1 a form with a whole name of three": lambda: form(
        typed(surname=None, given_name="Сәрсенова Әлия Болатқызы"), (ALIYA,), whole_name=True
    ),
    "1 a form with the first phone": lambda: form(typed(phone="+77019998877"), (replace(ALIYA, phones=()),)),
    "1 a form with another day of birth": lambda: form(typed(birth_date="1991-06-05"), (ALIYA,)),
    "1 a form for a shared address, one named": lambda: form(
        typed(surname="Петров", given_name="Борис"), (ALIYA, BORIS)
    ),
    "2 a button with a mark as typed": lambda: case(replace(BUTTON, rung="folded"), machine=AUTO),
    "2 a button with another wording": lambda: case(replace(BUTTON, rung="alias"), machine=AUTO),
    "3 yes to what is the earlier request": lambda: answer(
        "yes", token("confirm", CHALLENGED), earlier=replace(CHALLENGED, level="authenticated")
    ),
    "3 yes to an update of the address": lambda: answer(
        "yes",
        token(
            "confirm",
            replace(CHALLENGED, fields={"fields": {"email": "new@example.com"}, "emails": ["new@example.com"]}),
        ),
    ),
    "5 a bare day of birth, after midnight in Almaty": lambda: case(
        claim(),
        token=token("ask", replace(ASKED, fields={"unclear": [{"field": "birth_date", "text": "x", "why": "x"}]})),
        mail={"own_text": "24.11.2026"},
        received_at=NOW + 10 * HOUR + HOUR / 2,
        now=NOW + 11 * HOUR,
    ),
    "6 nothing, of what was applied in part": lambda: answer(None, token("ask", replace(ASKED, state="applied"))),
    "6 nothing, of what was refused": lambda: answer(None, token("ask", replace(ASKED, state="refused"))),
    "6 a second time, from an address of nobody": lambda: answer(
        None, token("confirm", CHALLENGED, asked_again=True), people=()
    ),
    "6 undo in answer to a receipt that asks": lambda: answer("undo", token("ask", APPLIED, role="receipt", **CHANGED)),
    "6 only news in answer to a receipt that asks": lambda: answer(
        "only_news", token("ask", WITHDRAWN, role="receipt", template="withdrawal-stopped")
    ),
    "6 a person, please, in answer to a receipt that asks": lambda: answer(
        "human", token("ask", APPLIED, role="receipt", **CHANGED)
    ),
    "7 undo by a notice": lambda: answer("undo", token("", APPLIED, role="notice", template="address-changed")),
    "7 undo by a repeat": lambda: answer("undo", token("", APPLIED, role="repeat", **CHANGED)),
    "7 a person, please, of what was received": lambda: answer(
        "human", token("", request("access", "left"), role="received")
    ),
    "7a undo of an unsubscribe, spelt otherwise": lambda: answer(
        "undo", token("", request("unsubscribe", "applied"), address="ALIYA@example.com")
    ),
    "7b a no with a used token": lambda: answer("no", token("confirm", CHALLENGED, is_open=False)),
    "7b a person, please, with a wrong token": lambda: case(claim(word="human"), wrong_tokens=1),
    "11 a death in answer to somebody else's question": lambda: case(
        claim(conflicts=("deceased",)), token=token("confirm", CHALLENGED, from_addressee=False)
    ),
    "15a a second withdrawal while something is owed by the register": lambda: case(
        WITHDRAWAL, people=(replace(OBLIGED, blocked="obligation"),), earlier=WITHDRAWN
    ),
    "15b what was asked, again at its end": lambda: case(UPDATE, earlier=replace(ASKED, fields=STORED, due_at=NOW)),
    "4 no of a new address to who has two": lambda: answer(
        "no", token("new_address", replace(REPLACES, address="Second@example.com"), address="new@example.com", **NEW)
    ),
    "5 a phone of what is half done, not proven": lambda: case(
        claim(extract=PHONE), "none", token=token("ask", replace(ASKED, state="applied"))
    ),
    "5 a phone without proof where a surname waits for the operator": lambda: case(
        claim(extract=PHONE), "none", token=token("ask", replace(ASKED, state="held", for_operator=("surname",)))
    ),
    "4 no to a phone where a surname waits for the operator": lambda: answer(
        "no", token("confirm", replace(CHALLENGED, state="held", open=("operator",), for_operator=("surname",)))
    ),
    "4 no of a new address where a person was asked for": lambda: answer(
        "no",
        token("new_address", replace(REPLACES, state="held", open=("operator",)), address="new@example.com", **NEW),
    ),
    "4 no of a new address where something unclear was asked, too": lambda: answer(
        "no",
        token(
            "new_address",
            replace(REPLACES, fields={**REPLACES.fields, "unclear": [{}]}),
            address="new@example.com",
            **NEW,
        ),
    ),
    "4 no of a named address to what a stranger asked": lambda: answer(
        "no", token("confirm", replace(CHALLENGED, state="held", person_id=None, open=("operator",)))
    ),
    "3 yes of a new address where a person was asked for": lambda: answer(
        "yes",
        token("new_address", replace(REPLACES, state="held", open=("operator",)), address="new@example.com", **NEW),
    ),
    "11 no wish to unsubscribe, too large": lambda: case(
        claim("unsubscribe", subject=replace(UNSUBSCRIBE.subject, rung="suggestion"), rung="suggestion"),
        mail={"complete": False},
    ),
    "11b an unsubscribe that is too large, without proof, when there were many": lambda: case(
        UNSUBSCRIBE, "none", news_stopped_unproven=MANY, mail={"complete": False}
    ),
    "11b a death in an unsubscribe without proof when there were many": lambda: case(
        claim("unsubscribe", conflicts=("deceased",)), "none", news_stopped_unproven=MANY
    ),
    "9 a photo that is too large, in answer to a receipt": lambda: case(
        claim(), token=token("", APPLIED), replies_to_us=True, mail={"complete": False}
    ),
    "2 our own trial mail": lambda: case(claim(), canary=True),
    "2a an order": lambda: case(claim(), digest=listed(ORDER)),
    "2a an order and something unread": lambda: case(claim(), digest=listed(ORDER, unread=("2 perhaps",))),
    "2a an order by who is not proven": lambda: case(claim(), "weak", digest=listed(ORDER)),
    "2a an order from an address that is not proven": lambda: case(claim(), digest=listed(ORDER, is_proven=False)),
    "2a thanks for the list": lambda: case(claim(), digest=listed()),
    "2a the proof of an address": lambda: case(claim(), "none", digest=listed(replace(ORDER, verb="yes"), proves=True)),
    "2a no proof of an address": lambda: case(claim("question"), digest=listed(ORDER, proves=True)),
    "2a an order from elsewhere": lambda: case(claim(), digest=listed(ORDER, from_addressee=False)),
    "2a an unsubscribe that quotes a list": lambda: case(UNSUBSCRIBE, digest=listed(from_addressee=False)),
    "11b one withdrawal too many": lambda: case(WITHDRAWAL, withdrawals_last_hour=POLICY.limits.withdrawals_per_hour),
    "11b the last withdrawal that may be": lambda: case(
        WITHDRAWAL, withdrawals_last_hour=POLICY.limits.withdrawals_per_hour - 1
    ),
    "11b an update among many withdrawals": lambda: case(
        UPDATE, withdrawals_last_hour=POLICY.limits.withdrawals_per_hour
    ),
    "3 yes to what has expired": lambda: answer("yes", token("confirm", replace(CHALLENGED, state="expired"))),
    "3 yes to what was closed": lambda: answer("yes", token("confirm", replace(CHALLENGED, state="ignored"))),
    "7 undo from elsewhere, by the token of a question": lambda: answer(
        "undo", token("confirm", APPLIED, from_addressee=False)
    ),
    "6 nothing, held for another, sooner": lambda: answer(
        None, token("confirm", replace(CHALLENGED, state="held", due_at=NOW + HOUR), asked_again=True)
    ),
    "16 a reply of what is held sooner": lambda: case(
        UPDATE, people=(DISPUTED,), token=token("", request("access", "held", due_at=NOW + HOUR))
    ),
    "22 an update of nobody without proof": lambda: case(UPDATE, "none", people=()),
    "17 an update without proof of a person": lambda: case(UPDATE, "none"),
    "18 a withdrawal and a question of data": lambda: case(claim("access"), "none", people=()),
    "4 no to a challenge that waits for the operator": lambda: answer(
        "no", token("confirm", replace(CHALLENGED, state="held", open=("operator",)))
    ),
    "6 a person, please, in answer to a challenge": lambda: answer("human", token("confirm", CHALLENGED)),
    "7 undo, from an address in other letters": lambda: answer(
        "undo", token("", APPLIED, address="ALIYA@example.com", **CHANGED)
    ),
    "15b better proof that is none yet, while a challenge is open": lambda: case(
        UPDATE, "weak", earlier=replace(CHALLENGED, fields={}), asked=frozenset({"Aliya@example.com"})
    ),
    "15b better proof that is none yet, of the same": lambda: case(
        UPDATE, "weak", earlier=CHALLENGED, asked=frozenset({"Aliya@example.com"})
    ),
    "16 no patronymic where none is on file": lambda: case(claim("update", Extract(fields={"patronymic": None}))),
    "6 yes to a question for data": lambda: answer("yes", token("ask", ASKED)),
    "6 a photo that is too large, in answer to a question": lambda: case(
        claim(), token=token("ask", ASKED), mail={"complete": False}
    ),
    "7a resubscribe of an address of two": lambda: case(claim(resubscribe=True), people=(ALIYA, BORIS)),
    "7a undo of an unsubscribe by somebody in dispute": lambda: answer(
        "undo", token("", request("unsubscribe", "applied")), people=(DISPUTED,)
    ),
    "9a too large, with two subjects": lambda: case(UNSUBSCRIBE, mail={"complete": False, "repeated": ("subject",)}),
    "11 an unsubscribe that is too large": lambda: case(UNSUBSCRIBE, mail={"complete": False}),
    "11 a representative's withdrawal, without proof, when there were many": lambda: case(
        claim("withdrawal", conflicts=("representative",)), "none", news_stopped_unproven=MANY
    ),
    "11b a withdrawal without proof when there were many": lambda: case(WITHDRAWAL, "none", news_stopped_unproven=MANY),
    "11b a proven withdrawal when there were many without proof": lambda: case(WITHDRAWAL, news_stopped_unproven=MANY),
    "11b two marks without proof when there were many": lambda: case(
        replace(UPDATE, second=UNSUBSCRIBE.subject), "weak", news_stopped_unproven=MANY
    ),
    "11b a representative's unsubscribe without proof when there were many": lambda: case(
        claim("unsubscribe", conflicts=("representative",)), "none", news_stopped_unproven=MANY
    ),
    "15b proven, what waits for a yes": lambda: case(
        UPDATE, earlier=replace(CHALLENGED, level="authenticated"), asked=frozenset({"Aliya@example.com"})
    ),
}


def shown(value: Any) -> str:
    """Return a value as decided.txt has it."""
    if isinstance(value, datetime):
        return f"{value.astimezone(ALMATY):%d.%m_%H:%M}"
    if isinstance(value, dict):
        return "{" + " ".join(f"{name}={shown(one)}" for name, one in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + " ".join(map(shown, value)) + "]"
    return {None: "-", True: "yes", False: "no", "": "''"}.get(value, str(value))


def told(decision: Decision) -> str:
    """Return a decision as decided.txt has it: whatever is not as it is by default."""
    plain = ("kind", "state", "request_id", "person_id", "due_at", "open", "pending", "tell_operator", "about")
    more = [f"{name}={shown(getattr(decision, name))}" for name in plain if getattr(decision, name)]
    lines = [" ".join([decision.outcome, decision.row, decision.reason, *more])]
    lines += [f"  {one.verb} {shown(one.args)}" for one in decision.effects]
    for owed in decision.owed:
        how = [owed.role, owed.to, owed.language, *([f"waits_for={owed.waits_for}"] if owed.waits_for else [])]
        how += [word for word, is_so in (("unproven", not owed.proven), ("unthreaded", not owed.threads)) if is_so]
        lines.append(f"  > {owed.template} {' '.join(how)} {shown(owed.values)}")
    return "\n".join(lines)


def expected() -> dict[str, str]:
    """Return decided.txt: what each case comes to."""
    blocks = FILE.read_text("utf-8").strip().split("\n\n")
    return {name.removeprefix("# "): text for name, _, text in (block.partition("\n") for block in blocks)}


DECIDED = expected() if FILE.exists() else {}


@pytest.mark.parametrize("name", CASES)
def test_a_row_decides_as_it_is_written(name: str) -> None:
    assert told(decide(CASES[name]())) == DECIDED[name]


def test_each_case_is_written_down() -> None:
    assert list(DECIDED) == list(CASES)
