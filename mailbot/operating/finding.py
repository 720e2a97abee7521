"""What `check` looks over, and the shape of what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from mailbot.answering.reply import Templates
from mailbot.pipeline import Line
from mailbot.ports import Courier, Mailbox
from mailbot.settings import Settings

Level = Literal["ok", "note", "wrong"]
Said = Iterator[tuple[Level, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of `check`."""

    what: str
    level: Level
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What is looked over."""

    settings: Settings
    line: Line
    mailbox: Mailbox
    courier: Courier
    templates: Templates
    folder: Path
    hook_secret: Callable[[str], str | None] = lambda _name: None
