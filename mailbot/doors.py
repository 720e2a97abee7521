"""Makes the doors of an installation as its settings say: the mailbox, the watch over it, the courier, DNS."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from mailbot.errors import CourierRefused, CourierUnavailable, MailboxRefused, MailboxUnavailable
from mailbot.intake.dns import Dns
from mailbot.oauth import credentials
from mailbot.ports import Courier, Mailbox, Resolver
from mailbot.reach import Reach
from mailbot.reading.extra import can_verify
from mailbot.settings import Settings
from mailbot.store.logins import Logins
from mailbot.store.numbers import Numbers
from mailbot.store.store import Store
from mailbot.urls import CourierUrl, MailboxUrl, courier_url, mailbox_url

if TYPE_CHECKING:
    from mailbot.intake.idle import Watch


KNOCK_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Beside:
    """What the mailboxes of one process share: connections to the database, and which mail servers are away."""

    store: Store  # any of them
    reach: Reach


def open_mailbox(folder: Path, settings: Settings, store: Store, reach: Reach | None = None) -> Mailbox:
    """Return the door in; nothing is connected yet. Raises ConfigError."""
    section = settings.mailbox
    url: MailboxUrl = mailbox_url(section.url)
    if url.scheme == "maildir":
        from mailbot.intake.maildir import MaildirMailbox

        return MaildirMailbox(url.path, Numbers(store), max_bytes=section.max_bytes)
    from mailbot.intake.imap import ImapMailbox  # late: a Maildir needs no IMAP library

    password = credentials.of_mailbox(folder, settings)
    mailbox = ImapMailbox(
        url, password=password, ca_file=folder / section.ca_file if section.ca_file else None,
        timeout_seconds=section.timeout_seconds, max_bytes=section.max_bytes,
    )  # fmt: skip
    if reach is not None:
        mailbox.reach = partial(reach.to, url.server, MailboxUnavailable)
    mailbox.logins = Logins(store, "mailbox", url.host, MailboxRefused, _secret(password))
    return mailbox


def _secret(credential: credentials.Credential) -> str:
    return credential if isinstance(credential, str) else ""  # a token is renewed by itself


def knock(url: MailboxUrl, reach: Reach) -> None:
    """Wait for the greeting of a mailbox's server that is away, and say nothing. Raises OSError, MailboxUnavailable."""
    import socket
    import ssl

    anybody = ssl.create_default_context()
    anybody.check_hostname, anybody.verify_mode = False, ssl.CERT_NONE  # who it is the pass asks; it is told nothing
    with reach.to(url.server, MailboxUnavailable), contextlib.ExitStack() as stack:
        line = stack.enter_context(socket.create_connection((url.host, url.port), KNOCK_SECONDS))
        if url.scheme == "imaps":
            line = stack.enter_context(anybody.wrap_socket(line))
        if not line.recv(1):
            raise ConnectionResetError


def open_courier(folder: Path, settings: Settings, store: Store, reach: Reach | None = None) -> Courier:
    """Return the door out; nothing is connected yet. Raises ConfigError."""
    section = settings.courier
    url: CourierUrl = courier_url(section.url)
    if url.scheme == "maildir":
        from mailbot.answering.maildir import MaildirCourier

        return MaildirCourier(url.path)
    from mailbot.answering.smtp import SmtpCourier

    password = credentials.of_courier(folder, settings)
    ca_file = folder / section.ca_file if section.ca_file else None
    plain = settings.mailbox.addresses[0]
    courier = SmtpCourier(url, password=password, ca_file=ca_file, timeout_seconds=section.timeout_seconds, plain=plain)
    if reach is not None:
        courier.reach = partial(reach.to, url.server, CourierUnavailable)
    courier.connections = section.connections
    courier.logins = Logins(store, "courier", url.host, CourierRefused, _secret(password))
    return courier


def system_dns() -> Resolver | None:
    """Return the system's resolver; None where the extra `dkim`, which brings it, is not installed."""
    return Dns() if can_verify() else None


def open_watch(folder: Path, settings: Settings, store: Store) -> Watch | None:
    """Return what waits for new mail on a connection of its own; None of a Maildir. Raises ConfigError."""
    section = settings.mailbox
    url = mailbox_url(section.url)
    if url.scheme == "maildir":
        return None
    from mailbot.intake.idle import Watch

    password = credentials.of_mailbox(folder, settings)
    ca_file = folder / section.ca_file if section.ca_file else None
    logins = Logins(store, "mailbox", url.host, MailboxRefused, _secret(password), patient=True)
    return Watch(url, password, ca_file, logins)
