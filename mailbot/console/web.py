"""What a web form posts: who may post it, and the pairs of label and value in its body. Pure; nothing is stored here.

A body is form-encoded (RFC 1866 section 8.2.1, UTF-8) or JSON (RFC 8259); a sender proves itself by a bearer token
(RFC 6750) or by an HMAC-SHA256 of the body.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

MAX_BYTES = 64 * 1024
MAX_PAIRS = 200
SIGNATURE = "x-signature-256"  # sha256=HEX of the body, as GitHub and many builders sign
LISTS = ("fields", "data", "answers", "form")  # one object or list of {name, value} inside the body, as builders send


_UNREADABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


class WrongBody(Exception):
    """A body that can't be read; `status` is the answer's (RFC 9110), the text says what to do."""

    def __init__(self, status: int, says: str) -> None:
        """Keep both."""
        super().__init__(says)
        self.status = status


def may_post(headers: Mapping[str, str], body: bytes, kind: str, secret: str) -> bool:
    """Tell whether the sender knows the source's secret; `kind` is bearer or hmac. Raises nothing."""
    if kind == "hmac":
        given = headers.get(SIGNATURE, "").strip().removeprefix("sha256=").lower()
        right = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    else:
        scheme, _, given = headers.get("authorization", "").strip().partition(" ")
        given, right = given.strip() if scheme.lower() == "bearer" else "", secret
    return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), right.encode())


def pairs(content_type: str, body: bytes) -> list[tuple[str, str]]:
    """Return label and value of each field, in order. Raises WrongBody (415, 400)."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/x-www-form-urlencoded":
        found = _encoded(body)
    elif kind == "application/json":
        found = list(_flat(_json(body)))
    else:
        raise WrongBody(415, "send application/x-www-form-urlencoded or application/json")
    if any(_UNREADABLE.search(text) for pair in found for text in pair):
        raise WrongBody(400, "a field of the body holds a control character")
    if len(found) > MAX_PAIRS:
        raise WrongBody(400, f"more than {MAX_PAIRS} fields")
    return found


def _encoded(body: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(
            body.decode("ascii"), keep_blank_values=True, strict_parsing=bool(body), errors="strict",
            max_num_fields=MAX_PAIRS,
        )  # fmt: skip
    except ValueError as exc:
        raise WrongBody(400, "the body is not form-encoded UTF-8") from exc


def _json(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body.decode("utf-8"), object_pairs_hook=_once)
    except (ValueError, RecursionError) as exc:
        raise WrongBody(400, "the body is not JSON in UTF-8") from exc
    if not isinstance(value, dict):
        raise WrongBody(400, "the body is not a JSON object")
    return value


def _once(found: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object; a label that stands twice says nothing for certain. Raises ValueError."""
    if len({label for label, _ in found}) < len(found):
        raise ValueError("a label stands twice")
    return dict(found)


def _flat(value: dict[str, Any], *, inside: bool = False) -> list[tuple[str, str]]:
    """Return the pairs of an object: plain values, and those of one known list or object inside it."""
    found: list[tuple[str, str]] = []
    for label, one in value.items():
        if isinstance(one, bool):
            found.append((label, "yes" if one else "no"))
        elif isinstance(one, str | int | float):
            found.append((label, str(one)))
        elif one is None:
            found.append((label, ""))
        elif not inside and label in LISTS:
            found += _inner(one)
        else:
            raise WrongBody(400, "a field of the body is neither text nor number")
    return found


def _inner(value: Any) -> list[tuple[str, str]]:
    if isinstance(value, dict):
        return _flat(value, inside=True)
    named = [one for one in value if isinstance(one, dict) and "value" in one] if isinstance(value, list) else []
    if not isinstance(value, list) or len(named) < len(value):
        raise WrongBody(400, "a list of the body holds something else than name and value")
    return [
        pair
        for one in named
        for pair in _flat({str(one.get("name") or one.get("label") or ""): one["value"]}, inside=True)
    ]
