"""Retention: raw mail, details and the journal's lines go by age; what is open, disputed or still useful stays."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.acceptance.world import ALICE, ALIYA, PHONE, STRANGER, UNSUBSCRIBE, UPDATE, WITHDRAWAL, World

QUESTION = "Когда начнётся курс?"
BLANK = (
    "SELECT count(*) FROM request WHERE address || address_key || message_id = '' AND fields = '{}' AND before = '{}'"
)


def files(folder: Path) -> list[Path]:
    """Return the mails of a Maildir folder."""
    return [path for part in ("new", "cur") if (folder / part).is_dir() for path in (folder / part).iterdir()]


def file_as_sent(world: World) -> Path:
    """Put a copy of each mail of ours into the folder of sent mail, as providers do."""
    folder = world.box / ".Sent"
    for part in ("new", "cur", "tmp"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    for path in files(world.root / "sent"):
        shutil.copy2(path, folder / "cur" / f"{path.name.partition(':')[0]}:2,S")
    return folder


def test_raw_mail_goes_after_thirty_days_and_the_inbox_is_nobodys_to_sweep(world: World) -> None:
    done = world.mail(ALIYA, UPDATE["ru"], f"Телефон: {PHONE}")
    asked = world.mail(ALICE, QUESTION).letter
    sent = file_as_sent(world)
    mine = sent / "cur" / "1.by-hand:2,S"
    mine.write_bytes(f"From: info@example.kz\nTo: {ALIYA}\nMessage-ID: <own@example.kz>\n\nx\n".encode())
    world.later(days=29)
    world.poll()
    assert world.lies(done.letter) == "Done" and len(files(sent)) > 1
    world.later(days=6)  # the undo window counts as well
    world.poll()
    assert files(world.box / ".mailbot.Done") == [] and files(sent) == [mine]
    assert world.lies(asked) == "INBOX"
    assert world.sql("SELECT count(*) FROM reply WHERE length(octets) > 0") == [(0,)]
    assert world.sql("SELECT count(*) FROM reply WHERE digest = '' OR fingerprint IS NULL") == [(0,)]
    assert world.request(done)["address"] == ALIYA


def test_details_go_after_ninety_days_and_what_is_known_by_hashes_stays_known(world: World) -> None:
    octets = world.octets(ALIYA, UPDATE["ru"], f"Телефон: {PHONE}")
    year = str(world.today().year)
    number = world.request(world.take(octets))["id"]
    world.mail(ALICE, QUESTION)
    world.later(days=100)
    world.poll()
    shown = world.show(number)
    assert shown["purged_at"] and (shown["address"], shown["message_id"], shown["changed"]) == ("", "", [])
    assert (shown["state"], shown["reason"], shown["kind"]) == ("applied", "update_proven", "update")
    assert "kept no longer" in world.ok("requests", "show", number).out
    assert world.sql(BLANK) == [(2,)]
    assert number in world.ok("register", "--year", year).out
    world.put(octets)
    counts = world.poll()
    assert (counts["held"], counts["applied"]) == (1, 0), "not done a second time: somebody put it back"
    assert world.ok("audit", "verify").code == 0 and world.person(ALIYA)["phones"]


def test_an_unsubscribe_can_be_taken_back_when_its_details_are_gone(world: World) -> None:
    taken = world.mail(ALIYA, UNSUBSCRIBE["ru"])
    receipt = taken.answer
    world.later(days=200)
    world.poll()
    assert world.sql("SELECT count(*) FROM reply WHERE address <> ''") == [(0,)]
    assert world.person(ALIYA)["news"] is False
    world.deliver(world.reply(ALICE, "отмена", to=receipt))
    assert world.person(ALIYA)["news"] is False, "the token of another acts for nobody"
    world.deliver(world.reply(ALIYA, "отмена", to=receipt))
    assert world.person(ALIYA)["news"] is True


@pytest.mark.parametrize("why", ["held", "disputed", "window", "obligation"])
def test_what_is_open_is_never_purged(world: World, why: str) -> None:
    if why == "held":
        taken = world.mail(STRANGER, UPDATE["ru"], f"Телефон: {PHONE}")
    elif why == "disputed":
        taken = world.mail(ALIYA, UPDATE["ru"], f"Телефон: {PHONE}")
        world.ok("people", "block", ALIYA)
    else:
        taken = world.mail(
            ALIYA, WITHDRAWAL["ru"]
        )  # one line of the operator is asked for, and silence destroys nobody
        if why == "obligation":
            world.ok("requests", "refuse", world.request(taken)["id"], "--reason", "obligation")
    world.later(days=500)
    world.poll()
    request = world.show(world.request(taken)["id"])
    assert (request["address"], request["purged_at"]) == (STRANGER if why == "held" else ALIYA, None)
    assert world.lies(taken.letter) in ("INBOX", "Done")


def test_a_pause_and_shadow_purge_nothing(world: World) -> None:
    taken = world.mail(ALIYA, UPDATE["ru"], f"Телефон: {PHONE}")
    world.ok("pause")
    world.later(days=500)
    world.poll()
    assert world.lies(taken.letter) == "Done" and world.show(world.request(taken)["id"])["purged_at"] is None
    world.ok("resume")
    world.poll()
    assert files(world.box / ".mailbot.Done") == []


def test_the_lines_go_with_the_journal(world: World) -> None:
    octets = world.octets(ALIYA, UPDATE["ru"], f"Телефон: {PHONE}")
    number = world.request(world.take(octets))["id"]
    world.mail(ALICE, UNSUBSCRIBE["ru"])
    world.later(days=3 * 366 + 40)
    world.poll()
    assert world.run("requests", "show", number).code == 66
    for table in ("request", "question"):
        assert world.sql(f"SELECT count(*) FROM {table}") == [(0,)]
    assert world.sql("SELECT count(*) FROM reply WHERE request_id IS NOT NULL") == [(0,)]
    assert world.person(ALICE)["suppressed"] == ["news"], "who left the news stays off them"
    world.put(octets)
    assert world.poll()["already"] == 1, "the fingerprint is still known"
    assert world.ok("audit", "verify").code == 0


def test_a_destroyed_address_is_suppressed_as_long_as_the_journal_stands(world: World) -> None:
    world.ok("people", "destroy", ALIYA, "--yes")
    world.later(days=3 * 366 - 60)
    world.poll()
    assert world.persons(ALIYA)[0]["suppressed"] == ["news", "processing"]
    world.later(days=120)
    world.poll()
    assert world.run("people", "show", ALIYA).code == 66


def test_old_mail_of_nobody_is_still_theirs_when_they_are_destroyed(world: World) -> None:
    """A mail that asked nothing lost its address by age; by the keyed hash it leaves INBOX with its writer."""
    text = (world.folder / "mailbot.toml").read_text(encoding="utf-8")
    inbox = text.replace("[mailbox]", '[mailbox]\nerase = ["inbox"]', 1)
    (world.folder / "mailbot.toml").write_text(inbox, encoding="utf-8")
    letter = world.mail(ALIYA, QUESTION).letter
    world.later(days=120)
    world.poll()
    assert world.lies(letter) == "INBOX" and world.sql("SELECT count(*) FROM request WHERE writer_key <> ''") == [(1,)]
    world.ok("people", "destroy", ALIYA, "--yes")
    assert files(world.box) == [] and world.sql("SELECT count(*) FROM request WHERE writer_key <> ''") == [(0,)]


def test_check_says_what_is_kept(world: World) -> None:
    world.mail(ALIYA, UPDATE["ru"], f"Телефон: {PHONE}")
    said = world.run("check").out
    assert "mail goes 30 days after its request ended (1 mails, 1 answers)" in said
