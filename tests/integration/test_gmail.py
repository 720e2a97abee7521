"""At Gmail a mail that goes leaves All Mail and Trash, too, by its X-GM-MSGID; a server of our own that speaks so."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from mailbot.intake.imap import ImapMailbox
from mailbot.ports import Sought
from mailbot.urls import mailbox_url
from tests.support.gmail import ALL, SENT, TRASH, Gmail

AT = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


def mail(name: str, to: str = "info@example.com") -> bytes:
    head = [f"Message-ID: <{name}@example.kz>", "From: aliya@example.kz", f"To: {to}", "Subject: x"]
    return "\r\n".join([*head, "", "body", ""]).encode()


def sought(name: str) -> list[Sought]:
    return [Sought(message_id=f"<{name}@example.kz>", received_at=AT, uid=0, uidvalidity=0)]


@pytest.fixture
def server() -> Iterator[Gmail]:
    made = Gmail()
    yield made
    made.stop()


@pytest.fixture
def mailbox(server: Gmail) -> Iterator[ImapMailbox]:
    url = mailbox_url(f"imap://user:secret@127.0.0.1:{server.port}/INBOX")
    made = ImapMailbox(url, password="secret", timeout_seconds=5)
    yield made
    made.close()


def test_a_mail_that_is_removed_is_nowhere_any_more(server: Gmail, mailbox: ImapMailbox) -> None:
    gone, longer = server.add(mail("a"), "mailbot/Done", "Customers"), server.add(mail("aa"), "mailbot/Done")
    other = server.add(mail("b"), "INBOX")
    found = [raw for raw in mailbox.sight(sought("a"), ("done",)) if b"<a@" in raw.octets]
    mailbox.remove(found)
    assert set(server.mails) == {longer, other} and gone not in server.mails
    assert server.mails[longer].lies(ALL) and server.mails[longer].labels == {"mailbot/Done"}


def test_what_a_killed_pass_left_in_trash_is_found_there(server: Gmail, mailbox: ImapMailbox) -> None:
    msgid = server.add(mail("a"))
    server.mails[msgid].trashed = True
    (seen,) = mailbox.sight(sought("a"), ("done",))
    assert seen.folder == TRASH and mailbox.sight(sought("a"), ("inbox", "sent")) == []
    mailbox.remove([seen])
    assert server.mails == {}


def test_sent_mail_is_found_by_its_mark_and_an_address_by_its_field(server: Gmail, mailbox: ImapMailbox) -> None:
    server.add(mail("a", "marat@example.com"), SENT)
    assert [raw.folder for raw in mailbox.sight(sought("a"), ("sent", "drafts"))] == [SENT]
    assert len(mailbox.naming("marat@example.com", "sent")) == 1
    assert mailbox.naming("marat@example.com", "inbox") == [] and mailbox.naming("", "sent") == []


def test_check_tells_what_to_look_for(server: Gmail, mailbox: ImapMailbox) -> None:
    state = mailbox.state()
    assert state.can_remove and any("Auto-Expunge off" in note for note in state.notes)
    server.folders.remove(TRASH)
    mailbox.close()
    assert mailbox.state().can_remove is False, "hidden from IMAP: nothing is taken out by halves"
