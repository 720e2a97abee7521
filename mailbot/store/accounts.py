"""Reads and writes the accounts of the console and its sessions. No rule stands here (operating/accounts.py)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from mailbot.store.account_tables import ConsoleSession, OperatorAccount
from mailbot.store.transaction import Transaction

_account: Any = OperatorAccount.__table__  # type: ignore[attr-defined]
_session: Any = ConsoleSession.__table__  # type: ignore[attr-defined]


def everyone(connection: sa.Connection) -> list[Any]:
    """Return every account by its name."""
    return list(connection.execute(sa.select(_account).order_by(_account.c.name)))


def locked(unit: Transaction, name: str) -> Any:
    """Return an account, held against every other transaction until this one ends; None where there is none."""
    return unit.connection.execute(sa.select(_account).where(_account.c.name == name).with_for_update()).first()


def change(unit: Transaction, name: str, **values: Any) -> None:
    """Change an account."""
    unit.update(OperatorAccount, name, **values)


def add(unit: Transaction, **values: Any) -> None:
    """Add an account."""
    unit.insert(OperatorAccount, created_at=unit.now, **values)


def remove(unit: Transaction, name: str) -> bool:
    """Take an account and its sessions away; tell whether it was there."""
    end_all(unit, name)
    return bool(unit.connection.execute(sa.delete(_account).where(_account.c.name == name)).rowcount)


def open_session(unit: Transaction, key: str, name: str) -> None:
    """Note that a browser logged in."""
    unit.insert(ConsoleSession, key=key, name=name, opened_at=unit.now, seen_at=unit.now)


def session(connection: sa.Connection, key: str) -> Any:
    """Return a session with the name and role of its account; None where there is none."""
    query = sa.select(_session, _account.c.role).join(_account, _account.c.name == _session.c.name)
    return connection.execute(query.where(_session.c.key == key)).first()


def seen(unit: Transaction, key: str) -> None:
    """Note that a session was used now."""
    unit.update(ConsoleSession, key, seen_at=unit.now)


def end(unit: Transaction, key: str) -> None:
    """End one session."""
    unit.connection.execute(sa.delete(_session).where(_session.c.key == key))


def end_all(unit: Transaction, name: str) -> None:
    """End every session of an account."""
    unit.connection.execute(sa.delete(_session).where(_session.c.name == name))


def forget(unit: Transaction, *, opened: datetime, used: datetime) -> None:
    """Forget the sessions that were opened or last used before those times."""
    over = sa.or_(_session.c.opened_at < opened, _session.c.seen_at < used)
    unit.connection.execute(sa.delete(_session).where(over))
