"""Cut free text into sentences, and hold one with its words, its values and what is said of them.

It takes nothing (prose.py). Serves policy section 2 (the seven fields).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mailbot.reading.contacts import Spot
from mailbot.reading.labels import words
from mailbot.reading.said import Said
from mailbot.reading.wording import Word

_END = re.compile(
    r"(?<=[^\W\d_]{2})[.!?;…]+\s+|(?<=[\d)»\"])[.!?;…]+\s+(?=[^\W\d_a-zа-яәғқңөұүһі])|(?<=[^\w\s])[!?]+\s+"
)


@dataclass(slots=True)
class Sentence:
    """A sentence, its words, its values and what is said of them."""

    text: str
    words: list[Word]
    spots: list[Spot]
    said: list[Said]
    heard: frozenset[str]
    nameless: list[Word]  # the words where names are no values
    turned: bool = False  # a part of a date was said to be wrong: what stands there is right

    @property
    def asked(self) -> bool:
        """Whether it asks, and not «could you change …»."""
        asks = self.text.rstrip().endswith("?") or any(
            "asks" in word.says and (not number or not word.text.isascii()) for number, word in enumerate(self.words)
        )
        return asks and not self.heard >= {"polite", "change"}

    @property
    def unsure(self) -> str:
        """Return why its values can't be taken as they stand, "" where they can."""
        return next((why for why in ("doubt", "hypo", "temp", "forbid") if why in self.heard), "")


def sentences(text: str) -> list[str]:
    """Cut free text into sentences, each with its mark; an abbreviation ends none. Raises: nothing."""
    found: list[str] = []
    start = 0
    for mark in _END.finditer(text):
        before = text[start : mark.start()].rsplit(maxsplit=1)
        word = before[-1].casefold() if before else ""
        if word in words("abbreviations") and mark.group().strip() == ".":
            continue
        found.append(text[start : mark.end()].strip())
        start = mark.end()
    return [*found, text[start:].strip()] if text[start:].strip() else found


def spots_of(kind: str, sentence: Sentence) -> list[tuple[Spot, Said]]:
    """Return the values of one kind with what is said of them. Raises: nothing."""
    return [(spot, said) for spot, said in zip(sentence.spots, sentence.said, strict=True) if spot.kind == kind]
