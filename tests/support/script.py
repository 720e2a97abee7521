"""An SMTP server that does what a test tells it, line by line, for what no real server can be brought to do."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Sequence
from typing import Self

OFFERS = b"250-mx.example.kz\r\n250-PIPELINING\r\n250 8BITMIME\r\n"


class Talk:
    """One connection; `heard` keeps every line that came, a text as one."""

    def __init__(self, opened: socket.socket) -> None:
        """Take the connection."""
        opened.settimeout(5)
        self._opened, self._read = opened, opened.makefile("rb")
        self.heard: list[bytes] = []

    def say(self, *lines: str) -> None:
        """Answer."""
        self._opened.sendall("".join(f"{line}\r\n" for line in lines).encode())

    def send(self, octets: bytes) -> None:
        """Write octets as they are."""
        self._opened.sendall(octets)

    def hear(self, *wanted: str) -> None:
        """Read a line for each that is wanted; fail where another one comes. "." is a text up to its end."""
        for each in wanted:
            line = self._read.readline()
            while each == "." and line and not line.endswith(b"\r\n.\r\n") and line != b".\r\n":
                line += self._read.readline()
            self.heard.append(line)
            assert each == "." or line.decode().upper().startswith(each), (each, line)

    def greet(self) -> None:
        """Greet, and offer PIPELINING."""
        self.say("220 mx.example.kz")
        self.hear("EHLO")
        self._opened.sendall(OFFERS)

    def is_over(self) -> bool:
        """Tell whether the other side closed without another word."""
        return self._read.readline() == b""

    def close(self) -> None:
        """Close it, whoever else did."""
        self._read.close()
        self._opened.close()


class Script:
    """Listens on a free port and lets each connection go as its function says. Use it as a context."""

    def __init__(self, *talks: Callable[[Talk], None]) -> None:
        """Keep what is said on the first connection, the second, and so on."""
        self._talks: Sequence[Callable[[Talk], None]] = talks
        self.talks: list[Talk] = []
        self.failed: list[BaseException] = []

    def __enter__(self) -> Self:
        """Listen."""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End, and fail where a talk went another way."""
        self._thread.join(timeout=10)
        self._listener.close()
        assert not self.failed, self.failed
        assert len(self.talks) == len(self._talks), "fewer connections than were wanted"

    def _serve(self) -> None:
        for talk in self._talks:
            self.talks.append(far := Talk(self._listener.accept()[0]))
            try:
                far.greet()
                talk(far)
            except BaseException as exc:  # noqa: BLE001 - told by the test
                self.failed.append(exc)
            finally:
                far.close()
