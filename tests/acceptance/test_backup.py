"""A backup brings the store back, and nobody who left since: gone.log, `backup`, `restore`."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailbot import sealing
from tests.acceptance.world import (
    ALICE,
    ALIYA,
    BORIS,
    NO_OBLIGATIONS,
    PHONE,
    UNDO,
    UNSUBSCRIBE,
    UPDATE,
    WITHDRAWAL,
    Ran,
    World,
)  # fmt: skip


@pytest.fixture
def keys(world: World) -> tuple[str, Path]:
    """The pair of keys: the public one in mailbot.toml, the secret one in a file elsewhere."""
    public, secret = sealing.new_pair()
    settings = world.folder / "mailbot.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace("[operator]", f'[operator]\nage_key = "{public}"', 1), encoding="utf-8")
    identity = world.root / "identity.txt"
    identity.write_text(f"# created: today\n{secret}\n", encoding="utf-8")
    return public, identity


@pytest.fixture
def kept(world: World, keys: tuple[str, Path]) -> Path:
    """A folder for backups, elsewhere."""
    folder = world.root / "kept"
    folder.mkdir()
    return folder


def save(world: World, folder: Path) -> Path:
    """Make a backup; return its file."""
    ran = world.ok("backup", folder)
    return Path(ran.out.partition(": written")[0])


def restored(world: World, file: Path, *more: str) -> Ran:
    """Restore into the same folder."""
    return world.run("restore", file, "--identity", world.root / "identity.txt", "--yes", *more)


def traces(folder: Path, *words: str) -> list[tuple[str, str]]:
    return [
        (path.name, word)
        for path in folder.rglob("*") if path.is_file()
        for word in words if word.encode() in path.read_bytes()
    ]  # fmt: skip


def test_who_was_destroyed_after_the_backup_does_not_come_back(world: World, kept: Path) -> None:
    file = save(world, kept)
    world.ok("people", "destroy", ALIYA, "--yes")
    ran = restored(world, file)
    assert ran.code == 0, ran.err
    assert "1 destroyed" in ran.out
    assert world.person(ALIYA)["state"] == "suppressed"
    assert traces(world.folder, ALIYA, "Сәрсенова", "77010000001") == []
    assert world.person(BORIS)["surname"] == "Петров"
    world.poll()
    assert world.ok("audit", "verify").code == 0
    assert traces(world.folder, ALIYA, "Сәрсенова", "77010000001") == []
    report = world.bring("surname,given_name,email\nСәрсенова,Әлия," + ALIYA + "\n")
    assert report["stopped"] == 1


def test_an_unsubscribe_after_the_backup_survives_and_is_not_answered_twice(world: World, kept: Path) -> None:
    file = save(world, kept)
    taken = world.mail(ALICE, UNSUBSCRIBE["en"])
    assert taken.lies == "Done" and taken.answers
    sent = len(world.sent())
    assert restored(world, file).code == 0
    assert (world.person(ALICE)["news"], world.person(ALICE)["suppressed"]) == (False, ["news"])
    world.poll()
    assert len(world.sent()) == sent
    assert (world.person(ALICE)["news"], world.person(ALICE)["suppressed"]) == (False, ["news"])
    assert world.reasons() == ["unsubscribe_on_file"]


@pytest.mark.parametrize("backed_up", ["before", "between"])
def test_a_resubscribe_after_the_backup_survives(world: World, kept: Path, backed_up: str) -> None:
    file = save(world, kept) if backed_up == "before" else None
    world.mail(ALICE, UNSUBSCRIBE["en"])
    file = file or save(world, kept)
    world.answer(ALICE, UNDO["en"])
    assert world.person(ALICE)["news"] is True
    sent = len(world.sent())
    assert restored(world, file).code == 0
    assert (world.person(ALICE)["news"], world.person(ALICE)["suppressed"]) == (True, [])
    assert {r["state"] for r in world.requests("--all")} <= {"applied"}
    world.poll()
    assert (world.person(ALICE)["news"], world.person(ALICE)["suppressed"]) == (True, [])
    assert len(world.sent()) == sent


def test_an_update_after_the_backup_is_done_again_in_silence(world: World, kept: Path) -> None:
    file = save(world, kept)
    world.mail(ALIYA, UPDATE["ru"], f"Телефон: {PHONE}")
    sent = len(world.sent())
    assert restored(world, file).code == 0
    assert world.person(ALIYA)["phones"] == ["+77010000001"]
    assert world.poll()["applied"] == 1
    assert world.person(ALIYA)["phones"] == [PHONE]
    assert len(world.sent()) == sent
    assert world.poll()["fetched"] == 0


def test_a_withdrawal_after_the_backup_stays_stopped_and_waits_for_the_operator(world: World, kept: Path) -> None:
    world.policy(NO_OBLIGATIONS)
    file = save(world, kept)
    world.mail(ALIYA, WITHDRAWAL["ru"])
    sent = len(world.sent())
    assert restored(world, file).code == 0
    assert world.person(ALIYA)["block"]["why"] == "withdrawal"
    assert world.poll()["fetched"] == 1
    (request,) = world.requests()
    assert (request["reason"], request["open"], request["kind"]) == ("restored", ["operator"], "withdrawal")
    assert len(world.sent()) == sent + 1  # the operator is told
    for _ in range(3):
        world.later(days=3)
        world.poll()
    assert world.person(ALIYA)["block"]["why"] == "withdrawal", "silence never destroys"
    world.ok("requests", "release", request["id"], "--checked", "she phoned")
    for _ in range(3):
        world.later(days=3)
        world.poll()
    assert world.person(ALIYA)["state"] == "suppressed"


def test_a_withdrawal_that_was_pending_at_the_backup_is_held(world: World, kept: Path) -> None:
    world.policy(NO_OBLIGATIONS)
    world.mail(ALIYA, WITHDRAWAL["ru"])
    world.mail(BORIS, WITHDRAWAL["ru"])
    file = save(world, kept)
    world.answer(BORIS, UNDO["ru"], to=next(s for s in world.sent() if s.to == BORIS))
    assert world.person(BORIS)["state"] == "active"
    ran = restored(world, file)
    assert "1 withdrawals wait for you" in ran.out and "1 stops taken back" in ran.out
    world.poll()
    assert world.person(BORIS)["state"] == "active" and world.person(BORIS)["news"] is True
    for _ in range(3):
        world.later(days=3)
        world.poll()
    assert world.person(ALIYA)["block"]["why"] == "withdrawal"
    assert [r["reason"] for r in world.requests()] == ["restored"]


def test_answers_owed_at_the_backup_are_listed_and_not_sent(world: World, kept: Path) -> None:
    world.put(world.octets(ALIYA, UPDATE["ru"], f"Телефон: {PHONE}"))
    sent = world.root / "sent"
    sent.write_text("", encoding="utf-8")  # the courier can't be reached
    assert world.run("poll").code in (69, 75)
    file = save(world, kept)
    sent.unlink()
    ran = restored(world, file)
    (request,) = world.requests("--all")
    assert f"1 answers were owed at the backup and are not sent: {request['id']}" in ran.out
    assert (request["reason"], request["state"], request["open"]) == ("restored", "applied", ["operator"])
    world.poll()
    assert [s.to for s in world.sent()] == ["owner@example.com"]


def test_mail_that_came_while_it_was_down_is_answered(world: World, kept: Path) -> None:
    file = save(world, kept)
    world.put(world.octets(ALIYA, UPDATE["ru"], f"Телефон: {PHONE}"))
    assert restored(world, file).code == 0
    sent = len(world.sent())
    assert world.poll()["applied"] == 1
    assert len(world.sent()) == sent + 1


def test_a_mail_in_inbox_of_who_was_destroyed_brings_nothing_back(world: World, kept: Path) -> None:
    file = save(world, kept)
    world.mail(ALIYA, "Когда начнётся курс?", "Әлия")
    world.mail(ALIYA, UPDATE["ru"], f"Телефон: {PHONE}\n\nПишу за маму")
    world.ok("people", "destroy", ALIYA, "--yes")
    sent = len(world.sent())
    assert restored(world, file).code == 0
    world.poll()
    assert traces(world.folder, ALIYA, "Сәрсенова", "77010000001", PHONE) == []
    assert len(world.sent()) == sent


def test_guard_filters_after_a_restore(world: World, kept: Path) -> None:
    file = save(world, kept)
    world.ok("people", "destroy", ALIYA, "--yes")
    world.mail(ALICE, UNSUBSCRIBE["en"])
    assert restored(world, file).code == 0
    listed = world.root / "list.csv"
    listed.write_text(f"email\n{ALIYA}\n{ALICE}\n{BORIS}\n", encoding="utf-8")
    world.ok("guard", listed, "--output", world.root / "clean.csv")
    assert (world.root / "clean.csv").read_text(encoding="utf-8") == f"email\n{BORIS}\n"
