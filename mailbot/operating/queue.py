"""One page of the operator's queue. Reads alone; what is open, and in which order, store/queue.py says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mailbot.operating import timing
from mailbot.pipeline import Line
from mailbot.store import journal, queue

MOST = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page of the queue, as `requests list --json` prints each request."""

    items: list[dict[str, Any]]
    number: int  # from 1
    last: int
    total: int
    hers: int  # of the total, how many wait for the operator
    undecided: int  # mails that are not decided yet


def page(line: Line, number: int) -> Page:
    """Return that page; the first or last where there are fewer. Raises nothing."""
    with line.store.reading() as connection:
        total, hers = queue.count(connection)
        last = max(1, -(-total // MOST))
        number = min(max(1, number), last)
        rows = queue.page(connection, first=(number - 1) * MOST, most=MOST)
        undecided, _ = journal.unread(connection)
    items = [timing.listed(line, row) for row in rows]
    return Page(items=items, number=number, last=last, total=total, hers=hers, undecided=undecided)
