"""What others see of a pass: a file and a web address that tell that it succeeded, and a file of figures.

Nothing of it hurts a pass: what can't be written or called is logged. No datum of anybody leaves by it.
"""

from __future__ import annotations

import contextlib
import logging
import os
import tempfile
from pathlib import Path

from mailbot import logs
from mailbot.errors import MailbotError
from mailbot.operating import metrics
from mailbot.settings import HealthSettings
from mailbot.store.store import Store

SECONDS = 5.0  # that a call may take


def beat(store: Store, folder: Path, settings: HealthSettings, *, succeeded: bool) -> None:
    """Tell whoever watches of a pass that ended now; files are named relative to `folder`. Raises nothing of ours."""
    if settings.metrics_file:
        try:
            _write("metrics", folder / settings.metrics_file, metrics.text(store))
        except MailbotError as exc:
            logs.tell("metrics_failed", logging.WARNING, says=str(exc))
    if not succeeded:
        return
    if settings.heartbeat_file:
        _write("heartbeat", folder / settings.heartbeat_file, f"{store.clock().isoformat(timespec='seconds')}\n")
    if settings.heartbeat_url:
        _call(settings.heartbeat_url)


def _write(what: str, path: Path, text: str) -> None:
    """Put a file in place whole, for everybody to read: whoever looks sees the old one or the new one."""
    try:
        handle, name = tempfile.mkstemp(prefix=".mailbot-", dir=path.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                os.fchmod(file.fileno(), 0o644)
                file.write(text)
            Path(name).replace(path)
        except OSError:
            with contextlib.suppress(OSError):
                Path(name).unlink()
            raise
    except OSError as exc:
        logs.tell(f"{what}_failed", logging.WARNING, says=exc.strerror)


def _call(url: str) -> None:
    """Call it with nothing in hand; the address may hold a secret and is not logged."""
    from mailbot.answering.webhook import WebRequest, send  # late: most installations call nobody

    answer = send(WebRequest(method="GET", url=url, headers={}, body=b""), SECONDS)
    if not answer.taken:
        logs.tell("heartbeat_failed", logging.WARNING, says=answer.says)
