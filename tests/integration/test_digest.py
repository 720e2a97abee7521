"""The operator's list on a real Dovecot and a real SMTP server: proven, mailed, answered, laid into INBOX."""

from __future__ import annotations

import re
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from tests.support.desks import tell_at
from tests.support.dovecot import Dovecot
from tests.support.killed import Commands
from tests.support.site import BOX, OPERATOR, Answer, Site, answer, letter, row
from tests.support.smtp import SmtpServer

COMPLAINT = "Жалоба на обработку персональных данных"
UPDATE = "Дербес деректерді өзектендіру"


@pytest.fixture
def site(tmp_path: Path, dovecot: Dovecot, smtp: SmtpServer, commands: Commands) -> Site:
    """An installation, still to be made."""
    return Site(tmp_path / "site", dovecot, smtp, "sqlite:///mailbot.sqlite", commands=commands)


def begin(site: Site, *options: str) -> None:
    site.init(*options, proven=False)
    tell_at(site.folder, "00:00")
    site.people(row("Сәрсенова", "Айгүл", "aigul@example.kz", "+77010000001"))
    site.deliver(
        letter("aigul@example.kz", COMPLAINT, name="complaint"),
        letter("vera@example.com", UPDATE, "Телефон: +7 701 234 56 78\n", name="stranger", proven=False),
        letter("vera@example.com", "Вопрос", "Когда начинается курс?\n", name="question"),
    )


def told(site: Site) -> Answer:
    """Make a pass; return the one mail that the operator got in it."""
    before = len(site.answers(0))
    site.poll()
    (mail,) = [each for each in site.answers(before) if each.to == OPERATOR]
    return mail


def states(site: Site) -> dict[str, str]:
    rows = site.run("requests", "list", "--all", "--json").lines()
    return {each["message_id"].strip("<").partition("@")[0]: f"{each['state']} {each['reason']}" for each in rows}


def test_from_the_first_mail_to_the_last_answer(site: Site) -> None:
    begin(site, "--operator-mail", OPERATOR)
    hello = told(site)
    assert "aigul" not in hello.text and "vera" not in hello.text
    site.deliver(answer(OPERATOR, "Иә", hello, name="proof"))
    listed = told(site)
    cards = dict(re.findall(r"(?m)^(\d)\. № \w+, .*от (\S+), срок", listed.text))
    assert set(cards.values()) == {"aigul@example.kz", "vera@example.com"}
    at = {address: number for number, address in cards.items()}
    site.deliver(answer(OPERATOR, f"{at['aigul@example.kz']} да\n{at['vera@example.com']} spam", listed, name="orders"))
    result = told(site)
    assert "закрыто: решено Вами." in result.text and "закрыто: это не запрос." in result.text
    found = states(site)
    assert (found["complaint"], found["stranger"]) == ("ignored closed", "ignored closed")
    assert {"proof", "orders"} <= set(site.folders()["mailbot/Done"])
    assert set(site.folders()["INBOX"]) == {"complaint", "stranger", "question"}
    again = len(site.answers(0))
    site.poll()
    assert len(site.answers(0)) == again


def test_a_forged_answer_does_nothing(site: Site) -> None:
    begin(site, "--operator-mail", OPERATOR)
    site.deliver(answer(OPERATOR, "Иә", told(site), name="proof"))
    listed = told(site)
    site.deliver(
        answer(OPERATOR, "1 spam\n2 spam", listed, name="forged", proven=False),
        answer(BOX, "1 spam\n2 spam", listed, name="own"),
        answer("mallory@example.com", "1 spam\n2 spam", listed, name="mallory"),
    )
    site.poll()
    found = states(site)
    assert found["complaint"] == "left other_right" and found["stranger"].startswith("held ")
    assert (found["forged"], found["mallory"]) == ("held order_unproven", "held token_unusable")
    assert found["own"] == "ignored machine"


def test_without_an_address_the_list_is_appended_unread_and_replaced(site: Site, dovecot: Dovecot) -> None:
    begin(site)
    before = len(site.answers(0))
    site.poll()

    def lists() -> list[tuple[str, bool, str]]:
        with dovecot.login(site.user) as client:
            client.select_folder("INBOX", readonly=True)
            found = client.fetch(client.search(), ["FLAGS", "BODY.PEEK[]"])
        mails = [(message_from_bytes(one[b"BODY[]"], policy=policy.default), one[b"FLAGS"]) for one in found.values()]
        return [
            (str(mail["Message-ID"]), b"\\Seen" in flags, mail.get_body(("plain",)).get_content())  # type: ignore[attr-defined]
            for mail, flags in mails
            if BOX in str(mail["From"])
        ]

    ((first, seen, text),) = lists()
    assert not seen and "aigul@example.kz" in text and "mailbot requests release" in text
    assert all(each.to not in (OPERATOR, BOX) for each in site.answers(before))
    site.poll()
    assert [each[0] for each in lists()] == [first], "once a day; and our own mail is no request"
    site.sql("UPDATE note SET value = '2026-01-01' WHERE name IN ('digest_day', 'digest_looked')")
    site.poll()
    ((second, seen, _),) = lists()
    assert second != first and not seen
