"""What `check` says of our sender in DNS, of certificates, of the mailbox's host, the disk and the clock."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mailbot.app import build
from mailbot.errors import TemporaryError
from mailbot.operating import check_doors, check_health, check_sender
from mailbot.operating.check import check
from mailbot.operating.finding import Parts
from mailbot.ports import Resolver
from tests.acceptance.world import ALIYA, BOX, UPDATE, World
from tests.support.smtp import SmtpServer

NOW = datetime(2026, 11, 23, 9, 6, tzinfo=UTC)
SOUND = {
    "example.kz": ["v=spf1 mx -all", "another=1"],
    "_dmarc.example.kz": ["v=DMARC1; p=quarantine"],
    "s1._domainkey.example.kz": ["v=DKIM1; k=rsa; p=MIGf"],
}
SIGNED = "DKIM-Signature: v=1; a=rsa-sha256; d=example.kz; s=s1; h=from; bh=aa=; b=bb="


@contextmanager
def parts(world: World, resolve: Resolver | None = None) -> Iterator[Parts]:
    """Open an installation to be looked over, with DNS of the test's making."""
    app = build(world.folder, clock=world.now, dns=lambda: resolve)
    yield Parts(
        settings=app.settings, line=app.line, mailbox=app.mailbox, courier=app.courier, templates=app.writer.templates,
        folder=app.folder,
    )  # fmt: skip
    app.close()


def sender(world: World, records: dict[str, list[str]]) -> dict[str, tuple[str, str]]:
    """Return what is said of SPF, DKIM and DMARC."""
    with parts(world, lambda name: records.get(name, [])) as looked:
        said = list(check_sender.sender(looked))
    return {says.partition(":")[0]: (level, says) for level, says in said}


@pytest.fixture
def asking(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAILBOT_TRUST__DNS", "true")


def test_dns_is_quiet_where_it_may_not_be_asked(world: World) -> None:
    assert sender(world, {}) == {}
    assert "sender" not in {each["check"] for each in world.run("check", "--json").objects}


@pytest.mark.usefixtures("asking")
def test_a_sound_sender_is_ok_and_its_key_is_known_from_sent(world: World) -> None:
    assert sender(world, SOUND)["DKIM"][0] == "note"  # nothing of ours was seen
    sent = world.box / ".Sent"
    for part in ("new", "cur", "tmp"):
        (sent / part).mkdir(parents=True)
    (sent / "cur" / "a:2,S").write_bytes(world.octets(BOX, "An answer", headers=[SIGNED]))
    said = sender(world, SOUND)
    assert {name: level for name, (level, _) in said.items()} == {"SPF": "ok", "DKIM": "ok", "DMARC": "ok"}
    assert "s1._domainkey.example.kz" in said["DKIM"][1]


@pytest.mark.usefixtures("asking")
@pytest.mark.parametrize(
    ("name", "records", "level", "says"),
    [
        ("SPF", {"example.kz": []}, "note", "names nobody who may send"),
        ("SPF", {"example.kz": ["v=spf1 mx -all", "v=spf1 a -all"]}, "wrong", "2 records, so none counts"),
        ("SPF", {"example.kz": ["v=spf1 mx +all"]}, "wrong", "allows everybody"),
        ("SPF", {"example.kz": ["v=spf1 all"]}, "wrong", "allows everybody"),
        ("SPF", {"example.kz": ["v=spf1 redirect=_spf.example.com"]}, "ok", "says who may send"),
        ("SPF", {"example.kz": ["v=spf10 all"]}, "note", "names nobody"),
        ("DMARC", {"_dmarc.example.kz": []}, "note", "anybody can write as example.kz"),
        ("DMARC", {"_dmarc.example.kz": ["v=DMARC1; p=none"]}, "note", "only watches (p=none)"),
        ("DMARC", {"_dmarc.example.kz": ["v=DMARC1; p=reject"] * 2}, "wrong", "2 records"),
        ("DMARC", {"_dmarc.example.kz": ["v=DMARC1; p=reject"]}, "ok", "asks to reject"),
        ("DKIM", {}, "ok", "is there"),
        ("DKIM", {"s1._domainkey.example.kz": []}, "wrong", "is not there"),
        ("DKIM", {"s1._domainkey.example.kz": ["v=DKIM1; p="]}, "wrong", "holds no key"),
    ],
)
def test_what_is_wrong_with_our_sender_is_said(
    world: World, name: str, records: dict[str, list[str]], level: str, says: str
) -> None:
    with parts(world) as looked:
        looked.line.store.set_note(check_sender.NOTE, '[["example.kz", "s1"]]')
    found = sender(world, SOUND | records)[name]
    assert found[0] == level and says in found[1]


@pytest.mark.usefixtures("asking")
def test_a_subdomain_has_its_organisation_s_policy(world: World) -> None:
    path = world.folder / "mailbot.toml"
    path.write_text(path.read_text(encoding="utf-8").replace(BOX, "info@mail.example.kz"), encoding="utf-8")
    parent = {"_dmarc.example.kz": ["v=DMARC1; p=reject; sp=none"]}
    assert "example.kz only watches (p=none)" in sender(world, parent)["DMARC"][1]


@pytest.mark.usefixtures("asking")
def test_the_domain_of_a_well_known_house_is_its_own_matter(world: World) -> None:
    house = "mail.ru"
    path = world.folder / "mailbot.toml"
    path.write_text(path.read_text(encoding="utf-8").replace(BOX, f"info@{house}"), encoding="utf-8")
    assert [level for level, _ in sender(world, {}).values()] == ["ok"]


@pytest.mark.usefixtures("asking")
def test_a_silent_dns_is_no_fault_of_ours(world: World) -> None:
    def silent(_name: str) -> list[str]:
        raise TemporaryError("DNS gives no answer")

    with parts(world, silent) as looked:
        (found,) = check_sender.sender(looked)
    assert found == ("note", "DNS gives no answer about example.kz now: try again later")
    with parts(world, None) as looked:
        (found,) = check_sender.sender(looked)
    assert "install mailbot[dkim]" in found[1]


@pytest.mark.parametrize(("left", "level", "says"), [
    (timedelta(days=15), "ok", "valid for 15 days"), (timedelta(days=13, hours=23), "note", "ends in 13 days"),
    (timedelta(days=2), "wrong", "have it renewed"), (timedelta(days=-1), "wrong", "have it renewed"),
])  # fmt: skip
def test_a_certificate_is_told_in_time(left: timedelta, level: str, says: str) -> None:
    ((found, said),) = check_doors.certificate(NOW + left, NOW)
    assert found == level and says in said
    assert list(check_doors.certificate(None, NOW)) == []


@pytest.mark.parametrize(("host", "level", "says"), [
    ("", "ok", "lies here"), ("127.0.0.1", "ok", "lies here, on 127.0.0.1"), ("10.0.0.7", "ok", "lies here"),
    ("imap.gmail.com", "note", "imap.gmail.com is Google: copies of all mail lie abroad (the USA"),
    ("imap.mail.ru", "note", "is Mail.ru: copies of all mail lie abroad (Russia)"),
    ("imap.example.kz", "note", "lies on imap.example.kz: find out in which country that is"),
])  # fmt: skip
def test_where_the_mailbox_lies_is_said(world: World, host: str, level: str, says: str) -> None:
    with parts(world) as looked:
        ((found, said),) = check_doors.host(replace(looked, line=replace(looked.line, host=host)))
    assert found == level and says in said


def test_what_the_policy_says_of_it_settles_it(world: World) -> None:
    world.policy('[processing.abroad]\nru = "Копий за рубежом нет."\n')
    with parts(world) as looked:
        ((level, says),) = check_doors.host(replace(looked, line=replace(looked.line, host="imap.gmail.com")))
    assert level == "ok" and "processing.abroad" in says


def test_an_address_that_the_courier_refuses_is_wrong(world: World, smtp_server: SmtpServer) -> None:
    path = world.folder / "mailbot.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(f"maildir://{world.root / 'sent'}", smtp_server.url), encoding="utf-8")
    assert [each["level"] for each in world.run("check", "--json").objects if each["check"] == "courier"] == ["ok"]
    smtp_server.say({"MAIL": "553 5.7.1 sender is not yours"})
    (said,) = [each for each in world.run("check", "--json").objects if each["check"] == "courier"]
    assert said["level"] == "wrong" and "refuses our address as the sender" in said["says"]
    assert smtp_server.taken == []


@pytest.mark.parametrize(("free", "writable", "level"), [
    (10**6, True, "wrong"), (5 * 10**8, True, "note"), (10**11, True, "ok"), (10**11, False, "wrong"),
])  # fmt: skip
def test_a_full_or_closed_disk_is_said(free: int, writable: bool, level: str) -> None:
    found, says = check_health._room(Path("/var/lib/mailbot"), free, writable=writable)
    assert found == level and says.startswith("/var/lib/mailbot")


@contextmanager
def as_nobody() -> Iterator[None]:
    """Be somebody who is not root meanwhile: for root nothing is closed."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    yield
    if root:
        os.seteuid(0)


def test_a_folder_that_cannot_be_written_is_wrong(tmp_path: Path) -> None:
    shut, open_ = tmp_path / "shut", tmp_path / "open"
    for folder, mode in ((shut, 0o555), (open_, 0o777)):
        folder.mkdir()
        folder.chmod(mode)
    above = [each for each in shut.parents if each.stat().st_uid == os.geteuid() and not each.stat().st_mode & 0o001]
    for each in above:
        each.chmod(each.stat().st_mode | 0o011)
    with as_nobody():
        found = (check_health._is_open(shut), check_health._is_open(open_), check_health._is_open(tmp_path / "none"))
    assert found == (False, True, False)


def test_every_folder_of_ours_is_looked_at(world: World) -> None:
    other = world.root / "backups"
    other.mkdir()
    with parts(world) as looked:
        seen = {str(other): {"file": "a.age", "at": world.now().isoformat()}, "/no/such/folder": {"file": "", "at": ""}}
        looked.line.store.set_note("backups", json.dumps(seen))
        said = {says.partition(":")[0] for _, says in check_health.disk(looked)}
    assert said == {str(world.folder.resolve()), str(other)}


def test_a_slow_clock_is_found_by_mail_that_came_after_it_was_decided(world: World) -> None:
    world.mail(ALIYA, UPDATE["en"], "Phone: +77019990000")
    with parts(world) as looked:
        there = replace(looked, line=replace(looked.line, host="imap.example.kz"))
        assert [level for level, _ in check_health.clock(there)] == ["ok"]
        assert list(check_health.clock(looked)) == []  # on this machine there is one clock
    world.mail(ALIYA, UPDATE["en"], "Surname: Other", at=world.now() + timedelta(minutes=9))
    with parts(world) as looked:
        ((level, says),) = check_health.clock(replace(looked, line=replace(looked.line, host="imap.example.kz")))
    assert level == "wrong" and 530 <= int(says.split(" seconds")[0].rsplit(" ", 1)[1]) <= 540


def test_every_line_has_its_word_in_the_console(world: World) -> None:
    from mailbot.console.words import catalogue

    with parts(world) as looked:
        assert {each.what for each in check(looked)} <= {key.removeprefix("check.") for key in catalogue()}
