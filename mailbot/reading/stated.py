"""Decide of each telephone number and address of a sentence: taken, old, asked back or passed over.

A mail that asks for an update is about the writer's own data: what nothing speaks against and anything speaks for is
taken. What is old, somebody else's, forbidden or a number of another kind is passed over; what is in doubt is asked
back. It judges no single words (roles.py, whose.py). Serves policy section 2 (telephone, e-mail).
"""

from __future__ import annotations

import re
from typing import Literal

from mailbot.reading.contacts import Spot, spelt_address
from mailbot.reading.found import Found
from mailbot.reading.said import Said
from mailbot.reading.sentence import Sentence, spots_of
from mailbot.reading.whose import is_edge, says_of, whose
from mailbot.reading.wording import NOTHING, Word, key_of

Verdict = Literal["new", "weak", "old", "unchanged", "ask", "pass"]
_LISTED = frozenset(("filler", "and", "phone", "email"))
_MINE = frozenset(("меники", "мои", "моя", "мое", "mine"))
_IT = frozenset(("они", "его", "ее", "it", "them", "их"))
_DASHES = ("-", "–", "—")
_NO = frozenset(("нет", "жок", "no"))
_FOR = frozenset(("new", "right", "change", "own", "reach", "news", "took", "polite"))
_PARTIAL = re.compile(r"(?<![\w.,/-])\d{1,4}(?:[ -]\d{2,4}){1,3}(?![.,/ -]?\d)")
_NAMED = (":", "-", "–", "—", "=", ",", " is", " это")
_REFUSING = tuple(n + a + end for n in "мбп" for a in "ае" for end in ("низ", "низдар", "низдер", "ндар", "ндер"))
_ASKING = ("йте", "ите", "ьте")
_NEVER = frozenset(("don't", "dont"))


def take_contacts(kind: str, sentence: Sentence, found: Found) -> None:
    """Take the telephone numbers or the addresses that a sentence states. Raises: nothing."""
    judged = [(spot, said, _verdict(kind, spot, said, sentence, found)) for spot, said in spots_of(kind, sentence)]
    kept = [(spot, verdict) for spot, _, verdict in judged if verdict in ("new", "weak")]
    if not judged:
        _unseen(kind, sentence, found)
    elif _is_undecided(judged, sentence):
        found.unsure(kind, sentence.text, "unsure")
        return
    for spot, _, verdict in judged:
        if verdict == "ask":
            found.doubt(kind, spot.value or sentence.text, "unsure" if spot.value else spot.why)
        elif verdict in ("old", "unchanged") and spot.value:
            found.take(kind, spot.value, verdict)
    weak = all(verdict == "weak" for _, verdict in kept)
    if weak and not sentence.heard & (_FOR | {kind}) and _waits(kind, [spot for spot, _ in kept], sentence, found):
        return
    if weak and kept and _is_parted(kind, {spot.value for spot, _ in kept}, sentence, found):
        found.parted.add(kind)
    if "either" in sentence.heard and not kept and judged and sentence.asked:
        found.unsure(kind, sentence.text, "unsure")  # «… Қателесіппін бе, әлде 8 701 … пе»
    for spot, _ in kept:
        take_contact(kind, spot, found, weak=weak)


def _is_parted(kind: str, values: set[str], sentence: Sentence, found: Found) -> bool:
    """Tell whether an earlier sentence stated another value, and nobody says that both hold."""
    both = sentence.heard & {"both", "all"} or "both" in found.before or not sentence.heard - _LISTED
    return not both and not values.issuperset(found.values[kind])


def take_contact(kind: str, spot: Spot, found: Found, *, weak: bool = False) -> None:
    """Take one telephone number or address, or doubt it; `weak`: a later one that is said to be new rules it out.

    Raises: nothing.
    """
    if not spot.value:
        found.doubt(kind, spot.text, spot.why)
        return
    found.take(kind, spot.value, "weak" if weak else "new")
    if spot.extension and found.values["phone"][:1] == [spot.value]:
        found.extension = spot.extension


def settle(sentence: Sentence | None, found: Found) -> None:
    """Take or doubt what stood alone in the sentence before, as this one, None for the end, says of it.

    Raises: nothing.
    """
    heard = sentence.heard if sentence else NOTHING
    for kind, spot, alone in found.waiting:
        if heard & {"forbid", "owner", "thing"}:
            continue
        if heard & {"doubt", "temp"} or not (alone or heard & _FOR):
            found.doubt(kind, spot.value or spot.text, "unsure")
        else:
            take_contact(kind, spot, found, weak=True)
    found.waiting.clear()


def _waits(kind: str, spots: list[Spot], sentence: Sentence, found: Found) -> bool:
    """Tell whether values of a sentence that says nothing else wait for the next one: none before tells of them."""
    if found.before & {"thing", "courtesy"} and not found.before & _FOR:
        return True
    if found.before & {"owner", "forbid", "yours"}:
        for spot in spots:
            found.doubt(kind, spot.value or spot.text, "unsure")
        return True
    if found.before & (_FOR | {kind}):
        return False
    alone = not any(word.text.isalpha() and not word.says for word in sentence.words)
    found.waiting += [(kind, spot, alone) for spot in spots]
    return True


def _verdict(kind: str, spot: Spot, said: Said, sentence: Sentence, found: Found) -> Verdict:
    clause, behind = _clauses(sentence.words, spot)
    told = any(one.told and one.role == "new" for one in sentence.said)
    if _is_denied(sentence.words, spot) or (said.clash and told and "delete" in clause):
        return "old"  # «… енді менікі емес, … деп өзгертіңіз»
    if said.role in ("old", "unchanged") and not said.thing:
        return "old" if said.role == "old" else "unchanged"
    if said.thing or "forbid" in clause | behind or said.mine == "other" or _mine(spot, sentence) == "other":
        return "pass"
    if not said.told and "forbid" not in behind and _is_refused(sentence.words, spot):
        return "pass"
    if _is_asked(said, sentence) or (said.away and not said.told):
        return "ask" if "doubt" in sentence.heard else "pass"
    wished = bool(sentence.heard & {"change", "reach", "polite"})
    if "spam" in clause and "change" not in sentence.heard and "reach" not in clause:
        return "ask" if said.told else "pass"
    if said.clash or _is_held(said, sentence, clause, behind) or _is_swap(sentence, spot, said):
        return "ask"
    if said.mention and not wished and not (said.told and "own" in sentence.heard):
        return "ask" if said.told or "own" in sentence.heard else "pass"
    known = sentence.heard & (_FOR - {"reach", "own"}) or found.before & (_FOR | {"old", "delete"})
    if "once" in sentence.heard and not known:
        return "pass"  # «позвоните мне на …»: for this once
    return "new" if said.told or _is_mine(sentence.words, spot) else "weak"


def _is_mine(words: list[Word], spot: Spot) -> bool:
    """Tell whether «менікі – …», "mine is …" lead to a value, where somebody else's was told before."""
    place = _place(words, spot)
    led = [word for word in words[max(0, place - 4) : place] if word.text[:1].isalpha() and "filler" not in word.says]
    return len(led) == 1 and key_of(led[0].text) in _MINE


def _is_asked(said: Said, sentence: Sentence) -> bool:
    """Tell whether a sentence asks, and not «could you write to …»."""
    if sentence.text.rstrip().endswith("?"):
        return not (sentence.heard >= {"polite"} and sentence.heard & {"change", "reach"})
    if sentence.heard >= {"polite", "change"}:
        return False
    asks = any("asks" in word.says and not word.text.isascii() for word in sentence.words)
    return asks and not said.told


def _mine(spot: Spot, sentence: Sentence) -> str:
    """Tell whose a value is where names are words: «У Айгерим другой номер, …»."""
    words = sentence.nameless
    place = _place(words, spot)
    stop = next((n for n in range(place + 1, len(words)) if is_edge(words[n]) or words[n].spot >= 0), len(words))
    return whose(words, place, words[place + 1 : stop])


def _is_denied(words: list[Word], spot: Spot) -> bool:
    """Tell whether «нет» alone is said of a value: «телефоном пользуюсь, а почтой a@example.kz - нет»."""
    behind = [word for word in words[_place(words, spot) + 1 :][:3] if word.text not in _DASHES]
    return bool(behind) and key_of(behind[0].text) in _NO and (len(behind) == 1 or is_edge(behind[1]))


def _is_refused(words: list[Word], spot: Spot) -> bool:
    """Tell whether the clause of a value asks not to do something: «… -маңыз», «не …йте», "don't …"."""
    place = _place(words, spot)
    first = next((n + 1 for n in range(place - 1, -1, -1) if is_edge(words[n])), 0)
    last = next((n for n in range(place + 1, len(words)) if is_edge(words[n])), len(words))
    keys = [key_of(word.text) for word in words[first:last]]
    return any(
        key.endswith(_REFUSING) or (number and keys[number - 1] == "не" and key.endswith(_ASKING)) or key in _NEVER
        for number, key in enumerate(keys)
    )


def _is_held(said: Said, sentence: Sentence, clause: frozenset[str], behind: frozenset[str]) -> bool:
    """Tell whether the writer doubts or only supposes a value, or gives it for a time."""
    if "temp" in clause | behind or "hypo" in clause or ("if" in sentence.heard and not _is_aside(sentence)):
        return True
    return "doubt" in clause | behind or ("doubt" in says_of(sentence.words) and not said.told)


def _is_aside(sentence: Sentence) -> bool:
    """Tell «Если понадоблюсь: … уже не мой, правильный номер …»: no value hangs on the condition."""
    led = sentence.text[: sentence.spots[0].start].rstrip()
    return led.endswith(":") and sum("if" in word.says for word in sentence.words) == 1


def _is_undecided(judged: list[tuple[Spot, Said, Verdict]], sentence: Sentence) -> bool:
    """Tell whether the writer himself doubts which of the values holds."""
    open_ones = [spot for spot, _, verdict in judged if verdict in ("new", "weak", "ask")]
    words = sentence.words
    choice = any(
        "either" in word.says and (len(open_ones) > 1 or (place and words[place - 1].spot >= 0))
        for place, word in enumerate(words)
        if place + 1 < len(words) and (words[place + 1].spot >= 0 or words[place + 1].text.isdecimal())
    )
    if choice and open_ones and "all" not in sentence.heard:
        return True
    doubted = "doubt" in says_of(words) and not any(verdict == "new" for _, _, verdict in judged)
    return doubted and any(verdict == "ask" or said.negated for _, said, verdict in judged)


def _is_swap(sentence: Sentence, spot: Spot, said: Said) -> bool:
    """Tell «поменяйте номер 8 701 …», which may be the old one, from «… на 8 701 …» and «… номер: 8 701 …»."""
    if said.told or "swap" not in sentence.heard or sentence.heard & {"new", "reach"}:
        return False
    place = _place(sentence.words, spot)
    follows = sentence.words[place + 1].says if place + 1 < len(sentence.words) else NOTHING
    return not sentence.text[: spot.start].rstrip().endswith(_NAMED) and "as" not in follows


def _clauses(words: list[Word], spot: Spot) -> tuple[frozenset[str], frozenset[str]]:
    """Return what the clause of a value says, and what the next one says up to the next value."""
    place = _place(words, spot)
    first = next((n + 1 for n in range(place - 1, -1, -1) if is_edge(words[n])), 0)
    last = next((n for n in range(place + 1, len(words)) if is_edge(words[n]) or _is_former(words, n)), len(words))
    stop = next((n for n in range(last + 1, len(words)) if is_edge(words[n]) or words[n].spot >= 0), len(words))
    if stop + 1 < len(words) and words[stop].text == "," and key_of(words[stop + 1].text) in _IT:
        stop = next((n for n in range(stop + 1, len(words)) if words[n].spot >= 0), len(words))  # «…, оны жазбаңыз»
    return says_of(words[first:last]), says_of(words[last + 1 : stop])


def _is_former(words: list[Word], place: int) -> bool:
    """Tell where «… ескісі керек емес» starts to speak of another value."""
    return "old" in words[place].says and "new" not in words[place].says and words[place - 1].spot < 0


def _place(words: list[Word], spot: Spot) -> int:
    return next((place for place, word in enumerate(words) if word.spot >= 0 and word.start == spot.start), 0)


def _unseen(kind: str, sentence: Sentence, found: Found) -> None:
    """Doubt an address whose sign is a word, and a number of which only a part is told."""
    if sentence.asked or not sentence.heard & {kind, "reach"} or not sentence.heard & _FOR:
        return
    if kind == "email" and (spelt := spelt_address(sentence.text)):
        found.doubt(kind, spelt, "not_an_address")
    elif kind == "phone" and "phone" in sentence.heard and _PARTIAL.search(sentence.text):
        found.doubt(kind, sentence.text, "not_a_phone")
