"""What somebody did with mails of an open IMAP account: which still lie there, which are answered, what came elsewhere.

Looks alone: no flag is set, nothing is moved. Raises what imaplib raises (the door, intake/imap, translates it).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from imaplib import IMAP4
from typing import Any

from mailbot import tls
from mailbot.errors import MailboxRefused
from mailbot.intake import gmail
from mailbot.intake.batches import ranges, slices
from mailbot.intake.filing import CHUNK, can_file
from mailbot.intake.imap_errors import is_later
from mailbot.intake.uids import Client, entries, mails, search
from mailbot.ports import Cursor, MailboxState, RawMail

ELSEWHERE_SECONDS = 60.0  # how old what is known of other folders may be: nobody tells when something changes there
LATEST = 500  # of what came into a folder since it was looked at


@dataclass(slots=True)
class Elsewhere:
    """What is known of the folders beside the one that is read, for a minute: a pass asks for them no more often."""

    _special: dict[str, str] | None = None
    _marks: dict[str, Cursor | None] = field(default_factory=dict)
    _until: float = 0.0

    def is_fresh(self) -> bool:
        """Tell whether what is known is younger than a minute; if not, it is forgotten."""
        fresh = time.monotonic() < self._until
        self._age()
        return fresh

    def special(self, ask: Callable[[], dict[str, str]]) -> dict[str, str]:
        """Return the names of the special folders by their use."""
        self._age()
        if self._special is None:
            self._special = ask()
        return self._special

    def _age(self) -> None:
        if time.monotonic() >= self._until:
            self._special, self._until = None, time.monotonic() + ELSEWHERE_SECONDS
            self._marks.clear()

    def mark(self, where: str, ask: Callable[[], Cursor | None]) -> Cursor | None:
        """Return how far that folder goes."""
        self._age()
        if where not in self._marks:
            self._marks[where] = ask()
        return self._marks[where]


def select(client: Client, folder: str, host: str) -> dict[bytes, Any]:
    """Select a folder and return the answer. Raises MailboxRefused, and what imaplib raises."""
    try:
        answer = client.select_folder(folder)
    except IMAP4.abort:
        raise
    except IMAP4.error as exc:
        if is_later(exc):
            raise
        sentence = f"the folder {folder} can't be opened on {host}: check its name in the URL"
        raise MailboxRefused(sentence) from exc
    if b"UIDVALIDITY" not in answer:
        raise MailboxRefused(f"{host} keeps no lasting UIDs (no UIDVALIDITY), which mailbot needs")
    return answer


def asked(client: Client) -> int:
    """Return how many commands this connection has sent."""
    return int(client._imap.tagnum)


def quiet(client: Client, before: int) -> int:
    """Ask whether anything happened in the selected folder (NOOP, RFC 9051 section 6.1.2); `before` as `asked` told.

    Returns what `asked` tells now, 0 where something may have: other commands were sent meanwhile, whose answers may
    have told of it, or the server tells of it now, or doesn't answer.
    """
    if asked(client) != before:
        return 0
    try:
        _, told = client.noop()
    except (IMAP4.abort, OSError):
        return 0
    return 0 if told else asked(client)


def state(client: Client, where: tuple[str, str], selected: dict[bytes, Any], *, removes: bool) -> MailboxState:
    """Return where the selected folder stands; `where` is (folder, host), `removes`: gone from there is gone."""
    folder, host = where
    can_move, can_remove = can_file(client), client.has_capability("UIDPLUS") and removes
    stays = f"{host} can't move mails (neither MOVE nor UIDPLUS): what is done stays in {folder}"
    keeps = f"{host} can't remove one mail alone (no UIDPLUS): mails and attachments stay in the mailbox"
    notes = (
        *(() if can_move else (stays,)),
        *(gmail.SETTING,) * gmail.is_it(client),
        *(() if can_remove else (keeps,)),
    )
    return MailboxState(
        folder=folder, uidvalidity=selected[b"UIDVALIDITY"], uidnext=selected.get(b"UIDNEXT", 1), can_move=can_move,
        can_remove=can_remove, notes=notes, change=change(selected), peer=tls.peer(client.socket()),
        certificate_until=tls.valid_until(client.socket()),
    )  # fmt: skip


def change(selected: dict[bytes, Any]) -> str:
    """Return what tells one state of a folder from another, of SELECT's answer; "" without CONDSTORE (RFC 7162)."""
    modseq = selected.get(b"HIGHESTMODSEQ")
    return f"{modseq}.{selected.get(b'EXISTS', 0)}.{selected.get(b'UIDNEXT', 0)}" if modseq else ""


def of(client: Client, uids: Sequence[int]) -> dict[int, bool]:
    """Return which of those lie in the selected folder, and whether they bear \\Answered (RFC 9051 section 2.3.2)."""
    found: dict[int, bool] = {}
    for span in map(ranges, slices(sorted(set(uids)), CHUNK)):
        answered = set(client.search(["UID", span, "ANSWERED"]))
        found |= {uid: uid in answered for uid in client.search(["UID", span])}
    return found


def mark(client: Client, folder: str) -> Cursor:
    """Return how far a folder goes that is not selected (RFC 9051 section 6.3.11)."""
    told = client.folder_status(folder, ["UIDVALIDITY", "UIDNEXT"])
    return Cursor(uidvalidity=told.get(b"UIDVALIDITY", 0), last_uid=told.get(b"UIDNEXT", 1) - 1, since=None)


def later(client: Client, place: tuple[str, int], last_uid: int) -> list[RawMail]:
    """Return the headers of the mails above that UID in the selected folder; `place` is (folder, UIDVALIDITY)."""
    uids = [uid for uid in search(client, f"{last_uid + 1}:*", None) if uid > last_uid]
    return mails(client, place, entries(client, uids[-LATEST:]), -1)
