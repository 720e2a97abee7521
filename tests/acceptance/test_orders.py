"""Moving a mail into a folder under mailbot/Do is the operator's decision: carried out, answered and filed."""

from __future__ import annotations

from pathlib import Path

import pytest
from imapclient.imap_utf7 import encode

from mailbot.operating import orders
from tests.acceptance.world import (
    ALIYA,
    BORIS,
    PHONE,
    STRANGER,
    UNSUBSCRIBE,
    UPDATE,
    WITHDRAWAL,
    Letter,
    Sent,
    Taken,
    World,
)

COMPLAINT = "Жалоба на обработку персональных данных"


@pytest.fixture
def world(either: World) -> World:
    """A world with the folders, on SQLite and on PostgreSQL."""
    settings = either.folder / "mailbot.toml"
    text = settings.read_text(encoding="utf-8").replace("[mailbox]\n", "[mailbox]\ndo_folders = true\n")
    settings.write_text(text, encoding="utf-8")
    either.poll()
    return either


def folder(world: World, verb: str) -> Path:
    """Return where the folder of a verb lies, in Russian."""
    name = encode(f".mailbot.Do.{orders.FOLDERS[verb]['ru']}").decode()
    return world.box / name / "cur"


def move(world: World, letter: Letter, verb: str) -> None:
    """Move a mail there, from wherever it lies."""
    (path,) = [each for each in world.box.rglob(f"{letter.name}*") if each.is_file()]
    path.rename(folder(world, verb) / f"{letter.name}:2,S")


def told(world: World) -> list[Sent]:
    """Make a pass; return what was sent in it."""
    before = {sent.name for sent in world.sent()}
    world.poll()
    return [sent for sent in world.sent() if sent.name not in before]


def held(world: World) -> Taken:
    """Let an update come that names somebody on file and is not proven: it is asked back; hold it."""
    taken = world.mail(STRANGER, UPDATE["ru"], f"Телефон: {PHONE}", proof="none")
    assert taken.decision == "held"
    return taken


def by_whom(world: World, taken: Taken, what: str) -> list[str]:
    """Return who did that to a request."""
    return [each["who"] for each in world.request(taken)["events"] if each["what"] == what]


def test_the_folders_are_made_in_her_language(world: World) -> None:
    assert all(folder(world, verb).is_dir() for verb in orders.FOLDERS)


def test_carry_out_does_what_the_command_does(world: World) -> None:
    taken = world.mail(ALIYA, UPDATE["ru"], f"Телефон: {PHONE}")
    world.back_to_inbox(taken.letter)
    world.poll()
    assert world.request(taken)["reason"] == "second_look"
    move(world, taken.letter, "undo")
    (mail,) = told(world)
    assert mail.to == ALIYA and world.person(ALIYA)["phones"] == ["+77010000001"]
    assert world.request(taken)["state"] == "undone" and by_whom(world, taken, "ordered") == ["operator"]
    assert world.lies(taken.letter) == "Done" and told(world) == []


def test_not_confirmed_is_refused_with_that_reason(world: World) -> None:
    taken = world.mail(BORIS, COMPLAINT)
    move(world, taken.letter, "not_confirmed")
    (mail,) = told(world)
    request = world.request(taken)
    assert mail.to == BORIS and (request["state"], request["reason"]) == ("refused", "not_confirmed")
    assert not list(folder(world, "not_confirmed").iterdir())


def test_an_access_request_is_released(world: World) -> None:
    taken = world.mail(ALIYA, "Какие мои персональные данные вы храните?")
    assert taken.decision == "left"
    move(world, taken.letter, "release")
    (mail,) = told(world)
    assert mail.to == ALIYA and "+77010000001" in mail.text and world.request(taken)["state"] == "applied"


@pytest.mark.parametrize("subject", ["Вопрос о курсе", COMPLAINT])
def test_not_a_request_closes_it(world: World, subject: str) -> None:
    taken = world.mail(ALIYA, subject, "Когда начинается курс?")
    move(world, taken.letter, "close")
    assert told(world) == []
    assert (world.request(taken)["state"], world.request(taken)["reason"]) == ("ignored", "closed")


def test_what_cannot_be_carried_out_goes_back_and_she_is_told_why(world: World) -> None:
    taken = held(world)
    move(world, taken.letter, "release")
    (mail,) = told(world)
    assert "Не получилось" in mail.text and "«Выполнить»" in mail.text and "nobody is on file" in mail.text
    assert world.request(taken)["state"] == "held" and "moved_by_hand" not in world.reasons()
    assert [path.name.partition(":")[0] for path in (world.box / "cur").iterdir()] == [taken.letter.name]
    assert told(world) == [] and world.request(taken)["state"] == "held"
    move(world, taken.letter, "release")
    (mail,) = told(world)  # she is told again: it was not done
    assert "Не получилось" in mail.text


def test_a_mail_that_was_never_read_is_read(world: World) -> None:
    (folder(world, "release") / "new:2,").write_bytes(world.octets(ALIYA, UNSUBSCRIBE["ru"]))
    assert world.poll()["applied"] == 1
    assert world.person(ALIYA)["news"] is False


def test_in_a_pause_it_lies_there_and_is_not_taken_as_moved(world: World) -> None:
    taken = world.mail(ALIYA, "Вопрос о курсе", "Когда?")
    world.ok("pause")
    move(world, taken.letter, "close")
    world.poll()
    assert world.request(taken)["state"] == "left" and len(list(folder(world, "close").iterdir())) == 1
    world.ok("resume")
    world.poll()
    assert world.request(taken)["reason"] == "closed"


def test_a_withdrawal_in_its_window_is_undone(world: World) -> None:
    taken = world.mail(ALIYA, WITHDRAWAL["ru"])
    move(world, taken.letter, "undo")
    told(world)
    assert world.request(taken)["state"] == "undone" and world.person(ALIYA)["state"] == "active"


def test_what_a_pass_did_before_it_died_is_not_done_again(world: World) -> None:
    taken = world.mail(BORIS, COMPLAINT)
    world.ok("requests", "refuse", world.request(taken)["id"], "--reason", "not_confirmed")
    world.poll()
    number = world.request(taken)["id"]
    fields = '{"ordered": "not_confirmed"}'
    world.sql(f"UPDATE request SET fields = '{fields}' WHERE id = '{number}'")
    move(world, taken.letter, "not_confirmed")
    assert told(world) == [] and world.lies(taken.letter) == "Done"
