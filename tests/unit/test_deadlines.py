"""Clocks and windows in working days of Kazakhstan, Almaty time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.config import load_policy
from mailbot.deciding.deadlines import Deadlines
from mailbot.policy import HolidayRules

ALMATY = ZoneInfo("Asia/Almaty")
FIRST, LAST = datetime.fromisoformat("2024-01-01"), datetime.fromisoformat("2030-12-01")
DEADLINES = Deadlines(load_policy(None))


def almaty(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ALMATY)


@pytest.mark.parametrize(
    ("received", "days", "due"),
    [
        ("2026-11-23T10:00", 1, "2026-11-24T18:00"),  # Monday
        ("2026-11-23T23:59", 3, "2026-11-26T18:00"),
        ("2026-11-27T19:00", 1, "2026-11-30T18:00"),  # Friday evening
        ("2026-03-06T12:00", 1, "2026-03-10T18:00"),  # 9 March is the day off for 8 March
        ("2026-03-20T12:00", 3, "2026-03-30T18:00"),  # Nauryz with its moved days
        ("2024-05-03T12:00", 1, "2024-05-04T18:00"),  # a Saturday that was worked
    ],
)
def test_a_clock_ends_on_the_last_working_day(received: str, days: int, due: str) -> None:
    assert DEADLINES.due_at(almaty(received), days) == almaty(due)


def test_the_undo_window_ends_at_five_of_the_next_working_day() -> None:
    assert DEADLINES.window_end(almaty("2026-11-27T21:00")) == almaty("2026-11-30T17:00")
    assert DEADLINES.window_end(almaty("2026-12-15T09:00")) == almaty("2026-12-17T17:00")  # 16 December is a holiday


def test_a_clock_goes_by_the_day_in_almaty_and_not_in_utc() -> None:
    late = datetime(2026, 11, 23, 20, 30, tzinfo=UTC)  # 24 November, 01:30 in Almaty
    assert DEADLINES.due_at(late, 1) == almaty("2026-11-25T18:00")


def test_the_operator_adds_and_removes_days() -> None:
    rules = HolidayRules(add=[date(2026, 11, 24)], remove=[date(2026, 12, 16)])
    own = Deadlines(load_policy(None).model_copy(update={"holidays": rules}))
    assert own.due_at(almaty("2026-11-23T10:00"), 1) == almaty("2026-11-25T18:00")
    assert own.window_end(almaty("2026-12-15T09:00")) == almaty("2026-12-16T17:00")


@given(
    st.datetimes(min_value=FIRST, max_value=LAST, timezones=st.just(UTC)),
    st.integers(1, 5),
)
def test_never_on_a_day_off_and_never_earlier_for_a_later_mail(at: datetime, days: int) -> None:
    due = DEADLINES.due_at(at, days)
    assert DEADLINES.is_working_day(due.astimezone(ALMATY).date())
    assert due > at
    assert DEADLINES.due_at(at + timedelta(hours=1), days) >= due
    assert DEADLINES.due_at(at, days + 1) > due
