"""Imports people from a CSV: read, checked cell by cell, written in one transaction.

Suppression is by purpose: who left for news stays without news, who withdrew comes in only with a later consent
that has a source (decisions: section 6). A CSV is imported whole or not at all.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from mailbot.errors import InputError
from mailbot.operating.cells import Row, read_row
from mailbot.operating.tablefile import LOST, is_lost, separator
from mailbot.reading.address import address_key
from mailbot.reading.fold import fold
from mailbot.store import effects, obligations, owned, people
from mailbot.store.bulk import Bulk, traces
from mailbot.store.consent_tables import Consent, Obligation
from mailbot.store.gather import suppressed
from mailbot.store.tables import Address, Person, Phone
from mailbot.store.unit import Unit

COLUMNS = (
    "surname", "given_name", "patronymic", "email", "phone", "birth_date", "birth_place", "news", "consent_at",
    "consent_source",
)  # fmt: skip
OPTIONAL = ("news_consent_at", "obligation_until")
EXPORTED = ("list_unsubscribe",)  # an export may bear it; an import passes it over
CHUNK = 500  # rows that are looked up and written together
TEMPLATE = (
    ("Сәрсенова", "Айгүл", "Болатқызы", "aigul@example.kz", "+7 701 234 56 78", "1990-05-05", "Алматы қ.", "yes",
     "2025-09-01", "site form", "2025-09-01", ""),
    ("Ким", "Алина", "", "alina@example.kz;kim@example.kz", "8 702 000 00 01", "", "", "no", "2025-10-12 14:30",
     "site form", "", "2026-12-31"),
)  # fmt: skip


@dataclass(slots=True)
class Report:
    """What an import did, in counts and in sentences that name lines, never values."""

    rows: int = 0
    added: int = 0
    completed: int = 0
    unchanged: int = 0
    errors: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)  # fields that a request changed
    alike: list[str] = field(default_factory=list)  # lines with one address and several names
    shared: int = 0
    stopped: int = 0  # people not imported: they withdrew
    without_news: int = 0  # imported with news = no: they unsubscribed
    unproven: int = 0  # without the time of consent


def template() -> str:
    """Return an empty CSV with two invented examples."""
    out = io.StringIO()
    csv.writer(out).writerows([(*COLUMNS, *OPTIONAL), *TEMPLATE])
    return out.getvalue()


def read_csv(text: str, zone: ZoneInfo, encoding: str = "utf-8") -> tuple[list[Row], list[str]]:
    """Return the rows and the sentences for wrong cells (line and column). Raises InputError for a wrong header."""
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=separator(text))
    header = [cell.strip().lower() for cell in next(iter(_lines(lines)), [])]
    unknown = [name for name in header if name not in (*COLUMNS, *OPTIONAL, *EXPORTED)]
    if unknown or "email" not in header or len(set(header)) < len(header):
        what = f"unknown column {unknown[0][:40]}" if unknown else "a column is missing or stands twice"
        raise InputError(f"line 1: {what}; expected {', '.join(COLUMNS)}")
    rows, errors = [], []
    for cells in _lines(lines):
        if any(cell.strip() for cell in cells):
            named = dict(zip(header, cells, strict=False))
            row, wrong = read_row(named, lines.line_num, zone)
            wrong += _lost(named, lines.line_num, encoding)
            errors += wrong
            if len(cells) > len(header):
                errors.append(f"line {lines.line_num}: more cells than columns")
            elif row is not None and not wrong:
                rows.append(row)
    return rows, errors


def _lines(lines: Any) -> Iterable[list[str]]:
    try:
        yield from lines
    except csv.Error as exc:
        raise InputError(f"line {lines.line_num}: can't be read as CSV: look for a quote that is not closed") from exc


def _lost(cells: dict[str, str], line: int, encoding: str) -> list[str]:
    """Return a sentence for each name of which windows-1251 could not hold a letter."""
    names = ("surname", "given_name", "patronymic", "birth_place") if encoding == "windows-1251" else ()
    return [f"line {line}, column {name}: {LOST}" for name in names if is_lost(cells.get(name, ""))]


@dataclass(slots=True)
class Import:
    """One import: one transaction, all or nothing."""

    unit: Unit
    version: Callable[[datetime | None], str]  # of the policy, in force at a time
    by: str = "import"  # import, operator or mail: how the consents of the rows came
    overwrite: bool = False
    report: Report = field(default_factory=Report)
    lines: dict[str, int] = field(default_factory=dict)  # the line that first brought an address
    came: list[str] = field(default_factory=list)  # every address that is new at somebody

    def run(self, rows: Sequence[Row], progress: Callable[[int], None]) -> Report:
        """Write the rows; `progress` is told how many were written, every 500 and at the end."""
        for start in range(0, len(rows), CHUNK):
            self._write_all(rows[start : start + CHUNK])
            if self.report.rows < len(rows):
                progress(self.report.rows)
        progress(self.report.rows)
        owned.claim(self.unit, self.came)  # once all are in: an address of several is none's
        self.report.shared = people.count_shared(self.unit.connection)
        return self.report

    def _write_all(self, rows: Sequence[Row]) -> None:
        """Write some rows: those of whom the store knows nothing together, each other one by itself."""
        emails = [addr for row in rows for addr in row.emails]
        held = traces(self.unit, emails, [number for row in rows for number in row.phones])
        bulk = Bulk(self.unit)
        for row in rows:
            self.report.rows += 1
            if held.touch(self.unit, row.emails, row.phones):
                bulk.flush()
                self._write(row)
            else:
                self._add(row, row.news, bulk)
        bulk.flush()

    def _write(self, row: Row) -> None:
        if self._left(row):
            self.report.stopped += 1
            return
        same = self.same(row)
        news = row.news and not self._unsubscribed(row, same)
        if row.news and not news:
            self.report.without_news += 1
        if same is None:
            bulk = Bulk(self.unit)
            self._add(row, news, bulk)
            bulk.flush()
        else:
            self._complete(same, row, news)

    def _left(self, row: Row) -> bool:
        """Whether somebody at this address withdrew and did not consent anew since, or is stopped or disputed now."""
        if any(p.blocked or p.disputed for p in self.found(row)):
            return True
        anew = row.consent_at if row.consent_source else None
        return self._is_suppressed(row.emails, "processing", anew)

    def _unsubscribed(self, row: Row, same: Any | None) -> bool:
        """Whether an address of this person is suppressed for news: only a separate, later news consent ends that."""
        more = people.addresses(self.unit.connection, same.id) if same is not None else []
        return self._is_suppressed(
            (*row.emails, *more), "news", row.news_consent_at, same.id if same is not None else ""
        )

    def _is_suppressed(self, emails: Iterable[str], purpose: str, anew: datetime | None, who: str = "") -> bool:
        since = {addr: at for addr in emails if (at := self._since(addr, purpose)) is not None}
        if any(anew is None or anew <= at for at in since.values()):
            return True
        for addr in since:
            self._lift(addr, purpose, who)
        return False

    def _since(self, addr: str, purpose: str) -> datetime | None:
        if purpose not in suppressed(self.unit, addr):
            return None
        return effects.suppressed_since(self.unit, addr, purpose)

    def _lift(self, addr: str, purpose: str, who: str) -> None:
        effects.lift(self.unit, addr, purpose, who)
        self.unit.event("suppression_ended", f"{purpose}_consent_later", who="operator")

    def same(self, row: Row) -> Any | None:
        """Return the person on file with the same address (or a former one, or phone) and the same name."""
        found = self.found(row)
        same = next((person for person in found if _same_name(person, row)), None)
        renamed = same is None and len(found) == 1 and self._is_renamed(found[0], row)
        return found[0] if renamed else same  # the list has the name from before the request

    def _is_renamed(self, person: Any, row: Row) -> bool:
        """Whether the row has the name from before a request: what the request left is the same, or the birth is."""
        changed = {"surname", "given_name"} & set(person.changed_fields)
        kept = {"surname", "given_name"} - changed
        if changed and kept:
            return all(fold(getattr(person, name)) == fold(getattr(row, name)) for name in kept)
        return bool(changed) and row.birth_date is not None and row.birth_date == person.birth_date

    def found(self, row: Row) -> list[Any]:
        """Return everybody on file under an address of the row, now or formerly; without one, under its phones."""
        connection, keys = self.unit.connection, self.unit.keys
        ids = [i for addr in row.emails for i in people.ids_at(connection, addr)]
        ids += [i for addr in row.emails for i in people.ids_formerly_at(connection, keys.suppression(addr))]
        ids += [] if row.emails else [i for number in row.phones for i in people.ids_by_phone(connection, number)]
        return [self.unit.row(Person, person_id) for person_id in dict.fromkeys(ids)]

    def _add(self, row: Row, news: bool, bulk: Bulk) -> None:
        person_id = self.unit.new_id(26)
        bulk.add(
            Person, id=person_id, surname=row.surname, given_name=row.given_name, patronymic=row.patronymic or None,
            birth_date=row.birth_date, birth_place=row.birth_place, blocked="", disputed=False,
            changed_fields=[], created_at=self.unit.now,
        )  # fmt: skip
        for place, addr in enumerate(row.emails):
            first = self.lines.setdefault(address_key(addr), row.line)
            if first != row.line:
                self.report.alike.append(
                    f"line {row.line}: same address as line {first} with another name: both are kept as shared"
                )
            self.came.append(addr)
            bulk.add(Address, person_id=person_id, addr=addr, key=address_key(addr), position=place)
        for place, number in enumerate(dict.fromkeys(row.phones)):
            bulk.add(Phone, person_id=person_id, number=number, position=place)
        if row.consent_at is None:
            self.report.unproven += 1
        source = row.consent_source or "import"
        bulk.add(Consent, person_id=person_id, withdrawn_by="", **self._given("processing", row.consent_at, source))
        if news:
            at = row.news_consent_at or row.consent_at
            bulk.add(Consent, person_id=person_id, withdrawn_by="", **self._given("news", at, source))
        if row.obligation_until:
            bulk.add(Obligation, person_id=person_id, until=row.obligation_until, opened_at=self.unit.now)
        self.report.added += 1

    def _given(self, purpose: str, at: datetime | None, source: str) -> dict[str, Any]:
        version = self.version(at)
        return {"purpose": purpose, "given_at": at, "source": source, "given_by": self.by, "policy_version": version}

    def _consent(self, person_id: str, purpose: str, at: datetime | None, source: str) -> None:
        people.add_consent(self.unit.connection, person_id, **self._given(purpose, at, source))

    def _complete(self, person: Any, row: Row, news: bool) -> None:
        """Write what differs into a person on file, but for what a request of his own changed."""
        unit, values = self.unit, {}
        old = people.fields_of(unit.connection, person.id)
        for name, value in row.values().items():
            column = "phone" if name == "phones" else name
            if not value or value == old[name]:
                continue
            if column in person.changed_fields and not self.overwrite:
                self.report.kept.append(f"line {row.line}: {column} was changed by a request and is kept")
            else:
                values[name] = value
        people.set_fields(unit.connection, person.id, values)
        known = {address_key(a) for a in people.addresses(unit.connection, person.id)}
        gone = set(people.former(unit.connection, person.id))
        extra = [a for a in row.emails if address_key(a) not in known]
        if not self.overwrite and any(unit.keys.suppression(a) in gone for a in extra):
            self.report.kept.append(f"line {row.line}: email was changed by a request and is kept")
            extra = [a for a in extra if unit.keys.suppression(a) not in gone]
        if extra and "email" in person.changed_fields and not self.overwrite:
            self.report.kept.append(f"line {row.line}: email was changed by a request and is kept")
            extra = []
        for place, addr in enumerate(extra, len(known)):
            self.came.append(addr)
            unit.insert(Address, person_id=person.id, addr=addr, key=address_key(addr), position=place)
        renewed = self._prove(person, row) | self._renew(person, row, news) | self._oblige(person, row)
        self.report.completed += bool(values or extra or renewed)
        self.report.unchanged += not (values or extra or renewed)

    def _prove(self, person: Any, row: Row) -> bool:
        """Give an unproven consent its time."""
        if row.consent_at is None:
            return False
        given = self._given("processing", row.consent_at, row.consent_source or "import")
        return people.prove_consent(self.unit.connection, person.id, **given)

    def _oblige(self, person: Any, row: Row) -> bool:
        """Open the obligation that the row names, or move its day."""
        if row.obligation_until is None:
            return False
        return obligations.open_until(self.unit.connection, person.id, row.obligation_until, self.unit.now)

    def _renew(self, person: Any, row: Row, news: bool) -> bool:
        """Add a news consent that is new, or newer than the one withdrawn."""
        rows = people.consent_rows(self.unit.connection, person.id, "news")
        if not news or any(c.withdrawn_at is None for c in rows):
            return False
        at = row.news_consent_at or (None if rows else row.consent_at)
        if rows and (at is None or at <= max(c.withdrawn_at for c in rows)):
            return False
        self._consent(person.id, "news", at, row.consent_source or "import")
        return True


def _same_name(person: Any, row: Row) -> bool:
    return fold(f"{person.surname} {person.given_name}") == fold(f"{row.surname} {row.given_name}")
