"""Read numbers written in words, as dates spell them: «двадцать третьего», «бір мың тоғыз жүз», "nineteen ninety".

Only what is well formed: a sum whose parts fall. The words stand in numerals.toml. Serves policy section 2 (date of
birth).
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from itertools import pairwise

from mailbot.reading.fold import fold

_OF_DAY = tuple("сы сі ы і ысы ында інде сында сінде ысында ыншысы іншісі ыншысында іншісінде".split())  # noqa: SIM905


@cache
def _numbers() -> dict[str, tuple[int, bool]]:
    """Return folded number words with their value and whether they are ordinals."""
    table = tomllib.loads(files("mailbot.reading").joinpath("numerals.toml").read_text("utf-8"))
    found: dict[str, tuple[int, bool]] = {}
    for kind in ("cardinal", "ordinal"):
        for listed in table[kind].values():
            typed = listed.split()
            for word, value in zip(typed[::2], typed[1::2], strict=True):
                found[fold(word)] = (int(value), kind == "ordinal")
    for word, value in list(zip(*[iter(table["cardinal"]["kk"].split())] * 2, strict=True)):
        for ending in _OF_DAY:  # «ақпанның он төртінде», «жиырма алтысы»
            found.setdefault(fold(word.removesuffix("ы").removesuffix("і") + ending), (int(value), True))
    return found


def is_number(word: str) -> bool:
    """Tell whether a folded word is part of a number in words. Raises: nothing."""
    return word in _numbers()


def in_digits(tokens: list[str]) -> list[str]:
    """Return folded tokens with each number in words as digits; what is none, or is ill formed, stays.

    Raises: nothing.
    """
    return [text for run in _runs(tokens) for text in _read(run)]


def _runs(tokens: list[str]) -> Iterator[list[str]]:
    """Yield the tokens one by one, and those that make up one number together."""
    run: list[str] = []
    for place, token in enumerate(tokens):
        number = _numbers().get(token)
        if token == "and" and run and place + 1 < len(tokens) and is_number(tokens[place + 1]):
            continue  # «two thousand and one»
        if number is None:
            if run:
                yield run
            run = []
            yield [token]
            continue
        run.append(token)
        if number[1]:
            yield run
            run = []
    if run:
        yield run


def _read(run: list[str]) -> list[str]:
    values = [_numbers()[word][0] for word in run if word in _numbers()]
    if len(values) != len(run):
        return run
    if len(values) > 1 and values[0] in (18, 19, 20) and 10 <= values[1] < 100:  # «nineteen ninety»
        values = [values[0] * 100, *values[1:]]
    total = _sum(values)
    return run if total is None else [str(total)]


def _sum(values: list[int]) -> int | None:
    """Return the number that falling parts add up to, None for parts that make none."""
    parts: list[int] = []
    for value in values:
        if value in (100, 1000) and parts and parts[-1] < 10:
            parts[-1] *= value
        else:
            parts.append(value)
    for part, following in pairwise(parts):
        below = 1000 if part >= 1000 else 100 if part >= 100 else 10 if part >= 10 else 0
        if following >= below:
            return None
    return sum(parts)
