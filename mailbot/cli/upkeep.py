"""The arguments of what sets an installation up, keeps it and proves it: init, check, backup, evidence and so on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mailbot.cli.parser import Parser, add


def declare(commands: Any) -> None:
    """Declare them all."""
    for those in (
        _setup, _login, _modes, _operators, _console, _backups, _keys, _templates, _audit, _evidence, _policy,
    ):  # fmt: skip
        those(commands)


def _setup(commands: Any) -> None:
    demo = add(commands, "demo", "setup.demo", "show the whole job on sample mails, in a folder of its own")
    demo.add_argument("dir", nargs="?", type=Path, metavar="DIR", help="where (default: a temporary folder)")
    init = add(commands, "init", "setup.init", "write an installation into DIR")
    init.add_argument("dir", type=Path, metavar="DIR")
    init.add_argument("--mailbox", metavar="URL", help="imaps://USER@HOST/INBOX or maildir:///PATH")
    init.add_argument("--courier", metavar="URL", help="smtps://USER@HOST, smtp://USER@HOST:587 or maildir:///PATH")
    init.add_argument("--address", action="append", metavar="ADDR", help="an address of the mailbox; may be repeated")
    init.add_argument("--operator", default=None, metavar="NAME", help="who answers for the data")
    init.add_argument("--operator-mail", default=None, metavar="ADDR", help="where mailbot tells and asks the operator")
    init.add_argument("--do-folders", action="store_true", help="mailbot/Do: moving a mail there is your decision")
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
    init.add_argument("--oauth", choices=("google", "microsoft"), help="log in by OAuth instead of a password")
    init.add_argument("--client-id", metavar="ID", help="the id of your own client at that provider")
    init.add_argument("--tenant", metavar="TENANT", help="microsoft: id or domain of your organisation")
    mode = init.add_mutually_exclusive_group()
    mode.add_argument(
        "--shadow",
        dest="live",
        action="store_false",
        default=False,
        help="decide and render, send and change nothing (default)",
    )
    mode.add_argument("--live", dest="live", action="store_true", help="begin to work at once")


def _login(commands: Any) -> None:
    login = add(commands, "login", "login.login", "log the mailbox's account in by OAuth, as [oauth] says")
    where = login.add_mutually_exclusive_group()
    where.add_argument("--export", metavar="FILE", help="write it for a machine without a browser (- is stdout)")
    where.add_argument("--import", dest="import_", metavar="FILE", help="take what --export wrote (- is stdin)")
    login.add_argument("--browser", action="store_true", help="in a browser, where a code could be typed too")


def _operators(commands: Any) -> None:
    group = commands.add_parser("operator", help="who may open the console", allow_abbrev=False)
    verbs = group.add_subparsers(required=True, metavar="VERB", parser_class=Parser)
    added = add(verbs, "add", "operators.add", "add an account; its password is asked")
    added.add_argument("name", metavar="NAME", help="the login name, which the journal bears")
    added.add_argument("--role", choices=("operator", "reader"), default="operator", help="a reader changes nothing")
    added.add_argument("--totp", action="store_true", help="also ask for a code of an authenticator app")
    added.add_argument("--password-file", type=Path, metavar="FILE", help="read the password from a file")
    add(verbs, "list", "operators.list_", "the accounts", json=True)
    removed = add(verbs, "remove", "operators.remove", "take an account away, whoever is logged in is out")
    removed.add_argument("name", metavar="NAME")


def _console(commands: Any) -> None:
    console = add(commands, "console", "serving.console", "the operator's web pages")
    console.add_argument("--host", default="127.0.0.1", metavar="HOST", help="where it listens (default: 127.0.0.1)")
    console.add_argument("--port", type=int, default=8025, metavar="PORT", help="at which port (default: 8025)")
    console.add_argument("--certfile", metavar="FILE", help="our own TLS: the certificate")
    console.add_argument("--keyfile", metavar="FILE", help="and its key")
    console.add_argument("--proxy", default="", metavar="HOST", help="a proxy speaks TLS before it, under that name")
    console.add_argument("--name", action="append", default=[], metavar="HOST", help="by which name browsers call it")


def _modes(commands: Any) -> None:
    check = add(commands, "check", "setup.check", "look the installation over", json=True)
    check.add_argument("--canary", action="store_true", help="send the mailbox a marked mail, and see how far it comes")
    check.add_argument("--wait", type=float, metavar="SECONDS", help="how long it may take (default: 120)")
    add(commands, "live", "setup.live", "leave shadow mode")
    add(commands, "pause", "setup.pause", "the kill switch: nothing is sent, nothing destroyed")
    add(commands, "resume", "setup.resume", "go on after a pause")
    away = add(commands, "away", "clocks.away", "your absence, while which the deputy is told at once")
    away.add_argument(
        "until", nargs="?", metavar="UNTIL", help="its last day (2026-01-31), or `back`; default: show it"
    )
    db = add(commands, "db", "setup.db", "the store's tables")
    db.add_argument("verb", choices=("upgrade",), help="bring the tables to this version")


def _backups(commands: Any) -> None:
    made = add(commands, "backup", "backups.backup", "write one encrypted file that holds the whole installation")
    made.add_argument("file", nargs="?", type=Path, metavar="FILE", help="a new file, or a folder (its date names it)")
    made.add_argument("--new-key", action="store_true", help="make the pair of keys, and print it once")
    back = add(commands, "restore", "backups.restore", "put a backup in the place of this installation")
    back.add_argument("file", type=Path, metavar="FILE")
    back.add_argument("--identity", type=Path, metavar="FILE", help="holds the secret key (default: asked for)")
    back.add_argument(
        "--without-ledger", action="store_true", help="go on where gone.log may not be whole: who left may come back"
    )
    back.add_argument("--yes", action="store_true", help="do not ask")


def _keys(commands: Any) -> None:
    group = commands.add_parser("key", help="the key of the keyed hashes", allow_abbrev=False)
    verbs = group.add_subparsers(required=True, metavar="VERB", parser_class=Parser)
    rotated = add(verbs, "rotate", "keys.rotate", "have every keyed hash made with a new key; the former ones stay")
    rotated.add_argument("--yes", action="store_true", help="do not ask")


def _templates(commands: Any) -> None:
    group = commands.add_parser("templates", help="the texts of the answers", allow_abbrev=False)
    verbs = group.add_subparsers(required=True, metavar="VERB", parser_class=Parser)
    add(verbs, "list", "templates.list_", "each template: which rows send it, when, and where its own file lies")
    add(verbs, "check", "templates.check", "try every template in every language; exit 1 where one is wrong")
    preview = add(verbs, "preview", "templates.show", "how an answer looks, with invented values")
    preview.add_argument("row", metavar="ROW", help="a template's name, or a row of the decision table (16, 7a)")
    preview.add_argument(
        "--lang", choices=("kk", "ru", "en", "kk+ru"), help="in which language (default: the operator's)"
    )
    preview.add_argument("--html", action="store_true", help="the HTML part")


def _audit(commands: Any) -> None:
    group = commands.add_parser("audit", help="the journal", allow_abbrev=False)
    verbs = group.add_subparsers(required=True, metavar="VERB", parser_class=Parser)
    verify = add(verbs, "verify", "audit.verify", "read the chain of events; exit 1 where it does not hold", json=True)
    verify.add_argument("--head", metavar="POSITION:LINK", help="a head that was kept elsewhere, as it was printed")


def _evidence(commands: Any) -> None:
    text = "a zip that proves how a request was handled; of a destroyed person what the journal keeps"
    evidence = add(commands, "evidence", "evidence.evidence", text, json=True)
    evidence.add_argument("id", metavar="ID", help="the request's number")
    evidence.add_argument("--output", type=Path, metavar="FILE", help="where to (default: evidence-ID.zip)")
    evidence.add_argument("--lang", choices=("kk", "ru"), help="the cover sheet in that language alone")
    evidence.add_argument("--mail", type=Path, metavar="FILE.eml", help="is this mail one of it? exit 1 where not")
    evidence.add_argument("--sealed", type=Path, metavar="FILE", help="hand out the sealed proof of the destruction")


def _policy(commands: Any) -> None:
    group = commands.add_parser("policy", help="the published policy", allow_abbrev=False)
    verbs = group.add_subparsers(required=True, metavar="VERB", parser_class=Parser)
    text = "what a published policy promises, and what is wrong with it; exit 1 where something is"
    check = add(verbs, "check", "policy.check", text, json=True)
    check.add_argument("file", type=Path, metavar="FILE", help="the policy as text, HTML or PDF")
    check.add_argument("--lang", choices=("kk", "ru", "en"), help="in which language (default: the operator's)")
