"""What mailbot logs and how it looks: an event and its ids, times and reasons; as text or as one JSON object a line.

No address, no subject, no word of a mail: an event is told by its name and by values that are ours. Of an exception
its class and place alone are written, because its words may quote what people wrote. Logs go to the standard error.
"""

from __future__ import annotations

import contextlib
import json
import logging
import sys
import traceback
from collections.abc import Iterator
from contextvars import ContextVar
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

from mailbot.errors import MailbotError, PermanentError

LOUD = ("apscheduler", "imapclient")  # imapclient would log the mails themselves
_log = logging.getLogger("mailbot")
_Raised = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


_about: ContextVar[str] = ContextVar("mailbox", default="")


@contextlib.contextmanager
def about(mailbox: str) -> Iterator[None]:
    """Name the mailbox in each line that this thread logs meanwhile, where a process serves many ("": one)."""
    token = _about.set(mailbox)
    try:
        yield
    finally:
        _about.reset(token)


def tell(event: str, level: int = logging.INFO, **said: object) -> None:
    """Log one event; `said` are ids, counts, times and reasons, never a person's data. Raises nothing."""
    if _log.isEnabledFor(level):
        said = {"mailbox": _about.get() or None} | said
        _log.log(level, event, extra={"said": {name: value for name, value in said.items() if value is not None}})


def passed(counts: dict[str, int]) -> None:
    """Log one pass, loudly where anything came, was decided or sent."""
    tell("pass", logging.INFO if any(counts.values()) else logging.DEBUG, **{n: c for n, c in counts.items() if c})


def failed(failure: MailbotError) -> None:
    """Log what ended a pass early, by its sentence."""
    level = logging.ERROR if isinstance(failure, PermanentError) else logging.WARNING
    tell("pass_failed", level, error=type(failure).__name__, says=str(failure))


def reloaded(form: str) -> None:
    """Log that settings were read anew, from here on in the form that they ask for ("": each has its own)."""
    for handler in logging.getLogger().handlers if form else ():
        if isinstance(handler, _Shown):
            handler.setFormatter(_formatter(form))
    tell("reloaded")


def mail_failed(what: str, uid: int) -> None:
    """Log the failure of one mail by its class and the mail's UID."""
    tell("mail_failed", logging.WARNING, error=what, uid=uid)


class _Lines(logging.Formatter):
    """The common part of both forms."""

    def formatException(self, ei: _Raised) -> str:
        """Return class and places of an exception, without its words."""
        kind, _, found = ei
        steps = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(found)]
        return " < ".join([kind.__name__ if kind else "", *reversed(steps)])


class Text(_Lines):
    """`2026-11-23T09:06:00+00:00 INFO pass applied=1 sent=1`."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        said = dict(getattr(record, "said", {}))
        says = str(said.pop("says", ""))
        values = [f"{name}={value}" for name, value in said.items()]
        raised = self.formatException(record.exc_info) if record.exc_info else ""
        words = [_time(record), record.levelname, record.getMessage(), *values, says, raised]
        return " ".join(" ".join(words).split())


class Json(_Lines):
    """`{"time": "2026-11-23T09:06:00+00:00", "level": "info", "event": "pass", "applied": 1}`."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line: ASCII alone, so no letter in it is a control character of a terminal."""
        line: dict[str, Any] = {"time": _time(record), "level": record.levelname.lower()}
        if hasattr(record, "said"):
            line |= {"event": record.getMessage(), **record.said}
        else:  # a library's, or a warning without values
            line |= {"event": record.name, "says": record.getMessage()}
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


class _Shown(logging.StreamHandler):  # type: ignore[type-arg]
    """What `shown` writes with."""


def _formatter(form: str) -> logging.Formatter:
    return Json() if form == "json" else Text()


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


@contextlib.contextmanager
def shown(form: str, level: int = logging.INFO) -> Iterator[None]:
    """Write what is logged meanwhile to the standard error, in that form (text or json), from that level on."""
    root, handler = logging.getLogger(), _Shown(sys.stderr)
    handler.setFormatter(_formatter(form))
    before = {name: logging.getLogger(name).level for name in ("mailbot", *LOUD)}
    for name in LOUD:
        logging.getLogger(name).setLevel(logging.WARNING)
    _log.setLevel(level)
    handler.setLevel(level)
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)
        for name, old in before.items():
            logging.getLogger(name).setLevel(old)
