"""The commands over templates: list, check, preview. They need no store and no mailbox, and no installation either."""

from __future__ import annotations

import argparse
from pathlib import Path

from mailbot.answering.catalogue import catalogue, named, preview, rows
from mailbot.answering.reply import Templates
from mailbot.cli.output import clean
from mailbot.config import SETTINGS_FILE, load_settings
from mailbot.errors import UsageError


def list_(arguments: argparse.Namespace) -> int:
    """Print each template: its rows, when it is sent, and where each language's file in use lies."""
    templates, language = _opened(arguments.config)
    for name, entry in catalogue().items():
        print(f"{name:18} {', '.join(entry.rows) or '-':36} {entry.says[language]}")
        for tongue, path in templates.own(name).items():
            print(f"{'':18} {tongue}: {clean(path)}")
    print(f"the others: {templates.packaged}")
    return 0


def check(arguments: argparse.Namespace) -> int:
    """Print what is wrong with the templates; exit 1 where something is."""
    templates, _ = _opened(arguments.config)
    problems = templates.check()
    for problem in problems:
        print(clean(problem))
    return int(bool(problems))


def show(arguments: argparse.Namespace) -> int:
    """Print templates filled with sample values. Raises UsageError where there is no such template or row."""
    templates, language = _opened(arguments.config)
    found = named(arguments.row)
    if not found:
        known = f"templates: {', '.join(catalogue())}; rows that mail something: {', '.join(rows())}"
        raise UsageError(f"there is no template and no row {clean(arguments.row)!r}. There are {known}")
    for number, name in enumerate(found):
        mail = preview(templates, name, arguments.lang or language)
        if arguments.html and mail.html:
            print(mail.html, end="")
        else:
            print(f"{'-' * 72 + chr(10) if number else ''}{name}\nSubject: {mail.subject}\n\n{mail.body}", end="")
    return 0


def _opened(folder: Path) -> tuple[Templates, str]:
    """Return the templates that an installation uses and its operator's language; without one, the packaged ones."""
    if not (folder / SETTINGS_FILE).is_file():
        return Templates([]), "en"
    settings = load_settings(folder)
    return Templates([folder / settings.templates.folder]), settings.operator.language
