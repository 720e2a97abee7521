"""Where else the same people are: each applied request asks its places to follow, until the last tick, by name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.world import (
    ALIYA,
    BORIS,
    BORIS_SECOND,
    FAMILY,
    OWNER,
    PHONE,
    STRANGER,
    UNDO,
    UNSUBSCRIBE,
    UPDATE,
    WITHDRAWAL,
    World,
)  # fmt: skip
from tests.support.receiver import Receiver, answers, receiving

POLICY = """
[withdrawal]
obligations = "none"
[[places]]
name = "messenger"
preset = "messenger"
title = "WhatsApp"
how = "chat and contact on the office phone"
[[places]]
name = "books"
preset = "accounting"
kept_by_law = "Accounting Act, art. 7"
kept_for = "5 years"
"""
HOOK = """
[[places]]
name = "list"
preset = "newsletter"
[places.hook]
url = "{url}/hook"
fields = ["email", "given_name", "surname"]
"""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as one:
        yield one


def placed(world: World, url: str) -> World:
    world.policy(POLICY + HOOK.format(url=url))
    (world.folder / "secrets" / "hook_list").write_text("a secret of the list")
    return world


@pytest.fixture
def three(world: World, receiver: Receiver) -> World:
    """Three places: by hand, kept by law, by a hook."""
    return placed(world, receiver.url)


def places(world: World, number: str) -> dict[str, tuple[str, str]]:
    """Return (what, done by) of each place of a request."""
    return {each["place"]: (each["what"], each["done_by"]) for each in world.show(number)["places"]}


def files_with(folder: Path, *texts: str) -> list[str]:
    """Return the files of an installation in which one of these stands, in any encoding that is used for it."""
    needles = [text.encode(code) for text in texts for code in ("utf-8", "utf-16-le")]
    needles += [repr(text.encode("ascii", "backslashreplace"))[2:-1].encode() for text in texts]
    found = [path for path in folder.rglob("*") if path.is_file() and path.name != "policy.toml"]
    return [f"{path.name}: {n!r}" for path in found for n in needles if n in path.read_bytes()]


def test_a_withdrawal_runs_to_its_last_tick_and_leaves_no_identifier(world: World, receiver: Receiver) -> None:
    placed(world, receiver.url)
    receiver.behave = answers(503)  # down for a day
    taken = world.mail(ALIYA, WITHDRAWAL["ru"])
    number = world.request(taken)["id"]
    assert "Данные будут стёрты и в других местах до" in taken.answer.text
    assert "WhatsApp, служба рассылок" in taken.answer.text
    assert "По закону данные остаются здесь: бухгалтерия (Accounting Act, art. 7; 5 years)" in taken.answer.text
    assert places(world, number) == {
        "messenger": ("withdrawal", ""), "books": ("withdrawal", "law"), "list": ("withdrawal", ""),
    }  # fmt: skip
    assert world.requests()[0]["open"] == ["place"]
    early = world.run("requests", "tick", number, "messenger")
    assert early.code == 1 and "not destroyed yet" in early.err
    for _ in range(24):
        world.later(hours=1)
        world.poll()
    while world.show(number)["reason"] != "destroyed":
        world.later(hours=8)
        world.poll()
    final = world.last(ALIYA).text
    assert "Ваши данные в нашем реестре уничтожены" in final and "WhatsApp, служба рассылок" in final
    assert {event for event, _ in receiver.events} == {"person.stopped", "person.destroyed"}
    assert world.requests()[0]["id"] == number and world.requests()[0]["due_at"]
    assert [each["identifier"] for each in world.show(number)["places"]] == ["+77010000001", "", ALIYA]
    told = world.last(OWNER).text
    assert f"mailbot requests tick {number} messenger" in told and "+77010000001" in told
    receiver.behave = answers(204)
    world.later(days=1)
    world.poll()
    assert places(world, number)["list"] == ("withdrawal", "hook")
    assert receiver.events[-1] == ("person.destroyed", ALIYA)
    assert files_with(world.folder, "aliya@") == []  # the hook's identifier is gone before the last tick
    world.ok("requests", "tick", number, "messenger")
    assert [each["identifier"] for each in world.show(number)["places"]] == ["", "", ""]
    assert world.requests() == []
    assert files_with(world.folder, "aliya@", "77010000001", "Сәрсенова", "Болатқызы") == []
    again = world.run("requests", "tick", number, "messenger")
    assert again.code == 1 and "done already" in again.err


def test_an_update_is_sent_as_far_as_the_place_holds_it(three: World, receiver: Receiver) -> None:
    taken = three.mail(ALIYA, UPDATE["en"], f"Phone: {PHONE}")
    number = three.request(taken)["id"]
    assert receiver.heard == [] and "list" not in places(three, number)  # it holds no phone
    assert "the newsletter service" not in taken.answer.text and "WhatsApp" in taken.answer.text
    shown = {each["place"]: each["identifier"] for each in three.show(number)["places"]}
    assert shown == {"messenger": "+77010000001", "books": ALIYA}  # by what they know her: the old number
    taken = three.mail(ALIYA, UPDATE["en"], "Surname: Omarova")
    assert receiver.events == [("person.updated", ALIYA)]
    assert receiver.heard[0].event["fields"] == {"given_name": "Әлия", "surname": "Omarova"}
    assert places(three, three.request(taken)["id"])["list"] == ("update", "hook")
    assert three.sql("SELECT identifier, fields FROM hook_call") == [("", "{}")]


def test_a_new_address_is_told_to_a_place_under_the_old_one(three: World, receiver: Receiver) -> None:
    new = "aliya.new@example.com"
    three.mail(ALIYA, UPDATE["ru"], f"Новый e-mail: {new}")
    assert receiver.heard == []
    three.answer(new, "Да")
    assert [(h.event["type"], h.event["identifier"], h.event["fields"]) for h in receiver.heard] == [
        ("person.updated", {"email": ALIYA}, {"email": new})
    ]


def test_an_unsubscribe_follows_everywhere_also_of_nobody_on_file(three: World, receiver: Receiver) -> None:
    taken = three.mail(ALIYA, UNSUBSCRIBE["kk"], proof="none")
    assert "Бұл басқа жерлерде де жасалады: WhatsApp, хат тарату қызметі" in taken.answer.text
    three.mail(STRANGER, UNSUBSCRIBE["ru"])
    assert receiver.events == [("person.unsubscribed", ALIYA), ("person.unsubscribed", STRANGER)]
    three.mail(FAMILY, UNSUBSCRIBE["ru"])
    assert receiver.events[-1] == ("person.unsubscribed", FAMILY)


def test_what_no_place_heard_of_is_taken_back_silently(world: World, receiver: Receiver) -> None:
    placed(world, receiver.url)
    receiver.behave = answers(500)
    taken = world.mail(ALIYA, WITHDRAWAL["ru"])
    number = world.request(taken)["id"]
    world.sql("UPDATE hook_call SET tries = 0, next_try_at = NULL")  # as if the pass had ended before the call
    world.answer(ALIYA, UNDO["ru"])
    assert {name: by for name, (_, by) in places(world, number).items()} == {
        "messenger": "undone", "books": "undone", "list": "undone",
    }  # fmt: skip
    assert world.requests() == []
    world.later(days=1)
    heard = len(receiver.heard)
    world.poll()
    assert len(receiver.heard) == heard


def test_what_a_place_heard_of_is_put_back_by_a_task(three: World, receiver: Receiver) -> None:
    taken = three.mail(ALIYA, WITHDRAWAL["ru"])
    number = three.request(taken)["id"]
    assert receiver.events == [("person.stopped", ALIYA)]
    undone = three.answer(ALIYA, UNDO["ru"])
    assert [(p["place"], p["what"], p["identifier"]) for p in three.show(number)["places"] if not p["done_at"]] == [
        ("list", "back", ALIYA)
    ]
    assert f"requests tick {number} list" in undone.told[0].text
    three.ok("requests", "tick", number, "list")
    assert three.requests() == []


def test_an_update_taken_back_goes_to_the_hook_again(three: World, receiver: Receiver) -> None:
    three.mail(ALIYA, UPDATE["en"], "Surname: Omarova")
    three.answer(ALIYA, UNDO["en"])
    assert [h.event["fields"]["surname"] for h in receiver.heard] == ["Omarova", "Сәрсенова"]
    assert three.person(ALIYA)["surname"] == "Сәрсенова"


def test_a_no_takes_the_stop_of_the_news_back(three: World, receiver: Receiver) -> None:
    taken = three.mail(ALIYA, WITHDRAWAL["ru"], proof="weak")
    assert receiver.events == [("person.unsubscribed", ALIYA)]
    three.answer(ALIYA, "нет")
    number = three.request(taken)["id"]
    assert ("list", "back") in [(p["place"], p["what"]) for p in three.show(number)["places"] if not p["done_at"]]


def test_news_again_is_asked_of_the_places_that_stopped_them(three: World, receiver: Receiver) -> None:
    three.mail(ALIYA, UNSUBSCRIBE["ru"])
    three.answer(ALIYA, UNDO["ru"])
    waiting = [
        (p["place"], p["what"]) for r in three.requests() for p in three.show(r["id"])["places"] if not p["done_at"]
    ]
    assert ("list", "back") in waiting and ("messenger", "unsubscribe") not in waiting


def test_a_hook_is_not_called_by_what_somebody_else_has_too(three: World, receiver: Receiver) -> None:
    ids = [person["id"] for person in three.persons(FAMILY)]
    three.mail(FAMILY, WITHDRAWAL["ru"], "Ким Алина")
    three.answer(FAMILY, "Да")
    while not any(r["reason"] == "destroyed" for r in three.requests("--all")):
        three.later(hours=12)
        three.poll()
    assert "person.destroyed" not in [event for event, _ in receiver.events]
    left = three.person(FAMILY)
    assert left["id"] in ids
    number = next(r["id"] for r in three.requests() if r["reason"] == "destroyed")
    by_hand = next(p for p in three.show(number)["places"] if p["place"] == "list")
    assert by_hand["shared"] and not by_hand["by_hook"]
    assert "somebody else on file has this too" in three.ok("requests", "show", number).out


def test_each_address_of_a_person_is_told(three: World, receiver: Receiver) -> None:
    three.mail(BORIS, WITHDRAWAL["ru"])
    assert sorted(receiver.events) == [("person.stopped", BORIS_SECOND), ("person.stopped", BORIS)]


def test_by_its_own_id(world: World, receiver: Receiver) -> None:
    world.policy(
        '[withdrawal]\nobligations = "none"\n[[places]]\nname = "school"\npreset = "course"\nidentifier = "id"\n'
        f'[places.hook]\nurl = "{receiver.url}/users/{{identifier}}"\nmethod = "DELETE"\n'
        'events = ["person.destroyed"]\nfields = ["phone"]\n'
    )
    (world.folder / "secrets" / "hook_school").write_text("secret")
    assert world.run("people", "place", STRANGER, "school", "7").code == 66
    assert world.run("people", "place", ALIYA, "elsewhere", "7").code == 66
    world.ok("people", "place", ALIYA, "school", "user 7/8")
    first = world.request(world.mail(ALIYA, WITHDRAWAL["ru"]))["id"]
    second = world.request(world.mail(BORIS, WITHDRAWAL["ru"]))["id"]
    assert receiver.heard == []  # a stop may be taken back, so nothing is erased yet
    for _ in range(12):
        world.later(hours=12)
        world.poll()
    assert [(h.method, h.path) for h in receiver.heard] == [("DELETE", "/users/user%207%2F8")]
    assert world.show(first)["places"][0]["done_by"] == "hook"
    by_hand = world.show(second)["places"][0]  # no id is known: by hand, by the addresses
    assert (by_hand["by_hook"], by_hand["identifier"]) == (False, f"{BORIS}; {BORIS_SECOND}")
    assert world.sql("SELECT count(*) FROM place_id") == [(0,)]


def test_destroyed_at_once_asks_the_places_too(three: World, receiver: Receiver) -> None:
    three.ok("people", "destroy", ALIYA, "--yes")
    three.poll()
    assert receiver.events == [("person.destroyed", ALIYA)]
    request = next(r for r in three.requests() if r["kind"] == "erasure")
    three.ok("requests", "tick", request["id"], "messenger")
    assert three.requests() == []
    assert files_with(three.folder, "aliya@", "77010000001") == []


def test_check_counts_and_warns(world: World, receiver: Receiver) -> None:
    assert "names no [[places]]" in world.run("check").out
    placed(world, receiver.url)
    (world.folder / "secrets" / "hook_list").unlink()
    ran = world.run("check")
    assert ran.code == 1 and "secrets/hook_list" in ran.out
    world.mail(ALIYA, UNSUBSCRIBE["ru"])
    assert receiver.heard == []  # without a secret nothing is sent, and nothing is lost
    assert "tasks that are open there: 2" in world.run("check").out
    world.later(days=6)
    world.poll()
    world.sql("UPDATE place_task SET due_at = '2026-01-01 00:00:00'")
    assert "should have followed by now: 2" in world.run("check").out


def test_a_dead_hook_is_the_operators(world: World, receiver: Receiver) -> None:
    placed(world, receiver.url)
    receiver.behave = answers(500)
    number = world.request(world.mail(ALIYA, UNSUBSCRIBE["ru"]))["id"]
    for _ in range(20):
        world.later(hours=12)
        world.poll()
    call = next(p for p in world.show(number)["places"] if p["place"] == "list")["calls"][0]
    assert call["dead_at"] and call["answer"] == "500" and call["tries"] > 10
    assert "its hook gave up" in world.ok("requests", "show", number).out
    assert f"requests tick {number} list" in world.last(OWNER).text
    heard = len(receiver.heard)
    world.mail(ALIYA, WITHDRAWAL["ru"])
    assert len(receiver.heard) == heard + 1  # a dead call holds up no later one
    world.ok("requests", "tick", number, "list")
    assert world.sql("SELECT identifier FROM hook_call WHERE event = 'person.unsubscribed'") == [("",)]


@pytest.mark.parametrize("stopping", ["pause", "shadow"])
def test_nothing_is_called_while_paused_or_in_shadow(three: World, receiver: Receiver, stopping: str) -> None:
    if stopping == "pause":
        three.ok("pause")
    else:
        three.sql("UPDATE note SET value = 'shadow' WHERE name = 'mode'")
    three.mail(ALIYA, UNSUBSCRIBE["ru"])
    assert receiver.heard == []
    assert bool(three.sql("SELECT id FROM place_task")) is (stopping == "pause")
    three.ok("resume" if stopping == "pause" else "live")
    three.poll()
    assert receiver.events == [("person.unsubscribed", ALIYA)]


def test_what_is_ticked_where_nothing_is_asked_is_said(three: World) -> None:
    number = three.request(three.mail(ALIYA, UNSUBSCRIBE["ru"]))["id"]
    assert three.run("requests", "tick", "NOSUCH", "list").code == 66
    ran = three.run("requests", "tick", number, "books")
    assert ran.code == 66 and re.search(r"its places: messenger, list", ran.err)


def test_init_writes_the_places_it_was_told(tmp_path: Path) -> None:
    from tests.acceptance.world import command

    folder = tmp_path / "one"
    ran = command(
        "init", folder, "--mailbox", f"maildir://{tmp_path / 'box'}", "--courier", f"maildir://{tmp_path / 'sent'}",
        "--address", "info@example.kz", "--place", "newsletter", "--place", "accounting", "--live",
    )  # fmt: skip
    assert ran.code in (0, 69, 75), ran
    from mailbot.config import load_policy

    assert [(p.name, p.preset, p.on) for p in load_policy(folder).places] == [
        ("newsletter", "newsletter", ["update", "unsubscribe", "withdrawal"]),
        ("accounting", "accounting", ["update", "withdrawal"]),
    ]
    assert "kept_by_law" in command("--config", folder, "check").out
    wrong = command("init", tmp_path / "two", "--mailbox", f"maildir://{tmp_path}", "--courier", f"maildir://{tmp_path}",
                    "--address", "info@example.kz", "--place", "nowhere")  # fmt: skip
    assert wrong.code == 64
