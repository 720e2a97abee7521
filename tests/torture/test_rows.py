"""SIGKILL before the n-th outside call of a pass that carries out every row of the table of decisions.

An outside call is a connection, an IMAP command, an SMTP command or the wait for its answer, a COMMIT, an fsync, a
rename, a link, an unlink; `make torture` tries every one on both databases. Plain reads and writes are sampled.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any

import pytest

from tests.support.killed import Kill
from tests.support.runs import Record, Run, Stage, begin, check_same, killed
from tests.support.sampled import ALL, some
from tests.torture.scenario import ROWS, at

PARTS = 4 if ALL else 1  # of the places of death, so that two workers share them


@pytest.fixture(scope="module")
def whole(stage: Stage) -> tuple[Run, dict[str, Any]]:
    """A run that was never killed: its first pass's calls, and the state after it."""
    run = begin(stage)
    counts = run.poll()
    assert counts is not None and counts["fetched"] == len(ROWS) and not counts["poisoned"] + counts["waiting"]
    calls = run.calls
    run.settle()
    run.check_replies()
    run.calls = calls
    return run, run.state()


def named(run: Run) -> dict[str, str]:
    """Return the name in the Message-ID of every mail of the mailbox, by the hash of its octets."""
    found: dict[str, str] = {}
    with run.site.dovecot.login(run.site.user) as client:
        for folder in ("INBOX", "mailbot/Done"):
            client.select_folder(folder, readonly=True)
            for each in client.fetch(client.search(), ["BODY.PEEK[]"]).values():
                name = re.search(rb"(?mi)^message-id: <([^@>]+)@", each[b"BODY[]"])
                assert name is not None
                found[hashlib.sha256(each[b"BODY[]"]).hexdigest()] = name[1].decode()
    return found


def test_the_pass_carries_out_every_row(whole: tuple[Run, dict[str, Any]]) -> None:
    run, _ = whole
    names = named(run)
    decided = {names.get(mail["sha256"] or "", ""): mail["reason"] for mail in run.tables("mail")["mail"]}
    assert {name: decided.get(name) for name in ROWS} == {name: reason for name, (_, reason) in ROWS.items()}
    rows = {row for row, _ in ROWS.values()} | {"19"}  # that one is nobody's mail: the window of a withdrawal ends
    assert rows >= {*map(str, range(1, 26)), "2a", "7a", "11a", "11b"}
    gone = run.site.run("people", "show", at("gulnar"), "--json").lines()
    assert gone == [{"id": None, "state": "suppressed", "suppressed": ["news", "processing"]}]


@pytest.mark.parametrize("part", range(PARTS))
def test_killed_before_any_call_everything_is_done_once(
    stage: Stage, whole: tuple[Run, dict[str, Any]], part: int, record_property: Record
) -> None:
    run, state = whole
    assert run.calls["any"] > 250, "the places of death were counted"
    for n in some(range(1 + part, run.calls["any"] + 1, PARTS), 4 if stage.postgres is None else 2, of=f"rows {part}"):
        died = killed(stage, Kill(call="any", when="before", n=n), record_property)
        check_same(died.state(), state, f"killed before call {n}")
        died.check_replies()
        died.leave(stage)


def test_killed_in_the_middle_of_plain_reads_and_writes(
    stage: Stage, whole: tuple[Run, dict[str, Any]], record_property: Record
) -> None:
    run, state = whole
    assert run.calls["plain"] > 100
    always = range(1, run.calls["plain"] - 10)  # a few more or less, as the octets come in from the servers
    for n in some(always, 2, of="plain"):
        died = killed(stage, Kill(call="plain", when="before", n=n), record_property)
        check_same(died.state(), state, f"killed before read or write {n}")
        died.check_replies()
        died.leave(stage)
