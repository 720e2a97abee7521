"""Render one owed mail: template text in the right language, the same as a page, then the octets for the courier.

Serves the rules for answers. It decides nothing and sends nothing. Templates are the operator's or packaged files;
text of others reaches them only as values, each cleaned to one line without control characters, and no header at all.
"""

from __future__ import annotations

import logging
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import FileSystemLoader, StrictUndefined, TemplateError, TemplateNotFound
from jinja2.sandbox import ImmutableSandboxedEnvironment

from mailbot.answering.mime import Frame, message_id, octets
from mailbot.answering.page import page
from mailbot.answering.samples import samples
from mailbot.config import packaged
from mailbot.deciding.decision import TEMPLATES, WHOLE, Owed
from mailbot.reading.header import is_address
from mailbot.reading.quote import MARKERS

__all__ = ["BOTH", "LANGUAGES", "MARKERS", "Frame", "Rendered", "Templates", "render"]

LANGUAGES = tuple(MARKERS)
BOTH = "kk+ru"
MAX_BYTES = 100_000
MAX_WHOLE_BYTES = 5_000_000  # of the one that lists all that is held
_SEPARATOR = "* * *"
_TOKEN = re.compile(r"[a-z2-7]{26}")
_NUMBER = re.compile(r"[A-Za-z0-9-]{0,32}")
# what a template of the operator may raise; the packaged one takes its place then
_BROKEN = (TemplateError, TypeError, ValueError, LookupError, AttributeError, ArithmeticError, RecursionError, OSError)
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A mail ready for the outbox."""

    message_id: str  # with angle brackets
    recipient: str  # addr-spec
    octets: bytes  # RFC 5322, CRLF
    subject: str
    body: str  # the text, line ends LF
    html: str  # the same as a page, line ends LF; "" for the operator, who gets text alone


class Templates:
    """The templates of all languages, compiled once; the folders given come before the packaged one.

    Each folder holds `kk`, `ru`, `en` with NAME.txt; it may be missing, or hold only some of the files.
    """

    def __init__(self, folders: list[Path]) -> None:
        """Prepare the environments; reads no file yet. Raises ConfigError where the packaged folder is missing."""
        self.packaged = base = packaged("templates") / "mail"
        self._own = [folder for folder in folders if folder != base and folder.is_dir()]
        self._packaged = _packaged(base)
        own = {lang: [*(folder / lang for folder in self._own), base / lang] for lang in LANGUAGES}
        self._all = {lang: _environment(paths) for lang, paths in own.items()} if self._own else self._packaged

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

    def own(self, name: str) -> dict[str, Path]:
        """Return the operator's own files of a template that are in use: language → path."""
        files = {
            lang: folder / lang / f"{name}.txt"
            for lang in LANGUAGES
            for folder in reversed(self._own)
            if (folder / lang / f"{name}.txt").is_file()
        }
        return {lang: path for lang, path in files.items() if not self._problem(lang, name)}

    def check(self) -> list[str]:
        """Render with sample data what the operator's files have a part in; return one sentence a failure."""
        problems: list[str] = []
        for folder in self._own:
            problems += _strangers(folder)
        for language in LANGUAGES:
            files = {path.stem for folder in self._own for path in (folder / language).glob("*.txt")}
            shared = any(name.startswith("_") for name in files)
            for name in TEMPLATES if shared else [each for each in TEMPLATES if each in files]:
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
    subject, sections = _sections(owed, frame, templates)
    token_line = f"[{frame.token}]"
    texts = f"\n\n{_SEPARATOR}\n\n".join(text for _, text in sections)
    body = f"{texts}\n\n{token_line}\n"
    html = page(subject, sections, token_line) if owed.role != "operator" else ""
    name = " ".join(_clean(frame.operator_name).split())
    mail = octets(owed, frame, name, subject, (body, html))
    most = MAX_WHOLE_BYTES if owed.template == WHOLE else MAX_BYTES
    if len(mail) > most:
        raise ValueError(f"the mail {owed.template} has {len(mail)} bytes, more than {most}")
    return Rendered(message_id=message_id(frame), recipient=owed.to, octets=mail, subject=subject, body=body, html=html)


@cache
def _packaged(base: Path) -> dict[str, ImmutableSandboxedEnvironment]:
    """Return the environments of the packaged templates, whose files never change: compiled once a process."""
    return {language: _environment([base / language]) for language in LANGUAGES}


class Sandbox(ImmutableSandboxedEnvironment):
    """The sandbox, which judges each attribute of a type of values once: it goes by nothing else."""

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        """Take what every environment takes."""
        super().__init__(*arguments, **settings)
        self._safe: dict[tuple[type, str], bool] = {}  # as many as the templates name

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Tell whether a template may read that attribute."""
        place = (type(obj), attr)
        safe = self._safe.get(place)
        if safe is None:
            safe = self._safe[place] = super().is_safe_attribute(obj, attr, value)
        return safe


def _environment(folders: list[Path]) -> ImmutableSandboxedEnvironment:
    # Plain text is not escaped; no file is looked at twice.
    return Sandbox(
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


def _sections(owed: Owed, frame: Frame, templates: Templates) -> tuple[str, list[tuple[str, str]]]:
    """Return the subject and each language's text without the token's line; in kk+ru both markers stand on top."""
    languages = owed.language.split("+")
    markers = ["\n".join(MARKERS[language] for language in languages), *[""] * (len(languages) - 1)]
    common = {**_common(frame), **_tidied(owed.values, ZoneInfo(frame.timezone))}
    subjects, sections = [], []
    for language, marker in zip(languages, markers, strict=True):
        values = {**common, "language": language, "marker": marker}
        subject, body = templates.text(owed.template, language, values)
        subjects.append(subject)
        sections.append((language, body.removesuffix(f"[{frame.token}]").rstrip()))
    return " / ".join(subjects), sections


def _common(frame: Frame) -> dict[str, Any]:
    own = {
        "number": frame.number, "kind": frame.kind or "", "received_at": frame.received_at, "now": frame.now,
        "token": frame.token, "mailbox": frame.mailbox, "operator_name": frame.operator_name.strip(),
        "operator_contact": frame.operator_contact.strip(), "timezone": frame.timezone,
        "articles": frame.articles,
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
    if text.isprintable():  # none of them is
        return text
    return "".join(" " if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") else c for c in text)
