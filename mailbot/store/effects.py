"""The verbs of a decision's effects, each one change of the store inside the unit's transaction.

No rule stands here: what is due was decided in deciding/. Every verb can be carried out twice without harm.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from mailbot.deciding.decision import Owed
from mailbot.reading.address import address_key
from mailbot.store import owned, people
from mailbot.store.consent_tables import Consent
from mailbot.store.event_tables import Event
from mailbot.store.tables import Address, Person, Question, Request, Suppression
from mailbot.store.transaction import Transaction, among


def table(model: Any) -> Any:
    """Return the Core table of a model."""
    return model.__table__


_consent, _suppression, _request = table(Consent), table(Suppression), table(Request)
_given = sa.bindparam
_theirs = sa.and_(_consent.c.person_id == _given("whose"), _consent.c.purpose == _given("which"))
_LATEST = sa.select(sa.func.max(_consent.c.id)).where(_theirs).scalar_subquery()
_TAKE_OVER = sa.update(_consent).where(_consent.c.id == _LATEST, _consent.c.withdrawn_at.is_not(None))
_END_CONSENT = sa.update(_consent).where(_theirs, _consent.c.withdrawn_at.is_(None))
_same = sa.and_(_suppression.c.key == _given("whose"), _suppression.c.purpose == _given("which"))
_SUPPRESSED = sa.select(_suppression).where(_same)
_SUPPRESS_ON = sa.update(_suppression).where(_same)
_WEAKER = sa.select(_request.c.id).where(
    _request.c.person_id == _given("whose"), _request.c.kind == _given("which"), _request.c.id != _given("but"),
    sa.or_(
        among(_request.c.state, "asked"),  # what we asked back is answered by the new mail
        sa.and_(among(_request.c.state, "challenged", "held"), _request.c.level != "authenticated"),
        sa.and_(among(_request.c.state, "held"), _request.c.kind == "withdrawal"),  # there is nothing left to stop
    ),
)  # fmt: skip


def stop_news(unit: Transaction, address: str, days: int | None = None, restorable: bool = False) -> None:
    """End the news consent of everybody at that address and suppress it for news, perhaps for some days only."""
    for person_id in people.ids_at(unit.connection, address):
        end_consent(unit, person_id, "news")
        if not restorable:
            _take_over(unit, person_id)
    suppress(unit, address, "news", unit.now + timedelta(days=days) if days else None, own=not restorable)


def _take_over(unit: Transaction, person_id: str) -> None:
    """Make earlier stops of the news this request's own: what only they had stopped can't come back without it."""
    whose = {"whose": person_id, "which": "news"}
    unit.connection.execute(_TAKE_OVER, whose | {"withdrawn_by": unit.request_id})


def end_consent(unit: Transaction, person_id: str, purpose: str) -> None:
    """Mark the open consents of a person as withdrawn by this request."""
    ended = {"withdrawn_at": unit.now, "withdrawn_by": unit.request_id, "octets": None}
    unit.connection.execute(_END_CONSENT, {"whose": person_id, "which": purpose, **ended})


def suppress(
    unit: Transaction, address: str, purpose: str, until: datetime | None = None, *, own: bool = False
) -> None:
    """Remember the keyed hash of an address; one without an end is never shortened; `own`: now this request's."""
    suppress_key(unit, unit.keys.suppression(address), purpose, until, own=own)


def suppress_key(
    unit: Transaction, key: str, purpose: str, until: datetime | None = None, *, own: bool = False
) -> None:
    """Do the same for an address of which only the keyed hash is known."""
    row = {"key": key, "purpose": purpose, "since": unit.now, "until": until, "request_id": unit.request_id}
    if not unit.insert_new(Suppression, **row):
        same: dict[str, Any] = {"whose": key, "which": purpose}
        found = unit.connection.execute(_SUPPRESSED, same).one()
        if found.until is not None and (until is None or until > found.until):
            since = unit.now if found.until < unit.now else found.since  # one that had lapsed begins anew
            unit.connection.execute(_SUPPRESS_ON, same | {"until": until, "since": since})
        else:
            until = found.until  # one that lasts longer stays
        if own:
            unit.connection.execute(_SUPPRESS_ON, same | {"request_id": unit.request_id, "since": unit.now})
    unit.note_gone("suppressed", key, purpose, until)


def suppressed_since(unit: Transaction, address: str, purpose: str) -> datetime | None:
    """Return since when an address is suppressed for a purpose, None where it is not."""
    row = table(Suppression).c
    same = sa.and_(row.key == unit.keys.suppression(address), row.purpose == purpose)
    since: datetime | None = unit.connection.execute(sa.select(row.since).where(same)).scalar()
    return since


def lift(unit: Transaction, address: str, purpose: str, person_id: str = "") -> None:
    """End the suppression of an address for a purpose; that person consented anew, "": one who was not on file."""
    lift_keys(unit, [unit.keys.suppression(address)], purpose, person_id)


def lift_keys(unit: Transaction, keys: Iterable[str], purpose: str, person_id: str = "") -> None:
    """Do the same for addresses of which only the keyed hashes are known."""
    for key in dict.fromkeys(keys):
        lifted = sa.delete(_suppression).where(_suppression.c.key == key, _suppression.c.purpose == purpose)
        if unit.connection.execute(lifted).rowcount or person_id:  # whoever shares the address says so, too
            unit.note_lifted(key, purpose, person_id)


def restore_news(unit: Transaction, request_id: str) -> None:
    """Put back the news that this request had stopped, and nothing else."""
    unit.connection.execute(
        sa.update(_consent).where(_consent.c.withdrawn_by == request_id).values(withdrawn_at=None, withdrawn_by="")
    )
    lifted = sa.delete(_suppression).where(_suppression.c.request_id == request_id)
    for key, purpose in unit.connection.execute(lifted.returning(_suppression.c.key, _suppression.c.purpose)).all():
        unit.note_gone("returned", key, purpose)


def give_news(unit: Transaction, person_id: str, address: str, at: datetime, version: str) -> None:
    """Record a new news consent, this mail its proof, and end the suppression for news."""
    values: dict[str, Any] = {"source": f"mail {unit.request_id}", "given_by": "mail", "policy_version": version}
    values |= {"purpose": "news", "given_at": at, "proof": unit.mail_hash}
    people.add_consent(unit.connection, person_id, **values)
    lift(unit, address, "news", person_id)


def give_news_back(unit: Transaction, request_id: str, address: str, at: datetime, version: str) -> None:
    """Do so for everybody whose news that request had stopped, and who still has the address."""
    stopped = sa.select(_consent.c.person_id).where(_consent.c.withdrawn_by == request_id, _consent.c.purpose == "news")
    for person_id in set(people.ids_at(unit.connection, address)) & set(unit.connection.execute(stopped).scalars()):
        give_news(unit, person_id, address, at, version)


def change_fields(unit: Transaction, person_id: str, values: dict[str, Any], until: datetime) -> None:
    """Write the stated fields; what they were before is kept for the undo until its window ends."""
    old = people.fields_of(unit.connection, person_id, tuple(values))
    people.set_fields(unit.connection, person_id, values)
    people.note_changed(unit.connection, person_id, values)
    kept = unit.row(Request, unit.request_id).before  # an earlier step of the same request changed other fields
    before = {**old, **kept.get("fields", {})}
    after = {**kept.get("after", {}), **people.fields_of(unit.connection, person_id, tuple(values))}
    _remember(unit, until, kept, fields=before, after=after)


def _remember(unit: Transaction, until: datetime, kept: dict[str, Any], **values: Any) -> None:
    unit.update(Request, unit.request_id, before={**kept, **values}, undo_until=until)


def change_address(unit: Transaction, person_id: str, old: str, new: str, until: datetime) -> None:
    """Put the new address in the place of the old one."""
    if not people.replace_address(unit.connection, person_id, old, new):
        return
    unit.update(Person, person_id, address_changed_at=unit.now)
    people.note_former(unit.connection, person_id, unit.keys.suppression(old), back=unit.keys.suppression(new))
    people.note_changed(unit.connection, person_id, ("email",))
    owned.claim(unit, [new])
    _remember(unit, until, unit.row(Request, unit.request_id).before, address={"old": old, "new": new})


def stop_person(unit: Transaction, person_id: str, why: str, until: datetime) -> None:
    """Stop after a withdrawal: no mailing, no use, no export; the store keeps what an undo needs."""
    unit.update(Person, person_id, blocked=why, blocked_until=until if why == "withdrawal" else None)
    unit.note_person_gone("stopped", person_id)
    for purpose in ("processing", "news"):
        end_consent(unit, person_id, purpose)
    for addr in people.addresses(unit.connection, person_id):
        if people.ids_at(unit.connection, addr) == [person_id]:  # an address of several people stays the others'
            suppress(unit, addr, "news")
    unit.update(Request, unit.request_id, undo_until=until)


def undo(unit: Transaction, request_id: str) -> None:
    """Take back what that request changed: its fields, its stop, its news, its address."""
    request = unit.row(Request, request_id)
    if request.kind == "withdrawal" and request.person_id:
        unit.update(Person, request.person_id, blocked="", blocked_until=None)
        unit.note_person_gone("undone", request.person_id)
        restore_news(unit, request_id)
    if request.before.get("fields"):
        people.set_fields(unit.connection, request.person_id, _dated(request.before["fields"]))
    moved = request.before.get("address")
    if moved:
        people.replace_address(unit.connection, request.person_id, moved["new"], moved["old"])
        keys = {name: unit.keys.suppression(moved[name]) for name in ("old", "new")}
        people.note_former(unit.connection, request.person_id, keys["new"], back=keys["old"])
        owned.claim(unit, [moved["old"]])
    unit.update(Request, request_id, undo_until=None, destroy_at=None, before={}, closed_at=unit.now)
    close_questions(unit, request_id, "undone")


def _dated(values: dict[str, Any]) -> dict[str, Any]:
    day = values.get("birth_date")
    return {**values, "birth_date": date.fromisoformat(day)} if isinstance(day, str) else values


def close_question(unit: Transaction, token: str, outcome: str) -> None:
    """Close a question and its repetitions: what was asked can be answered once."""
    question, asked = table(Question), unit.row(Question, token)
    same = sa.and_(question.c.request_id == asked.request_id, question.c.waits_for == asked.waits_for)
    still = sa.update(question).where(same, question.c.closed_at.is_(None))
    unit.connection.execute(still.values(closed_at=unit.now, outcome=outcome))
    request = unit.row(Request, asked.request_id) if asked.request_id != unit.request_id else None
    if request is not None and asked.waits_for == "ask":  # a request of its own goes on with it: here it is over
        fields = {name: value for name, value in request.fields.items() if name != "unclear"}
        due_at = request.due_at if request.state != "applied" or request.open else None
        unit.update(Request, request.id, fields=fields, due_at=due_at)


def close_questions(unit: Transaction, request_id: str, outcome: str, but: str = "") -> None:
    """Close every open question of a request, but those that wait for that."""
    question = table(Question)
    mine = sa.and_(question.c.request_id == request_id, question.c.closed_at.is_(None), question.c.waits_for != but)
    unit.connection.execute(sa.update(question).where(mine).values(closed_at=unit.now, outcome=outcome))


def ask_again(unit: Transaction, token: str) -> None:
    """The question was asked once more: the next unclear answer is held."""
    unit.update(Question, token, asked_again=True)


def hold_request(unit: Transaction, request_id: str, reason: str, due_at: datetime | None) -> None:
    """Hold that request for the operator, with a clock: an answer of ours did not arrive."""
    reopen(unit, request_id, reason)
    request = unit.row(Request, request_id)
    unit.update(Request, request_id, destroy_at=None, due_at=request.due_at or due_at)
    unit.insert(Event, at=unit.now, who="mailbot", what="hold", reason=reason, request_id=request_id)
    if request.kind == "withdrawal" and request.person_id and request.state == "applied":
        unit.update(Person, request.person_id, blocked_until=None)  # nobody knows yet when it goes on


def reopen(unit: Transaction, request_id: str, reason: str) -> None:
    """List a request again as waiting for the operator."""
    request = unit.row(Request, request_id)
    opens = list(dict.fromkeys([*request.open, "operator"]))
    state = "held" if request.state not in ("applied", "undone") else request.state
    unit.update(Request, request_id, open=opens, reason=reason, state=state, tell=True, told_at=None)


def supersede(unit: Transaction, person_id: str, kind: str) -> None:
    """A better proven mail takes the place of open weaker requests of the same person and kind."""
    other = {"whose": person_id, "which": kind, "but": unit.request_id}
    for number in list(unit.connection.execute(_WEAKER, other).scalars()):
        unit.update(Request, number, state="expired", reason="superseded", open=[], due_at=None, closed_at=unit.now)
        close_questions(unit, number, "superseded")


def drop_address_questions(unit: Transaction, person_id: str) -> None:
    """A newer wish for another address takes the place of the older ones that wait for their yes."""
    question = table(Question)
    waiting = sa.and_(
        question.c.person_id == person_id, question.c.waits_for == "new_address", question.c.closed_at.is_(None)
    )
    asked = set(unit.connection.execute(sa.select(question.c.request_id).where(waiting)).scalars())
    for number in asked - {unit.request_id}:  # that one waits for the newer address now
        request = unit.row(Request, number)
        pending = [item for item in request.pending if item[1] != "new_address"]
        opens = [item for item in request.open if item != "new_address"]
        state = ("held" if opens else "expired") if request.state == "challenged" else request.state
        unit.update(Request, number, open=opens, pending=pending, state=state, due_at=request.due_at if opens else None)
    unit.connection.execute(sa.update(question).where(waiting).values(closed_at=unit.now, outcome="superseded"))


def note_other(unit: Transaction, kind: str) -> None:
    """Remember the other tag of the mail, which waits for the operator."""
    request = unit.row(Request, unit.request_id)
    unit.update(Request, unit.request_id, fields={**request.fields, "other_kind": kind})


def note_replaced(unit: Transaction, address: str) -> None:
    """Remember which address the new one replaces once it says yes."""
    request = unit.row(Request, unit.request_id)
    unit.update(Request, unit.request_id, fields={**request.fields, "replaces": address})


def addressee(unit: Transaction, owed: Owed, person_id: str | None) -> str | None:
    """Return whom a question is about: the request's person, else the one person at the asked address."""
    if person_id or owed.waits_for != "confirm":
        return person_id
    found = people.ids_at(unit.connection, owed.to)
    return found[0] if len(found) == 1 else None


def is_clean(connection: sa.Connection, request: Any) -> bool:
    """Tell whether the fields that a request changed are still as it left them."""
    if not request.person_id:
        return False
    after = request.before.get("after", {})
    if after and people.fields_of(connection, request.person_id, tuple(after)) != after:
        return False
    moved = request.before.get("address")
    if not moved:
        return True
    address = table(Address)
    keys = sa.select(address.c.key).where(address.c.person_id == request.person_id)
    return address_key(moved["new"]) in set(connection.execute(keys).scalars())
