"""Weigh what authentication proves about the writer (decisions section 3; RFC 8601, RFC 9989, RFC 6376).

Only Authentication-Results of configured hosts count, of each the topmost field, and only in the place where that
host writes it: anybody can send the same field along. DMARC and DKIM prove a domain, SPF alone proves little. No
signature is checked here, and nothing of this says who a person is or what an unproven mail may do (deciding).
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from mailbot.errors import ConfigError, TemporaryError
from mailbot.ports import Resolver
from mailbot.reading.address import address_key, domain_key
from mailbot.reading.message import Message
from mailbot.reading.results import plain, results_of, server_of, signer_of, values_of
from mailbot.settings import TrustSettings

_UNSOUND = {
    "null_octet": "NUL in the mail",
    "bare_cr": "damaged header",
    "header_cut": "header too long",
    "header_garbage": "damaged header",
    "blank_before_header": "damaged header",
}
_HOST = re.compile(r"(\*\.)?([\w-]+(?:\.[\w-]+)*)(?::(above|below))?")
_LMTP = (["lmtp"], ["lmtps"], ["lmtpa"], ["lmtpsa"])
_FROM_CLAUSE = re.compile(r"\s*from\s(.{0,2000}?)\sby\s", re.IGNORECASE | re.DOTALL)
_BY = re.compile(r"(?:^|\s)by\s+([^\s;()]{1,255})", re.IGNORECASE)
_SUBMITTED = re.compile(r"\swith\s+(?:ESMTPS?A|LMTPS?A|HTTPS?)(?=[\s;]|$)", re.IGNORECASE)
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

    @classmethod
    def of(cls, authserv: list[str], internal: list[str] | None = None) -> Trust:
        """Return the Trust of NAME, NAME:below and *.NAME entries. Raises ConfigError on anything else."""
        return cls(
            hosts=tuple(_host(entry) for entry in authserv),
            internal=frozenset(domain_key(domain.strip()) for domain in internal or []),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What is proven about the From address of one mail, and by what."""

    level: Literal["authenticated", "weak", "none"]
    because: str  # short and fixed, for `explain` and the journal: "dmarc=pass"
    address: str | None  # the one From address as received
    waits: bool = False  # DNS did not answer: the same mail may be proven later
    reply_to_differs: bool = False  # Reply-To leads elsewhere than From


def compile_trust(settings: TrustSettings) -> Trust:
    """Return the Trust that `[trust]` describes. Raises ConfigError."""
    return Trust.of(settings.authserv, settings.internal)


def verify(message: Message, trust: Trust, resolve: Resolver | None = None) -> Evidence:
    """Return how far the mail is proven to come from its From address.

    `resolve` is asked for DMARC records only where a parent or child domain signed; without it such a mail is
    weak, and so it is, with `waits`, where DNS fails. Raises nothing. Source: decisions section 3.
    """
    address = message.writer
    if address is None:
        because = "two From fields" if message.from_fields > 1 else "no single From"
        return Evidence(level="none", because=because, address=None)
    wrong = f"{message.repeated[0]} occurs twice" if message.repeated else ""
    wrong = wrong or next((_UNSOUND[defect] for defect in message.defects if defect in _UNSOUND), "")
    differs = _reply_to_differs(message, address)
    if wrong:
        return Evidence(level="none", because=wrong, address=address, reply_to_differs=differs)
    domain = domain_key(address.rpartition("@")[2])
    results = [result for one in _fields(message, trust) for result in results_of(one)]
    level, because, waits = _weigh(results, domain, resolve)
    if level == "none" and not results and domain in trust.internal and _stayed_inside(message, domain, trust):
        level, because = "authenticated", f"internal {domain}"
    return Evidence(level=level, because=because, address=address, waits=waits, reply_to_differs=differs)


_Weight = tuple[Literal["authenticated", "weak", "none"], str, bool]


def _weigh(results: list[Any], domain: str, resolve: Resolver | None) -> _Weight:
    passed = [result for result in results if result.result == "pass"]
    if any(result.method == "dmarc" and result.result == "fail" for result in results):
        return "none", "dmarc=fail", False
    if any(r.method == "dmarc" and values_of(r, "header", "from") == {domain} for r in passed):
        return "authenticated", "dmarc=pass", False
    signers = [signer_of(result) for result in passed if result.method == "dkim"]
    for name in ("header.d", "header.i"):
        if (name, domain) in signers:
            return "authenticated", f"dkim=pass {name}", False
    for name, signer in signers:
        if _related(signer, domain):
            return _relative(name, signer, domain, resolve)
    for result in passed:
        senders = values_of(result, "smtp", "mailfrom") or values_of(result, "smtp", "mail")
        if result.method == "spf" and any(sender == domain or _related(sender, domain) for sender in senders):
            return "weak", "spf=pass only", False
    return "none", "no trusted result that passes" if results else "no trusted result", False


def _relative(name: str, signer: str, domain: str, resolve: Resolver | None) -> _Weight:
    """A parent or child domain signed: its word counts where the DMARC record says so (RFC 9989 section 4.10)."""
    because = f"dkim=pass {name} of {signer}"
    if resolve is None:
        return "weak", because, False
    nearest, organisation = "", ""
    labels = domain.split(".")
    try:
        for start in range(max(0, len(labels) - 8), len(labels) - 1):
            name = ".".join(labels[start:])
            records = [record for record in resolve(f"_dmarc.{name}") if _tags(record).get("v") == "DMARC1"]
            if len(records) == 1 and _tags(records[0]).get("psd") != "y":
                nearest = nearest or records[0]
                organisation = name
    except TemporaryError:
        return "weak", because, True
    inside = organisation and (signer == organisation or signer.endswith("." + organisation))
    if inside and _tags(nearest).get("adkim", "r") != "s":
        return "authenticated", because, False
    return "weak", because, False


def _fields(message: Message, trust: Trust) -> Iterator[str]:
    """The Authentication-Results values that count: per host the topmost, in its place."""
    taken: set[int] = set()
    for host in trust.hosts:
        for number, (name, value) in enumerate(message.headers):
            if name == "authentication-results" and host.is_named(server_of(value)):
                if number not in taken and _in_place(message, number, host, server_of(value)):
                    taken.add(number)
                    yield value
                break


def _in_place(message: Message, number: int, host: Host, server: str) -> bool:
    names = [name for name, _ in message.headers[:number]]
    hops = [at for at, name in enumerate(names) if name == "received"]
    while hops and _is_delivery(message.headers[hops[0]][1]):
        hops.pop(0)  # the house's own last hop, behind the border: nobody outside can write on top of it
    if not host.below:
        return not hops
    while hops and not _FROM_CLAUSE.match(message.headers[hops[0]][1]):
        hops.pop(0)  # a hop inside the host that names no sender, as Gmail's
    if len(hops) != 1 or "dkim-signature" in names[hops[0] :]:
        return False
    by = _BY.search(plain(message.headers[hops[0]][1]))
    return by is not None and _same_house(by[1].lower().rstrip("."), server)


def _is_delivery(value: str) -> bool:
    """Whether a Received is the delivery into the mail store by LMTP (RFC 2033), and nothing in it says otherwise."""
    words = plain(value.partition(";")[0]).lower().split()
    return words.count("with") == 1 and words.count("by") == 1 and words[words.index("with") + 1 :][:1] in _LMTP


def _same_house(by: str, server: str) -> bool:
    """Whether a Received's by-host and an authserv-id belong together: mx70.i.mail.ru and mxs.mail.ru."""
    parent = server.partition(".")[2]
    return by == server or by.endswith("." + server) or ("." in parent and (by == parent or by.endswith("." + parent)))


def _related(one: str, other: str) -> bool:
    """Whether one domain is an ancestor of the other, top-level domains apart."""
    return (one.endswith("." + other) and "." in other) or (other.endswith("." + one) and "." in one)


def _tags(record: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in record.split(";"))
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


def _reply_to_differs(message: Message, address: str) -> bool:
    if not message.reply_to:
        return bool(message.first("reply-to").strip())
    return any(address_key(one.addr) != address_key(address) for one in message.reply_to)


def _stayed_inside(message: Message, domain: str, trust: Trust) -> bool:
    """Whether every hop lies under the domain or a trusted host, down to the one that took a logged-in user's mail.

    Read from the top, since only the provider's own lines stand there. A sender's host counts by its greeting and
    by the name or private address that the provider saw; a name that the provider could not confirm is outside.
    """
    houses = {domain, *(host.name for host in trust.hosts)}
    for value in message.all("received"):
        by = _BY.search(plain(value))
        if by is None or not _inside(by[1], houses):
            return False
        if _SUBMITTED.search(plain(value)):
            return True
        clause = _FROM_CLAUSE.match(value)
        if clause and not _from_inside(clause[1], houses):
            return False
    return True


def _from_inside(clause: str, houses: set[str]) -> bool:
    greeting, _, seen = clause.partition("(")
    words = [word for word in _NAMES.findall(seen) if word.lower() not in ("may", "be", "forged", "helo", "ehlo")]
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
