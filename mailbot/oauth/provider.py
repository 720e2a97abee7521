"""Who gives the tokens, and to whom: the endpoints of Google, of Microsoft or of the operator's own server.

Shapes alone. Google's device flow does not grant mail, so there a browser comes back to this machine (RFC 8252); at
Microsoft a code is typed on any other device (RFC 8628).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mailbot.config import secret
from mailbot.errors import ConfigError
from mailbot.settings import OauthSettings

ENTRA = "https://login.microsoftonline.com"
OUTLOOK = "https://outlook.office.com"
Said = dict[str, Any]  # what an endpoint answered


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """The endpoints of one provider; an empty one is not there."""

    name: str
    token_url: str
    authorize_url: str
    device_url: str
    scope: str
    redirect_host: str = "127.0.0.1"
    hosts: tuple[str, ...] = ()  # the domains of its mail servers, which alone get its tokens; none: any server

    def serves(self, host: str) -> bool:
        """Tell whether that mail server may see its tokens: whoever has one reads the mailbox. Raises nothing."""
        name = host.lower().rstrip(".")
        return not self.hosts or any(name == domain or name.endswith("." + domain) for domain in self.hosts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """The operator's own client at a provider."""

    provider: Provider
    client_id: str
    client_secret: str | None = field(default=None, repr=False)  # None: a public client

    def fields(self) -> dict[str, str]:
        """Return what names the client in a request. Source: RFC 6749 section 2.3.1."""
        known = {"client_id": self.client_id}
        return known | {"client_secret": self.client_secret} if self.client_secret else known


def provider_of(settings: OauthSettings) -> Provider | None:
    """Return the provider that `[oauth]` names; None where a password logs in. Raises nothing."""
    if settings.provider == "google":
        # Only where it is asked for, and each time, does Google give a refresh token.
        return Provider(
            name="google", token_url="https://oauth2.googleapis.com/token", device_url="",
            authorize_url="https://accounts.google.com/o/oauth2/v2/auth?access_type=offline&prompt=consent",
            scope="https://mail.google.com/", hosts=("gmail.com", "googlemail.com"),
        )  # fmt: skip
    if settings.provider == "microsoft":
        root = f"{ENTRA}/{settings.tenant}/oauth2/v2.0"
        return Provider(
            name="microsoft", token_url=f"{root}/token", device_url=f"{root}/devicecode",
            authorize_url=f"{root}/authorize", redirect_host="localhost",  # there any port of it is allowed
            scope=f"{OUTLOOK}/IMAP.AccessAsUser.All {OUTLOOK}/SMTP.Send offline_access",
            hosts=("office365.com", "outlook.com", "office.com"),
        )  # fmt: skip
    if settings.provider == "custom":
        return Provider(
            name="custom", token_url=settings.token_url, authorize_url=settings.authorize_url,
            device_url=settings.device_url, scope=settings.scope,
        )  # fmt: skip
    return None


def client_of(folder: Path, settings: OauthSettings) -> Client:
    """Return the client that `[oauth]` names, with its secret. Raises ConfigError."""
    provider = provider_of(settings)
    if provider is None:
        raise ConfigError(f"{folder / 'mailbot.toml'}: oauth.provider is empty: say google or microsoft first")
    found = secret(folder, "oauth_client_secret", settings.client_secret_file)
    return Client(provider=provider, client_id=settings.client_id, client_secret=found or None)
