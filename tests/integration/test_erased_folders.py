"""A destroyed person's mails leave Sent, Drafts and Junk where the setting says so (a real Dovecot); no others do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.dovecot import Dovecot
from tests.support.killed import Commands
from tests.support.site import BOX, OPERATOR, TAGS, Site, letter, row
from tests.support.smtp import SmtpServer

WHO, OTHER = "kunsulu@example.kz", "marat@example.com"
PEOPLE = (row("Құнанбаева", "Күнсұлу", WHO, "+77015550001"), row("Оспанов", "Марат", OTHER, "+77015550009"))


def by_hand(to: str, name: str, more: str = "") -> bytes:
    """Return what the operator wrote herself."""
    lines = [f"From: {BOX}", f"To: {to}", *([more] if more else []), f"Message-ID: <{name}@example.com>", "Subject: x"]
    return "\r\n".join([*lines, "", "hello", ""]).encode()


@pytest.fixture
def site(dovecot: Dovecot, smtp: SmtpServer, tmp_path: Path, store_url: str, commands: Commands) -> Iterator[Site]:
    made = Site(tmp_path / "site", dovecot, smtp, store_url, commands=commands)
    made.init("--operator-mail", OPERATOR)
    made.people(*PEOPLE)
    since = len(smtp.taken)
    made.deliver(
        letter(WHO, TAGS["ru", "update"], "Телефон: +77015550002\n", name="hers"),
        letter(WHO, TAGS["ru", "withdrawal"], "", name="left"),
        letter(OTHER, TAGS["ru", "update"], "Телефон: +77022345678\n", name="his"),
    )
    made.poll()
    for taken in smtp.taken[since:]:  # as a provider does that files what its SMTP server took
        dovecot.append(made.user, taken.octets, folder="Sent")
    dovecot.append(made.user, by_hand(WHO, "byhand"), folder="Sent")
    dovecot.append(made.user, by_hand(f"x{WHO}", "longer"), folder="Sent")  # SEARCH finds parts of an address, too
    dovecot.append(made.user, by_hand(OTHER, "copied", f"Cc: {WHO}"), folder="Drafts")
    with dovecot.login(made.user) as client:
        client.select_folder("mailbot/Done")
        client.copy(client.search(["HEADER", "Message-ID", "<hers@example.kz>"]), "Drafts")
        client.create_folder("Junk")
        client.copy(client.search(["HEADER", "Message-ID", "<hers@example.kz>"]), "Junk")
    yield made


def addressees(site: Site, folder: str) -> list[str]:
    """Return to whom the mails of a folder went, sorted."""
    with site.dovecot.login(site.user) as client:
        client.select_folder(folder, readonly=True)
        heads = client.fetch(client.search(), ["BODY.PEEK[HEADER.FIELDS (TO)]"]).values()
    found = [re.search(rb"To: (\S+)", value) for head in heads for value in head.values() if isinstance(value, bytes)]
    return sorted(each[1].decode() for each in found if each is not None)


def test_what_the_setting_names_is_left_by_them_and_the_rest_is_told(site: Site) -> None:
    before = addressees(site, "Sent")
    assert before.count(WHO) >= 3
    ran = site.run("people", "destroy", WHO, "--yes", MAILBOT_MAILBOX__ERASE="sent,junk")
    assert ran.code == 0, ran.err
    after = addressees(site, "Sent")
    assert after.count(WHO) == 1, "what was written by hand"
    assert after.count(f"x{WHO}") == 1 and after.count(OTHER) == before.count(OTHER) > 0
    assert (addressees(site, "Junk"), after.count(OPERATOR)) == ([], 0)
    assert addressees(site, "Drafts") == sorted([OTHER, BOX]), "the setting does not name it"
    assert "mails in sent mail that name this address: 1; delete them by hand" in ran.err
    assert "mails in drafts that name this address: 2; delete them by hand" in ran.err
    assert site.done() == {"his"}


def test_by_default_only_handled_mail_goes(site: Site) -> None:
    before = addressees(site, "Sent")
    ran = site.run("people", "destroy", WHO, "--yes")
    assert ran.code == 0, ran.err
    assert addressees(site, "Sent") == before and site.done() == {"his"}
    assert before.count(OPERATOR) == 1, "what told the operator of the withdrawal names her"
    assert f"mails in sent mail that name this address: {before.count(WHO) + 1}; delete them by hand" in ran.err
