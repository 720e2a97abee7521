"""The journal's chain: sealed and cut by the sweep, and verified from its first row to its head.

Verifying reads every sealed event by place and tells the first that does not hold, and where it can be told how:
changed, removed, inserted, reordered. A chain that somebody shortened together with the head that the store keeps
(an old copy of the whole store) is seen only beside a head that was kept outside. No event holds personal data.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from mailbot.errors import UsageError
from mailbot.pipeline import Line
from mailbot.store import chain
from mailbot.store.chain import Head
from mailbot.store.keys import Keys
from mailbot.store.rotation import ROTATED
from mailbot.store.store import Store

FAILED = ("shorter", "rewritten")


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """The first place at which the chain does not hold; of a row that is gone only the place is known."""

    how: str  # changed, removed, inserted, reordered, cut, head, key
    position: int | None
    id: int | None = None
    at: str | None = None
    what: str | None = None
    removed: int = 0  # how many rows are gone from there


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What verifying found."""

    head: Head
    sealed: int
    unsealed: int
    cut: int  # the place of the last event that retention took away, 0 for none
    broken: Break | None = None
    compared: str | None = None  # with the head of an earlier day: same, shorter, rewritten; cut: it left with a cut

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return self.broken is None and self.compared not in FAILED

    def as_json(self) -> dict[str, Any]:
        """Return what `audit verify --json` prints."""
        broken = asdict(self.broken) if self.broken is not None else None
        return {
            "sound": self.sound, "sealed": self.sealed, "unsealed": self.unsealed, "head": str(self.head),
            "cut": self.cut, "broken": broken, "compared": self.compared,
        }  # fmt: skip


def sweep(line: Line) -> None:
    """Seal what is committed; let go of what the policy keeps no longer, though not while paused or in shadow."""
    store = line.store
    before = oldest(store.clock(), line.rules.policy.retention.journal_years)
    with store.looking(), store.reading() as connection:
        old = chain.is_old(connection, before) and store.acts
    if old:
        with store.unit() as unit:
            chain.cut(unit, before)
    seal(line)


def seal(line: Line) -> None:
    """Seal what is committed."""
    with line.store.reading() as connection:
        waits = chain.is_waiting(connection)
    while waits and not line.stop():
        with line.store.unit() as unit:
            waits = chain.seal(unit) == chain.BATCH


def oldest(now: datetime, years: int) -> datetime:
    """Return from when on events are kept: the same for a whole day, so that there is one cut a day at most."""
    return datetime(now.year - years, now.month, min(now.day, 28), tzinfo=UTC)


def read_head(text: str) -> Head:
    """Return the head that somebody kept, "0:" where nothing was sealed then. Raises UsageError."""
    kept = text.strip().lower()
    if kept == str(Head()):
        return Head()
    found = re.fullmatch(r"([1-9]\d{0,17}):([a-z2-7]{52})", kept, re.ASCII)
    if found is None:
        raise UsageError("--head: write it as it was printed: a number, a colon, 52 letters and digits")
    return Head(int(found[1]), found[2])


def verify(store: Store, then: Head | None = None) -> Report:
    """Read the whole chain, a thousand rows in memory at a time. Raises StoreUnavailable."""
    with store.snapshot() as connection:
        sealed, unsealed = chain.counts(connection)
        cuts = chain.cuts(connection)
        cut = max((each.position for each in cuts if isinstance(each.position, int)), default=0)
        return Report(
            head=chain.head(connection), sealed=sealed, unsealed=unsealed, cut=cut,
            broken=_Look(connection=connection, store=store).first_break(),
            compared=_compare(connection, then, cut) if then is not None else None,
        )  # fmt: skip


def _compare(connection: Any, then: Head, cut: int) -> str:
    known = chain.link_at(connection, then.position) if then.position else ""
    if known is None:
        return "cut" if then.position <= cut else "shorter"
    return "same" if known == then.link else "rewritten"


@dataclass(slots=True)
class _Look:
    """One look along the chain; `end` is the last place that holds, `ever` the keys from that on that sealed it."""

    connection: Any
    store: Store
    ever: Sequence[Keys] = ()
    end: Head = field(default_factory=Head)
    held: bool = False  # whether anything did
    by: dict[int, int] = field(default_factory=dict)  # of each cut, how many keys are not older than its own

    def first_break(self) -> Break | None:
        """Return the first place that does not hold, None where all do."""
        found = self._first()
        if found is not None and not self.held and chain.kept(self.connection, self.store.keys) is None:
            return Break(how="key", position=found.position)
        return found

    def _first(self) -> Break | None:
        cutters: Sequence[Keys] = self.store.keys.ever
        self.ever = cutters
        for cut in chain.cuts(self.connection):
            cutters = chain.cut_by(cutters, cut)
            if not cutters or cut.position != self.end.position + cut.removed:
                return Break(how="cut", position=cut.position, at=chain.utc(cut.at))
            self.end, self.held = Head(cut.position, cut.link), True
            self.by[cut.position] = len(cutters)
        with closing(chain.rows(self.connection)) as rows:
            for row in rows:
                found = chain.sealers(self.ever, self.end, row)
                if row.position != self.end.position + 1 or not found:
                    break
                if row.what == ROTATED and (late := self._late(row, len(found))):
                    return Break(how="cut", position=late)
                self.end, self.held, self.ever = Head(row.position, row.link), True, found
            else:
                row = None
        return self._tail() if row is None else self._tell(row)

    def _late(self, row: Any, left: int) -> int:
        """Return the place of a cut that a former key made after its rotation, 0 for none: whoever learned it did."""
        known = int(row.reason) if row.reason.isdecimal() else 0
        return next((place for place, keys in self.by.items() if place > known and keys > left), 0)

    def _links(self, previous: Head, row: Any, further: int = 1) -> set[str]:
        place = previous.position + further
        return {chain.link(keys, previous.link, place, row) for keys in self.ever}

    def _tail(self) -> Break | None:
        """Tell whether the rows end where the head says."""
        kept = chain.kept(self.connection, self.store.keys)
        if kept is not None and kept.position > self.end.position:
            return self._gap(kept.position - self.end.position)
        return None if kept == self.end else Break(how="head", position=self.end.position)

    def _gap(self, count: int) -> Break:
        place = self.end.position + 1
        moved = self._moved(None)
        if moved is not None:
            return _break("reordered", place, moved)
        return Break(how="removed", position=place, removed=count)

    def _tell(self, row: Any) -> Break:
        """Tell what is wrong with the first row that does not hold."""
        place = self.end.position + 1
        kept = chain.kept(self.connection, self.store.keys)
        beyond = kept is not None and place > kept.position
        if isinstance(row.position, int) and row.position > place and not beyond:
            return self._gap(row.position - place)
        if row.position != place or beyond:
            return _break("inserted", row.position, row)
        moved = self._moved(row)
        if moved is None:
            return _break("changed", place, row)
        swapped = row.link in self._links(self.end, moved)  # what is said was exchanged, the places were not
        return _break("reordered" if swapped or self._is_ours(row) else "inserted", place, row)

    def _moved(self, here: Any | None) -> Any | None:
        """Return the row that was sealed for the next place, wherever it stands now."""
        links = (here.link,) if here is not None else ()
        with closing(chain.rows(self.connection, unsealed=True)) as rows:
            for row in rows:
                if not self._links(self.end, row).isdisjoint((row.link, *links)):
                    return row
        return None

    def _is_ours(self, row: Any) -> bool:
        """Tell whether a row was sealed behind some other one, which may have been moved a place or two."""
        with closing(chain.rows(self.connection)) as rows:
            for other in rows:
                if isinstance(other.position, int) and isinstance(other.link, str):
                    before = Head(other.position, other.link)
                    if any(row.link in self._links(before, row, further) for further in (0, 1, 2)):
                        return True
        return False


def _break(how: str, position: Any, row: Any) -> Break:
    place = position if isinstance(position, int) else None
    return Break(how=how, position=place, id=row.id, at=chain.utc(row.at), what=str(row.what))
