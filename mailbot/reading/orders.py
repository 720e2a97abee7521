"""Read the operator's answer to her list: one line, one order («3 иә», «4 нет: причина», "5 spam"), in any language.

A line counts whole or not at all: whoever writes more than an order is not guessed at. Whether the writer is the
operator, and what an order does to which card, is not known here.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from mailbot.reading.fold import clean, fold
from mailbot.reading.lexicon import Lexicon

Verb = Literal["yes", "no", "spam", "but"]  # "but": a yes with words behind it that are set off by no colon
LINES = 60
MOST_NOTE = 500
_ENDS = ".,:;!?()-"
_NUMBERS = r"\d{1,3}(?: ?[,; ] ?\d{1,3}){0,49}"
_NUMBERED = re.compile(rf"(?:№ ?)?({_NUMBERS}) ?[).:-]{{0,2}} ?(\D.*)")
_NOTED = re.compile(r"([^:,-]{1,40}?) ?([:,-]) ?(.*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One order: on which cards (none named: the only one), which verb, and what she wrote behind it."""

    numbers: tuple[int, ...]
    verb: Verb
    note: str = ""
    line: str = ""  # as she wrote it


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """What an answer orders, and its lines that are none."""

    orders: tuple[Order, ...] = ()
    unread: tuple[str, ...] = ()
    tried: bool = True  # something in it looks like an order; else a machine may have written it


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(files("mailbot.reading").joinpath("orders.toml").read_text("utf-8"))


@cache
def _verbs() -> dict[str, Verb]:
    verbs: tuple[Verb, ...] = ("yes", "no", "spam")
    return {fold(word): verb for verb in verbs for word in _table()[verb]}


def orders(own_text: str, signature: str, lexicon: Lexicon) -> Orders:
    """Return what the lines of an answer order; greetings, thanks and blank lines are passed over. Raises nothing.

    `own_text`: what she wrote now, without quotes and signature; an order that stands in the latter is no sure one.
    """
    found: list[Order] = []
    unread = [line for line in map(clean, signature.split("\n")[:LINES]) if _line(line)]
    signed = False
    lines = [line for line in map(clean, own_text.split("\n")) if line]
    for line in lines[:LINES]:
        read, words = [_bare(each, line, lexicon) for each in _line(line)], tuple(fold(line).split())
        if signed:
            unread += [line[:MOST_NOTE]] if read else []  # an order below the name is no sure one
            continue
        found += read
        signed = not read and _begins(words, lexicon.sign_offs)
        polite = not words or words in lexicon.phrases["courtesy"] or _begins(words[:4], lexicon.greetings)
        if not (read or signed or (polite and len(words) <= 4)):
            unread.append(line[:MOST_NOTE])
    tried = bool(found) or any(_is_try(line) for line in unread)
    return Orders(orders=tuple(found), unread=(*unread, *lines[LINES:][:1]), tried=tried)


def _line(line: str) -> list[Order]:
    """Return the orders of a line: one, or several without a reason; none where any part of it is none."""
    parts = [_order(part.strip()) for part in re.split("[,;]", line)]
    if len(parts) > 1 and all(part is not None and part.numbers and not part.note for part in parts):
        return [part for part in parts if part is not None]
    whole = _order(line)
    more = [_order(part.strip()) for part in re.split("[,;.]", whole.note)] if whole else []
    if whole is None or any(part is not None and part.numbers for part in more):
        return []  # a reason and another order: where the one ends is not guessed
    return [whole]


def _is_try(line: str) -> bool:
    """Tell whether a line that is no order begins as one, with a number or a word of an order behind at most one."""
    words = fold(line).split()
    return bool(words) and (words[0][0].isdigit() or any(word.strip(_ENDS) in _verbs() for word in words[:2]))


def _bare(order: Order, line: str, lexicon: Lexicon) -> Order:
    """Return the order with its line; thanks behind it are no reason and prove nothing."""
    thanks = tuple(fold(order.note).split()) in lexicon.phrases["courtesy"]
    verb: Verb = "yes" if thanks and order.verb == "but" else order.verb
    return replace(order, verb=verb, note="" if thanks else order.note, line=line[:MOST_NOTE])


def _order(text: str) -> Order | None:
    numbered = _NUMBERED.fullmatch(text)
    numbers = tuple(int(each) for each in re.findall(r"\d+", numbered[1])) if numbered else ()
    rest = numbered[2] if numbered else text
    verb = _verbs().get(fold(rest))
    if verb is not None:
        return Order(numbers=numbers, verb=verb)
    noted = _NOTED.fullmatch(rest)
    verb = _verbs().get(fold(noted[1])) if noted else None
    if noted is None or verb is None or not noted[3].strip():
        return None
    if re.fullmatch(_NUMBERS, noted[3]):  # the number behind the word; behind a number it is neither that nor a reason
        return None if numbers else _order(f"{noted[3]} {noted[1]}")
    verb = "but" if verb == "yes" and noted[2] != ":" else verb
    return Order(numbers=numbers, verb=verb, note=noted[3].strip()[:MOST_NOTE])


def _begins(words: tuple[str, ...], phrases: tuple[tuple[str, ...], ...]) -> bool:
    return any(words[: len(each)] == each for each in phrases)


def reason_of(note: str) -> str:
    """Return the code of a reason that is written in words, "other" where it is one of her own. Raises nothing."""
    wanted = fold(note)
    codes: dict[str, list[str]] = _table()["reasons"]
    return next((code for code, words in codes.items() if wanted in (code, *map(fold, words))), "other")
