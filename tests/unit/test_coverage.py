"""sender: where a host's dmarc=pass or dkim=pass rests on DKIM alone, the signature it names must cover the request."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from mailbot.reading.dkim import Arrival
from mailbot.reading.parse import parse
from mailbot.reading.sender import verify
from mailbot.reading.trust import Trust
from tests.support.signing import AT, resolver

MX = Trust.of(["mx.example.kz"])
AT_TIME = datetime(2026, 11, 23, 10, 5, tzinfo=UTC)
FULL = "from:to:subject:date:message-id"
DMARC = "dmarc=pass header.from=example.org"
DKIM = "dkim=pass header.d=example.org"
SPF = "spf=pass smtp.mailfrom=example.org"


def signature(
    signed: str = FULL, tags: str = "", *, domain: str = "example.org", selector: str = "s1", b: str = "AAAABBBB"
) -> str:
    return f"DKIM-Signature: v=1; a=rsa-sha256; d={domain}; s={selector}; {tags}h={signed}; bh=x; b={b}CCCC"


def proof(
    results: str,
    *fields: str,
    to: str = "info@example.kz",
    writer: str = "a@example.org",
    days: float = 0,
    **more: object,
) -> tuple[str, str]:
    octets = "\r\n".join(
        [f"Authentication-Results: mx.example.kz; {results}", "Received: from a by b; x", *fields, f"From: {writer}",
         f"To: {to}", "Subject: x", f"Date: {AT}", "Message-ID: <1@example.org>", "", "y"]
    ).encode()  # fmt: skip
    delivery = Arrival(octets=octets, at=AT_TIME + timedelta(days=days), own=("info@example.kz",))
    evidence = verify(parse(octets), MX, delivery, **more)  # type: ignore[arg-type]
    return evidence.level, evidence.because


def test_a_signature_that_covers_the_request() -> None:
    assert proof(f"{DKIM}; {DMARC}", signature()) == ("authenticated", "dmarc=pass")
    assert proof(DKIM, signature()) == ("authenticated", "dkim=pass header.d")
    assert proof("dkim=pass header.i=@example.org", signature()) == ("authenticated", "dkim=pass header.i")


@pytest.mark.parametrize(
    ("field", "lack"),
    [
        (signature(tags="l=10; "), "l= leaves the end unsigned"),
        (signature("from:to:date:message-id"), "subject not signed"),
        (signature("from:subject:date:message-id"), "to not signed"),
        (signature("from:to:subject:date"), "message-id not signed"),
        (signature("from:to:subject:message-id"), "date not signed"),
        (signature(tags="x=1400000000; "), "expired"),
        (signature(domain="example.com"), "no such signature"),
        ("DKIM-Signature: nonsense", "a signature can't be read"),
        ("DKIM-Signature:", "a signature can't be read"),
    ],
)
def test_a_signature_that_does_not(field: str, lack: str) -> None:
    assert proof(f"{DKIM}; {DMARC}", field) == ("weak", f"dmarc=pass, {lack}")
    assert proof(DKIM, field) == ("weak", f"dkim=pass header.d, {lack}")


def test_a_mail_that_is_sent_again() -> None:
    assert proof(f"{DKIM}; {DMARC}", signature(), days=4) == ("weak", "dmarc=pass, signed on another day")
    assert proof(f"{DKIM}; {DMARC}", signature(), to="b@example.com")[0] == "weak"


def test_where_spf_is_aligned_it_does_not_rest_on_dkim() -> None:
    poor = signature("from:date")
    assert proof(f"{SPF}; {DKIM}; {DMARC}", poor) == ("authenticated", "dmarc=pass")
    assert proof(f"spf=pass smtp.mailfrom=bounce.example.org; {DKIM}; {DMARC}", poor)[0] == "authenticated"
    assert proof(f"spf=pass smtp.mailfrom=example.com; {DKIM}; {DMARC}", poor)[0] == "weak"
    assert proof(f"spf=softfail smtp.mailfrom=example.org; {DKIM}; {DMARC}", poor)[0] == "weak"
    assert proof(f"{SPF}; {DKIM}", poor)[0] == "weak"  # without dmarc=pass SPF is weak


@pytest.mark.parametrize("results", [DMARC, f"dkim=pass; {DMARC}", f"spf=pass smtp.mailfrom=e.com; {DMARC}"])
def test_where_the_host_names_no_signature_each_that_may_bear_it_must_cover(results: str) -> None:
    assert proof(results, signature())[0] == "authenticated"
    assert proof(results)[0] == "authenticated"  # then SPF bears it
    assert proof(results, signature("from:date", domain="esp.example.com"))[0] == "authenticated"
    assert proof(results, signature(), signature("from:date", domain="m.example.org"))[0] == "weak"
    assert proof(results, signature("from:date"), signature())[0] == "weak"
    assert proof(results, signature(tags=f"z={'x' * 9000}; "))[0] == "weak"  # it may be the one, and can't be read
    assert proof(results, signature("from:date").replace("d=", "d=x; d="))[0] == "weak"
    assert proof(results, "DKIM-Signature: nonsense")[0] == "authenticated"  # no host takes that for one
    assert proof(results, days=4)[0] == "authenticated"


def test_where_the_host_tells_that_no_signature_bears_it() -> None:
    assert proof(f"dkim=fail header.d=example.org; {DMARC}", signature("from:date"))[0] == "authenticated"
    assert proof(f"dkim=none; {DMARC}", signature("from:date"))[0] == "authenticated"


def test_a_mail_that_lost_its_signature_stands_by_the_hosts_word_on_its_day_and_for_its_addressee() -> None:
    assert proof(f"{DKIM}; {DMARC}") == ("authenticated", "dmarc=pass")
    assert proof(f"{DKIM}; {DMARC}", days=4)[0] == "weak"
    assert proof(DKIM, to="b@example.com")[0] == "weak"


class TestWhichSignature:
    """Which of several the host means: by domain, selector and the start of b=."""

    poor = signature("from:date", b="POORPOOR")

    def test_by_the_start_of_b(self) -> None:
        named = f"{DKIM} header.b={{}}; {DMARC}"
        assert proof(named.format("AAAABBBB"), self.poor, signature())[0] == "authenticated"
        assert proof(named.format("POORPOOR"), self.poor, signature())[0] == "weak"
        assert proof(named.format('"AAAABBBB"'), signature())[0] == "authenticated"

    def test_by_the_selector(self) -> None:
        other = signature("from:date", selector="s2")
        assert proof(f"{DKIM} header.s=s1; {DMARC}", other, signature())[0] == "authenticated"
        assert proof(f"{DKIM} header.s=s2; {DMARC}", other, signature())[0] == "weak"

    def test_where_it_may_be_either_both_must(self) -> None:
        # A stranger can put a signature of this look on an old mail of hers; the host counts only the valid one.
        assert proof(f"{DKIM}; {DMARC}", signature(), self.poor)[0] == "weak"
        assert proof(f"{DKIM}; {DMARC}", signature(), signature(b="XXXXYYYY"))[0] == "authenticated"

    def test_one_that_can_t_be_read_may_be_meant(self) -> None:
        # Put on top of an old mail of hers, whose own signature is too poor, too long or too far down to be looked at.
        for real in ("DKIM-Signature:", "DKIM-Signature: d=example.org; d=x; b=y", signature(tags=f"z={'x' * 9000}; ")):
            assert proof(f"{DKIM}; {DMARC}", signature(), real)[0] == "weak"
        assert proof(f"{DKIM}; {DMARC}", *[signature()] * 8, self.poor)[0] == "weak"
        assert proof(f"{DKIM}; {DMARC}", "DKIM-Signature:", self.poor)[0] == "weak"

    def test_however_it_is_spelt(self) -> None:
        poor = signature("from:date", domain="EXAMPLE.org", selector="S1")
        assert proof(f"{DKIM} header.s=s1; {DMARC}", poor, signature())[0] == "weak"
        assert proof(f"{DKIM} header.s=S1; {DMARC}", signature())[0] == "authenticated"

    def test_a_strangers_signature_does_not_stand_in(self) -> None:
        results = f"{DKIM} header.b=POORPOOR; dkim=pass header.d=evil.example.com; {DMARC}"
        assert proof(results, self.poor, signature(domain="evil.example.com"))[0] == "weak"

    def test_nor_a_neighbours_under_one_public_suffix(self) -> None:
        results = "dkim=pass header.d=example.com.kz; dkim=pass header.d=evil.com.kz; dmarc=pass header.from={}"
        fields = (signature("from:date", domain="example.com.kz"), signature(domain="evil.com.kz"))
        assert proof(results.format("example.com.kz"), *fields, writer="a@example.com.kz")[0] == "weak"
        assert proof(results.format("site.com.kz"), *fields, writer="b@site.com.kz")[0] == "weak"

    def test_a_sister_domain_carries_it_where_it_covers(self) -> None:
        results = "dkim=pass header.d=m.example.org; dmarc=pass header.from=n.example.org"
        assert proof(results, signature(domain="m.example.org"), writer="a@n.example.org")[0] == "authenticated"
        assert proof(results, signature("from:date", domain="m.example.org"), writer="a@n.example.org")[0] == "weak"

    def test_by_its_agent_where_the_host_names_that(self) -> None:
        fields = (signature(tags="i=@mail.example.org; "), signature("from:date", b="POORPOOR"))
        named = "dkim=pass header.i=@mail.example.org"
        assert proof(named, *fields, writer="a@mail.example.org") == ("authenticated", "dkim=pass header.i")
        assert proof(DKIM, signature(tags="i=@mail.example.org; ")) == ("authenticated", "dkim=pass header.d")
        assert proof(DKIM, signature(tags="i=@mail.example.org; "), self.poor)[0] == "weak"

    def test_of_two_that_the_host_names_one_that_covers_is_enough(self) -> None:
        both = f"{DKIM} header.b=POORPOOR; {DKIM} header.b=AAAABBBB; {DMARC}"
        assert proof(both, self.poor, signature()) == ("authenticated", "dmarc=pass")

    def test_a_parents_signature_bears_it_before_a_neighbours(self) -> None:
        results = (
            "dkim=pass header.d=example.org; dkim=pass header.d=m.example.org; dmarc=pass header.from=n.example.org"
        )
        fields = (signature("from:date"), signature(domain="m.example.org"))
        assert proof(results, *fields, writer="a@n.example.org") == ("weak", "dmarc=pass, subject not signed")

    def test_a_neighbours_signature_must_be_the_one_that_the_host_names(self) -> None:
        results = "dkim=pass header.d=m.example.org header.s=s9; dmarc=pass header.from=n.example.org"
        fields = (signature(domain="m.example.org"),)
        assert proof(results, *fields, writer="a@n.example.org") == ("weak", "dmarc=pass, no such signature")


def test_it_is_said_that_one_can_t_be_read() -> None:
    assert proof(DMARC, signature("from:date").replace("d=", "d=x; d=")) == (
        "weak",
        "dmarc=pass, a signature can't be read",
    )


def test_a_parent_domain_by_its_record_and_its_coverage() -> None:
    dns = resolver({"_dmarc.example.org": ["v=DMARC1; p=none"]})
    writer = "a@mail.example.org"
    assert proof(DKIM, signature(), writer=writer, resolve=dns) == (
        "authenticated",
        "dkim=pass header.d of example.org",
    )
    assert proof(DKIM, signature("from:date"), writer=writer, resolve=dns)[0] == "weak"


def test_a_sister_domain_needs_the_record() -> None:
    dns, writer = resolver({"_dmarc.example.org": ["v=DMARC1; p=none"]}), "a@n.example.org"
    sister = "dkim=pass header.d=m.example.org"
    assert proof(sister, signature(domain="m.example.org"), writer=writer)[0] == "none"
    assert proof(sister, signature(domain="m.example.org"), writer=writer, resolve=dns)[0] == "authenticated"
    spf = "spf=pass smtp.mailfrom=n.example.org"
    assert proof(f"{sister}; {spf}", writer=writer) == ("weak", "spf=pass only")
    assert proof(f"{sister}; {DKIM}", writer=writer) == ("weak", "dkim=pass header.d of example.org")
    assert proof(f"{DKIM}; {spf}", writer=writer) == ("weak", "dkim=pass header.d of example.org")


@pytest.mark.parametrize(
    "field",
    [
        "Subject: =?utf-8?q?x=0D=0ABcc:_a@example.com?=",
        "Subject: =?utf-8?b?eA0KQmNjOiBh?=",
        "To: =?utf-8?q?x=0A?= <info@example.kz>",
        "Reply-To: =?utf-8?q?x=00?= <a@example.org>",
    ],
)
def test_a_line_break_in_an_encoded_word(field: str) -> None:
    head = f"Authentication-Results: mx.example.kz; {DMARC}\r\nReceived: from a by b; x\r\nFrom: a@example.org"
    evidence = verify(parse(f"{head}\r\n{field}\r\n\r\ny".encode()), MX)
    assert (evidence.level, evidence.because) == ("none", "line break in an encoded word")
