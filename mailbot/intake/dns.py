"""DNS as the rules may ask it: TXT records by name, with a timeout, a cache and a memory for what gives no answer.

The only module that knows dnspython (it comes with the extra `dkim`). Every failure that may pass leaves here as
TemporaryError; a name that can't exist has no records. Asked are domains of senders, never an address.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import cached_property
from typing import Any

from mailbot.errors import TemporaryError

CACHED = 2_000  # answers, each as long as its TTL says
SILENT_SECONDS = 60  # a domain that gave no answer is not asked again so long: one dead domain must not stop a pass
SILENT_DOMAINS = 1_000
PATIENCE = 2  # timeouts: who takes longer within that time, answer by answer, counts as silent too


class Dns:
    """The system's resolver, or the nameservers given; callable as a Resolver. Not thread-safe."""

    def __init__(self, *, nameservers: Sequence[str] = (), port: int = 53, timeout_seconds: float = 3) -> None:
        """Keep the settings; nothing is asked and dnspython is not loaded yet. Raises nothing."""
        self._nameservers, self._port, self._timeout = nameservers, port, timeout_seconds
        self._silent: dict[str, float] = {}  # domain -> until when (monotonic)
        self._waited: dict[str, tuple[float, float]] = {}  # domain -> since when, how long

    def __call__(self, name: str) -> list[str]:
        """Return the TXT records of a name, strings joined; [] where there are none. Raises TemporaryError.

        Source: RFC 1035 section 3.3.14, RFC 6376 section 3.6.2.2.
        """
        import dns.exception
        import dns.resolver

        domain, began = _registered(name), time.monotonic()
        if self._silent.get(domain, 0) > began:
            raise TemporaryError("DNS gives no answer")
        try:
            answer = self._resolver.resolve(f"{name}.", "TXT", raise_on_no_answer=False, search=False)
        except dns.resolver.NXDOMAIN:
            return []
        except (
            dns.exception.Timeout,
            dns.resolver.NoNameservers,
            dns.resolver.NoResolverConfiguration,
            OSError,
        ) as exc:
            self._remember(domain)
            raise TemporaryError("DNS gives no answer") from exc
        except (dns.exception.DNSException, ValueError):  # no name at all: too long, empty labels, no IDNA
            return []
        finally:
            self._wait(domain, began)
        return [b"".join(record.strings).decode("utf-8", "replace") for record in answer.rrset or ()]

    @cached_property
    def _resolver(self) -> Any:
        import dns.resolver

        resolver = dns.resolver.Resolver(configure=not self._nameservers)
        if self._nameservers:
            resolver.nameservers, resolver.port = list(self._nameservers), self._port
        resolver.lifetime = self._timeout
        resolver.cache = dns.resolver.LRUCache(CACHED)
        return resolver

    def _wait(self, domain: str, began: float) -> None:
        """Count what a domain's answers took: one mail may ask a slow one for seventy names."""
        now = time.monotonic()
        since, waited = self._waited.pop(domain, (began, 0.0))
        if now - since > SILENT_SECONDS:
            since, waited = began, 0.0
        _keep(self._waited, domain, (since, waited + now - began))
        if waited + now - began > PATIENCE * self._timeout:
            self._remember(domain)

    def _remember(self, domain: str) -> None:
        _keep(self._silent, domain, time.monotonic() + SILENT_SECONDS)


def _keep(memory: dict[str, Any], domain: str, value: object) -> None:
    if len(memory) >= SILENT_DOMAINS:
        del memory[next(iter(memory))]
    memory[domain] = value


def _registered(name: str) -> str:
    """Whom a name belongs to, by its look: two labels, three under com.kz, whose neighbours have nothing in common."""
    labels = name.split(".")
    short = len(labels) > 2 and len(labels[-1]) == 2 and len(labels[-2]) <= 3
    return ".".join(labels[-3 if short else -2 :])
