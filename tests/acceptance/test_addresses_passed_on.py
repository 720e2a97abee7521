"""An address that passed from one person to another tells neither of them anything of the other, and keeps nobody."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from mailbot import sealing
from mailbot.errors import MailboxUnavailable
from mailbot.intake.maildir import MaildirMailbox
from mailbot.operating import mailcopies
from tests.acceptance.world import ALIYA, QUIET, UNSUBSCRIBE, UPDATE, Taken, World

ASK = "Здравствуйте! Сообщите, пожалуйста, какие мои персональные данные у вас хранятся."
NOVA, MOVED = "nova@example.com", "nova.new@example.com"
HEAD = "surname,given_name,email,news,consent_at,consent_source\n"
PHONE = "77014445566"


@pytest.fixture
def world(either: World) -> World:
    """Each test runs on SQLite and on PostgreSQL."""
    return either


def wrote_before(world: World) -> str:
    """Let somebody write a proven update before she is on file, and bring her in; return the request's number."""
    taken = world.mail(NOVA, UPDATE["ru"], "Фамилия: Новикова\nИмя: Нова\nНовый телефон: +7 701 444 55 66")
    number = str(world.request(taken)["id"])
    world.ok("requests", "close", number)
    world.bring(f"{HEAD}Новикова,Нова,{NOVA},yes,2025-01-10,form\n")
    return number


def moved(world: World, old: str, new: str) -> None:
    """Let a person change her address; the new one says yes."""
    world.mail(old, UPDATE["ru"], f"Новая почта: {new}")
    world.answer(new, "Да")
    assert world.person(new)["emails"] == [new]


def bella(world: World, address: str) -> None:
    """Bring somebody else in at an address that is free."""
    world.bring(f"{HEAD}Иванова,Белла,{address},yes,2025-01-10,form\n")


def told(world: World, address: str, *options: str) -> str:
    """Ask what is held, release it, and return what was mailed."""
    number = world.request(world.mail(address, "Data", ASK))["id"]
    world.ok("requests", "release", number, *options)
    world.poll()
    return world.last(address).text


def marks(folder: Path, *words: str) -> list[str]:
    """Return which of these words stand in plain text in a file there."""
    octets = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    return [word for word in words if any(word.encode() in each for each in octets)]


def rows(world: World) -> str:
    """Return what the store's tables of requests, mails of ours and questions say in plain text."""
    queries = ("address, address_key, fields FROM request", "address, address_key FROM reply", "address FROM question")
    return "".join(str(world.sql(f"SELECT {query}")) for query in queries)


def test_a_request_from_before_its_writer_was_on_file_is_hers_and_not_of_who_has_the_address_now(world: World) -> None:
    number = wrote_before(world)
    moved(world, NOVA, MOVED)
    bella(world, NOVA)
    text = told(world, NOVA)
    assert "Иванова" in text and number not in text
    assert "Нова" not in text.replace("Новости", "") and PHONE not in text
    hers = told(world, MOVED)
    assert number in hers and PHONE in hers


def test_a_request_of_nobody_that_nobody_took_over_is_told_without_what_it_says(world: World) -> None:
    number = wrote_before(world)
    moved(world, NOVA, MOVED)
    bella(world, NOVA)
    world.sql(f"UPDATE request SET person_id = NULL WHERE id = '{number}'")  # as older versions left it
    text = told(world, NOVA)
    assert number in text and PHONE not in text and "Новикова" not in text


def test_an_address_of_several_gives_nobodys_requests_to_none(world: World) -> None:
    number = str(world.request(world.mail(NOVA, UPDATE["ru"], "Новый телефон: +7 701 444 55 66"))["id"])
    world.bring(f"{HEAD}Новикова,Нова,{NOVA},yes,2025-01-10,form\nИванова,Белла,{NOVA},yes,2025-01-10,form\n")
    assert world.sql(f"SELECT person_id FROM request WHERE id = '{number}'") == [(None,)]


@pytest.mark.parametrize("taken_over", [True, False])
def test_an_erased_person_stands_under_no_former_address(world: World, taken_over: bool) -> None:
    number = wrote_before(world)
    moved(world, NOVA, MOVED)
    if not taken_over:
        world.sql(f"UPDATE request SET person_id = NULL WHERE id = '{number}'")
    world.ok("people", "destroy", MOVED, "--yes")
    world.poll()
    assert not [word for word in (NOVA, MOVED, PHONE, "Новикова") if word in rows(world)]
    assert marks(world.folder, NOVA, MOVED, PHONE) == []
    assert world.persons(NOVA)[0]["suppressed"] == ["news", "processing"]


def test_a_former_address_that_somebody_has_now_stays_that_ones(world: World) -> None:
    wrote_before(world)
    moved(world, NOVA, MOVED)
    bella(world, NOVA)
    own = world.request(world.mail(NOVA, UPDATE["ru"], "Новый телефон: +7 701 777 88 99"))["id"]
    world.ok("people", "destroy", MOVED, "--yes")
    world.poll()
    assert world.sql(f"SELECT address FROM request WHERE id = '{own}'") == [(NOVA,)]
    assert PHONE not in rows(world)


def test_a_mail_carried_out_for_somebody_else_leaves_with_who_wrote_it(world: World) -> None:
    number = world.request(world.mail(ALIYA, "Data", ASK))["id"]
    world.ok("requests", "release", number, "--person", QUIET, "--checked", "phoned")
    world.poll()
    world.ok("people", "destroy", ALIYA, "--yes")
    world.poll()
    assert world.sql(f"SELECT address, address_key, message_id FROM request WHERE id = '{number}'") == [("", "", "")]
    assert ALIYA not in rows(world)
    world.ok("evidence", number, "--output", world.root / "e.zip")
    with zipfile.ZipFile(world.root / "e.zip") as archive:
        assert not [name for name in archive.namelist() if ALIYA.encode() in archive.read(name)]


def test_an_old_receipt_brings_nobody_news_who_left_the_address(world: World) -> None:
    receipt = world.mail(ALIYA, UNSUBSCRIBE["ru"]).answer
    moved(world, ALIYA, MOVED)
    bella(world, ALIYA)
    before = len(world.sent())
    answer = world.answer(ALIYA, "отменить", to=receipt)
    assert not world.person(MOVED)["news"]
    assert answer.decision != "applied", [(sent.to, sent.text) for sent in world.sent()[before:]]


def test_what_became_of_who_has_the_former_address_is_not_told(world: World) -> None:
    moved(world, ALIYA, MOVED)
    bella(world, ALIYA)
    world.mail(ALIYA, UNSUBSCRIBE["ru"])
    world.ok("people", "destroy", ALIYA, "--yes")
    assert "Отметка:" not in told(world, MOVED)


def test_a_block_while_the_mails_leave_destroys_nobody(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    real = mailcopies.remove

    def remove(*args: object, **more: object) -> None:
        real(*args, **more)  # type: ignore[arg-type]
        world.ok("people", "block", ALIYA)

    monkeypatch.setattr(mailcopies, "remove", remove)
    world.run("people", "destroy", ALIYA, "--yes")
    assert world.person(ALIYA)["state"] == "blocked"


def sealed(world: World, number: str, secret: str, name: str) -> dict[str, bytes]:
    """Return the files of the sealed proof that speaks of a request."""
    path = world.root / name
    world.ok("evidence", number, "--sealed", path)
    with zipfile.ZipFile(io.BytesIO(sealing.unseal(path.read_bytes(), secret))) as archive:
        return {entry: archive.read(entry) for entry in archive.namelist()}


def test_a_proof_from_a_destruction_that_broke_off_gives_way_to_one_that_says_all(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    public, secret = sealing.new_pair()
    settings = world.folder / "mailbot.toml"
    settings.write_text(settings.read_text().replace("[operator]", f'[operator]\nage_key = "{public}"', 1))
    world.policy('[evidence]\nkeep = "sealed"\n')
    first = updated(world, "11")

    def fails(*_args: object, **_more: object) -> None:
        raise MailboxUnavailable("gone")

    with monkeypatch.context() as patched:
        patched.setattr(mailcopies, "remove", fails)
        assert world.run("people", "destroy", ALIYA, "--yes").code != 0
    world.later(hours=2)
    second = updated(world, "99")
    world.ok("people", "destroy", ALIYA, "--yes")
    files = sealed(world, second, secret, "second.age")
    assert {f"{number}/mail/1.eml" for number in (first, second)} <= set(files)
    with zipfile.ZipFile(io.BytesIO(sealing.unseal(files["earlier.zip.age"], secret))) as archive:
        assert f"{first}/mail/1.eml" in archive.namelist()
    assert len(world.sql("SELECT DISTINCT reason FROM event WHERE what = 'proof_sealed'")) == 2
    assert "fail" not in world.ok("audit", "verify").out.lower()


def updated(world: World, ending: str) -> str:
    taken: Taken = world.mail(ALIYA, UPDATE["ru"], f"Новый телефон: +7 701 333 22 {ending}")
    return str(world.request(taken)["id"])


def test_what_the_mailbox_cannot_remove_is_not_marked_as_gone(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    letter = world.mail(ALIYA, UPDATE["ru"], "Новый телефон: +7 701 333 22 11").letter
    state = MaildirMailbox.state
    with monkeypatch.context() as patched:
        patched.setattr(MaildirMailbox, "state", lambda self: replace(state(self), can_remove=False))
        world.later(days=40)
        world.poll()
        assert world.sql("SELECT cleared_at FROM mail") == [(None,)]
        assert "can't remove one mail alone" in world.ok("check").out
    world.later(days=2)
    world.poll()
    assert not [path for path in world.box.rglob("*") if path.name.startswith(letter.name)]
    assert world.sql("SELECT cleared_at FROM mail") != [(None,)]


@pytest.mark.parametrize("hers", [True, False])
def test_a_mail_to_the_operator_names_a_whole_address_however_it_is_written(world: World, hers: bool) -> None:
    settings = world.folder / "mailbot.toml"
    settings.write_text(settings.read_text().replace("[mailbox]", '[mailbox]\nerase = ["sent"]', 1))
    world.bring(f"{HEAD}Ахметова,Ия,ya@example.com,yes,2025-01-10,form\n")
    world.mail("Aliya@Example.com", "Data", ASK)  # its end is the address of somebody else
    folder = world.box / ".Sent"
    for name in ("new", "cur", "tmp"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for sent in world.sent():
        (folder / "cur" / f"{sent.name}:2,S").write_bytes(world.raw(sent))
    told = [sent for sent in world.sent() if sent.to == "owner@example.com"]
    assert told and all("Aliya@Example.com" in sent.text or "aliya@example.com" in sent.text for sent in told)
    world.mail("ya@example.com", UPDATE["ru"], "Новый телефон: +7 701 333 22 11")
    world.ok("people", "destroy", ALIYA if hers else "ya@example.com", "--yes")
    left = {path.name.partition(":")[0] for path in (folder / "cur").iterdir()}
    assert all((sent.name not in left) == hers for sent in told)
