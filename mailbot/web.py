"""One web call that ends in time: connects, over https with the certificate verified, and cuts what takes too long.

The one door of http.client. Follows no redirect, asks no proxy, and knows nothing of what is said.
"""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit


@contextmanager
def calling(url: str, seconds: float) -> Iterator[HTTPConnection]:
    """Yield an open connection to the host of that URL, for one call.

    Connecting and the call together take at most so long. Raises TimeoutError, ssl.SSLCertVerificationError, OSError,
    HTTPException, ValueError.
    """
    connection = HTTPConnection(urlsplit(url).netloc, timeout=seconds)
    # The timeout of a socket starts anew with each byte: a server that trickles would hold its caller up for ever.
    over = threading.Event()
    watch = threading.Timer(seconds, _cut, args=[connection, over])
    watch.daemon = True
    watch.start()
    try:
        _open(connection, url, seconds)
        yield connection
    except (OSError, HTTPException, ValueError) as exc:
        if over.is_set():
            raise TimeoutError("no answer in time") from exc
        raise
    finally:
        watch.cancel()
        connection.close()
    if over.is_set():  # what was cut looks like an answer that ended
        raise TimeoutError("no answer in time")


def target(url: str) -> str:
    """Return what stands in the request line: path and query. Raises nothing."""
    parts = urlsplit(url)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _open(connection: HTTPConnection, url: str, seconds: float) -> None:
    """Connect; the socket is known to the connection before the handshake, so that this can be cut too."""
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    host, port = parts.hostname or "", parts.port or (443 if secure else 80)
    plain = socket.create_connection((host, port), timeout=seconds)
    connection.sock = plain
    if secure:
        wrapped = ssl.create_default_context().wrap_socket(plain, server_hostname=host, do_handshake_on_connect=False)
        connection.sock = wrapped
        wrapped.do_handshake()


def _cut(connection: HTTPConnection, over: threading.Event) -> None:
    over.set()
    opened = connection.sock
    if opened is None:
        return
    try:
        # of the plain socket: a TLS socket's own shutdown would talk to the other side first
        socket.socket.shutdown(opened, socket.SHUT_RDWR)
    except OSError:
        return  # it is closed already
