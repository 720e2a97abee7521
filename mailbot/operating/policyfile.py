"""Reads a published policy from a file: text, HTML or PDF, told by its octets; nothing of its meaning.

A PDF's pages come parted by form feeds. A PDF without text (a scan) is refused by name: nothing is guessed.
"""

from __future__ import annotations

import hashlib
import io
import logging
import re
import struct
import zlib
from pathlib import Path

from mailbot.errors import ConfigError, InputError
from mailbot.reading.charset import decode
from mailbot.reading.html import render

PDF = b"%PDF-"
MAX_BYTES = 20_000_000
_HTML = re.compile(rb"<(?:!doctype html|html|head|body|meta|div|p|h[1-6]|table|ol|ul)\b", re.IGNORECASE)
_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?([\w-]{1,40})", re.IGNORECASE)
_HEAD_BYTES = 4096
MAX_CHARACTERS = 400_000  # fifty times a long policy
_BROKEN = (  # what a reader of PDFs raises over octets that are none
    ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError, AssertionError,
    NotImplementedError, OSError, zlib.error, struct.error,
)  # fmt: skip
_FEWEST_LETTERS = 40  # of a policy, however short


def read(path: Path) -> str:
    """Return a policy's text. Raises InputError, and ConfigError for a PDF without the extra `pdf`."""
    try:
        octets = path.read_bytes() if path.stat().st_size <= MAX_BYTES else b""
    except OSError as exc:
        raise InputError(f"{path}: can't be read ({exc.strerror})") from exc
    if not octets:
        raise InputError(f"{path}: is empty, or larger than {MAX_BYTES // 1_000_000} MB")
    head = octets[:_HEAD_BYTES]
    if PDF in head[:1024]:
        text = _pdf(octets, path)
    elif octets.startswith(b"PK\x03\x04"):
        raise InputError(f"{path}: is a document of a word processor: save it as PDF or text")
    else:
        text = _html(octets) if _HTML.search(head) else decoded(octets)
    if sum(letter.isalpha() for letter in text) < _FEWEST_LETTERS:
        raise InputError(f"{path}: holds next to no text; a scan is a picture: give the text it was made of")
    if len(text) > MAX_CHARACTERS:
        raise InputError(f"{path}: holds far more text than a policy: give the policy alone")
    return text


def digest(path: Path) -> str:
    """Return the SHA-256 of a file that was read, as `text_sha256` of policy.toml takes it."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def decoded(octets: bytes, label: str = "") -> str:
    """Return octets as text: by a byte order mark, else by the label, else as they read best. Raises nothing."""
    if octets.startswith((b"\xff\xfe", b"\xfe\xff")):
        return octets.decode("utf-16", "replace")
    return decode(octets.removeprefix(b"\xef\xbb\xbf"), label)[0]


def _html(octets: bytes) -> str:
    declared = _CHARSET.search(octets[:_HEAD_BYTES])
    return render(decoded(octets, declared[1].decode("ascii") if declared else ""), numbers=True)[0]


def _pdf(octets: bytes, path: Path) -> str:
    try:
        from pypdf import PdfReader  # late: only PDFs need it
        from pypdf.errors import DependencyError, PyPdfError
    except ImportError as exc:
        raise ConfigError(f"{path}: to read a PDF install mailbot[pdf], or save it as text") from exc
    logging.getLogger("pypdf").setLevel(logging.ERROR)  # of each odd object it would tell the operator
    try:
        reader = PdfReader(io.BytesIO(octets))
        if reader.is_encrypted and not reader.decrypt(""):
            raise InputError(f"{path}: is locked by a password: save it without one")
        return "\f".join(page.extract_text() for page in reader.pages)
    except DependencyError as exc:
        raise InputError(f"{path}: is locked: save it without protection, or as text") from exc
    except (PyPdfError, *_BROKEN) as exc:
        raise InputError(f"{path}: can't be read as a PDF: save it as text") from exc
