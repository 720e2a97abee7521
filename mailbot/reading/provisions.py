"""Find what a published policy provides: the data it names, its purposes, terms, transfers, who answers, by when.

By the words of promises.toml, clause by clause; a definition counts as a mention. It judges nothing (deciding/lint.py).
Serves the content of a consent: art. 8(4), 12(2) and 25(2) of the law 94-V.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Literal

from mailbot.reading.clauses import Clause
from mailbot.reading.lookalikes import level
from mailbot.reading.promises import patterns, words

Topic = Literal["storage", "news", "correction", "destruction", "answer", ""]
_UPPER = "A-ZА-ЯЁӘҒҚҢӨҰҮҺІ"
_FORMS = (
    "ТОО|ИП|АО|ООО|НАО|ПК|КХ|ЖШС|ЖК|АҚ|КЕАҚ|LLP|LLC|JSC|Ltd|Inc|IE|[Ии]ндивидуальн\\w+ предпринимател\\w+|"
    "[Жж]еке кәсіпкер\\w*|[Тт]овариществ\\w+ с ограниченной ответственностью|"
    "[Жж]ауапкершілігі шектеулі серіктесті\\w+|[Ii]ndividual entrepreneur|[Ss]ole proprietor"
)
_COMPANY = re.compile(
    rf"(?<!\w)(?=\w)(?:{_FORMS})(?!\w)\.?\s{{0,3}}[«\"“„]?\s{{0,3}}[{_UPPER}]|"
    rf"(?:(?<![\w.&-])[{_UPPER}][\w.&-]{{0,60}}|[»\"”](?=[\s,\w]))\s{{0,3}},?\s{{0,3}}(?:{_FORMS})(?!\w)"
)
_OPERATOR = re.compile(r"оператор|operator|controller|собственник|меншік иес")
_HEREINAFTER = re.compile(
    r"\([^()]{0,60}?(?:бұдан әрі|далее|hereinafter|hereafter)\b[^)]{0,60}?"
    r"(?:оператор|operator|controller|компани|company)"
)
_NAME_BEFORE = re.compile(rf"(?:[{_UPPER}][\w.&-]+|[»\"”])\s*,?$|[{_UPPER}][\w-]+ [{_UPPER}][\w.-]+|(?:{_FORMS})(?!\w)")
_BEFORE = 70  # characters before "hereinafter the operator" that may hold the name
_OPENING = 20_000  # characters of a clause in which a company is looked for
_FIRST = 8  # clauses in which a company is the operator, also where that word is missing
_NAMED = re.compile(
    rf"(?:Оператор|Operator|Controller)(?:дың аты)?\s*(?:[:–—-]|is)\s*[«\"“]?[{_UPPER}][\w.-]+\s+[{_UPPER}]"
)
_NUMBER = re.compile(r"(?<!\w)(?:БСН|ЖСН|БИН|ИИН|BIN|IIN)\W{0,5}\d{12}(?!\d)")
_HOURS_A_DAY, _DAYS = 24, {"day": 1, "week": 7, "month": 30, "year": 365}
_LONG = 90  # days from which a term is one of storage


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A place in the policy."""

    clause: Clause
    offset: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """A term that the policy names."""

    text: str
    days: int
    working: bool
    topic: Topic
    spot: Spot


def fields(found: tuple[Clause, ...]) -> tuple[dict[str, Spot], dict[str, Spot]]:
    """Return the data that the policy names: those that mailbot keeps, and others; each with its first place.

    Raises nothing. Source: policy section 2; law, art. 8(4).
    """
    table = words()
    plain = [level(clause.text) for clause in found]
    telling = [_named(text, [name for name in table["field"] if name != "email"]) for text in plain]
    ours: dict[str, Spot] = {}
    others: dict[str, Spot] = {}
    for at, clause in enumerate(found):
        if not any(telling[max(at - 2, 0) : at + 3]):
            continue
        for name in table["field"]:
            if hit := patterns("field", name).search(plain[at]):
                ours.setdefault(name, Spot(clause=clause, offset=hit.start()))
        for name in table["other"]:
            if hit := patterns("other", name).search(plain[at]):
                others.setdefault(name, Spot(clause=clause, offset=hit.start()))
    return ours, others


def provisions(found: tuple[Clause, ...]) -> dict[str, Spot]:
    """Return what of purpose, term, transfer, cross_border, publication and withdrawal is spoken of, and where.

    Raises nothing. Source: law, art. 8(4).
    """
    spoken: dict[str, Spot] = {}
    for clause in found:
        plain = level(clause.text)
        for name in words()["provision"]:
            if name not in spoken and (hit := patterns("provision", name).search(_of_data(clause, plain, name))):
                spoken[name] = Spot(clause=clause, offset=hit.start())
    return spoken


def _of_data(clause: Clause, plain: str, name: str) -> str:
    """Return a clause with blanks for each sentence that speaks of something else by the same words."""
    if name not in words()["elsewhere"]:
        return plain
    for start, sentence in clause.sentences():
        end = start + len(sentence)
        if patterns("elsewhere", name).search(plain, start, end):
            plain = plain[:start] + " " * len(sentence) + plain[end:]
    return plain


def unlimited(found: tuple[Clause, ...]) -> tuple[Spot, ...]:
    """Return where the term of processing or storage is said to have no end. Raises nothing. Source: art. 12(2)."""
    return tuple(spot for clause in found for spot in _unlimited(clause))


def restorable(found: tuple[Clause, ...]) -> tuple[Spot, ...]:
    """Return where destruction leaves a way back. Raises nothing. Source: policy section 2, definition 13."""
    spots = []
    for clause in found:
        plain = level(clause.text)
        hit = patterns("restorable", "says").search(plain)
        if hit and patterns("restorable", "of").search(plain):
            spots.append(Spot(clause=clause, offset=hit.start()))
    return tuple(spots)


def operator(found: tuple[Clause, ...]) -> tuple[Spot | None, Spot | None]:
    """Return where the operator is named, and where its BIN or IIN stands. Raises nothing. Source: art. 8(4)."""
    name = number = None
    for at, clause in enumerate(found):
        plain = level(clause.text)
        after = _HEREINAFTER.search(plain)
        company = _COMPANY.search(clause.text, 0, _OPENING) if at < _FIRST or _OPERATOR.search(plain) else None
        hit = company or _NAMED.search(clause.text)
        if name is None and hit:
            name = Spot(clause=clause, offset=hit.start())
        elif (
            name is None
            and after
            and _NAME_BEFORE.search(clause.text[max(after.start() - _BEFORE, 0) : after.start()].rstrip())
        ):
            name = Spot(clause=clause, offset=max(after.start() - 20, 0))
        digits = _NUMBER.search(clause.text)
        if number is None and digits:
            number = Spot(clause=clause, offset=digits.start())
    return name, number


def hereinafter(found: tuple[Clause, ...]) -> Spot | None:
    """Return where the policy says "hereinafter the operator", before which the name belongs. Raises nothing."""
    for clause in found:
        if hit := _HEREINAFTER.search(level(clause.text)):
            return Spot(clause=clause, offset=hit.start())
    return None


def deadlines(found: tuple[Clause, ...]) -> tuple[Deadline, ...]:
    """Return every term in days, weeks, months, years or hours, with what it is for. Raises nothing."""
    return tuple(one for clause in found for start, text in clause.sentences() for one in _terms(clause, start, text))


def _named(text: str, names: list[str]) -> bool:
    return any(patterns("field", name).search(text) for name in names)


def _unlimited(clause: Clause) -> Iterator[Spot]:
    for start, sentence in clause.sentences():
        plain = level(sentence)
        said = patterns("unlimited", "but").sub(lambda found: " " * len(found.group()), plain)
        hit = patterns("unlimited", "says").search(said)
        if hit is None or patterns("unlimited", "policy").search(plain):
            continue
        if patterns("unlimited", "of").search(plain) and patterns("unlimited", "term").search(plain):
            yield Spot(clause=clause, offset=start + hit.start())


@cache
def _term() -> re.Pattern[str]:
    units = "|".join(f"(?P<{name}>(?:{'|'.join(stems)}))" for name, stems in words()["deadline"]["unit"].items())
    numbers = "|".join(sorted(words()["number"], key=len, reverse=True))
    kind = r"(?:(?P<kind>күнтізбелік|жұмыс|рабоч\w+|календарн\w+|working|business|calendar) )?"
    return re.compile(
        rf"(?<![\w.,])(?P<number>\d{{1,3}}|{numbers})(?: ?\([^)]{{1,30}}\))?[ -]{kind}(?:{units})\w{{0,6}}\b"
    )


def _terms(clause: Clause, start: int, sentence: str) -> Iterator[Deadline]:
    plain = level(sentence)
    told: tuple[Topic, ...] | None = None
    for found in _term().finditer(plain):
        before = patterns("deadline", "before").search(plain, max(found.start() - 25, 0), found.start())
        if not before and not patterns("deadline", "after").search(plain, found.end(), found.end() + 25):
            continue
        told = (_topics(plain) or _topics(level(clause.text[:start]))) if told is None else told
        number = words()["number"].get(found["number"]) or int(found["number"])
        unit = next(name for name in ("hour", *_DAYS) if found[name])
        days = math.ceil(number / _HOURS_A_DAY) if unit == "hour" else number * _DAYS[unit]
        working = bool(found["kind"] and patterns("deadline", "working").search(found["kind"]))
        yield Deadline(
            text=sentence[found.start() : found.end()], days=days, working=working,
            topic=_topic(told, days), spot=Spot(clause=clause, offset=start + found.start()),
        )  # fmt: skip


def _topics(plain: str) -> tuple[Topic, ...]:
    """Return what a text speaks of, the weightiest first."""
    names: tuple[Topic, ...] = ("news", "correction", "destruction", "answer", "storage")
    return tuple(name for name in names if patterns("topic", name).search(plain))


def _topic(told: tuple[Topic, ...], days: int) -> Topic:
    """Return what a term is for: a long one is for storage."""
    return "storage" if days > _LONG else told[0] if told else ""
