"""Waits on a loopback port for the browser that comes back from the provider, or for its address on standard input.

Listens on 127.0.0.1 alone and only while somebody logs in. What comes without our own `state` is not looked at: any
page in that browser can send something here (RFC 6749 section 10.12).
"""

from __future__ import annotations

import hmac
import os
import select
import sys
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer
from typing import Self
from urllib.parse import parse_qsl, urlsplit

from mailbot.errors import LoginRefused

SECONDS = 600.0  # that somebody may take to log in
DONE = "This page can be closed: what is to be done next stands in the terminal."
LOST = "Nothing waits for this."


class Listener:
    """The port, open between `with` and its end."""

    def __init__(self, host: str) -> None:
        """Listen on a free port. `host` is how the provider wants loopback to be called. Raises LoginRefused."""
        try:
            self._server = _Server(("127.0.0.1", 0), _Handler)
        except OSError as exc:
            raise LoginRefused(f"no port of this machine can be opened for the browser ({exc.strerror})") from exc
        self.url = f"http://{host}:{self._server.server_address[1]}"  # as Microsoft's own libraries write it

    def __enter__(self) -> Self:
        """Return it. Raises nothing."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the port. Raises nothing."""
        self._server.server_close()

    def wait(self, state: str, say: Callable[[str], None]) -> dict[str, str]:
        """Return what came back under that state: `code` or `error`. Raises LoginRefused after ten minutes."""
        self._server.state = state
        typed, ends_at = _Typed(), time.monotonic() + SECONDS
        while self._server.came is None and (left := ends_at - time.monotonic()) > 0:
            ready, _, _ = select.select([self._server.fileno(), *typed.sources], [], [], left)
            if self._server.fileno() in ready:
                self._server.handle_request()
            elif ready:
                self._server.came = typed.answer(state, say)
        if self._server.came is None:
            raise LoginRefused("nobody came back from the browser in time: run `mailbot login` again")
        return self._server.came


class _Server(TCPServer):  # HTTPServer would ask DNS for its own name
    state = ""
    came: dict[str, str] | None = None
    timeout = 0.0  # of handle_request: select said that somebody is there

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a browser that hangs up, or speaks anything but HTTP, comes again or does not."""


class _Handler(BaseHTTPRequestHandler):
    timeout = 5  # of a browser that opens a connection and says nothing

    def do_GET(self) -> None:
        server = self.server
        assert isinstance(server, _Server)
        came = answered(self.path, server.state)
        server.came = server.came or came
        body = (DONE if came else LOST).encode()
        self.send_response(200 if came else 404)
        for name, value in (
            ("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body))),
            ("Cache-Control", "no-store"), ("Referrer-Policy", "no-referrer"), ("Connection", "close"),
        ):  # fmt: skip
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Print nothing: the line holds the code."""


def answered(address: str, state: str) -> dict[str, str] | None:
    """Return the parameters of an address that bears our state and an outcome; None of any other. Raises nothing."""
    try:
        found = dict(parse_qsl(urlsplit(address.strip()).query))
    except ValueError:
        return None
    ours = hmac.compare_digest(found.get("state", "").encode(), state.encode())
    return found if ours and ("code" in found or "error" in found) else None


class _Typed:
    """Standard input, as far as anything can come from there."""

    def __init__(self) -> None:
        try:
            self.sources: list[int] = [sys.stdin.fileno()]
        except (OSError, ValueError, AttributeError):
            self.sources = []
        self._text = b""

    def answer(self, state: str, say: Callable[[str], None]) -> dict[str, str] | None:
        """Read what is there, and return what a pasted line says; a line that says nothing is asked for again."""
        part = os.read(self.sources[0], 65_536)
        if not part:
            self.sources = []
            return None
        *lines, self._text = (self._text + part).split(b"\n")
        for line in lines:
            came = answered(line.decode("utf-8", "replace"), state)
            if came is not None:
                return came
            say("that is not the address: it begins with http:// and bears code= and state=")
        return None
