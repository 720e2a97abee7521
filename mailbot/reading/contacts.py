"""Find the telephone numbers and mail addresses of one piece of text, each with what is said of it: new, old.

The words around a value decide («старый», «Ескісі … өшіріп тастаңыз», "(old one …)"); where they don't, the caller's
default does. It takes nothing by itself. Serves policy section 2 (telephone, e-mail).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from mailbot.reading.fold import fold
from mailbot.reading.labels import Cue, cue_pattern
from mailbot.reading.phones import find_phones

Status = Literal["new", "old", "unchanged"]
_LOCAL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}$")
_DOMAIN = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.){1,8}[A-Za-z]{2,24}(?![\w-])")
_ATTACHED = re.compile(r"[^\s<>(),;:\"«»\[\]]{0,64}$")
_IN_BRACKETS = re.compile(r"^[\s,]{0,3}\(([^()]{1,60})\)")
_REPLACED = re.compile(r"^[\s,]{0,3}(?:на\b|to\b|→|->|=>|⇒|–>|with\b|дегенді\b)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """One telephone number or mail address."""

    value: str  # "" where it can't be taken
    why: str
    text: str  # as written
    status: Status
    told: bool  # whether words said so, not the default
    extension: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    value: str
    why: str
    start: int
    end: int
    extension: str | None = None


def contacts(field: str, text: str, *, default: Cue = "") -> tuple[Value, ...]:
    """Return the values of `field` ("phone" or "email") in a text, in order.

    `default` is what the label said. Raises: nothing. (old and new).
    """
    places = _phones(text) if field == "phone" else _emails(text)
    found: list[Value] = []
    done = 0
    for number, place in enumerate(places):
        stop = places[number + 1].start if number + 1 < len(places) else len(text)
        bracket = _IN_BRACKETS.match(text[place.end : stop])
        cue = _cue(text[done : place.start], text[place.end : stop], bracket, last=stop == len(text))
        status: Status = _status(cue or default)
        done = place.end + (bracket.end() if bracket else 0)
        found.append(
            Value(
                value=place.value,
                why=place.why,
                text=text[place.start : place.end],
                status=status,
                told=bool(cue),
                extension=place.extension,
            )
        )
    return tuple(found)


def _status(cue: Cue) -> Status:
    if cue in ("old", "delete"):
        return "old"
    return "unchanged" if cue == "unchanged" else "new"


def _cue(before: str, after: str, bracket: re.Match[str] | None, *, last: bool) -> Cue:
    """Return what the words around a value say of it, "" where they say nothing."""
    if bracket and (inside := _last_cue(fold(bracket.group(1)))):
        return inside
    if not last and _REPLACED.match(after):
        return "old"
    if said := _last_cue(fold(before)):
        return said
    if not last:
        return ""
    tail = fold(after)
    return "delete" if cue_pattern("delete").search(tail) else "old" if cue_pattern("old").search(tail) else ""


def _last_cue(folded: str) -> Cue:
    ends: list[tuple[int, Cue]] = []
    order: tuple[Cue, ...] = ("old", "new", "delete", "unchanged", "toward")
    for cue in order:
        for place in cue_pattern(cue).finditer(folded):
            ends.append((place.end(), cue))
    return max(ends, key=lambda end: end[0])[1] if ends else ""


def _phones(text: str) -> list[_Place]:
    return [
        _Place(value=phone.number, why=phone.why, start=phone.start, end=phone.end, extension=phone.extension)
        for phone in find_phones(text)
    ]


def _emails(text: str) -> list[_Place]:
    """Return the addresses of a text; a full stop that the sentence glued on is not part of one."""
    found: list[_Place] = []
    at = text.find("@")
    while at >= 0 and len(found) < 20:
        left = text[max(0, at - 64) : at]
        attached = _ATTACHED.search(left)
        start = at - len(attached.group() if attached else "")
        local, domain = _LOCAL.search(left), _DOMAIN.match(text, at + 1)
        rest = re.match(r"[^\s<>(),;:\"«»\[\]]{0,255}", text[at + 1 :])
        end = at + 1 + (len(rest.group()) if rest else 0)
        written = text[start:end].rstrip(".!?'")
        address = text[at - len(local.group()) : domain.end()] if local and domain else ""
        sound = address == written and not re.search(r"^\.|\.\.|\.@", address)
        found.append(
            _Place(value=address if sound else "", why="" if sound else "not_an_address", start=start, end=end)
        )
        at = text.find("@", max(end, at + 1))
    return found
