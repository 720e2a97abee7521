"""Cut a sentence into words and tell what each of them says: new, old, mine, somebody else's, a label, a request.

The words stand in roles.toml and names.toml and are compared folded; Latin Kazakh is compared as Cyrillic
too. It knows no values and decides nothing (roles.py). Serves policy section 2 (the seven fields).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from mailbot.reading.fold import LETTERS, fold, transliterate

_TOKEN = re.compile(r"[-–—=]>|[^\W_]+(?:[-'’`/][^\W\d_]+)*|[^\w\s]")
_LATIN = re.compile("[A-Za-z]")
_CYRILLIC = re.compile(r"[Ѐ-ӿ]")
_LONGEST = 400  # words of a sentence
_STEM_LONGEST = 12  # letters that stand before an asterisk
_PLAIN = re.compile(r"[\u0400-\u04ff]+")  # one script, no marks
STEMS = ("phone", "email", "surname", "given_name", "patronymic", "full_name", "birth")
_CASES = (
    "",
    *"нин дин тин ни ди ти га ге ка ке а е нан нен дан ден тан тен да де та те мен бен пен".split(),  # noqa: SIM905
)  # folded
NOTHING: frozenset[str] = frozenset()


@dataclass(slots=True)
class Word:
    """One word or mark of a sentence; `spot` is the number of the value that it stands for, -1 for none."""

    text: str
    start: int
    end: int
    says: frozenset[str] = NOTHING
    spot: int = -1


@dataclass(frozen=True, slots=True)
class _Phrase:
    rest: tuple[str, ...]  # the words behind the first, an asterisk at the end of a stem
    says: str


@dataclass(frozen=True, slots=True)
class _Entry:
    says: frozenset[str] = NOTHING
    longer: tuple[_Phrase, ...] = ()


_NONE = _Entry()


@cache
def _phrases() -> tuple[dict[str, _Entry], dict[str, _Entry], frozenset[str]]:
    """Return the phrases by their first word, by the stem that it starts with, and the openings of these stems."""
    package = files("mailbot.reading")
    tables = [tomllib.loads(package.joinpath(name).read_text("utf-8")) for name in ("roles.toml", "names.toml")]
    whole: dict[str, list[_Phrase]] = {}
    stems: dict[str, list[_Phrase]] = {}
    listings = [*tables[0]["stem"].items(), *tables[0]["says"].items(), *tables[1]["says"].items()]
    for says, listed in listings:
        for phrase in " ".join(listed.split()).split(","):
            first, *rest = (_folded(word) for word in phrase.split())
            entry = _Phrase(tuple(rest), says)
            for ending in _CASES if first.endswith("~") else ("",):
                (stems if first.endswith("*") else whole).setdefault(first.rstrip("*~") + ending, []).append(entry)
    joined = [{first: _entry(listed) for first, listed in table.items()} for table in (whole, stems)]
    return joined[0], joined[1], frozenset(stem[:2] for stem in stems)


def _entry(listed: list[_Phrase]) -> _Entry:
    longer = tuple(phrase for phrase in listed if phrase.rest)
    return _Entry(frozenset(phrase.says for phrase in listed if not phrase.rest), longer)


def _folded(word: str) -> str:
    return fold(word.rstrip("*~")) + word[-1] * word.endswith(("*", "~"))


def key_of(word: str) -> str:
    """Return a word folded. Nothing of it is kept: it may be personal. Raises: nothing."""
    if word.isascii() and word.isalnum():
        return word.lower()
    return word.lower().translate(LETTERS) if _PLAIN.fullmatch(word) else fold(word)


def _starting(key: str) -> tuple[frozenset[str], Sequence[_Phrase]]:
    """Return what a folded word says by itself, and the longer phrases that may start with it, longest first."""
    whole, stems, openings = _phrases()
    found = whole.get(key, _NONE)
    if key[:2] in openings:
        for length in range(2, min(len(key), _STEM_LONGEST) + 1):
            if more := stems.get(key[:length]):
                found = more if found is _NONE else _Entry(found.says | more.says, (*found.longer, *more.longer))
    return found.says, found.longer if len(found.longer) < 2 else sorted(found.longer, key=lambda p: -len(p.rest))


def words_of(sentence: str, *, latin: bool = False) -> list[Word]:
    """Return the words and marks of a sentence with what they say; of a phrase the first word says it for all.

    `latin`: words in Latin letters may be Kazakh. Raises: nothing.
    """
    words = [Word(found.group(), found.start(), found.end()) for found in _TOKEN.finditer(sentence)][:_LONGEST]
    keys = [key_of(word.text) for word in words]
    _hear(words, keys)
    if latin and _LATIN.search(sentence):
        _hear(words, [_cyrillic(key) for key in keys])
    for word in words[1:]:
        if word.text == "Ли":
            word.says = NOTHING  # a surname
    return words


def _cyrillic(key: str) -> str:
    return key if _CYRILLIC.search(key) else transliterate(key)


def _hear(words: list[Word], keys: list[str]) -> None:
    place = 0
    while place < len(keys):
        says, longer = _starting(keys[place])
        length = 1
        if longer and (phrases := [p for p in longer if _goes_on(keys, place + 1, p.rest)]):
            length = 1 + len(phrases[0].rest)
            says = frozenset(p.says for p in phrases if len(p.rest) + 1 == length)
        if says:
            for word in words[place : place + length]:
                word.says = says if word.says is NOTHING else word.says | says
        place += length


def _goes_on(keys: list[str], place: int, rest: tuple[str, ...]) -> bool:
    if place + len(rest) > len(keys):
        return False
    return all(
        keys[place + number].startswith(word[:-1]) if word[-1] == "*" else keys[place + number] == word
        for number, word in enumerate(rest)
    )
