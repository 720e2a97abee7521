"""The MIME tree of a mail, cut along its delimiters where it is sound (RFC 2046 section 5.1).

The stdlib looks at each line of a body, be it of a picture; here only delimiters and the headers of parts are looked
at. Where anything is not as it should be the stdlib's parser takes the whole mail: both make the same tree of it, but
for preamble and epilogue, which nobody reads. What a part holds is body.py's matter.
"""

from __future__ import annotations

import email
import re
from collections.abc import Iterable
from email.message import Message as Tree
from email.policy import compat32
from itertools import pairwise

_FIELD = re.compile(r"[!-9;-~]+:[^\n]*\n(?:[ \t][^\n]*\n)*")
_BLANK = re.compile(r"\r?\n")
_BARE_CR = re.compile(r"\r(?!\n)")  # it ends a line, too
_REST = re.compile(r"(--)?[ \t]*(?:\r?\n|\Z)")  # of a line that starts as a delimiter


def tree_of(fields: Iterable[tuple[str, bytes]], body: bytes, *, whole: bool) -> Tree:
    """Return the tree of a mail with these unfolded header fields, each name once, and that body.

    `whole`: the body is one text, whatever the fields say. May raise what the stdlib raises on a header.
    """
    head = [f"{name}: {value.decode('ascii', 'surrogateescape')}\n" for name, value in fields]
    root, text = _headed(head), body.decode("ascii", "surrogateescape")
    if whole:
        root.set_payload(text)
        return root
    if _BARE_CR.search(text) is None and _grow(root, text, 0, len(text)):
        return root
    return email.message_from_string("".join([*head, "\n", text]))


def _headed(fields: Iterable[str]) -> Tree:
    part = Tree()
    for field in fields:
        part.set_raw(*compat32.header_source_parse([field]))
    return part


def _grow(part: Tree, text: str, start: int, end: int) -> bool:
    """Hang under a part what lies there in the text; False where that is not sound, or a mail by itself."""
    kind = part.get_content_type()
    if not kind.startswith("multipart/"):
        leaf = text[start:end]
        part.set_payload(leaf if end == len(text) else leaf.removesuffix("\n").removesuffix("\r"))  # a delimiter's own
        return not kind.startswith("message/")
    edge = part.get_boundary()
    if not edge or not edge.isascii() or "\n" in edge or kind == "multipart/digest":
        return False
    lines = _delimiters(text, f"--{edge}", start, end)
    for (_, above), (below, _) in pairwise(lines):
        fields: list[str] = []
        while field := _FIELD.match(text, above, below):
            fields.append(field[0])
            above = field.end()
        blank = _BLANK.match(text, above, below)
        child = _headed(fields)
        part.attach(child)
        if not (blank and _grow(child, text, blank.end(), below)):
            return False
    return bool(lines)


def _delimiters(text: str, edge: str, start: int, end: int) -> list[tuple[int, int]]:
    """Return where the delimiter lines begin and end, down to the closing one; none where it is missing."""
    lines: list[tuple[int, int]] = []
    at = start if text.startswith(edge, start, end) else text.find(f"\n{edge}", start, end) + 1 or -1
    while at >= 0:
        rest = _REST.match(text, at + len(edge), end)
        if rest:
            lines.append((at, rest.end()))
            if rest[1]:
                return lines if len(lines) > 1 else []
        at = text.find(f"\n{edge}", rest.end() - 1 if rest else at, end) + 1 or -1
    return []
