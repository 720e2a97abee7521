"""arc: what a forwarder found counts by its configured seal alone."""

from __future__ import annotations

from datetime import UTC, datetime

import dkim
import pytest

from mailbot.reading.dkim import Arrival
from mailbot.reading.parse import parse
from mailbot.reading.sender import Evidence, verify
from mailbot.reading.trust import Trust
from tests.support.signing import Zone, mail, private_key, resolver, sign, zone

SEALER = "forward.example.com"
TRUST = Trust.of([], sealers=[SEALER])
FOUND = "spf=pass smtp.mailfrom=aliya@example.org; dkim=pass header.d=example.org; dmarc=pass header.from=example.org"
AT = datetime(2026, 11, 23, 10, 5, tzinfo=UTC)
SIGNED = ("from", "to", "subject", "date", "message-id")


def seal(octets: bytes, results: str = FOUND, *, domain: str = SEALER, signed: tuple[str, ...] = SIGNED) -> bytes:
    """Return the mail with one more ARC set, made by that domain."""
    found = f"Authentication-Results: {domain}; {results}\r\n".encode() + octets
    names = [name.encode() for name in signed]
    fields = dkim.arc_sign(found, b"s1", domain.encode(), private_key(2048), domain.encode(), include_headers=names)
    assert fields
    return b"".join(fields) + octets


def proof(octets: bytes, trust: Trust = TRUST, records: Zone | None = None) -> Evidence:
    dns = resolver({**zone(domain=SEALER), **zone(domain="evil.example.com")} if records is None else records)
    return verify(parse(octets), trust, Arrival(octets=octets, at=AT, own=("info@example.kz",)), dns)


def test_a_configured_sealer_is_believed() -> None:
    evidence = proof(seal(mail()))
    assert (evidence.level, evidence.because) == ("authenticated", f"arc of {SEALER}: dmarc=pass")


def test_without_the_setting_arc_is_nothing() -> None:
    assert proof(seal(mail()), Trust()).level == "none"
    assert proof(seal(mail()), Trust.of(["mx.example.kz"])).level == "none"


def test_another_sealer_is_nothing() -> None:
    assert proof(seal(mail(), domain="evil.example.com")).level == "none"


def test_only_the_newest_set_counts() -> None:
    passed = "arc=pass; dmarc=fail header.from=example.org"
    assert proof(seal(seal(mail(), domain="evil.example.com"), passed)).level == "none"
    assert proof(seal(seal(mail()), f"arc=pass; {FOUND}", domain="evil.example.com")).level == "none"
    later = seal(seal(mail(), "dmarc=none", domain="evil.example.com"), f"arc=pass; {FOUND}")
    assert proof(later).level == "authenticated"


@pytest.mark.parametrize(
    "results", ["dmarc=fail header.from=example.org", "dmarc=pass header.from=example.com", "spf=none"]
)
def test_what_the_sealer_did_not_find(results: str) -> None:
    assert proof(seal(mail(), results)).level == "none"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"unsubscribe", b"withdrawal"),
        ("Да".encode(), b"x"),
        (b"header.from=example.org", b"header.from=example.com"),
        (b"i=1;", b"i=2;"),
    ],
)
def test_a_chain_that_does_not_hold(before: bytes, after: bytes) -> None:
    octets = seal(mail())
    assert before in octets
    assert proof(octets.replace(before, after)).level == "none"


def test_a_set_that_was_put_on_without_a_seal() -> None:
    forged = f"ARC-Authentication-Results: i=1; {SEALER}; {FOUND}\r\n".encode()
    assert proof(forged + mail()).level == "none"
    assert proof(forged + seal(mail(), "dmarc=none")).level == "none"


def test_the_seal_must_cover_the_request() -> None:
    evidence = proof(seal(mail(), signed=("from", "to", "date", "message-id")))
    assert (evidence.level, evidence.because) == ("weak", f"arc of {SEALER}: dmarc=pass, subject not signed")


def test_what_the_forwarder_took_must_cover_as_well() -> None:
    # Her old mail without a signed Subject, sent to the forwarder under another one: he finds it valid, and seals.
    poor = b"DKIM-Signature: v=1; a=rsa-sha256; d=example.org; s=s1; h=from:date; bh=AA; b=BB\r\n"
    found = "dkim=pass header.d=example.org; dmarc=pass header.from=example.org"
    assert proof(seal(poor + mail(), found)).level != "authenticated"
    assert proof(seal(poor.replace(b"from:date", b"from:to:subject:date:message-id") + mail(), found)).level == (
        "authenticated"
    )


def test_older_sets_are_asked_for_only_where_the_newest_holds() -> None:
    octets = mail()
    for number in range(7):
        octets = seal(octets, f"arc=pass; {FOUND}" if number else FOUND, domain=f"evil{number}.example.com")
    forged = octets.replace(b"d=evil6.example.com", f"d={SEALER}".encode())
    asked: list[str] = []

    def resolve(name: str) -> list[str]:
        asked.append(name)
        return zone(domain=SEALER).get(name, [])

    verify(parse(forged), TRUST, Arrival(octets=forged, at=AT), resolve)
    assert asked
    assert set(asked) == {f"s1._domainkey.{SEALER}"}


def test_no_key_and_no_answer() -> None:
    assert proof(seal(mail()), records={}).level == "none"
    octets = seal(mail())
    silent = resolver(zone(domain=SEALER), (f"s1._domainkey.{SEALER}",))
    evidence = verify(parse(octets), TRUST, Arrival(octets=octets, at=AT), silent)
    assert (evidence.level, evidence.waits) == ("none", True)


SET = f"ARC-Seal: i=1; d={SEALER}\r\nARC-Message-Signature: i=1; d={SEALER}\r\nARC-Authentication-Results: i=1; x"


@pytest.mark.parametrize("field", ["ARC-Seal: i=1", SET, "ARC-Seal: " + " \r\n " * 3000, "ARC-Seal: i=99999; cv=none"])
def test_nonsense(field: str) -> None:
    assert proof(f"{field}\r\n".encode() + mail()).level == "none"


def test_whose_own_signature_holds_needs_no_forwarder() -> None:
    sealed = seal(sign(mail()), signed=("from", "date"))  # a seal that covers too little to prove anything
    both = {**zone(domain=SEALER), **zone()}
    assert proof(sealed, records=both).because == "signature checked"
    assert proof(sealed, Trust(), both).because == "signature checked"
