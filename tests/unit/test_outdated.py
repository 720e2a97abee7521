"""The times that a mail of ours names: how they are kept until it leaves, and moved where they are over by then."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mailbot.config import load_policy
from mailbot.deciding.deadlines import Deadlines
from mailbot.deciding.decision import Owed
from mailbot.deciding.outdated import Moves, packed, unpacked

NOW = datetime(2026, 11, 23, 9, 6, tzinfo=UTC)  # a Monday, 14:06 in Almaty
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MOVES = Moves(deadlines=Deadlines(load_policy(None)), undo=72 * HOUR, days=1, now=NOW)
TUESDAY = datetime(2026, 11, 24, 13, 0, tzinfo=UTC)  # 18:00 in Almaty
WINDOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)  # 17:00 there
SOON = NOW + HOUR


def moved(window: datetime | None = None, *, asks: bool = False, **values: Any) -> dict[str, Any]:
    return MOVES.moved(values, window=window, asks=asks)


@pytest.mark.parametrize("name", ["due_at", "undo_until", "destroy_at"])
def test_what_names_a_time_is_kept_as_json_and_comes_back(name: str) -> None:
    values = {name: NOW, "changed": [{"field": "phone", "at": SOON}], "n": 1, "pair": ("a", NOW), "none": None}
    said = packed(Owed(template="x", role="receipt", to="a@example.com", language="ru", values=values, threads=False))
    assert said is not None and said["threads"] is False
    back = unpacked(json.loads(json.dumps(said)))
    assert back == {**values, "pair": ["a", NOW]}


def test_what_names_no_time_is_not_kept() -> None:
    values = {"due_at": None, "stopped_at": NOW}
    assert packed(Owed(template="x", role="receipt", to="a@example.com", language="ru", values=values)) is None


def test_what_is_still_to_come_stays() -> None:
    values = {"due_at": SOON, "undo_until": SOON, "text": "x"}
    assert moved(**values) == values


@pytest.mark.parametrize("at", [NOW, NOW - DAY])
def test_what_is_over_is_moved(at: datetime) -> None:
    assert moved(due_at=at) == {"due_at": TUESDAY}
    assert moved(due_at=at, asks=True) == {"due_at": TUESDAY - HOUR}
    assert moved(undo_until=at) == {"undo_until": NOW + 72 * HOUR}


def test_a_destruction_is_told_as_it_will_be() -> None:
    assert moved(destroy_at=SOON) == {"destroy_at": WINDOW}, "its window opens as this leaves"
    assert moved(NOW + DAY, destroy_at=SOON) == {"destroy_at": NOW + DAY}
    assert moved(destroy_at=None) == {"destroy_at": None}


def test_places_follow_what_is_moved() -> None:
    erases = {"name": "a", "what": "withdrawal", "due_at": SOON}
    keeps, follows = {**erases, "due_at": None}, {"name": "b", "what": "update", "due_at": NOW}
    found = moved(destroy_at=SOON, places=[erases, keeps, follows, {**follows, "due_at": SOON}])
    assert found["places"] == [
        {**erases, "due_at": datetime(2026, 11, 25, 13, 0, tzinfo=UTC)}, keeps, {**follows, "due_at": TUESDAY},
        {**follows, "due_at": SOON},
    ]  # fmt: skip
    assert moved(places=[erases])["places"] == [erases], "nobody knows when"
    assert moved(places="x") == {"places": "x"}
