"""The command evidence: the proof of one request as a zip, the sealed proof of a destruction, a mail compared."""

from __future__ import annotations

import argparse
from pathlib import Path

from mailbot.app import App, opened
from mailbot.cli.output import print_json, tell, write_whole
from mailbot.errors import InputError, UsageError
from mailbot.operating import comparing, paper, proof, proofzip
from mailbot.operating.sheet import LANGUAGES
from mailbot.store.keys import sha256

LIES = {
    "not_found": "was not found in the mailbox: its hashes alone are given",
    "too_large": "is too large to be enclosed: its hashes alone are given",
}


def evidence(arguments: argparse.Namespace) -> int:
    """Write the evidence of a request, or what else was asked for."""
    if arguments.mail and arguments.sealed:
        raise UsageError("--mail and --sealed are two things: ask for one of them")
    with opened(arguments.config) as app:
        if arguments.mail:
            return _compare(app, arguments)
        if arguments.sealed:
            return _unlock(app, arguments)
        return _write(app, arguments)


def _write(app: App, arguments: argparse.Namespace) -> int:
    languages = (arguments.lang,) if arguments.lang else LANGUAGES
    case, octets = proofzip.of_request(app.line, app.mailbox, arguments.id, languages)
    number = str(case.said["number"])
    path = arguments.output or Path(f"evidence-{number}.zip")
    write_whole(path, [octets], arguments.config)
    sound = bool(case.said["chain"]["verified"]["sound"])
    if arguments.json:
        print_json(
            {"number": number, "sheet": case.said["sheet"], "file": str(path), "sha256": sha256(octets), "sound": sound}
        )
    else:
        what = "the journal's sheet: the data were destroyed" if case.said["sheet"] == "journal" else "evidence"
        print(f"{number}: {what}: {path}\nSHA-256 {sha256(octets)}")
    for n, mail in enumerate(case.said["mails"], 1):
        if mail["lies"] in LIES:
            tell(f"mail {n} of {number} {LIES[mail['lies']]}")
    if not paper.can_print():
        tell("without PDF sheets: they need the extra `pdf` (install mailbot[pdf])")
    if not sound:
        tell("the chain of events does not hold: run `mailbot audit verify`")
    return 0 if sound else 1


def _unlock(app: App, arguments: argparse.Namespace) -> int:
    """Hand out the sealed octets, as they are kept: only the operator's secret key opens them."""
    octets = proof.sealed(app.line, arguments.id)
    write_whole(arguments.sealed, [octets], arguments.config)
    if arguments.json:
        print_json({"number": arguments.id.upper(), "file": str(arguments.sealed), "sha256": sha256(octets)})
    else:
        print(f"{arguments.id.upper()}: {arguments.sealed}; `age -d -i KEY` opens it: a zip")
    return 0


def _compare(app: App, arguments: argparse.Namespace) -> int:
    try:
        octets = arguments.mail.read_bytes()
    except OSError as exc:
        raise InputError(f"{arguments.mail}: can't be read ({exc.strerror})") from exc
    found = comparing.compare(app.line, arguments.id, octets)
    number = arguments.id.upper()
    if arguments.json:
        print_json({"number": number, "mail": found.mail, "compared_by": found.by, "at": found.at})
    elif found.mail is None:
        print(f"{number}: no: it is neither a mail that was received for it nor one that was sent")
    else:
        at = f" {found.at.astimezone(app.line.rules.deadlines.zone):%d.%m.%Y %H:%M}" if found.at else ""
        how = "octet for octet" if found.by == "octets" else "the same sender, Message-ID, date, subject and text"
        print(f"{number}: yes: it is the one that was {found.mail}{at}: {how}")
    return 0 if found.mail else 1
