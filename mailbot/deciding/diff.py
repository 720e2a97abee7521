"""Show what a change does to the record, field by field, and veil the values that leave in a mail. Pure.

A mail may be read over a shoulder, or by whoever has the mailbox next: it shows enough to recognise a value, and not
the value. The register's own pages show both sides whole. Serves the rule that an answer says what was done.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from mailbot.reading.claim import FIELD_NAMES

if TYPE_CHECKING:
    from mailbot.deciding.facts import PersonFacts

_KZ = re.compile(r"\+7(\d{3})\d{5}(\d{2})")
Values = Mapping[str, Any]  # field -> value; "phones" and "emails" hold whole lists


def record(person: PersonFacts) -> dict[str, Any]:
    """Return a person's record as `diff` compares it."""
    return {**person.fields, "phones": list(person.phones), "emails": list(person.emails)}


def diff(before: Values, after: Values) -> list[dict[str, str]]:
    """Return {"field", "before", "after"} for each name of `after`, in the policy's order, whole values as text.

    "" stands for nothing. `before` may hold more. Raises: nothing. Source: policy section 2.
    """
    sides = [{_field(name): _text(value) for name, value in side.items()} for side in (before, after)]
    return [
        {"field": name, "before": sides[0].get(name, ""), "after": sides[1][name]}
        for name in FIELD_NAMES
        if name in sides[1]
    ]


def done(kept: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return the diff of what a request changed, from what the store keeps of it for an undo."""
    moved = kept.get("address") or {}
    sides = [dict(kept.get(name, {})) for name in ("fields", "after")]
    if moved:
        sides[0]["email"], sides[1]["email"] = moved["old"], moved["new"]
    return diff(sides[0], sides[1])


def veiled(changes: Iterable[dict[str, str]]) -> list[dict[str, str]]:
    """Return a diff fit for a mail: `+7 701 *** ** 67`; a side that would look like the other is left out."""
    shown = []
    for each in changes:
        before, after = (veil(each["field"], each[side]) for side in ("before", "after"))
        shown.append({"field": each["field"], "before": "" if before == after else before, "after": after})
    return shown


def veil(field: str, value: str) -> str:
    """Return a value of a field (several parted by ", ") of which only its ends can be read. Raises: nothing."""
    if field == "birth_place":
        return _ends(value)
    return ", ".join(_veil(field, one) for one in value.split(", ")) if value else ""


def _veil(field: str, value: str) -> str:
    if field == "phone":
        known = _KZ.fullmatch(value)
        return f"+7 {known[1]} *** ** {known[2]}" if known else f"{value[:3]} *** {value[-2:]}"
    if field == "email":
        local, _, domain = value.rpartition("@")
        return f"{local[:1]}***@{domain}"
    if field == "birth_date":
        return f"**.**.{value[:4]}"
    return _ends(value)


def _ends(value: str) -> str:
    """Return the first letter, and the last one of a longer word: «С***а» is not «С***в»."""
    return f"{value[:1]}***{value[-1:] if len(value) > 3 else ''}" if value else ""


def _field(name: str) -> str:
    return {"phones": "phone", "emails": "email"}.get(name, name)


def _text(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(value)
    return value.isoformat() if isinstance(value, date) else value or ""
