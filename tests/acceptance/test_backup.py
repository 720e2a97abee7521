"""A backup brings the store back, and nobody who left since: gone.log, `backup`, `restore`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from mailbot import sealing
from mailbot.operating import backups, strongbox
from mailbot.store import migrate
from mailbot.store.engine import open_engine
from mailbot.store.gone import FILE
from mailbot.store.keys import Keys
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


def with_key(world: World) -> tuple[str, Path]:
    """Make the pair of keys: the public one in mailbot.toml, the secret one in a file elsewhere."""
    public, secret = sealing.new_pair()
    settings = world.folder / "mailbot.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace("[operator]", f'[operator]\nage_key = "{public}"', 1), encoding="utf-8")
    identity = world.root / "identity.txt"
    identity.write_text(f"# created: today\n{secret}\n", encoding="utf-8")
    return public, identity


@pytest.fixture
def keys(world: World) -> tuple[str, Path]:
    """The pair of keys."""
    return with_key(world)


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
    """Restore over the installation."""
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


def test_without_gone_log_it_refuses_and_says_who_may_come_back(world: World, kept: Path) -> None:
    file = save(world, kept)
    world.ok("people", "destroy", ALIYA, "--yes")
    for folder in (world.folder, kept):
        (folder / FILE).unlink()
    refused = restored(world, file)
    assert refused.code == 66 and "comes back" in refused.err and world.person(ALIYA)["state"] == "suppressed"
    ran = restored(world, file, "--without-ledger")
    assert ran.code == 0 and "any of the 6 people may be one of them" in ran.out
    assert world.person(ALIYA)["surname"] == "Сәрсенова"
    assert (world.folder / FILE).is_file()


def test_a_withdrawal_without_gone_log_is_stopped_again_and_held(world: World, kept: Path) -> None:
    world.policy(NO_OBLIGATIONS)
    file = save(world, kept)
    world.mail(ALIYA, WITHDRAWAL["ru"])
    for folder in (world.folder, kept):
        (folder / FILE).unlink()
    assert restored(world, file, "--without-ledger").code == 0
    assert world.person(ALIYA)["state"] == "active"
    sent = [s.name for s in world.sent() if s.to == ALIYA]
    assert world.poll()["held"] == 1
    assert world.person(ALIYA)["block"]["why"] == "withdrawal"
    assert [s.name for s in world.sent() if s.to == ALIYA] == sent
    (request,) = world.requests()
    assert (request["state"], request["reason"], request["open"]) == ("applied", "restored", ["operator"])
    for _ in range(3):
        world.later(days=3)
        world.poll()
    assert world.person(ALIYA)["block"]["why"] == "withdrawal"


def test_an_older_gone_log_is_not_enough_and_one_copy_is(world: World, kept: Path) -> None:
    world.mail(ALICE, UNSUBSCRIBE["en"])
    before = (world.folder / FILE).read_bytes()
    world.ok("people", "destroy", BORIS, "--yes")
    file = save(world, kept)
    world.ok("people", "destroy", ALIYA, "--yes")
    full = (world.folder / FILE).read_bytes()
    assert (kept / FILE).read_bytes() == full, "copied after each act"
    for folder in (world.folder, kept):
        (folder / FILE).write_bytes(before)
    assert "lacks what the backup knew, and so does the copy" in restored(world, file).err
    (kept / FILE).write_bytes(full)
    assert "1 destroyed" in restored(world, file).out
    assert (world.folder / FILE).read_bytes() == full


def test_a_forged_line_is_refused(world: World, kept: Path) -> None:
    file = save(world, kept)
    world.ok("people", "destroy", ALIYA, "--yes")
    for folder in (world.folder, kept):
        text = (folder / FILE).read_text(encoding="utf-8")
        (folder / FILE).write_text(text.replace("destroyed", "undone"), encoding="utf-8")
    ran = restored(world, file)
    assert ran.code == 66 and "altered" in ran.err
    assert "altered" in world.run("check").out
    assert world.run("poll").code == 0


def test_check_tells_of_backups(world: World, keys: tuple[str, Path], kept: Path) -> None:
    assert "there is none yet" in world.run("check").out
    save(world, kept)
    assert "the newest is 0 days old" in world.run("check").out
    kept.rename(kept.parent / "away")
    assert "can't be reached" in world.run("check").out
    world.ok("people", "destroy", ALIYA, "--yes")
    (kept.parent / "away").rename(kept)
    assert (kept / FILE).read_bytes() != (world.folder / FILE).read_bytes()
    world.poll()
    assert (kept / FILE).read_bytes() == (world.folder / FILE).read_bytes()


def test_old_backups_of_this_installation_alone_are_pruned(world: World, kept: Path) -> None:
    first = save(world, kept)
    old = backups.name_of(Keys((world.folder / "secrets" / "store_key").read_bytes()), world.now() - timedelta(days=31))
    first.rename(kept / old)
    others = [
        "mailbot-2020-01-01T00-00-00Z-aaaaaaaa.age",
        "notes.txt",
        old.replace("Z-", "Z-a").replace(".age", ".bak"),
    ]
    for name in others:
        (kept / name).write_bytes(backups.AGE)
    second = save(world, kept)
    assert {path.name for path in kept.iterdir()} == {second.name, FILE, *others}


def test_a_backup_overwrites_nothing_and_needs_a_key(world: World, kept: Path) -> None:
    file = kept / "one.age"
    assert world.run("backup", file).code == 0
    octets = file.read_bytes()
    assert world.run("backup", file).code == 1 and file.read_bytes() == octets
    assert world.run("backup", kept / "nowhere" / "one.age").code == 66
    assert oct(file.stat().st_mode)[-3:] == "600"
    settings = world.folder / "mailbot.toml"
    settings.write_text(re.sub("age_key = .*", "", settings.read_text(encoding="utf-8")), encoding="utf-8")
    ran = world.run("backup", kept)
    assert ran.code == 78 and "--new-key" in ran.err and "AGE-SECRET" not in ran.err


def test_a_new_key_is_printed_once_and_kept_nowhere(world: World) -> None:
    ran = world.ok("backup", "--new-key")
    found = re.search("AGE-SECRET-KEY-1[0-9A-Z]+", ran.out)
    assert found and re.search('age_key = "age1[0-9a-z]{58}"', ran.out)
    assert traces(world.root, found[0]) == []


def test_a_folder_of_another_installation_is_refused(world: World, empty: World, kept: Path) -> None:
    file = save(world, kept)
    (empty.folder / "secrets" / "store_key").write_text("f" * 64, encoding="utf-8")
    ran = empty.run("restore", file, "--identity", world.root / "identity.txt", "--yes", "--without-ledger")
    assert ran.code == 1 and "another installation" in ran.err


def test_it_asks_first(world: World, kept: Path) -> None:
    file = save(world, kept)
    ran = world.run("restore", file, "--identity", world.root / "identity.txt")
    assert ran.code == 64 and "--yes" in ran.err
    assert world.run("restore", file, "--yes").code == 64
    assert world.run("restore", kept / "none.age", "--yes").code == 66


def test_a_head_from_after_the_backup_shows_the_gap(world: World, kept: Path) -> None:
    file = save(world, kept)
    world.mail(ALICE, UNSUBSCRIBE["en"])
    head = world.ok("audit", "verify", "--json").objects[0]["head"]
    assert "shows that gap" in restored(world, file).out
    report = world.ok("audit", "verify", "--json").objects[0]
    assert report["sound"]
    world.poll()
    assert world.ok("audit", "verify").code == 0
    assert world.run("audit", "verify", "--head", head).code == 1


def columns_at(world: World, revision: str) -> dict[str, set[str]]:
    """Return the columns of each table as a revision had them."""
    engine = open_engine(f"sqlite:///{world.root / 'older.sqlite'}", world.root)
    with engine.begin() as connection:
        migrate.upgrade_on(connection, revision)
        looked = sa.inspect(connection)
        found = {name: {each["name"] for each in looked.get_columns(name)} for name in looked.get_table_names()}
    engine.dispose()
    return found


def as_of(revision: str, values: Iterator[Any], had: dict[str, set[str]]) -> Iterator[Any]:
    """Yield what a backup would hold had it been made at that revision."""
    left: list[int] = []
    for value in values:
        if isinstance(value, list):
            if left:
                yield [value[i] for i in left]
        elif "table" in value:
            mine = had.get(value["table"], set())
            left = [i for i, (name, _) in enumerate(value["columns"]) if name in mine]
            if left:
                yield {**value, "columns": [value["columns"][i] for i in left]}
        else:
            yield {**value, "tables": revision} if "tables" in value else value


def test_tables_of_an_earlier_version_are_brought_up(world: World, kept: Path, keys: tuple[str, Path]) -> None:
    public, identity = keys
    file, older = save(world, kept), kept / "older.age"
    secret = identity.read_text(encoding="utf-8").splitlines()[1]
    had = columns_at(world, "0006")
    assert "policy_text" not in had and "given_by" not in had["consent"]
    with file.open("rb") as source, older.open("wb") as out, strongbox.reading(source, secret) as values:  # noqa: SIM117
        with strongbox.writing(out, public) as put:
            for value in as_of("0006", values, had):
                put(value)
    assert restored(world, older).code == 0
    assert world.person(ALIYA)["surname"] == "Сәрсенова"
    assert world.poll()["fetched"] == 0
    later = kept / "later.age"
    with later.open("wb") as out, strongbox.writing(out, public) as put:
        put({"mailbot": "backup", "format": 1, "version": "9.9", "tables": "9999"})
    assert "install that one first" in restored(world, later).err
