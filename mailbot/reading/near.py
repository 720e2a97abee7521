"""The strict typo rule: is this text one of the marks with a slip of the pen, and surely nothing else?

Compares word by word, never whole strings: the negated twin of each Kazakh mark is two letters away. Decides
nothing about wrappers, prefixes or question marks (tags.py). Serves policy clauses 3(2), 6(3) and 6(4).
"""

from __future__ import annotations

import re

from mailbot.reading.lexicon import Entry, Lexicon, Pattern

_ONE_ALPHABET = re.compile("[а-я]+|[a-z]+")
_NEGATING_STARTS = ("не", "ни", "без", "бес", "бей", "де", "анти", "non", "un", "dis", "de", "in", "no")
_NEGATING_SYLLABLE = re.compile("[мбп][ае]")
_WITHOUT = re.compile("сиз")  # Kazakh -сыз and -сіз, folded
_EDITS_IN_ALL = 2


def typo(folded: str, lexicon: Lexicon) -> Entry | None:
    """Return the wording of which this folded text is a slip of the pen, or None.

    Two wordings of different kinds: None. Raises nothing. Source: policy clauses 3(2), 6(3), 6(4).
    """
    words = folded.split()
    if len(words) < 2:
        return None
    found = [pattern.entry for pattern in lexicon.patterns.get(len(words), ()) if _slips(words, pattern, lexicon)]
    return found[0] if found and len({entry.kind for entry in found}) == 1 else None


def wishful(folded: str, key: str, lexicon: Lexicon) -> bool:
    """Return whether the text holds something like each word that carries the wish of that folded wording.

    «Согласие на обработку…» is near to a withdrawal but holds no «отзыв». Raises nothing. Source: as typo.
    """
    words = folded.split()
    return any(
        all(
            any(edits(word, meant, 2 if len(meant) > 4 else 1) <= (2 if len(meant) > 4 else 1) for word in words)
            for meant, polar in zip(pattern.words, pattern.polarity, strict=True)
            if polar
        )
        for pattern in lexicon.patterns.get(len(key.split()), ())
        if " ".join(pattern.words) == key
    )


def edits(one: str, other: str, limit: int) -> int:
    """Return the edit distance (insert, drop, replace) of two words, or limit + 1 where it is larger.

    Raises nothing. Source: Levenshtein 1966.
    """
    if abs(len(one) - len(other)) > limit:
        return limit + 1
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        above, row = row, [i]
        for j, b in enumerate(other, 1):
            row.append(min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (a != b)))
        if min(row) > limit:
            return limit + 1
    return min(row[-1], limit + 1)


def _slips(words: list[str], pattern: Pattern, lexicon: Lexicon) -> bool:
    unequal = [i for i, word in enumerate(words) if word != pattern.words[i]]
    if len(unequal) > _EDITS_IN_ALL:
        return False
    known = lexicon.known[pattern.entry.kind]
    total = 0
    for i in unequal:
        limit = _limit(pattern.words[i], pattern.polarity[i])
        distance = edits(words[i], pattern.words[i], limit)
        if distance > limit or not _harmless(words[i], pattern.words[i], distance, known):
            return False
        total += distance
    return total <= _EDITS_IN_ALL


def _limit(word: str, polarity: bool) -> int:
    if polarity:
        return 0 if len(word) < 5 else 1
    if len(word) < 4:
        return 0
    return 1 if len(word) < 9 else 2


def _harmless(typed: str, meant: str, distance: int, known: frozenset[str]) -> bool:
    """Tell a slip from another word: a known one, a negation made or taken, a letter of no plain alphabet."""
    if not _ONE_ALPHABET.fullmatch(typed) or typed in known:
        return False
    if _starts_anew(typed, meant, distance) or _starts_anew(meant, typed, distance):
        return False
    if len(_NEGATING_SYLLABLE.findall(typed)) > len(_NEGATING_SYLLABLE.findall(meant)):
        return False
    return bool(_WITHOUT.search(typed)) == bool(_WITHOUT.search(meant)) and not _loses_syllable(typed, meant)


def _starts_anew(longer: str, shorter: str, distance: int) -> bool:
    """Whether the one word is the other with a negation in front («неперсональных»), or nearer to that."""
    return any(
        longer.startswith(start) and edits(longer[len(start) :], shorter, distance) < distance
        for start in _NEGATING_STARTS
    )


def _loses_syllable(typed: str, meant: str) -> bool:
    """Whether a Kazakh negation of the mark is gone: жібермеу → жіберу."""
    return any(meant[: found.start()] + meant[found.end() :] == typed for found in _NEGATING_SYLLABLE.finditer(meant))
