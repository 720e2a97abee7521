"""Take «отчества у меня нет» for there being none.

It finds no names (nameprose.py). Serves policy section 2 (patronymic): many citizens have none.
"""

from __future__ import annotations

from mailbot.reading.found import Found
from mailbot.reading.nameprose import Item, items_of
from mailbot.reading.names import shape_of
from mailbot.reading.sentence import Sentence
from mailbot.reading.whose import each_clause
from mailbot.reading.wording import key_of

_ITS = frozenset(key_of(word) for word in ("его", "её", "ее"))
_WRONG = frozenset(("onfile", "wrong", "error"))
_OTHERS = frozenset(("phone", "email", "surname", "birth"))


def take_absent(sentence: Sentence, found: Found) -> None:
    """Take the patronymic as absent where a sentence says so of the writer, or doubt it. Raises: nothing."""
    if not sentence.heard >= {"patronymic", "absent"} or sentence.asked or sentence.unsure:
        return
    clauses = [says for says in each_clause(sentence.words) if says & {"patronymic", "absent"}]
    if any("owner" in says for says in clauses) and not any(key_of(word.text) in _ITS for word in sentence.words):
        return
    names = items_of(sentence, found)
    if any(map(_is_stated, names)) or (not names and any("absent" in says and says & _WRONG for says in clauses)):
        found.doubt("patronymic", sentence.text, "unsure")
    elif _is_said(sentence):
        found.take("patronymic", None)


def _is_stated(item: Item) -> bool:
    named = item.role == "plain" and item.field == "patronymic" and shape_of(item.spot.text)
    return item.role == "new" or bool(named)


def _is_said(sentence: Sentence) -> bool:
    """Tell whether no other field stands between the word for the patronymic and the word for none."""
    words = sentence.words
    stem = next(n for n, word in enumerate(words) if "patronymic" in word.says)
    absent = [n for n, word in enumerate(words) if "absent" in word.says]
    return any(not any(word.says & _OTHERS for word in words[min(stem, n) : n]) for n in absent)
