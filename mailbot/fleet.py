"""`mailbot run --all`: the mailboxes of a folder of installations, shared with any number of hosts. No rule, no SQL.

Each folder in it is an installation with settings, policy, templates and keys of its own; their stores lie in one
PostgreSQL, each in its schema (store/turns.py). A host takes as many turns as are its even share, gives back what is
over it, and takes what a host left behind that is gone. Hosts know nothing of each other but what stands there.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from mailbot import logs
from mailbot.app import build, new_id, open_store
from mailbot.config import SETTINGS_FILE, load_settings
from mailbot.daemon import GRACE, STUCK, Service, Shared, drained, new_scheduler
from mailbot.errors import ConfigError, MailbotError, MailboxUnavailable, StoreUnavailable
from mailbot.store.engine import schema_named
from mailbot.store.process import own_name
from mailbot.store.store import Store
from mailbot.store.turns import BEAT_SECONDS, Seat, Standing, Turn

PASSES = 8  # at once: they wait for servers most of the time
ORPHAN = timedelta(seconds=6)  # a turn that nobody took for so long is taken by whoever can
SHUN_SECONDS = 60.0  # for which a mailbox that this host could not read is left to others


def members(folder: Path) -> dict[str, Path]:
    """Return the installations of a folder, by the names of their schemas; one that is wrong is logged and left out.

    Raises ConfigError where there is none that is right.
    """
    found: dict[str, Path] = {}
    wrong = ConfigError(f"{folder}: there is no folder in it that `mailbot init` wrote")
    for each in sorted(folder.iterdir()) if folder.is_dir() else []:
        if (each / SETTINGS_FILE).is_file():
            try:
                found[_schema(each, found)] = each
            except MailbotError as exc:  # one mailbox of thousands keeps no other waiting
                logs.tell("mailbox_left_out", logging.ERROR, says=str(exc))
                wrong = exc if isinstance(exc, ConfigError) else wrong
    if not found:
        raise wrong
    return found


def _schema(folder: Path, others: dict[str, Path]) -> str:
    name = schema_named(load_settings(folder).store.url)
    if not name or name in others:
        own = "each mailbox has a schema of its own in one PostgreSQL: postgresql://USER@HOST/DB?schema=NAME"
        raise ConfigError(f"{folder / SETTINGS_FILE}: store.url: with `run --all` {own}")
    return name


def _connected(folders: Iterable[Path]) -> Store:
    """Return the first store that can be opened: all share its connections. Raises ConfigError, StoreUnavailable."""
    wrong = ConfigError("no mailbox can be opened")
    for folder in folders:
        try:
            return open_store(folder, load_settings(folder))
        except ConfigError as exc:  # of that mailbox; it is told when it is opened for itself
            wrong = exc
    raise wrong


@dataclass(slots=True)
class Held:
    """A turn of ours: its number, and the Service under it once that was opened."""

    number: int
    service: Service | None = None
    leaving: bool = False
    failed: bool = False  # it could not be opened: its settings are wrong on this host

    @property
    def has_ended(self) -> bool:
        """Whether nothing is done under it any more."""
        return self.failed or (self.service is not None and self.service.is_retired)

    @property
    def is_cut_off(self) -> bool:
        """Whether this host, perhaps this one alone, can't read the mailbox."""
        return self.service is not None and isinstance(self.service.failure, MailboxUnavailable)

    def leave(self) -> None:
        """Begin to let go of it; the pass in hand ends after its mail."""
        self.leaving = True
        if self.service is not None:
            self.service.retire()


class Fleet:
    """This host's part of the mailboxes of one database. The turns are the rounds' alone, one thread's."""

    def __init__(self, folder: Path) -> None:
        """Read which mailboxes there are. Raises ConfigError, StoreUnavailable."""
        self._folder, self._members = folder, members(folder)
        self._store = _connected(self._members.values())
        self._seat = Seat(self._store.engine, own_name(new_id))
        try:
            self._seat.enlist(list(self._members))
        except MailbotError:
            self._store.close()
            raise
        self._held: dict[str, Held] = {}
        self._shunned: dict[str, float] = {}  # until when
        self._helping: set[str] = set()
        self._stuck = 0  # passes that never ended
        self._stopping, self._moved_at = threading.Event(), time.monotonic()
        self._scheduler = new_scheduler(PASSES)
        self._rounds = threading.Thread(target=self._go_round, name="rounds", daemon=True)

    # ---- what `serve` asks for -----------------------------------------------------------------------------

    def start(self) -> None:
        """Take the first turns now."""
        self._scheduler.start()
        self._rounds.start()

    def reload(self) -> bool:
        """Read which mailboxes there are, and have each of ours read its settings anew once it makes no pass."""
        try:
            found = members(self._folder)
            self._seat.enlist(list(found))
            self._members = found
        except MailbotError as exc:
            logs.tell("reload_failed", logging.ERROR, says=f"the mailboxes stay as they were: {exc}")
        for held in list(self._held.values()):
            if held.service is not None:
                self._soon(self._reload, held.service)
        return True

    def is_alive(self) -> bool:
        """Tell whether turns are looked after, and there are threads that are not caught for good."""
        return time.monotonic() - self._moved_at < STUCK and self._stuck < PASSES

    def stop(self) -> bool:
        """Let every pass end after its mail, and give all turns back; False where one did not end in time."""
        until = time.monotonic() + GRACE
        self._stopping.set()
        self._rounds.join(GRACE)
        for held in self._held.values():
            held.leave()
        while not (ended := all(held.has_ended for held in self._held.values())) and time.monotonic() < until:
            time.sleep(0.05)
        self._scheduler.shutdown(wait=False)
        try:
            self._seat.leave()
        except MailbotError as exc:  # then they lapse
            logs.failed(exc)
        self._store.close()
        return ended

    # ---- rounds --------------------------------------------------------------------------------------------

    def _go_round(self) -> None:
        was_away = False
        while not self._stopping.is_set():
            self._moved_at = time.monotonic()
            try:
                self._round()
                if was_away:  # the database was: passes that failed of it are made at once
                    self._retry()
                was_away = False
                for mailbox in self._seat.hear(BEAT_SECONDS / 2):
                    self._help(mailbox)
            except MailbotError as exc:  # what we have goes on: it commits nothing that it may not
                was_away = True
                logs.failed(exc)
                self._stopping.wait(BEAT_SECONDS)
        self._seat.close()

    def _retry(self) -> None:
        for held in self._held.values():
            if held.service is not None and isinstance(held.service.failure, StoreUnavailable):
                held.service.retry()

    def _round(self) -> None:
        """Say that we are alive, let go of what is not ours any more, even the shares out, take what is free."""
        self._seat.beat()
        standing = self._seat.standing(self._members)
        self._let_go(standing)
        most = -(-len(self._members) // len(standing.hosts))
        self._even_out(standing, most)
        wanted = [box for box in self._members if self._shunned.get(box, 0.0) < time.monotonic()]
        taken = self._seat.take(wanted, most - len(self._held))
        taken |= self._seat.take(wanted, len(wanted), ORPHAN)
        for mailbox, number in taken.items():
            logs.tell("turn_taken", mailbox=mailbox, number=number)
            self._held[mailbox] = held = Held(number)
            self._soon(self._open, mailbox, held)

    def _let_go(self, standing: Standing) -> None:
        """Leave what another host took since and what can't be read from here; give back what has ended."""
        for mailbox, held in list(self._held.items()):
            lost = standing.mine.get(mailbox) != held.number
            elsewhere = held.failed or (held.is_cut_off and len(standing.hosts) > 1)
            if elsewhere:
                self._shunned[mailbox] = time.monotonic() + SHUN_SECONDS
            if lost or elsewhere or mailbox not in self._members:
                held.leave()
            stuck = held.service is not None and not held.service.is_alive() and not held.has_ended
            self._stuck += stuck
            if held.has_ended or stuck:
                del self._held[mailbox]
                logs.tell("turn_lost" if lost else "turn_given_back", mailbox=mailbox)
        self._seat.give_back([mailbox for mailbox in standing.mine if mailbox not in self._held])

    def _even_out(self, standing: Standing, most: int) -> None:
        """Leave what is over our share; where all have their share, one if another host has two less than we."""
        ours = [held for held in self._held.values() if not held.leaving]
        spread = standing.hosts.values()
        uneven = sum(spread) == len(self._members) and len(ours) - min(spread) >= 2
        for held in ours[: max(len(ours) - most, int(uneven))]:
            held.leave()

    def _help(self, mailbox: str) -> None:
        """Send of what waits in another host's mailbox, which reads it still."""
        if mailbox in self._members and mailbox not in self._held and mailbox not in self._helping:
            self._helping.add(mailbox)
            self._soon(self._drain, mailbox)

    # ---- in the scheduler's threads ------------------------------------------------------------------------

    def _soon(self, work: Callable[..., None], *arguments: object) -> None:
        self._scheduler.add_job(work, args=arguments)

    def _open(self, mailbox: str, held: Held) -> None:
        with logs.about(mailbox):
            try:
                shared = Shared(Turn(mailbox, held.number), self._store)
                held.service = Service(self._members[mailbox], self._scheduler, shared)
            except MailbotError as exc:
                logs.failed(exc)
            finally:
                held.failed = held.service is None  # whatever it failed of: the turn goes back
            if held.service is not None:
                held.service.start()
                if held.leaving:
                    held.service.retire()

    def _drain(self, mailbox: str) -> None:
        with logs.about(mailbox):
            try:
                app = build(self._members[mailbox], beside=self._store)
                try:
                    app.line = replace(app.line, stop=self._stopping.is_set)
                    drained(app)
                finally:
                    app.close()
            except MailbotError as exc:
                logs.failed(exc)
            finally:
                self._helping.discard(mailbox)

    def _reload(self, service: Service) -> None:
        if not service.reload() and not self._stopping.is_set():
            self._soon(self._reload, service)
