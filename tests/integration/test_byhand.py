"""The operator's own mail app beside mailbot, on a real Dovecot: answered, archived, deleted, Sent and Junk."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailbot.operating.orders import FOLDERS
from tests.support.dovecot import Dovecot
from tests.support.killed import Commands
from tests.support.site import BORDER, BOX, OPERATOR, Site, border, letter, row
from tests.support.smtp import SmtpServer

COMPLAINT = "Жалоба на обработку персональных данных"
QUESTIONS = ("one", "two", "three")


@pytest.fixture
def site(tmp_path: Path, dovecot: Dovecot, smtp: SmtpServer, commands: Commands) -> Site:
    """A live installation with three questions about a course and a complaint, decided and left in INBOX."""
    made = Site(tmp_path / "site", dovecot, smtp, "sqlite:///mailbot.sqlite", commands=commands)
    made.init("--operator-mail", OPERATOR)
    made.people(row("Сәрсенова", "Айгүл", "aigul@example.kz", "+77010000001"))
    asks = [letter("vera@example.com", f"Вопрос {n}", "Когда начинается курс?\n", name=n) for n in QUESTIONS]
    made.deliver(*asks, letter("aigul@example.kz", COMPLAINT, name="complaint"))
    assert made.poll()["left"] == 4
    return made


def reasons(site: Site) -> dict[str, str]:
    """Return the reason of each request, by the name of its mail."""
    rows = site.run("requests", "list", "--all", "--json").lines()
    return {each["message_id"].strip("<").partition("@")[0]: each["reason"] for each in rows}


def told(site: Site) -> list[str]:
    """Make a pass; return the texts of what the operator got in it."""
    before = len(site.answers(0))
    site.poll()
    return [each.text for each in site.answers(before) if each.to == OPERATOR]


def test_answered_archived_and_deleted_leave_the_queue(site: Site, dovecot: Dovecot) -> None:
    with dovecot.login(site.user) as client:
        client.create_folder("Archive")
        client.select_folder("INBOX")
        one, two, three, complaint = sorted(client.search())
        client.add_flags([one, complaint], [b"\\Answered"])
        client.move([two], "Archive")
        client.delete_messages([three])
        client.expunge()
    (text,) = told(site)
    assert "Вы ответили на это письмо сами. Это решило запрос?" in text
    found = reasons(site)
    assert [found[name] for name in QUESTIONS] == ["answered_by_hand", "moved_by_hand", "moved_by_hand"]
    assert found["complaint"] == "other_right"
    assert told(site) == []


def test_sent_and_junk_are_looked_at_and_nothing_in_them_is_touched(site: Site, dovecot: Dovecot) -> None:
    hers = letter(BOX, "Re: Вопрос one", "В понедельник.\n", name="hers", headers=["In-Reply-To: <one@example.com>"])
    spam = letter("aigul@example.kz", "Дербес деректерді өзектендіру", "Телефон: +7 701 234 56 78\n", name="spam")
    spam = spam.replace(BORDER.encode(), border(dovecot).encode())
    with dovecot.login(site.user) as client:
        for folder in ("Sent", "Junk"):
            client.create_folder(folder)
    site.poll()
    dovecot.append(site.user, hers, folder="Sent")
    dovecot.append(site.user, spam, folder="Junk")
    (text,) = told(site)
    assert "Писем в «Спаме», похожих на запросы: 1." in text
    found = reasons(site)
    assert (found["one"], found["two"], "spam" in found) == ("answered_by_hand", "no_tag", False)
    with dovecot.login(site.user) as client:
        for folder in ("Sent", "Junk"):
            client.select_folder(folder)
            (uid,) = client.search()
            assert b"\\Seen" not in client.get_flags([uid])[uid]
        client.move([uid], "INBOX")
    assert site.poll()["applied"] == 1  # once she drags it into INBOX


def test_a_folder_that_is_numbered_anew_closes_nothing(site: Site, dovecot: Dovecot) -> None:
    dovecot.new_uidvalidity(site.user)
    with dovecot.login(site.user) as client:
        client.select_folder("INBOX")
        client.delete_messages(client.search())
        client.expunge()
    site.poll()
    assert not {"answered_by_hand", "moved_by_hand"} & set(reasons(site).values())


def test_nothing_is_asked_of_the_server_where_nothing_changed(site: Site) -> None:
    """Where the server tells that nothing changed (CONDSTORE), the queue is not compared."""
    site.poll()
    before = site.sql("SELECT value FROM note WHERE name = 'inbox_seen'")
    assert before and before[0][0]
    site.poll()
    assert site.sql("SELECT value FROM note WHERE name = 'inbox_seen'") == before


def test_a_mail_moved_into_do_is_the_decision(site: Site, dovecot: Dovecot) -> None:
    settings = site.folder / "mailbot.toml"
    text = settings.read_text(encoding="utf-8").replace("[mailbox]\n", "[mailbox]\ndo_folders = true\n")
    settings.write_text(text, encoding="utf-8")
    site.poll()
    with dovecot.login(site.user) as client:
        listed = {name for _, _, name in client.list_folders()}
        assert {f"mailbot/Do/{each['ru']}" for each in FOLDERS.values()} <= listed
        client.select_folder("INBOX")
        one, two, _, complaint = sorted(client.search())
        client.move([one], "mailbot/Do/Не запрос")
        client.move([two], "mailbot/Do/Выполнить")
        client.move([complaint], "mailbot/Do/Отказать (не подтверждено)")
    before = len(site.answers(0))
    (text,) = told(site)
    assert "папка «Выполнить»" in text and text.count("Не получилось") == 1
    found = reasons(site)
    assert (found["one"], found["two"], found["complaint"]) == ("closed", "no_tag", "not_confirmed")
    assert [each.to for each in site.answers(before)].count("aigul@example.kz") == 1  # the refusal
    assert set(site.folders()["mailbot/Done"]) == {"one", "complaint"}
    assert set(site.folders()["INBOX"]) == {"two", "three"}
    assert told(site) == [] and reasons(site) == found
