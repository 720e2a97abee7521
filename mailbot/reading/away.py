"""Recognise what programs answer for people who are away, by the words of its subject or of its text.

For robots that bear no mark of RFC 3834 section 5. Words count only where a program puts them: a label at the start
of the subject or before a colon in it, a sentence that begins the text. A person who talks about an absence, quotes
one, or asks for something on top of it is a person. The words are in away.toml.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from mailbot.reading.message import Message
from mailbot.reading.reports import flat, greeted

_LIMIT = 3_000  # characters of a text that a program answers with
_OPENING = 300
_ASKED = 600  # a person asks early; further down stand the disclaimers of companies
_SUBJECT = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class _Words:
    """The compiled patterns of away.toml."""

    label: re.Pattern[str]
    inner: re.Pattern[str]  # a label behind another subject
    named: re.Pattern[str]
    opening: re.Pattern[str]
    back: re.Pattern[str]
    wish: re.Pattern[str]
    answer: re.Pattern[str]
    thanks: re.Pattern[str]


@cache
def _words() -> _Words:
    table = tomllib.loads(files("mailbot.reading").joinpath("away.toml").read_text("utf-8"))
    joined = {name: "|".join(patterns) for name, patterns in table.items()}
    label = joined.pop("label")
    return _Words(
        label=re.compile(rf"(?:re: ?)?(?:{label})\]? ?(?:[:;,!.(\[–—-]|re:|$)"),
        inner=re.compile(rf"[ \[(](?:{label})\]? ?:"),
        **{name: re.compile(pattern) for name, pattern in joined.items()},
    )


def is_away(message: Message) -> bool:
    """Tell whether a program answered for somebody who is away, or to confirm a mail. Raises nothing.

    Source: RFC 3834 section 5; what programs without its fields write.
    """
    words, subject = _words(), flat(message.subject[:_SUBJECT])
    if words.label.match(subject) or words.inner.search(subject) or words.named.fullmatch(subject):
        return True
    text = message.own_text
    if len(text) > _LIMIT or message.quoted.strip():
        return False
    lines = [flat(line) for line in text.split("\n")]
    told = " ".join(line for line in lines if line)
    if words.wish.search(told[:_ASKED]):
        return False
    if any(words.answer.match(line) for line in lines):
        return True
    return _opens_away(lines) and words.back.search(told) is not None


def _opens_away(lines: list[str]) -> bool:
    words = _words()
    opening = " ".join(greeted([line for line in lines if line]))[:_OPENING]
    thanks = words.thanks.match(opening)
    starts = {0, thanks.end() if thanks else 0}
    return any(words.opening.match(opening, start) for start in starts)
