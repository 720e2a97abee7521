"""Find the first own paragraph: where a mark stands when the subject holds none.

Passes over blank and greeting lines and stops at a blank line, a field label or a sign-off. A greeting or sign-off
line holds a name at most: a line that goes on («Здравствуйте, вот образец») belongs to the text, so that what follows
it never stands alone. It judges no text (tags.py). Serves policy clauses 3(2), 6(3) and 6(4).
"""

from __future__ import annotations

import re
from collections.abc import Callable

from mailbot.reading.fold import asks, is_blank, skeleton
from mailbot.reading.lexicon import Lexicon
from mailbot.reading.wishes import speaks

_MOST_NAMES = 4
_MOST_LINES = 40  # blank and greeting lines before the paragraph, and lines of it
_TOKEN = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
# Words that make a line more than a greeting: it asks, shows, denies.
_MORE = frozenset(
    skeleton(
        "не нет без жоқ емес керек no not dont образец пример шаблон үлгі sample example template копия көшірме "
        "тема тақырып вопрос сұрақ question как қалай how если егер if вот это мынау мына this here просьба өтініш "
        "прошу тест test цитата передумал отмена cancel хочу мне маған что who what ли"
    ).split()
)


def first_line(own_text: str, lexicon: Lexicon) -> str:
    """Return the first own line that is neither blank nor a greeting, or "". Raises nothing."""
    lines = own_text.split("\n", _MOST_LINES)[:_MOST_LINES]
    return next((line for line in lines if not is_blank(line) and not _is_opened(line, lexicon.greetings)), "")


def first_paragraph(own_text: str, lexicon: Lexicon, is_label_line: Callable[[str], bool]) -> str:
    """Return the first own paragraph after greeting lines, its lines joined by spaces, or "".

    Raises nothing. Source: policy clauses 3(2), 6(3), 6(4).
    """
    lines: list[str] = []
    for line in own_text.split("\n", 2 * _MOST_LINES)[: 2 * _MOST_LINES]:
        blank = is_blank(line)
        if not lines and (blank or _is_opened(line, lexicon.greetings)):
            continue
        if blank or is_label_line(line) or _is_opened(line, lexicon.sign_offs):
            break
        lines.append(line)
    return " ".join(lines)


def _is_opened(line: str, openers: tuple[tuple[str, ...], ...]) -> bool:
    """Whether the line is one of these openings with nothing behind it but names."""
    if len(line) > 100 or ":" in line or asks(line):
        return False
    words = _TOKEN.findall(skeleton(line))
    rest = _after(words, openers)
    while rest is not None and (further := _after(rest, openers)) is not None:
        rest = further
    if rest is None or len(rest) > _MOST_NAMES or not _MORE.isdisjoint(rest):
        return False
    return not any(word.isdigit() or speaks(word) for word in rest)


def _after(words: list[str], openers: tuple[tuple[str, ...], ...]) -> list[str] | None:
    """Return the words behind the longest opening, or None where there is none."""
    return next((words[len(opener) :] for opener in openers if tuple(words[: len(opener)]) == opener), None)
