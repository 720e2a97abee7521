"""The commands and their arguments, one parser; a wrong use ends with exit code 64."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

from mailbot import __version__
from mailbot.errors import UsageError

KINDS = (
    "update", "withdrawal", "unsubscribe", "resubscribe", "undo", "answer", "form", "access", "erasure",
    "restriction", "objection", "complaint", "question",
)  # fmt: skip
STATES = ("applied", "challenged", "asked", "held", "refused", "expired", "undone", "ignored", "left")
DOCUMENTS = (
    "identity_card", "passport", "birth_certificate", "marriage_certificate", "divorce_certificate", "name_change",
    "other",
)  # fmt: skip
SEEN = ("in_person", "video_call", "scan_by_mail", "egov", "other")
REFUSALS = ("obligation", "kept_by_law", "not_confirmed", "not_yours", "no_document", "not_held", "unclear")


class Parser(argparse.ArgumentParser):
    """argparse, but wrong usage is an error of ours (exit 64, not 2)."""

    def error(self, message: str) -> NoReturn:
        """Raise UsageError with the command's usage line."""
        raise UsageError(f"{message}\n{self.format_usage().strip()}")


def parse(argv: list[str] | None) -> argparse.Namespace:
    """Return what was asked; the installation's folder is that of --config, else of the environment, else this one.

    Raises UsageError.
    """
    arguments = parser().parse_args(argv)
    arguments.config = arguments.config or Path(os.environ.get("MAILBOT_CONFIG", "."))
    return arguments


def day(text: str, option: str = "--since") -> date:
    """Return the day that an option names. Raises UsageError."""
    try:
        return date.fromisoformat(text)
    except ValueError as exc:
        raise UsageError(f"{option}: write the day as 2026-01-31") from exc


def _command(name: str) -> Callable[[argparse.Namespace], int]:
    """Return a function that loads the command's module when it is called."""

    def run(arguments: argparse.Namespace) -> int:
        from importlib import import_module

        module, function = name.split(".")
        return int(getattr(import_module(f"mailbot.cli.{module}"), function)(arguments))

    return run


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
    _add_setup(commands)
    _add_work(commands)
    _add_requests(commands)
    _add_people(commands)
    _add_lists(commands)
    _add_templates(commands)
    _add_audit(commands)
    _add_evidence(commands)
    _add_policy(commands)
    return top


def _add(commands: Any, name: str, run: str, text: str, *, json: bool = False) -> Parser:
    sub: Parser = commands.add_parser(name, help=text, description=text, allow_abbrev=False)
    sub.set_defaults(run=_command(run))
    if json:
        sub.add_argument("--json", action="store_true", help="one JSON object a line on stdout, nothing else")
    return sub


def _add_setup(commands: Any) -> None:
    demo = _add(commands, "demo", "setup.demo", "show the whole job on sample mails, in a folder of its own")
    demo.add_argument("dir", nargs="?", type=Path, metavar="DIR", help="where (default: a temporary folder)")
    init = _add(commands, "init", "setup.init", "write an installation into DIR")
    init.add_argument("dir", type=Path, metavar="DIR")
    init.add_argument("--mailbox", metavar="URL", help="imaps://USER@HOST/INBOX or maildir:///PATH")
    init.add_argument("--courier", metavar="URL", help="smtps://USER@HOST, smtp://USER@HOST:587 or maildir:///PATH")
    init.add_argument("--address", action="append", metavar="ADDR", help="an address of the mailbox; may be repeated")
    init.add_argument("--operator", default=None, metavar="NAME", help="who answers for the data")
    init.add_argument("--operator-mail", default=None, metavar="ADDR", help="where mailbot tells and asks the operator")
    init.add_argument("--contact", default=None, metavar="TEXT", help="how people reach a human")
    init.add_argument(
        "--language", choices=("kk", "ru", "en"), default="ru", help="in which mailbot writes to the operator"
    )
    init.add_argument(
        "--authserv", action="append", metavar="ID", help="who writes Authentication-Results (ID or ID:below)"
    )
    init.add_argument("--place", action="append", metavar="PRESET", help="where else the same people stand (README)")
    init.add_argument(
        "--store", default="sqlite:///mailbot.sqlite", metavar="URL", help="sqlite:///PATH or postgresql://…"
    )
    mode = init.add_mutually_exclusive_group()
    mode.add_argument(
        "--shadow",
        dest="live",
        action="store_false",
        default=False,
        help="decide and render, send and change nothing (default)",
    )
    mode.add_argument("--live", dest="live", action="store_true", help="begin to work at once")
    _add(commands, "check", "setup.check", "look the installation over", json=True)
    _add(commands, "live", "setup.live", "leave shadow mode")
    _add(commands, "pause", "setup.pause", "the kill switch: nothing is sent, nothing destroyed")
    _add(commands, "resume", "setup.resume", "go on after a pause")
    away = _add(commands, "away", "clocks.away", "your absence, while which the deputy is told at once")
    away.add_argument(
        "until", nargs="?", metavar="UNTIL", help="its last day (2026-01-31), or `back`; default: show it"
    )
    _add_backups(commands)
    db = _add(commands, "db", "setup.db", "the store's tables")
    db.add_argument("verb", choices=("upgrade",), help="bring the tables to this version")


def _add_backups(commands: Any) -> None:
    made = _add(commands, "backup", "backups.backup", "write one encrypted file that holds the whole installation")
    made.add_argument("file", nargs="?", type=Path, metavar="FILE", help="a new file, or a folder (its date names it)")
    made.add_argument("--new-key", action="store_true", help="make the pair of keys, and print it once")
    back = _add(commands, "restore", "backups.restore", "put a backup in the place of this installation")
    back.add_argument("file", type=Path, metavar="FILE")
    back.add_argument("--identity", type=Path, metavar="FILE", help="holds the secret key (default: asked for)")
    back.add_argument("--without-ledger", action="store_true", help="go on without gone.log: who left may come back")
    back.add_argument("--yes", action="store_true", help="do not ask")


def _add_work(commands: Any) -> None:
    _add(commands, "poll", "work.poll", "make one pass (for cron)", json=True)
    _add(commands, "run", "work.run", "make passes until SIGTERM (for systemd)")
    intake = _add(commands, "intake", "serving.intake", "serve POST /intake/SOURCE for the site's forms")
    intake.add_argument("--host", default="127.0.0.1", metavar="HOST", help="where it listens (default: 127.0.0.1)")
    intake.add_argument("--port", type=int, default=8026, metavar="PORT", help="at which port (default: 8026)")
    explain = _add(commands, "explain", "work.explain", "what would be done with mails, and why", json=True)
    explain.add_argument("file", nargs="+", type=Path, metavar="FILE", help="a mail, or a folder of mails")
    explain.add_argument("--trust", action="append", metavar="ID[:below]", help="whose Authentication-Results count")
    explain.add_argument("--person", choices=("known", "unknown"), help="whether the writer is on file")
    explain.add_argument(
        "--dns", type=Path, metavar="FILE", help="JSON: name → TXT records; a name not there is NXDOMAIN"
    )
    explain.add_argument("--text", action="store_true", help="show the own text and the signature too")


def _add_requests(commands: Any) -> None:
    group = _add(commands, "requests", "desk.list_", "the operator's queue and journal", json=True)
    _listing(group)
    verbs = group.add_subparsers(metavar="VERB", parser_class=Parser)
    listing = _add(verbs, "list", "desk.list_", "what waits, first what waits for you", json=True)
    _listing(listing)
    for name, text in (
        ("show", "one request with all that is known"), ("release", "carry it out for the person on file"),
        ("refuse", "refuse it with a reason"), ("close", "not a request, or settled by hand"),
        ("undo", "take back what it changed"),
    ):  # fmt: skip
        verb = _add(verbs, name, f"desk.{name}", text, json=name == "show")
        verb.add_argument("id", metavar="ID", help="the request's number")
        if name == "release":
            verb.add_argument("--person", metavar="ADDRESS", help="an address on file of the person for whom")
            verb.add_argument("--checked", default="", metavar="TEXT", help="how you made sure who is asking")
            verb.add_argument("--preview", action="store_true", help="show what would be done and mailed, do nothing")
        if name == "refuse":
            verb.add_argument("--reason", required=True, choices=REFUSALS, metavar="CODE", help=", ".join(REFUSALS))
            verb.add_argument("--note", default="", metavar="TEXT", help="a sentence that the person will read")
    seen = _add(verbs, "document", "documents.record", "you saw a document: which, and how; never its number")
    seen.add_argument("id", metavar="ID", help="the request's number")
    seen.add_argument("--kind", required=True, choices=DOCUMENTS, metavar="KIND", help=", ".join(DOCUMENTS))
    seen.add_argument("--seen", required=True, choices=SEEN, metavar="HOW", help=", ".join(SEEN))
    seen.add_argument("--date", default="", metavar="DATE", help="the day that the document bears (2026-01-31)")
    tick = _add(verbs, "tick", "desk.tick", "another place did what this request asks of it")
    tick.add_argument("id", metavar="ID", help="the request's number")
    tick.add_argument("place", metavar="PLACE", help="the name of one of its [[places]]")
    died = _add(verbs, "deceased", "desk.deceased", "somebody on file has died: no mail goes to that person any more")
    died.add_argument("id", metavar="ID", help="the request's number")
    died.add_argument("--person", metavar="ADDRESS", required=True, help="an address on file of who has died")
    died.add_argument("--send", action="store_true", help="send the letter that is shown without it")
    backlog = _add(verbs, "backlog", "desk.backlog", "put requests from before init before the operator")
    backlog.add_argument("--since", required=True, metavar="DATE", help="received on or after this day (2026-01-31)")


def _add_lists(commands: Any) -> None:
    guard = _add(commands, "guard", "lists.guard", "a mailing list, without everyone who must not be mailed")
    guard.add_argument("file", type=Path, metavar="FILE.csv")
    guard.add_argument("--column", default="", metavar="NAME", help="the column of the addresses, or its number")
    guard.add_argument("--unsubscribe-column", default="", metavar="NAME", help="add each List-Unsubscribe under it")
    guard.add_argument("--output", type=Path, metavar="FILE", help="where to (default: standard output)")
    register = _add(commands, "register", "lists.register", "the journal of a year's requests, as CSV", json=True)
    register.add_argument("--year", type=int, required=True, metavar="YEAR", help="received in that year")
    register.add_argument("--pdf", type=Path, metavar="FILE", help="as a PDF, into that file")
    register.add_argument("--lang", choices=("kk", "ru"), help="the PDF's language (default: the operator's)")


def _add_templates(commands: Any) -> None:
    group = commands.add_parser("templates", help="the texts of the answers", allow_abbrev=False)
    verbs = group.add_subparsers(required=True, metavar="VERB", parser_class=Parser)
    _add(verbs, "list", "templates.list_", "each template: which rows send it, when, and where its own file lies")
    _add(verbs, "check", "templates.check", "try every template in every language; exit 1 where one is wrong")
    preview = _add(verbs, "preview", "templates.show", "how an answer looks, with invented values")
    preview.add_argument("row", metavar="ROW", help="a template's name, or a row of the decision table (16, 7a)")
    preview.add_argument(
        "--lang", choices=("kk", "ru", "en", "kk+ru"), help="in which language (default: the operator's)"
    )
    preview.add_argument("--html", action="store_true", help="the HTML part")


def _add_audit(commands: Any) -> None:
    group = commands.add_parser("audit", help="the journal", allow_abbrev=False)
    verbs = group.add_subparsers(required=True, metavar="VERB", parser_class=Parser)
    verify = _add(verbs, "verify", "audit.verify", "read the chain of events; exit 1 where it does not hold", json=True)
    verify.add_argument("--head", metavar="POSITION:LINK", help="a head that was kept elsewhere, as it was printed")


def _add_evidence(commands: Any) -> None:
    text = "a zip that proves how a request was handled; of a destroyed person what the journal keeps"
    evidence = _add(commands, "evidence", "evidence.evidence", text, json=True)
    evidence.add_argument("id", metavar="ID", help="the request's number")
    evidence.add_argument("--output", type=Path, metavar="FILE", help="where to (default: evidence-ID.zip)")
    evidence.add_argument("--lang", choices=("kk", "ru"), help="the cover sheet in that language alone")
    evidence.add_argument("--mail", type=Path, metavar="FILE.eml", help="is this mail one of it? exit 1 where not")
    evidence.add_argument("--sealed", type=Path, metavar="FILE", help="hand out the sealed proof of the destruction")


def _add_policy(commands: Any) -> None:
    group = commands.add_parser("policy", help="the published policy", allow_abbrev=False)
    verbs = group.add_subparsers(required=True, metavar="VERB", parser_class=Parser)
    text = "what a published policy promises, and what is wrong with it; exit 1 where something is"
    check = _add(verbs, "check", "policy.check", text, json=True)
    check.add_argument("file", type=Path, metavar="FILE", help="the policy as text, HTML or PDF")
    check.add_argument("--lang", choices=("kk", "ru", "en"), help="in which language (default: the operator's)")


def _listing(sub: Parser) -> None:
    sub.add_argument("--state", choices=STATES, help="only those in this state")
    sub.add_argument("--kind", choices=KINDS, help="only those of this kind")
    sub.add_argument("--all", action="store_true", help="closed, ignored and unmatched ones too")


def _add_tables(verbs: Any) -> None:
    imported = _add(verbs, "import", "persons.import_", "bring people in from a CSV, all or nothing", json=True)
    imported.add_argument("file", nargs="?", type=Path, metavar="FILE.csv")
    imported.add_argument("--template", action="store_true", help="print an empty CSV with two examples")
    imported.add_argument("--dry-run", action="store_true", help="say what would be done, change nothing")
    imported.add_argument("--overwrite", action="store_true", help="also fields that a request changed")
    imported.add_argument("--skip-errors", action="store_true", help="import the sound rows of a file with errors")
    exported = _add(verbs, "export", "persons.export", "write everybody who may be used to a CSV")
    exported.add_argument("file", type=Path, metavar="FILE.csv")
    exported.add_argument("--everything", action="store_true", help="JSON lines of all that is held, for leaving")
    exported.add_argument("--unsubscribe", action="store_true", help="add each recipient's List-Unsubscribe")


def _add_people(commands: Any) -> None:
    group = commands.add_parser("people", help="the people on file", allow_abbrev=False)
    verbs = group.add_subparsers(required=True, metavar="VERB", parser_class=Parser)
    _add_tables(verbs)
    added = _add(verbs, "add", "persons.add", "add one person by hand")
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
    collected = _add(verbs, "collect", "collecting.collect", "bring people in from the mails of your forms", json=True)
    collected.add_argument("--since", metavar="DATE", help="received on or after this day (2026-01-31)")
    collected.add_argument("--dry-run", action="store_true", help="say what would be done, change nothing")
    collected.add_argument("--propose", action="store_true", help="print [[forms]] for the form mails that lie there")
    place = _add(verbs, "place", "persons.place", "note under which id another place knows a person")
    place.add_argument("address", metavar="ADDRESS")
    place.add_argument("place", metavar="PLACE", help="the name of one of [[places]]")
    place.add_argument("value", metavar="ID", help='the id there; "" forgets it')
    obligation = verbs.add_parser("obligation", help="an open course, debt or refund", allow_abbrev=False)
    acts = obligation.add_subparsers(required=True, metavar="ACT", parser_class=Parser)
    opened = _add(acts, "add", "persons.obligation_add", "something is open: a withdrawal does not end it")
    opened.add_argument("address", metavar="ADDRESS", help="or the id that `people show` prints")
    opened.add_argument("--until", metavar="DATE", help="its last day, after which it is closed by itself (2026-01-31)")
    ended = _add(acts, "close", "persons.obligation_close", "nothing is open any more: a withdrawal goes on")
    ended.add_argument("address", metavar="ADDRESS", help="or the id that `people show` prints")
    for name, text in (
        ("show", "what is held about an address"), ("block", "a dispute: nothing is used, changed or destroyed"),
        ("unblock", "end a dispute's block"), ("destroy", "erase everybody at an address, for ever"),
    ):  # fmt: skip
        verb = _add(verbs, name, f"persons.{name}", text, json=name == "show")
        verb.add_argument("address", metavar="ADDRESS")
        if name == "destroy":
            verb.add_argument("--yes", action="store_true", help="do not ask")
