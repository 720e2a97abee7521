"""Whether what reading can do without is installed."""

from __future__ import annotations

from importlib.util import find_spec


def can_verify() -> bool:
    """Tell whether the extra `dkim` is installed."""
    return find_spec("dkim") is not None
