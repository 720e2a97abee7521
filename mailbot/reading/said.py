"""Hold what is said of one value, and set it for two that a pattern joins: «X на Y», «X емес, Y», "Y, not X".

Single words are judged elsewhere (roles.py). Serves policy section 2 (the seven fields).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from mailbot.reading.contacts import Spot
from mailbot.reading.whose import EDGES, QUOTES
from mailbot.reading.wording import STEMS, Word, key_of

Role = Literal["new", "old", "unchanged", "plain"]
ARROWS = frozenset(("->", "=>", "–>", "—>", "→", "⇒"))
CLOSING = frozenset(')»"”')
SOFT = frozenset((*STEMS, "filler", "own", "toward", "polite", "as"))  # words between a value and what is said of it
_LISTED = frozenset((*STEMS, "and", "own", "filler"))
_FROM = frozenset(("с", "со", "from"))
_NOW = frozenset(("сеичас", "казир", "now", "currently"))


@dataclass(slots=True)
class Said:
    """What is said of one value."""

    role: Role = "plain"
    told: bool = False  # a word says so; False for plain
    negated: bool = False  # «не …», «… емес», "instead of …"
    loose: bool = False  # new only since «в анкете» follows a wish to change
    clash: bool = False  # one word says new, another old
    mine: str = ""  # mine, other or "": whose it is
    mention: bool = False  # «на номер …», «с номера …»: the sentence only uses it
    away: bool = False  # «с номера …», «… нөмірінен»: where something came from
    thing: bool = False  # the number of an order, a card, a document


def set_pairs(words: list[Word], spots: Sequence[Spot], said: list[Said], heard: frozenset[str]) -> None:
    """Set the roles of two values that a pattern joins. Raises: nothing."""
    order = [(place, word.spot) for place, word in enumerate(words) if word.spot >= 0]
    for (left, one), (right, two) in pairwise(order):
        gap = words[left + 1 : right]
        if said[one].role == "old" and gap and "and" in gap[0].says and all(word.says & _LISTED for word in gap):
            _share(said[one], said[two])  # «удалите номер … и почту …»
    for kind in dict.fromkeys(spot.kind for spot in spots):
        same = [(place, number) for place, number in order if spots[number].kind == kind]
        for (left, old), (right, new) in pairwise(same):
            given = said[old].role == "old" or "change" in heard
            if (said[old].role != "new" or said[old].loose or _comes_from(words, left)) and _leads(
                words, left, right, given
            ):
                said[old].role, said[old].told, said[old].clash = "old", True, False
                said[new].role, said[new].told, said[new].clash = "new", True, False
            if (
                said[old].role == said[new].role == "new"
                and "all" not in heard
                and _is_now(words, left)
                and not _is_now(words, right)
            ):
                said[old].role = "old"  # «қазір 8 701 …, болуы керек 8 702 …»
        for (left, one), (right, two) in pairwise(same):
            if words[left + 1 : right] and all("and" in word.says for word in words[left + 1 : right]):
                _share(said[one], said[two])
        other = [number for _, number in same if not said[number].negated]
        if len(other) == 1 and len(same) == 2:
            said[other[0]].role, said[other[0]].told, said[other[0]].clash = "new", True, False
        plain = [number for _, number in same if said[number].role == "plain"]
        turned = any(said[number].role == "old" for _, number in same)
        if turned and len(plain) == 1 and heard & {"not", "not_behind", "change", "error", "right", "but"}:
            said[plain[0]].role, said[plain[0]].told = "new", True


def _is_now(words: list[Word], place: int) -> bool:
    """Tell whether the nearest word before a value that says something is «сейчас», «қазір», "now"."""
    told = next((word for word in reversed(words[max(0, place - 3) : place]) if word.says & {"new", "right"}), None)
    return told is not None and key_of(told.text) in _NOW


def _share(one: Said, two: Said) -> None:
    """Give both values of «8 701 … и 8 702 …» the role of the one that has one."""
    for told, plain in ((one, two), (two, one)):
        if told.told and not plain.told:
            plain.role, plain.told, plain.negated = told.role, True, told.negated


def _leads(words: list[Word], left: int, right: int, changing: bool) -> bool:
    """Tell whether the words between two values are «на», "to", an arrow and nothing that disturbs."""
    gap = words[left + 1 : right]
    if any(word.text in ARROWS for word in gap):
        return len(gap) < 6
    if not changing and not _comes_from(words, left):
        return False
    if not gap or not any("toward" in word.says for word in gap):
        return False
    return all(word.says or word.text in QUOTES | EDGES | CLOSING for word in gap) and len(gap) < 9


def _comes_from(words: list[Word], place: int) -> bool:
    """Tell whether «с», "from" lead to a value: «с номера 8 701 …»."""
    for word in reversed(words[max(0, place - 4) : place]):
        if key_of(word.text) in _FROM:
            return True
        if word.text not in QUOTES and not word.says & (SOFT | {"old"}):
            return False
    return False
