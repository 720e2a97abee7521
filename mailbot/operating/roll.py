"""The people on file, one by one: shown, added, exported, blocked. No rule of mailing stands here."""

from __future__ import annotations

import csv
import io
from typing import Any

from mailbot.errors import ConflictError, InputError
from mailbot.operating import policies
from mailbot.operating.cells import Row, defused, read_row
from mailbot.operating.imports import COLUMNS, EXPORTED, OPTIONAL, Import, Report
from mailbot.pipeline import Line
from mailbot.store import disputes, ledger, newsletter, people, whom
from mailbot.store.gather import suppressed
from mailbot.store.store import Store
from mailbot.store.tables import Person
from mailbot.store.unit import Unit


def show(store: Store, address: str) -> list[dict[str, Any]]:
    """Return everybody at an address or phone number, or the one line of a suppressed address without a person.

    Raises InputError where the address is neither.
    """
    with store.unit() as unit:
        purposes = list(suppressed(unit, address))
        ids = people.ids_of(unit.connection, address)
        found = [
            {**people.show(unit.connection, i), "suppressed": purposes, "consents": ledger.of(unit.connection, i)}
            for i in ids
        ]
    if found:
        return found
    if purposes:
        return [{"id": None, "state": "suppressed", "suppressed": purposes}]
    raise InputError("nobody is on file under that address or number")


def known_as(store: Store, person_id: str) -> str:
    """Return under which ids other places know a person, "" where none was noted."""
    with store.reading() as connection:
        return ", ".join(f"{place}: {value}" for place, value in whom.ids_of(connection, person_id).items())


def add(line: Line, cells: dict[str, str]) -> Report:
    """Add one person by hand, by the rules of an import's row. Raises InputError naming the wrong field."""
    row, wrong = read_row(cells, 1, line.rules.deadlines.zone)
    if wrong or row is None:
        raise InputError("; ".join(sentence.partition(", ")[2] for sentence in wrong))
    policies.note(line)
    with line.store.unit() as unit:
        unit.event("people_imported", who="operator")
        return Import(unit=unit, version=line.rules.policy.version_at, by="operator").run([row], lambda _count: None)


class _DryRun(Exception):
    """Rolls back an import that was only tried."""


def import_rows(line: Line, rows: list[Row], *, overwrite: bool, dry_run: bool, progress: Any) -> Report:
    """Import rows in one transaction; a dry run is the same, rolled back."""
    report = Report()
    policies.note(line)
    try:
        with line.store.unit() as unit:
            task = Import(unit=unit, version=line.rules.policy.version_at, overwrite=overwrite, report=report)
            task.run(rows, progress)
            unit.event("people_imported", who="operator")
            if dry_run:
                raise _DryRun
    except _DryRun:
        pass  # the report stands, the store is as it was
    return report


def export(store: Store, mailbox: str = "") -> tuple[str, int, int]:
    """Return a CSV of everybody who may be used, how many they are, and how many blocked ones were left out.

    With the mailbox's address each row has the List-Unsubscribe of a newsletter to each of its addresses.
    """
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow((*COLUMNS, *OPTIONAL, *(EXPORTED if mailbox else ())))
    with store.unit() as unit:
        connection = unit.connection
        rows = people.everybody(connection)
        free = [row for row in rows if not (row.blocked or row.disputed)]
        for row in free:
            extra = [_unsubscribe(unit, row.id, mailbox)] if mailbox else []
            writer.writerow([defused(cell) for cell in (*_cells(unit, row), *extra)])
    return out.getvalue(), len(free), len(rows) - len(free)


def _cells(unit: Unit, row: Any) -> list[str]:
    connection = unit.connection
    open_ = {c.purpose: c for c in people.consent_rows(connection, row.id) if c.withdrawn_at is None}
    processing, news = open_.get("processing"), open_.get("news")
    if any("news" in suppressed(unit, addr) for addr in people.addresses(connection, row.id)):
        news = None  # somebody at this address wants no news there
    person = people.facts(connection, row.id)
    until = person.obliged_until if person else None
    return [
        row.surname, row.given_name, row.patronymic or "", ";".join(people.addresses(connection, row.id)),
        ";".join(people.phones(connection, row.id)), row.birth_date.isoformat() if row.birth_date else "",
        row.birth_place, "yes" if news else "no", _at(processing), processing.source if processing else "", _at(news),
        until.isoformat() if until else "",
    ]  # fmt: skip


def _unsubscribe(unit: Unit, person_id: str, mailbox: str) -> str:
    """Return List-Unsubscribe for each address of a person, in the order of the cell of addresses."""
    addresses = people.addresses(unit.connection, person_id)
    return ";".join(newsletter.header(unit.keys, mailbox, addr) for addr in addresses)


def _at(consent: Any) -> str:
    return consent.given_at.isoformat() if consent is not None and consent.given_at else ""


def block(store: Store, address: str) -> int:
    """Block everybody at an address: a dispute (decisions: section 6). Raises InputError, ConflictError."""
    with store.unit() as unit:
        ids = people.ids_of(unit.connection, address)
        if not ids:
            raise InputError("nobody is on file under that address or number")
        free = [i for i in ids if not unit.row(Person, i).disputed]
        if not free:
            raise ConflictError("blocked already")
        for person_id in free:
            disputes.block(unit, person_id)
        return len(free)


def unblock(store: Store, address: str) -> int:
    """Release a dispute's block; a withdrawal's stop is none (undo its request). Raises InputError, ConflictError."""
    with store.unit() as unit:
        ids = people.ids_of(unit.connection, address)
        if not ids:
            raise InputError("nobody is on file under that address or number")
        disputed = [i for i in ids if unit.row(Person, i).disputed]
        if not disputed:
            raise ConflictError("not blocked by a dispute; a withdrawal is taken back with `requests undo`")
        for person_id in disputed:
            disputes.unblock(unit, person_id)
        return len(disputed)


def counts(store: Store) -> dict[str, Any]:
    """Return how many people are on file, when the last came in, and what of them needs a look."""
    with store.reading() as connection:
        return people.counts(connection)
