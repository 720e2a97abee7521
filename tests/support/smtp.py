"""A real SMTP server (aiosmtpd) on a free port of 127.0.0.1 that keeps what it took and fails as it is told.

`answers` maps a command to what the server says instead of yes. Keys: CONNECT, AUTH, MAIL, RCPT, DATA,
`RCPT aliya@example.kz` for one recipient, or `MAIL +` and `RCPT +` for a sender with a plus part. Values: an SMTP
answer ("550 5.1.1 no such user"), "drop" (it is cut and nothing kept) or, for DATA, "keep-and-drop" (the mail is
kept, the answer never arrives) and "close-after" (the mail is kept and answered, then the connection closed).

`SmtpProcess` runs the same server in a process of its own, for tests that run the installed command.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import contextlib
import json
import re
import signal
import ssl
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.support.servers import wait_for


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """One mail that the server said 250 to."""

    sender: str
    recipients: list[str]
    octets: bytes
    options: list[str] = field(default_factory=list)  # of MAIL FROM: SMTPUTF8, BODY=8BITMIME, SIZE=…


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """How the server is built; without `user` it offers no AUTH, without `certificate` no TLS."""

    user: str | None = None
    password: str | None = None
    certificate: tuple[Path, Path] | None = None
    implicit_tls: bool = False  # smtps; else STARTTLS
    utf8: bool = True
    pipelining: bool = True  # it takes commands in groups (RFC 2920)
    tokens: Callable[[str, str], bool] | None = None  # whether a token lets a user in, by AUTH XOAUTH2


class _Protocol(SMTP):
    """The server's side of one connection, with a greeting that can be refused."""

    async def push(self, status: Any) -> None:
        assert self.session is not None
        greeting = isinstance(status, str) and status.startswith("220 ") and self.session.host_name is None
        refused = self.event_handler.answer("CONNECT") if greeting and not self._tls_protocol else None
        if greeting:
            self.event_handler.connections += 1
        await super().push(refused or status)
        if refused and self.transport is not None:
            self.transport.close()


class _Handler:
    """What aiosmtpd asks at each command."""

    pipelining = True

    def __init__(self, answers: dict[str, str], folder: Path | None) -> None:
        self.answers, self.folder = answers, folder
        self.taken: list[Taken] = []
        self.connections = 0
        self.logins = 0

    def answer(self, command: str) -> str | None:
        if self.folder is not None and (self.folder / "answers.json").exists():
            self.answers = json.loads((self.folder / "answers.json").read_text(encoding="utf-8"))
        return self.answers.get(command)

    def _say(self, server: SMTP, command: str) -> str | None:
        said = self.answer(command)
        if said in ("drop", "keep-and-drop"):
            assert isinstance(server.transport, asyncio.WriteTransport)
            server.transport.abort()
            return "421 4.3.2 cut"
        return said

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        return [*responses[:-1], *(["250-PIPELINING"] if self.pipelining else []), responses[-1]]

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        said = ("+" in address and self._say(server, "MAIL +")) or self._say(server, "MAIL")
        if said:
            return said
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        plus = "+" in (envelope.mail_from or "") and self._say(server, "RCPT +")  # servers may refuse a sender so late
        said = plus or self._say(server, f"RCPT {address}") or self._say(server, "RCPT")
        if said:
            return said
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        said = self.answer("DATA")
        if said is None or said == "keep-and-drop":
            self._keep(envelope)
        if said == "close-after":
            self._keep(envelope)
            asyncio.get_running_loop().call_later(0.02, server.transport.close)  # type: ignore[union-attr]
            return f"250 2.0.0 OK: queued as {len(self.taken)}"
        return self._say(server, "DATA") or f"250 2.0.0 OK: queued as {len(self.taken)}"

    def _keep(self, envelope: Envelope) -> None:
        mail = Taken(
            sender=(envelope.mail_from or "").removeprefix("<>"),
            recipients=list(envelope.rcpt_tos),
            octets=envelope.original_content or b"",
            options=list(envelope.mail_options),
        )
        self.taken.append(mail)
        if self.folder is not None:
            name = f"{len(self.taken):06}"
            (self.folder / f"{name}.eml").write_bytes(mail.octets)
            known = {"sender": mail.sender, "recipients": mail.recipients, "options": mail.options}
            part = self.folder / f"{name}.part"
            part.write_text(json.dumps(known), encoding="utf-8")
            part.rename(self.folder / f"{name}.json")


class _TokenHandler(_Handler):
    """The same, with AUTH XOAUTH2 as Google and Microsoft do it: a challenge tells of a refusal, then comes the 535."""

    def __init__(self, answers: dict[str, str], folder: Path | None, tokens: Callable[[str, str], bool]) -> None:
        super().__init__(answers, folder)
        self._tokens = tokens

    async def auth_XOAUTH2(self, server: SMTP, args: list[str]) -> AuthResult:
        self.logins += 1
        said = base64.b64decode(args[1], validate=True).decode()
        found = re.fullmatch("user=([^\1]+)\1auth=Bearer ([^\1]+)\1\1", said)
        if found and self._tokens(found[2], found[1]):
            return AuthResult(success=True)
        answer = await server.challenge_auth(json.dumps({"status": "400", "schemes": "Bearer"}))
        code = (self.answer("AUTH") or "535 5.7.8 no") if answer == b"" else "501 5.5.2 an empty line was wanted"
        return AuthResult(success=False, handled=False, message=code)


class _Controller(Controller):
    """aiosmtpd's thread, able to take whatever port is free."""

    def __init__(self, handler: _Handler, setup: Setup) -> None:
        self._setup = setup
        context = None
        if setup.certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*setup.certificate)
        self._starttls = None if setup.implicit_tls else context
        implicit = context if setup.implicit_tls else None
        super().__init__(handler, hostname="127.0.0.1", port=0, ssl_context=implicit)

    def _trigger_server(self) -> None:
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]
        self.handler.connections = 0  # the look at our own greeting does not count

    def _authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, auth: Any
    ) -> AuthResult:
        said = self.handler.answer("AUTH")
        if said:
            return AuthResult(success=False, handled=False, message=said)
        self.handler.logins += 1
        wanted = ((self._setup.user or "").encode(), (self._setup.password or "").encode())
        good = isinstance(auth, LoginPassword) and (auth.login, auth.password) == wanted
        return AuthResult(success=good, handled=False)

    def factory(self) -> SMTP:
        options: dict[str, Any] = {"enable_SMTPUTF8": self._setup.utf8, "ident": "mx.example.kz ready"}
        if self._starttls is not None:
            options |= {"tls_context": self._starttls, "require_starttls": True}
        if self._setup.user is not None:
            options |= {"authenticator": self._authenticate, "auth_required": True, "auth_require_tls": False}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # AUTH without TLS is what loopback tests want
            return _Protocol(self.handler, hostname="mx.example.kz", **options)


class SmtpServer:
    """One running server in a thread of this process."""

    host = "127.0.0.1"

    def __init__(self, setup: Setup | None = None, folder: Path | None = None) -> None:
        """Start it; `folder`: also write what is taken there, and read `answers.json` there at each command."""
        self.answers: dict[str, str] = {}
        self.setup = setup or Setup()
        tokens = self.setup.tokens
        self._handler = _TokenHandler(self.answers, folder, tokens) if tokens else _Handler(self.answers, folder)
        self._handler.pipelining = self.setup.pipelining
        self._controller = _Controller(self._handler, self.setup)
        self._controller.start()
        self.port: int = self._controller.port

    @property
    def taken(self) -> list[Taken]:
        """The mails that were taken, oldest first."""
        return self._handler.taken

    @property
    def connections(self) -> int:
        """How many connections were greeted."""
        return self._handler.connections

    @property
    def logins(self) -> int:
        """How many times a client tried to log in."""
        return self._handler.logins

    @property
    def url(self) -> str:
        """The courier URL, as `mailbot init` takes it: with user and password where they are asked."""
        password = f":{self.setup.password}" if self.setup.password else ""
        login = f"{self.setup.user}{password}@" if self.setup.user else ""
        scheme = "smtps" if self.setup.implicit_tls else "smtp"
        return f"{scheme}://{login}{self.host}:{self.port}"

    def say(self, answers: dict[str, str]) -> None:
        """Set the answers from the next command on."""
        self.answers.clear()
        self.answers.update(answers)

    def stop(self) -> None:
        """End the server and its thread."""
        self._controller.stop()


@contextlib.contextmanager
def serving(setup: Setup) -> Iterator[SmtpServer]:
    """Yield a server that is gone afterwards."""
    server = SmtpServer(setup)
    try:
        yield server
    finally:
        server.stop()


class SmtpProcess:
    """The same server in a process of its own; what it took lies in `folder`."""

    host = "127.0.0.1"

    def __init__(self, folder: Path, user: str | None = None, password: str | None = None) -> None:
        """Start it and wait until it listens. Raises RuntimeError where it doesn't."""
        self.folder, self._login = folder, f"{user}:{password}@" if user else ""
        folder.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "tests.support.smtp", str(folder)]
        if user:
            command += ["--user", user, "--password", password or ""]
        self._process = subprocess.Popen(command, cwd=Path(__file__).parents[2])
        if not wait_for((folder / "port").exists, self._process):
            raise RuntimeError("the SMTP process did not start")
        self.port = int((folder / "port").read_text(encoding="ascii"))
        self.url = f"smtp://{self._login}{self.host}:{self.port}"

    @property
    def taken(self) -> list[Taken]:
        """The mails that were taken so far, oldest first."""
        found = []
        for path in sorted(self.folder.glob("*.json")):
            if path.name != "answers.json":
                known = json.loads(path.read_text(encoding="utf-8"))
                found.append(Taken(octets=path.with_suffix(".eml").read_bytes(), **known))
        return found

    def say(self, answers: dict[str, str]) -> None:
        """Set the answers from the next command on."""
        part = self.folder / "answers.part"
        part.write_text(json.dumps(answers), encoding="utf-8")
        part.rename(self.folder / "answers.json")

    def stop(self) -> None:
        """End the process."""
        if self._process.poll() is None:
            self._process.terminate()
        self._process.wait(timeout=10)


def main() -> None:
    """Serve until SIGTERM: python -m tests.support.smtp FOLDER [--user U --password P]."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--user")
    parser.add_argument("--password")
    given = parser.parse_args()
    done = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: done.set())
    server = SmtpServer(Setup(user=given.user, password=given.password), given.folder)
    part = given.folder / "port.part"
    part.write_text(str(server.port), encoding="ascii")
    part.rename(given.folder / "port")
    while not done.wait(0.2):
        pass
    server.stop()


if __name__ == "__main__":
    main()
