"""Cut a person's text into rows: a label with its value, or free text without a label.

Knows colons, equals signs, dashes, tabs (cells of a table), a label alone above its value and «Тел. 8 701 …» without
any mark; several labels on a line, and a label that opens a sentence. It judges no values. Serves policy section 2.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from mailbot.reading.labels import LABEL_LONGEST, Label, label_of

_LINE_LIMIT = 4_000  # characters of a line
_MARK = re.compile(r"[:：=]|[ \xa0][-–—−]+(?=[ \xa0]|$)|(?<=\w)[–—](?=\s)|[-–—](?= ?[+\d(])")
_BOUNDARY = re.compile(r"(?:[.!?;,](?=\s)|^)\s*|\s(?=[A-ZА-ЯЁӘҒҚҢӨҰҮҺІ])")
_DASH = re.compile(r"[:：=] ?[-–—]+$")  # «Отчество: -» has a value
_CONTACT = re.compile(r"^(?:[+(\d]|[\w.+-]{1,64}@)")
_UPPER = "A-ZА-ЯЁӘҒҚҢӨҰҮҺІƏ"
_CAPITALS = re.compile(rf"^[{_UPPER}][\w'’-]*(?: (?:[{_UPPER}][\w'’-]*|ұлы|қызы|улы|кызы|оглы|uly|kyzy)){{0,3}}\.?$")
_NAMES = ("surname", "given_name", "patronymic", "full_name")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One label and its value, or free text (label None)."""

    label: Label | None
    value: str
    name: str = ""  # the label as written


def rows(text: str) -> Iterator[Row]:
    """Yield the rows of a text in order; a label alone takes the next line that is none. Raises: nothing."""
    waiting: Row | None = None
    for line in text.splitlines():
        if not line.strip():
            continue
        for row in _rows_of(line[:_LINE_LIMIT]):
            if waiting is not None and row.label is None:
                row, waiting = Row(label=waiting.label, value=row.value, name=waiting.name), None
            if row.label is not None and not row.value and row.label.field and row.label.cue != "unchanged":
                waiting = row
                continue
            waiting = None
            yield row


def is_label_line(line: str) -> bool:
    """Tell whether a line opens with one of the labels of the seven fields, or is one. Raises: nothing."""
    first = next(_rows_of(line[:_LINE_LIMIT]), None)
    return first is not None and first.label is not None and bool(first.label.field)


def _rows_of(line: str) -> Iterator[Row]:
    if "\t" not in line:
        yield from _marked(line.strip())
        return
    cells = [cell.strip() for cell in line.split("\t")]
    while cells:
        cell = cells.pop(0)
        label = label_of(cell.rstrip(" :：=-–"))
        if label and cells:
            yield Row(label=label, value=cells.pop(0), name=cell)
        elif cell:
            yield from _marked(cell)


def _marked(line: str) -> Iterator[Row]:
    whole = None if _DASH.search(line) else label_of(line)
    if whole and whole.field:
        yield Row(label=whole, value="", name=line)
        return
    found = _labels(line)
    if not found:
        row = _unmarked(line)
        yield from _tails(row) if "," in row.value else (row,)
        return
    if before := line[: found[0][0]].strip():
        yield from _tails(Row(label=None, value=before.rstrip(",;")))
    for number, (start, mark, end, label) in enumerate(found):
        stop = found[number + 1][0] if number + 1 < len(found) else len(line)
        row = Row(label=label, value=line[end:stop].strip(" \xa0,;"), name=line[start:mark])
        yield from _tails(row) if "," in row.value else (row,)


def _tails(row: Row) -> Iterator[Row]:
    """Set apart «…, телефон без изменений» from the value or the text before it."""
    parts = row.value.split(", ")
    kept: list[str] = []
    for part in parts[:8]:
        label = label_of(part)
        if label and label.field and label.cue == "unchanged":
            yield Row(label=label, value="", name=part)
        else:
            kept.append(part)
    if kept:
        yield Row(label=row.label, value=", ".join([*kept, *parts[8:]]), name=row.name)


def _labels(line: str) -> list[tuple[int, int, int, Label]]:
    """Return (start, mark, end of mark, label) of each label of a line that a mark ends."""
    found: list[tuple[int, int, int, Label]] = []
    done = 0
    for mark in _MARK.finditer(line):
        low = max(done, mark.start() - LABEL_LONGEST)
        starts = (
            [low + place.end() for place in _BOUNDARY.finditer(line[low : mark.start()])]
            if low == done
            else [low + place.end() for place in _BOUNDARY.finditer(line[low : mark.start()]) if place.start()]
        )
        for start in starts[:8]:
            label = label_of(line[start : mark.start()])
            if label:
                found.append((start, mark.start(), mark.end(), label))
                done = mark.end()
                break
    return found


def _unmarked(line: str) -> Row:
    """Take «Тел. 8 701 …» and «Фамилия Ким» for labelled; any other line is free text."""
    typed = line.split()
    for count in range(min(4, len(typed) - 1), 0, -1):
        rest = " ".join(typed[count:])
        names = len(typed) - count <= 3 and bool(_CAPITALS.match(rest))
        if not names and not _CONTACT.match(rest):
            continue
        label = label_of(" ".join(typed[:count]))
        if label and label.field and (names if label.field in _NAMES else label.field != "birth_place" and not names):
            return Row(label=label, value=rest, name=" ".join(typed[:count]))
    return Row(label=None, value=line)
