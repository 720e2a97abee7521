"""What every contestant gets: the same mails in a mailbox of its own, and the people who wrote them.

Mails of 4 to 8 KB as phones write them (text and page, an old mail quoted below), one in twenty with 200 KB attached,
nine of ten with a tag: an update, an unsubscribe or a withdrawal in Kazakh, Russian or English.
"""

from __future__ import annotations

import base64
import json
import os
import random
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from email.header import Header
from email.utils import format_datetime
from pathlib import Path

from tests.support.site import BODIES, BOX, TAGS

BORDER = "mx.example.com"
ATTACHED = 200_000  # octets
_SENTENCES = {
    "kk": "Осыған дейін жазған хатымда сабақтың кестесі туралы сұраған едім, жауабыңызға рақмет.",
    "ru": "В прошлом письме я спрашивала о расписании занятий, спасибо за подробный ответ.",
    "en": "In my last mail I asked about the timetable of the lessons, thank you for your answer.",
}
_KINDS = ("update", "unsubscribe", "withdrawal")
_LANGUAGES = ("kk", "ru", "en")


def address(number: int) -> str:
    """Return where the person with that number writes from."""
    return f"person{number}@example.com"


def phone(number: int) -> str:
    """Return the number that the person asks to be noted."""
    return f"+7701{number:07}"


def people(count: int) -> str:
    """Return the file that `mailbot people import` takes."""
    lines = [f"Серикова,Алия,,{address(number)},+7702{number:07},,,yes,2025-01-10,site form" for number in range(count)]
    return "\n".join(["surname,given_name,patronymic,email,phone,birth_date,birth_place,news,consent_at,consent_source",
                      *lines, ""])  # fmt: skip


def mails(count: int) -> Iterator[bytes]:
    """Yield that many mails, the same ones each time."""
    drawn = random.Random(8)
    came = datetime.now(UTC)
    for number in range(count):
        language = _LANGUAGES[number % 3]
        kind = _KINDS[number // 3 % 3] if number % 10 else ""
        subject = TAGS[language, kind] if kind else "Вопрос о курсе"
        text = BODIES[language].format(phone=phone(number)) if kind == "update" else "\n"
        octets = 700 + drawn.randrange(1100)
        yield _mail(number, subject, text, _quoted(language, octets), came + timedelta(milliseconds=number))


def _quoted(language: str, octets: int) -> str:
    sentence = f"> {_SENTENCES[language]}\n"
    return "\n23.11.2026 11:00, Example Courses <info@example.com>:\n" + sentence * (octets // len(sentence.encode()))


def _mail(number: int, subject: str, text: str, quoted: str, when: datetime) -> bytes:
    page = "".join(f"<div>{line}</div>\n" for line in (text + quoted).split("\n"))
    body = f"--b\r\n{_part('text/plain', (text + quoted).encode())}--b\r\n{_part('text/html', page.encode())}--b--\r\n"
    kind = 'multipart/alternative; boundary="b"'
    if number % 20 == 7:
        file = base64.encodebytes(random.Random(number).randbytes(ATTACHED)).decode().replace("\n", "\r\n")
        body = (
            f"--m\r\nContent-Type: {kind}\r\n\r\n{body}--m\r\nContent-Type: image/jpeg\r\n"
            f"Content-Disposition: attachment; filename=photo.jpg\r\n"
            f"Content-Transfer-Encoding: base64\r\n\r\n{file}--m--\r\n"
        )
        kind = 'multipart/mixed; boundary="m"'
    head = [
        f"Return-Path: <{address(number)}>",
        f"Authentication-Results: {BORDER}; dkim=pass header.d=example.com header.s=s header.b=abcd;",
        f" spf=pass smtp.mailfrom={address(number)}; dmarc=pass (p=REJECT sp=REJECT dis=NONE) header.from=example.com",
        f"Received: from mail.example.com (mail.example.com [192.0.2.1]) by {BORDER} with ESMTPS id {number};",
        f" {format_datetime(when)}",
        "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.com; s=s; h=from:to:subject:date:message-id;",
        f" bh={'A' * 43}=; b={'B' * 60}",
        f" {'C' * 70}",
        f"From: {_header('Алия Серикова')} <{address(number)}>",
        f"To: {BOX}",
        f"Subject: {_header(subject)}",
        f"Date: {format_datetime(when)}",
        f"Message-ID: <m{number}@example.com>",
        "MIME-Version: 1.0",
        f"Content-Type: {kind}",
    ]
    return ("\r\n".join(head) + "\r\n\r\n" + body).encode()


def _part(kind: str, octets: bytes) -> str:
    lines = base64.encodebytes(octets).decode().replace("\n", "\r\n")
    return f"Content-Type: {kind}; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n{lines}"


def lay(maildir: Path, octets_of_all: Iterable[bytes]) -> None:
    """Put mails into a Maildir, as files that belong to whom the folder belongs."""
    owner, first = maildir.stat(), len(list((maildir / "cur").iterdir()))
    for number, octets in enumerate(octets_of_all, first):
        path = maildir / "cur" / f"{1_700_000_000 + number}.M{number:06}.host,S={len(octets)}:2,"
        path.write_bytes(octets)
        os.chown(path, owner.st_uid, owner.st_gid)


def dumped(count: int) -> str:
    """Return who is known, for contestants that have no import of their own: address → phone, as JSON."""
    return json.dumps({address(number): f"+7702{number:07}" for number in range(count)})


def _header(text: str) -> str:
    return Header(text, "utf-8", maxlinelen=75).encode(linesep="\r\n")
