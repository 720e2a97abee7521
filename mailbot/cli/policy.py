"""The command over the published policy: `policy check`. It needs no store, no mailbox, and no installation either."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from mailbot.cli.output import clean, print_json
from mailbot.cli.setup import MARKS
from mailbot.config import SETTINGS_FILE, load_policy, load_settings
from mailbot.deciding.findings import Finding, sentences
from mailbot.deciding.lint import Setup, lint
from mailbot.operating.policyfile import digest, read
from mailbot.reading.lookalikes import code_point
from mailbot.reading.tags import compile_words


def check(arguments: argparse.Namespace) -> int:
    """Print what the policy promises and what is wrong with it; exit 1 where something is."""
    setup, language = _setup(arguments.config)
    found = lint(read(arguments.file), setup)
    for one in found:
        says, do = sentences(one, arguments.lang or language)
        if arguments.json:
            print_json(_object(arguments.file, one, (says, do)))
        else:
            _print(one, says, do)
    wrong = sum(one.level == "wrong" for one in found)
    if not arguments.json:
        print(f'its hash for policy.toml: text_sha256 = "{digest(arguments.file)}"')
        print(f"{wrong} to change" if wrong else "nothing to change")
    return int(wrong > 0)


def _setup(folder: Path) -> tuple[Setup, str]:
    """Return what an installation is set up for and its operator's language; without one, the packaged marks."""
    if not (folder / SETTINGS_FILE).is_file():
        policy = load_policy(None)
        return Setup(policy=policy, lexicon=compile_words(policy)), "en"
    settings, policy = load_settings(folder), load_policy(folder)
    own = tuple(settings.mailbox.addresses)
    return Setup(policy=policy, lexicon=compile_words(policy), own=own), settings.operator.language


def _print(one: Finding, says: str, do: str) -> None:
    where = f"{one.clause or '-'}, line {one.line}" if one.line else "the whole"
    if one.page > 1:
        where = f"{one.clause or '-'}, page {one.page}, line {one.line}"
    article = f", {one.article}" if one.article else ""
    print(f"{MARKS[one.level]} {where}: {clean(says)} [{one.code}{article}]")
    if one.level == "wrong" and one.around:
        print(f"      > {clean(one.around)}")
    if do:
        print(f"      {clean(do)}")


def _object(file: Path, one: Finding, said: tuple[str, str]) -> dict[str, Any]:
    """Return one finding as `policy check --json` prints it."""
    values = one.values
    return {
        "file": str(file), "level": one.level, "code": one.code, "says": clean(said[0]), "do": clean(said[1]),
        "clause": one.clause or None, "page": one.page or None, "line": one.line or None, "around": clean(one.around),
        "article": one.article or None, "tag": values.get("tag"), "kind": values.get("kind"),
        "rung": values.get("rung"),
        "language": values.get("language"), "address": values.get("address"), "fields": values.get("fields"),
        "days": values.get("days"), "working": values.get("working"), "about": values.get("about"),
        "count": values.get("count"), "number": values.get("number"),
        "letters": [
            {"letter": letter, "code_point": code_point(letter), "meant": meant or None}
            for letter, meant in values.get("letters", ())
        ],
    }  # fmt: skip
