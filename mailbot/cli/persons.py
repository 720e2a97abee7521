"""The commands over people on file: import, add, export, show, block, unblock, destroy."""

from __future__ import annotations

import argparse
import sys
from typing import Any
from zoneinfo import ZoneInfo

from mailbot.app import opened
from mailbot.cli.output import clean, confirmed, print_json, progress, tell, write_whole
from mailbot.cli.parser import day
from mailbot.errors import ConflictError, UsageError
from mailbot.operating import adopt as adopting
from mailbot.operating import archive, destruction, imports, obligations, places, roll
from mailbot.operating.cells import wrong_cell
from mailbot.operating.tablefile import read_text
from mailbot.pipeline import Line

FOLDERS = {
    "inbox": "the folder that is read", "done": "mailbot/Done", "sent": "sent mail", "drafts": "drafts", "junk": "junk",
}  # fmt: skip


def import_(arguments: argparse.Namespace) -> int:
    """Import a CSV; exit 1 where a row is wrong and nothing was imported."""
    if arguments.template:
        sys.stdout.write(imports.template())
        return 0
    if arguments.file is None:
        raise UsageError("name the CSV, or ask for one with --template")
    with opened(arguments.config) as app:
        text, encoding = read_text(arguments.file)
        if encoding != "utf-8":
            tell(f"{arguments.file}: read as {encoding}")
        if archive.is_archive(text):
            return _restore(app.line, text, arguments)
        rows, errors = imports.read_csv(text, app.line.rules.deadlines.zone, encoding)
        for sentence in errors:
            tell(f"{arguments.file}: {sentence}")
        if errors and not arguments.skip_errors:
            tell("nothing was imported")
            return 1
        report = roll.import_rows(
            app.line, rows, overwrite=arguments.overwrite, dry_run=arguments.dry_run, progress=progress(len(rows))
        )
    _report(report, arguments, len(errors))
    return 0


def _restore(line: Line, text: str, arguments: argparse.Namespace) -> int:
    """Read an archive back; exit 1 where a line is wrong and nothing was brought in."""
    if arguments.overwrite or arguments.skip_errors:
        raise UsageError("an archive is read whole, and changes nobody who is on file")
    done = archive.restore(line, text, dry_run=arguments.dry_run, progress=progress(text.count("\n")))
    for sentence in done.errors:
        tell(f"{arguments.file}: {sentence}")
    counts = {
        "people": done.people, "added": done.added, "there": done.there, "stopped": done.stopped,
        "suppressions": done.suppressions, "errors": len(done.errors), "dry_run": arguments.dry_run,
    }  # fmt: skip
    if arguments.json:
        print_json(counts)
    elif done.errors:
        tell("nothing was imported")
    else:
        would = "would be added" if arguments.dry_run else "added"
        print(f"{would} {done.added} of {done.people}, on file already {done.there}, who left {done.stopped}")
    return int(bool(done.errors))


def _report(report: imports.Report, arguments: argparse.Namespace, errors: int) -> None:
    for sentence in (*report.kept, *report.alike):
        tell(sentence)
    counts = {
        "rows": report.rows, "added": report.added, "completed": report.completed, "unchanged": report.unchanged,
        "stopped": report.stopped, "without_news": report.without_news, "shared": report.shared,
        "unproven": report.unproven, "kept": len(report.kept), "errors": errors, "dry_run": arguments.dry_run,
    }  # fmt: skip
    if arguments.json:
        print_json(counts)
        return
    print(f"{'would be added' if arguments.dry_run else 'added'} {report.added} of {report.rows}", end="")
    for name in ("completed", "unchanged", "stopped", "without_news", "shared", "unproven", "kept", "errors"):
        if counts[name]:
            print(f", {name.replace('_', ' ')} {counts[name]}", end="")
    print()


def add(arguments: argparse.Namespace) -> int:
    """Add one person; on a terminal what is missing is asked."""
    names = ("surname", "given_name", "patronymic", "email", "phone", "birth_date", "birth_place", "consent_at")
    more = ("news_consent_at", "obligation_until")
    cells = {name: getattr(arguments, name) for name in names}
    cells |= {name: getattr(arguments, name) for name in more}
    cells |= {"news": "yes" if arguments.news else "", "consent_source": arguments.consent_source}
    with opened(arguments.config) as app:
        if sys.stdin.isatty() and not (arguments.from_ or cells["email"] or cells["phone"]):
            cells = _asked(cells, app.line.rules.deadlines.zone)
        if arguments.from_:
            again = adopting.left(app.line, arguments.from_)
            if again and not confirmed(
                "This address withdrew its consent before; the mail is a new one?", arguments.yes
            ):
                print("nothing was done")
                return 1
            report = adopting.adopt(app.line, arguments.from_, cells)
        else:
            report = roll.add(app.line, {**cells, "consent_source": cells["consent_source"] or "operator"})
    if report.stopped:
        raise ConflictError(
            "this address withdrew its consent: add --consent-at (later than that) and --consent-source"
        )
    print("added" if report.added else "completed" if report.completed else "on file already")
    return 0


HINTS = {
    "email": "e-mail address", "phone": "phone (+7…)", "birth_date": "date of birth (1990-05-05)",
    "news": "consented to news? (yes/no)", "consent_at": "when consent was given (2026-01-31 or 2026-01-31 14:30)",
    "consent_source": "how (site form, paper form …)",
}  # fmt: skip
SELDOM = ("news_consent_at", "obligation_until")


def _asked(cells: dict[str, str], zone: ZoneInfo) -> dict[str, str]:
    """Ask for what the flags do not give; what can't be read is asked again, as is a person whom nobody can reach."""
    asked = dict(cells)
    for name in (each for each in cells if not cells[each] and each not in SELDOM):
        asked[name] = _answer(name, zone)
        while name == "phone" and not (asked["email"] or asked["phone"]):
            tell("give an e-mail address or a phone: there is no other way to reach the person")
            asked["email"] = _answer("email", zone)
            asked["phone"] = asked["phone"] or ("" if asked["email"] else _answer("phone", zone))
    return asked


def _answer(name: str, zone: ZoneInfo) -> str:
    while True:
        cell = input(f"{HINTS.get(name, name.replace('_', ' '))}: ")
        wrong = wrong_cell(name, cell, zone)
        if not wrong:
            return cell
        tell(f"this {wrong}")


def export(arguments: argparse.Namespace) -> int:
    """Write everybody who may be used to a CSV, or everything to JSON lines; readable by its owner alone."""
    if arguments.everything and arguments.unsubscribe:
        raise UsageError("--unsubscribe is for a list to mail to, --everything for leaving")
    with opened(arguments.config) as app:
        mailbox = app.settings.mailbox.addresses[0] if arguments.unsubscribe else ""
        store = app.line.store
        text, count, blocked = archive.write(store) if arguments.everything else roll.export(store, mailbox)
    write_whole(arguments.file, [text.encode()], arguments.config)
    left_out = f"; {blocked} blocked left out" if blocked else ""
    print(f"{count} people written{left_out}")
    return 0


def show(arguments: argparse.Namespace) -> int:
    """Show what is held about an address."""
    with opened(arguments.config) as app:
        for person in roll.show(app.line.store, arguments.address):
            if arguments.json:
                print_json(person)
            else:
                zone = app.line.rules.deadlines.zone
                for name, value in person.items():
                    if name != "consents":
                        print(f"{name:12} {clean(_words(value, zone))}")
                for consent in person.get("consents", []):
                    print(f"{'consent':12} {clean(_consent(consent, zone))}")
                print(f"{'places':12} {clean(roll.known_as(app.line.store, person['id'] or '') or '-')}\n")
    return 0


def _words(value: Any, zone: ZoneInfo) -> str:
    """Return what is held under one name, as people write it."""
    if isinstance(value, dict):
        until = value["until"]
        return str(value["why"]) + (f", until {until.astimezone(zone):%d.%m.%Y %H:%M}" if until else "")
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(value) or "-" if isinstance(value, list) else "-" if value in (None, "") else str(value)


def _consent(consent: dict[str, Any], zone: ZoneInfo) -> str:
    """Return one line of the consent ledger in words."""
    given = f"given {consent['given_at'].astimezone(zone):%d.%m.%Y %H:%M}" if consent["given_at"] else "not proven"
    source = f" ({consent['source']})" if consent["source"] not in ("", consent["by"]) else ""
    by = f" by {consent['by']}" if consent["by"] else ""
    text = f", text {consent['policy_sha256'][:12]}…" if consent["policy_sha256"] else ""
    line = f"{consent['purpose']}: {given}{by}{source}, policy {consent['policy_version'] or '-'}{text}"
    line += f", proof {consent['proof'][:12]}…" if consent["proof"] else ""
    if consent["withdrawn_at"]:
        line += f"; withdrawn {consent['withdrawn_at'].astimezone(zone):%d.%m.%Y %H:%M}"
        line += f" by {consent['withdrawn_by']}, request {consent['request']}" if consent["request"] else ""
    return line


def place(arguments: argparse.Namespace) -> int:
    """Note under which id another place knows a person."""
    with opened(arguments.config) as app:
        places.note_id(app.line, arguments.address, arguments.place, arguments.value)
    print(f"{arguments.place}: {'noted' if arguments.value else 'forgotten'}")
    return 0


def obligation_add(arguments: argparse.Namespace) -> int:
    """Open an obligation."""
    until = day(arguments.until, "--until") if arguments.until else None
    with opened(arguments.config) as app:
        changed = obligations.add(app.line, arguments.address, until)
    print("noted" if changed else "was noted already")
    return 0


def obligation_close(arguments: argparse.Namespace) -> int:
    """Close what is open; a withdrawal that waited for it goes on."""
    with opened(arguments.config) as app:
        count, number = obligations.close(app.line, arguments.address)
    print(f"closed {count}" + (f"; request {number} goes on: the person is told when the data end" if number else ""))
    return 0


def block(arguments: argparse.Namespace) -> int:
    """Block everybody at an address."""
    with opened(arguments.config) as app:
        print(f"blocked {roll.block(app.line.store, arguments.address)}")
    return 0


def unblock(arguments: argparse.Namespace) -> int:
    """End a dispute's block."""
    with opened(arguments.config) as app:
        print(f"unblocked {roll.unblock(app.line.store, arguments.address)}")
    return 0


def destroy(arguments: argparse.Namespace) -> int:
    """Erase everybody at an address, for ever."""
    with opened(arguments.config) as app:
        found = roll.show(app.line.store, arguments.address)
        if found[0]["id"] is None:
            raise ConflictError("nobody is on file under that address any more")
        erase = app.settings.mailbox.erase
        mails = destruction.mails_of(app.line, app.mailbox, arguments.address, erase)
        going = len(mails.going) if mails.removable else 0
        what = f"{len(found)} on file under this address" + (f" and {going} of their mails" if going else "")
        if not confirmed(f"{what} will be erased for ever.", arguments.yes):
            print("nothing was done")
            return 1
        count = destruction.destroy_now(app.line, app.mailbox, arguments.address, erase)
        if count < 0:
            raise ConflictError("blocked by a dispute: nothing is destroyed until `people unblock`")
    print(f"destroyed {count}; no mail was sent")
    for folder, left in mails.left.items():
        tell(f"mails in {FOLDERS[folder]} that name this address: {left}; delete them by hand")
    return 0
