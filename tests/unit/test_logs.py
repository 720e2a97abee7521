"""What is logged: an event and its values, as text or as one JSON object a line, without the words of an exception."""

from __future__ import annotations

import json
import logging

import pytest

from mailbot import logs
from mailbot.errors import CourierRefused, MailboxUnavailable


def test_a_json_line_is_one_object(capsys: pytest.CaptureFixture[str]) -> None:
    with logs.shown("json"):
        logs.tell("hold", reason="person_unknown", request="K7Q2AB", person=None)
    (line,) = capsys.readouterr().err.splitlines()
    found = json.loads(line)
    assert found.pop("time").endswith("+00:00")
    assert found == {"level": "info", "event": "hold", "reason": "person_unknown", "request": "K7Q2AB"}


def test_a_text_line_says_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    with logs.shown("text"):
        logs.passed({"fetched": 2, "applied": 1, "held": 0})
        logs.failed(MailboxUnavailable("imap.example.kz did not answer in time"))
    first, second = capsys.readouterr().err.splitlines()
    assert first.endswith("INFO pass fetched=2 applied=1")
    assert second.endswith("WARNING pass_failed error=MailboxUnavailable imap.example.kz did not answer in time")


@pytest.mark.parametrize("form", ["json", "text"])
def test_an_exception_tells_its_class_and_place_alone(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    with logs.shown(form):
        try:
            raise ValueError("what somebody wrote")
        except ValueError:
            logging.getLogger("apscheduler.executors.default").exception("a job failed")
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "ValueError" in said and "test_logs.py" in said
    assert "somebody" not in said


def test_what_must_be_acted_on_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    with logs.shown("json"):
        logs.failed(CourierRefused("smtp.example.kz refused our sender"))
    assert json.loads(capsys.readouterr().err)["level"] == "error"


def test_a_quiet_pass_is_not_told(capsys: pytest.CaptureFixture[str]) -> None:
    with logs.shown("json"):
        logs.passed({"fetched": 0})
        logging.getLogger("imapclient").info("C: LOGIN")
    assert capsys.readouterr().err == ""


def test_nothing_stays_behind() -> None:
    before = (list(logging.getLogger().handlers), logging.getLogger("mailbot").level)
    with logs.shown("json"):
        pass
    assert (list(logging.getLogger().handlers), logging.getLogger("mailbot").level) == before


def test_no_letter_of_a_line_is_obeyed_by_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with logs.shown("json"):
        logs.tell("metrics_failed", logging.WARNING, says="\u2028\x1b[2J")
    assert capsys.readouterr().err.strip().isprintable()
