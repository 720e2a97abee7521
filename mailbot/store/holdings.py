"""Everything the store holds about one person, or about an address that nobody on file has. Reads alone.

Serves the right to know (law 94-V, articles 24 and 25): SHOWN is what the answer tells, column by column; COUNTED it
tells as a number; WITHHELD says of every other column why the answer leaves it out. A test walks all tables and wants
each column in one of the three. What an address shares with somebody else on file is nobody's to be told.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from mailbot.store import owned, people, policies, proofs
from mailbot.store.consent_tables import Consent, Obligation
from mailbot.store.event_tables import Event
from mailbot.store.place_tables import HookCall, PlaceId, PlaceTask
from mailbot.store.tables import Mail, Person, Question, Reply, Request, Suppression, WrongToken
from mailbot.store.transaction import Transaction

SHOWN: dict[str, tuple[str, ...]] = {
    "person": (
        "surname", "given_name", "patronymic", "birth_date", "birth_place", "blocked", "disputed", "blocked_until",
        "address_changed_at", "changed_fields", "created_at",
    ),
    "address": ("addr",),
    "phone": ("number",),
    "consent": (
        "purpose", "given_at", "source", "given_by", "policy_version", "withdrawn_at", "withdrawn_by", "proof",
    ),
    "policy_text": ("sha256",),
    "obligation": ("until", "opened_at", "closed_at"),
    "request": (
        "id", "kind", "state", "received_at", "due_at", "decided_at", "closed_at", "tag", "level", "address", "fields",
        "before", "undo_until", "destroy_at", "document_kind", "document_seen", "document_date", "document_at",
    ),
    "reply": ("request_id", "created_at", "sent_at", "gave_up_at", "bounced_at"),
    "question": ("request_id", "asked_at", "closed_at", "outcome"),
    "suppression": ("purpose", "since", "until"),
    "wrong_token": ("count", "last_at"),
    "place_task": ("place", "what", "identifier", "opened_at", "done_at"),
    "place_id": ("place", "value"),
    "proof": ("built_at", "until"),
}  # fmt: skip
COUNTED: dict[str, tuple[str, ...]] = {
    "mail": ("received_at",), "event": ("at",), "hook_call": ("created_at",), "former_address": ("key",),
    "consent": ("octets",), "request": ("checked",),
}  # fmt: skip
_NUMBER = "a number of our own, which says nothing of anybody"
_WHOSE = "whose row it is"
_STEPS = "how our program came to its decision, or what it still has to do; the outcome is told"
_HASH = "a keyed hash, by which a mail or an address is known again and which nobody can read; told as such"
_SENDING = "how a mail of ours was sent; that it was sent, and when, is told"
WITHHELD: dict[str, str] = {
    "person.id": _NUMBER, "address.id": _NUMBER, "address.person_id": _WHOSE, "address.position": _STEPS,
    "address.key": "the address again, as it is looked up", "former_address.id": _NUMBER,
    "former_address.person_id": _WHOSE, "phone.id": _NUMBER, "phone.person_id": _WHOSE, "phone.position": _STEPS,
    "consent.id": _NUMBER, "consent.person_id": _WHOSE, "policy_text.version": "told at the consent",
    "policy_text.noted_at": "of the policy, and of no person", "obligation.id": _NUMBER,
    "obligation.person_id": _WHOSE,
    **{f"mail.{name}": _HASH for name in ("sha256", "fingerprint", "message_key", "text_key")},
    **{f"mail.{name}": _NUMBER for name in ("id", "folder", "uidvalidity", "uid", "copy_of", "request_id")},
    **{
        f"mail.{name}": _STEPS
        for name in (
            "state", "proof", "decision", "reason", "kind", "belongs", "filed_at", "decided_at", "tries",
            "next_try_at", "attachments", "attachments_at", "cleared_at",
        )
    },
    "mail.summary": "shadow mode alone, which answers nobody",
    "request.mail_id": _NUMBER, "request.person_id": _WHOSE, "request.address_key": "the address again",
    "request.message_id": "the number that the writer's own mail program gave the mail",
    "request.references": "the numbers of the mails that it answers",
    **{
        f"request.{name}": _STEPS
        for name in (
            "outcome", "row", "reason", "rung", "language", "evidence", "because", "open", "pending", "told_at",
            "tell", "answer_due_at", "places_open", "place_due_at", "extended_at", "purged_at", "policy_version",
        )
    },
    "reply.id": _NUMBER, "reply.token": "a secret of that one mail", "reply.message_id": "holds that secret",
    "request.writer_key": _HASH,
    "reply.octets": "the mail itself, which the person has", "reply.digest": _HASH, "reply.fingerprint": _HASH,
    "reply.addressee": _HASH, "reply.cleared_at": _STEPS, "reply.said": "the mail itself, until it left",
    **{
        f"reply.{name}": _SENDING
        for name in (
            "template", "role", "language", "proven", "counted", "answer", "tries", "next_try_at", "owner",
            "lease_until", "gave_up_why", "bounce_key", "bounced_status", "bounced_why",
        )
    },
    "reply.address": "may be somebody else's: a new address is asked first", "reply.address_key": "that again",
    "question.token": "a secret of that one mail", "question.waits_for": _STEPS, "question.person_id": _WHOSE,
    "question.address": "as in reply", "question.address_key": "as in reply", "question.expires_at": _STEPS,
    "question.asked_again": _STEPS, "question.reminded": _STEPS,
    "suppression.id": _NUMBER, "suppression.key": _HASH, "suppression.request_id": "the request is told",
    "wrong_token.key": _HASH, "wrong_token.first_at": _STEPS, "wrong_token.day_at": _STEPS,
    "wrong_token.day_count": _STEPS,
    "event.id": _NUMBER, "event.person_id": _WHOSE, "event.request_id": "the request is told",
    **{f"event.{name}": _STEPS for name in ("who", "what", "reason", "position", "link")},
    "place_task.id": _NUMBER, "place_task.request_id": "the request is told", "place_task.person_id": _WHOSE,
    "place_task.by_hook": _STEPS, "place_task.due_at": _STEPS, "place_task.done_by": _STEPS,
    "place_id.id": _NUMBER, "place_id.person_id": _WHOSE,
    **{f"hook_call.{name}": _NUMBER for name in ("id", "event_id", "queue", "request_id", "task_id")},
    **{
        f"hook_call.{name}": _STEPS
        for name in ("place", "event", "kind", "tries", "next_try_at", "delivered_at", "dead_at", "answer")
    },
    "hook_call.identifier": "told at its task", "hook_call.fields": "on its way only; told at its request",
    "operator_account": "of who works at the console, and of no person on file",
    "canary": "of our own trial mails, and of no person",
    "console_session": "of who works at the console",
    "digest_card": "of what the operator was asked and answered; her words until they are carried out",
    "reminder": "of what the operator was reminded", "proof.person_id": _WHOSE, "proof.sha256": _HASH,
    "proof.destroyed_at": "told as the mark of the address", "proof.removed_at": _STEPS,
    "proof.sealed": "the person's own case as it was; only the operator's key opens it, and that it is kept is told",
    "event_cut": "of the journal as a whole", "folder_cursor": "of the mailbox as a whole",
    "maildir_name": "names of files in the mailbox", "note": "of the installation as a whole",
}  # fmt: skip


def of(unit: Transaction, person_id: str | None, address: str) -> dict[str, Any]:
    """Return all rows about a person, by table; without one, about the address that wrote. Raises: nothing.

    Rows bear the columns of SHOWN. `counted`: table → (how many, first, last). `own`: the keys of the addresses.
    """
    connection = unit.connection
    own = owned.of(connection, unit.keys, person_id) if person_id else owned.at(connection, unit.keys, address)
    numbers = owned.requests(connection, own)
    former = people.former(connection, person_id) if person_id else []
    hashes, row = [unit.keys.suppression(a) for a in own.alone], _of(Suppression)
    earlier = sa.and_(row.key.in_(former), row.request_id.in_(numbers))  # else what became of whoever has it now
    found = _by_owner(connection, person_id)
    found |= _by_request(connection, numbers, own)
    found["suppression"] = _rows(connection, Suppression, sa.or_(row.key.in_(hashes), earlier))
    ended = sa.select(row.request_id).where(row.key.in_(hashes), row.request_id.is_not(None))
    found["proof"] = proofs.sealed_under(connection, [] if person_id else list(connection.execute(ended).scalars()))
    found["wrong_token"] = _rows(connection, WrongToken, _of(WrongToken).key.in_(hashes))
    found["policy_text"] = policies.texts(connection)
    found["own"] = own.keys
    found["stated"] = _stated(found["request"], person_id, owned.had_others(connection, own))
    found["counted"] = {**_counted(connection, numbers, person_id), "former_address": len(former)}
    return found


def _stated(requests: Sequence[Any], person_id: str | None, had_others: bool) -> set[str]:
    """Return the numbers of requests of which it is told what they said.

    Nobody's request from an address may be of whoever had it before.
    """
    return {row.id for row in requests if row.person_id == person_id and not (person_id is None and had_others)}


def _of(model: Any) -> Any:
    return model.__table__.c


def _rows(connection: sa.Connection, model: Any, mine: Any, *more: str) -> list[Any]:
    """Return the rows of a table in the order in which they came, with the columns that are shown."""
    table = model.__table__
    names = dict.fromkeys((*SHOWN[table.name], *more))
    order = table.c.received_at if table.name == "request" else next(iter(table.primary_key.columns))
    return list(connection.execute(sa.select(*(table.c[name] for name in names)).where(mine).order_by(order)))


def _by_owner(connection: sa.Connection, person_id: str | None) -> dict[str, Any]:
    """Return the person's own rows; nobody on file has none."""
    owned = {"consent": Consent, "obligation": Obligation, "place_id": PlaceId}
    rows = {name: _rows(connection, model, _of(model).person_id == (person_id or "")) for name, model in owned.items()}
    person = _rows(connection, Person, _of(Person).id == (person_id or ""))
    kept = sa.and_(_of(Consent).person_id == (person_id or ""), _of(Consent).octets.is_not(None))
    return {
        **rows, "person": person[0] if person else None,
        "address": people.addresses(connection, person_id) if person_id else [],
        "phone": people.phones(connection, person_id) if person_id else [],
        "octets": connection.execute(sa.select(sa.func.count()).where(kept)).scalar_one(),
    }  # fmt: skip


def _by_request(connection: sa.Connection, numbers: Sequence[str], own: owned.Own) -> dict[str, Any]:
    """Return requests, mails of ours, questions and tasks; of a mail about somebody else's request only that it went.

    Nothing of what was about whoever had the address before. The operator's mails are about many people, and no
    person's.
    """
    reply, question, task = _of(Reply), _of(Question), _of(PlaceTask)
    before = owned.earlier(connection, own)
    here = sa.and_(reply.address_key.in_(own.keys), sa.func.coalesce(reply.request_id, "").not_in(before))
    mailed = sa.and_(reply.role != "operator", sa.or_(reply.request_id.in_(numbers), here))
    there = sa.and_(question.address_key.in_(own.keys), question.request_id.not_in(before))
    asked = sa.or_(question.request_id.in_(numbers), there)
    tasks = sa.or_(task.request_id.in_(numbers), task.person_id == own.person_id)
    return {
        "request": _rows(connection, Request, _of(Request).id.in_(numbers), "checked", "person_id"),
        "reply": _rows(connection, Reply, mailed), "question": _rows(connection, Question, asked),
        "place_task": _rows(connection, PlaceTask, tasks),
    }  # fmt: skip


def _counted(connection: sa.Connection, numbers: Sequence[str], person_id: str | None) -> dict[str, Any]:
    mail, event, call = _of(Mail), _of(Event), _of(HookCall)
    events = sa.or_(event.request_id.in_(numbers), event.person_id == (person_id or ""))
    return {
        "mail": _span(connection, mail.received_at, mail.request_id.in_(numbers)),
        "event": _span(connection, event.at, events),
        "hook_call": _span(connection, call.created_at, call.request_id.in_(numbers)),
    }


def _span(connection: sa.Connection, column: Any, mine: Any) -> tuple[int, Any, Any]:
    query = sa.select(sa.func.count(), sa.func.min(column), sa.func.max(column)).where(mine)
    count, first, last = connection.execute(query).one()
    return int(count), first, last
