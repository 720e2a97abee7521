"""The line, end to end: mails by LMTP, the installed command, the store, the answers at the far end, the folders.

Dovecot and the SMTP server are real, and in other processes than the command; the store is SQLite, then PostgreSQL.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.support.dovecot import Dovecot
from tests.support.killed import Commands
from tests.support.receiver import answers, receiving
from tests.support.servers import free_ports
from tests.support.site import (
    BODIES,
    BOX,
    COMMAND,
    NOTHING,
    OPERATOR,
    TAGS,
    Answer,
    Site,
    answer,
    letter,
    row,
    stop,
    until,
)
from tests.support.smtp import SmtpServer

LANGUAGES = ("kk", "ru", "en")
KINDS = ("update", "withdrawal", "unsubscribe")
PEOPLE = {
    ("kk", "update"): ("Сәрсенова", "Айгүл", "aigul@example.kz"),
    ("ru", "update"): ("Серикова", "Динара", "dinara@example.com"),
    ("en", "update"): ("Smith", "Alice", "alice@example.com"),
    ("kk", "withdrawal"): ("Жұмабеков", "Дәурен", "dauren@example.kz"),
    ("ru", "withdrawal"): ("Оспанов", "Марат", "marat@example.com"),
    ("en", "withdrawal"): ("Miller", "John", "john@example.com"),
    ("kk", "unsubscribe"): ("Қасымова", "Сәуле", "saule@example.kz"),
    ("ru", "unsubscribe"): ("Ким", "Алина", "alina@example.com"),
    ("en", "unsubscribe"): ("Brown", "Mary", "mary@example.com"),
}
OLD, NEW = "+77010000001", "+77012345678"
ROWS = [row(surname, given, email, OLD) for surname, given, email in PEOPLE.values()]


@pytest.fixture
def bare(dovecot: Dovecot, smtp_server: SmtpServer, tmp_path: Path, store_url: str, commands: Commands) -> Site:
    """A mailbox and a place for an installation; on SQLite, then on PostgreSQL."""
    return Site(tmp_path / "site", dovecot, smtp_server, store_url, commands=commands)


@pytest.fixture
def site(bare: Site) -> Site:
    """A live installation with nine people; on SQLite, then on PostgreSQL."""
    return installed(bare)


@pytest.fixture
def lite(dovecot: Dovecot, smtp_server: SmtpServer, tmp_path: Path, commands: Commands) -> Site:
    """The same on SQLite alone."""
    return installed(Site(tmp_path / "site", dovecot, smtp_server, commands=commands))


def installed(site: Site) -> Site:
    site.init()
    site.people(*ROWS)
    return site


def tagged(language: str, kind: str, proven: bool = True) -> bytes:
    email = PEOPLE[language, kind][2]
    body = BODIES[language].format(phone="+7 701 234 56 78") if kind == "update" else ""
    return letter(email, TAGS[language, kind], body, name=f"{kind}-{language}", proven=proven)


def stranger() -> bytes:
    text = "Здравствуйте! Когда начинается курс?\n"
    return letter("vera@example.com", "Вопрос о курсе", text, name="stranger")


def machine() -> bytes:
    email = PEOPLE["ru", "update"][2]
    return letter(
        email, TAGS["ru", "withdrawal"], "Я в отпуске.\n", name="machine", headers=["Auto-Submitted: auto-replied"]
    )


def counts(**given: int) -> dict[str, int]:
    return NOTHING | given


def by_recipient(answers: list[Answer]) -> dict[str, Answer]:
    found = {each.to: each for each in answers}
    assert len(found) == len(answers), [each.to for each in answers]
    return found


# ---- the main job --------------------------------------------------------------------------------------------


def test_a_mail_becomes_a_change_an_answer_and_a_filed_mail(bare: Site) -> None:
    site = installed(bare)
    program = replace(site, commands=None)  # passes by the installed command itself; the other tests fork it
    big = letter(PEOPLE["en", "update"][2], TAGS["en", "update"], "x" * 998 + "\n", name="big")
    big += b"\r\n".join([b"y" * 900] * 12_000)
    assert len(big) > 10_000_000
    for language in LANGUAGES:
        site.deliver(*(tagged(language, kind) for kind in KINDS))
    site.deliver(stranger(), machine(), big)

    assert program.poll() == counts(fetched=12, applied=9, held=1, left=1, ignored=1, sent=10)

    requests = site.requests("--all")
    for language in LANGUAGES:
        check_store(site, language, requests)
    assert (requests["stranger"]["state"], requests["stranger"]["kind"]) == ("left", None)
    assert (requests["machine"]["state"], requests["big"]["state"]) == ("ignored", "held")
    waits = {f"withdrawal-{language}" for language in LANGUAGES} | {"big"}
    assert set(site.requests()) == waits  # the operator's queue: three obligations to tell, one mail to look at
    (received,) = (each for each in site.answers() if each.mail["In-Reply-To"] == "<big@example.com>")
    assert received.to == PEOPLE["en", "update"][2] and "too large" in received.text
    check_answers([each for each in site.answers() if each.message_id != received.message_id])
    filed = {f"{kind}-{language}" for language in LANGUAGES for kind in KINDS}
    assert site.done() == filed
    assert site.inbox() == {"stranger", "machine", "big"}

    assert program.poll() == NOTHING
    assert len(site.answers()) == 10
    assert program.requests("--all") == requests
    assert (site.done(), site.inbox()) == (filed, {"stranger", "machine", "big"})


def check_store(site: Site, language: str, requests: dict[str, dict[str, object]]) -> None:
    updated, withdrawn, unsubscribed = (site.show(PEOPLE[language, kind][2]) for kind in KINDS)
    assert (updated["phones"], updated["news"], updated["state"]) == ([NEW], True, "active")
    assert (withdrawn["state"], withdrawn["processing"], withdrawn["news"]) == ("blocked", False, False)
    assert withdrawn["block"]["why"] == "withdrawal"
    assert (unsubscribed["news"], unsubscribed["processing"], unsubscribed["phones"]) == (False, True, [OLD])
    assert unsubscribed["suppressed"] == ["news"]
    reasons = {"update": "update_proven", "withdrawal": "obligations_asked", "unsubscribe": "unsubscribe_on_file"}
    for kind in KINDS:
        request = requests[f"{kind}-{language}"]
        assert (request["kind"], request["state"], request["reason"]) == (kind, "applied", reasons[kind])
        assert (request["language"], request["address"]) == (language, PEOPLE[language, kind][2])
        assert request["open"] == (["obligations"] if kind == "withdrawal" else [])


def check_answers(answers: list[Answer]) -> None:
    found = by_recipient(answers)
    assert set(found) == {email for _, _, email in PEOPLE.values()}
    for (language, kind), (_, _, email) in PEOPLE.items():
        each = found[email]
        theirs = f"<{kind}-{language}@{email.rpartition('@')[2]}>"
        assert (each.sender, each.mail["To"], each.language) == (BOX, email, language)
        assert (each.mail["In-Reply-To"], each.mail["References"]) == (theirs, theirs)
        assert each.mail["Auto-Submitted"] == "auto-replied"
        assert each.message_id.strip("<>").partition("@")[0] in each.text.rstrip().splitlines()[-1]
        assert not set(TAGS.values()) & {each.subject, *each.text.splitlines()}
    assert len({each.message_id for each in answers}) == len(answers)


def test_mail_from_before_init_is_not_acted_on(bare: Site) -> None:
    an_hour_ago = datetime.now(UTC) - timedelta(hours=1)
    for mail in (tagged("ru", "update"), tagged("en", "withdrawal"), stranger()):
        bare.dovecot.append(bare.user, mail, an_hour_ago)
    assert "2 older mails look like requests" in bare.init().out
    bare.people(*ROWS)
    bare.deliver(tagged("kk", "update"))

    assert bare.poll() == counts(fetched=1, applied=1, sent=1)

    assert set(bare.requests("--all")) == {"update-kk"}
    assert bare.show(PEOPLE["ru", "update"][2])["phones"] == [OLD]
    assert bare.inbox() == {"update-ru", "withdrawal-en", "stranger"}
    assert [each.to for each in bare.answers()] == [PEOPLE["kk", "update"][2]]


def test_mail_of_the_very_second_of_init_is_older_mail(bare: Site) -> None:
    bare.dovecot.append(bare.user, tagged("ru", "update"), datetime.now(UTC) + timedelta(minutes=1))
    said = bare.init().out
    bare.people(*ROWS)
    assert bare.poll() == NOTHING  # below UIDNEXT: it was there before
    assert "1 older mails look like requests" in said


def test_a_mail_that_somebody_has_read_or_starred_is_acted_on_all_the_same(lite: Site) -> None:
    lite.deliver(tagged("ru", "update"))
    with lite.dovecot.login(lite.user) as client:
        client.select_folder("INBOX")
        client.add_flags(client.search(), [rb"\Seen", rb"\Flagged"])
    assert lite.poll() == counts(fetched=1, applied=1, sent=1)
    assert sorted(lite.folders()["mailbot/Done"]["update-ru"]) == [rb"\Flagged", rb"\Seen"]  # kept as they were


# ---- all the way round ---------------------------------------------------------------------------------------

YES = {"kk": "Иә", "ru": "Да", "en": "Yes"}
UNDO = {"kk": "Қайтару", "ru": "Отменить", "en": "Undo"}


def test_a_yes_and_an_undo_go_all_the_way_round(site: Site) -> None:
    emails = {language: PEOPLE[language, "update"][2] for language in LANGUAGES}
    site.deliver(*(tagged(language, "update", proven=False) for language in LANGUAGES))
    assert site.poll() == counts(fetched=3, challenged=3, sent=3)
    assert [site.show(email)["phones"] for email in emails.values()] == [[OLD]] * 3
    requests = site.requests()
    assert {(each["state"], each["reason"]) for each in requests.values()} == {("challenged", "sender_unproven")}
    challenges = by_recipient(site.answers())
    assert {emails[language]: language for language in LANGUAGES} == {
        to: each.language for to, each in challenges.items()
    }

    for language, email in emails.items():  # whoever can read the mail to the address on file proves it
        site.deliver(answer(email, YES[language], challenges[email], name=f"yes-{language}", proven=False))
    assert site.poll() == counts(fetched=3, applied=3, sent=3)
    assert [site.show(email)["phones"] for email in emails.values()] == [[NEW]] * 3
    requests = site.requests("--all")
    assert {name: (each["state"], each["reason"]) for name, each in requests.items()} == dict.fromkeys(
        (f"update-{language}" for language in LANGUAGES), ("applied", "confirmed")
    )
    receipts = by_recipient(site.answers(since=3))
    for language, email in emails.items():
        domain = email.rpartition("@")[2]
        assert receipts[email].mail["In-Reply-To"] == f"<yes-{language}@{domain}>"
        assert receipts[email].mail["References"].split() == [
            challenges[email].message_id,
            f"<yes-{language}@{domain}>",
        ]
        assert receipts[email].language == language

    for language, email in emails.items():  # a word said twice changes nothing
        site.deliver(answer(email, YES[language], challenges[email], name=f"again-{language}", proven=False))
    assert site.poll()["applied"] == 0
    assert [site.show(email)["phones"] for email in emails.values()] == [[NEW]] * 3

    for language, email in emails.items():
        site.deliver(answer(email, UNDO[language], receipts[email], name=f"undo-{language}", proven=False))
    assert site.poll()["applied"] == 3
    assert [site.show(email)["phones"] for email in emails.values()] == [[OLD]] * 3
    requests = site.requests("--all")
    assert {requests[f"update-{language}"]["state"] for language in LANGUAGES} == {"undone"}
    words = {f"{what}-{language}" for what in ("update", "yes", "undo") for language in LANGUAGES}
    assert site.done() == words
    assert site.inbox() == {f"again-{language}" for language in LANGUAGES}


def test_a_withdrawal_becomes_only_news_and_the_data_stay(site: Site) -> None:
    email = PEOPLE["ru", "withdrawal"][2]
    site.deliver(tagged("ru", "withdrawal"))
    assert site.poll() == counts(fetched=1, applied=1, sent=1)
    (receipt,) = site.answers()
    site.deliver(answer(email, "Только письма", receipt, name="only-news"))
    assert site.poll() == counts(fetched=1, applied=1, sent=1)
    person = site.show(email)
    assert (person["state"], person["processing"], person["news"]) == ("active", True, False)
    assert site.requests("--all")["withdrawal-ru"]["state"] == "undone"


def test_a_new_address_says_yes_and_the_old_one_is_told(site: Site) -> None:
    old, new = PEOPLE["en", "update"][2], "alice.new@example.com"
    site.deliver(letter(old, TAGS["en", "update"], f"My new e-mail: {new}\n", name="address"))
    assert site.poll() == counts(fetched=1, challenged=1, sent=2)
    asked = by_recipient(site.answers())
    assert set(asked) == {old, new}
    assert asked[new].mail["In-Reply-To"] is None  # that address wrote nothing yet
    assert asked[new].mail["Auto-Submitted"] == "auto-generated"
    assert site.show(old)["emails"] == [old]

    site.deliver(answer(new, "Yes", asked[new], name="yes", proven=False))
    assert site.poll() == counts(fetched=1, applied=1, sent=2)
    assert site.show(new)["emails"] == [new]
    assert set(by_recipient(site.answers(since=2))) == {old, new}


# ---- the mailbox is moved ------------------------------------------------------------------------------------


def test_after_a_change_of_uidvalidity_all_is_read_again_and_nothing_done_twice(site: Site) -> None:
    an_hour_ago = datetime.now(UTC) - timedelta(hours=1)
    site.dovecot.append(site.user, tagged("en", "unsubscribe"), an_hour_ago)  # behind the cut-off of init
    with site.dovecot.login(site.user) as client:
        client.select_folder("INBOX")
        last = max(client.search())
    site.sql("UPDATE folder_cursor SET last_uid = :last", last=last)
    site.deliver(tagged("kk", "update"), tagged("ru", "withdrawal"), tagged("en", "update", proven=False), stranger())
    assert site.poll() == counts(fetched=4, applied=2, challenged=1, left=1, sent=3)
    requests, folders, sent = site.requests("--all"), site.folders(), len(site.answers())

    site.dovecot.new_uidvalidity(site.user)
    site.deliver(tagged("ru", "update"))
    again = site.poll()
    assert (again["fetched"], again["applied"], again["already"], again["sent"]) == (2, 1, 1, 1)

    assert {name: each for name, each in site.requests("--all").items() if name != "update-ru"} == requests
    assert len(site.answers()) == sent + 1
    assert site.done() == {*folders["mailbot/Done"], "update-ru"}
    assert site.inbox() == {"stranger", "unsubscribe-en"}
    assert site.poll() == NOTHING


def test_in_a_restored_mailbox_old_mail_stays_old(bare: Site) -> None:
    """A restored mailbox may number its mails in any order; then the time of receipt is the cut-off."""
    bare.dovecot.append(bare.user, tagged("ru", "update"), datetime.now(UTC) - timedelta(hours=1))
    site = installed(bare)
    site.deliver(tagged("kk", "update"))
    site.dovecot.new_uidvalidity(site.user)
    home = site.dovecot.maildir(site.user)
    (old,) = (path for path in [*home.glob("new/*"), *home.glob("cur/*")] if b"update-ru" in path.read_bytes())
    old.rename(old.with_name("9" + old.name))  # now it sorts, and is numbered, behind the new one

    assert site.poll() == counts(fetched=1, applied=1, sent=1)
    assert site.poll() == NOTHING
    assert site.show(PEOPLE["ru", "update"][2])["phones"] == [OLD]
    assert site.inbox() == {"update-ru"}


def test_a_mail_decided_before_the_change_is_filed_after_it(site: Site) -> None:
    site.deliver(tagged("kk", "update"))
    site.poll()
    with site.dovecot.login(site.user) as client:  # as if the pass had died before its MOVE
        client.select_folder("mailbot/Done")
        client.move(client.search(), "INBOX")
    site.sql("UPDATE mail SET filed_at = NULL")
    site.dovecot.new_uidvalidity(site.user)
    again = site.poll()
    assert (again["fetched"], again["already"], again["sent"]) == (1, 1, 0)
    assert (site.inbox(), site.done()) == (set(), {"update-kk"})


def test_a_mail_put_back_by_the_operator_is_looked_at_again_and_stays(site: Site) -> None:
    site.deliver(tagged("kk", "update"))
    site.poll()
    with site.dovecot.login(site.user) as client:
        client.select_folder("mailbot/Done")
        client.move(client.search(), "INBOX")
    assert site.poll() == counts(fetched=1, held=1)
    assert site.requests()["update-kk"]["reason"] == "second_look"
    assert (site.inbox(), site.done()) == ({"update-kk"}, set())
    assert site.poll() == NOTHING


def test_the_same_mail_delivered_twice_is_answered_once(site: Site) -> None:
    mail = tagged("kk", "update")
    again = mail.replace(b"\r\nTo: ", b"\r\nX-Second-Way: yes\r\nTo: ")
    site.deliver(mail, again)
    assert site.poll() == counts(fetched=2, applied=1, already=1, sent=1)
    assert len(site.requests("--all")) == 1
    assert site.lie("mailbot/Done") == 2
    assert site.lie("INBOX") == 0


# ---- the service ---------------------------------------------------------------------------------------------


@pytest.fixture
def service(lite: Site) -> Iterator[subprocess.Popen[bytes]]:
    """`mailbot run` on `lite`, its log in service.log."""
    with (lite.folder / "service.log").open("wb") as log:
        process = subprocess.Popen(
            [str(COMMAND), "--config", str(lite.folder), "run"], stdout=log, stderr=log, stdin=subprocess.DEVNULL,
            env=lite.environment(MAILBOT_SCHEDULE__POLL_SECONDS="5"),
        )  # fmt: skip
    yield process
    if process.poll() is None:
        process.kill()
    process.wait()


def first_pass(site: Site, service: subprocess.Popen[bytes]) -> None:
    passed = "SELECT 1 FROM folder_cursor WHERE complete_since IS NOT NULL"
    until(lambda: bool(site.sql(passed)) or service.poll() is not None, "a first pass")


def log_of(site: Site) -> str:
    return (site.folder / "service.log").read_text(encoding="utf-8")


def test_the_service_acts_on_mail_that_comes_while_it_runs_and_ends_in_good_order(
    lite: Site, service: subprocess.Popen[bytes]
) -> None:
    first_pass(lite, service)
    lite.deliver(tagged("kk", "update"))
    until(lambda: len(lite.smtp.taken) == 1 or service.poll() is not None, "an answer")
    assert stop(service) == 0, log_of(lite)
    assert lite.done() == {"update-kk"}
    assert lite.poll() == NOTHING
    assert lite.sql("SELECT count(*) FROM reply WHERE sent_at IS NULL OR owner <> ''") == [(0,)]
    log = log_of(lite)
    assert "Traceback" not in log and "example.kz" not in log and NEW not in log
    assert not list(lite.folder.glob("*-wal")), "the store was not closed"


def test_a_stop_in_the_middle_of_a_pass_leaves_nothing_half_done(lite: Site, service: subprocess.Popen[bytes]) -> None:
    first_pass(lite, service)
    many = 60
    writer = PEOPLE["ru", "unsubscribe"][2]
    lite.deliver(*(letter(writer, "Вопрос", f"О курсе номер {n}\n", name=f"q{n}") for n in range(many)))
    lite.deliver(tagged("kk", "update"))
    until(lambda: lite.sql("SELECT count(*) FROM mail")[0][0] > 0 or service.poll() is not None, "a first row")
    assert stop(service) == 0, log_of(lite)
    lite.poll()
    assert lite.sql("SELECT count(*), count(DISTINCT uid), max(copy_of) FROM mail") == [(many + 1, many + 1, None)]
    assert len(lite.answers()) == 1
    assert lite.done() == {"update-kk"}


# ---- doors that stay shut ------------------------------------------------------------------------------------


def down() -> str:
    (port,) = free_ports(1)
    return f"127.0.0.1:{port}"


def mailbox_settings(site: Site, fault: str) -> dict[str, str]:
    url = site.dovecot.url(site.user)
    changed = {
        "down": f"imap://{site.user}:{site.dovecot.password}@{down()}/INBOX",
        "password": url.replace(f":{site.dovecot.password}@", ":wrong@"),
        "folder": url.removesuffix("INBOX") + "Nowhere",
    }
    return {"MAILBOT_MAILBOX__URL": changed[fault]}


@pytest.mark.parametrize(("fault", "code"), [("down", 75), ("password", 69), ("folder", 69)])
def test_a_mailbox_that_stays_shut_ends_the_pass_and_what_is_owed_is_sent_all_the_same(
    lite: Site, fault: str, code: int
) -> None:
    lite.deliver(tagged("kk", "update"))
    lite.run("poll", MAILBOT_COURIER__URL=f"smtp://{down()}")
    assert lite.answers() == []
    lite.deliver(tagged("ru", "update"))

    ran = lite.run("poll", "--json", **mailbox_settings(lite, fault))

    assert (ran.code, len(ran.err.splitlines())) == (code, 1)
    assert ran.err.startswith("mailbot: ") and lite.dovecot.password not in ran.err
    assert [each.to for each in lite.answers()] == [PEOPLE["kk", "update"][2]]
    lite.sql("UPDATE note SET value = '' WHERE name = 'login_mailbox'")  # as if the minute after a refusal were over
    assert lite.poll() == counts(fetched=1, applied=1, sent=1)


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        (None, 75),
        ({"CONNECT": "421 4.3.2 not now"}, 75),
        ({"MAIL": "451 4.3.0 not now"}, 75),
        ({"CONNECT": "554 5.7.1 not you"}, 69),
        ({"MAIL": "550 5.7.1 not you"}, 69),
        ({"RCPT": "550 5.4.5 daily sending quota exceeded"}, 69),
        ({"RCPT": "drop"}, 75),
        ({"DATA": "drop"}, 75),
    ],
    ids=lambda value: "-".join(f"{k}-{v[:3]}" for k, v in value.items()) if isinstance(value, dict) else str(value),
)
def test_a_courier_that_stays_shut_gives_nothing_up_and_the_next_pass_sends(
    lite: Site, smtp_server: SmtpServer, answers: dict[str, str] | None, code: int
) -> None:
    settings = {"MAILBOT_COURIER__URL": f"smtp://{down()}"} if answers is None else {}
    smtp_server.say(answers or {})
    lite.deliver(tagged("kk", "update"), tagged("en", "unsubscribe"))

    ran = lite.run("poll", "--json", **settings)

    assert (ran.code, len(ran.err.splitlines())) == (code, 1), ran.err
    assert ran.err.startswith("mailbot: ") and "@" not in ran.err
    assert lite.answers() == []
    assert lite.show(PEOPLE["kk", "update"][2])["phones"] == [NEW]  # S2: decided and filed, the answer owed
    assert lite.done() == {"update-kk", "unsubscribe-en"}
    smtp_server.say({})
    assert lite.poll() == counts(sent=2)
    assert set(by_recipient(lite.answers())) == {PEOPLE["kk", "update"][2], PEOPLE["en", "unsubscribe"][2]}


@pytest.mark.parametrize("fault", ["courier", "mailbox"])
def test_a_pass_that_was_cut_short_still_prints_its_counts(lite: Site, smtp_server: SmtpServer, fault: str) -> None:
    smtp_server.say({"MAIL": "550 5.7.1 not you"})
    lite.deliver(tagged("kk", "update"))
    ran = lite.run("poll", "--json")
    assert (ran.code, ran.lines()) == (69, [counts(fetched=1, applied=1, owed=1)])
    if fault == "mailbox":
        smtp_server.say({})
        ran = lite.run("poll", "--json", **mailbox_settings(lite, "down"))
        assert (ran.code, ran.lines()) == (75, [counts(sent=1)])


@pytest.mark.parametrize("command", ["RCPT", "DATA"])
def test_a_recipient_refused_for_good_is_given_up_and_the_request_held(
    site: Site, smtp_server: SmtpServer, command: str
) -> None:
    site.deliver(tagged("kk", "update", proven=False))
    smtp_server.say({command: "550 5.1.1 no such user"})

    assert site.poll() == counts(fetched=1, challenged=1, gave_up=1)

    request = site.requests()["update-kk"]
    assert (request["state"], request["reason"], request["open"]) == ("held", "reply_refused", ["operator"])
    smtp_server.say({})
    assert site.poll() == NOTHING
    assert site.answers() == []


def test_one_refused_recipient_stops_nobody_behind_it(site: Site, smtp_server: SmtpServer) -> None:
    refused = PEOPLE["kk", "update"][2]
    site.deliver(*(tagged(language, "update") for language in LANGUAGES))
    smtp_server.say({f"RCPT {refused}": "550 5.1.1 no such user"})
    assert site.poll() == counts(fetched=3, applied=3, sent=2, gave_up=1)
    assert set(by_recipient(site.answers())) == {PEOPLE["ru", "update"][2], PEOPLE["en", "update"][2]}
    assert site.requests()["update-kk"]["open"] == ["operator"]  # applied, and listed: its answer did not arrive


@pytest.mark.parametrize("command", ["RCPT", "DATA"])
def test_a_later_is_tried_again_when_its_time_has_come(site: Site, smtp_server: SmtpServer, command: str) -> None:
    site.deliver(tagged("kk", "update"))
    smtp_server.say({command: "451 4.7.1 greylisted, come again"})
    assert site.poll() == counts(fetched=1, applied=1, owed=1)
    smtp_server.say({})
    assert site.poll() == counts(owed=1)  # not yet
    assert site.answers() == []
    ((tries, said),) = site.sql("SELECT tries, answer FROM reply")
    assert tries == 1 and "451 4.7.1 greylisted, come again" in said

    site.sql("UPDATE reply SET next_try_at = :at", at="2020-01-01 00:00:00")
    assert site.poll() == counts(sent=1)
    assert [each.to for each in site.answers()] == [PEOPLE["kk", "update"][2]]


def test_the_operator_is_told_in_one_mail_of_its_own(
    bare: Site,
) -> None:
    site = bare
    site.init("--operator-mail", OPERATOR, "--language", "en")
    site.people(*ROWS)
    site.deliver(tagged("kk", "withdrawal"), tagged("ru", "withdrawal"))
    assert site.poll() == counts(fetched=2, applied=2, sent=3)
    (told,) = (each for each in site.answers() if each.to == OPERATOR)
    assert told.mail["Auto-Submitted"] == "auto-generated"
    assert all(request["id"] in told.text for request in site.requests().values())
    assert site.poll() == NOTHING


def test_paused_it_decides_and_sends_nothing_until_resumed(site: Site) -> None:
    assert site.run("pause").code == 0
    site.deliver(tagged("kk", "update"))
    assert site.poll() == counts(fetched=1, applied=1, owed=1)
    assert site.answers() == []
    assert site.run("resume").code == 0
    assert site.poll() == counts(sent=1)


def test_in_shadow_nothing_changes_until_live_decides_anew(
    bare: Site,
) -> None:
    site = bare
    site.init(live=False)
    site.people(*ROWS)
    site.deliver(tagged("kk", "update"), stranger())
    assert site.poll() == counts(fetched=2, applied=1, left=1)
    assert site.show(PEOPLE["kk", "update"][2])["phones"] == [OLD]
    assert (site.inbox(), site.done(), site.answers()) == ({"update-kk", "stranger"}, set(), [])
    assert site.poll() == NOTHING

    assert site.run("live").code == 0
    assert site.poll() == counts(fetched=2, applied=1, left=1, sent=1)
    assert site.show(PEOPLE["kk", "update"][2])["phones"] == [NEW]
    assert (site.inbox(), site.done()) == ({"stranger"}, {"update-kk"})


# ---- other places ----------------------------------------------------------------------------------------------

PLACES = """
[[places]]
name = "messenger"
preset = "messenger"
[[places]]
name = "books"
preset = "accounting"
kept_by_law = "Accounting Act"
kept_for = "5 years"
[[places]]
name = "list"
preset = "newsletter"
[places.hook]
url = "{url}/hook"
"""


def test_a_withdrawal_runs_through_its_places_to_the_last_tick(site: Site) -> None:
    email = PEOPLE["ru", "withdrawal"][2]
    with receiving() as receiver:
        with (site.folder / "policy.toml").open("a", encoding="utf-8") as policy:
            policy.write(PLACES.format(url=receiver.url))
        (site.folder / "secrets" / "hook_list").write_text("a secret of the list")
        receiver.behave = answers(503)
        site.deliver(tagged("ru", "withdrawal"))
        assert site.poll() == counts(fetched=1, applied=1, sent=1)
        number = site.requests()["withdrawal-ru"]["id"]
        assert site.run("requests", "tick", number, "messenger").code == 1  # it may still be undone
        assert site.run("requests", "release", number).code == 0
        site.poll()
        past = datetime.now(UTC) - timedelta(minutes=1)
        site.sql("UPDATE request SET destroy_at = :past WHERE id = :number", past=past, number=number)
        site.poll()  # reads the mailbox whole, destroys, sends the final mail
        assert "уничтожены" in site.answers()[-1].text and "служба рассылок" in site.answers()[-1].text
        receiver.behave = answers(200)
        site.sql("UPDATE hook_call SET next_try_at = NULL")
        site.poll()
        assert set(receiver.events) == {("person.stopped", email), ("person.destroyed", email)}
    assert site.run("requests", "tick", number, "messenger").code == 0
    tasks = site.sql("SELECT place, identifier, done_by FROM place_task ORDER BY place")
    assert [tuple(task) for task in tasks] == [
        ("books", "", "law"),
        ("list", "", "hook"),
        ("messenger", "", "operator"),
    ]
    assert site.requests() == {}
    assert [tuple(call) for call in site.sql("SELECT DISTINCT identifier FROM hook_call")] == [("",)]
    assert site.sql("SELECT count(*) FROM address WHERE addr = :email", email=email)[0][0] == 0


def test_a_mailbox_that_can_not_be_read_is_not_said_to_hold_nothing_new(bare: Site) -> None:
    bare.init()
    (port,) = free_ports(1)
    gone = bare.dovecot.url(bare.user).replace(str(bare.dovecot.port), str(port))
    ran = bare.run("poll", MAILBOT_MAILBOX__URL=gone)
    assert (ran.code, ran.out) == (75, "") and "takes no connection" in ran.err
    assert bare.run("poll").out == "nothing new\n"
