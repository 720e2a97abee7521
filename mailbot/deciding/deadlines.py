"""Working days, due dates and the undo window, in the operator's time zone.

Pure: "now" is always an argument. Days off are the public holidays of `[holidays] country` (library
`holidays`, loaded at first use: 0.2 s) with the operator's additions and removals. A clock starts the day
after receipt and ends on a working day (Civil Code of Kazakhstan, arts. 173 and 175).
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from mailbot.deciding.law import Pack, Term, pack_of
from mailbot.policy import Policy

MORNING = time(9, 0)
HOUR = timedelta(hours=1)  # within it even a worker that cron wakes once an hour makes a pass


@dataclass(slots=True)
class Deadlines:
    """Computes due dates by the rules of one policy file."""

    policy: Policy
    _days: dict[int, Any] = field(default_factory=dict)
    _worked: dict[date, bool] = field(default_factory=dict)

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of all hours in the policy file."""
        return ZoneInfo(self.policy.clocks.timezone)

    @property
    def law(self) -> Pack:
        """The law pack that the policy file names."""
        return pack_of(self.policy)

    def is_working_day(self, day: date) -> bool:
        """Tell whether that day is worked. Source: `[holidays]` over the country's calendar."""
        if day not in self._worked:
            rules = self.policy.holidays
            by_calendar = day not in rules.add and bool(self._calendar(day.year).is_working_day(day))
            self._worked[day] = day in rules.remove or by_calendar
        return self._worked[day]

    def due_at(self, received_at: datetime, working_days: int) -> datetime:
        """Return the end of the last of so many working days after the day of receipt (aware UTC)."""
        return self._end(received_at, working_days, self.policy.clocks.ends_at)

    def term_end(self, start: datetime, term: Term) -> datetime:
        """Return the end of a term of the law that runs from the day after `start` (aware UTC).

        A term in calendar days or months whose last day is a day off ends on the next working day.
        """
        if term.unit == "working":
            return self.due_at(start, term.days)
        first = start.astimezone(self.zone).date()
        last = _months_later(first, term.days) if term.unit == "months" else first + timedelta(days=term.days)
        return self._end(start + (last - first - timedelta(days=1)), 1, self.policy.clocks.ends_at)

    def morning_of(self, due_at: datetime) -> datetime:
        """Return the morning of the day on which a clock ends (aware UTC)."""
        day = due_at.astimezone(self.zone).date()
        return datetime.combine(day, MORNING, self.zone).astimezone(ZoneInfo("UTC"))

    def end_of_day(self, at: datetime) -> datetime:
        """Return when the clocks of that day end (aware UTC)."""
        day = at.astimezone(self.zone).date()
        return datetime.combine(day, self.policy.clocks.ends_at, self.zone).astimezone(ZoneInfo("UTC"))

    def asks_until(self, due_at: datetime, now: datetime) -> datetime:
        """Return until when a question waits whose clock ends at `due_at`: an hour before, so its refusal is in time.

        Where that is over already, the same hour of the next working day.
        """
        end = due_at - HOUR
        return end if end > now else self.due_at(now, 1) - HOUR

    def window_end(self, sent_at: datetime) -> datetime:
        """Return when the undo window of a withdrawal ends whose receipt was taken at `sent_at` (aware UTC)."""
        return self._end(sent_at, 1, self.policy.withdrawal.destroy_at)

    def _end(self, start: datetime, working_days: int, hour: time) -> datetime:
        day = start.astimezone(self.zone).date()
        left = working_days
        while left:
            day += timedelta(days=1)
            left -= self.is_working_day(day)
        return datetime.combine(day, hour, self.zone).astimezone(ZoneInfo("UTC"))

    def _calendar(self, year: int) -> Any:
        if year not in self._days:
            from holidays import country_holidays  # loaded late: most commands need no calendar

            self._days[year] = country_holidays(self.policy.holidays.country, years=year)
        return self._days[year]


def _months_later(day: date, months: int) -> date:
    """Return the same day so many months later, or the last one of that month where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
