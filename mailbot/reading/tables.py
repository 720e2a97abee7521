"""Read a table that people draw in a mail: columns of fields, or old and new beside each field.

The cells stand between tabs, bars or semicolons. It judges no values. Serves policy section 2.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from mailbot.reading.fold import fold
from mailbot.reading.labels import Label, cue_words, label_of

_MARKS = "\t|;,"
_NO_HEAD = re.compile(r"[\d@:.?!]|^.{121}")  # of columns parted by commas: a sentence
_CELLS = 20
_NOW = frozenset(
    map(fold, ("сейчас", "у вас", "в базе", "сейчас у вас", "қазір", "сізде", "current", "now", "on file"))
)
_RIGHT = frozenset(
    map(
        fold,
        (
            "new",
            "жаңа",
            "жаңасы",
            "новое",
            "новый",
            "новая",
            "надо",
            "должно быть",
            "правильно",
            "верно",
            "как надо",
            "дұрысы",
            "керегі",
            "should be",
            "correct",
            "right",
        ),
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One label and its value, or free text (label None)."""

    label: Label | None
    value: str
    name: str = ""  # the label as written


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """The head of a table: a label for each column, or for each but the first, which names the field."""

    mark: str
    labels: tuple[Label, ...]
    by_row: bool  # old and new are columns, the fields are rows


def cells_of(line: str, mark: str) -> list[str]:
    """Return the cells of a line. Raises: nothing."""
    return [cell.strip() for cell in (line.strip().strip("|") if mark == "|" else line).split(mark)][:_CELLS]


def head_of(line: str) -> Columns | None:
    """Return what the head of a table says, None for a line that is none. Raises: nothing."""
    mark = next((mark for mark in _MARKS if mark in line), "")
    if not mark or (mark == "," and _NO_HEAD.search(line)):
        return None
    cells = cells_of(line, mark)
    if ":" in cells[0] and len(cells) > 1 and mark in "|;":  # «Өріс: бұрынғы | жаңа»
        cells = [*cells[0].split(":", 1), *cells[1:]]
    labels = [label_of(cell.rstrip(" :")) for cell in cells]
    if mark == "," and (len(cells) < 3 or not all(label and label.field for label in labels)):
        return None
    if len(cells) > 2 and fold(cells[-1]) in _RIGHT and fold(cells[-2]) in _NOW:
        return Columns(mark=mark, labels=(Label(field="", cue="old"), Label(field="", cue="new")), by_row=True)
    if len(cells) > 2 and all(label and not label.field and label.cue in ("old", "new") for label in labels[1:]):
        return Columns(mark=mark, labels=tuple(label for label in labels[1:] if label), by_row=True)
    if len(cells) > 1 and all(label and label.field and not label.cue for label in labels):
        return Columns(mark=mark, labels=tuple(label for label in labels if label), by_row=False)
    return None


def table_rows(line: str, columns: Columns) -> Iterator[Row]:
    """Yield the rows of one line below a head; nothing where it isn't one of the table. Raises: nothing."""
    cells = cells_of(line, columns.mark)
    if columns.by_row:
        if len(cells) == len(columns.labels) and ":" in cells[0]:
            cells = [*cells[0].split(":", 1), *cells[1:]]
        label = label_of(cells[0].rstrip(" :"))
        if label is None or not label.field or len(cells) != len(columns.labels) + 1:
            return
        if fold(cells[-1]) in cue_words("unchanged"):
            yield Row(label=replace(label, cue="unchanged"), value="", name=cells[0])
            return
        for column, cell in zip(columns.labels, cells[1:], strict=True):
            if cell.strip("-–— "):
                yield Row(label=replace(label, cue=column.cue), value=cell, name=cells[0])
    elif len(cells) == len(columns.labels):
        for column, cell in zip(columns.labels, cells, strict=True):
            yield Row(label=column, value=cell)
