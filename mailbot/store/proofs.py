"""Proofs of destructions, kept and let go of; and what the evidence of one request is gathered from. No rule here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from mailbot.store import chain, copies, journal, owned
from mailbot.store.consent_tables import Consent
from mailbot.store.event_tables import Event
from mailbot.store.keys import Keys
from mailbot.store.proof_tables import Proof
from mailbot.store.tables import Mail, Person, Request, Suppression
from mailbot.store.transaction import Transaction

BUILT = ("proof_built", "proof_sealed")
STALE = timedelta(days=1)  # an erasure that did not follow for so long was called off
_proof: Any = Proof.__table__  # type: ignore[attr-defined]
_mail: Any = Mail.__table__  # type: ignore[attr-defined]
_event: Any = Event.__table__  # type: ignore[attr-defined]
_person: Any = Person.__table__  # type: ignore[attr-defined]
_request: Any = Request.__table__  # type: ignore[attr-defined]
_consent: Any = Consent.__table__  # type: ignore[attr-defined]
_suppression: Any = Suppression.__table__  # type: ignore[attr-defined]
_LIGHT = [column for column in _proof.c if column.name != "sealed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """A zip that was built before a person is erased."""

    person_id: str
    numbers: tuple[str, ...]  # the requests that it is about
    sha256: str
    sealed: bytes | None  # None: the hash alone is kept


# ---- kept and let go of ------------------------------------------------------------------------------------------


def of(connection: sa.Connection, person_id: str | None) -> Any | None:
    """Return what is known of a person's proof, `is_sealed` for its octets; None where none was built."""
    sealed = _proof.c.sealed.is_not(None).label("is_sealed")
    return connection.execute(sa.select(*_LIGHT, sealed).where(_proof.c.person_id == person_id)).first()


def is_whole(connection: sa.Connection, keys: Keys, person_id: str) -> bool:
    """Tell whether a person's proof speaks of every request there is, and nothing happened since it was built."""
    proof = of(connection, person_id)
    if proof is None:
        return False
    numbers = numbers_of(connection, keys, person_id)
    built = sa.and_(_event.c.what.in_(BUILT), _event.c.reason == proof.sha256, _event.c.person_id == person_id)
    rows = connection.execute(sa.select(_event.c.id, _event.c.request_id).where(built)).all()
    if {row.request_id for row in rows if row.request_id} != set(numbers):
        return False
    about = sa.or_(_event.c.person_id == person_id, _event.c.request_id.in_(numbers))
    since = sa.and_(about, _event.c.id > max((row.id for row in rows), default=0))
    return connection.execute(sa.select(_event.c.id).where(since).limit(1)).first() is None


def octets(connection: sa.Connection, person_id: str | None) -> bytes | None:
    """Return the sealed octets of a person's proof; None where none are kept."""
    found: bytes | None = connection.execute(sa.select(_proof.c.sealed).where(_proof.c.person_id == person_id)).scalar()
    return found


def keep(unit: Transaction, built: Built) -> None:
    """Write a proof, in the place of an earlier one, and for each request it is about an event that bears its hash.

    Nothing where another process was quicker: with a proof that says everything, or with the erasure too.
    """
    here = sa.select(_person.c.id).where(_person.c.id == built.person_id).with_for_update()
    if unit.connection.execute(here).first() is None or is_whole(unit.connection, unit.keys, built.person_id):
        return
    unit.connection.execute(sa.delete(_proof).where(_proof.c.person_id == built.person_id))
    unit.insert(Proof, person_id=built.person_id, sha256=built.sha256, built_at=unit.now, sealed=built.sealed)
    what = "proof_sealed" if built.sealed is not None else "proof_built"
    for number in built.numbers or ("",):
        unit.request_id = number
        unit.event(what, built.sha256, person_id=built.person_id)
    unit.request_id = ""


def note(unit: Transaction, proof: Any) -> None:
    """Write the event for a request that was opened after the zip had been built."""
    unit.event("proof_sealed" if proof.is_sealed else "proof_built", proof.sha256, person_id=proof.person_id)


def follow(unit: Transaction, person_id: str, until: datetime | None) -> None:
    """Note that the erasure followed, and how long the sealed octets are kept."""
    unit.update(Proof, person_id, destroyed_at=unit.now, until=until)


def lapse(unit: Transaction) -> None:
    """Let go of sealed octets whose time is over, and of proofs whose erasure was called off."""
    over = sa.and_(_proof.c.sealed.is_not(None), _proof.c.until <= unit.now)
    for row in unit.connection.execute(sa.select(*_LIGHT).where(over)).all():
        unit.update(Proof, row.person_id, sealed=None, removed_at=unit.now)
        unit.event("proof_removed", row.sha256, person_id=row.person_id)
        unit.owe_scrub()
    for row in _called_off(unit):
        unit.connection.execute(sa.delete(_proof).where(_proof.c.person_id == row.person_id))
        unit.event("proof_dropped", row.sha256, person_id=row.person_id)
        unit.owe_scrub()


def _called_off(unit: Transaction) -> list[Any]:
    """Return the proofs of people who are on file, in no dispute, and whose stop was taken back."""
    old = sa.and_(_proof.c.destroyed_at.is_(None), _proof.c.built_at < unit.now - STALE)
    back = sa.and_(_person.c.id == _proof.c.person_id, _person.c.blocked == "", _person.c.disputed.is_(False))
    return list(unit.connection.execute(sa.select(*_LIGHT).where(old, sa.exists().where(back))).all())


def sealed_under(connection: sa.Connection, numbers: Sequence[str]) -> list[Any]:
    """Return since when and until when proofs are kept sealed that were built under one of these requests."""
    built = sa.and_(_event.c.request_id.in_(numbers), _event.c.what.in_(("proof_built", "proof_sealed")))
    theirs = sa.and_(_proof.c.sealed.is_not(None), _proof.c.person_id.in_(sa.select(_event.c.person_id).where(built)))
    return list(connection.execute(sa.select(_proof.c.built_at, _proof.c.until).where(theirs)))


def count_sealed(connection: sa.Connection) -> int:
    """Return how many sealed proofs are kept."""
    query = sa.select(sa.func.count()).select_from(_proof).where(_proof.c.sealed.is_not(None))
    return int(connection.execute(query).scalar_one())


# ---- what evidence is gathered from ------------------------------------------------------------------------------


def numbers_of(connection: sa.Connection, keys: Keys, person_id: str) -> list[str]:
    """Return the numbers of whatever a person asked or wrote, and of nobody's from their addresses; oldest first."""
    own = owned.of(connection, keys, person_id)
    numbers = [*owned.requests(connection, own), *owned.written(connection, own)]
    rows = sa.select(_request.c.id).where(_request.c.id.in_(numbers)).order_by(_request.c.received_at, _request.c.id)
    return list(connection.execute(rows).scalars())


def is_gone(connection: sa.Connection, row: Any) -> bool:
    """Tell whether the person of a request was destroyed."""
    if row.reason == "destroyed":
        return True
    if row.person_id is not None:
        return connection.execute(sa.select(_person.c.id).where(_person.c.id == row.person_id)).first() is None
    built = sa.and_(_event.c.request_id == row.id, _event.c.what.in_(BUILT))
    return not row.address and connection.execute(sa.select(_event.c.id).where(built)).first() is not None


def person_of(connection: sa.Connection, row: Any) -> str | None:
    """Return whose proof speaks of a request: its person, or that of the event which bears the hash."""
    if row.person_id is not None:
        return str(row.person_id)
    built = sa.and_(_event.c.request_id == row.id, _event.c.what.in_(BUILT))
    found: str | None = connection.execute(sa.select(_event.c.person_id).where(built).limit(1)).scalar()
    return found


def mails(connection: sa.Connection, numbers: Sequence[str]) -> list[Any]:
    """Return the ledger's rows of requests, with the Message-ID of the mail where it is still known."""
    query = sa.select(_mail, copies.own_id).join(_request, _request.c.id == _mail.c.request_id)
    return list(connection.execute(query.where(_mail.c.request_id.in_(numbers)).order_by(_mail.c.id)))


def events(connection: sa.Connection, number: str) -> list[tuple[Any, str | None]]:
    """Return the events of a request, oldest first, each with the link that it rests on."""
    return [
        (row, chain.link_at(connection, row.position - 1) if (row.position or 0) > 1 else None)
        for row in journal.events(connection, number)
    ]


def consents(connection: sa.Connection, person_id: str | None) -> list[Any]:
    """Return the consents of a person, oldest first, whole."""
    query = sa.select(_consent).where(_consent.c.person_id == person_id).order_by(_consent.c.id)
    return list(connection.execute(query)) if person_id else []


def address_hashes(connection: sa.Connection, number: str) -> list[str]:
    """Return the keyed hashes of the addresses that a request suppressed."""
    query = sa.select(_suppression.c.key).where(_suppression.c.request_id == number).order_by(_suppression.c.id)
    return list(dict.fromkeys(connection.execute(query).scalars()))
