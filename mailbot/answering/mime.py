"""The octets of an answer: its header and its one or two parts, put together piece by piece.

Serves RFC 3834 section 3.1 (headers of automatic answers), RFC 5322, RFC 2046 section 5.1.4. It takes values that are
fit already (reply.py sees to that) and puts no text of a person into a header.
"""

from __future__ import annotations

import re
from base64 import encodebytes
from dataclasses import dataclass, field
from datetime import datetime
from email.header import Header
from email.utils import format_datetime, quote
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from mailbot.deciding.decision import Owed
    from mailbot.reading.claim import Kind

MAX_REFERENCES = 20
_LONGEST = 900  # octets of a line that may go as it is
_MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,200}@[!-;=?-~]{1,200}>")  # printable ASCII without < and >


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What every mail of a request needs beside its template's values."""

    number: str  # public number of the request, "" for a mail to the operator about many
    kind: Kind | None
    received_at: datetime  # aware
    now: datetime  # aware
    token: str  # 26 letters a-z2-7, the local part of our Message-ID
    mailbox: str  # addr-spec that writes
    operator_name: str = ""
    operator_contact: str = ""
    in_reply_to: str = ""  # Message-ID of the person's mail, "" where there is none
    references: tuple[str, ...] = ()  # those of the person's mail
    timezone: str = "Asia/Almaty"
    articles: dict[str, dict[str, str]] = field(default_factory=dict)  # reason → language → what an answer may quote


def message_id(frame: Frame) -> str:
    """Return our Message-ID: the token at the mailbox's domain, in A-labels, so that it is ASCII."""
    domain = frame.mailbox.rpartition("@")[2]
    return f"<{frame.token}@{domain if domain.isascii() else domain.encode('idna').decode('ascii')}>"


def octets(owed: Owed, frame: Frame, name: str, subject: str, bodies: tuple[str, str]) -> bytes:
    """Return the mail with CRLF line ends; `name` is who writes, `bodies` are text and HTML ("" for text alone).

    Source: RFC 3834 section 3.1, RFC 5322.
    """
    text, html = bodies
    head = _head(owed, frame, name, subject)
    if not html:
        return "\r\n".join([*head, ""]).encode() + _part("plain", text)
    boundary = f"=_{frame.token}"  # no line of either part can be it: the token stands in brackets alone
    opening = f"\r\n--{boundary}\r\n".encode()
    kind = f'Content-Type: multipart/alternative; boundary="{boundary}"'
    parts = opening + _part("plain", text) + opening + _part("html", html)
    return "\r\n".join([*head, kind, ""]).encode() + parts + f"\r\n--{boundary}--\r\n".encode()


def _head(owed: Owed, frame: Frame, name: str, subject: str) -> list[str]:
    return [
        f"From: {_sender(name, frame.mailbox)}",
        f"To: {owed.to}",
        f"Subject: {_encoded(subject, 'Subject')}",
        f"Date: {format_datetime(frame.now.astimezone(ZoneInfo(frame.timezone)))}",
        f"Message-ID: {message_id(frame)}",
        *(_thread(frame) if owed.threads else ()),
        f"Auto-Submitted: {'auto-replied' if owed.threads else 'auto-generated'}",
        "X-Auto-Response-Suppress: All",
        f"Content-Language: {owed.language.replace('+', ', ')}",
        "MIME-Version: 1.0",
    ]


def _thread(frame: Frame) -> list[str]:
    """Return In-Reply-To and References (RFC 5322 section 3.6.4); ids that are not sound are left out."""
    parent = frame.in_reply_to.strip()
    if not _MESSAGE_ID.fullmatch(parent):
        return []
    older = [i for i in dict.fromkeys(frame.references) if _MESSAGE_ID.fullmatch(i) and i != parent]
    if len(older) >= MAX_REFERENCES:  # the first of a thread and the nearest ones are what mail programs look for
        older = [older[0], *older[-(MAX_REFERENCES - 2) :]]
    return [f"In-Reply-To: {parent}", "References: " + "\r\n ".join([*older, parent])]


def _sender(name: str, mailbox: str) -> str:
    if not name:
        return mailbox
    plain = name.isascii() and "=?" not in name and len(name) <= 60
    shown = f'"{quote(name)}"' if plain else _encoded(name, "From", always=True)
    return f"{shown}\r\n <{mailbox}>" if len(shown) > 60 else f"{shown} <{mailbox}>"


def _encoded(text: str, header: str, *, always: bool = False) -> str:
    """Return a header's text as RFC 2047 wants it, folded; plain ASCII stays as it is."""
    if text.isascii() and "=?" not in text and len(text) <= 70 and not always:
        return text
    return Header(text, "utf-8", maxlinelen=75, header_name=header).encode(linesep="\r\n")


def _part(kind: str, body: str) -> bytes:
    text = body.replace("\n", "\r\n")
    # Needless base64 of plain ASCII makes a mail look like spam to filters.
    plain = text.isascii() and max(map(len, text.split("\r\n"))) <= _LONGEST
    octets = text.encode() if plain else encodebytes(text.encode()).replace(b"\n", b"\r\n")
    transfer = "7bit" if plain else "base64"
    fields = f"Content-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: {transfer}\r\n\r\n"
    return fields.encode() + octets
