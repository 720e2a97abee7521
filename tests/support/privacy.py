"""Watches the whole test run: no log record, no figure and no word of an error names anybody.

Whom the tests invent stands in acceptance/world.py and is told by site.py; of a log, any address at all is too much. So
it is of what the commands of a Site say on their standard error, in processes of their own. A test during which
something got out fails, and the place is named. A record costs one search, so the run is not slower for it.
"""

from __future__ import annotations

import csv
import io
import logging
import re
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from mailbot.errors import MailbotError
from mailbot.operating import metrics
from tests.acceptance import world

ADDRESS = r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}"
ROOT = Path(__file__).parents[2]


def people() -> set[str]:
    """Return every name, address and phone number of the people whom the tests put on file."""
    found = {world.STRANGER, world.BORIS_SECOND, world.PHONE}
    for row in csv.DictReader(io.StringIO(world.CSV)):
        cells = [row[name] for name in ("surname", "given_name", "patronymic", "email", "phone")]
        found |= {part for cell in cells for part in cell.split(";") if part}
    return found | {number.removeprefix("+") for number in found if number.startswith("+")}


WORDS = sorted(map(re.escape, people()), key=len, reverse=True)  # an address before the name that it begins with
PEOPLE = re.compile(rf"(?<!\w)(?:{'|'.join(WORDS)})(?!\w)", re.IGNORECASE)
ANYBODY = re.compile(rf"{ADDRESS}|{PEOPLE.pattern}", re.IGNORECASE)


class Watch(logging.Handler):
    """Collects where somebody is named; takes every log record of this process."""

    def __init__(self) -> None:
        super().__init__(level=0)
        self.leaks: list[str] = []
        self.known: set[str] = set()  # more people, whom single tests put on file

    def emit(self, record: logging.LogRecord) -> None:
        """Look at one record: its words, its values, and the words of an exception that it bears."""
        words = [record.getMessage(), str(getattr(record, "said", ""))]
        words += [str(record.exc_info[1])] if record.exc_info else []
        self.look(f"the log, {record.pathname}:{record.lineno}", " ".join(words), ANYBODY)

    def look(self, where: str, text: str, whom: re.Pattern[str] = PEOPLE) -> None:
        """Remember the place where a text names somebody."""
        found = whom.search(text)
        named = found[0] if found is not None else next((word for word in self.known if word in text), "")
        if named:
            self.leaks.append(f"{where} names {named}")

    def taken(self) -> list[str]:
        """Return what got out since the last time."""
        leaks, self.leaks = self.leaks, []
        return leaks


WATCH = Watch()


def _watched(self: MailbotError, *args: object) -> None:
    Exception.__init__(self, *args)
    caller = sys._getframe(1)
    while caller.f_back is not None and not caller.f_code.co_filename.startswith(str(ROOT)):
        caller = caller.f_back
    WATCH.look(f"{type(self).__name__}, {caller.f_code.co_filename}:{caller.f_lineno}", str(self))


def _figures(store: Any, plain: Any = metrics.text) -> str:
    text: str = plain(store)
    WATCH.look("the figures", text, ANYBODY)
    return text


def begin() -> None:
    """Watch from now on."""
    logging.getLogger().addHandler(WATCH)
    logging.getLogger("mailbot").setLevel(logging.DEBUG)
    MailbotError.__init__ = _watched  # type: ignore[method-assign]
    metrics.text = _figures


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Generator[None, Any, Any]:
    """Fail a test during which somebody was named; what it fails by itself goes before."""
    try:
        result = yield
    except BaseException:
        WATCH.taken()
        raise
    leaks = WATCH.taken()
    if leaks:
        pytest.fail("\n".join(["somebody is named where nobody may be:", *leaks]), pytrace=False)
    return result
