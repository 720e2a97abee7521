"""Makes text of others fit for a sheet of paper: one line, nothing that a page obeys, no IIN or card, not too long."""

from __future__ import annotations

import unicodedata

from mailbot.reading.phones import mask

LONGEST = 600
_OBEYED = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")  # control, direction marks, surrogates, line separators


def plain(text: str) -> str:
    """Return the text on one line; what was cut off is marked. Raises: nothing."""
    masked, _ = mask(text[: 4 * LONGEST])
    shown = "".join(" " if unicodedata.category(c) in _OBEYED else c for c in masked)
    line = " ".join(shown.split())
    return line if len(line) <= LONGEST else f"{line[:LONGEST]}…"
