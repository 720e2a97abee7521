"""The clocks through the command line: what is due when, who is reminded, what a person hears; on both stores."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from mailbot.app import build
from mailbot.operating import check_rules
from mailbot.operating.finding import Parts
from tests.acceptance.world import (
    ALIYA,
    ALMATY,
    BORIS,
    BOX,
    NO_OBLIGATIONS,
    OWNER,
    STRANGER,
    WITHDRAWAL,
    Sent,
    World,
)
from tests.support.desks import prove

DEPUTY = "deputy@example.com"
ACCESS = "Прошу сообщить, какие мои персональные данные вы храните"
RU = '[law]\npack = "ru-152fz"\n'
GDPR = '[law]\npack = "gdpr"\n'
CONFIRMED = '[law]\nread_on = 2026-12-01\nconfirmed_by = "A lawyer"\nconfirmed_on = 2026-12-02\n'


class Timed(World):
    """A world whose hour is set."""

    def at(self, text: str) -> None:
        """Set the hour, in Almaty."""
        self.ahead = datetime.fromisoformat(text).replace(tzinfo=ALMATY) - datetime.now(UTC)

    def passed(self, text: str) -> list[Sent]:
        """Make a pass at that hour; return what was sent."""
        before = {sent.name for sent in self.sent()}
        self.at(text)
        self.poll()
        return [sent for sent in self.sent() if sent.name not in before]

    def told(self, text: str, to: str = OWNER) -> list[str]:
        """Make a pass at that hour; return the texts of what was sent to that address."""
        return [sent.text for sent in self.passed(text) if sent.to == to]

    def deputy(self) -> None:
        """Name a deputy."""
        path = self.folder / "mailbot.toml"
        text = path.read_text(encoding="utf-8").replace("[operator]", f'[operator]\ndeputy = "{DEPUTY}"', 1)
        path.write_text(text, encoding="utf-8")
        prove(self.folder)


@pytest.fixture
def timed(either: World, tmp_path: Path) -> Timed:
    """A live installation on SQLite, then on PostgreSQL; it is Monday, 15 July 2030, ten in the morning."""
    world = Timed.copied(either, tmp_path / "timed", either.store)
    world.at("2030-07-15T10:00")
    return world


def clocks(world: World, number: str) -> dict[str, str]:
    """Return the clocks that run, and their ends in Almaty."""
    return {
        each["clock"]: f"{datetime.fromisoformat(each['due_at']).astimezone(ALMATY):%Y-%m-%dT%H:%M}"
        for each in world.show(number)["clocks"]
        if each["ended_at"] is None
    }


def due(request: dict[str, str]) -> str:
    return f"{datetime.fromisoformat(request['due_at']).astimezone(ALMATY):%Y-%m-%dT%H:%M}"


def test_a_request_has_several_clocks_and_is_due_at_the_first(timed: Timed) -> None:
    request = timed.request(timed.mail(ALIYA, WITHDRAWAL["ru"]))
    assert clocks(timed, request["id"]) == {
        "own": "2030-07-16T18:00", "refuse": "2030-07-18T18:00", "destroy": "2030-07-16T18:00",
        "stop": "2030-07-30T18:00",
    }  # fmt: skip
    block = next(each for each in request["clocks"] if each["clock"] == "block")
    assert block["ended_at"] and block["ended_at"] <= block["due_at"]
    listed = next(each for each in timed.requests() if each["id"] == request["id"])
    assert due(listed) == due(request) == "2030-07-16T18:00"
    text = timed.ok("requests", "show", request["id"]).out
    assert "last day for destruction (Digital Code, not confirmed) until 30.07.2030 18:00" in text
    weak = timed.request(timed.mail(BORIS, WITHDRAWAL["ru"], proof="weak"))
    assert clocks(timed, weak["id"]) == {
        "own": "2030-07-18T18:00", "refuse": "2030-07-18T18:00", "stop": "2030-07-30T18:00",
    }  # fmt: skip


def test_the_stricter_of_the_law_and_the_own_setting_counts(timed: Timed) -> None:
    timed.policy("[clocks]\nheld = 10\n")
    asked = timed.request(timed.mail(ALIYA, ACCESS))
    assert asked["kind"] == "access"
    assert clocks(timed, asked["id"]) == {"own": "2030-07-18T18:00", "answer": "2030-07-18T18:00"}
    timed.policy(RU)
    asked = timed.request(timed.mail(BORIS, ACCESS))
    assert clocks(timed, asked["id"]) == {"own": "2030-07-18T18:00", "answer": "2030-07-29T18:00"}
    assert due(asked) == "2030-07-18T18:00"


def test_the_operator_is_reminded_at_half_at_four_fifths_and_daily_when_it_is_over(timed: Timed) -> None:
    """From Monday 10:00 to Thursday 18:00 are 80 hours: half is Wednesday 02:00, four fifths Thursday 02:00."""
    timed.deputy()
    taken = timed.mail(ALIYA, ACCESS)
    number = timed.request(taken)["id"]
    assert "осталось 3 д 7 ч" in taken.told[0].text
    assert timed.told("2030-07-17T01:00") == []
    (half,) = timed.told("2030-07-17T02:01")
    assert number in half and "Срок: ответ, осталось 1 д 15 ч." in half
    assert timed.told("2030-07-17T02:10") == timed.told("2030-07-18T01:59") == []
    late = timed.passed("2030-07-18T02:01")
    assert sorted(sent.to for sent in late) == [DEPUTY, OWNER]
    assert all("осталось 15 ч" in sent.text and number in sent.text for sent in late)
    assert timed.passed("2030-07-18T17:59") == []
    over = timed.passed("2030-07-18T18:01")
    assert sorted(sent.to for sent in over) == [DEPUTY, OWNER]
    assert all("просрочено на 1 мин" in sent.text for sent in over)
    assert timed.passed("2030-07-19T17:00") == []
    assert sorted(sent.to for sent in timed.passed("2030-07-19T18:02")) == [DEPUTY, OWNER]
    timed.ok("requests", "close", number)
    assert timed.passed("2030-07-25T18:02") == []


def test_several_that_are_due_at_once_make_one_mail_and_a_late_pass_one_too(timed: Timed) -> None:
    timed.deliver(timed.octets(ALIYA, ACCESS), timed.octets(BORIS, ACCESS), timed.octets(STRANGER, WITHDRAWAL["ru"]))
    (one,) = timed.told("2030-07-25T09:00")
    assert one.count("просрочено") == 3
    assert timed.told("2030-07-25T09:01") == []


def test_while_the_operator_is_away_the_deputy_is_told_at_once(timed: Timed) -> None:
    timed.deputy()
    first = timed.request(timed.mail(ALIYA, ACCESS))["id"]
    assert "not away" in timed.ok("away").out
    assert "away until 21.07.2030 00:00; the deputy is told at once" in timed.ok("away", "2030-07-20").out
    assert timed.run("away", "2020-01-01").code == 66
    assert timed.run("away", "tomorrow").code == 64
    assert any("away until 21.07.2030" in each["says"] for each in timed.run("check", "--json").objects)
    (waiting,) = timed.told("2030-07-15T10:10", to=DEPUTY)  # what waits already
    assert first in waiting
    assert timed.told("2030-07-15T10:20", to=DEPUTY) == []
    timed.at("2030-07-15T11:00")
    taken = timed.mail(BORIS, ACCESS)
    assert sorted(sent.to for sent in timed.sent()[-3:]) == [BORIS, DEPUTY, OWNER]
    assert timed.request(taken)["id"] in timed.last(DEPUTY).text
    assert first not in timed.last(DEPUTY).text
    timed.ok("away", "back")
    assert timed.ok("away").out == "not away\n"
    timed.mail(STRANGER, WITHDRAWAL["ru"])
    assert timed.sent()[-1].to != DEPUTY


def test_a_deputy_without_an_operators_mail_is_told_of_what_is_late_once(timed: Timed) -> None:
    path = timed.folder / "mailbot.toml"
    text = path.read_text("utf-8").replace(f'mail = "{OWNER}"', f'deputy = "{DEPUTY}"')
    path.write_text(text, "utf-8")
    prove(timed.folder)
    timed.mail(ALIYA, ACCESS)
    assert timed.told("2030-07-17T02:01", to=DEPUTY) == []
    assert len(timed.told("2030-07-18T02:01", to=DEPUTY)) == 1
    assert timed.told("2030-07-18T02:02", to=DEPUTY) == []


def test_an_absence_ends_by_itself(timed: Timed) -> None:
    timed.deputy()
    timed.ok("away", "2030-07-16")
    timed.at("2030-07-17T00:01")
    timed.mail(ALIYA, ACCESS)
    assert [sent for sent in timed.sent() if sent.to == DEPUTY] == []


def test_the_deputy_is_never_the_mailbox(timed: Timed) -> None:
    path = timed.folder / "mailbot.toml"
    path.write_text(path.read_text("utf-8").replace("[operator]", f'[operator]\ndeputy = "{BOX}"', 1), "utf-8")
    timed.mail(ALIYA, ACCESS)
    timed.passed("2030-07-18T18:01")
    assert [sent for sent in timed.sent() if sent.to == BOX] == []
    assert any("deputy is the mailbox's own" in each["says"] for each in timed.run("check", "--json").objects)


@pytest.mark.parametrize(("law", "until"), [(RU, "2030-07-25T18:00"), (GDPR, "2030-09-18T18:00")], ids=["ru", "gdpr"])
def test_on_the_last_day_the_person_hears_until_when_where_the_law_allows_it(
    timed: Timed, law: str, until: str
) -> None:
    timed.policy(law)
    number = timed.request(timed.mail(ALIYA, ACCESS))["id"]
    stranger = timed.request(timed.mail(BORIS, ACCESS, proof="weak"))["id"]
    assert [s for s in timed.passed("2030-07-18T08:59") if s.to != OWNER] == []
    (heard,) = [s for s in timed.passed("2030-07-18T09:01") if s.to != OWNER]
    assert heard.to == ALIYA and heard.number == number
    day = datetime.fromisoformat(until)
    assert f"до 18:00 {day.day} {'июля' if day.month == 7 else 'сентября'} 2030" in heard.text
    assert due(timed.show(number)) == until
    assert [s for s in timed.passed("2030-07-18T09:30") if s.to == ALIYA] == []
    timed.passed(f"{until[:10]}T10:00")
    assert [t for t, _ in timed.templates(number)].count("answer-later") == 1  # once, whatever comes
    assert "answer-later" not in [t for t, _ in timed.templates(stranger)]


def test_where_the_law_allows_none_nothing_is_promised(timed: Timed) -> None:
    number = timed.request(timed.mail(ALIYA, ACCESS))["id"]
    before = due(timed.show(number))
    for hour in ("2030-07-18T09:01", "2030-07-18T17:59", "2030-07-18T18:01"):
        assert [sent for sent in timed.passed(hour) if sent.to == ALIYA] == []
    assert due(timed.show(number)) == before


def test_who_was_promised_an_earlier_day_hears_the_laws_day_once(timed: Timed) -> None:
    """Row 19 and a silent operator: the promise ends on Tuesday, the law's answer on Thursday."""
    number = timed.request(timed.mail(ALIYA, WITHDRAWAL["ru"]))["id"]
    assert "18:00 16 июля" in timed.last(ALIYA).text
    assert [sent for sent in timed.passed("2030-07-16T08:59") if sent.to == ALIYA] == []
    (heard,) = [sent for sent in timed.passed("2030-07-16T09:01") if sent.to == ALIYA]
    assert heard.number == number and "18:00 18 июля 2030" in heard.text
    assert clocks(timed, number) == {
        "own": "2030-07-18T18:00", "refuse": "2030-07-18T18:00", "destroy": "2030-07-16T18:00",
        "stop": "2030-07-30T18:00",
    }  # fmt: skip
    assert due(timed.show(number)) == "2030-07-16T18:00", "no clock of the law moves"
    told = 0
    for hour in ("2030-07-16T17:59", "2030-07-16T18:01", "2030-07-18T09:01", "2030-07-18T18:01", "2030-07-29T10:00"):
        sent = timed.passed(hour)
        assert [each for each in sent if each.to == ALIYA] == [], hour
        told += sum(each.to == OWNER for each in sent)
    assert told >= 3, "the operator is not left in peace"
    assert timed.persons(ALIYA)[0]["id"], "silence destroys nothing"


def test_nobody_is_told_of_more_time_who_was_told_of_none(timed: Timed) -> None:
    timed.policy("[answers]\nreceived = false\n[clocks]\nheld = 1\n")
    number = timed.request(timed.mail(ALIYA, ACCESS))["id"]
    timed.passed("2030-07-16T09:01")
    assert timed.templates(number) == []


@pytest.mark.parametrize("law", ["", CONFIRMED], ids=["unconfirmed", "confirmed"])
def test_a_refusal_quotes_the_law_only_once_it_is_confirmed(timed: Timed, law: str) -> None:
    timed.policy(law)
    number = timed.request(timed.mail(ALIYA, WITHDRAWAL["ru"]))["id"]
    timed.ok("requests", "refuse", number, "--reason", "obligation")
    timed.poll()
    quoted = "пункт 2 статьи 8" in timed.last(ALIYA).text
    assert quoted is bool(law)
    said = [each for each in timed.run("check", "--json").objects if each["check"] == "law"]
    assert [each["level"] for each in said] == (["ok"] if law else ["note"])


def test_a_withdrawal_of_friday_evening_before_a_moved_holiday_ends_at_the_right_hour(timed: Timed) -> None:
    """Capital Day, Saturday 6 July 2030, is off on Monday: the next working day is Tuesday the 9th."""
    timed.policy(NO_OBLIGATIONS)
    timed.at("2030-07-05T19:00")
    number = timed.request(timed.mail(ALIYA, WITHDRAWAL["ru"]))["id"]
    assert clocks(timed, number)["destroy"] == "2030-07-09T18:00"
    for hour in ("2030-07-06T17:01", "2030-07-08T17:01", "2030-07-09T16:59"):
        timed.passed(hour)
        assert timed.persons(ALIYA)[0]["id"]
    timed.passed("2030-07-09T17:01")
    assert timed.persons(ALIYA)[0]["id"] is None
    (destroy,) = [each for each in timed.show(number)["clocks"] if each["clock"] == "destroy"]
    assert destroy["ended_at"] <= destroy["due_at"]


def test_the_operators_own_days_move_the_window(timed: Timed) -> None:
    timed.policy(NO_OBLIGATIONS + "[holidays]\nadd = [2030-07-09]\nremove = [2030-07-13]\n")
    timed.at("2030-07-05T19:00")
    number = timed.request(timed.mail(ALIYA, WITHDRAWAL["ru"]))["id"]
    assert clocks(timed, number)["destroy"] == "2030-07-10T18:00"
    timed.at("2030-07-12T19:00")
    other = timed.request(timed.mail(BORIS, WITHDRAWAL["ru"]))["id"]
    assert clocks(timed, other)["destroy"] == "2030-07-13T18:00"  # a Saturday that is worked


def test_an_unanswered_challenge_is_refused_on_the_laws_last_day(timed: Timed) -> None:
    timed.policy("[clocks]\nheld = 20\n")
    number = timed.request(timed.mail(ALIYA, WITHDRAWAL["ru"], proof="weak"))["id"]
    timed.passed("2030-07-16T11:00")
    assert [t for t, _ in timed.templates(number)] == ["challenge", "challenge"]
    assert "17:00" in timed.last(ALIYA).text, "the hour that is told is the hour that counts"
    timed.passed("2030-07-18T16:59")
    assert timed.show(number)["state"] == "challenged"
    (refused,) = [sent for sent in timed.passed("2030-07-18T17:59") if sent.to == ALIYA]  # a pass an hour is enough
    assert timed.show(number)["state"] == "expired" and refused.number == number
    (refuse,) = [each for each in timed.show(number)["clocks"] if each["clock"] == "refuse"]
    assert refuse["ended_at"] < refuse["due_at"], "in time"
    assert ": met" in timed.ok("requests", "show", number).out


@pytest.mark.parametrize(
    ("hour", "years", "lacks"),
    [
        ("2030-07-15", [], [2030]),
        ("2030-11-02", [2030], [2031]),
        ("2030-07-15", [2030], []),
        ("2030-12-01", [2030, 2031], []),
    ],
)
def test_check_asks_for_the_years_whose_days_nobody_compared(
    world: World, hour: str, years: list[int], lacks: list[int]
) -> None:
    world.policy(f"[holidays]\nconfirmed = {years}\n")
    at = datetime.fromisoformat(f"{hour}T10:00").replace(tzinfo=ALMATY)
    app = build(world.folder, clock=lambda: at)
    try:
        parts = Parts(
            settings=app.settings,
            line=app.line,
            mailbox=app.mailbox,
            courier=app.courier,
            templates=app.writer.templates,
            folder=app.folder,
        )
        notes = [says for level, says in check_rules.clock(parts) if level == "note"]
    finally:
        app.close()
    assert [any(f"lacks {year}:" in says for says in notes) for year in lacks] == [True] * len(lacks)
    assert len(notes) == len(lacks)


def test_what_waits_for_the_person_alone_is_told_of_on_the_day_before(timed: Timed) -> None:
    timed.mail(ALIYA, WITHDRAWAL["ru"], proof="weak")
    assert timed.told("2030-07-17T02:01") == []
    assert len(timed.told("2030-07-17T18:01")) == 1


def test_a_repeat_of_a_withdrawal_that_an_obligation_keeps_is_answered_with_the_state(timed: Timed) -> None:
    number = timed.request(timed.mail(ALIYA, WITHDRAWAL["ru"]))["id"]
    timed.ok("requests", "refuse", number, "--reason", "obligation")
    timed.poll()
    again = timed.mail(ALIYA, WITHDRAWAL["ru"])
    assert again.decision == "applied" and again.answer.number == number
    assert "выполнена частично" in again.answer.text
    assert timed.mail(ALIYA, WITHDRAWAL["ru"]).answers == [], "once a day"
    assert [each["id"] for each in timed.requests()] == [number], "still one request"


def test_a_repeat_is_never_told_a_time_that_is_over(timed: Timed) -> None:
    timed.mail(ALIYA, WITHDRAWAL["ru"])
    timed.at("2030-07-17T12:00")
    text = timed.mail(ALIYA, WITHDRAWAL["ru"]).answer.text
    assert "16 июля" not in text and "22 июля" in text


COMPLAINT = "Подаю жалобу на незаконную обработку моих персональных данных"
RESTRICTION = "Прошу ограничить обработку моих персональных данных"
ERASURE = "Прошу удалить мои персональные данные"


@pytest.mark.parametrize(
    ("kind", "text"), [("complaint", COMPLAINT), ("restriction", RESTRICTION), ("erasure", ERASURE)]
)
def test_a_dispute_begins_with_the_blocking_within_a_working_day(timed: Timed, kind: str, text: str) -> None:
    request = timed.request(timed.mail(ALIYA, text))
    number = request["id"]
    assert request["kind"] == kind and due(request) == "2030-07-16T18:00"
    assert clocks(timed, number)["block"] == "2030-07-16T18:00"
    assert clocks(timed, number)["answer"] == "2030-07-18T18:00"
    assert clocks(timed, timed.request(timed.mail(BORIS, ACCESS))["id"]).keys() == {"own", "answer"}
    timed.ok("people", "block", ALIYA)
    assert "block" not in clocks(timed, number), "blocked: that clock ended, the answer's runs on"
    assert (
        "stop using the data (94-V, 25(2)(8), not confirmed) until 16.07.2030 18:00: met"
        in timed.ok("requests", "show", number).out
    )
    timed.ok("people", "unblock", ALIYA)
    assert "block" not in clocks(timed, number), "it was done in time"


def test_the_russian_law_has_its_own_ends_of_unlawful_processing_and_of_a_demand_to_stop(timed: Timed) -> None:
    timed.policy(RU)
    number = timed.request(timed.mail(ALIYA, COMPLAINT))["id"]
    assert clocks(timed, number) == {
        "own": "2030-07-16T18:00", "block": "2030-07-16T18:00", "unlawful_stop": "2030-07-18T18:00",
        "unlawful_destroy": "2030-07-29T18:00", "answer": "2030-07-29T18:00",
    }  # fmt: skip
    out = timed.ok("requests", "show", number).out
    assert "stop, if the use was unlawful (152-FZ, 21(3), not confirmed) until 18.07.2030 18:00" in out
    asked = timed.request(timed.mail(BORIS, RESTRICTION))["id"]
    assert clocks(timed, asked)["halt"] == "2030-07-29T18:00"
    withdrawn = timed.request(timed.mail(ALIYA, WITHDRAWAL["ru"]))
    assert {each["clock"] for each in withdrawn["clocks"] if each["ended_at"]} >= {"block", "halt"}, "stopped at once"
