"""The command login: log the mailbox's account in by OAuth, here or for another machine. No rule stands here."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from mailbot.cli.output import tell, write_whole
from mailbot.config import load_settings
from mailbot.errors import InputError, UsageError
from mailbot.oauth.credentials import access_of
from mailbot.oauth.grant import Grant, as_text, from_text
from mailbot.oauth.provider import client_of
from mailbot.settings import Settings
from mailbot.urls import mailbox_url


def login(arguments: argparse.Namespace) -> int:
    """Log in, and keep what came of it; or write it for another machine; or take what another machine wrote."""
    folder: Path = arguments.config
    settings = load_settings(folder)
    access = access_of(folder, settings)
    if arguments.import_:
        access.adopt(from_text(_text(arguments.import_), arguments.import_))
        tell(f"{arguments.import_}: taken; delete it everywhere else, it may not be used twice")
    else:
        grant = _grant(folder, settings, arguments.browser)
        if arguments.export:
            return _export(grant, arguments.export, folder)
        access.keep(grant)
    print(f"logged in at {settings.oauth.provider}; next: mailbot --config {folder} check")
    return 0


def _grant(folder: Path, settings: Settings, browser: bool) -> Grant:
    from mailbot.oauth import flows

    client = client_of(folder, settings.oauth)
    if browser and not client.provider.authorize_url:
        raise UsageError("[oauth] names no page for a browser (authorize_url): leave --browser out")
    if browser or not client.provider.device_url:
        return flows.by_browser(client, mailbox_url(settings.mailbox.url).user, _say)
    return flows.by_device(client, _say)


def _say(text: str) -> None:
    tell("".join(c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in text))


def _export(grant: Grant, name: str, folder: Path) -> int:
    if name == "-":
        sys.stdout.write(as_text(grant))
        return 0
    write_whole(Path(name), [as_text(grant).encode()], folder)
    tell(f"{name}: written, for you alone to read; there: mailbot login --import FILE, then delete it")
    return 0


def _text(name: str) -> str:
    try:
        return sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        raise InputError(f"{name}: can't be read") from exc
