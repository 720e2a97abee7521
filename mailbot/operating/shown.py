"""One request with all that is known of it, as plain values: what `requests show` prints and the console lays out."""

from __future__ import annotations

from typing import Any

from mailbot.deciding.outcomes import outcome
from mailbot.operating import diffs, documents, places, timing
from mailbot.pipeline import Line
from mailbot.store import journal, writers


def shown(line: Line, number: str) -> dict[str, Any]:
    """Return a request with its clocks, changes, answers, places and events. Raises InputError where there is none."""
    with line.store.reading() as connection:
        row = journal.find(connection, number)
        replies, events = journal.replies(connection, row.id), journal.events(connection, row.id)
        wrong = writers.wrong_tokens(connection, line.store.keys, row.address)
        return {
            **timing.listed(line, row), "outcome": outcome(row), "clocks": timing.as_json(line, row),
            "tag": row.tag, "rung": row.rung, "evidence": row.evidence, "because": row.because,
            "pending": [{"field": f, "waits_for": w} for f, w in row.pending], "fields": row.fields.get("fields", {}),
            "unclear": row.fields.get("unclear", []),
            **diffs.changes(connection, row),
            "undo_until": row.undo_until, "destroy_at": row.destroy_at, "checked": row.checked,
            "purged_at": row.purged_at, "mails_left": row.fields.get("mails_left", {}),
            "document": documents.as_json(row),
            "places": places.of_request(connection, line.rules.policy, row.id),
            "replies": [_reply(each) for each in replies],
            "wrong_tokens": wrong.count if wrong else 0, "wrong_tokens_last_at": wrong.last_at if wrong else None,
            "events": [{"at": e.at, "who": e.who, "what": e.what, "reason": e.reason} for e in events],
        }  # fmt: skip


def stamp(line: Line, number: str) -> str:
    """Return how a request stands, for the page that is made of it. Raises InputError where there is none."""
    with line.store.reading() as connection:
        return journal.stamp(connection, journal.find(connection, number))


def _reply(row: Any) -> dict[str, Any]:
    return {
        "template": row.template, "to": row.address, "sent_at": row.sent_at, "answer": row.answer,
        "gave_up": row.gave_up_why if row.gave_up_at else "", "bounced_at": row.bounced_at,
        "bounced_status": row.bounced_status or "", "bounced_why": row.bounced_why or "",
    }  # fmt: skip
