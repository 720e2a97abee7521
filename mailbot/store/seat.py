"""A process's place among the hosts that share the mailboxes: it says that it lives, takes turns, gives them back.

What stands in the tables is turns.py's, who should have how many is shares.py's.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from mailbot import logs
from mailbot.errors import ConfigError, StoreUnavailable
from mailbot.shares import Host, Standing
from mailbot.store.engine import FLEET, schema_of, translated, unshared
from mailbot.store.process import elapsed, is_gone
from mailbot.store.turns import BARRED, ENLIST, HOST, NOW, TURN, Turn, found, is_founded, tell

ALIVE = timedelta(seconds=10)  # a host that did not say for so long that it is there is replaced
BEAT_SECONDS = 2.0
PATIENCE = 1  # seconds that a beat waits for whoever has its row locked
SEIZE_TRIES = 25
_BEAT = sa.text(
    f"INSERT INTO {FLEET}.host (name, until, able) VALUES (:name, clock_timestamp() + :alive, :able) "
    "ON CONFLICT (name) DO UPDATE SET until = excluded.until, able = excluded.able"
)
_BURY = sa.text(
    f"DELETE FROM {FLEET}.host WHERE name IN (SELECT name FROM {FLEET}.host WHERE name <> :name AND (name = ANY(:gone) "
    "OR :settled AND until < clock_timestamp() - :alive) ORDER BY name FOR UPDATE SKIP LOCKED)"
)
# What stands in `free` is looked at once: a join would be looked at again after a wait, with the host of before it.
_TAKE = sa.text(
    "WITH free AS MATERIALIZED (SELECT t.mailbox FROM "
    f"{FLEET}.turn t WHERE t.mailbox = ANY(:mailboxes) AND (:seized OR CASE WHEN t.holder = '' "
    "THEN t.since <= clock_timestamp() - :idle ELSE coalesce((SELECT :settled AND h.until < clock_timestamp() - :idle "
    f"AND (SELECT o.until >= clock_timestamp() FROM {FLEET}.host o WHERE o.name = :name) "
    f"FROM {FLEET}.host h WHERE h.name = t.holder), true) END) ORDER BY t.since LIMIT :most FOR UPDATE SKIP LOCKED) "
    f"UPDATE {FLEET}.turn t SET number = number + 1, holder = :name, since = clock_timestamp() FROM free "
    "WHERE t.mailbox = free.mailbox RETURNING t.mailbox, t.number"
)
_ELSE = sa.text(f"SELECT mailbox FROM {FLEET}.turn WHERE NOT mailbox = ANY(:known)")
_FREE = sa.text(
    f"WITH ours AS MATERIALIZED (SELECT mailbox FROM {FLEET}.turn WHERE holder = :name AND "
    "(:every OR mailbox = ANY(:mailboxes)) ORDER BY mailbox FOR UPDATE SKIP LOCKED) "
    f"UPDATE {FLEET}.turn t SET holder = '', since = clock_timestamp() FROM ours WHERE t.mailbox = ours.mailbox"
)


@dataclass(slots=True)
class Seat:
    """One process among those that share the mailboxes, on two connections of its own. Every method raises
    StoreUnavailable.
    """

    shared: sa.Engine
    name: str
    waits: bool = True  # for the others, where it has not been there for long: the database was away for them, too
    _since: float | None = field(default=None, repr=False)  # of the first of unbroken beats
    _last: float = field(default=0.0, repr=False)
    _lines: dict[str, sa.Connection] = field(default_factory=dict, repr=False)
    _engine: sa.Engine = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Connect at first use."""
        self._engine = unshared(self.shared)

    def enlist(self, mailboxes: Sequence[str]) -> None:
        """Make a row for each mailbox that has none. Raises ConfigError where no mailbox of the database has tables."""
        with self._own() as connection:
            if not is_founded(connection):
                raise ConfigError(
                    "store: no mailbox of this database has its tables: run `mailbot db upgrade` for each"
                )
            connection.execute(ENLIST, {"mailboxes": list(mailboxes)})

    def beat(self, known: Collection[str] = (), barred: Collection[str] = ()) -> None:
        """Say that we are alive, read the mailboxes that we know, and can't read those; bury whoever is gone for good.

        A command, which knows none, keeps none.
        """
        try:
            with self._own() as connection:
                connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{PATIENCE}s'")
                connection.execute(_BEAT, {"name": self.name, "alive": ALIVE, "able": len(known)})
                if known:
                    self._bar(connection, {*barred, *connection.execute(_ELSE, {"known": list(known)}).scalars()})
                names = connection.execute(sa.select(HOST.c.name)).scalars().all()
                gone = [name for name in names if is_gone(name)]
                settled = self.waits and self.is_settled
                values = {"name": self.name, "gone": gone, "settled": settled, "alive": ALIVE}
                connection.execute(_BURY, values)
        except BaseException:
            self._since = None
            raise
        now = elapsed()
        if self._since is None or now - self._last > ALIVE.total_seconds():
            self._since = now
        self._last = now

    @property
    def is_settled(self) -> bool:
        """Whether we were there for so long that every other host that lives has said so meanwhile."""
        return not self.waits or (self._since is not None and elapsed() - self._since > ALIVE.total_seconds())

    def _bar(self, connection: sa.Connection, barred: set[str]) -> None:
        ours = BARRED.c.host == self.name
        known = set(connection.execute(sa.select(BARRED.c.mailbox).where(ours)).scalars())
        if over := known - barred:
            connection.execute(sa.delete(BARRED).where(ours, BARRED.c.mailbox.in_(over)))
        if new := barred - known:
            connection.execute(sa.insert(BARRED), [{"host": self.name, "mailbox": box} for box in sorted(new)])

    def standing(self) -> Standing:
        """Return how the mailboxes are spread that anybody living reads, or could; ourselves are among the hosts."""
        had = sa.select(HOST.c.name, HOST.c.able, sa.func.count(TURN.c.mailbox).label("has"))
        living = had.outerjoin_from(HOST, TURN, TURN.c.holder == HOST.c.name).where(HOST.c.until >= NOW)
        with self._own() as connection:
            rows = connection.execute(living.group_by(HOST.c.name)).all()
            turns = connection.execute(sa.select(TURN.c.mailbox, TURN.c.number, TURN.c.holder)).all()
            bars = {(row.host, row.mailbox) for row in connection.execute(sa.select(BARRED))}
        able = {row.name: len(turns) - sum(who == row.name for who, _ in bars) if row.able else 0 for row in rows}
        hosts = {row.name: Host(able[row.name], row.has) for row in rows}
        hosts.setdefault(self.name, Host(0, 0))  # it was silent for too long a moment ago
        readers = [name for name, many in able.items() if many]
        total = sum(turn.holder in hosts or any((name, turn.mailbox) not in bars for name in readers) for turn in turns)
        mine = {turn.mailbox: turn.number for turn in turns if turn.holder == self.name}
        return Standing(me=self.name, total=total, mine=mine, hosts=hosts, barred=bars)

    def take(self, mailboxes: Collection[str], most: int, idle: timedelta = timedelta()) -> dict[str, int]:
        """Take the turns of at most so many that nobody living has, and that were given back so long ago.

        Returns them with their numbers. One whose last holder still has a transaction open is left for later.
        """
        if most <= 0 or not mailboxes:
            return {}
        return self._take(mailboxes, most, idle=idle)

    def seize(self, mailbox: str) -> int | None:
        """Take a turn from whoever has it, who hears of it and commits nothing more; None while it is in use."""
        return self._take([mailbox], 1, seized=True).get(mailbox)

    def _take(
        self, mailboxes: Collection[str], most: int, *, idle: timedelta = timedelta(), seized: bool = False
    ) -> dict[str, int]:
        values = {
            "mailboxes": list(mailboxes), "name": self.name, "most": most, "idle": idle, "seized": seized,
            "settled": self.is_settled,
        }  # fmt: skip
        with self._own() as connection:
            return {row.mailbox: row.number for row in connection.execute(_TAKE, values)}

    def give_back(self, mailboxes: Collection[str]) -> None:
        """Let others have these turns; they hear of it at once. One that is in use is kept for now."""
        if mailboxes:
            with self._own() as connection:
                self._free(connection, mailboxes)

    def leave(self) -> None:
        """Give every turn back and be no host any more, on no connection."""
        try:
            with self._own() as connection:
                self._free(connection, None)
                connection.execute(sa.delete(HOST).where(HOST.c.name == self.name))
        finally:
            self.close()

    def _free(self, connection: sa.Connection, mailboxes: Collection[str] | None) -> None:
        values = {"name": self.name, "every": mailboxes is None, "mailboxes": list(mailboxes or ())}
        if connection.execute(_FREE, values).rowcount:
            tell(connection)

    def hear(self, seconds: float) -> list[str]:
        """Wait so long, or until something is told; return the mailboxes that call for help ("": turns are free)."""
        with self._line("heard") as line:
            if not line.info.get(FLEET):
                line.exec_driver_sql(f"LISTEN {FLEET}")
                line.info[FLEET] = True
            raw: Any = line.connection.driver_connection
            with _broken():
                return [told.payload for told in raw.notifies(timeout=seconds, stop_after=1)]

    @contextlib.contextmanager
    def _own(self) -> Iterator[sa.Connection]:
        """Open a transaction on the connection that no pass uses: a beat waits for none."""
        with self._line("said") as line, line.begin():
            yield line

    @contextlib.contextmanager
    def _line(self, use: str) -> Iterator[sa.Connection]:
        with translated():
            try:
                if use not in self._lines:
                    level = {"isolation_level": "AUTOCOMMIT"} if use == "heard" else {}
                    self._lines[use] = self._engine.connect().execution_options(**level)
                yield self._lines[use]
            except BaseException:
                self.close()
                raise

    def close(self) -> None:
        """Hear and say nothing any more; may be called twice."""
        while self._lines:
            _, line = self._lines.popitem()
            line.invalidate()  # one of them listens: nobody else may have it
            line.close()


@contextlib.contextmanager
def _broken() -> Iterator[None]:
    """Tell a connection that breaks while it listens as SQLAlchemy would."""
    import psycopg

    try:
        yield
    except psycopg.Error as exc:
        raise StoreUnavailable("the connection to the store broke") from exc


@contextlib.contextmanager
def hold(engine: sa.Engine, name: str, *, seizing: bool = False) -> Iterator[Turn | None]:
    """Take the turn of one mailbox for one command; None where another process has it.

    `seizing`: also from a host that has it, between two of its mails. It comes back to it when the command is done.
    """
    seat, mailbox = Seat(engine, name, waits=False), schema_of(engine)
    with translated(), engine.begin() as connection:
        found(connection)  # a backup may be put into a new database
    seat.beat()
    try:
        number = _seized(seat, mailbox) if seizing else seat.take([mailbox], 1).get(mailbox)
        if number is None:
            yield None
            return
        with _beating(seat):
            yield Turn(mailbox, number)
    finally:
        with contextlib.suppress(StoreUnavailable):  # then it lapses
            seat.leave()


def _seized(seat: Seat, mailbox: str) -> int | None:
    for _ in range(SEIZE_TRIES):
        if (number := seat.seize(mailbox)) is not None:
            return number
        time.sleep(0.2)  # a transaction of its holder is under way
    return None


@contextlib.contextmanager
def _beating(seat: Seat) -> Iterator[None]:
    """Have a thread say all the while that we are alive."""
    ended = threading.Event()

    def beat() -> None:
        while not ended.wait(BEAT_SECONDS):
            try:
                seat.beat()
            except Exception as exc:  # noqa: BLE001 - the pass itself meets it, or finds that the turn is lost
                logs.tell("beat_missed", error=type(exc).__name__)

    thread = threading.Thread(target=beat, name="beat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
