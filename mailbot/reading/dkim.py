"""Read DKIM-Signature fields and ask what they cover (RFC 6376).

A valid signature says little by itself: an old mail can be sent again, text can be added under `l=`, a header that
is not signed can be put on. `shortcoming` is the list that a signature must meet before somebody's data may change.
Whether it is valid is computed in verifier.py, or told by the mailbox's host.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from mailbot.reading.address import address_key, domain_key
from mailbot.reading.header import is_framed, mailboxes
from mailbot.reading.message import Message

MUST_SIGN = ("from", "subject", "date", "to", "message-id")
DATE_MARGIN = timedelta(days=3)  # between the signed Date and the receipt: older is a mail sent again
LONGEST_FIELD = 8_000  # letters of a signature or key that is looked at
SIGNATURES = 8  # of one mail are looked at
_SPACE = re.compile(r"\s+")
_DIGITS = re.compile(r"\d{1,12}")
_QUOTED = re.compile(r"=([0-9A-F]{2})")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_END = re.compile(rb"\r?\n\r?\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """How the mail came: what a signature is checked against."""

    octets: bytes  # the whole mail as received
    at: datetime  # when, aware UTC
    own: tuple[str, ...] = ()  # the addresses of this mailbox; none: it can't be told to whom a mail was written


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """One DKIM-Signature or ARC-Message-Signature field that can be read."""

    number: int  # among the fields of that name, from the top
    tags: dict[str, str]  # without any white space
    domain: str  # d= as a lower-case A-label

    @property
    def selector(self) -> str:
        """The selector, lower case."""
        return domain_key(self.tags.get("s", ""))

    @property
    def signed(self) -> tuple[str, ...]:
        """The names of the signed header fields, lower case, as often as they stand in h=."""
        return tuple(name.lower() for name in self.tags.get("h", "").split(":"))

    @property
    def agent(self) -> str:
        """The domain of i=, d= where it is missing (RFC 6376 section 3.5)."""
        octets = _QUOTED.sub(lambda found: chr(int(found[1], 16)), self.tags.get("i", ""))
        return domain_key(octets.rpartition("@")[2]) if octets else self.domain


def signatures(message: Message, name: str = "dkim-signature") -> tuple[Signature, ...]:
    """Return the signature fields that can be read, from the top, eight at most. Raises nothing.

    Source: RFC 6376 section 3.2.
    """
    found = []
    for number, value in enumerate(message.all(name)[:SIGNATURES]):
        tags = signature_tags(value)
        if tags is not None:
            found.append(Signature(number=number, tags=tags, domain=domain_key(tags["d"])))
    return tuple(found)


def signature_tags(value: str) -> dict[str, str] | None:
    tags = tag_list(value) if len(value) <= LONGEST_FIELD else None
    if tags is None or not (tags.get("d") and tags.get("b")):
        return None
    return {name: _SPACE.sub("", text) for name, text in tags.items()}


def may_sign(value: str) -> bool:
    """Tell whether a field has what any verifier needs, however it is written. Source: RFC 6376 section 3.5."""
    squeezed = ";" + _SPACE.sub("", value)
    return all(f";{tag}=" in squeezed for tag in ("a", "b", "bh", "d", "h", "s"))


def tag_list(value: str) -> dict[str, str] | None:
    """Return a tag list, None where it breaks the grammar or names a tag twice. Source: RFC 6376 section 3.2."""
    tags: dict[str, str] = {}
    parts = value.strip().removesuffix(";").split(";")
    for part in parts:
        name, equals, text = part.partition("=")
        if not equals or not _NAME.fullmatch(name.strip()) or name.strip() in tags:
            return None
        tags[name.strip()] = text.strip()
    return tags


def shortcoming(signature: Signature, message: Message, arrival: Arrival) -> str:
    """Return why a valid signature does not prove this request, "" where it does. Raises nothing.

    Source: RFC 6376 sections 8.2 (l=), 8.6 (replay), 8.15 (fields that are not signed); decisions section 3.
    """
    if "l" in signature.tags:
        return "l= leaves the end unsigned"
    missing = next((name for name in MUST_SIGN if name not in signature.signed), "")
    if missing:
        return f"{missing} not signed"
    if "x" in signature.tags and _expired(signature.tags["x"], arrival.at):
        return "expired"
    body = _END.split(arrival.octets, 1)[-1]
    if "content-type" not in signature.signed and not is_framed(message.first("content-type"), body):
        return "content-type not signed"
    return sent_again(message, arrival, cc="cc" in signature.signed)


def sent_again(message: Message, arrival: Arrival, *, cc: bool = True) -> str:
    """Return why this may be an old mail, or one to somebody else, that a stranger sends again; "" where not.

    `cc`: whether Cc counts. Source: RFC 6376 section 8.6. Raises nothing.
    """
    if message.date is None or abs(arrival.at - message.date) > DATE_MARGIN:
        return "signed on another day"
    if arrival.own and not _addressed(message, arrival.own, cc=cc):
        return "signed for another addressee"
    return ""


def _expired(value: str, at: datetime) -> bool:
    return not _DIGITS.fullmatch(value) or datetime.fromtimestamp(int(value[:11]), UTC) < at


def _addressed(message: Message, own: tuple[str, ...], *, cc: bool) -> bool:
    """Whether To or Cc holds an address of this mailbox; what follows a plus is its own matter."""
    named = [one for name in ("to", "cc")[: 1 + cc] for one in mailboxes(message.first(name))[0]]
    ours = {address_key(address) for address in own}
    return any(address_key(one.addr) in ours or address_key(_bare(one.addr)) in ours for one in named)


def _bare(addr: str) -> str:
    local, _, domain = addr.rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"
