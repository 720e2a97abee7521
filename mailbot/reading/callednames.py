"""Find what may be a person's name in a sentence: words in capitals that say nothing else, and words in quotes.

It judges no spelling (names.py) and takes nothing. Serves policy section 2 (surname, given name, patronymic).
"""

from __future__ import annotations

from mailbot.reading.contacts import Spot
from mailbot.reading.labels import months, words
from mailbot.reading.names import PARTICLES, shape_of
from mailbot.reading.wording import Word, key_of

_BEHIND_FIRST = frozenset(
    (
        "—",
        "–",
        "-",
        "is",
        "ато",
        "деп",
        "деген",
        "болип",
        "болуи",
        "дурис",
        "дуриси",
        "емес",
        "»",
        "должно",
        "вместо",
        "instead",
        "not",
        "with",
        "орнина",
        "а",
        "дегеннин",
    )
)
_IN = frozenset(("в", "во", "in", "at", "из", "г", "город", "ул"))


def find_names(text: str, typed: list[Word], taken: list[Spot]) -> list[Spot]:
    """Return the names of a sentence whose words are `typed`, outside of what is `taken`. Raises: nothing."""
    letters = [word.text for word in typed if word.text.isalpha()]
    shouted = 2 * sum(text.isupper() for text in letters) > len(letters)
    found: list[Spot] = []
    place = 0
    while place < len(typed):
        last = place
        if _opens(typed, place, shouted=shouted) and not _is_taken(typed[place], taken):
            last = _end(text, typed, place)
            start, end = typed[place].start, typed[last].end
            found.append(Spot(kind="name", value=text[start:end], start=start, end=end, text=text[start:end]))
        place = last + 1
    return found


def _is_taken(word: Word, taken: list[Spot]) -> bool:
    return any(spot.start < word.end and word.start < spot.end for spot in taken)


def _opens(typed: list[Word], place: int, *, shouted: bool) -> bool:
    word = typed[place]
    if not _is_name(word) or (shouted and not (place and typed[place - 1].says)):
        return False
    if place == 0:
        follows = [key_of(one.text) or one.text for one in typed[1:3]]
        return bool(follows) and (follows[0] in _BEHIND_FIRST or (follows[0] == "," and follows[-1] in ("а", "not")))
    before = typed[place - 1]
    if before.text in (".", "!", "?", "…") and place > 1 and len(typed[place - 2].text) > 2:
        return typed[place - 2].text.casefold() in words("abbreviations")  # «фам. Юсупова»
    return key_of(before.text) not in _IN


def _is_name(word: Word) -> bool:
    """Tell whether a word in capitals may be a name: it says nothing else and is no abbreviation and no month."""
    text = word.text
    if not text[0].isupper() or len(text) < 2 or any(letter.isdigit() for letter in text):
        return False
    if word.says and not (shape_of(text) and text.istitle()):  # «Есімханова» holds a word and is a name
        return False
    if (text.isupper() and len(text) < 5) or text.endswith(("'s", "’s")):
        return False
    key = key_of(text)
    return key not in words("no_names") and key not in months()


def _end(text: str, typed: list[Word], place: int) -> int:
    """Return the last word of a name that starts at `place`; blanks alone stand between its words."""
    last = place
    for number in range(place + 1, min(place + 6, len(typed))):
        word = typed[number]
        if text[typed[number - 1].end : word.start].strip() or not word.text[0].isalpha():
            break
        if _is_name(word) or word.text.casefold() in PARTICLES:
            last = number
        else:
            break
    return last
