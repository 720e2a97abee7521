"""What `check` says of the rules: policy, clock, trust, proofs, operator, codes. Changes nothing."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfoNotFoundError

from mailbot import sealing
from mailbot.errors import MailboxRefused, MailboxUnavailable
from mailbot.operating import policies
from mailbot.operating.authserv import FEWEST_MAILS, Learned, learn
from mailbot.operating.away import until
from mailbot.operating.finding import Level, Parts, Said
from mailbot.reading.address import address_key
from mailbot.store import aging, bounces, proofs, writers
from mailbot.store.digest import is_proven

NOVEMBER = 11  # from which the coming year's days off are known
ALMATY_OFFSET = timedelta(hours=5)  # since 1 March 2024; an old tzdata says six


def policy(parts: Parts) -> Said:
    """Look over the marks of policy.toml and its version."""
    policy = parts.line.rules.policy
    for language in ("kk", "ru", "en"):
        tags = getattr(policy.tags, language)
        missing = [kind for kind in ("update", "withdrawal", "unsubscribe") if not getattr(tags, kind)]
        if missing:
            yield "note", f"policy.toml names no {language} mark for {', '.join(missing)}"
    known = policies.recorded(parts.line)
    for version, sha256 in policy.texts.items():
        if known.get(version, sha256) != sha256:
            yield "wrong", f"policy.toml: the text of version {version} changed: give the new text a new version"
    if not policy.text_sha256:
        yield "note", "policy.toml: text_sha256 is empty: consents don't prove which text they were given to"
    for name, said in policy.processing.model_dump().items():
        silent = [language for language in ("kk", "ru", "en") if not said.get(language)] if name != "abroad" else []
        if silent:
            yield "note", f"policy.toml: processing.{name} says nothing in {', '.join(silent)}: answers leave it out"
    former = f"; the marks of {', '.join(one.version for one in policy.former)} stay valid" if policy.former else ""
    yield "ok", f"version {policy.version}{former}"


def clock(parts: Parts) -> Said:
    """Look over the time zone and the calendar."""
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
    today = parts.line.store.clock().astimezone(deadlines.zone).date()
    years = [today.year, *([today.year + 1] if today.month >= NOVEMBER else [])]
    for year in (each for each in years if each not in deadlines.policy.holidays.confirmed):
        yield "note", f"[holidays] confirmed lacks {year}: compare its moved days off with the government's decree"


def law(parts: Parts) -> Said:
    """Look over the law pack and who vouches for it."""
    pack = parts.line.rules.deadlines.law
    if pack.is_confirmed:
        yield "ok", f"{pack.title}: confirmed by {pack.confirmed_by} on {pack.confirmed_on}"
        return
    empty = [key for key in ("read_on", "confirmed_by", "confirmed_on") if not getattr(pack, key)]
    yield (
        "note",
        f"{pack.title}, as of {pack.as_of}: nobody confirmed its terms ([law] {', '.join(empty)}); "
        "until then no answer quotes an article",
    )


def retention(parts: Parts) -> Said:
    """Say what is kept how long, and how much of it there is."""
    rules = parts.line.rules.policy.retention
    with parts.line.store.reading() as connection:
        kept = aging.counts(connection)
    try:
        removes = parts.mailbox.state().can_remove
    except (MailboxUnavailable, MailboxRefused):
        removes = True  # that the mailbox can't be read is said above
    if not removes:
        yield (
            "note",
            "the mailbox can't remove one mail alone: mail stays there however old it is",
        )
    raw = f"mail goes {rules.raw_days} days after its request ended ({kept['mails']} mails, {kept['answers']} answers)"
    details = f"details after {rules.ledger_days} ({kept['detailed']} requests have them)"
    yield "ok", f"{raw}, {details}, the journal after {rules.journal_years} years ({kept['requests']} requests)"


def trust(parts: Parts) -> Said:
    """Look over who tells who wrote."""
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


def proof(parts: Parts) -> Said:
    """Look over whether what proves a destruction can be kept as the policy says."""
    keep, key = parts.line.rules.policy.evidence.keep, parts.settings.operator.age_key
    with parts.line.store.reading() as connection:
        count = proofs.count_sealed(connection)
    held = f"; sealed and kept: {count}" if count else ""
    if keep == "journal":
        yield "ok", f"of a destruction the hash of its evidence is kept{held}"
    elif not key:
        yield "wrong", f'evidence.keep = "sealed" needs [operator] age_key: nobody is destroyed until it is set{held}'
    elif not sealing.is_recipient(key.strip()):
        yield "wrong", f"[operator] age_key is no age key (age1 and 58 letters): nobody is destroyed until it is{held}"
    else:
        yield "ok", f"the evidence of a destruction is kept sealed{held}; only your secret key opens it"


def operator(parts: Parts) -> Said:
    """Look over whether the operator can be told."""
    operator = parts.settings.operator
    own = {address_key(addr) for addr in parts.settings.mailbox.addresses}
    if not operator.mail:
        yield "note", "[operator] mail is empty: the day's list of what waits lies in the mailbox itself, unanswerable"
    elif address_key(operator.mail) in own:
        yield "wrong", "[operator] mail is the mailbox's own address: name another one of yours"
    if operator.deputy and address_key(operator.deputy) in own:
        yield "wrong", "[operator] deputy is the mailbox's own address: name another one"
    back = until(parts.line)
    if back is not None:
        whom = "the deputy is told at once" if operator.deputy else "[operator] deputy is empty: nobody is told instead"
        back = back.astimezone(parts.line.rules.deadlines.zone)
        yield "note", f"away until {back:%d.%m.%Y %H:%M}: {whom}; `mailbot away back` ends it"
    missing = [key for key in ("name", "contact") if not getattr(operator, key)]
    if missing:
        yield "note", f"[operator] {' and '.join(missing)} is empty: people can't see who answers for their data"
    if operator.mail and address_key(operator.mail) not in own:
        yield _proven(parts)
    with parts.line.store.reading() as connection:
        if bounces.operator_bounced(connection):
            whom = "mail or deputy" if operator.deputy else "mail"
            yield "wrong", f"the last mail to [operator] {whom} came back: is that address right?"


def _proven(parts: Parts) -> tuple[Level, str]:
    """Say whether the list can be answered: by the address, once it answered our first mail."""
    mail = parts.settings.operator.mail
    with parts.line.store.unit() as unit:
        if is_proven(unit, mail):
            hour = parts.settings.operator.digest_at
            return "ok", f"the day's list is mailed from {hour} on" if hour else "what waits is mailed with each pass"
    return "note", "[operator] mail never answered: answer our mail there with yes, before that it names nobody"


def tokens(parts: Parts) -> Said:
    """Look over whether somebody guesses codes."""
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
