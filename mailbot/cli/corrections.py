"""Commands that set a request right before it is decided, and answer it by hand: requests kind, edit, answer."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from mailbot.app import opened
from mailbot.cli.output import clean, clean_lines
from mailbot.errors import InputError
from mailbot.operating import changing, letters
from mailbot.reading.claim import FIELD_NAMES


def kind(arguments: argparse.Namespace) -> int:
    """Say what a request asks."""
    with opened(arguments.config) as app:
        changing.rekind(app.line, app.mailbox, arguments.id, arguments.kind)
    print(f"{arguments.id.upper()}: held as {arguments.kind}; now `requests release` or `refuse` it")
    return 0


def edit(arguments: argparse.Namespace) -> int:
    """Correct what an update states."""
    cells = {name: getattr(arguments, name) for name in FIELD_NAMES if getattr(arguments, name) is not None}
    with opened(arguments.config) as app:
        changing.edit(app.line, arguments.id, cells)
    print(f"{arguments.id.upper()}: corrected ({', '.join(cells)})")
    return 0


def answer(arguments: argparse.Namespace) -> int:
    """Answer a request in the operator's own words, or show how that would look."""
    text = _read(arguments.text)
    with opened(arguments.config) as app:
        if arguments.preview:
            for mail in letters.preview(app.line, arguments.id, text, settles=arguments.settles):
                body = clean_lines(mail.body.rpartition("\n\n[")[0])
                print(f"to {clean(mail.recipient)}: {clean(mail.subject)}\n\n{body}\n\nnothing was sent")
            return 0
        to = letters.answer(app.line, arguments.id, text, settles=arguments.settles)
    print(f"{arguments.id.upper()}: your answer goes to {clean(to)}{' and closes it' if arguments.settles else ''}")
    return 0


def _read(name: str) -> str:
    try:
        octets = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
        return octets.decode("utf-8-sig")
    except OSError as exc:
        raise InputError(f"{name}: can't be read") from exc
    except UnicodeDecodeError as exc:
        raise InputError(f"{name}: is not UTF-8") from exc
