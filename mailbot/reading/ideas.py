"""Turn the words of one sentence into ideas (delete, data, my …), and say which of them are denied.

Knows the words of wishes.toml and the ways of denying in Kazakh, Russian and English; what the ideas amount to
is wishes.py's affair. It reads no names, dates or values. Serves policy clauses 3(2), 6(3), 6(4) and 8(1).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from mailbot.reading.claim import Language
from mailbot.reading.fold import skeleton, transliterate

VALUE = "0value0"  # stands for an address, a number or a date
Ideas = dict[str, tuple[int, Language]]  # an idea ("-idea": denied), where it was first said and in which language

_LANGUAGES: tuple[Language, ...] = ("kk", "ru", "en")
_TOKEN = re.compile(r"[^\W_]+(?:['_-][^\W_]+)*|[,:()]|(?<= )-(?= )")
_LATIN = re.compile("[a-z]")
_CYRILLIC = re.compile("[а-я]")
_MINE = re.compile(r"(?:лар|лер|тар|тер|дар|дер|ер)?я?[аи]?м(?:$|[дназги])")
_AFTER = re.compile(
    r"алма(?:у|им|с|ни)|келмеи|тартпа|каитарма|озектендирме|жанартпа|тузетпе|жазилма|удан бас тарт|уди токтат"
    r"|\bемес|\bжок\b|\bне (?:нуж|треб|надо|хочу|буду|собира|планир|проси|прош)"
    r"|\bnot? (?:need|requir|want|necess|intend)|\sотмен"
)
_HEAD = 3
_THROUGH = frozenset(("want", "need", "my", "more"))  # «не хочу получать» denies both
_BACKWARD, _BACKWARD_COMMAND, _FORWARD = 4, 2, 5  # words


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stems:
    """The words of wishes.toml, folded."""

    heads: dict[str, list[tuple[str, bool]]] = field(default_factory=dict)  # by first letters, the longest first
    ideas: dict[tuple[str, bool], dict[str, Language]] = field(default_factory=dict)  # True: a whole word
    phrases: re.Pattern[str]
    polar: frozenset[str]
    owned: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Word:
    text: str
    clause: int


@cache
def table() -> dict[str, Any]:
    """Return wishes.toml. Raises: nothing."""
    return tomllib.loads(files("mailbot.reading").joinpath("wishes.toml").read_text("utf-8"))


@cache
def _stems() -> _Stems:
    ideas: dict[tuple[str, bool], dict[str, Language]] = {}
    for language in _LANGUAGES:
        for idea, words in table()[language].items():
            for word in words.split():
                key = (skeleton(word.removesuffix("$")), word.endswith("$"))
                ideas.setdefault(key, {}).setdefault(idea, language)
    for stem, whole in ideas:
        if whole:
            ideas[stem, True] = {**ideas.get((stem, False), {}), **ideas[stem, True]}
    phrases = sorted({word.replace("_", " ") for word, _ in ideas if "_" in word}, key=len, reverse=True)
    stems = _Stems(
        ideas=ideas,
        phrases=re.compile(r"\b(?:" + "|".join(phrases) + ")"),
        polar=frozenset(table()["polar"].split()),
        owned=frozenset(table()["owned"].split()),
    )
    for key in sorted(ideas, key=lambda key: (-len(key[0]), not key[1])):
        stems.heads.setdefault(key[0][:_HEAD], []).append(key)
    return stems


@cache
def _deny(name: str) -> frozenset[str]:
    return frozenset(skeleton(word) for word in table()["deny"][name].split())


def ideas(sentence: str) -> Ideas:
    """Return the ideas of one sentence, each where it was first said; Latin Kazakh is read as Kazakh.

    Raises nothing. Source: policy clauses 3(2), 6(3), 6(4), 8(1).
    """
    folded = skeleton(sentence)
    found = _ideas(folded)
    if len(_LATIN.findall(folded)) > len(_CYRILLIC.findall(folded)):
        kazakh = _ideas(_cyrillic(folded))
        if len(kazakh) > len(found):
            return kazakh
    return found


def speaks(line: str) -> bool:
    """Return whether any word of the line belongs to the words of wishes.toml. Raises nothing."""
    return any(_of(token) for token in skeleton(line).split())


def said(word: str) -> frozenset[str]:
    """Return the ideas of one folded word, denial apart. Raises nothing."""
    return frozenset(idea.removeprefix("-") for idea in _of(word))


def _ideas(folded: str) -> Ideas:
    phrased = _stems().phrases.sub(lambda phrase: phrase.group().replace(" ", "_"), folded)
    words = list(_words(phrased))
    found: Ideas = {}
    for place, word in enumerate(words):
        for idea, language in _of(word.text).items():
            denied = idea in _stems().polar and _denied(words, place, idea)
            found.setdefault(f"-{idea}" if denied else idea, (place, language))
    return found


def _cyrillic(folded: str) -> str:
    """Return Kazakh typed in Latin letters in folded Cyrillic; y is its ы and й."""
    return transliterate(folded.replace("y", "i")).replace(transliterate(VALUE), VALUE)


def _words(folded: str) -> Iterator[_Word]:
    clause = 0
    for token in _TOKEN.findall(folded):
        if not token[0].isalnum() or token in _deny("breaks"):
            clause += 1
            continue
        if token in _deny("joins"):
            clause -= 1
        yield _Word(text=token, clause=clause)


def _of(token: str) -> dict[str, Language]:
    """Return what a folded word speaks of: the longest stem that fits it rules."""
    if token == VALUE:
        return {"value": "ru"}
    for stem, whole in _stems().heads.get(token[:_HEAD], ()):
        if token == stem if whole else token.startswith(stem):
            told = _stems().ideas[stem, whole]
            mine = not _stems().owned.isdisjoint(told) and _MINE.match(token, len(stem))
            return {**told, "my": "kk"} if mine else told
    return {}


def _denied(words: list[_Word], place: int, idea: str) -> bool:
    word = words[place]
    command = word.text.endswith(tuple(_deny("commands")))
    back = _BACKWARD_COMMAND if command else _BACKWARD
    for near in range(place - 1, max(place - back, 0) - 1, -1):
        if words[near].clause != word.clause or words[near].text in _deny("passing"):
            break
        if _is_not(words, near, place, idea):
            return True
        if not _stems().polar.isdisjoint(_of(words[near].text).keys() - _THROUGH):
            break
    if command:
        return False
    after = [one.text for one in words[place : place + _FORWARD] if one.clause == word.clause]
    found = _AFTER.search(" ".join(after))
    return found is not None and not (found.group().startswith("алма") and not word.text.endswith("п"))


def _is_not(words: list[_Word], near: int, place: int, idea: str) -> bool:
    """Whether the word at `near` denies the one at `place`."""
    text = words[near].text
    before = [word.text for word in words[max(near - 3, 0) : near]]
    reproach = "you" in before and idea not in ("revoke", "consent")
    if text in _deny("not_yet") or (before and before[-1] in _deny("did") and text == "not"):
        return not reproach
    if text in _deny("not_near"):
        return place - near <= 2
    if text not in _deny("not") or (before and before[-1] in _deny("passing")):
        return False
    if words[place + 1 : place + 2] and words[place + 1].text == "ли":
        return False  # «не передаются ли» asks
    happened = idea != "revoke" and words[place].text.endswith(tuple(_deny("happened")))
    return not happened and words[near + 1].text not in _deny("unable")
