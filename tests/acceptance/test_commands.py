"""The command line as contract: exit codes, shapes of JSON, what each command changes and refuses."""

from __future__ import annotations

import csv
import fcntl
import io
import json
import os
import re
import socket
import stat
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.world import (
    ALICE,
    ALIYA,
    BORIS,
    BORIS_SECOND,
    BOX,
    FAMILY,
    HOST,
    OWNER,
    STRANGER,
    UNSUBSCRIBE,
    UPDATE,
    WITHDRAWAL,
    World,
    command,
)

PHONE = "+77019998877"
NEW_PHONE = f"Телефон: {PHONE}"
NO_OBLIGATIONS = '[withdrawal]\nobligations = "none"\n'
POLL = (
    "fetched", "applied", "challenged", "asked", "held", "left", "ignored", "already", "poisoned", "waiting", "sent",
    "owed", "gave_up",
)  # fmt: skip
REQUEST = (
    "id", "kind", "state", "reason", "language", "received_at", "due_at", "address", "message_id", "open",
)  # fmt: skip
PERSON = {
    "id", "state", "surname", "given_name", "patronymic", "emails", "phones", "birth_date", "birth_place",
    "processing", "news", "suppressed", "obligations", "obliged_until", "block", "consents",
}  # fmt: skip
EXPLAINED = (
    "file", "decision", "reason", "kind", "rung", "tag", "where", "language", "machine", "sender", "fields", "unclear",
    "pending", "reply", "defects",
)  # fmt: skip
RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?([+-]\d\d:\d\d|Z)")
SCRIPT = Path(sys.executable).with_name("mailbot")


def process(*argv: str | Path, **env: str) -> subprocess.CompletedProcess[bytes]:
    """Run the installed command in a process of its own."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MAILBOT_")}
    return subprocess.run(
        [SCRIPT, *argv], env={**clean, **env}, capture_output=True, stdin=subprocess.DEVNULL, check=False
    )


def settings(world: World, old: str, new: str) -> None:
    """Change a text in mailbot.toml."""
    path = world.folder / "mailbot.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def eml(world: World, name: str, octets: bytes) -> Path:
    """Write a mail as a file."""
    path = world.root / "mails" / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(octets)
    return path


# ---- the command itself ----


def test_the_script_and_the_module_are_the_same() -> None:
    script = process("--version")
    module = subprocess.run([sys.executable, "-m", "mailbot", "--version"], capture_output=True, check=False)
    assert script.returncode == module.returncode == 0
    assert script.stdout == module.stdout and re.fullmatch(rb"mailbot \d+\.\d+\S*\n", script.stdout)


@pytest.mark.parametrize(
    "argv",
    [
        (), ("nonsense",), ("poll", "--nonsense"), ("requests", "show"), ("requests", "refuse", "AAAAAA"),
        ("requests", "refuse", "AAAAAA", "--reason", "because"), ("requests", "list", "--state", "sleeping"),
        ("requests", "list", "--kind", "wish"), ("people",), ("people", "show"), ("explain",), ("db", "sideways"),
        ("init",), ("people", "import"), ("requests", "backlog", "--since", "yesterday"), ("poll", "--js"),
    ],
)  # fmt: skip
def test_wrong_usage_exits_64(world: World, argv: tuple[str, ...]) -> None:
    ran = world.run(*argv)
    assert ran.code == 64 and ran.out == "" and ran.err.startswith("mailbot: ")


def test_config_stands_before_the_command(world: World) -> None:
    assert command("--config", world.folder, "poll", "--json").code == 0
    assert command("poll", "--config", world.folder).code == 64


def test_config_comes_from_the_environment_or_the_current_folder(world: World) -> None:
    assert process("poll", "--json", MAILBOT_CONFIG=str(world.folder)).returncode == 0
    here = subprocess.run([SCRIPT, "poll", "--json"], cwd=world.folder, capture_output=True, check=False)
    assert here.returncode == 0 and set(json.loads(here.stdout)) == set(POLL)


def test_no_installation_exits_78(tmp_path: Path) -> None:
    for argv in (("poll",), ("check",), ("requests", "list"), ("people", "show", ALIYA), ("live",), ("pause",)):
        ran = command("--config", tmp_path, *argv)
        assert ran.code == 78 and "mailbot.toml" in ran.err and ran.out == ""


@pytest.mark.parametrize(
    ("file", "text", "key"),
    [
        (
            "mailbot.toml",
            "[mailbox]\nurl = 'maildir:///x'\naddresses = []\n[courier]\nurl='maildir:///y'\n",
            "addresses",
        ),
        ("mailbot.toml", "[mailbox\n", "TOML"),
        ("policy.toml", "[limits]\nnonsense = 1\n", "limits.nonsense"),
        ("policy.toml", "[clocks]\nheld = 0\n", "clocks.held"),
    ],
)
def test_a_wrong_setting_exits_78_and_names_file_and_key(world: World, file: str, text: str, key: str) -> None:
    (world.folder / file).write_text(text, encoding="utf-8")
    ran = world.run("poll")
    assert ran.code == 78 and file in ran.err and key in ran.err


def test_a_setting_may_come_from_the_environment(world: World) -> None:
    world.put(world.octets(ALIYA, UPDATE["ru"], NEW_PHONE))
    ran = process("--config", world.folder, "poll", "--json", MAILBOT_OPERATOR__NAME="Another Name")
    assert ran.returncode == 0 and "Another Name" in world.last(ALIYA).text


def test_json_is_utf_8_whatever_the_locale(world: World) -> None:
    ran = process("--config", world.folder, "people", "show", ALIYA, "--json", LC_ALL="C", PYTHONUTF8="0")
    assert ran.returncode == 0 and json.loads(ran.stdout.decode("utf-8"))["surname"] == "Сәрсенова"
    assert "Сәрсенова".encode() in ran.stdout and ran.stderr == b""


# ---- poll ----


def test_poll_json(world: World) -> None:
    world.put(world.octets(ALIYA, UPDATE["ru"], NEW_PHONE))
    world.put(world.octets(BORIS, WITHDRAWAL["ru"], proof="weak"))
    world.put(world.octets(STRANGER, "Вопрос о курсе"))
    ran = world.ok("poll", "--json")
    assert ran.out.count("\n") == 1 and ran.err == ""
    counts = ran.objects[0]
    assert tuple(counts) == POLL and all(type(value) is int for value in counts.values())
    assert counts["fetched"] == sum(counts[name] for name in POLL[1:10]) == 3
    assert (counts["applied"], counts["challenged"], counts["left"], counts["sent"]) == (1, 1, 1, 2)
    assert not any(world.ok("poll", "--json").objects[0].values())


def test_poll_exits_69_where_the_mailbox_is_refused(world: World) -> None:
    world.box.rename(world.root / "away")
    ran = world.run("poll", "--json")
    assert ran.code == 69 and "mailbot: " in ran.err


def test_poll_exits_69_where_the_courier_is_refused_and_nothing_is_lost(world: World) -> None:
    (world.root / "sent").write_text("not a folder")
    world.put(world.octets(ALIYA, UPDATE["ru"], NEW_PHONE))
    ran = world.run("poll", "--json")
    assert ran.code == 69
    assert world.person(ALIYA)["phones"] == [PHONE], "decided all the same"
    (world.root / "sent").unlink()
    assert world.poll()["sent"] == 1


def free_port() -> int:
    """Return a port on which nobody listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def test_poll_exits_75_where_the_courier_cannot_be_reached(world: World) -> None:
    settings(world, f"maildir://{world.root / 'sent'}", f"smtp://127.0.0.1:{free_port()}")
    world.put(world.octets(ALIYA, UPDATE["ru"], NEW_PHONE))
    ran = world.run("poll", "--json")
    assert ran.code == 75 and world.person(ALIYA)["phones"] == [PHONE]
    shown = world.show(world.requests("--all")[0]["id"])
    assert shown["replies"][0]["sent_at"] is None and shown["replies"][0]["gave_up"] == ""


def test_poll_exits_75_where_the_mailbox_cannot_be_reached_and_sends_what_is_owed(world: World) -> None:
    world.ok("pause")
    world.mail(ALIYA, UPDATE["ru"], NEW_PHONE)
    world.ok("resume")
    settings(world, f"maildir://{world.box}", f"imap://user:secret@127.0.0.1:{free_port()}/INBOX")
    ran = world.run("poll", "--json")
    assert ran.code == 75 and len(world.sent()) == 1
    assert "secret" not in ran.err + ran.out


def test_poll_exits_75_where_the_store_cannot_be_opened(world: World) -> None:
    path = world.folder / "mailbot.sqlite"
    path.rename(world.root / "away")
    path.mkdir()
    assert world.run("poll").code == 75


def test_a_pass_that_held_something_exits_0(world: World) -> None:
    world.put(world.octets(ALIYA, UPDATE["ru"], headers=["Subject: twice"]))
    assert world.ok("poll", "--json").objects[0]["held"] == 1


def test_a_second_pass_at_once_is_harmless(world: World) -> None:
    world.put(world.octets(ALIYA, UPDATE["ru"], NEW_PHONE))
    with (world.folder / "mailbot.sqlite.turn").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        assert not any(world.ok("poll", "--json").objects[0].values())
        assert world.person(ALIYA)["phones"] == ["+77010000001"]
    assert world.poll()["applied"] == 1


# ---- init, check, live, pause, resume, db ----


def test_init_never_overwrites(world: World) -> None:
    before = {p.name: p.read_bytes() for p in world.folder.iterdir() if p.is_file()}
    key = (world.folder / "secrets" / "store_key").read_bytes()
    ran = world.init()
    assert ran.code == 1 and "never overwrites" in ran.err
    assert {p.name: p.read_bytes() for p in world.folder.iterdir() if p.is_file()} == before
    assert (world.folder / "secrets" / "store_key").read_bytes() == key


def test_init_writes_an_installation_that_is_shadow_and_private(tmp_path: Path) -> None:
    for part in ("new", "cur", "tmp"):
        (tmp_path / "box" / part).mkdir(parents=True)
    ran = command(
        "init", tmp_path / "i", "--mailbox", f"maildir://{tmp_path}/box", "--courier", f"maildir://{tmp_path}/sent",
        "--address", BOX, "--address", "privacy@example.kz",
    )  # fmt: skip
    assert ran.code == 0 and "shadow" in ran.out
    for name in ("mailbot.toml", "secrets/store_key", "mailbot.sqlite"):
        assert stat.S_IMODE((tmp_path / "i" / name).stat().st_mode) == 0o600, name
    assert (tmp_path / "i" / "policy.toml").is_file()
    assert command("--config", tmp_path / "i", "poll", "--json").code == 0
    assert not any(f.is_file() for f in (tmp_path / "box").rglob("*"))


@pytest.mark.parametrize("missing", ["--mailbox", "--courier", "--address"])
def test_init_without_a_terminal_names_what_is_missing(tmp_path: Path, missing: str) -> None:
    given = {"--mailbox": f"maildir://{tmp_path}/box", "--courier": f"maildir://{tmp_path}/sent", "--address": BOX}
    ran = command("init", tmp_path / "i", *(x for k, v in given.items() if k != missing for x in (k, v)))
    assert ran.code == 64 and missing in ran.err and not (tmp_path / "i").exists()


@pytest.mark.parametrize(
    "url", ["imap://user@mail.example.com/INBOX", "imaps://user:secret@mail.example.com/INBOX", "pop3://user@host", "x"]
)
def test_init_takes_no_unsafe_or_unknown_mailbox(tmp_path: Path, url: str) -> None:
    ran = command("init", tmp_path / "i", "--mailbox", url, "--courier", f"maildir://{tmp_path}/s", "--address", BOX)
    assert ran.code in (64, 78) and not (tmp_path / "i").exists()
    assert "secret" not in ran.err


def test_check_begins_with_the_people_and_exits_0_where_nothing_is_wrong(world: World) -> None:
    ran = world.run("check", "--json")
    findings = ran.objects
    assert ran.code == 0, findings
    assert all(set(finding) == {"check", "level", "says"} for finding in findings)
    assert findings[0]["check"] == "people" and findings[0]["says"].startswith("6 on file")
    assert {f["check"] for f in findings} >= {"store", "mailbox", "courier", "templates", "policy", "clock", "trust"}
    words = world.run("check")
    assert words.code == 0 and "6 on file" in words.out.splitlines()[0]


def test_check_counts_consents_without_a_time(world: World) -> None:
    world.bring("surname,email\nБезвременная,timeless@example.com\n")
    assert any("1 without" in f["says"] for f in world.run("check", "--json").objects if f["check"] == "people")


@pytest.mark.parametrize(
    ("what", "spoil"),
    [
        ("mode", lambda w: w.ok("pause")),
        ("mailbox", lambda w: w.box.rename(w.root / "away")),
        ("courier", lambda w: (w.root / "sent").write_text("no folder")),
        ("operator", lambda w: settings(w, OWNER, BOX)),
    ],
)
def test_check_exits_1_and_says_what_is_wrong(world: World, what: str, spoil: Any) -> None:
    spoil(world)
    ran = world.run("check", "--json")
    assert ran.code == 1
    assert [f["check"] for f in ran.objects if f["level"] == "wrong"].count(what) >= 1


def test_check_exits_1_after_seven_days_of_shadow(shadow: World) -> None:
    assert shadow.run("check").code == 0
    at = (shadow.now() - timedelta(days=7, hours=1)).isoformat()
    shadow.sql("UPDATE note SET value = ? WHERE name = 'installed_at'", at)
    assert shadow.run("check").code == 1
    shadow.ok("live")
    assert shadow.run("check").code == 0


def test_check_finds_a_broken_template_of_the_operator(world: World) -> None:
    folder = world.folder / "templates" / "ru"
    folder.mkdir(parents=True)
    (folder / "unsubscribed.txt").write_text("Subject: {{ nonsense }}\n", encoding="utf-8")
    assert world.run("check").code == 1
    taken = world.mail(ALIYA, UNSUBSCRIBE["ru"])
    assert taken.answer.subject.startswith("Запрос №"), "the packaged one takes its place"


def test_pause_and_resume_may_be_said_twice(world: World) -> None:
    for verb in ("pause", "pause", "resume", "resume", "live", "live"):
        assert world.ok(verb).out
    assert world.ok("db", "upgrade").out


# ---- explain ----


def test_explain_json(world: World) -> None:
    octets = world.octets(ALIYA, UPDATE["kk"], "Жаңа нөмірім: +7 701 999 88 77\nТуған күні: 05.06.91")
    path = eml(world, "a.eml", octets)
    before = world.sql("SELECT count(*) FROM mail"), world.person(ALIYA)
    ran = world.ok("explain", path, "--json")
    assert ran.out.count("\n") == 1 and ran.err == ""
    found = ran.objects[0]
    assert tuple(found) == EXPLAINED
    assert (found["file"], found["decision"], found["kind"]) == (str(path), "apply", "update")
    assert (found["rung"], found["where"], found["language"]) == ("exact", "subject", "kk")
    assert (found["tag"], found["machine"], found["defects"]) == (UPDATE["kk"], None, [])
    assert found["sender"] == {"address": ALIYA, "evidence": "authenticated", "because": "dmarc=pass"}
    assert found["fields"] == {"phone": PHONE}
    assert found["unclear"] == [{"field": "birth_date", "text": "05.06.91", "why": "two_digit_year"}]
    assert found["pending"] == []
    assert found["reply"] == {"template": "update-applied", "language": "kk", "to": ALIYA}
    assert (world.sql("SELECT count(*) FROM mail"), world.person(ALIYA)) == before
    assert world.poll()["fetched"] == 0


def test_explain_needs_no_installation(world: World, tmp_path: Path) -> None:
    path = eml(world, "a.eml", world.octets(ALIYA, WITHDRAWAL["ru"]))

    def explained(*options: str) -> dict[str, Any]:
        ran = command("--config", tmp_path / "nowhere", "explain", path, "--json", *options)
        assert ran.code == 0, ran.err
        return ran.objects[0]

    assert explained()["sender"]["evidence"] == "none", "no host is trusted"
    assert explained("--person", "known")["decision"] == "challenge"
    assert explained("--person", "unknown")["reason"] == "person_unknown_unproven"
    assert explained("--trust", HOST)["sender"]["evidence"] == "authenticated"
    assert explained("--trust", HOST, "--person", "known")["decision"] == "apply"
    assert explained("--trust", HOST, "--person", "unknown")["reason"] == "person_unknown"
    assert explained("--trust", f"{HOST}:below")["sender"]["evidence"] == "none", "in the other place it is nothing"
    assert explained("--trust", "mx.example.org")["sender"]["evidence"] == "none"


def test_explain_trust_below(world: World) -> None:
    octets = world.octets(ALIYA, UPDATE["ru"], NEW_PHONE, proof="")
    head, _, rest = octets.partition(b"\r\n")
    result = f"Authentication-Results: {HOST}; dmarc=pass header.from=example.com".encode()
    path = eml(world, "below.eml", b"\r\n".join([head, result, rest]))
    assert (
        world.ok("explain", path, "--json", "--trust", f"{HOST}:below").objects[0]["sender"]["evidence"]
        == "authenticated"
    )
    assert world.ok("explain", path, "--json", "--trust", HOST).objects[0]["sender"]["evidence"] == "none"


def test_explain_dns(world: World) -> None:
    octets = world.octets("aliya@mail.example.com", UPDATE["ru"], NEW_PHONE, proof="")
    top = f"Authentication-Results: {HOST}; dkim=pass header.d=example.com\r\n".encode()
    path = eml(world, "a.eml", top + octets)
    records = world.root / "dns.json"

    def evidence(text: str) -> str:
        records.write_text(text, encoding="utf-8")
        level: str = world.ok("explain", path, "--json", "--dns", records).objects[0]["sender"]["evidence"]
        return level

    assert world.ok("explain", path, "--json").objects[0]["sender"]["evidence"] == "weak", "no record was looked up"
    assert evidence("{}") == "weak", "a name not there is NXDOMAIN"
    assert evidence('{"_dmarc.example.com": ["v=DMARC1; p=none"]}') == "authenticated"
    assert evidence('{"_dmarc.example.com": ["v=DMARC1; p=none; adkim=s"]}') == "weak"
    records.write_text("nonsense", encoding="utf-8")
    assert world.run("explain", path, "--dns", records).code == 66
    assert world.run("explain", path, "--dns", world.root / "missing.json").code == 66


def test_explain_text(world: World) -> None:
    body = f"{NEW_PHONE}\n\nС уважением,\nАлия\n\n> прежнее письмо"
    path = eml(world, "a.eml", world.octets(ALIYA, UPDATE["ru"], body))
    found = world.ok("explain", path, "--json", "--text").objects[0]
    assert set(found) == {*EXPLAINED, "own_text", "signature"}
    assert PHONE in found["own_text"] and "прежнее" not in found["own_text"]
    assert "Алия" in found["signature"] and "Алия" not in found["own_text"]


def test_explain_a_folder_and_what_is_missing(world: World) -> None:
    eml(world, "b.eml", world.octets(ALIYA, UNSUBSCRIBE["ru"]))
    first = eml(world, "a.eml", world.octets(STRANGER, "Вопрос"))
    nested = world.root / "mails" / "deeper" / "c.eml"
    nested.parent.mkdir()
    nested.write_bytes(b"\x00\xff not a mail at all")
    ran = world.ok("explain", world.root / "mails", "--json")
    assert [Path(found["file"]).name for found in ran.objects] == ["a.eml", "b.eml", "c.eml"]
    broken = ran.objects[2]
    assert broken["decision"] in ("hold", "leave") and broken["sender"]["address"] is None and broken["defects"]
    missing = world.run("explain", world.root / "missing.eml", first, "--json")
    assert missing.code == 66 and len(missing.objects) == 1 and "missing.eml" in missing.err


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"\r\n",
        b"\xff\xfe\x00\x01" * 50,
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n--x\r\n",
        b"From: x\n",
    ],
)
def test_explain_an_unreadable_mail_is_still_an_object(world: World, octets: bytes) -> None:
    ran = world.ok("explain", eml(world, "a.eml", octets), "--json")
    assert tuple(ran.objects[0]) == EXPLAINED and ran.objects[0]["decision"] in ("hold", "leave")


def test_explain_an_old_file_as_on_its_day(world: World) -> None:
    world.ahead = timedelta(days=-400)
    octets = world.octets(ALIYA, UPDATE["ru"], NEW_PHONE)
    world.ahead = timedelta(0)
    assert world.ok("explain", eml(world, "a.eml", octets), "--json").objects[0]["reason"] != "too_old"


def test_explain_puts_no_raw_line_separator_into_a_line(world: World) -> None:
    path = eml(world, "a.eml", world.octets(ALIYA, UPDATE["ru"], "Место рождения: Тараз\u2028\u2029\u0085\x1b[31m"))
    ran = world.ok("explain", path, "--json", "--text")
    assert len(ran.out.splitlines()) == 1
    assert "\x1b" not in world.ok("explain", path, "--text").out


# ---- requests ----


def test_requests_list_json(world: World) -> None:
    taken = world.mail(ALIYA, WITHDRAWAL["ru"], proof="weak")
    ran = world.ok("requests", "list", "--json")
    assert ran.out == world.ok("requests", "--json").out and ran.err == ""
    assert len(ran.objects) == 1
    found = ran.objects[0]
    assert tuple(found) == REQUEST
    assert (found["kind"], found["state"], found["reason"]) == ("withdrawal", "challenged", "sender_weak")
    assert (found["language"], found["address"], found["open"]) == ("ru", ALIYA, [])
    assert found["message_id"] == taken.letter.message_id
    assert RFC_3339.fullmatch(found["received_at"]) and RFC_3339.fullmatch(found["due_at"])
    assert re.fullmatch(r"[A-Z2-7]{6}", found["id"])


def test_requests_list_filters_and_order(world: World) -> None:
    world.mail(ALIYA, UPDATE["ru"], NEW_PHONE)
    world.mail(BORIS, WITHDRAWAL["ru"], proof="weak")
    world.mail(ALICE, WITHDRAWAL["en"])
    world.mail(STRANGER, "Вопрос о курсе")
    assert [r["state"] for r in world.requests()] == ["applied", "challenged"], "what waits for the operator is first"
    assert [r["kind"] for r in world.requests("--state", "applied")] == ["withdrawal", "update"]
    assert [r["address"] for r in world.requests("--kind", "withdrawal")] == [ALICE, BORIS]
    assert len(world.requests("--all")) == 4
    assert world.requests("--kind", "erasure") == []
    words = world.ok("requests").out
    assert ALICE in words and STRANGER not in words


def test_requests_show_takes_either_case_and_66_for_none(world: World) -> None:
    number = world.request(world.mail(ALIYA, UPDATE["ru"], NEW_PHONE))["id"]
    assert world.show(number.lower())["id"] == number
    assert number in world.ok("requests", "show", number).out
    for verb in ("show", "release", "close", "undo"):
        ran = world.run("requests", verb, "ZZZZZZ")
        assert ran.code == 66 and "ZZZZZZ" in ran.err
    assert world.run("requests", "refuse", "ZZZZZZ", "--reason", "unclear").code == 66


def test_release_carries_an_update_out_for_the_person_named(world: World) -> None:
    taken = world.mail(STRANGER, UPDATE["ru"], NEW_PHONE)
    number = world.request(taken)["id"]
    ran = world.run("requests", "release", number)
    assert ran.code == 66 and "--person" in ran.err
    assert world.run("requests", "release", number, "--person", "nobody@example.com").code == 66
    world.ok("requests", "release", number, "--person", ALIYA, "--checked", "called +7 701 000 00 01")
    assert world.person(ALIYA)["phones"] == [PHONE]
    shown = world.show(number)
    assert (shown["state"], shown["reason"], shown["open"]) == ("applied", "released", [])
    assert shown["checked"] == "called +7 701 000 00 01"
    world.poll()
    assert world.last(ALIYA).number == number
    assert world.run("requests", "release", number).code == 1, "nothing of it is open"


def test_release_of_a_suggestion_goes_to_its_end(world: World) -> None:
    world.policy(NO_OBLIGATIONS)
    taken = world.mail(ALIYA, "Хочу отозвать согласие на обработку персональных данных", "Пожалуйста.")
    assert taken.decision == "left"
    world.ok("requests", "release", world.request(taken)["id"])
    assert world.person(ALIYA)["state"] == "blocked"
    world.poll()
    world.later(days=10)
    world.poll()
    assert world.persons(ALIYA)[0]["id"] is None


def test_release_of_what_only_a_person_can_answer_is_a_conflict(world: World) -> None:
    number = world.request(world.mail(ALIYA, "Жалуюсь на обработку моих персональных данных"))["id"]
    ran = world.run("requests", "release", number)
    assert ran.code == 1 and "close" in ran.err
    world.ok("requests", "close", number)
    assert world.requests() == [] and world.show(number)["reason"] == "closed"
    assert world.run("requests", "close", number).code == 1


def test_release_of_a_challenged_update_closes_its_question(world: World) -> None:
    number = world.request(world.mail(ALIYA, UPDATE["ru"], NEW_PHONE, proof="weak"))["id"]
    challenge = world.last(ALIYA)
    world.ok("requests", "release", number, "--checked", "called")
    assert world.person(ALIYA)["phones"] == [PHONE]
    world.poll()
    assert world.answer(ALIYA, "нет", to=challenge).decision == "held"
    assert world.show(number)["state"] == "applied"


@pytest.mark.parametrize(
    "reason", ["obligation", "kept_by_law", "not_confirmed", "not_yours", "no_document", "not_held", "unclear"]
)
def test_refuse_tells_the_person_why(world: World, reason: str) -> None:
    number = world.request(world.mail(ALIYA, UPDATE["ru"], NEW_PHONE, proof="weak"))["id"]
    world.ok("requests", "refuse", number, "--reason", reason, "--note", "Позвоните нам.")
    shown = world.show(number)
    assert (shown["state"], shown["reason"], shown["open"], shown["due_at"]) == ("refused", reason, [], None)
    world.poll()
    answer = world.last(ALIYA)
    assert answer.number == number and "Позвоните нам." in answer.text and "суд" in answer.text
    assert world.person(ALIYA)["phones"] == ["+77010000001"]
    assert world.run("requests", "refuse", number, "--reason", reason).code == 1
    assert world.answer(ALIYA, "да", to=answer).decision == "held", "its question is closed"


def test_refuse_tells_no_stranger_whose_mail_proves_nothing(world: World) -> None:
    number = world.request(world.mail(STRANGER, UPDATE["ru"], NEW_PHONE, proof="weak"))["id"]
    world.ok("requests", "refuse", number, "--reason", "not_held")
    assert world.poll()["sent"] == 0


def test_undo_by_the_operator(world: World) -> None:
    number = world.request(world.mail(ALIYA, UPDATE["ru"], NEW_PHONE))["id"]
    world.ok("requests", "undo", number)
    assert world.person(ALIYA)["phones"] == ["+77010000001"]
    assert world.show(number)["state"] == "undone"
    world.poll()
    assert world.templates(number)[-1] == ("undone", ALIYA)
    assert world.run("requests", "undo", number).code == 1


def test_undo_of_an_unsubscribe_and_of_a_withdrawal(world: World) -> None:
    before = world.person(ALIYA)
    world.ok("requests", "undo", world.request(world.mail(ALIYA, UNSUBSCRIBE["ru"]))["id"])
    assert world.person(ALIYA) == before
    world.ok("requests", "undo", world.request(world.mail(ALIYA, WITHDRAWAL["ru"]))["id"])
    assert world.person(ALIYA) == before and world.requests() == []


def test_undo_is_a_conflict_where_nothing_can_be_taken_back(world: World) -> None:
    held = world.request(world.mail(STRANGER, UPDATE["ru"], NEW_PHONE))["id"]
    assert world.run("requests", "undo", held).code == 1
    first = world.request(world.mail(ALIYA, UPDATE["ru"], NEW_PHONE))["id"]
    world.mail(ALIYA, UPDATE["ru"], "Телефон: +7 702 111 22 33")
    assert world.run("requests", "undo", first).code == 1
    assert world.person(ALIYA)["phones"] == ["+77021112233"]


def test_an_undo_by_the_operator_is_told_to_each_other_address(world: World) -> None:
    number = world.request(world.mail(BORIS, WITHDRAWAL["ru"]))["id"]
    world.ok("requests", "undo", number)
    world.poll()
    told = {to for template, to in world.templates(number) if template in ("undone", "undone-notice")}
    assert told == {BORIS, BORIS_SECOND}


def test_close_of_a_withdrawal_that_waits_for_the_one_answer_is_a_conflict(world: World) -> None:
    number = world.request(world.mail(ALIYA, WITHDRAWAL["ru"]))["id"]
    ran = world.run("requests", "close", number)
    assert ran.code == 1 and "release" in ran.err and world.show(number)["open"] == ["obligations"]
    assert world.run("requests", "refuse", number, "--reason", "unclear").code == 1
    assert world.person(ALIYA)["block"]["why"] == "withdrawal"


def test_backlog_holds_older_mail_and_answers_none_of_it(tmp_path: Path) -> None:
    box = tmp_path / "box" / "new"
    box.mkdir(parents=True)
    blank = object.__new__(World)
    blank.root, blank.count, blank.ahead = tmp_path, 0, timedelta(days=-20)
    blank.put(blank.octets(ALIYA, WITHDRAWAL["ru"]))
    blank.put(blank.octets(STRANGER, "Вопрос о курсе"))
    world = World(tmp_path)
    assert "1 older mail" in world.run("check").out
    assert not any(world.poll().values()), "what was there before is never acted on"
    day = (datetime.now().astimezone() - timedelta(days=30)).date().isoformat()
    assert world.ok("requests", "backlog", "--since", day).out.startswith("1 ")
    assert world.ok("requests", "backlog", "--since", day).out.startswith("0 ")
    request = world.requests()[0]
    assert (request["kind"], request["state"], request["reason"]) == ("withdrawal", "held", "backlog")
    assert world.person(ALIYA)["state"] == "active"
    assert not [s for s in world.sent() if s.to != OWNER] and len(list(box.iterdir())) == 2


# ---- people ----


def test_people_show_json(world: World) -> None:
    ran = world.ok("people", "show", ALIYA.upper(), "--json")
    person = ran.objects[0]
    assert set(person) == PERSON and ran.out.count("\n") == 1
    identity = person.pop("id")
    assert isinstance(identity, str) and identity
    assert [(c["purpose"], c["by"]) for c in person.pop("consents")] == [("processing", "import"), ("news", "import")]
    assert person == {
        "state": "active", "surname": "Сәрсенова", "given_name": "Әлия", "patronymic": "Болатқызы",
        "emails": [ALIYA], "phones": ["+77010000001"], "birth_date": "1990-05-05", "birth_place": "Алматы қ.",
        "processing": True, "news": True, "suppressed": [], "obligations": 0, "obliged_until": None,
        "block": None,
    }  # fmt: skip
    assert len(world.persons(FAMILY)) == 2, "a shared address gives several lines"
    assert world.person(ALICE)["patronymic"] is None
    gone = world.run("people", "show", "nobody@example.com", "--json")
    assert gone.code == 66 and gone.out == ""
    assert "Сәрсенова" in world.ok("people", "show", ALIYA).out


def test_import_template_is_what_import_reads(empty: World) -> None:
    text = empty.ok("people", "import", "--template").out
    report = empty.bring(text)
    assert report["added"] == report["rows"] == 2 and report["errors"] == 0
    rows = list(csv.DictReader(io.StringIO(text)))
    assert list(rows[0])[:10] == (
        [
            "surname",
            "given_name",
            "patronymic",
            "email",
            "phone",
            "birth_date",
            "birth_place",
            "news",
            "consent_at",
            "consent_source",
        ]
    )


def test_import_report_and_dry_run(empty: World) -> None:
    text = f"surname,email,news\nПервая,{ALIYA},yes\nВторая,{BORIS},no\n"
    assert empty.bring(text, "--dry-run") == {
        "rows": 2, "added": 2, "completed": 0, "unchanged": 0, "stopped": 0, "without_news": 0, "shared": 0,
        "unproven": 2, "kept": 0, "errors": 0, "dry_run": True,
    }  # fmt: skip
    assert empty.persons(ALIYA) == []
    assert empty.bring(text)["added"] == 2
    again = empty.bring(text)
    assert (again["added"], again["unchanged"]) == (0, 2), "the same address and name is one person"


@pytest.mark.parametrize("prefix", ["", "\ufeff"])
@pytest.mark.parametrize("delimiter", [",", ";"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_import_takes_what_spreadsheets_write(empty: World, prefix: str, delimiter: str, end: str) -> None:
    cells = [["surname", "email", "phone"], ["Қасымова", '"one@example.com;two@example.com"', "8 701 000 00 01"]]
    text = prefix + end.join(delimiter.join(row) for row in cells) + end
    path = empty.root / "people.csv"
    path.write_bytes(text.encode("utf-8"))
    assert empty.ok("people", "import", path, "--json").objects[0]["added"] == 1
    person = empty.person("two@example.com")
    assert (person["surname"], person["emails"]) == ("Қасымова", ["one@example.com", "two@example.com"])
    assert person["phones"] == ["+77010000001"]


def test_import_of_a_person_without_an_address(empty: World) -> None:
    assert empty.bring("surname,email,phone\nТелефонная,,+77010000001\n")["added"] == 1
    assert empty.bring("surname,email,phone\nТелефонная,,+77010000001\n")["added"] == 0, "the same person again"


@pytest.mark.parametrize(
    ("line", "column"),
    [
        ("Имя,not-an-address,,,,", "email"),
        ("Имя,a@example.com,12345,,,", "phone"),
        ("Имя,a@example.com,,31.02.1990,,", "birth_date"),
        ("Имя,a@example.com,,2190-01-01,,", "birth_date"),
        ("Имя,a@example.com,,,maybe,", "news"),
        ("Имя,a@example.com,,,,yesterday", "consent_at"),
        ("Имя7,a@example.com,,,,", "surname"),
        ("Имя,,,,,", "email"),
    ],
)
def test_import_names_line_and_column_and_imports_nothing(empty: World, line: str, column: str) -> None:
    path = empty.root / "people.csv"
    good = "Хорошая,good@example.com,,,,"
    path.write_text(f"surname,email,phone,birth_date,news,consent_at\n{good}\n{line}\n", encoding="utf-8")
    ran = empty.run("people", "import", path, "--json")
    assert ran.code == 1 and ran.out == ""
    assert "line 3" in ran.err and f"column {column}" in ran.err
    assert "a@example.com" not in ran.err and "12345" not in ran.err, "the value is personal data"
    assert empty.persons("good@example.com") == []
    report = empty.ok("people", "import", path, "--json", "--skip-errors").objects[0]
    assert (report["added"], report["errors"]) == (1, 1)
    assert empty.person("good@example.com")["surname"] == "Хорошая"


@pytest.mark.parametrize("text", ["nonsense\n", "surname,email,email\n", "surname\nИмя\n", ""])
def test_import_refuses_a_wrong_header(empty: World, text: str) -> None:
    path = empty.root / "people.csv"
    path.write_text(text, encoding="utf-8")
    ran = empty.run("people", "import", path)
    assert ran.code == 66 and "line 1" in ran.err


def test_import_of_no_file_and_of_another_encoding(empty: World) -> None:
    assert empty.run("people", "import", empty.root / "missing.csv").code == 66
    path = empty.root / "people.csv"
    path.write_bytes("surname,email\nИмя,a@example.com\n".encode("cp1251"))
    ran = empty.run("people", "import", path)
    assert ran.code == 0 and "read as windows-1251" in ran.err
    path.write_bytes(b"surname,email\n\x98,a@example.com\n")
    assert empty.run("people", "import", path).code == 66


def test_import_names_lines_that_share_an_address(empty: World) -> None:
    path = empty.root / "shared.csv"
    path.write_text("surname,given_name,email\nA,One,a@example.com\nB,Two,A@example.com\nA,One,a@example.com\n")
    ran = empty.run("people", "import", path)
    assert ran.code == 0 and ran.err.count("line 3: same address as line 2") == 1 and "line 4" not in ran.err


def test_add_opens_an_obligation(empty: World) -> None:
    flags = ("--surname", "A", "--given-name", "One", "--email", "a@example.com", "--obligation-until", "2031-01-31")
    assert empty.run("people", "add", *flags).code == 0
    assert '"obligations": 1' in empty.run("people", "show", "a@example.com", "--json").out


def test_import_marks_shared_addresses(world: World) -> None:
    report = world.bring(f"surname,given_name,email\nСмит,Боб,{ALICE}\n")
    assert (report["added"], report["shared"]) == (1, 2)
    assert len(world.persons(ALICE)) == 2


def test_import_keeps_what_a_request_changed(world: World) -> None:
    world.mail(ALIYA, UPDATE["ru"], NEW_PHONE)
    text = f"surname,given_name,email,phone,birth_place\nСәрсенова,Әлия,{ALIYA},+77015555555,Шымкент\n"
    path = world.root / "people.csv"
    path.write_text(text, encoding="utf-8")
    ran = world.ok("people", "import", path, "--json")
    assert ran.objects[0]["kept"] == 1 and "line 2" in ran.err and "phone" in ran.err
    person = world.person(ALIYA)
    assert person["phones"] == [PHONE] and person["birth_place"] == "Шымкент"
    world.bring(text, "--overwrite")
    assert world.person(ALIYA)["phones"] == ["+77015555555"]


def test_import_does_not_bring_a_replaced_address_back(world: World) -> None:
    world.mail(ALIYA, UPDATE["ru"], "Новая почта: aliya.new@example.com")
    world.answer("aliya.new@example.com", "да")
    report = world.bring(world.people)
    assert report["added"] == 0, "the old list does not make a second person of the old address"
    assert world.persons(ALIYA) == [] and world.person("aliya.new@example.com")["surname"] == "Сәрсенова"


def test_export_and_import_are_a_round_trip(world: World, empty: World) -> None:
    world.bring(
        "surname,given_name,email,phone,news,consent_at,consent_source,news_consent_at,obligation_until\n"
        "Должник,Пётр,petr@example.com,,yes,2025-01-10 12:30,site form,2025-02-01,2031-12-31\n"
    )
    path = world.root / "export.csv"
    ran = world.ok("people", "export", path)
    assert ran.out.startswith("7 people written")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    report = empty.bring(path.read_text(encoding="utf-8"))
    assert (report["added"], report["errors"], report["unproven"]) == (7, 0, 0)
    for address in (ALIYA, BORIS, ALICE, FAMILY, "quiet@example.com", "petr@example.com"):
        left, right = (
            sorted(({**p, "id": ""} for p in w.persons(address)), key=lambda p: p["given_name"]) for w in (world, empty)
        )
        assert left == right
    again = empty.root / "again.csv"
    empty.ok("people", "export", again)
    assert sorted(again.read_text().splitlines()) == sorted(path.read_text().splitlines())


def test_export_defuses_formulas(world: World) -> None:
    world.bring('surname,email,birth_place\nИмя,f@example.com,"=HYPERLINK(1)"\n')
    path = world.root / "export.csv"
    world.ok("people", "export", path)
    cells = [cell for row in csv.reader(path.read_text(encoding="utf-8").splitlines()) for cell in row]
    assert not [cell for cell in cells if cell[:1] in ("=", "@")]
    assert "+77010000001" in cells


def test_export_to_a_place_that_is_not_there(world: World) -> None:
    assert world.run("people", "export", world.root / "nowhere" / "people.csv").code == 66


def test_people_add(world: World) -> None:
    world.ok(
        "people", "add", "--surname", "Новая", "--given-name", "Анна", "--email", "anna@example.com", "--news",
        "--consent-at", "2025-03-01", "--consent-source", "paper form",
    )  # fmt: skip
    person = world.person("anna@example.com")
    assert (person["surname"], person["news"], person["processing"]) == ("Новая", True, True)
    wrong = world.run("people", "add", "--surname", "Новая", "--email", "nonsense")
    assert wrong.code == 66 and "email" in wrong.err
    world.policy(NO_OBLIGATIONS)
    world.mail("anna@example.com", WITHDRAWAL["ru"])
    world.later(days=10)
    world.poll()
    ran = world.run("people", "add", "--surname", "Новая", "--email", "anna@example.com")
    assert ran.code == 1, "who withdrew comes in with a later consent only"
    assert world.persons("anna@example.com")[0]["id"] is None


def test_block_and_unblock(world: World) -> None:
    world.ok("people", "block", FAMILY)
    assert [p["block"] for p in world.persons(FAMILY)] == [{"why": "dispute", "until": None}] * 2
    assert world.run("people", "block", FAMILY).code == 1
    path = world.root / "export.csv"
    assert "2 blocked left out" in world.ok("people", "export", path).out
    world.ok("people", "unblock", FAMILY)
    assert [p["state"] for p in world.persons(FAMILY)] == ["active", "active"]
    assert world.run("people", "unblock", FAMILY).code == 1
    assert world.run("people", "block", "nobody@example.com").code == 66
    assert world.run("people", "unblock", "nobody@example.com").code == 66


def test_unblock_does_not_end_a_withdrawals_stop(world: World) -> None:
    world.mail(ALIYA, WITHDRAWAL["ru"])
    assert world.run("people", "unblock", ALIYA).code == 1
    assert world.person(ALIYA)["state"] == "blocked"


def test_destroy_asks_first_and_refuses_elsewhere_without_yes(world: World) -> None:
    ran = world.run("people", "destroy", ALIYA)
    assert ran.code == 64 and "--yes" in ran.err and world.person(ALIYA)["state"] == "active"
    world.mail(ALIYA, UPDATE["ru"], NEW_PHONE)
    sent = len(world.sent())
    world.ok("people", "destroy", ALIYA, "--yes")
    assert world.persons(ALIYA) == [{"id": None, "state": "suppressed", "suppressed": ["news", "processing"]}]
    world.poll()
    assert len(world.sent()) == sent
    raw = (world.folder / "mailbot.sqlite").read_bytes()
    assert ALIYA.encode() not in raw and PHONE.encode() not in raw
    assert world.run("people", "destroy", ALIYA, "--yes").code == 1
    assert world.run("people", "destroy", "nobody@example.com", "--yes").code == 66


def test_destroy_is_a_conflict_while_a_dispute_blocks(world: World) -> None:
    world.ok("people", "block", ALIYA)
    assert world.run("people", "destroy", ALIYA, "--yes").code == 1
    assert world.person(ALIYA)["surname"] == "Сәрсенова"


# ---- demo ----


def test_demo_leaves_an_ordinary_installation(tmp_path: Path) -> None:
    ran = process("demo", tmp_path / "demo")
    assert ran.returncode == 0, ran.stderr
    out = ran.stdout.decode("utf-8")
    assert "decided" in out and "answered" in out and str(tmp_path / "demo") in out
    listed = command("--config", tmp_path / "demo", "requests", "list", "--json")
    assert listed.code == 0 and listed.objects
    assert command("demo", tmp_path / "demo").code == 1, "a folder of its own"
