"""The typed message: everything later steps may know of a mail (RFC 5322), and nothing else.

No parsing here (parse.py), no judgement (machine.py, sender.py, classify.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """One mailbox of an address header (RFC 5322 section 3.4)."""

    name: str  # display name, decoded; never trusted, never looked up
    addr: str  # addr-spec as received


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One leaf of the MIME tree outside an embedded message."""

    content_type: str  # lower case, no parameters
    disposition: str  # "inline", "attachment" or ""
    filename: str  # "" where none
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A parsed mail. Text is NFC, line ends are LF, no NUL; a missing header is "", () or None."""

    headers: tuple[tuple[str, str], ...]  # every field in order: lower-case name, unfolded undecoded value
    from_fields: int  # how many From fields the header block has
    from_: tuple[Address, ...]  # the mailboxes of the first From field
    sender: tuple[Address, ...]
    reply_to: tuple[Address, ...]
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    subject: str  # decoded, white space collapsed to single spaces
    date: datetime | None  # aware UTC
    message_id: str  # with its angle brackets, "" where missing
    in_reply_to: tuple[str, ...]  # with angle brackets
    references: tuple[str, ...]
    hop_at: datetime | None  # date of the topmost Received, aware UTC
    text: str  # the body as plain text (HTML rendered, tables as rows with tabs)
    own_text: str  # what the person wrote now
    signature: str
    quoted: str  # quoted history and forwarded text
    content_type: str  # of the whole mail, lower case, no parameters
    report_type: str  # of a multipart/report, lower case
    parts: tuple[Part, ...]
    report: str = ""  # the fields of a delivery report (RFC 3464), unfolded, its groups parted by a blank line
    returned_ids: tuple[str, ...]  # Message-IDs inside returned or embedded messages, with angle brackets
    repeated: tuple[str, ...]  # once-only headers that occur more than once, lower case (RFC 5322 section 3.6)
    defects: tuple[str, ...]  # one lower-case word each, empty for a sound mail
    size_bytes: int
    complete: bool = True  # False: only the header was read

    def all(self, name: str) -> tuple[str, ...]:
        """Return every value of that header field, topmost first; `name` in lower case."""
        return tuple(value for key, value in self.headers if key == name)

    def first(self, name: str) -> str:
        """Return the topmost value of that header field, or ""; `name` in lower case."""
        for key, value in self.headers:
            if key == name:
                return value
        return ""

    @property
    def writer(self) -> str | None:
        """The addr-spec of the one From mailbox, or None where there is not exactly one."""
        if self.from_fields == 1 and len(self.from_) == 1:
            return self.from_[0].addr
        return None


def blank_message(**values: Any) -> Message:
    """Return a message that says nothing, but for the given values: for a request carried out without its mail."""
    empty: dict[str, Any] = {
        "headers": (), "from_fields": 0, "from_": (), "sender": (), "reply_to": (), "to": (), "cc": (), "subject": "",
        "date": None, "message_id": "", "in_reply_to": (), "references": (), "hop_at": None, "text": "",
        "own_text": "", "signature": "", "quoted": "", "content_type": "", "report_type": "", "parts": (),
        "returned_ids": (), "repeated": (), "defects": (), "size_bytes": 0,
    }  # fmt: skip
    return Message(**{**empty, **values})
