"""Bounces and feedback reports: which mail of ours they return, and what a bounce leaves behind. No rule of decision.

A mail of ours is known by its token, which its addressee alone has seen, or by its own part of the envelope
sender, which the servers on its way have seen. Neither is a guess that anybody could make.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from mailbot.deciding.facts import BounceFacts
from mailbot.reading.address import address_key
from mailbot.reading.delivery import delivery, plain
from mailbot.reading.machine import Machine
from mailbot.reading.message import Message
from mailbot.reading.tokens import bounce_keys, returned
from mailbot.store import people
from mailbot.store.tables import Question, Reply, Request
from mailbot.store.transaction import Transaction

OVER = ("superseded", "destroyed")  # reasons of requests that no bounce opens again
_TELLING = ("null_return_path", "role_address", "auto_submitted")  # a bounce only where it says so outright
_reply: Any = Reply.__table__  # type: ignore[attr-defined]


def by_token(connection: sa.Connection, tokens: tuple[str, ...]) -> dict[str, Any]:
    """Return our mails among those tokens, in the order given."""
    if not tokens:
        return {}
    rows = {row.token: row for row in connection.execute(sa.select(_reply).where(_reply.c.token.in_(tokens)))}
    return {token: rows[token] for token in tokens if token in rows}


def at_bounce_address(connection: sa.Connection, message: Message) -> Any:
    """Return the mail of ours to whose own envelope sender this mail came, None where it came to none."""
    keys = bounce_keys(message)
    if not keys:
        return None
    return connection.execute(sa.select(_reply).where(_reply.c.bounce_key.in_(keys)).limit(1)).first()


def bounced(unit: Transaction, message: Message, machine: Machine | None, envelope: Any) -> BounceFacts | None:
    """Return what came back, where this mail says that a mail of ours did not arrive.

    `envelope` is the mail of ours to whose envelope sender it came. Delayed, delivered, relayed and expanded
    mails did arrive, or still may. Of one mail the first bounce counts.
    """
    if envelope is None and machine is None:
        return None
    reply = next(iter(by_token(unit.connection, returned(message)).values()), envelope)
    if reply is None:
        return None
    why, said = machine.why if machine else "", delivery(message)
    if not (said.failed if why == "dsn" else said.told and (why in _TELLING or envelope is not None)):
        return None
    request = unit.row(Request, reply.request_id) if reply.request_id else None
    holds = request is not None and reply.bounced_at is None and _matters(unit, request, reply)
    words = plain(said.why, reply.address.partition("@")[0]) if reply.address else ""  # forgotten: keep no word of it
    held, proven = "", False
    if request is not None and holds:
        held = reply.request_id
        proven = request.kind in ("update", "withdrawal") and request.level == "authenticated"
    return BounceFacts(reply_id=reply.id, request_id=held, proven=proven, status=said.status, why=words)


def _matters(unit: Transaction, request: Any, reply: Any) -> bool:
    """Tell whether a request has to wait because that mail of it did not arrive."""
    if request.reason in OVER or not reply.address_key or not is_theirs(unit, request, reply):
        return False  # without its address: forgotten, with the person
    question = unit.row(Question, reply.token) if reply.role == "question" else None
    return question is None or question.closed_at is None or question.outcome == "expired"


def complained(connection: sa.Connection, message: Message, machine: Machine | None) -> str:
    """Return the address whose owner marked a mail of ours as spam, "" where this is no such report."""
    if machine is None or machine.why != "arf":
        return ""
    replies = by_token(connection, returned(message)).values()
    return next((reply.address for reply in replies if reply.role != "operator" and reply.address), "")


def is_theirs(unit: Transaction, request: Any, reply: Any) -> bool:
    """Tell whether a mail went to the person of its request: others' mail says nothing about him."""
    if request.person_id is None:
        return True
    on_file = people.addresses(unit.connection, request.person_id)
    known = {address_key(addr) for addr in on_file} | {unit.keys.suppression(addr) for addr in on_file}
    return not known.isdisjoint((reply.address_key, reply.addressee)) or reply.template in (
        "address-changed", "new-address",
    )  # fmt: skip


def note_bounce(unit: Transaction, reply_id: int, status: str, why: str) -> None:
    """Write down that a mail of ours came back; the first report of it stays."""
    if unit.row(Reply, reply_id).bounced_at is None:
        unit.update(Reply, reply_id, bounced_at=unit.now, bounced_status=status, bounced_why=why)


def operator_bounced(connection: sa.Connection) -> Any:
    """Return when the last mail to the operator, or to the deputy beside it, came back, None where none did."""
    sent = sa.and_(_reply.c.role == "operator", _reply.c.sent_at.is_not(None))
    last = sa.select(sa.func.max(_reply.c.created_at)).where(sent).scalar_subquery()
    came_back = sa.select(sa.func.max(_reply.c.bounced_at)).where(sent, _reply.c.created_at == last)
    return connection.execute(came_back).scalar()
