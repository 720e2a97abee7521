"""Commands that set an installation up and look it over: demo, init, check, live, pause, resume, db."""

from __future__ import annotations

import argparse
import getpass
import os
import sys
from pathlib import Path

from mailbot.app import App, open_store, opened, utc_now
from mailbot.cli.collecting import print_proposals
from mailbot.cli.output import clean, print_json, tell
from mailbot.config import load_settings
from mailbot.doors import open_mailbox
from mailbot.errors import MailbotError, UsageError
from mailbot.operating import canary, formmap, setup
from mailbot.operating import check as checking
from mailbot.operating.finding import Parts
from mailbot.ports import Cursor, Mailbox
from mailbot.sources import PLACE_PRESETS
from mailbot.store import mode
from mailbot.store.migrate import upgrade
from mailbot.urls import courier_url, mailbox_url

WAIT_SECONDS = 120.0  # for a canary
MARKS = {"ok": "ok   ", "note": "note ", "wrong": "WRONG"}


def demo(arguments: argparse.Namespace) -> int:
    """Run the demo."""
    from mailbot.demo import run

    run(arguments.dir)
    return 0


def init(arguments: argparse.Namespace) -> int:
    """Write an installation; what is missing is asked on a terminal."""
    plan = _plan(arguments)
    mailbox_url(plan.mailbox, "--mailbox")
    courier_url(plan.courier, "--courier")
    folder: Path = arguments.dir
    setup.write(folder, plan)
    try:
        readable = _begin(folder, arguments.live)
    except MailbotError:
        setup.take_back(folder)  # so that init can be tried again
        raise
    _after_init(folder, readable, arguments.live)
    return 0


def _begin(folder: Path, live: bool) -> bool:
    """Make the store and draw the line in the mailbox; return whether the mailbox could be read."""
    settings = load_settings(folder)
    store = open_store(folder, settings)
    mailbox = open_mailbox(folder, settings, store)
    try:
        upgrade(store.engine)
        store.set_note("installed_at", utc_now().isoformat())
        store.set_note("mode", "live" if live else "shadow")
        cursor = _line(mailbox)
        store.start(mailbox.folder, cursor)
    finally:
        mailbox.close()
        store.engine.dispose()
    return cursor.uidvalidity is not None


def _line(mailbox: Mailbox) -> Cursor:
    """Return the cut-off: the mailbox's UIDNEXT where it can be read, else the time."""
    try:
        state = mailbox.state()
    except MailbotError as exc:
        tell(f"the mailbox can't be read yet: {exc}")
        return Cursor(uidvalidity=None, last_uid=0, since=utc_now())
    return Cursor(uidvalidity=state.uidvalidity, last_uid=state.uidnext - 1, since=utc_now())


def _after_init(folder: Path, readable: bool, live: bool) -> None:
    print(f"{folder}: written. Only mail that comes from now on is acted on.")
    if readable:
        with opened(folder) as app:
            count = checking.older_requests(app.mailbox, app.line)
            proposals = [] if app.line.rules.policy.forms else formmap.propose(app.mailbox)
        if count:
            print(f"{count} older mails look like requests: `mailbot --config {folder} requests backlog --since DATE`")
        if proposals:
            print_proposals(folder, proposals)
    print(
        "live: it answers and changes from the first pass on."
        if live
        else "shadow: it shows what it would do and does nothing."
    )
    if load_settings(folder).operator.mail:
        print(
            "a first mail goes to your own address once it is live: answer it with yes, then the day's list comes there"
        )
    step = "login" if load_settings(folder).oauth.provider else "check"
    print(f"next: mailbot --config {folder} {step}")


def _plan(arguments: argparse.Namespace) -> setup.Plan:
    asked = sys.stdin.isatty()
    preset = _preset(asked and not arguments.mailbox)
    mailbox: str = arguments.mailbox or preset.get("mailbox", "")
    courier: str = arguments.courier or preset.get("courier", "")
    addresses: list[str] = arguments.address or ([_ask("address of the mailbox")] if asked else [])
    for name, value in (("--mailbox", mailbox), ("--courier", courier), ("--address", addresses)):
        if not value:
            raise UsageError(f"init needs {name}")
    operator = {
        "operator": "who answers for the data",
        "contact": "how people reach a human",
        "operator_mail": "your own e-mail address",
    }
    given = {name: getattr(arguments, name) for name in operator}
    if asked:
        given = {name: _ask(operator[name]) if value is None else value for name, value in given.items()}
    oauth = _oauth(arguments, preset.get("oauth", ""), asked)
    return setup.Plan(
        mailbox=mailbox, courier=courier, addresses=tuple(addresses), operator=given["operator"] or "",
        do_folders=arguments.do_folders,
        contact=given["contact"] or "", operator_mail=given["operator_mail"] or "", language=arguments.language,
        authserv=tuple(arguments.authserv or preset.get("authserv", ())), store=arguments.store,
        places=_places(arguments.place, asked),
        oauth=oauth, passwords=_client_secret(asked) if oauth else _passwords(mailbox, asked),
    )  # fmt: skip


def _places(given: list[str] | None, asked: bool) -> tuple[dict[str, str], ...]:
    """Return where else the same people stand, and what the law keeps there."""
    names = given or []
    if asked and not names:
        known = ", ".join(PLACE_PRESETS)
        names = _ask(f"where else do you keep the same people? ({known}; empty: nowhere)").replace(",", " ").split()
    for name in names:
        if name not in PLACE_PRESETS:
            raise UsageError(f"there is no place {name}: use {', '.join(PLACE_PRESETS)}")
    places = [{"name": name, "preset": name} for name in dict.fromkeys(names)]
    for place in places:
        if place["name"] == "accounting" and asked:
            law = _ask("which law makes you keep the accounting, and what (empty: none)")
            place |= {"kept_by_law": law, "kept_for": _ask("for how long")} if law else {}
    return tuple(places)


def _ask(what: str) -> str:
    return input(f"{what}: ").strip()


def _preset(asked: bool) -> dict[str, str]:
    if not asked:
        return {}
    name = _ask(f"where is the mailbox ({', '.join(setup.PRESETS)})").casefold()
    if name not in setup.PRESETS:
        raise UsageError(f"give --mailbox and --courier for a mailbox that is not one of {', '.join(setup.PRESETS)}")
    user = _ask("user name (usually the whole address)")
    return {
        key: value.format(user=user) if isinstance(value, str) else value for key, value in setup.PRESETS[name].items()
    }


def _oauth(arguments: argparse.Namespace, preset: str, asked: bool) -> tuple[tuple[str, str], ...]:
    """Return the settings of [oauth]; none where a password logs in."""
    provider = arguments.oauth or preset
    if not provider:
        return ()
    client_id = arguments.client_id or (_ask(f"id of your own client at {provider}") if asked else "")
    if not client_id:
        raise UsageError("init --oauth needs --client-id: the id of your own client at the provider")
    tenant = arguments.tenant or ""
    if provider == "microsoft" and asked and not tenant:
        tenant = _ask("id or domain of your organisation there (empty: any)")
    return (("provider", provider), ("client_id", client_id), *((("tenant", tenant),) if tenant else ()))


def _client_secret(asked: bool) -> tuple[tuple[str, str], ...]:
    """Ask for the secret of the client, which Google gives to each and Microsoft to some."""
    if not asked or os.environ.get("MAILBOT_OAUTH__CLIENT_SECRET"):
        return ()
    given = getpass.getpass("secret of the client (not shown; empty: it has none): ")
    return (("oauth_client_secret", given),) if given else ()


def _passwords(mailbox: str, asked: bool) -> tuple[tuple[str, str], ...]:
    """Ask for the app password where the mailbox needs one and the environment gives none."""
    url = mailbox_url(mailbox, "--mailbox")
    if not asked or url.scheme == "maildir" or url.password or os.environ.get("MAILBOT_MAILBOX__PASSWORD"):
        return ()
    return (("mailbox_password", getpass.getpass("app password of the mailbox (not shown): ")),)


def check(arguments: argparse.Namespace) -> int:
    """Print the findings, or how far a canary came; exit 1 where something is wrong."""
    if arguments.wait is not None and not arguments.canary:
        raise UsageError("--wait goes with --canary")
    if arguments.wait is not None and not 0 <= arguments.wait <= 86_400:
        raise UsageError("--wait: seconds, at most a day")
    wrong = False
    with opened(arguments.config) as app:
        parts = Parts(
            settings=app.settings,
            line=app.line,
            mailbox=app.mailbox,
            courier=app.courier,
            templates=app.writer.templates,
            folder=app.folder,
            hook_secret=app.hook_secret,
        )
        wait = WAIT_SECONDS if arguments.wait is None else arguments.wait
        flight = canary.fly(parts, lambda: app.poll()[1], wait) if arguments.canary else checking.check(parts)
        for finding in flight:
            wrong |= finding.level == "wrong"
            if arguments.json:
                print_json(checking.as_json(finding))
            else:
                print(f"{MARKS[finding.level]} {finding.what:11} {clean(finding.says)}", flush=True)
    return int(wrong)


def live(arguments: argparse.Namespace) -> int:
    """Leave shadow mode."""
    with opened(arguments.config) as app:
        if not app.line.store.shadow:
            print("live already")
            return 0
        count = mode.leave_shadow(app.line.store)
    print(f"live: the next pass decides {count} mails anew that waited in shadow")
    return 0


def pause(arguments: argparse.Namespace) -> int:
    """Pull the kill switch."""
    return _switch(arguments.config, "yes", "paused: nothing is sent, nothing destroyed; `mailbot resume` goes on")


def resume(arguments: argparse.Namespace) -> int:
    """Go on after a pause."""
    return _switch(arguments.config, "", "resumed")


def _switch(folder: Path, value: str, says: str) -> int:
    with opened(folder) as app:
        _note(app, value)
    print(says)
    return 0


def _note(app: App, value: str) -> None:
    app.line.store.set_note("paused", value)
    with app.line.store.unit() as unit:
        unit.event("paused" if value else "resumed", who="operator")


def db(arguments: argparse.Namespace) -> int:
    """Bring the store's tables to this version."""
    settings = load_settings(arguments.config)
    store = open_store(arguments.config, settings)
    try:
        upgrade(store.engine)
    finally:
        store.engine.dispose()
    print("the store's tables are up to date")
    return 0
