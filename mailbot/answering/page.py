"""The HTML part of an answer, made line by line of its text: it says the same, neither more nor less.

For who reads on a phone or listens: each language is marked, letters follow the reader's setting, lines follow the
screen; no picture, no link, nothing that is fetched. The text is a person's last resort and our own reader's first.
Serves RFC 2046 section 5.1.4, WCAG 2.2 (1.3.1, 1.4.4, 1.4.10, 3.1.1, 3.1.2).
"""

from __future__ import annotations

import re
from html import escape

from mailbot.reading.quote import MARKERS

# What a person may answer with, as the templates print it: the ways to say it in policy.toml's [words].
WORDS = {
    "kk": ("ТЕК ХАТ", "ҚАЙТАРУ", "ЖОҚ", "ИӘ", "адам қарасын"),
    "ru": ("ТОЛЬКО ПИСЬМА", "ОТМЕНИТЬ", "НЕТ", "ДА", "пусть посмотрит человек"),
    "en": ("ONLY NEWS", "UNDO", "YES", "NO", "a person, please"),
}
_SAID = {language: re.compile(rf"(?<!\w)({'|'.join(words)})(?!\w)") for language, words in WORDS.items()}
_LANGUAGE_OF = {marker: language for language, marker in MARKERS.items()}
_LETTERS = "font:1.125em/1.5 sans-serif;max-width:36em;margin:0 auto;padding:0 .5em;overflow-wrap:anywhere"
_HEAD = (
    '<!DOCTYPE html>\n<html lang="{language}" dir="ltr">\n<head>\n<meta charset="utf-8">\n'
    '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    '<meta name="color-scheme" content="light dark">\n<title>{subject}</title>\n</head>\n<body>\n'
)


def page(subject: str, sections: list[tuple[str, str]], last: str) -> str:
    """Return the whole page: the subject, a section for each (language, text), and the line that stands last.

    Lines end with LF; every text is escaped. Raises: nothing.
    """
    head = _HEAD.format(language=sections[0][0], subject=escape(subject))
    main = "<hr>\n".join(_section(language, text) for language, text in sections)
    # What only mailbot reads is not read out: 26 letters without a sense.
    end = f'<p aria-hidden="true" style="margin:1em 0">{escape(last)}</p>\n'
    return f'{head}<div style="{_LETTERS}">\n{main}{end}</div>\n</body>\n</html>\n'


def _section(language: str, text: str) -> str:
    blocks = (block.split("\n") for block in text.split("\n\n"))
    inside = "".join(
        f'<div style="margin:1em 0">\n{"".join(_line(line, language) for line in lines)}</div>\n' for lines in blocks
    )
    return f'<div lang="{language}" dir="ltr">\n{inside}</div>\n'


def _line(line: str, language: str) -> str:
    spoken = _LANGUAGE_OF.get(line, language)  # in a mail of two languages both markers stand on top
    lang = f' lang="{spoken}"' if spoken != language else ""
    pieces = _SAID[language].split(line)  # every second piece is such a word
    said = "".join(f"<strong>{escape(p)}</strong>" if n % 2 else escape(p) for n, p in enumerate(pieces))
    return f'<p{lang} style="margin:0 0 .4em">{said}</p>\n'
