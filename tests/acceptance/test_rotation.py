"""A new key: whoever left is recognised as before, what was handled is not handled again, the journal holds."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from mailbot.app import build
from mailbot.errors import ConfigError, KeyRotated
from mailbot.store import chain
from mailbot.store.gone import FILE
from mailbot.store.keys import Keys
from mailbot.store.rotation import HASHES
from tests.acceptance.test_backup import restored, save, traces, with_key
from tests.acceptance.world import (
    ALICE,
    ALIYA,
    BORIS,
    CSV,
    OWNER,
    PHONE,
    QUIET,
    STRANGER,
    UNSUBSCRIBE,
    UPDATE,
    YES,
    World,
)  # fmt: skip

HEX = re.compile(r"\b[0-9a-f]{64}\b")


def key(world: World) -> Path:
    return world.folder / "secrets" / "store_key"


def ring(world: World) -> Keys:
    return Keys.read(key(world).read_text(encoding="utf-8"))


def rotate(world: World) -> None:
    assert "recognised as before" in world.ok("key", "rotate", "--yes").out


def head(world: World) -> str:
    return str(world.ok("audit", "verify", "--json").objects[0]["head"])


def hashes(world: World) -> dict[str, set[str]]:
    """Return what is hashed with the key, by its place."""
    found = {}
    for table, columns in HASHES:
        name = table.__table__.name
        for column in columns:
            found[f"{name}.{column}"] = {
                v for (v,) in world.sql(f'SELECT "{column}" FROM {name}') if v and len(v) == 64
            }
    said = " ".join(value for (value,) in world.sql("SELECT value FROM note WHERE name <> 'event_head'"))
    return {**found, "note": set(HEX.findall(said))}


def test_who_left_is_recognised_and_nothing_is_done_twice(either: World) -> None:
    world = either
    first = world.mail(BORIS, UPDATE["ru"], f"Телефон: {PHONE}")
    world.mail(ALICE, UNSUBSCRIBE["en"])
    world.mail(STRANGER, UNSUBSCRIBE["en"])
    asked = world.mail(QUIET, UPDATE["kk"], "Телефон: +77019998800", proof="weak")
    waits = world.request(world.mail("new@example.org", UPDATE["ru"], f"Телефон: {PHONE}"))["id"]
    assert waits in world.last(OWNER).text, "the list that the operator answers below"
    world.mail(ALIYA, UPDATE["ru"], "Телефон: +77019998899")
    world.ok("people", "destroy", ALIYA, "--yes")
    exported = world.root / "unsubscribe.csv"
    world.ok("people", "export", exported, "--unsubscribe")
    row = next(row for row in exported.read_text(encoding="utf-8").splitlines() if BORIS in row)
    token = re.findall(r"unsubscribe-[a-z2-7]{26}", row)[0]
    before, earlier = hashes(world), head(world)
    people = world.on_file() | {"suppression": []}
    for _ in range(2):
        rotate(world)
    after = hashes(world)
    for place, values in before.items():
        assert len(after[place]) == len(values) and after[place].isdisjoint(values), place
    filled = {place for place, values in before.items() if values}
    assert filled >= {
        "suppression.key", "mail.fingerprint", "mail.message_key", "mail.text_key", "reply.digest", "reply.fingerprint",
        "digest_card.addressee", "note",
    }  # fmt: skip
    assert world.on_file() | {"suppression": []} == people

    assert world.person(ALIYA)["state"] == "suppressed"
    assert world.person(STRANGER)["suppressed"] == ["news"]
    report = world.bring(CSV)
    assert report["stopped"] == 1, report
    assert (world.person(ALICE)["news"], world.person(ALICE)["suppressed"]) == (False, ["news"])
    listed = world.root / "list.csv"
    listed.write_text(f"email\n{ALIYA}\n{ALICE}\n{STRANGER}\n{BORIS}\n", encoding="utf-8")
    world.ok("guard", listed, "--output", world.root / "clean.csv")
    assert (world.root / "clean.csv").read_text(encoding="utf-8").split() == ["email", BORIS]

    sent = len(world.sent())
    again = world.take(first.letter.octets.replace(b"MIME-Version", b"X-Copied: yes\r\nMIME-Version"))
    assert again.decision == "already" and len(world.sent()) == sent
    assert world.answer(QUIET, YES["kk"], to=asked.answer).decision == "applied"
    assert world.person(QUIET)["phones"] == ["+77019998800"]
    number = re.search(rf"(\d+)\. № {waits}", world.last(OWNER).text)
    assert number is not None
    world.answer(OWNER, f"{number[1]} спам")
    assert world.show(waits)["reason"] == "closed"
    assert world.mail(BORIS, token).decision == "applied"
    assert world.person(BORIS)["news"] is False
    report = world.ok("audit", "verify", "--json", "--head", earlier).objects[0]
    assert report["sound"] and report["compared"] == "same"
    assert "each line of store_key is needed" in world.run("check").out


def test_whoever_holds_the_former_key_is_turned_away_once(either: World) -> None:
    world = either
    world.mail(ALICE, UNSUBSCRIBE["en"])
    app = build(world.folder)
    try:
        assert app.line.store.note("mode") == "live"
        rotate(world)
        with pytest.raises(KeyRotated, match="rotated a moment ago"), app.line.store.unit():
            pass
        assert app.line.store.note("mode") == "live"
        rotate(world)
        world.put(world.octets(ALICE, UNSUBSCRIBE["en"]))
        counts, failure = app.poll()
        assert failure is None and counts["applied"] == 1
        assert app.line.store.keys == ring(world) and app.line.store.gone is not None
        assert app.line.store.gone.keys == ring(world)
    finally:
        app.close()
    assert world.ok("audit", "verify").code == 0


def test_backups_of_either_key_come_back_and_nobody_who_left_does(world: World) -> None:
    with_key(world)
    kept = world.root / "kept"
    kept.mkdir()
    world.mail(ALICE, UNSUBSCRIBE["en"])
    old = save(world, kept)
    old_name = old.rename(kept / "old.age")
    world.ok("people", "destroy", ALIYA, "--yes")
    rotate(world)
    world.ok("people", "destroy", BORIS, "--yes")
    ran = restored(world, old_name)
    assert ran.code == 0 and "2 destroyed" in ran.out, ran
    for address in (ALIYA, BORIS):
        assert world.person(address)["state"] == "suppressed"
    assert world.person(ALICE)["suppressed"] == ["news"]
    world.poll()
    assert world.ok("audit", "verify").code == 0
    assert world.bring(CSV)["stopped"] == 2
    new = save(world, kept)
    former, key_text = ring(world).former, key(world).read_text(encoding="utf-8")
    assert len(former) == 1

    for file in (old_name, new):  # nothing is there but what lies beside the backups
        for path in (world.folder / FILE, key(world), world.folder / "mailbot.sqlite"):
            path.unlink()
        ran = restored(world, file)
        assert ran.code == 0, ran
        assert key(world).read_text(encoding="utf-8") == key_text
        assert oct(key(world).stat().st_mode)[-3:] == "600"
        for address in (ALIYA, BORIS):
            assert world.person(address)["state"] == "suppressed"
        assert traces(world.folder, "Сәрсенова", "Петров") == []
        world.poll()
        assert world.ok("audit", "verify").code == 0
    key(world).write_text(f"{'x' * 64}\n", encoding="utf-8")
    assert restored(world, new).code == 1


def test_an_archive_of_before_is_taken_after(world: World, empty: World) -> None:
    world.mail(ALICE, UNSUBSCRIBE["en"])
    world.ok("people", "destroy", ALIYA, "--yes")
    file = world.root / "all.jsonl"
    world.ok("people", "export", file, "--everything")
    rotate(world)
    key(empty).write_text(key(world).read_text(encoding="utf-8"), encoding="utf-8")
    assert "holds a new key that is not used yet" in empty.run("check").out
    rotate(empty)
    empty.ok("people", "import", file)
    assert empty.bring(CSV)["stopped"] == 1
    assert empty.person(ALICE)["suppressed"] == ["news"]
    later = world.root / "later.jsonl"
    world.ok("people", "export", later, "--everything")
    rotate(empty)
    assert ring(empty).continues(ring(world))
    empty.ok("people", "import", later)
    assert empty.bring(CSV)["stopped"] == 1
    assert "another installation's" in world.run("people", "import", _archive(empty)).err


def _archive(world: World) -> Path:
    world.ok("people", "export", world.root / "theirs.jsonl", "--everything")
    return world.root / "theirs.jsonl"


def test_it_asks_first_and_waits_for_a_pass(world: World) -> None:
    before = key(world).read_bytes()
    assert world.run("key", "rotate").code == 64
    app = build(world.folder)
    with app.line.store.turn() as mine:
        assert mine
        ran = world.run("key", "rotate", "--yes")
    app.close()
    assert ran.code == 1 and "a pass is running" in ran.err
    assert key(world).read_bytes() == before


def test_a_key_of_the_environment_is_rotated_by_its_next_line(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.ok("people", "destroy", ALIYA, "--yes")
    own = key(world).read_text(encoding="utf-8").strip()
    key(world).unlink()
    monkeypatch.setenv("MAILBOT_STORE__KEY", own)
    ran = world.run("key", "rotate", "--yes")
    assert ran.code == 78 and "openssl rand -hex 32" in ran.err and own not in ran.err
    monkeypatch.setenv("MAILBOT_STORE__KEY", f"{'n' * 64}\n{own}")
    assert world.person(ALIYA)["state"] == "suppressed"
    rotate(world)
    assert world.person(ALIYA)["state"] == "suppressed"
    monkeypatch.delenv("MAILBOT_STORE__KEY")
    credentials = world.root / "credentials"
    credentials.mkdir()
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(credentials))
    (credentials / "store_key").write_text(f"{'n' * 64}\n{own}", encoding="utf-8")
    assert world.person(ALIYA)["state"] == "suppressed"
    assert world.run("key", "rotate", "--yes").code == 78


def test_without_a_former_key_nothing_is_done(world: World) -> None:
    rotate(world)
    whole = key(world).read_text(encoding="utf-8")
    for lost in (whole.splitlines()[0], whole.splitlines()[1], "y" * 64):
        key(world).write_text(f"{lost}\n", encoding="utf-8")
        ran = world.run("requests", "list")
        assert ran.code == 78 and "put your copy of the whole file back" in ran.err and lost not in ran.err
    key(world).write_text(whole, encoding="utf-8")
    app = build(world.folder)
    rotate(world)
    key(world).write_text(whole, encoding="utf-8")
    with pytest.raises(ConfigError):
        app.poll()
    app.close()


def test_a_former_key_goes_on_with_no_chain(world: World) -> None:
    world.mail(ALICE, UNSUBSCRIBE["en"])
    rotate(world)
    world.mail(BORIS, UPDATE["ru"], f"Телефон: {PHONE}")
    app = build(world.folder)
    store, present = app.line.store, ring(world)
    assert world.ok("audit", "verify").code == 0
    world.ok("pause")
    with store.unit() as unit:  # as whoever learned the former key and can write into the store
        unit.keys = present.ever[0]
        sealed = chain.trusted(unit.connection, present)
        assert sealed is not None and chain.trusted(unit.connection, unit.keys) is None
        chain._keep(unit, sealed)
        assert chain.seal(unit) > 0
        unit.keys = present
        last = chain.head(unit.connection)
        chain._keep(unit, last)  # even with a head that fits
    app.close()
    ran = world.run("audit", "verify", "--json")
    assert ran.code == 1 and ran.objects[0]["broken"]["position"] == sealed.position + 1


def test_a_former_key_cuts_nothing_off(world: World) -> None:
    world.mail(ALICE, UNSUBSCRIBE["en"])
    rotate(world)
    world.poll()
    assert world.ok("audit", "verify").code == 0
    keys = ring(world).ever[0]
    ((link, at),) = world.sql("SELECT link, '2020-01-01 00:00:00.000000' FROM event WHERE position = 2")
    seal = chain.seal_of(keys, SimpleNamespace(position=2, link=link, removed=2, at=at))
    world.sql("INSERT INTO event_cut VALUES (2, ?, 2, ?, ?)", link, at, seal)
    world.sql("DELETE FROM event WHERE position <= 2")
    ran = world.run("audit", "verify", "--json")
    assert ran.code == 1 and ran.objects[0]["broken"]["how"] == "cut" and ran.objects[0]["broken"]["position"] == 2


def test_check_names_what_others_can_read(world: World) -> None:
    rotate(world)
    settings = world.folder / "mailbot.toml"
    settings.chmod(0o644)
    key(world).chmod(0o640)
    assert f"chmod 600 {key(world)}" not in world.run("check").out, "nobody else gets into that folder"
    key(world).parent.chmod(0o755)
    said = world.run("check")
    assert said.code == 1
    assert f"chmod 600 {settings}" in said.out and f"chmod 600 {key(world)}" in said.out
    for path, mode in ((settings, 0o600), (key(world), 0o600), (key(world).parent, 0o700)):
        path.chmod(mode)
    assert "chmod" not in world.run("check").out


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can lock another user out")
def test_a_rotation_by_root_locks_nobody_out(world: World) -> None:
    for path in (world.folder, *world.folder.rglob("*")):
        os.chown(path, 65534, 65534)
    rotate(world)
    assert {path.stat().st_uid for path in (key(world), world.folder / FILE) if path.exists()} == {65534}


def test_a_damaged_key_does_not_send_the_one_who_restores_in_a_circle(world: World) -> None:
    with_key(world)
    (world.root / "kept").mkdir()
    file = save(world, world.root / "kept")
    key(world).write_text("abc", encoding="utf-8")
    ran = restored(world, file)
    assert ran.code == 1 and "is damaged: move it away, then restore again" in ran.err
    key(world).rename(world.root / "damaged")
    assert restored(world, file).code == 0


def test_a_newer_key_that_is_missing_is_named(world: World) -> None:
    """Only the backup and gone.log were carried elsewhere; the key that the rotation laid beside them was not."""
    with_key(world)
    (world.root / "kept").mkdir()
    file = save(world, world.root / "kept")
    world.ok("people", "destroy", ALIYA, "--yes")
    rotate(world)
    world.poll()
    (copy,) = (world.root / "kept").glob("store_key-*.age")
    elsewhere = world.root / "elsewhere"
    elsewhere.mkdir()
    for each in (file, world.root / "kept" / FILE):
        shutil.copy(each, elsewhere)
    key(world).rename(world.root / "kept-key")
    (world.folder / FILE).rename(world.root / "kept-log")
    ran = restored(world, elsewhere / file.name)
    assert ran.code == 66 and "store_key-" in ran.err and "secrets/" in ran.err
    shutil.copy(copy, elsewhere)
    assert restored(world, elsewhere / file.name).code == 0
    assert world.persons(ALIYA)[0]["id"] is None
