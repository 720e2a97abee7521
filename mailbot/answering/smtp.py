"""The SMTP courier: hands each answer to a mail server and returns what that server said last (RFC 5321, RFC 6409).

The only module that knows smtplib. It builds no mail, keeps no queue and repeats nothing by itself, but for a
connection that the server closed while it was idle. Each failure leaves here as CourierUnavailable,
CourierRefused, ReplyDeferred or ReplyRefused, without any address in its sentence.
"""

from __future__ import annotations

import contextlib
import re
import smtplib
import socket
import ssl
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from mailbot import tls
from mailbot.answering import login
from mailbot.errors import CourierRefused, CourierUnavailable, MailbotError, ReplyDeferred, ReplyRefused
from mailbot.oauth.credentials import Credential
from mailbot.ports import Logins
from mailbot.section import is_loopback
from mailbot.urls import CourierUrl

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
_ONE_MAIL = (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError)
_UNWRITABLE = re.compile(r"^$|[\x00-\x1f\x7f\ud800-\udfff]")
_QUOTA = re.compile(r"\b5\.4\.5\b|\b(?:daily|sending) (?:user )?(?:sending )?(?:quota|limit)", re.IGNORECASE)


def translate(exc: BaseException, host: str) -> MailbotError:
    """Return our error for one of smtplib, ssl or the socket; what has an @ in the server's words is left out.

    Source: reply codes of RFC 5321 section 4.2, 421 of section 4.2.2.
    """
    later, never, sentence = next(ERRORS[kind] for kind in type(exc).__mro__ if kind in ERRORS)
    code, answer = _reply(exc)
    outcome = never if 500 <= code < 600 else later
    if isinstance(exc, ssl.SSLError) and getattr(exc, "reason", "") == "WRONG_VERSION_NUMBER":
        outcome = CourierRefused
    if isinstance(exc, _ONE_MAIL):
        if code == 421:  # "closing": said at a recipient, meant for the connection
            outcome = CourierUnavailable
        elif 500 <= code < 600 and _QUOTA.search(answer):  # said at a recipient, meant for us
            outcome = CourierRefused
    return outcome(sentence.format(host=host, answer=answer))


class SmtpCourier:
    """A mail server that takes our answers; one connection serves many. Not thread-safe."""

    def __init__(
        self, url: CourierUrl, *, password: Credential, ca_file: Path | None = None, timeout_seconds: float = 60,
        plain: str = "",
    ) -> None:  # fmt: skip
        """Keep the settings; nothing is connected. Without user or password no login is tried. Raises nothing.

        `plain` takes the place of a sender that the server refuses.
        """
        self._url, self._password, self._ca_file = url, password, ca_file
        self._timeout, self._plain = timeout_seconds, plain
        self.logins: Logins | None = None  # who remembers refusals
        self._smtp: smtplib.SMTP | None = None
        self._only_plain = False  # this connection's server took the plain sender where it refused another one

    def send(self, sender: str, recipient: str, octets: bytes) -> str:
        """Hand over one mail and return the server's final answer ("250 …", one line, 200 letters at most).

        A sender that is refused for good, at once or once the recipient is named, gives way to the plain one.
        Raises CourierUnavailable, CourierRefused, ReplyDeferred, ReplyRefused. Source: RFC 5321 section 3.3.
        """
        if _UNWRITABLE.search(recipient):  # else one such address would look like a fault of the server
            raise ReplyRefused("the recipient's address can't be written in a mail command")
        with self._door():
            if not self._plain or sender == self._plain or self._only_plain:
                return self._hand_over(self._plain if self._only_plain else sender, recipient, octets)
            try:
                return self._hand_over(sender, recipient, octets)
            except (smtplib.SMTPSenderRefused, *_ONE_MAIL, ReplyRefused) as exc:
                if not isinstance(exc, ReplyRefused) and not 500 <= _reply(exc)[0] < 600:
                    raise
            self._reset()
            answer = self._hand_over(self._plain, recipient, octets)
            self._only_plain = True  # so it was the sender, not the recipient
            return answer

    def _hand_over(self, sender: str, recipient: str, octets: bytes) -> str:
        smtp = self._mail_from(sender, recipient, octets)
        code, said = smtp.rcpt(recipient)
        if not 200 <= code < 300:
            raise smtplib.SMTPRecipientsRefused({"": (code, said)})
        code, said = smtp.data(re.sub(rb"\r\n|\r|\n", b"\r\n", octets))  # a bare CR or LF could end it early
        if not 200 <= code < 300:
            raise smtplib.SMTPDataError(code, said)
        return _line(code, said)

    def takes(self, sender: str) -> bool:
        """Tell whether the server takes that sender at once. Raises CourierUnavailable, CourierRefused."""
        with self._door():
            try:
                self._mail_from(sender, "", b"")
            except (smtplib.SMTPSenderRefused, ReplyRefused):
                return False
            finally:
                self._reset()
        return True

    def check(self) -> None:
        """Connect and log in, send nothing. Raises CourierUnavailable, CourierRefused."""
        with self._door():
            smtp = self._smtp or self._connect()
            smtp.noop()

    def certificate_until(self) -> datetime | None:
        """Tell until when the server's certificate is valid; None where nothing is open, or without TLS."""
        return tls.valid_until(self._smtp.sock) if self._smtp is not None else None

    def close(self) -> None:
        """Say QUIT and forget the connection; may be called twice. Raises nothing."""
        smtp, self._smtp, self._only_plain = self._smtp, None, False
        if smtp is not None:
            with contextlib.suppress(smtplib.SMTPException, OSError):
                smtp.quit()
            smtp.close()

    @contextlib.contextmanager
    def _door(self) -> Iterator[None]:
        try:
            yield
        except (ReplyDeferred, ReplyRefused):
            self._reset()
            raise
        except CourierRefused:
            self._drop()
            raise
        except (smtplib.SMTPException, OSError, ValueError) as exc:
            ours = translate(exc, self._url.host)
            if isinstance(ours, ReplyDeferred | ReplyRefused):
                self._reset()
            else:
                self._drop()
            raise ours from exc

    def _reset(self) -> None:
        # So that the next mail finds a clean transaction (RFC 5321 section 4.1.1.5).
        try:
            if self._smtp is not None and self._smtp.rset()[0] != 250:
                self._drop()
        except (smtplib.SMTPException, OSError):
            self._drop()

    def _drop(self) -> None:
        smtp, self._smtp, self._only_plain = self._smtp, None, False
        if smtp is not None:
            smtp.close()

    def _mail_from(self, sender: str, recipient: str, octets: bytes) -> smtplib.SMTP:
        reused = self._smtp is not None
        smtp = self._smtp or self._connect()
        utf8 = not (sender + recipient).isascii()
        try:
            code, said = smtp.mail(sender, self._options(smtp, utf8, octets))
        except smtplib.SMTPServerDisconnected:
            if not reused:
                raise
            code, said = 421, b"closed while idle"
        if code == 421 and reused:  # nothing was handed over yet, so a new connection repeats nothing
            self._drop()
            return self._mail_from(sender, recipient, octets)
        if code != 250 and utf8 and 500 <= code < 600:
            raise ReplyRefused(f"{self._url.host} refused an address with letters beyond ASCII: {_plain(code, said)}")
        if code != 250:
            raise smtplib.SMTPSenderRefused(code, said, "")
        return smtp

    def _options(self, smtp: smtplib.SMTP, utf8: bool, octets: bytes) -> list[str]:
        if utf8 and not smtp.has_extn("smtputf8"):
            raise ReplyRefused(f"{self._url.host} takes no address with letters beyond ASCII (no SMTPUTF8)")
        options = ["SMTPUTF8"] if utf8 else []
        smtp.command_encoding = "utf-8" if utf8 else "ascii"
        if not octets.isascii() and smtp.has_extn("8bitmime"):
            options.append("BODY=8BITMIME")
        if smtp.has_extn("size"):
            options.append(f"SIZE={len(octets)}")
        return options

    def _connect(self) -> smtplib.SMTP:
        host, port = self._url.host, self._url.port
        _, at, domain = (self._url.user or "").rpartition("@")
        name = domain if at and domain.isascii() else socket.gethostname()  # else smtplib asks DNS for our name
        if self._url.scheme == "smtps":
            context = _context(self._ca_file)
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(host, port, name, timeout=self._timeout, context=context)
        else:
            smtp = smtplib.SMTP(host, port, name, timeout=self._timeout)
        self._smtp = smtp  # from here on an error closes it
        smtp.ehlo_or_helo_if_needed()
        if self._url.scheme == "smtp" and (not is_loopback(host) or self._ca_file is not None):
            smtp.starttls(context=_context(self._ca_file))
            smtp.ehlo_or_helo_if_needed()
        # A server on this machine may take our mail without asking who we are.
        if self._url.user and self._password and (smtp.has_extn("auth") or not is_loopback(host)):
            with self.logins.attempt(_is_refusal) if self.logins else contextlib.nullcontext():
                login.enter(smtp, self._url.user, self._password)
        return smtp


def _context(ca_file: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as exc:
        raise CourierRefused(f"ca_file {ca_file} can't be read as a certificate") from exc


def _is_refusal(exc: Exception) -> bool:
    return isinstance(exc, smtplib.SMTPResponseException) and 500 <= exc.smtp_code < 600


def _reply(exc: BaseException) -> tuple[int, str]:
    code, said = 0, b""
    if isinstance(exc, smtplib.SMTPRecipientsRefused):
        code, said = next(iter(exc.recipients.values()), (0, b""))
    elif isinstance(exc, smtplib.SMTPResponseException):
        code, said = exc.smtp_code, exc.smtp_error if isinstance(exc.smtp_error, bytes) else exc.smtp_error.encode()
    return code, _plain(code, said)


def _plain(code: int, said: bytes) -> str:
    return " ".join(word for word in _line(code, said).split(" ") if "@" not in word)


def _line(code: int, said: bytes) -> str:
    text = " ".join(said.decode("utf-8", "replace").split())
    return f"{code} {text}".strip()[:ANSWER_LETTERS]
