"""Looks over the secrets: who else on this machine could read them, and which key of the hashes is used."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mailbot.config import SETTINGS_FILE, secret
from mailbot.operating import keyring
from mailbot.operating.finding import Parts, Said
from mailbot.store import gone

OTHERS = 0o077
ANYBODY = 0o007
SHORTEST = 16  # letters of a secret that nobody guesses


def secrets(parts: Parts) -> Said:
    """Look over the files that hold secrets or the store, and the keys of the hashes."""
    open_ = [path for path in _private(parts) if path.exists() and path.stat().st_mode & OTHERS and _is_reached(path)]
    for path in open_:
        mode = "700" if path.is_dir() else "600"
        yield "wrong", f"{path} can be read by other users of this machine: chmod {mode} {path}"
    elsewhere = [path for path in _named(parts) if path.is_file() and path.stat().st_mode & ANYBODY]
    for path in elsewhere:
        yield "note", f"{path} can be read by every user of this machine; a password needs no more than its owner"
    token = secret(parts.folder, "metrics_token", "")
    if token is not None and len(token) < SHORTEST:
        yield "wrong", f"metrics_token has less than {SHORTEST} letters, so nobody gets the figures with it"
    store = parts.line.store
    if keyring.is_begun(store):
        yield "wrong", "store_key holds a new key that is not used yet: `mailbot key rotate` goes on with it"
    former = len(store.keys.former)
    if former:
        yield "ok", f"hashes are made by {former + 1} keys one over the other: each line of store_key is needed"
    elif not open_:
        yield "ok", "nobody else on this machine can read them"


def _is_reached(path: Path) -> bool:
    """Tell whether others get as far as that: not into a folder that is its owner's alone."""
    return path.is_dir() or bool(path.parent.stat().st_mode & 0o011)


def _private(parts: Parts) -> Iterator[Path]:
    """Yield what lies in the installation and is its owner's alone."""
    hidden = parts.folder / "secrets"
    yield hidden
    yield from (path for path in sorted(hidden.glob("*")) if path.is_file())
    yield parts.folder / SETTINGS_FILE
    yield parts.folder / gone.FILE
    engine = parts.line.store.engine
    if engine.dialect.name == "sqlite" and engine.url.database:
        yield from (Path(f"{engine.url.database}{end}") for end in ("", "-wal"))


def _named(parts: Parts) -> Iterator[Path]:
    """Yield the files elsewhere that the settings and the policy name for a password."""
    settings, policy = parts.settings, parts.line.rules.policy
    names = [settings.mailbox.password_file, settings.courier.password_file]
    names += [place.hook.secret_file for place in policy.places if place.hook]
    hidden = (parts.folder / "secrets").resolve()
    yield from (path for name in names if name and (path := (parts.folder / name).resolve()).parent != hidden)
