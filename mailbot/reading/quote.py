"""Split a mail's text into what the person wrote now, the signature, and quoted history.

Structure comes first (`>` lines and the like, and what headings.py and headerblock.py know of the lines above them), so
that an unknown mail client is still cut in the right place. Every line of the input is kept in exactly one of the three
parts; only a line that own words share with a heading is parted. It renders no HTML (html.py) and reads no meaning
(classify.py, extract.py).

Serves RFC 3676 section 4.3 (the "-- " delimiter) and 4.5 (quoting); a quoted line that is acted upon is worse than an
own line that is not.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mailbot.reading.headerblock import header, is_header_block
from mailbot.reading.headings import (
    HEADING_LINES,
    forward_end,
    heading,
    heading_above,
    is_rule,
    is_short,
    is_title,
    shared,
)
from mailbot.reading.leaders import unified
from mailbot.reading.signature import LONGEST, next_text, signature_span

_INVISIBLE = re.compile("[\u200b-\u200f\u2060\ufeff\u00ad\u202a-\u202e\u2066-\u2069\u061c]")
_LINK_IN_BRACKETS = re.compile(r"[(<]https?://[^\s()<>]{1,2000}[)>]? ?>")
MARKERS = {
    "kk": "Жауабыңызды осы жолдың үстіне жазыңыз",
    "ru": "Ответ пишите над этой строкой",
    "en": "Please write your answer above this line",
}  # the first line of our own mails that wait for an answer, so that our text is never read as the person's
_OURS = frozenset(marker.casefold() for marker in MARKERS.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """One text in three parts; lines keep their order, outer blank lines are gone."""

    own: str
    signature: str
    quoted: str


def split(text: str) -> Split:
    """Split a body into own text, signature and quoted history.

    `text` is plain text with LF or CRLF line ends; every non-blank line of it is in exactly one part, unchanged but for
    its line end; a heading behind own words on one line is a line of its own. Time is linear in the length. Raises:
    nothing. Source: RFC 3676 sections 4.3 and 4.5.
    """
    lines = _parted(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    hidden = _INVISIBLE.search(text) is not None
    views = unified([_view(line, hidden=hidden) for line in lines])
    marks = ["o"] * len(lines)
    _mark_quotes(views, marks)
    _mark_signatures(views, marks)
    own, signature, quoted = (
        "\n".join(line for line, mark in zip(lines, marks, strict=True) if mark == part).strip("\r\n") for part in "osq"
    )
    return Split(own=_trim(own), signature=_trim(signature), quoted=_trim(quoted))


def _trim(text: str) -> str:
    """Drop blank lines at both ends, and nothing of a line that has text."""
    lines = text.split("\n")
    while lines and not lines[-1].strip():
        lines.pop()
    first = next((number for number, line in enumerate(lines) if line.strip()), len(lines))
    return "\n".join(lines[first:])


def _view(line: str, *, hidden: bool) -> str:
    """Return the line as its reader sees it: no `hidden` characters, plain single-width blanks, no outer blanks."""
    if len(line) > 2 * LONGEST:
        line = line.lstrip()[: 2 * LONGEST]  # still too long for a heading, and cheap to look at
    return " ".join((_INVISIBLE.sub("", line) if hidden else line).split())


def _parted(lines: Sequence[str]) -> list[str]:
    """Break a line in two where a heading stands behind the person's own words, above a quoted line."""
    parted: list[str] = []
    for line, below in zip(lines, [*lines[1:], ""], strict=True):
        start = shared(line) if below.lstrip().startswith(">") and len(line) <= LONGEST else 0
        parted += [line[:start], line[start:].lstrip()] if start else [line]
    return parted


def _mark_quotes(views: Sequence[str], marks: list[str]) -> None:
    above = False  # whether own text stands above
    quoted = False  # whether a block of `>` lines stands above
    headers = [header(view) for view in views]
    end = 0  # the line below a forwarded mail
    for number, view in enumerate(views):
        if number < end:
            continue
        if _is_marked(view):
            marks[number] = "q"
            if number == 0 or not _is_marked(views[number - 1]):
                _mark_heading_above(views, marks, number, not quoted)
            quoted = True
        elif view and (length := _cut(views, number, above) or is_header_block(views, headers, number, above)):
            below = next_text(views, number + length)
            if below < len(views) and _is_marked(views[below]):
                marks[number : number + length] = ["q"] * length
                continue
            end = forward_end(views, number)
            marks[number:end] = ["q"] * (end - number)
            _mark_rule_above(views, marks, number)
        elif number and marks[number - 1] == "q" and _is_broken_off(views, number):
            marks[number] = "q"
        above = above or bool(view and marks[number] == "o")


def _is_marked(view: str) -> bool:
    """Tell whether a line is quoted by its first character; ">>> words <<<" is decoration."""
    return view.startswith(">") and not (view.startswith(">>") and view.endswith("<<"))


def _is_broken_off(views: Sequence[str], number: int) -> bool:
    """Tell whether a line without `>` is the broken-off end of the `>` line above."""
    above, view = views[number - 1], views[number]
    below = views[number + 1] if number + 1 < len(views) else ""
    if not (_is_marked(above) and view and (not below or _is_marked(below))):
        return False
    if _is_marked(below) and (_LINK_IN_BRACKETS.fullmatch(view) or _closes_link(above, view)):
        return True
    return len(above) >= 60 and above[-1] not in ".?!:" and view[0].islower()


def _closes_link(above: str, view: str) -> bool:
    """Tell whether a link in brackets starts in one line and ends in the next."""
    return any(
        above.rfind(opening + "http") > above.rfind(closing) and view.endswith(closing) and " " not in view
        for opening, closing in ("()", "<>")
    )


def _mark_rule_above(views: Sequence[str], marks: list[str], number: int) -> None:
    """Give a rule above a header block to the quote, and a title in dashes of any language."""
    number -= 1
    while number >= 0 and (not views[number] or is_rule(views[number])):
        marks[number] = "q"
        number -= 1


def _mark_heading_above(views: Sequence[str], marks: list[str], number: int, alone: bool) -> None:
    """Mark the heading of the `>` block that starts at `number`, whatever its language."""
    last = number - 1
    while last >= 0 and number - last <= 2 and not views[last]:
        last -= 1
    if last < 0:
        return
    length = heading_above(views, last, [mark == "o" for mark in marks[max(last - HEADING_LINES, 0) : last + 1]], alone)
    marks[last + 1 - length : last + 1] = ["q"] * length


def _cut(views: Sequence[str], number: int, above: bool) -> int:
    """Return how many lines the mark that starts quoted history at this line has, 0 where there is none."""
    view = views[number]
    if view.casefold() in _OURS or is_title(view) or (above and is_short(view)):
        return 1
    return heading(views, number)


def _mark_signatures(views: Sequence[str], marks: list[str]) -> None:
    """Mark what follows a delimiter, a mail program's own line or a sign-off, down to the next quoted line."""
    start = 0
    while start < len(views):
        if marks[start] == "q":
            start += 1
            continue
        end = start
        while end < len(views) and marks[end] != "q":
            end += 1
        last = start
        for _ in range(
            2 if any(views[start:end]) else 0
        ):  # own words below a signature may have a program's line below
            first, last = signature_span(views, last, end)
            marks[first:last] = ["s"] * (last - first)
        start = end
