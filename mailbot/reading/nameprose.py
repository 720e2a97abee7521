"""Take the names that a sentence states as new or right: «теперь Серикова», "it should be Dana, not Dina".

A name that only says who writes is not taken. Whether a name is the new or the former one its frame tells
(nameframes.py), else the judge of all values (roles.py). It finds no names (callednames.py) and judges no spelling
(names.py). Serves policy section 2 (surname, given name, patronymic).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mailbot.reading.contacts import Spot
from mailbot.reading.found import NAMES, Found
from mailbot.reading.nameframes import framed, is_elsewhere, is_far, stem_behind
from mailbot.reading.names import FOREIGN, has_case_ending, shape_of, split_name
from mailbot.reading.said import Said
from mailbot.reading.sentence import Sentence, spots_of
from mailbot.reading.whose import each_clause
from mailbot.reading.wording import key_of

_HIS = re.compile(r"(?:(?:смен|измен|поменя)\w{0,2}л|взял|принял)(?!\w)", re.IGNORECASE)
_TURNED = re.compile(r"(?<!\w)со? [«\"]?[^\W\d_]+[ая][»\"]? на [«\"]?[^\W\d_]+[ая](?!\w)")
_HERS = re.compile(r"(?:(?:[оеё]в|[иы]н)а|я)$")
_SPOUSE = re.compile(
    r"(?:замуж за|married to|married|жен(?:ат|ился) на|wife|husband|мужа?|жен[аыу])\W{0,3}$", re.IGNORECASE
)
_CALLED = re.compile(r"зовут|my name(?: is|'s)", re.IGNORECASE)
_MAIDEN = re.compile(r"(?:девичь\w{1,3}|maiden name|қыз тег\w{1,6})\W{1,4}$", re.IGNORECASE)
_NEWS = frozenset(("new", "change", "right"))
_TOLD = _NEWS | {"error", "took", "not", "not_behind", "instead", "instead_behind"}
_IT = frozenset(key_of(word) for word in ("it's", "is", "это", "бұл"))
_BETWEEN = frozenset(("filler", "own", "onfile", "right", "polite"))


@dataclass(slots=True)
class Item:
    """A name of a sentence, the field that it stands for and what is said of it."""

    spot: Spot
    said: Said
    place: int  # among the words
    role: str = "plain"
    field: str = ""
    framed: bool = False


def take_names(sentence: Sentence, found: Found) -> None:
    """Take the names of a sentence, or doubt them. Raises: nothing."""
    before = (dict(found.fields), len(found.unclear))
    stems = [name for name in NAMES if name in sentence.heard]
    items = items_of(sentence, found)
    if not items and len(stems) == 1 and not sentence.asked:
        _settle(stems[0], sentence, found)
    if not items or any(item.field for item in items):
        found.pending.clear()
    if len(stems) == 1 and not items and _is_unvalued(stems[0], sentence):
        found.unvalued[stems[0]] = sentence.text
    for item in items:
        _take(item, items, sentence, found)
    turned = any(item.role == "old" for item in items)
    if stems and turned and before == (found.fields, len(found.unclear)) and "delete" not in sentence.heard:
        found.doubt(stems[-1], sentence.text, "former")  # a former name, or one of two, and none that is taken


def items_of(sentence: Sentence, found: Found) -> list[Item]:
    """Return the names of a sentence that are the writer's, with their field and role. Raises: nothing."""
    items = []
    for spot, said in spots_of("name", sentence):
        said.mine = "other" if _is_of_subject(spot, sentence) else said.mine
        if said.mine == "other" or sentence.asked or _SPOUSE.search(sentence.text[: spot.start]):
            continue
        place = next(n for n, word in enumerate(sentence.words) if word.spot >= 0 and word.start == spot.start)
        item = Item(spot, said, place)
        frame = framed(sentence.words, place)
        if frame == "old" and "back" in found.about and _MAIDEN.search(sentence.text[: spot.start]):
            frame = "new"
        frame = "" if said.role == "unchanged" else frame  # «…, Бекова остаётся»
        item.framed = frame in ("new", "old")
        if said.mention and not item.framed and not (said.told and said.role == "new"):
            continue
        item.role = frame if item.framed else "plain" if _is_far(item, sentence) else said.role
        said.clash = frame == "clash" or (said.clash and not item.framed)
        item.field = _field_of(item, sentence, found)
        items.append(item)
    for name in dict.fromkeys(item.field for item in items):
        _pair([item for item in items if item.field == name], sentence)
    return items


def _is_of_subject(spot: Spot, sentence: Sentence) -> bool:
    """Tell «Подруга вышла замуж и стала Орлова»: somebody else opens the sentence, the writer isn't named before."""
    before = [word for word in sentence.words if word.start < spot.start]
    return any("owner" in word.says for word in before[:2]) and not any("own" in word.says for word in before)


def _pair(items: list[Item], sentence: Sentence) -> None:
    """Where all names of a field but one are the former, that one is the right one."""
    if len(items) > 1 and items[0].field == "patronymic":  # «Серік емес, Серікбай, сондықтан Серікбайқызы»
        shaped = [item for item in items if shape_of(item.spot.text) == "patronymic"]
        for item in items if shaped else ():
            item.role = item.role if item in shaped else "aside"
        items = shaped or items
    left = [item for item in items if item.role not in ("old", "aside")]
    if len(left) == 1 < len(items) and left[0].role == "plain" and any(item.framed for item in items):
        left[0].role, left[0].framed, left[0].said.clash = "new", True, False
    if len(items) == 2 and not items[0].framed and items[1].framed and items[0].role == items[1].role == "new":
        items[0].role = "old"  # «в отчестве «Ерлановна» должно быть «Ерланқызы»»
    news = [item for item in items if item.role == "new"]
    if len(left) == 1 and len(news) == 0 and len(items) > 1 and sentence.heard & _TOLD:
        left[0].role = "new"


def _take(item: Item, items: list[Item], sentence: Sentence, found: Found) -> None:
    told = item.role == "new" or (item.role == "plain" and _is_plainly(item, items, sentence, found))
    if not (told or item.role == "old"):
        return
    if not item.field and "birth" not in sentence.heard:
        found.pending[item.spot.text] = item.role
    if not item.field:
        return
    beside = any(other.framed and other.role in ("old", "aside") for other in items)
    if item.role == "new" and not (item.framed or beside or sentence.heard & _TOLD):
        return
    name, spot = item.field, item.spot
    shown = "surname" if name == "full_name" else name
    if told and (item.said.clash or sentence.unsure):
        found.unsure(shown, sentence.text, "unsure")
    elif told and _is_declined(item, sentence, found):
        found.doubt(shown, spot.text, "declined_name")  # «сменил фамилию на Серикова» may be Сериков
    elif name == "full_name":
        _whole_name(spot, told, sentence, found)
    else:
        found.name(name, spot.text, "new" if told else "old")


def _is_declined(item: Item, sentence: Sentence, found: Found) -> bool:
    text = item.spot.text
    if item.field == "given_name" and text.endswith(("ю", "у")) and key_of(sentence.words[item.place - 1].text) == "на":
        return True  # «поменяла имя на Фотинию»
    if (
        item.field == "given_name"
        and found.language == "ru"
        and text.endswith(("а", "я"))
        and _TURNED.search(sentence.text)
    ):
        return True  # «исправьте имя с Данира на Данияра»
    if item.field == "surname" and _HIS.search(sentence.text) and _HERS.search(text):
        return True
    behind = sentence.words[item.place + 1].text if item.place + 1 < len(sentence.words) else ""
    return found.language == "kk" and behind not in ("»", '"', "”", "деп", "dep", "емес") and has_case_ending(text)


def _settle(name: str, sentence: Sentence, found: Found) -> None:
    """Give names whose field was not told the field of the next sentence: «Это фамилия», «Бұл — менің атым»."""
    news = [text for text, role in found.pending.items() if role == "new"]
    if sentence.unsure or "owner" in _of_clause(name, sentence) or len(news) > 1:
        return
    for text, role in found.pending.items():
        found.name(name, text, role)


def _is_unvalued(name: str, sentence: Sentence) -> bool:
    """Tell whether a sentence says that a name is wrong or a new one was taken, without it: «взяла фамилию мужа»."""
    says = _of_clause(name, sentence)
    if any("owner" in word.says for word in sentence.words[:2]):
        return False  # «Подруга взяла фамилию мужа»
    return bool(sentence.heard & {"error", "wrong", "took"}) and ("owner" not in says or "took" in says)


def _of_clause(name: str, sentence: Sentence) -> frozenset[str]:
    """Return what the clause says that names a field."""
    clauses = [says for says in each_clause(sentence.words) if name in says]
    return frozenset().union(*clauses)


def _whole_name(spot: Spot, told: bool, sentence: Sentence, found: Found) -> None:
    if len(spot.text.split()) > 1:
        found.full_name(spot.text, "new" if told else "old")
    elif told and sentence.heard & {"took", "change", "new"}:
        found.doubt("surname", spot.text, "ambiguous_name")


def _is_plainly(item: Item, items: list[Item], sentence: Sentence, found: Found) -> bool:
    if item.field == "patronymic" and shape_of(item.spot.text) != "patronymic" and not item.said.told:
        return False  # «Әкемнің аты Асқар» tells who the father is
    if item.field == "full_name":
        whole = "full_name" in sentence.heard | found.before and not split_name(item.spot.text)[1]
        return whole or _is_given(item, sentence)
    return _is_given(item, sentence) or (item.field in NAMES and _is_stated(item, items, sentence, found))


def _is_stated(item: Item, items: list[Item], sentence: Sentence, found: Found) -> bool:
    """Tell whether a name stands right beside the word for its field, and the mail isn't about something else."""
    stem = stem_behind(sentence.words, item.place) or _stem_before(item, sentence)
    led = item.place > 0 and sentence.words[item.place - 1].text == ":"
    if not stem:  # «…, with a K please: Oskanova», where the sentence before told the field and what is wrong
        if led and "took" in sentence.heard:
            return True
        led = led or (item.place > 0 and key_of(sentence.words[item.place - 1].text) in _IT and item.field in found.old)
        wished = found.about & {"marriage", "amiss"} and item.field == found.last and item.field not in found.fields
        return bool(led and wished)
    if led:
        return True
    several = len({one.field for one in items if one.field in NAMES}) > 1
    if several or found.about & {"marriage", "amiss"}:
        return True
    if "contact" in found.about:
        return bool(sentence.heard & _TOLD and not sentence.heard & {"phone", "email"})
    return "wish" in found.about


def _is_far(item: Item, sentence: Sentence) -> bool:
    """Tell «My middle name is Dana, it was left blank»: what speaks of the past stands in another clause."""
    if item.said.role != "old" or len(spots_of("name", sentence)) > 1 or not _stem_before(item, sentence):
        return False
    return is_far(sentence.words, item.place)


def _stem_before(item: Item, sentence: Sentence) -> str:
    led = item.place > 0 and sentence.words[item.place - 1].text in ":—–-"
    for word in reversed(sentence.words[max(0, item.place - 9) : item.place]):
        stem = next((name for name in NAMES if name in word.says), "")
        if stem or word.spot >= 0:
            return stem
        if word.text[:1].isalpha() and not word.says & _BETWEEN and not led:
            return ""
    return ""


def _is_given(item: Item, sentence: Sentence) -> bool:
    """Tell whether a name without a word for new is wished: «на Серикова», «как Тимур Аслан», «… деп жазыңыз»."""
    if "change" not in sentence.heard:
        return False
    before = sentence.words[max(0, item.place - 4) : item.place]
    after = sentence.words[item.place + 1 : item.place + 2]
    if any("as" in word.says for word in after):
        return True
    for word in reversed(before):
        if word.says & {"toward", "as", "change"} | word.says & set(NAMES):
            return True
        if word.text not in '«"“:—–-' and not word.says & {"filler", "own", "onfile"}:
            return key_of(word.text) in ("базу", "список", "базага")
    return False


def _field_of(item: Item, sentence: Sentence, found: Found) -> str:
    """Return the field that a name stands for: told behind it, else the nearest word for one, else its shape."""
    spot = item.spot
    if len(spot.text.split()) > 1 and not _single(spot.text):
        return "full_name"
    if name := stem_behind(sentence.words, item.place):
        return name
    stems = [
        (word.start, name) for word in sentence.words for name in (*NAMES, "full_name", "birth") if name in word.says
    ]
    before = [name for start, name in stems if start < spot.start]
    after = [name for start, name in stems if start > spot.start]
    took = any("took" in word.says and word.start < spot.start for word in sentence.words)
    name = before[-1] if before else "surname" if took and after else after[0] if after else ""
    if name == "birth":
        return ""
    if name == "given_name" and before and "patronymic" in before[-2:]:
        name = "patronymic"
    if not name and is_elsewhere(sentence.text):
        return ""
    if not name and found.last in NAMES:
        name = found.last
    return name or _unsaid(item, sentence, found)


def _unsaid(item: Item, sentence: Sentence, found: Found) -> str:
    """Return the field of a name that no word tells: by its shape, or since the writer married."""
    shape = shape_of(item.spot.text)
    if shape == "patronymic":
        beside = any(shape_of(one.text) == "surname" for one, _ in spots_of("name", sentence))
        return (
            "" if beside and key_of(item.spot.text).endswith("ли") else shape
        )  # «не Бабаев, а Бабайулы»: which is it?
    if sentence.heard & {"not", "not_behind"} and _CALLED.search(sentence.text):
        return "given_name"  # «меня зовут не Алёна, а Елена»
    own = "own" in sentence.heard
    names = [spot for spot, _ in spots_of("name", sentence)]
    several = len(names) > 1 and all(shape_of(one.text) == "surname" for one in names)
    among = own or several or item.framed or "surname" in found.old or found.about & {"amiss", "marriage"}
    if "took" in sentence.heard or "marriage" in found.about or (shape == "surname" and among):
        return "surname"
    return "full_name" if sentence.heard & {"new", "old"} and own else ""


def _single(text: str) -> bool:
    """Tell whether a name is one, particles apart: «Ван дер Берг», "van der Linden"."""
    first = text.split()[0].casefold()
    return first in FOREIGN or sum(word[0].isupper() for word in text.split()) == 1
