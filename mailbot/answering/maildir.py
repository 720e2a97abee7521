"""The Maildir courier: each answer becomes a file in PATH/new, for the demo and for mail that another program takes.

Writes by the rule of maildir(5): into tmp, fsync, rename into new. The name comes from the Message-ID, so the
same reply sent twice is one file. Sender and recipient are not written down: they stand in the mail's headers.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from mailbot.errors import CourierRefused, CourierUnavailable
from mailbot.ports import Letter, Said, Take

_MESSAGE_ID = re.compile(rb"^message-id:\s*<([^<>@\s]+)@", re.IGNORECASE | re.MULTILINE)
_SAFE = re.compile(r"[A-Za-z0-9_=+-][A-Za-z0-9_.=+-]{0,149}")


class MaildirCourier:
    """A Maildir that takes what is sent; it is made when missing."""

    def __init__(self, path: Path) -> None:
        """Keep the path; nothing is written. Raises nothing."""
        self._path = path

    def send(self, sender: str, recipient: str, octets: bytes) -> str:
        """Deliver one mail and return "250 kept as NAME". Raises CourierUnavailable, CourierRefused."""
        name = _name(octets)
        with self._door():
            self._make()
            if not self._holds(name):
                self._write(name, octets)
        return f"250 kept as {name}"

    def send_all(self, take: Take) -> Iterator[tuple[Letter, Said]]:
        """Deliver what `take` gives, one by one. Raises CourierUnavailable, CourierRefused."""
        while (letter := take()) is not None:
            yield letter, self.send(letter.sender, letter.recipient, letter.octets)

    def check(self) -> None:
        """Make the folders where they are missing, write nothing. Raises CourierUnavailable, CourierRefused."""
        with self._door():
            self._make()
            if not os.access(self._path / "new", os.W_OK | os.X_OK):
                raise CourierRefused(f"{self._path} can't be written by this user: change owner or mode")

    def takes(self, sender: str) -> bool:
        """Tell that any envelope sender will do: none is written down. Raises nothing."""
        return True

    def certificate_until(self) -> datetime | None:
        """Tell that there is no certificate. Raises nothing."""
        return None

    def close(self) -> None:
        """Do nothing: no connection is kept. Raises nothing."""

    @contextlib.contextmanager
    def _door(self) -> Iterator[None]:
        try:
            yield
        except (PermissionError, NotADirectoryError, FileExistsError) as exc:
            raise CourierRefused(f"{self._path} can't be written as a Maildir: check the courier's URL") from exc
        except OSError as exc:
            raise CourierUnavailable(f"{self._path} can't be written now ({os.strerror(exc.errno or 0)})") from exc

    def _make(self) -> None:
        for part in ("cur", "new", "tmp"):
            (self._path / part).mkdir(mode=0o700, parents=True, exist_ok=True)

    def _holds(self, name: str) -> bool:
        # A mail program that has shown it moved it to cur and put flags behind the name.
        if (self._path / "new" / name).exists():
            return True
        with os.scandir(self._path / "cur") as entries:
            return any(entry.name.partition(":")[0] == name for entry in entries)

    def _write(self, name: str, octets: bytes) -> None:
        part = self._path / "tmp" / name
        with part.open("wb") as file:
            file.write(octets)
            file.flush()
            os.fsync(file.fileno())
        part.rename(self._path / "new" / name)
        handle = os.open(self._path / "new", os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _name(octets: bytes) -> str:
    header = re.split(rb"\r?\n\r?\n", octets, maxsplit=1)[0]
    found = _MESSAGE_ID.search(header)
    local = found[1].decode("ascii", "replace") if found else ""
    return local if _SAFE.fullmatch(local) else hashlib.sha256(found[1] if found else octets).hexdigest()
