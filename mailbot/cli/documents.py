"""The command `requests document`: the operator saw a document."""

from __future__ import annotations

import argparse
from datetime import date, datetime
from typing import Any

from mailbot.app import opened
from mailbot.errors import UsageError
from mailbot.operating import documents


def record(arguments: argparse.Namespace) -> int:
    """Record at a request which document was seen, and how."""
    try:
        day = date.fromisoformat(arguments.date) if arguments.date else None
    except ValueError as exc:
        raise UsageError("--date: write the day as 2026-01-31") from exc
    document = documents.Document(kind=arguments.kind, seen=arguments.seen, day=day)
    with opened(arguments.config) as app:
        documents.record(app.line, arguments.id, document)
    print(f"{arguments.id.upper()}: {words(arguments.kind)} is on record, seen {words(arguments.seen)}")
    return 0


def words(code: str) -> str:
    """Return a code as a person reads it."""
    return code.replace("_", " ")


def line(document: dict[str, Any], recorded: str) -> str:
    """Return what `requests show` says of a document; `recorded` is when, in words."""
    day: date | datetime | None = document["date"]
    of = f" of {day:%d.%m.%Y}" if day else ""
    return f"{words(document['kind'])}{of}, seen {words(document['seen'])}, recorded {recorded}"
