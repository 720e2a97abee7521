"""Keeps which text a version of the published policy had, so that a consent proves what was consented to.

The text's hash stands in policy.toml beside the version; a text that changes under the same version is told by `check`.
"""

from __future__ import annotations

from mailbot.pipeline import Line
from mailbot.store import policies


def note(line: Line) -> None:
    """Write the hash of the present version's text, once."""
    policy = line.rules.policy
    if policy.text_sha256 and recorded(line) is None:
        with line.store.unit() as unit:
            policies.note(unit, policy.version, policy.text_sha256)


def recorded(line: Line) -> str | None:
    """Return the hash that the store has for the present version, None where it has none."""
    with line.store.reading() as connection:
        return policies.texts(connection).get(line.rules.policy.version)
