"""Gathers the facts that bear on one mail. Reads alone; asks the store only what that mail can depend on."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from mailbot.deciding.decision import Purpose
from mailbot.deciding.facts import Facts, PersonFacts, RequestFacts, TokenFacts
from mailbot.reading.address import address_key
from mailbot.reading.claim import Claim
from mailbot.reading.machine import Machine
from mailbot.reading.message import Message
from mailbot.reading.tokens import referred, tokens, unsubscribe_token
from mailbot.store import bounces, digest, forms, newsletter, people
from mailbot.store.effects import is_clean
from mailbot.store.tables import Mail, Question, Reply, Request, Suppression
from mailbot.store.transaction import among, beside
from mailbot.store.unit import PROOF, Unit

_ADDRESS = re.compile(r"[^\s<>()\[\],;:\"«»]{1,64}@[^\s<>()\[\],;:\"«»@]{1,255}")
PROVEN_BY_TOKEN = ("unsubscribe_token", "feedback_report")  # reasons whose mail brings what its addressee alone has
_request: Any = Request.__table__  # type: ignore[attr-defined]
_reply: Any = Reply.__table__  # type: ignore[attr-defined]
_question: Any = Question.__table__  # type: ignore[attr-defined]
_mail: Any = Mail.__table__  # type: ignore[attr-defined]
_suppression: Any = Suppression.__table__  # type: ignore[attr-defined]
_given = sa.bindparam
_REUSED = sa.select(_mail.c.id).where(
    _mail.c.message_key == _given("key"), _mail.c.id != _given("but"), _mail.c.text_key != _given("text"),
    _mail.c.proof >= _given("proof"),
).limit(1)  # fmt: skip
_EARLIER = (
    sa.select(_request)
    .where(
        _request.c.person_id == _given("person_id"), _request.c.kind == _given("kind"),
        among(_request.c.state, "challenged", "asked", "held", "applied"),
    )
    .order_by(_request.c.decided_at.desc())
    .limit(1)
)  # fmt: skip
_ASKED = (
    sa.select(_question)
    .join(_request, _request.c.id == _question.c.request_id)
    .where(_question.c.address_key == _given("key"), _question.c.waits_for == "confirm")
    .where(_request.c.kind == _given("kind"), _question.c.closed_at.is_(None))
)
_proven = sa.or_(_request.c.level == "authenticated", among(_request.c.reason, *PROVEN_BY_TOKEN))
_kind, _state = beside(_request.c.kind), beside(_request.c.state)
_STOPS_NEWS = sa.or_(
    sa.and_(_kind == "unsubscribe", _state == "applied"),
    sa.and_(_kind == "withdrawal", _state == "challenged", _request.c.row == "17"),
)
_LATELY = {
    what: sa.select(sa.func.count()).where(
        _request.c.decided_at > _given("since"), _request.c.purged_at.is_(None), mine
    )
    for what, mine in (
        ("withdrawn", sa.and_(_kind == "withdrawal", _state == "applied", _proven)),
        ("news", sa.and_(_STOPS_NEWS, sa.not_(_proven))),
    )
}
_SUPPRESSED = sa.select(_suppression.c.purpose).where(
    _suppression.c.key == _given("key"),
    sa.or_(_suppression.c.until.is_(None), _suppression.c.until > _given("now")),
)


def gather(unit: Unit, message: Message, claim: Claim, machine: Machine | None) -> Facts:
    """Return the facts for this mail, as they stand inside the unit's transaction."""
    assert unit.raw is not None
    if claim.submission is not None:
        return forms.facts(unit, claim.submission)
    writer, connection = message.writer or "", unit.connection
    cards = digest.brought(connection, tokens(message))
    brought = tuple(token for token in tokens(message) if token not in cards)
    known = bounces.by_token(connection, brought)
    found = people.facts_at(connection, writer)
    by_person = machine is None  # of a machine's mail only row 2 speaks, and needs none of what this asks for
    token = _token(unit, brought, known, writer) if known and by_person else None
    changes = claim.acts and claim.kind in ("update", "withdrawal")
    withdraws = "withdrawal" in (claim.kind, token.request.kind if token else None)  # a yes to one counts as one
    named = _named(connection, message) if changes and not found else ()
    earlier = _earlier(unit, found[0].id, claim.kind) if changes and len(found) == 1 else None
    asks = changes and (earlier is not None or len(found) != 1)
    envelope, listed = bounces.at_bounce_address(connection, message), digest.facts(unit, cards, writer)
    return Facts(
        now=unit.now, received_at=unit.raw.received_at, people=found, token=token, digest=listed,
        wrong_tokens=sum(token not in known for token in brought),
        misused=_is_misused(unit, brought, known, writer) or (listed is not None and not listed.from_addressee),
        replies_to_us=any(token in known for token in referred(message)),  # a quoted line alone makes no mail ours
        replies_to_stranger=by_person and _answers_stranger(unit, message, claim, known),
        at_bounce_address=envelope is not None,
        bounced=bounces.bounced(unit, message, machine, envelope),
        opt_out=newsletter.opt_out(unit, unsubscribe_token(message), writer),
        complained=bounces.complained(connection, message, machine),
        id_reused=by_person and _id_reused(unit, message, writer), earlier=earlier,
        asked=_asked(unit, claim.kind, writer, found, named) if asks else frozenset(),
        named=named,
        withdrawals_last_hour=_lately(unit, "withdrawn") if withdraws else 0,
        news_stopped_unproven=_news_stopped(unit, claim),
        suppressed=suppressed(unit, writer) if claim.kind and (token or not any(p.news for p in found)) else (),
        was_shadow=unit.was_shadow,
    )  # fmt: skip


def _token(unit: Unit, brought: tuple[str, ...], known: dict[str, Any], writer: str) -> TokenFacts | None:
    """Return the mail of ours that this one answers: an open question first, else the most telling token."""
    questions = {
        row.token: row
        for row in unit.connection.execute(sa.select(_question).where(_question.c.token.in_(tuple(known))))
    }
    mine = [t for t in known if _is_to(unit, known[t], writer)] or list(known)
    live = [t for t in mine if t in questions and _is_open(unit, questions[t])]
    first = mine[0]
    token = first if first in live or known[first].role != "question" else (live or mine)[0]
    reply, question = known[token], questions.get(token)
    request = unit.row(Request, reply.request_id) if reply.request_id else None
    if request is None:
        return None
    person_id = (question.person_id if question else None) or request.person_id
    waits_for = question.waits_for if question else ""
    return TokenFacts(
        token=token, template=reply.template, role=reply.role, waits_for=waits_for,
        is_open=question is not None and _is_open(unit, question),
        from_addressee=_is_to(unit, reply, writer),
        address=reply.address or (writer if _is_to(unit, reply, writer) else ""),
        is_theirs=bounces.is_theirs(unit, request, reply),
        asked_again=bool(question and question.asked_again), asks=_asks(unit, request.id) if waits_for == "ask" else 0,
        new_address=reply.address if waits_for == "new_address" else "",
        request=request_facts(unit, request), person=people.facts(unit.connection, person_id) if person_id else None,
    )  # fmt: skip


def _asks(unit: Unit, number: str) -> int:
    """Count how often the person was asked for data about that request."""
    asks = sa.and_(_question.c.request_id == number, _question.c.waits_for == "ask")
    return int(unit.connection.execute(sa.select(sa.func.count()).where(asks)).scalar_one())


def _is_misused(unit: Unit, brought: tuple[str, ...], known: dict[str, Any], writer: str) -> bool:
    return any(token not in known or _is_others(unit, known[token], writer) for token in brought)


def _is_others(unit: Unit, reply: Any, writer: str) -> bool:
    known = bool(reply.address_key or reply.addressee)  # a forgotten one is nobody's
    return known and not _is_to(unit, reply, writer)


def _is_to(unit: Unit, reply: Any, writer: str) -> bool:
    """Tell whether a mail of ours went to that address; an old one knows its keyed hash alone."""
    if not writer:
        return False
    return bool(reply.address_key == address_key(writer) or reply.addressee == unit.keys.suppression(writer))


def _is_open(unit: Unit, question: Any) -> bool:
    at = unit.raw.received_at if unit.raw is not None else unit.now  # a late pass makes no answer late
    return question.closed_at is None and (question.expires_at is None or at <= question.expires_at)


def request_facts(unit: Unit, row: Any) -> RequestFacts:
    """Return a request row as facts; a withdrawal whose window did not open yet can be taken back any time."""
    undo_until = row.destroy_at or row.undo_until
    if row.kind == "withdrawal" and row.destroy_at is None and row.state == "applied":
        undo_until = unit.now + timedelta(days=1)
    return RequestFacts(
        id=row.id, kind=row.kind, state=row.state, outcome=row.outcome, level=row.level, address=row.address,
        received_at=row.received_at, language=row.language, person_id=row.person_id, fields=row.fields,
        undo_until=undo_until, undo_clean=is_clean(unit.connection, row), open=tuple(row.open),
        for_operator=tuple(name for name, who in row.pending if who == "operator"),
        destroy_at=row.destroy_at, due_at=row.due_at, decided_at=row.decided_at,
        stopped_news=people.stopped_news(unit.connection, row.id),
    )  # fmt: skip


def _answers_stranger(unit: Unit, message: Message, claim: Claim, known: dict[str, Any]) -> bool:
    """Tell whether it answers a mail, and none of ours to this writer nor of his own in our ledger (reply bait).

    The stranger chose the Message-ID that comes back: one that is no msg-id hides nothing, nor does one that is
    missing, where the answer quotes him. A bare "Re:" in front of a mark is how some people write it.
    """
    thread = message.first("in-reply-to").strip() or message.first("references").strip()
    if not (thread or (claim.subject.reply_prefix and message.quoted.strip())):
        return False
    writer = message.writer or ""
    mine = any(token in known and _is_to(unit, known[token], writer) for token in referred(message))
    return not mine and not _in_ledger(unit, message, writer)


def _in_ledger(unit: Unit, message: Message, writer: str) -> bool:
    """Tell whether a mail that this one answers came from the same address before, proven."""
    keys = [unit.keys.message_id(m, writer) for m in (*message.in_reply_to, *message.references)[:50]]
    query = sa.select(_mail.c.id).where(_mail.c.message_key.in_(keys), _mail.c.proof == PROOF["authenticated"]).limit(1)
    return unit.connection.execute(query).first() is not None


def _id_reused(unit: Unit, message: Message, writer: str) -> bool:
    """Tell whether this Message-ID came from the same address before, with another text and proof as good."""
    key = unit.keys.message_id(message.message_id, writer)
    if not key:
        return False
    other = {"key": key, "but": unit.mail_id, "text": unit.keys.text(message), "proof": _proof(unit)}
    return unit.connection.execute(_REUSED, other).first() is not None


def _proof(unit: Unit) -> int:
    assert unit.evidence is not None
    return PROOF[unit.evidence.level]


def _earlier(unit: Unit, person_id: str, kind: str | None) -> RequestFacts | None:
    """Return the latest request of that person and kind that is open, or was carried out and can be taken back."""
    row = unit.connection.execute(_EARLIER, {"person_id": person_id, "kind": kind}).first()
    if row is None:
        return None
    earlier = replace(request_facts(unit, row), told_lately=_told_lately(unit, row.id))
    alive = earlier.state != "applied" or (earlier.undo_until is not None and earlier.undo_until > unit.now)
    return earlier if alive else None


def _told_lately(unit: Unit, number: str) -> bool:
    """Tell whether a repeat of that request was answered within a day."""
    since = unit.now - timedelta(days=1)
    told = sa.and_(_reply.c.request_id == number, _reply.c.role == "repeat", _reply.c.created_at > since)
    return unit.connection.execute(sa.select(_reply.c.id).where(told).limit(1)).first() is not None


def _named(connection: sa.Connection, message: Message) -> tuple[tuple[str, PersonFacts], ...]:
    """Return the address on file that the own text names, and its person, if it is exactly one and not stopped."""
    keys = {address_key(found.rstrip(".")) for found in _ADDRESS.findall(message.own_text)[:20]}
    found = [(key, person) for key in sorted(keys) for person in people.facts_at(connection, key)]
    if len(found) != 1 or found[0][1].blocked:
        return ()
    key, person = found[0]
    return ((next(addr for addr in person.emails if address_key(addr) == key), person),)


def _asked(
    unit: Unit,
    kind: str | None,
    writer: str,
    found: tuple[PersonFacts, ...],
    named: tuple[tuple[str, PersonFacts], ...],
) -> frozenset[str]:
    """Return those addresses, the writer's on file and a named one, with an open question about such a request."""
    mine = (addr for person in found for addr in person.emails)
    keys = {key: addr for addr in mine if (key := address_key(addr)) == address_key(writer)}
    keys |= {address_key(addr): addr for addr, _ in named}
    asked = {key: unit.connection.execute(_ASKED, {"key": key, "kind": kind}).all() for key in keys}
    return frozenset(keys[key] for key, rows in asked.items() if any(_is_open(unit, row) for row in rows))


def _news_stopped(unit: Unit, claim: Claim) -> int:
    """Count what stopped the news unproven in the last hour, where this mail would, too."""
    kinds = {claim.kind, claim.second.kind if claim.second else None}
    if kinds.isdisjoint(("unsubscribe", "withdrawal")) or _proof(unit) == PROOF["authenticated"]:
        return 0  # a proven one is done whatever the others were
    return _lately(unit, "news")


def _lately(unit: Unit, what: str) -> int:
    """Count what a breaker counts in the last hour."""
    return int(unit.connection.execute(_LATELY[what], {"since": unit.now - timedelta(hours=1)}).scalar_one())


def suppressed(unit: Unit, address: str) -> tuple[Purpose, ...]:
    """Return the purposes for which an address is suppressed now; none for no address."""
    if not address:
        return ()
    found = unit.connection.execute(_SUPPRESSED, {"key": unit.keys.suppression(address), "now": unit.now})
    return tuple(sorted(found.scalars()))
