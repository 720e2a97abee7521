"""How a command and its arguments are declared; a wrong use ends with exit code 64."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from datetime import date
from typing import Any, NoReturn

from mailbot.errors import UsageError


class Parser(argparse.ArgumentParser):
    """argparse, but wrong usage is an error of ours (exit 64, not 2)."""

    def error(self, message: str) -> NoReturn:
        """Raise UsageError with the command's usage line."""
        raise UsageError(f"{message}\n{self.format_usage().strip()}")


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


def add(commands: Any, name: str, run: str, text: str, *, json: bool = False) -> Parser:
    """Declare a command that runs `module.function` of mailbot.cli; return its parser."""
    sub: Parser = commands.add_parser(name, help=text, description=text, allow_abbrev=False)
    sub.set_defaults(run=_command(run))
    if json:
        sub.add_argument("--json", action="store_true", help="one JSON object a line on stdout, nothing else")
    return sub
