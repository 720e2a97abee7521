"""The journal of requests of a year, as an inspector asks for it: what came when, what was decided, when it was done.

It names nobody: a request's number is what the person was told and can hold against us. Serves law 94-V, article 25.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from mailbot.deciding.outcomes import outcome
from mailbot.deciding.reasons import sentence
from mailbot.errors import InputError
from mailbot.operating import audit, paper, timing
from mailbot.operating.cells import defused
from mailbot.operating.plain import plain
from mailbot.operating.sheet import Block, Sheet, Speaker
from mailbot.pipeline import Line
from mailbot.store import chain, register

HEAD = (
    "number", "kind", "language", "received_at", "proof", "mark", "state", "row", "reason", "why", "decided_at",
    "answered_at", "due_at", "destroyed_at", "closed_at", "late",
)  # fmt: skip


def rows(line: Line, year: int, language: str) -> Iterator[dict[str, Any]]:
    """Yield a year's requests, oldest first: HEAD's values, times in the clock's zone.

    `state` is the outcome (deciding/outcomes.py), `due_at` the end of the clock that runs out first, or ran out last.
    `late`: a clock was over before it was served; empty where none ran, or the data went before anybody answered.
    Raises InputError for a year that can't be.
    """
    zone, now = line.rules.deadlines.zone, line.store.clock()
    if not 2000 <= year <= now.astimezone(zone).year:
        raise InputError(f"--year: {year} is no year of which there is a journal")
    first, last = (datetime(each, 1, 1, tzinfo=zone) for each in (year, year + 1))
    with line.store.reading() as connection:
        for row in register.between(connection, first, last):
            yield _entry(line, row, language, now)


def _entry(line: Line, row: Any, language: str, now: datetime) -> dict[str, Any]:
    zone = line.rules.deadlines.zone
    destroyed = row.closed_at if row.reason == "destroyed" else None
    due_at, late = timing.last_day(line, row, now)
    times = {
        "received_at": row.received_at, "decided_at": row.decided_at, "answered_at": row.answered_at,
        "due_at": due_at, "destroyed_at": destroyed, "closed_at": row.closed_at,
    }  # fmt: skip
    said = {
        "number": row.id, "kind": row.kind, "language": row.language, "proof": row.evidence, "mark": row.rung,
        "state": outcome(row), "row": row.row, "reason": row.reason, "why": sentence(row.reason, language),
        "late": "" if late is None else "yes" if late else "no",
    }  # fmt: skip
    local = {name: at.astimezone(zone).isoformat(timespec="minutes") if at else "" for name, at in times.items()}
    return {name: {**said, **local}[name] for name in HEAD}


def cells(entry: dict[str, Any]) -> list[str]:
    """Return an entry as the cells of a CSV, none of which a spreadsheet reads as a formula."""
    return [defused(str(entry[name])) for name in HEAD]


# a PDF's columns, and the share of the width that each has
COLUMNS = {
    "number": 6.5, "kind": 14, "language": 8.5, "received_at": 8.2, "proof": 11, "mark": 8.5, "state": 9, "why": 20,
    "decided_at": 8.2, "answered_at": 8.2, "due_at": 8.2, "destroyed_at": 10, "closed_at": 9, "late": 9.2,
}  # fmt: skip


def printed(line: Line, year: int, language: str) -> bytes:
    """Return the journal of a year as PDF, on its side: who answers, the period, each request, the head of the chain.

    `language` is kk or ru. Raises InputError, and ConfigError where the extra `pdf` is missing.
    """
    audit.seal(line)
    say = Speaker(language)
    table = tuple(tuple(_told(entry, name, say) for name in COLUMNS) for entry in rows(line, year, language))
    with line.store.snapshot() as connection:
        head = str(chain.head(connection))
    now = line.store.clock().astimezone(line.rules.deadlines.zone)
    period = f"01.01.{year} – {min(now.date(), date(year, 12, 31)):%d.%m.%Y}"
    pairs = (
        (say.word("operator"), say.value(plain(line.frame.operator_name))),
        (say.word("contact"), say.value(plain(line.frame.operator_contact))), (say.word("period"), period),
        (say.word("made"), f"{now:%d.%m.%Y %H:%M} ({line.rules.deadlines.zone.key})"),
        (say.word("count"), str(len(table))), (say.word("head"), head),
    )  # fmt: skip
    heads = tuple(say.word(name) for name in COLUMNS)
    none = () if table else (say.word("no_requests"),)
    listed = Block(title="", head=heads, rows=table, widths=tuple(COLUMNS.values()), sentences=none)
    end = Block(title=say.word("b_chain"), sentences=(say.word("compare"),))
    sheet = Sheet(
        language=language, title=f"{say.word('title_register')}, {year}",
        blocks=(Block(title="", pairs=pairs), listed, end),
        foot=f"{plain(line.frame.operator_name)} · {period} · {head[:24]}…", wide=True,
    )  # fmt: skip
    return paper.pdf(sheet, say.word("page"))


def _told(entry: dict[str, Any], name: str, say: Speaker) -> str:
    value = entry[name]
    if name.endswith("_at"):
        return say.when(value)
    if name == "mark":
        return say.value(value, "rungs")
    if name == "why":
        return say.why(entry["reason"])
    return plain(value) if name == "number" else say.value(value)
