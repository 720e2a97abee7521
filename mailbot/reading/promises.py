"""Find what a published policy promises by mail: the marks that letters may bear, and the addresses they go to.

Marks are quoted texts that the clause calls a mark, a subject or a note, and configured wordings that stand there
without quotes. It compares them by the rules of tags.py and judges nothing (deciding/lint.py). Serves policy clauses
3(2), 6(3), 6(4) and 8(1).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from mailbot.reading.claim import Mark
from mailbot.reading.clauses import Clause
from mailbot.reading.fold import fold
from mailbot.reading.lookalikes import level
from mailbot.reading.tags import Lexicon, recognise

_QUOTED = re.compile(r"«([^«»]{2,220})»|“([^“”\"]{2,220})”|„([^„“”\"]{2,220})[“”]|\"([^\"]{2,220})\"|‘([^‘’]{4,220})’")
_ADDRESS = re.compile(
    r"(?<![\w.+%-])[\w.+%-]{1,64}(?<!\.) ?(?:@|\[at\]|\(at\)) ?[\w-]{1,63}(?: ?\.[\w-]{1,63}){0,6}\.[^\W\d_]{2,24}"
)
_GLUED = re.compile(r"\.(?= [^\W\d_A-ZА-ЯЁӘҒҚҢӨҰҮҺІ])|\.(?=[^\W\d_])")
_NO_WORD = re.compile(r"[^\w-]+")
_BEFORE, _AFTER = 60, 40  # characters around a quotation in which a word must call it a mark
_BARE = re.compile(r"[\s:—–-]*([^\W\d_a-zа-яё][^.;,:«»\"“”()]{3,90})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """A mark that a letter may bear, by the policy's own words."""

    text: str  # as printed, lines joined, without white space around
    mark: Mark  # what mailbot makes of such a subject
    clause: Clause
    offset: int  # of its first character in the clause
    quoted: bool = True
    stray: str = ""  # "before", "after": a blank inside the quotes; "behind": none after them


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """An address of the policy, as a person would copy it."""

    text: str  # without blanks
    clause: Clause
    offset: int
    glued: bool = False  # a full stop sticks to it in the middle of a sentence
    broken: bool = False  # a blank or "(at)" stands inside


@cache
def patterns(table: str, key: str) -> re.Pattern[str]:
    """Return the compiled alternatives of one row of promises.toml."""
    return re.compile("|".join(words()[table][key]))


@cache
def words() -> dict[str, Any]:
    """Return promises.toml."""
    return tomllib.loads(files("mailbot.reading").joinpath("promises.toml").read_text("utf-8"))


def promises(found: tuple[Clause, ...], lexicon: Lexicon) -> tuple[Promise, ...]:
    """Return every promised mark in order. Raises nothing. Source: policy clauses 3(2), 6(3), 6(4)."""
    return tuple(one for clause in found for one in _promised(clause, lexicon))


def addresses(found: tuple[Clause, ...]) -> tuple[Address, ...]:
    """Return every address in order; one that only a line's end parts is whole. Raises nothing."""
    return tuple(one for clause in found for one in _addresses(clause))


def _promised(clause: Clause, lexicon: Lexicon) -> Iterator[Promise]:
    plain = level(clause.text)
    speaks = patterns("mark", "letter").search(plain) is not None
    found = list(_quoted(clause, clause.text, speaks, lexicon))
    if not found and clause.text.count('"') % 2:  # one too many: the pairs may begin at the second
        found = list(_quoted(clause, clause.text.replace('"', " ", 1), speaks, lexicon))
    yield from found
    if speaks and not found:
        rest = _QUOTED.sub(lambda quote: " " * len(quote.group()), plain)
        yield from _unquoted(clause, rest, lexicon)


def _quoted(clause: Clause, text: str, speaks: bool, lexicon: Lexicon) -> Iterator[Promise]:
    plain = level(text)
    for quote in _QUOTED.finditer(text):
        inside = next(text for text in quote.groups() if text is not None)
        mark = recognise(inside.strip(), lexicon)
        if _letters(inside) and (mark.acts or (speaks and _is_called(plain, quote.start(), quote.end()))):
            yield Promise(
                text=inside.strip(), mark=mark, clause=clause,
                offset=quote.start() + 1 + len(inside) - len(inside.lstrip()),
                stray=_stray(inside, text[quote.end() : quote.end() + 1]),
            )  # fmt: skip


def _is_called(plain: str, start: int, end: int) -> bool:
    """Tell whether a word close by calls the quotation a mark."""
    word = patterns("mark", "word")
    before = max(start - _BEFORE, plain.rfind('"', 0, start), plain.rfind("»", 0, start), 0)
    if word.search(plain, before, start):
        return True
    behind = word.search(plain, end, end + _AFTER)
    return behind is not None and '"' not in plain[end : behind.start()] and "«" not in plain[end : behind.start()]


def _unquoted(clause: Clause, rest: str, lexicon: Lexicon) -> Iterator[Promise]:
    """Yield marks that stand without quotes: configured ones, and what follows «с пометкой» or "marked"."""
    word = patterns("mark", "word").search(rest)
    if word is None:
        return
    padded = f" {fold(_NO_WORD.sub(' ', rest))} "
    entries = [entry for key, entry in lexicon.inner if key in padded and entry.rung == "folded"]
    for entry in entries[:1]:
        mark = recognise(entry.text, lexicon)
        yield Promise(text=entry.text, mark=mark, clause=clause, offset=word.start(), quoted=False)
    for opening in patterns("mark", "opens").finditer(rest) if not entries else ():
        bare = _BARE.match(clause.text, opening.end())
        if bare:
            text = bare[1].strip()
            yield Promise(
                text=text, mark=recognise(text, lexicon), clause=clause, offset=bare.start(1), quoted=False
            )  # fmt: skip


def _letters(text: str) -> bool:
    return sum(letter.isalpha() for letter in text) >= 2


def _stray(inside: str, behind: str) -> str:
    if inside != inside.rstrip():
        return "before"
    if inside != inside.lstrip():
        return "after"
    return "behind" if behind.isalpha() else ""


def _addresses(clause: Clause) -> Iterator[Address]:
    ends = clause.breaks()
    for found in _ADDRESS.finditer(clause.text):
        blanks = {found.start() + at for at, letter in enumerate(found.group()) if letter == " "}
        text = found.group().replace(" ", "").replace("[at]", "@").replace("(at)", "@")
        yield Address(
            text=text, clause=clause, offset=found.start(),
            glued=_GLUED.match(clause.text, found.end()) is not None,
            broken=bool(blanks - ends) or "@" not in found.group(),
        )  # fmt: skip
