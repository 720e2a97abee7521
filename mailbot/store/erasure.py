"""Erases a person: every row and column that says who it was. What stays is the fixed list of the README.

The order of things (final mail first, bytes last) and when it may happen at all are operating/destruction.py's.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from mailbot.reading.address import address_key
from mailbot.store import effects, forgets, owned, people, writers
from mailbot.store.journal import WAITING
from mailbot.store.tables import FolderCursor, Mail, Question, Reply, Request
from mailbot.store.transaction import Transaction, beside

# Rights that end in an answer, and what a person must read first: a late undo, and words that no program can read.
ANSWERS = ("access", "restriction", "objection", "complaint", "question", "undo")
UNREAD = ("reply_to_ours", "too_large", "unreadable")
ANSWER_WAITS = timedelta(days=14)  # within the hard stop of 15: a server may say "later" again and again
FINAL_MAIL_KEPT = timedelta(hours=24)
WRITER: dict[str, Any] = {"address": "", "address_key": "", "message_id": "", "references": [], "writer_key": None}
_request: Any = Request.__table__  # type: ignore[attr-defined]
_reply: Any = Reply.__table__  # type: ignore[attr-defined]
_question: Any = Question.__table__  # type: ignore[attr-defined]
_mail: Any = Mail.__table__  # type: ignore[attr-defined]
STOPPED = sa.and_(  # withdrawals that were carried out, and whose destruction is to come
    beside(_request.c.kind) == "withdrawal", beside(_request.c.state) == "applied", _request.c.closed_at.is_(None)
)


def due(unit: Transaction, rows: list[Any]) -> list[Any]:
    """Return those that are `ready` and keep nobody from an answer."""
    return [row for row in rows if not (_asks_more(unit, row) or _is_owed_an_answer(unit, row))]


def tell_waiting(unit: Transaction, rows: list[Any]) -> None:
    """Have the operator told, once, which of these wait for an answer that can't be given once the data are gone.

    It goes on by itself as soon as that other request is answered or closed.
    """
    for row in rows:
        if row.reason != "right_open" and _asks_more(unit, row):
            unit.update(Request, row.id, reason="right_open", tell=True, told_at=None)
            unit.request_id = row.id
            unit.event("held", "right_open")


def ready(unit: Transaction, folder: str) -> list[Any]:
    """Return withdrawals whose undo window ended before the last complete pass over the mailbox began."""
    cursor = unit.row(FolderCursor, folder)
    read_since: datetime | None = cursor.complete_since if cursor is not None else None
    if read_since is None:
        return []
    rows = unit.connection.execute(
        sa.select(_request).where(
            STOPPED, _request.c.destroy_at <= read_since, _request.c.destroy_at <= unit.now
        ).with_for_update(skip_locked=True)
    ).all()  # fmt: skip
    if not rows:
        return []
    oldest = unit.connection.execute(
        sa.select(sa.func.min(_mail.c.received_at)).where(_mail.c.state == "waiting")
    ).scalar()
    # A mail that waits for another try may be the undo: whoever it may concern is not destroyed before it was read.
    read = [row for row in rows if oldest is None or row.destroy_at < oldest]
    return [row for row in read if _may_go(unit, row)]


def _may_go(unit: Transaction, request: Any) -> bool:
    person = people.facts(unit.connection, request.person_id) if request.person_id else None
    if person is None or person.blocked != "withdrawal" or person.open_obligations or request.open:
        return False
    others = sa.select(_request.c.open).where(_request.c.person_id == person.id, STOPPED)
    return not any(unit.connection.execute(others).scalars())  # of a second withdrawal something may wait


def _asks_more(unit: Transaction, request: Any) -> bool:
    """Tell whether the same proven person still waits for an answer of ours."""
    mine = sa.and_(_request.c.person_id == request.person_id, _request.c.level == "authenticated")
    waits = sa.and_(_request.c.state.in_(("left", *WAITING)), _request.c.closed_at.is_(None))
    what = sa.or_(_request.c.kind.in_(ANSWERS), _request.c.reason.in_(UNREAD))
    asked = sa.select(_request.c.id).where(mine, waits, what).limit(1)
    return unit.connection.execute(asked).first() is not None


def _is_owed_an_answer(unit: Transaction, request: Any) -> bool:
    """Tell whether an answer to what the same proven person asked waits to be sent: what is erased can't be sent."""
    mine = sa.and_(_request.c.person_id == request.person_id, _request.c.level == "authenticated")
    owed = sa.and_(
        _reply.c.role == "receipt", _reply.c.sent_at.is_(None), _reply.c.gave_up_at.is_(None),
        _reply.c.created_at > unit.now - ANSWER_WAITS,
    )  # fmt: skip
    waits = sa.select(_reply.c.id).join(_request, _request.c.id == _reply.c.request_id).where(mine, owed).limit(1)
    return unit.connection.execute(waits).first() is not None


def erase(unit: Transaction, person_id: str) -> list[dict[str, Any]]:
    """Erase a person, suppress the addresses for ever; return time and source of the consents that had been given."""
    consents = people.consents(unit.connection, person_id)
    former = people.former(unit.connection, person_id)
    own = owned.of(unit.connection, unit.keys, person_id)
    numbers, written = owned.requests(unit.connection, own), owned.written(unit.connection, own)
    gone = people.erase(unit.connection, person_id)
    alone = [addr for addr in gone if not people.ids_at(unit.connection, addr)]  # somebody else's address stays usable
    others = {unit.keys.suppression(addr) for addr in people.all_addresses(unit.connection)} if former else set()
    keys = [*(unit.keys.suppression(addr) for addr in alone), *(key for key in former if key not in others)]
    writers.forget(unit, keys)  # of the hash of a destroyed address the suppression alone may stay
    for key in keys:
        for purpose in ("news", "processing"):
            effects.suppress_key(unit, key, purpose)
    _forget_requests(unit, numbers, own.keys)
    _forget_writer(unit, written)
    _forget_mails(unit, numbers, own.keys)
    _forget_replies(unit, numbers, sa.or_(_reply.c.address_key.in_(own.keys), _reply.c.addressee.in_(keys)))
    forgets.forget_operator_mails(unit)
    unit.owe_scrub()
    unit.note_person_gone("destroyed", person_id)
    unit.event("destroyed", person_id=person_id)
    return consents


def _forget_requests(unit: Transaction, numbers: list[str], keys: Sequence[str]) -> None:
    blank: dict[str, Any] = {"fields": {}, "before": {}, "document_kind": None, "document_seen": None}
    blank |= {"document_date": None, **WRITER}
    mine = _request.c.id.in_(numbers)
    unit.connection.execute(sa.update(_request).where(mine).values(checked="", pending=[], **blank))
    others = sa.and_(mine, _request.c.closed_at.is_(None), _request.c.id != unit.request_id)
    # its clock stays where something waited: so the journal tells it from what was answered (deciding/outcomes.py)
    unit.connection.execute(sa.update(_request).where(others).values(open=[], closed_at=unit.now, tell=False))
    for number in numbers:
        effects.close_questions(unit, number, "destroyed")
    asked = sa.or_(_question.c.request_id.in_(numbers), _question.c.address_key.in_(keys))
    unit.connection.execute(sa.update(_question).where(asked).values(address="", address_key=""))


def _forget_writer(unit: Transaction, written: dict[str, int | None]) -> None:
    """Forget who wrote what was carried out for somebody else: the rest of such a request is that one's."""
    unit.connection.execute(sa.update(_request).where(_request.c.id.in_(written)).values(**WRITER))
    first = _mail.c.id.in_([mail_id for mail_id in written.values() if mail_id is not None])
    unit.connection.execute(sa.update(_mail).where(first).values(sha256=None))


def _forget_mails(unit: Transaction, numbers: list[str], keys: Sequence[str]) -> None:
    """Keep of the request mails their keyed fingerprints alone: a plain hash could be tried out."""
    unit.connection.execute(sa.update(_mail).where(_mail.c.request_id.in_(numbers)).values(sha256=None, summary={}))
    shadows = unit.connection.execute(sa.select(_mail.c.id, _mail.c.summary).where(_mail.c.state == "shadow")).all()
    mine = [row.id for row in shadows if address_key(row.summary.get("address") or "") in keys]
    unit.connection.execute(sa.update(_mail).where(_mail.c.id.in_(mine)).values(summary={}))


def _forget_replies(unit: Transaction, numbers: list[str], theirs: Any) -> None:
    """Blank what was mailed about these requests; what was still owed of it, but the final mail, is given up."""
    rows = unit.connection.execute(
        sa.select(_reply.c.id, _reply.c.role, _reply.c.sent_at).where(sa.or_(_reply.c.request_id.in_(numbers), theirs))
    ).all()
    for row in rows:
        if row.role == "final" and row.sent_at is None:
            continue
        forgets.forget_reply(unit, row.id)
        if row.sent_at is None:
            unit.update(Reply, row.id, gave_up_at=unit.now)


def forget_finals(unit: Transaction) -> int:
    """Forget final mails that no server took within a day: their address is kept no longer than that."""
    late = sa.select(_reply.c.id).where(
        _reply.c.role == "final", _reply.c.sent_at.is_(None), _reply.c.gave_up_at.is_(None),
        _reply.c.created_at < unit.now - FINAL_MAIL_KEPT,
    )  # fmt: skip
    ids = list(unit.connection.execute(late).scalars())
    for reply_id in ids:
        forgets.forget_reply(unit, reply_id)
        unit.update(Reply, reply_id, gave_up_at=unit.now)
    return len(ids)
