"""The only wiring: `build` makes the real doors, store and rules of one installation; `App` is what commands call."""

from __future__ import annotations

import contextlib
import secrets
import time
from base64 import b32encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from mailbot import config
from mailbot.answering.mime import Frame
from mailbot.answering.outbox import Outbox
from mailbot.answering.writer import Writer
from mailbot.deciding.deadlines import Deadlines
from mailbot.deciding.law import pack_of, quotes
from mailbot.doors import Beside, open_courier, open_mailbox, system_dns
from mailbot.errors import (
    ConfigError,
    CourierRefused,
    CourierUnavailable,
    MachineShort,
    MailbotError,
    MailboxRefused,
    MailboxUnavailable,
)
from mailbot.operating import (
    again,
    attachments,
    audit,
    backups,
    byhand,
    clock,
    compacting,
    destruction,
    digest,
    health,
    heartbeat,
    keyring,
    notices,
    orders,
    outdated,
    policies,
    retention,
    waiting,
)
from mailbot.pipeline import COUNTS, Line, Rules
from mailbot.policy import Policy
from mailbot.ports import Clock, Courier, Mailbox, NewId, Resolver
from mailbot.reading.formset import compile_forms
from mailbot.reading.lexicon import compile_words
from mailbot.reading.trust import compile_trust
from mailbot.settings import Settings, TrustSettings
from mailbot.store import everywhere, gone, hooks, outbox
from mailbot.store.engine import open_engine
from mailbot.store.gone import Ledger
from mailbot.store.logins import Logins
from mailbot.store.migrate import require_current
from mailbot.store.store import Store
from mailbot.store.turns import Turn
from mailbot.urls import mailbox_url


def utc_now() -> datetime:
    """Return the time, aware UTC."""
    return datetime.now(UTC)


def new_id(letters: int) -> str:
    """Return so many random letters of the base32 alphabet."""
    return b32encode(secrets.token_bytes(letters))[:letters].decode().lower()  # 5 bits of each octet and more


@dataclass(slots=True)
class App:
    """One installation, ready to work. Every public method is what one command does."""

    folder: Path
    settings: Settings
    line: Line
    mailbox: Mailbox
    courier: Courier
    writer: Writer

    def poll(self) -> tuple[dict[str, int], MailbotError | None]:
        """Make one pass: fetch, decide, apply, file; sweep what is due; tell the operator; send what is owed.

        Returns the counts, all zero where another process has the turn, and what ended the pass early (the
        mailbox's failure before the courier's). What is owed is sent also where the mailbox can't be read.
        """
        counts = self._begin()
        with self.line.store.turn() as mine:
            if not mine:
                return counts, None
            self.line.store.follow_key()  # and none is rotated while we have the turn
            began = time.monotonic()
            failure = self._pass(counts)
            health.finish(self.line, self.settings, failure, time.monotonic() - began)
        heartbeat.beat(self.line.store, self.folder, self.settings.health, succeeded=failure is None)
        return counts, failure

    def _begin(self) -> dict[str, int]:
        for door in (self.mailbox, self.courier):
            if isinstance(logins := getattr(door, "logins", None), Logins):
                logins.patient = True  # nobody asked by hand
        return dict.fromkeys(COUNTS, 0)

    def _pass(self, counts: dict[str, int]) -> MailbotError | None:
        policies.note(self.line)
        clock.lapse(self.line)
        failure = self._read(counts)
        digest.carry_out(self.line, self.mailbox if failure is None else None)
        clock.tick(self.line, self.mailbox.folder)
        destruction.forget(self.line)
        try:
            if failure is None:  # what could not be read a moment ago is not waited for again
                destruction.sweep(self.line, self.mailbox, self._leaving())
                retention.clear(self.line, self.mailbox, sent="sent" in self.settings.mailbox.erase)
        except (MailboxUnavailable, MailboxRefused, ConfigError) as exc:
            failure = exc
        retention.sweep(self.line)
        audit.sweep(self.line)
        try:
            notices.tell_operator(self.line, self._desk(readable=failure is None))
        except (MailboxUnavailable, MailboxRefused) as exc:
            failure = exc
        health.watch(self.line, self.settings, failure)
        try:
            health.take_back(self.line, failure)
            outdated.sweep(self.line)
            self._outbox().send(counts)
        except (CourierUnavailable, CourierRefused) as exc:
            failure = failure or exc
            if isinstance(exc, CourierUnavailable):  # another host may reach the server
                outbox.call_for_help(self.line.store, least=1)
        waiting.sweep(self.line)
        self._call_hooks()
        try:
            if not isinstance(failure, MailboxUnavailable | MailboxRefused):
                attachments.sweep(self.line, self.mailbox)
        except (MailboxUnavailable, MailboxRefused) as exc:
            failure = failure or exc
        self.line.store.scrub()
        backups.sweep(self.installation)
        counts["owed"] = outbox.owed(self.line.store)
        compacting.sweep(self.line, counts)
        return failure

    def _read(self, counts: dict[str, int]) -> MailbotError | None:
        """Carry out what lies in mailbot/Do, decide what came in, see what she did with what waits."""
        language = self.settings.operator.language
        folders = orders.names(language) if self.settings.mailbox.do_folders else []
        try:
            if folders:
                orders.take(self.line, self.mailbox, language)
            state = again.poll(self.line, self.mailbox, counts)
            if state is not None:
                byhand.look(self.line, self.mailbox, state, folders)
        except (MailboxUnavailable, MailboxRefused, MachineShort) as exc:
            return exc
        return None

    def drain(self) -> tuple[dict[str, int], MailbotError | None]:
        """Send what is owed and do nothing else: what any host may do, whoever has the turn of the mailbox."""
        counts = self._begin()
        try:
            self._outbox().send(counts)
        except (CourierUnavailable, CourierRefused) as exc:
            return counts, exc
        return counts, None

    def take_over(self, turn: Turn) -> None:
        """Make passes under a turn that was taken for longer than one. Raises StoreUnavailable."""
        self.even()
        self.line.store.fence = turn

    def even(self) -> None:
        """Have gone.log tell what those of the other hosts tell, and nothing that is over. Raises StoreUnavailable."""
        everywhere.follow(self.line.store.engine, self.line.store.gone, backups.terms(self.installation))

    @property
    def installation(self) -> backups.Installation:
        """What a backup is made of."""
        return backups.Installation(folder=self.folder, settings=self.settings, line=self.line)

    def _leaving(self) -> destruction.Leaving:
        operator = self.settings.operator
        erase = tuple(self.settings.mailbox.erase)
        return destruction.Leaving(erase=erase, operator=operator.mail, language=operator.language)

    def _desk(self, *, readable: bool) -> notices.Desk:
        folders = self.settings.mailbox.do_folders
        return notices.Desk(
            settings=self.settings.operator, mailbox=self.mailbox if readable else None, do_folders=folders
        )

    def _outbox(self) -> Outbox:
        rules = self.line.rules
        return Outbox(
            store=self.line.store.free(), courier=self.courier, sender=self.settings.mailbox.addresses[0],
            limits=rules.policy.limits, window_end=rules.deadlines.window_end, stop=self.line.stop,
            verp=self.settings.courier.verp, timeout_seconds=self.settings.courier.timeout_seconds,
        )  # fmt: skip

    def _call_hooks(self) -> None:
        store = self.line.store
        with store.reading() as connection:
            owed = hooks.is_owed(connection)
        if not owed or not store.acts:
            return
        from mailbot.answering.hooks import Hooks  # late: most passes call nobody

        places = tuple(self.line.rules.policy.places)
        Hooks(store=store, places=places, secret=self.hook_secret, stop=self.line.stop).deliver()

    def hook_secret(self, name: str) -> str | None:
        """Return the secret that the hook of a place is signed with. Raises ConfigError."""
        files = {place.name: place.hook.secret_file for place in self.line.rules.policy.places if place.hook}
        return config.secret(self.folder, f"hook_{name}", files[name]) if name in files else None

    def close(self) -> None:
        """Close both doors and the store; what this command told gone.log is copied to where the backups lie."""
        if self.line.store.gone is not None and self.line.store.gone.told:
            with contextlib.suppress(MailbotError):  # the next pass does it
                backups.sweep(self.installation)
        self.mailbox.close()
        self.courier.close()
        self.line.store.close()


def read_rules(policy: Policy, settings: Settings | None = None, resolve: Resolver | None = None) -> Rules:
    """Compile the rules of a policy file; without settings nothing is trusted and no address is our own."""
    trust = settings.trust if settings else TrustSettings()
    own = tuple(settings.mailbox.addresses) if settings else ()
    return Rules(
        policy=policy, lexicon=compile_words(policy), trust=compile_trust(trust), deadlines=Deadlines(policy), own=own,
        resolve=resolve, forms=compile_forms(policy, own),
    )  # fmt: skip


def open_store(
    folder: Path, settings: Settings, *, clock: Clock = utc_now, ids: NewId = new_id, beside: Store | None = None
) -> Store:
    """Open the store of an installation; its keys lie in `secrets/store_key`. Raises ConfigError, StoreUnavailable.

    `beside`: that of another mailbox in the same database, whose connections are used.
    """
    ring = keyring.read(folder)
    password = config.secret(folder, "store_password", "")
    engine = open_engine(settings.store.url, folder, password, beside=beside.engine if beside else None)
    book = Ledger(folder / gone.FILE, ring)
    store = Store(
        engine=engine, keys=ring, clock=clock, new_id=ids, gone=book, ring=partial(keyring.read, folder),
        lent=beside is not None,
    )  # fmt: skip
    store.find_key(ring)
    return store


def build(
    folder: Path, *, clock: Clock = utc_now, ids: NewId = new_id, dns: Callable[[], Resolver | None] = system_dns,
    beside: Beside | None = None,
) -> App:  # fmt: skip
    """Wire one installation; `beside`: others in this process. Raises ConfigError, StoreUnavailable."""
    settings, policy = config.load_settings(folder), config.load_policy(folder)
    store = open_store(folder, settings, clock=clock, ids=ids, beside=beside.store if beside else None)
    reach = beside.reach if beside else None
    try:
        require_current(store.engine)
        writer = Writer(folder / settings.templates.folder)
        frame = Frame(
            number="", kind=None, received_at=clock(), now=clock(), token="", mailbox=settings.mailbox.addresses[0],
            operator_name=settings.operator.name, operator_contact=settings.operator.contact,
            timezone=policy.clocks.timezone, articles=quotes(pack_of(policy)),
        )  # fmt: skip
        line = Line(
            store=store, rules=read_rules(policy, settings, dns() if settings.trust.dns else None), frame=frame,
            write=writer, age_key=settings.operator.age_key,
            host=mailbox_url(settings.mailbox.url).host,
        )  # fmt: skip
        return App(
            folder=folder, settings=settings, line=line, mailbox=open_mailbox(folder, settings, store, reach),
            courier=open_courier(folder, settings, store, reach), writer=writer,
        )  # fmt: skip
    except BaseException:
        store.close()
        raise


@contextlib.contextmanager
def opened(folder: Path) -> Iterator[App]:
    """Build an installation and close it again."""
    with contextlib.closing(build(folder)) as app:
        yield app
