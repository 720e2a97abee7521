"""What a restored store must not lose or do by itself: blocks, unsubscribes at a shared address, answers not read."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mailbot.app import build
from mailbot.errors import MailboxRefused
from mailbot.operating import restore
from mailbot.store.gone import FILE, Ledger, Line
from mailbot.store.keys import Keys
from tests.acceptance.test_backup import restored, save, with_key
from tests.acceptance.world import ALIYA, FAMILY, OWNER, PHONE, UNSUBSCRIBE, UPDATE, World


@pytest.fixture
def usb(world: World) -> Path:
    """A folder for backups, elsewhere."""
    with_key(world)
    folder = world.root / "usb"
    folder.mkdir()
    return folder


def test_a_block_that_a_request_asked_for_survives(world: World, usb: Path) -> None:
    file = save(world, usb)
    taken = world.mail(ALIYA, "Ограничение", "Прошу заблокировать мои персональные данные на время проверки.")
    world.ok("requests", "release", world.request(taken)["id"])
    assert world.person(ALIYA)["block"]["why"] == "dispute"
    assert restored(world, file).code == 0
    assert world.person(ALIYA)["block"]["why"] == "dispute"
    world.ok("people", "unblock", ALIYA)
    assert restored(world, file).code == 0
    assert world.person(ALIYA)["block"] is None


def unread(world: World) -> None:
    """Make a pass while the mailbox can't be read."""
    away = world.box.rename(world.root / "away")
    app = build(world.folder, clock=world.now, dns=lambda: None)
    assert isinstance(app.poll()[1], MailboxRefused)
    app.close()
    away.rename(world.box)


@pytest.mark.parametrize("after", ["an outage", "a restore"])
def test_no_question_ends_while_its_answer_may_lie_unread(world: World, usb: Path, after: str) -> None:
    world.mail(ALIYA, UPDATE["ru"], f"Телефон: {PHONE}", proof="weak")
    file = save(world, usb)
    world.later(hours=3)
    if after == "a restore":
        world.answer(ALIYA, "Да")
        assert restored(world, file).code == 0
    else:
        world.put(world.reply(ALIYA, "Да"))
    world.later(days=8)
    unread(world)
    world.poll()
    assert [(row["state"], row["reason"]) for row in world.requests("--all")] == [("applied", "confirmed")]
    assert world.person(ALIYA)["phones"] == [PHONE]
    assert [sent.subject for sent in world.sent() if sent.to == ALIYA and "не выполнен" in sent.subject] == []


def test_a_question_nobody_answered_ends_once_the_mailbox_is_read_again(world: World) -> None:
    world.mail(ALIYA, UPDATE["ru"], f"Телефон: {PHONE}", proof="weak")
    world.later(days=8)
    unread(world)
    assert [row["state"] for row in world.requests("--all")] == ["challenged"]
    world.poll()
    assert [row["state"] for row in world.requests("--all")] == ["expired"]


@pytest.mark.parametrize("named", [True, False])
def test_an_unsubscribe_at_a_shared_address_survives_for_who_gave_no_new_consent(
    world: World, usb: Path, named: bool
) -> None:
    file = save(world, usb)
    world.mail(FAMILY, UNSUBSCRIBE["ru"])
    time.sleep(1)
    at = world.now().isoformat(timespec="seconds")
    head = "surname,given_name,email,phone,news,consent_at,consent_source,news_consent_at"
    world.bring(f"{head}\nКим,Алина,{FAMILY},+77010000005,yes,{at},form,{at}\n", "--overwrite")
    wanted = {person["given_name"]: person["news"] for person in world.persons(FAMILY)}
    assert sorted(wanted.values()) == [False, True]
    if not named:  # as an earlier version wrote the line
        book = Ledger(world.folder / FILE, Keys((world.folder / "secrets" / "store_key").read_bytes().strip()))
        (usb / FILE).unlink()
        book.write([replace(line, who="") for line in book.read()])
    ran = restored(world, file)
    for _ in range(2):
        after = {person["given_name"]: person["news"] for person in world.persons(FAMILY)}
        assert after == (wanted if named else dict.fromkeys(wanted, False))
        world.poll()
    assert ("it is given to none of" in ran.out) is not named


def test_a_destruction_that_was_told_and_never_committed_destroys_nobody_in_a_later_backup(
    world: World, usb: Path
) -> None:
    book = Ledger(world.folder / FILE, Keys((world.folder / "secrets" / "store_key").read_bytes().strip()))
    person = world.person(ALIYA)["id"]
    book.append([Line(world.now() - timedelta(days=5), "destroyed", book.keys.person(person))])
    ran = restored(world, save(world, usb))
    assert ran.code == 0 and "0 destroyed" in ran.out and person in ran.out
    assert world.person(ALIYA)["surname"] == "Сәрсенова"


def test_a_copy_alone_is_enough_only_while_it_is_fresh(world: World, usb: Path) -> None:
    file = save(world, usb)
    world.ok("people", "destroy", ALIYA, "--yes")
    (world.folder / FILE).unlink()
    assert "gone.log is missing" in world.run("check").out
    secret = (world.root / "identity.txt").read_text(encoding="utf-8").splitlines()[-1]
    held = restore.look(file, secret)
    told = restore.ledger(world.folder, held, datetime.now(UTC) + timedelta(days=2))
    assert "the copy beside the backup reaches to 20" in told.lacks and told.copied
    ran = restored(world, file)
    assert ran.code == 0 and "who left after that may come back" in ran.out and "1 destroyed" in ran.out
    assert world.person(ALIYA)["state"] == "suppressed"


def test_a_ledger_begun_anew_is_not_taken_for_all(world: World, usb: Path) -> None:
    file = save(world, usb)
    away = usb.rename(world.root / "away")
    world.ok("people", "destroy", ALIYA, "--yes")
    for folder in (world.folder, away):
        (folder / FILE).unlink()
    world.mail(FAMILY, UNSUBSCRIBE["ru"])
    assert "does not tell of" in world.run("check").out
    refused = restored(world, away / file.name)
    assert refused.code == 66 and "lacks what the backup knew" in refused.err
    assert world.person(ALIYA)["state"] == "suppressed"


def test_old_backups_leave_daily_and_a_named_one_is_told_of(world: World, usb: Path) -> None:
    world.ok("backup", world.root / "mine.age")
    save(world, usb)
    world.later(days=45)
    world.poll()
    assert [path.name for path in usb.iterdir()] == [FILE]
    assert (world.root / "mine.age").is_file()
    assert " mark " in (usb / FILE).read_text(encoding="utf-8")


def test_what_she_ordered_by_mail_after_the_backup_is_not_done_twice(world: World, usb: Path) -> None:
    long_ago = world.now() - timedelta(days=20)
    taken = world.mail(ALIYA, UPDATE["ru"], f"Телефон: {PHONE}", date=long_ago, at=long_ago)
    file = save(world, usb)
    assert [sent.to for sent in world.answer(OWNER, "1 нет: чужие данные").answers] == [ALIYA]
    before = {sent.name for sent in world.sent()}
    assert restored(world, file).code == 0
    world.poll()
    world.poll()
    new = [sent for sent in world.sent() if sent.name not in before]
    assert [sent.to for sent in new] == [OWNER], "the person has that answer"
    assert "восстановлены из резервной копии" in new[0].text
    assert (world.request(taken)["state"], world.request(taken)["reason"]) == ("held", "restored")


def test_what_she_had_ordered_at_the_backup_is_asked_anew(world: World, usb: Path) -> None:
    long_ago = world.now() - timedelta(days=20)
    taken = world.mail(ALIYA, UPDATE["ru"], f"Телефон: {PHONE}", date=long_ago, at=long_ago)
    world.ok("pause")
    world.answer(OWNER, "1 нет: чужие данные")
    file = save(world, usb)
    world.ok("resume")
    world.poll()
    before = {sent.name for sent in world.sent()}
    assert restored(world, file).code == 0
    world.ok("resume")
    world.poll()
    assert [sent.to for sent in world.sent() if sent.name not in before] == [OWNER]
    assert (world.request(taken)["state"], world.request(taken)["reason"]) == ("held", "restored")
