"""Octets in, Message out: total, bounded, and the only door to mail-parser (RFC 5322, RFC 2045 to 2047).

mail-parser reads the header's dates and addresses and never sees the body, of which it loses too much (wrong
charset labels, truncated multiparts, forwarded mails) and decodes every attachment; header.py reads the raw header
and body.py the stdlib's MIME tree. What is wrong with a mail becomes a defect word, never an exception. No
judgement: whether a machine or the right person wrote is machine.py's and sender.py's matter.
"""

from __future__ import annotations

import logging
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import mailparser
from mailparser.dates import parse_mail_date
from mailparser.utils import get_addresses

from mailbot.reading.body import Body, attempt, read_body
from mailbot.reading.charset import decode_words, nfc, one_line
from mailbot.reading.header import Header, letters, mailboxes, read
from mailbot.reading.message import Address, Message
from mailbot.reading.quote import split
from mailbot.reading.tree import tree_of

CONTAINER_LIMIT = 30  # multiparts and embedded messages that are looked into at all
LINE_LIMIT = 250_000  # body lines times open multiparts: each is one comparison for the stdlib
ROOT_TEXT_LIMIT = 2_000_000  # octets of a mail that is one text
DELIMITER_LIMIT = 300  # boundary lines
PART_FIELD_LIMIT = 4_000  # octets of one Content-* field; the stdlib is quadratic in its parameters
ID_LIMIT = 200
YEARS = range(1970, 2200)  # of a date that is believed; clocks and time zones can't reckon from 31 December 9999
_LIBRARY_FIELDS = frozenset(("to", "cc", "reply-to", "date"))
_TREE_FIELDS = frozenset(("content-type", "content-transfer-encoding", "content-disposition", "mime-version"))
_CONTENT_FIELD = re.compile(rb"\n(content-[a-z-]{1,30})[ \t]*:([^\n]*(?:\n[ \t][^\n]*)*)", re.IGNORECASE)
_CONTAINER = re.compile(rb"[ \t\r\n]*(?:multipart|message)/", re.IGNORECASE)
_BOUNDARY = re.compile(rb"boundary[ \t]*=[ \t]*(?:\"([^\"\r\n]{1,200})\"|([^\s;\"]{1,200}))", re.IGNORECASE)
_CHARSET = re.compile(r"charset\s*=\s*\"?([^\s;\"]{1,60})", re.IGNORECASE)
_BARE = re.compile(r"\w+(?:[.+-]\w+){0,20}@\w+(?:[.-]\w+){0,20}", re.ASCII)  # an address that only has one reading
_Envelope = dict[str, Any] | None
_ID = re.compile(r"<[^<>\s]{1,998}>")
logging.getLogger("mailparser").setLevel(logging.CRITICAL)  # it quotes mails; logs carry ids and reasons only


def parse(octets: bytes, *, complete: bool = True) -> Message:
    """Return the mail as a typed Message; `complete` False where the octets are the header alone.

    Octets as received (the caller caps them at 10 MB); every field of the result is filled. Raises nothing,
    on any octets. Source: RFC 5322, with the limits of RFC 7103's spirit: cut, and say so in `defects`.
    """
    header = read(octets)
    defects = list(header.defects)
    body, cut = _bounded(header) if complete else (b"", "")
    envelope = attempt(lambda: _envelope(_fields(header, _LIBRARY_FIELDS)), None)
    if envelope is None:
        defects.append("parser_failed")
    whole = not _CONTAINER.match(_kind(header))
    fields = _fields(header, _TREE_FIELDS).items()
    content = attempt(lambda: read_body(tree_of(fields, body, whole=whole), complete), Body(defects=("body_unread",)))
    defects += [cut, *content.defects]
    return _message(header, envelope, content, (octets, complete, defects))


def _message(header: Header, envelope: _Envelope, body: Body, rest: tuple[bytes, bool, list[str]]) -> Message:
    octets, complete, defects = rest
    charset = _declared(header)
    headers = tuple((name, nfc(letters(value, charset))) for name, value in header.fields)
    top: dict[str, str] = {}
    for name, value in headers:
        top.setdefault(name, value)
    from_, wrong = mailboxes(top.get("from", ""))
    subject, damaged = decode_words(top.get("subject", ""))
    split_text = split(body.text)
    return Message(
        headers=headers,
        from_fields=sum(1 for name, _ in headers if name == "from"),
        from_=from_,
        sender=mailboxes(top.get("sender", ""))[0],
        reply_to=_addresses(envelope, "reply-to", top.get("reply-to", "")),
        to=_addresses(envelope, "to", top.get("to", "")),
        cc=_addresses(envelope, "cc", top.get("cc", "")),
        subject=one_line(subject),
        date=_utc((envelope or {}).get("date")) or _date(top.get("date", "")),
        message_id=_message_id(top.get("message-id", "")),
        in_reply_to=_ids(top.get("in-reply-to", "")),
        references=_ids(top.get("references", "")),
        hop_at=_date(top.get("received", "").rpartition(";")[2]),
        text=body.text,
        own_text=split_text.own,
        signature=split_text.signature,
        quoted=split_text.quoted,
        content_type=body.content_type,
        report_type=body.report_type,
        parts=body.parts,
        report=body.report,
        returned_ids=body.returned_ids,
        repeated=header.repeated,
        defects=tuple(dict.fromkeys(word for word in (*defects, wrong, damaged) if word)),
        size_bytes=len(octets),
        complete=complete,
    )


def _fields(header: Header, names: frozenset[str]) -> dict[str, bytes]:
    """Those fields, each once, short enough that the quadratic corners of libraries stay cheap."""
    chosen: dict[str, bytes] = {}
    for name, value in header.fields:
        if name in names:
            chosen.setdefault(name, value[:PART_FIELD_LIMIT] if name in _TREE_FIELDS else value)
    return chosen


def _envelope(fields: dict[str, bytes]) -> dict[str, Any]:
    """Return what mail-parser reads in these fields: the date, and (name, address) pairs.

    Of plain fields it is asked by itself what they hold; the whole library is for those that must be decoded first.
    """
    if b"=?" in fields.get("date", b"") or not all(map(bytes.isascii, fields.values())):
        lines = [b"%b: %b\n" % (name.encode(), value) for name, value in fields.items()]
        parsed = mailparser.parse_from_bytes(b"".join([*lines, b"\n"]))
        return {"date": parsed.date, "to": parsed.to, "cc": parsed.cc, "reply-to": parsed.reply_to}
    found: dict[str, Any] = {"date": parse_mail_date(fields["date"].decode()).value} if "date" in fields else {}
    for name in fields.keys() - {"date"}:
        value = fields[name].decode()
        pairs = [("", value)] if _BARE.fullmatch(value) else get_addresses(value, decode_names=True)
        found[name] = [("" if shown == addr else shown, addr) for shown, addr in pairs if addr]
    return found


def _kind(header: Header) -> bytes:
    return next((value for name, value in header.fields if name == "content-type"), b"text/plain")


def _bounded(header: Header) -> tuple[bytes, str]:
    """The body, cut where it has more structure than a person's mail ever has, and a defect word."""
    kind, body = _kind(header), header.body
    if _CONTAINER.match(kind):
        body, containers = _less_structure(body, kind[:PART_FIELD_LIMIT])
        while max(body.count(b"\n"), body.count(b"\r")) * (containers + 1) > LINE_LIMIT:
            half = len(body) // 2
            body = body[: max(body.rfind(b"\n", 0, half), body.rfind(b"\r", 0, half)) + 1]
    elif kind[:5].lower() == b"text/":
        body = body[:ROOT_TEXT_LIMIT]
    return body, "" if len(body) == len(header.body) else "body_cut"


def _less_structure(body: bytes, kind: bytes) -> tuple[bytes, int]:
    boundaries = [found[1] or found[2] for found in _BOUNDARY.finditer(kind)]
    containers, cut = 0, len(body)
    for found in _CONTENT_FIELD.finditer(b"\n" + body):
        if len(found[2]) > PART_FIELD_LIMIT or containers > CONTAINER_LIMIT:
            cut = max(found.start() - 1, 0)
            break
        if _CONTAINER.match(found[2]):
            containers += 1
            boundaries += [inner[1] or inner[2] for inner in _BOUNDARY.finditer(found[2])]
    if boundaries and body.count(b"\n--") > DELIMITER_LIMIT:
        lines = re.compile(rb"\n--(?:" + b"|".join({re.escape(one) for one in boundaries}) + b")")
        for number, found in enumerate(lines.finditer(body, 0, cut)):
            if number > DELIMITER_LIMIT:
                cut = found.start()
                break
    return body[:cut], containers


def _declared(header: Header) -> str:
    found = _CHARSET.search(_kind(header).decode("latin-1"))
    return found[1] if found else ""


def _addresses(envelope: _Envelope, name: str, value: str) -> tuple[Address, ...]:
    if envelope is None:
        return mailboxes(value)[0]
    found = [(str(shown), str(addr)) for shown, addr in envelope.get(name, ())[:ID_LIMIT]]
    return tuple(Address(name=one_line(shown), addr=one_line(addr)) for shown, addr in found)


def _date(value: str) -> datetime | None:
    return _utc(attempt(lambda: parsedate_to_datetime(value.strip()), None)) if value.strip() else None


def _utc(value: object) -> datetime | None:
    if not isinstance(value, datetime) or value.tzinfo is None:
        return None
    moment = attempt(lambda: value.astimezone(UTC), None)
    return moment if moment and moment.year in YEARS else None


def _message_id(value: str) -> str:
    found = _ids(value)
    if found:
        return found[0]
    bare = value.strip()
    return f"<{bare}>" if "@" in bare and _ID.fullmatch(f"<{bare}>") else ""


def _ids(value: str) -> tuple[str, ...]:
    return tuple(_ID.findall(value)[:ID_LIMIT])
