"""The text that each version of the published policy had: its hash, written once.

A consent names the version; the hash proves which text that was. No rule stands here.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from mailbot.store.consent_tables import PolicyText
from mailbot.store.transaction import Transaction

_table: Any = PolicyText.__table__  # type: ignore[attr-defined]


def note(unit: Transaction, version: str, sha256: str) -> None:
    """Write the hash of a version's text, where it has none; one that is there stays."""
    if not sha256 or version in texts(unit.connection):
        return
    unit.insert(PolicyText, version=version, sha256=sha256, noted_at=unit.now)
    unit.event("policy_noted")


def texts(connection: sa.Connection) -> dict[str, str]:
    """Return the hash of each version's text."""
    return {row.version: row.sha256 for row in connection.execute(sa.select(_table))}
