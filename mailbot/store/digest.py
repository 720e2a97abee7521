"""Deals the cards of the mails to the operator and reads back what she ordered by answering them.

Whose answer may count: an address that the settings name and that once brought a token of ours back. No rule here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from mailbot.store.digest_tables import DigestCard
from mailbot.store.event_tables import Event
from mailbot.store.transaction import Transaction

if TYPE_CHECKING:
    from mailbot.deciding.facts import DigestFacts

NAMED, PROVEN = "desk_named", "desk_proven"  # notes: keyed hashes of the operator's and the deputy's addresses
ASKED = "digest_asked"  # a note: when which address was asked for an answer
DAY = "digest_day"  # a note: when the list of a day went last
LAID = "digest_laid"  # a note: Message-ID and time of the list that lies in the folder that is read
STALE = "digest_stale"  # a note: it may name somebody who is gone, and has to leave
LOOKED = "digest_looked"  # a note: on which day all that waits was looked for
TO_LAY = "digest_to_lay"  # a note: a list that does not lie in the mailbox yet, and when it was told
UNREAD = "orders_unread"  # a note: lines of her answers that were no orders, until she is told
ADDRESS = "address"  # what is asked by a card of an address that is not proven yet
MOST_UNREAD = 10
CHANGED = "changed"
ANEW = ("no_such_answer", "condition", "reason_missing", "proof_missing", "mailbox", "failed")  # results: ask again
_card: Any = DigestCard.__table__  # type: ignore[attr-defined]
_event: Any = Event.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One question, before it has the token of its mail."""

    token: str
    number: int
    ask: str
    request_id: str | None = None
    kind: str = ""
    dealt: str = ""  # how the request stands


# ---- whose answer counts ------------------------------------------------------------------------------------


def know(unit: Transaction, addresses: Iterable[str]) -> None:
    """Note whom the settings name; an address that they name no more has to be proven again."""
    named = sorted(unit.keys.suppression(address) for address in addresses if address)
    if _keys(unit, NAMED) != named:
        unit.set_note(NAMED, json.dumps(named))
        unit.set_note(PROVEN, json.dumps([key for key in _keys(unit, PROVEN) if key in named]))


def is_proven(unit: Transaction, address: str) -> bool:
    """Tell whether a token of ours came back from an address that the settings name."""
    key = unit.keys.suppression(address)
    return key in _keys(unit, NAMED) and key in _keys(unit, PROVEN)


def prove(unit: Transaction, address: str) -> None:
    """Note that an address brought a token of ours back."""
    key = unit.keys.suppression(address)
    unit.set_note(PROVEN, json.dumps(sorted({*_keys(unit, PROVEN), key})))
    unit.event("proven", "operator_address", who="operator")


def _keys(unit: Transaction, name: str) -> list[str]:
    found: list[str] = json.loads(unit.note(name) or "[]")
    return found


# ---- cards --------------------------------------------------------------------------------------------------


def deal(unit: Transaction, mail: tuple[str, str], cards: Iterable[Card], *, deputy: bool) -> None:
    """Write the cards of a mail, (its token, its address)."""
    digest, address = mail
    for card in cards:
        unit.insert(
            DigestCard, token=card.token, digest=digest, number=card.number, ask=card.ask, kind=card.kind,
            request_id=card.request_id, addressee=unit.keys.suppression(address), deputy=deputy, made_at=unit.now,
            dealt=card.dealt,
            verb="", note="", stamp="", result="", why="",
        )  # fmt: skip


def numbers(connection: sa.Connection, addressee: str) -> dict[str, int]:
    """Return by which number each request (or question about none) was last named to that reader (keyed hash).

    As long as an answer may come a number means the same request: none is guessed at where she recalls another list.
    """
    rows = connection.execute(
        sa.select(_card.c.request_id, _card.c.ask, _card.c.number)
        .where(_card.c.addressee == addressee, _card.c.ask != ADDRESS)
        .order_by(_card.c.made_at)
    )
    return {row.request_id or row.ask: row.number for row in rows}


def mails_since(connection: sa.Connection, at: datetime) -> int:
    """Return how many mails with cards went since then: only what bears one can be answered, and so come in a loop."""
    count = sa.select(sa.func.count(_card.c.digest.distinct())).where(_card.c.made_at > at)
    return int(connection.execute(count).scalar_one())


def brought(connection: sa.Connection, tokens: tuple[str, ...]) -> dict[str, str]:
    """Return which of those tokens are of our cards, or of mails that bear cards: token → the mail's."""
    if not tokens:
        return {}
    mine = sa.or_(_card.c.token.in_(tokens), _card.c.digest.in_(tokens))
    rows = list(connection.execute(sa.select(_card.c.token, _card.c.digest).where(mine)))
    mails = {row.token: row.digest for row in rows} | {row.digest: row.digest for row in rows}
    return {token: mails[token] for token in tokens if token in mails}


def facts(unit: Transaction, found: dict[str, str], writer: str) -> DigestFacts | None:
    """Return what is known of the mail whose cards a mail brings back; the most telling token says which."""
    from mailbot.deciding.facts import DigestFacts

    if not found:
        return None
    digest = next(iter(found.values()))
    rows = cards(unit.connection, digest)
    hers = bool(writer) and rows[0].addressee == unit.keys.suppression(writer)
    return DigestFacts(
        token=digest, from_addressee=hers and rows[0].addressee in _keys(unit, NAMED),
        proves=rows[0].ask == ADDRESS, is_proven=hers and is_proven(unit, writer),
    )  # fmt: skip


def cards(connection: sa.Connection, digest: str) -> list[Any]:
    """Return the cards of a mail by their numbers."""
    return list(connection.execute(sa.select(_card).where(_card.c.digest == digest).order_by(_card.c.number)))


def last_hand(connection: sa.Connection, number: str) -> str:
    """Return under which name the latest event of a request was noted."""
    mine = sa.select(_event.c.who).where(_event.c.request_id == number).order_by(_event.c.id.desc()).limit(1)
    return str(connection.execute(mine).scalar() or "")


def ordered(connection: sa.Connection) -> list[Any]:
    """Return the cards on which something was ordered that is not done yet, in the order of her answers."""
    waits = sa.and_(_card.c.ordered_at.is_not(None), _card.c.done_at.is_(None))
    return list(connection.execute(sa.select(_card).where(waits).order_by(_card.c.ordered_at, _card.c.number)))


def untold(unit: Transaction, *, deputy: bool) -> list[Any]:
    """Return what became of orders and was not told yet."""
    waits = sa.and_(_card.c.done_at.is_not(None), _card.c.told_at.is_(None), _card.c.deputy.is_(deputy))
    return list(unit.connection.execute(sa.select(_card).where(waits).order_by(_card.c.done_at, _card.c.number)))


def told(unit: Transaction, rows: Iterable[Any]) -> None:
    """Note that she was told what became of these."""
    for row in rows:
        unit.update(DigestCard, row.token, told_at=unit.now)


def forget_told(unit: Transaction, at: datetime) -> None:
    """Note that what a mail of that time tells was not told: what became of orders, and the list of its day."""
    unit.connection.execute(sa.update(_card).where(_card.c.told_at == at).values(told_at=None))
    unit.set_note(DAY, "")
    unit.set_note(LOOKED, "")


def begin(unit: Transaction, card: Any, stamp: str) -> str:
    """Note how a request stands before its card is carried out; return how it stood when that was begun first."""
    if not card.stamp:
        unit.update(DigestCard, card.token, stamp=stamp)
    return str(card.stamp or stamp)


def done(unit: Transaction, card: Any, result: str, why: str = "") -> None:
    """Note what became of a card; what she wrote on it is kept no longer."""
    unit.update(DigestCard, card.token, done_at=unit.now, result=result, why=why, note="")


def forget_old(unit: Transaction, before: datetime) -> None:
    """Drop the cards of mails older than that: an answer to them is read by the operator."""
    unit.connection.execute(sa.delete(_card).where(_card.c.made_at < before))


# ---- the verbs of decisions about her answers ---------------------------------------------------------------


def take_orders(
    unit: Transaction, *, digest: str, orders: list[dict[str, Any]], unread: list[str], tried: bool
) -> None:
    """Write down what she orders; where a line was no order, none of that answer is."""
    dealt = {row.number: row for row in cards(unit.connection, digest)}
    wanted = [(number, each) for each in orders for number in each["numbers"] or _only(dealt)]
    unread = [*unread, *(each["line"] for number, each in wanted if _is_unclear(dealt.get(number), number, wanted))]
    if unread:
        _note_unread(unit, unread, _unread(deputy=any(row.deputy for row in dealt.values()), tried=tried))
        return
    for number, each in wanted:
        card = dealt[number]
        if card.ordered_at is None or card.result in ANEW:
            anew = {"done_at": None, "told_at": None, "stamp": "", "result": "", "why": ""}
            unit.update(DigestCard, card.token, verb=each["verb"], note=each["note"], ordered_at=unit.now, **anew)
        elif card.verb != each["verb"] or card.result == CHANGED:
            unit.update(DigestCard, card.token, told_at=None)  # she is told again what became of it


def _is_unclear(card: Any, number: int, wanted: list[tuple[int, dict[str, Any]]]) -> bool:
    """Tell whether an order names no card, or says something else than she said of it, here or in what waits."""
    said = {(each["verb"], each["note"]) for at, each in wanted if at == number}
    waits = card is not None and card.ordered_at is not None and card.done_at is None
    return card is None or len(said) > 1 or (waits and (card.verb, card.note) not in said)


def _only(cards: dict[int, Any]) -> list[int]:
    """Return the number that needs not be named, as there is one card; [0], which is none, where there are more."""
    return list(cards) if len(cards) == 1 else [0]


def _note_unread(unit: Transaction, lines: list[str], name: str) -> None:
    before: list[str] = json.loads(unit.note(name) or "[]")
    unit.set_note(name, json.dumps(list(dict.fromkeys([*before, *lines]))[-MOST_UNREAD:], ensure_ascii=False))


def _unread(*, deputy: bool, tried: bool) -> str:
    return UNREAD + "_deputy" * deputy + "_untried" * (not tried)


def unread(unit: Transaction, *, deputy: bool, tried: bool) -> list[str]:
    """Return the lines that were no orders and were not told yet, and note that they are told.

    `tried` False: those of answers in which nothing looks like an order. A machine may have written them, so they are
    told by a list that goes anyway, and answered by nothing.
    """
    name = _unread(deputy=deputy, tried=tried)
    lines: list[str] = json.loads(unit.note(name) or "[]")
    if lines:
        unit.set_note(name, "")
    return lines


def prove_address(unit: Transaction, *, address: str, digest: str) -> None:
    """Take an answer to our first mail as the proof that this address is read by the operator."""
    prove(unit, address)
    for row in cards(unit.connection, digest):
        unit.update(DigestCard, row.token, verb="yes", ordered_at=unit.now, done_at=unit.now, result="proven")
