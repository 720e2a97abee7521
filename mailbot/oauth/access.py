"""Gives the doors an access token that is good now, and renews it where it is not (RFC 6749 section 6).

Kept with its end in `secrets/oauth.json`, so that a pass each minute asks the provider once an hour. Who is refused by
a mail server with a token that was just given is not helped by another one, and a login that is gone is tried again
each quarter of an hour alone: nothing here goes round in a loop.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from mailbot.errors import LoginGone, LoginRefused
from mailbot.oauth.grant import FILE, Grant, GrantFile
from mailbot.oauth.provider import Client
from mailbot.ports import Clock

NEW = timedelta(minutes=5)  # a token younger than this was not refused for its age
AGAIN = timedelta(minutes=15)
NOBODY = "nobody is logged in by OAuth: run `mailbot login`"
GONE = "the login is gone: run `mailbot login` again"
OTHER = "the login is of another client or provider than [oauth] names: run `mailbot login` again"


def utc_now() -> datetime:
    """Return the time, aware UTC."""
    return datetime.now(UTC)


def kept_in(folder: Path) -> GrantFile:
    """Return where an installation keeps its login. Raises nothing."""
    return GrantFile(path=folder / "secrets" / FILE)


class Access:
    """The tokens of one installation's login; several processes may use them at once."""

    def __init__(self, file: GrantFile, client: Client, clock: Clock = utc_now) -> None:
        """Keep where they lie and whose they are; nothing is read. Raises nothing."""
        self._file, self._client, self._clock = file, client, clock

    def known(self) -> Grant:
        """Return the login as it was kept. Raises LoginRefused where there is none for this client."""
        grant = self._file.read()
        if grant is None:
            raise LoginRefused(NOBODY)
        if not grant.is_of(self._client):  # its token would go to a server that did not give it
            raise LoginRefused(OTHER)
        return grant

    def token(self) -> str:
        """Return an access token that has not expired. Raises LoginUnavailable, LoginRefused."""
        grant = self.known()
        if grant.is_fresh(self._clock()):
            return grant.access_token
        return self._refreshed(lambda found: found.is_fresh(self._clock()))

    def renew(self, refused: str) -> str | None:
        """Return another token than the refused one; None where that is new. Raises LoginUnavailable, LoginRefused."""
        grant = self.known()
        if grant.access_token == refused and self._clock() - grant.refreshed_at < NEW:
            return None
        return self._refreshed(lambda found: found.access_token != refused and found.is_fresh(self._clock()))

    def keep(self, grant: Grant) -> None:
        """Put a new login in the place of the one that is here. Raises LoginRefused."""
        with self._file.replacing() as put:
            put(grant)

    def adopt(self, grant: Grant) -> None:
        """Put a login that was made elsewhere in the place of what is here, once it was renewed from here.

        Raises LoginUnavailable, LoginRefused.
        """
        if not grant.is_of(self._client):
            raise LoginRefused(OTHER)
        with self._file.replacing() as put:
            put(self._asked(grant))

    def _refreshed(self, is_good: Callable[[Grant], bool]) -> str:
        with self._file.replacing() as put:
            grant = self.known()
            if is_good(grant):  # another process was quicker
                return grant.access_token
            if grant.refused_at is not None and self._clock() - grant.refused_at < AGAIN:
                raise LoginRefused(GONE)
            try:
                grant = self._asked(grant)
            except LoginGone:
                put(replace(grant, access_token="", refused_at=self._clock()))
                raise
            put(grant)
            return grant.access_token

    def _asked(self, grant: Grant) -> Grant:
        from mailbot.oauth.endpoint import ask  # late: most passes ask nobody

        provider = self._client.provider
        fields = {"grant_type": "refresh_token", "refresh_token": grant.refresh_token, **self._client.fields()}
        if provider.scope:  # Microsoft wants it again
            fields["scope"] = provider.scope
        return grant.renewed(ask(provider.token_url, fields), self._clock())
