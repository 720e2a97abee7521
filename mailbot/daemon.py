"""`mailbot run`: APScheduler wakes the App, IDLE wakes it earlier, until SIGTERM. No rule stands here.

Signals are blocked before any thread starts and waited for here. A stop lets the mail in hand be finished, and is kept
waiting for a few seconds at most: what is cut off then goes on with the next start. SIGHUP reads the settings anew.
Speaks systemd's notify protocol (sd_notify(3)).
"""

from __future__ import annotations

import logging
import os
import random
import signal
import socket
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from apscheduler.schedulers.background import BackgroundScheduler

from mailbot import logs
from mailbot.app import App, build
from mailbot.doors import open_watch
from mailbot.errors import MailbotError

ENDING = {signal.SIGTERM, signal.SIGINT}
SIGNALS = ENDING | {signal.SIGHUP}
GRACE = 4.0  # seconds that a pass has to end by itself
STUCK = 900.0  # seconds without a mail handled or a pass ended, after which systemd is told nothing any more
FAILING = (60.0, 300.0)  # seconds to the next pass after one that failed, where passes are further apart; after many
JITTER = 0.2
log = logging.getLogger("mailbot")


class Service:
    """The passes of one installation, one after the other; what wakes them comes from other threads."""

    def __init__(self, folder: Path) -> None:
        """Build the App. Raises ConfigError, StoreUnavailable."""
        self._folder = folder
        self._stopping, self._news = threading.Event(), threading.Event()
        self._passing = threading.Lock()
        self._failures, self._moved_at = 0, time.monotonic()
        self._watched: tuple[threading.Thread, threading.Event] | None = None
        # More than one instance: the next pass is set while APScheduler still counts this one, and would drop it.
        usual = {"misfire_grace_time": None, "max_instances": 9}
        self._scheduler = BackgroundScheduler(timezone=UTC, job_defaults=usual)
        self._app = self._build()

    def start(self) -> None:
        """Make the first pass now."""
        self._scheduler.start()
        self._next(0)
        self._watch()

    def is_alive(self) -> bool:
        """Tell whether a pass is being made that moves, or the next one is due at a time."""
        if self._passing.locked():
            return time.monotonic() - self._moved_at < STUCK
        return bool(self._scheduler.get_jobs()) or time.monotonic() - self._moved_at < STUCK

    def reload(self) -> bool:
        """Read the settings anew once the pass in hand is done; what can't be read leaves everything as it was.

        Returns False where the pass takes long still: ask again.
        """
        if not self._passing.acquire(timeout=1):
            return False
        try:
            app = self._build()
        except MailbotError as exc:
            logs.tell("reload_failed", logging.ERROR, says=f"the settings stay as they were: {exc}")
            return True
        else:
            self._app, old = app, self._app
            old.close()
        finally:
            self._passing.release()
        self._failures = 0
        self._watch()
        self._next(0)
        logs.tell("reloaded")
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

    def _build(self) -> App:
        app = build(self._folder)
        app.line = replace(app.line, stop=self._is_time_to_go)
        return app

    def _is_time_to_go(self) -> bool:
        self._moved_at = time.monotonic()  # asked between two mails
        return self._stopping.is_set()

    def _pass(self) -> None:
        with self._passing:
            if self._stopping.is_set():
                return
            self._moved_at = time.monotonic()
            self._news.clear()
            self._failures += 1  # also where it ends in a way that nobody thought of
            try:
                if one_pass(self._app):
                    self._failures = 0
            finally:
                self._moved_at = time.monotonic()
                if not self._stopping.is_set():
                    self._next(self._pause())
        if self._news.is_set():
            self._wake()

    def _pause(self) -> float:
        """Return the seconds to the next pass: after a failure sooner, then later each time, and left to chance."""
        usual = float(self._app.settings.schedule.poll_seconds)
        if not self._failures:
            return usual
        first = min(usual, FAILING[0])
        longest = max(usual, FAILING[1])
        return min(first * 2.0 ** min(self._failures - 1, 20), longest) * (1 + JITTER * random.random())

    def _next(self, seconds: float) -> None:
        at = datetime.now(UTC) + timedelta(seconds=seconds)
        self._scheduler.add_job(self._pass, "date", run_date=at, id="pass", replace_existing=True)

    def _wake(self) -> None:
        """Have the next pass made at once; while one is made, right after it; after a failure, in its time."""
        self._news.set()
        if not (self._failures or self._stopping.is_set() or self._passing.locked()):
            self._next(0)

    def _watch(self) -> None:
        self._unwatch()
        watch = open_watch(self._folder, self._app.settings, self._app.line.store)
        if watch is not None:
            stop = threading.Event()
            thread = threading.Thread(target=watch.run, args=(self._wake, stop), name="watch", daemon=True)
            thread.start()
            self._watched = thread, stop

    def _unwatch(self) -> None:
        if self._watched is not None:
            self._watched[1].set()  # it ends by itself within a second; nothing waits for it
            self._watched = None


def serve(folder: Path) -> int:
    """Make passes until SIGTERM or SIGINT; return the exit code."""
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    service = Service(folder)
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


def one_pass(app: App) -> bool:
    """Make one pass; what failed is logged by its sentence, False then, and tried again at the next."""
    try:
        counts, failure = app.poll()
    except MailbotError as exc:
        counts, failure = {}, exc
    if app.settings.oauth.provider:  # a provider cuts what is open when its token ends, within the hour
        app.mailbox.close()
    logs.passed(counts)
    if failure is not None:
        logs.failed(failure)
    return failure is None


def notify(state: str) -> None:
    """Tell systemd (sd_notify(3)); nothing where it did not start us."""
    path = os.environ.get("NOTIFY_SOCKET", "")
    if not path:
        return
    address = "\0" + path[1:] if path.startswith("@") else path
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
        try:
            channel.sendto(state.encode(), address)
        except OSError as exc:
            log.debug("systemd can't be told (%s)", exc.strerror)
