"""Sends what is owed: leases replies, hands them to the courier on one connection, marks each at once.

The one gap is named: a crash between the server's 250 and the commit may send the same reply twice, under
the same Message-ID. No rule, no rendering here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from mailbot import logs
from mailbot.errors import CourierRefused, CourierUnavailable, ReplyDeferred, ReplyRefused
from mailbot.policy import LimitRules
from mailbot.ports import Courier
from mailbot.store import outbox
from mailbot.store.store import Store

BATCH = 50
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

    def send(self, counts: dict[str, int]) -> None:
        """Send every reply that is due; add to "sent" and "gave_up" of the counts.

        Raises CourierUnavailable (the rest waits) or CourierRefused (the operator must act; nothing is given
        up). Nothing is sent while paused or above the cap of an hour.
        """
        if not self.store.acts:
            return
        owner = outbox.owner_name(self.store.new_id)
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
            room = outbox.room(self.store, self.limits, counted=counted)
            full = not counted and not outbox.room(self.store, self.limits, counted=True)
            while room > 0 and not self.stop():
                batch = outbox.lease(self.store, owner, min(BATCH, room), counted=counted, overtakes=full)
                if not batch:
                    break
                went, room = True, room - len(batch)
                self._send_batch(batch, owner, counts)
        return went and not self.stop()

    def _send_batch(self, batch: list[outbox.Leased], owner: str, counts: dict[str, int]) -> None:
        started = self.store.clock()
        later: set[str] = set()  # addresses whose next replies wait, since an earlier one was put off
        for place, reply in enumerate(batch):
            if (self.store.clock() - started) * 2 > outbox.LEASE:  # a slow server: make sure they are still ours
                started = self.store.clock()
                ours = outbox.extend(self.store, owner, [r.id for r in batch[place:]])
            else:
                ours = {reply.id}
            if self.stop():
                outbox.release(self.store, [r.id for r in batch[place:]])
                return
            if reply.address in later:
                outbox.release(self.store, [reply.id])
            elif reply.id in ours:
                try:
                    if not self._send_one(reply, counts):
                        later.add(reply.address)
                except (CourierUnavailable, CourierRefused):
                    outbox.release(self.store, [r.id for r in batch[place:]])
                    raise

    def _send_one(self, reply: outbox.Leased, counts: dict[str, int]) -> bool:
        """Send it, give it up or put it off; False where it was put off."""
        try:
            sender = bounce_address(self.sender, reply.bounce_key) if self.verp else self.sender
            answer = self.courier.send(sender, reply.address, reply.octets)
        except (ReplyDeferred, ReplyRefused) as exc:
            if isinstance(exc, ReplyDeferred) and outbox.put_off(self.store, reply.id, str(exc)):
                logs.tell("reply_put_off", reply=reply.id)
                return False
            outbox.give_up(self.store, reply.id, str(exc), self.window_end(self.store.clock()))
            counts["gave_up"] += 1
        else:
            outbox.sent(self.store, reply.id, answer, self.window_end)
            logs.tell("reply_sent", reply=reply.id)
            counts["sent"] += 1
        return True
