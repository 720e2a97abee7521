"""The URLs that the README promises, and a sentence for every wrong one."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailbot.errors import ConfigError
from mailbot.section import is_loopback
from mailbot.urls import CourierUrl, MailboxUrl, courier_url, mailbox_url


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (
            "imaps://info@imap.example.kz/INBOX",
            MailboxUrl(scheme="imaps", host="imap.example.kz", port=993, user="info"),
        ),
        (
            "imaps://info@example.kz@imap.example.kz",
            MailboxUrl(scheme="imaps", host="imap.example.kz", port=993, user="info@example.kz"),
        ),
        (
            "IMAPS://info%40example.kz@imap.example.kz:1993/INBOX/",
            MailboxUrl(scheme="imaps", host="imap.example.kz", port=1993, user="info@example.kz"),
        ),
        (
            "imap://info@example.kz:p%40ss:w%2Frd@127.0.0.1:1143/INBOX",
            MailboxUrl(scheme="imap", host="127.0.0.1", port=1143, user="info@example.kz", password="p@ss:w/rd"),
        ),
        (
            "imap://info@[::1]:1143/mailbot@work/%D3%A8%D1%82%D1%96%D0%BD%D1%96%D1%88",
            MailboxUrl(scheme="imap", host="::1", port=1143, user="info", folder="mailbot@work/Өтініш"),
        ),
        (
            "imap://info@localhost/Өтініш",
            MailboxUrl(scheme="imap", host="localhost", port=143, user="info", folder="Өтініш"),
        ),
        ("maildir:///srv/mail/хат%20box", MailboxUrl(scheme="maildir", path=Path("/srv/mail/хат box"))),
    ],
)
def test_mailbox_urls(text: str, wanted: MailboxUrl) -> None:
    assert mailbox_url(text) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (
            "smtps://info@example.kz@smtp.example.kz",
            CourierUrl(scheme="smtps", host="smtp.example.kz", port=465, user="info@example.kz"),
        ),
        (
            "smtp://info%40example.kz@smtp.example.kz",
            CourierUrl(scheme="smtp", host="smtp.example.kz", port=587, user="info@example.kz"),
        ),
        ("smtp://127.0.0.1:2525", CourierUrl(scheme="smtp", host="127.0.0.1", port=2525)),
        ("smtp://u:p@localhost:25/", CourierUrl(scheme="smtp", host="localhost", port=25, user="u", password="p")),
        ("smtps://почта.example.kz", CourierUrl(scheme="smtps", host="почта.example.kz", port=465)),
        ("maildir:///tmp/sent", CourierUrl(scheme="maildir", path=Path("/tmp/sent"))),
    ],
)
def test_courier_urls(text: str, wanted: CourierUrl) -> None:
    assert courier_url(text) == wanted


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "no URL"),
        ("info@example.kz", "no URL"),
        ("pop3://info@example.kz/INBOX", "pop3:// is no mailbox"),
        ("smtps://info@example.kz", "smtps:// is no mailbox"),
        ("imaps://imap.example.kz/INBOX", "user is missing"),
        ("imaps://info@/INBOX", "host is missing"),
        ("imaps://info@imap example.kz/INBOX", "no host name"),
        ("imaps://info@[127.0.0.1]/INBOX", "no host name"),
        ("imaps://info@[::1/INBOX", "no host name"),
        ("imaps://info@imap.example.kz:/INBOX", "port"),
        ("imaps://info@imap.example.kz:0/INBOX", "port"),
        ("imaps://info@imap.example.kz:65536/INBOX", "port"),
        ("imaps://info@imap.example.kz:http/INBOX", "port"),
        ("imap://info@imap.example.kz/INBOX", "unprotected"),
        ("imap://info@127.0.0.1.example.kz/INBOX", "unprotected"),
        ("imaps://info:hunter2@imap.example.kz/INBOX", "password may stand"),
        ("imaps://info:@imap.example.kz/INBOX", "password may stand"),
        ("imaps://in%0D%0Afo@imap.example.kz/INBOX", "control character"),
        ("maildir://srv/mail", "three slashes"),
        ("maildir:srv/mail", "no URL"),
        ("maildir:///", "names no folder"),
    ],
)
def test_wrong_mailbox_urls(text: str, sentence: str) -> None:
    with pytest.raises(ConfigError, match=r"^mailbox\.url: ") as caught:
        mailbox_url(text)
    assert sentence in str(caught.value)
    assert "hunter2" not in str(caught.value)
    assert "info" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("smtp.example.kz", "no URL"),
        ("imaps://info@example.kz/INBOX", "sends no mail"),
        ("smtp://", "host is missing"),
        ("smtp://info:hunter2@smtp.example.kz:587", "password may stand"),
        ("smtps://info@smtp.example.kz/INBOX", "nothing may follow"),
        ("smtp://u@smtp.example.kz:25 25", "port"),
        ("maildir://mail", "three slashes"),
    ],
)
def test_wrong_courier_urls(text: str, sentence: str) -> None:
    with pytest.raises(ConfigError, match=r"^own\.key: ") as caught:
        courier_url(text, key="own.key")
    assert sentence in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_a_password_is_not_shown() -> None:
    assert "hunter2" not in repr(mailbox_url("imap://info:hunter2@127.0.0.1/INBOX"))
    assert "hunter2" not in repr(courier_url("smtp://info:hunter2@127.0.0.1"))


def test_loopback_is_told_without_dns() -> None:
    assert all(is_loopback(host) for host in ("127.0.0.1", "127.1.2.3", "::1", "localhost", "LOCALHOST."))
    assert not any(is_loopback(host) for host in ("10.0.0.1", "localhost.example.kz", "127.0.0.1.example.kz", ""))
