"""A backup from before a destruction, restored after it: SQLite, PostgreSQL, a real Dovecot; killed anywhere."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from mailbot import sealing
from mailbot.app import build
from mailbot.errors import TurnLost
from mailbot.operating import restore as restoring
from mailbot.store.gone import FILE, Ledger
from mailbot.store.seat import hold
from tests.integration.test_erased import NAME, PEOPLE, PHONE, WHO, found
from tests.support.dovecot import Dovecot
from tests.support.killed import Commands, Kill
from tests.support.site import TAGS, Site, letter
from tests.support.smtp import SmtpServer

MARAT = "marat@example.com"


@pytest.fixture
def site(dovecot: Dovecot, smtp: SmtpServer, tmp_path: Path, store_url: str, commands: Commands) -> Site:
    """An installation with two people, one of whom updated a phone; its key lies in `identity`."""
    return installed(Site(tmp_path / "site", dovecot, smtp, store_url, commands=commands), tmp_path)


def installed(made: Site, tmp_path: Path) -> Site:
    made.init()
    public, secret = sealing.new_pair()
    (tmp_path / "identity").write_text(secret, encoding="utf-8")
    (tmp_path / "kept").mkdir()
    settings = made.folder / "mailbot.toml"
    text = settings.read_text(encoding="utf-8").replace("[operator]", f'[operator]\nage_key = "{public}"', 1)
    settings.write_text(text, encoding="utf-8")
    made.people(*PEOPLE)
    made.deliver(letter(WHO, TAGS["ru", "update"], f"Телефон: +{PHONE}\n", name="hers"))
    made.poll()
    return made


def kept(site: Site) -> Path:
    return site.folder.parent / "kept"


def backup(site: Site) -> Path:
    ran = site.run("backup", str(kept(site)))
    assert ran.code == 0, ran.err
    return Path(ran.out.partition(": written")[0])


def restore(site: Site, file: Path, *more: str, code: int = 0, **env: str) -> str:
    identity = str(site.folder.parent / "identity")
    ran = site.run("restore", str(file), "--identity", identity, "--yes", *more, **env)
    assert ran.code == code, ran.err
    return ran.out + ran.err


def leave(site: Site) -> None:
    """One is destroyed, the other unsubscribes, after the backup."""
    site.deliver(letter(WHO, TAGS["ru", "update"], f"Телефон: +{PHONE[:-1]}9\n", name="again"))
    site.deliver(letter(MARAT, TAGS["ru", "unsubscribe"], name="his"))
    site.poll()
    assert site.run("people", "destroy", WHO, "--yes").code == 0
    assert site.show(MARAT)["news"] is False


def check(site: Site) -> None:
    """Nobody came back, nothing was answered again, the journal holds."""
    sent = len(site.answers())
    for _ in range(2):
        site.poll()
    assert len(site.answers()) == sent
    assert site.show(WHO)["state"] == "suppressed"
    assert (site.show(MARAT)["news"], site.show(MARAT)["suppressed"]) == (False, ["news"])
    assert site.show(MARAT)["surname"] == "Оспанов"
    assert site.run("audit", "verify").code == 0
    assert found(site.dovecot.maildir(site.user)) == []
    if site.store.startswith("sqlite"):
        assert found(site.folder) == [] and found(site.folder.parent / "kept") == []
        assert found(*site.folder.parent.glob("mailbot.sqlite*")) == []
    else:
        for table, column in (("person", "surname"), ("address", "addr"), ("reply", "address"), ("request", "address")):
            rows = site.sql(f"SELECT {column} FROM {table}")
            assert not {NAME, WHO} & {row[0] for row in rows}


def test_who_was_destroyed_since_stays_gone(site: Site) -> None:
    file = backup(site)
    leave(site)
    out = restore(site, file)
    assert "1 destroyed" in out and "audit verify --head" in out
    check(site)
    assert site.run("check").code in (0, 1)


def test_it_goes_into_a_new_folder_with_the_copy_beside_the_backup_alone(site: Site, tmp_path: Path) -> None:
    file = backup(site)
    leave(site)
    shutil.rmtree(site.folder)
    site.folder = tmp_path / "anew"
    assert "who left after that may come back" in restore(site, file)
    assert oct((site.folder / "secrets" / "store_key").stat().st_mode)[-3:] == "600"
    assert oct((site.folder / FILE).stat().st_mode)[-3:] == "600"
    check(site)


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_a_backup_of_sqlite_restores_into_postgresql(site: Site, tmp_path: Path, postgres_url: str) -> None:
    file = backup(site)
    leave(site)
    shutil.rmtree(site.folder)
    site.folder, site.store = tmp_path / "anew", postgres_url
    restore(site, file, MAILBOT_STORE__URL=postgres_url)
    settings = site.folder / "mailbot.toml"
    text = settings.read_text(encoding="utf-8")
    line = next(line for line in text.splitlines() if line.startswith('url = "sqlite'))
    settings.write_text(text.replace(line, f'url = "{postgres_url}"'), encoding="utf-8")
    check(site)
    back = backup(site)
    site.run("people", "destroy", MARAT, "--yes")
    assert "1 destroyed" in restore(site, back)


def test_one_host_restores_and_knows_whom_another_destroyed(
    dovecot: Dovecot, smtp: SmtpServer, tmp_path: Path, postgres_url: str, commands: Commands
) -> None:
    """Its own gone.log is the one of the backup, and no copy lies beside that: the schema that hosts share tells."""
    store = f"{postgres_url}&schema=one"
    site = installed(Site(tmp_path / "site", dovecot, smtp, store, commands=commands), tmp_path)
    file = backup(site)
    shutil.copytree(site.folder, tmp_path / "other")
    leave(site)
    (kept(site) / FILE).unlink()
    site.folder = tmp_path / "other"
    assert "1 destroyed" in restore(site, file)
    check(site)


def test_a_restore_that_lost_its_turn_meanwhile_changes_nothing(
    dovecot: Dovecot, smtp: SmtpServer, tmp_path: Path, postgres_url: str, commands: Commands,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    url = f"{postgres_url}&schema=one"
    site = installed(Site(tmp_path / "site", dovecot, smtp, url, commands=commands), tmp_path)
    held = restoring.look(backup(site), (tmp_path / "identity").read_text(encoding="utf-8"))
    app = build(site.folder)
    store = app.line.store

    def bring(book: Ledger, told: restoring.Told) -> None:
        store.free().set_note("since", "another's")
        with hold(store.engine, "another", seizing=True) as turn:
            assert turn is not None

    monkeypatch.setattr(restoring, "_bring", bring)
    told = restoring.ledger(site.folder, held, app.line.store.clock())
    secret = (tmp_path / "identity").read_text(encoding="utf-8")
    with pytest.raises(TurnLost):
        restoring.restore(store, app.line.rules.policy, held, secret, told)
    assert store.note("since") == "another's"
    app.close()


WHEN = ("before", "after")
BACKUP = [Kill(call=call, when=when, n=n) for call, n in (("commit", 1), ("commit", 2), ("link", 1)) for when in WHEN]
LEAVE = [Kill(call=call, when=when, n=n) for call, n in (("commit", 2), ("told", 2), ("fsync", 1)) for when in WHEN]
RESTORE = [Kill(call=call, when=when, n=1) for call in ("commit", "ledger", "fsync") for when in WHEN]


@pytest.mark.parametrize("kill", BACKUP, ids=str)
def test_a_backup_killed_anywhere_is_whole_or_not_there(site: Site, kill: Kill) -> None:
    assert site.commands is not None
    ended = site.commands.run("--config", str(site.folder), "backup", str(kept(site)), kill=kill)
    assert ended.code in (0, -9)
    there = list(kept(site).glob("mailbot-*.age"))
    leave(site)
    for file in there:
        assert (kept(site) / FILE).is_file()
        restore(site, file)
        check(site)
    if not there:
        for left in kept(site).glob(".mailbot-backup-*"):
            os.utime(left, (0, 0))  # a part of today may be of a backup that is running
        backup(site)
        assert list(kept(site).glob(".mailbot-backup-*")) == []


@pytest.mark.parametrize("kill", LEAVE, ids=str)
def test_no_line_is_lost_when_a_destruction_is_killed(site: Site, kill: Kill) -> None:
    assert site.commands is not None
    file = backup(site)
    ended = site.commands.run("--config", str(site.folder), "people", "destroy", WHO, "--yes", kill=kill)
    assert ended.code in (0, -9)
    if site.show(WHO)["state"] == "suppressed":
        assert " destroyed " in (site.folder / FILE).read_text(encoding="utf-8")
    site.deliver(letter(MARAT, TAGS["ru", "unsubscribe"], name="his"))
    site.poll()
    assert site.run("people", "destroy", WHO, "--yes").code in (0, 1)  # 1: it was done before it was killed
    assert "1 destroyed" in restore(site, file)
    check(site)


@pytest.mark.parametrize("kill", RESTORE, ids=str)
def test_a_restore_killed_anywhere_is_done_or_not_begun(site: Site, kill: Kill) -> None:
    assert site.commands is not None
    file = backup(site)
    leave(site)
    identity = str(site.folder.parent / "identity")
    ended = site.commands.run(
        "--config", str(site.folder), "restore", str(file), "--identity", identity, "--yes", kill=kill
    )
    assert ended.code in (0, -9), ended.err
    assert site.show(WHO)["state"] == "suppressed"
    assert site.show(MARAT)["news"] is False
    restore(site, file)
    check(site)


def test_what_is_altered_or_another_ones_is_refused_and_nothing_is_changed(site: Site, tmp_path: Path) -> None:
    file = backup(site)
    leave(site)
    octets = file.read_bytes()
    for harm in (octets[:-1], octets[:-40] + bytes(40), octets[: len(octets) // 2], b"", octets + b"x"):
        file.write_bytes(harm)
        assert "can't be decrypted" in restore(site, file, code=66)
    file.write_bytes(octets)
    (tmp_path / "identity").write_text(sealing.new_pair()[1], encoding="utf-8")
    assert "another key" in restore(site, file, code=66)
    assert site.show(WHO)["state"] == "suppressed" and site.show(MARAT)["news"] is False
