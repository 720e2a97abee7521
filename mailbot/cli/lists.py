"""The commands that write lists: guard over a mailing list, register of a year's requests. No rule stands here."""

from __future__ import annotations

import argparse
import csv
import sys

from mailbot.app import opened
from mailbot.cli.output import print_json, tell, write_whole
from mailbot.errors import InputError, UsageError
from mailbot.operating.guard import guard as guarded
from mailbot.operating.register import HEAD, cells, printed
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
            write_whole(arguments.output, octets, arguments.config)
    tell(f"kept {counts.get('kept', 0)}")
    for name, says in SAYS.items():
        if counts.get(name):
            tell(f"left out {counts[name]} {says}")
    if counts.get("unknown"):
        tell(f"of those kept, {counts['unknown']} are not on file: nothing is known of their consent")
    return 0


def register(arguments: argparse.Namespace) -> int:
    """Write the journal of a year's requests as CSV, JSON lines, or a PDF."""
    if arguments.pdf and arguments.json:
        raise UsageError("--pdf and --json are two things: ask for one of them")
    with opened(arguments.config) as app:
        if arguments.pdf:
            language = arguments.lang or ("kk" if app.settings.operator.language == "kk" else "ru")
            write_whole(arguments.pdf, [printed(app.line, arguments.year, language)], arguments.config)
            print(f"{arguments.year}: {arguments.pdf}")
            return 0
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
