"""Destruction: what the sweep does when an undo window is over, and what `people destroy` does at once.

The order is fixed: the final mail is rendered first, then everything of the person is erased in the same
transaction, then the bytes leave the write-ahead log. What survives is listed in the README (decisions: section 6).
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from mailbot.deciding.decision import Owed
from mailbot.pipeline import Line, owe
from mailbot.reading.address import address_key
from mailbot.store import effects, people
from mailbot.store.engine import scrub
from mailbot.store.outbox import forget
from mailbot.store.tables import FolderCursor, Person, Question, Reply, Request
from mailbot.store.unit import Unit

FINAL_MAIL_KEPT = timedelta(hours=24)
_request: Any = Request.__table__  # type: ignore[attr-defined]
_reply: Any = Reply.__table__  # type: ignore[attr-defined]
_question: Any = Question.__table__  # type: ignore[attr-defined]


def sweep(line: Line, folder: str) -> int:
    """Destroy whoever's undo window is over; return how many. A mailbox not read since destroys nobody."""
    store = line.store
    if store.paused or store.shadow:
        return 0
    with store.unit() as unit:
        cursor = unit.row(FolderCursor, folder)
        read_since = cursor.complete_since if cursor is not None else None
        due = [] if read_since is None else _due(unit, read_since)
        for request in due:
            _destroy_by_request(unit, line, request)
        forgotten = _forget_finals(unit)
    if due or forgotten:
        scrub(store.engine)
    return len(due)


def _due(unit: Unit, read_since: Any) -> list[Any]:
    """Return withdrawals whose window ended before the last complete pass began."""
    rows = unit.connection.execute(
        sa.select(_request).where(
            _request.c.kind == "withdrawal", _request.c.state == "applied", _request.c.closed_at.is_(None),
            _request.c.destroy_at <= read_since, _request.c.destroy_at <= unit.now,
        )
    )  # fmt: skip
    return [row for row in rows if _may_go(unit, row)]


def _may_go(unit: Unit, request: Any) -> bool:
    person = people.facts(unit.connection, request.person_id) if request.person_id else None
    return person is not None and person.blocked == "withdrawal" and not person.open_obligations and not request.open


def _destroy_by_request(unit: Unit, line: Line, request: Any) -> None:
    unit.request_id = request.id
    addresses = people.addresses(unit.connection, request.person_id)
    keys = {address_key(a): a for a in addresses}
    to = keys.get(request.address_key) or (addresses[0] if addresses else "")
    if to:
        final = Owed(
            template="destroyed", role="final", to=to, language=request.language,
            values={"destroyed_at": unit.now}, threads=True,
        )  # fmt: skip
        owe(unit, final, line)
    destroy(unit, request.person_id)
    unit.update(Request, request.id, closed_at=unit.now, reason="destroyed", undo_until=None)


def destroy(unit: Unit, person_id: str) -> None:
    """Erase a person: rows, request fields, replies' bodies, questions; suppress the addresses for ever."""
    gone = people.erase(unit.connection, person_id)
    for addr in gone:
        for purpose in ("news", "processing"):
            effects.suppress(unit, addr, purpose)
    numbers = people.requests_of(unit.connection, person_id, [address_key(a) for a in gone])
    unit.connection.execute(
        sa.update(_request)
        .where(_request.c.id.in_(numbers))
        .values(address="", address_key="", message_id="", references=[], fields={}, before={}, checked="")
    )
    unit.connection.execute(
        sa.update(_request)
        .where(_request.c.id.in_(numbers), _request.c.closed_at.is_(None), _request.c.id != unit.request_id)
        .values(open=[], due_at=None, closed_at=unit.now)
    )
    for number in numbers:
        effects.close_questions(unit, number, "destroyed")
    unit.connection.execute(
        sa.update(_question).where(_question.c.request_id.in_(numbers)).values(address="", address_key="")
    )
    _forget_replies(unit, numbers)
    unit.event("destroyed", person_id=person_id)


def _forget_replies(unit: Unit, numbers: list[str]) -> None:
    """Blank what was mailed about these requests; what was still owed of it, but the final mail, is given up."""
    rows = unit.connection.execute(
        sa.select(_reply.c.id, _reply.c.role, _reply.c.sent_at).where(_reply.c.request_id.in_(numbers))
    ).all()
    for row in rows:
        if row.role == "final" and row.sent_at is None:
            continue
        forget(unit, row.id)
        if row.sent_at is None:
            unit.update(Reply, row.id, gave_up_at=unit.now)


def _forget_finals(unit: Unit) -> int:
    """Forget final mails that no server took within a day: their address is kept no longer than that."""
    late = sa.select(_reply.c.id).where(
        _reply.c.role == "final", _reply.c.sent_at.is_(None), _reply.c.gave_up_at.is_(None),
        _reply.c.created_at < unit.now - FINAL_MAIL_KEPT,
    )  # fmt: skip
    ids = list(unit.connection.execute(late).scalars())
    for reply_id in ids:
        forget(unit, reply_id)
        unit.update(Reply, reply_id, gave_up_at=unit.now)
    return len(ids)


def destroy_now(line: Line, address: str) -> int:
    """Destroy everybody on file under an address, on the operator's word; return how many."""
    with line.store.unit() as unit:
        ids = people.ids_at(unit.connection, address)
        blocked = [i for i in ids if unit.row(Person, i).blocked == "dispute"]
        if blocked:
            return -1
        for person_id in ids:
            destroy(unit, person_id)
    if ids:
        scrub(line.store.engine)
    return len(ids)
