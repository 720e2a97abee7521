"""Where else the same people are: each applied request asks its places to follow, until the last tick, by name."""

from __future__ import annotations

import base64
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

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

DONE = "да» – сделано"  # what she answers
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


def waiting(world: World, number: str) -> list[tuple[str, str, str]]:
    """Return (place, what, identifier) of every open task of a request."""
    tasks = world.show(number)["places"]
    return sorted((each["place"], each["what"], each["identifier"]) for each in tasks if not each["done_at"])


def destroyed(world: World, number: str) -> None:
    """Let time pass until a withdrawal was carried out to its end."""
    for _ in range(20):
        if world.show(number)["reason"] == "destroyed":
            return
        world.later(hours=8)
        world.poll()
    raise AssertionError("nobody was destroyed")


def files_with(folder: Path, *texts: str) -> list[str]:
    """Return the files of an installation in which one of these stands, in any encoding that is used for it."""
    needles = [text.encode(code) for text in texts for code in ("utf-8", "utf-16-le")]
    needles += [repr(text.encode("ascii", "backslashreplace"))[2:-1].encode() for text in texts]
    for octets in (text.encode()[shift:] for text in texts for shift in range(3)):
        whole = octets[: len(octets) // 3 * 3]  # what no neighbour changes in base64
        needles += [base64.b64encode(whole)] if len(whole) >= 6 else []
    found = [path for path in folder.rglob("*") if path.is_file() and path.name != "policy.toml"]
    return [f"{path.name}: {n!r}" for path in found for n in needles if n in path.read_bytes().replace(b"\r\n", b"")]


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
    assert f"№ {number}" in told and DONE in told and "+77010000001" in told
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
    assert re.search(r"Бұл басқа жерлерде де .*-\w+ дейін жасалады: WhatsApp, хат тарату қызметі\.", taken.answer.text)
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
    world.sql("UPDATE request SET told_at = NULL")  # and before the mail to the operator
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
    assert waiting(three, number) == [("list", "restore", ALIYA), ("messenger", "restore", "+77010000001")]
    assert DONE in undone.told[0].text  # she was told to stop too, and may have done it
    three.ok("requests", "tick", number, "list")
    three.ok("requests", "tick", number, "messenger")
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
    assert ("list", "restore", ALIYA) in waiting(three, number)


def test_news_again_is_asked_of_the_places_that_stopped_them(three: World, receiver: Receiver) -> None:
    three.mail(ALIYA, UNSUBSCRIBE["ru"])
    three.answer(ALIYA, UNDO["ru"])
    tasks = [(each[0], each[1]) for request in three.requests() for each in waiting(three, request["id"])]
    assert sorted(tasks) == [("list", "restore"), ("messenger", "restore")]


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
    assert "school: user 7/8" in world.ok("people", "show", ALIYA).out
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
    assert DONE in world.last(OWNER).text
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


def test_every_identifier_a_place_may_know_is_erased(world: World, receiver: Receiver) -> None:
    """An address that changed while the hook was down: the place may have the old one, or the new one."""
    new = "aliya.new@example.com"
    placed(world, receiver.url)
    receiver.behave = answers(503)
    world.mail(ALIYA, UPDATE["ru"], f"Новый e-mail: {new}\nТелефон: {PHONE}")
    world.answer(new, "Да")
    number = world.request(world.mail(new, WITHDRAWAL["ru"]))["id"]
    destroyed(world, number)
    receiver.heard.clear()
    receiver.behave = answers(200)
    world.later(days=1)
    world.poll()
    assert sorted(receiver.events) == [("person.destroyed", new), ("person.destroyed", ALIYA)]
    assert waiting(world, number) == [("messenger", "withdrawal", f"+77010000001; {PHONE}")]


def test_a_new_address_is_sent_whatever_fields_are_named(world: World, receiver: Receiver) -> None:
    world.policy(POLICY + HOOK.format(url=receiver.url).replace('fields = ["email", "given_name", "surname"]', ""))
    (world.folder / "secrets" / "hook_list").write_text("a secret of the list")
    world.mail(ALIYA, UPDATE["ru"], "Новый e-mail: aliya.new@example.com")
    world.answer("aliya.new@example.com", "Да")
    assert [h.event["fields"] for h in receiver.heard] == [{"email": "aliya.new@example.com"}]


def test_a_new_address_takes_the_place_of_the_old_one_alone(three: World, receiver: Receiver) -> None:
    three.mail(BORIS, UPDATE["ru"], "Новый e-mail: boris.new@example.com")
    three.answer("boris.new@example.com", "Да")
    sent = {h.event["identifier"]["email"]: h.event["fields"].get("email") for h in receiver.heard}
    assert sent == {BORIS: "boris.new@example.com", BORIS_SECOND: None}


def test_what_a_hook_may_not_call_by_stays_with_the_operator(three: World, receiver: Receiver) -> None:
    three.bring(f"surname,given_name,email,consent_at\nДругая,Вера,{BORIS_SECOND},2025-01-01\n")
    number = three.request(three.mail(BORIS, WITHDRAWAL["ru"]))["id"]
    destroyed(three, number)
    assert ("person.destroyed", BORIS) in receiver.events and ("person.destroyed", BORIS_SECOND) not in receiver.events
    assert ("list", "withdrawal", BORIS_SECOND) in waiting(three, number)
    assert len(three.persons(BORIS_SECOND)) == 1


def test_who_came_since_is_not_erased_by_a_late_call(world: World, receiver: Receiver) -> None:
    placed(world, receiver.url)
    receiver.behave = answers(503)
    world.ok("people", "destroy", ALIYA, "--yes")
    world.poll()
    soon = (world.now()).isoformat(timespec="seconds")
    world.later(hours=1)
    world.sql("DELETE FROM suppression")
    world.bring(f"surname,email,consent_at,consent_source\nСәрсенова,{ALIYA},{soon},paper\n")
    receiver.heard.clear()
    receiver.behave = answers(200)
    world.later(days=1)
    world.poll()
    assert receiver.heard == []
    world.poll()
    number = world.requests()[0]["id"]
    shown = world.ok("requests", "show", number).out
    assert "somebody else is on file" in shown and DONE in world.last(OWNER).text


def test_a_withdrawal_stops_the_news_where_nothing_is_erased(world: World, receiver: Receiver) -> None:
    plain = HOOK.format(url=receiver.url) + 'events = ["person.unsubscribed"]\n'
    law = '[[places]]\nname = "crm"\nkept_by_law = "Act"\nkept_for = "5 years"\n'
    world.policy(POLICY + law + plain.replace('preset = "newsletter"', 'preset = "newsletter"\non = ["unsubscribe"]'))
    (world.folder / "secrets" / "hook_list").write_text("a secret of the list")
    number = world.request(world.mail(ALIYA, WITHDRAWAL["ru"]))["id"]
    assert receiver.events == [("person.unsubscribed", ALIYA)]
    assert ("crm", "unsubscribe", ALIYA) in waiting(world, number)
    destroyed(world, number)
    assert ("crm", "unsubscribe", ALIYA) in waiting(world, number)  # it keeps the data, and may not mail


def test_a_place_that_the_policy_no_longer_names_had_been_promised(three: World, receiver: Receiver) -> None:
    number = three.request(three.mail(ALIYA, WITHDRAWAL["ru"]))["id"]
    three.policy((POLICY + HOOK.format(url=receiver.url)).replace('name = "messenger"', 'name = "chats"'))
    destroyed(three, number)
    assert {name for name, _, _ in waiting(three, number)} == {"messenger", "chats"}
    three.ok("requests", "tick", number, "messenger")
    three.ok("requests", "tick", number, "chats")
    assert three.requests() == []


def test_a_phone_that_others_have_too_calls_no_hook(world: World, receiver: Receiver) -> None:
    hook = HOOK.format(url=receiver.url).replace('preset = "newsletter"', 'identifier = "phone"')
    world.policy(POLICY + hook)
    (world.folder / "secrets" / "hook_list").write_text("a secret of the list")
    world.bring("surname,email,phone,consent_at\nЕрлан,,+77010000001,2025-01-01\n")
    world.mail(ALIYA, UNSUBSCRIBE["ru"], proof="none")
    assert receiver.heard == []


def test_news_again_by_a_form_stop_what_still_waits(world: World, receiver: Receiver) -> None:
    form = (
        '[[forms]]\nname = "site"\nsenders = ["forms@example.org"]\npurposes = ["processing", "news"]\n'
        '[forms.fields]\nemail = ["Email"]\n'
    )
    world.policy(POLICY + HOOK.format(url=receiver.url) + form)
    (world.folder / "secrets" / "hook_list").write_text("a secret of the list")
    receiver.behave = answers(503)
    number = world.request(world.mail(ALIYA, UNSUBSCRIBE["ru"]))["id"]
    world.later(hours=1)
    world.mail("forms@example.org", "x", f"Email: {ALIYA}")
    world.answer(ALIYA, "Да")
    receiver.heard.clear()
    receiver.behave = answers(200)
    world.later(days=1)
    world.poll()
    assert world.person(ALIYA)["news"] and receiver.heard == [] and waiting(world, number) == []


def test_an_opposite_closes_what_it_makes_void(three: World) -> None:
    three.mail(ALIYA, UNSUBSCRIBE["ru"])
    three.answer(ALIYA, UNDO["ru"])
    three.later(minutes=5)
    three.mail(ALIYA, UNSUBSCRIBE["ru"])
    tasks = [(p, w) for request in three.requests() for p, w, _ in waiting(three, request["id"])]
    assert tasks == [("messenger", "unsubscribe")]


def test_an_undone_name_is_sent_whole(three: World, receiver: Receiver) -> None:
    three.mail(ALIYA, UPDATE["en"], "Surname: Omarova")
    three.answer(ALIYA, UNDO["en"])
    assert receiver.heard[-1].event["fields"] == {"given_name": "Әлия", "surname": "Сәрсенова"}


def test_an_open_obligation_stops_the_news_elsewhere_and_nothing_else(world: World, receiver: Receiver) -> None:
    policy = (POLICY + HOOK.format(url=receiver.url)).replace('obligations = "none"', 'obligations = "register"')
    world.policy(policy)
    (world.folder / "secrets" / "hook_list").write_text("a secret of the list")
    world.bring(f"surname,given_name,email,obligation_until\nСәрсенова,Әлия,{ALIYA},2031-12-31\n")
    number = world.request(world.mail(ALIYA, WITHDRAWAL["ru"]))["id"]
    assert receiver.events == [("person.unsubscribed", ALIYA)]
    assert {what for _, what, _ in waiting(world, number)} == {"unsubscribe"}
    assert "Данные будут стёрты и в других местах: WhatsApp, служба рассылок" in world.last(ALIYA).text


def test_no_mail_to_the_operator_keeps_an_identifier(three: World) -> None:
    number = three.request(three.mail(ALIYA, UNSUBSCRIBE["ru"]))["id"]
    three.ok("people", "destroy", ALIYA, "--yes")
    box = three.root / "sent"
    shutil.move(box, three.root / "away")
    box.write_text("no folder")  # the courier is down
    three.run("poll")
    box.unlink()
    shutil.move(three.root / "away", box)
    for request in three.requests():
        for place, _, _ in waiting(three, request["id"]):
            three.ok("requests", "tick", request["id"], place)
    assert number and three.requests() == []
    assert all(b"+77010000001" not in decoded(row[0]) for row in three.sql("SELECT octets FROM reply"))


def decoded(octets: bytes) -> bytes:
    from email import message_from_bytes

    parts = message_from_bytes(octets).walk()
    return b"".join(part.get_payload(decode=True) or b"" for part in parts)  # type: ignore[misc]


def test_a_reader_puts_the_scrubbing_off_and_it_is_done_later(three: World) -> None:
    import sqlite3

    three.ok("people", "destroy", ALIYA, "--yes")
    three.poll()
    number = three.requests()[0]["id"]
    reader = sqlite3.connect(three.folder / "mailbot.sqlite")
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM place_task").fetchall()
    three.ok("requests", "tick", number, "messenger")
    assert three.sql("SELECT value FROM note WHERE name = 'scrub'") != [("",)]
    reader.close()
    three.poll()
    assert three.sql("SELECT value FROM note WHERE name = 'scrub'") == [("",)]
    assert files_with(three.folder, "77010000001") == []


def test_a_hook_that_is_gone_gives_its_calls_to_the_operator(world: World, receiver: Receiver) -> None:
    placed(world, receiver.url)
    receiver.behave = answers(503)
    world.mail(ALIYA, UNSUBSCRIBE["ru"])
    world.policy(POLICY)
    world.later(hours=1)
    world.poll()
    world.poll()  # what came of its hooks is told by the next pass
    assert DONE in world.last(OWNER).text


def test_strangers_make_one_task_for_one_address_and_unproven_ones_none(three: World, receiver: Receiver) -> None:
    for _ in range(3):
        three.mail(STRANGER, UNSUBSCRIBE["ru"])
    three.mail("other@example.org", UNSUBSCRIBE["ru"], proof="none")
    assert three.sql("SELECT place, identifier FROM place_task WHERE by_hook = 0") == [("messenger", STRANGER)]


def test_one_person_that_a_place_does_not_know_holds_up_nobody(three: World, receiver: Receiver) -> None:
    def unknown(handler: Any) -> None:
        answers(404 if STRANGER.encode() in receiver.heard[-1].body else 200)(handler)

    receiver.behave = unknown
    three.deliver(three.octets(STRANGER, UNSUBSCRIBE["ru"]), three.octets(ALIYA, UNSUBSCRIBE["ru"]))
    assert ("person.unsubscribed", ALIYA) in receiver.events
    assert three.sql("SELECT count(*) FROM hook_call WHERE delivered_at IS NOT NULL") == [(1,)]


def test_nothing_is_told_of_somebody_in_dispute(world: World, receiver: Receiver) -> None:
    placed(world, receiver.url)
    receiver.behave = answers(503)
    world.mail(ALIYA, UPDATE["en"], "Surname: Omarova")
    world.ok("people", "block", ALIYA)
    receiver.heard.clear()
    receiver.behave = answers(200)
    world.later(days=1)
    world.poll()
    assert receiver.heard == []
    world.ok("people", "unblock", ALIYA)
    world.later(hours=1)
    world.poll()
    assert receiver.events == [("person.updated", ALIYA)]
