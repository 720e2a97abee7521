"""People on file: looked up by address, shown, written. Core queries alone; no rule stands here."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from mailbot.reading.address import address_key
from mailbot.store.consent_tables import Consent, Obligation
from mailbot.store.tables import Address, FormerAddress, Person, Phone

if TYPE_CHECKING:
    from mailbot.deciding.facts import PersonFacts

SHARED = 3  # other people at whom the same words stand: then they name nobody
PLAIN = ("surname", "given_name", "patronymic", "birth_date", "birth_place")
_person: Any = Person.__table__  # type: ignore[attr-defined]
_address: Any = Address.__table__  # type: ignore[attr-defined]
_phone: Any = Phone.__table__  # type: ignore[attr-defined]
_consent: Any = Consent.__table__  # type: ignore[attr-defined]
_former: Any = FormerAddress.__table__  # type: ignore[attr-defined]
_obligation: Any = Obligation.__table__  # type: ignore[attr-defined]
_who: Any = sa.bindparam("person_id")
_AT = sa.select(_address.c.person_id).where(_address.c.key == sa.bindparam("key")).order_by(_address.c.id)
_ADDRESSES = sa.select(_address.c.addr).where(_address.c.person_id == _who).order_by(_address.c.position, _address.c.id)
_PHONES = sa.select(_phone.c.number).where(_phone.c.person_id == _who).order_by(_phone.c.position, _phone.c.id)
_CONTACTS = sa.union_all(
    sa.select(_address.c.addr, sa.null().label("number"), _address.c.position, _address.c.id)
    .where(_address.c.person_id == _who),
    sa.select(sa.null(), _phone.c.number, _phone.c.position, _phone.c.id).where(_phone.c.person_id == _who),
).order_by("position", "id")  # fmt: skip
_PERSON = sa.select(_person).where(_person.c.id == _who)
_obliged = sa.and_(_obligation.c.person_id == _who, _obligation.c.closed_at.is_(None))
_news = sa.and_(_consent.c.person_id == _who, _consent.c.purpose == "news", _consent.c.withdrawn_at.is_(None))
_FACTS = sa.select(
    _person,
    sa.select(sa.func.max(_consent.c.given_at)).where(_consent.c.person_id == _who).scalar_subquery().label("given_at"),
    sa.exists().where(_news).label("news"),
    sa.select(sa.func.count()).select_from(_obligation).where(_obliged).scalar_subquery().label("obligations"),
    sa.select(sa.func.max(_obligation.c.until)).where(_obliged).scalar_subquery().label("obliged_until"),
).where(_person.c.id == _who)
_NEW_PHONES = sa.insert(_phone)
_NO_PHONES = sa.delete(_phone).where(_phone.c.person_id == _who)
_CHANGE = sa.update(_person).where(_person.c.id == sa.bindparam("person_key"))
_STOPPED_NEWS = (
    sa.select(_consent.c.id).where(_consent.c.withdrawn_by == sa.bindparam("number"), _consent.c.purpose == "news")
).limit(1)


def ids_at(connection: sa.Connection, address: str) -> list[str]:
    """Return the ids of everybody on file under an address."""
    if not address:
        return []
    return list(dict.fromkeys(connection.execute(_AT, {"key": address_key(address)}).scalars()))


def addresses(connection: sa.Connection, person_id: str) -> list[str]:
    """Return the addr-specs of a person, the primary one first."""
    return list(connection.execute(_ADDRESSES, {"person_id": person_id}).scalars())


def phones(connection: sa.Connection, person_id: str) -> list[str]:
    """Return the phone numbers of a person, E.164."""
    return list(connection.execute(_PHONES, {"person_id": person_id}).scalars())


def facts(connection: sa.Connection, person_id: str) -> PersonFacts | None:
    """Return what a decision may know of a person; None where there is nobody."""
    from mailbot.deciding.facts import PersonFacts

    row = connection.execute(_FACTS, {"person_id": person_id}).first()
    if row is None:
        return None
    contacts = connection.execute(_CONTACTS, {"person_id": person_id}).all()
    return PersonFacts(
        id=row.id, surname=row.surname, given_name=row.given_name,
        emails=tuple(each.addr for each in contacts if each.addr is not None),
        phones=tuple(each.number for each in contacts if each.number is not None),
        blocked="dispute" if row.disputed else row.blocked, consent_at=row.given_at,
        address_changed_at=row.address_changed_at, open_obligations=row.obligations, obliged_until=row.obliged_until,
        fields={name: getattr(row, name) for name in PLAIN}, news=bool(row.news),
    )  # fmt: skip


def facts_at(connection: sa.Connection, address: str) -> tuple[PersonFacts, ...]:
    """Return the same of everybody on file under an address."""
    return tuple(found for i in ids_at(connection, address) if (found := facts(connection, i)))


def fields_of(connection: sa.Connection, person_id: str, names: Iterable[str] | None = None) -> dict[str, Any]:
    """Return a person's fields as JSON-ready values; `names` may hold "phones"."""
    wanted = tuple(names) if names is not None else (*PLAIN, "phones")
    values: dict[str, Any] = {}
    if set(wanted) & set(PLAIN):
        row = connection.execute(_PERSON, {"person_id": person_id}).one()
        values = {name: getattr(row, name) for name in PLAIN}
        values["birth_date"] = values["birth_date"].isoformat() if values["birth_date"] is not None else None
    if "phones" in wanted:
        values["phones"] = phones(connection, person_id)
    return {name: values[name] for name in wanted}


def set_fields(connection: sa.Connection, person_id: str, values: dict[str, Any]) -> None:
    """Write fields of a person: the plain ones (patronymic None: there is none) and the whole list of phones."""
    plain = {name: values[name] for name in PLAIN if name in values}
    if isinstance(plain.get("birth_date"), str):
        plain["birth_date"] = date.fromisoformat(plain["birth_date"])
    if plain:
        connection.execute(_CHANGE, {"person_key": person_id, **plain})
    if "phones" in values:
        connection.execute(_NO_PHONES, {"person_id": person_id})
        rows = [
            {"person_id": person_id, "number": n, "position": i} for i, n in enumerate(dict.fromkeys(values["phones"]))
        ]
        if rows:
            connection.execute(_NEW_PHONES, rows)


def note_changed(connection: sa.Connection, person_id: str, names: Iterable[str]) -> None:
    """Remember that a request changed these fields: an import keeps them."""
    row = connection.execute(_PERSON, {"person_id": person_id}).one()
    plain = ("phone" if name == "phones" else name for name in names)
    changed = list(dict.fromkeys([*row.changed_fields, *plain]))
    connection.execute(_CHANGE, {"person_key": person_id, "changed_fields": changed})


def replace_address(connection: sa.Connection, person_id: str, old: str, new: str) -> bool:
    """Put a new address in the place of an old one, or beside the others where there is no such old one."""
    mine = _address.c.person_id == person_id
    if connection.execute(sa.select(_address.c.id).where(mine, _address.c.key == address_key(new))).first():
        return False
    values = {"addr": new, "key": address_key(new)}
    result = connection.execute(sa.update(_address).where(mine, _address.c.key == address_key(old)).values(**values))
    if not result.rowcount:
        position = len(addresses(connection, person_id))
        connection.execute(sa.insert(_address).values(person_id=person_id, position=position, **values))
    return True


def add_consent(connection: sa.Connection, person_id: str, **values: Any) -> None:
    """Record a consent: purpose, given_at (None: unproven), source and policy_version."""
    connection.execute(sa.insert(_consent).values(person_id=person_id, withdrawn_by="", **values))


def stopped_news(connection: sa.Connection, number: str) -> bool:
    """Tell whether that request ended anybody's news consent."""
    return connection.execute(_STOPPED_NEWS, {"number": number}).first() is not None


def consents(connection: sa.Connection, person_id: str) -> list[dict[str, Any]]:
    """Return purpose, time and source of every consent of a person, JSON-ready, as they survive a destruction.

    What an operator or a file wrote as the source may name the person: it is told only where others bear the same.
    """
    return [
        {
            "purpose": row.purpose, "given_at": row.given_at.isoformat() if row.given_at else None,
            "source": row.source if _is_shared(connection, row) else row.given_by or "import",
        }
        for row in consent_rows(connection, person_id)
    ]  # fmt: skip


def _is_shared(connection: sa.Connection, row: Any) -> bool:
    """Tell whether a consent's source is a word of ours, or stands at several other people too."""
    if row.given_by in ("form", "mail"):
        return True  # the form's name in policy.toml, or the number of a request
    others = sa.and_(_consent.c.source == row.source, _consent.c.person_id != row.person_id)
    theirs = sa.select(_consent.c.person_id).where(others).distinct().limit(SHARED)  # a thousand more say no more
    return len(connection.execute(theirs).all()) >= SHARED


def show(connection: sa.Connection, person_id: str) -> dict[str, Any]:
    """Return one person as `people show --json` prints it, without the suppressions."""
    row = connection.execute(sa.select(_person).where(_person.c.id == person_id)).one()
    person = facts(connection, person_id)
    assert person is not None
    open_ = sa.select(_consent.c.purpose).where(_consent.c.person_id == person_id, _consent.c.withdrawn_at.is_(None))
    purposes = set(connection.execute(open_).scalars())
    why = "dispute" if row.disputed else row.blocked
    block = {"why": why, "until": None if row.disputed else row.blocked_until} if why else None
    return {
        "id": row.id, "state": "blocked" if why else "active", "surname": row.surname,
        "given_name": row.given_name, "patronymic": row.patronymic or None, "emails": list(person.emails),
        "phones": list(person.phones), "birth_date": row.birth_date, "birth_place": row.birth_place,
        "processing": "processing" in purposes, "news": "news" in purposes,
        "obligations": person.open_obligations, "obliged_until": person.obliged_until, "block": block,
    }  # fmt: skip


def former(connection: sa.Connection, person_id: str) -> list[str]:
    """Return the keyed hashes of the addresses that a person had before."""
    return list(connection.execute(sa.select(_former.c.key).where(_former.c.person_id == person_id)).scalars())


def ids_formerly_at(connection: sa.Connection, key: str) -> list[str]:
    """Return the ids of those who once had the address of that keyed hash."""
    return list(connection.execute(sa.select(_former.c.person_id).where(_former.c.key == key)).scalars())


def note_former(connection: sa.Connection, person_id: str, key: str, *, back: str) -> None:
    """Remember the keyed hash of an address that was replaced, and forget that of one that is on file again."""
    mine = _former.c.person_id == person_id
    connection.execute(sa.delete(_former).where(mine, _former.c.key.in_((key, back))))
    connection.execute(sa.insert(_former).values(person_id=person_id, key=key))


def ids_by_phone(connection: sa.Connection, number: str) -> list[str]:
    """Return the ids of everybody on file with that phone number."""
    return list(connection.execute(sa.select(_phone.c.person_id).where(_phone.c.number == number)).scalars())


def ids_of(connection: sa.Connection, who: str) -> list[str]:
    """Return the ids of everybody on file under an address, or with a phone number, however either is written."""
    from mailbot.reading.phones import normalise

    if "@" in who:
        return ids_at(connection, who)
    number, _ = normalise(who)
    return ids_by_phone(connection, number) if number else []


def prove_consent(connection: sa.Connection, person_id: str, **values: Any) -> bool:
    """Give a person's open but unproven consent to processing its time and source; tell whether there was one."""
    unproven = sa.and_(_consent.c.purpose == "processing", _consent.c.given_at.is_(None))
    mine = sa.and_(_consent.c.person_id == person_id, _consent.c.withdrawn_at.is_(None), unproven)
    return bool(connection.execute(sa.update(_consent).where(mine).values(**values)).rowcount)


def note_proof(connection: sa.Connection, person_id: str, proof: str | None) -> None:
    """Write the hash of the mail that proves the consents of a person."""
    connection.execute(sa.update(_consent).where(_consent.c.person_id == person_id).values(proof=proof))


def erase(connection: sa.Connection, person_id: str) -> list[str]:
    """Delete a person with addresses, phones, consents and obligations; return the addresses that were on file."""
    gone = addresses(connection, person_id)
    for table in (_address, _former, _phone, _consent, _obligation):
        connection.execute(sa.delete(table).where(table.c.person_id == person_id))
    connection.execute(sa.delete(_person).where(_person.c.id == person_id))
    return gone


def all_addresses(connection: sa.Connection) -> list[str]:
    """Return every addr-spec on file."""
    return list(connection.execute(sa.select(_address.c.addr)).scalars())


def everybody(connection: sa.Connection) -> list[Any]:
    """Return every person's row in the order in which they came."""
    return list(connection.execute(sa.select(_person).order_by(_person.c.created_at, _person.c.id)))


def consent_rows(connection: sa.Connection, person_id: str, purpose: str | None = None) -> list[Any]:
    """Return the consents of a person, oldest first, of one purpose or of all."""
    query = sa.select(_consent).where(_consent.c.person_id == person_id).order_by(_consent.c.id)
    return list(connection.execute(query if purpose is None else query.where(_consent.c.purpose == purpose)))


def count_shared(connection: sa.Connection) -> int:
    """Count the addresses that several people have."""
    several = sa.func.count(sa.distinct(_address.c.person_id)) > 1
    return len(connection.execute(sa.select(_address.c.key).group_by(_address.c.key).having(several)).all())


def counts(connection: sa.Connection) -> dict[str, Any]:
    """Return how many people are on file, when the last came in, and what of them needs a look."""
    count = sa.func.count()
    unproven = sa.select(sa.func.count(sa.distinct(_consent.c.person_id))).where(
        _consent.c.purpose == "processing", _consent.c.given_at.is_(None), _consent.c.withdrawn_at.is_(None)
    )
    blocked = sa.or_(_person.c.blocked != "", _person.c.disputed.is_(True))
    return {
        "people": connection.execute(sa.select(count).select_from(_person)).scalar_one(),
        "latest": connection.execute(sa.select(sa.func.max(_person.c.created_at))).scalar_one(),
        "unproven": connection.execute(unproven).scalar_one(),
        "blocked": connection.execute(sa.select(count).where(blocked)).scalar_one(),
    }
