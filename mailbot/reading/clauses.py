"""Cut a published policy into its sections and clauses: broken lines are joined, each word keeps its line and page.

Numbers stay as printed, also where one stands twice. It knows no meaning (promises.py, provisions.py) and opens no
file. Pages are parted by form feeds, as the tools that read PDFs write them.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

_NUMBER = re.compile(
    r"(?P<word>(?:раздел|глава|статья|пункт|section|article|chapter|clause|бөлім|тарау)\s+)?"
    r"(?P<number>\d{1,2}(?:\.\d{1,2}){0,3}|[IVX]{1,5}(?=\.))(?P<close>[.)]?)\s+(?=\S)",
    re.IGNORECASE,
)
_BULLET = re.compile(r"[-•–—*·▪◦]\s+")
_FOLIO = re.compile(r"(?:(?:page|стр\.?|страница|бет)\s*)?\d{1,3}(?:\s*(?:/|of|из)\s*\d{1,3})?|-\s*\d{1,3}\s*-", re.I)
_SENTENCE = re.compile(r"(?<=[.!?;])\s+(?=[^\W\d_a-zа-яёәғқңөұүһі]|[«\"“(\d])")
_ROMAN = {"I": 1, "V": 5, "X": 10}
_MOST_HEADING = 120  # characters
_OPEN = (",", "-", "–", "—", "(", "/", "«")  # a line that ends so goes on
_SHORT = 0.6  # of the widest line: a shorter one was not broken for want of room


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One numbered clause, heading or paragraph, its lines joined by single blanks."""

    text: str
    lines: tuple[tuple[int, int, int], ...]  # (offset in the text, page, line), first to last
    number: str = ""  # as printed: "4", "6.4"; "" for none
    close: str = ""  # what stood behind the number: "." or ")"
    worded: bool = False  # "Section 4"
    section: str = ""  # the number of the heading above, of a heading its own
    heading: bool = False

    @property
    def label(self) -> str:
        """How the clause is cited: 6(4), 6.4, 6, or "" above the first number."""
        if self.heading or not self.number:
            return self.section
        return f"{self.section}({self.number})" if self.section and "." not in self.number else self.number

    def at(self, offset: int) -> tuple[int, int]:
        """Return the page and the line of a character."""
        starts = [start for start, _, _ in self.lines]
        _, page, line = self.lines[max(bisect_right(starts, offset) - 1, 0)]
        return page, line

    def breaks(self) -> frozenset[int]:
        """Return the offsets of the blanks that stand for ends of lines."""
        return frozenset(start - 1 for start, _, _ in self.lines[1:])

    def sentences(self) -> Iterator[tuple[int, str]]:
        """Yield each sentence with its offset."""
        start = 0
        for found in _SENTENCE.finditer(self.text):
            yield start, self.text[start : found.start()]
            start = found.end()
        yield start, self.text[start:]


def clauses(text: str) -> tuple[Clause, ...]:
    """Return a policy's clauses in order. Raises nothing; Source: the common text's sections and numbered clauses."""
    blocks = [_joined(block) for block in _blocks(_lines(text))]
    found: list[Clause] = []
    section = ""
    for at, clause in enumerate(blocks):
        heading = _is_heading(clause, found[-1] if found else None, blocks[at + 1] if at + 1 < len(blocks) else None)
        section = clause.number if heading else clause.number.partition(".")[0] if "." in clause.number else section
        found.append(replace(clause, section=section, heading=heading))
    return tuple(found)


def doubled(found: tuple[Clause, ...]) -> Iterator[tuple[Clause, Clause]]:
    """Yield (first, second) where a number was given twice: two sections, or two clauses of one section.

    A count that begins again at 1 (a second language, a list) is a new one.
    """
    seen: dict[str, Clause] = {}
    within: dict[str, Clause] = {}
    for clause in found:
        if not clause.number:
            continue
        if clause.heading:
            within = {}
            seen = {} if _value(clause.number) == 1 else seen
        counted = seen if clause.heading or "." in clause.number else within
        if not clause.heading and clause.number in ("1", "I"):
            within.clear()
        if clause.number in counted:
            yield counted[clause.number], clause
        counted.setdefault(clause.number, clause)


def skipped(found: tuple[Clause, ...]) -> Iterator[tuple[str, Clause]]:
    """Yield (number, the heading behind the gap) for each section number that was left out."""
    headings = [clause for clause in found if clause.heading]
    for before, after in pairwise(headings):
        first, second = _value(before.number), _value(after.number)
        yield from ((str(number), after) for number in range(first + 1, second))


def _value(number: str) -> int:
    if number.isdigit():
        return int(number)
    digits = [_ROMAN.get(letter, 0) for letter in number.upper()]
    return sum(-one if one < after else one for one, after in zip(digits, [*digits[1:], 0], strict=True))


def _lines(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield (page, line, text) without white space around; folios are left out, blank lines are not."""
    clean = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    for page, content in enumerate(clean.split("\f"), 1):
        for line, raw in enumerate(content.split("\n"), 1):
            bare = " ".join(raw.replace("> ", " ").split()).lstrip("#").strip()
            if not (bare and _FOLIO.fullmatch(bare)):
                yield page, line, bare


def _blocks(lines: Iterator[tuple[int, int, str]]) -> Iterator[list[tuple[int, int, str]]]:
    block: list[tuple[int, int, str]] = []
    every, gap = list(lines), False
    short = _SHORT * max((len(line[2]) for line in every), default=0)
    for line in every:
        if not line[2]:
            gap = True
            continue
        full = block and (len(block[-1][2]) >= short or block[-1][2].endswith(_OPEN))
        if block and (_begins(line[2], block[-1][2], gap) or not (full or line[2][0].islower())):
            yield block
            block = []
        block.append(line)
        gap = False
    if block:
        yield block


def _begins(line: str, before: str, gap: bool) -> bool:
    """Tell whether a line begins a clause, or goes on with the one above."""
    ended = before.endswith((".", ";", ":", "!", "?"))
    number = _NUMBER.match(line)
    if number and (number["close"] or number["word"] or "." in number["number"]):
        rest = line[number.end() :]
        if "." in number["number"] or number["word"] or ended or gap or not rest[0].islower():
            return True
    if _BULLET.match(line) and (ended or gap):
        return True
    return gap and (ended or not line[0].islower())


def _joined(block: list[tuple[int, int, str]]) -> Clause:
    page, line, first = block[0]
    number = _NUMBER.match(first)
    if number and (number["close"] or number["word"] or "." in number["number"]):
        first = first[number.end() :]
    else:
        number = None
    text, lines = first, [(0, page, line)]
    for page_, line_, more in block[1:]:
        text = text[:-1] if text.endswith("\u00ad") else text + " "
        lines.append((len(text), page_, line_))
        text += more
    if number is None:
        return Clause(text=text, lines=tuple(lines))
    return Clause(
        text=text, lines=tuple(lines), number=number["number"], close=number["close"], worded=bool(number["word"])
    )


def _is_heading(clause: Clause, before: Clause | None, after: Clause | None) -> bool:
    """Tell whether a numbered line is the title of a section and not an item of a list."""
    if not clause.number or "." in clause.number or clause.close == ")" or len(clause.text) > _MOST_HEADING:
        return False
    follows = after.number if after else ""
    opens = follows in ("1", "I") or follows.startswith(f"{clause.number}.")
    if clause.text.endswith((".", ";", ":", ",")):
        return clause.text.endswith(".") and opens
    if clause.worded or opens:
        return True
    value = _value(clause.number)
    if follows and "." not in follows and _value(follows) == value + 1:
        return False
    item = before is not None and not before.heading and before.number and "." not in before.number
    listed = item and before is not None and not before.text.endswith((".", ";")) and _value(before.number) == value - 1
    return not listed
