"""All tables as rows that either dialect takes: out of a snapshot, and into tables of the version they came from.

A value goes out as JSON has it: times and days as text, octets in base64. Each table bears the kinds of its columns,
so rows of an older version are read without knowing what its tables looked like; the migrations bring them up.
"""

from __future__ import annotations

import base64
import pkgutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime
from importlib import import_module
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlmodel import SQLModel
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

import mailbot.store
from mailbot.store import engine, migrate

BATCH = 500
KINDS: dict[str, Any] = {
    "time": UTCDateTime, "date": sa.Date, "octets": sa.LargeBinary, "json": sa.JSON, "yes": sa.Boolean,
    "int": sa.Integer, "text": (AutoString, sa.String),
}  # fmt: skip
_TYPES = {name: made() for name, made in KINDS.items() if name not in ("int", "text")} | {
    "int": sa.BigInteger(), "text": sa.String(),
}  # fmt: skip
_OUT: dict[str, Callable[[Any], Any]] = {
    "time": datetime.isoformat, "date": date.isoformat, "octets": lambda value: base64.b64encode(value).decode(),
}  # fmt: skip
_IN: dict[str, Callable[[Any], Any]] = {
    "time": datetime.fromisoformat, "date": date.fromisoformat, "octets": base64.b64decode,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One table: its columns with their kinds; which of them numbers its rows, and the last number that was given."""

    name: str
    columns: tuple[tuple[str, str], ...]
    numbered: str = ""
    last: int = 0


def tables() -> list[Any]:
    """Return every table of this version, each after those it refers to."""
    for module in pkgutil.iter_modules(mailbot.store.__path__):
        if module.name.endswith("tables"):
            import_module(f"mailbot.store.{module.name}")
    return list(SQLModel.metadata.sorted_tables)


def _kind(column: Any) -> str:
    """Return the word for what a column holds. Raises TypeError where it is none of KINDS."""
    for name, made in KINDS.items():
        if isinstance(column.type, made):
            return name
    raise TypeError(f"{column}: {column.type!r}")


def described(connection: sa.Connection, table: Any) -> Table:
    """Return what a table is, by the state that the connection sees."""
    columns = tuple((column.name, _kind(column)) for column in table.columns)
    key = table.autoincrement_column
    if key is None:
        return Table(name=table.name, columns=columns)
    last = engine.last_number(connection, key)
    return Table(name=table.name, columns=columns, numbered=key.name, last=last)


def rows(connection: sa.Connection, table: Any) -> Iterator[list[Any]]:
    """Yield the rows of a table as JSON-ready lists, a few in memory at a time."""
    write = [_OUT.get(_kind(column), _same) for column in table.columns]
    query = sa.select(table).order_by(*table.primary_key.columns).execution_options(yield_per=BATCH)
    with closing(connection.execute(query)) as found:
        for row in found:
            yield [None if value is None else out(value) for out, value in zip(write, row, strict=True)]


def _same(value: Any) -> Any:
    return value


def begin(connection: sa.Connection, revision: str) -> None:
    """Take all tables away, whatever stands in them, and make those of that version, inside the transaction."""
    engine.drop(connection, ["alembic_version", *(table.name for table in reversed(tables()))])
    migrate.upgrade_on(connection, revision)


def load(connection: sa.Connection, table: Table, values: Iterable[list[Any]]) -> int:
    """Write the rows of a table; return how many. Raises ValueError, TypeError where they are of a wrong kind."""
    into = sa.table(table.name, *(sa.column(name, _TYPES[kind]) for name, kind in table.columns))
    names = [name for name, _ in table.columns]
    read = [_IN.get(kind, _same) for _, kind in table.columns]
    count, found = 0, iter(values)
    while batch := list(islice(found, BATCH)):
        made = [[None if v is None else take(v) for take, v in zip(read, row, strict=True)] for row in batch]
        connection.execute(sa.insert(into), [dict(zip(names, row, strict=True)) for row in made])
        count += len(batch)
    engine.go_on_from(connection, table.name, table.numbered, table.last)
    return count
