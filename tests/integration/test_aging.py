"""Retention on a real Dovecot, on both stores: old mail leaves mailbot/Done and Sent, in batches, killed anywhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.dovecot import Dovecot
from tests.support.killed import Commands, Kill
from tests.support.site import TAGS, Site, letter, row
from tests.support.smtp import SmtpServer

WHO, OTHER = "kunsulu@example.kz", "marat@example.com"
MANY = 60  # more than one batch
PAST = "2026-01-02 03:04:05.000000"


@pytest.fixture
def site(dovecot: Dovecot, smtp: SmtpServer, tmp_path: Path, store_url: str, commands: Commands) -> Site:
    """An installation in which one person's requests ended long ago, and another's today; copies lie in Sent."""
    made = Site(tmp_path / "site", dovecot, smtp, store_url, commands=commands)
    made.init()
    made.people(row("Құнанбаева", "Күнсұлу", WHO), row("Оспанов", "Марат", OTHER))
    since = len(smtp.taken)
    made.deliver(*(letter(WHO, TAGS["ru", "unsubscribe"], "", name=f"old{n}") for n in range(MANY)))
    made.poll()
    for table, column in (("request", "decided_at"), ("mail", "received_at"), ("reply", "created_at")):
        made.sql(f"UPDATE {table} SET {column} = :at", at=PAST)
    made.sql("DELETE FROM note WHERE name IN ('details_swept', 'mail_cleared')")  # another day
    made.deliver(letter(OTHER, TAGS["ru", "unsubscribe"], "", name="new"))
    made.deliver(letter(WHO, "Вопрос", "?", name="asks"))
    for taken in smtp.taken[since:]:
        dovecot.append(made.user, taken.octets, folder="Sent")
    return made


def check(site: Site) -> None:
    assert site.done() == {"new"} and site.inbox() == {"asks"}
    ((mails,),) = site.sql("SELECT count(*) FROM mail WHERE belongs = 'done' AND cleared_at IS NULL")
    ((blank,),) = site.sql("SELECT count(*) FROM request WHERE purged_at IS NOT NULL AND address = ''")
    assert (mails, blank) == (1, MANY)
    assert site.sql("SELECT count(*) FROM reply WHERE cleared_at IS NOT NULL AND digest = ''") == [(0,)]
    ran = site.run("audit", "verify", "--json")
    assert ran.lines()[0]["sound"]


def test_old_mail_leaves_the_mailbox_and_its_details_the_store(site: Site) -> None:
    sent = site.lie("Sent")
    assert sent > 1
    site.poll()
    check(site)
    assert site.lie("Sent") == 0, "nothing of the answers that were filed there is left"
    assert site.poll()["fetched"] == 0


@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_at_a_removal_it_goes_on(site: Site, when: str) -> None:
    assert site.commands is not None
    ended = site.commands.run("--config", str(site.folder), "poll", kill=Kill(call="remove", when=when, n=2))
    assert ended.code == -9
    site.poll()
    check(site)
