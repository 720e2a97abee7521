"""Read one Authentication-Results field (RFC 8601 section 2.2): who wrote it, and what it says.

Whether it is believed is trust.py's matter. A field that breaks the grammar has no results; nothing here raises.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import authres

from mailbot.reading.address import domain_key

FIELD_LIMIT = 16_000  # letters of a field that is still read
NESTING_LIMIT = 20  # open parentheses
_COMMENT = re.compile(r"\([^()]{0,1000}\)")
_STUCK = re.compile(r"[.@][^\s;=().@]{0,255}=[^\s;()]{0,255}\(")  # from the last dot or @ before the sign: one scan
_BLANK_OR_COMMENT = frozenset(" \t\r\n(")
_SERVER = re.compile(r"\s*([A-Za-z0-9._-]{1,255})(?=[\s;]|$)")


class _Field(authres.core.AuthenticationResultsHeader):  # type: ignore[misc]
    """The library's parser; it compiles each of its few patterns once, and looks for a comment where one may start."""

    _parse_text: str

    def _parse_pattern(self, pattern: str) -> re.Match[str] | None:
        found = _compiled(pattern).match(self._parse_text)
        if found:
            self._parse_text = self._parse_text[found.end() :]
        return found

    def _parse_rfc5322_cfws(self) -> Any:
        return self._parse_text[:1] in _BLANK_OR_COMMENT and super()._parse_rfc5322_cfws()


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(f"^{pattern}", re.IGNORECASE)


def plain(value: str) -> str:
    """Without comments, as deep as they are ever nested."""
    for _ in range(3):
        value = _COMMENT.sub(" ", value)
    return value


def server_of(value: str) -> str:
    found = _SERVER.match(plain(value[:2000]))
    return found[1].lower().rstrip(".") if found else ""


def results_of(value: str) -> list[Any]:
    """The results of one field; a field that breaks RFC 8601 has none.

    Nor has one where a comment sticks to a property, which no host writes: `d=example.org(.example.com` is a stranger's
    domain that a careless host copied ("Composition Kills", CVE-2020-12272). A last semicolon (Yahoo's) does no harm.
    """
    if len(value) > FIELD_LIMIT or not value.isascii() or value.count("(") > NESTING_LIMIT * 10:
        return []
    if _STUCK.search(value) or (value.count("(") > NESTING_LIMIT and _depth(value) > NESTING_LIMIT):
        return []
    value = value.strip().removesuffix(";")
    try:
        return list(_Field.parse(authres.core_features(), f"Authentication-Results: {value}").results)
    except (authres.AuthResError, ValueError, TypeError, AttributeError, IndexError):
        return []


def _depth(value: str) -> int:
    """How many parentheses stand open at once."""
    depth = deepest = 0
    for letter in value:
        depth += (letter == "(") - (letter == ")")
        deepest = max(deepest, depth)
    return deepest


def values_of(result: Any, kind: str, name: str) -> set[str]:
    """The domains of one property; two different ones prove neither."""
    return {
        domain_key(str(one.value).rpartition("@")[2].strip("<> "))
        for one in result.properties
        if one.type.lower() == kind and one.name.lower() == name and one.value
    }


def texts_of(result: Any, kind: str, name: str) -> set[str]:
    """The texts of one property as they stand, without blanks and quotes."""
    return {
        "".join(str(one.value).split()).strip('"')
        for one in result.properties
        if one.type.lower() == kind and one.name.lower() == name and one.value
    }


def signer_of(result: Any) -> tuple[str, str]:
    for name in ("d", "i"):
        domains = values_of(result, "header", name)
        if domains:
            return f"header.{name}", domains.pop() if len(domains) == 1 else ""
    return "", ""
