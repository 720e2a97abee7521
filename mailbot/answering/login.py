"""Logs in to an open SMTP connection: with a password (RFC 4954, RFC 4616), or with a token by XOAUTH2.

Raises what smtplib raises, TokenRefused among it; the door, answering/smtp, translates that.
"""

from __future__ import annotations

import base64
import smtplib

from mailbot.errors import CourierRefused, CourierUnavailable, LoginRefused, LoginUnavailable
from mailbot.oauth.xoauth2 import MECHANISM, Xoauth2
from mailbot.ports import Tokens

WAYS = ("PLAIN", "LOGIN", "CRAM-MD5")
ATTEMPTS = 2  # with a token: as it is kept, and renewed


class TokenRefused(smtplib.SMTPAuthenticationError):
    """The server took neither the token that was kept nor a new one."""


def enter(smtp: smtplib.SMTP, user: str, credential: str | Tokens) -> None:
    """Log in. Raises CourierUnavailable and CourierRefused where there is no token."""
    if isinstance(credential, str):
        _by_password(smtp, user, credential)
        return
    try:
        _by_token(smtp, user, credential)
    except LoginUnavailable as exc:
        raise CourierUnavailable(str(exc)) from exc
    except LoginRefused as exc:
        raise CourierRefused(str(exc)) from exc


def _by_password(smtp: smtplib.SMTP, user: str, password: str) -> None:
    """Log in once, by the first way that is offered: `SMTP.login` would try each, and providers count them all."""
    offered = smtp.esmtp_features.get("auth", "").upper().split()
    known = WAYS if (user + password).isascii() else WAYS[:1]
    way = next((name for name in known if name in offered), "")
    if not way:
        raise smtplib.SMTPException("no way to log in")
    if way != "PLAIN":
        smtp.user, smtp.password = user, password
        smtp.auth(way, getattr(smtp, f"auth_{way.lower().replace('-', '_')}"))
        return
    words = base64.b64encode(f"\0{user}\0{password}".encode()).decode("ascii")  # PLAIN is UTF-8: RFC 4616
    code, said = smtp.docmd("AUTH", f"PLAIN {words}")
    if code != 235:
        raise smtplib.SMTPAuthenticationError(code, said)


def _by_token(smtp: smtplib.SMTP, user: str, tokens: Tokens) -> None:
    token: str | None = tokens.token()
    refused = TokenRefused(535, b"")
    for _ in range(ATTEMPTS):
        if token is None:
            break
        try:
            smtp.auth(MECHANISM, Xoauth2(user, token))
            return
        except smtplib.SMTPAuthenticationError as exc:
            refused = TokenRefused(exc.smtp_code, exc.smtp_error)
            if not 500 <= exc.smtp_code < 600:
                raise refused from exc
            token = tokens.renew(token)
    raise refused
