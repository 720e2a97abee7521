"""What a delivery report says of the mail it returns: did it fail for good, with which status, in which words.

By its fields (RFC 3464 section 2.3) where it has any, else by its text: real bounces in five forms have none.
Which mail it returns is the store's matter; whether a machine wrote it is machine.py's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mailbot.reading.message import Message

WHY_LIMIT = 200  # letters
_TEXT = 20_000  # letters of a report without fields that are looked at
_FIELD = re.compile(
    r"^[> \t]{0,4}(action|status|diagnostic-code)[ \t]*:[ \t]*(.{0,998})$", re.IGNORECASE | re.MULTILINE
)
_STATUS = re.compile(r"(?<![\w.])([245]\.\d{1,3}\.\d{1,3})(?![\w.]*\d)")
_CODE = re.compile(r"\b[45][0-5]\d[ -]")
_ACTION = re.compile(r"[A-Za-z]{1,20}")
_NOT_FAILED = re.compile(  # lower-case subjects of reports without fields that are no failure
    r"delay|warning|still being|will be retried|successful|delivered:|relayed:|expanded:|задерж|кідір"
)
_NUMBER = re.compile(r"\d[\d()-]{5,}")  # a telephone, a date, an account: nothing that says why
_NOISE = re.compile(r"^\s*(?:smtp|x-[a-z-]{1,40}|dns)\s*;\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What became of one mail."""

    action: str  # failed, delayed, delivered, relayed, expanded; "" where the report has no fields
    status: str  # RFC 3463, "" where it is not told
    why: str  # the other server's words, without any address
    failed: bool  # for good
    told: bool  # the failure is said outright; else it is only what such a mail usually means


def delivery(message: Message) -> Delivery:
    """Return what a report says; of several recipients the one that failed. Raises nothing. Source: RFC 3464."""
    text = f"{message.text}\n{message.quoted}"[:_TEXT]
    groups = [_read(group) for group in (message.report or text).split("\n\n")]
    found = [group for group in groups if group.get("action")]
    group = next((each for each in found if each["action"] == "failed"), found[0] if found else {})
    action = group.get("action", "")
    line = group.get("diagnostic-code") or _line(text)
    status = (_STATUS.search(group.get("status", "")) or _STATUS.search(line) or ("", ""))[1]
    permanent = status.startswith("5") or (not status and line.lstrip().startswith("5"))
    mild = status[:1] in ("2", "4") or (not permanent and _NOT_FAILED.search(message.subject.lower()) is not None)
    failed = action == "failed" if action else not mild
    return Delivery(
        action=action, status=status, why=plain(line), failed=failed, told=failed and (bool(action) or permanent)
    )


def _read(group: str) -> dict[str, str]:
    fields = {match[1].lower(): match[2].strip() for match in _FIELD.finditer(group)}
    action = _ACTION.match(fields.get("action", ""))
    return fields | {"action": action[0].lower() if action else ""}


def _line(text: str) -> str:
    """Return the line of a report without fields that bears a status, from there on; else one with a reply code."""
    for mark in (_STATUS, _CODE):
        for line in text.split("\n"):
            found = mark.search(line)
            if found:
                code = _CODE.search(line)
                return line[min(found.start(), code.start() if code else len(line)) :]
    return ""


def plain(text: str, *names: str) -> str:
    """Return a server's words on one line, without those that hold an address, a long number or one of these names."""
    hidden = [name.casefold() for name in names if len(name) > 2]
    words = _NOISE.sub("", text).split()
    words = [word for word in words if "@" not in word and not _NUMBER.search(word)]
    kept = [word for word in words if not any(name in word.casefold() for name in hidden)]
    return " ".join(kept)[:WHY_LIMIT]
