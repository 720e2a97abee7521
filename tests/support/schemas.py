"""Stores as earlier versions left them: the tables by the migrations, the rows by plain SQL (tests/schemas/NNNN.sql).

A store of version N lived through all versions before it: each file writes what its version wrote first. The key of
its keyed hashes is KEY, the time in it 2 March 2026.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

from mailbot.store import migrate

FOLDER = Path(__file__).parents[1] / "schemas"
KEY = "k" * 64
NOW = datetime(2026, 3, 3, 5, 0, tzinfo=UTC)
Rows = dict[str, tuple[tuple[str, ...], list[tuple[str, ...]]]]  # by table: its columns, its rows
VERSIONS = sorted(path.stem for path in FOLDER.glob("*.sql"))


def grow(engine: sa.Engine, version: str) -> None:
    """Bring a store of the version before to that one, and write what it wrote."""
    postgres = engine.dialect.name == "postgresql"
    with engine.begin() as connection:
        migrate.upgrade_on(connection, version)
    with engine.begin() as connection:
        if postgres:
            connection.exec_driver_sql("SET LOCAL TIME ZONE 'UTC'")
        text = (FOLDER / f"{version}.sql").read_text(encoding="utf-8")
        for statement in text.split(";\n"):
            if statement.strip():
                connection.exec_driver_sql(statement.replace(" AS BLOB)", " AS bytea)") if postgres else statement)


def rows(engine: sa.Engine) -> Rows:
    """Return what is held, as the driver gives it: for each table its columns, and its rows by their first column."""
    found: Rows = {}
    with engine.connect() as connection:
        for name in sorted(set(sa.inspect(connection).get_table_names()) - {"alembic_version"}):
            result = connection.exec_driver_sql(f"SELECT * FROM {name} ORDER BY 1")
            found[name] = (tuple(result.keys()), [tuple(repr(value) for value in row) for row in result])
    return found
