"""Remembers refused logins, so that no provider locks the account: one attempt a minute at most, and fewer each time.

The memory is in the store: cron starts every pass anew. A new password lifts the longer wait, as does a person who
asks by hand; the minute stays.
"""

from __future__ import annotations

import contextlib
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from mailbot.errors import MailbotError
from mailbot.store.store import Store

LEAST = timedelta(minutes=1)
MOST = timedelta(hours=1)
JITTER = 0.2  # of a longer wait, added to it


@dataclass(slots=True)
class Logins:
    """The logins of one door; `secret` is what it logs in with, of which the store keeps a keyed hash."""

    store: Store
    door: str  # mailbox, courier
    host: str
    refusal: type[MailbotError]
    secret: str
    patient: bool = False  # a pass waits longer after each refusal; a person who asks by hand waits the minute

    @contextlib.contextmanager
    def attempt(self, is_refusal: Callable[[Exception], bool]) -> Iterator[None]:
        """Log in inside; a refusal is remembered, a success forgets it.

        Raises the door's refusal, without asking anybody, while it is too early.
        """
        kept = self._kept()
        left = self._left(kept)
        if left > timedelta(0):
            minutes = max(1, round(left.total_seconds() / 60))
            raise self.refusal(
                f"{self.host} refused user or password; so that it does not lock the account, the next try is in "
                f"{minutes} min, or a minute after you put another password in place"
            )
        try:
            yield
        except Exception as exc:
            if is_refusal(exc):
                self._refused(kept)
            raise
        if kept:
            self.store.set_note(self._name, "")

    @property
    def _name(self) -> str:
        return f"login_{self.door}"

    @property
    def _mark(self) -> str:
        return self.store.keys.octets(self.secret.encode())[:16]

    def _kept(self) -> dict[str, Any]:
        text = self.store.note(self._name)
        kept: dict[str, Any] = json.loads(text) if text else {}
        return kept

    def _left(self, kept: dict[str, Any]) -> timedelta:
        """Return how long to wait still; a refusal of a time to come (a clock set back) was just now."""
        if not kept:
            return timedelta(0)
        at = datetime.fromisoformat(kept["at"])
        wait = timedelta(seconds=kept["wait"]) if self.patient and kept["mark"] == self._mark else LEAST
        return min(wait, at + wait - self.store.clock())

    def _refused(self, kept: dict[str, Any]) -> None:
        times = kept.get("times", 0) + 1 if kept.get("mark") == self._mark else 1
        wait = min(LEAST * 2 ** min(times - 1, 10), MOST)
        seconds = wait.total_seconds() * (1 + JITTER * random.random())
        value = {"times": times, "at": self.store.clock().isoformat(), "wait": seconds, "mark": self._mark}
        self.store.set_note(self._name, json.dumps(value))
