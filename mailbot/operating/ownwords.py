"""What the person wrote, read out of the mailbox when it is asked for: text alone, and the files beside it by number.

A mail's HTML is never handed on, nor anything that it points to. An IIN and the number of a card are veiled.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message as Mime
from typing import Literal

from mailbot.errors import InputError, MailboxRefused, MailboxUnavailable
from mailbot.operating.enclosures import enclosures
from mailbot.pipeline import Line
from mailbot.ports import Mailbox
from mailbot.reading.parse import parse
from mailbot.reading.phones import mask
from mailbot.store import journal, proofs


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file beside the text."""

    number: int  # from 1, in the order of the mail
    name: str
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What the person wrote; without any of it where the mail can't be read now, or is not there any more."""

    state: Literal["read", "not_found", "unavailable"]
    subject: str = ""
    text: str = ""
    files: tuple[File, ...] = ()


def words(line: Line, mailbox: Mailbox, number: str) -> Words:
    """Return the words of a request's first mail. Raises InputError where there is no such request."""
    try:
        octets = _octets(line, mailbox, number)
    except (MailboxUnavailable, MailboxRefused):
        return Words(state="unavailable")
    if octets is None:
        return Words(state="not_found")
    message = parse(octets)
    found = tuple(
        File(number=at, name=_name(part, at), size_bytes=len(_content(part)))
        for at, part in enumerate(_files(octets), 1)
    )
    return Words(state="read", subject=mask(message.subject)[0], text=mask(message.own_text)[0], files=found)


def own_text(line: Line, mailbox: Mailbox, number: str) -> str:
    """Return what the person wrote, unveiled, "" where the mail is gone. Raises InputError, and as the mailbox does."""
    octets = _octets(line, mailbox, number)
    return parse(octets).own_text if octets is not None else ""


def file(line: Line, mailbox: Mailbox, number: str, at: int) -> tuple[str, bytes]:
    """Return name and octets of one file. Raises InputError, MailboxUnavailable, MailboxRefused."""
    parts = list(_files(_octets(line, mailbox, number) or b""))
    if not 1 <= at <= len(parts):
        raise InputError(f"request {number.upper()}: its mail has no file {at}")
    return _name(parts[at - 1], at), _content(parts[at - 1])


def _octets(line: Line, mailbox: Mailbox, number: str) -> bytes | None:
    with line.store.reading() as connection:
        row = journal.find(connection, number)
        rows = proofs.mails(connection, [row.id])
    found = enclosures(line, mailbox, rows)
    return next((found[each.id].octets for each in rows if found[each.id].octets is not None), None)


def _files(octets: bytes) -> Iterator[Mime]:
    """Yield the parts that are files and no text of the mail."""
    for part in message_from_bytes(octets).walk():
        beside = part.get_filename() or part.get_content_disposition() == "attachment"
        if beside and not part.is_multipart():
            yield part


def _content(part: Mime) -> bytes:
    found = part.get_payload(decode=True)
    return found if isinstance(found, bytes) else b""


def _name(part: Mime, at: int) -> str:
    """Return the file's name as the mail gives it, on one line; a name of ours where it gives none."""
    named = "".join(c for c in str(part.get_filename() or "") if c.isprintable() and c not in '/\\"')
    return named[:100] or f"file-{at}"
