"""`mailbot run`: APScheduler wakes the App, IDLE wakes it earlier, until SIGTERM. No rule stands here.

A Service is one installation; many of them on many hosts are fleet.py's, each under a turn that may be taken from it.
Signals are blocked before any thread starts and waited for here. A stop lets the mail in hand be finished, and is kept
waiting for a few seconds at most: what is cut off then goes on with the next start. SIGHUP reads the settings anew.
"""

from __future__ import annotations

import contextlib
import logging
import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

import mailbot.answering.reply  # a first mail does not wait for what it needs, nor find a later version of it
import mailbot.mail
import mailbot.operating.anew  # noqa: F401
from mailbot import logs
from mailbot.app import App, build
from mailbot.doors import Beside, open_watch
from mailbot.errors import MailbotError
from mailbot.store.turns import Turn
from mailbot.systemd import notify

ENDING = {signal.SIGTERM, signal.SIGINT}
SIGNALS = ENDING | {signal.SIGHUP}
GRACE = 4.0  # seconds that a pass has to end by itself
STUCK = 900.0  # seconds without a mail handled or a pass ended, after which systemd is told nothing any more
FAILING = (60.0, 300.0)  # seconds to the next pass after one that failed, where passes are further apart; after many
JITTER = 0.2


@dataclass(frozen=True, slots=True)
class Shared:
    """Under which turn a Service works, where hosts share mailboxes, and what it shares with others in this process."""

    turn: Turn
    beside: Beside


class Running(Protocol):
    """What `serve` keeps going."""

    def start(self) -> None:
        """Begin; what takes long goes on beside."""
        ...

    def reload(self) -> bool:
        """Read the settings anew; False: ask again."""
        ...

    def is_alive(self) -> bool:
        """Tell whether it moves."""
        ...

    def stop(self) -> bool:
        """End in good order; False where something in hand did not end in time."""
        ...


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
        self._queued = False  # a pass is to be made at once and was not begun
        self._timing, self._passing = threading.Lock(), threading.Lock()  # of `_queued`; of whoever works with the App
        self._failures, self._moved_at = 0, time.monotonic()
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
        self._soon()

    def is_alive(self) -> bool:
        """Tell whether a pass is being made that moves, or the next one is due at a time."""
        if not self._passing.locked() and self._scheduler.get_job(self._job) is not None:
            return True
        return time.monotonic() - self._moved_at < STUCK

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
            self._failures = 0
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
        if self.failure is not None:
            self._failures = 0
            self._soon()

    def retire(self) -> None:
        """Make no further pass; the one in hand ends after its mail, then `is_retired`. May be called again."""
        self._stopping.set()
        with contextlib.suppress(LookupError):  # it is being made, or was never set
            self._scheduler.remove_job(self._job)
        self._settle()

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
                self.is_retired = True
        finally:
            self._passing.release()

    def _build(self) -> App:
        app = build(self._folder, beside=self._shared.beside if self._shared else None)
        app.line = replace(app.line, stop=self._is_time_to_go)
        if self._shared:
            app.take_over(self._shared.turn)
        return app

    def _is_time_to_go(self) -> bool:
        self._moved_at = time.monotonic()  # asked before a pass and between two mails
        return self._stopping.is_set()

    def _pass(self) -> None:
        with self._timing:
            self._queued = mine = False
        try:
            with logs.about(self.name), self._alone() as mine:
                if mine and not self._is_time_to_go():
                    self._make()
        finally:
            if mine:
                self._moved_at = time.monotonic()
                self._set_next()
            else:
                self._news.set()  # whoever works with the App sets the next one

    def _make(self) -> None:
        self._news.clear()
        self._failures += 1  # also where it ends in a way that nobody thought of
        self.failure = one_pass(self._app)
        self.passes += 1
        if self.failure is None:
            self._failures = 0

    def _pause(self) -> float:
        """Return the seconds to the next pass: after a failure sooner, then later each time, and left to chance."""
        usual = float(self._app.settings.schedule.poll_seconds)
        if not self._failures:
            return usual
        first = min(usual, FAILING[0])
        longest = max(usual, FAILING[1])
        return min(first * 2.0 ** min(self._failures - 1, 20), longest) * (1 + JITTER * random.random())

    def _soon(self) -> None:
        """Have a pass made at once; one that waits for its thread already sees what came until it begins."""
        with self._timing:
            self._next(0)

    def _set_next(self) -> None:
        with self._timing:
            self._next(0 if self._news.is_set() and not self._failures else self._pause())

    def _next(self, seconds: float) -> None:
        if not self._queued and not self._stopping.is_set():
            self._queued = not seconds
            at = datetime.now(UTC) + timedelta(seconds=seconds)
            self._scheduler.add_job(self._pass, "date", run_date=at, id=self._job, replace_existing=True)

    def _wake(self) -> None:
        """Have the next pass made at once; while one is made, right after it; after a failure, in its time."""
        self._news.set()
        if not (self._failures or self._passing.locked()):
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


def serve(make: Callable[[], Running]) -> int:
    """Make passes until SIGTERM or SIGINT; return the exit code. Raises what `make` raises."""
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    service = make()
    service.start()
    notify("READY=1")
    reloading = False
    while (found := signal.sigtimedwait(SIGNALS, 0 if reloading else 1.0)) is None or found.si_signo not in ENDING:
        if found is not None and not reloading:
            reloading = True
            notify(f"RELOADING=1\nMONOTONIC_USEC={time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000}")
        if reloading and service.reload():
            reloading = False
            notify("READY=1")
        if service.is_alive():
            notify("WATCHDOG=1")
    notify("STOPPING=1")
    if not service.stop():
        says = "stopped in the middle of a pass: what was not done is done by the next start"
        logs.tell("stopped", logging.WARNING, says=says)
        logging.shutdown()
        os._exit(0)  # threads that wait for a server would be waited for
    return 0


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
