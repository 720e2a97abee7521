"""Commands that do the work: poll, run, explain."""

from __future__ import annotations

import argparse
import json
import logging
from collections.abc import Callable
from pathlib import Path

from mailbot.cli.output import clean, print_json, tell
from mailbot.config import SETTINGS_FILE, load_policy, load_settings
from mailbot.errors import ConfigError, InputError, MailbotError


def poll(arguments: argparse.Namespace) -> int:
    """Make one pass and print its counts."""
    from dataclasses import replace

    from mailbot import logs
    from mailbot.app import opened
    from mailbot.guard import Guard

    form = load_settings(arguments.config).log.format
    with logs.shown(form, logging.INFO if form == "json" else logging.WARNING):
        try:
            with Guard() as guard, opened(arguments.config) as app:
                app.line = replace(app.line, stop=guard.moved)
                counts, failure = app.poll()
        except MailbotError as exc:
            if form == "json" and not isinstance(exc, ConfigError):
                logs.failed(exc)
                return exc.exit_code
            raise
        logs.passed(counts)
        if failure is not None and form == "json":
            logs.failed(failure)
    if arguments.json:
        print_json(counts)
    else:
        shown = ", ".join(f"{name} {count}" for name, count in counts.items() if count)
        if shown or failure is None:  # a mailbox that could not be read may well hold something new
            print(shown or "nothing new")
    if failure is not None and form == "text":
        raise failure
    return failure.exit_code if failure is not None else 0


def run(arguments: argparse.Namespace) -> int:
    """Make passes until SIGTERM: of one mailbox, or of those whose turns we get of all in that folder."""
    from functools import partial

    from mailbot import logs
    from mailbot.daemon import Service
    from mailbot.serve import serve

    if arguments.all:
        from mailbot.fleet import Fleet
        from mailbot.members import members

        first = min(member.folder for member in members(arguments.config).values())
        with logs.shown(load_settings(first).log.format):
            return serve(partial(Fleet, arguments.config))
    with logs.shown(load_settings(arguments.config).log.format):
        return serve(partial(Service, arguments.config))


def explain(arguments: argparse.Namespace) -> int:
    """Explain mails; exit 66 where a path is not there."""
    from contextlib import nullcontext
    from dataclasses import replace

    from mailbot.app import opened, read_rules, utc_now
    from mailbot.operating import explain as explaining
    from mailbot.reading.trust import compile_trust
    from mailbot.settings import TrustSettings

    own = (arguments.config / SETTINGS_FILE).is_file() and not arguments.person
    with opened(arguments.config) if own else nullcontext() as app:
        known = None if app else arguments.person != "unknown"
        with_policy = (arguments.config / SETTINGS_FILE).is_file()
        rules = app.line.rules if app else read_rules(load_policy(arguments.config if with_policy else None))
        if arguments.trust:
            rules = replace(rules, trust=compile_trust(TrustSettings(authserv=arguments.trust)))
        if arguments.dns:
            rules = replace(rules, resolve=_resolver(arguments.dns))
        language = app.settings.operator.language if app else "en"
        code, line = 0, app.line if app else None
        for path in arguments.file:
            try:
                for file in explaining.files([path]):
                    result = explaining.explain(explaining.load(file), rules, utc_now(), known=known, line=line)
                    _print({"file": str(file), **result}, arguments, language)
            except InputError as exc:
                tell(f"mailbot: {exc}")
                code = exc.exit_code
    return code


def _print(result: dict[str, object], arguments: argparse.Namespace, language: str) -> None:
    from mailbot.operating.explain import in_words

    own, signature = result.pop("own_text"), result.pop("signature")
    if arguments.text:
        result |= {"own_text": own, "signature": signature}
    if arguments.json:
        print_json(result)
        return
    print("\n".join(clean(row) for row in in_words(result, language).split("\n")))
    if arguments.text:
        print("\n".join(f"  | {clean(row)}" for row in str(own).split("\n")))


def _resolver(path: Path) -> Callable[[str], list[str]]:
    """Return a resolver over a JSON file: name → TXT records."""
    try:
        records = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as exc:
        raise InputError(f"{path}: can't be read as JSON") from exc
    if not isinstance(records, dict):
        raise InputError(f"{path}: expected an object, name → TXT records")
    folded = {
        str(name).rstrip(".").lower(): [str(r) for r in rs] if isinstance(rs, list) else [str(rs)]
        for name, rs in records.items()
    }
    return lambda name: folded.get(name.rstrip(".").lower(), [])
