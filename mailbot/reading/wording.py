"""Cut a sentence into words and tell what each of them says: new, old, mine, somebody else's, a label, a request.

The words stand in roles.toml and names.toml and are compared folded; Latin Kazakh is compared as Cyrillic
too. It knows no values and decides nothing (roles.py). Serves policy section 2 (the seven fields).
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

from mailbot.reading.fold import fold, transliterate

_TOKEN = re.compile(r"[-–—=]>|[^\W_]+(?:[-'’`/][^\W\d_]+)*|[^\w\s]")
_LATIN = re.compile("[A-Za-z]")
_CYRILLIC = re.compile(r"[Ѐ-ӿ]")
_LONGEST = 400  # words of a sentence
_PREFIXES = range(2, 13)  # letters that stand before an asterisk
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


@cache
def _phrases() -> tuple[dict[str, list[_Phrase]], dict[str, list[_Phrase]]]:
    """Return the phrases by their first word, and by the stem that it starts with."""
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
    return whole, stems


def _folded(word: str) -> str:
    return fold(word.rstrip("*~")) + word[-1] * word.endswith(("*", "~"))


@lru_cache(4096)
def key_of(word: str) -> str:
    """Return a word folded. Raises: nothing."""
    return fold(word)


@lru_cache(8192)
def _starting(key: str) -> tuple[frozenset[str], tuple[_Phrase, ...]]:
    """Return what a folded word says by itself, and the longer phrases that may start with it, longest first."""
    whole, stems = _phrases()
    found = list(whole.get(key, ()))
    for length in _PREFIXES:
        if length > len(key):
            break
        found += stems.get(key[:length], ())
    longer = sorted((phrase for phrase in found if phrase.rest), key=lambda phrase: -len(phrase.rest))
    return frozenset(phrase.says for phrase in found if not phrase.rest), tuple(longer)


def words_of(sentence: str, *, latin: bool = False) -> list[Word]:
    """Return the words and marks of a sentence with what they say; of a phrase the first word says it for all.

    `latin`: words in Latin letters may be Kazakh. Raises: nothing.
    """
    words = [Word(found.group(), found.start(), found.end()) for found in _TOKEN.finditer(sentence)][:_LONGEST]
    keys = [key_of(word.text) for word in words]
    _hear(words, keys)
    if latin and _LATIN.search(sentence):
        _hear(words, [_cyrillic(key) for key in keys])
    return words


@lru_cache(4096)
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
