"""Read the MIME tree: the text a person wrote, the leaves, and what a returned mail tells (RFC 2045, 2046, 6522).

Text inside an embedded message is somebody else's and never becomes this mail's text; only Message-IDs are taken
from it. No header of the mail itself (header.py), no quotes (quote.py). Limits: depth 10, 100 leaves, 1 MB of text.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import Message as Tree
from typing import TypeVar

from mailbot.reading.charset import decode, decode_words, nfc, one_line
from mailbot.reading.html import render
from mailbot.reading.message import Part

DEPTH_LIMIT = 10
PART_LIMIT = 100
TEXT_LIMIT = 1_000_000  # octets of text that are decoded, all parts together
TEXT_LINES = 10_000  # lines of text that are kept: each is looked at many times later
ID_LIMIT = 200
REPORT_LIMIT = 20_000  # letters of a delivery report's fields
_HIGH = bytes(range(128, 256))  # a letter that was cut in two is left out
_STUB = re.compile(
    r"view (?:this|the) (?:e-?mail|message) (?:in|on|with)|(?:does not|doesn't|cannot|can't|unable to) "
    r"(?:support|display|read|view) html|html[- ](?:capable|compatible|enabled)|(?:requires?|use) an? html|"
    r"не поддерживает\s+(?:формат\s+)?html|не (?:может|умеет) (?:показ|отобра)\w+ html|"
    r"(?:письмо|сообщение) в формате html|"
    r"(?:откройте|просмотр\w*|посмотр\w*) (?:это |данное )?(?:письмо|сообщение) в (?:браузере|html)|"
    r"html (?:пішімі|форматы)|this is an html (?:e-?mail|message|only)",
    re.IGNORECASE,
)
_STUB_WORDS = ("html", "ew th", "браузере")  # one of them is in every such sentence
_RETURNED = re.compile(r"^[>| \t]{0,20}(?:[A-Za-z-]{1,30}-)?message-id[ \t]*:\s{0,5}(<[^<>\s]{1,998}>)", re.I | re.M)
_BREAKS = re.compile(r"[\x0b\x0c\x85\u2028\u2029]")
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_FOLD = re.compile(r"\n[ \t]*")
_CONTINUED = re.compile(r"\n[ \t]+(?=\S)")
_DEFECTS = {
    "StartBoundaryNotFoundDefect": "truncated_multipart",
    "CloseBoundaryNotFoundDefect": "truncated_multipart",
    "MultipartInvariantViolationDefect": "truncated_multipart",
    "NoBoundaryInMultipartDefect": "truncated_multipart",
    "InvalidBase64PaddingDefect": "base64_damaged",
    "InvalidBase64CharactersDefect": "base64_damaged",
    "InvalidBase64LengthDefect": "base64_damaged",
}
T = TypeVar("T")
_Texts = list[tuple[Tree, str]]  # parts that are text, each with its content type


def attempt(call: Callable[[], T], otherwise: T) -> T:
    """Call into a mail library; return `otherwise` where it raises. Raises nothing.

    They have raised AttributeError, ValueError, LookupError, TypeError, IndexError, OverflowError and more.
    """
    try:
        return call()
    except Exception:  # noqa: BLE001 - any mail may come, none may stop the line; the caller notes a defect
        return otherwise


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """What the MIME tree says."""

    text: str = ""
    content_type: str = "text/plain"
    report_type: str = ""
    parts: tuple[Part, ...] = ()
    report: str = ""
    returned_ids: tuple[str, ...] = ()
    defects: tuple[str, ...] = ()


@dataclass(slots=True)
class _Reading:
    parts: list[Part] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    report: list[str] = field(default_factory=list)
    defects: list[str] = field(default_factory=list)
    named: list[Tree] = field(default_factory=list)  # text with a file name, the body of some programs
    left: int = TEXT_LIMIT
    texts: dict[int, tuple[str, int]] = field(
        default_factory=dict
    )  # by id of its part: decoded whole, of so many octets

    def note(self, part: Tree) -> None:
        self.defects += [_DEFECTS[n] for n in (type(d).__name__ for d in part.defects) if n in _DEFECTS]


def read_body(tree: Tree, complete: bool = True) -> Body:
    """Return text, leaves and returned Message-IDs of a parsed tree; `complete` False: only its types.

    May raise what the stdlib raises on a tree that nobody has seen yet; parse.py makes that a defect.
    """
    reading = _Reading()
    content_type = tree.get_content_type()
    report_type = _parameter(tree, "report-type")
    text = ""
    if complete:
        pieces = _collect(tree, reading, 0)
        text = _written(pieces, reading)
        if not text.strip() and reading.named:
            text = _plain(reading.named[0], reading)
        if text.count("\n") >= TEXT_LINES:
            text = "\n".join(text.split("\n", TEXT_LINES)[:TEXT_LINES])
            reading.defects.append("text_cut")
        reading.ids += _RETURNED.findall(text)
    return Body(
        text=text,
        content_type=content_type,
        report_type=report_type,
        parts=tuple(reading.parts),
        report="\n\n".join(reading.report)[:REPORT_LIMIT],
        returned_ids=tuple(dict.fromkeys(reading.ids))[:ID_LIMIT],
        defects=tuple(dict.fromkeys(reading.defects)),
    )


def _collect(part: Tree, reading: _Reading, depth: int) -> _Texts:
    """The text parts below, in order; the choice between alternatives is made here."""
    reading.note(part)
    kind = part.get_content_type()
    children = part.get_payload()
    if not kind.startswith("multipart/") or not isinstance(children, list):
        return _leaf(part, kind, reading)
    if depth >= DEPTH_LIMIT:
        reading.defects.append("too_deep")
        return []
    found = []
    for child in children:
        if len(reading.parts) >= PART_LIMIT:
            reading.defects.append("too_many_parts")
            break
        if isinstance(child, Tree):
            found.append(_collect(child, reading, depth + 1))
    texts = [text for one in found for text in one]
    return _choose(texts, reading) if kind == "multipart/alternative" else texts


def _leaf(part: Tree, kind: str, reading: _Reading) -> _Texts:
    disposition = (attempt(part.get_content_disposition, None) or "").strip()
    disposition = disposition if disposition in ("inline", "") else "attachment"
    filename = _filename(part)
    reading.parts.append(
        Part(content_type=kind, disposition=disposition, filename=filename, size_bytes=_size_bytes(part))
    )
    if kind.startswith("message/") or kind in ("text/rfc822-headers", "text/rfc822-header"):
        _embedded(part, reading)
        if kind.endswith("delivery-status"):
            reading.report += _fields(part)
    elif disposition == "attachment" or kind not in ("text/plain", "text/html"):
        # a multipart whose boundaries are missing is still shown to a person as its raw text
        return [(part, kind)] if kind.startswith("multipart/") else []
    elif filename:
        reading.named.append(part)
    else:
        return [(part, kind)]
    return []


def _choose(texts: _Texts, reading: _Reading) -> _Texts:
    """Of alternatives: plain text, unless it is empty or only says that there is HTML (RFC 2046 section 5.1.4)."""
    html = [each for each in texts if each[1] == "text/html"]
    plain = [each for each in texts if each[1] != "text/html"]
    if not html or not plain:
        return texts
    left = reading.left
    shown = "\n".join(_plain(part, reading) for part, _ in plain).strip()
    reading.left = left
    stub = len(shown) < 3 and not shown.isalnum()
    return html if stub or (len(shown) < 400 and _says_html(shown)) else plain


def _says_html(shown: str) -> bool:
    low = shown.lower()
    return any(word in low for word in _STUB_WORDS) and _STUB.search(shown) is not None


def _written(pieces: _Texts, reading: _Reading) -> str:
    texts = []
    for part, kind in pieces:
        text = _plain(part, reading)
        if kind == "text/html":
            text, wrong = render(text)
            text = _tidy(text)
            reading.defects += [wrong] if wrong else []
        if text.strip():
            texts.append(text.rstrip("\n"))
    return "\n".join(texts)


def _plain(part: Tree, reading: _Reading) -> str:
    text, size = reading.texts.get(id(part), ("", reading.left + 1))
    if size <= reading.left:
        reading.left -= size
        return text
    octets = _octets(part)
    reading.note(part)  # what is wrong with base64 shows only now
    whole = len(octets) <= reading.left
    if not whole:
        octets = octets[: octets.rfind(b"\n", 0, reading.left) + 1] or octets[: reading.left].rstrip(_HIGH)
        reading.defects.append("text_cut")
    reading.left -= len(octets)
    text, wrong = decode(octets, _parameter(part, "charset"))
    if wrong:
        reading.defects.append(wrong)
    if "\0" in text:
        reading.defects.append("null_octet")
    text = _tidy(text)
    if whole:
        reading.texts[id(part)] = text, len(octets)
    return text


def _tidy(text: str) -> str:
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return nfc(_CONTROLS.sub("", _BREAKS.sub("\n", lines)).removeprefix("\ufeff"))


def _octets(part: Tree) -> bytes:
    payload = attempt(lambda: part.get_payload(decode=True), None)
    return payload if isinstance(payload, bytes) else b""


def _size_bytes(part: Tree) -> int:
    payload = part.get_payload()
    if not isinstance(payload, str):
        return 0
    if str(part.get("content-transfer-encoding", "")).strip().lower() == "base64":
        return (len(payload) - payload.count("\n") - payload.count("\r")) * 3 // 4
    return len(payload)


def _embedded(part: Tree, reading: _Reading) -> None:
    inner = part.get_payload()
    if isinstance(inner, list):
        for one in inner:
            if isinstance(one, Tree):
                reading.ids += _RETURNED.findall("\n".join(f"{name}: {value}" for name, value in one.raw_items()))
    else:
        reading.ids += _RETURNED.findall(_octets(part)[:TEXT_LIMIT].decode("latin-1"))


def _fields(part: Tree) -> list[str]:
    """The groups of fields of a delivery report; a library may see them as headers of embedded mails."""
    inner = part.get_payload()
    if not isinstance(inner, list):
        return [_tidy(_octets(part)[:REPORT_LIMIT].decode("utf-8", "replace"))]
    groups = []
    for one in (each for each in inner if isinstance(each, Tree)):
        fields = (f"{name}: {value}" for name, value in one.raw_items())
        rest = one.get_payload()
        groups += ["\n".join(_FOLD.sub(" ", _tidy(field)) for field in fields), rest if isinstance(rest, str) else ""]
    return [_CONTINUED.sub(" ", _tidy(group)) for group in groups if group.strip()]


def _parameter(part: Tree, name: str) -> str:
    if name not in _written_as(part, "content-type"):
        return ""
    value = attempt(lambda: part.get_param(name), None)
    if isinstance(value, tuple):
        value = value[2]
    return str(value).strip().lower() if value else ""


def _written_as(part: Tree, name: str) -> str:
    """A field in lower case as it stands: to split it is dear, and most have no parameter that is asked for."""
    return str(attempt(lambda: part.get(name), None) or "").lower()


def _filename(part: Tree) -> str:
    if "name" not in _written_as(part, "content-disposition") + _written_as(part, "content-type"):
        return ""
    name = attempt(part.get_filename, None)
    return one_line(decode_words(str(name))[0])[:200] if name else ""
