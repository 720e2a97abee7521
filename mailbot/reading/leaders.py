"""Recognise quoted lines that start with something else than ">": "AB> text" of The Bat!, "| text", ": text".

A leader counts only where it is used consistently, so that "a > b" and a drawn table stay the person's own. It looks
at lines that quote.py has cleaned, and decides nothing but what their leader is. Serves RFC 3676 section 4.5.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from mailbot.reading.headings import heading_above
from mailbot.reading.signature import LONGEST

_INITIALS = re.compile(r"([^\W\d_]{1,3})(?=>{1,5}(?: |$))")
_BARS = ("|", "¦", ":")


def unified(views: Sequence[str]) -> list[str]:
    """Return the lines, with ">" for each other leader that is used consistently.

    Raises: nothing. Source: RFC 3676 section 4.5.
    """
    initials = [_initials(view) if ">" in view[1:4] else "" for view in views]
    bars = [view[0] if view[:1] in _BARS and view[1:2] in ("", " ") else "" for view in views]
    leaders = {leader for leader, times in Counter(initials).items() if leader and times > 1}
    leaders |= {leader for leader in set(bars) - {""} if _is_headed(views, bars, leader)}
    if not leaders:
        return list(views)
    return [
        view.removeprefix(initial) if initial in leaders else f">{view[1:]}" if bar in leaders else view
        for view, initial, bar in zip(views, initials, bars, strict=True)
    ]


def _initials(view: str) -> str:
    found = _INITIALS.match(view)
    return found[1] if found and found[1].isupper() else ""


def _is_headed(views: Sequence[str], bars: Sequence[str], leader: str) -> bool:
    """Tell whether a heading stands above the first line with a leader, and no such line is closed as a table's is."""
    first = next((number for number, bar in enumerate(bars) if bar == leader), 0)
    last = first - 1
    while last >= 0 and first - last <= 2 and not views[last]:
        last -= 1
    if last < 0 or len(views[last]) > LONGEST or views[first].endswith(" |"):
        return False
    start = max(last - 3, 0)
    return heading_above(views[: last + 1], last, [True] * (last + 1 - start), alone=False) > 0
