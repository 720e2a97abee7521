"""Opens an IMAP connection and logs in: over TLS (RFC 8314), or without it to loopback alone.

Raises MailboxRefused where the settings forbid it, and what imapclient raises: the door, intake/imap, translates that.
"""

from __future__ import annotations

import contextlib
import re
import socket
from collections.abc import Callable
from functools import partial
from imaplib import IMAP4
from pathlib import Path

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import LoginError

from mailbot.errors import LoginRefused, LoginUnavailable, MailboxRefused, MailboxUnavailable
from mailbot.intake.imap_errors import tls_context, translate
from mailbot.intake.uids import Client
from mailbot.oauth.credentials import Credential
from mailbot.oauth.xoauth2 import MECHANISM, Xoauth2
from mailbot.ports import Tokens
from mailbot.section import is_loopback
from mailbot.urls import MailboxUrl

CONNECT_SECONDS = 15
ATTEMPTS = 2  # with a token: as it is kept, and renewed

_TOKEN = (
    "{host} refused a token that was just given: run `mailbot login` with an account that may open this mailbox, and "
    "see that IMAP is switched on for it"
)
_PLAIN_USER = re.compile(r"[\w.@+=-]+", re.ASCII)  # imaplib sends the user of LOGIN as it is, unquoted


def opened(url: MailboxUrl, credential: Credential, ca_file: Path | None, timeout_seconds: float) -> Client:
    """Return an open connection to the mailbox's server, logged in; a token that is refused is renewed once."""
    if url.scheme != "imaps" and not is_loopback(url.host):
        raise MailboxRefused("the password may go unprotected to 127.0.0.1 only: use imaps://")
    if not credential:
        raise MailboxRefused("the mailbox's password is missing: put it into a file and name it in password_file")
    connected = partial(_connected, url, ca_file, timeout_seconds)
    if isinstance(credential, str):
        password = credential
        return _entered(connected(), lambda client: enter(client, url.user, password))
    try:
        return _by_token(url, credential, connected)
    except LoginUnavailable as exc:
        raise MailboxUnavailable(str(exc)) from exc
    except LoginRefused as exc:
        raise MailboxRefused(str(exc)) from exc


def _by_token(url: MailboxUrl, tokens: Tokens, connected: Callable[[], Client]) -> Client:
    """Log in with the token that is kept, or once with a new one; no list is asked: Yandex takes it unlisted."""
    token: str | None = tokens.token()
    refused: LoginError | None = None
    for _ in range(ATTEMPTS):
        if token is None:
            break
        try:
            return _entered(connected(), partial(_say, Xoauth2(url.user, token)))
        except LoginError as exc:
            if isinstance(translate(exc, url.host), MailboxUnavailable):
                raise
            refused, token = exc, tokens.renew(token)
    raise MailboxRefused(_TOKEN.format(host=url.host)) from refused


def _say(words: Xoauth2, client: Client) -> None:
    client.sasl_login(MECHANISM, words)


def _connected(url: MailboxUrl, ca_file: Path | None, timeout_seconds: float) -> Client:
    context = tls_context(ca_file) if url.scheme == "imaps" else None
    timeout = SocketTimeout(connect=min(CONNECT_SECONDS, timeout_seconds), read=timeout_seconds)
    client = IMAPClient(url.host, url.port, ssl=context is not None, ssl_context=context, timeout=timeout)
    client.normalise_times = False
    client._imap.debug = 0  # else imaplib formats every octet of every mail for a log that may not have them
    client.socket().setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    opened: Client = client
    return opened


def _entered(client: Client, way: Callable[[Client], object]) -> Client:
    """Log in that way; what can't log in is closed."""
    try:
        way(client)
        client.has_capability("MOVE")  # asked now it is often answered already, by LOGIN
        if client.has_capability("CONDSTORE") and client.has_capability("ENABLE"):
            client.enable("CONDSTORE")  # from now on SELECT tells of any change (RFC 7162 section 3.1.8)
    except BaseException:
        with contextlib.suppress(IMAP4.error, OSError, ValueError):
            client.shutdown()
        raise
    return client


def enter(client: Client, user: str, password: str) -> None:
    """Log in; a user or password that LOGIN can't carry goes by AUTHENTICATE PLAIN."""
    plain = _PLAIN_USER.fullmatch(user) and password.isascii()
    (client.login if plain else client.plain_login)(user, password)
