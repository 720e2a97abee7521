"""What each door logs in with: a password, or the tokens that `mailbot login` brought. Connects to nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mailbot.config import secret
from mailbot.ports import Tokens
from mailbot.settings import Settings
from mailbot.urls import courier_url, mailbox_url

if TYPE_CHECKING:
    from mailbot.oauth.access import Access

Credential = str | Tokens | None


def of_mailbox(folder: Path, settings: Settings) -> Credential:
    """Return what logs the mailbox in; None where nothing is there. Raises ConfigError."""
    url = mailbox_url(settings.mailbox.url)
    return url.password or _shared(folder, settings, url.host)


def of_courier(folder: Path, settings: Settings) -> Credential:
    """Return what logs the courier in: its own password, else what the mailbox's account has. Raises ConfigError."""
    url, own = courier_url(settings.courier.url), settings.courier.password_file
    password = url.password or secret(folder, "courier_password", own)
    if password is not None or url.user is None:
        return password
    return _shared(folder, settings, url.host)


def access_of(folder: Path, settings: Settings) -> Access:
    """Return the tokens that `[oauth]` speaks of. Raises ConfigError where it names no provider."""
    from mailbot.oauth.access import Access, kept_in
    from mailbot.oauth.provider import client_of

    return Access(kept_in(folder), client_of(folder, settings.oauth))


def _shared(folder: Path, settings: Settings, host: str) -> Credential:
    if settings.oauth.provider:
        from mailbot.oauth.provider import provider_of  # late: most log in with a password

        provider = provider_of(settings.oauth)
        if provider is not None and provider.serves(host):
            return access_of(folder, settings)
    return secret(folder, "mailbox_password", settings.mailbox.password_file)
