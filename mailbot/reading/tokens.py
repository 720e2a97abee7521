"""Find the tokens of our own mails that a message brings back.

A token is the local part of our Message-ID and stands in our mail's last line: 26 letters of base32, 128
random bits. It counts in In-Reply-To, References and the quoted part, never in what the person wrote now.
"""

from __future__ import annotations

import re

from mailbot.reading.message import Message

_ID = re.compile(r"^<([a-z2-7]{26})@")
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
