"""What an SMTP server may say at each command: put off, given up and held, or tried again; each reply once at last."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.dovecot import Dovecot
from tests.support.killed import Commands
from tests.support.runs import Record, Run, Stage, begin
from tests.support.sampled import some
from tests.support.site import NOTHING, Site
from tests.support.smtp import SmtpServer
from tests.torture.test_networks import MAILS, PEOPLE

LATER = ("421 4.3.2 closing", "450 4.2.1 greylisted", "451 4.3.0 later", "452 4.3.1 full", "454 4.7.0 not now")
NEVER = ("550 5.1.1 no such user", "552 5.2.2 too much", "554 5.7.1 spam")
COMMANDS = ("CONNECT", "MAIL", "RCPT", "DATA")
AT_DATA = ("keep-and-drop", "close-after")
CASES = [
    *((command, said) for command in COMMANDS for said in (*LATER, *NEVER)),
    *((command, "drop") for command in COMMANDS if command != "CONNECT"),
    *(("DATA", said) for said in AT_DATA),
]  # fmt: skip


@pytest.fixture(scope="module")
def stage(dovecot: Dovecot, commands: Commands, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A few mails delivered, no pass made; an SMTP server of its own."""
    server = SmtpServer()
    site = Site(tmp_path_factory.mktemp("servers") / "site", dovecot, server, commands=commands)
    site.init()
    site.people(*PEOPLE)
    site.deliver(*MAILS)
    yield Stage(site, commands, None)
    server.stop()


def pass_(run: Run) -> int:
    """Make a pass; return its exit code."""
    ran = run.site.run("poll", "--json")
    assert ran.code in (0, 69, 75) and "Traceback" not in ran.err and "@" not in ran.err, ran
    return ran.code


def overdue(run: Run) -> None:
    """Let the time come at which what was put off is tried again."""
    run.site.sql("UPDATE reply SET next_try_at = NULL WHERE sent_at IS NULL")


@pytest.mark.parametrize(("command", "said"), some(CASES, 6, of="servers"))
def test_whatever_the_server_says(stage: Stage, command: str, said: str, record_property: Record) -> None:
    run = begin(stage)
    server = run.site.smtp
    server.say({command: said})
    refused = said in NEVER and command in ("RCPT", "DATA")
    for _ in range(2):  # twice: nothing is done on the second that the first did
        code = pass_(run)
        if said == "close-after":
            break
        assert code == (
            0 if said.startswith("4") and not said.startswith("421") and command in ("RCPT", "DATA") else code
        )
        overdue(run)
    server.say({})
    record_property("fault", f"{command}: {said}")
    run.settle()
    taken = Counter(each.message_id for each in run.site.answers(run.began))
    replies = run.site.sql("SELECT message_id, sent_at, gave_up_at FROM reply")
    assert len(replies) == 2
    if refused:
        assert not taken and all(gave_up and not sent for _, sent, gave_up in replies)
        held = run.site.requests()
        assert {each["reason"] for each in held.values() if each["reason"] != "no_tag"} == {"reply_refused"}
    else:
        most = 3 if said == "keep-and-drop" else 1  # it had the mail each time, and never said so
        assert set(taken) == {message_id for message_id, _, _ in replies} and max(taken.values()) <= most, taken
        assert all(sent and not gave_up for _, sent, gave_up in replies)
    assert run.site.done() == {"update", "unsubscribe"}
    run.leave(stage)


def test_a_recipient_refused_stops_nobody_else(stage: Stage, record_property: Record) -> None:
    run = begin(stage)
    run.site.smtp.say({"RCPT mary@example.com": "451 4.7.1 greylisted"})
    assert run.site.poll() == NOTHING | {"fetched": 3, "applied": 2, "left": 1, "sent": 1, "owed": 1}
    assert run.site.poll() == NOTHING | {"owed": 1}, "not in the same minute"
    overdue(run)
    run.site.smtp.say({})
    assert run.site.poll() == NOTHING | {"sent": 1}
    record_property("fault", "one of two recipients")
    run.leave(stage)


def test_a_mailbox_that_was_renamed_is_said_and_waited_for(
    stage: Stage, record_property: Record, tmp_path: Path
) -> None:
    run = begin(stage)
    with run.site.dovecot.login(run.site.user) as client:
        client.create_folder("Requests")
    text = (run.site.folder / "mailbot.toml").read_text(encoding="utf-8")
    (run.site.folder / "mailbot.toml").write_text(text.replace("/INBOX", "/Requests"), encoding="utf-8")
    assert run.site.run("poll").code == 0
    with run.site.dovecot.login(run.site.user) as client:
        client.rename_folder("Requests", "Elsewhere")
    ran = run.site.run("poll")
    assert ran.code == 69 and "the folder Requests can't be opened" in ran.err
    with run.site.dovecot.login(run.site.user) as client:
        client.rename_folder("Elsewhere", "Requests")
    assert run.site.run("poll").code == 0
    record_property("fault", "a mailbox renamed")
    run.leave(stage)
