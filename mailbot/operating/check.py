"""Looks an installation over: one line for each thing, what is wrong with it and what to do. Changes nothing."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from mailbot.errors import MailbotError, MailboxRefused, MailboxUnavailable
from mailbot.operating import (
    check_backups,
    check_doors,
    check_health,
    check_login,
    check_rules,
    check_secrets,
    check_sender,
    check_sources,
    roll,
)
from mailbot.operating.finding import Finding, Level, Parts, Said
from mailbot.pipeline import Line
from mailbot.ports import Mailbox
from mailbot.reading.classify import classify
from mailbot.reading.machine import screen
from mailbot.reading.parse import parse
from mailbot.store import attachments, chain, journal
from mailbot.store.migrate import HEAD, revision

SHADOW_DAYS = 7
SHOWN = 10  # numbers in one line


def check(parts: Parts) -> Iterator[Finding]:
    """Yield the findings, people first; a failure of one check is a finding and stops no other."""
    for what, look in (
        ("people", _people), ("forms", _forms), ("places", _places), ("store", _store), ("journal", _journal),
        ("mode", _mode), ("login", check_login.login), ("mailbox", _mailbox), ("undecided", _undecided),
        ("older mail", _older), ("courier", check_doors.courier), ("sender", check_sender.sender),
        ("host", check_doors.host), ("passes", check_health.passes), ("turn", check_health.turn),
        ("overdue", check_health.overdue), ("disk", check_health.disk), ("templates", _templates),
        ("policy", check_rules.policy), ("clock", check_rules.clock), ("clock", check_health.clock),
        ("law", check_rules.law), ("retention", check_rules.retention), ("trust", check_rules.trust),
        ("proof", check_rules.proof), ("operator", check_rules.operator), ("tokens", check_rules.tokens),
        ("backup", check_backups.backup), ("secrets", check_secrets.secrets),
    ):  # fmt: skip
        yield from _looked(what, look, parts)


def _looked(what: str, look: Callable[[Parts], Said], parts: Parts) -> Iterator[Finding]:
    try:
        for level, says in look(parts):
            yield Finding(what=what, level=level, says=says)
    except MailbotError as exc:
        yield Finding(what=what, level="wrong", says=str(exc))
    except OSError as exc:
        yield Finding(what=what, level="wrong", says=f"{exc.filename} can't be looked at ({exc.strerror})")


def _people(parts: Parts) -> Said:
    counts = roll.counts(parts.line.store)
    if not counts["people"]:
        yield "note", "nobody is on file: bring people in with `mailbot people import FILE.csv` or `people add`"
        return
    latest = counts["latest"].astimezone(parts.line.rules.deadlines.zone)
    yield "ok", f"{counts['people']} on file, the last came in {latest:%d.%m.%Y %H:%M}; {counts['blocked']} blocked"
    if counts["unproven"]:
        yield "note", f"{counts['unproven']} without the time of their consent: add consent_at and import again"


def _forms(parts: Parts) -> Said:
    yield from check_sources.forms(parts.line.rules.policy)
    if not parts.line.rules.policy.forms:
        with contextlib.suppress(MailboxUnavailable, MailboxRefused):  # that it can't be read is said below
            yield from check_sources.form_mails(parts.mailbox)


def _places(parts: Parts) -> Said:
    yield from check_sources.places(parts.line.rules.policy, parts.line.store, parts.hook_secret)


def _store(parts: Parts) -> Said:
    found = revision(parts.line.store.engine)
    right = found == HEAD
    yield ("ok", f"tables are version {found}") if right else ("wrong", "old tables: run `mailbot db upgrade`")


def _journal(parts: Parts) -> Said:
    with parts.line.store.snapshot() as connection:
        head = chain.trusted(connection, parts.line.store.keys)
    if head is None:
        yield "wrong", "the chain of events does not hold, nothing more is sealed: run `mailbot audit verify`"
    else:
        yield "ok", f"its chain ends at {head}" if head.position else "no event is sealed yet"


def _mode(parts: Parts) -> Said:
    store = parts.line.store
    if store.paused:
        yield "wrong", "paused: nothing is sent, nothing destroyed; `mailbot resume` goes on"
    if not store.shadow:
        yield "ok", "live"
        return
    since = datetime.fromisoformat(store.note("installed_at") or datetime.now(UTC).isoformat())
    days = (store.clock() - since).days
    level: Level = "wrong" if days >= SHADOW_DAYS else "note"
    yield level, f"shadow since {days} days: it shows what it would do and does nothing; `mailbot live` begins"


def _mailbox(parts: Parts) -> Said:
    state = parts.mailbox.state()
    yield "ok", f"{state.folder} can be read"
    yield from check_doors.certificate(state.certificate_until, parts.line.store.clock())
    if not state.can_move:
        yield "wrong", "the server can't move mail (neither MOVE nor UIDPLUS): handled mail stays in INBOX"
    elif stay := parts.line.store.unfiled(state.folder, state.uidvalidity):
        yield (
            "note",
            f"handled mails that are not in mailbot/Done yet: {len(stay)}; where they stay after another pass, look at"
            " the mailbox's quota, and at this user's right to make and fill that folder",
        )
    for sentence in state.notes:
        yield "note", sentence
    with parts.line.store.reading() as connection:
        kept = attachments.kept(connection, parts.line.store.clock())
        left = journal.mails_untold(connection)
    if left:
        which = f"{', '.join(left[:SHOWN])}{' …' if len(left) > SHOWN else ''}"
        yield (
            "note",
            f"mails of destroyed people stay and nobody was told ([operator] mail is empty): {len(left)} requests, "
            f"{which}; delete what `requests show` counts by hand, then `requests close`",
        )
    if kept:
        yield "note", f"attachments that could not be taken out, of {', '.join(kept)}: delete these mails by hand"


def _older(parts: Parts) -> Said:
    count = older_requests(parts.mailbox, parts.line)
    if count:
        yield "note", f"{count} older mails look like requests: see them with `mailbot requests backlog --since DATE`"
    else:
        yield "ok", "no older mail looks like a request"


def older_requests(mailbox: Mailbox, line: Line) -> int:
    """Count the mails from before the cut-off whose header alone looks like a request."""
    return sum(1 for _ in backlog_uids(mailbox, line, None))


def backlog_uids(mailbox: Mailbox, line: Line, since: datetime | None) -> Iterator[int]:
    """Yield the UIDs of mails from before the cut-off whose header alone looks like a request."""
    is_older = line.store.cutoff(mailbox.folder)
    for batch in mailbox.headers(since):
        for raw in batch:
            if not is_older(raw):
                continue
            message = parse(raw.octets, complete=False)
            claim = classify(message, line.rules.lexicon)
            if claim.kind is not None and screen(message, line.rules.own) is None:
                yield raw.uid


def _undecided(parts: Parts) -> Said:
    with parts.line.store.reading() as connection:
        count, oldest = journal.unread(connection)
    if oldest is None:
        yield "ok", "every mail that came was looked at"
        return
    since = oldest.astimezone(parts.line.rules.deadlines.zone)
    yield (
        "note",
        f"mails that are not decided yet: {count}, the oldest of {since:%d.%m.%Y %H:%M}; they are tried again by "
        "themselves, and decided a day later at the latest",
    )


def _templates(parts: Parts) -> Said:
    problems = parts.templates.check()
    for sentence in problems:
        yield "wrong", sentence
    if not problems:
        yield "ok", "every answer can be written in Kazakh, Russian and English"


def as_json(finding: Finding) -> dict[str, Any]:
    """Return one finding as `check --json` prints it."""
    return {"check": finding.what, "level": finding.level, "says": finding.says}
