"""What a pass asks of the store does not grow with what the store remembers.

The scenario with every row of the table of decisions is carried out beside few and beside many former people, mails,
requests, answers and events, and the database itself tells how much it had to read: SQLite by the steps of its
machine, PostgreSQL by its plans. No clock is looked at.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from mailbot.app import build
from mailbot.store.engine import open_engine
from tests.support.filled import fill
from tests.support.runs import Stage, begin
from tests.support.site import Site

FEW, MANY = 1_000, 8_000
STEPS = 50  # of SQLite's machine, between two looks
ROOM = 40  # looks that one statement may take more often where there is eight times as much
BIG = ("person", "address", "phone", "consent", "mail", "request", "reply", "suppression", "event")
RARE = (
    "SELECT count(event.position)",  # once a proof: how many events there are is told in it
    "SELECT reply.id, reply.message_id, reply.role",  # once a destruction: what the operator was told meanwhile
)


def passed(site: Site) -> sa.Engine:
    """Make passes until nothing is left to do, in this process; return the engine that they used."""
    app = build(site.folder, dns=lambda: None)
    fetched = 0
    while counts := app.poll()[0]:
        fetched += counts["fetched"]
        if not counts["fetched"] + counts["sent"]:
            break
    app.close()
    assert fetched > 25
    return app.line.store.engine


@contextmanager
def watched() -> Iterator[Counter[str]]:
    """Count the looks at SQLite's machine that each statement takes at most, its rows' fetching too, by its text."""
    most = Counter[str]()
    last: list[Any] = ["", 0]

    def look() -> int:
        last[1] += 1
        return 0

    def before(connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        most[last[0]] = max(most[last[0]], last[1])
        last[:] = re.sub(r"\s+", " ", statement), 0
        connection.connection.driver_connection.set_progress_handler(look, STEPS)

    sa.event.listen(sa.Engine, "before_cursor_execute", before)
    try:
        yield most
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", before)
        most[last[0]] = max(most[last[0]], last[1])


def test_no_statement_of_a_mail_or_a_pass_reads_more_where_more_is_remembered(stage: Stage) -> None:
    if stage.postgres is not None:
        pytest.skip("it tells its plans: the next test")
    most = []
    for count in (FEW, MANY):
        run = begin(stage)
        filled(run.site, count)
        with watched() as looks:
            passed(run.site)
        most.append(looks)
        run.leave(stage)
    few, many = most
    assert len(many) > 100 and sum(many.values()) > 100, "the statements were watched"
    grown = {text: (few[text], many[text]) for text in many if many[text] > few[text] + ROOM}
    assert {text: looks for text, looks in grown.items() if not text.startswith(RARE)} == {}


def filled(site: Site, count: int) -> None:
    engine = open_engine(site.store, site.folder)
    fill(engine, count)
    engine.dispose()


def test_postgresql_reads_no_table_from_end_to_end(stage: Stage) -> None:
    """But to scrub what was destroyed, which the design names."""
    if stage.postgres is None:
        pytest.skip("its steps are counted")
    run, said = begin(stage), dict[str, tuple[str, Any]]()

    def before(_connection: Any, _cursor: Any, statement: str, values: Any, _context: Any, many: bool) -> None:
        if not many and statement.lstrip().startswith(("SELECT", "UPDATE", "DELETE")):
            said.setdefault(re.sub(r"\s+", " ", statement), (statement, values))

    filled(run.site, MANY)
    run.site.sql("ANALYZE")
    sa.event.listen(sa.Engine, "before_cursor_execute", before)
    try:
        passed(run.site)
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", before)
    engine = open_engine(run.site.store, run.site.folder)
    plans = {}
    for text, (statement, values) in said.items():
        with engine.connect() as connection:
            plans[text] = "\n".join(connection.exec_driver_sql(f"EXPLAIN {statement}", values).scalars())
    engine.dispose()
    assert len(plans) > 100 and sum("Index" in plan for plan in plans.values()) > 50
    read = {text: plan for text, plan in plans.items() if re.search(rf"Seq Scan on ({'|'.join(BIG)}) ", plan)}
    assert {text: plan for text, plan in read.items() if not text.startswith(RARE)} == {}
    run.leave(stage)


def test_the_watch_sees_a_statement_that_reads_everything(stage: Stage, tmp_path: Path) -> None:
    if stage.postgres is not None:
        pytest.skip("rows are counted by the server itself")
    run = begin(stage)
    filled(run.site, FEW)
    with watched() as looks:
        run.site.sql("SELECT count(*) FROM request WHERE reason = 'nothing'")
    run.leave(stage)
    assert max(looks.values()) > ROOM
