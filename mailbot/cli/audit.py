"""The command audit verify: does the chain of events hold, and does it reach as far as a head of an earlier day?"""

from __future__ import annotations

import argparse

from mailbot.app import opened
from mailbot.cli.output import clean, print_json
from mailbot.operating import audit
from mailbot.operating.audit import Break, Report

HOW = {
    "changed": "the row at place {position} is not the one that was sealed",
    "removed": "rows are gone from place {position} on: {removed}",
    "inserted": "the row at place {position} was never sealed",
    "reordered": "the rows do not stand in their order from place {position} on",
    "cut": "the anchor of a cut, at place {position}, is not the one that was sealed",
    "head": "the head that the store keeps is not that of the last row, at place {position}",
    "key": "nothing fits the key: is `secrets/store_key` the key of this installation?",
}
COMPARED = {
    "same": "the head of that day stands where it stood",
    "shorter": "the chain ends before the head of that day: rows are gone, or this is an old copy of the store",
    "rewritten": "another row stands where the head of that day stood",
    "cut": "the head of that day left with what is kept no longer: nothing can be told by it",
}


def verify(arguments: argparse.Namespace) -> int:
    """Read the chain and print what was found; exit 1 where it does not hold."""
    then = audit.read_head(arguments.head) if arguments.head else None
    with opened(arguments.config) as app:
        report = audit.verify(app.line.store, then)
    if arguments.json:
        print_json(report.as_json())
    else:
        print("\n".join(_lines(report)))
    return 0 if report.sound else 1


def _lines(report: Report) -> list[str]:
    waiting = f", {report.unsealed} wait for the next pass" if report.unsealed else ""
    lines = [f"events sealed: {report.sealed}{waiting}"]
    if report.cut:
        lines.append(f"kept no longer: those up to place {report.cut}")
    lines.append(f"head: {report.head}" if report.head.position else "head: none yet")
    if report.compared is not None:
        lines.append(COMPARED[report.compared])
    lines += ["sound" if report.sound else "BROKEN"] if report.broken is None else _broken(report.broken)
    return lines


def _broken(broken: Break) -> list[str]:
    lines = [f"BROKEN ({broken.how}): " + HOW[broken.how].format(position=broken.position, removed=broken.removed)]
    if broken.id is not None:
        lines.append(f"the row there: event {broken.id} of {clean(broken.at)}, {clean(broken.what)}")
    return lines
