"""Opens an IMAP connection and logs in: over TLS (RFC 8314), or without it to loopback alone.

Raises MailboxRefused where the settings forbid it, and what imapclient raises: the door, intake/imap, translates that.
"""

from __future__ import annotations

import re
import socket
from pathlib import Path

from imapclient import IMAPClient, SocketTimeout

from mailbot.errors import MailboxRefused
from mailbot.intake.imap_errors import tls_context
from mailbot.intake.uids import Client
from mailbot.section import is_loopback
from mailbot.urls import MailboxUrl

CONNECT_SECONDS = 15

_PLAIN_USER = re.compile(r"[\w.@+=-]+", re.ASCII)  # imaplib sends the user of LOGIN as it is, unquoted


def connect(url: MailboxUrl, password: str | None, ca_file: Path | None, timeout_seconds: float) -> Client:
    """Return an open connection to the mailbox's server, not logged in yet."""
    if url.scheme != "imaps" and not is_loopback(url.host):
        raise MailboxRefused("the password may go unprotected to 127.0.0.1 only: use imaps://")
    if not password:
        raise MailboxRefused("the mailbox's password is missing: put it into a file and name it in password_file")
    context = tls_context(ca_file) if url.scheme == "imaps" else None
    timeout = SocketTimeout(connect=min(CONNECT_SECONDS, timeout_seconds), read=timeout_seconds)
    client = IMAPClient(url.host, url.port, ssl=context is not None, ssl_context=context, timeout=timeout)
    client.normalise_times = False
    client._imap.debug = 0  # else imaplib formats every octet of every mail for a log that may not have them
    client.socket().setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    opened: Client = client
    return opened


def enter(client: Client, user: str, password: str) -> None:
    """Log in; a user or password that LOGIN can't carry goes by AUTHENTICATE PLAIN.

    From then on SELECT tells whether anything changed in a folder, where the server can (RFC 7162 section 3.1.8).
    """
    plain = _PLAIN_USER.fullmatch(user) and password.isascii()
    (client.login if plain else client.plain_login)(user, password)
    client.has_capability("MOVE")  # asked now it is often answered already, by LOGIN
    if client.has_capability("CONDSTORE") and client.has_capability("ENABLE"):
        client.enable("CONDSTORE")
