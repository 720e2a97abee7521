"""machine: what each family of mail systems and robots writes, whatever the subject, and people who only tell of it.

Every mail is tried as it is and with a tag as its subject; reports also from a plain writer with nothing else left.
"""

from __future__ import annotations

import time
import tomllib
from pathlib import Path

import pytest

from mailbot.reading.machine import screen
from mailbot.reading.parse import parse

TAGS = (
    "Отзыв согласия на обработку персональных данных",
    "Withdrawal of consent to the processing of personal data",
    "Дербес деректерді өңдеуге келісімді кері қайтарып алу",
    "unsubscribe",
)
FROM = "From: Aliya <aliya@example.kz>"
RETURNED = (
    "Received: from a.example.kz by b.example.kz; Mon, 5 Oct 2026 12:00:00 +0500\nMessage-ID: <ours@example.kz>\n"
)
CORPUS = tomllib.loads((Path(__file__).parent.parent / "corpus" / "machines.toml").read_text("utf-8"))


def filled(text: str) -> str:
    """A text with what its braces stand for."""
    for name, report in CORPUS["reports"].items():
        quoted = "> " + report.replace("\n", "\n> ")
        text = text.replace("{" + name + "}", report).replace("{> " + name + "}", quoted)
    return text.replace("{returned}\n", RETURNED)


REPORTS, AWAY, PEOPLE = ({name: filled(text) for name, text in CORPUS[part].items()} for part in CORPUS)


def written(subject: str, text: str, *fields: str) -> str | None:
    """What screen says of a mail of that subject and text."""
    machine = screen(parse("\n".join([FROM, f"Subject: {subject}", *fields, "", text]).encode()))
    return machine.why if machine else None


@pytest.mark.parametrize("name", REPORTS)
def test_a_report_from_a_plain_writer(name: str) -> None:
    assert [written(subject, REPORTS[name]) for subject in ("hello", *TAGS)] == ["dsn"] * 5


@pytest.mark.parametrize("name", REPORTS)
def test_a_report_with_a_tag_in_front_of_its_subject(name: str) -> None:
    assert [written(f"{tag} Returned mail: see transcript", REPORTS[name]) for tag in TAGS] == ["dsn"] * 4


@pytest.mark.parametrize("name", AWAY)
def test_an_absence_without_a_mark(name: str) -> None:
    assert [written(subject, AWAY[name]) for subject in ("Re: x", *TAGS)] == ["out_of_office"] * 5


@pytest.mark.parametrize("name", PEOPLE)
def test_people_stay_people(name: str) -> None:
    assert [written(subject, PEOPLE[name]) for subject in ("Вопрос", "Re: x", *TAGS)] == [None] * 6
    assert written("Fwd: Undelivered Mail Returned to Sender", PEOPLE[name]) is None


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("X-Failed-Recipients: a@example.org", "dsn"),
        ("X-DSNContext: 335a7efd - 4523 - 00000001 - 80040546", "dsn"),
        ("X-MS-Embedded-Report: ", "dsn"),
        ("X-MS-Exchange-Message-Is-Ndr: ", "dsn"),
        ("X-SPASIGN: NG", "dsn"),
        ("X-Mailer: <SMTP32 v8.22>", "dsn"),
        ("X-Mailer: m-FILTER", "dsn"),
        ("X-Mailer: SurfControl E-mail Filter", "dsn"),
        ("Content-Class: urn:content-classes:dsn", "dsn"),
        ("Received: (qmail 12345 invoked for bounce); 5 Oct 2026 07:00:00 -0000", "dsn"),
        ("Received: from localhost (localhost) by mx.example.org (8.14) with internal id m87; Mon, 5 Oct 2026", "dsn"),
        ('Content-Type: multipart/mixed; boundary="AB12CD34EF.1234567890/mx.example.org"', "dsn"),
        ('Content-Type: multipart/mixed; boundary="1234567890-eximdsn-1234567890"', "dsn"),
        ("Return-Path: <MAILER-DAEMON@example.org>", "null_return_path"),
        ("Return-Path: <postmaster@example.org>", "null_return_path"),
        ("X-Envelope-From: <>", "null_return_path"),
        ("Content-Class: urn:content-classes:mdn", "mdn"),
        ("X-HmXmrOriginalRecipient: a@example.org", "arf"),
        ("X-ARF: YES", "arf"),
        ("X-Amz-Sns-Message-Id: 1", "auto_submitted"),
        ("Preference: auto_reply", "auto_reply"),
        ("X-Autoresponse: 1", "auto_reply"),
        ("X-MLServer: fml [fml 4.0]", "list"),
        ("X-Facebook-Notify: x", "bulk"),
    ],
)
def test_a_field_says_it_under_every_tag(field: str, expected: str) -> None:
    assert [written(tag, "Да", field) for tag in TAGS] == [expected] * 4


@pytest.mark.parametrize(
    "field",
    [
        "X-Mailer: SMTP client",
        "X-Mailer: Internet Mail Service (5.5.2653.19)",
        "X-MimeOLE: Produced By Microsoft Exchange V6.5",
        "Content-Class: urn:content-classes:message",
        "Received: (qmail 12345 invoked by uid 60001); 5 Oct 2026 07:00:00 -0000",
        "Received: (qmail 12345 invoked from network); 5 Oct 2026 07:00:00 -0000",
        'Content-Type: multipart/mixed; boundary="----=_NextPart_000_01C276B8.EB5EB90E"',
        'Content-Type: multipart/mixed; boundary="Boundary_(ID_T1d1xFzw5I4c8zjm3AkzoA)"',
        "Return-Path: <info@example.kz>",
        "X-Envelope-From: aliya@example.kz",
        "X-Spam-Status: No, hits=-5.0 tests=FROM_MAILER_DAEMON",
        "X-MS-Exchange-Inbox-Rules-Loop: aliya@example.kz",
        "X-Gm-Message-State: AOJu0Y",
    ],
)
def test_a_field_of_people_says_nothing(field: str) -> None:
    assert [written(tag, "Да", field) for tag in TAGS] == [None] * 4


def multipart(*parts: str, kind: str = "mixed") -> tuple[str, str]:
    """The Content-Type field and the body of a multipart."""
    body = "".join(f"--b\nContent-Type: {part}\n" for part in parts) + "--b--\n"
    return f'Content-Type: multipart/{kind}; boundary="b"', body


STATUS = "message/delivery-status\n\nReporting-MTA: dns; mx.example.org\n\nFinal-Recipient: rfc822; a@example.org\n"


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (("text/plain\n\nЖеткізу туралы\n", STATUS), "dsn"),
        (("text/plain\n\nThis message could not be delivered.\n", "text/rfc822-headers\n\n" + RETURNED), "dsn"),
        (("text/plain\n\n" + REPORTS["sina"], "message/rfc822\n\n" + RETURNED), "dsn"),
        (("text/plain\n\nThis is an email abuse report\n", "message/feedback-report\n\nFeedback-Type: abuse\n"), "arf"),
        (("message/rfc822\nContent-Disposition: inline\n\n" + RETURNED,), "arf"),
        (("message/rfc822\n\n" + RETURNED, "text/plain\n\n \n"), "arf"),
        (("text/plain\n\n", "message/rfc822\nContent-Disposition: attachment; filename=a.eml\n\n" + RETURNED), None),
        (("text/plain\n\nВот что мне пришло.\n", "message/rfc822\n\n" + RETURNED), None),
        (("text/plain\n\nВот что мне пришло.\n", STATUS), None),
        (("text/plain\n\nWhat is this?\n", "text/rfc822-headers\n\n" + RETURNED), None),
        (("text/plain\n\n" + PEOPLE["gmail forward"], STATUS), None),
        (("text/plain\n\n" + PEOPLE["apple forward"], STATUS), None),
        (("text/plain\n\nОтзываю\n\n" + PEOPLE["thunderbird forward"], STATUS), None),
    ],
)
def test_returned_parts(parts: tuple[str, ...], expected: str | None) -> None:
    field, body = multipart(*parts)
    assert [written(tag, body, field) for tag in TAGS] == [expected] * 4


HOSTILE = (
    "a", "-", " ", "a ", "(", "<", "a@", "x.", "your message ", "this is a ", "received: from a ", "550 ", ">", "re:",
    "ich bin ", "i am ", "мен ", "mailbox ", "=", "x: y\n ", "Received: from a\n ", "<a@b>:\n ", "x is away ", "。不",
    "спасибо за ", "owner-", "a-bounces", "boundary=a", "\n ",
)  # fmt: skip


@pytest.mark.parametrize("piece", HOSTILE)
def test_a_hostile_mail_is_cheap(piece: str) -> None:
    line = piece * (1_000_000 // len(piece))
    screen(parse(b"Subject: x\n\nx"))  # the words are compiled
    spent = 0.0
    for mail in (
        f"From: a@example.kz\nSubject: {line}\n\nx",
        f"From: {line}\n\nx",
        f"From: a@example.kz\nReturn-Path: {line}\nContent-Type: {line}\nReceived: {line}\nX-Mailer: {line}\n\nx",
        f"From: a@example.kz\nSubject: unsubscribe\n\n{line}",
    ):
        message = parse(mail.encode())
        started = time.process_time()
        screen(message)
        spent = max(spent, time.process_time() - started)
    assert spent < 0.1  # seconds of CPU; about 0.02 for the worst
