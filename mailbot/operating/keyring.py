"""Rotates the key of the keyed hashes, and keeps its copies: beside the backups, encrypted to the operator's key.

The file first, then the store: killed in between, the new key lies in `secrets/store_key` and is not used; the same
command goes on with it. All keys stay, one a line, the newest first: each hash rests on all of them (store/keys.py).
"""

from __future__ import annotations

import contextlib
import re
import secrets
from collections.abc import Iterator
from pathlib import Path

from mailbot import config, sealing
from mailbot.errors import ConfigError, ConflictError, InputError
from mailbot.store import everywhere, gone
from mailbot.store.keys import Keys
from mailbot.store.store import Store

NAME = "store_key"
_COPY = re.compile(r"store_key-[0-9a-f]{16}\.age", re.ASCII)


def read(folder: Path) -> Keys:
    """Return the keys of the hashes, all that are there. Raises ConfigError."""
    try:
        return Keys.read(config.secret(folder, NAME, "") or "")
    except ValueError as exc:
        lost = f"{folder / 'secrets' / NAME}: the key of this installation is missing, or {exc}"
        raise ConfigError(f"{lost}: put your copy of it back, or `mailbot restore` a backup") from None


def rotate(store: Store, folder: Path) -> int:
    """Have every hash made by a new key, and gone.log, too; return how many of the store those were.

    Raises ConflictError while a pass is running, ConfigError, StoreUnavailable: then the former key counts.
    """
    with store.turn(seizing=True) as mine:
        if not mine:
            raise ConflictError("a pass is running: nothing was done, try again in a moment")
        count = store.rotate(_newest(store, folder))
        if store.gone is not None:
            with contextlib.suppress(InputError):  # a line that is not ours stays, and `check` tells of it
                store.gone.renew()
                everywhere.even(store.engine, store.gone)
    store.scrub()
    return count


def _newest(store: Store, folder: Path) -> Keys:
    """Return the keys with one that the store does not use yet: the one that lies there, else a new one."""
    ring = store.ring() if store.ring is not None else store.keys
    if ring != store.keys:
        return ring
    place = config.own_secret(folder, NAME)
    if place is None:
        raise ConfigError(
            f"{NAME}: it comes from a credential or the environment, where mailbot can't write: put a new key of 64 "
            "letters above the present one there, on a line of its own (`openssl rand -hex 32`), and try again"
        )
    ring = Keys(secrets.token_hex(32).encode(), (*ring.former, ring.secret))
    try:
        gone.replace(place, f"{ring}\n".encode())
    except OSError as exc:
        raise ConfigError(f"{place}: can't be written ({exc.strerror}): nothing was done") from exc
    return ring


def is_begun(store: Store) -> bool:
    """Tell whether a newer key is there than the one that the store uses."""
    return store.ring is not None and store.ring() != store.keys


# ---- the copies beside the backups -------------------------------------------------------------------------------


def lay(folder: Path, keys: Keys, recipient: str) -> bool:
    """Lay the keys beside the backups of a folder, once there is more than one: older backups lack the newer.

    Returns whether others lay there before. Raises ConfigError, OSError.
    """
    place = folder / f"{NAME}-{keys.name}.age"
    if not keys.former or not recipient or place.exists():
        return False
    gone.replace(place, sealing.seal(str(keys).encode(), recipient))
    for path in _copies(folder):
        if path != place:
            path.unlink()
    return True


def longest(folder: Path, secret: str, keys: Keys) -> Keys:
    """Return the keys of a backup with those that came after it, as they lie beside it. Raises OSError."""
    found = [keys]
    for path in _copies(folder):
        with contextlib.suppress(InputError, ValueError):  # another installation's
            found.append(Keys.read(sealing.unseal(path.read_bytes(), secret).decode()))
    return max((each for each in found if each.continues(keys)), key=lambda each: len(each.former))


def _copies(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.iterdir()) if _COPY.fullmatch(path.name))
