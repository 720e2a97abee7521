"""`mailbot run`: APScheduler wakes the App until SIGTERM; speaks systemd's notify protocol. No rule stands here.

Signals are blocked before any thread starts and waited for here, so a stop lets the mail in hand be finished.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from apscheduler.schedulers.background import BackgroundScheduler

from mailbot import logs
from mailbot.app import App, build
from mailbot.errors import MailbotError

SIGNALS = {signal.SIGTERM, signal.SIGINT}
log = logging.getLogger("mailbot")


def serve(folder: Path) -> int:
    """Make passes as `[schedule] poll_seconds` says until SIGTERM or SIGINT; return the exit code."""
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    stopping = threading.Event()
    app = build(folder)
    app.line = replace(app.line, stop=stopping.is_set)
    scheduler = BackgroundScheduler(
        timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
    )
    scheduler.add_job(
        one_pass, "interval", args=[app], seconds=app.settings.schedule.poll_seconds, next_run_time=datetime.now(UTC)
    )
    scheduler.start()
    notify("READY=1")
    try:
        while signal.sigtimedwait(SIGNALS, 1.0) is None:
            notify("WATCHDOG=1")
    finally:
        notify("STOPPING=1")
        stopping.set()
        scheduler.shutdown(wait=True)
        app.close()
    return 0


def one_pass(app: App) -> None:
    """Make one pass; what failed is logged by its sentence, and tried again at the next."""
    try:
        counts, failure = app.poll()
    except MailbotError as exc:
        counts, failure = {}, exc
    logs.passed(counts)
    if failure is not None:
        logs.failed(failure)


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
