"""The command `people collect`, and how what is proposed as `[[forms]]` is printed. No rule stands here."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import datetime, time
from pathlib import Path

from mailbot.app import App, opened
from mailbot.cli.output import clean, print_json, progress, tell
from mailbot.cli.parser import day
from mailbot.errors import UsageError
from mailbot.operating import formmap
from mailbot.operating.collect import Collection


def collect(arguments: argparse.Namespace) -> int:
    """Bring people in from the form mails of the mailbox, or print what `[[forms]]` they speak for."""
    if arguments.propose and (arguments.since or arguments.dry_run or arguments.json):
        raise UsageError("--propose only prints: no other option goes with it")
    first = day(arguments.since) if arguments.since else None
    with opened(arguments.config) as app:
        if arguments.propose:
            return _propose(app)
        zone = app.line.rules.deadlines.zone
        since = datetime.combine(first, time(0), zone) if first else None
        task = Collection(mailbox=app.mailbox, line=app.line, dry_run=arguments.dry_run, progress=progress)
        report = task.run(since)
    if arguments.json:
        print_json({**report, "dry_run": arguments.dry_run})
    else:
        _say(report, arguments.dry_run)
    return 0


def _say(report: dict[str, int], dry_run: bool) -> None:
    print(f"{'would be added' if dry_run else 'added'} {report['added']} of {report['forms']} form mails", end="")
    for name, count in report.items():
        if count and name not in ("read", "forms", "added"):
            print(f", {name.replace('_', ' ')} {count}", end="")
    print()
    if report["waiting"]:
        tell("DNS gave no answer for some: run it again later")
    if report["failed"]:
        tell(f"{report['failed']} could not be read, which is a fault of mailbot: they are tried again by the next run")


def _propose(app: App) -> int:
    proposals = formmap.propose(app.mailbox)
    if proposals:
        print_proposals(app.folder, proposals)
    else:
        tell("no mails look like those of a form")
    return 0


def print_proposals(folder: Path, proposals: Sequence[formmap.Proposal]) -> None:
    """Print what may be added to policy.toml, ready to be copied."""
    print(f"mails of {len(proposals)} senders look like those of a form of your site:\n")
    print("\n".join(clean(text) for text in formmap.text_of(proposals).split("\n")))
    print(f"add this to {folder / 'policy.toml'} after looking at it; then:")
    print(f"  mailbot --config {folder} people collect --dry-run")
