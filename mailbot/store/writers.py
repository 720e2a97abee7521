"""Wrong tokens, counted per writer: the keyed hash of an address, how many mails and when. It decides nothing.

The hash is the one that suppressions bear. Of a destroyed person it may survive as a suppression alone, so the
count leaves with him; by that hash it is found for his former addresses too.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from mailbot.store.keys import Keys
from mailbot.store.tables import WrongToken
from mailbot.store.transaction import Transaction

DAY = timedelta(days=1)
KEPT = timedelta(days=30)  # after the last one a count is forgotten
MANY = 10  # wrong tokens of one writer in a day, above which `check` says so
_wrong: Any = WrongToken.__table__  # type: ignore[attr-defined]


def count_wrong_token(unit: Transaction, address: str) -> None:
    """Count a mail that brought a token which was not sent to its writer; it never uses up a question."""
    unit.event("wrong_token")
    key = unit.keys.suppression(address)
    row = unit.row(WrongToken, key)
    if row is None:
        unit.insert(
            WrongToken, key=key, count=1, first_at=unit.now, last_at=unit.now, day_at=unit.now, day_count=1
        )  # fmt: skip
        return
    same_day = unit.now - row.day_at < DAY
    day = {"day_at": row.day_at if same_day else unit.now, "day_count": row.day_count + 1 if same_day else 1}
    unit.update(WrongToken, key, count=row.count + 1, last_at=unit.now, **day)


def wrong_tokens(connection: sa.Connection, keys: Keys, address: str) -> Any:
    """Return the count of a writer (count, first_at, last_at), None where there is none."""
    if not address:
        return None
    return connection.execute(sa.select(_wrong).where(_wrong.c.key == keys.suppression(address))).first()


def forget(unit: Transaction, keys: Iterable[str]) -> None:
    """Forget the counts of those keyed hashes."""
    unit.connection.execute(sa.delete(_wrong).where(_wrong.c.key.in_(list(keys))))


def forget_old(unit: Transaction) -> None:
    """Forget the counts of writers who brought none for a while: no hash of a stranger's address stays for ever."""
    unit.connection.execute(sa.delete(_wrong).where(_wrong.c.last_at < unit.now - KEPT))


def busy(connection: sa.Connection, now: datetime) -> int:
    """Return how many writers brought more than MANY wrong tokens within a day, lately."""
    lately = sa.and_(_wrong.c.day_count > MANY, _wrong.c.last_at > now - DAY)
    return int(connection.execute(sa.select(sa.func.count()).where(lately)).scalar_one())
