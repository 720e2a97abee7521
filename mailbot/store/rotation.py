"""By which key the store's keyed hashes are made, and the step to the next key: every hash, in one transaction.

A note names the key; none was noted before the first rotation. The new key goes over the hash that stands there
(keys.py), so nobody's address is needed, and whoever was destroyed is recognised as before. What left the house stays
as it is: links of the journal, tokens of newsletters, envelope senders, names of backups; a former key proves those.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from mailbot.errors import ConfigError
from mailbot.store import chain, digest
from mailbot.store.digest_tables import DigestCard
from mailbot.store.keys import Keys
from mailbot.store.place_tables import HookCall
from mailbot.store.tables import FormerAddress, Mail, Reply, Request, Suppression, WrongToken
from mailbot.store.transaction import Transaction

ROTATED = "key_rotated"  # the event; its reason is the place of the last cut
NOTE = "store_key"  # the note that names the key; a test holds the two lists below equal to what the store holds
HASHES: tuple[tuple[Any, tuple[str, ...]], ...] = (
    (Suppression, ("key",)), (FormerAddress, ("key",)), (WrongToken, ("key",)), (Request, ("writer_key",)),
    (Reply, ("addressee", "digest", "fingerprint")), (Mail, ("fingerprint", "message_key", "text_key")),
    (DigestCard, ("addressee",)), (HookCall, ("queue",)),
)  # fmt: skip
NOTES = (digest.NAMED, digest.PROVEN, digest.ASKED)
BATCH, HASH = 1_000, 64
_HASHES = re.compile(r"\b[0-9a-f]{64}\b", re.ASCII)
_QUERY = "SELECT name, value FROM note WHERE name IN ('store_key', 'mode')"  # each transaction begins with it


def noted(connection: sa.Connection) -> tuple[str, str]:
    """Return the name of the key by which the store's hashes are made ("" before the first rotation), and the mode."""
    values: dict[str, str] = {row[0]: row[1] for row in connection.exec_driver_sql(_QUERY)}
    return values.get(NOTE, ""), values.get("mode", "")


def of_store(connection: sa.Connection, ring: Keys) -> Keys:
    """Return the keys by which the store's hashes are made, of all that are there. Raises ConfigError."""
    name = noted(connection)[0] if sa.inspect(connection).has_table("note") else ""
    return named(ring, name)


def named(ring: Keys, name: str) -> Keys:
    """Return the keys of that name, of all that are there. Raises ConfigError where they are not."""
    found = ring.named(name)
    if found is None:
        raise ConfigError(
            "store_key: a key with which this store's hashes are made is not in it: put your copy of the whole file "
            "back (each line of it is needed), and where it is a credential or in the environment start mailbot again"
        )
    return found


def bring(unit: Transaction, ring: Keys) -> int:
    """Bring every hash of the store to the newest key; return how many. The unit goes on with that key.

    Whoever had the console open has to log in again. Raises ConfigError.
    """
    from mailbot.store.account_tables import ConsoleSession

    was = of_store(unit.connection, ring)
    unit.keys = ring
    if was == ring:
        return 0
    count = sum(_lift(unit, was, table, columns) for table, columns in HASHES)
    for name in NOTES:
        value = unit.note(name)
        lifted = _HASHES.sub(lambda found: ring.lifted(found[0], was), value)
        if lifted != value:
            unit.set_note(name, lifted)
    unit.connection.execute(sa.delete(ConsoleSession.__table__))  # type: ignore[attr-defined]
    unit.set_note(NOTE, ring.name)
    chain.reseal(unit, was)
    unit.event(ROTATED, str(chain.last_cut(unit.connection)), who="operator")
    unit.owe_scrub()
    return count


def _lift(unit: Transaction, was: Keys, table: Any, columns: tuple[str, ...]) -> int:
    rows = table.__table__
    (key,) = rows.primary_key.columns
    change = sa.update(rows).where(key == sa.bindparam("at"))
    change = change.values({name: sa.bindparam(f"new_{name}") for name in columns})
    count = 0
    for batch in _batches(unit.connection, key, [rows.c[name] for name in columns]):
        new = [
            {"at": at} | {f"new_{name}": value and unit.keys.lifted(value, was) for name, value in values.items()}
            for at, values in batch
        ]  # what is no hash stays: a queue may be a person's number
        unit.connection.execute(change, new)
        count += sum(1 for _, values in batch for value in values.values() if value and len(value) == HASH)
    return count


def _batches(connection: sa.Connection, key: Any, columns: list[Any]) -> Iterator[list[tuple[Any, dict[str, Any]]]]:
    """Yield the rows by their key, a thousand in memory at a time; all at once where the key itself is changed."""
    own = any(column is key for column in columns)
    query = sa.select(key.label("at"), *(column.label(f"old_{column.name}") for column in columns)).order_by(key)
    last = None
    while True:
        part = query if own else query.limit(BATCH)
        found = connection.execute(part if last is None else part.where(key > last)).all()
        if found:
            yield [(row.at, {c.name: getattr(row, f"old_{c.name}") for c in columns}) for row in found]
        if own or len(found) < BATCH:
            return
        last = found[-1].at
