"""The policy where documents prove a name and a birth: she sees one, records that, and no scan stays anywhere."""

from __future__ import annotations

import re
import shutil
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from mailbot.intake.strip import FIELD, is_stripped
from mailbot.operating import documents
from mailbot.reading.parse import parse
from mailbot.store import attachments
from tests.acceptance.world import ALIYA, BORIS, UPDATE, WITHDRAWAL, Taken, World
from tests.support.scans import scan, scanned, traces

POLICY = '[fields]\npreset = "documents"\n'
NAME = "Фамилия: Ахметова"
SHOWN = ("--kind", "identity_card", "--seen", "scan_by_mail")
PACKAGE = Path(attachments.__file__).parents[2]


@pytest.fixture
def desk(world: World) -> World:
    """An installation where documents prove a name."""
    world.policy(POLICY)
    return world


def sent_scan(world: World, body: str = NAME, sender: str = ALIYA, **how: str) -> Taken:
    """Ask for another name, with a scan; one pass."""
    return world.take(scanned(world.octets(sender, UPDATE["ru"], body, **how)))  # type: ignore[arg-type]


def mails(world: World) -> dict[str, bytes]:
    """Return every mail that lies in the mailbox: folder and name → octets."""
    folders = {"INBOX": world.box, "Done": world.box / ".mailbot.Done"}
    return {
        f"{folder}/{path.name}": path.read_bytes()
        for folder, root in folders.items() for part in ("new", "cur") if (root / part).is_dir()
        for path in sorted((root / part).iterdir())
    }  # fmt: skip


def the_mail(world: World) -> tuple[str, bytes]:
    """Return the one mail that lies there: its folder and octets."""
    ((name, octets),) = mails(world).items()
    return name.partition("/")[0], octets


def is_clear(world: World) -> bool:
    """Tell whether no octet of a scan lies anywhere: not in the mailbox, not in the store, not in what was sent."""
    octets = [path.read_bytes() for path in world.root.rglob("*") if path.is_file()]
    return not any(trace in each for each in octets for trace in traces(scan()))


def events(world: World, number: str) -> list[tuple[str, str, str]]:
    return [(each["who"], each["what"], each["reason"]) for each in world.show(number)["events"]]


# ---- the record ------------------------------------------------------------------------------------------------


def test_a_document_is_recorded_shown_and_the_request_released(desk: World) -> None:
    number = desk.request(sent_scan(desk))["id"]
    assert desk.show(number)["document"] is None
    ran = desk.ok("requests", "document", number.lower(), *SHOWN, "--date", "2020-01-31")
    assert ran.out == f"{number}: identity card is on record, seen scan by mail\n"
    document = desk.show(number)["document"]
    recorded = document.pop("recorded_at")
    assert document == {"kind": "identity_card", "seen": "scan_by_mail", "date": "2020-01-31"}
    assert recorded.endswith("+00:00")
    assert "identity card of 31.01.2020, seen scan by mail, recorded " in desk.ok("requests", "show", number).out
    assert ("operator", "document_recorded", "identity_card") in events(desk, number)
    released = desk.ok("requests", "release", number, "--checked", "saw the card")
    assert released.err == ""
    assert desk.person(ALIYA)["surname"] == "Ахметова"


def test_without_a_record_a_release_says_so_in_one_sentence(desk: World) -> None:
    number = desk.request(sent_scan(desk))["id"]
    released = desk.ok("requests", "release", number)
    assert "no document is on record" in released.err and released.err.count("\n") == 1
    assert desk.person(ALIYA)["surname"] == "Ахметова"
    desk.ok("requests", "document", number, "--kind", "passport", "--seen", "in_person")  # it may come later
    assert desk.show(number)["document"]["kind"] == "passport"
    desk.ok("requests", "document", number, "--kind", "name_change", "--seen", "egov")  # and be corrected
    assert (desk.show(number)["document"]["kind"], desk.show(number)["document"]["date"]) == ("name_change", None)


def test_what_needs_no_document_says_nothing_of_one(world: World) -> None:
    taken = world.mail(ALIYA, UPDATE["ru"], "Телефон: +77019998877", proof="weak")
    assert world.ok("requests", "release", world.request(taken)["id"]).err == ""


@pytest.mark.parametrize(
    ("options", "code", "says"),
    [
        (("--kind", "identity_card", "--seen", "by_pigeon"), 64, "--seen"),
        (("--kind", "iin", "--seen", "egov"), 64, "--kind"),
        (("--kind", "No 012345678", "--seen", "egov"), 64, "--kind"),
        (("--kind", "passport"), 64, "--seen"),
        ((*SHOWN, "--date", "31.01.2020"), 64, "2026-01-31"),
        ((*SHOWN, "--date", "2199-01-01"), 66, "still to come"),
        ((*SHOWN, "--number", "012345678"), 64, "unrecognized"),
    ],
)
def test_nothing_but_the_codes_can_be_written(desk: World, options: tuple[str, ...], code: int, says: str) -> None:
    number = desk.request(sent_scan(desk))["id"]
    ran = desk.run("requests", "document", number, *options)
    assert (ran.code, ran.out) == (code, "")
    assert says in ran.err
    assert desk.show(number)["document"] is None


def test_a_document_of_no_request_in_shadow_of_a_form_or_of_somebody_destroyed(desk: World) -> None:
    assert desk.run("requests", "document", "AAAAAA", *SHOWN).code == 66
    number = desk.request(sent_scan(desk))["id"]
    desk.sql("UPDATE note SET value = 'shadow' WHERE name = 'mode'")
    assert "live" in desk.run("requests", "document", number, *SHOWN).err
    desk.sql("UPDATE note SET value = 'live' WHERE name = 'mode'")
    desk.sql("UPDATE request SET kind = 'form'")
    ran = desk.run("requests", "document", number, *SHOWN)
    assert ran.code == 1 and "no person's mail" in ran.err
    desk.sql("UPDATE request SET kind = 'update'")
    desk.ok("requests", "document", number, *SHOWN, "--date", "2020-01-31")
    desk.ok("people", "destroy", ALIYA, "--yes")
    ran = desk.run("requests", "document", number, *SHOWN)
    assert ran.code == 1 and "destroyed" in ran.err
    kept = "SELECT document_kind, document_seen, document_date FROM request WHERE id = ?"
    assert desk.sql(kept, number) == [(None, None, None)]


def test_the_commands_codes_are_the_record_s() -> None:
    from mailbot.cli import arguments

    assert (arguments.DOCUMENTS, arguments.SEEN) == (documents.KINDS, documents.SEEN)
    assert FIELD.decode().lower() == attachments.FIELD


PAPERS = re.compile(
    r"document|scan|photo|passport|identity|\bcard\b|документ|скан|фото|паспорт|удостоверени|құжат|куәлік|сурет",
    re.IGNORECASE,
)
SENDING = re.compile(
    r"\b(?:e-?mail|mail|send|attach|forward|upload|присыла|пришл|отправ|вышл|высыла|прилож|прикреп|жібер|жолда|тірке)",
    re.IGNORECASE,
)
NOT = re.compile(r"do not e?-?mail|не присылайте|жібермеңіз", re.IGNORECASE)


def test_nobody_is_asked_to_mail_a_document() -> None:
    """Wherever an answer speaks of sending and of a document, it says that none should be sent."""
    lines = [
        line for path in sorted((PACKAGE / "templates" / "mail").rglob("*.txt"))
        for line in path.read_text(encoding="utf-8").splitlines() if PAPERS.search(line) and SENDING.search(line)
    ]  # fmt: skip
    assert len(lines) >= 3
    assert [line for line in lines if not NOT.search(line)] == []


# ---- no scan stays ---------------------------------------------------------------------------------------------


def test_the_store_never_holds_an_octet_of_an_attachment(desk: World) -> None:
    taken = sent_scan(desk)
    assert taken.lies == "INBOX"
    files = [path for path in desk.folder.rglob("*") if path.is_file()]
    assert len(files) > 3
    for path in files:
        octets = path.read_bytes()
        assert not any(trace in octets for trace in traces(scan())), path.name
        assert b"card.jpg" not in octets, path.name


def test_once_recorded_the_scan_leaves_a_request_that_is_still_open(desk: World) -> None:
    taken = sent_scan(desk)
    number = desk.request(taken)["id"]
    assert desk.poll()["fetched"] == 0
    assert the_mail(desk) == ("INBOX", taken.letter.octets)  # it waits: the scan was not looked at yet
    desk.ok("requests", "document", number, *SHOWN)
    assert desk.poll()["fetched"] == 0
    folder, octets = the_mail(desk)
    assert folder == "INBOX" and is_stripped(octets) and is_clear(desk)
    assert ("mailbot", "attachments_removed", "") in events(desk, number)
    assert desk.show(number)["open"] == ["operator"]
    assert desk.poll() == dict.fromkeys(desk.poll(), 0)
    desk.ok("requests", "release", number)
    assert desk.person(ALIYA)["surname"] == "Ахметова"


def test_what_is_left_is_the_same_mail_but_for_the_attachments(desk: World) -> None:
    taken = sent_scan(desk)
    desk.ok("requests", "document", desk.request(taken)["id"], *SHOWN)
    desk.poll()
    _, octets = the_mail(desk)
    first, _, rest = octets.partition(b"\r\n")
    old_head, new_head = (each.partition(b"\r\n\r\n")[0] for each in (taken.letter.octets, rest))
    assert first.startswith(FIELD + b": 20") and first.endswith(b"Z")
    assert old_head == new_head
    before, after = parse(taken.letter.octets), parse(octets)
    assert (after.text, after.own_text, after.subject) == (before.text, before.own_text, before.subject)
    text, *places = message_from_bytes(octets, policy=policy.default).iter_parts()  # type: ignore[attr-defined]
    assert "Ахметова" in text.get_content()
    assert len(places) == 2
    for place in places:
        assert place.get_content_type() == "text/plain"
        assert place.get_filename() is None
        day = (desk.now() + timedelta(hours=5)).strftime("%d.%m.%Y")
        assert place.get_content().strip() == f"image/jpeg: вложение удалено {day}"


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_the_note_is_in_the_language_of_the_request(desk: World, language: str) -> None:
    field = {"kk": "Тегі: Ахметова", "ru": NAME, "en": "Surname: Akhmetova"}[language]
    taken = desk.take(scanned(desk.octets(ALIYA, UPDATE[language], field)))
    desk.ok("requests", "close", desk.request(taken)["id"])
    desk.poll()
    *_, place = message_from_bytes(the_mail(desk)[1], policy=policy.default).iter_parts()  # type: ignore[attr-defined]
    assert {"kk": "жойылды", "ru": "удалено", "en": "removed"}[language] in place.get_content()


@pytest.mark.parametrize("end", ["release", "refuse", "close", "expire"])
def test_at_the_latest_they_go_when_the_request_ends(desk: World, end: str) -> None:
    taken = sent_scan(desk, proof="weak") if end == "expire" else sent_scan(desk)
    number = desk.request(taken)["id"]
    desk.poll()
    assert the_mail(desk)[1] == taken.letter.octets
    if end == "expire":
        desk.later(days=8)
    else:
        desk.ok("requests", end, number, *(("--reason", "no_document") if end == "refuse" else ()))
    desk.poll()
    assert is_stripped(the_mail(desk)[1]) and is_clear(desk)
    desk.poll()
    assert [what for _, what, _ in events(desk, number)].count("attachments_removed") == 1


def test_a_mail_that_was_filed_is_found_in_done(desk: World) -> None:
    taken = sent_scan(desk, f"{NAME}\nТелефон: +77019998877")
    assert (taken.decision, taken.lies) == ("applied", "Done")
    desk.ok("requests", "release", desk.request(taken)["id"])
    desk.poll()
    folder, octets = the_mail(desk)
    assert folder == "Done" and is_stripped(octets) and is_clear(desk)


def test_an_update_that_was_applied_whole_loses_its_attachments_in_the_same_pass(desk: World) -> None:
    desk.put(scanned(desk.octets(ALIYA, UPDATE["ru"], "Телефон: +77019998877")))
    assert desk.poll()["applied"] == 1
    assert the_mail(desk)[0] == "Done" and is_clear(desk)


def test_flags_and_time_stay(desk: World) -> None:
    taken = sent_scan(desk)
    old = desk.box / "new" / taken.letter.name
    seen = desk.box / "cur" / f"{taken.letter.name},S=123,W=130:2,FS"
    shutil.move(old, seen)
    desk.sql("UPDATE maildir_name SET name = ?", f"{taken.letter.name},S=123,W=130")
    before = seen.stat().st_mtime
    desk.ok("requests", "close", desk.request(taken)["id"])
    desk.poll()
    (path,) = (desk.box / "cur").iterdir()
    assert path.name.endswith(":2,FS") and ",S=" not in path.name
    assert path.stat().st_mtime == pytest.approx(before)


def test_by_the_usual_policy_attachments_stay_unless_a_document_was_recorded(world: World) -> None:
    taken = world.take(scanned(world.octets(ALIYA, UPDATE["ru"], NAME)))
    assert taken.decision == "applied"
    world.poll()
    assert the_mail(world)[1] == taken.letter.octets
    world.ok("requests", "document", world.request(taken)["id"], *SHOWN)
    world.poll()
    assert is_stripped(the_mail(world)[1]) and is_clear(world)


def test_mail_that_is_no_update_keeps_its_attachments(desk: World) -> None:
    letters = [
        desk.put(scanned(desk.octets(BORIS, "Счёт за курс", "Добрый день, высылаю счёт."))),
        desk.put(scanned(desk.octets(BORIS, WITHDRAWAL["ru"]))),
    ]
    desk.poll()
    desk.poll()
    assert sorted(mails(desk).values()) == sorted(letter.octets for letter in letters)


def test_a_scan_in_an_answer_goes_too(desk: World) -> None:
    """She is asked nothing; he sends the scan on the receipt, and the operator records it there."""
    first = desk.mail(ALIYA, UPDATE["ru"], NAME)
    second = desk.take(scanned(desk.reply(ALIYA, "Вот удостоверение.", to=desk.last(ALIYA))))
    assert second.decision == "held"
    desk.ok("requests", "document", desk.request(second)["id"], *SHOWN)
    desk.poll()
    assert is_clear(desk)
    assert first.letter.octets in mails(desk).values()


def test_a_later_scan_waits_until_it_was_seen(desk: World) -> None:
    taken = desk.mail(ALIYA, UPDATE["ru"], f"{NAME}\nДата рождения: 05.06.91")
    number = desk.request(taken)["id"]
    desk.ok("requests", "document", number, *SHOWN)
    again = desk.take(scanned(desk.reply(ALIYA, "Дата рождения: 05.06.1991", to=desk.last(ALIYA))))
    assert again.letter.octets in mails(desk).values() and desk.show(number)["open"] == ["operator"]
    desk.ok("requests", "document", number, *SHOWN)
    desk.poll()
    assert is_clear(desk)


# ---- filing, second look and repeats go on ---------------------------------------------------------------------


def test_the_copy_is_no_second_look_and_a_second_look_at_it_is_one(desk: World) -> None:
    taken = sent_scan(desk, f"{NAME}\nТелефон: +77019998877")
    number = desk.request(taken)["id"]
    desk.ok("requests", "release", number)
    desk.poll()
    (path,) = (desk.box / ".mailbot.Done" / "cur").iterdir()
    shutil.move(path, desk.box / "new" / path.name.partition(":")[0])
    counts = desk.poll()
    assert (counts["fetched"], counts["held"]) == (1, 1)
    assert desk.show(number)["reason"] == "second_look"
    desk.ok("requests", "close", number)
    assert desk.poll()["fetched"] == 0
    assert is_clear(desk)


def test_a_second_delivery_loses_its_attachments_as_well(desk: World) -> None:
    letter = desk.put(scanned(desk.octets(ALIYA, UPDATE["ru"], "Телефон: +77019998877")))
    assert desk.poll()["applied"] == 1 and is_clear(desk)
    desk.put(b"X-Other: way\r\n" + letter.octets)
    assert desk.poll()["already"] == 1
    assert is_clear(desk) and len(mails(desk)) == 2
    desk.put(letter.octets)  # the very same octets
    assert desk.poll()["already"] == 1
    assert is_clear(desk)


def test_a_copy_that_a_pass_reads_is_the_same_mail(desk: World) -> None:
    """Another mail came between: the cursor can't pass the copy, so it is read, and nothing comes of it."""
    taken = sent_scan(desk)
    number = desk.request(taken)["id"]
    desk.ok("requests", "close", number)
    desk.sql("UPDATE folder_cursor SET last_uid = last_uid - 1")
    before = desk.ok("requests", "list", "--all", "--json").out
    desk.poll()
    assert desk.poll()["already"] <= 1
    assert desk.ok("requests", "list", "--all", "--json").out == before
    assert desk.sql("SELECT COUNT(*) FROM mail") == [(1,)]
    assert desk.sql("SELECT uid FROM mail") == desk.sql("SELECT uid FROM maildir_name WHERE folder = 'INBOX'")


def test_a_better_trusted_copy_is_no_new_mail(desk: World) -> None:
    """The copy is read with more trust than the mail was, in a pass that was killed before the ledger followed."""
    taken = sent_scan(desk, proof="none")
    desk.later(days=8)
    desk.poll()
    (name,) = [name for name in mails(desk) if name.startswith("Done/")]
    copy = (desk.box / ".mailbot.Done" / "cur" / name.partition("/")[2]).read_bytes()
    first, _, rest = copy.partition(b"\r\n")
    proof = b"Authentication-Results: mx.example.kz; dmarc=pass header.from=example.com\r\n"
    desk.put(first + b"\r\n" + proof + rest)
    assert desk.poll()["already"] == 1
    assert len(desk.requests("--all")) == 1 and desk.person(ALIYA)["surname"] == "Сәрсенова"
    assert taken.decision == "challenged"


def test_a_stranger_can_t_pass_a_mail_off_as_a_copy(desk: World) -> None:
    octets = desk.octets(ALIYA, UPDATE["ru"], "Телефон: +77019998877")
    assert desk.take(FIELD + b": 2026-11-02T09:00:00Z\r\n" + octets).decision == "applied"
    taken = sent_scan(desk)
    number = desk.request(taken)["id"]
    forged = FIELD + b": 2026-11-02T09:00:00Z\r\n" + taken.letter.octets.replace("Ахметова".encode(), "Другая".encode())
    desk.put(forged)
    assert desk.poll()["held"] == 1
    desk.ok("requests", "document", number, *SHOWN)
    desk.poll()
    left = list(mails(desk).values())
    assert forged in left and taken.letter.octets not in left
    assert sum(is_stripped(each) and "Ахметова".encode() in each for each in left) == 1


def test_the_same_mail_better_proven_keeps_its_scan_until_it_was_seen(desk: World) -> None:
    weak = desk.octets(ALIYA, UPDATE["ru"], NAME, proof="weak")
    first, second = scanned(weak), scanned(weak.replace(b"spf=pass smtp.mailfrom", b"dmarc=pass header.from"))
    assert desk.take(first).decision == "challenged"
    assert desk.take(second).decision == "held"
    assert [each["state"] for each in desk.requests("--all")].count("expired") == 1  # superseded
    desk.poll()
    assert second in mails(desk).values() and first not in mails(desk).values()
    (open_one,) = desk.requests()
    desk.ok("requests", "document", open_one["id"], *SHOWN)
    desk.poll()
    assert is_clear(desk) and len(mails(desk)) == 2


def test_what_is_due_is_asked_by_an_index(desk: World) -> None:
    """Each pass asks; a ledger has every mail ever seen."""
    plan = desk.sql(
        "EXPLAIN QUERY PLAN SELECT mail.id FROM mail JOIN request ON request.id = mail.request_id "
        "WHERE mail.attachments = ? AND (mail.next_try_at IS NULL OR mail.next_try_at <= ?) ORDER BY mail.id",
        "there", "2026-01-01",
    )  # fmt: skip
    assert any("ix_mail_attachments" in step[3] for step in plan) and not any(" SCAN mail" in step[3] for step in plan)


# ---- where it can't be done ------------------------------------------------------------------------------------


def test_a_mail_that_is_gone_is_noted_once(desk: World) -> None:
    taken = sent_scan(desk)
    number = desk.request(taken)["id"]
    (desk.box / "new" / taken.letter.name).unlink()
    desk.ok("requests", "close", number)
    for _ in range(3):
        desk.poll()
    assert [what for _, what, _ in events(desk, number)].count("attachments_not_found") == 1


def test_nothing_goes_while_paused_and_nothing_in_shadow(desk: World) -> None:
    taken = sent_scan(desk)
    desk.ok("requests", "close", desk.request(taken)["id"])
    desk.ok("pause")
    desk.poll()
    assert the_mail(desk)[1] == taken.letter.octets
    desk.ok("resume")
    desk.sql("UPDATE note SET value = 'shadow' WHERE name = 'mode'")
    desk.poll()
    assert the_mail(desk)[1] == taken.letter.octets
    desk.sql("UPDATE note SET value = 'live' WHERE name = 'mode'")
    desk.poll()
    assert is_clear(desk)


def test_a_mail_whose_parts_can_t_be_told_apart_is_kept_and_named(desk: World) -> None:
    octets = scanned(desk.octets(ALIYA, UPDATE["ru"], NAME)).replace(b'boundary="=_edge"', b'boundary="=_other"')
    taken = desk.take(octets)
    number = desk.request(taken)["id"]
    desk.ok("requests", "document", number, *SHOWN)
    desk.poll()
    assert ("mailbot", "attachments_kept", "structure") in events(desk, number)
    assert the_mail(desk)[1] == octets
    assert f"could not be taken out, of {number}" in desk.run("check").out


def test_a_large_mail_is_kept_and_named(desk: World) -> None:
    settings = desk.folder / "mailbot.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace("[mailbox]", "[mailbox]\nmax_bytes = 20000"), encoding="utf-8")
    taken = sent_scan(desk)
    number = desk.request(taken)["id"]
    desk.ok("requests", "document", number, *SHOWN)
    desk.poll()
    assert ("mailbot", "attachments_kept", "too_large") in events(desk, number)
    assert the_mail(desk)[1] == taken.letter.octets


def test_a_mail_without_a_message_id_and_one_of_a_destroyed_person_are_found(desk: World) -> None:
    octets = scanned(desk.octets(ALIYA, UPDATE["ru"], NAME))
    lines = [line for line in octets.split(b"\r\n") if not line.startswith(b"Message-ID")]
    for number in range(3):
        desk.put(desk.octets(BORIS, "Вопрос", f"{number}"))
    desk.put(b"\r\n".join(lines))
    desk.poll()
    desk.ok("people", "destroy", ALIYA, "--yes")
    desk.poll()
    assert is_clear(desk) and len(mails(desk)) == 4


def test_many_go_in_several_passes(desk: World) -> None:
    for number in range(attachments_few() + 3):
        desk.put(scanned(desk.octets(f"p{number}@example.org", UPDATE["ru"], NAME), size=5_000))
    desk.poll()
    for request in desk.requests():
        desk.ok("requests", "close", request["id"])
    desk.poll()
    assert sum(is_stripped(each) for each in mails(desk).values()) == attachments_few()
    desk.poll()
    assert all(is_stripped(each) for each in mails(desk).values())


def attachments_few() -> int:
    from mailbot.operating.attachments import FEW

    return FEW


def test_a_failure_of_one_mail_stops_no_other_and_is_given_up_after_a_day(desk: World) -> None:
    taken = [sent_scan(desk, sender=sender) for sender in (ALIYA, BORIS)]
    numbers, letters = [desk.request(each)["id"] for each in taken], [each.letter for each in taken]
    for number in numbers:
        desk.ok("requests", "close", number)
    blocked = desk.box / "new" / f"{letters[0].name}.r"  # no file can be written under this name
    (blocked / "full").mkdir(parents=True)
    desk.ok("poll")
    assert sorted(is_stripped(each) for each in mails_but(desk, blocked)) == [False, True]
    desk.later(minutes=30)
    desk.poll()
    assert ("mailbot", "attachments_kept", "refused") not in events(desk, numbers[0])
    for _ in range(2):
        desk.later(days=1)
        desk.poll()
    assert ("mailbot", "attachments_kept", "refused") in events(desk, numbers[0])
    assert letters[0].octets in mails_but(desk, blocked)


def mails_but(world: World, folder: Path) -> list[bytes]:
    """Return every mail, where a folder stands among them."""
    hidden = folder.rename(world.root / "hidden")
    found = list(mails(world).values())
    hidden.rename(folder)
    return found
