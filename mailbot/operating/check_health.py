"""What `check` says of how it fares: the passes, what is overdue, the disk, the clock. Changes nothing."""

from __future__ import annotations

import os
import shutil
from datetime import timedelta
from pathlib import Path

from mailbot.operating import backups
from mailbot.operating.finding import Level, Parts, Said
from mailbot.operating.health import silent
from mailbot.store import health, queue, turns

MB = 1_000_000
FULL_BYTES, LOW_BYTES = 100 * MB, 1_000 * MB
SLOW = timedelta(seconds=60)  # what two sound clocks never differ by
NTP = "switch time synchronisation on (`timedatectl set-ntp true`)"


def passes(parts: Parts) -> Said:
    """Look over when a pass succeeded last, and whether anybody outside would miss it."""
    settings, now = parts.settings.health, parts.line.store.clock()
    with parts.line.store.reading() as connection:
        last = health.last_pass(connection)
    if last.ok_at is not None:
        when = last.ok_at.astimezone(parts.line.rules.deadlines.zone)
        late = now - last.ok_at > silent(parts.settings)
        doing = ": is `mailbot run` or cron running? What it says is wrong stands in its log" if late else ""
        yield "wrong" if late else "ok", f"the last one that succeeded ended {when:%d.%m.%Y %H:%M}{doing}"
    elif last.ended_at is not None:
        yield "wrong", "none succeeded yet: what is wrong with mailbox or courier is said below"
    else:
        yield "note", "none was made yet: let `mailbot run` or cron make them (README, Install)"
    for name, file in (("heartbeat_file", settings.heartbeat_file), ("metrics_file", settings.metrics_file)):
        if file and not _is_open((parts.folder / file).parent):
            yield "wrong", f"[health] {name}: its folder is not there or can't be written"
    if not settings.heartbeat_file and not settings.heartbeat_url:
        yield "note", "where nothing runs nobody is told: set [health] heartbeat_file or heartbeat_url and watch it"


def turn(parts: Parts) -> Said:
    """Look over whose turn the mailbox is, where hosts share it with others in one database."""
    seen = turns.look(parts.line.store.engine)
    if seen is None:
        return
    shared = f"one of {seen.mailboxes} in this database, shared by {seen.hosts} hosts"
    if seen.holder:
        yield "ok", f"{shared}: {seen.holder} reads it since {seen.since:%Y-%m-%d %H:%M} UTC"
    else:
        yield "note", f"{shared}: none reads it now; start `mailbot run --all` on one, unless cron runs `mailbot poll`"


def overdue(parts: Parts) -> Said:
    """Look over the clocks of what is open."""
    with parts.line.store.reading() as connection:
        total, late = queue.overdue(connection, parts.line.store.clock())
    if late:
        yield "wrong", f"requests of which a clock is over: {late} of {total} that are open; see `mailbot requests`"
    else:
        yield "ok", f"open requests: {total}, no clock is over"


def disk(parts: Parts) -> Said:
    """Look over the room where the store and the backups lie."""
    url = parts.line.store.engine.url
    file = url.database if url.get_backend_name() == "sqlite" else None
    own = {parts.folder.resolve(), *([Path(file).resolve().parent] if file else [])}
    for folder in sorted({*own, *(Path(each) for each in backups.folders(parts.line.store))}):
        if backups.is_there(folder):  # a backup's that is away is told by the backups' line
            yield _room(folder, shutil.disk_usage(folder).free, writable=_is_open(folder))


def _is_open(folder: Path) -> bool:
    """Tell whether this process may make files there; nobody may on a read-only disk."""
    return os.access(folder, os.W_OK | os.X_OK, effective_ids=os.access in os.supports_effective_ids)


def _room(folder: Path, free_bytes: int, *, writable: bool) -> tuple[Level, str]:
    if not writable:
        return "wrong", f"{folder} can't be written: a read-only disk, or a folder of another user"
    if free_bytes < FULL_BYTES:
        return "wrong", f"{folder}: {free_bytes // MB} MB are free: make room, a full disk stops everything"
    if free_bytes < LOW_BYTES:
        return "note", f"{folder}: only {free_bytes // MB} MB are free: make room soon"
    return "ok", f"{folder}: {free_bytes // (1000 * MB)} GB are free"


def clock(parts: Parts) -> Said:
    """Compare the clock with the mailbox's server: a mail can't be decided before it came.

    That it is fast can't be told from old mail, which may have waited: a trial mail tells it. Nothing is said of a
    mailbox on this machine.
    """
    if not parts.line.host:
        return
    with parts.line.store.reading() as connection:
        ahead = health.ahead(connection, parts.line.store.clock())
    if ahead is not None and ahead > SLOW:
        slow = int(ahead.total_seconds())
        yield "wrong", f"this machine is at least {slow} seconds behind the mailbox's server: {NTP}"
    elif ahead is not None:
        yield "ok", "it is not behind the mailbox's server; `mailbot check --canary` tells whether it is ahead"
