"""The numbers of Maildir files, in the order of first sight: what stands for UIDs where there is no server."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from mailbot.store.store import Store
from mailbot.store.tables import MaildirName

CHUNK = 500  # names in one question
_name: Any = MaildirName.__table__  # type: ignore[attr-defined]


@dataclass(slots=True)
class Numbers:
    """Draws them (intake/maildir.py asks for them)."""

    store: Store

    def validity(self) -> int:
        """Return the UIDVALIDITY of every Maildir of this store: when it was first asked for."""
        value = self.store.note("maildir_validity")
        if not value:
            value = str(int(datetime.now(UTC).timestamp()))
            self.store.set_note("maildir_validity", value)
        return int(value)

    def number(self, folder: str, names: Sequence[str]) -> dict[str, int]:
        """Return the number of each name; new names are numbered in the order given, in one commit."""
        known: dict[str, int] = {}
        with self.store.unit() as unit:
            for start in range(0, len(names), CHUNK):  # not all that ever lay there, which are more each year
                chunk = dict.fromkeys(names[start : start + CHUNK])
                query = sa.select(_name.c.name, _name.c.uid).where(_name.c.folder == folder, _name.c.name.in_(chunk))
                known |= {row.name: row.uid for row in unit.connection.execute(query)}
                for name in chunk:
                    if name not in known:
                        known[name] = unit.insert(MaildirName, folder=folder, name=name)
        return known

    def name(self, uid: int) -> str | None:
        """Return the file name that has that number."""
        with self.store.reading() as connection:
            return connection.execute(sa.select(_name.c.name).where(_name.c.uid == uid)).scalar()

    def next(self) -> int:
        """Return the number that the next new file will have at least."""
        with self.store.reading() as connection:
            return int(connection.execute(sa.select(sa.func.coalesce(sa.func.max(_name.c.uid), 0))).scalar_one()) + 1

    def forget(self, uids: Sequence[int]) -> None:
        """Forget the numbers of files that left the folder: one that comes back is a new one."""
        with self.store.unit() as unit:
            unit.connection.execute(sa.delete(_name).where(_name.c.uid.in_(list(uids))))
