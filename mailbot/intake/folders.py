"""Which folder of a mailbox is the one for sent mail, drafts or junk: by its mark (RFC 6154), else by its usual name.

Names are those of Gmail, Yandex, Mail.ru, Outlook, Apple Mail and Thunderbird in English, Russian and Kazakh. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

Special = Literal["sent", "drafts", "junk", "all", "trash"]
MARKS: dict[Special, bytes] = {
    "sent": rb"\sent", "drafts": rb"\drafts", "junk": rb"\junk", "all": rb"\all", "trash": rb"\trash",
}  # fmt: skip
NAMES: dict[Special, tuple[str, ...]] = {
    "sent": (
        "sent", "sent mail", "sent items", "sent messages", "отправленные", "отправленные письма", "исходящие",
        "жіберілген", "жіберілгендер", "жіберілген хаттар", "жіберілген пошта",
    ),
    "drafts": ("drafts", "draft", "черновики", "жобалар", "нобайлар", "жоба хаттар"),
    "junk": (
        "junk", "junk mail", "junk e-mail", "junk email", "spam", "bulk mail", "спам", "нежелательная почта",
        "нежелательные", "қалаусыз пошта", "қажетсіз хаттар",
    ),
}  # fmt: skip
_NOT_OPENED = (rb"\noselect", rb"\nonexistent")


def special(listed: Iterable[tuple[Sequence[bytes], bytes | None, str]]) -> dict[str, str]:
    """Return which folder is which of Special, of LIST's answer (flags, delimiter, name); others are left out.

    A mark counts before a name, and a name counts only at the top (or right under INBOX): another folder may hold
    one that is called the same. Raises nothing.
    """
    marked: dict[str, str] = {}
    called: dict[str, str] = {}
    for flags, delimiter, name in listed:
        lower = {flag.lower() for flag in flags}
        if not lower.isdisjoint(_NOT_OPENED):
            continue
        for what, mark in MARKS.items():
            if mark in lower:
                marked.setdefault(what, name)
        parts = name.split(delimiter.decode("ascii", "replace")) if delimiter else [name]
        top = parts[1:] if len(parts) > 1 and parts[0].lower() in ("inbox", "[gmail]") else parts
        for what, names in NAMES.items():
            if len(top) == 1 and top[0].strip().casefold() in names:
                called.setdefault(what, name)
    return {**called, **marked}


def wanted(where: Iterable[str], own: dict[str, str], more: dict[str, str], *, trash: bool) -> list[str]:
    """Return the names of those folders, each once and under the first of its names; unknown ones are left out.

    `own`: the folder that is read, and mailbot/Done; `more`: the others by their use. `trash`: what is gone from
    mailbot/Done may lie in the trash.
    """
    known = {**{name: folder for name, folder in more.items() if folder not in own.values()}, **own}
    gone = [known["trash"]] if trash and "done" in where and "trash" in known else []
    return list(dict.fromkeys([*(known[name] for name in where if name in known), *gone]))
