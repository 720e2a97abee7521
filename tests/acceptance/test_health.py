"""How others learn that mailbot is ill: the mail to the operator, heartbeat, figures, logs; in cron's short lives."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mailbot import __version__
from mailbot.app import build
from mailbot.errors import MailbotError
from tests.acceptance.world import ALIYA, NO_OBLIGATIONS, OWNER, UPDATE, WITHDRAWAL, Sent, World
from tests.support.consoles import opened
from tests.support.figures import read
from tests.support.receiver import Behaviour, answers, receiving, sleeps


def with_health(world: World, *lines: str) -> World:
    path = world.folder / "mailbot.toml"
    path.write_text("\n".join((path.read_text(encoding="utf-8"), "[health]", *lines, "")), encoding="utf-8")
    return world


def ill(world: World) -> MailbotError | None:
    """Make one pass, at the world's time; return what ended it."""
    app = build(world.folder, clock=world.now, dns=lambda: None)
    try:
        return app.poll()[1]
    finally:
        app.close()


def ill_for_long(world: World) -> None:
    """Make two passes that fail, minutes apart: one alone is a machine that wakes up."""
    assert ill(world) is not None
    world.later(minutes=6)
    assert ill(world) is not None


@contextmanager
def broken(place: Path) -> Iterator[None]:
    """Have a folder gone meanwhile."""
    away = place.with_name(f"{place.name}-away")
    place.rename(away)
    yield
    away.rename(place)


def told(world: World) -> list[Sent]:
    return [sent for sent in world.sent() if sent.to == OWNER]


def warned(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


# ---- the mail -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("language", "ill_says", "well_says"), [
    ("en", "it does not work now", "it works again"), ("ru", "сейчас не работает", "снова работает"),
    ("kk", "қазір істемей тұр", "қайта істеп тұр"),
])  # fmt: skip
def test_the_operator_is_told_once_and_once_again(world: World, language: str, ill_says: str, well_says: str) -> None:
    path = world.folder / "mailbot.toml"
    path.write_text(path.read_text(encoding="utf-8").replace('language = "ru"', f'language = "{language}"'))
    world.poll()
    with broken(world.box):
        world.later(minutes=59)
        assert ill(world) is not None and told(world) == []
        world.later(minutes=6)
        for _ in range(3):  # in the pass that fails itself, and once
            assert ill(world) is not None
            assert [ill_says in sent.subject for sent in told(world)] == [True]
            world.later(minutes=90)
    (mail,) = told(world)
    assert str(world.box) in mail.text and "mailbot check" in mail.text
    assert mail.mail["Auto-Submitted"] == "auto-generated"
    for _ in range(3):
        world.poll()
    assert [well_says in sent.subject for sent in told(world)] == [False, True]
    with broken(world.box):  # and anew, when it is ill anew
        world.later(hours=2)
        ill_for_long(world)
    assert len(told(world)) == 3


def test_what_the_courier_could_not_send_is_told_when_it_is_over(world: World) -> None:
    """That nothing works is not true any more when it can be said."""
    world.poll()
    sent = world.root / "sent"
    world.mail(ALIYA, UPDATE["en"], "Phone: +77019990000")
    with broken(sent):
        sent.write_text("no folder")
        world.put(world.octets(ALIYA, UPDATE["en"], "Surname: Other"))
        world.later(hours=2)
        ill_for_long(world)
        sent.unlink()
    world.poll()
    assert told(world) == []
    world.poll()
    (mail,) = told(world)
    assert "снова работает" in mail.subject and "отказывает mailbot" in mail.text


def test_a_first_pass_that_fails_for_long_is_told_too(world: World) -> None:
    with broken(world.box):
        world.later(hours=2)
        ill_for_long(world)
    assert len(told(world)) == 1


def test_one_bad_pass_of_a_machine_that_slept_is_not_told(world: World) -> None:
    world.poll()
    with broken(world.box):
        world.later(hours=9)
        assert ill(world) is not None
    world.poll()
    world.poll()
    assert told(world) == []


def test_passes_that_are_hours_apart_are_not_missed_sooner(world: World) -> None:
    path = world.folder / "mailbot.toml"
    path.write_text(path.read_text(encoding="utf-8") + "\n[schedule]\npoll_seconds = 7200\n", encoding="utf-8")
    world.poll()
    with broken(world.box):
        world.later(hours=3)
        ill_for_long(world)
        assert told(world) == []
        world.later(hours=2)
        assert ill(world) is not None
    assert len(told(world)) == 1


def test_a_machine_that_slept_tells_nothing(world: World) -> None:
    world.poll()
    world.later(days=3)
    world.poll()
    world.poll()
    assert told(world) == []


@pytest.mark.parametrize("mode", ["pause", "shadow"])
def test_where_nothing_leaves_nothing_is_owed(world: World, shadow: World, mode: str) -> None:
    one = world if mode == "pause" else shadow
    one.poll()
    if mode == "pause":
        one.ok("pause")
    with broken(one.box):
        one.later(hours=2)
        assert ill(one) is not None
    assert one.sql("SELECT count(*) FROM reply") == [(0,)]


def test_while_she_is_away_the_deputy_is_told_too(world: World) -> None:
    path = world.folder / "mailbot.toml"
    deputy = "deputy@example.com"
    path.write_text(path.read_text(encoding="utf-8").replace("[operator]", f'[operator]\ndeputy = "{deputy}"'))
    world.poll()
    world.ok("away", str(world.today() + timedelta(days=5)))
    with broken(world.box):
        world.later(hours=2)
        ill_for_long(world)
    assert sorted(sent.to for sent in world.sent() if "не работает" in sent.subject) == [deputy, OWNER]


def test_minutes_are_a_setting(world: World) -> None:
    with_health(world, "silent_minutes = 10").poll()
    with broken(world.box):
        world.later(minutes=11)
        ill_for_long(world)
    assert len(told(world)) == 1


# ---- heartbeat ----------------------------------------------------------------------------------------------------


def test_the_heartbeat_file_has_the_time_and_nothing_else(world: World) -> None:
    with_health(world, 'heartbeat_file = "alive"').poll()
    path = world.folder / "alive"
    first = path.read_text(encoding="utf-8")
    assert abs(datetime.fromisoformat(first.strip()) - datetime.now(UTC)) < timedelta(minutes=1)
    assert path.stat().st_mode & 0o777 == 0o644
    with broken(world.box):
        world.later(minutes=5)
        ill(world)
    assert path.read_text(encoding="utf-8") == first
    world.poll()
    assert path.read_text(encoding="utf-8") > first
    assert [each.name for each in world.folder.iterdir() if each.name.startswith(".mailbot")] == []


def test_a_heartbeat_that_cannot_be_written_hurts_no_pass(world: World, caplog: pytest.LogCaptureFixture) -> None:
    with_health(world, 'heartbeat_file = "nowhere/alive"', 'metrics_file = "nowhere/figures"')
    assert world.mail(ALIYA, UPDATE["en"], "Phone: +77019990000").decision == "applied"
    assert warned(caplog) == ["metrics_failed", "heartbeat_failed"]
    says = [each["says"] for each in world.run("check", "--json").objects if each["check"] == "passes"]
    assert [name for name in ("heartbeat_file", "metrics_file") if any(name in each for each in says)] == [
        "heartbeat_file", "metrics_file",
    ]  # fmt: skip


def test_the_address_is_called_after_a_pass_that_succeeded(world: World) -> None:
    with receiving() as receiver:
        with_health(world, f'heartbeat_url = "{receiver.url}/ping/secret"')
        world.mail(ALIYA, UPDATE["en"], "Phone: +77019990000")
        (heard,) = receiver.heard
        assert (heard.method, heard.path, heard.body) == ("GET", "/ping/secret", b"")
        assert set(heard.headers) <= {"host", "user-agent", "connection", "accept-encoding", "content-length"}
        with broken(world.box):
            ill(world)
        assert len(receiver.heard) == 1


@pytest.mark.parametrize("behaviour", [answers(500), answers(302, Location="http://127.0.0.1:1/"), sleeps])
def test_an_address_that_fails_hurts_no_pass(
    world: World, behaviour: Behaviour, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mailbot.operating.heartbeat.SECONDS", 0.3)
    with receiving() as receiver:
        receiver.behave = behaviour
        with_health(world, f'heartbeat_url = "{receiver.url}/ping/secret"')
        assert world.mail(ALIYA, UPDATE["en"], "Phone: +77019990000").decision == "applied"
    assert warned(caplog) == ["heartbeat_failed"]
    assert "secret" not in caplog.text


# ---- figures ------------------------------------------------------------------------------------------------------


def test_the_figures_are_what_was_done(either: World) -> None:
    with_health(either, 'metrics_file = "mailbot.prom"').policy(NO_OBLIGATIONS)
    either.mail(ALIYA, UPDATE["en"], "Phone: +77019990000")
    either.mail("stranger@example.org", WITHDRAWAL["ru"])
    either.mail("stranger@example.org", "A question", "When does the course begin?")
    found = read((either.folder / "mailbot.prom").read_text(encoding="utf-8"))
    assert found['mailbot_mails{decision="apply"}'] == 1 and found['mailbot_mails{decision="leave"}'] == 1
    assert sum(value for key, value in found.items() if key.startswith("mailbot_mails{")) == 3
    assert sum(value for key, value in found.items() if key.startswith("mailbot_requests{")) == 3
    assert found["mailbot_requests_overdue"] == 0 and found["mailbot_replies_owed"] == 0
    assert found[f'mailbot_build_info{{version="{__version__}"}}'] == 1
    assert (found["mailbot_paused"], found["mailbot_shadow"]) == (0, 0)
    assert abs(found["mailbot_last_success_timestamp_seconds"] - datetime.now(UTC).timestamp()) < 60
    assert 0 < found["mailbot_last_pass_duration_seconds"] < 60
    either.ok("pause")
    with broken(either.box):
        either.later(days=30)
        ill(either)
    later = read((either.folder / "mailbot.prom").read_text(encoding="utf-8"))
    assert later["mailbot_paused"] == 1
    assert later["mailbot_last_success_timestamp_seconds"] == found["mailbot_last_success_timestamp_seconds"]
    assert later["mailbot_last_pass_timestamp_seconds"] > found["mailbot_last_pass_timestamp_seconds"]
    assert later["mailbot_requests_overdue"] == later["mailbot_requests_open"] == found["mailbot_requests_open"] > 0


def test_before_the_first_pass_no_time_is_made_up(world: World) -> None:
    with opened(world) as site:
        found = read(site.browser("serik").get("/metrics").text)
    assert not any("timestamp" in name for name in found)


@pytest.mark.parametrize("spoilt", [
    "a 1", "# HELP a b\n# TYPE a gauge\na 1\na 1\n", "# HELP a b\n# TYPE a thing\na 1\n", "# TYPE a gauge\na 1\n",
    "# HELP a b\n# TYPE a gauge\na{b=c} 1\n", "# HELP a b\n# TYPE a gauge\na  1\n",
    "# HELP a b\n# TYPE a gauge\n\na 1\n",
])  # fmt: skip
def test_the_reader_is_strict(spoilt: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        read(spoilt)


def test_the_console_shows_them_to_nobody_else(world: World) -> None:
    with opened(world) as site:
        browser = site.browser()
        refused = browser.get("/metrics")
        assert refused.status_code == 401 and "mailbot_" not in refused.text
        assert refused.headers["WWW-Authenticate"] == "Bearer"
        token = "an-invented-secret-of-32-letters"
        (world.folder / "secrets" / "metrics_token").write_text(f"{token}\n", encoding="utf-8")
        for given, status in ((f"Bearer {token}", 200), (f"bearer {token}", 200), (f"Basic {token}", 401),
                              ("Bearer ", 401), ("Bearer wrong", 401), ("", 401)):  # fmt: skip
            answer = browser.client.get("/metrics", headers={"Authorization": given})
            assert answer.status_code == status, given
        assert read(browser.client.get("/metrics", headers={"Authorization": f"Bearer {token}"}).text)
        (world.folder / "secrets" / "metrics_token").write_text("short", encoding="utf-8")
        assert browser.client.get("/metrics", headers={"Authorization": "Bearer short"}).status_code == 401
        shown = site.browser("serik").get("/metrics")
        assert shown.status_code == 200 and shown.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"


# ---- logs and check -----------------------------------------------------------------------------------------------


def test_poll_logs_objects_without_a_word_of_anybody(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAILBOT_LOG__FORMAT", "json")
    world.put(world.octets(ALIYA, UPDATE["en"], "Phone: +77019990000"))
    ran = world.ok("poll", "--json")
    assert len(ran.out.splitlines()) == 1
    lines = [json.loads(line) for line in ran.err.splitlines()]
    assert all({"time", "level", "event"} <= set(line) for line in lines)
    (request,) = world.requests("--all")
    (applied,) = [line for line in lines if line["event"] == "apply"]
    assert (applied["request"], applied["reason"]) == (request["id"], "update_proven")
    assert [line["event"] for line in lines][-1] == "pass" and lines[-1]["applied"] == 1
    assert any(line["event"] == "reply_sent" for line in lines)
    for word in (ALIYA, "example.com", "7701", "Phone", UPDATE["en"]):
        assert word not in ran.err
    with broken(world.box):
        ran = world.run("poll", "--json")
    (failed,) = [json.loads(line) for line in ran.err.splitlines()]
    assert ran.code == 69 and (failed["event"], failed["level"]) == ("pass_failed", "error")


def test_what_was_rolled_back_is_not_logged(shadow: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAILBOT_LOG__FORMAT", "json")
    shadow.put(shadow.octets(ALIYA, UPDATE["en"], "Phone: +77019990000"))
    events = [json.loads(line)["event"] for line in shadow.ok("poll").err.splitlines()]
    assert "shadow_apply" in events and "apply" not in events


def test_without_that_setting_poll_says_what_it_said(world: World) -> None:
    world.put(world.octets(ALIYA, UPDATE["en"], "Phone: +77019990000"))
    assert world.ok("poll").err == ""


def findings(world: World, what: str) -> list[tuple[str, str]]:
    return [(each["level"], each["says"]) for each in world.run("check", "--json").objects if each["check"] == what]


def test_check_says_when_a_pass_succeeded_last(world: World) -> None:
    assert findings(world, "passes")[0] == (
        "note", "none was made yet: let `mailbot run` or cron make them (README, Install)",
    )  # fmt: skip
    with broken(world.box):
        ill(world)
    assert findings(world, "passes")[0][0] == "wrong"
    world.poll()
    level, says = findings(world, "passes")[0]
    assert level == "ok" and says.startswith("the last one that succeeded ended ")
    world.ahead = -timedelta(hours=2)
    world.poll()
    level, says = findings(world, "passes")[0]
    assert level == "wrong" and "is `mailbot run` or cron running?" in says


def test_check_counts_what_is_overdue(world: World) -> None:
    world.mail("stranger@example.org", "Access to my data", "Which data do you hold about me?")
    assert findings(world, "overdue") == [("ok", "open requests: 1, no clock is over")]
    world.sql("UPDATE request SET due_at = '2020-01-01 00:00:00'")
    assert findings(world, "overdue") == [
        ("wrong", "requests of which a clock is over: 1 of 1 that are open; see `mailbot requests`")
    ]
