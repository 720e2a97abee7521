"""outcomes: how a request ended, as the register tells it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from mailbot.deciding.outcomes import DESTROYED, SETTLED, is_settled, outcome

AT = datetime(2026, 11, 23, 9, 6, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Row:
    """A request's row, as far as its end is told by it."""

    state: str
    kind: str | None = "access"
    closed_at: datetime | None = AT
    due_at: datetime | None = None
    open: tuple[str, ...] = ()
    reason: str = "other_right"


@pytest.mark.parametrize(
    ("row", "ended"),
    [
        (Row(state="ignored"), SETTLED),  # `requests close`: the operator served it herself
        (Row(state="ignored", closed_at=None), "ignored"),
        (Row(state="ignored", kind=None), "ignored"),
        (Row(state="ignored", kind="form"), "ignored"),
        (Row(state="ignored", kind="answer"), "ignored"),
        *((Row(state=state), DESTROYED) for state in ("held", "left", "challenged", "asked")),
        *((Row(state=state, closed_at=None), state) for state in ("held", "left", "challenged", "asked")),
        (Row(state="applied"), "applied"),
        (Row(state="applied", due_at=AT), DESTROYED),  # a part of it waited
        (Row(state="applied", due_at=AT, closed_at=None), "applied"),
        (Row(state="held", open=("operator",)), "held"),
        (Row(state="held", reason="destroyed"), "held"),
        (Row(state="held", kind=None), "held"),
    ],
)
def test_how_it_ended(row: Row, ended: str) -> None:
    assert outcome(row) == ended
    assert is_settled(row) == (ended == SETTLED)
