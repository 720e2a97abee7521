"""Which mail a pass has in hand: a mail that the process itself dies of could not be counted otherwise.

A pass notes once that it reads. Where several died while they read, each mail is noted before it is read, and so is
always one that waits for another try. A power cut can cost a mail one of its tries, never more. Whoever has the turn
reads alone, so a pass that did not end is one that died.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress

from mailbot.errors import MailbotError
from mailbot.ports import RawMail
from mailbot.store.store import Store

DEATHS = 2  # passes that died one after the other, before each mail is noted


class InHand:
    """What a pass reads of one folder."""

    def __init__(self, store: Store, folder: str, again: Collection[int]) -> None:
        """Name the folder and the UIDs of what failed before; nothing is read or noted before the first mail."""
        self._store, self._name, self._again = store, f"reading {folder}", again
        self._deaths: int | None = None  # of passes before this one; None until the first mail
        self._fatal: list[int] = []  # UIDVALIDITY and UID of what the last of them had in hand

    def take(self, raw: RawMail) -> bool:
        """Tell whether a mail may be read; not where the pass before died of it: that is a failure, told once."""
        begins = self._deaths is None
        if begins:
            said = json.loads(self._store.note(self._name) or "{}")
            self._deaths, self._fatal = said.get("deaths", 0), said.get("mail", [])
        mail = [raw.uidvalidity, raw.uid]
        careful = (self._deaths or 0) >= DEATHS or raw.uid in self._again
        if begins or careful:
            said = {"deaths": (self._deaths or 0) + 1, "mail": mail if careful else []}
            self._store.set_note(self._name, json.dumps(said))
        if mail != self._fatal:
            return True
        self._fatal = []
        return False

    def ended(self) -> None:
        """Note that the pass is still there. Raises StoreUnavailable."""
        if self._deaths is not None:
            self._store.set_note(self._name, "")


@contextmanager
def in_hand(store: Store, folder: str, again: Collection[int]) -> Iterator[InHand]:
    """Yield what is asked before each mail; a pass that fails or is stopped did not die."""
    hand = InHand(store, folder, again)
    try:
        yield hand
    except BaseException:
        with suppress(MailbotError):  # a store that is gone is most likely what is being told
            hand.ended()
        raise
    hand.ended()
