"""Restores a backup: the whole store in one transaction, with what gone.log tells, before anything else may run.

Killed anywhere, the store is the old one or the restored one. Files are written around it so that nothing works half:
the key and gone.log first (they are right for either store), mailbot.toml last (without it no command works).
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path, PurePosixPath
from typing import Any

from mailbot import config, sealing
from mailbot.config import POLICY_FILE, SETTINGS_FILE
from mailbot.deciding.deadlines import Deadlines
from mailbot.deciding.places import after_destruction, as_args
from mailbot.errors import ConfigError, ConflictError, InputError
from mailbot.operating import backups, keyring
from mailbot.operating.strongbox import reading
from mailbot.policy import Policy
from mailbot.store import dump, everywhere, gone, migrate, places, rotation, turns
from mailbot.store import replay as replaying
from mailbot.store.engine import translated
from mailbot.store.keys import Keys
from mailbot.store.replay import Done
from mailbot.store.restored import NOTE
from mailbot.store.store import Store
from mailbot.store.tables import Note
from mailbot.store.unit import Unit

FRESH = timedelta(hours=36)  # of a copy of gone.log that is refreshed after each act and once a day
MARGIN = timedelta(days=1)  # what was begun before the backup and committed after it: done again, it changes nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What a backup holds beside its tables; it was read to its end and is whole."""

    file: Path
    at: datetime
    tables: str  # the revision
    people: int
    last: str  # the check value of gone.log's last line then
    keys: Keys  # of its hashes, and those that came later, as they lie beside it
    files: dict[str, bytes] = field(repr=False)


def look(file: Path, secret: str) -> Held:
    """Read a backup to its end. Raises InputError (another key, altered, no backup, from a later mailbot)."""
    try:
        with file.open("rb") as source, reading(source, secret) as values:
            first = next(values)
            if not isinstance(first, dict) or first.get("mailbot") != "backup":
                raise ValueError
            if first["format"] != backups.FORMAT or not migrate.is_known(first["tables"]):
                raise InputError(f"{file}: written by a later mailbot ({first['version']}): install that one first")
            files, keys = {}, ""
            for value in values:
                if isinstance(value, dict) and "file" in value:
                    files[value["file"]] = base64.b64decode(value["octets"])
                elif isinstance(value, dict) and "key" in value:
                    keys = sealing.unseal(base64.b64decode(value["key"]), secret).decode()
        ring = keyring.longest(file.parent, secret, Keys.read(keys))
    except OSError as exc:
        raise InputError(f"{file}: can't be read ({exc.strerror})") from exc
    except (KeyError, StopIteration, ValueError) as exc:
        raise InputError(f"{file}: that is no whole backup of mailbot") from exc
    return Held(
        file=file, at=datetime.fromisoformat(first["at"]), tables=first["tables"], people=first["people"],
        last=first["gone"], keys=ring, files=files,
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What gone.log tells: the copy beside the backup and the one in the folder together."""

    lines: list[gone.Line]
    lacks: str  # why it may not be all; "" where it reaches from the backup to now, as far as can be told
    since: datetime  # who left after that may come back
    copied: bool = False  # only the copy beside the backup tells it


def ledger(folder: Path, held: Held, now: datetime) -> Told:
    """Return what gone.log tells. The copy alone is enough only while it is fresh: it is brought up to date daily."""
    found: dict[Path, list[gone.Line]] = {}
    lacks = ""
    book = gone.Ledger(folder / gone.FILE, ring(folder, held) or held.keys)
    for path in dict.fromkeys(place.resolve() / gone.FILE for place in (folder, held.file.parent)):
        try:
            found[path] = book.parse(path.read_bytes())
        except FileNotFoundError:
            continue
        except OSError as exc:
            lacks = f"{path}: can't be read ({exc.strerror})"
        except InputError as exc:
            lacks = f"{path.parent}: {exc}"
    if not found:
        lacks = lacks or f"there is no {gone.FILE} in {folder}, and none beside the backup"
        return Told(lines=[], lacks=lacks, since=held.at)
    own = found.get(folder.resolve() / gone.FILE)
    copy = found.get(held.file.parent.resolve() / gone.FILE, [])
    here, beside = own is not None and _holds(book, own, held), _holds(book, copy, held)
    known = set(own or ())
    reaches = max((line.at for line in copy if line not in known), default=held.at) if beside else held.at
    if not here and not (beside and now - max((line.at for line in copy), default=held.at) <= FRESH):
        lacks = lacks or _why(folder, own is None, beside, reaches)
    return Told(lines=gone.merge(own or [], copy), lacks=lacks, since=max(held.at, reaches), copied=not here)


def _holds(book: gone.Ledger, lines: list[gone.Line], held: Held) -> bool:
    """Tell whether a file is the one that was there at the backup: its last line of then stands in it."""
    return not held.last or any(book.check(line) == held.last or book.marks(line, held.last) for line in lines)


def _why(folder: Path, missing: bool, beside: bool, reaches: datetime) -> str:
    here = f"there is no {gone.FILE} in {folder}" if missing else f"{gone.FILE} in {folder} lacks what the backup knew"
    if beside:
        return f"{here}; the copy beside the backup reaches to {reaches:%Y-%m-%d %H:%M} UTC"
    return f"{here}, and so does the copy beside the backup" if not missing else f"{here}: the copy is none of then"


def ring(folder: Path, held: Held) -> Keys | None:
    """Return all keys of the hashes, those of the folder and of the backup; None where they are not of one house."""
    try:
        here = keyring.read(folder) if config.secret(folder, keyring.NAME, "") else held.keys
    except ConfigError as exc:
        damaged = folder / "secrets" / keyring.NAME
        raise ConflictError(f"{damaged} is damaged: move it away, then restore again") from exc
    return next((longer for longer, other in ((here, held.keys), (held.keys, here)) if longer.continues(other)), None)


def begin(folder: Path, held: Held) -> None:
    """Write the keys of the hashes that are not there. Raises ConflictError where another house's are there."""
    place, keys = folder / "secrets" / keyring.NAME, ring(folder, held)
    if keys is None:
        raise ConflictError(f"{place} is another installation's: restore into a new folder")
    if place.is_file() and place.read_text(encoding="utf-8").strip() == str(keys):
        return
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    gone.replace(place, f"{keys}\n".encode())


def finish(folder: Path, held: Held, templates: str) -> list[str]:
    """Write the files that are not there, mailbot.toml last; return the names of those that stay as they are."""
    stay = []
    for name in sorted(held.files, key=lambda name: (name == SETTINGS_FILE, name)):
        parts = PurePosixPath(name).parts
        if ".." in parts or not (name in (SETTINGS_FILE, POLICY_FILE) or parts[0] == "templates"):
            continue
        place = folder / (templates if parts[0] == "templates" else "") / Path(*parts[parts[0] == "templates" :])
        if place.exists():
            stay += [name] if place.read_bytes() != held.files[name] else []
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        gone.replace(place, held.files[name], 0o600 if name == SETTINGS_FILE else 0o644)
    return stay


def restore(store: Store, policy: Policy, held: Held, secret: str, told: Told) -> Done:
    """Put the backup in the place of all tables, and do again what gone.log tells; one transaction.

    Raises InputError, ConflictError while a pass is running, StoreUnavailable: then the store is as it was.
    """
    with store.turn(seizing=True) as mine:
        if not mine:
            raise ConflictError("a pass is running: stop mailbot first")
        keys = store.ring() if store.ring is not None else store.keys  # the newest: gone.log may be by that one
        if store.gone is not None:
            store.gone.keys = keys
            _bring(store.gone, told)
            everywhere.even(store.engine, store.gone)
            told = replace(told, lines=store.gone.read())  # and what other hosts did since
        with translated(), store.engine.begin() as connection:
            if store.fence is not None:
                turns.require(connection, store.fence, writing=True)
            with held.file.open("rb") as source, reading(source, secret) as values:
                migrate.require_known(connection)
                dump.begin(connection, held.tables)
                for table, group in groupby(_rows(values), key=lambda pair: pair[0]):
                    dump.load(connection, table, (row for _, row in group if row is not None))
            migrate.upgrade_on(connection)
            unit = Unit(connection=connection, keys=keys, new_id=store.new_id, now=store.clock())
            rotation.bring(unit, keys)
            done = _replay(unit, policy, held, told)
    store.find_key(keys)
    store.scrub()
    return done


def _bring(book: gone.Ledger, told: Told) -> None:
    """Write the file that both copies make; one that is none of ours is put aside, not lost."""
    try:
        book.read()
    except InputError:
        book.path.rename(book.path.with_suffix(".refused"))
    book.write(told.lines)


def _rows(values: Iterator[Any]) -> Iterator[tuple[dump.Table, list[Any] | None]]:
    """Yield each row with its table, and each table once without a row: an empty one has its numbers, too."""
    table = None
    for value in values:
        if isinstance(value, dict) and "table" in value:
            columns = tuple((name, kind) for name, kind in value["columns"])
            table = dump.Table(
                name=value["table"], columns=columns, numbered=value["numbered"], last=int(value["last"])
            )
            yield table, None
        elif isinstance(value, list) and table is not None:
            yield table, value


def _replay(unit: Unit, policy: Policy, held: Held, told: Told) -> Done:
    due_at = after_destruction(policy.clocks.proven, Deadlines(policy), unit.now)

    def elsewhere(person_id: str) -> None:
        places.destroy(unit, person_id, as_args(policy.places), due_at)

    done = replaying.replay(unit, told.lines, held.at - MARGIN, elsewhere)
    replaying.settle(unit, done, due_at)
    unit.set_note(NOTE, json.dumps({"from": held.at.isoformat(), "at": unit.now.isoformat()}))
    known = unit.row(Note, backups.NOTE)
    here = {str(held.file.parent.resolve()): {"file": held.file.name, "at": held.at.isoformat()}}
    unit.set_note(backups.NOTE, json.dumps({**json.loads(known.value if known else "{}"), **here}))
    unit.owe_scrub()
    unit.event("restored", "without_ledger" if told.lacks else "", who="operator")
    return done
