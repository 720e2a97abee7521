"""The demo's invented people and mails: mails.toml made into RFC 5322 octets."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.message import Message
from email.utils import format_datetime
from importlib import resources
from typing import Any

BOX = "info@example.kz"
HOST = "mx.example.kz"
PEOPLE = """\
surname,given_name,patronymic,email,phone,birth_date,birth_place,news,consent_at,consent_source
Сәрсенова,Айгүл,Болатқызы,aigul@example.com,+77010000001,1990-05-05,Алматы қ.,yes,2025-01-10,site form
Серикова,Динара,,dinara@example.com,+77010000002,,,yes,2025-01-11,site form
Smith,Alice,,alice@example.com,+77010000003,,,yes,2025-01-12,site form
Жұмабеков,Дәурен,Серікұлы,dauren@example.com,,,,yes,2025-01-13,site form
Оспанов,Марат,,marat@example.com,+77010000005,,,yes,2025-01-14,site form
Қасымова,Сәуле,,saule@example.com,,,,yes,2025-01-15,site form
Miller,John,,john@example.com,,,,yes,2025-01-16,site form
Ким,Алина,,family@example.com,+77010000008,,,yes,2025-01-17,site form
Ким,Виктор,,family@example.com,,,,yes,2025-01-17,site form
"""
Sent = Callable[[str, str], Message]  # address, template → the last such mail that we sent there


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One mail of the story."""

    title: str  # what it shows
    writer: str
    subject: str
    octets: bytes


def load(part: str) -> list[dict[str, Any]]:
    """Return the mails of one part of the story (`first` or `answers`) as data."""
    text = resources.files("mailbot.demo").joinpath("mails.toml").read_text(encoding="utf-8")
    mails: list[dict[str, Any]] = tomllib.loads(text)[part]
    return mails


def make(mail: dict[str, Any], at: datetime) -> Sample:
    """Return one mail; where `proven` is false the mail server says nothing of its sender."""
    writer: str = mail["writer"]
    domain, when = writer.rpartition("@")[2], format_datetime(at)
    headers = [f"Authentication-Results: {HOST}; dmarc=pass header.from={domain}"] if mail.get("proven", True) else []
    headers += [
        f"Received: from mail.{domain} by {HOST}; {when}",
        f"From: {writer}",
        f"To: {BOX}",
        f"Subject: {Header(mail['subject'], 'utf-8').encode()}",
        f"Date: {when}",
        f"Message-ID: <{mail['title'].replace(' ', '-').replace(',', '')}@{domain}>",
        *mail.get("headers", ()),
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: 8bit",
    ]
    octets = "\r\n".join([*headers, "", *mail["body"].split("\n")]).encode()
    return Sample(title=mail["title"], writer=writer, subject=mail["subject"], octets=octets)


def answer(mail: dict[str, Any], at: datetime, sent: Message) -> Sample:
    """Return an answer as a phone writes it: the text on top, our mail quoted below."""
    body = next(part for part in sent.walk() if part.get_content_type() == "text/plain").get_payload(decode=True)
    quoted = "\n".join(f"> {row}" for row in body.decode().splitlines()) if isinstance(body, bytes) else ""
    thread = [f"In-Reply-To: {sent['Message-ID']}", f"References: {sent['Message-ID']}"]
    return make({**mail, "subject": "Re:", "body": f"{mail['body']}\n\n{quoted}", "headers": thread}, at)
