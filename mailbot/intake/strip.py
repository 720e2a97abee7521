"""Takes the attachments out of a mail, octet by octet (RFC 2045 and 2046): what is left is the same mail. Pure.

What goes: each leaf that is not text/plain or text/html, and each that is called an attachment or has a file name; a
photographed document comes as an inline image, so images inside a text go too. In its place stands a part that says
what it was. Header fields, texts and all between them stay as they are; a mail that is one attachment keeps its
header over an empty body. Encrypted mail, and mail whose parts can't be told apart, is not touched.
"""

from __future__ import annotations

import base64
import email
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import Message as Tree

from mailbot.reading.body import DEPTH_LIMIT, PART_LIMIT, attempt

FIELD = b"X-Mailbot-Attachments-Removed"
TEXTS = ("text/plain", "text/html")
FIELDS_LIMIT = 4_000  # octets of one Content-* field; the stdlib is quadratic in its parameters
_ENCRYPTED = ("multipart/encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime")
_END = re.compile(rb"\n\r?\n")
_PLAIN_KIND = re.compile(r"[a-z]{1,20}/[a-z0-9.+-]{1,60}")
_LINE = 76  # letters of base64 in a line (RFC 2045 section 6.8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stripped:
    """A mail without its attachments: `octets` is empty where there were none, or where `why` says what forbids it."""

    octets: bytes = b""
    why: str = ""  # structure, encrypted


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cut:
    start: int
    end: int
    kind: str  # "" where the octets go and nothing takes their place


@dataclass(slots=True)
class _Walk:
    mail: bytes
    keep_named: bool
    cuts: list[_Cut] = field(default_factory=list)
    leaves: int = 0


class _Left(Exception):
    """Says why a mail is not touched; never leaves this module."""


def strip(octets: bytes, at: datetime, note: Callable[[str], str], *, keep_named: bool = False) -> Stripped:
    """Return the mail without its attachments, and on top a field that says since when.

    `note` gives the line that stands in place of a leaf of that content type. `keep_named`: text with a file name,
    which some programs make of what a person wrote, stays. Same arguments, same octets. Raises nothing.
    """
    walk = _Walk(octets, keep_named)
    try:
        _entity(walk, (0, len(octets)), "text/plain", 0)
    except _Left as left:
        return Stripped(why=str(left))
    if not walk.cuts:
        return Stripped()
    end = octets.find(b"\n")
    eol = b"\r\n" if octets[:end].endswith(b"\r") else b"\n"
    pieces, last = [FIELD, b": ", at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ").encode(), eol], 0
    for cut in walk.cuts:
        pieces += [octets[last : cut.start], _instead(note(cut.kind), eol) if cut.kind else b""]
        last = cut.end
    return Stripped(octets=b"".join([*pieces, octets[last:]]))


def is_stripped(octets: bytes) -> bool:
    """Tell whether a mail is a copy that `strip` made: its field stands on top."""
    return octets[: len(FIELD) + 1] == FIELD + b":"


def _entity(walk: _Walk, span: tuple[int, int], default: str, depth: int) -> None:
    """Look at one entity (header and body) and note what of it goes."""
    start, end = span
    body = _body(walk.mail, start, end)
    tree = _fields(walk.mail[start:body])
    kind = tree.get_content_type() if "content-type" in tree else default
    if kind in _ENCRYPTED:
        raise _Left("encrypted")
    if kind.startswith("multipart/"):
        inner = "message/rfc822" if kind == "multipart/digest" else "text/plain"
        for child in _children(walk.mail, (body, end), tree):
            walk.leaves += 1
            if walk.leaves > PART_LIMIT or depth >= DEPTH_LIMIT:
                raise _Left("structure")
            _entity(walk, child, inner, depth + 1)
    elif _goes(kind, tree, walk.keep_named):
        if depth:
            walk.cuts.append(_Cut(start=start, end=end, kind=kind if _PLAIN_KIND.fullmatch(kind) else "?"))
        elif walk.mail[body:end].strip():
            walk.cuts.append(_Cut(start=body, end=end, kind=""))


def _goes(kind: str, tree: Tree, keep_named: bool) -> bool:
    disposition = (attempt(tree.get_content_disposition, None) or "").strip()
    named = bool(attempt(tree.get_filename, None)) and not keep_named
    return kind not in TEXTS or disposition not in ("", "inline") or named


def _body(mail: bytes, start: int, end: int) -> int:
    """Return where the body begins; a part may begin with the blank line."""
    for blank in (b"\r\n", b"\n"):
        if mail.startswith(blank, start, end):
            if start == 0:
                raise _Left("structure")
            return start + len(blank)
    found = _END.search(mail, start, end)
    return found.end() if found else end


def _fields(header: bytes) -> Tree:
    tree = email.message_from_bytes(header)
    for name, value in tree.raw_items():
        if name.lower().startswith("content-") and len(str(value)) > FIELDS_LIMIT:
            raise _Left("structure")
    return tree


def _children(mail: bytes, span: tuple[int, int], tree: Tree) -> Iterator[tuple[int, int]]:
    """Yield where each part of a multipart begins and ends; the line end before a delimiter belongs to it."""
    boundary = attempt(tree.get_boundary, None)
    if not boundary:
        raise _Left("structure")
    octets = re.escape(str(boundary).encode("utf-8", "surrogateescape"))
    delimiter = re.compile(rb"(?<=\n)--" + octets + rb"(--)?[ \t]*(?:\r?\n|\Z)")
    begins: int | None = None
    for found in delimiter.finditer(mail, *span):
        if begins is not None:
            ends = found.start() - (2 if mail[found.start() - 2 : found.start()] == b"\r\n" else 1)
            yield begins, max(ends, begins)
        begins = found.end()
        if found[1]:
            return
    if begins is None:
        raise _Left("structure")
    yield begins, span[1]


def _instead(note: str, eol: bytes) -> bytes:
    """Return the part that stands where an attachment was; as an attachment itself it is no text of the mail."""
    letters = base64.b64encode(note.encode())
    lines = [letters[at : at + _LINE] for at in range(0, len(letters), _LINE)]
    head = [b"Content-Type: text/plain; charset=utf-8", b"Content-Transfer-Encoding: base64"]
    return eol.join([*head, b"Content-Disposition: attachment", b"", *lines])
