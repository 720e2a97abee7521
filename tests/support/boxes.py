"""One real mailbox of each kind behind the same few verbs, for the contract that both must keep."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from mailbot.intake.imap import ImapMailbox
from mailbot.intake.maildir import MaildirMailbox
from mailbot.ports import Mailbox
from mailbot.urls import mailbox_url
from tests.support.dovecot import Dovecot
from tests.support.numbers import SqliteNumbers

AT = datetime(2026, 11, 2, 9, 0, 0, tzinfo=UTC)


def mail(subject: str, size: int = 0) -> bytes:
    """Return a small mail, padded to about `size` octets."""
    lines = [f"Subject: {subject}", "From: aliya@example.kz", "To: info@example.com", "", "сәлем", "x" * 70]
    lines += ["x" * 70] * (size // 72)
    return "\r\n".join([*lines, ""]).encode()


def subject(octets: bytes) -> str:
    """Return what `mail` was given."""
    found = re.search(rb"^Subject: (.*?)\r?$", octets, re.MULTILINE)
    return found[1].decode() if found else ""


class Box(Protocol):
    """What a contract test may do to a mailbox from outside."""

    def open(self, max_bytes: int = 10_000_000) -> Mailbox: ...
    def deliver(self, octets: bytes, at: datetime = AT) -> None: ...
    def renew(self) -> None: ...
    def vanish(self, name: str) -> None: ...
    def show(self, name: str) -> None: ...
    def flags(self) -> dict[str, str]: ...
    def done(self) -> list[str]: ...
    def octets(self) -> dict[str, list[bytes]]: ...
    def close(self) -> None: ...


class DovecotBox:
    """A fresh user on a real Dovecot."""

    def __init__(self, server: Dovecot, folder: str = "INBOX") -> None:
        self.server, self.user, self.folder = server, server.user(), folder
        self._open: list[ImapMailbox] = []
        if folder != "INBOX":
            with server.login(self.user) as client:
                client.create_folder(folder)

    def open(self, max_bytes: int = 10_000_000) -> ImapMailbox:
        url = mailbox_url(self.server.url(self.user, self.folder))
        mailbox = ImapMailbox(url, password=url.password, timeout_seconds=15, max_bytes=max_bytes)
        self._open.append(mailbox)
        return mailbox

    def deliver(self, octets: bytes, at: datetime = AT) -> None:
        self.server.append(self.user, octets, at, self.folder)

    def renew(self) -> None:
        self.close()
        self.server.new_uidvalidity(self.user)

    def vanish(self, name: str) -> None:
        self._file(name).unlink()

    def show(self, name: str) -> None:
        with self.server.login(self.user) as client:
            client.select_folder(self.folder)
            client.add_flags(client.search(["SUBJECT", name]), [rb"\Seen"])

    def flags(self) -> dict[str, str]:
        return self._listed(self.folder)

    def done(self) -> list[str]:
        return sorted(self._listed(self._filed()))

    def octets(self) -> dict[str, list[bytes]]:
        found: dict[str, list[bytes]] = {}
        with self.server.login(self.user) as client:
            for folder in filter(client.folder_exists, (self.folder, self._filed())):
                client.select_folder(folder, readonly=True)
                mails = client.fetch(client.search(), ["BODY.PEEK[]"])
                found[folder.replace(self._filed(), "Done")] = [mails[uid][b"BODY[]"] for uid in sorted(mails)]
        return found

    def _filed(self) -> str:
        return self.server.prefix + self.server.separator.join(("mailbot", "Done"))

    def close(self) -> None:
        for mailbox in self._open:
            mailbox.close()

    def _file(self, name: str) -> Path:
        home = self.server.maildir(self.user)
        files = [*home.glob("new/*"), *home.glob("cur/*")]
        return next(path for path in files if subject(path.read_bytes()) == name)

    def _listed(self, folder: str) -> dict[str, str]:
        with self.server.login(self.user) as client:
            if not client.folder_exists(folder):
                return {}
            client.select_folder(folder, readonly=True)
            found = client.fetch(client.search(), ["FLAGS", "BODY.PEEK[]"])
        unseen = {rb"\Recent"}
        return {
            subject(each[b"BODY[]"]): " ".join(sorted(flag.decode() for flag in set(each[b"FLAGS"]) - unseen))
            for each in found.values()
        }


class MaildirBox:
    """A fresh Maildir."""

    def __init__(self, path: Path) -> None:
        self.path, self.numbers, self._count = path, SqliteNumbers(), 0
        for part in ("cur", "new", "tmp"):
            (path / part).mkdir(parents=True)

    def open(self, max_bytes: int = 10_000_000) -> MaildirMailbox:
        return MaildirMailbox(self.path, self.numbers, max_bytes=max_bytes)

    def deliver(self, octets: bytes, at: datetime = AT) -> None:
        self._count += 1
        path = self.path / "new" / f"{int(at.timestamp())}.M{self._count:06}P7.example"
        path.write_bytes(octets)
        os.utime(path, (at.timestamp(), at.timestamp()))

    def renew(self) -> None:
        self.numbers.renew()

    def vanish(self, name: str) -> None:
        self._file(name).unlink()

    def show(self, name: str) -> None:
        path = self._file(name)
        path.rename(self.path / "cur" / f"{path.name.partition(':')[0]}:2,S")

    def flags(self) -> dict[str, str]:
        marks = {"": "", "S": r"\Seen"}
        files = [*self.path.glob("new/*"), *self.path.glob("cur/*")]
        return {subject(path.read_bytes()): marks[path.name.partition(":2,")[2]] for path in files}

    def done(self) -> list[str]:
        return sorted(subject(path.read_bytes()) for path in self.path.glob(".mailbot.Done/cur/*"))

    def octets(self) -> dict[str, list[bytes]]:
        here, filed = [*self.path.glob("new/*"), *self.path.glob("cur/*")], self.path.glob(".mailbot.Done/cur/*")
        return {
            "INBOX": [path.read_bytes() for path in sorted(here)],
            "Done": [path.read_bytes() for path in sorted(filed)],
        }  # fmt: skip

    def close(self) -> None:
        self.numbers.close()

    def _file(self, name: str) -> Path:
        files = [*self.path.glob("new/*"), *self.path.glob("cur/*")]
        return next(path for path in files if subject(path.read_bytes()) == name)
