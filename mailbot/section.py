"""What every table of a settings file is made of: unknown keys are errors, and values never stand in messages."""

from __future__ import annotations

import ipaddress
from typing import Annotated

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
