"""Forms of the site in the store: whom one speaks of, the person it brings in, its consents. No rule stands here.

What a person consented to by a form is proven by the hash of its mail, perhaps by the mail itself; both leave with
the person, and the mail already with the consent (law, art. 25(2)(5)).
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from mailbot.reading.address import address_key
from mailbot.reading.claim import Submission
from mailbot.store import effects, forgets, owned, people
from mailbot.store.consent_tables import Consent
from mailbot.store.engine import lock
from mailbot.store.keys import sha256
from mailbot.store.tables import Address, Person, Question, Reply, Request, Suppression
from mailbot.store.transaction import Transaction

if TYPE_CHECKING:
    from mailbot.deciding.facts import Facts, PersonFacts

PLAIN = ("surname", "given_name", "patronymic", "birth_date", "birth_place")
_consent: Any = Consent.__table__  # type: ignore[attr-defined]
_question: Any = Question.__table__  # type: ignore[attr-defined]
_reply: Any = Reply.__table__  # type: ignore[attr-defined]
_suppression: Any = Suppression.__table__  # type: ignore[attr-defined]


def facts(unit: Transaction, typed: Submission) -> Facts:
    """Return what the store knows of the address that was typed, or of the phone where there is none."""
    from mailbot.deciding.facts import Facts

    assert unit.raw is not None
    email = typed.extract.fields.get("email") or ""
    lock(unit.connection, unit.keys.suppression(email or ";".join(typed.extract.phones)))
    ids = people.ids_at(unit.connection, email) if email else _by_phone(unit, typed)
    if email and not ids:  # an address that somebody had before is still that person's
        ids = people.ids_formerly_at(unit.connection, unit.keys.suppression(email))
    found = tuple(person for i in ids if (person := people.facts(unit.connection, i)) is not None)
    since = _left_since(unit, email, found)
    return Facts(now=unit.now, received_at=unit.raw.received_at, people=found, suppressed_since=since)


def _by_phone(unit: Transaction, typed: Submission) -> list[str]:
    """Return who is on file with that phone and that name: a phone alone tells nobody."""
    from mailbot.deciding.forms import name_words, typed_words

    wanted = typed_words(typed)
    ids = [i for number in typed.extract.phones for i in people.ids_by_phone(unit.connection, number)]

    def is_same(person: PersonFacts | None) -> bool:
        return person is not None and name_words(person.surname, person.given_name) == wanted

    return [i for i in dict.fromkeys(ids) if is_same(people.facts(unit.connection, i))]


def _left_since(unit: Transaction, email: str, found: tuple[PersonFacts, ...]) -> dict[str, datetime]:
    """Return since when each purpose is ended at any address of these people, or by the last consent withdrawn."""
    query = sa.select(_suppression.c.purpose, _suppression.c.since).where(
        _suppression.c.key.in_(_keys(unit, email, *(person.id for person in found))),
        sa.or_(_suppression.c.until.is_(None), _suppression.c.until > unit.now),
    )
    ended = [(row.purpose, row.since) for row in unit.connection.execute(query)]
    for person in found:
        rows = people.consent_rows(unit.connection, person.id)
        open_ = {row.purpose for row in rows if row.withdrawn_at is None}
        ended += [(row.purpose, row.withdrawn_at) for row in rows if row.purpose not in open_]
    return {purpose: max(at for each, at in ended if each == purpose) for purpose, _ in ended}


def _keys(unit: Transaction, email: str, *ids: str) -> list[str]:
    """Return the keyed hashes of an address and of every address that these people have or had."""
    on_file = [addr for person_id in ids for addr in people.addresses(unit.connection, person_id)]
    former = [key for person_id in ids for key in people.former(unit.connection, person_id)]
    return [*(unit.keys.suppression(addr) for addr in (email, *on_file) if addr), *former]


def take_form(unit: Transaction, typed: dict[str, Any], person_id: str | None, lift: str = "") -> None:
    """Create or complete the person of a form and record the consents; `lift` is an address that came back."""
    for purpose in typed["purposes"] if lift else ():
        effects.lift_keys(unit, _keys(unit, lift, *([person_id] if person_id else [])), purpose, person_id or "")
        unit.event("suppression_ended", f"{purpose}_confirmed_by_mail")
    known = person_id if person_id is not None else _create(unit, typed)
    if person_id is not None:
        _fill(unit, known, typed)
    for purpose in typed["purposes"]:
        _consented(unit, known, purpose, typed)
    unit.update(Request, unit.request_id, person_id=known)
    request = unit.row(Request, unit.request_id)
    if "operator" not in request.open:
        forget_form(unit, unit.request_id)


def _create(unit: Transaction, typed: dict[str, Any]) -> str:
    person_id, fields = unit.new_id(26), typed["fields"]
    unit.insert(
        Person, id=person_id, surname=fields.get("surname") or "", given_name=fields.get("given_name") or "",
        patronymic=None, birth_place="", blocked="", disputed=False, changed_fields=[], created_at=unit.now,
    )  # fmt: skip
    people.set_fields(unit.connection, person_id, {n: fields[n] for n in PLAIN if fields.get(n)})
    people.set_fields(unit.connection, person_id, {"phones": typed["phones"]})
    for place, addr in enumerate(typed["emails"][:1]):
        unit.insert(Address, person_id=person_id, addr=addr, key=address_key(addr), position=place)
    owned.claim(unit, typed["emails"][:1])
    unit.event("person_added", "form", person_id=person_id)
    return person_id


def _fill(unit: Transaction, person_id: str, typed: dict[str, Any]) -> None:
    """Write what the register does not know yet; what it knows stays as it is."""
    old = people.fields_of(unit.connection, person_id)
    if typed["whole_name"] and (old["surname"] or old["given_name"]):
        typed = {**typed, "fields": {**typed["fields"], "given_name": None}}
    values = {n: typed["fields"][n] for n in PLAIN if typed["fields"].get(n) and not old[n] and old[n] != ""}
    values |= {n: typed["fields"][n] for n in PLAIN if n != "patronymic" and typed["fields"].get(n) and old[n] == ""}
    if typed["phones"] and not old["phones"]:
        values["phones"] = typed["phones"]
    if values:
        people.set_fields(unit.connection, person_id, values)


def _consented(unit: Transaction, person_id: str, purpose: str, typed: dict[str, Any]) -> None:
    """Record a consent, or prove one that has no time; one that is older than what is known changes nothing."""
    at, proof, octets = _evidence(unit, typed)
    rows = people.consent_rows(unit.connection, person_id, purpose)
    if any(row.withdrawn_at is not None and row.withdrawn_at >= at for row in rows):
        return
    values = {
        "given_at": at, "source": f"form {typed['form']}", "given_by": "form", "policy_version": typed["version"],
        "proof": proof,
        "octets": octets if typed["keep_mail"] else None,
    }  # fmt: skip
    open_ = [row for row in rows if row.withdrawn_at is None]
    unproven = [row.id for row in open_ if row.given_at is None]
    if unproven:
        unit.connection.execute(sa.update(_consent).where(_consent.c.id.in_(unproven)).values(**values))
    elif not any(row.given_at >= at for row in open_):
        people.add_consent(unit.connection, person_id, purpose=purpose, **values)


def _evidence(unit: Transaction, typed: dict[str, Any]) -> tuple[datetime, str, bytes | None]:
    """Return time, hash and octets of what gave the consent; of a form that the operator released its time and hash."""
    if unit.raw is None:
        return unit.row(Request, unit.request_id).received_at, typed["proof"], None
    given = unit.raw.posted or unit.raw.octets
    return unit.raw.received_at, sha256(given), given


def forget_form(unit: Transaction, request_id: str) -> None:
    """Forget what was typed: the register has it, or nobody wants it there."""
    request = unit.row(Request, request_id)
    unit.update(Request, request_id, fields={})
    if request.person_id is not None:
        return
    blank = {"address": "", "address_key": ""}
    unit.update(Request, request_id, **blank)
    unit.connection.execute(sa.update(_question).where(_question.c.request_id == request_id).values(**blank))
    mine = sa.and_(
        _reply.c.request_id == request_id, sa.or_(_reply.c.sent_at.is_not(None), _reply.c.gave_up_at.is_not(None))
    )
    for reply_id in list(unit.connection.execute(sa.select(_reply.c.id).where(mine)).scalars()):
        forgets.forget_reply(unit, reply_id)
