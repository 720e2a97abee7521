"""Render one owed mail: template text in the right language, then the octets that the courier hands over.

Serves RFC 3834 section 3.1 (headers of automatic answers), RFC 5322 and the rules for answers. It decides
nothing, sends nothing and puts no text of a person into a header. Templates are the operator's or packaged
files; text of others reaches them only as values, each cleaned to one line without control characters.
"""

from __future__ import annotations

import logging
import re
import unicodedata
from base64 import encodebytes
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.utils import format_datetime, quote
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import FileSystemLoader, StrictUndefined, TemplateError, TemplateNotFound
from jinja2.sandbox import ImmutableSandboxedEnvironment

from mailbot.answering.samples import samples
from mailbot.config import packaged
from mailbot.deciding.decision import TEMPLATES, Owed
from mailbot.reading.claim import Kind
from mailbot.reading.header import is_address
from mailbot.reading.quote import MARKERS

LANGUAGES = tuple(MARKERS)
BOTH = "kk+ru"
MAX_BYTES = 100_000
MAX_REFERENCES = 20
_SEPARATOR = "* * *"
_TOKEN = re.compile(r"[a-z2-7]{26}")
_NUMBER = re.compile(r"[A-Za-z0-9-]{0,32}")
_MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,200}@[!-;=?-~]{1,200}>")  # printable ASCII without < and >
# what a template of the operator may raise; the packaged one takes its place then
_BROKEN = (TemplateError, TypeError, ValueError, LookupError, AttributeError, ArithmeticError, RecursionError, OSError)
_log = logging.getLogger(__name__)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A mail ready for the outbox."""

    message_id: str  # with angle brackets
    recipient: str  # addr-spec
    octets: bytes  # RFC 5322, CRLF
    subject: str
    body: str  # line ends LF


class Templates:
    """The templates of all languages, compiled once; the folders given come before the packaged one.

    Each folder holds `kk`, `ru`, `en` with NAME.txt; it may be missing, or hold only some of the files.
    """

    def __init__(self, folders: list[Path]) -> None:
        """Prepare the environments; reads no file yet. Raises ConfigError where the packaged folder is missing."""
        base = packaged("templates") / "mail"
        self._own = [folder for folder in folders if folder != base]
        self._packaged = {lang: _environment([base / lang]) for lang in LANGUAGES}
        self._all = {lang: _environment([*(f / lang for f in self._own), base / lang]) for lang in LANGUAGES}

    def text(self, name: str, language: str, values: Mapping[str, Any]) -> tuple[str, str]:
        """Return (subject, body) of one language; a broken template of the operator yields to the packaged one.

        Raises jinja2.TemplateError or ValueError where the packaged one fails too (a programming error).
        """
        if self._own:
            try:
                return _split(self._all[language], name, values)
            except _BROKEN as exc:
                _log.warning("template %s/%s fails with %s", language, name, type(exc).__name__)
        return _split(self._packaged[language], name, values)

    def check(self) -> list[str]:
        """Render every template in every language with sample data; return one sentence a failure."""
        problems: list[str] = []
        for folder in self._own:
            problems += _strangers(folder)
        for language in LANGUAGES:
            for name in TEMPLATES:
                problem = self._problem(language, name)
                if problem:
                    problems.append(f"templates: {language}/{name}.txt: {problem}; the packaged one is used")
        return problems

    def _problem(self, language: str, name: str) -> str:
        for values in samples(name):
            frame = {"token": "a" * 26, "language": language, "marker": MARKERS[language]}
            try:
                _split(self._all[language], name, {**values, **frame})
            except TemplateNotFound as exc:
                return f"there is no {exc}"
            except _BROKEN as exc:
                return f"{type(exc).__name__}: {exc}"
        return ""


def render(owed: Owed, frame: Frame, templates: Templates) -> Rendered:
    """Return the mail that is owed, whole.

    `owed.language` kk+ru gives both texts in one mail. Raises ValueError where the number, the token, an
    address, a time or the rendered mail is not fit to be sent: a programming error. Source: RFC 3834 section 3.1.
    """
    _fit(owed, frame)
    subject, body = _bodies(owed, frame, templates)
    message_id = f"<{frame.token}@{_ascii(frame.mailbox.rpartition('@')[2])}>"
    head = _head(owed, frame, subject, message_id)
    octets = _with_body(head, body)
    if len(octets) > MAX_BYTES:
        raise ValueError(f"the mail {owed.template} has {len(octets)} bytes, more than {MAX_BYTES}")
    return Rendered(message_id=message_id, recipient=owed.to, octets=octets, subject=subject, body=body)


def _environment(folders: list[Path]) -> ImmutableSandboxedEnvironment:
    # Plain text is not escaped; no file is looked at twice.
    return ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(folders), undefined=StrictUndefined, autoescape=False, auto_reload=False,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip


def _split(environment: ImmutableSandboxedEnvironment, name: str, values: Mapping[str, Any]) -> tuple[str, str]:
    text = environment.get_template(f"{name}.txt").render(values)
    first, _, rest = text.lstrip().partition("\n")
    subject = first.removeprefix("Subject:").strip()
    if not first.startswith("Subject:") or not subject:
        raise ValueError("the first line is not a subject")
    if _clean(subject) != subject:
        raise ValueError("the subject holds a control character")
    lines = [_clean(line).rstrip() for line in rest.split("\n")]
    return subject, re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _strangers(folder: Path) -> list[str]:
    """Return a sentence for each file of the operator that no mail would ever use (a slip in its name)."""
    names = {*TEMPLATES, "_frame", "_words", "_parts", "_places"}
    return [
        f"templates: {language}/{path.name}: mailbot has no template of this name"
        for language in LANGUAGES
        for path in sorted((folder / language).glob("*.txt"))
        if path.stem not in names and not path.stem.startswith("_")
    ]


def _fit(owed: Owed, frame: Frame) -> None:
    if not _TOKEN.fullmatch(frame.token):
        raise ValueError("the token is not 26 letters of a-z2-7")
    if not _NUMBER.fullmatch(frame.number):
        raise ValueError("the number of the request holds more than letters, digits and hyphens")
    if owed.language not in (*LANGUAGES, BOTH):
        raise ValueError(f"there is no language {owed.language!r}")
    for address in (owed.to, frame.mailbox):
        if not is_address(address):
            raise ValueError("an address is not one addr-spec")


def _bodies(owed: Owed, frame: Frame, templates: Templates) -> tuple[str, str]:
    """Return subject and body; in kk+ru both markers stand on top and the token's line once, at the very end."""
    languages = owed.language.split("+")
    markers = ["\n".join(MARKERS[language] for language in languages), *[""] * (len(languages) - 1)]
    common = {**_common(frame), **_tidied(owed.values, ZoneInfo(frame.timezone))}
    token_line = f"[{frame.token}]"
    subjects, bodies = [], []
    for language, marker in zip(languages, markers, strict=True):
        values = {**common, "language": language, "marker": marker}
        subject, body = templates.text(owed.template, language, values)
        subjects.append(subject)
        bodies.append(body.removesuffix(token_line).rstrip())
    body = f"\n\n{_SEPARATOR}\n\n".join(bodies)
    return " / ".join(subjects), f"{body}\n\n{token_line}\n"


def _common(frame: Frame) -> dict[str, Any]:
    own = {
        "number": frame.number, "kind": frame.kind or "", "received_at": frame.received_at, "now": frame.now,
        "token": frame.token, "mailbox": frame.mailbox, "operator_name": frame.operator_name.strip(),
        "operator_contact": frame.operator_contact.strip(), "timezone": frame.timezone,
    }  # fmt: skip
    tidied: dict[str, Any] = _tidied(own, ZoneInfo(frame.timezone))
    return tidied


def _tidied(value: Any, zone: ZoneInfo) -> Any:
    """Return the value with times in the operator's zone and every text on one line without control characters."""
    if isinstance(value, str):
        return " ".join(_clean(value).split())
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("a time without a zone")
        return value.astimezone(zone)
    if isinstance(value, Mapping):
        return {key: _tidied(item, zone) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_tidied(item, zone) for item in value]
    return value


def _clean(text: str) -> str:
    """Return the text with every control, format and line-separating character as a blank (bidi marks too)."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(" " if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") else c for c in text)


def _head(owed: Owed, frame: Frame, subject: str, message_id: str) -> list[str]:
    date = format_datetime(frame.now.astimezone(ZoneInfo(frame.timezone)))
    return [
        f"From: {_sender(frame)}",
        f"To: {owed.to}",
        f"Subject: {_encoded(subject, 'Subject')}",
        f"Date: {date}",
        f"Message-ID: {message_id}",
        *(_thread(frame) if owed.threads else ()),
        f"Auto-Submitted: {'auto-replied' if owed.threads else 'auto-generated'}",
        "X-Auto-Response-Suppress: All",
        f"Content-Language: {owed.language.replace('+', ', ')}",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=utf-8",
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


def _sender(frame: Frame) -> str:
    name = " ".join(_clean(frame.operator_name).split())
    if not name:
        return frame.mailbox
    plain = name.isascii() and "=?" not in name and len(name) <= 60
    shown = f'"{quote(name)}"' if plain else _encoded(name, "From", always=True)
    return f"{shown}\r\n <{frame.mailbox}>" if len(shown) > 60 else f"{shown} <{frame.mailbox}>"


def _encoded(text: str, header: str, *, always: bool = False) -> str:
    """Return a header's text as RFC 2047 wants it, folded; plain ASCII stays as it is."""
    if text.isascii() and "=?" not in text and len(text) <= 70 and not always:
        return text
    return Header(text, "utf-8", maxlinelen=75, header_name=header).encode(linesep="\r\n")


def _ascii(domain: str) -> str:
    """Return the domain in A-labels, so that our Message-ID is ASCII whatever the mailbox is."""
    return domain if domain.isascii() else domain.encode("idna").decode("ascii")


def _with_body(head: list[str], body: str) -> bytes:
    text = body.replace("\n", "\r\n")
    # Needless base64 of plain ASCII makes a mail look like spam to filters.
    plain = text.isascii() and max(map(len, text.split("\r\n"))) <= 900
    octets = text.encode() if plain else encodebytes(text.encode()).replace(b"\n", b"\r\n")
    transfer = f"Content-Transfer-Encoding: {'7bit' if plain else 'base64'}"
    return "\r\n".join([*head, transfer, "", ""]).encode() + octets
