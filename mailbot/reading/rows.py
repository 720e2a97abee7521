"""Cut a person's text into rows: a label with its value, or free text without a label.

Knows colons, equals signs, dashes, cells of a table, a label alone above its value and «Тел. 8 701 …» without any
mark; several labels on a line, and a label that opens a sentence. It judges no values. Serves policy section 2.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from mailbot.reading.labels import LABEL_LONGEST, Cue, Label, label_of
from mailbot.reading.sentence import sentences
from mailbot.reading.tables import Columns, Row, cells_of, head_of, table_rows
from mailbot.reading.unmarked import CONTACT, DISTURBING, unmarked
from mailbot.reading.wording import words_of

__all__ = ["Parsed", "Row", "is_label_line", "rows"]

_LINE_LIMIT = 4_000  # characters of a line
_MARK = re.compile(r" ?(?:->|=>|→|⇒) ?|[:：=]|[ \xa0][-–—−]+(?=[ \xa0]|$)|(?<=\w)[–—](?=\s)|[-–—](?= ?[+\d(])")
_BOUNDARY = re.compile(r"(?:[.!?;,](?=\s)|[;,](?=[^\W\d_])|^)\s*|\s(?=[A-ZА-ЯЁӘҒҚҢӨҰҮҺІ])")
_DASH = re.compile(r"[:：=] ?[-–—]+$")  # «Отчество: -» has a value
_UPPER = "A-ZА-ЯЁӘҒҚҢӨҰҮҺІƏ"
_WRAPPED = 45  # characters: a shorter line of prose ends where the writer ended it
_OPENED = re.compile(r"[.!?]\s")
_ENDED = re.compile(r"[^\W\d_]{4}[.!?]\s")  # no abbreviation: a sentence ends
_COMMA = re.compile(r"[,;] ")
_ASKED = re.compile(
    r"^(?:(?:вопрос|сұрақ|question|№|q)? ?\d{0,2} ?(?:-?(?:сұрақ|вопрос))? ?[.):-]? ?)?([^\W\d_][^?:]{2,40})"
    r"\?\)? ?[-–—:]? ?(\S.{0,120})$",
    re.IGNORECASE,
)
_LISTED = re.compile(r"\d{1,2}[.)/] ?[^\W\d_]|[^\W\d_]\) ")
_NAME = re.compile(rf"^[{_UPPER}][\w'’-]*$")
_ANSWER = re.compile(r"^(?:вопрос|ответ|сұрақ|жауап|question|answer|q|a) ?\d{0,2} ?[:.)-] ?", re.IGNORECASE)
_NUMBERED = re.compile(
    r"^(?:[#№] ?\d{1,2}(?: ?(?:жол|строка|пункт|line))?\b|\d{1,2}/|[^\W\d_]\))[ :.)]*(?=[^\W\d_])", re.IGNORECASE
)
_PARTS = 12  # of a line, between commas
Parsed = dict[str, list[Row]]  # the rows of a line, kept while one mail is read: the same line again costs nothing


def rows(text: str, parsed: Parsed | None = None) -> Iterator[Row]:
    """Yield the rows of a text in order; a label alone takes the next line that is none.

    `parsed`: what is known of lines of the same mail. Raises: nothing.
    """
    waiting: Row | None = None
    for row in _each(text, {} if parsed is None else parsed):
        if row is None:
            waiting = None
            continue
        if waiting and _is_name_part(waiting, row):
            waiting = replace(waiting, value=f"{waiting.value} {row.value}".strip())  # one name a line
            if waiting.value.count(" ") < 2:
                continue
            row = Row(label=None, value=waiting.value)
        if waiting is not None and row.label is None:
            row, waiting = Row(label=waiting.label, value=row.value, name=waiting.name), None
        if row.label is not None and not row.value and row.label.field and row.label.cue != "unchanged":
            yield from _left(waiting)
            waiting = row
        elif waiting is not None and waiting.label and row.label and not row.label.field and row.label.cue:
            # «Тегім: бұрынғы — …, жаңа — …»
            yield replace(row, label=replace(row.label, field=waiting.label.field))
        else:
            waiting = None
            yield row
    yield from _left(waiting)


def _is_name_part(waiting: Row, row: Row) -> bool:
    """Tell whether a line is one part of the full name that a label above it waits for."""
    named = waiting.label is not None and waiting.label.field == "full_name"
    return named and not row.label and bool(_NAME.match(row.value))


def _left(waiting: Row | None) -> Iterator[Row]:
    """Yield a label that no value followed: parts of a full name, or text («Это моя фамилия.»)."""
    if waiting is not None:
        yield waiting if waiting.value else Row(label=None, value=waiting.name)


def _each(text: str, parsed: Parsed) -> Iterator[Row | None]:
    """Yield the rows of each line; None where the head of a table stands."""
    columns: Columns | None = None
    for line in _lines(text, parsed):
        if head := head_of(line):
            columns = head
            yield None
            continue
        found = list(table_rows(line, columns)) if columns else []
        columns = columns if found or (columns and not line.strip("|-:+ ")) else None
        yield from found or _parsed(line, parsed)


def _parsed(line: str, parsed: Parsed) -> list[Row]:
    return [_as_text(row) for row in _found(line, parsed)]


def _found(line: str, parsed: Parsed) -> list[Row]:
    if line not in parsed:
        parsed[line] = list(_rows_of(line))
    return parsed[line]


def _as_text(row: Row) -> Row:
    """Return a sentence that only speaks of a field, «…, перевыпустили паспорт.», as text; other rows as they are."""
    speaks = row.label is not None and not row.value and row.name.endswith(".") and row.name.count(" ") > 1
    return Row(label=None, value=row.name) if speaks else row


def _lines(text: str, parsed: Parsed) -> Iterator[str]:
    """Yield the lines that aren't blank; a sentence that a mail program broke off goes on."""
    kept = ""
    for line in text.splitlines():
        line = line[:_LINE_LIMIT]
        wrapped = len(kept) >= _WRAPPED and kept[-1] not in ".!?:;" and "\t" not in kept + line
        follows = (
            line[:1].isalnum() and not _LISTED.match(line) and (not line[0].isupper() or (wrapped and _is_open(kept)))
        )
        if wrapped and follows and not _opens_label(_parsed(line, parsed)):
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


def is_label_line(line: str, parsed: Parsed | None = None) -> bool:
    """Tell whether a line opens with one of the labels of the seven fields, or is one; `parsed` as for rows.

    Raises: nothing.
    """
    return _opens_label(_found(line[:_LINE_LIMIT], {} if parsed is None else parsed))


def _opens_label(found: list[Row]) -> bool:
    return bool(found) and found[0].label is not None and bool(found[0].label.field)


def _rows_of(line: str) -> Iterator[Row]:
    mark = "\t" if "\t" in line else "|" if "|" in line else ""
    mark = mark or (";" if line.count(";") == 1 and label_of(line.partition(";")[0]) else "")  # «Имя; Фархад»
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
    line = _NUMBERED.sub("", _ANSWER.sub("", line))
    if line.endswith("?") and (label := label_of(line.rstrip("?"))) and label.field:
        yield Row(label=label, value="", name=line)  # «Вопрос: ваша фамилия?»
        return
    if asked := _ASKED.match(line):  # «Вопрос 1. Ваша фамилия? Ким»
        label = label_of(asked[1])
        if label and label.field:
            yield Row(label=label, value=asked[2], name=asked[1])
            return
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
    cue: Cue = "old" if _is_wrong(before) else ""  # «неверно указана дата рождения: …»
    for number, (start, mark, end, label) in enumerate(found):
        stop = found[number + 1][0] if number + 1 < len(found) else len(line)
        value = line[end:stop].strip(" \xa0,;")
        if not label.field and not value and number + 1 < len(found):
            cue = label.cue  # «Қате: әкесінің аты – …»
            continue
        label, cue = replace(label, cue=label.cue or cue), ""
        yield from _parts(Row(label=label, value=value, name=line[start:mark]))


def _is_wrong(before: str) -> bool:
    """Tell whether the words before a label in its sentence say that its value is wrong, and ask for no change."""
    says = frozenset().union(*(word.says for word in words_of(_OPENED.split(f"{before} ")[-1])))
    return "wrong" in says and not says & {"change", "new", "right"}


def _listed(line: str) -> Iterator[Row]:
    """Yield «Фамилия Ким, имя Алина, отчества нет» as rows, any other line as one."""
    parts = [unmarked(part) for part in _COMMA.split(line, _PARTS)] if ", " in line or "; " in line else []
    if len(parts) > 1 and all(part.label for part in parts):
        yield from parts
    else:
        yield from _parts(unmarked(line))


def _disturbs(before: str) -> bool:
    """Tell whether the words before a label in the same sentence may make it somebody else's, or a question."""
    opened = [mark.end() for mark in _OPENED.finditer(f"{before} ")]
    sentence = before[opened[-1] :].strip() if opened else before
    return bool(sentence) and any(word.says & DISTURBING for word in words_of(sentence))


def _parts(row: Row) -> Iterator[Row]:
    """Set apart «…, телефон без изменений» and, behind a label, «…, имя Алина» from the value before it."""
    if "," not in row.value and row.label:
        yield row
        return
    parts = row.value.split(", ", _PARTS)
    kept, current = (parts[:1], row) if row.label else ([], row)
    stays: Row | None = None
    for part in parts[len(kept) :]:
        label = label_of(part)
        if stays is not None and CONTACT.match(part):
            yield replace(stays, value=part)  # «Телефоным сол қалпында, 8 701 …»
            stays = None
            continue
        if label and label.field and label.cue == "unchanged":
            stays = Row(label=label, value="", name=part)
            yield stays
        elif row.label and (further := unmarked(part)).label:
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
            passing = label is not None and (label.field == "other" or label.cue == "unchanged") and not label.others
            if label and passing and "," in line[start : mark.start()]:
                continue  # «№ 20230415 тапсырысымдағы телефон ескі, жаңасы – …»
            if label and len(sentences(line[start : mark.start()])) < 2:
                found.append((start, mark.start(), mark.end(), label))
                done = mark.end()
                break
    return found
