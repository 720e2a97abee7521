"""Tells when passes fail: the operator is mailed once when none succeeded for long, and once when one does again.

What it knows lies in the store, so a pass of cron goes on where the last one ended. Where nothing runs at all nobody
is told from here: heartbeat.py is for that.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from mailbot.deciding.decision import Owed
from mailbot.errors import CourierRefused, CourierUnavailable, MailbotError, MailboxRefused, MailboxUnavailable
from mailbot.operating.away import until
from mailbot.pipeline import Line, owe
from mailbot.reading.address import address_key
from mailbot.settings import Settings
from mailbot.store import health
from mailbot.store.unit import Unit

FAILING = timedelta(minutes=5)  # that passes must fail: a machine that slept has one bad pass when it wakes up
WHY: dict[type[MailbotError], str] = {  # as the template names it
    MailboxUnavailable: "mailbox", MailboxRefused: "mailbox_refused", CourierUnavailable: "courier",
    CourierRefused: "courier_refused",
}  # fmt: skip


def watch(line: Line, settings: Settings, failure: MailbotError | None) -> None:
    """Owe the operator a mail where this pass fails and none succeeded for too long; once for each such time.

    Nothing while paused or in shadow, where no mail leaves. Raises StoreUnavailable.
    """
    if failure is None or not line.store.acts:
        return
    with line.store.unit() as unit:
        since, failing = _since(unit), health.last_pass(unit.connection).failing_since or unit.now
        over = unit.now - since >= silent(settings) and unit.now - failing >= FAILING
        if not over or unit.note(health.SILENT):
            return
        why = {"why": WHY.get(type(failure), "other"), "says": str(failure)}
        unit.set_note(health.SILENT, json.dumps({"since": since.isoformat(), **why}))
        _tell(unit, line, settings, {"since": since, "back_at": None, **why})


def finish(line: Line, settings: Settings, failure: MailbotError | None, seconds: float) -> None:
    """Note how a pass ended; where it succeeded again, owe the operator the good news. Raises StoreUnavailable."""
    watch(line, settings, failure)  # the courier may have failed since
    with line.store.unit() as unit:
        health.note_pass(unit, succeeded=failure is None, seconds=seconds)
        told = json.loads(unit.note(health.SILENT) or "{}")
        if failure is None and told and not unit.in_shadow() and unit.note("paused") != "yes":
            unit.set_note(health.SILENT, "")
            since = datetime.fromisoformat(told.pop("since"))
            _tell(unit, line, settings, {"since": since, "back_at": unit.now, **told})


def silent(settings: Settings) -> timedelta:
    """Return after how long without a pass that succeeded something is wrong: two passes of `run` at least."""
    return max(timedelta(minutes=settings.health.silent_minutes), 2 * timedelta(seconds=settings.schedule.poll_seconds))


def take_back(line: Line, failure: MailbotError | None) -> None:
    """End an unsent mail that tells that nothing works, where this pass works so far: then it is not true any more.

    Of what kept our own mail from leaving the operator hears when it is over.
    """
    if failure is None and line.store.note(health.SILENT):
        with line.store.unit() as unit:
            health.take_back(unit)


def _since(unit: Unit) -> datetime:
    """Return since when no pass succeeded: the last one that did, else the installation."""
    last = health.last_pass(unit.connection).ok_at
    return last or datetime.fromisoformat(unit.note("installed_at") or unit.now.isoformat())


def _tell(unit: Unit, line: Line, settings: Settings, values: dict[str, Any]) -> None:
    """Owe it to the operator; while she is away to the deputy too. No data of anybody stand in it."""
    operator = settings.operator
    away = until(line) is not None
    readers = {address_key(addr): addr for addr in (operator.mail, operator.deputy if away else "") if addr}
    for addr in (addr for addr in readers.values() if not line.is_own(addr)):
        owed = Owed(
            template="operator-health", role="operator", to=addr, language=operator.language, values=values,
            threads=False,
        )  # fmt: skip
        owe(unit, owed, line)
