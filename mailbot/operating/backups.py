"""Backups: one encrypted file each, from one state of the store; old ones go, and gone.log lies beside each of them.

A backup holds every table, mailbot.toml, policy.toml, your own templates, and apart, encrypted once more, the key of
the keyed hashes, without which nobody who left would be recognised. Not the passwords of mailbox, courier and hooks:
they are given anew in a minute, and a copy that lies elsewhere must not open the mailbox.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import re
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from mailbot import __version__, config, sealing
from mailbot.config import POLICY_FILE, SETTINGS_FILE
from mailbot.errors import ConfigError, ConflictError, InputError, MailbotError
from mailbot.operating import keyring
from mailbot.operating.audit import oldest
from mailbot.operating.strongbox import Put, writing
from mailbot.pipeline import Line
from mailbot.settings import Settings
from mailbot.store import dump, everywhere, gone, migrate, people
from mailbot.store.keys import Keys
from mailbot.store.store import Store

FORMAT = 1
NOTE = "backups"  # the note that keeps each folder's newest backup: its name and time
PART = ".mailbot-backup-"  # of a file that is not whole yet
PART_SECONDS = 86400
NAMED = "backups_named"  # the note that keeps the backups whose names the operator gave: nothing removes those
AGE = b"age-encryption.org/v1\n"
TIME = "%Y-%m-%dT%H-%M-%SZ"
_NAME = re.compile(r"mailbot-(\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ)-([a-z2-7]{8})\.age", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """What is backed up."""

    folder: Path
    settings: Settings
    line: Line

    @property
    def store(self) -> Store:
        """Its store."""
        return self.line.store

    @property
    def ledger(self) -> gone.Ledger:
        """Its gone.log."""
        return self.line.store.gone or gone.Ledger(self.folder / gone.FILE, self.line.store.keys)


def backup(one: Installation, target: Path) -> tuple[Path, int]:
    """Write a backup to a file that is not there yet, or into a folder under its date; return it and how many old
    ones went from that folder. Raises ConfigError, ConflictError, InputError, StoreUnavailable.
    """
    key = one.settings.operator.age_key
    if not key:
        raise ConfigError(
            f"{one.folder / SETTINGS_FILE}: operator.age_key is empty: nothing leaves unencrypted; "
            "`mailbot backup --new-key` makes a pair"
        )
    sealing.seal(b"", key)  # a key that is none is told before anything is written
    at, dated = one.store.clock(), target.is_dir()
    file = (target / name_of(one.store.keys, at)) if dated else target
    try:
        _remember(one.store, file, at, begun=True)  # the ledger is there before the backup is
        one.ledger.mark(at)  # the backup's last line, by which a restore knows this file again
        keyring.lay(file.parent, one.store.keys, key)  # before the ledger, whose copy tells that all is fresh
        copy_ledger(one, file.parent)
        _write(one, file, at)
        _remember(one.store, file, at)
        if not dated:
            one.store.set_note(NAMED, json.dumps({**named(one.store), str(file.resolve()): at.isoformat()}))
        return file, _prune(one, target, at) if dated else 0
    except OSError as exc:
        raise InputError(f"{file}: can't be written ({exc.strerror})") from exc


def name_of(keys: Keys, at: datetime) -> str:
    """Return the name of the backup of that time; its last letters are this installation's."""
    time = at.astimezone(UTC).strftime(TIME)
    return f"mailbot-{time}-{keys.backup(time)}.age"


def _write(one: Installation, file: Path, at: datetime) -> None:
    if file.exists():
        raise ConflictError(f"{file} is there already: a backup never overwrites; in a folder each gets its date")
    for left in file.parent.glob(f"{PART}*"):  # of a run that was killed, not of one that writes now
        if left.stat().st_mtime < time.time() - PART_SECONDS:
            left.unlink(missing_ok=True)
    handle, name = tempfile.mkstemp(prefix=PART, dir=file.parent)  # 0600, and nobody else's
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as out:
            with writing(out, one.settings.operator.age_key) as put:
                _fill(one, put, at)
            out.flush()
            os.fsync(out.fileno())
        _place(part, file)
    finally:
        part.unlink(missing_ok=True)
    gone.sync(file.parent)


def _place(part: Path, file: Path) -> None:
    """Give the whole file its name; one that is there meanwhile stays."""
    try:
        os.link(part, file)
    except FileExistsError as exc:
        raise ConflictError(f"{file} is there already: a backup never overwrites") from exc
    except OSError:  # a file system without links
        if file.exists():
            raise ConflictError(f"{file} is there already: a backup never overwrites") from None
        part.replace(file)


def _fill(one: Installation, put: Put, at: datetime) -> None:
    """Write what a backup holds: what it is, the files, the key, each table with its rows."""
    lines = one.ledger.read()
    with one.store.snapshot() as connection:
        put({
            "mailbot": "backup", "format": FORMAT, "version": __version__, "tables": migrate.HEAD,
            "at": at.isoformat(), "store": connection.dialect.name, "people": people.counts(connection)["people"],
            "gone": next((one.ledger.check(line) for line in reversed(lines) if line.what == gone.MARK), ""),
        })  # fmt: skip
        for name, octets in _files(one):
            put({"file": name, "octets": base64.b64encode(octets).decode()})
        secret = config.secret(one.folder, "store_key", "") or ""
        put({"key": base64.b64encode(sealing.seal(secret.encode(), one.settings.operator.age_key)).decode()})
        for table in dump.tables():
            said = dump.described(connection, table)
            put({"table": said.name, "columns": said.columns, "numbered": said.numbered, "last": said.last})
            for row in dump.rows(connection, table):
                put(row)


def _files(one: Installation) -> Iterator[tuple[str, bytes]]:
    for name in (SETTINGS_FILE, POLICY_FILE):
        yield name, (one.folder / name).read_bytes()
    own = one.folder / one.settings.templates.folder
    for path in sorted(own.rglob("*")) if own.is_dir() else ():
        if path.is_file():
            yield f"templates/{path.relative_to(own).as_posix()}", path.read_bytes()


# ---- the folders in which backups lie -----------------------------------------------------------------------------


def is_there(path: Path) -> bool:
    """Tell whether it is there and may be looked at by this user."""
    with contextlib.suppress(OSError):
        return path.exists()
    return False


def folders(store: Store) -> dict[str, dict[str, str]]:
    """Return the folders in which backups were written, each with the newest one's `file` and time (`at`)."""
    found: dict[str, dict[str, str]] = json.loads(store.note(NOTE) or "{}")
    for path, newest in found.items():  # one that was killed after the file had its name
        if newest.get("begun") and is_there(Path(path) / newest["begun"]):
            found[path] = {"file": newest["begun"], "at": newest["begun_at"]}
    return found


def named(store: Store) -> dict[str, str]:
    """Return the backups that were written to a file with a name of the operator's, each with its time."""
    found: dict[str, str] = json.loads(store.note(NAMED) or "{}")
    return found


def _remember(store: Store, file: Path, at: datetime, *, begun: bool = False) -> None:
    known, path = folders(store), str(file.parent.resolve())
    newest = {"file": file.name, "at": at.isoformat()}
    if begun:
        newest = {"file": "", "at": "", **known.get(path, {}), "begun": file.name, "begun_at": at.isoformat()}
    store.set_note(NOTE, json.dumps({**known, path: newest}, sort_keys=True))


def _prune(one: Installation, folder: Path, now: datetime) -> int:
    """Take away the backups of this installation that are older than the policy keeps them; return how many."""
    before = now - timedelta(days=one.line.rules.policy.retention.backup_days)
    old = [path for path, at in mine(one.store.keys, folder) if at < before]
    for path in old:
        path.unlink()
    return len(old)


def mine(keys: Keys, folder: Path) -> Iterator[tuple[Path, datetime]]:
    """Yield the backups of this installation in a folder, known by their name and their first octets."""
    for path in sorted(folder.iterdir()):
        found = _NAME.fullmatch(path.name)
        if found and any(found[2] == each.backup(found[1]) for each in keys.ever) and path.is_file():
            with path.open("rb") as file:
                if file.read(len(AGE)) == AGE:
                    yield path, datetime.strptime(found[1], TIME).replace(tzinfo=UTC)


def copy_ledger(one: Installation, folder: Path) -> None:
    """Bring the copy of gone.log in a folder up to date; what only the copy has stays there.

    Raises ConflictError where the one there is another installation's, OSError, StoreUnavailable.
    """
    ledger, copy = one.ledger, folder / gone.FILE
    ledger.begin()
    if copy.exists() and copy.samefile(ledger.path):
        return
    ours, theirs = ledger.path.read_bytes(), copy.read_bytes() if copy.exists() else b""
    if ours == theirs:
        return
    if not ours.startswith(theirs):
        try:
            merged = gone.merge(ledger.parse(ours), ledger.parse(theirs))
        except InputError as exc:
            raise ConflictError(f"{folder}: {exc}; backups of this one need a folder of their own") from exc
        ours = ledger.text(gone.kept(merged, *terms(one)))
    gone.replace(copy, ours)


def terms(one: Installation) -> tuple[datetime, datetime]:
    """Return what `gone.kept` goes by: lines from before the first go, and of what is over from before the second."""
    rules, now = one.line.rules.policy.retention, one.store.clock()
    return oldest(now, rules.journal_years), now - timedelta(days=rules.backup_days)


def sweep(one: Installation) -> None:
    """Once a day let go of what gone.log may keep no longer; after each act bring the copies up to date.

    A folder that can't be reached now is left for later: `check` tells of it.
    """
    now, known = one.store.clock(), folders(one.store)
    daily = one.ledger.path.exists() and one.store.note("gone_pruned") != (today := now.date().isoformat())
    if daily:
        with contextlib.suppress(InputError):  # a line that is not ours stays, and `check` tells of it
            everywhere.prune(one.store.engine, one.ledger, terms(one))
        if known:
            one.ledger.mark(now)
        one.store.set_note("gone_pruned", today)
    for path, newest in known.items():
        with contextlib.suppress(OSError, MailbotError):
            if daily and is_reached(Path(path), newest) and one.store.acts:
                _prune(one, Path(path), now)
            if is_reached(Path(path), newest):
                laid = keyring.lay(Path(path), one.store.keys, one.settings.operator.age_key)
                if laid or not _is_fresh(one, Path(path)):
                    copy_ledger(one, Path(path))


def is_reached(folder: Path, newest: dict[str, str]) -> bool:
    """Tell whether a folder is there with the backup that was last written into it."""
    return bool(newest["file"]) and is_there(folder / newest["file"])


def _is_fresh(one: Installation, folder: Path) -> bool:
    """Tell by size and time whether the copy is the file of now."""
    with contextlib.suppress(OSError):
        ours, copy = one.ledger.path.stat(), (folder / gone.FILE).stat()
        return ours.st_size == copy.st_size and copy.st_mtime >= ours.st_mtime - 2  # some file systems keep 2 s
    return False


def behind(one: Installation, folder: str) -> str | None:
    """Return until when the copy of gone.log in a folder reaches, None where it has the last line of ours."""
    try:
        lines = one.ledger.read()
        copy = one.ledger.parse((Path(folder) / gone.FILE).read_bytes())
    except (OSError, InputError):
        return "nobody knows when: it can't be read"
    if not lines or lines[-1] in copy:
        return None
    return f"{copy[-1].at:%Y-%m-%d %H:%M} UTC" if copy else "nowhere"


def aged(one: Installation) -> list[Path]:
    """Return the backups that can be reached and are older than the policy keeps them."""
    before = one.store.clock() - timedelta(days=one.line.rules.policy.retention.backup_days)
    found = {Path(path) for path, at in named(one.store).items() if datetime.fromisoformat(at) < before}
    for path in folders(one.store):
        with contextlib.suppress(OSError):
            found |= {file for file, at in mine(one.store.keys, Path(path)) if at < before}
    return sorted(path for path in found if path.is_file())


def as_seen(one: Installation) -> list[dict[str, Any]]:
    """Return what `check` says of each folder: its path, the newest backup's time, whether it can be reached."""
    return [
        {"folder": path, "at": newest["at"], "reached": is_reached(Path(path), newest)}
        for path, newest in folders(one.store).items() if newest["file"]
    ]  # fmt: skip
