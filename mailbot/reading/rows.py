"""Cut a person's text into rows: a label with its value, or free text without a label.

Knows colons, equals signs, dashes, cells of a table, a label alone above its value and «Тел. 8 701 …» without any
mark; several labels on a line, and a label that opens a sentence. It judges no values. Serves policy section 2.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from mailbot.reading.contacts import find_contacts
from mailbot.reading.fold import fold
from mailbot.reading.labels import LABEL_LONGEST, Label, cue_words, label_of, may_open_label
from mailbot.reading.sentence import sentences
from mailbot.reading.tables import Columns, Row, cells_of, head_of, table_rows
from mailbot.reading.wording import words_of

__all__ = ["Row", "is_label_line", "rows"]

_LINE_LIMIT = 4_000  # characters of a line
_MARK = re.compile(r"[:：=]|[ \xa0][-–—−]+(?=[ \xa0]|$)|(?<=\w)[–—](?=\s)|[-–—](?= ?[+\d(])")
_BOUNDARY = re.compile(r"(?:[.!?;,](?=\s)|[;,](?=[^\W\d_])|^)\s*|\s(?=[A-ZА-ЯЁӘҒҚҢӨҰҮҺІ])")
_DASH = re.compile(r"[:：=] ?[-–—]+$")  # «Отчество: -» has a value
_CONTACT = re.compile(r"^(?:[+(\d]|<?[\w.+-]{1,64}@|(?:https?://)?wa\.me/)")
_UPPER = "A-ZА-ЯЁӘҒҚҢӨҰҮҺІƏ"
_CAPITALS = re.compile(
    rf"^[{_UPPER}][\w'’-]*(?: (?:[{_UPPER}][\w'’-]*|ұлы|қызы|улы|кызы|оглы|uly|kyzy|qyzy)){{0,3}}[.!]?$"
)
_PLACE = re.compile(rf"^(?:[{_UPPER}]|(?:г|с|п|пос|гор|город|село|аул|ауыл)\.? ?[{_UPPER}])")
_NAMES = ("surname", "given_name", "patronymic", "full_name")
_WRAPPED = 45  # characters: a shorter line of prose ends where the writer ended it
_DISTURBING = frozenset(("owner", "yours", "hypo", "asks", "thing", "spam", "doubt"))
_OPENED = re.compile(r"[.!?]\s")
_ENDED = re.compile(r"[^\W\d_]{4}[.!?]\s")  # no abbreviation: a sentence ends
_COMMA = re.compile(r"[,;] ")
_INSIDE = re.compile(r"\([^()]{0,60}\)")
_VERB = re.compile(r"(?<!\w)(?:родил|born(?!\w)|туд)", re.IGNORECASE)
_PARTS = 12  # of a line, between commas


def rows(text: str) -> Iterator[Row]:
    """Yield the rows of a text in order; a label alone takes the next line that is none. Raises: nothing."""
    waiting: Row | None = None
    columns: Columns | None = None
    parsed: dict[str, list[Row]] = {}  # of this text alone: the same line again costs nothing
    for line in _lines(text):
        if head := head_of(line):
            columns, waiting = head, None
            continue
        found = list(table_rows(line, columns)) if columns else []
        columns = columns if found or (columns and not line.strip("|-:+ ")) else None
        if not found and line not in parsed:
            parsed[line] = list(_rows_of(line))
        for row in found or parsed[line]:
            if waiting is not None and row.label is None:
                row, waiting = Row(label=waiting.label, value=row.value, name=waiting.name), None
            if row.label is not None and not row.value and row.label.field and row.label.cue != "unchanged":
                if waiting is not None:
                    yield Row(label=None, value=waiting.name)
                waiting = row
                continue
            if waiting is not None and waiting.label and row.label and not row.label.field and row.label.cue:
                yield replace(
                    row, label=replace(row.label, field=waiting.label.field)
                )  # «Тегім: бұрынғы — …, жаңа — …»
                continue
            waiting = None
            yield row
    if waiting is not None:  # no label: «Это моя фамилия.»
        yield Row(label=None, value=waiting.name)


def _lines(text: str) -> Iterator[str]:
    """Yield the lines that aren't blank; a sentence that a mail program broke off goes on."""
    kept = ""
    for line in text.splitlines():
        line = line[:_LINE_LIMIT]
        wrapped = len(kept) >= _WRAPPED and kept[-1] not in ".!?:;" and "\t" not in kept + line
        follows = line[:1].isalnum() and (not line[0].isupper() or (wrapped and _is_open(kept)))
        if wrapped and follows and not is_label_line(line):
            kept = f"{kept} {line.strip()}"[:_LINE_LIMIT]
            continue
        if kept.strip():
            yield kept
        kept = line
    if kept.strip():
        yield kept


def _is_open(line: str) -> bool:
    """Tell whether a line breaks off before the value that it leads to: «…, была Касымова, стала»."""
    last = words_of(line[-_WRAPPED:])[-1:]
    return bool(last) and bool(last[0].says & {"new", "old", "toward", "not", "as", "right", "instead"})


def is_label_line(line: str) -> bool:
    """Tell whether a line opens with one of the labels of the seven fields, or is one. Raises: nothing."""
    first = next(_rows_of(line[:_LINE_LIMIT]), None)
    return first is not None and first.label is not None and bool(first.label.field)


def _rows_of(line: str) -> Iterator[Row]:
    mark = "\t" if "\t" in line else "|" if "|" in line else ""
    if not mark:
        yield from _marked(line.strip())
        return
    cells = cells_of(line, mark)
    while cells:
        cell = cells.pop(0)
        label = label_of(cell.rstrip(" :：=-–"))
        if label and cells:
            yield Row(label=label, value=cells.pop(0), name=cell)
        elif cell:
            yield from _marked(cell)


def _marked(line: str) -> Iterator[Row]:
    whole = None if _MARK.search(line.rstrip(" :：=-–—.")) or _DASH.search(line) else label_of(line)
    if whole and whole.field:
        yield Row(label=whole, value="", name=line)
        return
    found = _labels(line)
    before = line[: found[0][0]].strip() if found else ""
    if not found or _disturbs(before):
        yield from _listed(line)
        return
    if before:
        yield from _parts(Row(label=None, value=before.rstrip(",;")))
    for number, (start, mark, end, label) in enumerate(found):
        stop = found[number + 1][0] if number + 1 < len(found) else len(line)
        yield from _parts(Row(label=label, value=line[end:stop].strip(" \xa0,;"), name=line[start:mark]))


def _listed(line: str) -> Iterator[Row]:
    """Yield «Фамилия Ким, имя Алина, отчества нет» as rows, any other line as one."""
    parts = [_unmarked(part) for part in _COMMA.split(line, _PARTS)] if ", " in line or "; " in line else []
    if len(parts) > 1 and all(part.label for part in parts):
        yield from parts
    else:
        yield from _parts(_unmarked(line))


def _disturbs(before: str) -> bool:
    """Tell whether the words before a label in the same sentence may make it somebody else's, or a question."""
    opened = [mark.end() for mark in _OPENED.finditer(f"{before} ")]
    sentence = before[opened[-1] :].strip() if opened else before
    return bool(sentence) and any(word.says & _DISTURBING for word in words_of(sentence))


def _parts(row: Row) -> Iterator[Row]:
    """Set apart «…, телефон без изменений» and, behind a label, «…, имя Алина» from the value before it."""
    if "," not in row.value and row.label:
        yield row
        return
    parts = row.value.split(", ", _PARTS)
    kept, current = (parts[:1], row) if row.label else ([], row)
    for part in parts[len(kept) :]:
        label = label_of(part)
        if label and label.field and label.cue == "unchanged":
            yield Row(label=label, value="", name=part)
        elif row.label and (further := _unmarked(part)).label:
            yield Row(label=current.label, value=", ".join(kept), name=current.name)
            current, kept = further, [further.value]
        else:
            kept.append(part)
    if kept:
        yield Row(label=current.label, value=", ".join(kept), name=current.name)


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
        ended = [place.end() for place in _ENDED.finditer(line, low, mark.start())]
        colon = line.rfind(": ", low, mark.start())
        if colon >= 0 and line[colon : mark.start()].strip(" :"):
            starts = [*starts[:7], colon + 2]  # «Уточняю: место рождения — …»
        for start in [place for place in starts[:8] if not ended or place >= ended[-1]]:
            label = label_of(line[start : mark.start()])
            if label and len(sentences(line[start : mark.start()])) < 2:
                found.append((start, mark.start(), mark.end(), label))
                done = mark.end()
                break
    return found


def _unmarked(line: str) -> Row:
    """Take «Тел. 8 701 …» and «Фамилия Ким» for labelled; any other line is free text."""
    typed = line.split(maxsplit=8)
    if not any(may_open_label(word) for word in typed[:3]):
        return Row(label=None, value=line)
    for count in range(min(6, len(typed) - 1), 0, -1):
        rest = line.split(maxsplit=count)[count]
        if not _may_fit(rest):
            continue
        label = label_of(" ".join(typed[:count]))
        if label and label.field and _fits(label, rest, " ".join(typed[:count])):
            return Row(label=label, value=rest, name=" ".join(typed[:count]))
    return Row(label=None, value=line)


def _may_fit(rest: str) -> bool:
    return rest[0].isupper() or not rest[0].isalpha() or "@" in rest[:65] or len(rest) < 40


def _fits(label: Label, rest: str, name: str) -> bool:
    """Tell whether what follows a label without a mark is a value of its field and nothing else."""
    if fold(rest) in cue_words("absent"):
        return label.field == "patronymic"
    if fold(rest) in cue_words("unchanged"):
        return True
    says = frozenset().union(*(word.says for word in words_of(name)))
    if "birth" in says and _VERB.search(name):
        return False  # a sentence: «Родилась 5 мая 1990 года в Алматы»
    if label.field in _NAMES:
        bare = _INSIDE.sub("", rest).strip()
        return bool(_CAPITALS.match(bare)) and not (says & {"own"} and label.field != "full_name")
    if label.field == "birth_place":
        return bool(_PLACE.match(rest))
    if label.field == "birth_date":
        return (
            rest[0].isalnum() and len(rest) < 60 and any(letter.isdecimal() for letter in rest) and not says & {"asks"}
        )
    return bool(_CONTACT.match(rest)) and label.field in ("phone", "email", "other") and _is_bare(rest)


def _is_bare(rest: str) -> bool:
    """Tell whether a number or an address stands with nothing but words that say something of it."""
    for spot in reversed(find_contacts(rest)):
        rest = rest[: spot.start] + " " + rest[spot.end :]
    typed = words_of(re.sub(r"\([^()]{0,60}\)", " ", rest))
    return all(word.says and not word.says & _DISTURBING for word in typed if word.text[0].isalpha())
