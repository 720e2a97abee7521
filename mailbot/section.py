"""What every table of a settings file is made of: unknown keys are errors, and values never stand in messages."""

from __future__ import annotations

import ipaddress
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, StringConstraints

_ADDR = r"^[^\s@<>,;:\"()\[\]]+@[^\s@<>,;:\"()\[\]]+$"
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Addr = Annotated[str, StringConstraints(strip_whitespace=True, pattern=_ADDR)]
MaybeAddr = Annotated[str, StringConstraints(strip_whitespace=True, pattern=rf"^$|{_ADDR}")]


class Section(BaseModel):
    """A table of the file: an unknown key is an error, values never stand in messages."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


def is_loopback(host: str) -> bool:
    """Tell whether that host is this machine by name or number, without asking DNS. Raises nothing."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower().rstrip(".") == "localhost"


def web_address(url: str) -> str:
    """Return an address on the web that may be called: by https, or http to this machine alone. Raises ValueError."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ValueError("not a web address") from None
    if parts.scheme not in ("https", "http") or not host or not url.isascii() or not url.isprintable():
        raise ValueError("write it as https://HOST/PATH")
    if parts.scheme == "http" and not is_loopback(host):
        raise ValueError("http:// only to this machine: what leaves it leaves it by https:// alone")
    if parts.username is not None or parts.fragment:
        raise ValueError("no user, password or # in it: the secret lies in its own file")
    return url
