"""Tell a card below a letter (a name, and nothing but ways to reach its owner) from the person's own words.

In doubt the words are the person's own: a name and a number below a letter that asks for a change without saying which
may be the change itself. It looks at lines that quote.py has cleaned; where a card may stand is signature.py's matter.
Custom, no RFC; its words are in card.toml.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from importlib.resources import files

_TABLE = tomllib.loads(files("mailbot.reading").joinpath("card.toml").read_text("utf-8"))
_SPEAKS, _ROWS, _FIELDS, _PHONES, _MAILS, _DATA, _UNCHANGED, _NAMES, _COMPANIES = (
    re.compile("|".join(_TABLE[name]), re.IGNORECASE)
    for name in ("speaks", "rows", "fields", "phones", "mails", "data", "unchanged", "names", "companies")
)
_POSTSCRIPT = re.compile(r"^(?:p\. ?s|п\. ?с|з\. ?ы|ps|пс|зы|қосымша)[.:) ]", re.IGNORECASE)
_CAPITALISED = r"[^\W\d_a-zа-яёәғқңөұүһі][\w'’-]{0,30}"
_INITIAL = r"[^\W\d_a-zа-яёәғқңөұүһі]\. ?"
_PERSON = re.compile(
    rf"(?:(?:{_INITIAL}){{1,2}}{_CAPITALISED}|{_CAPITALISED} (?:{_INITIAL}){{1,2}}|"
    rf"{_CAPITALISED}(?: {_CAPITALISED}){{1,2}}),?"
)
_CONTACT = re.compile(r"\+?[\d(][\d() –-]{5,24}|[^\s@<>]{1,64}@[\w.-]{3,80}|(?:https?://|www\.)\S{3,200}")
_VALUE = re.compile(r"\d(?:[ ()-]{0,3}\d){3}|@")
_NUMBER = re.compile(r"\d(?:[ ()-]{0,3}\d){6}")
_CAPITAL_INSIDE = re.compile(r"[^\W\d_A-ZА-Я][,:]? [—–«\"]{0,2} ?[A-ZА-ЯЁӘҒҚҢӨҰҮҺІ][\w'’-]")
_LETTER = 20_000  # characters of a letter that are looked at
_WIDTH = 100
_RULED_LINES = 8


def is_postscript(view: str) -> bool:
    """Tell whether a line opens a postscript, which is the person's own again. Raises: nothing."""
    return _POSTSCRIPT.match(view) is not None


def is_own_again(view: str, above: str = "") -> bool:
    """Tell whether a line below a signature's start is the person's own words again; `above` is the line above it.

    Raises: nothing.
    """
    if not view or len(view) > 4 * _WIDTH:
        return False
    if is_postscript(view) or _FIELDS.search(view):
        return True
    return not above and _SPEAKS.search(view) is not None and not _ROWS.search(view)


def is_card(views: Sequence[str], start: int, number: int, end: int, *, ruled: bool) -> bool:
    """Tell whether the lines from `number` to `end` are a card below the letter that starts at `start`.

    `ruled`: below a rule, where a card may name a job and a company, too. Raises: nothing.
    """
    card = [view for view in views[number:end] if view]
    if not card or len(card) > _RULED_LINES or any(len(view) > _WIDTH for view in card):
        return False
    fits = _is_business(card) if ruled else _is_plain(card)
    return fits and _is_complete([view for view in views[start:number] if view], ruled)


def _is_plain(card: Sequence[str]) -> bool:
    """Tell whether lines are a name, and below it numbers and addresses without a word."""
    return len(card) > 1 and bool(_PERSON.fullmatch(card[0])) and all(map(_CONTACT.fullmatch, card[1:]))


def _is_business(card: Sequence[str]) -> bool:
    """Tell whether lines start with a person or a company, and none says more than a card does."""
    return bool(_PERSON.fullmatch(card[0]) or _COMPANIES.search(card[0])) and not any(map(_is_said, card))


def _is_said(view: str) -> bool:
    """Tell whether a line is more than a card's."""
    return is_own_again(view) or view[-1] in "?!:;" or len(view.split()) > 12


def _is_complete(letter: Sequence[str], ruled: bool) -> bool:
    """Tell whether the letter says all that it asks for, so that nothing of it stands in the card."""
    if ruled:
        letter = letter[:-1]  # the rule
    text = "\n".join(letter)[-_LETTER:]
    if not letter or letter[-1].endswith(":") or _asks_without_value(text):
        return False
    return ruled or bool(_VALUE.search(text) or (_NAMES.search(text) and _CAPITAL_INSIDE.search(text)))


def _asks_without_value(text: str) -> bool:
    if _UNCHANGED.search(text):
        return False
    number, address = _NUMBER.search(text), "@" in text
    return bool(
        (not number and _PHONES.search(text))
        or (not address and _MAILS.search(text))
        or (not number and not address and _DATA.search(text))
    )
