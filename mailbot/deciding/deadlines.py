"""Working days, due dates and the undo window, in the operator's time zone.

Pure: "now" is always an argument. Days off are the public holidays of `[holidays] country` (library
`holidays`, loaded at first use: 0.2 s) with the operator's additions and removals. A clock starts the day
after receipt and ends on a working day (Civil Code of Kazakhstan, arts. 173 and 175).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from mailbot.policy import Policy


@dataclass(slots=True)
class Deadlines:
    """Computes due dates by the rules of one policy file."""

    policy: Policy
    _days: dict[int, Any] = field(default_factory=dict)

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of all hours in the policy file."""
        return ZoneInfo(self.policy.clocks.timezone)

    def is_working_day(self, day: date) -> bool:
        """Tell whether that day is worked. Source: `[holidays]` over the country's calendar."""
        if day in self.policy.holidays.remove:
            return True
        if day in self.policy.holidays.add:
            return False
        return bool(self._calendar(day.year).is_working_day(day))

    def due_at(self, received_at: datetime, working_days: int) -> datetime:
        """Return the end of the last of so many working days after the day of receipt (aware UTC)."""
        return self._end(received_at, working_days, self.policy.clocks.ends_at)

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
