"""Hear what makes a mail a person's matter: somebody else's data, a representative, a minor, a death.

Words only, in Kazakh, Russian and English; what is due then is decided elsewhere (row 11 of the table). It
never acts, and a field label («әкесінің аты», «девичья фамилия матери») is no cue.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from mailbot.reading.fold import transliterate

CUES = ("deceased", "minor", "representative", "third_person")  # the weightiest first: its reason is told
_LIMIT = 10_000  # characters
_PLAIN = str.maketrans("әғқңөұүһіёəiый", "агкноуухиеаиии")  # Kazakh typed with and without its letters is one spelling
_SAME = str.maketrans("ыйё", "иие")
_CYRILLIC = re.compile(r"[а-яёәғқңөұүһіə]")
_WRAPPED = re.compile(r"(?<=[^\W\d_]|,)[ ]?\r?\n(?=[a-zа-яёәғқңөұүһі])")  # a sentence goes on
_WORD = re.compile(r"[^\W\d_]+")
_LATIN_KAZAKH = re.compile(
    r"\b(?:men(?:in)?|onyn|anam|[aä]kem|agam|apam|apkem|[aä]jem|balam|ulym|[qk]yzym|inim|dosym|j?z?holdasym|k[uü]ieuim"
    r"|bolgan|bolyp|boldy|jas\w*)\w{0,8}\b"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Patterns:
    """The compiled patterns of cues.toml."""

    labels: re.Pattern[str]  # labels and set phrases that name a relative or a death without speaking of one
    cues: tuple[tuple[str, re.Pattern[str]], ...]
    remembered: re.Pattern[str]
    apart: re.Pattern[str]
    enquiry: re.Pattern[str]
    data: re.Pattern[str]


@cache
def _patterns() -> _Patterns:
    table = tomllib.loads(files("mailbot.reading").joinpath("cues.toml").read_text("utf-8"))
    groups: dict[str, str] = table["group"]

    def joined(*patterns: str) -> re.Pattern[str]:
        text = "|".join(patterns)
        for name, group in reversed(groups.items()):
            text = text.replace("{" + name + "}", group)
        return re.compile(text.translate(_SAME))

    return _Patterns(
        labels=joined(*table["labels"]),
        cues=tuple((name, joined(*table["cue"][name])) for name in CUES),
        **{name: joined(table[name]) for name in ("remembered", "apart", "enquiry", "data")},
    )


def cues(text: str) -> tuple[str, ...]:
    """Return which of CUES a person's own text gives away.

    In that order, each once. Looks at the first 10,000 characters. Raises: nothing. Source: row 11 of the table.
    """
    patterns = _patterns()
    plain = patterns.labels.sub(" ", _plain(text))
    found = [name for name, pattern in patterns.cues if pattern.search(plain)]
    if patterns.data.search(plain):
        remembered = "deceased" not in found and patterns.remembered.search(plain)
        return ("deceased", *found) if remembered else tuple(found)
    if patterns.apart.search(plain):
        return tuple(name for name in found if name == "representative")
    if "?" in plain and patterns.enquiry.search(plain):
        return tuple(name for name in found if name not in ("minor", "third_person"))
    return tuple(found)


def _plain(text: str) -> str:
    """Return lower-case text: Kazakh letters as their plain twins, blanks single, broken-off sentences joined."""
    joined = _WRAPPED.sub(" ", text[:_LIMIT])
    lower = joined.casefold().replace("’", "'")
    if _LATIN_KAZAKH.search(lower):
        lower = transliterate(lower.replace("y", "i"))
    twins = _WORD.sub(lambda found: _twin(found.group()), lower)
    lines = re.sub(r"[^\w.,!;?\n'-]+", " ", twins).split("\n")
    return "\n".join(line.strip() for line in lines if line.strip())


def _twin(word: str) -> str:
    return word.translate(_PLAIN) if _CYRILLIC.search(word) else word
