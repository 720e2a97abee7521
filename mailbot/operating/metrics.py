"""The figures for Prometheus in its text format (version 0.0.4): counts, times and states, nobody's data.

All of it is read from the store, so it is the same for a poller, a cron job and the console. What can become smaller
again (what is blanked by age, what leaves shadow) is a gauge.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mailbot import __version__
from mailbot.store import health
from mailbot.store.store import Store

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
Samples = Mapping[tuple[str, str], float]  # (label, value of the label) → sample; ("", "") without a label


def text(store: Store) -> str:
    """Return every figure as it stands. Raises StoreUnavailable."""
    return "".join(f"{line}\n" for name, says, samples in _families(store) for line in _family(name, says, samples))


def _family(name: str, says: str, samples: Samples) -> Iterator[str]:
    yield f"# HELP mailbot_{name} {says}"
    yield f"# TYPE mailbot_{name} gauge"
    for (label, value), sample in samples.items():
        which = f'{{{label}="{value}"}}' if label else ""
        yield f"mailbot_{name}{which} {sample:.16g}"


def _families(store: Store) -> Iterator[tuple[str, str, Samples]]:
    now = store.clock()
    with store.snapshot() as connection:
        found, last = health.figures(connection, now), health.last_pass(connection)
    yield "build_info", "The version that runs.", {("version", __version__): 1}
    yield "mails", "Mails in the ledger by decision.", {("decision", n): c for n, c in found.mails.items()}
    yield "requests", "Requests by state.", {("state", name): c for name, c in found.requests.items()}
    yield "requests_open", "Requests that are open.", _one(found.open)
    yield "requests_overdue", "Open requests of which a clock is over.", _one(found.overdue)
    yield "replies_owed", "Mails of ours that wait to be sent.", _one(found.owed)
    yield "replies_given_up", "Mails of ours that a server refused for good.", _one(found.gave_up)
    yield "paused", "1 while nothing is sent or destroyed.", _one(store.paused)
    yield "shadow", "1 while it only shows what it would do.", _one(store.shadow)
    if last.ended_at is not None:
        yield "last_pass_timestamp_seconds", "When the last pass ended.", _one(last.ended_at.timestamp())
        yield "last_pass_duration_seconds", "How long the last pass took.", _one(last.seconds)
    if last.ok_at is not None:
        yield "last_success_timestamp_seconds", "When the last pass that succeeded ended.", _one(last.ok_at.timestamp())


def _one(sample: float) -> Samples:
    return {("", ""): sample}
