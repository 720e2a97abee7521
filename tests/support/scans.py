"""Mails with a photographed document, of our own making: the forms in which phones and mail programs send one."""

from __future__ import annotations

import base64
import random

MARK = b"SCAN-OF-AN-INVENTED-CARD"  # stands in each scan


def scan(seed: int = 1, size: int = 30_000) -> bytes:
    """Return octets that look like a photo and bear the mark."""
    return b"\xff\xd8\xff\xe0" + MARK + random.Random(seed).randbytes(size)


def traces(octets: bytes) -> tuple[bytes, ...]:
    """Return pieces by which an attachment is found, raw or in base64, wherever it is kept."""
    letters = base64.b64encode(octets)
    return MARK, octets[1000:1040], letters[400:440], letters[4000:4040]


def part(octets: bytes, kind: str, *fields: str) -> bytes:
    """Return one base64 part of a multipart."""
    letters = base64.b64encode(octets)
    rows = [letters[at : at + 76] for at in range(0, len(letters), 76)]
    head = [f"Content-Type: {kind}", *fields, "Content-Transfer-Encoding: base64", ""]
    return b"\r\n".join([*(line.encode() for line in head), *rows, b""])


def with_parts(octets: bytes, *parts: bytes, kind: str = "mixed") -> bytes:
    """Return a plain mail as a multipart: its text first, then those parts."""
    head, _, body = octets.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    own = [line for line in lines if line.lower().startswith(b"content-")]
    rest = [line for line in lines if line not in own]
    text = b"\r\n".join([*own, b"", body, b""])
    inner = b"".join(b"--=_edge\r\n" + each for each in (text, *parts))
    top = f'Content-Type: multipart/{kind}; boundary="=_edge"'.encode()
    return b"\r\n".join([*rest, top, b"", b"This is a multi-part message.", inner + b"--=_edge--", b""])


def scanned(octets: bytes, *, seed: int = 1, size: int = 30_000) -> bytes:
    """Return a plain mail with a photo as an attachment and one inside the text, as phones send them."""
    photo = part(scan(seed, size), "image/jpeg; name=card.jpg", "Content-Disposition: attachment; filename=card.jpg")
    inline = part(scan(seed, size), "image/jpeg", "Content-Disposition: inline", "Content-ID: <1@phone>")
    return with_parts(octets, photo, inline)
