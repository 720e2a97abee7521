"""SIGKILL right before and right after the n-th outside call, for every n; and several pollers at once.

A pass kills itself at one place; further passes run until there is nothing left to do; then everything must be as
after a pass that was never killed. The one gap is named in the design: a kill between the SMTP server's 250 and the
commit behind it may send that one reply twice, under the same Message-ID. Whether a kill fell there is read from the
store and the server at the moment of death, so each reply's count is known exactly.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import SQLModel

from mailbot.store import (  # fill the metadata
    account_tables,  # noqa: F401
    clock_tables,  # noqa: F401
    consent_tables,  # noqa: F401
    event_tables,  # noqa: F401
    place_tables,  # noqa: F401
    proof_tables,  # noqa: F401
    tables,  # noqa: F401
)
from mailbot.store.engine import open_engine
from tests.support.dovecot import Dovecot
from tests.support.killed import CALLS, Commands, Kill
from tests.support.postgres import Postgres
from tests.support.site import NOTHING, OPERATOR, TAGS, Site, answer, letter, row
from tests.support.smtp import SmtpServer

Record = Callable[
    [str, object], None
]  # pytest's record_property: how many kills there were, and how many fell in the gap
PASSES = 6  # until there is nothing left to do
PEOPLE = (
    row("Сәрсенова", "Айгүл", "aigul@example.kz", "+77010000001"),
    row("Оспанов", "Марат", "marat@example.com", "+77010000002"),
    row("Brown", "Mary", "mary@example.com", "+77010000003"),
    row("Серикова", "Динара", "dinara@example.com", "+77010000004"),
)
EMAILS = ("aigul@example.kz", "marat@example.com", "mary@example.com", "dinara@example.com")
MAILS = (
    letter("aigul@example.kz", TAGS["kk", "update"], "Телефон: +7 701 234 56 78\n", name="update"),
    letter("vera@example.com", "Вопрос о курсе", "Здравствуйте! Когда начинается курс?\n", name="stranger"),
    letter("marat@example.com", TAGS["ru", "withdrawal"], name="withdrawal"),
    letter("mary@example.com", TAGS["en", "unsubscribe"], name="unsubscribe"),
    letter("dinara@example.com", TAGS["ru", "update"], "Телефон: +7 702 234 56 78\n", name="weak", proven=False),
    letter("boss@example.com", TAGS["ru", "withdrawal"], name="machine", headers=["Auto-Submitted: auto-replied"]),
)
DONE = {"update", "withdrawal", "unsubscribe", "weak"}
LEFT = {"stranger", "machine"}
REPLIES = 5  # three receipts, one challenge, one mail to the operator


@dataclass(slots=True)
class Stage:
    """A live installation with its mails delivered and no pass made, of which every run gets a copy."""

    site: Site
    commands: Commands
    postgres: Postgres | None
    count: int = 0

    def copy(self) -> Site:
        """Return the same installation again, with a mailbox (same UIDs, same UIDVALIDITY) and a store of its own."""
        self.count += 1
        dovecot, user = self.site.dovecot, self.site.dovecot.user()
        folder = self.site.folder.with_name(f"{self.site.folder.name}-{self.count}")
        shutil.copytree(self.site.folder, folder)
        home, theirs = dovecot.maildir(user), dovecot.maildir(self.site.user)
        shutil.copytree(theirs, home)
        owner = theirs.stat()
        for path in (home.parent, home, *home.rglob("*")):
            os.chown(path, owner.st_uid, owner.st_gid)
        store = self.site.store
        if self.postgres is not None:
            store = self.postgres.database(self.site.store)
        settings = (folder / "mailbot.toml").read_text(encoding="utf-8")
        settings = settings.replace(self.site.user, user).replace(self.site.store, store)
        (folder / "mailbot.toml").write_text(settings, encoding="utf-8")
        return Site(folder, dovecot, self.site.smtp, store, user, self.commands)


def staged(
    folder: Path, dovecot: Dovecot, smtp: SmtpServer, commands: Commands, postgres: Postgres | None = None
) -> Stage:
    store = postgres.database() if postgres is not None else "sqlite:///mailbot.sqlite"
    site = Site(folder / "site", dovecot, smtp, store, commands=commands)
    site.init("--operator-mail", OPERATOR)
    site.people(*PEOPLE)
    site.deliver(*MAILS)
    return Stage(site, commands, postgres)


@pytest.fixture(scope="module")
def stage(dovecot: Dovecot, smtp: SmtpServer, commands: Commands, tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """The scenario on SQLite."""
    return staged(tmp_path_factory.mktemp("kill"), dovecot, smtp, commands)


@pytest.fixture(scope="module")
def postgres_stage(
    dovecot: Dovecot,
    smtp: SmtpServer,
    commands: Commands,
    postgres: Postgres,
    tmp_path_factory: pytest.TempPathFactory,
) -> Stage:
    """The scenario on PostgreSQL."""
    return staged(tmp_path_factory.mktemp("kill"), dovecot, smtp, commands, postgres)


# ---- what a run left ------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Run:
    """A run on one copy: its site, and what it sent."""

    site: Site
    began: int  # how many mails the SMTP server had taken before
    calls: dict[str, int] = field(default_factory=dict)  # of the last pass that was not killed
    old: set[str] = field(default_factory=set)  # Message-IDs sent before this run
    gap: set[str] = field(default_factory=set)  # taken by the server and not marked as sent when the pass died

    def taken(self) -> Counter[str]:
        """Message-IDs that the server took in this run, and how often."""
        return Counter(each.message_id for each in self.site.answers(self.began))

    def sent(self) -> set[str]:
        """Message-IDs of this run that the store knows as sent."""
        rows = self.site.sql("SELECT message_id FROM reply WHERE sent_at IS NOT NULL")
        return {message_id for (message_id,) in rows} - self.old

    def poll(self, kill: Kill | None = None) -> dict[str, int] | None:
        """Make one pass; None where it was killed."""
        assert self.site.commands is not None
        ended = self.site.commands.run("--config", str(self.site.folder), "poll", "--json", kill=kill)
        if ended.code == -9:
            return None
        assert (ended.code, ended.err) == (0, "")
        self.calls = ended.calls
        counts: dict[str, int] = json.loads(ended.out)
        return counts

    def die(self, kill: Kill) -> None:
        """Make a pass that kills itself, and see whether that fell between a 250 and the commit behind it."""
        assert self.poll(kill) is None, f"not killed {kill}"
        sent, taken = self.sent(), self.taken()
        assert sent <= set(taken)
        self.gap = set(taken) - sent
        assert len(self.gap) == 1 if kill.call == "data" and kill.when == "after" else len(self.gap) <= 1

    def settle(self) -> None:
        """Make passes until there is nothing left to do."""
        for _ in range(PASSES):
            counts = self.poll()
            assert counts is not None
            if counts == NOTHING:
                return
        pytest.fail(f"after {PASSES} passes there is still something to do: {counts}")

    def tables(self, *names: str) -> dict[str, list[dict[str, Any]]]:
        """All rows of these tables."""
        engine = open_engine(self.site.store, self.site.folder)
        try:
            with engine.connect().execution_options(reading=True) as connection:
                return {
                    name: [dict(row._mapping) for row in connection.execute(sa.select(SQLModel.metadata.tables[name]))]
                    for name in names
                }
        finally:
            engine.dispose()

    def state(self) -> dict[str, Any]:
        """What must be the same whether or not a pass was killed: every column, but for ids, tokens and times.

        Ids of requests and people become what they stand for; of a time it is told whether there is one.
        """
        found = self.tables(*(name for name in SQLModel.metadata.tables if name not in ("note", "maildir_name")))
        requests = {row["id"]: row["message_id"] for row in found["request"]}
        people = {row["id"]: row["surname"] for row in found["person"]}
        named = {"request_id": requests, "person_id": people, "withdrawn_by": requests}

        def plain(table: str, column: str, value: Any) -> Any:
            if column in named:
                return named[column].get(value)
            if isinstance(value, datetime) or column == "copy_of":
                return value is not None
            if column in ("digest", "gave_up_why"):  # of our own mail, whose token is drawn
                return value.partition(" ")[0].strip("0123456789abcdef")
            if column == "reason":  # of a proof, whose times are in its hash
                return re.sub("^[0-9a-f]{64}$", "hash", value)
            return value

        state: dict[str, Any] = {"folders": self.site.folders()}
        for table, rows in found.items():
            drawn = DRAWN | DRAWN_IN.get(table, set())
            state[table] = sorted(
                repr({name: plain(table, name, value) for name, value in row.items() if name not in drawn})
                for row in rows
            )
        return state

    def drop_copies(self) -> None:
        """Drop what lies twice in mailbot/Done: two MOVEs of one mail at once make two copies of it in Dovecot.

        The turn is what keeps them apart; nothing but the folder shows it.
        """
        names: set[bytes] = set()
        with self.site.dovecot.login(self.site.user) as client:
            client.select_folder("mailbot/Done")
            for uid, each in client.fetch(client.search(), ["BODY.PEEK[]"]).items():
                if each[b"BODY[]"] in names:
                    client.delete_messages([uid])
                names.add(each[b"BODY[]"])
            client.expunge()

    def check_replies(self) -> None:
        """Each reply was taken once, or twice where the kill fell into the gap."""
        (rows,) = self.tables("reply").values()
        owed = {each["message_id"] for each in rows} - self.old
        assert self.taken() == {each: 2 if each in self.gap else 1 for each in owed}


DRAWN = {"id", "mail_id", "token"}  # drawn anew in each run
DRAWN_IN = {
    "reply": {"message_id", "octets", "answer", "bounce_key", "fingerprint"},
    "digest_card": {"digest"},
    "proof": {"sha256"},  # of what bears ids and times
    "event": {"position", "link"},  # sealed in the order of the passes, with the ids in it; the last pass's by the next
}


def begin(stage: Stage) -> Run:
    run = Run(stage.copy(), len(stage.site.smtp.taken))
    run.old = run.sent()
    return run


def unkilled(stage: Stage) -> tuple[dict[str, Any], dict[str, int]]:
    """Return the state after a run that was never killed, and how often its first pass made each outside call."""
    run = begin(stage)
    counts = run.poll()
    calls = run.calls
    assert counts == NOTHING | {
        "fetched": 6, "applied": 3, "challenged": 1, "left": 1, "ignored": 1, "sent": REPLIES,
    }  # fmt: skip
    run.settle()
    run.check_replies()
    state = run.state()
    assert state["folders"]["mailbot/Done"].keys() == DONE
    assert state["folders"]["INBOX"] == dict.fromkeys(LEFT, ())
    assert len(run.taken()) == REPLIES
    return state, calls


@pytest.fixture(scope="module")
def expected(stage: Stage) -> tuple[dict[str, Any], dict[str, int]]:
    return unkilled(stage)


def killed(stage: Stage, kill: Kill, record: Record) -> Run:
    """Kill a pass there, then make passes until there is nothing left to do."""
    run = begin(stage)
    run.die(kill)
    record("kill", str(kill))
    if run.gap:
        record("twice", str(kill))
    run.settle()
    return run


# ---- the kills ------------------------------------------------------------------------------------------------

CASES = [(call, when) for call in CALLS for when in ("before", "after")]
LEAST = {"fetch": 2, "commit": 15, "data": REPLIES, "move": 3}  # so that a wrapper that sees nothing is noticed


@pytest.mark.parametrize("part", [0, 1, 2])
@pytest.mark.parametrize(("call", "when"), CASES)
def test_a_kill_at_every_outside_call_leaves_nothing_lost_and_nothing_done_twice(
    stage: Stage,
    expected: tuple[dict[str, Any], dict[str, int]],
    call: str,
    when: str,
    part: int,
    record_property: Record,
) -> None:
    state, calls = expected
    assert calls[call] >= LEAST[call], calls
    for n in range(1 + part, calls[call] + 1, 3):
        run = killed(stage, Kill(call=call, when=when, n=n), record_property)
        assert run.state() == state, f"killed {when} {call} {n}"
        run.check_replies()


@pytest.mark.parametrize("part", [0, 1])
def test_a_kill_on_postgresql(postgres_stage: Stage, part: int, record_property: Record) -> None:
    state, calls = unkilled(postgres_stage)
    sample = [
        Kill(call=call, when=when, n=n) for call, when in CASES for n in sorted({1, calls[call] // 2 or 1, calls[call]})
    ]
    for kill in sample[part::2]:
        run = killed(postgres_stage, kill, record_property)
        assert run.state() == state, f"killed {kill}"
        run.check_replies()


def test_two_kills_in_a_row_send_a_reply_no_more_than_three_times(
    stage: Stage, expected: tuple[dict[str, Any], dict[str, int]]
) -> None:
    run = begin(stage)
    for _ in range(2):
        assert run.poll(Kill(call="data", when="after", n=1)) is None
    (repeated,) = run.taken()
    assert run.taken()[repeated] == 2  # the same reply again, under the same Message-ID
    run.settle()
    assert run.state() == expected[0]
    assert sorted(run.taken().values()) == [1] * (REPLIES - 1) + [3]
    octets = {each.mail.as_bytes() for each in run.site.answers(run.began) if each.message_id == repeated}
    assert len(octets) == 1


# ---- an answer comes back, and a window ends -------------------------------------------------------------------


@pytest.fixture(scope="module")
def yes_stage(stage: Stage) -> Stage:
    """All is done, and the challenged person has answered with a yes."""
    run = begin(stage)
    run.settle()
    challenge = next(each for each in run.site.answers(run.began) if each.to == "dinara@example.com")
    run.site.deliver(answer("dinara@example.com", "Да", challenge, name="yes", proven=False))
    return Stage(run.site, stage.commands, None)


@pytest.mark.parametrize(("call", "when"), CASES)
def test_a_kill_while_a_yes_is_carried_out(yes_stage: Stage, call: str, when: str, record_property: Record) -> None:
    run = begin(yes_stage)
    run.poll()
    calls = run.calls
    run.settle()
    state = run.state()
    assert any("+77022345678" in row for row in state["phone"])
    assert sorted(run.taken().values()) == [1]
    for n in range(1, calls[call] + 1):
        run = killed(yes_stage, Kill(call=call, when=when, n=n), record_property)
        assert run.state() == state, f"killed {when} {call} {n}"
        run.check_replies()


@pytest.fixture(scope="module")
def desk_stage(stage: Stage) -> Stage:
    """All is done, and the operator has answered her list: nobody owes anything, go on with the withdrawal."""
    run = begin(stage)
    run.settle()
    listed = next(each for each in run.site.answers(run.began) if each.to == OPERATOR)
    at = re.search(r"(\d)\. № \w+, отзыв", listed.text)
    assert at
    run.site.deliver(answer(OPERATOR, f"{at[1]} жоқ", listed, name="order"))
    return Stage(run.site, stage.commands, None)


@pytest.mark.parametrize(("call", "when"), [case for case in CASES if case[0] in ("commit", "data")])
def test_a_kill_while_an_order_by_mail_is_carried_out(
    desk_stage: Stage, call: str, when: str, record_property: Record
) -> None:
    run = begin(desk_stage)
    run.poll()
    calls = run.calls
    run.settle()
    state = run.state()
    assert any("'result': 'no_obligation'" in each for each in state["digest_card"])
    for n in range(1, calls[call] + 1):
        run = killed(desk_stage, Kill(call=call, when=when, n=n), record_property)
        assert run.state() == state, f"killed {when} {call} {n}"
        run.check_replies()


def window_of(stage: Stage) -> Stage:
    """All is done, no obligation is open, and the undo window of the withdrawal is over."""
    run = begin(stage)
    run.settle()
    (number,) = (each["id"] for each in run.site.requests("--kind", "withdrawal").values())
    assert run.site.run("requests", "release", number).code == 0
    run.settle()
    run.site.sql("UPDATE request SET destroy_at = :at WHERE destroy_at IS NOT NULL", at="2026-01-01 00:00:00")
    return Stage(run.site, stage.commands, stage.postgres)


@pytest.fixture(scope="module")
def window_stage(stage: Stage) -> Stage:
    return window_of(stage)


@pytest.mark.parametrize(("call", "when"), [case for case in CASES if case[0] in ("commit", "data")])
def test_a_kill_while_somebody_is_destroyed(window_stage: Stage, call: str, when: str, record_property: Record) -> None:
    """The final mail goes out, once or twice, and the person is gone, from the files too."""
    run = begin(window_stage)
    run.poll()
    calls = run.calls
    run.settle()
    check_destroyed(run)
    state = run.state()
    for n in range(1, calls[call] + 1):
        run = killed(window_stage, Kill(call=call, when=when, n=n), record_property)
        assert run.state() == state, f"killed {when} {call} {n}"
        check_destroyed(run)


def check_destroyed(run: Run) -> None:
    ran = run.site.run("people", "show", "marat@example.com", "--json")
    assert ran.lines() == [{"id": None, "state": "suppressed", "suppressed": ["news", "processing"]}]
    finals = run.site.answers(run.began)
    assert {each.to for each in finals} == {"marat@example.com"}
    assert len({each.message_id for each in finals}) == 1
    assert len(finals) == 1 + len(run.gap)
    files = [path for path in run.site.folder.iterdir() if path.name.startswith("mailbot.sqlite")]
    octets = b"".join(path.read_bytes() for path in files)
    for word in (b"marat@", "Оспанов".encode(), b"+77010000002"):
        assert word not in octets
    assert run.site.run("audit", "verify").code == 0


# ---- several at once ------------------------------------------------------------------------------------------


@pytest.fixture(params=["sqlite", "postgres"])
def both(request: pytest.FixtureRequest) -> Stage:
    made: Stage = request.getfixturevalue("stage" if request.param == "sqlite" else "postgres_stage")
    return made


def test_five_pollers_at_once_all_end_well_and_everything_is_done_once(both: Stage) -> None:
    state, _ = unkilled(both)
    run = begin(both)
    ended = both.commands.at_once(5, "--config", str(run.site.folder), "poll", "--json")
    assert [(each.code, each.err) for each in ended] == [(0, "")] * 5
    run.settle()
    assert run.state() == state
    run.check_replies()


def without_turns(run: Run, commands: Commands) -> None:
    """Make four passes at once, none of which waits for its turn."""
    ended = commands.at_once(4, "--config", str(run.site.folder), "poll", "--json", turn=False)
    assert [(each.code, each.err) for each in ended] == [(0, "")] * 4
    run.settle()
    assert run.site.run("audit", "verify").code == 0


def test_pollers_that_ignore_each_others_turn_do_nothing_twice_either(both: Stage) -> None:
    """Nothing rests on the turn but politeness: the unique constraints and the leases say so."""
    state, _ = unkilled(both)
    run = begin(both)
    without_turns(run, both.commands)
    run.check_replies()
    assert (run.site.lie("INBOX"), run.site.lie("mailbot/Done") >= len(DONE)) == (len(LEFT), True)
    run.drop_copies()
    mails = [each.text for each in run.site.answers(run.began) if each.to == OPERATOR]
    numbers = Counter(number for text in mails for number in re.findall(r"(?m)^(?:\d+\. )?№ ([A-Z2-7]{6}),", text))
    told = run.site.sql("SELECT id FROM request WHERE told_at IS NOT NULL")
    assert numbers == Counter(number for (number,) in told)  # once each; in how many mails is the pollers' luck
    assert without_operator(run.state()) == without_operator(state)


def without_operator(state: dict[str, Any]) -> dict[str, Any]:
    """Return a state without the mails to the operator: in how many she was told is the pollers' luck."""
    return {**state, "digest_card": [], "reply": [row for row in state["reply"] if "'template': 'operator'" not in row]}


def test_sweeps_that_ignore_each_others_turn_destroy_once(both: Stage) -> None:
    window = window_of(both)
    run = begin(window)
    run.settle()
    state = run.state()
    run = begin(window)
    without_turns(run, both.commands)
    check_destroyed(run)
    assert run.state() == state
