"""Find where the signature starts: a delimiter, a mail program's own line, or a sign-off with few short lines below.

It looks at lines that quote.py has cleaned of invisible characters, and knows nothing of quotes. Serves RFC 3676
section 4.3 (the "-- " delimiter); the rest is custom, its words are in signature.toml.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Sequence
from importlib.resources import files

LONGEST = 400  # characters; a longer line is prose, never a heading, a label or a sign-off


def _any(words: Iterable[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(set(words), key=len, reverse=True))


_TABLE = tomllib.loads(files("mailbot.reading").joinpath("signature.toml").read_text("utf-8"))
_UNDERSCORES = re.compile(r"^_{2,}$")
_APOLOGY = (
    r"(?:[,.]? ?(?:please |pls )?(?:excuse|pardon|forgive|ignore|sorry for|извините за|простите за)[^;!?]{0,80})?"
)
_SENT_FROM = re.compile(rf"^(?:{_any(_TABLE['sent'])})[^,;!?]{{1,90}}?{_APOLOGY}$", re.IGNORECASE)
_SENT_FROM_END = re.compile(rf"^[^,;!?]{{2,90}}(?:{_any(_TABLE['sent_end'])})(?: ?<[^>]*>)?\.?$", re.IGNORECASE)
_SHORTLY = re.compile(  # few words, so that a sentence which begins so is the person's own
    rf"^(?:sent from my [\w-]{{1,20}}{_APOLOGY}|(?:(?:sent )?from my|sent by|från min) (?:{_any(_TABLE['devices'])})"
    r"[\w-]{0,20}(?: \w{1,8}){0,2})$",
    re.IGNORECASE,
)
_GET_APP = re.compile(
    rf"^(?:(?:{_any(_TABLE['get'])}).{{0,4}} ?(?:{_any(_TABLE['programs'])})[^,;!?]{{0,90}}|"
    rf"(?:outlook|ios|android) [^,;!?]{{2,40}} ?(?:{_any(_TABLE['get_end'])}))$",
    re.IGNORECASE,
)
_LINK = re.compile(r" ?<[^<> ]{0,300}>|https?://\S{1,300}")
_DEVICE_WORD = re.compile(_any(_TABLE["devices"]), re.IGNORECASE)
_SIGN_OFF = re.compile(rf"^(?:{_any(_TABLE['sign_offs'])})(?![\w-])", re.IGNORECASE)
_THANKS = re.compile(rf"^(?:{_any(_TABLE['thanks'])})[\s,.!)]{{0,4}}$", re.IGNORECASE)
_LIST = re.compile(r"mailing list|listinfo|mailman|googlegroups|рассылк|тарату тізім", re.IGNORECASE)
_WORDS = re.compile(r"[^\W\d_]+")
_NAME_LINE = re.compile(r"^[^\W\d_][\w'’.-]{0,30}(?: [^\W\d_][\w'’.-]{0,30}){0,3}$")
_POSTSCRIPT = re.compile(r"^(?:p\. ?s|п\. ?с|з\. ?ы|ps|пс|зы|қосымша)[.:) ]", re.IGNORECASE)
_SIGNATURE_LINES = 10
_SIGNATURE_WIDTH = 100


def next_text(views: Sequence[str], number: int) -> int:
    """Return the first line from `number` on that is not blank, `len(views)` where none is. Raises: nothing."""
    while number < len(views) and not views[number]:
        number += 1
    return number


def signature_start(views: Sequence[str], start: int, end: int) -> int:
    """Return the first line of the signature among own lines `start` to `end`, `end` where there is none.

    `views` are cleaned lines. Raises: nothing. Source: RFC 3676 section 4.3.
    """
    above = False
    tail = _tail(views, start, end)
    first = next_text(views, start)
    if start and first < end and first >= tail and _UNDERSCORES.match(views[first]):
        return first  # a mailing list's footer below the quote
    for number in range(start, end):
        view = views[number]
        if not view or len(view) > LONGEST:
            above = above or bool(view)
            continue
        if (
            view in ("--", "- -")
            or (number >= tail and above and view in ("—", "–"))
            or (above and _is_program_line(view))
        ):
            return number
        if number >= tail and (_is_sign_off(views, number, end) or (above and _is_footer(views, number, end))):
            return number
        if not above and _is_program_line(view) and next_text(views, number + 1) >= end:
            return number
        above = True
    return end


def _tail(views: Sequence[str], start: int, end: int) -> int:
    """Return the line from which so few and so short lines follow that they can be a signature."""
    seen = 0
    for number in range(end - 1, start - 1, -1):
        if views[number]:
            seen += 1
            if seen > _SIGNATURE_LINES or len(views[number]) > _SIGNATURE_WIDTH:
                return number + 1
    return start


def _is_program_line(view: str) -> bool:
    view = _LINK.sub("", view).strip("<>()[] ")
    if _GET_APP.match(view) or _SHORTLY.match(view):
        return True
    return bool((_SENT_FROM.match(view) or _SENT_FROM_END.match(view)) and _DEVICE_WORD.search(view))


def _is_sign_off(views: Sequence[str], number: int, end: int) -> bool:
    view = views[number]
    found = _SIGN_OFF.match(view)
    if found:
        return len(view) <= 80 and _names(view[found.end() :])
    if not _THANKS.match(view):
        return False
    below = next_text(views, number + 1)
    return below < end and bool(_NAME_LINE.match(views[below]))


def _is_footer(views: Sequence[str], number: int, end: int) -> bool:
    return bool(_UNDERSCORES.match(views[number])) and any(_LIST.search(below) for below in views[number + 1 : end])


def _names(rest: str) -> bool:
    """Tell whether nothing but a name follows a sign-off: "С уважением прошу изменить телефон" is a sentence."""
    words = _WORDS.findall(rest)
    if not words or (len(words) <= 2 and rest.lstrip().startswith((",", ".", "!", "-", "–", "—", "/"))):
        return True
    return len(words) <= 8 and not words[0][0].islower()


def is_postscript(view: str) -> bool:
    """Tell whether a line opens a postscript, which is the person's own again. Raises: nothing."""
    return bool(_POSTSCRIPT.match(view))
