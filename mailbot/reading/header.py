"""Read the raw header block and its From field (RFC 5322 sections 2.2, 3.4, 3.6; RFC 6532; RFC 6854).

The block is read here and not by a library, because libraries hide what matters: a second Subject, a blank
before the colon, a bare CR, octets that are no ASCII, a From that two programs read differently. No body, no
trust (sender.py). Whoever acts on a mail needs exactly one writer: every doubt yields none.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from mailbot.reading.charset import decode, decode_words, detect, one_line
from mailbot.reading.message import Address

HEADER_LIMIT = 256 * 1024  # octets of a header block that are read
FIELD_LIMIT = 2_000  # fields of a header block that are read
VALUE_LIMIT = 32_000  # octets of one field that are read
FROM_LIMIT = 10_000  # letters of a From field that is still taken seriously

# Once only by RFC 5322 section 3.6 and RFC 2045; a second one gives a signed mail another meaning.
_ONCE = "from sender reply-to to cc bcc message-id in-reply-to references subject date content-type mime-version"
ONCE_ONLY = frozenset((*_ONCE.split(), "content-transfer-encoding", "content-disposition"))
_NAME = re.compile(rb"([!-9;-~]{1,200})[ \t]*:")
_END = re.compile(rb"\n\r?\n")
_BLANK_LINES = re.compile(rb"\A(?:\xef\xbb\xbf)?(?:[ \t]*\r?\n)+")
_STILL_HEADER = re.compile(
    rb"(?:from|to|cc|bcc|reply-to|sender|subject|date|message-id|received|content-type|mime-version|references|"
    rb"in-reply-to|dkim-signature|authentication-results)[ \t]*:",
    re.IGNORECASE,
)
_TOKEN = re.compile(
    r'(?P<blank>[ \t]+)|(?P<quoted>"(?:[^"\\]|\\.)*")|(?P<encoded>=\?[^?\s@<>"]{1,60}\?[bBqQ]\?[^?\s@<>"]*\?=)'
    r"|(?P<literal>\[[^\[\]\\]*\])|(?P<special>[<>,:;@()\\\"\[\]])|(?P<word>[^\s<>,:;@()\"\\\[\]]+)"
)
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]")
_BOUNDARY = re.compile(r"boundary[ \t]*=[ \t]*(?:\"([^\"\\]{1,200})\"|([^\s;\"\\]{1,200}))", re.IGNORECASE)
_FOLDED_LETTER = re.compile(rb"(?<=[\xc2-\xf4])[ \t]+(?=[\x80-\xbf])")
_COMMENT_EDGE = re.compile(r"[()\\]")
_ADDRESS = re.compile(
    r"(?P<local>\"(?:[^\"\\@<>,;:]|\\[^@<>,;:]){1,64}\"|[^\s\"(),:;<>@\[\]\\]{1,256})"
    r"@(?P<domain>\[[^\[\]\\\s]{1,64}\]|[^\s\"(),:;<>@\[\]\\]{1,255})"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """A header block as received."""

    fields: tuple[tuple[str, bytes], ...]  # lower-case name, unfolded value
    repeated: tuple[str, ...]
    body: bytes
    defects: tuple[str, ...]


def read(octets: bytes) -> Header:
    """Return the header block of a mail and the octets below it. Raises nothing.

    A line that is no field is left out where fields follow it, and begins the body where none does.
    """
    defects: list[str] = []
    block, body = _split(octets, defects)
    if len(block) > HEADER_LIMIT:
        block = block[: max(block.rfind(b"\n", 0, HEADER_LIMIT), 0)]
        defects.append("header_cut")
    fields: list[tuple[str, list[bytes]]] = []
    lines, last = block.split(b"\n"), None
    for number, line in enumerate(lines):
        name = _NAME.match(line)
        if line[:1] in (b" ", b"\t"):
            if fields:
                fields[-1][1].append(line)
        elif name:
            fields.append((name[1].decode("ascii").lower(), [line[name.end() :]]))
        elif line.startswith((b"From ", b">From ")) and number == 0:
            continue
        elif line:
            last = _last_field(lines) if last is None else last
            if number > last:
                defects.append("no_separator")
                body = b"\n".join([*lines[number:], b"", body])
                break
            if "header_garbage" not in defects:
                defects.append("header_garbage")
        if len(fields) > FIELD_LIMIT:
            defects.append("header_cut")
            break
    names = [name for name, _ in fields]
    return Header(
        fields=tuple((name, b"".join(parts)[:VALUE_LIMIT].strip()) for name, parts in fields),
        repeated=tuple(sorted(name for name in ONCE_ONLY.intersection(names) if names.count(name) > 1)),
        body=body,
        defects=tuple(defects),
    )


def _last_field(lines: list[bytes]) -> int:
    """The last line that surely is a field; -1 where none is."""
    return next((number for number in range(len(lines) - 1, -1, -1) if _STILL_HEADER.match(lines[number])), -1)


def letters(value: bytes, charset: str) -> str:
    """Return an undecoded header value as text; raw 8-bit octets are recognised, `charset` helps. Raises nothing.

    A charset that swallows ASCII (the backslash as half of a letter) is not asked: the host that checked the mail
    read its octets, and `"x\\" <a@b> ("` would be another address here.
    """
    if value.isascii():
        return value.decode("ascii")
    value = _mended(value)
    text = decode(value, charset)[0]
    skeleton = bytes(octet for octet in value if octet < 0x80).decode("ascii")
    return text if "".join(letter for letter in text if letter.isascii()) == skeleton else detect(value)


def is_framed(kind: str, body: bytes) -> bool:
    """Tell whether a body looks like what a Content-Type says: a multipart lies within its boundary. Raises nothing.

    Where Content-Type is not signed (Gmail), another boundary makes a part of what was only quoted.
    """
    core, label = body.strip(), kind.strip().lower()
    if not label.startswith("multipart/"):
        return (not label or label.startswith("text/")) and not core.startswith(b"--")
    found = _BOUNDARY.search(kind)
    if found is None or label.count("boundary") != 1:
        return False
    edge = b"--" + (found[1] or found[2]).encode()
    return core.partition(b"\n")[0].rstrip() == edge and core.endswith(edge + b"--")


def _mended(value: bytes) -> bytes:
    """A value whose line was folded inside a UTF-8 letter, without that fold."""
    whole, folds = _FOLDED_LETTER.subn(b"", value)
    text = whole.decode("utf-8", "ignore")
    is_utf8 = text.encode() == whole and 4 * folds <= sum(letter > "\x7f" for letter in text)
    return whole if folds and is_utf8 else value


def mailboxes(value: str) -> tuple[tuple[Address, ...], str]:
    """Return the mailboxes of a From field and a defect word: "", from_ambiguous, from_group or from_missing.

    Strict on purpose: no mailbox is returned where two programs could read two different ones. Several sound
    mailboxes are returned, with from_ambiguous. Raises nothing. Source: RFC 5322 section 3.4, CVE-2023-27043.
    """
    if not value.strip() or value.strip() == "<>":
        return (), "from_missing"
    tokens = _tokens(value) if len(value) <= FROM_LIMIT and not _CONTROL.search(value) else None
    if tokens is None:
        return (), "from_ambiguous"
    pieces: list[list[tuple[str, str]]] = [[]]
    for kind, text in tokens:
        if kind == "special" and text in ":;":
            return (), "from_group"
        if kind == "special" and text == ",":
            pieces.append([])
        else:
            pieces[-1].append((kind, text))
    found = [_mailbox(piece) for piece in pieces]
    sound = tuple(address for address in found if address is not None)
    if len(sound) != len(found):
        return (), "from_ambiguous"
    return sound, "" if len(sound) == 1 else "from_ambiguous"


def _split(octets: bytes, defects: list[str]) -> tuple[bytes, bytes]:
    top = octets[:65_536]
    if b"\r\r\n" in top:
        octets = octets.replace(b"\r\r\n", b"\r\n")
        defects.append("bare_cr")
    elif b"\n" not in top and b"\r" in top:
        octets = octets.replace(b"\r", b"\n")
        defects.append("bare_cr")
    blank = _BLANK_LINES.match(octets)
    if blank:
        octets = octets[blank.end() :]
        defects.append("blank_before_header")
    end = _END.search(octets)
    block, body = (octets[: end.start()], octets[end.end() :]) if end else (octets, b"")
    block = block.replace(b"\r\n", b"\n").removesuffix(b"\r")
    if b"\0" in block:
        block = block.replace(b"\0", b"")
        defects.append("null_octet")
    if b"\r" in block:  # most libraries end a line here, signers do not
        block = block.replace(b"\r", b"\n")
        defects.append("bare_cr")
    return block, body


def _tokens(value: str) -> list[tuple[str, str]] | None:
    tokens: list[tuple[str, str]] = []
    at = 0
    while at < len(value):
        if value[at] == "(":
            end = _comment_end(value, at)
            if end is None:
                return None
            tokens.append(("comment", value[at + 1 : end - 1]))
            at = end
            continue
        found = _TOKEN.match(value, at)
        if found is None or found[0] in ('"', "\\", ")", "[", "]"):
            return None
        tokens.append((str(found.lastgroup), found[0]))
        at = found.end()
    return tokens


def _comment_end(value: str, start: int) -> int | None:
    depth, at = 0, start
    while found := _COMMENT_EDGE.search(value, at):
        at = found.end()
        if found[0] == "\\":
            at += 1
        else:
            depth += 1 if found[0] == "(" else -1
            if depth == 0:
                return at
    return None


def _mailbox(tokens: list[tuple[str, str]]) -> Address | None:
    brackets = [number for number, token in enumerate(tokens) if token[0] == "special" and token[1] in "<>"]
    if not brackets:
        spec = _trimmed(tokens)  # a comment inside is read in two ways: below
        phrase = [("word", text) for kind, text in tokens if kind == "comment"]
    elif len(brackets) == 2 and tokens[brackets[0]][1] == "<" and tokens[brackets[1]][1] == ">":
        spec = tokens[brackets[0] + 1 : brackets[1]]
        phrase = tokens[: brackets[0]]
        rest = tokens[brackets[1] + 1 :]
        if any(kind not in ("blank", "comment") for kind, _ in rest) or any(t == ("special", "@") for t in phrase):
            return None
    else:
        return None
    addr = "".join(text for _, text in spec).strip(" \t")
    if any(kind in ("comment", "encoded") for kind, _ in spec) or not is_address(addr):
        return None
    name = _name(phrase)
    return None if name is None else Address(name=name, addr=addr)


def _trimmed(tokens: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the tokens without the comments and blanks around them: `(Aliya) aliya@example.com (home)`."""
    told = [number for number, (kind, _) in enumerate(tokens) if kind not in ("comment", "blank")]
    return tokens[told[0] : told[-1] + 1] if told else []


LONGEST_ADDRESS = 254  # RFC 5321 section 4.5.3.1.3, without the angle brackets


def is_address(addr: str) -> bool:
    """Tell whether that is one addr-spec that every program reads alike. Raises nothing."""
    found = _ADDRESS.fullmatch(addr) if len(addr) <= LONGEST_ADDRESS else None
    if found is None or "=?" in addr:
        return False
    if any(letter > "\x7f" and unicodedata.category(letter)[0] in "CZ" for letter in addr):
        return False
    local, domain = found["local"], found["domain"]
    if local.startswith(".") or (local.endswith(".") and not local.startswith('"')):
        return False
    return domain.startswith("[") or all(domain.removesuffix(".").split("."))


def _name(phrase: list[tuple[str, str]]) -> str | None:
    words = []
    for kind, text in phrase:
        if kind == "quoted":
            text = re.sub(r"\\(.)", r"\1", text[1:-1])
        elif kind == "comment":
            continue
        words.append(text)
    name, _ = decode_words("".join(words).strip())
    if "<" in name or ">" in name or _CONTROL.search(name):
        return None
    return one_line(name)
