"""Keeps which text a version of the published policy had, so that a consent proves what was consented to.

The text's hash stands in policy.toml beside the version; a text that changes under the same version is told by `check`.
"""

from __future__ import annotations

from mailbot.pipeline import Line
from mailbot.store import policies


def note(line: Line) -> None:
    """Write the hash of each version's text, once."""
    known = recorded(line)
    new = {version: sha256 for version, sha256 in line.rules.policy.texts.items() if version not in known}
    if new:
        with line.store.unit() as unit:
            for version, sha256 in new.items():
                policies.note(unit, version, sha256)


def recorded(line: Line) -> dict[str, str]:
    """Return the hash that the store has for each version."""
    with line.store.reading() as connection:
        return policies.texts(connection)
