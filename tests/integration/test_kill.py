"""SIGKILL right before and right after the n-th outside call, for every n; and several pollers at once.

A pass kills itself at one place; further passes run until there is nothing left to do; then everything must be as
after a pass that was never killed. The one gap is named in the design: a kill between the SMTP server's 250 and the
commit behind it may send that one reply twice, under the same Message-ID. `make torture` tries every n, the other runs
some of them, drawn with a seed that is printed.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.support.dovecot import Dovecot
from tests.support.killed import CALLS, Commands, Kill
from tests.support.postgres import Postgres
from tests.support.runs import Record, Run, Stage, begin, killed
from tests.support.sampled import some
from tests.support.site import NOTHING, OPERATOR, TAGS, Site, answer, letter, row
from tests.support.smtp import SmtpServer

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


# ---- the kills ------------------------------------------------------------------------------------------------

CASES = [(call, when) for call in CALLS for when in ("before", "after")]
LEAST = {"fetch": 2, "commit": 15, "data": REPLIES, "move": 3}  # so that a wrapper that sees nothing is noticed


@pytest.mark.parametrize(("call", "when"), CASES)
def test_a_kill_at_every_outside_call_leaves_nothing_lost_and_nothing_done_twice(
    stage: Stage,
    expected: tuple[dict[str, Any], dict[str, int]],
    call: str,
    when: str,
    record_property: Record,
) -> None:
    state, calls = expected
    assert calls[call] >= LEAST[call], calls
    for n in some(range(1, calls[call] + 1), 3, of=f"{call} {when}"):
        run = killed(stage, Kill(call=call, when=when, n=n), record_property)
        assert run.state() == state, f"killed {when} {call} {n}"
        run.check_replies()


def test_a_kill_on_postgresql(postgres_stage: Stage, record_property: Record) -> None:
    state, calls = unkilled(postgres_stage)
    every = [Kill(call=call, when=when, n=n) for call, when in CASES for n in range(1, calls[call] + 1)]
    for kill in some(every, 6, of="postgresql"):
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
    for n in some(range(1, calls[call] + 1), 2, of=f"yes {call} {when}"):
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
    for n in some(range(1, calls[call] + 1), 2, of=f"order {call} {when}"):
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
    for n in some(range(1, calls[call] + 1), 2, of=f"window {call} {when}"):
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


@pytest.mark.parametrize("times", [2, 5])
def test_pollers_at_once_all_end_well_and_everything_is_done_once(both: Stage, times: int) -> None:
    state, _ = unkilled(both)
    run = begin(both)
    ended = both.commands.at_once(times, "--config", str(run.site.folder), "poll", "--json")
    assert [(each.code, each.err) for each in ended] == [(0, "")] * times
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
