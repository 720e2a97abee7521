"""The README is true in what can be counted: every command, option, setting, reason and exit code stands there."""

from __future__ import annotations

import argparse
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailbot import errors
from mailbot.cli.arguments import parser
from mailbot.policy import Policy
from mailbot.section import Section
from mailbot.settings import Settings

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
REASONS = tomllib.loads((ROOT / "mailbot" / "deciding" / "reasons.toml").read_text(encoding="utf-8"))


def commands(top: argparse.ArgumentParser, path: str = "") -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Yield every command and verb, as typed, with its parser."""
    for action in top._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, sub in action.choices.items():
                yield f"{path}{name}", sub
                yield from commands(sub, f"{path}{name} ")


def verbs(sub: argparse.ArgumentParser) -> Iterator[str]:
    """Yield the words that a command takes as its verb without a parser of their own (`db upgrade`)."""
    for action in sub._actions:
        if action.dest == "verb" and action.choices:
            yield from action.choices


def keys(model: type[Section], path: str = "") -> Iterator[str]:
    """Yield every setting as `section.key`."""
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, Section):
            yield from keys(kind, f"{path}{name}.")
        else:
            yield f"{path}{name}"


COMMANDS = dict(commands(parser()))
OPTIONS = {name for sub in [parser(), *COMMANDS.values()] for action in sub._actions for name in action.option_strings}
LANGUAGE = re.compile(r"(tags|aliases)\.(kk|ru|en)\.(\w+)")


def test_it_is_short() -> None:
    assert len(README.splitlines()) <= 325


@pytest.mark.parametrize("command", COMMANDS)
def test_it_names_the_command(command: str) -> None:
    assert re.search(rf"`(mailbot )?{command}\b", README)
    for verb in verbs(COMMANDS[command]):
        assert f"`{command} {verb}" in README


@pytest.mark.parametrize("option", sorted(name for name in OPTIONS if name.startswith("--")))
def test_it_names_the_option(option: str) -> None:
    assert re.search(rf"`[^`\n]*{option}(?![\w-])[^`\n]*`", README)


@pytest.mark.parametrize("key", [*keys(Settings), *keys(Policy)])
def test_it_names_the_setting(key: str) -> None:
    nested = LANGUAGE.fullmatch(key)
    if nested is None:
        assert f"`{key}`" in README
        return
    row = next(line for line in README.splitlines() if line.startswith(f"| `{nested[1]}.kk`"))
    assert f"`{nested[1]}.{nested[2]}`" in row
    assert f"`{nested[3]}`" in row or "the same three keys" in row


@pytest.mark.parametrize("reason", REASONS)
def test_it_names_the_reason_beside_its_row(reason: str) -> None:
    row = REASONS[reason]["row"]
    lines = [line for line in README.splitlines() if re.search(rf"[|·] {reason}( ·| \|)", line)]
    assert lines
    first = lines[0].split("|")[1].strip()
    assert row in ("operator", "refused") if first == "you" else row in spread(first)


def spread(rows: str) -> set[str]:
    """Return the rows that a cell such as `7, 7a` or `12–14` stands for."""
    ends = re.fullmatch(r"(\d+)–(\d+)", rows)
    return {str(n) for n in range(int(ends[1]), int(ends[2]) + 1)} if ends else set(rows.split(", "))


def test_it_names_every_exit_code() -> None:
    kinds = [each for each in vars(errors).values() if isinstance(each, type)]
    codes = {each.exit_code for each in kinds if issubclass(each, errors.MailbotError)} | {0}
    for code in codes:
        assert re.search(rf"\| {code} \| \w", README), code


def test_its_commands_are_commands() -> None:
    """What the README shows as `mailbot …` can be typed."""
    words = {name.split()[0] for name in COMMANDS}
    for code in re.findall(r"`([^`\n]+)`", README):
        typed = re.match(r"mailbot (?:--config \S+ )?([a-z]+)\b", code)
        assert typed is None or typed[1] in words, code


def test_the_annotated_example_has_every_setting_and_its_default() -> None:
    text = (ROOT / "config" / "mailbot.toml").read_text(encoding="utf-8")
    off = re.sub(r"(?m)^# (?=\w+ = )", "", text)
    example, defaults = Settings.model_validate(tomllib.loads(off)), Settings.model_validate(tomllib.loads(text))
    assert example == defaults
    for key in keys(Settings):
        section, name = key.split(".")
        part = text.split(f"[{section}]")[1].split("\n[")[0]
        assert re.search(rf"(?m)^(# )?{name} = ", part), key
        description = type(getattr(defaults, section)).model_fields[name].description
        assert f"# {description}\n" in part, key
