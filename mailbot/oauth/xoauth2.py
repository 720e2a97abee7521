"""What a client says in SASL XOAUTH2, to IMAP and SMTP alike (Google, "OAuth 2.0 Mechanism"; no RFC has it)."""

from __future__ import annotations

MECHANISM = "XOAUTH2"


class Xoauth2:
    """Says the token first, and nothing to the challenge by which a server tells why it refused it.

    Without that empty line the server waits, and its final NO (IMAP) or 535 (SMTP) never comes.
    """

    def __init__(self, user: str, token: str) -> None:
        """Keep what will be said. Raises nothing."""
        self._next = f"user={user}\1auth=Bearer {token}\1\1"

    def __call__(self, _challenge: bytes | None = None) -> str:
        """Return the next thing to say. Raises nothing."""
        said, self._next = self._next, ""
        return said
