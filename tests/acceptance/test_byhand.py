"""What the operator does in her mail app counts: her answer, a mail moved or deleted, and what lies in Spam."""

from __future__ import annotations

import os
from email.message import EmailMessage

import pytest

from tests.acceptance.world import ALIYA, BOX, STRANGER, UPDATE, Letter, Sent, Taken, World

COMPLAINT = "Жалоба на обработку персональных данных"
CLOSED = {"state": "ignored", "open": [], "due_at": None}


@pytest.fixture
def world(either: World) -> World:
    """Each test runs on SQLite and on PostgreSQL."""
    return either


def told(world: World) -> list[Sent]:
    """Make a pass; return what was sent to the operator in it."""
    before = {sent.name for sent in world.sent()}
    world.poll()
    return [sent for sent in world.sent() if sent.name not in before]


def answered(world: World, letter: Letter) -> None:
    """Flag the mail as replied to, as a mail app does."""
    (world.box / "new" / letter.name).rename(world.box / "cur" / f"{letter.name}:2,RS")


def gone(world: World, letter: Letter) -> None:
    """Delete the mail."""
    (world.box / "new" / letter.name).unlink()


def lay(world: World, folder: str, octets: bytes) -> None:
    """Lay a mail into another folder of hers."""
    for part in ("new", "cur", "tmp"):
        (world.box / folder / part).mkdir(parents=True, exist_ok=True)
    world.count += 1
    path = world.box / folder / "cur" / f"m{world.count}:2,S"
    path.write_bytes(octets)
    at = world.now().timestamp() + world.count  # a Maildir tells times by whole seconds
    os.utime(path, (at, at))


def her_answer(to: str, **headers: str) -> bytes:
    """Return a mail that she wrote from the mailbox."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = BOX, STRANGER, "Re: курс"
    mail["Message-ID"], mail["In-Reply-To"] = "<hers@example.kz>", to
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content("Здравствуйте! Курс начинается в понедельник.")
    return mail.as_bytes()


def question(world: World) -> Taken:
    """Let a stranger ask about a course."""
    taken = world.mail(STRANGER, "Вопрос о курсе", "Когда начинается курс?")
    assert taken.decision == "left"
    return taken


def state(world: World, taken: Taken) -> dict[str, object]:
    """Return what is said of the request of a mail."""
    return {name: world.request(taken)[name] for name in ("state", "reason", "open", "due_at")}


@pytest.mark.parametrize(("act", "how"), [(answered, "answered_by_hand"), (gone, "moved_by_hand")])
def test_a_mail_that_is_no_request_leaves_the_queue(world: World, act: object, how: str) -> None:
    taken = question(world)
    act(world, taken.letter)  # type: ignore[operator]
    assert told(world) == []
    assert state(world, taken) == {**CLOSED, "reason": how}
    (event,) = [each for each in world.request(taken)["events"] if each["what"] == "closed"]
    assert (event["who"], event["reason"]) == ("operator", how)


def test_of_a_mail_that_came_twice_one_may_be_deleted(world: World) -> None:
    octets = world.octets(STRANGER, "Вопрос о курсе", "Когда начинается курс?")
    taken, again = world.take(octets), world.put(octets)
    world.poll()
    gone(world, again)
    world.poll()
    assert state(world, taken)["state"] == "left"
    gone(world, taken.letter)
    world.poll()
    assert state(world, taken)["reason"] == "moved_by_hand"


def test_a_mail_put_back_for_a_second_look_counts_too(world: World) -> None:
    taken = world.mail(ALIYA, UPDATE["ru"], "Телефон: +7 701 999 88 77")
    world.back_to_inbox(taken.letter)
    world.poll()
    assert world.request(taken)["reason"] == "second_look"
    answered(world, taken.letter)
    (mail,) = told(world)
    assert "Вы ответили на это письмо сами" in mail.text


def test_what_is_left_alone_stays(world: World) -> None:
    taken = question(world)
    world.poll()
    (world.box / "new" / taken.letter.name).rename(world.box / "cur" / f"{taken.letter.name}:2,S")  # read, not answered
    world.poll()
    assert state(world, taken)["state"] == "left"


def test_an_answer_in_sent_counts_and_a_copy_of_our_own_does_not(world: World) -> None:
    taken, asked = question(world), world.mail(ALIYA, COMPLAINT)
    lay(world, ".Sent", her_answer("<other@example.com>"))
    world.poll()  # the first look at the folder
    lay(world, ".Sent", world.raw(world.last(ALIYA)))  # as Gmail keeps what goes through its SMTP server
    lay(world, ".Sent", her_answer(asked.letter.message_id, Auto_Submitted="auto-replied"))
    assert told(world) == [] and state(world, taken)["state"] == "left"
    lay(world, ".Sent", her_answer(taken.letter.message_id))
    world.poll()
    assert state(world, taken) == {**CLOSED, "reason": "answered_by_hand"}
    assert world.request(asked)["state"] == "left" and world.request(asked)["due_at"]


@pytest.mark.parametrize(("act", "says"), [(answered, "ответили на это письмо сами"), (gone, "убрали это письмо")])
def test_where_a_clock_runs_she_is_asked_once_and_the_clock_goes_on(world: World, act: object, says: str) -> None:
    taken = world.mail(ALIYA, COMPLAINT)
    before = world.request(taken)
    act(world, taken.letter)  # type: ignore[operator]
    (mail,) = told(world)
    assert says in mail.text and f"№ {before['id']}" in mail.text
    assert "«1 да» – решено, закрыть; «1 нет» – нет, срок идёт дальше." in mail.text
    after = world.request(taken)
    assert {name: after[name] for name in ("state", "reason", "open", "due_at")} == {
        name: before[name] for name in ("state", "reason", "open", "due_at")
    }
    assert told(world) == []
    world.ok("requests", "close", before["id"])
    assert world.request(taken)["state"] == "ignored"


def test_a_held_tag_that_she_answered_is_asked_about_too(world: World) -> None:
    taken = world.mail(STRANGER, UPDATE["ru"], "Телефон: +7 701 999 88 77", proof="none")
    assert taken.decision == "held"
    answered(world, taken.letter)
    (mail,) = told(world)
    assert "Это решило запрос?" in mail.text and world.request(taken)["state"] == "held"


def test_more_than_ten_at_once_are_asked_about_first(world: World) -> None:
    asks = [world.octets(STRANGER, f"Вопрос {n}", "Когда начинается курс?") for n in range(12)]
    letters = world.deliver(*asks).letters
    for letter in letters[:11]:
        gone(world, letter)
    (mail,) = told(world)
    assert "Из папки сразу ушло писем, которые ждут: 11" in mail.text
    assert told(world) == [] and world.reasons().count("moved_by_hand") == 0
    assert world.ok("requests", "close", "--moved").out == "recorded as yours: 11\n"
    assert world.reasons().count("moved_by_hand") == 11
    assert told(world) == []
    gone(world, letters[11])
    world.poll()
    assert world.reasons().count("moved_by_hand") == 12


def test_another_uidvalidity_closes_nothing(world: World) -> None:
    taken = question(world)
    world.sql("UPDATE mail SET uidvalidity = uidvalidity + 1")
    gone(world, taken.letter)
    world.poll()
    assert state(world, taken)["state"] == "left"


def test_in_shadow_nothing_is_recorded(shadow: World) -> None:
    taken = question(shadow)
    gone(shadow, taken.letter)
    shadow.poll()
    assert "moved_by_hand" not in shadow.reasons()
    assert shadow.run("requests", "close", "--moved").code == 1


def test_what_looks_like_a_request_in_spam_is_counted_and_left_there(world: World) -> None:
    lay(world, ".Junk", world.octets(ALIYA, UPDATE["ru"], "Телефон: +7 701 999 88 77"))
    assert told(world) == []  # what was there before the first look is old
    lay(world, ".Junk", world.octets(ALIYA, UPDATE["kk"], "Телефон: +7 701 999 88 77"))
    lay(world, ".Junk", world.octets(STRANGER, "Купите сейчас", "Скидка"))
    lay(world, ".Junk", world.octets(ALIYA, UPDATE["en"], headers=["List-Id: <news.example.com>"]))
    (mail,) = told(world)
    assert "Писем в «Спаме», похожих на запросы: 1." in mail.text and "посмотрите" in mail.subject
    lay(world, ".Junk", world.octets(ALIYA, UPDATE["en"], "Phone: +7 701 999 88 77"))
    assert told(world) == []  # once a day
    assert world.person(ALIYA)["phones"] == ["+77010000001"] and world.requests() == []
    assert len(list((world.box / ".Junk" / "cur").iterdir())) == 5
    world.later(days=1)
    (mail,) = told(world)
    assert "Писем в «Спаме», похожих на запросы: 1." in mail.text


@pytest.mark.parametrize("argv", [(), ("AAAAAA", "--moved")])
def test_close_wants_a_number_or_the_moved(world: World, argv: tuple[str, ...]) -> None:
    assert world.run("requests", "close", *argv).code == 64
