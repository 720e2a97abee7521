"""The text of a page that the HTML parser must not see: it is quadratic in the depth of open elements.

Tags become line ends, nothing of their meaning is kept (html.py renders every other page).
"""

from __future__ import annotations

import html as entities
import re

STRIPPED_LIMIT = 50_000  # characters of a page that is not parsed
DEPTH_LIMIT = 400
_TAGS = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,20})")
_FLAT = frozenset((  # never nest: void, or closed by their next sibling
    "br", "img", "hr", "meta", "link", "input", "col", "area", "base", "wbr", "source", "p", "li", "td", "tr", "th",
    "dt", "dd", "option", "tbody", "thead", "o",
))  # fmt: skip
_TOKEN = re.compile(r"<(/?)([a-zA-Z]{0,20})[^<>]{0,2000}>|[^<]+|<")
_BLANKS = re.compile(r"[ \t\r\n\f]+")


def is_too_deep(html: str) -> bool:
    """Tell whether a page nests too deep to be parsed. Raises nothing."""
    depth = 0
    for found in _TAGS.finditer(html):
        if found[2].lower() not in _FLAT:
            depth = max(depth - 1, 0) if found[1] else depth + 1
            if depth > DEPTH_LIMIT:
                return True
    return False


def stripped(html: str) -> str:
    """Return the text between the tags, entities read. Raises nothing."""
    kept: list[str] = []
    skipped = ""
    for found in _TOKEN.finditer(html[:STRIPPED_LIMIT]):
        tag = (found[2] or "").lower()
        if tag in ("script", "style", "head"):
            skipped = "" if found[1] else tag
        elif not skipped:
            kept.append("\n" if tag or found[0].startswith("<") else found[0])
    lines = (_BLANKS.sub(" ", line).strip() for line in entities.unescape("".join(kept)).split("\n"))
    return "\n".join(line for line in lines if line)
