"""A destroyed person's mails leave the mailbox with the person: those of the ledger, and nobody else's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from mailbot.app import App, build
from mailbot.errors import MailboxUnavailable, ReplyDeferred
from mailbot.operating.mailcopies import Copies
from mailbot.ports import Letter, RawMail, Said, Take
from tests.acceptance.world import ALICE, ALIYA, NO_OBLIGATIONS, OWNER, PHONE, UPDATE, WITHDRAWAL, World

QUESTION = "Когда начнётся курс?"


def lying(world: World) -> set[str]:
    """Return the names of the mails in INBOX and in mailbot/Done."""
    folders = (world.box / "new", world.box / "cur", world.box / ".mailbot.Done" / "cur")
    return {path.name.partition(":")[0] for folder in folders if folder.is_dir() for path in folder.iterdir()}


def until_destroyed(world: World, address: str) -> None:
    for _ in range(6):
        world.later(days=2)
        world.poll()
        if world.persons(address)[0]["id"] is None:
            return
    raise AssertionError("nobody was destroyed")


def test_what_was_done_for_the_person_goes_and_nothing_else(world: World) -> None:
    world.policy(NO_OBLIGATIONS)
    hers = [world.mail(ALIYA, UPDATE["ru"], f"Телефон: {PHONE}").letter, world.mail(ALIYA, WITHDRAWAL["ru"]).letter]
    others = [world.mail(ALICE, UPDATE["ru"], f"Телефон: {PHONE}").letter, world.mail(ALICE, QUESTION).letter]
    assert {world.lies(letter) for letter in hers} == {"Done"}
    until_destroyed(world, ALIYA)
    assert lying(world) == {letter.name for letter in others}
    assert "стёрты и в нашем почтовом ящике" in world.last(ALIYA).text


def test_a_second_delivery_of_the_same_mail_goes_as_well(world: World) -> None:
    world.policy(NO_OBLIGATIONS)
    octets = world.octets(ALIYA, WITHDRAWAL["ru"])
    world.take(octets)
    world.put(octets.replace(b"Received: from", b"X-Again: 1\r\nReceived: from"))
    assert world.poll()["already"] == 1 and len(lying(world)) == 2
    until_destroyed(world, ALIYA)
    assert lying(world) == set()


def test_a_mail_that_only_bears_the_same_message_id_stays(world: World) -> None:
    world.policy(NO_OBLIGATIONS)
    taken = world.mail(ALIYA, WITHDRAWAL["ru"])
    forged = world.put(world.octets(ALICE, QUESTION, message_id=taken.letter.message_id))
    same = world.put(world.octets(ALIYA, QUESTION, "другой текст", message_id=taken.letter.message_id, proof="none"))
    world.poll()
    until_destroyed(world, ALIYA)
    assert forged.name in lying(world) and taken.letter.name not in lying(world)
    assert same.name in lying(world), "INBOX is the operator's"


@pytest.mark.parametrize(("inbox", "left"), [(False, True), (True, False)])
def test_the_inbox_is_the_operators_but_where_the_setting_says_so(world: World, inbox: bool, left: bool) -> None:
    world.policy(NO_OBLIGATIONS)
    settings = world.folder / "mailbot.toml"
    if inbox:
        text = settings.read_text(encoding="utf-8")
        settings.write_text(text.replace("[mailbox]", '[mailbox]\nerase = ["inbox"]', 1), encoding="utf-8")
    asked = world.mail(ALIYA, QUESTION).letter
    world.mail(ALIYA, WITHDRAWAL["ru"])
    until_destroyed(world, ALIYA)
    assert (asked.name in lying(world)) is left
    assert ("(входящие: 1)" in world.last(ALIYA).text) is left
    told = [mail for mail in world.sent() if mail.to == OWNER and "вручную" in mail.subject]
    assert [f"Ищите по адресу: {ALIYA}" in mail.text and "входящие: 1" in mail.text for mail in told] == [True] * left
    assert finals_are_forgotten(world)


def finals_are_forgotten(world: World) -> bool:
    """Tell whether nothing of the last mails about who was destroyed is left but hashes."""
    rows = world.sql("SELECT address, length(octets), digest <> '' FROM reply WHERE role = 'final'")
    return set(rows) == {("", 0, 1)}


def test_a_mailbox_that_can_not_be_read_destroys_nobody(world: World) -> None:
    world.policy(NO_OBLIGATIONS)
    world.mail(ALIYA, WITHDRAWAL["ru"])
    world.later(days=10)
    app = build(world.folder, clock=world.now)
    try:
        original = app.mailbox.sight

        def gone(*_: object) -> list[object]:
            raise MailboxUnavailable("the mailbox went away")

        app.mailbox.sight = gone  # type: ignore[method-assign, assignment]
        _, failure = app.poll()
        assert isinstance(failure, MailboxUnavailable)
        assert world.person(ALIYA)["block"]["why"] == "withdrawal"
        app.mailbox.sight = original  # type: ignore[method-assign]
        app.poll()
    finally:
        app.close()
    assert world.persons(ALIYA)[0]["id"] is None


def finals(app: App) -> list[str]:
    """Return the address of each final mail that the store still holds, "" for one that is forgotten."""
    with app.line.store.reading() as connection:
        return list(connection.execute(sa.text("SELECT address FROM reply WHERE role = 'final'")).scalars())


def test_the_address_of_a_final_mail_is_forgotten_in_time_where_the_next_one_can_not_go(world: World) -> None:
    world.policy(NO_OBLIGATIONS)
    world.mail(ALIYA, WITHDRAWAL["ru"])
    world.later(days=9)
    app = build(world.folder, clock=world.now)

    def gone(*_: object) -> list[object]:
        raise MailboxUnavailable("the mailbox went away")

    send = app.courier.send

    def busy(take: Take) -> Iterator[tuple[Letter, Said]]:
        for each in iter(take, None):
            later = each.recipient == ALIYA
            yield each, ReplyDeferred("450 later") if later else send(each.sender, each.recipient, each.octets)

    try:
        app.courier.send_all = busy  # type: ignore[method-assign]
        world.put(world.octets(ALICE, WITHDRAWAL["ru"]))
        app.poll()
        assert finals(app) == [ALIYA]
        world.later(days=9)
        app.mailbox.sight = gone  # type: ignore[method-assign, assignment]
        _, failure = app.poll()
        assert isinstance(failure, MailboxUnavailable), "somebody is due and cannot be destroyed"
        assert finals(app) == [""]
    finally:
        app.close()


@pytest.mark.parametrize(
    ("going", "staying", "removable", "told"),
    [
        (0, 0, True, "erased"), (2, 0, True, "erased"), (2, 1, True, "partly"), (0, 1, True, "kept"),
        (2, 0, False, "kept"), (2, 1, False, "kept"), (0, 1, False, "kept"), (0, 0, False, "erased"),
    ],
)  # fmt: skip
def test_the_final_mail_says_of_the_mails_what_is_true(going: int, staying: int, removable: bool, told: str) -> None:
    raw = RawMail(octets=b"", folder="Done", uid=1, uidvalidity=1, received_at=datetime.now(UTC), size_bytes=0)
    copies = Copies(going=(raw,) * going, staying=Counter(inbox=staying), removable=removable, known=60)
    assert copies.told == told
    assert sum(copies.left.values()) == staying + (0 if removable else going)
    assert copies.many is (removable and going > 0)


def test_more_mails_than_anybody_writes_ask_first(world: World) -> None:
    world.policy(NO_OBLIGATIONS)
    octets = world.octets(ALIYA, WITHDRAWAL["ru"])
    number = world.request(world.take(octets))["id"]
    for count in range(60):
        world.put(octets.replace(b"Received: from", f"X-Copy: {count}\r\nReceived: from".encode()))
    assert world.poll()["already"] == 60
    world.later(days=10)
    world.poll()
    request = world.show(number)
    assert (request["reason"], request["open"]) == ("many_mails", ["operator"])
    assert world.person(ALIYA)["state"] == "blocked" and len(lying(world)) == 61
    assert number in world.last(OWNER).text
    told = len([mail for mail in world.sent() if mail.to == ALIYA])
    assert "next pass" in world.ok("requests", "release", number).out
    world.poll()
    assert world.persons(ALIYA)[0]["id"] is None and lying(world) == set()
    assert len([mail for mail in world.sent() if mail.to == ALIYA]) == told + 1, (
        "the final mail alone: no second receipt, no second window"
    )


def test_the_operators_own_destruction_takes_the_mails_as_well(world: World) -> None:
    world.mail(ALIYA, UPDATE["ru"], f"Телефон: {PHONE}")
    other = world.mail(ALICE, UPDATE["ru"], f"Телефон: {PHONE}").letter
    assert world.run("people", "destroy", ALIYA).code == 64 and len(lying(world)) == 2
    world.ok("people", "destroy", ALIYA, "--yes")
    assert lying(world) == {other.name}


def test_no_file_of_the_mailbox_or_the_installation_names_the_person(world: World) -> None:
    world.policy(NO_OBLIGATIONS)
    world.mail(ALIYA, UPDATE["ru"], f"Телефон: {PHONE}")
    world.mail(ALIYA, WITHDRAWAL["ru"])
    until_destroyed(world, ALIYA)
    world.poll()
    traces = [ALIYA.encode(), b"77012345678", "Сәрсенова".encode()]
    files = [path for root in (world.folder, world.box) for path in Path(root).rglob("*") if path.is_file()]
    assert files and not [path for path in files if any(trace in path.read_bytes() for trace in traces)]


def test_mails_that_stay_are_told_by_check_where_the_operator_has_no_address(world: World) -> None:
    world.policy(NO_OBLIGATIONS)
    settings = world.folder / "mailbot.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace(f'mail = "{OWNER}"', 'mail = ""'), encoding="utf-8")
    world.mail(ALIYA, QUESTION)
    number = world.request(world.mail(ALIYA, WITHDRAWAL["ru"]))["id"]
    until_destroyed(world, ALIYA)
    last = world.last(ALIYA).text
    assert "(входящие: 1); удалить их может только оператор, вручную" in last and "сотрём" not in last, last
    assert world.show(number)["mails_left"] == {"inbox": 1}

    def told() -> bool:
        said = [each["says"] for each in world.run("check", "--json").objects if each["check"] == "mailbox"]
        return any(number in each and "requests close" in each for each in said)

    assert told()
    world.ok("requests", "close", number)
    assert not told() and world.show(number)["reason"] == "destroyed"
