"""Read the data that answer a question of ours: above the quote, in the lines of our form, or a bare value.

Only for a mail that brings the open question's token back from the asked address; whether it does is known in
deciding. A line of the quoted form counts where something stands behind its label: we sent it empty, so the person
wrote it. Serves policy section 2.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from mailbot.reading.claim import Extract, Language
from mailbot.reading.extract import extract
from mailbot.reading.quote import MARKERS
from mailbot.reading.rows import is_label_line

_LABELS = {
    "surname": "surname", "given_name": "first name", "patronymic": "patronymic", "email": "e-mail", "phone": "phone",
    "birth_date": "date of birth", "birth_place": "place of birth",
}  # fmt: skip
_TELL_THEMSELVES = ("email", "phone", "birth_date")  # whose value can be nothing else
_LEADER = re.compile(r"^[>| \t]{0,40}")
_TOKEN = re.compile(r"\[[a-z2-7]{26}\]")
_VEILED = "***"  # a value as we show it
_FORM_LINES = 60


def answered(
    own_text: str, quoted: str, asked: Sequence[str], language: Language, *, today: date | None = None
) -> Extract:
    """Return the fields that an answer gives where `extract` finds none in its own text; `asked` may be empty.

    Raises: nothing.
    """
    form = extract("\n".join(_filled(quoted)), language, today=today)
    if form.fields or form.unclear:
        return form
    lines = [line.strip() for line in own_text.split("\n") if line.strip()]
    fields = list(dict.fromkeys(asked))
    if not lines or len(lines[0]) > 200:
        return Extract()
    if len(fields) == 1 and len(lines) <= 3:
        return extract(f"{_LABELS[fields[0]]}: {lines[0]}", language, today=today)
    for name in _TELL_THEMSELVES:
        read = extract(f"{_LABELS[name]}: {lines[0]}", language, today=today)
        if name in read.fields and (not fields or name in fields) and _is_whole(lines[0]):
            return read
    return Extract()


def _is_whole(line: str) -> bool:
    """Tell whether a line is a value and no sentence about one."""
    return len(re.findall(r"[^\W\d_]{2,}", line.partition("@")[0])) <= 3


def _filled(quoted: str) -> list[str]:
    """Return the lines of our quoted form behind whose label something stands."""
    lines = [_LEADER.sub("", line).strip() for line in quoted.split("\n")]
    start = next((number for number, line in enumerate(lines) if line in MARKERS.values()), None)
    if start is None:
        return []
    ours = lines[start + 1 : start + _FORM_LINES]
    end = next((number for number, line in enumerate(ours) if _TOKEN.search(line)), len(ours))
    return [line for line in ours[:end] if ":" in line and is_label_line(line) and _VEILED not in line]
