"""What every table of a settings file is made of: unknown keys are errors, and values never stand in messages.

Modules of such tables don't postpone their annotations, which pydantic would only evaluate again at each start.
"""

from __future__ import annotations

import ipaddress
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints

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


def _web_address(url: str) -> str:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ValueError("not a web address") from None
    if parts.scheme not in ("https", "http") or not host or not url.isascii() or not url.isprintable():
        raise ValueError("write it as https://HOST/PATH")
    if parts.scheme == "http" and not is_loopback(host):
        raise ValueError("http:// only to this machine: what must not be read on its way leaves it by https:// alone")
    if parts.username is not None or parts.fragment:
        raise ValueError("no user, password or # in it: the secret lies in its own file")
    return url


WebAddress = Annotated[Text, AfterValidator(_web_address)]
MaybeWebAddress = Annotated[str, AfterValidator(lambda url: url and _web_address(url))]
