"""`people collect`: the form mails that lie in the mailbox already, those from before `init` too."""

from __future__ import annotations

import hashlib
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from mailbot.app import build
from mailbot.config import packaged
from mailbot.operating.collect import Collection
from tests.acceptance.test_forms import FORMS, NEWCOMER, POLICY, filled
from tests.acceptance.world import ALIYA, BORIS, PHONE, UNSUBSCRIBE, UPDATE, World
from tests.support.signing import resolver, sign, zone

SUBJECT = "Заявка с сайта"


def configure(world: World) -> World:
    world.policy((packaged("config") / "policy.toml").read_text(encoding="utf-8") + POLICY)
    return world


def collect(world: World, *options: str) -> dict[str, int]:
    (report,) = world.ok("people", "collect", "--json", *options).objects
    return {name: count for name, count in report.items() if count}


@pytest.fixture
def site(empty: World) -> World:
    """A mailbox with mails from before `init`: three of forms, one of them spoofed, and others."""
    world = configure(empty)
    before = world.now() - timedelta(days=40)
    world.put(world.octets(FORMS, SUBJECT, filled(NEWCOMER, Имя="Нина", Телефон=PHONE)), at=before)
    world.put(world.octets(FORMS, SUBJECT, filled(BORIS, Имя="Борис")), at=before)
    world.put(world.octets(FORMS, SUBJECT, filled("victim@example.com"), proof="fail"), at=before)
    world.put(world.octets("forms@example.net", SUBJECT, filled("other@example.com")), at=before)
    world.put(world.octets(ALIYA, "Вопрос о курсе", "Когда начало?"), at=before)
    return world


def test_it_stores_exactly_the_right_people(site: World) -> None:
    octets = next(p.read_bytes() for p in sorted((site.box / "new").iterdir()))
    assert collect(site, "--dry-run") == {"read": 5, "forms": 2, "added": 2, "not_forms": 1, "dry_run": True}
    assert site.sql("SELECT count(*) FROM person") == [(0,)] and site.sql("SELECT count(*) FROM mail") == [(0,)]
    assert collect(site) == {"read": 5, "forms": 2, "added": 2, "not_forms": 1}
    assert site.person(NEWCOMER)["phones"] == [PHONE]
    assert site.persons("victim@example.com") == [] and site.persons("other@example.com") == []
    assert site.sql("SELECT count(*) FROM mail") == [(2,)]  # of the others nothing is written
    proof = hashlib.sha256(octets).hexdigest()
    person = site.person(NEWCOMER)["id"]
    rows = site.sql("SELECT proof, given_at FROM consent WHERE person_id = ?", person)
    day = (site.now() - timedelta(days=40)).strftime("%Y-%m-%d")
    assert {row[0] for row in rows} == {proof} and all(row[1].startswith(day) for row in rows)
    assert collect(site) == {"read": 5, "forms": 2, "already": 2, "not_forms": 1}


def test_the_line_goes_on_as_if_nothing_was(site: World) -> None:
    site.put(site.octets(NEWCOMER, UPDATE["ru"], "Телефон: +77019990011"))
    collect(site)
    counts = site.poll()
    assert counts["applied"] == 1  # the cursor was not moved past it
    assert site.person(NEWCOMER)["phones"] == ["+77019990011"]


def test_what_a_pass_left_alone_is_taken_once_the_form_is_named(empty: World) -> None:
    taken = empty.mail(FORMS, SUBJECT, filled(NEWCOMER))
    assert taken.decision in ("left", "ignored")
    configure(empty)
    assert collect(empty)["added"] == 1
    assert len(empty.sql("SELECT id FROM mail")) == 1
    assert empty.poll()["fetched"] == 0
    assert [r["kind"] for r in empty.requests("--all") if r["state"] == "applied"] == ["form"]


def test_since(site: World) -> None:
    site.put(site.octets(FORMS, SUBJECT, filled("late@example.com")))
    day = (site.now() - timedelta(days=2)).strftime("%Y-%m-%d")
    assert collect(site, "--since", day) == {"read": 1, "forms": 1, "added": 1}


def test_who_left_since_is_not_brought_back(world: World) -> None:
    configure(world)
    early = world.now() - timedelta(days=3)
    world.mail(ALIYA, UNSUBSCRIBE["ru"])
    before = world.on_file()
    world.put(world.octets(FORMS, SUBJECT, filled(ALIYA)), at=early)
    assert collect(world)["outdated"] == 1
    assert world.on_file() == before


def test_in_shadow_people_come_in_and_nobody_is_asked(shadow: World) -> None:
    configure(shadow)
    shadow.put(shadow.octets(FORMS, SUBJECT, filled(NEWCOMER)))
    shadow.poll()  # seen in shadow first
    assert collect(shadow)["added"] == 1
    assert len(shadow.persons(NEWCOMER)) == 1 and shadow.sent() == []
    shadow.ok("live")
    shadow.poll()
    assert len(shadow.persons(NEWCOMER)) == 1


def test_without_forms_it_says_what_to_do(empty: World) -> None:
    ran = empty.run("people", "collect")
    assert ran.code == 78 and "--propose" in ran.err


def test_it_proposes_the_forms_that_it_sees(empty: World) -> None:
    for number in range(4):
        form = filled(f"person{number}@example.com", Телефон=f"+7701000009{number}", Имя="Нина")
        empty.put(empty.octets(FORMS, SUBJECT, form))
    out = empty.ok("people", "collect", "--propose").out
    assert f'senders = ["{FORMS}"]' in out and 'email = ["Email"]' in out and 'phone = ["Телефон"]' in out
    assert "person1" not in out and "0090" not in out and "Нина" not in out
    body = out[out.index("[[forms]]") : out.index("add this to")]
    empty.policy((packaged("config") / "policy.toml").read_text(encoding="utf-8") + body)
    assert collect(empty)["added"] == 4


KILLED = """
import os, signal, sys
from mailbot.cli import main
from mailbot.store.unit import Unit
apply, done = Unit.apply, []
def killing(self, decision):
    done.append(apply(self, decision))
    if len(done) > int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)
    return done[-1]
Unit.apply = killing
main(["--config", sys.argv[1], "people", "collect"])
"""


@pytest.mark.parametrize("after", [0, 1, 57])
def test_a_run_that_is_killed_goes_on_where_it_was(empty: World, after: int) -> None:
    configure(empty)
    for number in range(80):
        empty.put(empty.octets(FORMS, SUBJECT, filled(f"p{number}@example.com")), at=empty.now() - timedelta(days=9))
    ended = subprocess.run([sys.executable, "-c", KILLED, str(empty.folder), str(after)], check=False, timeout=60)
    assert ended.returncode == -signal.SIGKILL
    assert empty.sql("SELECT count(*) FROM person") == [(after,)]
    report = collect(empty)
    assert (report["added"], report.get("already", 0)) == (80 - after, after)
    assert empty.sql("SELECT count(DISTINCT key), count(*) FROM address") == [(80, 80)]
    assert empty.sql("SELECT count(*) FROM mail") == empty.sql("SELECT count(*) FROM request") == [(80,)]


def test_who_left_is_asked_once_the_installation_is_live(shadow: World) -> None:
    leaver = "leaver@example.com"
    configure(shadow)
    shadow.put(shadow.octets(FORMS, SUBJECT, filled(leaver)), at=shadow.now() - timedelta(days=9))
    app = build(shadow.folder)
    state, since = app.mailbox.state(), shadow.now() - timedelta(days=400)
    key = app.line.store.keys.suppression(leaver)
    app.close()
    shadow.sql("INSERT INTO suppression (key, purpose, since) VALUES (?, 'processing', ?)", key, str(since))
    cut = "UPDATE folder_cursor SET last_uid = ?, cutoff_uid = ?, uidvalidity = ?, cutoff_uidvalidity = ?"
    last, validity = state.uidnext - 1, state.uidvalidity
    shadow.sql(cut, last, last, validity, validity)  # it came before `init`
    before = shadow.on_file()
    assert collect(shadow)["asked"] == collect(shadow)["asked"] == 1
    assert shadow.sent() == [] and shadow.on_file() == before
    assert shadow.sql("SELECT state, kind FROM mail") == [("shadow", "form")]
    shadow.ok("live")
    shadow.poll()
    assert [sent.to for sent in shadow.sent() if sent.to == leaver] == [leaver]
    assert shadow.persons(leaver)[0]["state"] == "suppressed"
    assert collect(shadow)["already"] == 1


def test_a_mail_that_fails_keeps_nobody_else_out(empty: World) -> None:
    configure(empty)
    for number in range(3):
        empty.put(empty.octets(FORMS, SUBJECT, filled(f"p{number}@example.com")), at=empty.now() - timedelta(days=9))
    refuse = "BEGIN SELECT RAISE(ABORT, 'no'); END"
    empty.sql(f"CREATE TRIGGER refuses BEFORE INSERT ON address WHEN NEW.addr LIKE 'p1@%' {refuse}")
    assert collect(empty) == {"read": 3, "forms": 3, "added": 2, "failed": 1}
    assert empty.sql("SELECT count(*) FROM person") == empty.sql("SELECT count(*) FROM mail") == [(2,)]
    assert "fault of mailbot" in empty.ok("people", "collect").err
    empty.sql("DROP TRIGGER refuses")
    assert collect(empty) == {"read": 3, "forms": 3, "added": 1, "already": 2}


@pytest.mark.parametrize(
    ("silent", "counts"), [(False, {"read": 1, "forms": 1, "added": 1}), (True, {"read": 1, "waiting": 1})]
)
def test_an_old_mail_that_its_signature_alone_proves(
    empty: World, monkeypatch: pytest.MonkeyPatch, silent: bool, counts: dict[str, int]
) -> None:
    monkeypatch.setenv("MAILBOT_TRUST__DNS", "true")
    configure(empty)
    at = empty.now() - timedelta(days=400)
    plain = empty.octets(FORMS, SUBJECT, filled(NEWCOMER), proof="", date=at)
    empty.put(sign(plain), at=at)
    records = zone()
    app = build(empty.folder, dns=lambda: resolver(records, silent=tuple(records) if silent else ()))
    report = Collection(mailbox=app.mailbox, line=app.line).run(None)
    app.close()
    assert {name: count for name, count in report.items() if count} == counts
    assert len(empty.sql("SELECT id FROM mail")) == (0 if silent else 1)


def test_init_and_check_say_that_forms_are_there(tmp_path: Path, empty: World) -> None:
    for number in range(4):
        form = filled(f"person{number}@example.com", Телефон=f"+7701000009{number}", Имя="Нина")
        empty.put(empty.octets(FORMS, SUBJECT, form))
    said = [line for line in empty.run("check").out.splitlines() if "people collect --propose" in line]
    assert len(said) == 1 and said[0].startswith("note  forms")
    empty.folder.rename(tmp_path / "old")
    ran = empty.init()
    assert f'senders = ["{FORMS}"]' in ran.out and "person" not in ran.out.replace("personal", "")
    assert "Нина" not in ran.out and "0090" not in ran.out
    assert FORMS not in (empty.folder / "policy.toml").read_text(encoding="utf-8")
    configure(empty)
    assert "--propose" not in empty.run("check").out
