"""`mailbot run`: APScheduler wakes the App, IDLE wakes it earlier. No rule stands here.

A Service is one installation; many of them on many hosts are fleet.py's, each under a turn that may be taken from it.
A stop lets the mail in hand be finished, and is kept waiting for a few seconds at most: what is cut off then goes on
with the next start. Signals are serve.py's.
"""

from __future__ import annotations

import contextlib
import logging
import math
import random
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

import mailbot.answering.reply  # a first mail does not wait for what it needs, nor find a later version of it
import mailbot.mail
import mailbot.operating.anew  # noqa: F401
from mailbot import logs
from mailbot.app import App, build
from mailbot.doors import Beside, open_watch
from mailbot.errors import MailbotError, MailboxUnavailable
from mailbot.store.turns import Turn
from mailbot.urls import courier_url, mailbox_url

GRACE = 4.0  # seconds that a pass has to end by itself
STUCK = 900.0  # seconds without a mail handled or a pass ended, after which systemd is told nothing any more
FAILING = (60.0, 300.0)  # seconds to the next pass after one that failed, where passes are further apart; after many
JITTER = 0.2
LATE = 5.0  # seconds that a pass may be late before the machine's clock is not waited for
FULL = 2.0  # seconds to the next try where enough passes wait for a server already


@dataclass(frozen=True, slots=True)
class Shared:
    """Under which turn a Service works, where hosts share mailboxes, and what it shares with others in this process."""

    turn: Turn
    beside: Beside


def new_scheduler(**threads: int) -> BackgroundScheduler:
    """Return what wakes passes, so many at once; each further sort of work has threads of its own."""
    # More than one instance: the next pass is set while APScheduler still counts this one, and would drop it.
    usual = {"misfire_grace_time": None, "max_instances": 9}
    pools = {name: ThreadPoolExecutor(many) for name, many in threads.items()}
    return BackgroundScheduler(timezone=UTC, job_defaults=usual, executors=pools)


class Service:
    """The passes of one installation, one after the other; what wakes them comes from other threads."""

    def __init__(
        self, folder: Path, scheduler: BackgroundScheduler | None = None, shared: Shared | None = None
    ) -> None:
        """Build the App; the scheduler is its own where none is given. Raises ConfigError, StoreUnavailable."""
        self._folder, self._shared = folder, shared
        self.name, number = (shared.turn.mailbox, shared.turn.number) if shared else ("", 0)
        self._job = f"pass {folder} {number}"  # another one each time it is ours
        self.failure: MailbotError | None = None  # what ended the last pass early
        self.passes = 0
        self._stopping, self._news = threading.Event(), threading.Event()
        self._queued = self._closing = False  # a pass is to be made at once and was not begun; the end is begun
        self._timing, self._passing = threading.Lock(), threading.Lock()  # of `_queued`; of whoever works with the App
        self.failures, self._moved_at, self._due = 0, time.monotonic(), math.inf
        self.is_retired = False
        self._watched: tuple[threading.Thread, threading.Event] | None = None
        self._own = scheduler is None
        self._scheduler = scheduler or new_scheduler(default=1)
        self._app = self._build()

    def start(self) -> None:
        """Make the first pass now."""
        if self._own:
            self._scheduler.start()
        with self._alone(1):
            self._watch()
        self._soon()  # last: a pass that finds somebody at work leaves the next one to him

    def is_alive(self) -> bool:
        """Tell whether a pass is being made that moves, or the next one is due at a time."""
        if not self._passing.locked() and self._scheduler.get_job(self._job) is not None:
            return True
        return time.monotonic() - self._moved_at < STUCK

    def keep_time(self) -> None:
        """Have the pass made that is due by a clock that nobody sets, where the machine's was set back."""
        if time.monotonic() > self._due + LATE and self._scheduler.get_job(self._job) is not None:
            self._soon()

    def reload(self) -> bool:
        """Read the settings anew once the pass in hand is done; what can't be read leaves everything as it was.

        Returns False where the pass takes long still: ask again.
        """
        with self._alone(1) as mine:
            if self._stopping.is_set():
                return True
            if not mine:
                return False
            try:
                app = self._build()
            except MailbotError as exc:
                logs.tell("reload_failed", logging.ERROR, says=f"the settings stay as they were: {exc}")
                return True
            self._app, old = app, self._app
            old.close()
            self.failures = 0
            self._watch()
        self._soon()
        logs.reloaded(self._app.settings.log.format if self._own else "")
        return True

    def stop(self) -> bool:
        """End in good order; False where a pass in hand did not end in time, and the process has to go all the same."""
        self._stopping.set()
        self._unwatch()
        self._scheduler.shutdown(wait=False)
        if not self._passing.acquire(timeout=GRACE):
            return False
        self._app.close()
        return True

    def retry(self) -> None:
        """Make the next pass now: what the last one failed of is over."""
        if self.failure is not None and not self._passing.locked():
            self._soon()

    def retire(self) -> None:
        """Make no further pass; the one in hand ends after its mail, then `is_retired`. May be called again."""
        self._stopping.set()
        with self._timing:
            with contextlib.suppress(LookupError):  # it is being made, or was never set
                self._scheduler.remove_job(self._job)
            if not self._closing:  # a server may keep its LOGOUT waiting: no round waits for it
                self._closing = True
                self._scheduler.add_job(self._close, executor="closing")

    def _close(self) -> None:
        try:
            self._settle()
        finally:
            self._closing = False

    @contextlib.contextmanager
    def _alone(self, seconds: float = 0) -> Iterator[bool]:
        """Work with the App, if nobody does, or stops to within so many seconds."""
        mine = self._passing.acquire(timeout=seconds) if seconds else self._passing.acquire(blocking=False)
        try:
            yield mine
        finally:
            if mine:
                self._passing.release()
                self._settle()

    def _settle(self) -> None:
        """Close everything, where it is to be retired and nobody works with it: whoever does comes here then."""
        if self._shared is None or not self._stopping.is_set() or not self._passing.acquire(blocking=False):
            return
        try:
            if not self.is_retired:
                self._unwatch()
                self._app.close()
        finally:
            self.is_retired = True
            self._passing.release()

    def _build(self) -> App:
        app = build(self._folder, beside=self._shared.beside if self._shared else None)
        self.servers = mailbox_url(app.settings.mailbox.url).server, courier_url(app.settings.courier.url).server
        app.line = replace(app.line, stop=self._is_time_to_go)
        if self._shared:
            app.take_over(self._shared.turn)
        return app

    def _is_time_to_go(self) -> bool:
        self._moved_at = time.monotonic()  # asked before a pass and between two mails
        return self._stopping.is_set()

    def _pass(self) -> None:
        with self._timing:
            self._queued = mine = may = False
        self._news.set()  # where somebody works with the App, he sets the next one
        try:
            with logs.about(self.name), self._may_pass() as may, self._alone() as mine:
                if may and mine and not self._is_time_to_go():
                    self._make()
        finally:
            if mine:
                self._moved_at = time.monotonic()
                self._set_next(0 if may else FULL)

    def _make(self) -> None:
        self._news.clear()
        self.failures += 1  # also where it ends in a way that nobody thought of
        self.failure = one_pass(self._app)
        self.passes += 1
        if self.failure is None:
            self.failures = 0
        if self._shared:
            cut_off = isinstance(self.failure, MailboxUnavailable)
            self._shared.beside.reach.passed(self.servers[0], failed=cut_off)

    def _pause(self) -> float:
        """Return the seconds to the next pass: after a failure sooner, then later each time, and left to chance."""
        usual = float(self._app.settings.schedule.poll_seconds)
        if not self.failures:
            return usual
        first = min(usual, FAILING[0])
        longest = max(usual, FAILING[1])
        return min(first * 2.0 ** min(self.failures - 1, 20), longest) * (1 + JITTER * random.random())

    def _soon(self) -> None:
        """Have a pass made at once; one that waits for its thread already sees what came until it begins."""
        with self._timing:
            self._next(0)

    def _set_next(self, least: float = 0) -> None:
        with self._timing:
            self._next(least if least or (self._news.is_set() and not self.failures) else self._pause())

    def _may_pass(self) -> contextlib.AbstractContextManager[bool]:
        reach = self._shared.beside.reach if self._shared else None
        return reach.passing(self.servers[0]) if reach else contextlib.nullcontext(True)

    def _next(self, seconds: float) -> None:
        if not self._queued and not self._stopping.is_set():
            self._queued = not seconds
            at, self._due = datetime.now(UTC) + timedelta(seconds=seconds), time.monotonic() + seconds
            self._scheduler.add_job(self._pass, "date", run_date=at, id=self._job, replace_existing=True)

    def _wake(self) -> None:
        """Have the next pass made at once; while one is made, right after it; after a failure, in its time."""
        self._news.set()
        if not (self.failures or self._passing.locked()):
            self._soon()

    def _watch(self) -> None:
        self._unwatch()
        watch = open_watch(self._folder, self._app.settings, self._app.line.store)
        if watch is not None and not self._stopping.is_set():
            stop = threading.Event()
            run = logs.about(self.name)(watch.run)
            thread = threading.Thread(target=run, args=(self._wake, stop), name="watch", daemon=True)
            thread.start()
            self._watched = thread, stop

    def _unwatch(self) -> None:
        if self._watched is not None:
            self._watched[1].set()  # it ends by itself within a second; nothing waits for it
            self._watched = None


def one_pass(app: App) -> MailbotError | None:
    """Make one pass; what failed is logged by its sentence, returned, and tried again at the next."""
    try:
        counts, failure = app.poll()
    except MailbotError as exc:
        counts, failure = {}, exc
    if app.settings.oauth.provider:  # a provider cuts what is open when its token ends, within the hour
        app.mailbox.close()
    logs.passed(counts)
    if failure is not None:
        logs.failed(failure)
    return failure
