"""Which of our errors each failure of an SMTP server is, in a sentence without any address (RFC 5321 section 4.2)."""

from __future__ import annotations

import re
import smtplib
import socket
import ssl

from mailbot.answering import login
from mailbot.errors import (
    CourierRefused,
    CourierUnavailable,
    MachineShort,
    MailbotError,
    ReplyDeferred,
    ReplyRefused,
    is_short,
)

ANSWER_LETTERS = 200
_Outcome = type[CourierRefused] | type[CourierUnavailable] | type[ReplyDeferred] | type[ReplyRefused]
_BROKE = "the connection to {host} broke; the next pass tries again"
_SAID = "{host} answered: {answer}"
_LOGIN = "{host} refused user or password ({answer}); Gmail, Yandex and Mail.ru want an app password"
_TOKEN = (
    "{host} does not take the token of `mailbot login` ({answer}); Microsoft 365 wants Authenticated SMTP switched on"
)
# Which error of ours each one of the library's is: (where the code says "later", where it says "no", sentence).
ERRORS: dict[type[BaseException], tuple[_Outcome, _Outcome, str]] = {
    smtplib.SMTPConnectError: (CourierUnavailable, CourierRefused, _SAID),
    smtplib.SMTPHeloError: (CourierUnavailable, CourierRefused, _SAID),
    smtplib.SMTPAuthenticationError: (CourierUnavailable, CourierRefused, _LOGIN),
    login.TokenRefused: (CourierUnavailable, CourierRefused, _TOKEN),
    smtplib.SMTPSenderRefused: (CourierUnavailable, CourierRefused, "{host} refused our sender: {answer}"),
    smtplib.SMTPRecipientsRefused: (ReplyDeferred, ReplyRefused, "{host} refused the recipient: {answer}"),
    smtplib.SMTPDataError: (ReplyDeferred, ReplyRefused, "{host} refused the mail: {answer}"),
    smtplib.SMTPResponseException: (CourierUnavailable, CourierRefused, _SAID),
    smtplib.SMTPServerDisconnected: (CourierUnavailable, CourierUnavailable, _BROKE),
    smtplib.SMTPNotSupportedError: (
        CourierRefused,
        CourierRefused,
        "{host} lacks what the URL asks of it (STARTTLS, login): check scheme and port",
    ),
    smtplib.SMTPException: (CourierRefused, CourierRefused, "{host} offers no way to log in that mailbot knows"),
    ssl.SSLCertVerificationError: (
        CourierRefused,
        CourierRefused,
        "the certificate of {host} is not valid for that name or not signed by an authority known here; "
        "for a private server name its authority in ca_file",
    ),
    ssl.SSLError: (
        CourierUnavailable,
        CourierUnavailable,
        "no protected connection to {host} came about: does this port speak TLS?",
    ),
    socket.gaierror: (CourierUnavailable, CourierUnavailable, "the name {host} is not known to DNS: check the URL"),
    TimeoutError: (CourierUnavailable, CourierUnavailable, "{host} did not answer in time; the next pass tries again"),
    OSError: (CourierUnavailable, CourierUnavailable, _BROKE),
    ValueError: (CourierRefused, CourierRefused, "{host} can't be spoken to with these settings: check user and host"),
}
ONE_MAIL = (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError)
_QUOTA = re.compile(r"\b5\.4\.5\b|\b(?:daily|sending) (?:user )?(?:sending )?(?:quota|limit)", re.IGNORECASE)


def translate(exc: BaseException, host: str) -> MailbotError:
    """Return our error for one of smtplib, ssl or the socket; what has an @ in the server's words is left out.

    Source: reply codes of RFC 5321 section 4.2, 421 of section 4.2.2.
    """
    if is_short(exc):
        return CourierUnavailable(f"{host} was not asked: {MachineShort(exc)}")
    later, never, sentence = next(ERRORS[kind] for kind in type(exc).__mro__ if kind in ERRORS)
    code, answer = reply(exc)
    outcome = never if 500 <= code < 600 else later
    if isinstance(exc, ssl.SSLError) and getattr(exc, "reason", "") == "WRONG_VERSION_NUMBER":
        outcome = CourierRefused
    if isinstance(exc, ONE_MAIL):
        if code == 421:  # "closing": said at a recipient, meant for the connection
            outcome = CourierUnavailable
        elif 500 <= code < 600 and _QUOTA.search(answer):  # said at a recipient, meant for us
            outcome = CourierRefused
    return outcome(sentence.format(host=host, answer=answer))


def is_refusal(exc: Exception) -> bool:
    """Tell whether a server refused for good."""
    return isinstance(exc, smtplib.SMTPResponseException) and 500 <= exc.smtp_code < 600


def reply(exc: BaseException) -> tuple[int, str]:
    """Return code and words of the answer that an exception tells of; (0, "") without one."""
    code, said = 0, b""
    if isinstance(exc, smtplib.SMTPRecipientsRefused):
        code, said = next(iter(exc.recipients.values()), (0, b""))
    elif isinstance(exc, smtplib.SMTPResponseException):
        code, said = exc.smtp_code, exc.smtp_error if isinstance(exc.smtp_error, bytes) else exc.smtp_error.encode()
    return code, plain(code, said)


def plain(code: int, said: bytes) -> str:
    """Return an answer on one line without the words that may be addresses."""
    return " ".join(word for word in line(code, said).split(" ") if "@" not in word)


def line(code: int, said: bytes) -> str:
    """Return an answer on one line, 200 letters at most."""
    text = " ".join(said.decode("utf-8", "replace").split())
    return f"{code} {text}".strip()[:ANSWER_LETTERS]
