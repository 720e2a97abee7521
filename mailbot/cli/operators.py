"""The commands over accounts of the console: operator add, list, remove. No rule stands here."""

from __future__ import annotations

import argparse
import getpass
import sys
from pathlib import Path
from types import ModuleType

from mailbot.app import opened
from mailbot.cli.output import print_json
from mailbot.errors import ConfigError, InputError, UsageError


def _accounts() -> ModuleType:
    """Return the module with its libraries. Raises ConfigError where the extra is missing."""
    try:
        from mailbot.operating import accounts
    except ImportError as exc:
        raise ConfigError("accounts need the extra: pip install 'mailbot[web]'") from exc
    return accounts


def add(arguments: argparse.Namespace) -> int:
    """Add an account; its password is asked on a terminal, or read from a file."""
    accounts = _accounts()
    password = _password(arguments.password_file)
    with opened(arguments.config) as app:
        address = accounts.add(app.line, arguments.name, password, role=arguments.role, totp=arguments.totp)
    print(f"{arguments.name}: added as {arguments.role}")
    if address:
        print(f"for the app that makes the codes, shown once: {address}")
    return 0


def _password(file: Path | None) -> str:
    if file is not None:
        try:
            return file.read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as exc:
            raise InputError(f"{file}: can't be read") from exc
    if not sys.stdin.isatty():
        raise UsageError("the password is asked on a terminal: elsewhere name a file with --password-file")
    password = getpass.getpass("password (12 letters or more): ")
    if getpass.getpass("once more: ") != password:
        raise InputError("the two are not the same")
    return password


def list_(arguments: argparse.Namespace) -> int:
    """List the accounts."""
    accounts = _accounts()
    with opened(arguments.config) as app:
        zone = app.line.rules.deadlines.zone
        found = accounts.listed(app.line.store)
    for each in found:
        if arguments.json:
            print_json(each)
            continue
        locked = (
            f", locked until {each['locked_until'].astimezone(zone):%d.%m.%Y %H:%M}" if each["locked_until"] else ""
        )
        print(f"{each['name']:20} {each['role']}{', with a code' if each['totp'] else ''}{locked}")
    if not found and not arguments.json:
        print("no account yet: `mailbot operator add NAME`")
    return 0


def remove(arguments: argparse.Namespace) -> int:
    """Take an account away."""
    accounts = _accounts()
    with opened(arguments.config) as app:
        accounts.remove(app.line.store, arguments.name)
    print(f"{arguments.name}: removed; whoever was logged in under it is out")
    return 0
