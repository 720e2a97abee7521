"""Take the date and the place of birth that a sentence states of its writer.

A date of something else, a child's and a partial one are not taken. Serves policy section 2 (date and place of birth).
"""

from __future__ import annotations

import re

from mailbot.reading.contacts import Spot
from mailbot.reading.found import Found
from mailbot.reading.places import place_of_birth
from mailbot.reading.sentence import Sentence, is_others, spots_of
from mailbot.reading.whose import is_edge
from mailbot.reading.wording import Word

_YEAR = re.compile(r"(?<![\d.-])(?:19|20)\d\d(?![\d.-])|(?<!\d)\d\d[- ]?(?:го )?(?:г|год|ж|жыл)(?!\d)")


def take_birth(sentence: Sentence, found: Found) -> None:
    """Take the date and the place of birth of a sentence that speaks of one. Raises: nothing."""
    dates = [(spot, said) for spot, said in spots_of("date", sentence) if not is_others(said, sentence)]
    if any(said.mine == "other" for _, said in spots_of("date", sentence)) and not dates:
        return
    for spot, said in dates:
        if said.role == "old" and spot.value:
            found.take("birth_date", spot.value, "old")
    told = [item for item in dates if item[1].role == "new"]
    plain = [item for item in dates if item[1].role == "plain"]
    near = [item for item in plain if _is_near(item[0], sentence)]
    stated = told or near or plain
    whole = dict.fromkeys(spot.value for spot, _ in stated if spot.value)
    if sentence.unsure in ("doubt", "hypo") and stated:
        found.unsure("birth_date", sentence.text, "unsure")
    elif len(whole) == 1 and not any(said.clash for _, said in stated):
        found.take("birth_date", next(iter(whole)))
    elif whole:
        found.doubt("birth_date", sentence.text, "several_values")
    elif stated:
        found.doubt("birth_date", stated[0][0].text, stated[0][0].why)
    elif not dates and (year := _year(sentence)):
        found.doubt("birth_date", year, "not_a_date")
    _birth_place(sentence, found)


def _birth_place(sentence: Sentence, found: Found) -> None:
    value, why = place_of_birth(sentence.text, sentence.nameless)
    whose = [said.mine for said in sentence.said] or ["other" if "owner" in sentence.heard else ""]
    if "other" in whose or not (value or why):
        return
    if why or sentence.unsure:
        found.doubt("birth_place", value or sentence.text, why or "unsure")
    else:
        found.take("birth_place", value)


def _is_near(spot: Spot, sentence: Sentence) -> bool:
    """Tell whether a word for birth stands in the clause of a date."""
    clause: list[Word] = []
    for word in [*sentence.words, Word(",", -1, -1)]:
        if not is_edge(word):
            clause.append(word)
            continue
        if any(one.start == spot.start for one in clause if one.spot >= 0):
            return any("birth" in one.says for one in clause)
        clause = []
    return False


def _year(sentence: Sentence) -> str:
    found = _YEAR.search(sentence.text)
    return found.group() if found else ""
