"""Out of shadow mode, in which the installation only shows what it would do."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from mailbot.store.store import Store
from mailbot.store.tables import Mail

_mail: Any = Mail.__table__  # type: ignore[attr-defined]


def leave_shadow(store: Store) -> int:
    """Leave shadow mode; every mail seen in it is decided anew by the next pass. Returns how many."""
    with store.unit() as unit:
        moved = unit.connection.execute(
            sa.update(_mail)
            .where(_mail.c.state == "shadow")
            .values(state="waiting", next_try_at=unit.now, tries=0, decision="", summary={"shadow": True})
        )
        unit.set_note("mode", "live")
        unit.event("live", who="operator")
    return int(moved.rowcount)
