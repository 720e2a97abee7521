"""What a delivery report says: failed or not, with which status, in words that name no address."""

from __future__ import annotations

import pytest

from mailbot.reading.delivery import delivery, plain
from mailbot.reading.parse import parse
from mailbot.reading.tokens import bounce_keys, returned, unsubscribe_token

TOKEN, OTHER = "abcdefghijklmnopqrstuvwxyz", "zyxwvutsrqponmlkjihgfedcba"


def structured(fields: str, kind: str = "delivery-status", text: str = "A report.") -> bytes:
    return (
        f'Content-Type: multipart/report; report-type={kind}; boundary="b"\n\n--b\nContent-Type: text/plain\n\n{text}\n'
        f"--b\nContent-Type: message/{kind}\n\nReporting-MTA: dns; mail.example.net\n\n{fields}\n\n--b--\n"
    ).encode()


def said(fields: str, kind: str = "delivery-status", text: str = "A report.") -> tuple[str, str, str, bool]:
    found = delivery(parse(structured(fields, kind, text)))
    return found.action, found.status, found.why, found.failed


@pytest.mark.parametrize("kind", ["delivery-status", "global-delivery-status"])
@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (
            "Final-Recipient: rfc822; aliya@example.com\nAction: failed\nStatus: 5.1.1\n"
            "Diagnostic-Code: smtp; 550 5.1.1 <aliya@example.com>:\n    no such user",
            ("failed", "5.1.1", "550 5.1.1 no such user", True),
        ),
        ("Action: FAILED (permanent)\nStatus: 5.0.0 (undefined)", ("failed", "5.0.0", "", True)),
        ("Action: failed\nStatus: 4.4.7", ("failed", "4.4.7", "", True)),
        ("Action: delayed\nStatus: 4.4.1\nWill-Retry-Until: x", ("delayed", "4.4.1", "", False)),
        ("Action: delayed\nStatus: 5.4.1", ("delayed", "5.4.1", "", False)),
        ("Action: delivered\nStatus: 2.0.0", ("delivered", "2.0.0", "", False)),
        ("Action: relayed\nStatus: 2.0.0", ("relayed", "2.0.0", "", False)),
        ("Action: expanded\nStatus: 2.0.0", ("expanded", "2.0.0", "", False)),
        ("action:failed\nSTATUS:5.2.2", ("failed", "5.2.2", "", True)),
        ("Action: delivered\nStatus: 2.0.0\n\nAction: failed\nStatus: 5.2.2", ("failed", "5.2.2", "", True)),
        ("Status: 5.1.1", ("", "", "", True)),  # no action: the report is broken, and what such a mail is
    ],
)
def test_fields(kind: str, fields: str, expected: tuple[str, str, str, bool]) -> None:
    assert said(fields, kind) == expected


def test_the_text_of_a_report_with_fields_does_not_outvote_them() -> None:
    assert said("Action: delayed\nStatus: 4.4.1", text="Action: failed\nStatus: 5.1.1")[3] is False


@pytest.mark.parametrize(
    ("subject", "text", "failed", "status"),
    [
        (
            "failure notice",
            "Hi. This is qmail.\n<a@b.example>:\n550 5.1.1 no such user",
            True,
            "5.1.1",
        ),
        ("Undelivered", "Action: failed\nStatus: 5.2.1\n", True, "5.2.1"),
        ("Undelivered", "host mx.example[192.0.2.1] said: 552 mailbox full", True, ""),
        ("Undelivered", "the mailbox is full", True, ""),
        ("Warning: could not send message for past 4 hours", "451 4.4.1 timed out", False, "4.4.1"),
        ("Delivery delayed", "It will be retried.", False, ""),
        ("Письмо задерживается", "Попытки продолжаются.", False, ""),
        ("Successful Mail Delivery Report", "It was delivered.", False, ""),
        ("Undelivered", "version 5.1.1.3 of the filter at 5.1.1.9", True, ""),
    ],
)
def test_text_alone(subject: str, text: str, failed: bool, status: str) -> None:
    found = delivery(parse(f"Subject: {subject}\n\n{text}\n".encode()))
    assert (found.failed, found.status) == (failed, status)


@pytest.mark.parametrize(
    ("text", "told"),
    [("550 5.1.1 no such user", True), ("552 mailbox full", True), ("I am away.", False), ("451 4.4.1 later", False)],
)
def test_whether_the_failure_is_said_outright(text: str, told: bool) -> None:
    assert delivery(parse(f"Subject: x\n\n{text}\n".encode())).told is told


def test_words_without_addresses() -> None:
    assert plain("smtp; 550 <a@b.example>: Aliya a=b.example@c gone", "aliya") == "550 gone"
    assert plain("x-unix; said\r\n no " + "y " * 300)[:10] == "said no y "
    assert len(plain("y " * 300)) <= 200
    assert (
        plain("550 5.1.1 box of +77010000002, born 1985-03-02, full (#5.2.2)") == "550 5.1.1 box of born full (#5.2.2)"
    )
    assert plain("550 of a user", "a") == "550 of a user", "a name of one letter hides nothing"


def test_a_report_of_rubbish_is_read_all_the_same() -> None:
    for octets in (b"", b"\xff" * 5000, structured("\x00" * 100), structured("Action:" * 5000), b"Action: \n" * 9000):
        assert delivery(parse(octets)).action in ("", "action")


def test_what_a_report_brings_back() -> None:
    octets = (
        f"In-Reply-To: <{OTHER}@example.kz>\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n--b\n\n'
        f"> [{'b' * 26}]\n--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: <{TOKEN.upper()}@example.kz>\n--b--\n"
    ).encode()
    assert returned(parse(octets)) == (TOKEN, OTHER, "b" * 26)


@pytest.mark.parametrize("name", ["Delivered-To", "X-Original-To", "Envelope-To", "To", "X-Envelope-To"])
def test_bounce_keys(name: str) -> None:
    assert bounce_keys(parse(f"{name}: <Info+ABCDEFGHIJKLMNOP@example.kz>\n\n".encode())) == ("abcdefghijklmnop",)
    plus = f"{name}: a+b+abcdefghijklmnop@example.kz, c+abcdefghijklmnop@example.kz\n\n"
    assert bounce_keys(parse(plus.encode())) == ("abcdefghijklmnop",)


@pytest.mark.parametrize("field", ["From: a+abcdefghijklmnop@example.kz", "To: a+abcdefghijklmno@b.example", "To: x"])
def test_what_is_no_bounce_key(field: str) -> None:
    assert bounce_keys(parse(f"{field}\n\n".encode())) == ()


@pytest.mark.parametrize(
    ("subject", "token"),
    [
        (f"unsubscribe-{TOKEN[:24]}77", f"{TOKEN[:24]}77"),
        (f"   Unsubscribe-{TOKEN.upper()}  ", TOKEN),
        (f"=?utf-8?q?unsubscribe-{TOKEN}?=", TOKEN),
        (f"Re: unsubscribe-{TOKEN}", ""),
        (f"unsubscribe-{TOKEN}x", ""),
        (f"unsubscribe-{TOKEN[:25]}", ""),
        (f"unsubscribe {TOKEN}", ""),
        ("unsubscribe", ""),
    ],
)
def test_unsubscribe_tokens(subject: str, token: str) -> None:
    assert unsubscribe_token(parse(f"Subject: {subject}\n\n".encode())) == token
