"""Tells systemd how a service fares, by its notify protocol (sd_notify(3))."""

from __future__ import annotations

import logging
import os
import socket

log = logging.getLogger("mailbot")


def notify(state: str) -> None:
    """Tell systemd (sd_notify(3)); nothing where it did not start us."""
    path = os.environ.get("NOTIFY_SOCKET", "")
    if not path:
        return
    address = "\0" + path[1:] if path.startswith("@") else path
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
        try:
            channel.sendto(state.encode(), address)
        except OSError as exc:
            log.debug("systemd can't be told (%s)", exc.strerror)
