"""Take the date and the place of birth that a sentence states of its writer.

A date of something else, a child's and a partial one are not taken. Serves policy section 2 (date and place of birth).
"""

from __future__ import annotations

import re

from mailbot.reading.contacts import Spot
from mailbot.reading.found import Found
from mailbot.reading.nameframes import framed, is_far
from mailbot.reading.placeprose import place_of_birth
from mailbot.reading.places import judge_place, trimmed
from mailbot.reading.said import Said
from mailbot.reading.sentence import Sentence, spots_of
from mailbot.reading.whose import is_edge
from mailbot.reading.wording import Word, key_of

_ELSE = re.compile(  # a date of something else
    r"выда[нч]|зарегистр|брак|замуж|срок|курс|оплат|заявк|письм|issue|expir|married|wedding|cours|paid|sent|wrote|берілген|"
    r"төле|некеге|тұрмысқа|жазған|мерзім",
    re.IGNORECASE,
)
_SPOUSE = re.compile(
    r"(?:married|замуж за|женился на|женат на) [^.;]{3,60}, (?:born|родил\w+) (?:on )?$", re.IGNORECASE
)
_BORN_AT = re.compile(
    r"\d(?: ?(?:г|ж|года?|жыл\w*)\.?)?, "
    r"((?:(?:г|с|п|пос)\.|город|село|аул|ауыл|пос[её]лок|станица|деревня) ?[A-ZА-ЯЁӘҒҚҢӨҰҮҺІ][\w-]{1,40}"
    r"(?:,? (?:[A-ZА-ЯЁӘҒҚҢӨҰҮҺІ][\w-]{1,40}|област\w{1,2}|район\w?|кра[йя]|облысы|ауданы)){0,6})(?=[.,!]|$)"
)
_YEAR = re.compile(r"(?<![\d.-])(?:19|20)\d\d(?![\d.-])|(?<!\d)\d\d[- ]?(?:го )?(?:г|год|ж|жыл)(?!\d)")


def take_birth(sentence: Sentence, found: Found) -> None:
    """Take the date and the place of birth of a sentence that speaks of one. Raises: nothing."""
    every = spots_of("date", sentence)
    every = [(spot, said) for spot, said in every if not _SPOUSE.search(sentence.text[: spot.start])]
    dates = [(spot, _role(spot, said, sentence)) for spot, said in every if said.mine != "other"]
    if dates or not every:
        _birth_date(dates, sentence, found)
        _birth_place(sentence, found)


def _birth_date(dates: list[tuple[Spot, str]], sentence: Sentence, found: Found) -> None:
    spoken = "birth" in sentence.heard
    for spot, role in dates:
        if role == "old" and spot.value:
            found.take("birth_date", spot.value, "old")
    told = [spot for spot, role in dates if role == "new"]
    plain = [spot for spot, role in dates if role in ("plain", "clash")]
    near = [spot for spot in plain if _is_near(spot, sentence)]
    stated = told or near or plain
    if not spoken:
        stated = told or (plain if "own" in sentence.heard or _is_bare(sentence) else [])
        stated = [] if _ELSE.search(sentence.text) or found.last != "birth_date" else stated
    if not told and not _ELSE.search(sentence.text):
        stated = [*stated, *(spot for spot in plain if spot not in stated and _is_old_enough(spot, found))]
    whole = dict.fromkeys(spot.value for spot in stated if spot.value)
    if sentence.unsure in ("doubt", "hypo") and stated:
        found.unsure("birth_date", sentence.text, "unsure")
    elif len(whole) == 1 and not any(role == "clash" for spot, role in dates if spot in stated):
        found.take("birth_date", next(iter(whole)))
    elif whole:
        found.doubt("birth_date", sentence.text, "several_values")
    elif stated:
        found.doubt("birth_date", stated[0].text, stated[0].why)
    elif not dates and spoken and "not" not in sentence.heard and (year := _year(sentence)):
        found.doubt("birth_date", year, "not_a_date")


def _is_old_enough(spot: Spot, found: Found) -> bool:
    """Tell whether a date may be a birth of somebody who writes: «бірде 15.09.1982, бірде 16.09.1982»."""
    return found.today is None or spot.value[:4] < str(found.today.year - 10)


def doubt_birth(sentence: Sentence, found: Found) -> None:
    """Doubt the date of birth that was taken where a later sentence asks of another one. Raises: nothing."""
    taken = found.fields.get("birth_date")
    others = [spot.value for spot, _ in spots_of("date", sentence) if spot.value and spot.value != taken]
    if taken and others and found.last == "birth_date" and not _ELSE.search(sentence.text):
        found.unsure("birth_date", sentence.text, "unsure")


def _role(spot: Spot, said: Said, sentence: Sentence) -> str:
    words = sentence.words
    place = next(n for n, word in enumerate(words) if word.spot >= 0 and word.start == spot.start)
    if place + 1 < len(words) and key_of(words[place + 1].text) in ("еди", "edi"):
        return "plain"  # «… 1992 еді ғой»
    if sentence.turned:
        return "new"
    if frame := framed(words, place):
        return frame
    return "plain" if said.role == "old" and is_far(words, place) else "clash" if said.clash else said.role


def _is_bare(sentence: Sentence) -> bool:
    """Tell whether a sentence is hardly more than its date."""
    return sum(word.text[:1].isalpha() and not word.says for word in sentence.words) < 3


def _birth_place(sentence: Sentence, found: Found) -> None:
    topic = found.last == "birth_place"
    value, why = place_of_birth(sentence.text, sentence.nameless, topic=topic)
    if not (value or why) and (behind := _BORN_AT.search(sentence.text)):
        value, why = judge_place(trimmed(behind[1].rstrip(" .!")))  # «…, 1963 года, поселок Боровое»
    whose = [said.mine for said in sentence.said] or ["other" if "owner" in sentence.heard else ""]
    if "other" in whose or not (value or why) or sentence.unsure == "forbid":
        return
    if "unchanged" in sentence.heard and not sentence.heard & {"change", "new", "right", "wrong", "error", "old"}:
        found.take("birth_place", value, "unchanged")
        return
    if why or sentence.unsure in ("doubt", "hypo", "temp"):
        found.doubt("birth_place", value or sentence.text, why or "unsure")
    elif (former := found.fields.get("birth_place")) and former != value and value.endswith(former):
        found.fields["birth_place"] = value  # «Целиноград», then «г. Целиноград»
    elif not (former and former.endswith(value)):
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
