"""What is asked of an open IMAP folder to put a copy in the place of a mail (RFC 9051 section 6.3.12, RFC 4315).

The folder is selected already. A search only narrows down: who asks compares what was found. Decides nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta

from mailbot.intake.batches import Entry, groups, slices
from mailbot.intake.uids import Client, entries, mails
from mailbot.ports import RawMail, Sought

NEAREST = 50  # mails of about that time that are looked at where no Message-ID is known
ID_CHUNK = 20  # Message-IDs in one SEARCH
CHUNK = 500
NAMING = 500  # mails that bear an address, as far as they are looked at
DAY = timedelta(days=1)
_ID = re.compile(r"<[!-;=?-~]{3,250}>")
_APPENDED = re.compile(rb"\[APPENDUID (\d{1,10}) (\d{1,10})\]", re.IGNORECASE)


def sight(client: Client, place: tuple[str, int], sought: Sequence[Sought]) -> list[RawMail]:
    """Return the headers of what may be one of these; `place` is (folder, UIDVALIDITY) of what is selected.

    Raises what imaplib raises.
    """
    uids = {one.uid for one in sought if one.uidvalidity == place[1]}
    named = [one.message_id for one in sought if _ID.fullmatch(one.message_id)]
    for some in slices(named, ID_CHUNK):
        uids |= set(client.search(_any_of(some)))
    for one in sought:
        if not _ID.fullmatch(one.message_id):
            uids |= {entry.uid for entry in nearest(_of_about(client, one.received_at), one.received_at)}
    listed = [entry for some in slices(sorted(uids), CHUNK) for entry in entries(client, some)]
    return [raw for group in groups(listed, -1) for raw in mails(client, place, group, -1)]


def naming(client: Client, place: tuple[str, int], address: str) -> list[RawMail]:
    """Return the headers of what SEARCH finds for an address in From, To or Cc: parts of a longer one match, too.

    Raises what imaplib raises.
    """
    if not address:  # else every mail that has such a field matches
        return []
    fields = ["OR", "FROM", address, "OR", "TO", address, "CC", address]
    uids = sorted(client.search(fields, None if address.isascii() else "UTF-8"))[-NAMING:]
    return [raw for group in groups(entries(client, uids), -1) for raw in mails(client, place, group, -1)]


def nearest(listed: Iterable[Entry], at: datetime) -> list[Entry]:
    """Return those that came in within a day of that time, the nearest first, 50 at most."""
    near = [entry for entry in listed if abs(entry.received_at - at) <= DAY]
    return sorted(near, key=lambda entry: abs(entry.received_at - at))[:NEAREST]


def whole(client: Client, seen: RawMail, max_bytes: int) -> RawMail | None:
    """Return a mail as it lies there, over `max_bytes` its header alone. Raises what imaplib raises."""
    listed = entries(client, [seen.uid])
    return next(iter(mails(client, (seen.folder, seen.uidvalidity), listed, max_bytes)), None)


def lay(client: Client, beside: RawMail, octets: bytes) -> RawMail | None:
    """APPEND with the flags and the INTERNALDATE of another mail, and read it back. Raises what imaplib raises."""
    answers = client.fetch([beside.uid], ["FLAGS"])
    if beside.uid not in answers:
        return None
    flags = [flag.decode("ascii") for flag in answers[beside.uid][b"FLAGS"] if flag.lower() != rb"\recent"]
    found = _APPENDED.search(client.append(beside.folder, octets, flags, beside.received_at))
    if found is None or int(found[1]) != beside.uidvalidity:
        return None
    copy = RawMail(
        octets=b"", folder=beside.folder, uid=int(found[2]), uidvalidity=beside.uidvalidity,
        received_at=beside.received_at, size_bytes=len(octets), complete=False,
    )  # fmt: skip
    read = whole(client, copy, len(octets) * 2)
    if read is None:
        client.noop()  # some servers show a new mail only when they are asked
        read = whole(client, copy, len(octets) * 2)
    return read


def remove(client: Client, uids: Sequence[int]) -> None:
    """Expunge these alone, whatever else is marked as deleted there. Raises what imaplib raises."""
    if uids:
        client.add_flags(uids, ["\\Deleted"], silent=True)
        client.uid_expunge(uids)


def _any_of(message_ids: Sequence[str]) -> list[str | date]:
    """Return the criteria for a mail with one of these; OR takes two (RFC 9051 section 6.4.4)."""
    criteria: list[str | date] = []
    for number, message_id in enumerate(message_ids, 1):
        criteria += [*(("OR",) if number < len(message_ids) else ()), "HEADER", "Message-ID", message_id]
    return criteria


def _of_about(client: Client, at: datetime) -> Iterator[Entry]:
    """Yield what came in about that day: SEARCH knows no hours and takes the server's zone."""
    day = at.astimezone(UTC).date()
    found = client.search(["SINCE", day - DAY, "BEFORE", day + 2 * DAY])
    for some in slices(sorted(found), CHUNK):
        yield from entries(client, some)
