"""What Gmail does otherwise: a folder is a label, so a mail that is taken out of one still lies in All Mail.

There a mail goes by its X-GM-MSGID: moved to Trash, which takes every label off, then expunged in Trash, which is for
good whatever the account's setting for deleted mail says. Source: Gmail IMAP extensions (X-GM-EXT-1).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from mailbot.intake import copies
from mailbot.intake.batches import slices
from mailbot.intake.uids import Client, move

CAPABILITY = "X-GM-EXT-1"
CHUNK = 20  # ids in one SEARCH
MSGID = b"X-GM-MSGID"
SETTING = (
    "this is Gmail: what is destroyed is moved to Trash and deleted there for good; that leaves no copy only where "
    "All Mail and Trash are shown in IMAP (Settings, Labels). IMAP can't tell the setting for deleted mail (Settings, "
    'Forwarding and POP/IMAP): "Auto-Expunge off" and "Move the message to the Trash" fit mailbot'
)


def is_it(client: Client) -> bool:
    """Tell whether this is Gmail. Raises what imaplib raises."""
    return client.has_capability(CAPABILITY)


def remove(client: Client, visit: Callable[[str], bool], special: Mapping[str, str], uids: Sequence[int]) -> None:
    """Take these mails of the selected folder out of every folder, for good; `visit` selects another one.

    Killed between, they lie in Trash, where they are found again. Raises what imaplib raises.
    """
    ids = {answer[MSGID] for answer in client.fetch(uids, [MSGID.decode()]).values()} if uids else set()
    trash = special["trash"]
    if uids and client.has_capability("MOVE"):
        move(client, uids, trash)
    for folder in (special.get("all"), trash):
        if ids and folder is not None and visit(folder):
            found = _find(client, ids)
            if found and folder != trash:
                move(client, found, trash)
            elif found:
                copies.remove(client, found)


def _find(client: Client, ids: set[int]) -> list[int]:
    """Return the UIDs of these mails in the selected folder, compared: a search only narrows down."""
    uids: list[int] = []
    for some in slices(sorted(ids), CHUNK):
        criteria: list[str] = []
        for number, msgid in enumerate(some, 1):
            criteria += [*(("OR",) if number < len(some) else ()), MSGID.decode(), str(msgid)]
        uids += client.search(criteria)
    answers = client.fetch(uids, [MSGID.decode()]) if uids else {}
    return sorted(uid for uid, answer in answers.items() if answer.get(MSGID) in ids)
