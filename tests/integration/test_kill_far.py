"""A kill while a few connections send to a server that is far: of each at most one answer goes again, none is lost."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.support.dovecot import Dovecot
from tests.support.killed import Commands, Kill
from tests.support.proxy import Proxy
from tests.support.runs import Record, Run, Stage, begin
from tests.support.site import NOTHING, TAGS, Site, letter, row
from tests.support.smtp import SmtpServer

PEOPLE = 30
CONNECTIONS = 3
LATE = 24  # replies after which all connections are in use


@pytest.fixture(scope="module")
def stage(dovecot: Dovecot, smtp: SmtpServer, commands: Commands, tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """Many who unsubscribe."""
    site = Site(tmp_path_factory.mktemp("far") / "site", dovecot, smtp, commands=commands)
    site.init()
    names = [f"person{number}@example.com" for number in range(PEOPLE)]
    site.people(*(row("Brown", "Mary", each, f"+770100000{number:02}") for number, each in enumerate(names)))
    site.deliver(*(letter(each, TAGS["en", "unsubscribe"], name=each.partition("@")[0]) for each in names))
    return Stage(site, commands, None)


@pytest.fixture
def run(stage: Stage) -> Iterator[Run]:
    """A copy whose courier is reached through 22 milliseconds."""
    made = begin(stage)
    with Proxy(stage.site.smtp.port, pause=0.011) as proxy:
        url = stage.site.smtp.url.replace(str(stage.site.smtp.port), str(proxy.port))
        made.env = {"MAILBOT_COURIER__URL": url, "MAILBOT_COURIER__CONNECTIONS": str(CONNECTIONS)}
        yield made
    made.leave(stage)


def test_a_pass_uses_a_few_connections(stage: Stage, run: Run) -> None:
    before = stage.site.smtp.connections
    assert run.poll() == NOTHING | {"fetched": PEOPLE, "applied": PEOPLE, "sent": PEOPLE}
    assert stage.site.smtp.connections - before == CONNECTIONS
    run.check_replies()


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_kill_repeats_one_answer_of_each_connection_at_most(run: Run, when: str, record_property: Record) -> None:
    assert run.poll(Kill(call="data", when=when, n=LATE)) is None
    time.sleep(0.5)  # what is on the link arrives
    sent, taken = run.sent(), run.taken()
    assert LATE - CONNECTIONS <= len(sent) < LATE and sent <= set(taken)
    run.gap = set(taken) - sent
    assert (when == "after") <= len(run.gap) <= CONNECTIONS
    record_property("twice", f"{when}: {len(run.gap)}")
    run.settle()
    run.check_replies()
    assert len(run.taken()) == PEOPLE
