"""Files mails into mailbot/Done: by MOVE (RFC 6851), else by COPY and UID EXPUNGE (RFC 4315), else not at all.

A copy may lie there already, from a pass that died before it removed the mail: it is looked for before another is
made. Nothing is expunged that has no copy of the same octets. A server that says no (quota, rights) moves nothing, and
stops nothing either: the mails stay where they are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import timedelta
from imaplib import IMAP4

from mailbot.intake import copies
from mailbot.intake.batches import Entry, ranges, slices
from mailbot.intake.uids import Client, entries, mails, make, move

CHUNK = 500  # UIDs in one command: below the 8,000 octets a line that every server takes (RFC 7162 section 4)
DAY = timedelta(days=1)
Visit = Callable[[str], bool]  # selects a folder, False where it can't be opened


def can_file(client: Client) -> bool:
    """Tell whether mails can leave the folder one by one."""
    return client.has_capability("MOVE") or client.has_capability("UIDPLUS")


def file(client: Client, visit: Visit, folders: tuple[str, str], uids: Sequence[int]) -> bool:
    """File those UIDs; `folders` is (where they lie, where they go). Missing ones are no error.

    Returns False where the server can't or will not. Raises what imaplib raises where the connection broke.
    """
    if not can_file(client) or folders[0] == folders[1]:
        return False
    try:
        for chunk in slices(sorted(set(uids)), CHUNK):
            if client.has_capability("MOVE"):
                move(client, chunk, folders[1])
            elif not _copy(client, visit, folders, chunk):
                return False
    except IMAP4.abort:
        raise
    except IMAP4.error:
        return False
    return True


def _copy(client: Client, visit: Visit, folders: tuple[str, str], uids: Sequence[int]) -> bool:
    """Copy those that have no copy yet, then remove all of them; False where the folder is not what it was."""
    listed = entries(client, uids)
    if not listed:
        return True
    if not visit(folders[1]):
        make(client, folders[1])
    lie_there = _copied(client, visit, folders, listed)
    new = [entry.uid for entry in listed if entry.uid not in lie_there]
    if not visit(folders[0]):
        return False
    if new:
        client.copy(ranges(new), folders[1])
    copies.remove(client, [entry.uid for entry in listed])
    return True


def _copied(client: Client, visit: Visit, folders: tuple[str, str], listed: list[Entry]) -> set[int]:
    """Return which of these lie in the other folder too: same time and size first, then the same octets."""
    if not visit(folders[1]):
        return set()
    first, last = (pick(entry.received_at for entry in listed).date() for pick in (min, max))
    there: dict[tuple[int, object], list[Entry]] = {}
    for some in slices(sorted(client.search(["SINCE", first - DAY, "BEFORE", last + 2 * DAY])), CHUNK):
        for entry in entries(client, some):
            there.setdefault((entry.size, entry.received_at), []).append(entry)
    maybe = [
        (entry, there[(entry.size, entry.received_at)]) for entry in listed if (entry.size, entry.received_at) in there
    ]
    known = {entry.uid: {_hash(client, folders[1], each) for each in twins} for entry, twins in maybe}
    if not known or not visit(folders[0]):
        return set()
    return {entry.uid for entry, _ in maybe if _hash(client, folders[0], entry) in known[entry.uid]}


def _hash(client: Client, folder: str, entry: Entry) -> str:
    """Return the hash of one mail of the selected folder, whole; another one each time where it can't be read."""
    found = mails(client, (folder, 0), [entry], entry.size + 1)
    octets = next((raw.octets for raw in found if raw.complete and raw.octets), None)
    return hashlib.sha256(octets).hexdigest() if octets is not None else f"unread {folder} {entry.uid}"
