"""Recognise the lines that a mail program writes above quoted history: a heading, or a title in dashes.

Structure comes first: a date and an address, dashes around few words; the words of 70 languages (headings.toml) come
second. It looks at lines that quote.py has cleaned of invisible characters and decides nothing about what stands below;
a quoted header is headerblock.py's matter. Serves RFC 3676 section 4.5.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Sequence
from importlib.resources import files

from mailbot.reading.signature import LONGEST

TABLE = tomllib.loads(files("mailbot.reading").joinpath("headings.toml").read_text("utf-8"))


def _any(words: Iterable[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(set(words), key=len, reverse=True))


def folded(text: str) -> str:
    """Return a text without case, composed, as headings.toml is compared. Raises: nothing."""
    return unicodedata.normalize("NFC", text.casefold()).replace("\u0307", "")  # the dot that İ leaves on its i


_TITLES = tuple(folded(title) for title in TABLE["titles"])
_FORWARDS, _FORWARD_ENDS = (tuple(map(folded, TABLE[name])) for name in ("forwards", "forward_ends"))
_OPENERS = frozenset(folded(opener) for opener in TABLE["openers"])

HEADING_LINES = 3
_ADDRESS_LINES = 5  # where an address is broken off between "<" and ">"
_LONGEST_NAME = 160  # characters of a heading that has nothing but a name
_LONGEST_VERB = 40  # characters, with what may stand behind it
_COLONS = (":", "：", "։")
_RULE = re.compile(r"(?:[-_=*—–─] ?){3,}")
_RULE_WITH_WORDS = re.compile(r"[-_=*—–─]{4,} ?[^-_=*—–─]{1,60}[-_=*—–─]{4,}")
_DASHES = "-_=*—–─#<>[] "
_FRAMED = re.compile(r"(?:-{2,}|—{2,}|–{2,}) ?(?=\S)")
_GLUED = _any(TABLE["glued"])
_VERBS = rf"(?:(?:^|(?<=[\s>)\"»,\]-]))(?:{_any(TABLE['verbs'])})(?![\w-])|{_GLUED})"
_VERB = re.compile(_VERBS, re.IGNORECASE)
_LAST_VERBS = tuple(folded(verb) for verb in TABLE["verbs"])
_LAST_GLUED = tuple(TABLE["glued"])
_BEFORE_VERB = frozenset(' >)"»,]-')
_OWN_VERB = re.compile(  # the person speaks of their own letter
    rf"(?:^|[\s,])(?:i|we|я|мы|мен|біз|ich|wir|je|yo|io|eu|ik|jag|jeg) (?:\S{{1,20}} ){{0,2}}{_VERBS}", re.IGNORECASE
)
_NAME_AND_VERB = re.compile(rf"((?:[\w.'’\"«»<>@()+/-]+ ){{1,5}})(?:{_any(TABLE['verbs'])}) ?[:：]", re.IGNORECASE)
_OWN_WORDS = frozenset(TABLE["own"])
_WORD = re.compile(r"[\w@.'’-]+")  # an address is one word
_CYRILLIC_WORD = re.compile(r"(?<!\w)[а-яёәғқңөұүһі]{2,}")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d{2}(?!\d)")
TIME = re.compile(r"(?<![\d.])\d{1,2}[:.h]\d{2}(?!\d|\.\d)")
_MONTH = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_DATE = re.compile(
    r"(?<!\d)(?:\d{1,2}[:.]\d{2}(?!\d)|(?:19|20)\d{2}(?!\d)|\d{1,2}[./-]\d{1,2}[./-]\d{2,4})|"
    rf"\b(?:{_MONTH})[a-z]{{0,6}} \d{{1,2}}(?!\d)",
    re.IGNORECASE,
)
_START = re.compile(
    rf"(?:(?:{_any(TABLE['starts'])})(?:[\s,.]|(?=\d))|在|於|[a-zäöå]{{2,4}}\.? \d{{1,2}}\.[\s,]|\d{{1,4}}[ ./年-])",
    re.IGNORECASE,
)
_DATED_ADDRESS = re.compile(r"\d{4}\S{0,8} [^<>@]{0,80}<[^<>@\s]{1,100}@[^<>@\s]{1,100}>$")
_SHARED = re.compile(  # "On Wed, 4 Apr" behind other words of its line
    rf"(?:(?<=\S) |-{{2,}} ?)(?=On (?:(?:mon|tue|wed|thu|fri|sat|sun|{_MONTH})|\d))",
    re.IGNORECASE,
)


def is_rule(view: str) -> bool:
    """Tell whether a line is a rule of dashes or underscores, be it with few words inside. Raises: nothing."""
    return len(view) <= LONGEST and bool(_RULE.fullmatch(view) or _RULE_WITH_WORDS.fullmatch(view))


def is_title(view: str) -> bool:
    """Tell whether a line is the title of quoted history: words in dashes, or a known opening with a colon.

    Raises: nothing.
    """
    if not view or len(view) > LONGEST or not (view[0] in _DASHES or view.endswith(_COLONS)):
        return False
    bare = view.strip(_DASHES + ":：")
    if len(bare) > LONGEST // 3:
        return False
    before = view[: len(view) - len(view.lstrip(_DASHES))]
    after = view[len(view.rstrip(_DASHES + ":：")) :]
    if len(before.strip("<>[] ")) >= 2 and after.strip("<>[] "):
        return folded(bare).startswith(_TITLES) or (
            len(before) >= 4 and len(after) >= 4 and (_is_heading(bare) or is_short(f"{bare}:"))
        )
    return view.endswith(_COLONS) and folded(bare) in _OPENERS


def forward_end(views: Sequence[str], number: int) -> int:
    """Return the line below a forwarded mail that starts at a line and whose end is marked, else the end of all.

    A forwarded mail inside it that is open or closed alone makes the mark nobody's. Raises: nothing.
    """
    bare = [folded(view.strip(_DASHES)) if view[:1] == "-" and len(view) <= LONGEST else "" for view in views[number:]]
    ends = [at for at, view in enumerate(bare) if view.startswith(_FORWARD_ENDS)]
    opened = sum(view.startswith(_FORWARDS) and not view.startswith(_FORWARD_ENDS) for view in bare)
    return number + ends[-1] + 1 if bare[0].startswith(_FORWARDS) and ends and len(ends) == opened else len(views)


def is_short(view: str) -> bool:
    """Tell whether a line is a name and the verb alone: "Айгүл жазған:". Raises: nothing."""
    if len(view) > _LONGEST_NAME or not view.endswith(_COLONS) or not _ends_in_verb(view) or _is_spoken(view):
        return False
    found = _NAME_AND_VERB.fullmatch(view)
    return found is not None and all(
        len(word) <= 3 or not word[0].islower() or "@" in word for word in found[1].split()
    )


def _is_spoken(view: str) -> bool:
    """Tell whether a line has words that a person says and no program writes."""
    words = (word.strip(".'’-") for word in _WORD.findall(view[:LONGEST].casefold()))
    return not _OWN_WORDS.isdisjoint(words)


def opens(view: str) -> bool:
    """Tell whether a line looks like the first of a heading: a weekday, "On" or a number, and a date.

    Raises: nothing.
    """
    view = _bare(view)
    return len(view) <= LONGEST and bool(_START.match(view) and _DATE.search(view))


def heading(views: Sequence[str], number: int) -> int:
    """Return how many lines the heading that starts at a line has, 0 where none does. Raises: nothing."""
    joined = ""
    goes_on = opens(views[number]) or ("@" in views[number] and not _is_spoken(views[number]))
    end = number
    for length in range(1, _ADDRESS_LINES + 1 if goes_on else 2):
        end = _next(views, end, joined)
        if end < 0 or len(joined := f"{joined} {views[end]}".strip()) > LONGEST:
            return 0
        end += 1
        if length > HEADING_LINES and "<" not in joined:
            return 0
        if _is_heading(joined) and _stands_alone(views[number], joined):
            return 0 if _starts_below(views, number, end) else end - number
    return 0


def _starts_below(views: Sequence[str], number: int, end: int) -> bool:
    """Tell whether a heading starts further down than its first line seems to: that line is the person's own."""
    return any(
        (opens(views[start]) or _is_dated(views[number], views[start])) and _is_heading(" ".join(views[start:end]))
        for start in range(number + 1, end)
    )


def _is_dated(above: str, view: str) -> bool:
    """Tell whether a line has a year of its own, and the one above needs none of it."""
    return _YEAR.search(view) is not None and (not opens(above) or _YEAR.search(above) is not None)


def _stands_alone(first: str, joined: str) -> bool:
    """Tell whether a heading is one without a marked line below: a program's order of words, no sentence's."""
    return opens(first) or "@" in joined or _ends_in_verb(joined) or joined.rstrip(":：։ ")[-1:].isdigit()


def _ends_in_verb(view: str) -> bool:
    end = view[-_LONGEST_VERB:].rstrip(":：։ ")
    if end.endswith(_LAST_GLUED):
        return True
    end = f" {folded(end)}"
    return end.endswith(_LAST_VERBS) and any(
        end.endswith(verb) and end[-len(verb) - 1] in _BEFORE_VERB for verb in _LAST_VERBS
    )


def _next(views: Sequence[str], number: int, joined: str) -> int:
    """Return the next line of a heading, -1 where it ends; an address may stand below a blank line."""
    if number < len(views) and views[number]:
        marked = views[number].startswith(">") and "<" not in joined
        return -1 if marked or (joined and is_title(views[number])) else number
    if joined and number + 1 < len(views) and views[number + 1].startswith("<"):
        return number + 1
    return -1


def heading_above(views: Sequence[str], last: int, free: Sequence[bool], alone: bool) -> int:
    """Return how many lines down to `last` are the heading of a block of `>` lines, 0 where they are none.

    A line that ends in a colon is one in any language, where it stands alone in its paragraph; `alone` says whether
    that is enough. `free` says of the last lines, `last` included, whether they are nobody's yet. Raises: nothing.
    """
    view = views[last].strip("-—– ")
    if len(view) > LONGEST or not free[-1]:
        return 0
    if opens(view) and _DATED_ADDRESS.search(view):
        return 1
    if not (view.endswith(_COLONS) or _ends_in_verb(view)):
        return 0
    known = _is_heading(view) and (opens(view) or _YEAR.search(view) is not None)
    for length in range(2, 1 if known else min(HEADING_LINES, len(free)) + 1):
        above = views[last + 1 - length]
        if not above or not free[-length] or len(above) > LONGEST:
            break
        if opens(above):
            return length
    framed = view + ":" if views[last].startswith("--") and views[last].endswith("--") else view
    if known or _is_heading(view) or is_short(framed):
        return 1
    return int(alone and (last == 0 or not views[last - 1]) and _is_foreign(view))


def _is_foreign(view: str) -> bool:
    """Tell whether a line that ends in a colon can be a heading in a language that headings.toml knows little of."""
    if len(view) > _LONGEST_NAME or not view.endswith(_COLONS + _LAST_GLUED) or _is_spoken(view):
        return False
    return bool(_VERB.search(view) or ((_DATE.search(view) or "@" in view) and not _CYRILLIC_WORD.search(view)))


def shared(view: str) -> int:
    """Return where in a line the heading starts that shares it with other words, 0 where none does.

    Raises: nothing.
    """
    if "on " not in view.lower() or len(view) > LONGEST or not _ends_in_verb(view) or opens(view):
        return 0
    for found in _SHARED.finditer(view):
        if found.start() and _is_heading(view[found.end() :]):
            return found.start()
    return 0


def _bare(view: str) -> str:
    """A heading without the dashes in front that some programs set."""
    found = _FRAMED.match(view)
    return view[found.end() :] if found else view


def _is_heading(view: str) -> bool:
    bare = view.rstrip("-—– ")
    colon, ending = bare.endswith(_COLONS), _ends_in_verb(bare)
    if not (colon or ending):
        return False
    date, address = _DATE.search(bare) is not None, "@" in bare
    if not (date or address):
        return False
    if not ending and not _VERB.search(bare):
        return date and address
    framed = colon or len(bare) < len(view) or TIME.search(bare) is not None
    return address or (framed and not _OWN_VERB.search(bare))
