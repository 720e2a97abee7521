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
from mailbot.bars import Bars
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
ASIDE = {
    "opening": 4,
    "closing": 4,
    "helping": 2,
    "knocking": 2,
}  # threads for what must not wait for passes, nor they for it
ROUND_SECONDS = 0.5  # between the beginnings of two rounds, however much is told
AFTER = 15.0  # seconds after an outage of the database in which a pass that failed of it is made again at once
NOW = timedelta()
ORPHAN = timedelta(seconds=6)  # a turn that nobody took for so long is taken by who can, after twice that by anybody


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
    failed: type[Exception] | None = None  # it could not be opened

    @property
    def has_ended(self) -> bool:
        """Whether nothing is done under it any more."""
        return self.failed is not None or (self.service is not None and self.service.is_retired)

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
        self._bars = Bars(self._beside.reach)
        self._under_way, self._counting = 0, threading.Lock()  # what is done in threads of its own
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

    def keep_time(self) -> None:
        """Have each pass made that is due."""
        for held in list(self._held.values()):
            if held.service is not None:
                held.service.keep_time()

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
        while not (ended := self._has_ended(held)) and time.monotonic() < until:
            time.sleep(0.05)
        self._scheduler.shutdown(wait=False)
        if not self._rounds.is_alive():  # else it still waits for the database: then they lapse
            with contextlib.suppress(StoreUnavailable):
                self._seat.leave()
        self._beside.store.close()
        return ended

    def _has_ended(self, held: list[Held]) -> bool:
        return all(each.has_ended for each in held) and not self._stuck and not self._under_way

    # ---- rounds --------------------------------------------------------------------------------------------

    def _go_round(self) -> None:
        failed_at = -AFTER
        while not self._stopping.is_set():
            self._moved_at = time.monotonic()
            try:
                self._round()
                self._retry(database=self._moved_at - failed_at < AFTER)
                called = set(self._seat.hear(BEAT_SECONDS / 2))
                self._helper.help({box: self._members[box] for box in called & self._not_ours()})
            except Exception as exc:  # noqa: BLE001 - what we have goes on: it commits nothing that it may not
                failed_at = time.monotonic()
                logs.failed(exc if isinstance(exc, MailbotError) else MailbotError(f"a round: {type(exc).__name__}"))
                self._stopping.wait(BEAT_SECONDS)
            self._stopping.wait(self._moved_at + ROUND_SECONDS - time.monotonic())
        self._seat.close()

    def _round(self) -> None:
        """Say that we are alive, leave and give back what others shall have, take what is ours."""
        if self._reread.is_set():
            self._look_anew()
            self._reread.clear()
        self._seat.beat(self._members, self._bars.now(self._members))
        standing = self._seat.standing()
        for mailbox, held in list(self._held.items()):
            self._look_after(mailbox, held, standing)
        stay = [mailbox for mailbox, held in self._held.items() if not held.leaving]
        for mailbox in standing.over(stay, len(self._held) - len(stay)):
            self._held[mailbox].leave()
        self._seat.give_back([mailbox for mailbox in standing.mine if mailbox not in self._held])
        if standing.free:
            self._take(standing)
        self._stuck = [held for held in self._stuck if not held.has_ended]
        for mailbox in self._bars.due():
            self._aside("opening", self._try, mailbox, self._members.get(mailbox))
        self._helper.look(self._members, self._not_ours)

    def _not_ours(self) -> set[str]:
        return self._members.keys() - self._held.keys()

    def _look_after(self, mailbox: str, held: Held, standing: Standing) -> None:
        """Leave what another host took since and only another can read; have done with what has ended."""
        service, lost = held.service, standing.mine.get(mailbox) != held.number
        cut_off = service is not None and self._bars.is_cut_off(mailbox, service)
        if held.leaving or lost or (cut_off and standing.others(mailbox)) or mailbox not in self._members:
            held.leave()
        if cut_off or held.is_stuck:
            self._bars.bar(mailbox)
        if held.is_stuck:
            held.leave()
            self._stuck.append(held)
        elif not held.has_ended:
            return
        if held.failed is not None:
            self._bars.rest(mailbox, held.failed)
        del self._held[mailbox]
        logs.tell("turn_lost" if lost else "turn_given_back", mailbox=mailbox)

    def _take(self, standing: Standing) -> None:
        cannot, taken = self._bars.now(self._members), dict[str, int]()
        might = [box for box in self._members if box not in self._held and box not in self._bars.unable]
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
        for service in (held.service for held in self._held.values() if held.service is not None):
            failure = service.failure
            reached = isinstance(failure, MailboxUnavailable) and service.servers[0] in back
            sends = isinstance(failure, CourierUnavailable) and service.servers[1] in back
            if reached or sends or (database and isinstance(failure, StoreUnavailable)):
                service.retry()

    def _look_anew(self) -> None:
        try:
            found = members(self._folder)
            self._seat.enlist(list(found))
            self._members = found
        except ConfigError as exc:
            logs.tell("reload_failed", logging.ERROR, says=f"the mailboxes stay as they were: {exc}")
        self._bars.forget()
        for held in self._held.values():
            if held.service is not None:
                self._aside("opening", self._reload, held.service)

    # ---- in threads of their own ---------------------------------------------------------------------------

    def _aside(self, threads: str, work: Callable[..., None], *arguments: object) -> None:
        self._count(1)
        self._scheduler.add_job(self._counted, args=(work, *arguments), executor=threads)

    def _counted(self, work: Callable[..., None], *arguments: object) -> None:
        try:
            work(*arguments)
        finally:
            self._count(-1)

    def _count(self, more: int) -> None:
        with self._counting:
            self._under_way += more

    def _open(self, mailbox: str, member: Member, held: Held) -> None:
        failed: type[Exception] | None = TemporaryError  # whatever it is: the turn goes back
        with logs.about(mailbox):
            try:
                if not held.leaving:
                    held.service = Service(
                        member.folder, self._scheduler, Shared(Turn(mailbox, held.number), self._beside)
                    )
                    held.service.start()
                    failed = None
            except MailbotError as exc:
                logs.failed(exc)
                failed = type(exc)
            finally:
                if held.service is None:
                    held.failed = failed
                elif failed or held.leaving:
                    held.leave()

    def _try(self, mailbox: str, member: Member | None) -> None:
        if member is None or self._helper.opened(mailbox, member):
            self._bars.opened(mailbox)

    def _reload(self, service: Service) -> None:
        with logs.about(service.name):
            if not service.reload() and not self._stopping.is_set():
                self._aside("opening", self._reload, service)
