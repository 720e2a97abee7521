"""What every Mailbox promises, on a real Dovecot and on a Maildir."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mailbot.errors import MailboxRefused
from mailbot.intake import standing, uids
from mailbot.intake.imap import ImapMailbox
from mailbot.intake.maildir import MaildirMailbox
from mailbot.ports import Cursor, Mailbox, RawMail, Sought
from mailbot.urls import mailbox_url
from tests.support import dovecot as dovecots
from tests.support.boxes import AT, Box, DovecotBox, MaildirBox, mail, subject
from tests.support.dovecot import Dovecot
from tests.support.numbers import SqliteNumbers

NEVER = Cursor(uidvalidity=None, last_uid=0, since=None)


@pytest.fixture(params=["dovecot", "maildir"])
def box(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Box]:
    """A fresh mailbox of each kind."""
    made: Box
    if request.param == "dovecot":
        made = DovecotBox(request.getfixturevalue("dovecot"))
    else:
        made = MaildirBox(tmp_path / "хат жәшігі")
    yield made
    made.close()


def read(mailbox: Mailbox, cursor: Cursor = NEVER, again: tuple[int, ...] = ()) -> list[RawMail]:
    return [raw for batch in mailbox.fetch(cursor, again) for raw in batch]


def after(mails: list[RawMail]) -> Cursor:
    return Cursor(uidvalidity=mails[-1].uidvalidity, last_uid=mails[-1].uid, since=None)


def subjects(mails: list[RawMail]) -> list[str]:
    return [subject(raw.octets) for raw in mails]


def sought(raw: RawMail) -> Sought:
    return Sought(message_id="", received_at=raw.received_at, uid=raw.uid, uidvalidity=raw.uidvalidity)


class TestMailbox:
    def test_an_empty_folder(self, box: Box) -> None:
        mailbox = box.open()
        state = mailbox.state()
        assert (state.folder, state.uidnext, state.can_move, state.notes) == ("INBOX", 1, True, ())
        assert read(mailbox) == []
        assert mailbox.file([]) is True

    def test_a_mail_comes_whole_with_its_address(self, box: Box) -> None:
        octets = mail("алғашқы")
        box.deliver(octets, AT.astimezone(UTC))
        mailbox = box.open()
        (raw,) = read(mailbox)
        state = mailbox.state()
        assert raw.octets.replace(b"\r\n", b"\n") == octets.replace(b"\r\n", b"\n")
        assert (raw.folder, raw.uidvalidity, raw.uid) == ("INBOX", state.uidvalidity, state.uidnext - 1)
        assert raw.complete
        assert raw.size_bytes == len(raw.octets)
        assert (raw.received_at, raw.received_at.tzinfo) == (AT, UTC)

    def test_new_mails_come_once_and_in_order(self, box: Box) -> None:
        for name in ("a", "b", "c"):
            box.deliver(mail(name))
        mailbox = box.open()
        first = read(mailbox)
        assert subjects(first) == ["a", "b", "c"]
        assert [raw.uid for raw in first] == sorted(raw.uid for raw in first)
        assert read(mailbox, after(first)) == []
        box.deliver(mail("d"))
        assert subjects(read(mailbox, after(first))) == ["d"]
        assert subjects(read(box.open(), after(first))) == ["d"]

    def test_state_counts_what_lies_there(self, box: Box) -> None:
        box.deliver(mail("a"))
        mailbox = box.open()
        before = mailbox.state().uidnext
        box.deliver(mail("b"))
        assert mailbox.state().uidnext == before + 1

    def test_batches_hold_50_mails(self, box: Box) -> None:
        for number in range(120):
            box.deliver(mail(f"n{number:03}"))
        batches = list(box.open().fetch(NEVER, ()))
        assert [len(batch) for batch in batches] == [50, 50, 20]
        assert subjects([raw for batch in batches for raw in batch]) == [f"n{number:03}" for number in range(120)]

    def test_batches_hold_8_megabytes(self, box: Box) -> None:
        for number in range(4):
            box.deliver(mail(f"n{number}", size=3_000_000))
        assert [len(batch) for batch in box.open().fetch(NEVER, ())] == [2, 2]

    def test_filing_between_batches(self, box: Box) -> None:
        for number in range(110):
            box.deliver(mail(f"n{number:03}"))
        mailbox = box.open()
        for batch in mailbox.fetch(NEVER, ()):
            assert mailbox.file([raw.uid for raw in batch])
        assert box.flags() == {}
        assert len(box.done()) == 110

    def test_of_a_big_mail_the_header_alone(self, box: Box) -> None:
        box.deliver(mail("small"))
        box.deliver(mail("big", size=40_000))
        small, big = read(box.open(max_bytes=20_000))
        assert (small.complete, big.complete) == (True, False)
        assert subject(big.octets) == "big"
        assert big.octets.endswith((b"\r\n\r\n", b"\n\n"))
        assert b"xxx" not in big.octets
        assert big.size_bytes > 40_000

    def test_an_endless_header_is_cut(self, box: Box) -> None:
        lines = "".join(f"X-{number}: {'y' * 900}\r\n" for number in range(400))
        box.deliver(f"Subject: endless\r\n{lines}\r\nhi\r\n".encode())
        (raw,) = read(box.open(max_bytes=20_000))
        assert not raw.complete
        assert len(raw.octets) <= 256 * 1024
        assert raw.size_bytes > 350_000

    def test_mails_that_wait_come_again_first(self, box: Box) -> None:
        for name in ("a", "b", "c"):
            box.deliver(mail(name))
        mailbox = box.open()
        first = read(mailbox)
        box.deliver(mail("d"))
        again = (first[2].uid, first[0].uid, first[2].uid + 5_000)
        assert subjects(read(mailbox, after(first), again)) == ["a", "c", "d"]

    def test_another_uidvalidity_reads_from_the_cut_off(self, box: Box) -> None:
        box.deliver(mail("old"), AT - timedelta(seconds=1))
        box.deliver(mail("edge"), AT)
        box.deliver(mail("new"), AT + timedelta(days=1))
        before = read(box.open())
        box.renew()
        mailbox = box.open()
        since = AT + timedelta(milliseconds=700)
        cursor = Cursor(uidvalidity=before[-1].uidvalidity, last_uid=before[-1].uid, since=since)
        again = tuple(raw.uid for raw in before)
        found = read(mailbox, cursor, again)
        assert subjects(found) == ["edge", "new"]
        assert {raw.uidvalidity for raw in found} == {mailbox.state().uidvalidity}
        assert found[0].uidvalidity != before[0].uidvalidity
        assert read(mailbox, after(found)) == []

    def test_filing_is_idempotent_and_leaves_strangers_alone(self, box: Box) -> None:
        for name in ("a", "b", "c", "d"):
            box.deliver(mail(name))
        box.show("d")
        mailbox = box.open()
        found = {subject(raw.octets): raw.uid for raw in read(mailbox)}
        assert mailbox.file([found["a"], found["c"]]) is True
        assert mailbox.file([found["c"], found["a"], found["a"] + 9_000]) is True
        assert box.open().file([found["c"]]) is True
        assert box.done() == ["a", "c"]
        assert box.flags() == {"b": "", "d": r"\Seen"}

    def test_reading_marks_nothing(self, box: Box) -> None:
        box.deliver(mail("a"))
        box.deliver(mail("big", size=40_000))
        mailbox = box.open(max_bytes=20_000)
        read(mailbox)
        list(mailbox.headers(None))
        mailbox.close()
        assert box.flags() == {"a": "", "big": ""}

    def test_flags_survive_filing(self, box: Box) -> None:
        box.deliver(mail("a"))
        box.show("a")
        mailbox = box.open()
        assert mailbox.file([raw.uid for raw in read(mailbox)])
        assert box.done() == ["a"]

    def test_a_mail_that_vanishes_is_no_error(self, box: Box) -> None:
        for number in range(60):
            box.deliver(mail(f"n{number:02}"))
        mailbox = box.open()
        batches = mailbox.fetch(NEVER, ())
        first = next(batches)
        box.vanish("n55")
        rest = [raw for batch in batches for raw in batch]
        assert subjects(rest) == [f"n{number}" for number in range(50, 60) if number != 55]
        box.vanish("n03")
        assert mailbox.file([raw.uid for raw in first]) is True
        assert len(box.done()) == 49

    def test_a_mail_that_is_shown_meanwhile_is_found(self, box: Box) -> None:
        for number in range(60):
            box.deliver(mail(f"n{number:02}"))
        mailbox = box.open()
        batches = mailbox.fetch(NEVER, ())
        first = next(batches)
        box.show("n55")
        box.show("n03")
        rest = [raw for batch in batches for raw in batch]
        assert "n55" in subjects(rest)
        assert mailbox.file([raw.uid for raw in first + rest]) is True
        assert len(box.done()) == 60

    def test_headers_alone(self, box: Box) -> None:
        box.deliver(mail("old"), AT - timedelta(days=3))
        box.deliver(mail("edge"), AT)
        box.deliver(mail("new"), AT + timedelta(hours=20))
        mailbox = box.open()
        found = [raw for batch in mailbox.headers(AT) for raw in batch]
        assert subjects(found) == ["edge", "new"]
        assert not any(raw.complete or b"xxx" in raw.octets for raw in found)
        assert all(raw.size_bytes > len(raw.octets) for raw in found)
        assert len([raw for batch in mailbox.headers(None) for raw in batch]) == 3

    def test_picked_mails_come_whole_in_order_and_in_batches(self, box: Box) -> None:
        for number in range(60):
            box.deliver(mail(f"n{number:02}"))
        box.deliver(mail("big", size=40_000))
        mailbox = box.open(max_bytes=20_000)
        found = {subject(raw.octets): raw.uid for batch in mailbox.headers(None) for raw in batch}
        wanted = [found["big"], *(found[f"n{number:02}"] for number in range(58, 3, -1)), found["n58"] + 5_000]
        batches = list(mailbox.pick(wanted))
        assert [len(batch) for batch in batches] == [50, 6]
        picked = [raw for batch in batches for raw in batch]
        assert subjects(picked) == [*(f"n{number:02}" for number in range(4, 59)), "big"]
        assert [raw.complete for raw in picked] == [True] * 55 + [False]
        box.vanish("n05")
        assert subjects([raw for batch in mailbox.pick([found["n05"], found["n04"]]) for raw in batch]) == ["n04"]
        assert list(mailbox.pick([])) == []
        assert len(box.flags()) == 60
        assert set(box.flags().values()) == {""}

    def test_a_copy_takes_the_place_of_a_mail(self, box: Box) -> None:
        for name in ("a", "b", "c"):
            box.deliver(mail(name, size=2_000))
        box.show("b")
        mailbox = box.open()
        first = read(mailbox)
        mailbox.file([first[2].uid])
        seen = {subject(raw.octets): raw for raw in mailbox.sight([sought(first[1]), sought(first[2])])}
        assert {"b", "c"} <= set(seen)
        assert not any(raw.complete for raw in seen.values())
        assert (seen["b"].folder, seen["b"].uid) == (first[1].folder, first[1].uid)
        for name in ("b", "c"):
            whole = mailbox.whole(seen[name])
            assert whole is not None and whole.complete and subject(whole.octets) == name
            copy = mailbox.lay(whole, b"X-Copy: yes\r\n" + whole.octets)
            assert copy is not None
            assert copy.octets.replace(b"\r\n", b"\n") == b"X-Copy: yes\n" + whole.octets.replace(b"\r\n", b"\n")
            assert copy.uid != whole.uid and (copy.folder, copy.received_at) == (whole.folder, AT)
        mailbox.remove([seen["b"], seen["c"]])
        mailbox.remove([seen["b"]])  # gone already
        assert box.flags() == {"a": "", "b": r"\Seen"}
        assert box.done() == ["c"]
        found = box.octets()
        assert sorted(octets[:6] for octets in found["INBOX"]) == [b"Subjec", b"X-Copy"]
        assert [octets[:6] for octets in found["Done"]] == [b"X-Copy"]
        assert subjects(read(mailbox, after(first))) == ["b"]  # the copy is the one that came last
        assert mailbox.whole(seen["b"]) is None
        assert mailbox.file([first[0].uid])  # the folder that is read is the one that is filed from

    def test_sighting_takes_neither_a_moved_mail_nor_a_missing_folder_for_an_error(self, box: Box) -> None:
        box.deliver(mail("a"), AT)
        box.deliver(mail("far"), AT + timedelta(days=9))
        mailbox = box.open()
        (raw, _) = read(mailbox)
        assert subjects(mailbox.sight([sought(raw)])) == ["a"]
        assert mailbox.sight([]) == []
        box.vanish("a")
        assert "a" not in subjects(mailbox.sight([sought(raw)]))
        gone = mailbox.lay(raw, raw.octets)
        assert gone is None

    def test_of_a_sighted_mail_that_is_large_the_header_alone(self, box: Box) -> None:
        box.deliver(mail("big", size=40_000))
        mailbox = box.open(max_bytes=20_000)
        (raw,) = read(mailbox)
        (seen,) = mailbox.sight([sought(raw)])
        whole = mailbox.whole(seen)
        assert whole is not None and not whole.complete and whole.size_bytes > 40_000

    def test_what_was_filed_is_read_from_a_time_on(self, box: Box) -> None:
        mailbox = box.open(max_bytes=20_000)
        assert list(mailbox.filed(AT)) == []  # there is no such folder yet
        for name, at in (("old", AT - timedelta(days=9)), ("a", AT), ("b", AT + timedelta(hours=1)), ("stays", AT)):
            box.deliver(mail(name), at)
        box.deliver(mail("big", size=40_000), AT + timedelta(hours=2))
        mailbox.file([raw.uid for raw in read(mailbox) if subject(raw.octets) != "stays"])
        found = [raw for batch in mailbox.filed(AT) for raw in batch]
        assert sorted(subject(raw.octets) for raw in found) == ["a", "b", "big"]
        assert {raw.folder for raw in found} != {mailbox.folder} and len({raw.uid for raw in found}) == 3
        assert [raw.complete for raw in found] == [subject(raw.octets) != "big" for raw in found]
        assert [subject(raw.octets) for raw in read(mailbox)] == ["stays"]  # the other folder is read as before

    def test_what_still_stands_is_told_and_nothing_is_marked(self, box: Box) -> None:
        for name in ("a", "b"):
            box.deliver(mail(name))
        mailbox = box.open()
        gone, stays = read(mailbox)
        before = box.flags()
        assert mailbox.standing([gone.uid, stays.uid, 999]) == {gone.uid: False, stays.uid: False}
        box.vanish(subject(gone.octets))
        mailbox.state()
        assert mailbox.standing([gone.uid, stays.uid]) == {stays.uid: False} and mailbox.standing([]) == {}
        assert box.flags() == {name: flags for name, flags in before.items() if name != subject(gone.octets)}

    def test_a_folder_that_is_not_there_has_no_mark(self, box: Box) -> None:
        mailbox = box.open()
        assert (mailbox.mark("sent"), mailbox.mark("junk")) == (None, None)
        assert mailbox.later("junk", Cursor(uidvalidity=1, last_uid=0, since=AT)) == []

    def test_what_came_after_a_mark_is_shown_once(self, box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(standing, "ELSEWHERE_SECONDS", 0)
        box.deliver(mail("old"))
        mailbox = box.open()
        mailbox.file([raw.uid for raw in read(mailbox)])
        mark = mailbox.mark("done")
        assert mark is not None and mailbox.later("done", mark) == []
        box.deliver(mail("new"), AT + timedelta(hours=1))
        mailbox.file([raw.uid for raw in read(mailbox)])
        (seen,) = mailbox.later("done", mark)
        assert (subject(seen.octets), seen.complete) == ("new", False)
        assert mailbox.mark("done") != mark

    def test_folders_of_orders_are_made_and_emptied(self, box: Box) -> None:
        names = ["Сұраныс емес", "Undo (x)"]
        box.deliver(mail("a"))
        mailbox = box.open()
        assert mailbox.ordered(names) == {}
        assert mailbox.ordered(names) == {}  # they are there by now
        (raw,) = read(mailbox)
        mailbox.carry(raw, "done")
        assert box.done() == ["a"] and read(mailbox) == []
        (filed,) = (raw for batch in mailbox.filed(AT) for raw in batch)
        mailbox.carry(filed, "inbox")
        assert box.done() == [] and subjects(read(mailbox)) == ["a"]
        mailbox.carry(filed, "done")  # it is gone from there
        assert box.done() == []

    def test_a_mail_of_ours_is_laid_unread_into_the_folder(self, box: Box) -> None:
        mailbox = box.open()
        mailbox.put(mail("ours"), AT)
        (raw,) = read(mailbox)
        assert (subject(raw.octets), raw.received_at, raw.complete) == ("ours", AT, True)
        assert not {"\\Seen", "S"} & set(map(str, box.flags()["ours"]))
        mailbox.remove([raw])
        assert read(mailbox) == []

    def test_closing_twice_and_using_it_again(self, box: Box) -> None:
        box.deliver(mail("a"))
        mailbox = box.open()
        assert len(read(mailbox)) == 1
        mailbox.close()
        mailbox.close()
        assert len(read(mailbox)) == 1


def test_a_kazakh_folder_name(dovecot: Dovecot) -> None:
    box = DovecotBox(dovecot, folder="Өтініштер")
    box.deliver(mail("a"))
    mailbox = box.open()
    assert mailbox.state().folder == mailbox.folder == "Өтініштер"
    found = read(mailbox)
    assert subjects(found) == ["a"]
    assert found[0].folder == "Өтініштер"
    assert mailbox.file([found[0].uid])
    assert (box.flags(), box.done()) == ({}, ["a"])
    box.close()


def test_a_done_folder_that_another_pass_makes_in_the_same_moment(dovecot: Dovecot) -> None:
    with dovecot.login(dovecot.user()) as client:
        uids.make(client, "mailbot/Done")
        uids.make(client, "mailbot/Done")  # the server says that it is there
        assert "mailbot/Done" in [name for _, _, name in client.list_sub_folders()]


def test_the_done_folder_follows_the_servers_names() -> None:
    server = dovecots.start(separator=".", prefix="INBOX.")
    try:
        box = DovecotBox(server)
        box.deliver(mail("a"))
        mailbox = box.open()
        assert mailbox.file([raw.uid for raw in read(mailbox)])
        with server.login(box.user) as client:
            assert "INBOX.mailbot.Done" in [name for _, _, name in client.list_sub_folders()]
        assert box.done() == ["a"]
        box.close()
    finally:
        server.stop()


def test_a_vanished_mail_that_the_server_did_not_notice(dovecot: Dovecot) -> None:
    box = DovecotBox(dovecot)
    for name in ("a", "b", "c"):
        box.deliver(mail(name))
    box.vanish("b")  # the file is gone, the server's index still lists it
    assert subjects(read(box.open())) == ["a", "c"]
    box.close()


def test_a_mail_is_sighted_by_its_message_id_in_whatever_folder(dovecot: Dovecot) -> None:
    box = DovecotBox(dovecot)
    odd = '<a"b(c)*%{1}@example.kz>'
    for number in range(60):  # more than are looked at by time alone
        box.deliver(f"Message-ID: <{number}@example.kz>\r\n".encode() + mail(f"n{number}"))
    box.deliver(f"Message-ID: {odd}\r\n".encode() + mail("odd"))
    mailbox = box.open()
    found = read(mailbox)
    mailbox.file([raw.uid for raw in found])
    far = AT - timedelta(days=90)
    wanted = [
        Sought(message_id=each, received_at=far, uid=0, uidvalidity=0)
        for each in ("<7@example.kz>", odd, "<none@example.kz>", *(f"<{n}@example.kz>" for n in range(20, 50)))
    ]  # fmt: skip
    seen = mailbox.sight(wanted)
    assert {"n7", "odd", "n20", "n49"} <= set(subjects(seen))
    assert {raw.folder for raw in seen} == {"mailbot/Done"}
    unnamed = Sought(message_id="", received_at=AT, uid=0, uidvalidity=0)
    assert len(mailbox.sight([unnamed])) == 50
    box.close()


def test_flags_and_keywords_go_with_the_copy_and_nothing_else_is_expunged(dovecot: Dovecot) -> None:
    box = DovecotBox(dovecot)
    for name in ("a", "b"):
        box.deliver(mail(name))
    mailbox = box.open()
    raw, other = read(mailbox)
    with dovecot.login(box.user) as client:
        client.select_folder("INBOX")
        client.add_flags([raw.uid], [rb"\Seen", rb"\Answered", rb"\Flagged", b"$Label1"])
        client.add_flags([other.uid], [rb"\Deleted"])
    copy = mailbox.lay(raw, b"X-Copy: yes\r\n" + raw.octets)
    assert copy is not None
    mailbox.remove([raw])
    assert box.flags() == {"a": r"$Label1 \Answered \Flagged \Seen", "b": r"\Deleted"}
    box.close()


def test_lmtp_delivery_is_read(dovecot: Dovecot) -> None:
    box = DovecotBox(dovecot)
    dovecot.deliver(box.user, mail("by lmtp"))
    (raw,) = read(box.open())
    assert subject(raw.octets) == "by lmtp"
    assert abs(raw.received_at - datetime.now(UTC)) < timedelta(minutes=2)
    box.close()


def test_over_tls_with_an_own_authority(dovecot: Dovecot) -> None:
    user = dovecot.user()
    dovecot.append(user, mail("a"), AT)
    url = mailbox_url(f"imaps://{user}@127.0.0.1:{dovecot.tls_port}/INBOX")
    mailbox = ImapMailbox(url, password=dovecot.password, ca_file=dovecot.certificate, timeout_seconds=15)
    assert subjects(read(mailbox)) == ["a"]
    mailbox.close()


class TestMaildirAlone:
    def test_order_and_time_come_from_name_or_mtime(self, tmp_path: Path) -> None:
        box = MaildirBox(tmp_path)
        copied, plain, future = int(AT.timestamp()), AT - timedelta(days=1), int(AT.timestamp()) + 90 * 86_400
        for name, mtime in ((f"{copied}.M1.host", AT + timedelta(days=9)), ("plain", plain), (f"{future}.M2.host", AT)):
            path = tmp_path / "cur" / f"{name}:2,"
            path.write_bytes(mail(name))
            os.utime(path, (mtime.timestamp(), mtime.timestamp()))
        found = read(box.open())
        assert [raw.received_at for raw in found] == [plain, AT, AT]
        assert subjects(found) == ["plain", f"{copied}.M1.host", f"{future}.M2.host"]
        box.close()

    def test_names_that_are_no_text(self, tmp_path: Path) -> None:
        box = MaildirBox(tmp_path)
        odd = [b"1760000000.\xff.host", b"1760000001.\\xff.host", b"1760000002.\xd3\xa8.host:2,S"]
        for name in odd:
            (tmp_path / "cur" / os.fsdecode(name)).write_bytes(mail("odd"))
        mailbox = box.open()
        found = read(mailbox)
        assert len(found) == 3
        assert mailbox.file([raw.uid for raw in found])
        names = {os.fsencode(path.name) for path in (tmp_path / ".mailbot.Done" / "cur").iterdir()}
        assert names == {odd[0] + b":2,", odd[1] + b":2,", odd[2]}
        assert (tmp_path / ".mailbot.Done" / "maildirfolder").exists()
        box.close()

    def test_what_is_left_is_not_renamed_and_tmp_not_read(self, tmp_path: Path) -> None:
        box = MaildirBox(tmp_path)
        box.deliver(mail("a"))
        (tmp_path / "tmp" / "half").write_bytes(b"Subject: half")
        (tmp_path / "cur" / ".hidden").write_bytes(b"Subject: hidden")
        (tmp_path / "cur" / "folder").mkdir()
        before = sorted(path for path in tmp_path.rglob("*") if path.is_file())
        assert subjects(read(box.open())) == ["a"]
        assert sorted(path for path in tmp_path.rglob("*") if path.is_file()) == before
        box.close()

    def test_a_filed_name_is_forgotten_and_never_overwritten(self, tmp_path: Path) -> None:
        box = MaildirBox(tmp_path)
        box.deliver(mail("a"))
        mailbox = box.open()
        found = read(mailbox)
        mailbox.file([found[0].uid])
        assert box.numbers.name(found[0].uid) is None
        (filed,) = (tmp_path / ".mailbot.Done" / "cur").iterdir()
        (tmp_path / "new" / filed.name.partition(":")[0]).write_bytes(mail("another"))
        back = read(mailbox, after(found))
        assert subjects(back) == ["another"]
        mailbox.file([back[0].uid])
        assert box.done() == ["a", "another"]
        box.close()

    @pytest.mark.parametrize("make", [lambda path: None, lambda path: path.mkdir(), lambda path: path.write_bytes(b"")])
    def test_no_maildir_is_refused(self, tmp_path: Path, make: object) -> None:
        assert callable(make)
        make(tmp_path / "box")
        numbers = SqliteNumbers()
        mailbox = MaildirMailbox(tmp_path / "box", numbers)
        with pytest.raises(MailboxRefused, match="no Maildir"):
            mailbox.state()
        with pytest.raises(MailboxRefused, match="no Maildir"):
            mailbox.file([1])
        numbers.close()
