"""Compare addresses: the folded form of an addr-spec under which people are looked up.

The local part is NFC in lower case (dots and +tags stay: they may belong to different people), the domain is
its lower-case A-label (RFC 5890, no letter mapped to another: ß is not ss), so `айгүл@ПОШТА.қаз` and its xn--
form are one. No validation here.
"""

from __future__ import annotations

from functools import lru_cache

from mailbot.reading.charset import nfc

LABEL_LONGEST = 63  # RFC 1035 section 2.3.4


def address_key(addr: str) -> str:
    """Return the key of an addr-spec; "" for none. Raises nothing."""
    local, at, domain = addr.strip().rpartition("@")
    if not at:
        return _lower(addr.strip())
    return f"{_lower(local)}@{domain_key(domain)}"


def _lower(text: str) -> str:
    """Return NFC in lower case; a letter that would turn into ASCII (the Kelvin sign) stays what it is."""
    if text.isascii():
        return text.lower()
    return "".join(c.lower() if c.isascii() == c.lower().isascii() else c for c in nfc(text))


@lru_cache(maxsize=4096)
def domain_key(domain: str) -> str:
    """Return a domain as a lower-case A-label without a trailing dot; as it is where it has none."""
    labels = _lower(domain.strip().rstrip(".")).split(".")
    return ".".join(_a_label(label) for label in labels)


def _a_label(label: str) -> str:
    if label.isascii() or len(label) > LABEL_LONGEST:  # punycode is quadratic, and such a label is none
        return label
    return f"xn--{label.encode('punycode').decode()}"
