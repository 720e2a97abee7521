"""Who must not be mailed: looked up for many addresses at once. Reads alone; no rule of a list stands here."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from mailbot.reading.address import address_key
from mailbot.store.consent_tables import Consent
from mailbot.store.tables import Address, Person, Suppression
from mailbot.store.transaction import Transaction

_address: Any = Address.__table__  # type: ignore[attr-defined]
_person: Any = Person.__table__  # type: ignore[attr-defined]
_consent: Any = Consent.__table__  # type: ignore[attr-defined]
_suppression: Any = Suppression.__table__  # type: ignore[attr-defined]
UNKNOWN = "unknown"


def why_not(unit: Transaction, addresses: Iterable[str]) -> dict[str, str]:
    """Return for each address key why it must not be mailed: a word, "" where it may, `unknown` where nothing is held.

    The words: left (withdrew or destroyed), unsubscribed, blocked, no_consent, unproven. At most 500 addresses.
    """
    spelled = {address_key(addr): addr for addr in addresses}
    said = dict.fromkeys(spelled, UNKNOWN)
    people: dict[str, list[tuple[str, bool]]] = {}
    query = (
        sa.select(_address.c.key, _person.c.id, _person.c.blocked, _person.c.disputed)
        .join(_person, _person.c.id == _address.c.person_id)
        .where(_address.c.key.in_(list(spelled)))
    )
    for row in unit.connection.execute(query):
        people.setdefault(row.key, []).append((row.id, bool(row.blocked or row.disputed)))
    open_ = _open_consents(unit, [i for found in people.values() for i, _ in found])
    for key, found in people.items():
        said[key] = _of_people(found, open_)
    for key, purposes in _suppressed(unit, spelled).items():
        if said[key] != "blocked":
            said[key] = "left" if "processing" in purposes else "unsubscribed"
    return said


def _of_people(found: list[tuple[str, bool]], open_: dict[tuple[str, str], bool]) -> str:
    """Return "" where somebody at the address may be mailed and nobody is blocked; else the reason."""
    if any(blocked for _, blocked in found):
        return "blocked"
    consents = [(open_.get((i, "processing")), open_.get((i, "news"))) for i, _ in found]
    if any(processing and news for processing, news in consents):
        return ""
    return "unproven" if any(None not in pair for pair in consents) else "no_consent"


def _open_consents(unit: Transaction, ids: list[str]) -> dict[tuple[str, str], bool]:
    """Return for (person, purpose) with an open consent whether it has a time."""
    query = sa.select(_consent.c.person_id, _consent.c.purpose, _consent.c.given_at).where(
        _consent.c.person_id.in_(ids), _consent.c.withdrawn_at.is_(None)
    )
    found: dict[tuple[str, str], bool] = {}
    for row in unit.connection.execute(query):
        place = (row.person_id, row.purpose)
        found[place] = found.get(place, False) or row.given_at is not None
    return found


def _suppressed(unit: Transaction, spelled: dict[str, str]) -> dict[str, set[str]]:
    """Return the purposes for which each address is suppressed now."""
    keys = {unit.keys.suppression(addr): key for key, addr in spelled.items()}
    query = sa.select(_suppression.c.key, _suppression.c.purpose).where(
        _suppression.c.key.in_(list(keys)), sa.or_(_suppression.c.until.is_(None), _suppression.c.until > unit.now)
    )
    found: dict[str, set[str]] = {}
    for row in unit.connection.execute(query):
        found.setdefault(keys[row.key], set()).add(row.purpose)
    return found
