"""When the operator is told by mail, and of what: a list a day, at once what can't wait or answers what she did.

To an address that she proved by one answer; before that it is only asked for that answer. Without an address of hers
the list is laid into the folder that is read, and nothing mailed there is ever an answer. The deputy has a list of her
own: of what is late, or of everything while the operator is away.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from mailbot.operating import byhand, cards, orders
from mailbot.operating.away import until
from mailbot.operating.cards import Reader, Told
from mailbot.operating.digest import ask_of
from mailbot.operating.reminders import is_late
from mailbot.operating.waiting import is_held_back
from mailbot.pipeline import Line
from mailbot.ports import Mailbox
from mailbot.reading.address import address_key
from mailbot.settings import OperatorSettings
from mailbot.store import digest, journal, queue, reminders
from mailbot.store.tables import Request
from mailbot.store.unit import Unit

MOST_ITEMS = 50
MOST_MAILS = 50  # a day, of which a list a day and what answers her are a few
URGENT = ("breaker",)  # reasons that can't wait until tomorrow
NOT_HERS = ("nothing", "wait")


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Where the operator is told: the settings, and the mailbox where it can be written to now."""

    settings: OperatorSettings
    mailbox: Mailbox | None
    do_folders: bool = False


def tell_operator(line: Line, desk: Desk) -> int:
    """Owe the operator one mail about what she has to know or decide; return of how many requests it tells.

    Nothing while paused or in shadow: it could not leave, and would tell of yesterday when it does. Raises
    MailboxUnavailable, MailboxRefused where the list is to lie in the mailbox.
    """
    with line.store.looking():
        if not line.store.acts:
            return 0
        is_stale, waits = (bool(line.store.note(name)) for name in (digest.STALE, digest.TO_LAY))
    if desk.mailbox is not None and is_stale:
        cards.take_away(line, desk.mailbox)
    if desk.mailbox is not None and waits:
        cards.lay(line, desk.mailbox)  # one that could not be laid before
    with line.store.looking():
        if _is_loud(line):
            return 0
        held_back, away = is_held_back(line), until(line) is not None
    mail, deputy = ("" if line.is_own(each) else each for each in (desk.settings.mail, desk.settings.deputy))
    reader = Reader(to=mail or line.frame.mailbox, language=desk.settings.language)
    with line.store.unit() as unit:
        digest.know(unit, (mail, deputy))
        fresh = [row for row in journal.untold(unit.connection) if held_back or not _goes_out(row)]
        told = Told()
        if mail and not digest.is_proven(unit, mail):
            _ask(unit, line, reader)
        elif mail or desk.mailbox is not None:
            told = _told(unit, line, desk.settings, fresh)
        if deputy and address_key(deputy) != address_key(mail):
            late = _for_deputy(unit, told.rows, away=away)
            _tell_deputy(unit, line, replace(reader, to=deputy, deputy=True), late)
        if told and mail:
            cards.owe_list(unit, line, reader, told)
        elif told:
            cards.keep_for_inbox(unit, cards.write_for_inbox(unit, line, reader, told, folders=desk.do_folders))
        _note(unit, line, desk.settings, told)
    if desk.mailbox is not None and told:
        cards.lay(line, desk.mailbox)
    return len(told.rows)


def _is_loud(line: Line) -> bool:
    """Tell whether she got so many mails within a day that something answers them by itself: then it waits."""
    with line.store.reading() as connection:
        since = line.store.clock() - timedelta(days=1)
        return digest.mails_since(connection, since) >= MOST_MAILS


def _note(unit: Unit, line: Line, settings: OperatorSettings, told: Told) -> None:
    for row in told.rows:
        unit.update(Request, row.id, told_at=unit.now)
    digest.told(unit, told.beside.get("cards", ()))
    if told.rows and _is_due(unit, line, settings):  # what can't wait until its hour is not the day's list
        unit.set_note(digest.DAY, _today(line, unit.now))


def _told(unit: Unit, line: Line, settings: OperatorSettings, fresh: list[Any]) -> Told:
    """Return what is to be told now."""
    daily = bool(settings.digest_at)
    due = daily and _is_due(unit, line, settings)
    became = digest.untold(unit, deputy=False)
    beside: dict[str, Any] = {"failed": orders.failed(unit), "unread": digest.unread(unit, deputy=False, tried=True)}
    beside |= {"done": [_became(card) for card in became], "cards": became}
    if (due and _is_to_look(unit, line, fresh)) or any(beside.values()):
        rows = _waiting(unit, fresh)  # what she answers next is on the list of the mail that she answers
        if not rows and unit.note(digest.LAID):
            unit.set_note(digest.STALE, "yes")  # nothing waits any more: the list that lies there goes
    else:
        rows = [row for row in fresh if not daily or row.reason in URGENT or is_late(row, unit)]
    if not daily or due or rows or any(beside.values()):
        beside |= byhand.tells(unit, writes=bool(rows) or any(beside.values()))
    told = Told(rows=rows[:MOST_ITEMS], beside=beside)
    if told:
        beside["unread"] += digest.unread(unit, deputy=False, tried=False)
        hers = queue.count(unit.connection)[1]
        beside["more"] = max(0, hers - MOST_ITEMS) if len(rows) >= MOST_ITEMS else 0
        counts = {"held": hers, "unmatched": queue.unmatched(unit.connection)}
        beside["counts"] = {name: count for name, count in counts.items() if count}
    return told


def _is_to_look(unit: Unit, line: Line, fresh: list[Any]) -> bool:
    """Tell whether to look through all requests: once a day, and when something new is to be told."""
    today = _today(line, unit.now)
    if unit.note(digest.LOOKED) == today and not fresh:
        return False
    unit.set_note(digest.LOOKED, today)
    return True


def _waiting(unit: Unit, fresh: list[Any]) -> list[Any]:
    """Return all that waits for her, first due first, and what else she was not told yet."""
    waits = [row for row in queue.page(unit.connection, first=0, most=MOST_ITEMS) if ask_of(row) not in NOT_HERS]
    known = {row.id for row in waits}
    return [*waits, *(row for row in fresh if row.id not in known)]


def _is_due(unit: Unit, line: Line, settings: OperatorSettings) -> bool:
    """Tell whether today's list did not go yet and its hour has come."""
    now = unit.now.astimezone(line.rules.deadlines.zone)
    return now.strftime("%H:%M") >= settings.digest_at and unit.note(digest.DAY) != _today(line, unit.now)


def _today(line: Line, now: datetime) -> str:
    return now.astimezone(line.rules.deadlines.zone).date().isoformat()


def _became(card: Any) -> dict[str, Any]:
    return {"at": card.number, "number": card.request_id or "", "result": card.result, "why": card.why}


def _ask(unit: Unit, line: Line, reader: Reader) -> None:
    """Ask an address for its proof: at once, and then once a day where something waits."""
    asked: dict[str, str] = json.loads(unit.note(digest.ASKED) or "{}")
    key, today = unit.keys.suppression(reader.to), _today(line, unit.now)
    if asked.get(key) == today:
        return
    waiting = queue.count(unit.connection)[1]
    if waiting or key not in asked:
        cards.ask_for_proof(unit, line, reader, waiting)
    unit.set_note(digest.ASKED, json.dumps({**asked, key: today}))


def _tell_deputy(unit: Unit, line: Line, reader: Reader, late: list[Any]) -> None:
    proven = digest.is_proven(unit, reader.to)
    became = digest.untold(unit, deputy=True) if proven else []
    unread = digest.unread(unit, deputy=True, tried=True) if proven else []
    told = Told(rows=late, beside={"done": [_became(card) for card in became], "unread": unread})
    if told and not proven:
        _ask(unit, line, reader)
    elif told:
        told.beside["unread"] += digest.unread(unit, deputy=True, tried=False)
        cards.owe_list(unit, line, reader, told)
        digest.told(unit, became)
        for row in late:
            reminders.note(unit, row, reminders.DEPUTY)


def _for_deputy(unit: Unit, told: list[Any], *, away: bool) -> list[Any]:
    """Return what the deputy has to know: of what the operator is told now, and of what waits for her, what is late."""
    waiting = [row for row in reminders.running(unit.connection, without=reminders.DEPUTY) if _waits(row)]
    rows = {row.id: row for row in [*told, *waiting] if away or is_late(row, unit)}
    return list(rows.values())[:MOST_ITEMS]


def _waits(row: Any) -> bool:
    return journal.is_undecided(row) and journal.is_for_operator(row)


def _goes_out(row: Any) -> bool:
    """Tell whether only an answer waited: it leaves in this pass, so there is nothing to tell."""
    return row.answer_due_at is not None and not journal.is_undecided(row) and not row.places_open
