"""Filing where the server has no MOVE, says no, or the pass died half-way: nothing is lost, twice or stopped."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailbot.intake import filing
from mailbot.ports import Cursor
from tests.support import dovecot as servers
from tests.support.boxes import AT, DovecotBox, mail
from tests.support.dovecot import Dovecot
from tests.support.killed import Commands, Kill
from tests.support.site import NOTHING, TAGS, Site, letter
from tests.support.smtp import SmtpServer

NEVER = Cursor(uidvalidity=None, last_uid=0, since=None)
NO_MOVE = """
imap_capability = IMAP4rev1 UIDPLUS NAMESPACE LITERAL+ ENABLE CONDSTORE
mail_plugins = quota
protocol imap {
  mail_plugins = quota imap_quota
}
plugin {
  quota = count:User quota
  quota_rule = *:storage=200K
  quota_vsizes = yes
}
"""
NEWS = TAGS["ru", "unsubscribe"]


@pytest.fixture(scope="module")
def old() -> Iterator[Dovecot]:
    """A server that knows UIDPLUS and not MOVE, where a mailbox may hold 200 KB."""
    server = servers.start(more=NO_MOVE)
    yield server
    server.stop()


@pytest.fixture
def box(old: Dovecot) -> Iterator[DovecotBox]:
    """A new mailbox there."""
    made = DovecotBox(old)
    yield made
    made.close()


def lying(box: DovecotBox, folder: str) -> list[bytes]:
    with box.server.login(box.user) as client:
        if not client.folder_exists(folder):
            return []
        client.select_folder(folder, readonly=True)
        return sorted(each[b"BODY[]"] for each in client.fetch(client.search(), ["BODY.PEEK[]"]).values())


def uids(box: DovecotBox) -> list[int]:
    with box.server.login(box.user) as client:
        client.select_folder("INBOX", readonly=True)
        return sorted(client.search())


def copied(box: DovecotBox, uid: int, folder: str = "mailbot/Done") -> None:
    """Do what a pass did that died between the COPY and the removal."""
    with box.server.login(box.user) as client:
        if not client.folder_exists(folder):
            client.create_folder(folder)
        client.select_folder("INBOX")
        client.copy([uid], folder)


def test_a_mail_is_copied_and_removed(box: DovecotBox) -> None:
    for name in "abc":
        box.deliver(mail(name))
    mailbox = box.open()
    assert mailbox.state().can_move
    first, _, third = uids(box)
    assert mailbox.file([first, third, third + 900])
    assert lying(box, "mailbot/Done") == sorted([mail("a"), mail("c")]) and lying(box, "INBOX") == [mail("b")]
    assert mailbox.file([first])  # again: it is gone


def test_a_copy_of_a_pass_that_died_is_found_and_not_made_again(box: DovecotBox) -> None:
    for name in "abc":
        box.deliver(mail(name))
    every = uids(box)
    copied(box, every[1])
    assert box.open().file(every)
    assert lying(box, "mailbot/Done") == sorted(mail(name) for name in "abc") and lying(box, "INBOX") == []


def test_a_mail_like_another_in_time_and_size_is_no_copy_of_it(box: DovecotBox) -> None:
    for name in ("one", "two"):
        box.deliver(mail(name), AT)
    first, second = uids(box)
    copied(box, first)
    assert box.open().file([second])
    assert lying(box, "mailbot/Done") == sorted([mail("one"), mail("two")])
    assert lying(box, "INBOX") == [mail("one")], "what was not asked for stays"


def test_what_somebody_else_marked_as_deleted_stays(box: DovecotBox) -> None:
    for name in "ab":
        box.deliver(mail(name))
    first, second = uids(box)
    with box.server.login(box.user) as client:
        client.select_folder("INBOX")
        client.add_flags([first], [rb"\Deleted"])
    assert box.open().file([second])
    assert lying(box, "INBOX") == [mail("a")]


def test_a_full_quota_moves_nothing_and_loses_nothing(box: DovecotBox) -> None:
    box.deliver(mail("small"))
    box.deliver(mail("large", 120_000))
    mailbox = box.open()
    every = uids(box)
    assert mailbox.file([every[1]]) is False, "a copy of it would be too much"
    assert len(lying(box, "INBOX")) == 2 and lying(box, "mailbot/Done") == []
    assert [raw.uid for batch in mailbox.fetch(NEVER, ()) for raw in batch] == every, "the same connection goes on"
    assert mailbox.file([every[0]])
    assert lying(box, "mailbot/Done") == [mail("small")]


def test_a_folder_is_never_filed_into_itself(box: DovecotBox) -> None:
    box.deliver(mail("only"))
    (uid,) = uids(box)
    with box.server.login(box.user) as client:
        client.select_folder("INBOX")
        assert filing.file(client, lambda _folder: True, ("INBOX", "INBOX"), [uid]) is False
    assert lying(box, "INBOX") == [mail("only")]


def test_a_folder_numbered_anew_is_not_filed_from(box: DovecotBox) -> None:
    for name in "ab":
        box.deliver(mail(name))
    mailbox = box.open()
    mailbox.state()
    every = uids(box)
    with box.server.login(box.user) as client:
        client.select_folder("INBOX")
        assert filing.file(client, lambda folder: folder != "INBOX", ("INBOX", "mailbot/Done"), every) is False
    assert lying(box, "INBOX") == sorted([mail("a"), mail("b")])


def test_reading_goes_on_in_its_folder_after_a_filing_that_failed(box: DovecotBox) -> None:
    """Between two batches mailbot/Done was looked into, and the server said no there."""
    for number in range(120):
        box.deliver(mail(f"n{number}"))
    with box.server.login(box.user) as client:
        client.create_folder("mailbot/Done")
        client.append("mailbot/Done", mail("another"))
    mailbox = box.open()
    every = uids(box)
    read = []
    for batch in mailbox.fetch(NEVER, ()):
        read += [(raw.uid, raw.octets) for raw in batch]
        assert mailbox._visit("mailbot/Done")  # what a failed look leaves behind
    assert [uid for uid, _ in read] == every
    assert {octets for _, octets in read} == {mail(f"n{number}") for number in range(120)}


# ---- through the whole line ------------------------------------------------------------------------------------


def installed(server: Dovecot, smtp: SmtpServer, commands: Commands, folder: Path) -> Site:
    site = Site(folder, server, smtp, commands=commands)
    site.init()
    site.deliver(*(letter(f"{name}@example.com", NEWS, name=name) for name in ("vera", "mark", "inna")))
    return site


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(("call", "n"), [("copy", 1), ("remove", 1), ("remove", 2)])
def test_killed_while_it_copies_each_mail_lies_in_one_folder(
    old: Dovecot, smtp: SmtpServer, commands: Commands, tmp_path: Path, call: str, n: int, when: str
) -> None:
    site = installed(old, smtp, commands, tmp_path / "site")
    ended = commands.run("--config", str(site.folder), "poll", "--json", kill=Kill(call=call, when=when, n=n))
    assert ended.code == -9
    while site.poll() != NOTHING:
        pass
    assert (site.lie("INBOX"), site.lie("mailbot/Done")) == (0, 3)
    assert site.done() == {"vera", "mark", "inna"}


def test_a_refused_move_stops_nobody_and_is_made_up_for(
    dovecot: Dovecot, smtp: SmtpServer, commands: Commands, tmp_path: Path
) -> None:
    """Somebody else's rights on mailbot/Done: people are answered all the same."""
    began = len(smtp.taken)
    site = Site(tmp_path / "site", dovecot, smtp, commands=commands)
    site.init()
    with dovecot.login(site.user) as client:
        client.create_folder("mailbot/Done")
    done = dovecot.maildir(site.user, "mailbot/Done")
    owner = done.stat()
    for path in (done, *done.iterdir()):
        os.chown(path, 0, 0)
        path.chmod(0o700)
    site.deliver(letter("vera@example.com", NEWS, name="vera"))
    assert site.poll() == NOTHING | {"fetched": 1, "applied": 1, "sent": 1}
    site.deliver(letter("mark@example.com", NEWS, name="mark"))
    assert site.poll() == NOTHING | {"fetched": 1, "applied": 1, "sent": 1}
    assert {each.to for each in site.answers(began)} == {"vera@example.com", "mark@example.com"}
    assert site.lie("INBOX") == 2
    said = [each["says"] for each in site.run("check", "--json").lines() if each["check"] == "mailbox"]
    assert any("not in mailbot/Done yet: 2" in each for each in said), said
    for path in (done, *done.iterdir()):
        os.chown(path, owner.st_uid, owner.st_gid)
    assert site.poll() == NOTHING
    assert site.inbox() == set() and site.done() == {"vera", "mark"}
