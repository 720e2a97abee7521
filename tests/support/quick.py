"""What tests spare themselves, in this process and in those it forks: a disk, and compiling twice.

- Temporary files lie in memory where there is enough of it: a database is some three hundred files, and a disk takes
  ten times as long to make them and to take them away.
- A commit and a file are not waited for until the disk has them: no test cuts the power, and a killed process loses
  nothing that it gave the kernel. `test_sqlite_is_set_up_to_survive_a_power_cut` looks at the engine as it is.
- A third of a pass is the compiling of its statements. SQLAlchemy keeps what it compiled by engine and dialect; here
  all engines on SQLite have one dialect and one store of compiled statements, and so have all on PostgreSQL.
- A password is hashed at the least cost; `test_a_password_costs_whoever_guesses_it` looks at the usual one.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterator
from functools import lru_cache, wraps
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from argon2 import PasswordHasher
from sqlalchemy.util import LRUCache

from mailbot.operating import accounts
from mailbot.store import engine

MEMORY = Path("/dev/shm")
ROOM = 2_000_000_000  # octets; a whole run needs a quarter of it
_makers = {"_sqlite": engine._sqlite, "_postgres": engine._postgres}
_hasher = accounts._hasher
_dialects: dict[str, sa.Dialect] = {}
_compiled: LRUCache[Any, Any] = LRUCache(3000)


def be() -> None:
    """Begin to be quick, for the rest of this process."""
    if "TMPDIR" not in os.environ and _has_room(MEMORY):
        os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)
    os.fsync = _written
    accounts._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    for name, make in _makers.items():
        setattr(engine, name, lru_cache(8)(_quick(make)))


@contextlib.contextmanager
def not_now() -> Iterator[None]:
    """Open engines and hash passwords as mailbot does by itself, meanwhile."""
    quick = {name: getattr(engine, name) for name in _makers}
    hasher = accounts._hasher
    for name, make in _makers.items():
        setattr(engine, name, make)
    accounts._hasher = _hasher
    try:
        yield
    finally:
        for name, make in quick.items():
            setattr(engine, name, make)
        accounts._hasher = hasher


def _has_room(folder: Path) -> bool:
    """Tell whether servers and programs can lie there."""
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        return False
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize > ROOM and not found.f_flag & os.ST_NOEXEC


def _written(handle: int) -> None:
    os.fstat(handle)  # a closed one is an error here, too


def _quick(make: Callable[..., sa.Engine]) -> Callable[..., sa.Engine]:
    @wraps(make)
    def made(*arguments: Any) -> sa.Engine:
        new = make(*arguments)
        new._compiled_cache = _compiled
        if new.name == "sqlite":
            sa.event.listen(new, "connect", lambda raw, _: raw.execute("PRAGMA synchronous=OFF"))
        if new.name in _dialects:
            new.dialect = _dialects[new.name]
        else:  # a dialect is ready when it has seen a server
            sa.event.listen(new, "connect", lambda *_: _dialects.setdefault(new.name, new.dialect))
        return new

    return made
