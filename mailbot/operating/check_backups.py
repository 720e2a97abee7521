"""Looks over the backups and gone.log: is there one, how old is it, where is the copy not up to date."""

from __future__ import annotations

from datetime import datetime, timedelta

from mailbot import sealing
from mailbot.errors import MailbotError
from mailbot.operating import backups
from mailbot.operating.finding import Parts, Said
from mailbot.store import gone, restored

OLD = timedelta(days=8)  # a weekly backup, and a day


def backup(parts: Parts) -> Said:
    """Look over the backups and gone.log."""
    one = backups.Installation(folder=parts.folder, settings=parts.settings, line=parts.line)
    yield from _ledger(one)
    yield from _restored(one)
    key = parts.settings.operator.age_key
    if not key:
        yield "note", "there is none: `mailbot backup --new-key` makes the key, then run `mailbot backup FOLDER` daily"
        return
    if not sealing.is_recipient(key):
        yield "wrong", "[operator] age_key is not an age key (age1 and 58 letters): nothing can be backed up"
    seen = backups.as_seen(one)
    if not seen:
        yield from _aged(one)
        yield "note", "there is none yet: run `mailbot backup FOLDER` daily"
        return
    newest = max(datetime.fromisoformat(each["at"]) for each in seen)
    days = (one.store.clock() - newest).days
    yield ("note" if one.store.clock() - newest > OLD else "ok"), f"the newest is {days} days old"
    yield from _aged(one)
    for each in seen:
        if each["reached"] and (reaches := backups.behind(one, each["folder"])) is not None:
            yield "wrong", f"{each['folder']}: {gone.FILE} there reaches to {reaches}, it is not up to date"
        if not each["reached"]:
            yield "note", f"{each['folder']} or its newest backup can't be reached: {gone.FILE} there is of that day"


def _ledger(one: backups.Installation) -> Said:
    try:
        lines = one.ledger.read()
    except MailbotError as exc:
        yield "wrong", f"{exc}: copy it back from beside the newest backup"
        return
    if not one.ledger.path.exists() and (one.store.note("gone_pruned") or backups.folders(one.store)):
        yield "wrong", f"{gone.FILE} is missing: copy it back from beside the newest backup"
        return
    with one.store.reading() as connection:
        since = one.store.clock() - timedelta(days=one.line.rules.policy.retention.backup_days)
        untold = restored.untold(connection, since, {line.key for line in lines}) if backups.folders(one.store) else 0
    if untold:
        yield "wrong", f"{gone.FILE} does not tell of {untold} suppressions: it was begun anew; make a new backup now"


def _aged(one: backups.Installation) -> Said:
    """Name the backups that the policy keeps no longer and that are still there."""
    for path in backups.aged(one):
        yield "note", f"{path} is older than retention.backup_days: take it away"


def _restored(one: backups.Installation) -> Said:
    with one.store.reading() as connection:
        unsent = restored.unsent(connection)
    if unsent:
        numbers = ", ".join(unsent[:20])
        yield "note", f"answers that were owed when the restored backup was made, and were not sent: {numbers}"
    if one.store.note(restored.NOTE):
        yield "note", "restored: the next pass decides again what came since the backup"
