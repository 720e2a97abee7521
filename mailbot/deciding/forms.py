"""Row 1: what somebody typed into a form of the site. A person is created or completed; the form is never answered.

Anybody can type a stranger's address into a form. So nothing on file is overwritten, and who left is asked first: by
a mail to that address alone. Pure.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from mailbot.deciding.case import Case, answer_by
from mailbot.deciding.decision import Decision, Effect, Owed
from mailbot.deciding.facts import PersonFacts, RequestFacts, TokenFacts
from mailbot.reading.address import address_key
from mailbot.reading.claim import Submission
from mailbot.reading.fold import fold

_NAMES = ("surname", "given_name")
_BLOCKED = {"withdrawal": "person_stopped", "obligation": "person_stopped", "dispute": "person_blocked"}


def row_1(case: Case) -> Decision | None:
    """A form of the site, from its configured sender; None for any other mail."""
    typed = case.claim.submission
    if typed is None:
        return None
    email = typed.extract.fields.get("email") or ""
    if not (email or typed.extract.phones) or any(one.field == "email" for one in typed.extract.unclear):
        return _held(case, "form_unreadable", email)
    if not typed.purposes:  # a box of consent that was left empty
        return Decision(outcome="ignore", row="1", reason="form_no_consent", kind="form", state="ignored")
    ended = {*typed.purposes, "processing"}
    left = [since for purpose, since in case.facts.suppressed_since.items() if purpose in ended]
    if any(since >= case.facts.received_at for since in left):
        return Decision(outcome="ignore", row="1", reason="form_outdated", kind="form", state="ignored")
    person = _whose(case, typed)
    if person is None and len(case.facts.people) > 1:
        return _held(case, "shared_address", email)
    if person is not None and person.blocked:
        return _held(case, _BLOCKED[person.blocked], email)
    if person is not None and _is_somebody_else(typed, person):
        return _held(case, "form_differs", email)  # no consent of the one on file, and none of the other there
    return _asked(case, typed, email, person) if left else _taken(case, typed, email, person)


def _whose(case: Case, typed: Submission) -> PersonFacts | None:
    """Return the person on file whom the form speaks of: the only one there, or the one of that name."""
    people = case.facts.people
    if len(people) <= 1:
        return people[0] if people else None
    same = [person for person in people if name_words(person.surname, person.given_name) == typed_words(typed)]
    return same[0] if len(same) == 1 else None


def _is_somebody_else(typed: Submission, person: PersonFacts) -> bool:
    """Tell whether the name that was typed shares no word with the one on file: another person, or a joke."""
    on_file = name_words(person.surname, person.given_name)
    named = typed.extract.fields.get("given_name") and on_file  # a surname alone may be a new one
    return bool(named) and not set(typed_words(typed)) & set(on_file)


def _held(case: Case, reason: str, email: str) -> Decision:
    person = case.person
    return Decision(
        outcome="hold", row="1", reason=reason, kind="form", state="held", due_at=case.due(), open=("operator",),
        person_id=person.id if person else None, tell_operator=True, about=email,
    )  # fmt: skip


def _asked(case: Case, typed: Submission, email: str, person: PersonFacts | None) -> Decision:
    """Somebody who left has an address that was typed: one question to it, and nothing before its yes.

    Where it is on file no more, or was not typed at all, the address on file is asked.
    """
    if person is not None and address_key(email) not in {address_key(addr) for addr in person.emails}:
        email = person.emails[0] if person.emails else email
    if not email:
        return _held(case, "form_asked", email)
    values = {"due_at": answer_by(case), "asked_at": case.facts.received_at, "news": "news" in typed.purposes}
    question = Owed(
        template="form-question", role="question", to=email, language="kk+ru", values=values, waits_for="confirm",
        proven=False, threads=False,
    )  # fmt: skip
    return Decision(
        outcome="challenge", row="1", reason="form_asked", kind="form", state="challenged", due_at=case.due(),
        owed=(question,), person_id=person.id if person else None, about=email,
    )  # fmt: skip


def _taken(case: Case, typed: Submission, email: str, person: PersonFacts | None) -> Decision:
    differs = _differs(typed, person)
    pending = tuple((name, "operator") for name in differs)
    take = Effect(verb="take_form", args={"typed": as_stored(typed), "person_id": person.id if person else None})
    return Decision(
        outcome="apply", row="1", reason="form_differs" if pending else "form", kind="form", state="applied",
        person_id=person.id if person else None, effects=(take,), pending=pending, about=email,
        open=("operator",) if pending else (), due_at=case.due() if pending else None, tell_operator=bool(pending),
    )  # fmt: skip


def name_words(*names: str | None) -> list[str]:
    """Return the folded words of a name, sorted: forms and lists do not agree on what comes first."""
    return sorted(fold(" ".join(name or "" for name in names)).split())


def typed_words(typed: Submission) -> list[str]:
    """Return the words of surname and given name as they were typed."""
    return name_words(*(typed.extract.fields.get(part) for part in _NAMES))


def _differs(typed: Submission, person: PersonFacts | None) -> list[str]:
    """Return the fields that the form states otherwise than the register, or in a way that can't be taken."""
    found = [one.field for one in typed.extract.unclear]
    if person is not None:
        names = name_words(person.surname, person.given_name)
        same = names == typed_words(typed)
        if typed.whole_name and names and not same:
            found.append("surname")
        passed = _NAMES if same or typed.whole_name else ()
        found += [n for n, value in typed.extract.fields.items() if n not in passed and _is_other(n, value, person)]
    return list(dict.fromkeys(found))


def _is_other(name: str, value: str | None, person: PersonFacts) -> bool:
    if name == "phone":
        return bool(person.phones) and value not in person.phones
    on_file = person.fields.get(name) if name != "email" else None
    return bool(on_file) and fold(str(on_file)) != fold(value or "")


def as_stored(typed: Submission) -> dict[str, Any]:
    """Return a submission as plain values: what a later yes, or the operator, carries out."""
    extract = typed.extract
    return {
        "form": typed.form, "version": typed.version, "purposes": list(typed.purposes), "keep_mail": typed.keep_mail,
        "whole_name": typed.whole_name,
        "fields": dict(extract.fields), "emails": list(extract.emails), "phones": list(extract.phones),
    }  # fmt: skip


def confirmed(case: Case, token: TokenFacts, close: Effect) -> Decision:
    """Row 3 for a form: the address that had left says yes; this mail is the new consent."""
    request: RequestFacts = token.request
    person = case.person
    reason = _BLOCKED[person.blocked] if person is not None and person.blocked else ""
    if reason or len(case.facts.people) > 1:
        held = _held(case, reason or "shared_address", token.address)
        return replace(held, row="3", kind="answer", request_id=request.id, effects=(close,), about="")
    args = {"typed": request.fields["submission"], "person_id": person.id if person else None, "lift": token.address}
    owed = Owed(template="form-taken", role="receipt", to=token.address, language=case.language)
    return Decision(
        outcome="apply", row="3", reason="confirmed", kind="answer", state="applied", request_id=request.id,
        person_id=person.id if person else None, effects=(close, Effect(verb="take_form", args=args)), owed=(owed,),
    )  # fmt: skip
