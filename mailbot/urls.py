"""The addresses of the two doors, as they stand in mailbot.toml: a mailbox URL and a courier URL.

Parses and judges text; connects to nothing and reads no file. Where the password may be sent in the clear
(imap://, smtp:// without STARTTLS) is decided here: on loopback only (RFC 8314 section 3).
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import unquote

from mailbot.errors import ConfigError
from mailbot.section import is_loopback

_PORTS = {"imaps": 993, "imap": 143, "smtps": 465, "smtp": 587}
_HOST = re.compile(r"\w(?:[\w.-]*\w)?\.?", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxUrl:
    """Where the mail is read: an IMAP folder, or a Maildir (`path` is then set and nothing else counts)."""

    scheme: Literal["imaps", "imap", "maildir"]
    host: str = ""
    port: int = 0
    user: str = ""
    password: str | None = field(default=None, repr=False)  # only ever given on loopback
    folder: str = "INBOX"
    path: Path = Path()

    @property
    def server(self) -> str:
        """Host and port; "" for a Maildir."""
        return f"{self.host}:{self.port}" if self.host else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CourierUrl:
    """Where the answers go: an SMTP server, or a Maildir (`path` is then set and nothing else counts)."""

    scheme: Literal["smtps", "smtp", "maildir"]
    host: str = ""
    port: int = 0
    user: str | None = None  # None: no login
    password: str | None = field(default=None, repr=False)  # only ever given on loopback
    path: Path = Path()

    @property
    def server(self) -> str:
        """Host and port; "" for a Maildir."""
        return f"{self.host}:{self.port}" if self.host else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Server:
    host: str
    port: int
    user: str
    password: str | None = field(repr=False)
    path: str


def mailbox_url(text: str, key: str = "mailbox.url") -> MailboxUrl:
    """Parse imaps://USER@HOST[:993]/FOLDER, imap://USER:PASSWORD@127.0.0.1:PORT/FOLDER or maildir:///PATH.

    `key` opens each message. Raises ConfigError, whose sentence repeats neither user nor password.
    """
    scheme, rest = _scheme(text, key, "imaps://USER@HOST/INBOX or maildir:///PATH")
    if scheme == "maildir":
        return MailboxUrl(scheme="maildir", path=_path(rest, key))
    if scheme not in ("imaps", "imap"):
        raise ConfigError(f"{key}: {scheme}:// is no mailbox: write imaps://USER@HOST/INBOX or maildir:///PATH")
    server = _server(scheme, rest, key)
    if not server.user:
        raise ConfigError(f"{key}: the user is missing: write {scheme}://USER@HOST/INBOX")
    if scheme == "imap" and not is_loopback(server.host):
        raise ConfigError(
            f"{key}: imap:// sends the password unprotected, which is allowed to 127.0.0.1 only: use imaps://"
        )
    return MailboxUrl(
        scheme="imaps" if scheme == "imaps" else "imap",
        host=server.host,
        port=server.port,
        user=server.user,
        password=server.password,
        folder=unquote(server.path).strip("/") or "INBOX",
    )


def courier_url(text: str, key: str = "courier.url") -> CourierUrl:
    """Parse smtps://USER@HOST[:465], smtp://USER@HOST[:587] or maildir:///PATH; USER@ may be left out.

    `key` opens each message. Raises ConfigError, whose sentence repeats neither user nor password.
    """
    scheme, rest = _scheme(text, key, "smtps://USER@HOST, smtp://USER@HOST:587 or maildir:///PATH")
    if scheme == "maildir":
        return CourierUrl(scheme="maildir", path=_path(rest, key))
    if scheme not in ("smtps", "smtp"):
        raise ConfigError(f"{key}: {scheme}:// sends no mail: write smtps://USER@HOST, smtp://USER@HOST:587")
    server = _server(scheme, rest, key)
    if server.path.strip("/"):
        raise ConfigError(f"{key}: nothing may follow the host and port of {scheme}://")
    return CourierUrl(
        scheme="smtps" if scheme == "smtps" else "smtp",
        host=server.host,
        port=server.port,
        user=server.user or None,
        password=server.password,
    )


def _scheme(text: str, key: str, forms: str) -> tuple[str, str]:
    given = text.strip()
    decoded = unquote(given)
    if any(ord(letter) < 32 or ord(letter) == 127 for letter in decoded):  # would become a second protocol line
        raise ConfigError(f"{key}: a line break or another control character stands in the URL")
    scheme, mark, rest = given.partition("://")
    if not mark:
        raise ConfigError(f"{key}: this is no URL: write {forms}")
    return scheme.lower(), rest


def _path(rest: str, key: str) -> Path:
    if not rest.startswith("/"):
        raise ConfigError(f"{key}: maildir:// wants a full path, so three slashes: maildir:///var/mail/box")
    path = unquote(rest)
    if not path.strip("/"):
        raise ConfigError(f"{key}: maildir:/// names no folder")
    return Path(path)


def _server(scheme: str, rest: str, key: str) -> _Server:
    # The user may hold an "@" as it is; the folder may hold one too, so the last "@" before the first "/" counts.
    authority, _, path = rest.partition("/")
    login, _, place = authority.rpartition("@")
    user, colon, password = login.partition(":")
    host, port = _host(place, key)
    if colon and not is_loopback(host):
        raise ConfigError(f"{key}: a password may stand in a URL to 127.0.0.1 only: put it into a file (password_file)")
    return _Server(
        host=host,
        port=_PORTS[scheme] if port is None else port,
        user=unquote(user),
        password=unquote(password) if colon else None,
        path=path,
    )


def _host(place: str, key: str) -> tuple[str, int | None]:
    if place.startswith("["):  # an IPv6 number stands in brackets (RFC 3986 section 3.2.2)
        host, closed, after = place[1:].partition("]")
        port = after.removeprefix(":") if after.startswith(":") else None
        right = bool(closed) and _is_ipv6(host) and (after == "" or after.startswith(":"))
    else:
        host, colon, number = place.partition(":")
        port = number if colon else None
        right = _HOST.fullmatch(_ascii(host)) is not None
    if not right:
        raise ConfigError(f"{key}: the host is missing or is no host name")
    if port is None:
        return host, None
    if not (port.isascii() and port.isdigit() and 0 < int(port) < 65_536):
        raise ConfigError(f"{key}: the port is a number from 1 to 65535")
    return host, int(port)


def _is_ipv6(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).version == 6
    except ValueError:
        return False


def _ascii(host: str) -> str:
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        return ""
