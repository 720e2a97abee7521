"""A mail of which the process itself dies is counted like one that fails: after its third time it is the operator's."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.dovecot import Dovecot
from tests.support.killed import Commands, Ended, Kill
from tests.support.site import TAGS, Site, letter, row
from tests.support.smtp import SmtpServer

DIES = Kill(call="read", when="before", n=1)
MAILS = (
    letter("aigul@example.kz", TAGS["kk", "update"], "Телефон: +7 701 234 56 78\n", name="before"),
    letter("vera@example.com", "Вопрос о курсе", "Здравствуйте! Когда начинается курс?\n", name="fatal"),
    letter("mary@example.com", TAGS["en", "unsubscribe"], name="behind"),
)


@pytest.fixture
def site(dovecot: Dovecot, smtp: SmtpServer, commands: Commands, tmp_path: Path) -> Site:
    made = Site(tmp_path / "site", dovecot, smtp, commands=commands)
    made.init()
    made.people(row("Сәрсенова", "Айгүл", "aigul@example.kz"), row("Brown", "Mary", "mary@example.com"))
    made.deliver(*MAILS)
    return made


def poll(site: Site, kill: Kill | None = None, minutes: int = 0) -> Ended:
    assert site.commands is not None
    return site.commands.run("--config", str(site.folder), "poll", "--json", kill=kill, ahead=minutes * 60)


def test_a_mail_that_the_process_dies_of_stops_the_rest_for_a_few_passes_and_is_held(site: Site) -> None:
    assert poll(site, Kill(call="read", when="before", n=2)).code == -9
    assert poll(site, DIES).code == poll(site, DIES).code == -9  # and the third one knew which mail it had in hand
    assert site.done() == {"before"}
    after = poll(site)
    assert (after.code, "ProcessDied" in after.err) == (0, True)
    assert site.done() == {"before", "behind"}
    for minutes in (2, 4):  # tries again, and is known at once
        assert poll(site, DIES, minutes).code == -9
        ended = poll(site, minutes=minutes)
        assert ended.code == 0
    assert '"poisoned": 1' in ended.out
    assert site.inbox() == {"fatal"}
    assert [each["reason"] for each in site.requests().values() if each["state"] == "held"] == ["poisoned"]


def test_passes_that_were_killed_for_another_reason_cost_a_mail_one_try_at_most(site: Site) -> None:
    for _ in range(3):
        assert poll(site, DIES).code == -9
    assert '"waiting": 1' in poll(site).out
    assert site.done() == {"behind"}
    assert '"applied": 1' in poll(site, minutes=2).out
    assert site.done() == {"before", "behind"} and site.inbox() == {"fatal"}


def test_a_pass_that_ends_forgets_those_that_died(site: Site) -> None:
    assert poll(site, DIES).code == poll(site, DIES).code == -9
    assert poll(site).code == 0
    assert site.sql("SELECT value FROM note WHERE name = 'reading INBOX'") == [("",)]
