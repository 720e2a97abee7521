"""Judge a name by the words right before and right behind it: «X, а не Y», «Y емес, X», "it says Y; it's X".

The frames stand in names.toml. What none of them tells is left to the judge of all values (roles.py). It finds no names
(callednames.py) and takes none (nameprose.py). Serves policy section 2 (surname, given name, patronymic).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from mailbot.reading.fold import fold
from mailbot.reading.found import NAMES
from mailbot.reading.wording import Word, key_of

_REACH = 6  # words on one side
_QUOTES = frozenset("«»\"“”„'’")
_STANDS = re.compile(r"^ ?(?:написан|записан|указан|стоит|значит|напечатан|recorded|registered|shown)")
_LISTED = re.compile(r"^деп (?:тур|жазил|корсетил|берил)")
_YOURS = frozenset(("вас", "сиздерде", "сизде", "you", "your"))
_EDGES = frozenset(",;:()")
_DASHES = frozenset("—–-")
_FORMER = frozenset(("old", "wrong", "onfile", "delete", "instead", "instead_behind", "not", "not_behind", "unchanged"))
_SKIPPED = frozenset(("filler", "own", "as", "polite", *NAMES, "full_name"))
_COPULAS = frozenset(fold(word) for word in ("это", "is", "are", "бұл", "ол", "that's", "it's", "как", "as"))


@cache
def _table() -> Mapping[str, Mapping[str, str]]:
    found: Mapping[str, Mapping[str, str]] = tomllib.loads(
        files("mailbot.reading").joinpath("names.toml").read_text("utf-8")
    )
    return found


@cache
def _frame(name: str) -> re.Pattern[str]:
    """Return the pattern of one list of frames: before a name it ends, behind one it opens the words."""
    listed = (" ".join(one.split()) for one in _table()["frame"][name].split(","))
    folded = sorted({" ".join(_folded(word) for word in one.split()) for one in listed if one}, key=len, reverse=True)
    joined = "|".join(folded)
    return re.compile(rf"(?:^| )(?:{joined})(?: :)?$" if name.endswith("before") else rf"^(?:{joined})(?= |$)")


def _folded(word: str) -> str:
    return r"\w*".join(re.escape(fold(part)) if fold(part) else re.escape(part) for part in word.split("*"))


@cache
def _about(name: str) -> re.Pattern[str]:
    listed = (" ".join(one.split()) for one in _table()["about"][name].split(","))
    return re.compile("|".join(sorted({re.escape(fold(one)) for one in listed if one})))


def about(text: str) -> frozenset[str]:
    """Return what a whole text speaks of: amiss (a mistake), marriage, contact (a number or an address).

    Raises: nothing.
    """
    folded = fold(text)
    heard = {name for name in ("amiss", "marriage", "back", "wish") if _about(name).search(folded)}
    return frozenset(heard | ({"contact"} if re.search(r"@|\d[\d ()-]{6}", text) else set()))


def is_elsewhere(text: str) -> bool:
    """Tell whether a sentence speaks of a town, a course, a company: what may be no person's name. Raises: nothing."""
    return bool(_about("elsewhere").search(fold(text)))


def framed(words: list[Word], place: int) -> str:
    """Return new, old or "" for the name at a place, clash where its two sides differ. Raises: nothing."""
    before, behind = _before(words, place), _behind(words, place)
    after = " ".join(behind)
    right = "old" if _frame("old_behind").search(after) else "new" if _frame("new_behind").search(after) else ""
    if right and behind[:1] == ["кате"] and words[place + 1].text == ",":
        right = ""  # «…, қате кетіпті»: there is a mistake, and this is what is right
    first = next((n + 1 for n in range(place - 1, -1, -1) if words[n].spot >= 0), 0)
    listed = _is_listed(words[first:place])
    if right == "old" and listed and _LISTED.search(after):
        right = "new"  # «куәлігімде … деп жазылған»
    left = ""
    for text in dict.fromkeys((" ".join(before), " ".join(_stripped(words, place)))):
        old, new = _frame("old_before").search(text), _frame("new_before").search(text)
        if old and listed and _STANDS.search(old.group()):
            return "new"  # «в паспорте я записан как …»
        if old or new:
            left = "old" if old and (not new or len(old.group()) >= len(new.group())) else "new"
            break
    if right == "new" and not left and behind[:1] in (["вместо"], ["instead"]) and _is_amiss(words[:place]):
        return "clash"  # «имя с ошибкой: Анна вместо Анны»: which of them is right?
    if right == "new" and left == "old" and words[place - 1].text == ",":
        return "new"  # «туған күнім дұрыс емес, 4 сәуір 1986 жыл болуы керек»
    if left and right and left != right:
        return left if before[-1:] in (["не"], ["not"]) else right if behind[:1] == ["деп"] else "clash"
    return left or right


def _is_listed(before: list[Word]) -> bool:
    """Tell «в паспорте я записан как …» from «в документах …, а у вас стоит …»."""
    right = max((n for n, word in enumerate(before) if "right" in word.says), default=-1)
    return right >= 0 and not any(key_of(word.text) in _YOURS for word in before[right + 1 :])


def is_far(words: list[Word], place: int) -> bool:
    """Tell whether no word for the former stands in the clause of a value: «…, it was left blank». Raises: nothing."""
    start = next((n for n in range(place - 1, -1, -1) if words[n].text in _EDGES or words[n].spot >= 0), -1) + 1
    end = next((n for n in range(place + 1, len(words)) if words[n].text in _EDGES or words[n].spot >= 0), len(words))
    return not any(word.says & _FORMER for word in words[start:end])


def _is_amiss(before: list[Word]) -> bool:
    says = [word.says for word in before if word.says & {"error", "wrong", "change", "right"}]
    return bool(says) and not says[-1] & {"change", "right"}


def _tokens(words: list[Word]) -> list[str]:
    return [key_of(word.text) or word.text for word in words if word.text not in _QUOTES and word.text != ","]


def _before(words: list[Word], place: int) -> list[str]:
    """Return the folded words before a name, back to the name before it or the end of a sentence."""
    start = place
    while (
        start > 0 and place - start < 2 * _REACH and words[start - 1].spot < 0 and words[start - 1].text not in ".;!?"
    ):
        start -= 1
    return [token for token in _tokens(words[start:place]) if token not in _DASHES and token not in "()"]


def _stripped(words: list[Word], place: int) -> list[str]:
    """Return the words before a name without those right before it that only fill or name the field."""
    last = place
    while last > 0 and words[last - 1].spot < 0:
        word = words[last - 1]
        known = word.says and word.says <= _SKIPPED
        if not (known or word.text in _QUOTES or word.text in _DASHES or word.text in (":", ",")):
            break
        last -= 1
    return _before(words, last) if last < place else []


def _behind(words: list[Word], place: int) -> list[str]:
    """Return the folded words behind a name, up to the name after it or the end of the sentence."""
    end = place + 1
    while end < len(words) and end - place <= _REACH and words[end].spot < 0 and words[end].text not in ".;!?:":
        end += 1
    tokens = _tokens(words[place + 1 : end])
    while tokens and (tokens[0] in _DASHES or tokens[0] in "()"):
        tokens.pop(0)
    return tokens


def stem_behind(words: list[Word], place: int) -> str:
    """Return the field that stands behind a name as what it is: «X — менің атым», "X is my first name".

    Raises: nothing.
    """
    linked = False
    for word in words[place + 1 : place + 6]:
        if word.spot >= 0:
            return ""
        found = [name for name in NAMES if name in word.says]
        if found:
            return found[-1] if linked else ""
        if key_of(word.text) in _COPULAS or word.text in _DASHES or "own" in word.says:
            linked = True
        elif word.text not in _QUOTES and not word.says & {"filler"}:
            return ""
    return ""
