"""Our newsletters' List-Unsubscribe: whose token a mail brings back, and the header that holds it. No rule stands here.

The token is a keyed hash of one address (keys.py): nothing is stored for it, and it tells nothing to anybody.
Source: RFC 2369 section 3.2, RFC 6068.
"""

from __future__ import annotations

import contextlib
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa

from mailbot.deciding.facts import OptOutFacts
from mailbot.reading.address import address_key
from mailbot.store import people
from mailbot.store.keys import Keys
from mailbot.store.tables import Address
from mailbot.store.transaction import Transaction

_address: Any = Address.__table__  # type: ignore[attr-defined]


def opt_out(unit: Transaction, token: str, writer: str) -> OptOutFacts | None:
    """Return whose token that is, and the one person on file there; None for no token."""
    if not token:
        return None
    address = _owner_of(unit, token, writer)
    ids = people.ids_at(unit.connection, address) if address else []
    return OptOutFacts(address=address, person_id=ids[0] if len(ids) == 1 else None)


def _owner_of(unit: Transaction, token: str, writer: str) -> str:
    """Return the folded address that has this token, "" for none: the writer's own first, then those on file."""
    ever = unit.keys.ever  # a newsletter sent before a rotation bears a token of the key of then
    if writer and any(keys.unsubscribe(writer) == token for keys in ever):
        return address_key(writer)
    query = sa.select(_address.c.key).distinct()
    rows = unit.connection.execute(query, execution_options={"yield_per": 1000})  # a million need no room at once
    with contextlib.closing(rows):
        return next((key for key in rows.scalars() if any(k.unsubscribe_of(key) == token for k in ever)), "")


def header(keys: Keys, mailbox: str, address: str) -> str:
    """Return the whole value of List-Unsubscribe for a newsletter to that address."""
    return f"<mailto:{quote(mailbox, safe='@+')}?subject=unsubscribe-{keys.unsubscribe(address)}>"
