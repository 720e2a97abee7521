"""The commands that write lists: guard over a mailing list, register of a year's requests. No rule stands here."""

from __future__ import annotations

import argparse
import csv
import os
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from mailbot.app import opened
from mailbot.cli.output import print_json, tell
from mailbot.errors import InputError
from mailbot.operating.guard import guard as guarded
from mailbot.operating.register import HEAD, cells
from mailbot.operating.register import rows as registered

SAYS = {
    "left": "withdrew or were destroyed", "unsubscribed": "unsubscribed", "blocked": "blocked",
    "no_consent": "without a consent to news", "unproven": "with a consent that is not proven",
    "without_address": "without an address", "unreadable": "whose address or columns can't be read for sure",
}  # fmt: skip


def guard(arguments: argparse.Namespace) -> int:
    """Write the list without everyone who must not be mailed; counts go to stderr."""
    counts: dict[str, int] = {}
    try:
        file = arguments.file.open("rb")
    except OSError as exc:
        raise InputError(f"{arguments.file}: can't be read ({exc.strerror})") from exc
    with file, opened(arguments.config) as app:
        extra = (arguments.unsubscribe_column, app.settings.mailbox.addresses[0])
        octets = guarded(app.line, file, arguments.column, extra, counts)
        if arguments.output is None:
            for record in octets:
                sys.stdout.buffer.write(record)
            sys.stdout.buffer.flush()
        else:
            _write(arguments.output, octets)
    tell(f"kept {counts.get('kept', 0)}")
    for name, says in SAYS.items():
        if counts.get(name):
            tell(f"left out {counts[name]} {says}")
    if counts.get("unknown"):
        tell(f"of those kept, {counts['unknown']} are not on file: nothing is known of their consent")
    return 0


def register(arguments: argparse.Namespace) -> int:
    """Write the journal of a year's requests as CSV, or JSON lines."""
    with opened(arguments.config) as app:
        entries = registered(app.line, arguments.year, app.settings.operator.language)
        if arguments.json:
            for entry in entries:
                print_json(entry)
            return 0
        writer = csv.writer(sys.stdout, lineterminator="\r\n")
        for count, entry in enumerate(entries):
            if not count:
                writer.writerow(HEAD)
            writer.writerow(cells(entry))
    return 0


def _write(path: Path, octets: Iterable[bytes]) -> None:
    """Write the list beside its place and move it there once it is whole; readable by its owner alone."""
    try:
        handle, name = tempfile.mkstemp(prefix=".guard-", dir=path.parent)  # 0600, and nobody else's file
        part = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.writelines(octets)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as exc:
        raise InputError(f"{path}: can't be written ({exc.strerror})") from exc
