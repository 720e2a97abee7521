"""Lays values out as HTML: templates of templates/console, everything of others escaped, in the reader's language."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from mailbot.answering.catalogue import catalogue
from mailbot.config import packaged
from mailbot.console.words import LANGUAGES, named, word
from mailbot.deciding.reasons import sentence
from mailbot.reading.phones import mask


def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(packaged("templates") / "console"), autoescape=True, undefined=StrictUndefined,
        auto_reload=False, trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    """The pages of one installation."""

    zone: ZoneInfo
    environment: Environment = field(default_factory=_environment)

    def page(self, name: str, language: str, values: dict[str, Any], status: int = 200) -> HTMLResponse:
        """Return a page; `values` are what its template asks for."""
        said = {
            "t": partial(word, language), "named": partial(named, language), "when": self._when, "lang": language,
            "languages": LANGUAGES, "why": partial(_sentence, language), "shown": _shown,
            "mailed": partial(_mailed, language),
        }  # fmt: skip
        return HTMLResponse(self.environment.get_template(name).render(**said, **values), status)

    def _when(self, at: datetime | None) -> str:
        """Return a time as people here write it, in the clock's zone."""
        return f"{at.astimezone(self.zone):%d.%m.%Y %H:%M}" if at else "-"


def _mailed(language: str, template: str) -> str:
    """Return what a mail of ours was, in plain words."""
    return catalogue()[template].says[language] if template in catalogue() else template


def _sentence(language: str, code: str) -> str:
    return sentence(code, language)


def _shown(text: object) -> str:
    """Return text of others on one line, numbers that identify somebody veiled."""
    return " ".join(mask(str(text))[0].split())
