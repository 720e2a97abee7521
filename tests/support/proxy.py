"""A TCP proxy on 127.0.0.1 that does to a connection what networks do: cuts, resets, stalls, splits and slows it.

`Fault` names where: after so many octets in one direction, counted over each connection anew. What was forwarded before
is intact, so every place of a conversation can be tried.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import struct
import threading
import time
from dataclasses import dataclass, field
from typing import Self

RESET = struct.pack("ii", 1, 0)  # SO_LINGER of no seconds: close() sends RST


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What happens to a connection after `after` octets in one direction."""

    way: str  # up: from mailbot to the server; down: back
    after: int
    how: str = "close"  # close, reset, stall (nothing goes any more, and nobody is told: half open)
    first: bool = True  # the first connection alone; else every one


@dataclass(slots=True)
class Seen:
    """What went through one connection."""

    up: int = 0
    down: int = 0
    broken: bool = False


@dataclass(slots=True)
class Proxy:
    """Forwards to a port of 127.0.0.1; `port` is its own. Use it as a context."""

    target: int | str  # a port of 127.0.0.1, or the path of a socket
    fault: Fault | None = None
    piece: int = 65_536  # octets forwarded at once: 1 makes a segment of each
    pause: float = 0.0  # seconds before each of them
    silent: bool = False  # nothing goes any more, in any connection, until it is false again: the network is parted
    seen: list[Seen] = field(default_factory=list)
    port: int = 0
    host: str = "127.0.0.1"
    _listener: socket.socket | None = None
    _open: set[socket.socket] = field(default_factory=set)
    _thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        """Listen."""
        self._listener = socket.create_server((self.host, 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Close everything."""
        assert self._listener is not None and self._thread is not None
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.drop()
        self._thread.join(timeout=5)

    def drop(self, how: str = "close") -> None:
        """Break every open connection."""
        for each in list(self._open):
            _close(each, how)

    @property
    def broke(self) -> bool:
        """Whether the fault took place."""
        return any(each.broken for each in self.seen)

    def _accept(self) -> None:
        assert self._listener is not None
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(near,), daemon=True).start()

    def _serve(self, near: socket.socket) -> None:
        seen = Seen()
        self.seen.append(seen)
        mine = self.fault if self.fault is not None and (not self.fault.first or len(self.seen) == 1) else None
        try:
            far = self._connect()
        except OSError:
            _close(near, "reset")
            return
        near.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._open |= {near, far}
        with contextlib.suppress(OSError, ValueError), selectors.DefaultSelector() as selector:
            selector.register(near, selectors.EVENT_READ, (near, far, "up"))
            selector.register(far, selectors.EVENT_READ, (far, near, "down"))
            while self._forward(selector, seen, mine):
                pass
        how = mine.how if mine is not None and seen.broken else "close"
        _close(near, how)
        _close(far, "close")
        self._open -= {near, far}

    def _connect(self) -> socket.socket:
        if isinstance(self.target, str):
            local = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            local.connect(self.target)
            return local
        far = socket.create_connection((self.host, self.target), timeout=10)
        far.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        far.settimeout(None)
        return far

    def _forward(self, selector: selectors.BaseSelector, seen: Seen, fault: Fault | None) -> bool:
        """Forward what came; False where the connection is over."""
        for key, _ in selector.select(timeout=30):
            while self.silent and key.fileobj in self._open:
                time.sleep(0.05)
            source, drain, way = key.data
            if fault is not None and way == fault.way and getattr(seen, way) >= fault.after:
                return self._break(seen, fault, source)
            octets = source.recv(self.piece)
            if not octets:
                return False
            if fault is not None and way == fault.way:
                octets = octets[: fault.after - getattr(seen, way)]
            if self.pause:
                time.sleep(self.pause)
            drain.sendall(octets)
            setattr(seen, way, getattr(seen, way) + len(octets))
            if fault is not None and way == fault.way and getattr(seen, way) >= fault.after:
                return self._break(seen, fault, source)
        return True

    def _break(self, seen: Seen, fault: Fault, source: socket.socket) -> bool:
        seen.broken = True
        if fault.how == "stall":
            while source.fileno() != -1 and source in self._open:
                time.sleep(0.05)  # until the proxy is closed, or the other side gives up
                with contextlib.suppress(BlockingIOError):
                    if fault.way == "up" and not source.recv(65_536, socket.MSG_DONTWAIT):
                        break
        return False


def _close(each: socket.socket, how: str) -> None:
    with contextlib.suppress(OSError):
        if how == "reset":
            each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        else:
            each.shutdown(socket.SHUT_RDWR)
    each.close()
