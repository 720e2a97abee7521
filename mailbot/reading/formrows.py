"""The rows of a form's mail: label and value on one line, or the value below its label. Knows no fields.

What a visitor types stands in the same text as the form's own rows. So a label without a value takes the next line
only in mails that are written so, a row below the free text is marked, and a text too long to be read whole is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from mailbot.reading.fold import fold

LINES = 2_000  # of a mail; in a longer one something may stand that was not seen
_LABEL_LONGEST = 120  # characters
_ROW = re.compile(r"^([^:\t]{1,120}?)\s{0,3}[:\t]\s{0,20}(.{0,2000})$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One label and its value."""

    label: str  # folded
    value: str
    late: bool = False  # below the free text of a visitor, who may have typed it


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """The folded labels of a form."""

    labels: frozenset[str]  # every one, of fields and of other rows
    free: frozenset[str]  # those of free text: what stands below may be a visitor's
    below: bool | None  # whether values stand below their labels; None: told by the mail


def label_key(text: str) -> str:
    """Return the folded label, "" where the text is too long for one."""
    return fold(text.strip(" \t*:•-")) if len(text) <= _LABEL_LONGEST else ""


def rows_of(text: str, known: Known) -> list[Row] | None:
    """Return the rows whose label is known, in order; None where the text is too long. Raises nothing."""
    lines = [line.strip() for line in text.split("\n", LINES)]
    if len(lines) > LINES:
        return None
    split = [_split(line, known) for line in lines if line]
    below = known.below if known.below is not None else not any(label and value for label, value in split)
    return list(_rows(split, known, below=below))


def _split(line: str, known: Known) -> tuple[str, str]:
    """Return a line as (known label, value); ("", line) where it bears no known label."""
    alone = label_key(line)
    if alone in known.labels:
        return alone, ""
    marked = _ROW.match(line)
    label = label_key(marked[1]) if marked else ""
    return (label, marked[2].strip()) if marked and label in known.labels else ("", line)


def _rows(split: list[tuple[str, str]], known: Known, *, below: bool) -> Iterator[Row]:
    waits, late = "", False
    for label, value in split:
        if label and value:
            yield Row(label=label, value=value, late=late)
        elif not label and waits and below:
            yield Row(label=waits, value=value, late=late and waits not in known.free)
        waits = label if not value else ""
        late = late or label in known.free
