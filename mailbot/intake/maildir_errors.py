"""What the errors of a Maildir's files mean to the pass: may it try again, or must the operator act?"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from mailbot.errors import MailboxRefused, MailboxUnavailable


@contextlib.contextmanager
def door(path: Path) -> Iterator[None]:
    """Turn each OSError into MailboxRefused (this user may not) or MailboxUnavailable (not now)."""
    try:
        yield
    except PermissionError as exc:
        raise MailboxRefused(
            f"{path} or a mail in it can't be read and moved by this user: change owner or mode"
        ) from exc
    except OSError as exc:
        raise MailboxUnavailable(f"{path} can't be read or written now ({os.strerror(exc.errno or 0)})") from exc
