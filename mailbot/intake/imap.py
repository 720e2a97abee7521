"""The IMAP mailbox: reads one folder by UID and moves what is done (RFC 9051, UID MOVE of RFC 6851).

The only module that knows imapclient. It never sets a flag, never expunges, never uses sequence numbers, and
decides nothing about a mail. Addresses of mails are RFC 9051 section 2.3.1.1; passwords go over TLS (RFC 8314)
or to loopback. Each failure of the library leaves here as MailboxUnavailable or MailboxRefused.
"""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from imaplib import IMAP4
from pathlib import Path
from typing import Any

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import (
    CapabilityError,
    IllegalStateError,
    InvalidCriteriaError,
    LoginError,
    ProtocolError,
)

from mailbot.errors import MailboxRefused, MailboxUnavailable
from mailbot.intake.batches import groups, slices
from mailbot.intake.uids import Client, done_folder, entries, mails, move, search, spans
from mailbot.ports import Cursor, MailboxState, RawMail
from mailbot.section import is_loopback
from mailbot.urls import MailboxUrl

CHUNK = 500  # UIDs in one command: below the 8,000 octets a line that every server takes (RFC 7162 section 4)
CONNECT_SECONDS = 15

_PLAIN_USER = re.compile(r"[\w.@+=-]+", re.ASCII)  # imaplib sends the user of LOGIN as it is, unquoted
_LATER = re.compile(r"\[(UNAVAILABLE|INUSE|SERVERBUG|THROTTLED|LIMIT)\b", re.IGNORECASE)  # RFC 5530
_NEVER = re.compile(r"\[(OVERQUOTA|NOPERM|CANNOT|NONEXISTENT|PRIVACYREQUIRED)\b", re.IGNORECASE)
_LOGIN = (
    "{host} refused user or password; Gmail, Yandex and Mail.ru want an app password instead of the usual one, "
    "and IMAP switched on in the mailbox's settings"
)
_BROKE = "the connection to {host} broke; the next pass tries again"
_ODD = "{host} answered in a way that makes no sense; the next pass tries again"
_Outcome = type[MailboxRefused] | type[MailboxUnavailable]
ERRORS: dict[type[BaseException], tuple[_Outcome, str]] = {
    LoginError: (MailboxRefused, _LOGIN),
    CapabilityError: (MailboxRefused, "{host} lacks a command that mailbot needs"),
    InvalidCriteriaError: (MailboxRefused, "{host} does not search by UID, so mailbot can't read this mailbox"),
    IMAP4.readonly: (
        MailboxRefused,
        "{host} opens the folder for reading only: give this user the right to move mails",
    ),
    IllegalStateError: (MailboxUnavailable, _BROKE),
    ProtocolError: (MailboxUnavailable, _ODD),
    IMAP4.abort: (MailboxUnavailable, _BROKE),
    IMAP4.error: (MailboxUnavailable, "{host} says no for now; the next pass tries again"),
    ssl.SSLCertVerificationError: (
        MailboxRefused,
        "the certificate of {host} is not valid for that name or not signed by an authority known here; "
        "for a private server name its authority in ca_file",
    ),
    ssl.SSLError: (MailboxUnavailable, "no protected connection to {host} came about: does this port speak TLS?"),
    socket.gaierror: (MailboxUnavailable, "the name {host} is not known to DNS: check the URL, or the network"),
    TimeoutError: (MailboxUnavailable, "{host} did not answer in time; the next pass tries again"),
    ConnectionRefusedError: (MailboxUnavailable, "{host} takes no connection at this port: check the URL, or wait"),
    OSError: (MailboxUnavailable, _BROKE),
    EOFError: (MailboxUnavailable, _BROKE),
    ValueError: (MailboxUnavailable, _ODD),
    LookupError: (MailboxUnavailable, _ODD),
}


def translate(exc: BaseException, host: str) -> MailboxUnavailable | MailboxRefused:
    """Return our error for one of imapclient, imaplib, ssl or the socket; repeats nothing the server said.

    Source: response codes of RFC 5530.
    """
    outcome, sentence = next(ERRORS[kind] for kind in type(exc).__mro__ if kind in ERRORS)
    if isinstance(exc, IMAP4.error) and not isinstance(exc, IMAP4.abort):
        cut = isinstance(exc.__context__, IMAP4.abort)  # imapclient calls a line cut during LOGIN a LoginError
        if cut or _LATER.search(str(exc)):
            outcome, sentence = MailboxUnavailable, "{host} is not ready now; the next pass tries again"
        elif outcome is MailboxUnavailable and _NEVER.search(str(exc)):
            outcome, sentence = MailboxRefused, "{host} does not allow it: look at this user's rights and quota"
    if isinstance(exc, ssl.SSLError) and getattr(exc, "reason", "") == "WRONG_VERSION_NUMBER":
        outcome = MailboxRefused
    return outcome(sentence.format(host=host))


class ImapMailbox:
    """A folder on an IMAP server; connects when first used, and anew after an error. Not thread-safe."""

    def __init__(
        self,
        url: MailboxUrl,
        *,
        password: str | None,
        ca_file: Path | None = None,
        timeout_seconds: float = 60,
        max_bytes: int = 10_000_000,
    ) -> None:
        """Keep the settings; nothing is connected. Raises nothing."""
        self.folder = url.folder
        self._url, self._password, self._ca_file = url, password, ca_file
        self._timeout, self._max_bytes = timeout_seconds, max_bytes
        self._client: Client | None = None
        self._selected: dict[bytes, Any] = {}
        self._fresh = False  # SELECT's answer was not used yet, so it need not be asked again
        self._done: str | None = None

    def state(self) -> MailboxState:
        """Open the folder and tell where it stands. Raises MailboxUnavailable, MailboxRefused."""
        with self._door():
            client = self._select()
            can_move = client.has_capability("MOVE")
        note = f"{self._url.host} can't move mails (no MOVE): what is done stays in {self.folder}"
        return MailboxState(
            folder=self.folder,
            uidvalidity=self._selected[b"UIDVALIDITY"],
            uidnext=self._selected.get(b"UIDNEXT", 1),
            can_move=can_move,
            notes=() if can_move else (note,),
        )

    def fetch(self, cursor: Cursor, again: Sequence[int]) -> Iterator[list[RawMail]]:
        """Yield those of `again` that exist, then the new mails, UIDs ascending, at most 50 or 8 MB at a time.

        A mail over max_bytes comes with its header alone. Raises MailboxUnavailable, MailboxRefused.
        Source: RFC 9051 section 2.3.1.1 (UIDVALIDITY), RFC 3501 section 6.4.8 (`n:*` always gives the last mail).
        """
        with self._door():
            self._ready()
        if self._selected[b"UIDVALIDITY"] == cursor.uidvalidity:
            yield from self._batches(sorted(set(again)), None, self._max_bytes)
            yield from self._batches(self._found(cursor.last_uid + 1, None), None, self._max_bytes)
        else:
            yield from self._batches(self._found(1, cursor.since), cursor.since, self._max_bytes)

    def headers(self, since: datetime | None) -> Iterator[list[RawMail]]:
        """Yield the headers alone of all mails received at or after `since`. Raises as fetch does."""
        with self._door():
            self._ready()
        yield from self._batches(self._found(1, since), since, -1)

    def pick(self, uids: Sequence[int]) -> Iterator[list[RawMail]]:
        """Yield those UIDs that still exist, ascending, at most 50 or 8 MB at a time. Raises as fetch does."""
        with self._door():
            self._ready()
        yield from self._batches(sorted(set(uids)), None, self._max_bytes)

    def file(self, uids: Sequence[int]) -> bool:
        """Move them to mailbot/Done by one UID MOVE (per 500); False where the server has no MOVE.

        Missing UIDs are no error. Raises MailboxUnavailable, MailboxRefused. Source: RFC 6851 section 3.
        """
        if not uids:
            return True
        with self._door():
            client = self._client or self._select()
            if not client.has_capability("MOVE"):
                return False
            self._done = self._done or done_folder(client)
            for chunk in slices(sorted(set(uids)), CHUNK):
                move(client, chunk, self._done)
        return True

    def close(self) -> None:
        """Log out and forget the connection; may be called twice. Raises nothing."""
        client, self._client = self._client, None
        if client is not None:
            with contextlib.suppress(IMAP4.error, OSError, ValueError):
                client.logout()
            with contextlib.suppress(IMAP4.error, OSError, ValueError):
                client.shutdown()

    @contextlib.contextmanager
    def _door(self) -> Iterator[None]:
        try:
            yield
        except (MailboxUnavailable, MailboxRefused):
            self._drop()
            raise
        except (IMAP4.error, OSError, EOFError, ValueError, LookupError) as exc:
            self._drop()
            raise translate(exc, self._url.host) from exc

    def _drop(self) -> None:
        # Without LOGOUT: after an error its answer might keep us waiting for a whole timeout.
        client, self._client = self._client, None
        if client is not None:
            with contextlib.suppress(IMAP4.error, OSError, ValueError):
                client.shutdown()

    def _connect(self) -> Client:
        if self._url.scheme != "imaps" and not is_loopback(self._url.host):
            raise MailboxRefused("the password may go unprotected to 127.0.0.1 only: use imaps://")
        if not self._password:
            raise MailboxRefused("the mailbox's password is missing: put it into a file and name it in password_file")
        context = _context(self._ca_file) if self._url.scheme == "imaps" else None
        timeout = SocketTimeout(connect=min(CONNECT_SECONDS, self._timeout), read=self._timeout)
        client = IMAPClient(
            self._url.host, self._url.port, ssl=context is not None, ssl_context=context, timeout=timeout
        )
        self._client = client  # from here on an error closes it
        client.normalise_times = False
        client._imap.debug = 0  # else imaplib formats every octet of every mail for a log that may not have them
        client.socket().setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        user = self._url.user
        plain = _PLAIN_USER.fullmatch(user) and self._password.isascii()
        (client.login if plain else client.plain_login)(user, self._password)
        client.has_capability("MOVE")  # asked now it is often answered already, by LOGIN
        opened: Client = client
        return opened

    def _select(self) -> Client:
        client = self._client or self._connect()
        try:
            answer = client.select_folder(self.folder)
        except IMAP4.abort:
            raise
        except IMAP4.error as exc:
            if _LATER.search(str(exc)):
                raise
            sentence = f"the folder {self.folder} can't be opened on {self._url.host}: check its name in the URL"
            raise MailboxRefused(sentence) from exc
        if b"UIDVALIDITY" not in answer:
            raise MailboxRefused(f"{self._url.host} keeps no lasting UIDs (no UIDVALIDITY), which mailbot needs")
        self._selected, self._fresh = answer, True
        return client

    def _ready(self) -> None:
        # SELECT again on an open connection instead of NOOP: it shows new mail too, and UIDVALIDITY is compared.
        if self._client is None or not self._fresh:
            self._select()
        self._fresh = False

    def _live(self) -> Client:
        if self._client is None:
            raise MailboxUnavailable("the connection was closed while the mailbox was being read")
        return self._client

    def _found(self, first: int, since: datetime | None) -> Iterator[int]:
        for span in spans(self._selected, first):
            with self._door():
                uids = search(self._live(), span, since)
            yield from (uid for uid in uids if uid >= first)

    def _batches(self, uids: Iterable[int], since: datetime | None, max_bytes: int) -> Iterator[list[RawMail]]:
        place = (self.folder, self._selected[b"UIDVALIDITY"])
        for chunk in slices(uids, CHUNK):
            with self._door():
                listed = entries(self._live(), chunk)
            for group in groups((entry for entry in listed if entry.at_or_after(since)), max_bytes):
                with self._door():
                    batch = mails(self._live(), place, group, max_bytes)
                if batch:
                    yield batch


def _context(ca_file: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as exc:
        raise MailboxRefused(f"ca_file {ca_file} can't be read as a certificate") from exc
