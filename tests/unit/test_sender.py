"""sender: what Authentication-Results prove, and every way to forge them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.errors import ConfigError, TemporaryError
from mailbot.reading.address import address_key
from mailbot.reading.parse import parse
from mailbot.reading.sender import Evidence, verify
from mailbot.reading.trust import Trust, compile_trust
from mailbot.settings import TrustSettings

MX = Trust.of(["mx.example.kz"])
BELOW = Trust.of(["mx.example.com:below"])
HOP = "Received: from out.example.org (out.example.org [203.0.113.5]) by mx.example.kz with ESMTPS; now"
GOOD = "Authentication-Results: mx.example.kz; dmarc=pass header.from=example.org"


def proof(*fields: str, trust: Trust = MX, sender: str = "aliya@example.org", **more: object) -> Evidence:
    octets = "\r\n".join([*fields, f"From: Aliya <{sender}>", "Subject: x", "", "y"]).encode()
    return verify(parse(octets), trust, **more)  # type: ignore[arg-type]


def result(text: str, sender: str = "aliya@example.org") -> tuple[str, str]:
    evidence = proof(f"Authentication-Results: mx.example.kz; {text}", HOP, sender=sender)
    return evidence.level, evidence.because


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("dmarc=pass header.from=example.org", ("authenticated", "dmarc=pass")),
        ("dmarc=pass (p=REJECT sp=REJECT dis=NONE) header.from=Example.ORG.", ("authenticated", "dmarc=pass")),
        (
            "dkim=pass header.i=@e.com; dmarc=pass(p=NONE) header.from=example.org;",
            ("authenticated", "dmarc=pass"),
        ),
        ("dmarc=pass header.from=example.com", ("none", "no trusted result that passes")),
        ("dmarc=pass", ("none", "no trusted result that passes")),
        ("dmarc=fail header.from=example.org; dkim=pass header.d=example.org", ("none", "dmarc=fail")),
        ("dkim=pass header.d=example.org; dmarc=fail header.from=example.org", ("none", "dmarc=fail")),
        ("dmarc=pass header.from=example.org; dmarc=fail header.from=example.org", ("none", "dmarc=fail")),
        ("dkim=pass header.d=example.org header.s=s1", ("authenticated", "dkim=pass header.d")),
        ("dkim=pass header.i=@example.org header.s=s1", ("authenticated", "dkim=pass header.i")),
        ("dkim=pass header.i=aliya@example.org", ("authenticated", "dkim=pass header.i")),
        ("dkim=pass header.d=example.com header.i=aliya@example.org", ("none", "no trusted result that passes")),
        (
            "dkim=pass header.d=example.com header.d=example.org",
            ("none", "no trusted result that passes"),
        ),
        ("dkim=fail header.d=example.org", ("none", "no trusted result that passes")),
        (
            "dkim=pass header.d=example.com; dkim=pass header.d=example.org",
            ("authenticated", "dkim=pass header.d"),
        ),
        ("dkim=pass header.d=mail.example.org", ("weak", "dkim=pass header.d of mail.example.org")),
        ("dkim=pass header.d=org", ("none", "no trusted result that passes")),
        ("dkim=pass header.d=badexample.org", ("none", "no trusted result that passes")),
        ("dkim=pass header.d=examp1e.org", ("none", "no trusted result that passes")),
        ("spf=pass smtp.mailfrom=aliya@example.org", ("weak", "spf=pass only")),
        ("spf=pass smtp.mailfrom=example.org; dkim=none; dmarc=none", ("weak", "spf=pass only")),
        ("spf=pass smtp.mail=aliya@example.org", ("weak", "spf=pass only")),
        ("spf=pass smtp.mail=aliya@example.com", ("none", "no trusted result that passes")),
        ("spf=pass smtp.mailfrom=a@example.com", ("none", "no trusted result that passes")),
        ("spf=softfail smtp.mailfrom=a@example.org", ("none", "no trusted result that passes")),
        ("none", ("none", "no trusted result")),
    ],
)
def test_results(text: str, expected: tuple[str, str]) -> None:
    assert result(text) == expected


def test_a_result_inside_a_comment_or_a_reason_is_nothing() -> None:
    assert result("spf=none (dmarc=pass header.from=example.org)")[0] == "none"
    assert result('spf=none reason="; dmarc=pass header.from=example.org"')[0] == "none"
    assert result("dkim=pass (header.d=example.org) header.d=example.com")[0] == "none"


@pytest.mark.parametrize(
    "text",
    [
        "dkim=pass header.i=@example.org(.example.com header.s=x) header.b=AAAABBBB",
        "dkim=pass header.d=example.org(.example.com header.s=x); dmarc=none",
        "dmarc=pass header.from=example.org(.x).example.com",
        "spf=pass smtp.mailfrom=a@example.org(.example.com; x=y) smtp.helo=z",
        "spf=pass smtp.mailfrom=x@example.com smtp.mailfrom=a@example.org",
    ],
)
def test_what_a_careless_host_copies_from_a_strangers_mail_is_nothing(text: str) -> None:
    assert result(text)[0] == "none"


def test_without_settings_nothing_is_proven() -> None:
    assert proof(GOOD, HOP, trust=Trust()).level == "none"


@pytest.mark.parametrize(
    "field",
    [
        "Authentication-Results: evil.example.com; dmarc=pass header.from=example.org",
        "Authentication-Results: (mx.example.kz) evil.example.com; dmarc=pass header.from=example.org",
        "Authentication-Results: mx.example.kz.evil.example.com; dmarc=pass header.from=example.org",
        "Authentication-Results: xmx.example.kz; dmarc=pass header.from=example.org",
        "Authentication-Results: mx.examp1e.kz; dmarc=pass header.from=example.org",
        "Authentication-Results: mх.example.kz; dmarc=pass header.from=example.org",  # a Cyrillic х
        "Authentication-Results: dmarc=pass header.from=example.org",  # no authserv-id at all
        "Authentication-Results: spf=pass smtp.mailfrom=example.org; dmarc=pass header.from=example.org",
        "Authentication-Results: mx.example.kz 2; dmarc=pass header.from=example.org",
        "Authentication-Results: mx.example.kz; dmarc=pass header.from=example.org (unclosed",
        "Authentication-Results: mx.example.kz; dmarc=pass header.from=пример.org",
        "Authentication-Results: mx.example.kz; dmarc=pass" + "(" * 5000,
        "Authentication-Results: mx.example.kz;" + " dkim=pass;" * 5000,
        "Authentication-Results:",
        "X-Authentication-Results: mx.example.kz; dmarc=pass header.from=example.org",
        "ARC-Authentication-Results: i=1; mx.example.kz; dmarc=pass header.from=example.org",
    ],
)
def test_a_field_that_proves_nothing(field: str) -> None:
    assert proof(field, HOP).level == "none"


@pytest.mark.parametrize(
    "field",
    [
        "authentication-results: MX.Example.KZ 1; dmarc=pass header.from=example.org",
        "Authentication-Results: (c) mx.example.kz (d); dmarc=pass header.from=example.org",
        "Authentication-Results: mx.example.kz;\r\n\tspf=pass smtp.mailfrom=a@example.org;\r\n dmarc=pass"
        " header.from=example.org",
    ],
)
def test_other_spellings_of_a_good_field(field: str) -> None:
    assert proof(field, HOP).because == "dmarc=pass"


def test_only_the_topmost_field_of_a_host_counts() -> None:
    bad = "Authentication-Results: mx.example.kz; dmarc=fail header.from=example.org"
    empty = "Authentication-Results: mx.example.kz; none"
    assert proof(bad, GOOD, HOP).because == "dmarc=fail"
    assert proof(empty, GOOD, HOP).level == "none"
    assert proof(GOOD, bad, HOP).because == "dmarc=pass"
    assert proof("Authentication-Results: mx.example.kz; broken", GOOD, HOP).level == "none"


def test_a_field_in_the_other_place_is_nothing() -> None:
    assert proof(HOP, GOOD).level == "none"
    google = "Authentication-Results: mx.example.com; dmarc=pass header.from=example.org"
    hop = HOP.replace("mx.example.kz", "mx.example.com")
    assert proof(google, hop, trust=BELOW).level == "none"


class TestBelow:
    """A host that writes its field under its own Received."""

    field = "Authentication-Results: mx.example.com; dmarc=pass header.from=example.org"
    inner = "Received: by 2002:a05:6402:1 with SMTP id x; now"
    hop = "Received: from out.example.org (out.example.org. [203.0.113.5]) by mx.example.com with ESMTPS id x; now"
    other = "Received: from b by out.example.org; now"

    def test_its_place(self) -> None:
        assert proof(self.hop, self.field, self.other, trust=BELOW).because == "dmarc=pass"
        assert (
            proof(self.inner, self.hop, self.field, "DKIM-Signature: d=example.org", trust=BELOW).because
            == "dmarc=pass"
        )

    def test_under_the_next_hop_it_is_forged(self) -> None:
        assert proof(self.hop, self.other, self.field, trust=BELOW).level == "none"

    def test_under_a_signature_it_is_forged(self) -> None:
        assert proof(self.hop, "DKIM-Signature: d=example.org", self.field, trust=BELOW).level == "none"

    def test_under_another_hosts_hop_it_is_forged(self) -> None:
        assert proof(HOP, self.field, trust=BELOW).level == "none"

    def test_no_hop_at_all(self) -> None:
        assert proof(self.field, trust=BELOW).level == "none"

    def test_hosts_of_one_house(self) -> None:
        trust = Trust.of(["mxs.example.com:below"])
        field = self.field.replace("mx.example.com", "mxs.example.com")
        assert (
            proof(self.hop.replace("mx.example.com", "mx70.i.example.com"), field, trust=trust).level == "authenticated"
        )


def test_hosts_with_changing_names() -> None:
    trust = Trust.of(["*.example.net"])
    field = "Authentication-Results: {}; dmarc=pass header.from=example.org"
    assert proof(field.format("mx7.sas.example.net"), HOP, trust=trust).level == "authenticated"
    assert proof(field.format("example.net"), HOP, trust=trust).level == "none"
    assert proof(field.format("badexample.net"), HOP, trust=trust).level == "none"


def test_settings_compile() -> None:
    trust = compile_trust(TrustSettings(authserv=["MX.example.kz", "*.example.net:below"], internal=["Пошта.қаз."]))
    assert [(host.name, host.subdomains, host.below) for host in trust.hosts] == [
        ("mx.example.kz", False, False),
        ("example.net", True, True),
    ]
    assert trust.internal == frozenset({"xn--80a1acn3a.xn--80ao21a"})


@pytest.mark.parametrize("entry", ["", "a b", "mx.example.kz:beside", "*", "*.kz", "*mx.example.kz", "a,b"])
def test_a_setting_that_is_none(entry: str) -> None:
    with pytest.raises(ConfigError):
        Trust.of([entry])


@pytest.mark.parametrize(
    "field",
    [
        "From: b@example.org",
        "Subject: again",
        "Date: x\r\nDate: y",
        "Reply-To: a@b.kz\r\nReply-To: c@d.kz",
        "Content-Transfer-Encoding: base64\r\nContent-Transfer-Encoding: 7bit",
    ],
)
def test_a_repeated_header_is_never_authenticated(field: str) -> None:
    assert proof(GOOD, HOP, field).level == "none"


def test_two_from_fields_and_several_mailboxes() -> None:
    assert proof(GOOD, HOP, "From: b@example.org") == Evidence(level="none", because="two From fields", address=None)
    assert proof(GOOD, HOP, sender="a@example.org>, <b@example.org").because == "no single From"


@pytest.mark.parametrize(
    "octets", [b"From: a@example.org\0", b"From: a@example.org\rX: y", b"From: a@example.org\r\njunk"]
)
def test_a_damaged_header_is_never_authenticated(octets: bytes) -> None:
    message = parse(b"\r\n".join([GOOD.encode(), HOP.encode(), octets, b"Subject: x", b"", b"y"]))
    assert message.writer is not None
    assert verify(message, MX).level == "none"


def test_domains_compare_as_a_labels() -> None:
    assert result("dmarc=pass header.from=xn--80a1acn3a.xn--80ao21a", sender="айгүл@пошта.қаз")[0] == "authenticated"
    assert result("dkim=pass header.d=EXAMPLE.org.", sender="a@Example.ORG")[0] == "authenticated"


def test_reply_to_elsewhere_is_recorded() -> None:
    assert proof(GOOD, HOP, "Reply-To: other@example.org").reply_to_differs
    assert proof(GOOD, HOP, "Reply-To: A <ALIYA@example.org>, b@example.org").reply_to_differs
    assert not proof(GOOD, HOP, "Reply-To: A <ALIYA@Example.org>").reply_to_differs
    assert not proof(GOOD, HOP).reply_to_differs


class TestParentDomain:
    """A signature of a parent or child domain needs the DMARC record."""

    field = "Authentication-Results: mx.example.kz; dkim=pass header.d=example.org"

    def proof(self, zone: dict[str, list[str]]) -> Evidence:
        return proof(self.field, HOP, sender="a@mail.example.org", resolve=lambda name: zone.get(name, []))

    def test_without_dns_it_is_weak(self) -> None:
        assert proof(self.field, HOP, sender="a@mail.example.org").level == "weak"

    def test_with_a_record_it_counts(self) -> None:
        assert self.proof({"_dmarc.example.org": ["v=DMARC1; p=none"]}).level == "authenticated"

    @pytest.mark.parametrize(
        "records", [[], ["v=DMARC1; p=none; adkim=s"], ["v=DMARC1", "v=DMARC1"], ["v=DMARC1; psd=y"], ["spf"]]
    )
    def test_with_a_record_that_forbids_it(self, records: list[str]) -> None:
        assert self.proof({"_dmarc.example.org": records}).level == "weak"

    def test_where_dns_fails_the_mail_waits(self) -> None:
        def fails(name: str) -> list[str]:
            raise TemporaryError(name)

        evidence = proof(self.field, HOP, sender="a@mail.example.org", resolve=fails)
        assert (evidence.level, evidence.waits) == ("weak", True)


class TestInternal:
    """Mail between two users of one provider."""

    trust = Trust.of(["mx.example.kz"], ["example.org"])
    inside = "Received: from web.example.org (web.example.org [10.0.0.2]) by store.example.org with LMTP; now"
    login = "Received: from pc (home.example.com [198.51.100.7]) by smtp.example.org with ESMTPSA id x; now"
    outside = (
        "Received: from web.example.org (evil.example.com [203.0.113.9]) by smtp.example.org with ESMTPS id x; now"
    )
    unknown = "Received: from web.example.org (unknown [203.0.113.9]) by smtp.example.org with ESMTPS id x; now"

    def test_that_stayed_inside(self) -> None:
        assert proof(self.inside, trust=self.trust).because == "internal example.org"
        assert proof(self.inside, self.login, "Received: from x by y", trust=self.trust).level == "authenticated"

    @pytest.mark.parametrize("hop", [outside, unknown, "Received: by qmail", "Received: from a by b"])
    def test_that_came_from_outside(self, hop: str) -> None:
        assert proof(self.inside, hop, trust=self.trust).level == "none"

    @pytest.mark.parametrize(
        "hop",
        [
            # what the sender says of himself: Exim, qmail
            "from [8.8.8.8] (helo=web.example.org) by mx.example.org with esmtps (TLS1.3) (Exim 4.96) id 1; now",
            "from [8.8.8.8] (port=25 helo=web.example.org ident=web.example.org) by mx.example.org with esmtp; now",
            "from web.example.org (HELO web.example.org) (8.8.8.8) by mx.example.org with SMTP; now",
            # a name that could not be confirmed: Sendmail
            "from web.example.org (web.example.org [8.8.8.8] (may be forged)) by mx.example.org with ESMTP; now",
            # a recipient (of a mailbox with plus addresses) and an envelope sender with words of the line in quotes
            "from a.example.com (a.example.com [8.8.8.8]) by mx.example.org with ESMTP id 1"
            ' for <"info+ with ESMTPSA "@example.org>; now',
            'from a.example.com (a.example.com [8.8.8.8]) by mx.example.org (envelope-from <"x) with ESMTPSA ("@e.com>)'
            " with ESMTP; now",
            "from " + "x" * 2500 + " (a.example.com [8.8.8.8]) by mx.example.org with ESMTP; now",
        ],
    )
    def test_a_word_of_the_sender_in_the_line(self, hop: str) -> None:
        assert proof(f"Received: {hop}", trust=self.trust).level == "none"

    def test_that_nobody_took(self) -> None:
        assert proof(trust=self.trust).level == "none"

    def test_of_another_domain(self) -> None:
        assert proof(self.inside, trust=self.trust, sender="a@example.com").level == "none"

    def test_a_result_is_stronger_than_the_list(self) -> None:
        field = "Authentication-Results: mx.example.kz; dmarc=fail header.from=example.org"
        assert proof(field, self.inside, trust=self.trust).because == "dmarc=fail"

    def test_unless_named_it_proves_nothing(self) -> None:
        assert proof(self.inside, trust=MX).level == "none"


_PIECES = st.lists(
    st.sampled_from(
        [*';=()"\\Ж/@1 \t', "mx.example.kz", "dkim", "dmarc", "pass", "none", "header.d", "header.from", "example.org"]
    ),
    max_size=30,
)


@given(_PIECES)
def test_any_field_is_weighed(pieces: list[str]) -> None:
    proof("Authentication-Results: mx.example.kz;" + "".join(pieces), HOP)


LMTP = "Received: from mx.example.kz by store.internal (Dovecot) with LMTP id 7; Mon, 23 Nov 2026 10:00:02 +0000\r\n"
BORDER = "Received: from out.example.com by mx.example.kz with ESMTPS; Mon, 23 Nov 2026 10:00:01 +0000\r\n"
RESULT = "Authentication-Results: mx.example.kz; dmarc=pass header.from=example.com\r\n"
REST = "From: aliya@example.com\r\nTo: info@example.kz\r\nSubject: x\r\n\r\nx\r\n"


@pytest.mark.parametrize(
    ("header", "level"),
    [
        (LMTP + RESULT + BORDER, "authenticated"),
        (LMTP + LMTP + RESULT + BORDER, "authenticated"),
        (LMTP + BORDER + RESULT, "none"),  # a stranger's own field, below the border
        (LMTP.replace("from mx.example.kz", "from x by y with LMTP") + RESULT + BORDER, "none"),
        (BORDER.replace("out.example.com", "lmtp") + RESULT, "none"),
        (BORDER.replace("with ESMTPS", "(with LMTP) with ESMTPS") + RESULT, "none"),
        # a greeting and an envelope sender whose parentheses turn what lies between them into a comment
        (
            BORDER.replace("out.example.com", "x by y with lmtp (").replace("ESMTPS", 'ESMTPS <"x)"@e.com>') + RESULT,
            "none",
        ),
        (BORDER.replace("ESMTPS", 'ESMTPS for <"info+ with LMTP "@example.kz>') + RESULT, "none"),
    ],
)
def test_the_delivery_into_the_mail_store_is_no_border(header: str, level: str) -> None:
    message = parse((header + REST).encode())
    assert verify(message, Trust.of(["mx.example.kz"])).level == level


class TestOneFromForAll:
    """The host that checked the mail and mailbot must read one and the same From."""

    @pytest.mark.parametrize("charset", ["shift_jis", "gbk", "big5", "cp037", "utf-16", "iso-2022-kr", "utf-8", "x"])
    def test_a_charset_that_swallows_a_backslash(self, charset: str) -> None:
        # by its octets a mail of evil@example.org: the rest is a display name in quotes and a comment
        sender = b'"x\x81\\" <aliya@example.org> (" <evil@example.org> (\x81\\) )'
        kind = f"Content-Type: text/plain; charset={charset}".encode()
        message = parse(b"\r\n".join([GOOD.encode(), HOP.encode(), b"From: " + sender, kind, b"", b"y"]))
        assert message.writer in (None, "evil@example.org")

    def test_a_kelvin_sign_is_no_k(self) -> None:
        message = parse("From: \u212aalim@example.org\r\n\r\ny".encode())
        assert message.writer is not None
        assert address_key(message.writer) != address_key("kalim@example.org")
        assert address_key("\u212aalim@example.org") != "kalim@example.org"


def test_a_reply_to_that_can_t_be_read_leads_elsewhere() -> None:
    assert proof(GOOD, HOP, "Reply-To: aliya at example.org").reply_to_differs
    assert not proof(GOOD, HOP, "Reply-To: ").reply_to_differs
    assert not proof(GOOD, HOP, "Reply-To: Aliya <ALIYA@example.org>").reply_to_differs


def test_a_reply_to_elsewhere_is_told_of_a_damaged_mail_too() -> None:
    evidence = proof(GOOD, HOP, "Reply-To: b@example.com", "Subject: one")  # a second Subject follows
    assert (evidence.because, evidence.reply_to_differs) == ("subject occurs twice", True)


def test_where_dns_is_silent_spf_is_the_reason_and_the_mail_waits() -> None:
    def silent(name: str) -> list[str]:
        raise TemporaryError(name)

    results = "dkim=pass header.d=m.example.org; spf=pass smtp.mailfrom=n.example.org"
    evidence = proof(f"Authentication-Results: mx.example.kz; {results}", HOP, sender="a@n.example.org", resolve=silent)
    assert (evidence.level, evidence.because, evidence.waits) == ("weak", "spf=pass only", True)
