"""What an open connection tells of the other side: its number, and until when its certificate is valid. Pure."""

from __future__ import annotations

import socket
import ssl
from datetime import UTC, datetime


def valid_until(opened: socket.socket | None) -> datetime | None:
    """Return until when the other side's certificate is valid (aware UTC); None without TLS. Raises nothing.

    Source: RFC 5280 section 4.1.2.5.
    """
    found = opened.getpeercert() if isinstance(opened, ssl.SSLSocket) else None
    until = found.get("notAfter") if found else None
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(until), UTC) if isinstance(until, str) else None


def peer(opened: socket.socket) -> str:
    """Return the IP number of the other side, "" where there is none any more. Raises nothing."""
    try:
        return str(opened.getpeername()[0])
    except OSError:
        return ""
