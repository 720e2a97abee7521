"""Judge what a sentence says of each value in it: new, old, unchanged, somebody else's, a number of something else.

The words of the same clause count, the nearest first; patterns of two values (said.py) come last and rule. It takes
nothing (extract.py, prose.py). Serves policy section 2 (the seven fields).
"""

from __future__ import annotations

from collections.abc import Sequence

from mailbot.reading.contacts import Spot
from mailbot.reading.said import ARROWS, CLOSING, SOFT, Role, Said, set_pairs
from mailbot.reading.whose import QUOTES, is_away, is_edge, is_mention, is_thing, is_wish, whose
from mailbot.reading.wording import STEMS, Word, key_of

_STEMS = frozenset(STEMS)
_STILL = frozenset(("unchanged", "filler"))
_RELATIVE = tuple("котор which that деген его ее it это бул он она они ол this".split())  # noqa: SIM905
_ALREADY = frozenset("уже больше енди казир теперь сейчас already no мне now".split())  # noqa: SIM905
_ITS_OLD = ("ескиси", "бурингиси", "eskisi")
_TOWARD = frozenset(("ке", "ге", "га", "ка"))
_AWAY = frozenset(("тен", "тан", "ден", "дан", "нен", "нан"))
_AS = frozenset(("деп", "болип", "dep", "bolip", "bolyp", "as"))
_CUES: tuple[tuple[str, Role], ...] = (
    ("instead", "old"), ("delete", "old"), ("unchanged", "unchanged"), ("old", "old"), ("right", "new"), ("new", "new"),
    ("wrong", "old"), ("onfile", "old"),
)  # fmt: skip


def collapse(words: list[Word], spots: Sequence[Spot]) -> list[Word]:
    """Return the words with one word for each value. Raises: nothing."""
    out: list[Word] = []
    for word in words:
        spot = next((n for n, spot in enumerate(spots) if spot.start < word.end and word.start < spot.end), -1)
        if spot < 0:
            out.append(word)
            continue
        if not out or out[-1].spot != spot:
            out.append(Word("", spots[spot].start, spots[spot].end, spot=spot))
        if word.start < spots[spot].end < word.end and "-" in word.text:  # «33-ке»
            ending = word.text.rpartition("-")[2]
            out += [Word("-", word.end - len(ending) - 1, word.end), Word(ending, word.end - len(ending), word.end)]
    return out


def judge(words: list[Word], spots: Sequence[Spot], *, changing: bool = False) -> list[Said]:
    """Return what is said of each value of collapsed words, in the order of `spots`. Raises: nothing."""
    heard = frozenset().union(*(word.says for word in words)) if words else frozenset[str]()
    heard = heard | {"change"} if changing else heard
    said = [Said() for _ in spots]
    places = {word.spot: place for place, word in enumerate(words) if word.spot >= 0}
    for number, (before, after) in _parts(words, spots).items():
        one = said[number]
        if spots[number].kind == "place":
            continue
        alone = sum(spot.kind == spots[number].kind for spot in spots) == 1
        if alone and "change" in heard and before and "instead" not in before[-1].says:  # «вместо домашнего 8 701 …»
            before = before[: next((p for p, word in enumerate(before) if "instead" in word.says), None)]
        _cues(one, before, after, changing="change" in heard)
        if heard & {"change", "new"}:
            _case(one, after)
        one.mine = whose(words, places[number], after)
        one.mention = is_mention(before, after) and "change" not in heard
        one.away = is_away(before, after)
        one.thing = is_thing(before, after)
    set_pairs(words, spots, said, heard)
    return said


def _parts(words: list[Word], spots: Sequence[Spot]) -> dict[int, tuple[list[Word], list[Word]]]:
    """Return the words before and after each value that speak of it."""
    places = [place for place, word in enumerate(words) if word.spot >= 0]
    parts: dict[int, tuple[list[Word], list[Word]]] = {}
    start = 0
    for number, place in enumerate(places):
        last = number + 1 == len(places)
        gap = words[place + 1 :] if last else words[place + 1 : places[number + 1]]
        before = words[start:place]
        gap = gap[: _foreign(gap, spots[words[place].spot].kind)]
        cut = _cut(gap, led=any(word.says & {cue for cue, _ in _CUES} for word in before), last=last)
        parts[words[place].spot] = (before, gap[:cut])
        start = place + 1 + cut
    return parts


def _foreign(gap: list[Word], kind: str) -> int:
    """Return where the words behind a number start to speak of an address, or the other way round."""
    other = {"phone": "email", "email": "phone"}.get(kind, "")
    return next((place for place, word in enumerate(gap) if other in word.says and kind not in word.says), len(gap))


def _cut(gap: list[Word], *, led: bool, last: bool) -> int:
    """Return how many words behind a value belong to it."""
    if gap and gap[0].text == "(":
        return next((place for place, word in enumerate(gap) if word.text == ")"), -1) + 1
    inside = int(bool(gap) and gap[0].text in CLOSING)
    edge = next(
        (place for place, word in enumerate(gap) if place >= inside and (is_edge(word) or word.text in ARROWS)), None
    )
    former = next((place for place, word in enumerate(gap) if _opens_former(word, led=led)), None)
    if former is not None and (edge is None or former < edge):
        return former  # «жаңа нөмірім 8 701 … ескісі істемейді»
    if edge is None:
        leading = bool(gap) and bool(gap[-1].says & {"old", "new", "right"})  # «8 701 … старый 8 702 …»
        after = last or (not led and not leading and any(w.says & {"old", "new", "delete", "right"} for w in gap))
        return len(gap) if after else _clinging(gap)
    if edge + 1 < len(gap) and gap[edge].text == ",":
        further = next((p for p in range(edge + 1, len(gap)) if is_edge(gap[p])), len(gap) if last else None)
        clause = gap[edge + 1 : further]
        says = frozenset().union(*(word.says for word in clause))
        relative = bool(clause) and key_of(clause[0].text).startswith(_RELATIVE)
        dropped = bool(clause) and ("delete" in clause[0].says or key_of(clause[0].text) in _ALREADY)
        kept = "unchanged" in says and all(word.says & _STILL for word in clause if word.text[0].isalpha())
        if further and (relative or kept or (dropped and not says & (_STEMS | {"old", "new"}))):
            return further
    return edge


def _opens_former(word: Word, *, led: bool) -> bool:
    """Tell where «жаңа нөмірім 8 701 … ескісі істемейді» starts to speak of another value."""
    return "instead" in word.says or ("old" in word.says and (led or key_of(word.text).startswith(_ITS_OLD)))


def _clinging(gap: list[Word]) -> int:
    """Return how many words right behind a value can't be parted from it: «емес», «-тен», «деп жазыңыз»."""
    if not gap:
        return 0
    if gap[0].says & {"not_behind", "instead_behind"}:
        return 1
    if gap[0].text == "-" and len(gap) > 1 and key_of(gap[1].text) in _TOWARD | _AWAY:
        return 2
    if key_of(gap[0].text) in _AS:
        return 1 + max((place for place, word in enumerate(gap) if "change" in word.says), default=-1)
    return 0


def _cues(one: Said, before: list[Word], after: list[Word], *, changing: bool) -> None:
    behind = [w for w in after if w.text not in QUOTES | CLOSING and not (w.says and w.says <= _STEMS | {"own"})][:1]
    if _negated(before) or (behind and behind[0].says & {"not_behind", "instead_behind"}):
        one.role, one.told, one.negated = "old", True, True
        return
    if len(after) > 1 and "filler" in after[0].says and after[1].says == {"new"}:
        one.role, one.told = "new", True  # «… старый украли 8 702 … это новый»
        return
    left, right = _left(before, changing, near=True), _right(after)
    if not left and not right and not is_wish(before):
        left = _left(before, changing, near=False)
    one.loose = left == "loose"
    left = "new" if one.loose else left
    one.clash = {left, right} == {"new", "old"} or {left, right} == {"new", "clash"} or "clash" in (left, right)
    role = left or right
    if role in ("new", "old", "unchanged"):
        one.role, one.told = role, True  # type: ignore[assignment]


def _case(one: Said, after: list[Word]) -> None:
    """Judge a Kazakh case ending behind a number: «…-тен …-ке ауыстырыңыз»."""
    if (after and after[0].says >= {"toward", "phone"}) or (after and after[0].says >= {"toward", "email"}):
        one.role, one.told = "new", True
    if len(after) > 1 and after[0].text == "-" and key_of(after[1].text) in _TOWARD | _AWAY:
        one.role, one.told = ("new" if key_of(after[1].text) in _TOWARD else "old"), True


def _negated(before: list[Word]) -> bool:
    """Tell whether «не», "not", «вместо» stand right before a value."""
    for word in reversed(before):
        if word.says & {"not", "instead"}:
            return True
        if word.text not in QUOTES and not (word.says and word.says <= SOFT):
            return False
    return False


def _left(before: list[Word], changing: bool, *, near: bool) -> str:
    """Return what the nearest telling word before a value says of it; `near`: in the value's own clause."""
    solid = False
    for place in range(len(before) - 1, -1, -1):
        word = before[place]
        if is_edge(word) and (solid or near):
            return ""
        if ("toward" in word.says and changing and not solid) or "instead_behind" in word.says:
            return "new"
        for cue, role in _CUES:
            if cue not in word.says:
                continue
            if cue in ("onfile", "wrong") and any("change" in w.says for w in before[:place]):
                return "loose" if cue == "onfile" else "clash"
            if cue == "old" and _is_predicate(before, place):
                return "unchanged"
            return role
        if "change" in word.says:
            return ""
        solid = solid or bool(word.says & (_STEMS | {"own"}))
    return ""


def _is_predicate(before: list[Word], place: int) -> bool:
    """Tell «телефон прежний: …» from «прежний телефон …»."""
    if not key_of(before[place].text).startswith(("прежн", "буринги")) or not place:
        return False
    follows = place + 1 < len(before) and bool(before[place + 1].says & _STEMS)
    return bool(before[place - 1].says & _STEMS) and not follows


def _right(after: list[Word]) -> str:
    """Return what the words behind a value say of it."""
    heard: set[str] = set()
    if after and key_of(after[0].text) in _AS and any("change" in word.says for word in after):
        return "new"  # «… деп өзгертіңіз»
    if any("absent" in word.says for word in after[:2]):
        heard.add("old")  # «… - нет»
    gone = any("delete" in word.says for word in after)
    for word in after:
        if gone and key_of(word.text) in _ALREADY:
            continue  # «енді істемейді»
        if word.says & {"old", "delete", "wrong", "onfile", "instead_behind"} and not word.says & {"new"}:
            heard.add("old")
        elif word.says & {"new", "right"}:
            heard.add("new")
        elif "unchanged" in word.says:
            heard.add("unchanged")
    if heard == {"new", "unchanged"}:
        return "unchanged"  # «правильный, его не трогайте»
    return "clash" if {"new", "old"} <= heard else next(iter(heard)) if len(heard) == 1 else ""
