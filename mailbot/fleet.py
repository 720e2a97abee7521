"""`mailbot run --all`: the mailboxes of a folder of installations, shared with any number of hosts. No rule, no SQL.

Each folder in it is an installation with settings, policy, templates and keys of its own; their stores lie in one
PostgreSQL, each in its schema (store/turns.py). A host takes its share of the turns, leaves to others what they have
less of or it can't read, and takes what a host left behind that is gone (shares.py). A host is one process; hosts know
nothing of each other but what stands in the database.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from mailbot import logs
from mailbot.app import new_id, open_store
from mailbot.config import load_settings
from mailbot.daemon import GRACE, STUCK, Service, Shared, new_scheduler
from mailbot.doors import Beside
from mailbot.errors import (
    ConfigError,
    CourierUnavailable,
    MailbotError,
    MailboxUnavailable,
    StoreUnavailable,
    TemporaryError,
)
from mailbot.helping import Helper
from mailbot.members import Member, members
from mailbot.reach import Reach
from mailbot.shares import Standing
from mailbot.store.process import own_name
from mailbot.store.seat import BEAT_SECONDS, Seat
from mailbot.store.store import Store
from mailbot.store.turns import Turn

PASSES = 8  # at once: they wait for servers most of the time
ASIDE = {"opening": 4, "helping": 2, "knocking": 2}  # threads for what must not wait for passes, nor they for it
ROUND_SECONDS = 0.5  # between the beginnings of two rounds, however much is told
NOW = timedelta()
ORPHAN = timedelta(seconds=6)  # a turn that nobody took for so long is taken by who can, after twice that by anybody
BARRED_SECONDS = 600.0  # for which a mailbox that could not be read from here is left to hosts that can
UNABLE_SECONDS = 60.0  # to the next try at one that could not be opened: its settings are wrong on this host
BUSY_SECONDS = 5.0  # or this moment was


def _connected(found: Iterable[Member]) -> Store:
    """Return the first store that can be opened: all share its connections. Raises ConfigError, StoreUnavailable."""
    wrong = ConfigError("no mailbox can be opened")
    for member in found:
        try:
            return open_store(member.folder, load_settings(member.folder))
        except ConfigError as exc:  # of that mailbox; it is told when it is opened for itself
            wrong = exc
    raise wrong


@dataclass(slots=True)
class Held:
    """A turn of ours: its number, and the Service under it once that was opened."""

    number: int
    service: Service | None = None
    leaving: bool = False
    failed: float = 0.0  # it could not be opened; seconds until it is worth another try

    @property
    def has_ended(self) -> bool:
        """Whether nothing is done under it any more."""
        return bool(self.failed) or (self.service is not None and self.service.is_retired)

    @property
    def is_stuck(self) -> bool:
        """Whether its pass is caught for good."""
        return self.service is not None and not self.has_ended and not self.service.is_alive()

    def leave(self) -> None:
        """Begin to let go of it, or go on with that; the pass in hand ends after its mail."""
        self.leaving = True
        if self.service is not None:
            self.service.retire()


class Fleet:
    """This host's part of the mailboxes of one database. The rounds' thread alone takes, leaves and gives back."""

    def __init__(self, folder: Path) -> None:
        """Read which mailboxes there are. Raises ConfigError, StoreUnavailable."""
        self._folder, self._members = folder, members(folder)
        self._beside = Beside(_connected(self._members.values()), Reach())
        self._seat = Seat(self._beside.store.engine, own_name(new_id))
        try:
            self._seat.enlist(list(self._members))
        except MailbotError:
            self._beside.store.close()
            raise
        self._held: dict[str, Held] = {}
        self._stuck: list[Held] = []  # not ours any more, but one of their threads
        self._barred: dict[str, float] = {}  # until when it is left to others
        self._unable: dict[str, float] = {}  # until when it is not opened again
        self._stopping, self._reread = threading.Event(), threading.Event()
        self._moved_at = time.monotonic()
        self._scheduler = new_scheduler(default=PASSES, **ASIDE)
        self._helper = Helper(self._beside, self._aside, self._stopping)
        self._rounds = threading.Thread(target=self._go_round, name="rounds", daemon=True)

    # ---- what `serve` asks for -----------------------------------------------------------------------------

    def start(self) -> None:
        """Take the first turns now."""
        self._scheduler.start()
        self._rounds.start()

    def reload(self) -> bool:
        """Read which mailboxes there are, and have each of ours read its settings anew once it makes no pass."""
        self._reread.set()
        return True

    def is_alive(self) -> bool:
        """Tell whether turns are looked after, and there are threads that are not caught for good."""
        moves = self._rounds.is_alive() and time.monotonic() - self._moved_at < STUCK
        return moves and len(self._stuck) < PASSES

    def stop(self) -> bool:
        """Let every pass end after its mail, and give all turns back; False where one did not end in time."""
        until = time.monotonic() + GRACE
        self._stopping.set()
        self._rounds.join(GRACE)
        held = list(self._held.values())
        for each in held:
            each.leave()
        while not (ended := all(each.has_ended for each in held)) and time.monotonic() < until:
            time.sleep(0.05)
        self._scheduler.shutdown(wait=False)
        if not self._rounds.is_alive():  # else it still waits for the database: then they lapse
            with contextlib.suppress(StoreUnavailable):
                self._seat.leave()
        self._beside.store.close()
        return ended

    # ---- rounds --------------------------------------------------------------------------------------------

    def _go_round(self) -> None:
        was_away = False
        while not self._stopping.is_set():
            self._moved_at = time.monotonic()
            try:
                self._round()
                self._retry(database=was_away)
                was_away = False
                called = set(self._seat.hear(BEAT_SECONDS / 2))
                self._helper.help({box: self._members[box] for box in called & self._not_ours()})
            except Exception as exc:  # noqa: BLE001 - what we have goes on: it commits nothing that it may not
                was_away = True
                logs.failed(exc if isinstance(exc, MailbotError) else MailbotError(f"a round: {type(exc).__name__}"))
                self._stopping.wait(BEAT_SECONDS)
            self._stopping.wait(self._moved_at + ROUND_SECONDS - time.monotonic())
        self._seat.close()

    def _round(self) -> None:
        """Say that we are alive, leave and give back what others shall have, take what is ours."""
        if self._reread.is_set():
            self._look_anew()
            self._reread.clear()
        self._seat.beat(len(self._members), self._cannot())
        standing = self._seat.standing(self._members)
        for mailbox, held in list(self._held.items()):
            self._look_after(mailbox, held, standing)
        for mailbox in standing.over([mailbox for mailbox, held in self._held.items() if not held.leaving]):
            self._held[mailbox].leave()
        self._seat.give_back([mailbox for mailbox in standing.mine if mailbox not in self._held])
        if standing.free:
            self._take(standing)
        self._stuck = [held for held in self._stuck if not held.has_ended]
        self._helper.look(self._members, self._not_ours)

    def _not_ours(self) -> set[str]:
        return self._members.keys() - self._held.keys()

    def _cannot(self) -> set[str]:
        """Return which mailboxes this host can't read now, as far as it knows."""
        now, reach = time.monotonic(), self._beside.reach
        known = {box for told in (self._barred, self._unable) for box, until in list(told.items()) if until > now}
        return known | {box for box, member in self._members.items() if reach.is_away(member.url.server)}

    def _look_after(self, mailbox: str, held: Held, standing: Standing) -> None:
        """Leave what another host took since or only another can read; have done with what has ended."""
        now = time.monotonic()
        if held.service is not None and held.service.passes:
            self._barred.pop(mailbox, None)
            if isinstance(held.service.failure, MailboxUnavailable):
                self._barred[mailbox] = now + BARRED_SECONDS
        lost = standing.mine.get(mailbox) != held.number
        elsewhere = mailbox in self._barred and standing.others(mailbox)
        if held.leaving or lost or elsewhere or mailbox not in self._members:
            held.leave()
        if held.is_stuck:
            held.leave()
            self._stuck.append(held)
            self._barred[mailbox] = now + BARRED_SECONDS
        elif not held.has_ended:
            return
        if held.failed:
            self._unable[mailbox] = now + held.failed
        del self._held[mailbox]
        logs.tell("turn_lost" if lost else "turn_given_back", mailbox=mailbox)

    def _take(self, standing: Standing) -> None:
        now, cannot, taken = time.monotonic(), self._cannot(), dict[str, int]()
        might = [box for box in self._members if box not in self._held and self._unable.get(box, 0.0) <= now]
        can = [box for box in might if box not in cannot]
        room = standing.room(len(self._held))
        for boxes, most, idle in ((can, room, NOW), (can, len(can), ORPHAN), (might, len(might), 2 * ORPHAN)):
            taken |= self._seat.take([box for box in boxes if box not in taken], most, idle)
        for mailbox, number in taken.items():
            logs.tell("turn_taken", mailbox=mailbox, number=number)
            self._held[mailbox] = held = Held(number)
            self._aside("opening", self._open, mailbox, self._members[mailbox], held)

    def _retry(self, *, database: bool) -> None:
        """Have passes made at once that failed of what is back: a mail server, or the database."""
        back = self._beside.reach.returned()
        for mailbox, held in self._held.items():
            failure = held.service.failure if held.service is not None else None
            mine = isinstance(failure, MailboxUnavailable) and self._members[mailbox].url.server in back
            ours = isinstance(failure, CourierUnavailable) and back
            if held.service is not None and (mine or ours or (database and isinstance(failure, StoreUnavailable))):
                held.service.retry()

    def _look_anew(self) -> None:
        try:
            found = members(self._folder)
            self._seat.enlist(list(found))
            self._members = found
        except ConfigError as exc:
            logs.tell("reload_failed", logging.ERROR, says=f"the mailboxes stay as they were: {exc}")
        self._unable.clear()
        for held in self._held.values():
            if held.service is not None:
                self._aside("opening", self._reload, held.service)

    # ---- in threads of their own ---------------------------------------------------------------------------

    def _aside(self, threads: str, work: Callable[..., None], *arguments: object) -> None:
        self._scheduler.add_job(work, args=arguments, executor=threads)

    def _open(self, mailbox: str, member: Member, held: Held) -> None:
        with logs.about(mailbox):
            try:
                if not held.leaving:
                    shared = Shared(Turn(mailbox, held.number), self._beside)
                    held.service = Service(member.folder, self._scheduler, shared)
            except MailbotError as exc:
                logs.failed(exc)
                held.failed = BUSY_SECONDS if isinstance(exc, TemporaryError) else UNABLE_SECONDS
            finally:
                if held.service is None:  # whatever it failed of: the turn goes back
                    held.failed = held.failed or BUSY_SECONDS
            if held.service is not None:
                held.service.start()
                if held.leaving:
                    held.service.retire()

    def _reload(self, service: Service) -> None:
        with logs.about(service.name):
            if not service.reload() and not self._stopping.is_set():
                self._aside("opening", self._reload, service)
