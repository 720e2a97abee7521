"""`evidence` on a whole installation: what proves a request, what is left of a destroyed person, mails compared."""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
from pathlib import Path

import pytest
from pypdf import PdfReader

from mailbot import sealing
from mailbot.app import build
from mailbot.errors import ConfigError, MailboxUnavailable
from mailbot.operating import proofzip
from tests.acceptance.test_mail_copies import until_destroyed
from tests.acceptance.world import ALICE, ALIYA, NO_OBLIGATIONS, PHONE, UPDATE, WITHDRAWAL, World, attached

SEALED = f'{NO_OBLIGATIONS}[evidence]\nkeep = "sealed"\n'
TRACES = (ALIYA, PHONE, "77010000001", "Сәрсенова", "Әлия")
Zip = dict[str, bytes]


def unpacked(octets: bytes) -> Zip:
    with zipfile.ZipFile(io.BytesIO(octets)) as archive:
        assert archive.testzip() is None
        assert [entry.date_time for entry in archive.infolist()] == [(1980, 1, 1, 0, 0, 0)] * len(archive.namelist())
        return {name: archive.read(name) for name in archive.namelist()}


def evidence(world: World, number: str, *options: str) -> Zip:
    """Return the files of `evidence NUMBER`."""
    path = world.root / "evidence.zip"
    world.ok("evidence", number, "--output", path, *options)
    assert path.stat().st_mode & 0o077 == 0
    return unpacked(path.read_bytes())


def said(files: Zip) -> dict[str, object]:
    found: dict[str, object] = json.loads(files["evidence.json"])
    return found


def text_of(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


def sealing_to_a_new_key(world: World) -> str:
    """Have proofs sealed; return the secret."""
    public, secret = sealing.new_pair()
    settings = world.folder / "mailbot.toml"
    text = settings.read_text(encoding="utf-8").replace("[operator]\n", f'[operator]\nage_key = "{public}"\n')
    settings.write_text(text, encoding="utf-8")
    world.policy(SEALED)
    return secret


def holding(world: World, *traces: str) -> list[str]:
    """Return the files of the installation and the mailbox in which one of these stands."""
    marks = [trace.encode() for trace in traces or TRACES]
    files = [path for root in (world.folder, world.box) for path in Path(root).rglob("*") if path.is_file()]
    assert files
    return [path.name for path in files if any(mark in path.read_bytes() for mark in marks)]


def test_it_holds_the_mail_the_answer_and_what_is_said_of_them(world: World) -> None:
    taken = world.mail(ALIYA, UPDATE["kk"], f"Телефон: {PHONE}")
    number = world.request(taken)["id"]
    files = evidence(world, number)
    covers = {f"cover.{language}.{kind}" for language in ("kk", "ru") for kind in ("html", "pdf")}
    assert set(files) == {"SHA256SUMS", "answers/1.eml", "evidence.json", "mail/1.eml"} | covers
    assert files["mail/1.eml"] == taken.letter.octets and files["answers/1.eml"] == world.raw(taken.answer)
    sums = dict(line.split("  ")[::-1] for line in files["SHA256SUMS"].decode().splitlines())
    assert sums == {name: hashlib.sha256(files[name]).hexdigest() for name in files if name != "SHA256SUMS"}
    found: dict = said(files)  # type: ignore[type-arg]
    (mail,), (answer,) = found["mails"], found["answers"]
    assert (mail["lies"], mail["compared_by"]) == ("enclosed", "sha256")
    assert mail["ledger_sha256"] == mail["file_sha256"] == hashlib.sha256(taken.letter.octets).hexdigest()
    assert answer["message_id"] == taken.answer.message_id and answer["server"].startswith("250") and answer["sent_at"]
    assert found["record"]["changed"] == [{"field": "phone", "before": "+7 701 *** ** 01", "after": "+7 701 *** ** 77"}]
    assert found["matched"] == {
        "mark": UPDATE["kk"], "rung": "exact", "policy_version": "1", "policy_sha256": None,
    }  # fmt: skip
    assert found["authentication"]["because"] == "dmarc=pass"
    assert [field["believed"] for field in found["authentication"]["fields"]] == [True]
    assert [each["what"] for each in found["timeline"]] == ["received", "apply", "answer_sent", "undo_until"]


def test_its_chain_is_sealed_and_its_head_can_be_compared(world: World) -> None:
    world.mail(ALIYA, "Какие мои данные вы храните?", "")
    number = world.requests()[0]["id"]
    world.ok("requests", "close", number)
    found: dict = said(evidence(world, number))  # type: ignore[type-arg]
    assert [event["what"] for event in found["events"]][-1] == "closed"
    assert all(event["place"] and event["link"] for event in found["events"])
    assert found["chain"]["verified"]["sound"] is True and found["chain"]["unsealed"] == 0
    (compared,) = world.ok("audit", "verify", "--json", "--head", found["chain"]["head"]).objects
    assert compared["compared"] == "same"


def test_its_sheets_can_be_read_and_name_nobody(world: World) -> None:
    number = world.request(world.mail(ALIYA, UPDATE["kk"], f"Телефон: {PHONE}"))["id"]
    files = evidence(world, number)
    for language, words in {
        "kk": ("Сұраныс бойынша дәлелдер парағы", "Кім жазғаны қалай тексерілді", "тізбек бүтін", "Мөрленген оқиғалар"),
        "ru": ("Лист доказательств по запросу", "Как проверено, кто написал", "цепочка цела", "Запечатано событий"),
    }.items():
        page, paper = files[f"cover.{language}.html"].decode(), text_of(files[f"cover.{language}.pdf"])
        for word in (*words, number, "+7 701 *** ** 01", "a***@example.com"):
            assert word in page and word in paper, (language, word)
        assert re.search(r"(стр\.|бет) 1 / 2", paper)
        assert not [trace for trace in TRACES if trace in page or trace in paper]
        assert "http" not in page.replace("http-equiv", "") and "<script" not in page and f'lang="{language}"' in page
    assert not [trace for trace in TRACES if trace.encode() in files["evidence.json"]]
    assert "cover.ru.html" not in evidence(world, number, "--lang", "kk")


def test_the_same_evidence_gives_the_same_octets(world: World) -> None:
    number = world.request(world.mail(ALIYA, UPDATE["ru"], f"Телефон: {PHONE}"))["id"]
    now = world.now()
    app = build(world.folder, clock=lambda: now)
    try:
        first, second = (proofzip.of_request(app.line, app.mailbox, number)[1] for _ in range(2))
    finally:
        app.close()
    assert first == second


def test_a_mail_that_is_gone_is_said_to_be_gone(world: World) -> None:
    taken = world.mail(ALIYA, UPDATE["ru"], f"Телефон: {PHONE}")
    number = world.request(taken)["id"]
    for path in (world.box / ".mailbot.Done" / "cur").iterdir():
        path.unlink()
    ran = world.ok("evidence", number, "--output", world.root / "e.zip")
    assert "was not found in the mailbox" in ran.err
    found: dict = said(unpacked((world.root / "e.zip").read_bytes()))  # type: ignore[type-arg]
    assert found["mails"][0]["lies"] == "not_found" and found["mails"][0]["ledger_sha256"]


def test_a_mail_without_its_attachments_is_said_to_be_so(world: World) -> None:
    world.policy('[fields]\npreset = "documents"\n')
    octets = attached(world.octets(ALIYA, UPDATE["ru"], f"Телефон: {PHONE}"), "card.pdf")
    world.put(octets)
    world.poll()
    number = world.sql("SELECT id FROM request")[0][0]
    for _ in range(3):
        world.later(hours=30)
        world.poll()
    files = evidence(world, number)
    assert b"payload" in octets and b"payload" not in files["mail/1.eml"]
    assert said(files)["mails"][0]["attachments"] == "removed"  # type: ignore[index]
    assert "вложения изъяты" in files["cover.ru.html"].decode()
    assert compared(world, number, octets) == (0, "received", "fingerprint")


def test_the_default_name_bears_the_number_alone(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    number = world.request(world.mail(ALIYA, UPDATE["ru"], f"Телефон: {PHONE}"))["id"]
    monkeypatch.chdir(world.root)
    (told,) = world.ok("evidence", number.lower(), "--json").objects
    assert told == {
        "number": number, "sheet": "evidence", "file": f"evidence-{number}.zip", "sound": True,
        "sha256": hashlib.sha256((world.root / f"evidence-{number}.zip").read_bytes()).hexdigest(),
    }  # fmt: skip


def test_what_is_not_there_and_what_can_not_be_asked(world: World) -> None:
    assert world.run("evidence", "NOSUCH").code == 66
    assert world.run("evidence", "NOSUCH", "--sealed", world.root / "x").code == 66
    number = world.request(world.mail(ALIYA, UPDATE["ru"], f"Телефон: {PHONE}"))["id"]
    assert world.run("evidence", number, "--mail", world.root / "none.eml").code == 66
    assert world.run("evidence", number, "--output", world.root / "no" / "e.zip").code == 66
    assert world.run("evidence", number, "--mail", "a", "--sealed", "b").code == 64
    ran = world.run("evidence", number, "--sealed", world.root / "x")
    assert ran.code == 66 and not (world.root / "x").exists()


def test_a_broken_chain_is_said_on_the_sheet_and_by_the_exit_code(world: World) -> None:
    number = world.request(world.mail(ALIYA, UPDATE["ru"], f"Телефон: {PHONE}"))["id"]
    world.sql("UPDATE note SET value = 'x' WHERE name = 'event_head'")
    ran = world.run("evidence", number, "--output", world.root / "e.zip")
    assert ran.code == 1 and "audit verify" in ran.err
    assert "ЦЕПОЧКА НАРУШЕНА" in unpacked((world.root / "e.zip").read_bytes())["cover.ru.html"].decode()


def compared(world: World, number: str, octets: bytes) -> tuple[int, object, object]:
    path = world.root / "held.eml"
    path.write_bytes(octets)
    ran = world.run("evidence", number, "--mail", path, "--json")
    return ran.code, ran.objects[0]["mail"], ran.objects[0]["compared_by"]


@pytest.mark.parametrize("destroyed", [False, True])
def test_a_mail_that_somebody_holds_is_compared(world: World, destroyed: bool) -> None:
    world.policy(NO_OBLIGATIONS)
    taken = world.mail(ALIYA, WITHDRAWAL["ru"], "Спасибо")
    other = world.mail(ALICE, WITHDRAWAL["en"])
    number = world.request(taken)["id"]
    if destroyed:
        until_destroyed(world, ALIYA)
    hers, ours = taken.letter.octets, world.raw(taken.answer)
    how = "fingerprint" if destroyed else "octets"  # of the mail of a destroyed person no plain hash is kept
    assert compared(world, number, hers) == (0, "received", how)
    assert compared(world, number, b"Received: from a by b\r\n" + hers) == (0, "received", "fingerprint")
    assert compared(world, number, ours) == (0, "sent", "octets")
    assert compared(world, number, ours.replace(b"\r\n", b"\n")) == (0, "sent", "octets")
    assert compared(world, number, b"DKIM-Signature: v=1\r\n" + ours) == (0, "sent", "fingerprint")
    for strange in (other.letter.octets, world.raw(other.answer), hers.replace("Спасибо".encode(), b"x"), b"", b"\0"):
        assert compared(world, number, strange) == (1, None, None)
    assert "no: it is neither" in world.run("evidence", number, "--mail", world.root / "held.eml").out


# ---- of a destroyed person -----------------------------------------------------------------------------------------


def test_the_journals_sheet_is_what_survives(world: World) -> None:
    world.policy(NO_OBLIGATIONS)
    first = world.request(world.mail(ALIYA, UPDATE["ru"], f"Телефон: {PHONE}"))["id"]
    number = world.request(world.mail(ALIYA, WITHDRAWAL["ru"]))["id"]
    until_destroyed(world, ALIYA)
    world.poll()
    files = evidence(world, number)
    assert not [name for name in files if name.endswith(".eml")]
    found: dict = said(files)  # type: ignore[type-arg]
    assert found["sheet"] == "journal" and found["destruction"]["sealed"] is False
    assert found["mails"][0]["fingerprint"] and found["mails"][0]["ledger_sha256"] is None
    assert [each["hash"] is not None for each in found["answers"]] == [True, True]
    assert {each["source"] for each in found["consents"]} == {"site form"} and found["address_hashes"]
    happened = [event["what"] for event in found["events"]]
    assert happened.index("proof_built") < happened.index("destroyed")
    built = next(event for event in found["events"] if event["what"] == "proof_built")
    assert built["reason"] == found["destruction"]["proof_sha256"] and built["link"]
    earlier: dict = said(evidence(world, first))  # type: ignore[type-arg]
    assert earlier["sheet"] == "journal" and earlier["destruction"] == found["destruction"]
    for octets in files.values():
        assert not [trace for trace in TRACES if trace.encode() in octets]
    assert "Данные этого человека уничтожены" in text_of(files["cover.ru.pdf"])
    assert holding(world) == [] and world.sql("SELECT sealed, until FROM proof") == [(None, None)]
    assert "запечатанная" not in world.last(ALIYA).text
    assert world.run("evidence", number, "--sealed", world.root / "x").code == 66


def test_a_sealed_proof_is_kept_for_the_operator_alone_and_for_a_time(world: World) -> None:
    secret = sealing_to_a_new_key(world)
    taken = world.mail(ALIYA, UPDATE["ru"], f"Телефон: {PHONE}")
    number = world.request(world.mail(ALIYA, WITHDRAWAL["ru"]))["id"]
    until_destroyed(world, ALIYA)
    said_last = world.last(ALIYA).text
    until = world.sql("SELECT substr(until, 1, 4) FROM proof")[0][0]
    assert "запечатанная копия" in said_last and f"{until} г." in said_last
    assert holding(world) == []
    path = world.root / "sealed.age"
    (told,) = world.ok("evidence", number, "--sealed", path, "--json").objects
    assert told["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    octets = sealing.unseal(path.read_bytes(), secret)
    assert world.sql("SELECT DISTINCT reason FROM event WHERE what = 'proof_sealed'") == [
        (hashlib.sha256(octets).hexdigest(),)
    ]
    files = unpacked(octets)
    updated = world.sql("SELECT id FROM request WHERE kind = 'update'")[0][0]
    assert files[f"{updated}/mail/1.eml"] == taken.letter.octets
    assert {f"{number}/mail/1.eml", f"{number}/cover.kk.pdf", "person.json"} <= set(files)
    assert "sealed and kept: 1" in world.ok("check").out
    world.later(days=2 * 365)
    world.poll()
    assert world.sql("SELECT count(*) FROM proof WHERE sealed IS NOT NULL") == [(1,)]
    world.later(days=367)
    world.poll()
    assert world.sql("SELECT count(*) FROM proof WHERE sealed IS NOT NULL") == [(0,)]
    assert world.sql("SELECT count(*) FROM event WHERE what = 'proof_removed'") == [(1,)]
    assert world.run("evidence", number, "--sealed", path).code == 66


def test_without_its_key_nobody_is_destroyed_and_everything_else_goes_on(world: World) -> None:
    world.policy(SEALED)
    assert world.run("check").code == 1 and "needs [operator] age_key" in world.run("check").out
    world.mail(ALIYA, WITHDRAWAL["ru"])
    assert world.run("people", "destroy", ALIYA, "--yes").code == 78
    world.later(days=10)
    world.put(world.octets(ALICE, UPDATE["en"], f"Phone: {PHONE}"))
    app = build(world.folder, clock=world.now)
    try:
        counts, failure = app.poll()
    finally:
        app.close()
    assert isinstance(failure, ConfigError) and counts["applied"] == 1 and counts["sent"] >= 1
    assert world.person(ALIYA)["state"] == "blocked"
    sealing_to_a_new_key(world)
    until_destroyed(world, ALIYA)


def test_a_key_that_is_none_is_said_by_check(world: World) -> None:
    sealing_to_a_new_key(world)
    settings = world.folder / "mailbot.toml"
    settings.write_text(re.sub(r'age_key = "age1', 'age_key = "age2', settings.read_text("utf-8")), encoding="utf-8")
    assert "is no age key" in world.run("check").out and world.run("check").code == 1


def broken_off(world: World) -> None:
    """Let a destruction go as far as the removal of the mails, which fails."""
    app = build(world.folder, clock=world.now)

    def gone(_: object) -> None:
        raise MailboxUnavailable("the mailbox went away")

    try:
        app.mailbox.remove = gone  # type: ignore[method-assign, assignment]
        _, failure = app.poll()
        assert isinstance(failure, MailboxUnavailable)
    finally:
        app.close()


def test_a_destruction_that_was_broken_off_uses_the_same_proof(world: World) -> None:
    sealing_to_a_new_key(world)
    world.mail(ALIYA, WITHDRAWAL["ru"])
    world.later(days=10)
    broken_off(world)
    before = world.sql("SELECT sha256, destroyed_at FROM proof")
    assert len(before) == 1 and before[0][1] is None and world.person(ALIYA)["state"] == "blocked"
    world.later(days=2)
    world.poll()
    assert world.persons(ALIYA)[0]["id"] is None
    after = world.sql("SELECT sha256, destroyed_at FROM proof")
    assert after[0][0] == before[0][0] and after[0][1] is not None
    assert world.sql("SELECT count(*) FROM event WHERE what = 'proof_sealed'") == [(1,)]


def test_a_proof_whose_destruction_was_called_off_is_let_go_of(world: World) -> None:
    sealing_to_a_new_key(world)
    number = world.request(world.mail(ALIYA, WITHDRAWAL["ru"]))["id"]
    world.later(days=10)
    broken_off(world)
    world.sql("UPDATE person SET blocked = '' WHERE id = (SELECT person_id FROM proof)")
    world.sql("UPDATE request SET state = 'undone', closed_at = decided_at WHERE id = ?", number)
    world.poll()
    assert world.sql("SELECT count(*) FROM proof") == [(1,)], "the same day it may still be going on elsewhere"
    world.later(days=2)
    world.sql("INSERT OR REPLACE INTO note VALUES ('paused', 'yes')")
    world.poll()
    assert world.sql("SELECT count(*) FROM proof") == [(1,)]
    world.sql("UPDATE note SET value = '' WHERE name = 'paused'")
    world.poll()
    assert world.sql("SELECT count(*) FROM proof") == [(0,)]
    assert world.sql("SELECT count(*) FROM event WHERE what = 'proof_dropped'") == [(1,)]


@pytest.mark.parametrize("sealed", [False, True])
def test_the_operators_own_destruction_has_its_proof_too(world: World, sealed: bool) -> None:
    secret = sealing_to_a_new_key(world) if sealed else ""
    world.mail(ALIYA, UPDATE["ru"], f"Телефон: {PHONE}")
    world.ok("people", "destroy", ALIYA, "--yes")
    (number,) = [row[0] for row in world.sql("SELECT id FROM request WHERE kind = 'erasure'")]
    found: dict = said(evidence(world, number))  # type: ignore[type-arg]
    assert found["sheet"] == "journal"
    assert [event["what"] for event in found["events"]] == ["proof_sealed" if sealed else "proof_built", "destroyed"]
    assert holding(world) == []
    if sealed:
        world.ok("evidence", number, "--sealed", world.root / "s")
        assert "person.json" in unpacked(sealing.unseal((world.root / "s").read_bytes(), secret))


def test_a_person_who_never_wrote_has_a_proof_of_the_consents(world: World) -> None:
    secret = sealing_to_a_new_key(world)
    world.ok("people", "destroy", ALICE, "--yes")
    (number,) = [row[0] for row in world.sql("SELECT id FROM request")]
    world.ok("evidence", number, "--sealed", world.root / "s")
    files = unpacked(sealing.unseal((world.root / "s").read_bytes(), secret))
    assert set(files) == {"SHA256SUMS", "person.json"}
    assert [each["source"] for each in json.loads(files["person.json"])["consents"]] == ["site form", "site form"]


# ---- hostile input -------------------------------------------------------------------------------------------------

HOSTILE = (
    "=HYPERLINK(1)<script>alert(1)</script>&<b>\N{RIGHT-TO-LEFT OVERRIDE}\N{RIGHT-TO-LEFT ISOLATE}\x1b[2J" + "Ы" * 9000
)


def test_texts_of_others_stay_texts(world: World) -> None:
    forged = f"Authentication-Results: evil.example; dkim=pass (<script>alert(2)</script> {'w' * 20_000})"
    octets = world.octets(ALIYA, WITHDRAWAL["ru"] + " <script>", "<b>", headers=[forged])
    world.take(octets)
    world.mail(ALIYA, UPDATE["ru"], f"Телефон: {PHONE}", headers=[forged])
    for (number,) in world.sql("SELECT id FROM request"):
        world.sql(
            "UPDATE request SET checked = ?, tag = ?, because = ? WHERE id = ?", HOSTILE, HOSTILE, HOSTILE, number
        )
        world.sql("UPDATE consent SET source = ?", HOSTILE)
        world.sql("UPDATE reply SET answer = ? WHERE request_id = ?", HOSTILE, number)
        files = evidence(world, number)
        for language in ("kk", "ru"):
            page = files[f"cover.{language}.html"].decode()
            assert "<script" not in page and "<b>" not in page and "&lt;script&gt;" in page
            assert all(letter.isprintable() or letter == "\n" for letter in page)
            assert "Ы" * 700 not in page and "…" in page
            assert "<script>alert(1)</script>" in re.sub(r"\s", "", text_of(files[f"cover.{language}.pdf"]))
        assert not [
            letter for letter in files["evidence.json"].decode() if not (letter.isprintable() or letter == "\n")
        ]


def test_letters_that_the_font_has_not_are_marked(world: World) -> None:
    number = world.request(world.mail(ALIYA, UPDATE["ru"], f"Телефон: {PHONE}"))["id"]
    world.sql("UPDATE request SET checked = ? WHERE id = ?", "Әлемнің \N{GRINNING FACE} 漢 ₸ №", number)
    text = text_of(evidence(world, number)["cover.kk.pdf"])
    assert "Әлемнің \N{REPLACEMENT CHARACTER} \N{REPLACEMENT CHARACTER} ₸ №" in text


def test_an_iin_is_never_on_a_sheet(world: World) -> None:
    number = world.request(world.mail(ALIYA, UPDATE["ru"], f"Телефон: {PHONE}"))["id"]
    world.sql("UPDATE request SET checked = 'ИИН 900505450123' WHERE id = ?", number)
    files = evidence(world, number)
    assert b"900505450123" not in files["evidence.json"] + files["cover.ru.html"]


def test_nothing_is_written_over_the_installations_own_files(world: World) -> None:
    world.mail(ALIYA, UPDATE["kk"], f"Телефон: {PHONE}")
    number = str(world.requests("--all")[0]["id"])
    key = world.folder / "secrets" / "store_key"
    before = key.read_bytes(), (world.folder / "mailbot.toml").read_bytes()
    for argv in (
        ("evidence", number, "--output", str(world.folder / "mailbot.toml")),
        ("register", "--year", "2026", "--pdf", str(key)),
        ("people", "export", str(key)),
    ):
        ran = world.run(*argv)
        assert ran.code == 1 and "name another one" in ran.err, argv
    assert before == (key.read_bytes(), (world.folder / "mailbot.toml").read_bytes())


def test_it_tells_the_clocks_and_what_is_left_in_the_mailbox(world: World) -> None:
    world.policy(NO_OBLIGATIONS)
    asked = world.request(world.mail(ALIYA, "Прошу сообщить, какие мои персональные данные вы храните"))["id"]
    world.ok("requests", "close", asked)
    files = evidence(world, asked)
    (clock,) = said(files)["clocks"]  # type: ignore[misc]
    assert (clock["clock"], clock["ended_by"], clock["late"]) == ("answer", "hand", False)
    assert clock["article"] is None and clock["started_at"] <= clock["ended_at"] < clock["due_at"]
    for kind in ("html", "pdf"):
        for language, word in (("ru", "Сроки"), ("kk", "Мерзімдер")):
            cover = files[f"cover.{language}.{kind}"]
            assert word in (text_of(cover) if kind == "pdf" else cover.decode()), (language, kind)
    number = world.request(world.mail(ALIYA, WITHDRAWAL["ru"]))["id"]
    world.later(days=10)
    world.poll()
    world.poll()
    files = evidence(world, number)
    assert said(files)["mails_left"] == {"inbox": 1}
    text = files["cover.ru.html"].decode()
    assert "в реестре и журнале ни текстов писем" in text and "входящие: 1" in text
