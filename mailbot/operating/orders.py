"""Moving a mail into mailbot/Do/… is the operator's decision: one folder a verb, named in her language.

Recorded as hers, then carried out like the command, then the mail is filed. What can't be carried out goes back to the
folder that is read, and she is told why.
"""

from __future__ import annotations

import json
from typing import Any

from mailbot.errors import ConflictError, InputError, UsageError
from mailbot.operating import refusals, review, rights
from mailbot.pipeline import Line
from mailbot.ports import FolderName, Mailbox, RawMail
from mailbot.reading.late import parse
from mailbot.store import byhand, journal
from mailbot.store.keys import sha256
from mailbot.store.unit import Unit

FOLDERS = {
    "release": {"kk": "Орындау", "ru": "Выполнить", "en": "Carry out"},
    "not_confirmed": {
        "kk": "Бас тарту (расталмады)", "ru": "Отказать (не подтверждено)", "en": "Refuse (not confirmed)",
    },
    "close": {"kk": "Сұраныс емес", "ru": "Не запрос", "en": "Not a request"},
    "undo": {"kk": "Кері қайтару", "ru": "Отменить", "en": "Undo"},
}  # fmt: skip
FAILED = "orders_failed"  # a note of the installation: what could not be carried out, until she is told
MOST_TOLD = 20


def names(language: str) -> list[str]:
    """Return the names of the folders under mailbot/Do in the operator's language."""
    return [each[language] for each in FOLDERS.values()]


def take(line: Line, mailbox: Mailbox, language: str) -> None:
    """Carry out what lies in mailbot/Do. Nothing while paused or in shadow: it lies there until then.

    Raises MailboxUnavailable, MailboxRefused.
    """
    if not line.store.acts:
        return
    verbs = dict(zip(names(language), FOLDERS, strict=True))
    for name, mails in mailbox.ordered(list(verbs)).items():
        for raw in mails:
            mailbox.carry(raw, _obey(line, raw, (name, verbs[name])))


def _obey(line: Line, raw: RawMail, order: tuple[str, str]) -> FolderName:
    """Do what was ordered with a mail; return where it goes."""
    keys, name, verb = line.store.keys, *order
    with line.store.reading() as connection:
        mail = byhand.named(connection, sha256(raw.octets), keys.fingerprint(parse(raw.octets, complete=raw.complete)))
    if mail is None:  # never read: it is read where mail is read
        return "inbox"
    with line.store.unit() as unit:
        row = byhand.order(unit, mail.request_id, verb)
    try:
        _carry_out(line, row, verb)
    except (ConflictError, InputError, UsageError) as exc:
        if row.fields.get(byhand.ORDER) != verb:  # else a pass that died had done it, and only the mail was left
            _failed(line, row, {"number": row.id, "folder": name, "why": str(exc)})
            return "inbox"
    with line.store.unit() as unit:
        byhand.filed(unit, mail.id)
    return "done"


def _carry_out(line: Line, row: Any, verb: str) -> None:
    if verb == "release":
        rights.release(line, row.id)
    elif verb == "undo":
        review.undo(line, row.id)
    elif verb == "not_confirmed":
        refusals.refuse(line, row.id, verb)
    elif journal.is_undecided(row):
        review.close(line, row.id)
    else:
        with line.store.unit() as unit:
            byhand.close(unit, row, "closed")


def _failed(line: Line, row: Any, order: dict[str, str]) -> None:
    with line.store.unit() as unit:
        byhand.order(unit, row.id, "")
        told = json.loads(unit.note(FAILED) or "[]")
        unit.set_note(FAILED, json.dumps([*told, order][-MOST_TOLD:], ensure_ascii=False))


def failed(unit: Unit) -> list[dict[str, str]]:
    """Return what could not be carried out and was not told yet, and note that it is told."""
    told: list[dict[str, str]] = json.loads(unit.note(FAILED) or "[]")
    if told:
        unit.set_note(FAILED, "")
    return told
