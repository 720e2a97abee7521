"""The desk at a glance: what is due, what waits, what was done this week, how fast people are answered. Reads alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median
from typing import Any

from mailbot.operating import timing
from mailbot.pipeline import Line
from mailbot.store import journal, overview, queue, register

SOON, PLACES = 5, 10
WEEK = 7
ANSWERS = timedelta(days=90)
MOST_ANSWERS = 500  # the latest, of which the times are told
KINDS = timedelta(days=30)
QUIET = timedelta(minutes=30)  # after so long without a complete pass something is wrong


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """How fast requests of the last 90 days were answered; of none the times are None."""

    count: int
    usual: timedelta | None  # the median from receipt to the answer
    longest: timedelta | None
    in_time: int  # of `clocked`
    clocked: int  # those whose clock ran


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """What the first page shows."""

    total: int
    hers: int
    undecided: int  # mails that are not decided yet
    soon: list[dict[str, Any]]  # as `requests list --json` prints them
    last_pass: datetime | None
    is_quiet: bool  # no pass reached its end for too long
    week: list[tuple[date, int]]  # the last seven days, today last: how many requests were brought to an end
    kinds: list[tuple[str, int]]
    tasks: list[Any]
    tasks_total: int
    answers: Answers


def look(line: Line) -> Overview:
    """Return the desk as it stands. Raises nothing."""
    now = line.store.clock()
    zone = line.rules.deadlines.zone
    today = now.astimezone(zone).date()
    first = today - timedelta(days=WEEK - 1)
    with line.store.reading() as connection:
        total, hers = queue.count(connection)
        rows = queue.soonest(connection, SOON)
        undecided, _ = journal.unread(connection)
        last = overview.last_pass(connection)
        began = datetime(first.year, first.month, first.day, tzinfo=zone)
        done = [at.astimezone(zone).date() for at in overview.done_since(connection, began)]
        kinds = overview.kinds(connection, now - KINDS)
        tasks, tasks_total = overview.tasks(connection, PLACES)
        answers = _answers(line, register.latest(connection, now - ANSWERS, MOST_ANSWERS), now)
    days = [first + timedelta(days=number) for number in range(WEEK)]
    return Overview(
        total=total, hers=hers, undecided=undecided, soon=[timing.listed(line, row) for row in rows],
        last_pass=last, is_quiet=last is None or now - last > QUIET, week=[(day, done.count(day)) for day in days],
        kinds=kinds, tasks=tasks, tasks_total=tasks_total, answers=answers,
    )  # fmt: skip


def _answers(line: Line, rows: list[Any], now: datetime) -> Answers:
    times = [row.answered_at - row.received_at for row in rows if row.answered_at is not None]
    missed = [late for late in (timing.last_day(line, row, now)[1] for row in rows) if late is not None]
    usual = timedelta(seconds=median(each.total_seconds() for each in times)) if times else None
    return Answers(
        count=len(times), usual=usual, longest=max(times, default=None), in_time=missed.count(False),
        clocked=len(missed),
    )  # fmt: skip
