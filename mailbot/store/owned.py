"""Whose an address is, and so whose requests are: those that bear a person's id, and nobody's from an address of hers.

An address is a person's own while nobody else on file has it; a former one, known by its keyed hash alone, while
nobody else has it or had it. Nobody's requests from an address go to the person who gets that address.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from mailbot.reading.address import address_key
from mailbot.store import people
from mailbot.store.keys import Keys
from mailbot.store.tables import Question, Reply, Request
from mailbot.store.transaction import Transaction

AT_ONCE = 500  # addresses that are looked up together
_request: Any = Request.__table__  # type: ignore[attr-defined]
_reply: Any = Reply.__table__  # type: ignore[attr-defined]
_question: Any = Question.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """The addresses that are one person's alone."""

    person_id: str  # "" for an address that nobody on file has
    alone: tuple[str, ...] = ()  # as they are on file
    keys: tuple[str, ...] = ()  # the same folded, and former ones that still stand somewhere in the store
    hashes: tuple[str, ...] = ()  # all of them, keyed

    @property
    def named(self) -> tuple[str, ...]:
        """Each address once, as it is on file where it is."""
        folded = {address_key(addr) for addr in self.alone}
        return (*self.alone, *(key for key in self.keys if key not in folded))

    @property
    def from_there(self) -> Any:
        """The condition that a request was written from one of these."""
        return sa.or_(_request.c.address_key.in_(self.keys), _request.c.writer_key.in_(self.hashes))


def of(connection: sa.Connection, keys: Keys, person_id: str) -> Own:
    """Return the addresses that are this person's alone, now or formerly."""
    on_file = people.addresses(connection, person_id)
    alone = tuple(addr for addr in on_file if people.ids_at(connection, addr) == [person_id])
    former = {key for key in people.former(connection, person_id) if not _others(connection, key, person_id)}
    stand = [key for key in _standing(connection) if keys.suppression(key) in former] if former else []
    plain = [key for key in stand if not set(people.ids_at(connection, key)) - {person_id}]
    hashes = {keys.suppression(addr) for addr in alone} | (former - _on_file(connection, keys, former))
    return Own(
        person_id=person_id, alone=alone, hashes=tuple(sorted(hashes)),
        keys=tuple(dict.fromkeys([*(address_key(addr) for addr in alone), *plain])),
    )  # fmt: skip


def at(connection: sa.Connection, keys: Keys, address: str) -> Own:
    """Return the same of an address that nobody on file has; empty where somebody has it."""
    if not address or people.ids_at(connection, address):
        return Own(person_id="")
    return Own(person_id="", alone=(address,), keys=(address_key(address),), hashes=(keys.suppression(address),))


def requests(connection: sa.Connection, own: Own) -> list[str]:
    """Return the numbers of every request of a person, and of nobody's from one of those addresses."""
    nobodys = sa.and_(_request.c.person_id.is_(None), own.from_there)
    mine = sa.or_(_request.c.person_id == own.person_id, nobodys)
    return list(connection.execute(sa.select(_request.c.id).where(mine)).scalars())


def written(connection: sa.Connection, own: Own) -> dict[str, int | None]:
    """Return number → first mail of what came from there and was carried out for somebody else.

    What somebody wrote while that address was still hers is not among it: then it is her mail.
    """
    query = sa.select(_request.c.id, _request.c.mail_id, _request.c.person_id)
    rows = connection.execute(query.where(_request.c.person_id != own.person_id, own.from_there)).all()
    theirs = _before(connection, own) if rows else set()
    return {row.id: row.mail_id for row in rows if row.person_id not in theirs}


def had_others(connection: sa.Connection, own: Own) -> bool:
    """Tell whether one of these addresses was once somebody else's who is on file."""
    return bool(_before(connection, own))


def earlier(connection: sa.Connection, own: Own) -> list[str]:
    """Return the numbers of the requests of those who had one of these addresses before."""
    theirs = _before(connection, own)
    query = sa.select(_request.c.id).where(_request.c.person_id.in_(theirs))
    return list(connection.execute(query).scalars()) if theirs else []


def claim(unit: Transaction, addrs: Iterable[str]) -> None:
    """Give nobody's requests from these addresses to the one person who has each now; nothing where several have it."""
    hashes = {address_key(addr): unit.keys.suppression(addr) for addr in addrs}
    folded = {hash_: key for key, hash_ in hashes.items()}
    for some in _chunks(list(hashes)):
        there = Own(person_id="", keys=tuple(some), hashes=tuple(hashes[key] for key in some)).from_there
        columns = (_request.c.id, _request.c.address_key, _request.c.writer_key)
        for row in unit.connection.execute(sa.select(*columns).where(_request.c.person_id.is_(None), there)).all():
            key = row.address_key or folded[row.writer_key]
            ids = people.ids_at(unit.connection, key)
            if len(ids) == 1 and not _others(unit.connection, hashes[key], ids[0]):
                unit.update(Request, row.id, person_id=ids[0])


def _before(connection: sa.Connection, own: Own) -> set[str]:
    """Return who else on file once had one of these addresses."""
    return {each for key in own.hashes for each in _others(connection, key, own.person_id)}


def _chunks(keys: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(keys), AT_ONCE):
        yield keys[start : start + AT_ONCE]


def _others(connection: sa.Connection, key: str, person_id: str) -> set[str]:
    """Return who else once had the address of that keyed hash."""
    return set(people.ids_formerly_at(connection, key)) - {person_id}


def _on_file(connection: sa.Connection, keys: Keys, hashes: set[str]) -> set[str]:
    """Return which of these are hashes of an address that is on file."""
    return hashes & {keys.suppression(addr) for addr in people.all_addresses(connection)} if hashes else set()


def _standing(connection: sa.Connection) -> list[str]:
    """Return every folded address that requests, mails of ours and questions name."""
    named = [sa.select(table.c.address_key).where(table.c.address_key != "") for table in (_request, _reply, _question)]
    return list(connection.execute(sa.union(*named)).scalars())
