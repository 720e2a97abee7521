"""Fills a store with people, and with what years of their mail leave there: ledger, requests, answers, events.

Everything is over: nothing is open, nothing waits, the last of it is days old. One mail in five hundred had left people
behind who were destroyed since; each third request took somebody off the news.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from mailbot.store.consent_tables import Consent
from mailbot.store.event_tables import Event
from mailbot.store.tables import Address, Mail, Person, Phone, Reply, Request, Suppression

AT_ONCE = 5_000
VALIDITY = 7  # of the mailbox that they came from
FIRST = 1_000_000  # place of the first event: a store has some already
Row = dict[str, Any]


def hashed(*parts: object) -> str:
    """Return 64 letters that stand for a keyed hash."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def person(number: int, at: datetime) -> dict[Any, list[Row]]:
    """Return the rows of one person."""
    key = f"P{number:025}"
    consent = {"person_id": key, "given_at": at, "source": "site form", "given_by": "import", "policy_version": ""}
    stopped = {"withdrawn_at": at, "withdrawn_by": request_id(number)} if number % 3 == 0 else {"withdrawn_by": ""}
    return {
        Person: [{
            "id": key, "surname": "Серикова", "given_name": "Алия", "birth_place": "", "blocked": "",
            "disputed": False, "changed_fields": [], "created_at": at,
        }],
        Address: [{"person_id": key, "addr": address(number), "key": address(number), "position": 0}],
        Phone: [{"person_id": key, "number": f"+7703{number:07}", "position": 0}],
        Consent: [
            {**consent, "purpose": "processing", "withdrawn_by": "", "withdrawn_at": None},
            {"withdrawn_at": None, **consent, "purpose": "news", **stopped},
        ],
    }  # fmt: skip


def letter(number: int, at: datetime) -> dict[Any, list[Row]]:
    """Return the rows that one mail left."""
    kind = ("unsubscribe", "update", "withdrawal", None)[number % 4]
    state, decision = ("applied", "apply") if kind else ("left", "leave")
    came: Row = {
        "folder": "INBOX", "uidvalidity": VALIDITY, "uid": number + 1, "state": "decided", "summary": {},
        "sha256": hashed("octets", number), "fingerprint": hashed("print", number), "proof": 2, "tries": 0,
        "message_key": hashed("id", number), "text_key": hashed("text", number), "decision": decision,
        "reason": "tag" if kind else "no_tag", "kind": kind, "request_id": request_id(number),
        "belongs": "done" if kind else "", "filed_at": at if kind else None, "received_at": at, "decided_at": at,
        "cleared_at": at if kind else None,
    }  # fmt: skip
    asked: Row = {
        "id": request_id(number), "person_id": f"P{number:025}", "kind": kind, "state": state, "outcome": decision,
        "row": "9", "reason": "destroyed" if number % 500 == 2 else "tag", "rung": "subject" if kind else "none",
        "language": "ru", "evidence": "authenticated", "because": "dmarc", "level": "authenticated",
        "received_at": at, "address": address(number), "address_key": address(number), "message_id": f"<{number}@x>",
        "references": [], "open": [], "pending": [], "fields": {}, "before": {}, "decided_at": at, "closed_at": at,
        "tell": False, "checked": "",
    }  # fmt: skip
    told: Row = {
        "token": f"t{number:025}", "message_id": f"<r{number}@x>", "request_id": request_id(number),
        "template": "unsubscribed", "role": "receipt", "language": "ru", "address": address(number),
        "address_key": address(number), "proven": True, "counted": False, "octets": b"x" * 200, "created_at": at,
        "sent_at": at, "answer": "250", "tries": 0, "owner": "", "gave_up_why": "", "digest": "", "cleared_at": at,
    }  # fmt: skip
    stopped: Row = {"key": hashed("address", number), "purpose": "news", "since": at, "request_id": request_id(number)}
    event: Row = {
        "at": at, "who": "mailbot", "what": decision, "reason": "tag", "request_id": request_id(number),
        "position": number + FIRST, "link": "x" * 52,
    }  # fmt: skip
    return {
        Mail: [came], Request: [asked], Reply: [told] if kind else [],
        Suppression: [stopped] if number % 3 == 0 else [], Event: [event],
    }  # fmt: skip


def address(number: int) -> str:
    """Return where that person writes from."""
    return f"filler{number}@example.com"


def request_id(number: int) -> str:
    """Return a number that no draw gives: it has a digit that the alphabet lacks."""
    return f"0{number:07}"


def rows(count: int, now: datetime) -> Iterator[dict[Any, list[Row]]]:
    """Yield the rows of so many people and mails, oldest first."""
    for number in range(count):
        at = now - timedelta(days=20) + timedelta(seconds=number * 1_500_000 / count)
        yield person(number, at)
        yield letter(number, at)


def fill(engine: sa.Engine, count: int) -> None:
    """Put so many people and mails into the tables of a new installation."""
    waiting: dict[Any, list[Row]] = {}
    with engine.begin() as connection:
        for number, each in enumerate(rows(count, datetime.now(UTC))):
            for table, more in each.items():
                waiting.setdefault(table, []).extend(more)
            if number % AT_ONCE == AT_ONCE - 1:
                _write(connection, waiting)
        _write(connection, waiting)


def _write(connection: sa.Connection, waiting: dict[Any, list[Row]]) -> None:
    for table in (Person, Address, Phone, Consent, Mail, Request, Reply, Suppression, Event):
        if waiting.get(table):
            connection.execute(sa.insert(table.__table__), waiting[table])  # type: ignore[attr-defined]
            waiting[table] = []
