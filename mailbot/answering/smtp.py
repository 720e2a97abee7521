"""The SMTP courier: hands each answer to a mail server and returns what that server said last (RFC 5321, RFC 6409).

It builds no mail, keeps no queue and repeats nothing by itself, but for a connection that the server closed while it
was idle. To a server that is far away it opens a few connections at once. Each failure leaves here as
CourierUnavailable, CourierRefused, ReplyDeferred or ReplyRefused, without any address in its sentence.
"""

from __future__ import annotations

import contextlib
import math
import selectors
import smtplib
import socket
import ssl
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from mailbot import tls
from mailbot.answering import login
from mailbot.answering.session import Lane, Session
from mailbot.answering.smtp_errors import is_refusal
from mailbot.errors import CourierRefused, CourierUnavailable
from mailbot.oauth.credentials import Credential
from mailbot.ports import Letter, Logins, Reaching, Said, Take
from mailbot.section import is_loopback
from mailbot.urls import CourierUrl

FAR = 0.01  # seconds that every answer of a server took that is worth a second connection
EACH = 5  # mails that a connection has handed over before another one is opened


class SmtpCourier:
    """A mail server that takes our answers; a connection serves many. Not thread-safe."""

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
        self.reach: Reaching = contextlib.nullcontext
        self.connections = 1  # at once, to a server that is far
        self._greeted = math.inf  # seconds: the least time that a server's answer to EHLO took
        self._sessions = [Session(url.host, self._connect, plain)]

    def send(self, sender: str, recipient: str, octets: bytes) -> str:
        """Hand over one mail and return the server's final answer ("250 …", one line, 200 letters at most).

        A sender that is refused for good, at once or once the recipient is named, gives way to the plain one.
        Raises CourierUnavailable, CourierRefused, ReplyDeferred, ReplyRefused. Source: RFC 5321 section 3.3.
        """
        letters = iter([Letter(number=0, sender=sender, recipient=recipient, octets=octets)])
        ((_, said),) = self.send_all(lambda: next(letters, None))
        if isinstance(said, str):
            return said
        raise said

    def send_all(self, take: Take) -> Iterator[tuple[Letter, Said]]:
        """Hand over what `take` gives until it gives no more; yield each mail with what became of it, at once.

        No mail waits for the next, but as many as there are connections may be under way. What ends one connection
        (CourierUnavailable, CourierRefused) is raised once the mails on the others have come to their end.
        """
        failure: CourierUnavailable | CourierRefused | None = None

        def more() -> Letter | None:
            return None if failure else take()

        first, done = self._sessions[0], 0
        ready: list[tuple[Session, Lane]] = [(first, first.lane(more))]
        waiting: dict[Session, Lane] = {}
        try:
            while ready or waiting:
                session, lane = ready.pop() if ready else self._answered(waiting)
                try:
                    said = next(lane)
                except StopIteration:
                    continue
                except (CourierUnavailable, CourierRefused) as exc:
                    failure = failure or exc
                    continue
                if said is None:
                    waiting[session] = lane
                    continue
                done += 1
                ready = [(session, lane)]
                yield said
                if done >= EACH * (len(waiting) + 1) and self._is_far():
                    ready = [*((idle, idle.lane(more)) for idle in self._idle({session, *waiting})), *ready]
        finally:
            for _, lane in (*ready, *waiting.items()):
                lane.close()
        if failure:
            raise failure

    def takes(self, sender: str) -> bool:
        """Tell whether the server takes that sender at once. Raises CourierUnavailable, CourierRefused."""
        return self._sessions[0].takes(sender)

    def check(self) -> None:
        """Connect and log in, send nothing. Raises CourierUnavailable, CourierRefused."""
        self._sessions[0].check()

    def certificate_until(self) -> datetime | None:
        """Tell until when the server's certificate is valid; None where nothing is open, or without TLS."""
        smtp = self._sessions[0].smtp
        return tls.valid_until(smtp.sock) if smtp is not None else None

    def close(self) -> None:
        """Say QUIT and forget the connections; may be called twice. Raises nothing."""
        for session in self._sessions:
            session.close()

    def _answered(self, waiting: dict[Session, Lane]) -> tuple[Session, Lane]:
        """Take out the connection that the server answered on first."""
        if len(waiting) == 1:
            return waiting.popitem()
        with selectors.DefaultSelector() as selector:
            for session in waiting:
                selector.register(session.socket(), selectors.EVENT_READ, session)
            found = selector.select(self._timeout)
        session = found[0][0].data if found else next(iter(waiting))
        if not found:
            session.socket().settimeout(0.001)  # its time is over
        return session, waiting.pop(session)

    def _idle(self, busy: set[Session]) -> list[Session]:
        """Return a connection that nothing is under way on, where there may be one more."""
        if len(self._sessions) == len(busy) < self.connections:
            self._sessions.append(Session(self._url.host, self._connect, self._plain))
        return [session for session in self._sessions if session not in busy][:1]

    def _is_far(self) -> bool:
        return min(self._greeted, *(session.quickest for session in self._sessions)) >= FAR

    def _connect(self) -> smtplib.SMTP:
        with self.reach():
            return self._connected()

    def _connected(self) -> smtplib.SMTP:
        host, port = self._url.host, self._url.port
        _, at, domain = (self._url.user or "").rpartition("@")
        name = domain if at and domain.isascii() else socket.gethostname()  # else smtplib asks DNS for our name
        if self._url.scheme == "smtps":
            context = _context(self._ca_file)
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(host, port, name, timeout=self._timeout, context=context)
        else:
            smtp = smtplib.SMTP(host, port, name, timeout=self._timeout)
        try:
            self._enter(smtp)
        except BaseException:
            smtp.close()
            raise
        return smtp

    def _enter(self, smtp: smtplib.SMTP) -> None:
        assert smtp.sock is not None
        smtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # the end of a group waits for nothing
        began = time.monotonic()
        smtp.ehlo_or_helo_if_needed()
        self._greeted = min(self._greeted, time.monotonic() - began)
        host = self._url.host
        if self._url.scheme == "smtp" and (not is_loopback(host) or self._ca_file is not None):
            _offers(smtp, "starttls")
            smtp.starttls(context=_context(self._ca_file))
            smtp.ehlo_or_helo_if_needed()
        # A server on this machine may take our mail without asking who we are.
        if self._url.user and self._password and (_offers(smtp, "auth") or not is_loopback(host)):
            with self.logins.attempt(is_refusal) if self.logins else contextlib.nullcontext():
                login.enter(smtp, self._url.user, self._password)


def _offers(smtp: smtplib.SMTP, extension: str) -> bool:
    """Tell whether a server offers that. Its answer may have been cut off before it: then its line is dead."""
    if not smtp.has_extn(extension):
        smtp.noop()
        return False
    return True


def _context(ca_file: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as exc:
        raise CourierRefused(f"ca_file {ca_file} can't be read as a certificate") from exc
