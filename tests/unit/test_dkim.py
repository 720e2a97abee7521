"""dkim: signatures checked here, what they must cover, and what the key's owner allows."""

from __future__ import annotations

import base64
import time
from datetime import UTC, datetime, timedelta

import dkim
import nacl.signing
import pytest

from mailbot.reading.dkim import Arrival, signatures, tag_list
from mailbot.reading.parse import parse
from mailbot.reading.sender import Evidence, verify
from mailbot.reading.trust import Trust
from mailbot.reading.verifier import Verifier
from tests.support.signing import AT, DOMAIN, SIGNED, Zone, mail, resolver, sign, sign_tags, zone

RECEIVED = datetime(2026, 11, 23, 10, 5, tzinfo=UTC)
BOX = "info@example.kz"
STAMP = int(RECEIVED.timestamp())


def proof(
    octets: bytes, records: Zone | None = None, *, at: datetime = RECEIVED, silent: tuple[str, ...] = ()
) -> Evidence:
    dns = resolver(zone() if records is None else records, silent)
    return verify(parse(octets), Trust(), Arrival(octets=octets, at=at, own=(BOX,)), dns)


def level(octets: bytes, records: Zone | None = None, **more: object) -> tuple[str, str]:
    evidence = proof(octets, records, **more)  # type: ignore[arg-type]
    return evidence.level, evidence.because


GOOD = ("authenticated", "signature checked")


class TestValid:
    @pytest.mark.parametrize("headers", [dkim.Relaxed, dkim.Simple])
    @pytest.mark.parametrize("body", [dkim.Relaxed, dkim.Simple])
    def test_every_canonicalisation(self, headers: bytes, body: bytes) -> None:
        octets = mail(body="a  b \r\n\r\n c\t\r\n\r\n\r\n", Subject="=?utf-8?b?0JTQsA==?=\r\n  x")
        assert level(sign(octets, canonicalize=(headers, body))) == GOOD

    @pytest.mark.parametrize("body", ["", "\r\n", "\r\n\r\n\r\n", "no line end", " \r\n", "x\r\n \r\n"])
    @pytest.mark.parametrize("canonical", [dkim.Relaxed, dkim.Simple])
    def test_every_end_of_a_body(self, body: str, canonical: bytes) -> None:
        assert level(sign(mail(body=body), canonicalize=(b"relaxed", canonical))) == GOOD

    def test_line_ends_of_a_maildir(self) -> None:
        assert level(sign(mail()).replace(b"\r\n", b"\n")) == GOOD

    def test_fields_above_the_signature(self) -> None:
        octets = b"Return-Path: <a@b.example>\r\nReceived: from a by b; " + AT.encode() + b"\r\n" + sign(mail())
        assert level(octets) == GOOD

    def test_a_second_signature_counts_where_the_first_is_broken(self) -> None:
        broken = sign(mail()).replace(b"bh=", b"bh=AAAA", 1)
        assert level(broken.partition(b"From:")[0] + sign(mail())) == GOOD

    def test_a_signature_of_somebody_else_does_no_harm(self) -> None:
        both = sign(sign(mail()), domain="esp.example.com")
        assert level(both, {**zone(), **zone(domain="esp.example.com")}) == GOOD

    def test_ed25519(self) -> None:
        key = nacl.signing.SigningKey.generate()
        field = dkim.sign(
            mail(), b"s1", DOMAIN.encode(), base64.b64encode(bytes(key)), signature_algorithm=b"ed25519-sha256",
            include_headers=[name.encode() for name in SIGNED],
        )  # fmt: skip
        record = f"v=DKIM1; k=ed25519; p={base64.b64encode(bytes(key.verify_key)).decode()}"
        assert level(field + mail(), {f"s1._domainkey.{DOMAIN}": [record]}) == GOOD
        assert level(field + mail())[0] == "none"  # an RSA key does not answer for it

    @pytest.mark.parametrize(
        "tags",
        ["q=dns/txt", "q=dns/txt:dns/other", "i=@example.org", "i=@mail.example.org", "i=a=40b=3D@example.org",
         f"t={STAMP - 60}", f"x={STAMP + 60}", "z=From:x|To:y", "a=rsa-sha256 ", "d=EXAMPLE.org"],
    )  # fmt: skip
    def test_odd_and_right(self, tags: str) -> None:
        assert level(sign_tags(mail(), tags)) == GOOD

    def test_a_domain_in_kazakh(self) -> None:
        octets = sign(mail(From="aliya@xn--80a1acn3a.example"), domain="xn--80a1acn3a.example")
        assert level(octets, zone(domain="xn--80a1acn3a.example")) == GOOD


class TestNotValid:
    @pytest.mark.parametrize(
        ("before", "after"),
        [(b"unsubscribe", b"Unsubscribe"), ("Да".encode(), "Нет".encode()), (b"Aliya <", b"Boris <"), (b"<1@", b"<2@"),
         (b"info@example.kz", b"info@example.com")],
    )  # fmt: skip
    def test_a_changed_mail(self, before: bytes, after: bytes) -> None:
        octets = sign(mail())
        assert before in octets
        assert level(octets.replace(before, after))[0] == "none"

    @pytest.mark.parametrize(
        "tags",
        ["v=2", "v=", "a=rsa-sha1", "a=rsa-md5", "q=dns/other", "i=@example.com", "i=@badexample.org", "l=x",
         "x=tomorrow", f"t={STAMP}; x={STAMP - 5}", "h=to:subject:date:message-id", "c=nofws",
         "h=" + "from:" * 300 + "to", "s=s1\\", "d=x\\.example.org; i=@x\\.example.org"],
    )  # fmt: skip
    def test_a_field_that_must_not_count(self, tags: str) -> None:
        assert level(sign_tags(mail(), tags))[0] == "none"

    def test_a_tag_that_stands_twice(self) -> None:
        octets = sign_tags(mail(), "")
        assert level(octets.replace(b"; b=", b"; s=s1; b="))[0] == "none"

    @pytest.mark.parametrize(
        "record",
        ["p=", "v=DKIM1; p=", "v=DKIM2; p={key}", "k=ed25519; p={key}", "h=sha1; p={key}", "s=tlsrpt; p={key}",
         "t=y; p={key}", "t=s:y; p={key}", "p=AAAA", "p={key}; v=DKIM1", "p=!!!!", "p={key}x; p={key}", "n=no key"],
    )  # fmt: skip
    def test_a_key_that_may_not_be_used(self, record: str) -> None:
        key = zone()[f"s1._domainkey.{DOMAIN}"][0].rpartition("p=")[2]
        assert level(sign(mail()), {f"s1._domainkey.{DOMAIN}": [record.format(key=key)]})[0] == "none"

    def test_keys_that_may(self) -> None:
        for tags in ("s=email; ", "s=other:email; ", "h=sha1:sha256; ", "k=rsa; ", "t=s; ", "n=note; g=*; "):
            assert level(sign(mail()), zone(tags)) == GOOD

    def test_a_key_for_no_subdomain(self) -> None:
        assert level(sign_tags(mail(), "i=@mail.example.org"), zone("t=s; "))[0] == "none"
        assert level(sign_tags(mail(), "i=@example.org"), zone("t=s; ")) == GOOD

    def test_no_key_and_two_keys(self) -> None:
        assert level(sign(mail()), {})[0] == "none"
        both = zone()[f"s1._domainkey.{DOMAIN}"] * 2
        assert level(sign(mail()), {f"s1._domainkey.{DOMAIN}": both})[0] == "none"
        spf = ["v=spf1 -all", *zone()[f"s1._domainkey.{DOMAIN}"]]
        assert level(sign(mail()), {f"s1._domainkey.{DOMAIN}": spf}) == GOOD

    def test_a_short_key(self) -> None:
        assert level(sign(mail(), bits=512), zone(bits=512))[0] == "none"

    def test_a_key_that_takes_hours(self) -> None:
        # 8,000 letters of record are a modulus of 24,000 bits, with an exponent as long
        number = b"\x02\x82\x0b\xb8" + b"\x7f" + b"\xff" * 2999
        key = b"\x30\x82" + (2 * len(number)).to_bytes(2, "big") + number * 2
        record = f"p={base64.b64encode(key).decode()}"
        started = time.process_time()
        assert level(sign(mail()), {f"s1._domainkey.{DOMAIN}": [record]})[0] == "none"
        assert time.process_time() - started < 1

    @pytest.mark.parametrize(
        "body", [" " * 1_000_000, "\r\n" * 500_000 + "x", "a\r\n" + "\r\n" * 500_000, " \t" * 500_000 + "\r\nx"]
    )
    def test_a_body_that_takes_hours(self, body: str) -> None:
        octets = sign(mail()).replace("Да".encode(), body.encode())
        started = time.process_time()
        assert level(octets)[0] == "none"
        assert time.process_time() - started < 2

    def test_a_field_that_takes_hours(self) -> None:
        for odd in (" b" + " \r\n " * 1_900, " b=" + " \r\n " * 1_900 + "!", ";" * 7_000, "h=" + "from:" * 1_500):
            octets = (
                f"DKIM-Signature: v=1; a=rsa-sha256; d={DOMAIN}; s=s1; bh=AAAA; h=from; {odd}\r\n".encode() + mail()
            )
            started = time.process_time()
            assert level(octets)[0] == "none"
            assert time.process_time() - started < 1

    def test_of_very_many_only_the_first_are_looked_at(self) -> None:
        asked: list[str] = []
        octets = b"".join(
            f"DKIM-Signature: v=1; a=rsa-sha256; d={DOMAIN}; s=s{n}; h=from; bh=AA; b=AA\r\n".encode()
            for n in range(900)
        )

        def resolve(name: str) -> list[str]:
            asked.append(name)
            return []

        verify(parse(octets + mail()), Trust(), Arrival(octets=octets + mail(), at=RECEIVED), resolve)
        assert len(asked) == 8


class TestCoverage:
    """A valid signature of the right domain that proves less than is asked: weak."""

    @pytest.mark.parametrize("name", ["subject", "date", "to", "message-id"])
    def test_a_field_that_is_not_signed(self, name: str) -> None:
        signed = [one for one in SIGNED if one != name]
        assert level(sign(mail(), signed=signed)) == ("weak", f"signature checked, {name} not signed")

    def test_a_length(self) -> None:
        octets = sign(mail(), length=True)
        assert level(octets) == ("weak", "signature checked, l= leaves the end unsigned")
        assert level(octets + b"more\r\n")[0] == "weak"

    def test_expired(self) -> None:
        assert level(sign_tags(mail(), f"x={STAMP - 1}")) == ("weak", "signature checked, expired")

    def test_compared_with_the_time_of_receipt_and_not_with_the_clock(self) -> None:
        octets = sign_tags(mail(Date="Mon, 1 Jun 2015 10:00:00 +0000"), "x=1433325600")
        assert level(octets, at=datetime(2015, 6, 1, 10, 1, tzinfo=UTC)) == GOOD

    @pytest.mark.parametrize(
        ("days", "expected"), [(0, "authenticated"), (2.9, "authenticated"), (3.1, "weak"), (-3.1, "weak")]
    )
    def test_received_long_after_it_was_signed(self, days: float, expected: str) -> None:
        assert level(sign(mail()), at=RECEIVED + timedelta(days=days))[0] == expected

    def test_without_a_date(self) -> None:
        assert level(sign(mail(Date="soon")))[0] == "weak"

    @pytest.mark.parametrize(
        ("to", "cc", "expected"),
        [
            ("INFO@Example.KZ", "", "authenticated"),
            ("b@example.com, Site <info@example.kz>", "", "authenticated"),
            ("info+news@example.kz", "", "authenticated"),
            ("b@example.com", "info@example.kz", "authenticated"),
            ("b@example.com", "", "weak"),
            ('"info@example.kz" <b@example.com>', "", "weak"),
            ("", "info@example.kz", "authenticated"),
        ],
    )
    def test_whom_it_was_written_to(self, to: str, cc: str, expected: str) -> None:
        assert level(sign(mail(To=to, Cc=cc), signed=(*SIGNED, "cc")))[0] == expected

    def test_a_cc_that_is_not_signed(self) -> None:
        octets = sign(mail(To="b@example.com")).replace(b"To: b@", b"Cc: info@example.kz\r\nTo: b@")
        assert level(octets) == ("weak", "signature checked, signed for another addressee")

    def test_without_addresses_of_ours_nobody_is_another_addressee(self) -> None:
        octets = sign(mail(To="b@example.com"))
        evidence = verify(parse(octets), Trust(), Arrival(octets=octets, at=RECEIVED), resolver(zone()))
        assert evidence.level == "authenticated"

    @pytest.mark.parametrize(
        ("kind", "expected"),
        [
            ('multipart/alternative; boundary="0001"', "authenticated"),
            ("multipart/mixed; boundary=X", "weak"),
            ("multipart/mixed; boundary=000", "weak"),
            ("multipart/mixed; boundary=0001; boundary=X", "weak"),
            ("multipart/mixed; boundary*0=X", "weak"),
            ("message/rfc822", "weak"),
            ("text/html", "weak"),
            ("", "weak"),
        ],
    )
    def test_another_content_type_over_the_same_body(self, kind: str, expected: str) -> None:
        inner = "--X\r\nContent-Type: text/plain\r\n\r\nwithdrawal of consent\r\n--X--\r\n"
        body = f"--0001\r\nContent-Type: text/html\r\n\r\n<p>What?</p><pre>\r\n{inner}</pre>\r\n--0001--\r\n"
        signed = [name for name in SIGNED if name != "content-type"]
        assert level(sign(mail(body=body, Content_Type=kind), signed=signed))[0] == expected
        assert level(sign(mail(body=body, Content_Type=kind)))[0] == "authenticated"

    def test_a_second_subject_on_top_keeps_the_signature_valid(self) -> None:
        octets = b"Subject: withdrawal\r\n" + sign(mail())
        assert Verifier(octets, resolver(zone())).fault(signatures(parse(octets))[0]) == ""
        assert level(octets) == ("none", "subject occurs twice")


ORG = {"_dmarc.example.org": ["v=DMARC1; p=none"]}


class TestOneReading:
    """What is computed must be what is acted upon."""

    def test_a_line_that_is_no_field_before_the_body(self) -> None:
        octets = sign(mail()).replace(b"\r\n\r\n", b"\r\nI withdraw my consent\r\n\r\n", 1)
        assert level(octets) == ("none", "damaged header")
        assert Verifier(octets, resolver(zone())).fault(signatures(parse(octets))[0]) == "a tag is damaged"

    def test_a_line_of_an_mbox_file(self) -> None:
        assert level(b"From aliya@example.org Mon Nov 23 10:00:00 2026\r\n" + sign(mail())) == GOOD

    def test_a_name_with_a_blank_before_its_colon(self) -> None:
        assert level(sign(mail()).replace(b"To: ", b"To : ")) == GOOD

    def test_tags_of_one_field_on_the_text_of_another(self) -> None:
        real = sign(mail(), length=True)
        fields = signatures(parse(real))
        tags = {name: text for name, text in fields[0].tags.items() if name != "l"}
        forged = type(fields[0])(number=0, tags=tags, domain=fields[0].domain)
        assert Verifier(real, resolver(zone())).fault(forged) == "a tag is damaged"


class TestAlignment:
    def signed(self, signer: str, writer: str) -> bytes:
        return sign(mail(From=f"a@{writer}"), domain=signer)

    @pytest.mark.parametrize(
        ("signer", "writer", "records", "expected"),
        [
            ("example.org", "example.org", {}, "authenticated"),
            ("example.com", "example.org", ORG, "none"),
            ("example.org", "mail.example.org", ORG, "authenticated"),
            ("mail.example.org", "example.org", ORG, "authenticated"),
            ("a.example.org", "b.example.org", ORG, "authenticated"),
            ("example.org", "mail.example.org", {}, "none"),
            ("example.org", "mail.example.org", {"_dmarc.example.org": ["v=DMARC1; adkim=s"]}, "none"),
            ("badexample.org", "example.org", ORG, "none"),
            ("org", "example.org", ORG, "none"),
        ],
    )
    def test_who_may_sign_for_whom(self, signer: str, writer: str, records: Zone, expected: str) -> None:
        assert level(self.signed(signer, writer), {**zone(domain=signer), **records})[0] == expected


class TestDns:
    key = f"s1._domainkey.{DOMAIN}"

    def test_no_answer_waits_and_is_no_proof(self) -> None:
        evidence = proof(sign(mail()), silent=(self.key,))
        assert (evidence.level, evidence.because, evidence.waits) == ("none", "DNS gives no answer", True)

    def test_another_signature_proves_it_all_the_same(self) -> None:
        both = sign(sign(mail()), domain="mail.example.org")
        records = {**zone(), "_dmarc.example.org": ["v=DMARC1; p=none"]}
        evidence = proof(both, records, silent=("s1._domainkey.mail.example.org",))
        assert (evidence.level, evidence.waits) == ("authenticated", False)

    def test_a_weak_one_waits_for_the_other(self) -> None:
        weak = sign(sign(mail()), signed=("from", "subject", "date"))
        records = {**zone(), **{k.replace("s1", "s2"): v for k, v in zone().items()}}
        octets = weak.replace(b"s=s1", b"s=s2", 1)
        assert proof(octets, records, silent=(f"s2._domainkey.{DOMAIN}",)).level == "authenticated"
        other = sign(sign(mail(), signed=("from", "subject", "date")), domain="mail.example.org")
        evidence = proof(other, records, silent=("s1._domainkey.mail.example.org",))
        assert (evidence.level, evidence.waits) == ("weak", True)

    def test_without_a_resolver_nothing_is_checked(self) -> None:
        octets = sign(mail())
        assert verify(parse(octets), Trust(), Arrival(octets=octets, at=RECEIVED)).level == "none"

    def test_a_result_of_the_mailboxs_host_is_not_checked_again(self) -> None:
        octets = b"Authentication-Results: mx.example.kz; dkim=fail header.d=example.org\r\n" + sign(mail())
        trust = Trust.of(["mx.example.kz"])
        assert verify(parse(octets), trust, Arrival(octets=octets, at=RECEIVED), resolver(zone())).level == "none"


@pytest.mark.parametrize("value", ["", ";", "a", "=b", "1=b", "a=1; a=2", "a=1;; b=2"])
def test_no_tag_list(value: str) -> None:
    assert tag_list(value) is None


def test_a_tag_list() -> None:
    assert tag_list(" v=1; b = a=b ;c=\r\n x; ") == {"v": "1", "b": "a=b", "c": "x"}


class TestReason:
    """What `explain` says where no signature proves the mail."""

    def test_there_is_none_of_that_domain(self) -> None:
        assert level(mail()) == ("none", "no signature of that domain")
        assert level(sign(mail(), domain="esp.example.com")) == ("none", "no signature of that domain")

    def test_a_neighbours_does_not_speak_for_the_domain(self) -> None:
        octets = sign(mail(From="a@n.example.org"), domain="m.example.org")
        assert level(octets, zone(domain="m.example.org")) == ("none", "no signature of that domain")

    def test_its_own_is_not_valid(self) -> None:
        told = level(sign(mail()), {})
        assert told[0] == "none" and told[1].startswith("signature not valid: ") and len(told[1]) > 22

    def test_its_own_is_looked_at_before_a_neighbours(self) -> None:
        asked: list[str] = []

        def resolve(name: str) -> list[str]:
            asked.append(name)
            return zone().get(name, [])

        octets = sign(sign(mail()), domain="m.example.org")
        arrival = Arrival(octets=octets, at=RECEIVED, own=(BOX,))
        assert verify(parse(octets), Trust(), arrival, resolve).level == "authenticated"
        assert asked == [f"s1._domainkey.{DOMAIN}"]
