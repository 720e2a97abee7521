"""Hear what makes a mail a person's matter: somebody else's data, a representative, a minor, a death, mixed wishes.

Words only, in Kazakh, Russian and English; what is due then is decided elsewhere (decisions.md rows 11 and 23). It
never acts, and a field label («әкесінің аты», «девичья фамилия матери») is no cue.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from mailbot.reading.claim import Kind

CUES = ("third_person", "representative", "minor", "deceased")
_KINDS: tuple[Kind, ...] = ("withdrawal", "erasure", "unsubscribe", "update")
_LIMIT = 50_000  # characters
_PLAIN = str.maketrans("әғқңөұүһіёəi", "агкноуухиеаи")  # Kazakh typed with and without its letters is one spelling
_CYRILLIC = re.compile(r"[а-яёәғқңөұүһіə]")
_WRAPPED = re.compile(r"(?<=[^\W\d_]|,)[ ]?\r?\n(?=[a-zа-яёәғқңөұүһі])")  # a sentence goes on
_WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Patterns:
    """The compiled patterns of cues.toml."""

    labels: re.Pattern[str]  # labels and set phrases that name a relative without speaking of one
    denied: re.Pattern[str]
    question: re.Pattern[str]
    cues: tuple[tuple[str, re.Pattern[str]], ...]
    kinds: tuple[tuple[Kind, re.Pattern[str]], ...]


@cache
def _patterns() -> _Patterns:
    table = tomllib.loads(files("mailbot.reading").joinpath("cues.toml").read_text("utf-8"))
    groups: dict[str, str] = table["group"]

    def joined(patterns: list[str]) -> re.Pattern[str]:
        text = "|".join(patterns)
        for name, group in groups.items():
            text = text.replace("{" + name + "}", group)
        return re.compile(text)

    return _Patterns(
        labels=joined(table["labels"]),
        denied=joined(table["denied"]),
        question=joined(table["question"]),
        cues=tuple((name, joined(table["cue"][name])) for name in CUES),
        kinds=tuple((kind, joined(table["kind"][kind])) for kind in _KINDS),
    )


def cues(text: str) -> tuple[str, ...]:
    """Return which of third_person, representative, minor, deceased a person's own text gives away.

    In this order, each once. Looks at the first 50,000 characters. Raises: nothing. Source: decisions.md row 11.
    """
    patterns = _patterns()
    plain = patterns.labels.sub(" ", _plain(text))
    return tuple(name for name, pattern in patterns.cues if pattern.search(plain))


def speaks_of(text: str) -> tuple[Kind, ...]:
    """Return which kinds a free text clearly speaks of: withdrawal, erasure, unsubscribe, update, question.

    In this order; a sentence that denies a wish counts for nothing. Looks at the first 50,000 characters. Raises:
    nothing. Source: decisions.md rows 11 and 23.
    """
    patterns, plain = _patterns(), _plain(text)
    sentences = [" ".join(re.sub(r"[^\w']+", " ", part).split()) for part in re.split(r"[.!;?\n]", plain)]
    wishes = [part for part in sentences if part and not patterns.denied.search(part)]
    found: list[Kind] = []
    for kind, pattern in patterns.kinds:
        # "Don't write to me any more" is a wish that looks like its denial.
        if any(pattern.search(part) for part in (sentences if kind == "unsubscribe" else wishes)):
            found.append(kind)
    if patterns.question.search(plain):
        found.append("question")
    return tuple(found)


def _plain(text: str) -> str:
    """Return lower-case text: Kazakh letters as their plain twins, blanks single, broken-off sentences joined."""
    joined = _WRAPPED.sub(" ", text[:_LIMIT])
    lower = joined.casefold().replace("’", "'")
    twins = _WORD.sub(lambda found: _twin(found.group()), lower)
    lines = re.sub(r"[^\w.,!;?\n'-]+", " ", twins).split("\n")
    return "\n".join(line.strip() for line in lines if line.strip())


def _twin(word: str) -> str:
    return word.translate(_PLAIN) if _CYRILLIC.search(word) else word
