"""The line: one pass over the mailbox, fetch → one mail after the other (mail.py) → file. No rule and no SQL here.

Sending is the outbox's. Filing comes last and is repeated until the store knows it was done. What reads and decides
is loaded with the first mail: most passes find none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from mailbot import logs
from mailbot.answering.mime import Frame
from mailbot.deciding.deadlines import Deadlines
from mailbot.errors import MachineShort, MailbotError, StoreFault, is_short
from mailbot.policy import Policy
from mailbot.ports import Mailbox, MailboxState, RawMail, Resolver
from mailbot.reading.address import address_key
from mailbot.reading.formset import Forms
from mailbot.reading.lexicon import Lexicon
from mailbot.reading.trust import Trust
from mailbot.store.inhand import InHand, in_hand
from mailbot.store.outbox import call_for_help, is_capped
from mailbot.store.store import Store
from mailbot.store.tables import Request
from mailbot.store.unit import Unit

if TYPE_CHECKING:
    from mailbot.answering.reply import Rendered
    from mailbot.deciding.decision import Decision, Owed

TRIES = 3  # the third failure of one mail holds it
RETRY_MINUTES = 1
CAPPED = ("question", "received", "repeat", "not-on-list", "not-stored")  # roles and templates that the caps count
COUNTED = {
    "apply": "applied", "challenge": "challenged", "ask": "asked", "hold": "held", "leave": "left", "ignore": "ignored",
}  # fmt: skip
COUNTS = (
    "fetched", "applied", "challenged", "asked", "held", "left", "ignored", "already", "poisoned", "waiting", "sent",
    "owed", "gave_up",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Everything that reading and deciding go by, compiled once."""

    policy: Policy
    lexicon: Lexicon
    trust: Trust
    deadlines: Deadlines
    own: tuple[str, ...]  # the mailbox's addresses
    resolve: Resolver | None = None
    forms: Forms = field(default_factory=Forms)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One installation's line: its store, its rules, and how its answers are written."""

    store: Store
    rules: Rules
    write: Callable[[Owed, Frame], Rendered]
    frame: Frame  # the operator's name, contact and address; the rest is filled in for each answer
    age_key: str = ""  # the operator's public key, for what is kept sealed
    host: str = ""  # of the mailbox: where copies of all mail lie; "" on this machine
    report: Callable[[str, int], None] = logs.mail_failed  # failures, by UID alone
    stop: Callable[[], bool] = lambda: False  # asked between two mails: is it time to go?
    review: Callable[[Unit, Decision], Decision] = lambda _unit, decision: decision  # a restored store looks twice

    def is_own(self, address: str) -> bool:
        """Tell whether an address is the mailbox's own: nothing is told to it."""
        return address_key(address) in {address_key(each) for each in self.rules.own}


def owe(unit: Unit, owed: Owed, line: Line) -> Rendered:
    """Render one mail that we owe and put it into the outbox, inside the unit's transaction."""
    token = unit.new_id(26)
    rendered = line.write(owed, frame_for(unit, owed, line.frame, token))
    counted = owed.role in CAPPED or owed.template in CAPPED or not owed.proven
    capped = counted and is_capped(unit, owed.to, owed.proven, line.rules.policy.limits)
    unit.owe(owed, token=token, rendered=(rendered.message_id, rendered.octets), counted=counted, capped=capped)
    return rendered


def frame_for(unit: Unit, owed: Owed, frame: Frame, token: str) -> Frame:
    """Return the frame of one answer: number, kind and times of its request, and what it threads to."""
    request: Any = unit.opened
    if request is None or request.id != unit.request_id:
        request = unit.row(Request, unit.request_id) if unit.request_id else None
    values: dict[str, Any] = {"now": unit.now, "token": token}
    if request is not None:
        values |= {"number": request.id, "kind": request.kind or "", "received_at": request.received_at}
    message = unit.message
    if message is not None and address_key(message.writer or "") != address_key(owed.to):
        message = None  # who did not write it learns nothing of it
    if owed.threads and message is not None:
        values |= {"in_reply_to": message.message_id, "references": message.references}
    elif owed.threads and request is not None:
        values |= {"in_reply_to": request.message_id, "references": tuple(request.references)}
    return replace(frame, **values)


def poll(mailbox: Mailbox, line: Line, counts: dict[str, int]) -> MailboxState | None:
    """Make one pass over the mailbox: fetch, decide, apply, file; add each mail to the counts.

    Returns where the folder stood when the pass began, None where it was stopped before its end. Raises what the
    mailbox or the store raise; what was decided until then stands, and is counted.
    """
    store = line.store
    began = store.clock()
    state = mailbox.state()
    file_decided(mailbox, store, state.uidvalidity)
    with store.looking():
        cursor = store.cursor(mailbox.folder)
        again = store.waiting(mailbox.folder, state.uidvalidity)
        missing, is_older = set(again), store.cutoff(mailbox.folder)
    with in_hand(store, mailbox.folder, {uid for uid, tries in again.items() if tries}) as hand:
        for batch in mailbox.fetch(cursor, list(again)):
            for raw in batch:
                if line.stop():
                    return None  # the rest is fetched by the next pass; this one was not complete
                missing.discard(raw.uid)
                if is_older(raw) and raw.uid not in again:  # a mailbox that was restored numbers its old mail anew
                    store.pass_by(raw)
                    continue
                counts[guarded(raw, line, hand)] += 1
                counts["fetched"] += 1
            file_decided(mailbox, store, state.uidvalidity)
            call_for_help(store)
    store.vanished(mailbox.folder, state.uidvalidity, sorted(missing))
    store.completed(mailbox.folder, state.uidvalidity, began)
    return state


def file_decided(mailbox: Mailbox, store: Store, uidvalidity: int) -> None:
    """Move every mail that belongs in mailbot/Done, and remember that it was moved; idempotent."""
    uids = store.unfiled(mailbox.folder, uidvalidity)
    if uids and mailbox.file(uids):
        store.filed(mailbox.folder, uidvalidity, uids)


def guarded(raw: RawMail, line: Line, hand: InHand) -> str:
    """Process one mail so that a failure of it stops nobody: it waits, and its third failure holds it."""
    from mailbot.mail import process  # late: most passes find no mail

    try:
        if hand.take(raw):
            return process(raw, line)
        line.report("ProcessDied", raw.uid)
    except MailbotError:
        raise  # the store or a door failed, not this mail: the pass ends
    except Exception as exc:
        if is_short(exc):
            raise MachineShort(exc) from exc
        line.report(type(exc).__name__, raw.uid)
    try:
        return count_failure(raw, line.store)
    except StoreFault:  # another pass wrote of it in the same moment
        return count_failure(raw, line.store)


def count_failure(raw: RawMail, store: Store) -> str:
    """Let a mail wait, or hold it after its third failure; return which of COUNTS it belongs to."""
    from mailbot.mail import poison

    with store.unit() as unit:
        if unit.wait(raw, minutes=RETRY_MINUTES) < TRIES:
            return "waiting"
        poison(unit, raw)
    return "poisoned"
