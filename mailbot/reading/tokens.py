"""Find the tokens of our own mails that a message brings back.

A token is the local part of our Message-ID and stands in our mail's last line: 26 letters of base32, 128
random bits. It counts in In-Reply-To, References and the quoted part, never in what the person wrote now.
"""

from __future__ import annotations

import re

from mailbot.reading.message import Message

_ID = re.compile(r"^<([a-z2-7]{26})@")
_LINE = re.compile(r"\[([a-z2-7]{26})\]")


def tokens(message: Message) -> tuple[str, ...]:
    """Return token-shaped strings, the most telling first: In-Reply-To, References from the last, quoted part.

    Each once, at most 50. Raises nothing. Source: decisions section 2.
    """
    found: dict[str, None] = {}
    for reference in (*message.in_reply_to, *reversed(message.references)):
        match = _ID.match(reference.lower())
        if match:
            found[match[1]] = None
    for match in _LINE.finditer(message.quoted):
        found[match[1]] = None
    return tuple(found)[:50]
