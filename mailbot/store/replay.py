"""Brings what gone.log tells into a store that came out of a backup, and holds what such a store must not do by itself.

No line is written to gone.log here: all of it stands there already. Nothing is mailed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from mailbot.reading.address import address_key
from mailbot.store import digest, effects, erasure, forgets, gone, people, requests
from mailbot.store.consent_tables import Consent
from mailbot.store.place_tables import HookCall
from mailbot.store.tables import Address, Person, Question, Reply, Request, Suppression
from mailbot.store.transaction import Transaction

REASON = "restored"
_person: Any = Person.__table__  # type: ignore[attr-defined]
_address: Any = Address.__table__  # type: ignore[attr-defined]
_consent: Any = Consent.__table__  # type: ignore[attr-defined]
_request: Any = Request.__table__  # type: ignore[attr-defined]
_reply: Any = Reply.__table__  # type: ignore[attr-defined]
_question: Any = Question.__table__  # type: ignore[attr-defined]
_suppression: Any = Suppression.__table__  # type: ignore[attr-defined]
_call: Any = HookCall.__table__  # type: ignore[attr-defined]
Lines = dict[tuple[str, str], gone.Line]


@dataclass(slots=True)
class Done:
    """What was brought in, in counts; the requests whose answers were owed at the backup and are not sent."""

    destroyed: int = 0
    stopped: int = 0
    put_back: int = 0
    suppressed: int = 0
    lifted: int = 0
    held: int = 0
    unfinished: list[str] = field(default_factory=list)  # on file, though a destruction was told long before
    unnamed: list[str] = field(default_factory=list)  # who may have given the news consent that a line tells of
    owed: list[str] = field(default_factory=list)


def replay(unit: Transaction, lines: list[gone.Line], since: datetime, before: Callable[[str], None]) -> Done:
    """Do again what was done after `since`; `before` is called with a person's id before a destruction.

    First the people, then the addresses: who came back after a destruction is not suppressed by it once more.
    """
    done, counts = Done(), gone.last(lines)
    for person_id, found in _people(unit, counts):
        gone_at = next((line.at for line in found if line.what == "destroyed"), None)
        if gone_at is not None and gone_at < since:  # told and never committed: a later backup has the person
            done.unfinished.append(person_id)
            continue
        if gone_at is not None:
            _erase(unit, person_id, before)
            done.destroyed += 1
            continue
        for line in found:
            if line.at >= since:
                _as_then(unit, person_id, line, done)
    _addresses(unit, [line for line in lines if line.what in gone.OF_ADDRESSES and line.at >= since], done)
    return done


def _addresses(unit: Transaction, lines: list[gone.Line], done: Done) -> None:
    """Bring the addresses, and the news of whoever is on file there, through every line in the order of time."""
    at, named = _ids(unit, {line.key for line in lines}), _named(unit, {line.who for line in lines if line.who})
    for line, undoes in _standing(lines):
        if line.what == "suppressed":
            _suppress(unit, line, at.get(line.key, []))
            continue
        _lift(unit, line, undoes)
        if line.what == "lifted" and line.purpose == "news":
            ids = named.get(line.who, []) if line.who else at.get(line.key, [])
            if len(ids) == 1:
                _give_anew(unit, ids[0], line.at)
            else:  # of an earlier version, which did not note whose consent it was: certain or nobody's
                done.unnamed += ids
    for line in gone.last(lines).values():
        done.suppressed += line.what == "suppressed"
        done.lifted += line.ends


def _standing(lines: list[gone.Line]) -> Iterator[tuple[gone.Line, gone.Line | None]]:
    """Yield the lines but for a stop that the next line of the address takes back; that one with what it undoes."""
    following: dict[tuple[str, str], gone.Line] = {}
    taken = set()
    for number in range(len(lines) - 1, -1, -1):
        after = following.get(lines[number].subject)
        if lines[number].what == "suppressed" and after is not None and after.what == "returned":
            taken.add(number)
        following[lines[number].subject] = lines[number]
    undone: dict[tuple[str, str], gone.Line] = {}
    for number, line in enumerate(lines):
        if number in taken:
            undone[line.subject] = line
        else:
            yield line, undone.pop(line.subject, None)


def _people(unit: Transaction, counts: Lines) -> Iterator[tuple[str, list[gone.Line]]]:
    """Yield whoever is on file and in the ledger, with the lines that count."""
    known: dict[str, list[gone.Line]] = {}
    for line in counts.values():
        if line.what in gone.OF_PERSONS:
            known.setdefault(line.key, []).append(line)
    found = ((i, unit.keys.person(i)) for i in _every(unit, _person.c.id)) if known else ()
    yield from [(person_id, known[key]) for person_id, key in found if key in known]


def _every(unit: Transaction, *columns: Any) -> Iterator[Any]:
    """Yield a column, or several, of every row; a few in memory at a time."""
    rows = unit.connection.execute(sa.select(*columns).execution_options(yield_per=1000))
    yield from rows.scalars() if len(columns) == 1 else rows


def _ids(unit: Transaction, keys: set[str]) -> dict[str, list[str]]:
    """Return who is on file at the addresses of which these are the keyed hashes."""
    found: dict[str, list[str]] = {}
    for addr, person_id in _every(unit, _address.c.addr, _address.c.person_id) if keys else ():
        key = unit.keys.suppression(addr)
        if key in keys:
            found.setdefault(key, []).append(person_id)
    return found


def _named(unit: Transaction, hashes: set[str]) -> dict[str, list[str]]:
    """Return who is on file of the people of whom these are the keyed hashes."""
    found = ((unit.keys.person(i), i) for i in _every(unit, _person.c.id)) if hashes else ()
    return {key: [person_id] for key, person_id in found if key in hashes}


def _erase(unit: Transaction, person_id: str, before: Callable[[str], None]) -> None:
    mine = sa.select(_request.c.id).where(_request.c.person_id == person_id, erasure.STOPPED)
    number = unit.connection.execute(mine).scalar()
    unit.request_id = number or requests.open_journal(unit, kind="erasure", reason="destroyed")
    before(person_id)
    consents = erasure.erase(unit, person_id)
    values = {"closed_at": unit.now, "reason": "destroyed", "undo_until": None, "open": [], "due_at": None}
    unit.update(Request, unit.request_id, fields={"consents": consents}, **values)
    unit.request_id = ""


def _as_then(unit: Transaction, person_id: str, line: gone.Line, done: Done) -> None:
    """Bring one person who is on file into the state that a line tells of."""
    person = unit.row(Person, person_id)
    if line.what in ("blocked", "unblocked"):
        unit.update(Person, person_id, disputed=line.what == "blocked")
    elif line.what == "stopped" and not person.blocked:
        _stop(unit, person_id, line.at)
        done.stopped += 1
    elif line.what == "undone" and person.blocked:
        _undo(unit, person_id, line.at)
        done.put_back += 1


def _stop(unit: Transaction, person_id: str, at: datetime) -> None:
    """Stop a person as the withdrawal did; whether it goes on to the destruction, is the operator's word."""
    requests.open_journal(unit, kind="withdrawal", reason=REASON)
    address = next(iter(people.addresses(unit.connection, person_id)), "")
    who = {"person_id": person_id, "address": address, "address_key": address_key(address)}
    unit.update(Request, unit.request_id, open=["operator"], closed_at=None, tell=True, decided_at=at, **who)
    unit.update(Person, person_id, blocked="withdrawal", blocked_until=None)
    for purpose in ("processing", "news"):
        _end(unit, [person_id], purpose, at)
    unit.request_id = ""


def _end(unit: Transaction, ids: list[str], purpose: str, at: datetime) -> None:
    """End the consents that had been given by then."""
    given = sa.or_(_consent.c.given_at.is_(None), _consent.c.given_at <= at)
    mine = sa.and_(_consent.c.person_id.in_(ids), _consent.c.purpose == purpose, _consent.c.withdrawn_at.is_(None))
    values = {"withdrawn_at": at, "withdrawn_by": unit.request_id, "octets": None}
    unit.connection.execute(sa.update(_consent).where(mine, given).values(**values))


def _undo(unit: Transaction, person_id: str, at: datetime) -> None:
    mine = sa.and_(_request.c.person_id == person_id, erasure.STOPPED, _request.c.decided_at <= at)
    for number in list(unit.connection.execute(sa.select(_request.c.id).where(mine)).scalars()):
        effects.undo(unit, number)
        unit.update(Request, number, state="undone", open=[], due_at=None, reason="undone")


def _of(line: gone.Line) -> Any:
    return sa.and_(_suppression.c.key == line.key, _suppression.c.purpose == line.purpose)


def _suppress(unit: Transaction, line: gone.Line, ids: list[str]) -> None:
    """Stop an address as a line tells, and the news of whoever is on file there."""
    effects.suppress_key(unit, line.key, line.purpose, line.until)
    later = sa.or_(_suppression.c.since == unit.now, _suppression.c.since < line.at)
    unit.connection.execute(sa.update(_suppression).where(_of(line), later).values(since=line.at))
    if line.purpose == "news":
        _end(unit, ids, "news", line.at)


def _lift(unit: Transaction, line: gone.Line, undoes: gone.Line | None) -> None:
    """Let an address be used again; what was put back comes back, where the store has the stop that was undone."""
    row = unit.connection.execute(sa.select(_suppression.c.request_id, _suppression.c.since).where(_of(line))).first()
    effects.lift_keys(unit, [line.key], line.purpose)
    if line.what != "returned" or row is None or not row.request_id:
        return
    if undoes is None or row.since == undoes.at:
        effects.restore_news(unit, row.request_id)


def _give_anew(unit: Transaction, person_id: str, at: datetime) -> None:
    """Record the news consent of a person whose earlier one had ended when it was given anew."""
    rows = people.consent_rows(unit.connection, person_id, "news")
    if rows and all(row.withdrawn_at is not None and row.withdrawn_at <= at for row in rows):
        people.add_consent(unit.connection, person_id, purpose="news", given_at=at, source=gone.FILE)


def settle(unit: Transaction, done: Done, due_at: datetime) -> None:
    """Hold what the store was about to do when it was backed up: destructions, answers, news of old changes."""
    pending = sa.select(_request.c.id, _request.c.open).where(erasure.STOPPED)
    for row in unit.connection.execute(pending).all():
        if "obligations" not in row.open:  # that one waits for the operator's word anyway
            _before_operator(unit, row.id, due_at)
            done.held += 1
    _hold_questions(unit, due_at)
    _hold_orders(unit)
    forgets.forget_operator_mails(unit)
    owed = sa.select(_reply.c.id, _reply.c.request_id, _reply.c.role).where(
        _reply.c.sent_at.is_(None), _reply.c.gave_up_at.is_(None)
    )
    for row in unit.connection.execute(owed).all():
        unit.update(Reply, row.id, gave_up_at=unit.now, gave_up_why=REASON, owner="", lease_until=None)
        if row.role == "final":
            forgets.forget_reply(unit, row.id)
        elif row.request_id:
            _before_operator(unit, row.request_id, due_at)
            done.owed.append(row.request_id)
    old = sa.and_(_call.c.delivered_at.is_(None), _call.c.dead_at.is_(None), _call.c.event == "person.updated")
    unit.connection.execute(sa.update(_call).where(old).values(dead_at=unit.now, next_try_at=None, answer=REASON))


def _hold_questions(unit: Transaction, due_at: datetime) -> None:
    """Remind nobody a second time; a question that lapsed since was closed with an answer, so none is sent again."""
    open_ = _question.c.closed_at.is_(None)
    lapsed = sa.and_(open_, _question.c.expires_at <= unit.now)
    for number in set(unit.connection.execute(sa.select(_question.c.request_id).where(lapsed)).scalars()):
        _before_operator(unit, number, due_at)
    unit.connection.execute(sa.update(_question).where(lapsed).values(expires_at=None))
    unit.connection.execute(sa.update(_question).where(open_).values(reminded=True))


def _hold_orders(unit: Transaction) -> None:
    """Carry nothing out that the operator had ordered by mail: it was done after the backup, as far as is known."""
    for card in digest.ordered(unit.connection):
        digest.done(unit, card, digest.CHANGED)
        doubt(unit, card.request_id)


def doubt(unit: Transaction, number: str | None) -> None:
    """Ask the operator anew about a request that waits for her, as what she ordered may have been done already."""
    request = unit.row(Request, number) if number else None
    if request is not None and "operator" in request.open:
        effects.reopen(unit, request.id, REASON)


def _before_operator(unit: Transaction, number: str, due_at: datetime) -> None:
    """List a request again, with a clock: what became of it after the backup, nobody knows here."""
    effects.reopen(unit, number, REASON)
    unit.update(Request, number, closed_at=None, due_at=unit.row(Request, number).due_at or due_at)
