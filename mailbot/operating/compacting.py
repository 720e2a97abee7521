"""Once a week, in the quiet hours of the night, the room of deleted rows goes back to the disk. No setting.

The store remembers when that was tried last, so that passes by cron keep the week as well. Nothing waits for it: not
while a mail or an answer does, and whatever keeps it from being done (a reader, a full disk) lets it be tried a day
later. Who never runs at night gets it at any hour, once four weeks are over.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from mailbot.pipeline import Line
from mailbot.store import journal, space

NOTE = "compacted"  # the note that keeps when it was done last; a failed try counts as one of six days ago
QUIET = range(2, 5)  # hours in clocks.timezone
WEEK, FOUR_WEEKS = timedelta(days=7), timedelta(days=28)


def sweep(line: Line, counts: dict[str, int]) -> None:
    """Do it where it is due; `counts` are those of the pass. Raises StoreUnavailable."""
    store, now = line.store, line.store.clock()
    if any(counts.values()) or not _is_due(now, _last(line), now.astimezone(line.rules.deadlines.zone).hour):
        return
    with store.reading() as connection:
        waiting, _ = journal.unread(connection)
    if waiting:
        return
    store.set_note(NOTE, (now - WEEK + timedelta(days=1)).isoformat())  # before it: what kills a pass kills one a day
    if space.compact(store.engine):
        store.set_note(NOTE, now.isoformat())


def _last(line: Line) -> datetime:
    """Return when it was done last; before the first time, when the installation was made."""
    store = line.store
    noted = store.note(NOTE) or store.note("installed_at")
    return datetime.fromisoformat(noted) if noted else store.clock()


def _is_due(now: datetime, last: datetime, hour: int) -> bool:
    return now - last >= (WEEK if hour in QUIET else FOUR_WEEKS)
