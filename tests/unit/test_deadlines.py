"""Clocks and windows in working days of Kazakhstan, Almaty time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import get_args
from zoneinfo import ZoneInfo

import pytest
from holidays import country_holidays
from hypothesis import given
from hypothesis import strategies as st

from mailbot.config import load_policy
from mailbot.deciding.clocks import FROM_PROOF, FROM_RECEIPT, first_due
from mailbot.deciding.deadlines import Deadlines
from mailbot.deciding.law import Rule, Term, _rule, quotes
from mailbot.policy import ClockRules, HolidayRules, LawRules
from mailbot.reading.claim import Kind

ALMATY = ZoneInfo("Asia/Almaty")
FIRST, LAST = datetime.fromisoformat("2024-01-01"), datetime.fromisoformat("2030-12-01")
POLICY = load_policy(None)
DEADLINES = Deadlines(POLICY)


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


def test_a_friday_evening_before_a_moved_holiday_ends_on_the_first_day_that_is_worked() -> None:
    assert DEADLINES.window_end(almaty("2026-05-08T21:00")) == almaty("2026-05-12T17:00")  # 9 May is off on the 11th
    assert DEADLINES.window_end(almaty("2030-07-05T19:00")) == almaty("2030-07-09T17:00")  # 6 July on the 8th
    assert DEADLINES.window_end(almaty("2024-12-31T19:00")) == almaty("2025-01-05T17:00")  # a Sunday that was worked


def test_a_term_in_calendar_days_or_months_ends_on_a_day_that_is_worked() -> None:
    fifteen, month = Term(days=15, unit="calendar"), Term(days=1, unit="months")
    assert DEADLINES.term_end(almaty("2026-11-23T10:00"), fifteen) == almaty("2026-12-08T18:00")
    assert DEADLINES.term_end(almaty("2026-11-27T10:00"), fifteen) == almaty("2026-12-14T18:00")  # the 12th is off
    assert DEADLINES.term_end(almaty("2027-01-29T10:00"), month) == almaty("2027-03-01T18:00")  # the 28th is off
    assert DEADLINES.term_end(almaty("2026-12-31T10:00"), Term(days=2, unit="months")) == almaty("2027-03-01T18:00")


RECEIVED = st.datetimes(min_value=FIRST, max_value=LAST, timezones=st.just(UTC))
DAYS = st.lists(st.dates(FIRST.date(), LAST.date()), max_size=40)
PACKS = get_args(LawRules.model_fields["pack"].annotation)
BY_PACK = {
    name: Deadlines(POLICY.model_copy(update={"law": LawRules.model_validate({"pack": name})})) for name in PACKS
}
TERMS = [
    (name, term)
    for name, deadlines in BY_PACK.items()
    for rule in deadlines.law.rules.values()
    for term in (rule.term, rule.more)
    if term is not None
]


@given(RECEIVED, st.integers(1, 5))
def test_never_on_a_day_off_and_never_earlier_for_a_later_mail(at: datetime, days: int) -> None:
    due = DEADLINES.due_at(at, days)
    assert DEADLINES.is_working_day(due.astimezone(ALMATY).date())
    assert due > at
    assert DEADLINES.due_at(at + timedelta(hours=1), days) >= due
    assert DEADLINES.due_at(at, days + 1) > due


@given(RECEIVED, st.timedeltas(timedelta(0), timedelta(days=40)), st.sampled_from(TERMS))
def test_no_term_of_a_pack_ends_on_a_day_off_or_earlier_for_a_later_mail(
    at: datetime, later: timedelta, term: tuple[str, Term]
) -> None:
    deadlines = BY_PACK[term[0]]
    due = deadlines.term_end(at, term[1])
    assert deadlines.is_working_day(due.astimezone(ALMATY).date())
    assert due.astimezone(ALMATY).date() > at.astimezone(ALMATY).date()
    assert deadlines.term_end(at + later, term[1]) >= due


@given(RECEIVED, DAYS, DAYS, st.sampled_from(TERMS))
def test_moved_days_move_what_ends_on_them_and_nothing_else(
    at: datetime, add: list[date], remove: list[date], term: tuple[str, Term]
) -> None:
    rules = HolidayRules(add=add, remove=remove)
    moved = Deadlines(BY_PACK[term[0]].policy.model_copy(update={"holidays": rules}))
    due, plain = moved.term_end(at, term[1]), BY_PACK[term[0]].term_end(at, term[1])
    last = due.astimezone(ALMATY).date()
    assert last in remove or (last not in add and BY_PACK[term[0]].is_working_day(last))
    first = at.astimezone(ALMATY).date()
    if not any(first < day <= max(due, plain).astimezone(ALMATY).date() for day in (*add, *remove)):
        assert due == plain


@pytest.mark.parametrize("kind", [None, *get_args(Kind)])
@given(at=RECEIVED, name=st.sampled_from(PACKS), proven=st.booleans(), held=st.integers(1, 30), own=st.integers(1, 30))
def test_a_request_is_due_at_the_earlier_of_the_law_and_the_operator(
    kind: str | None, at: datetime, name: str, proven: bool, held: int, own: int
) -> None:
    clocks = ClockRules(held=held, proven=own)
    deadlines = Deadlines(BY_PACK[name].policy.model_copy(update={"clocks": clocks}))
    due = first_due(deadlines, at, kind, proven=proven)
    assert due <= deadlines.due_at(at, own if proven else held)
    names = FROM_RECEIPT.get(kind, ("answer",)) + (FROM_PROOF.get(kind, ()) if proven else ())
    law = [deadlines.term_end(at, deadlines.law.rules[each].term) for each in names if each in deadlines.law.rules]
    assert all(due <= each for each in law)
    assert due in (*law, deadlines.due_at(at, own if proven else held))
    assert first_due(deadlines, at + timedelta(hours=5), kind, proven=proven) >= due


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine whose own zone is neither Almaty's nor UTC."""
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("elsewhere")
def test_days_are_almatys_and_times_utc_whatever_the_machines_zone_is() -> None:
    """21:00 UTC on Monday is Tuesday in Almaty, and Monday in New York."""
    monday = datetime(2026, 11, 23, 21, tzinfo=UTC)
    found = {
        "2026-11-25T18:00": DEADLINES.due_at(monday, 1),
        "2026-11-24T09:00": DEADLINES.morning_of(monday),
        "2026-11-24T18:00": DEADLINES.end_of_day(monday),
        "2026-12-24T18:00": DEADLINES.term_end(monday, Term(days=1, unit="months")),
        "2026-11-27T18:00": DEADLINES.term_end(monday, Term(days=3, unit="calendar")),
        "2026-11-25T17:00": DEADLINES.window_end(monday),
    }
    assert {each: almaty(each) for each in found} == found
    assert {each.utcoffset() for each in found.values()} == {timedelta()}


def test_a_question_waits_until_an_hour_before_or_the_next_working_days() -> None:
    due = almaty("2026-11-26T18:00")
    assert DEADLINES.asks_until(due, almaty("2026-11-26T16:59")) == almaty("2026-11-26T17:00")
    assert DEADLINES.asks_until(due, almaty("2026-11-26T17:00")) == almaty("2026-11-27T17:00"), "Friday"
    assert DEADLINES.asks_until(due, almaty("2026-11-27T09:00")) == almaty("2026-11-30T17:00"), "Monday"


def test_the_first_clock_of_what_waits_is_the_laws_where_it_is_the_earlier() -> None:
    """Kazakhstan: a correction one working day from the proof, a refusal three from receipt."""
    patient = ClockRules(held=20, proven=20)
    deadlines = Deadlines(POLICY.model_copy(update={"clocks": patient}))
    at = almaty("2026-11-23T10:00")
    assert first_due(deadlines, at, "update", proven=True) == almaty("2026-11-24T18:00")
    assert first_due(deadlines, at, "update", proven=False) == almaty("2026-11-26T18:00")


def test_a_rule_of_a_pack_is_read_whole() -> None:
    values = {"days": 1, "unit": "months", "article": "12(3)", "source": "GDPR"}
    assert _rule(values) == Rule(term=Term(days=1, unit="months"), article="12(3)", source="GDPR", more=None)
    more = values | {"more": {"days": 2, "unit": "months"}}
    assert _rule(more).more == Term(days=2, unit="months")


def test_the_calendar_knows_of_no_decree_for_the_years_to_come() -> None:
    """Moved days stand in the calendar for 2024 and 2025; of later years `[holidays] confirmed` asks the operator."""
    for year, knows in ((2024, True), (2025, True), (2027, False), (2028, False), (2029, False), (2030, False)):
        days = country_holidays("KZ", years=year, language="en_US")
        assert any("substituted" in name for name in days.values()) is knows, year


def test_each_pack_names_its_sources_and_is_confirmed_by_nobody() -> None:
    for name in PACKS:
        pack = BY_PACK[name].law
        assert pack.rules.keys() >= {"answer", "refuse", "correct", "block", "destroy"}
        assert all(rule.source and rule.article and rule.term.days > 0 for rule in pack.rules.values())
        assert (pack.read_on, pack.confirmed_by, pack.confirmed_on) == ("", "", "")
        assert not pack.is_confirmed and quotes(pack) == {}
    assert not any(rule.more for rule in BY_PACK["kz-94v"].law.rules.values())
    law = LawRules.model_validate({"read_on": "2026-12-01", "confirmed_by": "A lawyer", "confirmed_on": "2026-12-02"})
    pack = Deadlines(POLICY.model_copy(update={"law": law})).law
    assert pack.is_confirmed and set(quotes(pack)) == {"obligation", "not_yours", "no_document"}
