"""The error tree: may I try again, and who must act?

A doubtful mail is never an exception, it is a decision with a reason; what stands here is what stops a
pass or a command. Exit codes are those of sysexits(3), promised in the README.
"""

from __future__ import annotations

import errno
import os


class MailbotError(Exception):
    """Any failure that mailbot explains in one sentence; never holds personal data or a secret."""

    exit_code = 1


class UsageError(MailbotError):
    """The command line asks for something that does not exist (exit 64)."""

    exit_code = 64


class InputError(MailbotError):
    """A file, address or number that was named is not there or can't be read (exit 66)."""

    exit_code = 66


class NobodyOnFile(InputError):
    """Nobody, or more than one, is on file for whom a request could be carried out."""


class ConfigError(MailbotError):
    """The operator edits a file: the sentence names file, key and rule (exit 78)."""

    exit_code = 78


class TemporaryError(MailbotError):
    """Nothing was changed; the same call later may work (exit 75)."""

    exit_code = 75


class MailboxUnavailable(TemporaryError):
    """The mailbox can't be reached, or the connection broke."""


class CourierUnavailable(TemporaryError):
    """The mail server that takes our answers can't be reached, or says "later" to the sender."""


SHORT = {  # what no file and no mail is to blame for: no handles, no memory, a full, read-only or broken disk
    errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO,
}  # fmt: skip


def is_short(exc: BaseException) -> bool:
    """Whether a failure is this machine's shortness; some libraries give its number in an exception of their own."""
    return getattr(exc, "errno", None) in SHORT


class MachineShort(TemporaryError):
    """This machine has no file handles, no room on its disk, or a broken one."""

    def __init__(self, exc: BaseException) -> None:
        """Tell it in the words of the system for what `is_short` knew."""
        super().__init__(f"this machine is short of something now ({os.strerror(getattr(exc, 'errno', 0))})")


class StoreUnavailable(TemporaryError):
    """The store can't be opened, is locked, or its disk is full."""


class KeyRotated(StoreUnavailable):
    """The store's hashes are made by another key since this process read it; the next transaction has the new one."""


class TurnLost(StoreUnavailable):
    """Another host has the turn of this mailbox since this one stood still or was cut off: nothing was changed."""


class StoreFault(Exception):
    """A statement that the store refused (a value, a constraint): one mail's failure, told by the driver's class."""


class LoginUnavailable(TemporaryError):
    """The server that gives tokens can't be reached, or says "later"."""


class PermanentError(MailbotError):
    """The same call will never work; the operator must act (exit 69)."""

    exit_code = 69


class LoginRefused(PermanentError):
    """Nobody is logged in by OAuth, or the login is gone: `mailbot login` again."""


class LoginGone(LoginRefused):
    """The refresh token is worth nothing any more."""


class MailboxRefused(PermanentError):
    """Login, certificate or folder refused."""


class CourierRefused(PermanentError):
    """Login, certificate or sender refused before any recipient was named."""


class ReplyDeferred(TemporaryError):
    """The server answered 4xx to this one recipient or message: later."""


class ReplyRefused(PermanentError):
    """The server answered 5xx to this one recipient or message: that reply is given up."""


class ConflictError(MailbotError):
    """The request is no longer in a state in which this can be done (exit 1, HTTP 409)."""


class ChangedMeanwhile(ConflictError):
    """The request is not as it was when the operator looked at it."""
