"""What age takes away: which rows are due, what is blanked of them, and what goes with the journal at last.

Nothing that is open is ever due: a request that waits for anybody or anything, an undo window, a person in dispute, an
open obligation, a place that did not follow. Keyed hashes stay, so that nothing is done twice and an unsubscribe can
still be taken back. How long each is kept is the policy's; the order of things is operating/retention.py's.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from mailbot.store.clock_tables import Reminder
from mailbot.store.consent_tables import Obligation
from mailbot.store.copies import MAIL, REPLY
from mailbot.store.forgets import blank_octets
from mailbot.store.journal import WAITING
from mailbot.store.place_tables import HookCall, PlaceTask
from mailbot.store.proof_tables import Proof
from mailbot.store.tables import Address, Mail, Person, Question, Reply, Request, Suppression
from mailbot.store.transaction import Transaction

BATCH = 50  # rows at once
KEPT_FIELDS = ("consents", "mails_left", "mails_told")  # of a destroyed person's request: they belong to the journal
_mail: Any = Mail.__table__  # type: ignore[attr-defined]
_request: Any = Request.__table__  # type: ignore[attr-defined]
_reply: Any = Reply.__table__  # type: ignore[attr-defined]
_question: Any = Question.__table__  # type: ignore[attr-defined]
_person: Any = Person.__table__  # type: ignore[attr-defined]
_address: Any = Address.__table__  # type: ignore[attr-defined]
_obligation: Any = Obligation.__table__  # type: ignore[attr-defined]
_suppression: Any = Suppression.__table__  # type: ignore[attr-defined]
_task: Any = PlaceTask.__table__  # type: ignore[attr-defined]
_call: Any = HookCall.__table__  # type: ignore[attr-defined]
_reminder: Any = Reminder.__table__  # type: ignore[attr-defined]
_proof: Any = Proof.__table__  # type: ignore[attr-defined]
_sent = sa.or_(_reply.c.sent_at.is_not(None), _reply.c.gave_up_at.is_not(None))


def ended(before: datetime) -> Any:
    """Return the condition that a request had ended by then and nothing holds it."""
    row = _request.c
    disputed = sa.select(_person.c.id).where(_person.c.disputed.is_(True))
    obliged = sa.select(_obligation.c.person_id).where(_obligation.c.closed_at.is_(None))
    theirs = sa.select(_address.c.key).where(_address.c.person_id.in_(disputed))
    held = sa.or_(row.person_id.in_(disputed), row.person_id.in_(obliged), row.address_key.in_(theirs))
    waits = sa.or_(
        row.state.in_(WAITING), sa.and_(row.state == "left", row.kind.is_not(None)),
        sa.and_(row.state == "applied", row.kind == "withdrawal"),  # its destruction is still to come
    )  # fmt: skip
    asked = sa.exists().where(_question.c.request_id == row.id, _question.c.closed_at.is_(None))
    return sa.and_(
        row.decided_at <= before, *(sa.or_(at.is_(None), at <= before) for at in (row.closed_at, row.undo_until)),
        sa.cast(row.open, sa.Text) == "[]", sa.or_(row.closed_at.is_not(None), sa.not_(waits)),
        row.answer_due_at.is_(None), sa.func.coalesce(row.places_open, 0) == 0,
        sa.not_(sa.func.coalesce(held, sa.false())), sa.not_(asked),
    )  # fmt: skip


# ---- raw mail: what was written and what was answered ----------------------------------------------------------


def mails(connection: sa.Connection, before: datetime) -> list[Any]:
    """Return filed mails whose request ended by then, and that were not taken out of the mailbox yet."""
    due = sa.and_(_mail.c.cleared_at.is_(None), _mail.c.belongs == "done", _mail.c.received_at <= before)
    mine = sa.and_(due, _mail.c.filed_at.is_not(None), _mail.c.copy_of.is_(None), ended(before))
    query = sa.select(*MAIL).join(_request, _request.c.id == _mail.c.request_id).where(mine)
    return list(connection.execute(query.order_by(_mail.c.id).limit(BATCH)))


def replies(connection: sa.Connection, before: datetime) -> list[Any]:
    """Return mails of ours whose request ended by then, and those to the operator from before."""
    due = sa.and_(_reply.c.cleared_at.is_(None), _reply.c.created_at <= before, _sent)
    alone = sa.and_(_reply.c.request_id.is_(None), sa.func.coalesce(_reply.c.sent_at, _reply.c.gave_up_at) <= before)
    query = sa.select(*REPLY).join(_request, _request.c.id == _reply.c.request_id, isouter=True)
    return list(connection.execute(query.where(due, sa.or_(alone, ended(before))).order_by(_reply.c.id).limit(BATCH)))


def finals(connection: sa.Connection) -> list[Any]:
    """Return the last mails about destroyed people whose copies were not found among the sent mail yet."""
    mine = sa.and_(_reply.c.role == "final", _reply.c.cleared_at.is_(None), _reply.c.sent_at.is_not(None))
    return list(connection.execute(sa.select(*REPLY).where(mine).order_by(_reply.c.id).limit(BATCH)))


def clear_mails(unit: Transaction, ids: list[int]) -> None:
    """Note that these mails, and further deliveries of them, left the mailbox."""
    mine = sa.or_(_mail.c.id.in_(ids), _mail.c.copy_of.in_(ids))
    unit.connection.execute(sa.update(_mail).where(mine).values(cleared_at=unit.now))


def clear_replies(unit: Transaction, rows: list[Any]) -> None:
    """Blank what these mails said, and note that their copies left the mailbox."""
    unit.owe_scrub()
    for row in rows:
        blank_octets(unit, row)
    mine = _reply.c.id.in_([row.id for row in rows])
    unit.connection.execute(sa.update(_reply).where(mine).values(cleared_at=unit.now))


# ---- details of the ledger -------------------------------------------------------------------------------------


def details(unit: Transaction, before: datetime) -> int:
    """Blank what requests say of anybody that ended by then; return how many they were."""
    due = sa.and_(_request.c.purged_at.is_(None), ended(before))
    columns = (_request.c.id, _request.c.address, _request.c.person_id, _request.c.fields)
    rows = unit.connection.execute(
        sa.select(*columns).where(due).order_by(_request.c.decided_at, _request.c.id).limit(BATCH)
    ).all()
    for row in rows:
        key = unit.keys.suppression(row.address) if row.address and row.person_id is None else None
        unit.update(
            Request, row.id, address="", address_key="", message_id="", references=[], pending=[], before={},
            checked="", document_kind=None, document_seen=None, document_date=None, writer_key=key,
            fields={name: row.fields[name] for name in KEPT_FIELDS if name in row.fields}, purged_at=unit.now,
        )  # fmt: skip
    if rows:
        _blank(unit, [row.id for row in rows])
    return len(rows)


def _blank(unit: Transaction, numbers: list[str]) -> None:
    unit.owe_scrub()
    unit.event("details_purged", str(len(numbers)))
    connection = unit.connection
    asked, told = _question.c.request_id.in_(numbers), sa.and_(_reply.c.request_id.in_(numbers), _sent)
    connection.execute(sa.update(_question).where(asked).values(address="", address_key=""))
    connection.execute(sa.update(_mail).where(_mail.c.request_id.in_(numbers)).values(summary={}))
    blank = {"address": "", "address_key": "", "answer": "", "bounced_why": None}
    lasting = sa.select(_reply.c.id, _reply.c.address).join(_request, _request.c.id == _reply.c.request_id)
    lasting = lasting.where(told, _request.c.kind == "unsubscribe", _reply.c.role.in_(("receipt", "notice")))
    for row in connection.execute(lasting).all():  # an unsubscribe is taken back at any time, by its addressee alone
        key = unit.keys.suppression(row.address) if row.address else None
        connection.execute(sa.update(_reply).where(_reply.c.id == row.id).values(addressee=key, **blank))
    connection.execute(sa.update(_reply).where(told).values(**blank))


# ---- lines of the journal --------------------------------------------------------------------------------------


def lines(unit: Transaction, before: datetime) -> int:
    """Take away requests that came and ended by then, with their answers and questions; return how many."""
    due = sa.and_(_request.c.purged_at.is_not(None), _request.c.received_at <= before, ended(before))
    query = sa.select(_request.c.id).where(due).order_by(_request.c.received_at, _request.c.id).limit(BATCH)
    numbers = list(unit.connection.execute(query).scalars())
    if numbers:
        unit.event("requests_purged", str(len(numbers)))
        for table in (_reply, _question, _task, _call, _reminder):
            unit.connection.execute(sa.delete(table).where(table.c.request_id.in_(numbers)))
        mine = _mail.c.request_id.in_(numbers)  # the fingerprints stay: nothing is done twice
        blank: dict[str, Any] = {
            "sha256": None,
            "summary": {},
            "message_key": "",
            "text_key": "",
            "decision": "",
            "reason": "",
        }
        unit.connection.execute(sa.update(_mail).where(mine).values(request_id=None, kind=None, **blank))
        unit.connection.execute(sa.delete(_request).where(_request.c.id.in_(numbers)))
    return len(numbers)


def forget_old(unit: Transaction, before: datetime) -> None:
    """Take away proofs and mails to the operator from before then, lapsed suppressions, and whom the journal forgot.

    Who was destroyed is suppressed for processing; such a hash ends with the journal. Who unsubscribed stays so.
    """
    proofs = sa.and_(_proof.c.destroyed_at <= before, _proof.c.sealed.is_(None))
    unit.connection.execute(sa.delete(_proof).where(proofs))
    operators = sa.and_(_reply.c.request_id.is_(None), _reply.c.created_at <= before, _sent)
    unit.connection.execute(sa.delete(_reply).where(operators))
    destroyed = sa.select(_suppression.c.key).where(
        _suppression.c.purpose == "processing", _suppression.c.since <= before
    )
    old = sa.and_(_suppression.c.since <= before, _suppression.c.key.in_(destroyed.scalar_subquery()))
    unit.connection.execute(sa.delete(_suppression).where(sa.or_(old, _suppression.c.until <= before)))


def counts(connection: sa.Connection) -> dict[str, int]:
    """Return how many raw mails, how many requests with details and how many requests are kept."""
    count = sa.func.count()
    raw = sa.select(count).where(_mail.c.cleared_at.is_(None), _mail.c.belongs == "done", _mail.c.copy_of.is_(None))
    ours = sa.select(count).where(_reply.c.cleared_at.is_(None))
    queries = {
        "mails": raw, "answers": ours, "detailed": sa.select(count).where(_request.c.purged_at.is_(None)),
        "requests": sa.select(count).select_from(_request),
    }  # fmt: skip
    return {name: int(connection.execute(query).scalar_one()) for name, query in queries.items()}
