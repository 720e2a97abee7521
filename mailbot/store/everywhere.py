"""gone.log where many hosts share many mailboxes: what one host did, the files of all others tell as well.

Each host's file is told first, as everywhere (gone.py); the same lines go into the schema that the hosts share, in the
transaction of the act. A backup of a mailbox does not hold that schema, so no restored backup takes them back.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from mailbot import logs
from mailbot.errors import InputError
from mailbot.store.engine import lock, schema_of, translated
from mailbot.store.gone import Ledger
from mailbot.store.turns import GONE, is_founded

LOCK = b"gone.log".hex()
_OWN = GONE.c.mailbox == sa.bindparam("box")
_READ = sa.select(GONE.c.id, GONE.c.line).where(_OWN).order_by(GONE.c.id)


def tell(connection: sa.Connection, lines: Sequence[str]) -> None:
    """Keep what this host's gone.log was told where every other host finds it; nothing where there are no others."""
    box = schema_of(connection)
    if box and lines:
        connection.execute(sa.insert(GONE), [{"mailbox": box, "line": line} for line in lines])


def even(engine: sa.Engine, book: Ledger | None, terms: tuple[datetime, datetime] | None = None) -> None:
    """Have the file of this host and what the hosts share tell the same, by the present key.

    `terms`: lines that may be kept no longer (`gone.kept`) leave both. Raises InputError, StoreUnavailable.
    """
    if book is None or not schema_of(engine):
        return
    with translated(), engine.begin() as connection:
        if not is_founded(connection):
            return
        box = schema_of(engine)
        lock(connection, LOCK)  # two hosts at once would each add the same lines
        shared = {row.id: row.line for row in connection.execute(_READ, {"box": box})}
        lines = book.even(shared.values(), terms)
        known, wanted = set(shared.values()), set(lines)
        over = [number for number, line in shared.items() if line not in wanted]
        connection.execute(sa.delete(GONE).where(GONE.c.id.in_(over)))
        tell(connection, [line for line in lines if line not in known])


def follow(engine: sa.Engine, book: Ledger | None, terms: tuple[datetime, datetime]) -> None:
    """Do as `even`; a file in which a line is none of ours stays as it is, and `check` tells of it."""
    try:
        even(engine, book, terms)
    except InputError as exc:
        logs.tell("gone_log_damaged", logging.ERROR, says=str(exc))


def prune(engine: sa.Engine, book: Ledger, terms: tuple[datetime, datetime]) -> None:
    """Let go of what may be kept no longer, here and in what the hosts share. Raises as `even` does."""
    book.prune(*terms)
    even(engine, book, terms)
