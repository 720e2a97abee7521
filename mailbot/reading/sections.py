"""Tell whose the rows of a text are: headings («Жолдасымның деректері:»), labels of somebody else («ФИО матери»).

Rows below a heading that speaks of somebody else, or of what stays, are left out. It judges no values. Serves policy
section 2: what isn't the writer's is never taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from mailbot.reading.fold import fold
from mailbot.reading.labels import Cue, Label
from mailbot.reading.rows import Row
from mailbot.reading.wording import words_of

_NOW = frozenset(
    map(fold, ("сейчас", "сейчас стоит", "сейчас указано", "қазір", "қазіргі", "now", "current", "currently"))
)
_HEADING = 80  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class Owned:
    """A row that may be the writer's."""

    row: Row
    others: bool  # a label above introduced somebody else: «Менеджер: …», «ФИО матери: …»
    headed: bool  # the line above said that the writer's data follow: «Мои данные:»


def owned(listed: Iterable[Row]) -> Iterator[Owned]:
    """Yield the rows of a text that no heading gives to somebody else. Raises: nothing."""
    passing = headed = others = False
    cue: Cue = ""
    for row in _turned(list(listed)):
        if row.label and not row.label.field and row.label.cue and not row.value:
            cue = row.label.cue  # «Бұрын:» or «Енді:» alone, and rows below
            continue
        if cue and row.label and row.label.field and not row.label.cue:
            row = replace(row, label=replace(row.label, cue=cue))
        heading = _heading(row)
        passing = heading != "mine" if heading else passing
        others = others or (_introduces(row) if row.label else _is_others(row.value))
        if not passing:
            yield Owned(row=row, others=others, headed=headed)
            headed = heading == "mine"


def _turned(listed: list[Row]) -> list[Row]:
    """Return rows in which «Сейчас: …» above «Нужно: …» is the former value."""
    for number, (row, below) in enumerate(pairwise(listed)):
        bare = row.label and below.label and not row.label.field and not below.label.field
        if bare and fold(row.name) in _NOW and fold(below.name) not in _NOW:
            listed[number] = replace(row, label=Label(field="", cue="old"))
    return listed


def _heading(row: Row) -> str:
    """Return mine, other or unchanged for a line that says what the rows below are, "" for any other line."""
    line = row.name if row.label and not row.value else row.value if row.label is None else ""
    alone = line.count(" ") < 2 and all("owner" in word.says for word in words_of(line))  # «Emergency contact»
    if not (line.endswith(":") or alone) or len(line) > _HEADING or ". " in line:
        return ""
    typed = [word for word in words_of(line, latin=True) if not fold(word.text).startswith("сво")]
    says = frozenset().union(*(word.says for word in typed))
    if "unchanged" in says:
        return "unchanged"
    if says >= {"owner", "change"} and "forbid" not in says:
        return ""  # what is wished for somebody else is held, not passed over
    told = ["other" if "owner" in word.says else "mine" for word in typed if word.says & {"owner", "own"}]
    return told[-1] if told else ""


def _introduces(row: Row) -> bool:
    """Tell whether a label names somebody else of whom the rows below go on: «ФИО матери», not «Телефон мамы»."""
    said = frozenset().union(*(word.says for word in words_of(row.name, latin=True)))
    return bool(row.label and row.label.others and not said & {"phone", "email"})


def _is_others(line: str) -> bool:
    """Tell whether a line opens with somebody else as a label: «Менеджер: Иванова Ольга»."""
    head, colon, _ = line[:60].partition(":")
    return bool(colon) and len(head.split()) < 4 and any("owner" in word.says for word in words_of(head))
