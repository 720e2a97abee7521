"""Delivers the hooks that are owed: one transaction before each call, one after, none while it runs.

A place that fails is left alone for the rest of the pass, so one that is down or slow holds up no other.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta

from mailbot.answering import listmonk, webhook
from mailbot.answering.webhook import Answer, Send
from mailbot.errors import ConfigError
from mailbot.sources import Place
from mailbot.store import hooks, places
from mailbot.store.hooks import Call
from mailbot.store.store import Store

BUDGET_SECONDS = 60.0  # of one pass; what is left waits for the next
ABOUT_ONE = ("400", "404", "409", "410", "422")  # answers that speak of one person: the next one may be taken
STEPS = 4  # the most requests that one call makes, each with its own time


@dataclass(frozen=True, slots=True, kw_only=True)
class Hooks:
    """The hooks of one installation. `secret` returns that of a place, None where there is none."""

    store: Store
    places: tuple[Place, ...]
    secret: Callable[[str], str | None]
    stop: Callable[[], bool]
    send: Send = webhook.send

    def deliver(self) -> int:
        """Deliver what is due, until the pass's time is over; return how many calls were taken.

        Where a secret is missing nothing is tried: `check` says so. Raises StoreUnavailable.
        """
        ready = {place.name: place for place in self.places if place.hook and self._signs(place.name)}
        self._hand_over(list(ready))
        count, end = 0, time.monotonic() + BUDGET_SECONDS
        while ready and not self.stop() and time.monotonic() < end:
            with self.store.unit() as unit:
                call = hooks.take(unit, list(ready), _lease(ready.values()))
                goes = call is not None and places.may_go(unit, call)
            if call is None:
                break
            if not goes:
                continue
            answer = self._made(ready[call.place], call)
            with self.store.unit() as unit:
                if answer.taken:
                    places.delivered(unit, call, answer.says)
                    count += 1
                elif hooks.put_off(unit, call, answer.says, answer.wait):
                    places.died(unit, call)
            if not answer.taken and answer.says not in ABOUT_ONE:
                del ready[call.place]
        return count

    def _hand_over(self, ready: list[str]) -> None:
        """Give the operator what no hook can tell any more."""
        hooked = [place.name for place in self.places if place.hook]
        with self.store.unit() as unit:
            for call in hooks.stranded(unit, hooked, ready):
                hooks.give_up(unit, call, "there is no hook, or no secret")
                places.died(unit, call)

    def _signs(self, name: str) -> bool:
        try:
            return bool(self.secret(name))
        except ConfigError:  # its file can't be read
            return False

    def _made(self, place: Place, call: Call) -> Answer:
        try:
            return self._called(place, call)
        except Exception as exc:  # noqa: BLE001 - one call that can't be made stops no other
            return Answer(taken=False, says=f"not made ({type(exc).__name__})")

    def _called(self, place: Place, call: Call) -> Answer:
        secret = self.secret(place.name) or ""
        assert place.hook is not None
        if place.hook.preset == "listmonk":
            return listmonk.deliver(place.hook, call, secret, self.send)
        request = webhook.generic(place.hook, call, secret, self.store.clock())
        return self.send(request, place.hook.timeout_seconds)


def _lease(ready: Iterable[Place]) -> timedelta:
    longest = max(place.hook.timeout_seconds for place in ready if place.hook)
    return timedelta(seconds=longest * STEPS + 60)
