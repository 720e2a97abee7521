"""Every exception class of the mail libraries is mapped at our doors, by name and not by luck."""

from __future__ import annotations

import imaplib
import inspect
import smtplib
import socket
import ssl

import imapclient.exceptions
import pytest

from mailbot.answering import smtp_errors
from mailbot.errors import (
    CourierRefused,
    CourierUnavailable,
    MailboxRefused,
    MailboxUnavailable,
    ReplyDeferred,
    ReplyRefused,
)
from mailbot.intake import imap_errors

TRANSPORT = [ssl.SSLCertVerificationError, ssl.SSLError, socket.gaierror, TimeoutError, ConnectionResetError]


def classes(module: object) -> list[type[BaseException]]:
    return [each for _, each in inspect.getmembers(module, inspect.isclass) if issubclass(each, BaseException)]


def made(kind: type[BaseException], code: int) -> BaseException:
    if kind is smtplib.SMTPRecipientsRefused:
        return kind({"aliya@example.kz": (code, b"<aliya@example.kz> no")})
    if kind is smtplib.SMTPSenderRefused:
        return kind(code, b"aliya@example.kz no", "aliya@example.kz")
    if issubclass(kind, smtplib.SMTPResponseException):
        return kind(code, b"aliya@example.kz no")
    return kind("aliya@example.kz no")


IMAP = sorted({*classes(imapclient.exceptions), *classes(imaplib.IMAP4)}, key=lambda kind: kind.__name__)
SMTP = [kind for kind in classes(smtplib) if kind.__module__ == "smtplib"]


def test_the_walk_finds_the_libraries_classes() -> None:
    assert {imaplib.IMAP4.abort, imaplib.IMAP4.readonly, imapclient.exceptions.LoginError} <= set(IMAP)
    assert {smtplib.SMTPServerDisconnected, smtplib.SMTPRecipientsRefused} <= set(SMTP)


@pytest.mark.parametrize("kind", IMAP, ids=lambda kind: kind.__name__)
def test_the_mailbox_door_names_each_class(kind: type[BaseException]) -> None:
    assert kind in imap_errors.ERRORS
    ours = imap_errors.translate(made(kind, 0), "imap.example.kz")
    assert type(ours) in (MailboxUnavailable, MailboxRefused)
    assert "imap.example.kz" in str(ours)
    assert "@" not in str(ours)


@pytest.mark.parametrize("kind", SMTP, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("code", [421, 451, 550, -1])
def test_the_courier_door_names_each_class(kind: type[BaseException], code: int) -> None:
    assert kind in smtp_errors.ERRORS
    ours = smtp_errors.translate(made(kind, code), "smtp.example.kz")
    assert type(ours) in (CourierUnavailable, CourierRefused, ReplyDeferred, ReplyRefused)
    assert "smtp.example.kz" in str(ours)
    assert "@" not in str(ours)


@pytest.mark.parametrize("kind", TRANSPORT, ids=lambda kind: kind.__name__)
def test_both_doors_know_the_transport(kind: type[BaseException]) -> None:
    assert type(imap_errors.translate(kind("x"), "h")) in (MailboxUnavailable, MailboxRefused)
    assert type(smtp_errors.translate(kind("x"), "h")) in (CourierUnavailable, CourierRefused)
