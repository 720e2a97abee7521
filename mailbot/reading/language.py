"""Tell in which of the three languages a text is written: Kazakh, Russian or English.

By letters that only Kazakh has and by common words, Kazakh typed without its letters and in Latin script included. It
guesses no fourth language and reads no header. Serves section 3 of the policy's promise to answer in the
language of the writer: where Kazakh and Russian can't be told apart the answer is in both.
"""

from __future__ import annotations

import re

from mailbot.reading.claim import Language
from mailbot.reading.labels import words

_WORD = re.compile(r"[^\W\d_]+")
_NOISE = re.compile(r"\S{0,100}[@/]\S{0,300}")  # addresses and links are in no language
_EVERYWHERE = frozenset(("e", "email", "mail", "whatsapp", "telegram", "tel", "sms"))  # words of no language
_LIMIT = 5_000  # characters; more text says nothing new
_KAZAKH_LETTERS = frozenset("әғқңөұүһі")

_UKRAINIAN = frozenset("їєґ")  # і is Kazakh and Ukrainian; who writes Ukrainian is answered in Russian
_UKRAINIAN_WORDS = frozenset(("добрий", "мій", "дякую", "оновити", "змінити"))
_SLIPPED_IN = frozenset("iəı")
_LOOK_ALIKES = str.maketrans({"i": "і", "ə": "ә", "ı": "і"})


def language(text: str) -> tuple[Language | None, bool]:
    """Return the language of a text, and whether the answer must be in Kazakh and Russian both.

    None where the text has no word, or Cyrillic words that tell nothing (True then). True where Kazakh and Russian
    both clearly occur: the language is that of the first word that tells. A greeting counts only where
    nothing else does. Looks at the first 5,000 characters. Raises: nothing.
    """
    typed = [word.casefold() for word in _WORD.findall(_NOISE.sub(" ", text[:_LIMIT]))]
    typed = [word for word in typed if word not in _EVERYWHERE]
    letters = frozenset("".join(typed))
    ukrainian = not _UKRAINIAN.isdisjoint(letters) or not _UKRAINIAN_WORDS.isdisjoint(typed)
    if ukrainian and (_KAZAKH_LETTERS - {"і"}).isdisjoint(letters):
        return "ru", False
    if not typed:
        return None, False
    told = [found for word in typed if word not in words("greeting") and (found := _of(word))]
    told = told or [found for word in typed if (found := _of(word))]
    if not told:
        cyrillic = sum(1 for word in typed if "а" <= word[0] <= "ӿ")
        return (None, True) if 2 * cyrillic >= len(typed) else ("en", False)
    kk, ru, en = told.count("kk"), told.count("ru"), told.count("en")
    if en > kk + ru:
        return "en", False
    if kk >= 2 and ru >= 2 and kk < 4 * ru and ru < 4 * kk:
        return next(found for found in told if found != "en"), True
    return ("kk" if kk >= ru else "ru"), kk == ru


def _of(word: str) -> Language | None:
    fixed = _repaired(word)
    if not _KAZAKH_LETTERS.isdisjoint(fixed):
        return "kk"
    if fixed in words("ru"):
        return "ru"
    if fixed in words("kk") or fixed in words("kk_latin"):
        return "kk"
    return "en" if fixed in words("en") else None


def _repaired(word: str) -> str:
    """Return a Cyrillic word with the Latin i and schwa that keyboards and PDF copies slip in made Cyrillic again."""
    if _SLIPPED_IN.isdisjoint(word) or not any("а" <= letter <= "ӿ" for letter in word):
        return word
    return word.translate(_LOOK_ALIKES)
