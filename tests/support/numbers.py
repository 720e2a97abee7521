"""A small real `Numbers` for the Maildir mailbox, on sqlite3."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence


class SqliteNumbers:
    """Numbers in a table; `renew()` forgets them all, as a lost store does."""

    def __init__(self, path: str = ":memory:") -> None:
        self._db = sqlite3.connect(path)
        self._db.execute("create table if not exists number (uid integer primary key autoincrement, name text unique)")
        self._validity = 1

    def number(self, folder: str, names: Sequence[str]) -> dict[str, int]:
        with self._db:
            self._db.executemany(
                "insert into number (name) select :name where not exists (select 1 from number where name = :name)",
                [{"name": name} for name in names],
            )
        known = dict(self._db.execute("select name, uid from number"))
        return {name: known[name] for name in names}

    def validity(self) -> int:
        return self._validity

    def name(self, uid: int) -> str | None:
        row = self._db.execute("select name from number where uid = ?", (uid,)).fetchone()
        return None if row is None else str(row[0])

    def next(self) -> int:
        row = self._db.execute("select seq from sqlite_sequence where name = 'number'").fetchone()
        return 1 if row is None else int(row[0]) + 1

    def forget(self, uids: Sequence[int]) -> None:
        with self._db:
            self._db.executemany("delete from number where uid = ?", [(uid,) for uid in uids])

    def renew(self) -> None:
        with self._db:
            self._db.execute("delete from number")
            self._db.execute("delete from sqlite_sequence")
        self._validity += 1

    def close(self) -> None:
        self._db.close()
