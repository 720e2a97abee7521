"""The operator's mail: numbered cards, each with what is asked and a token, and what stands beside them.

Bound to one address, one request and one mail: an answer counts for the card whose token came back from there. Where
the mail lies in the mailbox itself no answer counts; it names the folders, or the commands, instead.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any

from mailbot.deciding.decision import Owed
from mailbot.deciding.reasons import sentence
from mailbot.operating import orders, places, timing
from mailbot.operating.diffs import changes
from mailbot.operating.digest import VERBS, ask_of, is_unproven
from mailbot.pipeline import Line, frame_for, owe
from mailbot.ports import Mailbox, Sought
from mailbot.reading.late import parse
from mailbot.store import chain, digest, journal
from mailbot.store.byhand import BY_HAND
from mailbot.store.digest import Card
from mailbot.store.unit import Unit

MOST = 1_000  # above any number of a card
ASKED = frozenset(ask for ask, _ in VERBS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Who is told: the operator or the deputy, at which address, in which language."""

    to: str
    language: str
    deputy: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What one mail tells: requests, and what she has to know beside them."""

    rows: list[Any] = field(default_factory=list)
    beside: dict[str, Any] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Tell whether there is anything to say."""
        return bool(self.rows) or any(self.beside.values())


def owe_list(unit: Unit, line: Line, reader: Reader, told: Told) -> None:
    """Owe a list to an address of hers, with a card for each question."""
    items, cards = _items(unit, line, told, reader)
    rendered = owe(unit, _owed(reader, {**_values(unit, told, items), "mode": "answer"}), line)
    digest.deal(unit, (_token(rendered.message_id), reader.to), cards, deputy=reader.deputy)


def ask_for_proof(unit: Unit, line: Line, reader: Reader, waiting: int) -> None:
    """Ask an address for one answer: before it came back nothing about anybody goes there."""
    card = Card(token=unit.new_id(26), number=1, ask=digest.ADDRESS)
    rendered = owe(unit, _owed(reader, {"waiting": waiting}, "operator-address"), line)
    digest.deal(unit, (_token(rendered.message_id), reader.to), [card], deputy=reader.deputy)


def write_for_inbox(unit: Unit, line: Line, reader: Reader, told: Told, *, folders: bool) -> bytes:
    """Return a list that is to lie in the mailbox itself, as octets; nothing in it can be answered."""
    items, _ = _items(unit, line, told, reader)
    mode = "folders" if folders else "commands"
    names = dict(zip(orders.FOLDERS, orders.names(reader.language), strict=True))
    owed = _owed(reader, {**_values(unit, told, items), "mode": mode, "folders": names})
    return line.write(owed, frame_for(unit, owed, line.frame, unit.new_id(26))).octets


def lay(line: Line, mailbox: Mailbox) -> None:
    """Lay the list that waits for it into the folder that is read, unread, in place of the one before.

    Raises MailboxUnavailable, MailboxRefused: then it waits for the next pass.
    """
    waits = line.store.note(digest.TO_LAY)
    if not waits:
        return
    text, told_at = json.loads(waits)
    octets, at = base64.b64decode(text), datetime.fromisoformat(told_at)
    now = [parse(octets).message_id, told_at]
    known = [*(each for each in json.loads(line.store.note(digest.LAID) or "[]") if each != now), now]
    line.store.set_note(digest.LAID, json.dumps(known))  # before it lies there: what nobody knows of stays for ever
    if mailbox.state().can_remove:
        mailbox.remove(_laid(mailbox, known, line.rules.own))  # this one, too: a pass that died may have laid it
    mailbox.put(octets, at)
    line.store.set_note(digest.LAID, json.dumps([now]))
    line.store.set_note(digest.TO_LAY, "")


def keep_for_inbox(unit: Unit, octets: bytes) -> None:
    """Keep a list until it lies in the mailbox: what it tells is told by nothing else."""
    unit.set_note(digest.TO_LAY, json.dumps([base64.b64encode(octets).decode(), unit.now.isoformat()]))


def take_away(line: Line, mailbox: Mailbox) -> None:
    """Take the list that lies there out of the folder: nothing waits any more, or it may name somebody who is gone.

    Raises MailboxUnavailable, MailboxRefused.
    """
    laid = json.loads(line.store.note(digest.LAID) or "[]")
    if laid and mailbox.state().can_remove:
        mailbox.remove(_laid(mailbox, laid, line.rules.own))
    line.store.set_note(digest.LAID, "")
    line.store.set_note(digest.STALE, "")


def _laid(mailbox: Mailbox, notes: list[tuple[str, str]], own: tuple[str, ...]) -> list[Any]:
    ids = {message_id for message_id, _ in notes}
    sought = [
        Sought(message_id=message_id, received_at=datetime.fromisoformat(at), uid=0, uidvalidity=0)
        for message_id, at in notes
    ]
    heads = [(raw, parse(raw.octets, complete=False)) for raw in mailbox.sight(sought, ("inbox",))]
    return [raw for raw, head in heads if head.message_id in ids and head.writer in own]


def _owed(reader: Reader, values: dict[str, Any], template: str = "operator") -> Owed:
    common: dict[str, Any] = {"language": reader.language, "values": values, "threads": False}
    return Owed(template=template, role="operator", to=reader.to, **common)


def _token(message_id: str) -> str:
    return message_id[1:].partition("@")[0]


def _values(unit: Unit, told: Told, items: list[dict[str, Any]]) -> dict[str, Any]:
    head = chain.head(unit.connection)  # which her mailbox keeps outside the store
    return {
        "items": items, "counts": {"held": len(items)}, "head": str(head) if head.position else "", "moved": 0,
        "junk": 0, "more": 0, "failed": [], "done": [], "unread": [], "folders": {}, **told.beside,
    }  # fmt: skip


def _items(unit: Unit, line: Line, told: Told, reader: Reader) -> tuple[list[dict[str, Any]], list[Card]]:
    """Return what the template shows of each request, and the cards of those that ask her something."""
    items = [_item(unit, line, row, reader.language) for row in told.rows]
    asks = [(item, row) for item, row in zip(items, told.rows, strict=True) if item["ask"] in ASKED]
    keys = [row.id for _, row in asks] + ["moved"] * bool(told.beside.get("moved"))
    at = _numbered(keys, digest.numbers(unit.connection, unit.keys.suppression(reader.to)))
    cards = [
        Card(
            token=unit.new_id(26),
            number=at[row.id],
            ask=item["ask"],
            request_id=row.id,
            kind=row.kind or "",
            dealt=journal.stamp(unit.connection, row),
        )
        for item, row in asks
    ]
    for (item, _), card in zip(asks, cards, strict=True):
        item |= {"at": card.number, "token": card.token}
    if "moved" in at:
        cards.append(Card(token=unit.new_id(26), number=at["moved"], ask="moved", kind=str(told.beside["moved"])))
        told.beside.update(moved_at=cards[-1].number, moved_token=cards[-1].token)
    return sorted(items, key=lambda item: item["at"] or MOST), cards


def _numbered(keys: list[str], known: dict[str, int]) -> dict[str, int]:
    """Return a number for each key: the one that it has, else the smallest that nothing has."""
    free = (number for number in count(1) if number not in known.values())
    return {key: known.get(key) or next(free) for key in keys}


def _wants(unit: Unit, row: Any) -> list[dict[str, str]]:
    """Return what an update would change, before and after; of an unproven one the fields alone.

    What anybody may have written is read where it is looked at, and comes to nobody by a mail of ours.
    """
    if row.kind != "update":
        return []
    if row.level == "authenticated" and row.person_id:
        return changes(unit.connection, row)["would_change"]
    stated = [name for name, value in row.fields.get("fields", {}).items() if value]
    return [{"field": name, "before": "", "after": ""} for name in stated]


def _item(unit: Unit, line: Line, row: Any, language: str) -> dict[str, Any]:
    clock, due_at = timing.first(line, row) or ("", None)
    elsewhere = places.of_request(unit.connection, line.rules.policy, row.id) if row.places_open else []
    return {
        # what a hook does by itself is nothing for her, until it gave up
        "places": [task for task in elsewhere if task["done_at"] is None and not task["by_hook"]],
        "number": row.id, "kind": row.kind, "address": row.address, "at": 0, "token": "",
        "suggested": row.state == "left" or row.rung == "suggestion",
        "reason_text": sentence(journal.reason(row), language),
        "due_at": due_at, "clock": clock, "left": 0 if due_at is None else timing.left(due_at, unit.now),
        "ask": ask_of(row), "by_hand": row.fields.get(BY_HAND, ""),
        "proof": is_unproven(row), "wants": _wants(unit, row),
    }  # fmt: skip
