"""Brings the store's tables to this version (Alembic); loaded only where tables are made or changed.

All of it is one transaction, on SQLite too (engine.py begins it before any DDL): killed in the middle the tables are of
the version that they were, and the next run begins again. Tables of a later version are refused, never touched.
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from mailbot.errors import ConfigError
from mailbot.store import turns
from mailbot.store.engine import lock, translated

LOCK = b"upgrade".hex()
HEAD = "0016"  # the newest revision; a test holds it equal to the newest file in migrations/versions


def upgrade(engine: sa.Engine) -> None:
    """Make or upgrade the tables. Raises StoreUnavailable, ConfigError where they are of a later version."""
    with translated(), engine.begin() as connection:
        lock(connection, LOCK)  # two at once: the second finds nothing to do
        turns.found(connection)
        require_known(connection)
        upgrade_on(connection)


def upgrade_on(connection: sa.Connection, to: str = "head") -> None:
    """Do it inside an open transaction, up to that revision."""
    from alembic import command  # late: half a second, and only init, db upgrade and restore need it
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, to)


def is_known(revision: str) -> bool:
    """Tell whether tables of that revision can be brought to this version."""
    from alembic.script import ScriptDirectory

    script = ScriptDirectory(str(Path(__file__).parent / "migrations"))
    return revision in {each.revision for each in script.walk_revisions()}


def require_known(connection: sa.Connection) -> None:
    """Refuse tables of a later version. Raises ConfigError."""
    found = _revision(connection)
    if found and not is_known(found):
        raise ConfigError(
            f"store: its tables are version {found}, a later mailbot made them and this one knows {HEAD} at most: "
            "install that mailbot again, nothing was changed"
        )


def _revision(connection: sa.Connection) -> str:
    if not sa.inspect(connection).has_table("alembic_version"):
        return ""
    return str(connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar() or "")


def revision(engine: sa.Engine) -> str:
    """Return the revision of the store's tables, "" where there are none. Raises StoreUnavailable."""
    with translated(), engine.connect() as connection:
        return _revision(connection)


def require_current(engine: sa.Engine) -> None:
    """Refuse to work on tables of another version. Raises ConfigError, StoreUnavailable."""
    found = revision(engine)
    if found != HEAD:
        with translated(), engine.connect() as connection:
            require_known(connection)
        raise ConfigError(
            f"store: its tables are {f'version {found}' if found else 'missing'}, this mailbot needs {HEAD}: "
            "run `mailbot db upgrade`"
        )
