"""What a login left behind, in `secrets/oauth.json` (0600): refresh token, access token, and when each was given.

The file is written whole beside its place, brought to the disk and renamed, so a kill leaves the old one or the new
one. Whoever means to renew it takes the lock first: a server that rotates refresh tokens (RFC 9700 section 4.14.2)
takes each of them once. One gap is known: killed between the server's answer and the writing of it, the new token is
lost; most servers take the old one until the new one was used, a strict one wants `mailbot login` again.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from mailbot.errors import LoginRefused
from mailbot.oauth.provider import Client, Said

FILE = "oauth.json"
MARGIN = timedelta(minutes=2)  # an access token this near to its end, or in its last quarter, is not used any more
LASTS = 300  # seconds that one lasts where the server does not say it (RFC 6749 section 5.1)
HELD = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
_TIMES = ("expires_at", "logged_in_at", "refreshed_at", "refused_at")  # the last one may be missing


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """One login. Times are aware UTC."""

    token_url: str  # the refresh token goes there and nowhere else
    client_id: str
    refresh_token: str = field(repr=False)
    access_token: str = field(default="", repr=False)
    expires_at: datetime  # of the access token
    logged_in_at: datetime
    refreshed_at: datetime
    refused_at: datetime | None = None  # when the refresh token was last said to be worth nothing

    def is_fresh(self, now: datetime) -> bool:
        """Tell whether the access token can be used now. Raises nothing."""
        margin = min(MARGIN, (self.expires_at - self.refreshed_at) / 4)
        return bool(self.access_token) and now < self.expires_at - margin

    def is_of(self, client: Client) -> bool:
        """Tell whether that client may use it. Raises nothing."""
        return (self.token_url, self.client_id) == (client.provider.token_url, client.client_id)

    def renewed(self, said: Said, now: datetime) -> Grant:
        """Return it with the tokens of an answer; without a new refresh token the old one stays. Raises LoginRefused.

        Source: RFC 6749 sections 5.1 and 6.
        """
        access, refresh = said.get("access_token"), said.get("refresh_token") or self.refresh_token
        if str(said.get("token_type", "bearer")).casefold() != "bearer" or not (_plain(access) and _plain(refresh)):
            raise LoginRefused("the provider gave no token that can be used: ask for the right scope in [oauth]")
        lasts = timedelta(seconds=_seconds(said.get("expires_in")))
        return replace(
            self, access_token=str(access), refresh_token=str(refresh), expires_at=now + lasts, refreshed_at=now,
            refused_at=None,
        )  # fmt: skip


def begun(client: Client, said: Said, now: datetime) -> Grant:
    """Return the grant of a first answer. Raises LoginRefused where it can't be renewed later."""
    if not _plain(said.get("refresh_token")):
        raise LoginRefused("the provider gave no refresh token: the scope must ask for lasting (offline) access")
    empty = Grant(
        token_url=client.provider.token_url, client_id=client.client_id,
        refresh_token="", expires_at=now, logged_in_at=now, refreshed_at=now,
    )  # fmt: skip
    return empty.renewed(said, now)


def _plain(token: object) -> bool:
    """Tell whether that is a token which can stand in a line of a protocol (RFC 6749 appendix A: VSCHAR)."""
    return isinstance(token, str) and token != "" and token.isascii() and token.isprintable() and " " not in token


def _seconds(value: object) -> float:
    try:
        given = float(str(value))
    except ValueError:
        return LASTS
    return min(max(given, 0.0), 86_400.0) if given == given else LASTS  # some servers write it as text; NaN is none


def as_text(grant: Grant) -> str:
    """Return a grant as the file has it. Raises nothing."""
    known = {name: getattr(grant, name) for name in Grant.__slots__}
    return json.dumps(known, default=lambda at: at.isoformat(), indent=1) + "\n"


def from_text(text: str, named: str) -> Grant:
    """Return the grant of such a text. Raises LoginRefused, which names the file and quotes nothing."""
    try:
        known = json.loads(text)
        times = {name: datetime.fromisoformat(known[name]) for name in _TIMES if known.get(name)}
        grant = Grant(**{**known, **times})
        sound = all(at.tzinfo is not None for at in times.values()) and _plain(grant.refresh_token)
        sound = sound and isinstance(grant.access_token, str) and times.keys() >= set(_TIMES[:3])
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
        sound = False
    if not sound:
        raise LoginRefused(f"{named}: this is no login of mailbot: run `mailbot login` again")
    return grant


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantFile:
    """The file that an installation keeps its login in."""

    path: Path

    def read(self) -> Grant | None:
        """Return what it holds; None where it is not there. Raises LoginRefused."""
        return _read(self.path)

    @contextmanager
    def replacing(self) -> Iterator[Callable[[Grant], None]]:
        """Yield what puts a grant in the file's place; nobody else does meanwhile, and signals wait.

        What it is written to is open already: a folder that can't be written says so before a server is asked for what
        could not be kept. Raises LoginRefused.
        """
        before = signal.pthread_sigmask(signal.SIG_BLOCK, HELD)
        try:
            with self._locked():
                self._recover()
                handle = os.open(self._new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
                try:
                    _given_over(handle, self.path.parent)
                    yield lambda grant: self._put(handle, grant)
                finally:
                    os.close(handle)
                    self._new.unlink(missing_ok=True)
        except OSError as exc:
            raise LoginRefused(f"{self.path}: can't be written ({exc.strerror}), and a login must be kept") from exc
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    @property
    def _new(self) -> Path:
        return self.path.with_suffix(".new")

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self.path.parent.mkdir(mode=0o700, exist_ok=True)
        handle = os.open(self.path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            _given_over(handle, self.path.parent)
            fcntl.flock(handle, fcntl.LOCK_EX)  # goes with its owner, however that ends
            yield
        finally:
            os.close(handle)

    def _recover(self) -> None:
        """Take what a process wrote that was killed before it could rename it: the server may take no older one."""
        try:
            left, here = _read(self._new), _read(self.path)
        except LoginRefused:
            return  # half written: the server may still take the old one
        if left is not None and (here is None or left.refreshed_at > here.refreshed_at):
            self._new.replace(self.path)

    def _put(self, handle: int, grant: Grant) -> None:
        with os.fdopen(os.dup(handle), "w", encoding="utf-8") as file:
            file.write(as_text(grant))
            file.flush()
            os.fsync(handle)
        self._new.replace(self.path)
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _read(path: Path) -> Grant | None:
    try:
        return from_text(path.read_text(encoding="utf-8"), str(path))
    except FileNotFoundError:
        return None
    except OSError as exc:
        raise LoginRefused(f"{path}: can't be read ({exc.strerror})") from exc
    except UnicodeDecodeError as exc:
        raise LoginRefused(f"{path}: this is no login of mailbot: run `mailbot login` again") from exc


def _given_over(handle: int, folder: Path) -> None:
    """Give a file that root made to whoever owns the folder: mailbot itself runs as another user."""
    owner = folder.stat()
    if os.geteuid() == 0 and owner.st_uid != 0:
        os.fchown(handle, owner.st_uid, owner.st_gid)
