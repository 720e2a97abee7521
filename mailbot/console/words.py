"""The console's own words in Kazakh, Russian and English: gettext catalogues in locale/, read by Babel. Pure.

A word is asked for by its key, `group.code`; a test holds the three catalogues complete and alike.
"""

from __future__ import annotations

from functools import cache
from importlib import resources

from babel.messages.pofile import read_po

LANGUAGES = ("kk", "ru", "en")


@cache
def catalogue() -> dict[str, tuple[str, str, str]]:
    """Return every word by its key, in the order of LANGUAGES."""
    kk, ru, en = map(_words, LANGUAGES)
    return {key: (kk[key], ru[key], en[key]) for key in en}


def _words(language: str) -> dict[str, str]:
    """Return the words of one language by their keys. Raises: nothing that a sound package can meet."""
    with resources.files("mailbot.console").joinpath("locale", f"{language}.po").open("rb") as file:
        return {str(each.id): str(each.string) for each in read_po(file, locale=language) if each.id}


def word(language: str, key: str) -> str:
    """Return a word of the pages. Raises KeyError where there is none: a page asks only for what is there."""
    return catalogue()[key][LANGUAGES.index(language)]


def named(language: str, group: str, code: str | None) -> str:
    """Return the word of a code of the store (a kind, a state); the code itself, in words, where it is none of ours."""
    found = catalogue().get(f"{group}.{code}")
    return found[LANGUAGES.index(language)] if found else str(code or "-").replace("_", " ")
