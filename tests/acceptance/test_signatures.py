"""A mailbox whose host writes no results: signatures are checked here, and DNS that gives no answer is waited for."""

from __future__ import annotations

from email.header import Header
from email.utils import format_datetime

import pytest

from mailbot.errors import TemporaryError
from tests.acceptance.test_unsubscribe import subject
from tests.acceptance.world import ALIYA, BORIS, BOX, STRANGER, UNSUBSCRIBE, UPDATE, WITHDRAWAL, World
from tests.support.signing import SIGNED, mail, sign, zone

DOMAIN = ALIYA.rpartition("@")[2]
PHONE = "Телефон: +7 701 999 88 77\r\n"


class Dns:
    """A resolver that can fall silent."""

    def __init__(self) -> None:
        self.records = {**zone(domain=DOMAIN), **zone(domain="example.org")}
        self.silent = False
        self.asked = 0

    def __call__(self, name: str) -> list[str]:
        self.asked += 1
        if self.silent:
            raise TemporaryError("DNS gives no answer")
        return self.records.get(name, [])


@pytest.fixture
def dns(world: World, monkeypatch: pytest.MonkeyPatch) -> Dns:
    monkeypatch.setenv("MAILBOT_TRUST__DNS", "true")
    made = Dns()
    world.dns = made
    return made


def signed(
    world: World,
    subject: str,
    body: str = PHONE,
    *,
    writer: str = ALIYA,
    to: str = BOX,
    names: tuple[str, ...] = SIGNED,
) -> bytes:
    """Return a mail as it came in: signed by its domain, and a Received on top of it."""
    world.count += 1
    domain = writer.rpartition("@")[2]
    octets = mail(
        body=body, From=writer, To=to, Date=format_datetime(world.now()), Message_ID=f"<signed-{world.count}@{domain}>",
        Subject=Header(subject, "utf-8", maxlinelen=998).encode(),
    )  # fmt: skip
    hop = f"Received: from mail.{domain} by store.example.kz with ESMTPS; {format_datetime(world.now())}\r\n"
    return hop.encode() + sign(octets, domain=domain, signed=names)


def test_a_signed_update_is_carried_out(world: World, dns: Dns) -> None:
    taken = world.take(signed(world, UPDATE["ru"]))
    assert taken.decision == "applied"
    assert world.person(ALIYA)["phones"] == ["+77019998877"]
    shown = world.request(taken)
    assert (shown["evidence"], shown["because"]) == ("authenticated", "signature checked")


def test_a_signature_that_does_not_sign_to_is_asked_back(world: World, dns: Dns) -> None:
    names = tuple(name for name in SIGNED if name != "to")  # as one large provider signs
    taken = world.take(signed(world, UPDATE["ru"], names=names))
    assert (taken.decision, taken.answer.to) == ("challenged", ALIYA)
    assert world.request(taken)["reason"] == "sender_weak"


def test_a_signed_mail_to_somebody_else_is_asked_back(world: World, dns: Dns) -> None:
    assert world.take(signed(world, WITHDRAWAL["ru"], to="info@example.com")).decision == "challenged"


def test_a_forged_signature_is_asked_back(world: World, dns: Dns) -> None:
    octets = signed(world, UPDATE["ru"]).replace(b"999 88 77", b"999 88 78")
    assert world.take(octets).decision == "challenged"


def test_dns_that_gives_no_answer_is_waited_for(world: World, dns: Dns) -> None:
    dns.silent = True
    octets = signed(world, UPDATE["ru"])
    taken = world.take(octets)
    assert (taken.decision, taken.lies, taken.answers) == ("waiting", "INBOX", [])
    assert world.requests("--all") == []
    asked = dns.asked
    world.poll()
    assert dns.asked == asked  # not at every pass
    world.later(minutes=6)
    assert world.poll()["waiting"] == 1
    dns.silent = False
    world.later(minutes=6)
    counts = world.poll()
    assert (counts["applied"], counts["fetched"]) == (1, 1)
    assert world.person(ALIYA)["phones"] == ["+77019998877"]
    assert world.lies(taken.letter) == "Done"


def test_it_never_becomes_unproven_before_its_limit(world: World, dns: Dns) -> None:
    dns.silent = True
    letter = world.put(signed(world, WITHDRAWAL["ru"], "Да\r\n"))
    for _ in range(23):
        counts = world.poll()
        assert (counts["waiting"], counts["poisoned"], counts["challenged"]) == (1, 0, 0)
        world.later(hours=1)
    assert world.person(ALIYA)["news"] is True
    world.later(hours=1, minutes=1)
    assert world.poll()["challenged"] == 1
    assert world.lies(letter) == "Done"
    assert world.last(ALIYA).to == ALIYA
    world.poll()
    assert len([sent for sent in world.sent() if sent.to == ALIYA]) == 1


def test_waiting_is_no_failure_of_the_mail(world: World, dns: Dns) -> None:
    dns.silent = True
    world.put(signed(world, UPDATE["ru"]))
    for _ in range(5):
        world.poll()
        world.later(minutes=6)
    assert world.sql("select tries, state, reason from mail") == [(0, "waiting", "dns")]


def test_nobody_behind_it_is_stopped(world: World, dns: Dns) -> None:
    dns.silent = True
    world.put(signed(world, UPDATE["ru"]))
    taken = world.put(world.octets(ALIYA, UPDATE["kk"], "Телефон: +7 701 111 22 33"))
    counts = world.poll()
    assert (counts["waiting"], counts["applied"]) == (1, 1)
    assert world.lies(taken) == "Done"


def test_mail_that_asks_nothing_does_not_wait(world: World, dns: Dns) -> None:
    dns.silent = True
    assert world.take(signed(world, "Question", "Hello, when does the course begin?\r\n")).decision == "left"


def test_a_stranger_who_is_proven_is_told_about_his_address(world: World, dns: Dns) -> None:
    taken = world.take(signed(world, UPDATE["ru"], writer=STRANGER))
    assert (taken.decision, taken.answer.to) == ("held", STRANGER)


def test_in_shadow_it_waits_too(shadow: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAILBOT_TRUST__DNS", "true")
    made = Dns()
    shadow.dns, made.silent = made, True
    shadow.put(signed(shadow, UPDATE["ru"]))
    assert shadow.poll()["waiting"] == 1
    made.silent = False
    shadow.later(minutes=6)
    assert shadow.poll()["applied"] == 1
    assert shadow.person(ALIYA)["phones"] == ["+77010000001"]
    shadow.ok("live")
    assert shadow.poll()["applied"] == 1
    assert shadow.person(ALIYA)["phones"] == ["+77019998877"]


def test_the_same_mail_again_does_not_wait_anew(world: World, dns: Dns) -> None:
    octets = signed(world, UPDATE["ru"])
    assert world.take(octets).decision == "applied"
    dns.silent = True
    assert world.take(b"X-Copy: 1\r\n" + octets).decision in ("already", "waiting")
    world.later(minutes=6)
    dns.silent = False
    world.poll()
    assert len([sent for sent in world.sent() if sent.to == ALIYA]) == 1


def test_switched_off_nothing_is_asked(world: World, dns: Dns, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAILBOT_TRUST__DNS", "false")
    assert world.take(signed(world, UPDATE["ru"])).decision == "challenged"
    assert dns.asked == 0


def test_the_time_of_receipt_counts(world: World, dns: Dns) -> None:
    octets = signed(world, UPDATE["ru"])
    world.later(days=4)
    taken = world.take(octets)
    assert taken.decision == "challenged"
    assert world.request(taken)["because"] == "signature checked, signed on another day"


def test_an_unsubscribe_never_waits_for_dns(world: World, dns: Dns) -> None:
    """It needs no proof, and the clock of an unsubscribe is: at once."""
    token = subject(world, BORIS)
    dns.silent = True
    assert world.take(signed(world, UNSUBSCRIBE["ru"], "")).decision == "applied"
    assert world.take(signed(world, token, "", writer=BORIS)).decision == "applied"
    assert [world.person(who)["news"] for who in (ALIYA, BORIS)] == [False, False]


def test_a_mail_that_waits_is_no_secret(world: World, dns: Dns) -> None:
    dns.silent = True
    assert world.take(signed(world, WITHDRAWAL["ru"])).decision == "waiting"
    listed = world.ok("requests").out
    assert "not decided yet: 1" in listed and "nothing waits" not in listed
    found = [each for each in world.run("check", "--json").objects if each["check"] == "undecided"]
    assert [each["level"] for each in found] == ["note"] and "not decided yet: 1" in found[0]["says"]
    dns.silent = False
    world.later(minutes=6)
    world.poll()
    assert "not decided yet" not in world.ok("requests").out
