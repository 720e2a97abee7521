"""Find the telephone numbers and mail addresses of one piece of text, and what was meant for one and can't be taken.

It tells neither whose they are nor whether they are new (roles.py). Serves policy section 2 (telephone, e-mail).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mailbot.reading.phones import find_phones

_MOST = 20  # values of one kind
_LOCAL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}$")
_DOMAIN = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.){1,8}[A-Za-z]{2,24}(?![A-Za-z\d_])")
_ATTACHED = re.compile(r"[^\s<>(),;:\"«»\[\]]{0,64}$")
_REST = re.compile(r"[^\s<>(),;:\"«»\[\]]{0,255}")
_ENDING = re.compile(
    r"(?<=[A-Za-z])(?:[-'’]?[\u0400-\u052f]{1,8}|[-'’](?:[kgdtn][ae]n?|m?en|[nd][iy]n?|s))$"
)  # «…kz-ке»
_BARE = re.compile(  # «zarina.example.kz»
    r"(?<![\w@.:/])[A-Za-z0-9][\w-]{0,40}(?:\.[\w-]{1,40}){1,3}\.(?:kz|ru|by|uz|kg|de|com|org|net)(?![\w@/])"
)
_DIGIT = re.compile(r"\d")
_LINK = re.compile(r"(?<![\w.])(?:https?://)?(?:wa\.me/|api\.whatsapp\.com/send\?phone=)\+?(\d{11,15})(?![\w/])")
_SPELT = re.compile(  # an address that hides its sign: «anna (at) example.com», «асет собака example точка kz»
    r"(?<!\w)\S{1,64} ?(?:\((?:at|а?эт|собака)\)|\[at\]|(?<= )(?:at|собака|соба[кч]ка|эт|ит белгісі)(?= )) ?"
    r"[\w-]{1,60} ?(?:\.|\((?:dot|точка)\)|\[dot\]|(?<= )(?:dot|точка|нүкте|нукте)(?= )) ?[A-Za-zа-я]{2,12}(?!\w)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A place of a text that holds the value of a field, or what looks like one."""

    kind: str  # phone, email, date, name
    value: str  # "" where it can't be taken
    start: int
    end: int
    text: str = ""  # as written
    why: str = ""
    extension: str | None = None


def find_contacts(text: str) -> list[Spot]:
    """Return the telephone numbers and addresses of a text, in order. Raises: nothing."""
    found = _emails(text) if "@" in text else []
    if _DIGIT.search(text):
        taken = [(spot.start, spot.end) for spot in found]
        found += [
            spot for spot in _phones(text) if not any(start < spot.end and spot.start < end for start, end in taken)
        ]
    return sorted(found, key=lambda spot: spot.start)


def spelt_address(text: str) -> str:
    """Return what stands for an address whose sign is a word, "" for none. Raises: nothing."""
    found = _SPELT.search(text[:1_000]) or _BARE.search(text[:1_000])
    return found.group() if found else ""


def _phones(text: str) -> list[Spot]:
    found = [
        Spot(
            kind="phone",
            value=phone.number,
            why=phone.why,
            start=phone.start,
            end=phone.end,
            text=text[phone.start : phone.end],
            extension=phone.extension,
        )
        for phone in find_phones(text)[:_MOST]
    ]
    if "wa" in text:
        for link in _LINK.finditer(text):
            number = find_phones(f"+{link.group(1)}")
            if number and number[0].number:
                found.append(
                    Spot(kind="phone", value=number[0].number, start=link.start(), end=link.end(), text=link.group())
                )
    return found


def _emails(text: str) -> list[Spot]:
    """Return the addresses of a text; a full stop that the sentence glued on is not part of one, a handle is none."""
    found: list[Spot] = []
    at = text.find("@")
    while at >= 0 and len(found) < _MOST:
        left = text[max(0, at - 64) : at]
        attached = _ATTACHED.search(left)
        start = at - len(attached.group() if attached else "")
        local, domain = _LOCAL.search(left), _DOMAIN.match(text, at + 1)
        rest = _REST.match(text, at + 1)
        end = rest.end() if rest else at + 1
        written = text[start:end].rstrip(".!?'")
        if (ending := _ENDING.search(written)) and domain and domain.end() <= start + ending.start():
            written = written[: ending.start()]
            end = start + len(written)
        address = text[at - len(local.group()) : domain.end()] if local and domain else ""
        sound = address == written and not re.search(r"^\.|\.\.|\.@", address)
        if start < at:
            why = "" if sound else "not_an_address"
            value = address if sound else ""
            found.append(Spot(kind="email", value=value, why=why, start=start, end=end, text=written))
        at = text.find("@", max(end, at + 1))
    return found
