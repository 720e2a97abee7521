"""The installations of a folder, each of one mailbox, all in one PostgreSQL. Reads settings; opens nothing."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from mailbot import logs
from mailbot.config import SETTINGS_FILE, load_settings
from mailbot.errors import ConfigError, MailbotError
from mailbot.settings import Settings
from mailbot.store.engine import share_of
from mailbot.urls import MailboxUrl, mailbox_url

OWN = "each mailbox has a schema of its own in one PostgreSQL: postgresql://USER@HOST/DB?schema=NAME"


@dataclass(frozen=True, slots=True)
class Member:
    """One of the mailboxes: its folder, where its mail is read, and in which database its store lies."""

    folder: Path
    url: MailboxUrl
    place: tuple[object, ...]


def members(folder: Path) -> dict[str, Member]:
    """Return the installations of a folder, by the names of their schemas; one that is wrong is logged and left out.

    Which database is theirs most of them say. Raises ConfigError where there is none that is right.
    """
    found: dict[str, Member] = {}
    wrong = ConfigError(f"{folder}: there is no folder in it that `mailbot init` wrote")
    for each in sorted(folder.iterdir()) if folder.is_dir() else []:
        if (each / SETTINGS_FILE).is_file():
            try:
                name, member = _member(each, load_settings(each))
                if name in found:
                    raise ConfigError(f"{each / SETTINGS_FILE}: store.url: with `run --all` {OWN}")
                found[name] = member
            except MailbotError as exc:  # one mailbox of thousands keeps no other waiting
                _leave_out(exc)
                wrong = exc if isinstance(exc, ConfigError) else wrong
    if not found:
        raise wrong
    most = Counter(member.place for member in found.values()).most_common(1)[0][0]
    for name, member in list(found.items()):
        if member.place != most:
            del found[name]
            _leave_out(ConfigError(f"{member.folder / SETTINGS_FILE}: store.url: not the database of most others"))
    return found


def _member(folder: Path, settings: Settings) -> tuple[str, Member]:
    name, place = share_of(settings.store.url)
    if not name:
        raise ConfigError(f"{folder / SETTINGS_FILE}: store.url: with `run --all` {OWN}")
    return name, Member(folder, mailbox_url(settings.mailbox.url), place)


def _leave_out(exc: MailbotError) -> None:
    logs.tell("mailbox_left_out", logging.ERROR, says=str(exc))
