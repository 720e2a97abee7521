"""Whose Authentication-Results are believed, and where they must stand (decisions section 3; RFC 8601 section 5).

Only fields of configured hosts count, of each the topmost, and only in the place where that host writes it: anybody
can send the same field along. What a believed field says is weighed in sender.py.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mailbot.errors import ConfigError
from mailbot.reading.address import domain_key
from mailbot.reading.results import plain, server_of
from mailbot.settings import TrustSettings

if TYPE_CHECKING:
    from mailbot.reading.message import Message

_HOST = re.compile(r"(\*\.)?([\w-]+(?:\.[\w-]+)*)(?::(above|below))?")
_LMTP = ("lmtp", "lmtps", "lmtpa", "lmtpsa")
_LOGGED_IN = ("esmtpa", "esmtpsa", "lmtpa", "lmtpsa", "http", "https")
_FROM = re.compile(r"\s*from\s", re.IGNORECASE)
_FROM_CLAUSE = re.compile(r"\s*from\s(.{0,2000}?)\sby\s", re.IGNORECASE | re.DOTALL)
_CLAIMED = re.compile(r"\b(?:helo|ehlo|ident|port)[=\s]\s{0,9}[^\s()]{1,255}", re.IGNORECASE)  # by the sender himself
_NAMES = re.compile(r"[^\s()\[\];,=]{1,255}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """A host whose Authentication-Results are believed."""

    name: str  # lower case
    subdomains: bool = False  # `*.NAME`: any host under it
    below: bool = False  # writes the field under its own Received, not above

    def is_named(self, server: str) -> bool:
        """Tell whether that authserv-id is this host's."""
        return server.endswith("." + self.name) if self.subdomains else server == self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """Whom to believe, compiled from `[trust]`."""

    hosts: tuple[Host, ...] = ()
    internal: frozenset[str] = field(default_factory=frozenset)  # domains as lower-case A-labels
    sealers: frozenset[str] = field(default_factory=frozenset)  # the same; whose ARC seals are believed

    @classmethod
    def of(cls, authserv: list[str], internal: list[str] | None = None, sealers: list[str] | None = None) -> Trust:
        """Return the Trust of NAME, NAME:below and *.NAME entries. Raises ConfigError on anything else."""
        return cls(
            hosts=tuple(_host(entry) for entry in authserv),
            internal=frozenset(domain_key(domain.strip()) for domain in internal or []),
            sealers=frozenset(domain_key(domain.strip()) for domain in sealers or []),
        )


def compile_trust(settings: TrustSettings) -> Trust:
    """Return the Trust that `[trust]` describes. Raises ConfigError."""
    return Trust.of(settings.authserv, settings.internal, settings.sealers)


def believed(message: Message, trust: Trust) -> Iterator[str]:
    """The Authentication-Results values that count: per host the topmost, in its place."""
    taken: set[int] = set()
    for host in trust.hosts:
        for number, (name, value) in enumerate(message.headers):
            if name == "authentication-results" and host.is_named(server_of(value)):
                if number not in taken and _in_place(message, number, host, server_of(value)):
                    taken.add(number)
                    yield value
                break


def written(message: Message) -> tuple[tuple[str, bool], ...]:
    """Return which hosts wrote results where a setting could believe them: (authserv-id, below its own Received)."""
    found: dict[str, tuple[tuple[str, bool], ...]] = {}
    for number, (name, value) in enumerate(message.headers):
        server = server_of(value) if name == "authentication-results" else ""
        if server and server not in found:
            found[server] = tuple(
                (server, below)
                for below in (False, True)
                if _in_place(message, number, Host(name=server, below=below), server)
            )
    return tuple(place for places in found.values() for place in places)


def _in_place(message: Message, number: int, host: Host, server: str) -> bool:
    names = [name for name, _ in message.headers[:number]]
    hops = [at for at, name in enumerate(names) if name == "received"]
    while hops and _is_delivery(message.headers[hops[0]][1]):
        hops.pop(0)  # the house's own last hop, behind the border: nobody outside can write on top of it
    if not host.below:
        return not hops
    while hops and not _FROM.match(message.headers[hops[0]][1]):
        hops.pop(0)  # a hop inside the host that names no sender, as Gmail's
    if len(hops) != 1 or "dkim-signature" in names[hops[0] :]:
        return False
    return _same_house(_taken(message.headers[hops[0]][1])[0], server)


def _is_delivery(value: str) -> bool:
    """Whether a Received is the delivery into the mail store by LMTP (RFC 2033), and nothing in it says otherwise."""
    return _taken(value)[1] in _LMTP


def _taken(value: str) -> tuple[str, str]:
    """Which host took a mail and by which protocol, in lower case; "" where a Received can be read in two ways.

    The sender's greeting, his address and the recipient's local part stand in the same line, and may hold any word.
    """
    text = plain(value).partition(";")[0]
    words = text.lower().split()
    if words.count("by") != 1 or words.count("with") > 1 or any(mark in text for mark in '()"'):
        return "", ""
    _, by, *rest = [*words[words.index("by") :], "", "", ""][:4]
    return by.rstrip("."), rest[1] if rest[0] == "with" else ""


def _same_house(by: str, server: str) -> bool:
    """Whether a Received's by-host and an authserv-id belong together: mx70.i.mail.ru and mxs.mail.ru."""
    parent = server.partition(".")[2]
    return by == server or by.endswith("." + server) or ("." in parent and (by == parent or by.endswith("." + parent)))


def stayed_inside(message: Message, domain: str, trust: Trust) -> bool:
    """Whether every hop lies under the domain or a trusted host, down to the one that took a logged-in user's mail.

    Read from the top, since only the provider's own lines stand there. A sender's host counts by its greeting and
    by the name or private address that the provider saw; a name that the provider could not confirm is outside.
    """
    houses = {domain, *(host.name for host in trust.hosts)}
    hops = message.all("received")
    for value in hops:
        by, protocol = _taken(value)
        if not _inside(by, houses):
            return False
        if protocol in _LOGGED_IN:
            return True
        clause = _FROM_CLAUSE.match(value)
        if _FROM.match(value) and not (clause and _from_inside(clause[1], houses)):
            return False
    return bool(hops)


def _from_inside(clause: str, houses: set[str]) -> bool:
    greeting, _, seen = clause.partition("(")
    words = _NAMES.findall(_CLAIMED.sub(" ", seen))  # "(may be forged)" stays: that name was not confirmed
    confirmed = [word for word in words if _inside(word, houses)]
    return (
        bool(confirmed)
        and all(_inside(word, houses) or _is_address(word) for word in _NAMES.findall(greeting))
        and (all(_inside(word, houses) or _is_address(word) for word in words))
    )


def _inside(name: str, houses: set[str]) -> bool:
    host = name.lower().rstrip(".")
    if _is_address(host):
        return ipaddress.ip_address(host.removeprefix("ipv6:")).is_private
    return host == "localhost" or any(host == house or host.endswith("." + house) for house in houses)


def _is_address(word: str) -> bool:
    try:
        ipaddress.ip_address(word.lower().removeprefix("ipv6:"))
    except ValueError:
        return False
    return True


def _host(entry: str) -> Host:
    found = _HOST.fullmatch(entry.strip().lower())
    if found is None or (found[1] and "." not in found[2]):
        raise ConfigError(f"trust.authserv: {entry!r} is no NAME, NAME:below or *.NAME of two labels")
    return Host(name=found[2], subdomains=bool(found[1]), below=found[3] == "below")
