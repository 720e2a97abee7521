"""Find what a message brings back of our own mails: their tokens, their keys, the token of our List-Unsubscribe.

A token is the local part of our Message-ID and stands in our mail's last line: 26 letters of base32, 128
random bits. An answer brings it in In-Reply-To, References and the quoted part, never in what the person wrote
now; a report may bring it anywhere. A key is a mail's own part of its envelope sender.
"""

from __future__ import annotations

import re
from itertools import islice

from mailbot.reading.message import Message

_ID = re.compile(r"^<([a-z2-7]{26})@")
_BOUNCE = re.compile(r"\+([a-z2-7]{16})@")
_ENVELOPE = frozenset(("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "x-delivered-to", "to"))
_UNSUBSCRIBE = re.compile(r"unsubscribe-([a-z2-7]{26})", re.IGNORECASE)
_LINE = re.compile(r"\[([a-z2-7]{26})\]")


def referred(message: Message) -> tuple[str, ...]:
    """Return the token-shaped local parts of In-Reply-To, then of References from the last; each once, at most 50."""
    found = (_ID.match(reference.lower()) for reference in (*message.in_reply_to, *reversed(message.references)))
    return tuple(dict.fromkeys(match[1] for match in found if match))[:50]


def tokens(message: Message) -> tuple[str, ...]:
    """Return token-shaped strings, the most telling first: In-Reply-To, References from the last, quoted part.

    Each once, at most 50. Raises nothing. Source: decisions section 2.
    """
    quoted = (match[1] for match in _LINE.finditer(message.quoted))
    return tuple(dict.fromkeys((*referred(message), *quoted)))[:50]


def bounce_keys(message: Message) -> tuple[str, ...]:
    """Return what may be keys of our envelope senders (LOCAL+KEY@DOMAIN) in the fields that tell where a mail came to.

    Each once, at most 20. Raises nothing. Source: RFC 3834 section 3.3.
    """
    fields = (value.lower() for name, value in message.headers if name in _ENVELOPE)
    found = (match[1] for value in fields for match in _BOUNCE.finditer(value))
    return tuple(dict.fromkeys(islice(found, 20)))


def returned(message: Message) -> tuple[str, ...]:
    """Return the tokens that a report may bring back: its returned part, its thread, a quoted last line of ours.

    The most telling first, each once, at most 50. Raises nothing.
    """
    ids = (*message.returned_ids, *message.in_reply_to, *reversed(message.references))
    named = [match[1] for reference in ids if (match := _ID.match(reference.lower()))]
    quoted = [match[1] for match in _LINE.finditer(message.text)]
    return tuple(dict.fromkeys((*named, *quoted)))[:50]


def unsubscribe_token(message: Message) -> str:
    """Return the token of our List-Unsubscribe, where the subject is exactly that; "" otherwise. Source: RFC 2369."""
    found = _UNSUBSCRIBE.fullmatch(message.subject.strip())
    return found[1].lower() if found else ""
