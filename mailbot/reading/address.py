"""Compare addresses: the folded form of an addr-spec under which people are looked up.

The local part is case-folded NFC (dots and +tags stay: they may belong to different people), the domain is
its lower-case A-label (RFC 5890), so `айгүл@ПОШТА.қаз` and its xn-- form are one. No validation here.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache


def address_key(addr: str) -> str:
    """Return the key of an addr-spec; "" for none. Raises nothing."""
    local, at, domain = addr.strip().rpartition("@")
    if not at:
        return unicodedata.normalize("NFC", addr.strip()).casefold()
    return f"{unicodedata.normalize('NFC', local).casefold()}@{domain_key(domain)}"


@lru_cache(maxsize=4096)
def domain_key(domain: str) -> str:
    """Return a domain as a lower-case A-label without a trailing dot; as it is where it has none."""
    plain = unicodedata.normalize("NFC", domain).rstrip(".").lower()
    if plain.isascii():
        return plain
    try:
        return plain.encode("idna").decode("ascii")
    except UnicodeError:
        return plain
