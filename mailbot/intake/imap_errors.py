"""What a failure of imapclient, imaplib, ssl or the socket means to the operator (response codes of RFC 5530).

Repeats nothing that a server said: its words may quote a mail, a user or a password.
"""

from __future__ import annotations

import re
import socket
import ssl
from imaplib import IMAP4
from pathlib import Path

from imapclient.exceptions import (
    CapabilityError,
    IllegalStateError,
    InvalidCriteriaError,
    LoginError,
    ProtocolError,
)

from mailbot.errors import MachineShort, MailboxRefused, MailboxUnavailable, is_short

_LATER = re.compile(  # RFC 5530, and what providers say without a code of it
    r"\[(UNAVAILABLE|INUSE|SERVERBUG|THROTTLED|LIMIT)\b|too many (?:simultaneous )?connections", re.IGNORECASE
)
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
    if is_short(exc):
        return MailboxUnavailable(f"{host} was not asked: {MachineShort(exc)}")
    outcome, sentence = next(ERRORS[kind] for kind in type(exc).__mro__ if kind in ERRORS)
    if isinstance(exc, IMAP4.error) and not isinstance(exc, IMAP4.abort):
        if _was_cut(exc) or is_later(exc):
            outcome, sentence = MailboxUnavailable, "{host} is not ready now; the next pass tries again"
        elif outcome is MailboxUnavailable and _NEVER.search(str(exc)):
            outcome, sentence = MailboxRefused, "{host} does not allow it: look at this user's rights and quota"
    if isinstance(exc, ssl.SSLError) and getattr(exc, "reason", "") == "WRONG_VERSION_NUMBER":
        outcome = MailboxRefused
    return outcome(sentence.format(host=host))


def is_refusal(exc: BaseException) -> bool:
    """Tell whether a server said no to a login: not that it is busy, and not that the line was cut."""
    if isinstance(exc, MailboxRefused):  # of a token and of its successor
        return isinstance(exc.__cause__, LoginError)
    return isinstance(exc, IMAP4.error) and not (isinstance(exc, IMAP4.abort) or _was_cut(exc) or is_later(exc))


def _was_cut(exc: BaseException) -> bool:
    return isinstance(exc.__context__, IMAP4.abort)  # imapclient calls a line cut during LOGIN a LoginError


def is_later(exc: BaseException) -> bool:
    """Tell whether the server said that the same may work later."""
    return _LATER.search(str(exc)) is not None


def tls_context(ca_file: Path | None) -> ssl.SSLContext:
    """Return how a server's certificate is verified. Raises MailboxRefused."""
    try:
        return ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as exc:
        raise MailboxRefused(f"ca_file {ca_file} can't be read as a certificate") from exc
