"""Readings that share one transaction: how many are begun, when one ends, and what a failure leaves."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest

from mailbot.store.looking import Looking


class House:
    """Counts the transactions that are begun and ended."""

    def __init__(self) -> None:
        self.begun = self.ended = 0
        self.looking = Looking(self.begin)

    @contextlib.contextmanager
    def begin(self) -> Iterator[Any]:
        self.begun += 1
        try:
            yield self.begun
        finally:
            self.ended += 1

    def read(self) -> int:
        with self.looking.reading() as connection:
            return int(connection)  # type: ignore[call-overload]


def test_each_reading_is_its_own_where_nothing_is_shared() -> None:
    house = House()
    assert [house.read(), house.read()] == [1, 2] and house.ended == 2


def test_readings_share_one_until_something_is_written() -> None:
    house = House()
    with house.looking.sharing():
        assert [house.read(), house.read()] == [1, 1] and house.ended == 0
        with house.looking.apart():
            assert house.ended == 1, "what was read before is over"
            assert house.read() == 2, "within what is written something may be read as well"
        assert house.ended == 2 and house.read() == 3, "what is read after it sees what was written"
    assert house.ended == 3
    assert house.read() == 4 and house.ended == 4


def test_a_failure_ends_the_shared_one() -> None:
    house = House()
    with house.looking.sharing():
        with pytest.raises(ZeroDivisionError), house.looking.reading():
            raise ZeroDivisionError
        assert house.ended == 1 and house.read() == 2
    with pytest.raises(ZeroDivisionError), house.looking.sharing():
        house.read()
        raise ZeroDivisionError
    assert house.begun == house.ended
    assert house.read() != house.read()


def test_one_inside_another_is_the_same() -> None:
    house = House()
    with house.looking.sharing(), house.looking.reading() as first, house.looking.reading() as second:
        assert first == second
    assert house.ended == 1
