"""The folders in which the operator orders something by moving a mail there: mailbot/Do/NAME, one for each verb.

Raises what imaplib raises (the door, intake/imap, translates it).
"""

from __future__ import annotations

from collections.abc import Sequence
from imaplib import IMAP4

from mailbot.intake.uids import Client, make, own_folders

DO = ("mailbot", "Do")


def filled(client: Client, names: Sequence[str]) -> dict[str, str]:
    """Return the folders in which something lies, by their last name; those that are missing are made.

    Nothing where the server can't move a mail on (no MOVE).
    """
    if not client.has_capability("MOVE"):
        return {}
    folders = own_folders(client, *((*DO, name) for name in names))
    return {name: folder for name, folder in zip(names, folders, strict=True) if _count(client, folder)}


def _count(client: Client, folder: str) -> int:
    try:
        return client.folder_status(folder, ["MESSAGES"])[b"MESSAGES"]
    except IMAP4.abort:
        raise
    except IMAP4.error:
        make(client, folder)
        return 0
