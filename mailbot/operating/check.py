"""Looks an installation over: one line for each thing, what is wrong with it and what to do. Changes nothing."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfoNotFoundError

from mailbot.answering.outbox import bounce_address
from mailbot.answering.reply import Templates
from mailbot.errors import MailbotError, MailboxRefused, MailboxUnavailable
from mailbot.operating import check_sources, policies, roll
from mailbot.operating.authserv import FEWEST_MAILS, Learned, learn
from mailbot.pipeline import Line
from mailbot.ports import Courier, Mailbox
from mailbot.reading.address import address_key
from mailbot.reading.classify import classify
from mailbot.reading.machine import screen
from mailbot.reading.parse import parse
from mailbot.settings import Settings
from mailbot.store import attachments, bounces, chain, journal, writers
from mailbot.store.migrate import HEAD, revision

SHADOW_DAYS = 7
ALMATY_OFFSET = timedelta(hours=5)  # since 1 March 2024; an old tzdata says six

Level = Literal["ok", "note", "wrong"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of `check`."""

    what: str
    level: Level
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What is looked over."""

    settings: Settings
    line: Line
    mailbox: Mailbox
    courier: Courier
    templates: Templates
    hook_secret: Callable[[str], str | None] = lambda _name: None


def check(parts: Parts) -> Iterator[Finding]:
    """Yield the findings, people first; a failure of one check is a finding and stops no other."""
    for what, look in (
        ("people", _people), ("forms", _forms), ("places", _places),
        ("store", _store), ("journal", _journal), ("mode", _mode), ("mailbox", _mailbox), ("undecided", _undecided),
        ("older mail", _older), ("courier", _courier), ("templates", _templates), ("policy", _policy),
        ("clock", _clock), ("trust", _trust), ("operator", _operator), ("tokens", _tokens),
    ):  # fmt: skip
        yield from _looked(what, look, parts)


def _looked(what: str, look: Callable[[Parts], Iterator[tuple[Level, str]]], parts: Parts) -> Iterator[Finding]:
    try:
        for level, says in look(parts):
            yield Finding(what=what, level=level, says=says)
    except MailbotError as exc:
        yield Finding(what=what, level="wrong", says=str(exc))


def _people(parts: Parts) -> Iterator[tuple[Level, str]]:
    counts = roll.counts(parts.line.store)
    if not counts["people"]:
        yield "note", "nobody is on file: bring people in with `mailbot people import FILE.csv` or `people add`"
        return
    latest = counts["latest"].astimezone(parts.line.rules.deadlines.zone)
    yield "ok", f"{counts['people']} on file, the last came in {latest:%d.%m.%Y %H:%M}; {counts['blocked']} blocked"
    if counts["unproven"]:
        yield "note", f"{counts['unproven']} without the time of their consent: add consent_at and import again"


def _forms(parts: Parts) -> Iterator[tuple[Level, str]]:
    yield from check_sources.forms(parts.line.rules.policy)
    if not parts.line.rules.policy.forms:
        with contextlib.suppress(MailboxUnavailable, MailboxRefused):  # that it can't be read is said below
            yield from check_sources.form_mails(parts.mailbox)


def _places(parts: Parts) -> Iterator[tuple[Level, str]]:
    yield from check_sources.places(parts.line.rules.policy, parts.line.store, parts.hook_secret)


def _store(parts: Parts) -> Iterator[tuple[Level, str]]:
    found = revision(parts.line.store.engine)
    right = found == HEAD
    yield ("ok", f"tables are version {found}") if right else ("wrong", "old tables: run `mailbot db upgrade`")


def _journal(parts: Parts) -> Iterator[tuple[Level, str]]:
    with parts.line.store.snapshot() as connection:
        head = chain.trusted(connection, parts.line.store.keys)
    if head is None:
        yield "wrong", "the chain of events does not hold, nothing more is sealed: run `mailbot audit verify`"
    else:
        yield "ok", f"its chain ends at {head}" if head.position else "no event is sealed yet"


def _mode(parts: Parts) -> Iterator[tuple[Level, str]]:
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


def _mailbox(parts: Parts) -> Iterator[tuple[Level, str]]:
    state = parts.mailbox.state()
    yield "ok", f"{state.folder} can be read"
    if not state.can_move:
        yield "wrong", "the server can't move mail (no MOVE): handled mail stays in INBOX"
    for sentence in state.notes:
        yield "note", sentence
    with parts.line.store.reading() as connection:
        kept = attachments.kept(connection, parts.line.store.clock())
    if kept:
        yield "note", f"attachments that could not be taken out, of {', '.join(kept)}: delete these mails by hand"


def _older(parts: Parts) -> Iterator[tuple[Level, str]]:
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


def _undecided(parts: Parts) -> Iterator[tuple[Level, str]]:
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


def _courier(parts: Parts) -> Iterator[tuple[Level, str]]:
    parts.courier.check()
    yield "ok", "takes our answers"
    sender = parts.settings.mailbox.addresses[0]
    if parts.settings.courier.verp and not parts.courier.takes(bounce_address(sender, "a" * 16)):
        yield (
            "note",
            "refuses LOCAL+KEY@DOMAIN as a sender: answers leave as the plain address; set [courier] verp = false",
        )


def _templates(parts: Parts) -> Iterator[tuple[Level, str]]:
    problems = parts.templates.check()
    for sentence in problems:
        yield "wrong", sentence
    if not problems:
        yield "ok", "every answer can be written in Kazakh, Russian and English"


def _policy(parts: Parts) -> Iterator[tuple[Level, str]]:
    policy = parts.line.rules.policy
    for language in ("kk", "ru", "en"):
        tags = getattr(policy.tags, language)
        missing = [kind for kind in ("update", "withdrawal", "unsubscribe") if not getattr(tags, kind)]
        if missing:
            yield "note", f"policy.toml names no {language} mark for {', '.join(missing)}"
    known = policies.recorded(parts.line)
    if known is not None and policy.text_sha256 and known != policy.text_sha256:
        yield "wrong", f"policy.toml: the text of version {policy.version} changed: give the new text a new version"
    elif not policy.text_sha256:
        yield "note", "policy.toml: text_sha256 is empty: consents don't prove which text they were given to"
    former = f"; the marks of {', '.join(one.version for one in policy.former)} stay valid" if policy.former else ""
    yield "ok", f"version {policy.version}{former}"


def _clock(parts: Parts) -> Iterator[tuple[Level, str]]:
    deadlines = parts.line.rules.deadlines
    try:
        offset = parts.line.store.clock().astimezone(deadlines.zone).utcoffset()
    except ZoneInfoNotFoundError:
        yield "wrong", "policy.toml: clocks.timezone: there is no such zone"
        return
    if deadlines.zone.key == "Asia/Almaty" and offset != ALMATY_OFFSET:
        yield "wrong", "the time zone data are from before March 2024: update the tzdata package"
        return
    try:
        due = deadlines.due_at(parts.line.store.clock(), 1).astimezone(deadlines.zone)
    except NotImplementedError:
        yield "wrong", "policy.toml: holidays.country: no calendar of that country is known"
        return
    yield "ok", f"the next working day ends {due:%d.%m.%Y %H:%M}"


def _trust(parts: Parts) -> Iterator[tuple[Level, str]]:
    hosts, rules = parts.settings.trust.authserv, parts.line.rules
    try:
        learned = learn(parts.mailbox, parts.line.store.clock(), rules.trust, rules.own)
    except (MailboxUnavailable, MailboxRefused):
        learned = Learned()  # that the mailbox can't be read is said above
    proposed = learned.proposal()
    if hosts and learned.believed:
        yield "ok", f"results of {', '.join(hosts)}: in {learned.believed} of the last {learned.mails} mails"
    elif hosts and learned.mails < FEWEST_MAILS:
        yield "ok", f"results of {', '.join(hosts)}"
    elif hosts:
        yield "note", f"none of the last {learned.mails} mails bears a result of {', '.join(hosts)} in its place"
    if proposed and not learned.believed:
        yield "note", _proposed(proposed, learned.mails)
    elif learned.nameless:
        yield "note", f"the results in {learned.nameless} of the last {learned.mails} mails name no host: not believed"
    if hosts and learned.believed:
        return
    if rules.resolve is not None:
        yield "ok", "mail without such a result: its signature is checked here, by DNS"
    elif not hosts:
        yield "note", "nobody tells who wrote, so every update and withdrawal is asked back: " + _signatures(parts)


def _proposed(proposed: tuple[str, int], mails: int) -> str:
    entry, count = proposed
    host, below = entry.removesuffix(":below"), entry.endswith(":below")
    place = "under its own Received" if below else "on top"
    return f'{host} wrote results into {count} of the last {mails} mails, {place}: set [trust] authserv = ["{entry}"]'


def _signatures(parts: Parts) -> str:
    if not parts.settings.trust.dns:
        return "set [trust] authserv, or [trust] dns = true so that signatures are checked here"
    return "set [trust] authserv, or install mailbot[dkim] so that signatures are checked here"


def _operator(parts: Parts) -> Iterator[tuple[Level, str]]:
    operator = parts.settings.operator
    own = {address_key(addr) for addr in parts.settings.mailbox.addresses}
    if not operator.mail:
        yield "note", "[operator] mail is empty: what waits for you is told by `mailbot requests list` alone"
    elif address_key(operator.mail) in own:
        yield "wrong", "[operator] mail is the mailbox's own address: name another one of yours"
    missing = [key for key in ("name", "contact") if not getattr(operator, key)]
    if missing:
        yield "note", f"[operator] {' and '.join(missing)} is empty: people can't see who answers for their data"
    elif operator.mail:
        yield "ok", "is told by mail"
    with parts.line.store.reading() as connection:
        if bounces.operator_bounced(connection):
            yield "wrong", "the last mail to [operator] mail came back: is that address right?"


def _tokens(parts: Parts) -> Iterator[tuple[Level, str]]:
    with parts.line.store.reading() as connection:
        count = writers.busy(connection, parts.line.store.clock())
    if count:
        yield (
            "note",
            f"writers who brought more than {writers.MANY} codes that are not theirs in a day: {count}; somebody "
            "may be guessing the codes under our mails; nothing was changed by it",
        )
    else:
        yield "ok", "nobody brings many codes that are not his"


def as_json(finding: Finding) -> dict[str, Any]:
    """Return one finding as `check --json` prints it."""
    return {"check": finding.what, "level": finding.level, "says": finding.says}
