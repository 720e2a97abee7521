"""Sends what is owed: leases replies, hands them to the courier, marks each at once.

The one gap is named: a crash between the server's 250 and the commit may send the same reply twice, under the same
Message-ID: one reply of each connection, so one in all unless the server is far. No rule, no rendering here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from math import inf

from mailbot import logs
from mailbot.errors import CourierRefused, CourierUnavailable, ReplyDeferred
from mailbot.policy import LimitRules
from mailbot.ports import Courier, Letter, Said
from mailbot.reading.address import address_key
from mailbot.store import outbox
from mailbot.store.process import elapsed, own_name
from mailbot.store.store import Store

LOCAL_LETTERS = 64


def bounce_address(address: str, key: str) -> str:
    """Return the envelope sender LOCAL+KEY@DOMAIN; the plain address where there is no key or no room for it.

    An address that has a plus part already keeps it in front: servers deliver by what stands before the first plus.
    Source: RFC 3834 section 3.3, RFC 5321 section 4.5.3.1.1.
    """
    local, _, domain = address.rpartition("@")
    own = f"{local}+{key}"
    return f"{own}@{domain}" if key and own.isascii() and len(own) <= LOCAL_LETTERS else address


@dataclass(slots=True)
class Outbox:
    """Sends through one courier, as `sender` (the envelope's MAIL FROM)."""

    store: Store
    courier: Courier
    sender: str
    limits: LimitRules
    window_end: Callable[[datetime], datetime]
    verp: bool = False  # each reply has an envelope sender of its own
    stop: Callable[[], bool] = lambda: False  # asked between two replies: is it time to go?
    timeout_seconds: int = 60  # that the courier gives the server for one answer

    @property
    def lasts(self) -> timedelta:
        """How long a lease lasts: in half of it a server may take a text, and as long again to answer it."""
        return max(outbox.LEASE, timedelta(seconds=4 * self.timeout_seconds))

    def send(self, counts: dict[str, int]) -> None:
        """Send every reply that is due; add to "sent" and "gave_up" of the counts.

        Raises CourierUnavailable (the rest waits) or CourierRefused (the operator must act; nothing is given
        up). Nothing is sent while paused or above the cap of an hour.
        """
        with self.store.looking():
            if not (self.store.acts and outbox.owed(self.store)):
                return
        owner = own_name(self.store.new_id)
        try:
            while self._send_round(owner, counts):
                pass
        finally:
            self.courier.close()

    def _send_round(self, owner: str, counts: dict[str, int]) -> bool:
        """Send what can go now: what the law asks for, then what is capped; tell whether there was any.

        The one may have waited for the other, where both go to one address: so there are rounds until nothing goes.
        """
        went = False
        for counted in (False, True):
            full = not counted and not outbox.room(self.store, self.limits, counted=True)
            while not self.stop():
                batch = outbox.lease(self.store, owner, self.limits, counted=counted, overtakes=full)
                if not batch:
                    break
                went = True
                self._send_batch(batch, owner, counts)
        return went and not self.stop()

    def _send_batch(self, batch: list[outbox.Leased], owner: str, counts: dict[str, int]) -> None:
        hand = _Hand(self, owner, batch)
        failure: CourierUnavailable | CourierRefused | None = None
        try:
            for letter, said in self.courier.send_all(hand.take):
                reply = hand.under_way.pop(letter.number)
                if not self._settle(reply, said, counts):
                    hand.later.add(address_key(reply.address))
        except (CourierUnavailable, CourierRefused) as exc:
            failure = exc
        outbox.release(self.store, owner, [*hand.under_way, *(reply.id for reply in hand.waiting)])
        if failure:
            raise failure

    def letter(self, reply: outbox.Leased, goes: Callable[[], bool]) -> Letter:
        """Return a reply as the courier takes it."""
        sender = bounce_address(self.sender, reply.bounce_key) if self.verp else self.sender
        return Letter(number=reply.id, sender=sender, recipient=reply.address, octets=reply.octets, goes=goes)

    def _settle(self, reply: outbox.Leased, said: Said, counts: dict[str, int]) -> bool:
        """Mark it as sent, give it up or put it off; False where it was put off."""
        if isinstance(said, str):
            outbox.sent(self.store, reply.id, said, self.window_end, token=reply.token)
            logs.tell("reply_sent", reply=reply.id)
            counts["sent"] += 1
            return True
        if isinstance(said, ReplyDeferred) and outbox.put_off(self.store, reply.id, str(said), token=reply.token):
            logs.tell("reply_put_off", reply=reply.id)
            return False
        due_at = self.window_end(self.store.clock())
        outbox.give_up(self.store, reply.id, str(said), due_at, token=reply.token)
        counts["gave_up"] += 1
        return True


class _Hand:
    """What was leased: which reply goes next, so that each address hears things in order, and which are under way."""

    def __init__(self, sends: Outbox, owner: str, batch: list[outbox.Leased]) -> None:
        self._sends, self._owner = sends, owner
        usual = sends.lasts == outbox.LEASE  # else it is made longer before anything is sent
        self._leased_at, self._ours = elapsed() if usual else -inf, {reply.id for reply in batch}
        self.waiting = batch
        self.under_way: dict[int, outbox.Leased] = {}
        self.later: set[str] = set()  # addresses whose next replies wait, since an earlier one was put off

    def take(self) -> Letter | None:
        """Return the next that may go now."""
        self._extend()
        if self._sends.stop():
            return None
        not_now = self.later | {address_key(reply.address) for reply in self.under_way.values()}
        for place, reply in enumerate(self.waiting):
            if address_key(reply.address) not in not_now:
                self.under_way[reply.id] = self.waiting.pop(place)
                return self._sends.letter(reply, partial(self._is_ours, reply.id))
        return None

    def _is_ours(self, reply_id: int) -> bool:
        self._extend()
        return reply_id in self._ours

    def _extend(self) -> None:
        """Make sure of what is leased where a server was slow, or this process stood still: others may have it now."""
        if (elapsed() - self._leased_at) * 2 > self._sends.lasts.total_seconds():
            self._leased_at = elapsed()
            waiting = [reply.id for reply in self.waiting]
            mine = [*self.under_way, *waiting]
            self._ours = outbox.extend(self._sends.store, self._owner, mine, self._sends.lasts)
            self.waiting = [reply for reply in self.waiting if reply.id in self._ours]
