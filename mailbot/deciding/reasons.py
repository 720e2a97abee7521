"""The reasons of decisions in plain words: one stable code, its row of the table, a sentence in three languages."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources


@cache
def table() -> dict[str, dict[str, str]]:
    """Return every reason: code → row, en, ru, kk. Read once from reasons.toml beside this module."""
    text = resources.files("mailbot.deciding").joinpath("reasons.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def sentence(code: str, language: str) -> str:
    """Return the sentence of a reason; the code itself where it is unknown. `kk+ru` is read as Kazakh."""
    return table().get(code, {}).get(language.split("+")[0], code)


def row_of(code: str) -> str:
    """Return the row of a reason, "" where it is unknown."""
    return table().get(code, {}).get("row", "")
