"""Everything the store holds of a person, out of it and into it again. The file's shape is operating/archive.py's."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from mailbot.store import effects, people, requests, whom
from mailbot.store.consent_tables import Consent, Obligation
from mailbot.store.tables import FormerAddress, Person, Request, Suppression
from mailbot.store.transaction import Transaction

CONSENT = ("purpose", "given_at", "source", "given_by", "policy_version", "withdrawn_at", "proof", "octets")
OBLIGATION = ("until", "opened_at", "closed_at")
SUPPRESSION = ("key", "purpose", "since", "until")
_consent: Any = Consent.__table__  # type: ignore[attr-defined]
_obligation: Any = Obligation.__table__  # type: ignore[attr-defined]
_suppression: Any = Suppression.__table__  # type: ignore[attr-defined]
_former: Any = FormerAddress.__table__  # type: ignore[attr-defined]


def person(unit: Transaction, row: Any) -> dict[str, Any]:
    """Return all that is held of a person, times and octets as they are."""
    connection = unit.connection
    former = sa.select(_former.c.key).where(_former.c.person_id == row.id)
    obligations = sa.select(_obligation).where(_obligation.c.person_id == row.id).order_by(_obligation.c.id)
    consents = people.consent_rows(connection, row.id)
    return {
        "surname": row.surname, "given_name": row.given_name, "patronymic": row.patronymic,
        "birth_date": row.birth_date, "birth_place": row.birth_place, "emails": people.addresses(connection, row.id),
        "phones": people.phones(connection, row.id), "created_at": row.created_at, "blocked": row.blocked,
        "disputed": row.disputed, "changed_fields": row.changed_fields,
        "consents": [{name: getattr(c, name) for name in CONSENT} for c in consents],
        "obligations": [{name: getattr(o, name) for name in OBLIGATION} for o in connection.execute(obligations)],
        "former": sorted(connection.execute(former).scalars()), "places": whom.ids_of(connection, row.id),
    }  # fmt: skip


def suppressions(unit: Transaction) -> Iterator[dict[str, Any]]:
    """Yield every suppression: keyed hash, purpose, since, until."""
    for row in unit.connection.execute(sa.select(_suppression).order_by(_suppression.c.id)):
        yield {name: getattr(row, name) for name in SUPPRESSION}


def suppress(unit: Transaction, values: dict[str, Any]) -> None:
    """Write a suppression as it was; one that is here already is never shortened. Raises KeyError, ValueError."""
    if values["purpose"] not in ("news", "processing") or len(values["key"]) != 64:
        raise ValueError
    effects.suppress_key(unit, values["key"], values["purpose"], _time(values["until"]))
    mine = sa.and_(_suppression.c.key == values["key"], _suppression.c.purpose == values["purpose"])
    new_here = sa.and_(mine, _suppression.c.since == unit.now)
    unit.connection.execute(sa.update(_suppression).where(new_here).values(since=_time(values["since"])))


def complete(unit: Transaction, person_id: str, values: dict[str, Any]) -> None:
    """Write all that a row of a CSV has no column for, in the place of what the row brought.

    Raises KeyError, TypeError, ValueError where a value is missing or of a wrong kind.
    """
    for table in (_consent, _obligation):
        unit.connection.execute(sa.delete(table).where(table.c.person_id == person_id))
    for each in values["consents"]:
        octets = base64.b64decode(each["octets"], validate=True) if each["octets"] else None
        times = {name: _time(each[name]) for name in ("given_at", "withdrawn_at")}
        text = {name: each[name] for name in ("purpose", "source", "policy_version", "proof")}
        text["given_by"] = each.get("given_by")  # an archive of an earlier version has none
        unit.insert(Consent, person_id=person_id, withdrawn_by="", octets=octets, **text, **times)
    for each in values["obligations"]:
        until = date.fromisoformat(each["until"]) if each["until"] else None
        times = {name: _time(each[name]) for name in ("opened_at", "closed_at")}
        unit.insert(Obligation, person_id=person_id, until=until, **times)
    for key in values["former"]:
        unit.insert(FormerAddress, person_id=person_id, key=str(key))
    for place, value in values["places"].items():
        whom.note_id(unit, person_id, place, str(value))
    blocked = "obligation" if values["blocked"] == "obligation" else ""
    unit.update(
        Person, person_id, blocked=blocked, disputed=bool(values["disputed"]), patronymic=values["patronymic"],
        changed_fields=[str(name) for name in values["changed_fields"]], created_at=_time(values["created_at"]),
    )  # fmt: skip
    if blocked:
        _wait_for_obligation(unit, person_id)


def _wait_for_obligation(unit: Transaction, person_id: str) -> None:
    """Open the withdrawal that an obligation holds back: closed, it goes on to the destruction."""
    number = requests.open_journal(unit, kind="withdrawal", reason="obligation_open")
    unit.update(Request, number, person_id=person_id, open=["obligations"], closed_at=None, told_at=unit.now)


def _time(text: str | None) -> datetime | None:
    if text is None:
        return None
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError
    return at
