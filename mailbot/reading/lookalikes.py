"""Find letters that only look right: Latin ə for Kazakh ә, a Latin c in «согласие», letters of a wrong code page.

People read such a text without noticing, but copy a mark that no mailbox rule knows, and search engines find nothing.
It changes nothing: fold.py makes them one again where mail is compared. Code points are those of Unicode.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mailbot.reading.fold import repair

_WORD = re.compile(r"[^\W\d_]+")
_CYRILLIC = re.compile("[\u0400-\u052f]")
_LATIN = re.compile("[A-Za-z\u00c0-\u02af]")
_TWINS = dict(
    zip(
        "AaBCcEeHhIiKkMOoPpTXxYyəƏǝɵƟöÖüÜäÄñÑοΟαΑρΡτΤӛӚѳѲҡҠӈӇ",
        "АаВСсЕеНһІіКкМОоРрТХхУуәӘәөӨөӨүҮәӘңҢоОаАрРтТәӘөӨқҚңҢ",
        strict=True,
    )
)
_TO_LATIN = dict(zip("АаВСсЕеНІіКкМОоРрТХхУу", "AaBCcEeHIiKkMOoPpTXxYy", strict=True))
_ALONE = re.compile(r"(?<= )[aceoyx](?= [\u0400-\u052f])")
_LOST = re.compile(r"(?<=[\u0400-\u052f])[?\ufffd]+(?=[\u0400-\u052f])")
_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_LEVEL = str.maketrans(_TWINS | {"ё": "е", "Ё": "е", "’": "'", "ʼ": "'", "\xa0": " "})


@dataclass(frozen=True, slots=True, kw_only=True)
class LookAlike:
    """One letter that is not the one it looks like."""

    letter: str
    meant: str  # "" where nobody can tell
    word: str  # in which it stands
    offset: int


def look_alikes(text: str) -> tuple[LookAlike, ...]:
    """Return every look-alike of a text in order. Raises nothing."""
    cyrillic = len(_CYRILLIC.findall(text)) > len(_LATIN.findall(text))
    found: list[LookAlike] = []
    for word in _WORD.finditer(text):
        for at, meant in _strangers(word.group(), cyrillic):
            letter = word.group()[at]
            found.append(LookAlike(letter=letter, meant=meant, word=word.group(), offset=word.start() + at))
    for alone in _ALONE.finditer(text) if cyrillic else ():
        letter = alone.group()
        found.append(LookAlike(letter=letter, meant=_TWINS[letter], word=letter, offset=alone.start()))
    return tuple(sorted(found, key=lambda one: one.offset))


def lost(text: str) -> tuple[int, ...]:
    """Return where letters were lost, so that a question mark stands inside a Cyrillic word. Raises nothing."""
    return tuple(found.start() for found in _LOST.finditer(text))


def unseen(text: str) -> tuple[str, ...]:
    """Return the invisible characters of a text. Raises nothing."""
    return tuple(_UNSEEN.findall(text))


def level(text: str) -> str:
    """Return a text of the same length in lower case, look-alikes in Cyrillic words replaced. Raises nothing."""
    fixed = _WORD.sub(lambda word: _levelled(word.group()), text)
    return "".join(low if len(low := letter.lower()) == 1 else letter for letter in fixed)


def code_point(letter: str) -> str:
    """Return a letter as U+0259."""
    return f"U+{ord(letter):04X}"


def _levelled(word: str) -> str:
    return word.translate(_LEVEL) if _CYRILLIC.search(word) else word


def _strangers(word: str, cyrillic: bool) -> list[tuple[int, str]]:
    """Return (place, letter meant) for each letter of a word that is of another script or code page."""
    own, latin = len(_CYRILLIC.findall(word)), len(_LATIN.findall(word))
    if cyrillic and own and own == len(word):
        return [(at, meant) for at, letter in enumerate(word) if (meant := _repaired(letter))]
    if not own or own == len(word):
        return []
    if own > latin or (own == latin and cyrillic):
        others = [at for at, letter in enumerate(word) if not _CYRILLIC.match(letter)]
        known = all(word[at] in _TWINS for at in others)
        return [(at, _TWINS[word[at]]) for at in others] if known else []
    others = [at for at, letter in enumerate(word) if _CYRILLIC.match(letter)]
    return [(at, _TO_LATIN[word[at]]) for at in others] if all(word[at] in _TO_LATIN for at in others) else []


def _repaired(letter: str) -> str:
    """Return the Kazakh letter that a rare Cyrillic one stands for, "" for an ordinary letter."""
    meant = _TWINS.get(letter, "") or repair(letter)
    return meant if meant != letter else ""
