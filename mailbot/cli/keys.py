"""The command `key rotate`. No rule stands here."""

from __future__ import annotations

import argparse

from mailbot.app import opened
from mailbot.cli.output import confirmed, tell
from mailbot.operating import backups, keyring


def rotate(arguments: argparse.Namespace) -> int:
    """Have the keyed hashes made by a new key."""
    with opened(arguments.config) as app:
        store = app.line.store
        begun = keyring.is_begun(store)
        what = "The new key that lies there is taken" if begun else "A new key is made"
        if not confirmed(f"{what}; each keyed hash is made anew with it, and the console is closed.", arguments.yes):
            tell("nothing was changed")
            return 1
        count = keyring.rotate(store, arguments.config)
        backups.sweep(app.installation)
    print(f"{count} keyed hashes are made with the new key; everybody who left is recognised as before")
    print("Keep a copy of secrets/store_key: the former keys stay in it, below the new one, and are needed for ever.")
    return 0
