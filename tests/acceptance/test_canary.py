"""`check --canary`: our own marked mail goes through the whole line, is filed, and sets nothing off."""

from __future__ import annotations

import re
import threading
from datetime import timedelta
from pathlib import Path

import pytest

from mailbot.answering.maildir import MaildirCourier
from mailbot.app import build
from mailbot.errors import ConflictError
from mailbot.operating import canary
from mailbot.operating.finding import Parts
from mailbot.store import canaries
from tests.acceptance.world import BOX, STRANGER, Ran, World

MARK = re.compile(rb"(?m)^X-Mailbot-Canary: ([a-z2-7]{26})\r?$")


def looped(world: World) -> World:
    """Have the courier deliver into the mailbox itself, as a mail server does with mail to it."""
    path = world.folder / "mailbot.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(f"maildir://{world.root / 'sent'}", f"maildir://{world.box}"), encoding="utf-8")
    return world


def fly(world: World, wait: str = "0") -> Ran:
    return world.run("check", "--canary", "--wait", wait, "--json")


def steps(ran: Ran) -> dict[str, tuple[str, str]]:
    return {each["check"]: (each["level"], each["says"]) for each in ran.objects}


def lying(world: World, folder: str = "new") -> list[bytes]:
    """Return what lies in INBOX, or in another folder of the Maildir."""
    path = world.box / folder
    return [each.read_bytes() for each in sorted(path.iterdir())] if path.is_dir() else []


def test_it_comes_through_the_whole_line(either: World) -> None:
    ran = fly(looped(either))
    said = steps(ran)
    assert ran.code == 0, ran
    assert list(said) == ["sent", "arrived", "recognised", "filed", "unanswered", "authentication"]
    assert all(level == "ok" for what, (level, _) in said.items() if what != "authentication")
    assert "no result that [trust] authserv believes" in said["authentication"][1]
    assert "into mailbot/Done" in said["filed"][1] and "s after it was sent" in said["filed"][1]
    assert lying(either) == []
    (filed,) = lying(either, ".mailbot.Done/cur")
    assert MARK.search(filed) and b"Auto-Submitted: auto-generated" in filed
    (request,) = either.requests("--all")
    assert (request["reason"], request["state"], request["kind"]) == ("canary", "ignored", None)
    assert either.requests() == [] and either.sent() == []


def test_it_says_the_same_in_words(world: World) -> None:
    ran = looped(world).ok("check", "--canary", "--wait", "0")
    assert "ok    recognised  a pass knew it again" in ran.out


def test_a_running_poller_may_be_quicker(world: World) -> None:
    app, done = build(looped(world).folder, dns=lambda: None), threading.Event()

    def run() -> None:
        while not done.wait(0.05):
            app.poll()

    poller = threading.Thread(target=run)
    with app.line.store.turn() as mine:  # the poller has the turn when the command looks first
        assert mine
        command = threading.Thread(target=lambda: found.append(fly(world, "60")))
        found: list[Ran] = []
        command.start()
        while not lying(world):
            done.wait(0.02)
    poller.start()
    command.join()
    done.set()
    poller.join()
    app.close()
    assert found[0].code == 0 and steps(found[0])["filed"][0] == "ok"
    assert len(lying(world, ".mailbot.Done/cur")) == 1


def test_in_shadow_it_is_known_and_stays(shadow: World) -> None:
    ran = fly(looped(shadow))
    assert ran.code == 0
    assert steps(ran)["filed"] == ("note", "it stays in INBOX: shadow moves nothing")
    assert len(lying(shadow)) == 1
    shadow.ok("live")
    shadow.poll()
    assert lying(shadow) == [] and len(lying(shadow, ".mailbot.Done/cur")) == 1


def test_in_pause_it_comes_through_too(world: World) -> None:
    looped(world).ok("pause")
    ran = fly(world)
    assert ran.code == 0 and "it is paused" in steps(ran)["unanswered"][1]
    assert steps(ran)["filed"][0] == "ok"


def test_what_does_not_come_is_said_with_its_step(world: World) -> None:
    ran = fly(world)  # the courier keeps it
    said = steps(ran)
    assert ran.code == 1
    assert list(said) == ["sent", "arrived"]
    assert said["arrived"][0] == "wrong" and "did not come within 0 s" in said["arrived"][1]


def test_what_lies_in_spam_is_said(world: World) -> None:
    junk = world.box / ".Junk"
    for part in ("new", "cur", "tmp"):
        (junk / part).mkdir(parents=True)
    path = world.folder / "mailbot.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(f"maildir://{world.root / 'sent'}", f"maildir://{junk}"), encoding="utf-8")
    ran = fly(world)
    assert ran.code == 1 and "it lies in Spam" in steps(ran)["arrived"][1]


def test_a_courier_that_refuses_is_the_first_step(world: World) -> None:
    (world.root / "sent").write_text("no folder")
    ran = fly(world)
    assert ran.code == 1 and list(steps(ran)) == ["sent"]


def test_a_mailbox_that_cannot_be_read_is_said(world: World) -> None:
    world.box.rename(world.root / "away")
    ran = fly(world)
    assert ran.code == 1 and "can't be told" in steps(ran)["arrived"][1]


class Rewriting(MaildirCourier):
    """A mail server on the way that writes something else into our mail."""

    def __init__(self, path: Path, old: bytes, new: bytes) -> None:
        super().__init__(path)
        self.old, self.new = old, new

    def send(self, sender: str, recipient: str, octets: bytes) -> str:
        return super().send(sender, recipient, octets.replace(self.old, self.new))


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (b"X-Mailbot-Canary", b"X-Other", "it came without its mark"),
        (b"From: info@", b"From: postmaster@", "it came under another address"),
    ],
)
def test_what_was_changed_on_its_way_is_said(world: World, old: bytes, new: bytes, says: str) -> None:
    app = build(world.folder, dns=lambda: None)
    parts = Parts(
        settings=app.settings, line=app.line, mailbox=app.mailbox, courier=Rewriting(world.box, old, new),
        templates=app.writer.templates, folder=app.folder,
    )  # fmt: skip
    findings = list(canary.fly(parts, lambda: app.poll()[1], 0))
    app.close()
    assert [each.what for each in findings] == ["sent", "recognised"]
    assert findings[-1].level == "wrong" and says in findings[-1].says
    assert len(lying(world)) == 1


@pytest.mark.parametrize("how", ["stranger", "guess", "again"])
def test_nobody_else_s_mail_is_a_canary(world: World, how: str) -> None:
    fly(world)
    (path,) = (world.root / "sent" / "new").iterdir()
    octets = path.read_bytes()
    if how == "stranger":  # knows the mark, and is somebody else
        octets = octets.replace(f"From: {BOX}".encode(), f"From: {STRANGER}".encode())
    elif how == "guess":
        octets = MARK.sub(b"X-Mailbot-Canary: " + b"a" * 26 + b"\r", octets)
    else:  # the same mark in a second mail
        world.take(octets)
        octets = octets.replace(b"<canary-", b"<another-").replace(b"You may delete it.", b"You may keep it.")
    taken = world.take(octets)
    assert taken.lies == "INBOX" and not taken.answers
    assert world.request(taken)["reason"] != "canary"


def test_the_mark_is_not_in_the_store(world: World) -> None:
    fly(looped(world))
    (filed,) = lying(world, ".mailbot.Done/cur")
    mark = MARK.search(filed)
    assert mark and mark[1] not in (world.folder / "mailbot.sqlite").read_bytes()
    assert world.sql("SELECT count(*) FROM canary WHERE seen_at IS NOT NULL") == [(1,)]


def test_old_ones_are_forgotten(world: World) -> None:
    fly(world)
    world.sql("UPDATE canary SET sent_at = ?", str(world.now() - timedelta(days=31)))
    fly(world)
    assert world.sql("SELECT count(*) FROM canary") == [(1,)]


def test_wait_alone_is_wrong_usage(world: World) -> None:
    assert world.run("check", "--wait", "3").code == 64


def test_a_key_that_is_rotated_meanwhile_is_said(world: World) -> None:
    app = build(world.folder, dns=lambda: None)
    with app.line.store.unit() as unit:
        mark = canaries.begin(unit)
    world.ok("key", "rotate", "--yes")
    app.line.store.follow_key()
    with app.line.store.unit() as unit, pytest.raises(ConflictError, match="rotated while"):
        canaries.flight(unit, mark)
    app.close()


@pytest.mark.parametrize("wait", ["nan", "-1", "inf"])
def test_a_wait_without_an_end_is_refused(world: World, wait: str) -> None:
    assert fly(world, wait).code == 64
