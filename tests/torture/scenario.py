"""An installation and a mailbox full of mail in which one pass carries out every row of the table of decisions.

`laid` makes it: people, forms, a first pass whose questions and receipts are then answered, and the mails of the pass
that is looked at. `ROWS` says which reason each of those mails must get.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

from mailbot.config import packaged
from tests.acceptance.test_forms import FORMS, POLICY
from tests.support.dovecot import Dovecot
from tests.support.killed import Commands
from tests.support.postgres import Postgres
from tests.support.runs import Run, Stage
from tests.support.site import OPERATOR, TAGS, Answer, Site, answer, border, letter, row
from tests.support.smtp import SmtpServer

UPDATE, WITHDRAWAL, NEWS = TAGS["ru", "update"], TAGS["ru", "withdrawal"], TAGS["ru", "unsubscribe"]
NAMES = (
    "aigul", "marat", "mary", "dinara", "oleg", "saule", "timur", "zarina", "aset", "boris", "kanat", "lena", "gulnar",
    "beka", "nurlan", "olga", "pavel", "rustem", "sofia", "tanya", "ulan", "yana", "erlan", "inna",
)  # fmt: skip
FAMILY = "family@example.com"
PHONE = "Телефон: +7 702 234 56 78\n"
FIRST = {  # mails of the first pass, whose answers come with the second
    "dinara": (UPDATE, PHONE, False), "oleg": (UPDATE, PHONE, False), "saule": (UPDATE, "Прошу обновить.\n", True),
    "timur": (UPDATE, PHONE, False), "zarina": (UPDATE, PHONE, True), "aset": (WITHDRAWAL, "", True),
    "boris": (NEWS, "", True), "kanat": (UPDATE, PHONE, True), "lena": (UPDATE, PHONE, True),
    "gulnar": (WITHDRAWAL, "", True), "olga": (WITHDRAWAL, "", True), "tanya": (UPDATE, PHONE, False),
    "ulan": (UPDATE, PHONE, True),
}  # fmt: skip
ROWS = {  # what the second pass must find: name in the Message-ID -> (row, reason)
    "form": ("1", "form"), "machine": ("2", "machine"), "button": ("2", "unsubscribe_button"),
    "bounce": ("2", "own_reply_bounced"), "order": ("2a", "ordered"), "yes": ("3", "confirmed"), "no": ("4", "denied"),
    "fields": ("5", "ask_answered"), "unclear": ("6", "answer_unclear"), "undo": ("7", "undone"),
    "only-news": ("7", "only_news"), "again": ("7a", "resubscribed"), "thanks": ("8", "courtesy"),
    "more": ("9", "reply_to_ours"), "twice": ("9a", "header_twice"), "two": ("10", "two_tags"),
    "disagree": ("11", "several_kinds"), "old": ("11a", "too_old"), "before": ("11b", "older_than_consent"),
    "unsubscribe": ("12", "unsubscribe_on_file"),
    "not-listed": ("13", "unsubscribe_not_listed"), "unproven": ("14", "unsubscribe_unproven"),
    "shared": ("15", "shared_address"), "update": ("16", "update_proven"), "new-address": ("16", "new_address_asked"),
    "missing": ("16", "fields_missing"), "weak": ("17", "sender_unproven"), "withdrawal": ("18", "obligations_asked"),
    "obliged": ("20", "obligation_open"), "unknown": ("21", "person_unknown"),
    "unknown-weak": ("22", "person_unknown_unproven"), "access": ("23", "other_right"), "nearly": ("24", "suggestion"),
    "stranger": ("25", "no_tag"),
}  # fmt: skip


def at(name: str) -> str:
    return f"{name}@example.com"


def laid(
    folder: Path, dovecot: Dovecot, smtp: SmtpServer, commands: Commands, postgres: Postgres | None = None
) -> Stage:
    """Make the installation and deliver the mails of the pass that is looked at."""
    store = f"{postgres.database()}&schema=one" if postgres is not None else "sqlite:///mailbot.sqlite"  # one of many
    site = Site(folder / "site", dovecot, smtp, store, commands=commands)
    site.init("--operator-mail", OPERATOR)
    policy = site.folder / "policy.toml"
    policy.write_text((packaged("config") / "policy.toml").read_text(encoding="utf-8") + POLICY, encoding="utf-8")
    site.people(
        *(row(name.title(), "Жанар", at(name), f"+7701000{number:04}") for number, name in enumerate(NAMES)),
        row("Ilya", "Жанар", at("ilya"), "+77010001003", f"{datetime.now(UTC) - timedelta(days=1):%Y-%m-%d}"),
        row("Ким", "Алина", FAMILY, "+77010001001"), row("Ким", "Виктор", FAMILY, "+77010001002"),
    )  # fmt: skip
    assert site.run("people", "obligation", "add", at("rustem")).code == 0
    began = len(smtp.taken)
    for name, (subject, body, proven) in FIRST.items():
        site.deliver(letter(at(name), subject, body, name=f"first-{name}", proven=proven))
    run = Run(site, began)
    run.settle()
    _release(run, "gulnar")
    site.sql("UPDATE request SET destroy_at = :at WHERE destroy_at IS NOT NULL", at="2026-01-01 00:00:00")
    _deliver_second(site, {each.to: each for each in site.answers(began)})
    return Stage(site, commands, postgres)


def _release(run: Run, name: str) -> None:
    """Tell that nobody owes anything, so that the person is destroyed by the next pass."""
    requests = run.site.requests("--kind", "withdrawal")
    assert run.site.run("requests", "release", requests[f"first-{name}"]["id"]).code == 0
    run.settle()


def _deliver_second(site: Site, told: dict[str, Answer]) -> None:
    def back(name: str, text: str, *, who: str, proven: bool = True) -> bytes:
        return answer(at(who), text, told[at(who)], name=name, proven=proven)

    listed = told[OPERATOR]
    number = re.search(r"(\d+)\. № \w+, отзыв", listed.text)
    assert number, listed.text
    site.deliver(
        letter(FORMS, "Заявка с сайта", "Фамилия: Новая\nИмя: Нина\nEmail: nina@example.com\n", name="form"),
        letter(at("boss"), WITHDRAWAL, name="machine", headers=["Auto-Submitted: auto-replied"]),
        letter(at("inna"), "Unsubscribe", name="button", headers=["Auto-Submitted: auto-replied"]),
        bounce(told[at("tanya")], name="bounce"),
        answer(OPERATOR, f"{number[1]} жоқ", listed, name="order"),
        back("yes", "Да", who="dinara", proven=False),
        back("no", "Нет", who="oleg", proven=False),
        back("fields", PHONE, who="saule"),
        back("unclear", "А что это такое?", who="timur", proven=False),
        back("undo", "отменить", who="zarina"),
        back("only-news", "Только письма", who="aset"),
        back("thanks", "Спасибо!", who="kanat"),
        back("more", "А когда начинается курс?", who="lena"),
        letter(at("boris"), "Подпишите меня снова", name="again"),
        letter(at("beka"), UPDATE, PHONE, name="twice", headers=[f"From: {at('evil')}"]),
        letter(at("beka"), UPDATE, f"{NEWS}\n\n{PHONE}", name="two"),
        letter(at("nurlan"), UPDATE, f"{WITHDRAWAL}\n", name="disagree"),
        letter(at("mary"), NEWS, name="unsubscribe"),
        letter(at("nobody"), NEWS, name="not-listed"),
        letter(at("noone"), NEWS, name="unproven", proven=False),
        letter(FAMILY, UPDATE, PHONE, name="shared"),
        letter(at("aigul"), UPDATE, PHONE, name="update"),
        letter(at("sofia"), UPDATE, "Новая почта: sofia.new@example.com\n", name="new-address"),
        letter(at("yana"), UPDATE, "Прошу обновить данные.\n", name="missing"),
        letter(at("pavel"), UPDATE, PHONE, name="weak", proven=False),
        letter(at("marat"), WITHDRAWAL, name="withdrawal"),
        letter(at("rustem"), WITHDRAWAL, name="obliged"),
        letter(at("ghost"), WITHDRAWAL, name="unknown"),
        letter(at("spirit"), WITHDRAWAL, name="unknown-weak", proven=False),
        letter(at("erlan"), "Какие данные обо мне у вас хранятся?", "Прошу сообщить.\n", name="access"),
        letter(at("erlan"), "Отзыв согласия на обработку моих данных", name="nearly"),
        letter(at("vera"), "Вопрос о курсе", "Здравствуйте! Когда начинается курс?\n", name="stranger"),
    )
    for name, who, subject, days in (("old", "ulan", UPDATE, 20), ("before", "ilya", WITHDRAWAL, 5)):
        when = datetime.now(UTC) - timedelta(days=days)
        mail = letter(at(who), subject, PHONE, name=name).replace(b"border.invalid", border(site.dovecot).encode())
        mail = re.sub(rb"(?m)^Date: [^\r]*", f"Date: {format_datetime(when)}".encode(), mail)
        site.dovecot.append(site.user, mail, when)


def bounce(ours: Answer, *, name: str) -> bytes:
    """Return what a mail server says of a mail of ours that it could not deliver."""
    lines = [
        "Return-Path: <>",
        "From: Mail Delivery System <mailer-daemon@example.net>",
        "To: info@example.com",
        "Subject: Undelivered Mail Returned to Sender",
        f"Message-ID: <{name}@example.net>",
        "MIME-Version: 1.0",
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
        "",
        "--b",
        "Content-Type: text/plain",
        "",
        "This is the mail system.",
        "--b",
        "Content-Type: message/delivery-status",
        "",
        "Reporting-MTA: dns; mail.example.net",
        "",
        f"Final-Recipient: rfc822; {ours.to}",
        "Action: failed",
        "Status: 5.1.1",
        "",
        "--b",
        "Content-Type: message/rfc822",
        "",
        "From: info@example.com",
        f"Message-ID: {ours.message_id}",
        "Subject: returned",
        "",
        "text",
        "--b--",
        "",
    ]
    return "\r\n".join(lines).encode()
