"""`init`: writes an installation, never over another one. Asks nothing itself (cli/ does), sends nothing."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mailbot.config import POLICY_FILE, SETTINGS_FILE, packaged
from mailbot.errors import ConflictError, InputError

PRESETS: dict[str, dict[str, Any]] = {
    "gmail": {
        "mailbox": "imaps://{user}@imap.gmail.com/INBOX", "courier": "smtps://{user}@smtp.gmail.com",
        "authserv": ["mx.google.com:below"],
    },
    "gmail-oauth": {
        "mailbox": "imaps://{user}@imap.gmail.com/INBOX", "courier": "smtps://{user}@smtp.gmail.com",
        "authserv": ["mx.google.com:below"], "oauth": "google",
    },
    "microsoft": {  # its Authentication-Results name no host, so nobody could tell them from a forged one
        "mailbox": "imaps://{user}@outlook.office365.com/INBOX", "courier": "smtp://{user}@smtp.office365.com:587",
        "authserv": [], "oauth": "microsoft",
    },
    "yandex": {
        "mailbox": "imaps://{user}@imap.yandex.com/INBOX", "courier": "smtps://{user}@smtp.yandex.com",
        "authserv": ["*.yandex.net"],
    },
    "mail.ru": {
        "mailbox": "imaps://{user}@imap.mail.ru/INBOX", "courier": "smtps://{user}@smtp.mail.ru",
        "authserv": ["mxs.mail.ru:below"],
    },
    "local": {
        "mailbox": "maildir:///var/mail/{user}/Maildir", "courier": "smtp://127.0.0.1:25", "authserv": [],
    },
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What `init` writes."""

    mailbox: str
    courier: str
    addresses: tuple[str, ...]
    operator: str = ""
    operator_mail: str = ""
    contact: str = ""
    language: str = "ru"
    do_folders: bool = False
    authserv: tuple[str, ...] = ()
    store: str = "sqlite:///mailbot.sqlite"
    places: tuple[dict[str, str], ...] = ()  # name, preset, perhaps kept_by_law and kept_for
    oauth: tuple[tuple[str, str], ...] = ()  # (provider, "…"), (client_id, "…"), perhaps (tenant, "…")
    passwords: tuple[tuple[str, str], ...] = ()  # (mailbox_password, "…"), (courier_password, "…")


def write(folder: Path, plan: Plan) -> None:
    """Write mailbot.toml, policy.toml, the key and the passwords. Raises ConflictError, InputError."""
    for name in (SETTINGS_FILE, POLICY_FILE):
        if (folder / name).exists():
            raise ConflictError(f"{folder / name} is there already: init never overwrites")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        hidden = folder / "secrets"
        hidden.mkdir(mode=0o700, exist_ok=True)
        if not (hidden / "store_key").exists():
            _private(hidden / "store_key", secrets.token_hex(32))
        for name, value in plan.passwords:
            _private(hidden / name, value)
        policy = (packaged("config") / POLICY_FILE).read_text(encoding="utf-8")
        (folder / POLICY_FILE).write_text(policy + places_text(plan), encoding="utf-8")
        _private(folder / SETTINGS_FILE, settings_text(plan))
    except OSError as exc:
        raise InputError(f"{folder}: can't be written ({exc.strerror})") from exc


def take_back(folder: Path) -> None:
    """Remove the two files of `write` where the rest of `init` failed; key and passwords stay for the next try."""
    for name in (SETTINGS_FILE, POLICY_FILE):
        (folder / name).unlink(missing_ok=True)


def _private(path: Path, text: str) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)


def places_text(plan: Plan) -> str:
    """Return the [[places]] of policy.toml as text."""
    blocks = [
        "\n".join(["", "[[places]]", *(f"{k} = {json.dumps(v, ensure_ascii=False)}" for k, v in place.items())])
        for place in plan.places
    ]
    return "\n".join([*blocks, ""]) if blocks else ""


def settings_text(plan: Plan) -> str:
    """Return mailbot.toml as text."""
    sections: dict[str, dict[str, Any]] = {
        "mailbox": {
            "url": plan.mailbox, "addresses": list(plan.addresses), **({"do_folders": True} if plan.do_folders else {}),
        },
        "courier": {"url": plan.courier},
        **({"oauth": dict(plan.oauth)} if plan.oauth else {}),
        "store": {"url": plan.store},
        "operator": {
            "name": plan.operator, "contact": plan.contact, "mail": plan.operator_mail, "language": plan.language,
        },
        "trust": {"authserv": list(plan.authserv)},
    }  # fmt: skip
    lines = ["# Written by `mailbot init`. Every setting and its meaning: README, Settings.", ""]
    for section, values in sections.items():
        lines.append(f"[{section}]")
        lines += [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in values.items()]
        lines.append("")
    return "\n".join(lines)
