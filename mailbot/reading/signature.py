"""Find the signature: below a delimiter or a sign-off, a mail program's own line, a company's note, a name and numbers.

It looks at lines that quote.py has cleaned of invisible characters, and knows nothing of quotes. In doubt a line is the
person's own. Serves RFC 3676 section 4.3 (the "-- " delimiter); the rest is custom, its words are in signature.toml,
what a card is (a name, numbers) in card.py.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Sequence
from importlib.resources import files

from mailbot.reading.card import is_card, is_own_again, is_postscript

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
_SORRY = re.compile(rf"^(?:{_any(_TABLE['sorry'])})[^.;!?@\d]{{0,60}}[,.] ", re.IGNORECASE)
_LINK = re.compile(r" ?<[^<> ]{0,300}>|https?://\S{1,300}")
_DEVICE_WORD = re.compile(_any(_TABLE["devices"]), re.IGNORECASE)
_SIGN_OFF = re.compile(rf"^(?:{_any(_TABLE['sign_offs'])})(?![\w-])", re.IGNORECASE)
_THANKS = re.compile(rf"^(?:{_any(_TABLE['thanks'])})[\s,.!)]{{0,4}}$", re.IGNORECASE)
_LIST = re.compile(r"mailing list|listinfo|mailman|googlegroups|рассылк|тарату тізім", re.IGNORECASE)
_WORDS = re.compile(r"[^\W\d_]+")
_NAME_LINE = re.compile(r"^[^\W\d_][\w'’.-]{0,30}(?: [^\W\d_][\w'’.-]{0,30}){0,3}$")
_RULE = re.compile(r"(?:[-_*=~—–] ?){3,40}")
_NOTE = re.compile("|".join(_TABLE["notes"]), re.IGNORECASE)
_NOTE_GOES_ON = re.compile("|".join(_TABLE["notes_go_on"]), re.IGNORECASE)
_DELIMITERS = ("--", "- -")
_SIGNATURE_LINES = 10
_COMPANY_LINES = 20  # below a sign-off
_SIGNATURE_WIDTH = 100


def next_text(views: Sequence[str], number: int) -> int:
    """Return the first line from `number` on that is not blank, `len(views)` where none is. Raises: nothing."""
    while number < len(views) and not views[number]:
        number += 1
    return number


def signature_span(views: Sequence[str], start: int, end: int) -> tuple[int, int]:
    """Return the first line of the signature among own lines `start` to `end`, and the first line below it.

    Both are `end` where there is none. `views` are cleaned lines. Raises: nothing. Source: RFC 3676 section 4.3.
    """
    note = _note_start(views, start, end)
    first = _signature_start(views, start, note)
    if first < note and views[first] in _DELIMITERS:
        again = (number for number in range(first + 1, note) if is_postscript(views[number]))
    else:
        again = (number for number in range(first + 1, note) if is_own_again(views[number], views[number - 1]))
    last = next(again, end)
    return _with_rule(views, start, first) if first < end else end, last


def _with_rule(views: Sequence[str], start: int, first: int) -> int:
    """Return the rule above a signature, `first` where none stands there."""
    above = first - 1
    while above > start and not views[above]:
        above -= 1
    return above if above > start and _RULE.fullmatch(views[above]) else first


def _signature_start(views: Sequence[str], start: int, end: int) -> int:
    above = False
    tail, long_tail = (_tail(views, start, end, most) for most in (_SIGNATURE_LINES, _COMPANY_LINES))
    first = next_text(views, start)
    if start and first < end and first >= tail and _UNDERSCORES.match(views[first]):
        return first  # a mailing list's footer below the quote
    for number in range(start, end):
        view = views[number]
        if not view or len(view) > LONGEST:
            above = above or bool(view)
            continue
        if view in _DELIMITERS or (above and _is_program_line(view)):
            return number
        if number >= long_tail and _is_sign_off(views, number, end, above and number >= tail):
            return number
        if above and number >= tail and (view in ("—", "–") or _is_closing(views, start, number, end)):
            return number
        if not above and _is_program_line(view) and next_text(views, number + 1) >= end:
            return number
        above = True
    return end


def _is_closing(views: Sequence[str], start: int, number: int, end: int) -> bool:
    """Tell whether a list's footer, a rule with a name below, or a name with numbers below starts here."""
    end = next((below for below in range(number + 1, end) if _is_program_line(views[below])), end)
    if _RULE.fullmatch(views[number]):
        return _is_footer(views, number, end) or is_card(views, start, number + 1, end, ruled=True)
    return not views[number - 1] and is_card(views, start, number, end, ruled=False)


def _note_start(views: Sequence[str], start: int, end: int) -> int:
    """Return where the paragraphs start at the end that a company sets below each mail, `end` where there are none."""
    found = end
    for number in range(start, end):
        if not views[number] or (number > start and views[number - 1] and found < end):
            continue
        text = " ".join(views[number : number + 3])[:LONGEST]
        if found < end:
            found = found if _NOTE_GOES_ON.search(text) or _RULE.fullmatch(views[number]) else end
        elif _NOTE.match(text) and not is_own_again(text):
            found = number
    return found


def _tail(views: Sequence[str], start: int, end: int, most: int) -> int:
    """Return the line from which so few and so short lines follow that they can be a signature."""
    seen = 0
    for number in range(end - 1, start - 1, -1):
        if views[number]:
            seen += 1
            if seen > most or len(views[number]) > _SIGNATURE_WIDTH:
                return number + 1
    return start


def _is_program_line(view: str) -> bool:
    view = _SORRY.sub("", _LINK.sub("", view).strip("<>()[] "))
    if _GET_APP.match(view) or _SHORTLY.match(view):
        return True
    return bool((_SENT_FROM.match(view) or _SENT_FROM_END.match(view)) and _DEVICE_WORD.search(view))


def _is_sign_off(views: Sequence[str], number: int, end: int, thanks: bool) -> bool:
    """Tell whether a letter is closed here; `thanks`: be it with thanks, which otherwise are own words."""
    view = views[number]
    found = _SIGN_OFF.match(view)
    if found:
        return len(view) <= 80 and _names(view[found.end() :]) and not is_own_again(view)
    if not thanks or not _THANKS.match(view):
        return False
    below = next_text(views, number + 1)
    return below < end and bool(_NAME_LINE.match(views[below])) and not _is_program_line(views[below])


def _is_footer(views: Sequence[str], number: int, end: int) -> bool:
    return bool(_UNDERSCORES.match(views[number])) and any(_LIST.search(below) for below in views[number + 1 : end])


def _names(rest: str) -> bool:
    """Tell whether nothing but a name follows a sign-off: "С уважением прошу изменить телефон" is a sentence."""
    words = _WORDS.findall(rest)
    if not words or (len(words) <= 2 and rest.lstrip().startswith((",", ".", "!", "-", "–", "—", "/"))):
        return True
    return len(words) <= 8 and not words[0][0].islower()
