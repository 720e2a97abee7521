"""Reads one row of the people's CSV: each cell by its own strict rule; what is wrong is named, never guessed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from mailbot.reading.address import address_key
from mailbot.reading.phones import normalise

YES = ("yes", "y", "1", "true", "иә", "ия", "да")
NO = ("no", "n", "0", "false", "жоқ", "нет", "")
_FORMULA = re.compile(r"'*[=+\-@\t\r]")  # what a spreadsheet reads as a formula, or was kept from reading so
_NUMBERS = re.compile(r"\+\d{6,15}(?:;\+\d{6,15})*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One person of the file; "" or None where the cell is empty."""

    line: int
    surname: str
    given_name: str
    patronymic: str
    emails: tuple[str, ...]
    phones: tuple[str, ...]
    birth_date: date | None
    birth_place: str
    news: bool
    consent_at: datetime | None
    consent_source: str
    news_consent_at: datetime | None
    obligation_until: date | None

    def values(self) -> dict[str, Any]:
        """Return the fields as the store holds them."""
        day = self.birth_date.isoformat() if self.birth_date else None
        return {
            "surname": self.surname, "given_name": self.given_name, "patronymic": self.patronymic, "birth_date": day,
            "birth_place": self.birth_place, "phones": list(self.phones),
        }  # fmt: skip


def defused(cell: str) -> str:
    """Return a cell that no spreadsheet reads as a formula; phone numbers are left as they are."""
    return f"'{cell}" if _FORMULA.match(cell) and not _NUMBERS.fullmatch(cell) else cell


def _armed(cell: str) -> str:
    """Return a cell as it was before an export defused it."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def read_row(cells: dict[str, str], line: int, zone: ZoneInfo) -> tuple[Row | None, list[str]]:
    """Return the row, and one sentence for each wrong cell: line, column, rule; never the value."""
    text = {name: _armed(" ".join(cell.split())) for name, cell in cells.items()}
    wrong: list[str] = []

    def read(column: str, rule: Any) -> Any:
        try:
            return rule(text.get(column, ""))
        except ValueError as exc:
            wrong.append(f"line {line}, column {column}: {exc}")
            return rule("")

    row = Row(
        line=line, surname=read("surname", _name), given_name=read("given_name", _name),
        patronymic=read("patronymic", _name), emails=read("email", _emails), phones=read("phone", _phones),
        birth_date=read("birth_date", _past_day), birth_place=read("birth_place", _place), news=read("news", _yes),
        consent_at=read("consent_at", lambda cell: _past_moment(cell, zone)),
        consent_source=read("consent_source", _source),
        news_consent_at=read("news_consent_at", lambda cell: _past_moment(cell, zone)),
        obligation_until=read("obligation_until", _day),
    )  # fmt: skip
    if not wrong and not row.emails and not row.phones:
        wrong.append(f"line {line}, column email: no way to reach the person: give an e-mail address or a phone")
    return row, wrong


def wrong_cell(column: str, cell: str, zone: ZoneInfo) -> str:
    """Return what is wrong with one cell by itself, "" where it is sound."""
    _, wrong = read_row({column: cell}, 0, zone)
    found = [sentence for sentence in wrong if sentence.startswith(f"line 0, column {column}: ") and cell.strip()]
    return found[0].partition(": ")[2] if found else ""


def _name(cell: str) -> str:
    if len(cell) > 100 or any(ch in "<>{}@\\=" or ch.isdigit() for ch in cell):
        raise ValueError("is not a name")
    return cell


def _place(cell: str) -> str:
    if len(cell) > 200 or any(ch in "<>{}" for ch in cell):
        raise ValueError("is not a place, or longer than 200 characters")
    return cell


def _emails(cell: str) -> tuple[str, ...]:
    found = [part.strip() for part in cell.split(";") if part.strip()]
    for addr in found:
        if len(addr) > 254 or not addr.isprintable():
            raise ValueError("is not an e-mail address")
        local, at, domain = addr.rpartition("@")
        if not (at and local and domain) or any(ch in ' <>,()[]"' or ord(ch) < 33 for ch in addr) or "@" in local:
            raise ValueError("is not an e-mail address")
        if "." not in domain or domain.startswith(".") or domain.endswith(".") or ".." in addr:
            raise ValueError("is not an e-mail address")
    return tuple({address_key(addr): addr for addr in reversed(found)}.values())[::-1]


def _phones(cell: str) -> tuple[str, ...]:
    numbers = [normalise(part.strip())[0] for part in cell.split(";") if part.strip()]
    if not all(numbers):
        raise ValueError("is not a phone number")
    return tuple(dict.fromkeys(numbers))


def _day(cell: str) -> date | None:
    if not cell:
        return None
    for form in ("%Y-%m-%d", "%d.%m.%Y"):
        try:
            return datetime.strptime(cell, form).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    raise ValueError("is not a date: write 1990-05-05 or 05.05.1990")


def _past_day(cell: str) -> date | None:
    day = _day(cell)
    if day is not None and not 1900 <= day.year <= datetime.now(UTC).year:
        raise ValueError("is not a date of birth")
    return day


def _moment(cell: str, zone: ZoneInfo) -> datetime | None:
    if not cell:
        return None
    try:
        at = datetime.fromisoformat(cell)
    except ValueError:
        day = _day(cell)
        assert day is not None
        at = datetime(day.year, day.month, day.day, tzinfo=zone)
    try:
        return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
    except OverflowError as exc:
        raise ValueError("is not a time") from exc


def _past_moment(cell: str, zone: ZoneInfo) -> datetime | None:
    """Return when a consent was given; one in the future would outlive every withdrawal."""
    at = _moment(cell, zone)
    if at is not None and not datetime(1990, 1, 1, tzinfo=UTC) <= at <= datetime.now(UTC) + timedelta(days=1):
        raise ValueError("is no time at which a consent was given")
    return at


def _source(cell: str) -> str:
    if len(cell) > 200:
        raise ValueError("is longer than 200 characters")
    return cell


def _yes(cell: str) -> bool:
    if cell.casefold() in YES:
        return True
    if cell.casefold() in NO:
        return False
    raise ValueError("is neither yes nor no")
