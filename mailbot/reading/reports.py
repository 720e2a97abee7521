"""Recognise a delivery report by its text, where no structure and no header tells it (RFC 3464 is newer than mail).

Mail systems say who they are where the text begins, and what they add no person writes: status codes, the dialogue
with another host, the header of the returned mail. A report that stands below a person's words, a forward mark or
`>` is that person's mail. The words are in reports.toml; structure and header fields are machine.py's matter.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import pairwise

from mailbot.reading.message import Message

_LIMIT = 20_000  # characters of a text that are looked at
_LINE = 400  # characters of a line
_OPENING = 1_200
_RETURNED_TYPES = frozenset(("message/rfc822", "text/rfc822-headers", "message/delivery-status", "message/global"))
_PREFIX = re.compile(
    r"(?:re|fwd?|fw|aw|wg|sv|vs|tr|rv|enc|i|ответ|на|пересл|fwd|hа|отв|жауап|қж|ft)\s?(?:\[\d{1,3}\])?\s?:", re.I
)
_STATUS = re.compile(  # RFC 3464 section 2
    r"(?:reporting-mta|final-recipient|original-recipient|diagnostic-code|remote-mta|last-attempt-date|arrival-date|"
    r"received-from-mta|x-actual-recipient|original-envelope-id|(?=action: ?(?:failed|delayed|delivered|relayed|"
    r"expanded))action|(?=status: ?[245]\.\d)status|feedback-type|original-rcpt-to|original-mail-from|source-ip|"
    r"reported-domain) ?:"
)
_FIELD = re.compile(r"([a-z][a-z0-9-]{1,40}): ?")
_ORIGIN = re.compile(r"(?:received|return-path|message-id|mime-version|content-[a-z-]{1,30}|x-[a-z0-9-]{1,40}|dkim-.*)")
_ADDRESS = re.compile(r"(?:to ?: ?)?<?[^\s<>@]{1,100}@[^\s<>@]{1,100}>?[:;.,]{0,2}")
_RECIPIENT = re.compile(r"<[^\s<>@]{1,100}@[^\s<>@]{1,100}>: ?|[^\s<>@]{1,100}@[^\s<>@]{1,100}: ?(?:$|.{0,80}[45]\d\d)")
_DRESSING = re.compile(  # lines that stand above a report and say nothing
    r"\(?[\w-]{1,60}(?:\.[\w-]{1,60}){1,6}\)?[.:]?$|this (?:is a )?(?:multi-?part |mime[- ])|portions of this message|"
    r"this message is in mime|this format, some|--\S{5,80}$|message from [\w.-]{1,80}$|unless you have a mime|"
    r"content-[a-z-]{1,30} ?:|"
    r"the following data may contain|file attachments\.|tools\. ?seek"
)
_AT = re.compile(r"[^\s@]@[^\s@]")
_QUOTED = re.compile(r"(?:from|sent|to|date|subject) ?: ?\S")
_CYRILLIC = re.compile(r"[а-яёәғқңөұүһі]")
_FRAME = " \t*-=#|+_~•·"
_ODD = re.compile("[’‘“”İ]")
_PLAIN = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "İ": "i"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Words:
    """The compiled patterns of reports.toml."""

    system: re.Pattern[str]
    plain: re.Pattern[str]
    marks: tuple[re.Pattern[str], ...]
    failed: re.Pattern[str]
    reason: re.Pattern[str]
    mail: re.Pattern[str]
    personal: re.Pattern[str]
    greeting: re.Pattern[str]
    subject: re.Pattern[str]


@cache
def _words() -> _Words:
    table = tomllib.loads(files("mailbot.reading").joinpath("reports.toml").read_text("utf-8"))

    def joined(patterns: Iterable[str]) -> re.Pattern[str]:
        return re.compile("|".join(patterns))

    words, opening = table["words"], table["opening"]
    return _Words(
        system=joined(opening["system"]),
        plain=joined(opening["plain"]),
        marks=tuple(joined(patterns) for patterns in table["marks"].values()),
        failed=joined(words["failed"]),
        reason=joined(words["reason"]),
        mail=joined(words["mail"]),
        personal=joined(words["personal"]),
        greeting=joined(words["greeting"]),
        subject=joined(table["subject"]["words"]),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Text:
    """The text of a mail as a report would have it."""

    lines: tuple[str, ...]  # lower case, without frames and blank lines
    above: tuple[str, ...]  # those of them above the first sentence: fields, addresses, frames' titles
    opening: str  # the first sentences in one line, "" where a person greets or a quote stands first


def is_answer(message: Message) -> bool:
    """Tell whether a mail calls itself a reply or a forward in its subject. Raises nothing."""
    return _PREFIX.match(message.subject[:40].strip()) is not None


def is_report(message: Message) -> bool:
    """Tell whether a mail system wrote this text to report a delivery. Raises nothing.

    Says nothing about structure or header fields; no word of the subject is needed. Source: RFC 3461 section 6.
    """
    if is_answer(message):
        return False
    words, text = _words(), _read(message)
    body = "\n".join(text.lines)
    if sum(1 for line in text.above if _STATUS.match(line)) >= 2:
        return True
    travelled = any(line.startswith("received: ") for line in text.above)
    if travelled and _marks(message, text) >= 2 and words.failed.search(body):
        return True
    if words.subject.search(flat(message.subject)) and _is_named(message, text):
        return True
    if not text.opening:
        return False
    if words.system.match(text.opening):
        return _marks(message, text) > 0 or words.failed.search(body) is not None
    personal = words.personal.search(text.opening) is not None
    if words.plain.match(text.opening):
        marks = _marks(message, text)
        return marks >= 2 or (not personal and (marks == 1 or _gives_reasons(text.opening)))
    return not personal and _marks(message, text) >= 3


def is_own(message: Message) -> bool:
    """Tell whether the text is that of a report or nobody's, so that attached returned mail is no forward.

    Raises nothing.
    """
    if is_answer(message):
        return False
    words, text = _words(), _read(message)
    if not message.text.strip() or words.system.match(text.opening) or words.plain.match(text.opening):
        return True
    return bool(text.opening) and not message.quoted.strip() and not words.personal.search(text.opening)


def tells_failure(message: Message) -> bool:
    """Tell whether the first lines tell of a delivery, for a sender who is known as a mail system. Raises nothing."""
    words, opening = _words(), flat(message.text[:3000].replace("\n", " "), 3000)
    return words.failed.search(opening) is not None


def _is_named(message: Message, text: _Text) -> bool:
    """Tell whether a subject that names a report may be believed."""
    if not message.text.strip():
        return True
    words = _words()
    said = words.system.match(text.opening) or words.plain.match(text.opening)
    return bool(said) and (_marks(message, text) > 0 or words.failed.search("\n".join(text.lines)) is not None)


def _gives_reasons(opening: str) -> bool:
    """Tell whether an opening names a mail, an address and why one did not reach the other."""
    words = _words()
    return all(pattern.search(opening) for pattern in (words.mail, words.reason, _AT))


def _marks(message: Message, text: _Text) -> int:
    """Count the kinds of marks that mail systems leave: returned parts, cuts, dialogue, header, failed addresses."""
    kinds = int(any(part.content_type in _RETURNED_TYPES for part in message.parts))
    lines = text.lines[: _quote(text.lines)]
    kinds += sum(1 for mark in _words().marks if any(mark.match(line) for line in lines))
    return kinds + int(any(_RECIPIENT.match(line) for line in lines))


def _quote(lines: tuple[str, ...]) -> int:
    """Return where a client quotes the mail that a person answers; a mail system returns a header that travelled."""
    pairs = enumerate(pairwise(lines))
    found = (at for at, (line, below) in pairs if line.endswith("message") and _QUOTED.match(below))
    return next(found, len(lines))


def _read(message: Message) -> _Text:
    raw = [line[:_LINE] for line in message.text[:_LIMIT].split("\n")]
    header = _header(raw)
    lines = [line for line in map(_line, raw) if line]
    first = sum(1 for line in raw[:header] if _line(line))
    while first < len(lines) and _says_nothing(lines[first]):
        first += 1
    quoted = _line(message.quoted.lstrip("\n").split("\n")[0])
    if lines and lines[0] == quoted and not header:
        return _Text(lines=tuple(lines), above=(), opening="")
    opening = " ".join(greeted(lines[first : first + 13]))[:_OPENING]
    return _Text(lines=tuple(lines), above=tuple(lines[:first]), opening="" if opening.startswith(">") else opening)


def greeted(lines: list[str]) -> list[str]:
    """Return flat lines without a greeting on top in the letters of what follows. Raises nothing.

    Programs greet in the language of their text; a person who greets in his own pastes theirs.
    """
    words = _words()
    if len(lines) < 2 or not words.greeting.fullmatch(lines[0]) or words.personal.search(lines[0]):
        return lines
    own, below = (_CYRILLIC.search(line) is None for line in lines[:2])
    return lines[1:] if own == below else lines


def _header(raw: list[str]) -> int:
    """Count the lines of a header with which a text begins: one that travelled, not one that a client forwards."""
    start = next((number for number, line in enumerate(raw) if line.strip()), len(raw))
    end, travelled = start, False
    for line in raw[start:]:
        field = _FIELD.match(line.lower())
        if field is None and (end == start or line[:1] not in (" ", "\t")):
            break
        travelled = travelled or (field is not None and _ORIGIN.fullmatch(field[1]) is not None)
        end += 1
    return end if travelled else 0


def _says_nothing(line: str) -> bool:
    return (
        not any(letter.isalpha() for letter in line)
        or _ADDRESS.fullmatch(line) is not None
        or _DRESSING.match(line) is not None
        or _STATUS.match(line) is not None
    )


def _line(line: str) -> str:
    plain = flat(line)
    return plain if plain.startswith("--") and " " not in plain else plain.strip(_FRAME)  # a boundary stays whole


def flat(text: str, limit: int = _LINE) -> str:
    """Return text in lower case on one line, with single blanks and straight quotes. Raises nothing."""
    text = text[:limit]
    return " ".join((text.translate(_PLAIN) if _ODD.search(text) else text).lower().split())
