"""What goes wrong between mailbot and an IMAP server, and the sentence the operator then reads."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mailbot.errors import MailboxRefused, MailboxUnavailable
from mailbot.intake.imap import ImapMailbox
from mailbot.ports import Cursor
from mailbot.urls import MailboxUrl, mailbox_url
from tests.support.boxes import DovecotBox, mail
from tests.support.dovecot import Dovecot
from tests.support.servers import certificate, free_ports

NEVER = Cursor(uidvalidity=None, last_uid=0, since=None)
HELLO = b"* OK [CAPABILITY IMAP4rev1] ready\r\n"
GOOD = {
    "CAPABILITY": "* CAPABILITY IMAP4rev1\r\n{tag} OK done",
    "LOGIN": "{tag} OK [CAPABILITY IMAP4rev1] in",
    "SELECT": "* 0 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT 3] x\r\n{tag} OK [READ-WRITE] done",
    "LOGOUT": "* BYE\r\n{tag} OK bye",
}


@contextmanager
def scripted(answers: dict[str, str], hello: bytes = HELLO) -> Iterator[int]:
    """Serve IMAP connections that answer each command by that table; an empty answer cuts the connection."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection, connection.makefile("rb") as lines:
                connection.sendall(hello)
                for line in lines:
                    tag, command = line.decode().split()[:2]
                    answer = (GOOD | answers).get(command.upper(), "{tag} BAD what")
                    if not answer:
                        break
                    connection.sendall(answer.replace("{tag}", tag).encode() + b"\r\n")

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(timeout=5)


def mailbox_at(port: int, timeout_seconds: float = 10) -> ImapMailbox:
    url = mailbox_url(f"imap://info@example.com:hunter2@127.0.0.1:{port}/INBOX")
    return ImapMailbox(url, password=url.password, timeout_seconds=timeout_seconds)


def test_a_wrong_password(dovecot: Dovecot) -> None:
    url = mailbox_url(dovecot.url("aliya@example.kz"))
    mailbox = ImapMailbox(url, password="hunter2", timeout_seconds=10)
    with pytest.raises(MailboxRefused, match="app password") as caught:
        mailbox.state()
    assert "hunter2" not in str(caught.value)
    assert "aliya" not in str(caught.value)
    assert caught.value.__cause__ is not None


@pytest.mark.parametrize("password", [None, ""])
def test_no_password(dovecot: Dovecot, password: str | None) -> None:
    with pytest.raises(MailboxRefused, match="password_file"):
        ImapMailbox(mailbox_url(dovecot.url(dovecot.user())), password=password).state()


def test_a_password_and_a_user_beyond_plain_letters(dovecot: Dovecot) -> None:
    url = mailbox_url(dovecot.url("info%20box%40example.kz"))
    with pytest.raises(MailboxRefused, match="app password"):
        ImapMailbox(url, password="құпия сөз", timeout_seconds=10).state()


def test_a_missing_folder(dovecot: Dovecot) -> None:
    url = mailbox_url(dovecot.url(dovecot.user(), "Заявки"))
    mailbox = ImapMailbox(url, password=dovecot.password, timeout_seconds=10)
    for call in (mailbox.state, lambda: list(mailbox.fetch(NEVER, ())), lambda: mailbox.file([1])):
        with pytest.raises(MailboxRefused, match="folder Заявки"):
            call()


def test_a_certificate_that_nobody_signed(dovecot: Dovecot, tmp_path: Path) -> None:
    url = mailbox_url(f"imaps://info@127.0.0.1:{dovecot.tls_port}/INBOX")
    other, _ = certificate(tmp_path)
    for ca_file in (None, other):
        with pytest.raises(MailboxRefused, match="certificate"):
            ImapMailbox(url, password="secret", ca_file=ca_file, timeout_seconds=10).state()


def test_a_certificate_of_another_name(dovecot: Dovecot) -> None:
    url = mailbox_url(f"imaps://info@localhost:{dovecot.tls_port}/INBOX")
    with pytest.raises(MailboxRefused, match="certificate"):
        ImapMailbox(url, password="secret", ca_file=dovecot.certificate, timeout_seconds=10).state()


def test_a_ca_file_that_is_not_there(dovecot: Dovecot, tmp_path: Path) -> None:
    url = mailbox_url(f"imaps://info@127.0.0.1:{dovecot.tls_port}/INBOX")
    (tmp_path / "empty.pem").write_bytes(b"")
    for name in ("none.pem", "empty.pem"):
        with pytest.raises(MailboxRefused, match="ca_file"):
            ImapMailbox(url, password="secret", ca_file=tmp_path / name).state()


def test_tls_at_a_port_without_it(dovecot: Dovecot) -> None:
    url = mailbox_url(f"imaps://info@127.0.0.1:{dovecot.port}/INBOX")
    with pytest.raises(MailboxRefused, match="TLS"):
        ImapMailbox(url, password="secret", timeout_seconds=10).state()


def test_nobody_listens() -> None:
    (port,) = free_ports(1)
    mailbox = mailbox_at(port)
    for _ in range(2):
        with pytest.raises(MailboxUnavailable, match="takes no connection"):
            mailbox.state()
    mailbox.close()


def test_plaintext_stays_on_this_machine() -> None:
    url = MailboxUrl(scheme="imap", host="192.0.2.1", port=143, user="info")
    with pytest.raises(MailboxRefused, match="imaps://"):
        ImapMailbox(url, password="secret").state()


def test_a_server_that_says_nothing() -> None:
    with scripted({}, hello=b"") as port, pytest.raises(MailboxUnavailable, match="in time"):
        mailbox_at(port, timeout_seconds=0.3).state()


@pytest.mark.parametrize(
    ("answers", "hello", "wanted"),
    [
        ({}, b"* BYE too many\r\n", MailboxUnavailable),
        ({}, b"HTTP/1.1 400 Bad Request\r\n", MailboxUnavailable),
        ({"LOGIN": "{tag} NO [AUTHENTICATIONFAILED] no"}, HELLO, MailboxRefused),
        ({"LOGIN": "{tag} NO [UNAVAILABLE] later"}, HELLO, MailboxUnavailable),
        ({"LOGIN": ""}, HELLO, MailboxUnavailable),
        ({"SELECT": ""}, HELLO, MailboxUnavailable),
        ({"SELECT": "{tag} NO [NONEXISTENT] none"}, HELLO, MailboxRefused),
        ({"SELECT": "{tag} NO [INUSE] locked"}, HELLO, MailboxUnavailable),
        ({"SELECT": "* 0 EXISTS\r\n{tag} OK [READ-WRITE] done"}, HELLO, MailboxRefused),
        ({"SELECT": GOOD["SELECT"].replace("WRITE", "ONLY")}, HELLO, MailboxRefused),
        ({"UID": "{tag} NO later"}, HELLO, MailboxUnavailable),
        ({"UID": "{tag} BAD what"}, HELLO, MailboxRefused),
        ({"UID": "* SEARCH 1 2 x(\r\n{tag} OK done"}, HELLO, MailboxUnavailable),
        ({"UID": ""}, HELLO, MailboxUnavailable),
    ],
)
def test_each_odd_server_gets_our_error(answers: dict[str, str], hello: bytes, wanted: type[Exception]) -> None:
    with scripted(answers, hello) as port:
        mailbox = mailbox_at(port)
        with pytest.raises(wanted) as caught:
            list(mailbox.fetch(NEVER, ()))
        assert type(caught.value) is wanted
        assert "hunter2" not in str(caught.value)
        assert "info@" not in str(caught.value)
        mailbox.close()


def test_a_server_without_move() -> None:
    with scripted({}) as port:
        mailbox = mailbox_at(port)
        state = mailbox.state()
        assert (state.uidvalidity, state.uidnext, state.can_move) == (7, 3, False)
        assert "MOVE" in state.notes[0]
        assert not state.can_remove and "UIDPLUS" in state.notes[1]
        assert mailbox.file([1, 2]) is False
        mailbox.close()


def test_a_cut_connection_is_opened_anew_by_the_next_call(dovecot: Dovecot) -> None:
    box = DovecotBox(dovecot)
    for number in range(60):
        box.deliver(mail(f"n{number}"))
    mailbox = box.open()
    batches = mailbox.fetch(NEVER, ())
    first = next(batches)
    mailbox._client.socket().shutdown(socket.SHUT_RDWR)  # type: ignore[union-attr]
    with pytest.raises(MailboxUnavailable):
        next(batches)
    assert mailbox.file([raw.uid for raw in first])
    assert sum(len(batch) for batch in mailbox.fetch(NEVER, ())) == 10
    box.close()


def test_closing_while_reading_is_an_error_of_ours(dovecot: Dovecot) -> None:
    box = DovecotBox(dovecot)
    for number in range(60):
        box.deliver(mail(f"n{number}"))
    mailbox = box.open()
    batches = mailbox.fetch(NEVER, ())
    next(batches)
    mailbox.close()
    with pytest.raises(MailboxUnavailable, match="closed"):
        next(batches)
