"""The console's own words in Kazakh, Russian and English, from words.toml. Pure; a test holds them complete."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources

LANGUAGES = ("kk", "ru", "en")


@cache
def catalogue() -> dict[str, tuple[str, str, str]]:
    """Return every word by its key, in the order of LANGUAGES."""
    text = resources.files("mailbot.console").joinpath("words.toml").read_text(encoding="utf-8")
    found = tomllib.loads(text)
    return {f"{group}.{key}": tuple(each) for group, keys in found.items() for key, each in keys.items()}


def word(language: str, key: str) -> str:
    """Return a word of the pages. Raises KeyError where there is none: a page asks only for what is there."""
    return catalogue()[key][LANGUAGES.index(language)]


def named(language: str, group: str, code: str | None) -> str:
    """Return the word of a code of the store (a kind, a state); the code itself, in words, where it is none of ours."""
    found = catalogue().get(f"{group}.{code}")
    return found[LANGUAGES.index(language)] if found else str(code or "-").replace("_", " ")
