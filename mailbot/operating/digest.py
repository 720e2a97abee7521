"""What the operator is asked by each card of her mail, and what her answer to it does: the verbs of the command line.

Her answer was taken down in one transaction with its mail (row 2a); here it is carried out, card by card, and what
became of it is told by the next mail. Where a request stands otherwise than when she was asked, nothing is done.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from mailbot.errors import ChangedMeanwhile, ConflictError, InputError, NobodyOnFile, UsageError
from mailbot.operating import byhand, places, refusals, review, rights
from mailbot.pipeline import Line
from mailbot.ports import Mailbox
from mailbot.reading.orders import reason_of
from mailbot.store import digest, journal
from mailbot.store.byhand import BY_HAND, NOT_SETTLED, keep_open
from mailbot.store.tables import Request

REFUSING = ("refused", "withdrawal-partial")  # the templates by which a person is told of a refusal
BY_MAIL, BY_DEPUTY = "operator by mail", "deputy by mail"  # under which names the events note it


class Refused(Exception):
    """What she wrote can't be done on that card; `code` says why."""

    def __init__(self, code: str) -> None:
        """Keep the code."""
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One card with what she wrote on it."""

    line: Line
    mailbox: Mailbox | None  # None where it can't be read now
    row: Any  # the request, None where the card is about none
    note: str
    asked: str = ""  # the kind of the request when she was asked; of mails that left at once, how many they were


def ask_of(row: Any) -> str:
    """Return what the operator is asked about a request: one of the first words of VERBS, "wait" or "nothing"."""
    if "obligations" in row.open:
        return "obligations"
    if journal.is_undecided(row):
        if row.fields.get(BY_HAND, NOT_SETTLED) != NOT_SETTLED:
            return "settled"
        return "answer" if row.kind is None or row.kind in rights.BY_HAND else "review"
    if row.reason == "right_open":
        return "wait"  # the reason says which request is to be answered
    return "place" if row.places_open else "nothing"


def carry_out(line: Line, mailbox: Mailbox | None) -> None:
    """Carry out what was ordered by mail and is not done yet; nothing while paused or in shadow."""
    with line.store.looking(), line.store.reading() as connection:
        cards = digest.ordered(connection) if line.store.acts else []
    for card in cards:
        name = BY_DEPUTY if card.deputy else BY_MAIL
        _carry_out(replace(line, store=replace(line.store, operator=name)), mailbox, card)


def _carry_out(line: Line, mailbox: Mailbox | None, card: Any) -> None:
    result, why = "", ""
    try:
        result = _act(line, mailbox, card)
    except Refused as exc:
        result = exc.code
    except NobodyOnFile:
        result = "nobody"
    except ChangedMeanwhile:
        result = digest.CHANGED
    except (ConflictError, InputError, UsageError) as exc:
        result, why = "failed", str(exc)
    with line.store.unit() as unit:
        digest.done(unit, card, result, why)


def _act(line: Line, mailbox: Mailbox | None, card: Any) -> str:
    row = None
    if card.request_id:
        with line.store.unit() as unit:
            row, hand = unit.row(Request, card.request_id), digest.last_hand(unit.connection, card.request_id)
            now = journal.stamp(unit.connection, row) if row is not None else "gone"
            before = digest.begin(unit, card, now)
        if before != now:  # a pass that died did it, or somebody else since
            mine = VERBS.get((card.ask, card.verb)) if hand == line.store.operator else None
            return _said(line, card, mine[1]) if mine else "decided"
        if row is None or now != card.dealt or ask_of(row) != card.ask:  # she was shown another one
            raise Refused(digest.CHANGED)
        if card.ask != "place":  # each tick changes it; any other act is refused where somebody was quicker
            line = replace(line, store=replace(line.store, seen=card.dealt))
    if card.verb == "but":  # behind a comma may stand a condition: only what follows a colon says how she made sure
        raise Refused("proof_missing" if row is not None and is_unproven(row) else "condition")
    if (card.ask, card.verb) not in VERBS:
        raise Refused("no_such_answer")
    act, result = VERBS[card.ask, card.verb]
    act(Order(line=line, mailbox=mailbox, row=row, note=card.note, asked=card.kind))
    return _said(line, card, result)


def _said(line: Line, card: Any, result: str) -> str:
    """Return the result, and of a refusal whether anybody was told: who is neither on file nor proven is not."""
    if result != "refused":
        return result
    with line.store.reading() as connection:
        return result if journal.is_owed(connection, card.request_id, REFUSING) else "refused_untold"


# ---- what each answer does ----------------------------------------------------------------------------------


def is_unproven(row: Any) -> bool:
    """Tell whether she should make sure who asks; what a form sent, or news that end, hangs on nobody's proof."""
    return row.level != "authenticated" and row.kind not in (None, "unsubscribe", "form")


def _release(order: Order) -> None:
    if is_unproven(order.row) and not order.note:
        raise Refused("proof_missing")  # a bare yes on a phone is too little to change or erase somebody's data
    if order.note and not is_unproven(order.row):
        raise Refused("condition")  # "yes, but": nothing is guessed
    rights.release(order.line, order.row.id, None, order.note)


def _refuse(order: Order) -> None:
    if not order.note:
        raise Refused("reason_missing")
    code = reason_of(order.note)
    refusals.refuse(order.line, order.row.id, code, order.note if code == refusals.OWN_WORDS else "")


def _obliged(order: Order) -> None:
    refusals.refuse(order.line, order.row.id, "obligation", order.note)


def _unobliged(order: Order) -> None:
    _bare(order)
    rights.release(order.line, order.row.id)


def _close(order: Order) -> None:
    _bare(order)
    review.close(order.line, order.row.id)


def _keep_open(order: Order) -> None:
    with order.line.store.unit() as unit:
        keep_open(unit, order.row)


def _tick(order: Order) -> None:
    """Tick every place of hers, or the one that is named behind the yes."""
    with order.line.store.reading() as connection:
        tasks = places.of_request(connection, order.line.rules.policy, order.row.id)
    hers = [task["place"] for task in tasks if task["done_at"] is None and not task["early"] and not task["by_hook"]]
    named = [place for place in hers if place.casefold() == order.note.casefold()]
    if order.note and not named:
        raise Refused("condition")
    for place in named or hers:
        places.tick(order.line, order.row.id, place)


def _moved(order: Order) -> None:
    if order.mailbox is None:
        raise Refused("mailbox")
    if order.line.store.note(byhand.MANY) != order.asked:  # a yes is about those that she was told of
        raise Refused("changed")
    byhand.close_moved(order.line, order.mailbox)


def _nothing(_order: Order) -> None:
    """They stay in the queue until they lie in the folder again."""


def _bare(order: Order) -> None:
    if order.note:
        raise Refused("condition")


VERBS: dict[tuple[str, str], tuple[Callable[[Order], None], str]] = {
    ("review", "yes"): (_release, "released"),
    ("review", "no"): (_refuse, "refused"),
    ("review", "spam"): (_close, "closed"),
    ("answer", "yes"): (_close, "settled"),
    ("answer", "spam"): (_close, "closed"),
    ("obligations", "yes"): (_obliged, "kept"),
    ("obligations", "no"): (_unobliged, "no_obligation"),
    ("settled", "yes"): (_close, "settled"),
    ("settled", "no"): (_keep_open, "not_settled"),
    ("place", "yes"): (_tick, "ticked"),
    ("moved", "yes"): (_moved, "moved"),
    ("moved", "no"): (_nothing, "not_moved"),
}
