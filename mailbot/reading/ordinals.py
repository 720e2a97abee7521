"""The numbers of an ordered list's items, as a browser shows them (WHATWG HTML section 4.4.5). Pure; draws no line.

`start`, `reversed` and `type` of the list, `value` and `type` of an item, and the style that names a kind of number.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

Attributes = Mapping[str, str | None]
_STYLE = re.compile(
    r"list-style(?:-type)?\s*:[^;]{0,60}?\b(none|decimal|(?:lower|upper)-(?:alpha|latin|roman))\b", re.I
)
_KINDS = {"a": "lower-alpha", "A": "upper-alpha", "i": "lower-roman", "I": "upper-roman", "1": "decimal"}
_ROMAN = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"),
    (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip
_MOST = 3_999  # that Roman numerals can write


@dataclass(slots=True)
class Count:
    """One open list; `ordered` is false for one of bullets, which has no numbers."""

    ordered: bool
    kind: str
    next: int
    step: int

    def mark(self, item: Attributes) -> str:
        """Return what stands before the next item, with a blank behind it; "" for none. Raises nothing."""
        number = _whole(item.get("value"), self.next)
        self.next = number + self.step
        kind = _kind(item, self.kind)
        return f"{_written(number, kind)}. " if self.ordered and kind != "none" else ""


def count(tag: str, attributes: Attributes, items: int) -> Count:
    """Return the count of a list that opens; `items` is how many it has, for one that counts down. Raises nothing."""
    down = "reversed" in attributes
    start = _whole(attributes.get("start"), items if down else 1)
    return Count(ordered=tag == "ol", kind=_kind(attributes, "decimal"), next=start, step=-1 if down else 1)


def _whole(text: str | None, default: int) -> int:
    found = re.match(r"\s*([+-]?\d{1,6})", text or "")
    return int(found[1]) if found else default


def _kind(attributes: Attributes, default: str) -> str:
    styled = _STYLE.search(attributes.get("style") or "")
    return styled[1].lower() if styled else _KINDS.get((attributes.get("type") or "").strip(), default)


def _written(number: int, kind: str) -> str:
    case, _, letters = kind.partition("-")
    if not letters or not 0 < number <= _MOST:
        return str(number)
    text = _roman(number) if letters == "roman" else _alpha(number)
    return text.upper() if case == "upper" else text


def _roman(number: int) -> str:
    text = ""
    for value, letters in _ROMAN:
        times, number = divmod(number, value)
        text += letters * times
    return text


def _alpha(number: int) -> str:
    text = ""
    while number:
        number, letter = divmod(number - 1, 26)
        text = chr(ord("a") + letter) + text
    return text
