"""The commands and their arguments, one parser; a wrong use ends with exit code 64."""

from __future__ import annotations

import argparse
import os
from functools import cache
from pathlib import Path
from typing import Any

from mailbot import __version__
from mailbot.cli import upkeep
from mailbot.cli.parser import Parser, add

KINDS = (
    "update", "withdrawal", "unsubscribe", "resubscribe", "undo", "answer", "form", "access", "erasure",
    "restriction", "objection", "complaint", "question",
)  # fmt: skip
ASKED = (
    "update", "withdrawal", "unsubscribe", "access", "erasure", "restriction", "objection", "complaint", "question",
)  # fmt: skip
STATES = ("applied", "challenged", "asked", "held", "refused", "expired", "undone", "ignored", "left")
DOCUMENTS = (
    "identity_card", "passport", "birth_certificate", "marriage_certificate", "divorce_certificate", "name_change",
    "other",
)  # fmt: skip
SEEN = ("in_person", "video_call", "scan_by_mail", "egov", "other")
REFUSALS = ("obligation", "kept_by_law", "not_confirmed", "not_yours", "no_document", "not_held", "unclear", "other")


def parse(argv: list[str] | None) -> argparse.Namespace:
    """Return what was asked; the installation's folder is that of --config, else of the environment, else this one.

    Raises UsageError.
    """
    arguments = parser().parse_args(argv)
    arguments.config = arguments.config or Path(os.environ.get("MAILBOT_CONFIG", "."))
    return arguments


@cache
def parser() -> Parser:
    """Return the parser of every command, made once: it holds nothing of a call."""
    top = Parser(prog="mailbot", description="Answers the mailbox that a privacy policy promises.", allow_abbrev=False)
    top.add_argument("--version", action="version", version=f"mailbot {__version__}")
    top.add_argument(
        "--config", type=Path, metavar="DIR",
        help="the folder that init wrote (default: MAILBOT_CONFIG, else the current folder)",
    )  # fmt: skip
    commands = top.add_subparsers(title="commands", required=True, metavar="COMMAND", parser_class=Parser)
    upkeep.declare(commands)
    _add_work(commands)
    _add_requests(commands)
    _add_people(commands)
    _add_lists(commands)
    return top


def _add_work(commands: Any) -> None:
    add(commands, "poll", "work.poll", "make one pass (for cron)", json=True)
    run = add(commands, "run", "work.run", "make passes until SIGTERM (for systemd)")
    run.add_argument("--all", action="store_true", help="every mailbox in the folders of DIR, shared with other hosts")
    intake = add(commands, "intake", "serving.intake", "serve POST /intake/SOURCE for the site's forms")
    intake.add_argument("--host", default="127.0.0.1", metavar="HOST", help="where it listens (default: 127.0.0.1)")
    intake.add_argument("--port", type=int, default=8026, metavar="PORT", help="at which port (default: 8026)")
    explain = add(commands, "explain", "work.explain", "what would be done with mails, and why", json=True)
    explain.add_argument("file", nargs="+", type=Path, metavar="FILE", help="a mail, or a folder of mails")
    explain.add_argument("--trust", action="append", metavar="ID[:below]", help="whose Authentication-Results count")
    explain.add_argument("--person", choices=("known", "unknown"), help="whether the writer is on file")
    explain.add_argument(
        "--dns", type=Path, metavar="FILE", help="JSON: name → TXT records; a name not there is NXDOMAIN"
    )
    explain.add_argument("--text", action="store_true", help="show the own text and the signature too")


def _add_requests(commands: Any) -> None:
    group = add(commands, "requests", "desk.list_", "the operator's queue and journal", json=True)
    _listing(group)
    verbs = group.add_subparsers(metavar="VERB", parser_class=Parser)
    listing = add(verbs, "list", "desk.list_", "what waits, first what waits for you", json=True)
    _listing(listing)
    for name, text in (
        ("show", "one request with all that is known"), ("release", "carry it out for the person on file"),
        ("refuse", "refuse it with a reason"), ("close", "not a request, or settled by hand"),
        ("undo", "take back what it changed"),
    ):  # fmt: skip
        verb = add(verbs, name, f"desk.{name}", text, json=name == "show")
        verb.add_argument("id", metavar="ID", nargs="?" if name == "close" else None, help="the request's number")
        if name == "close":
            verb.add_argument("--moved", action="store_true", help="all whose mails you answered or moved yourself")
        if name == "release":
            verb.add_argument("--person", metavar="ADDRESS", help="an address on file of the person for whom")
            verb.add_argument("--checked", default="", metavar="TEXT", help="how you made sure who is asking")
            verb.add_argument("--preview", action="store_true", help="show what would be done and mailed, do nothing")
        if name == "refuse":
            verb.add_argument("--reason", required=True, choices=REFUSALS, metavar="CODE", help=", ".join(REFUSALS))
            verb.add_argument("--note", default="", metavar="TEXT", help="a sentence that the person will read")
    _add_corrections(verbs)
    seen = add(verbs, "document", "documents.record", "you saw a document: which, and how; never its number")
    seen.add_argument("id", metavar="ID", help="the request's number")
    seen.add_argument("--kind", required=True, choices=DOCUMENTS, metavar="KIND", help=", ".join(DOCUMENTS))
    seen.add_argument("--seen", required=True, choices=SEEN, metavar="HOW", help=", ".join(SEEN))
    seen.add_argument("--date", default="", metavar="DATE", help="the day that the document bears (2026-01-31)")
    tick = add(verbs, "tick", "desk.tick", "another place did what this request asks of it")
    tick.add_argument("id", metavar="ID", help="the request's number")
    tick.add_argument("place", metavar="PLACE", help="the name of one of its [[places]]")
    died = add(verbs, "deceased", "desk.deceased", "somebody on file has died: no mail goes to that person any more")
    died.add_argument("id", metavar="ID", help="the request's number")
    died.add_argument("--person", metavar="ADDRESS", required=True, help="an address on file of who has died")
    died.add_argument("--send", action="store_true", help="send the letter that is shown without it")
    backlog = add(verbs, "backlog", "desk.backlog", "put requests from before init before the operator")
    backlog.add_argument("--since", required=True, metavar="DATE", help="received on or after this day (2026-01-31)")


def _add_corrections(verbs: Any) -> None:
    kind = add(verbs, "kind", "corrections.kind", "say what a mail asks, where mailbot took it for something else")
    kind.add_argument("id", metavar="ID", help="the request's number")
    kind.add_argument("kind", choices=ASKED, metavar="KIND", help=", ".join(ASKED))
    edit = add(verbs, "edit", "corrections.edit", "correct what an update states before you release it")
    edit.add_argument("id", metavar="ID", help="the request's number")
    for name in ("surname", "given-name", "patronymic", "email", "phone", "birth-date", "birth-place"):
        edit.add_argument(f"--{name}", metavar="TEXT", help="the right value; empty takes it out")
    written = add(verbs, "answer", "corrections.answer", "answer in your own words, in the frame of our mails")
    written.add_argument("id", metavar="ID", help="the request's number")
    written.add_argument("--text", required=True, metavar="FILE", help="your words, as UTF-8; - is the standard input")
    written.add_argument("--settles", action="store_true", help="this settles the request: it is closed")
    written.add_argument("--preview", action="store_true", help="show the mail, send nothing")


def _add_lists(commands: Any) -> None:
    guard = add(commands, "guard", "lists.guard", "a mailing list, without everyone who must not be mailed")
    guard.add_argument("file", type=Path, metavar="FILE.csv")
    guard.add_argument("--column", default="", metavar="NAME", help="the column of the addresses, or its number")
    guard.add_argument("--unsubscribe-column", default="", metavar="NAME", help="add each List-Unsubscribe under it")
    guard.add_argument("--output", type=Path, metavar="FILE", help="where to (default: standard output)")
    register = add(commands, "register", "lists.register", "the journal of a year's requests, as CSV", json=True)
    register.add_argument("--year", type=int, required=True, metavar="YEAR", help="received in that year")
    register.add_argument("--pdf", type=Path, metavar="FILE", help="as a PDF, into that file")
    register.add_argument("--lang", choices=("kk", "ru"), help="the PDF's language (default: the operator's)")


def _listing(sub: Parser) -> None:
    sub.add_argument("--state", choices=STATES, help="only those in this state")
    sub.add_argument("--kind", choices=KINDS, help="only those of this kind")
    sub.add_argument("--all", action="store_true", help="closed, ignored and unmatched ones too")


def _add_tables(verbs: Any) -> None:
    imported = add(verbs, "import", "persons.import_", "bring people in from a CSV, all or nothing", json=True)
    imported.add_argument("file", nargs="?", type=Path, metavar="FILE.csv")
    imported.add_argument("--template", action="store_true", help="print an empty CSV with two examples")
    imported.add_argument("--dry-run", action="store_true", help="say what would be done, change nothing")
    imported.add_argument("--overwrite", action="store_true", help="also fields that a request changed")
    imported.add_argument("--skip-errors", action="store_true", help="import the sound rows of a file with errors")
    exported = add(verbs, "export", "persons.export", "write everybody who may be used to a CSV")
    exported.add_argument("file", type=Path, metavar="FILE.csv")
    exported.add_argument("--everything", action="store_true", help="JSON lines of all that is held, for leaving")
    exported.add_argument("--unsubscribe", action="store_true", help="add each recipient's List-Unsubscribe")


def _add_people(commands: Any) -> None:
    group = commands.add_parser("people", help="the people on file", allow_abbrev=False)
    verbs = group.add_subparsers(required=True, metavar="VERB", parser_class=Parser)
    _add_tables(verbs)
    added = add(verbs, "add", "persons.add", "add one person by hand")
    for name in ("surname", "given-name", "patronymic", "email", "phone", "birth-date", "birth-place"):
        added.add_argument(f"--{name}", default="", metavar="TEXT")
    added.add_argument("--news", action="store_true", help="consented to news")
    added.add_argument("--consent-at", default="", metavar="TIME", help="when the person consented")
    added.add_argument("--news-consent-at", default="", metavar="TIME", help="when to news, if at another time")
    added.add_argument("--obligation-until", default="", metavar="DATE", help="an obligation is open until then")
    added.add_argument("--consent-source", default="", metavar="TEXT", help="how (default: operator)")
    added.add_argument(
        "--from", dest="from_", metavar="ID", help="take what the mail of that request says of its writer"
    )
    added.add_argument("--yes", action="store_true", help="do not ask, where the writer withdrew before")
    collected = add(verbs, "collect", "collecting.collect", "bring people in from the mails of your forms", json=True)
    collected.add_argument("--since", metavar="DATE", help="received on or after this day (2026-01-31)")
    collected.add_argument("--dry-run", action="store_true", help="say what would be done, change nothing")
    collected.add_argument("--propose", action="store_true", help="print [[forms]] for the form mails that lie there")
    place = add(verbs, "place", "persons.place", "note under which id another place knows a person")
    place.add_argument("address", metavar="ADDRESS")
    place.add_argument("place", metavar="PLACE", help="the name of one of [[places]]")
    place.add_argument("value", metavar="ID", help='the id there; "" forgets it')
    obligation = verbs.add_parser("obligation", help="an open course, debt or refund", allow_abbrev=False)
    acts = obligation.add_subparsers(required=True, metavar="ACT", parser_class=Parser)
    opened = add(acts, "add", "persons.obligation_add", "something is open: a withdrawal does not end it")
    opened.add_argument("address", metavar="ADDRESS", help="or the id that `people show` prints")
    opened.add_argument("--until", metavar="DATE", help="its last day, after which it is closed by itself (2026-01-31)")
    ended = add(acts, "close", "persons.obligation_close", "nothing is open any more: a withdrawal goes on")
    ended.add_argument("address", metavar="ADDRESS", help="or the id that `people show` prints")
    for name, text in (
        ("show", "what is held about an address"), ("block", "a dispute: nothing is used, changed or destroyed"),
        ("unblock", "end a dispute's block"), ("destroy", "erase everybody at an address, for ever"),
    ):  # fmt: skip
        verb = add(verbs, name, f"persons.{name}", text, json=name == "show")
        verb.add_argument("address", metavar="ADDRESS")
        if name == "destroy":
            verb.add_argument("--yes", action="store_true", help="do not ask")
