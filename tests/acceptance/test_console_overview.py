"""The overview of the console: what is due, what waits elsewhere, what was done, how fast people are answered."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from mailbot.console.words import LANGUAGES, catalogue
from mailbot.operating import overview
from tests.acceptance.world import ALIYA, BORIS, NEW_PHONE, STRANGER, UNSUBSCRIBE, UPDATE, WITHDRAWAL, World
from tests.support.consoles import Site, opened, text

ALMATY = ZoneInfo("Asia/Almaty")
PLACES = """
[withdrawal]
obligations = "none"
[[places]]
name = "list"
preset = "newsletter"
"""


class Dated(World):
    """A world whose hour is set."""

    def at(self, when: str) -> None:
        self.ahead = datetime.fromisoformat(when).replace(tzinfo=ALMATY) - datetime.now(UTC)


@pytest.fixture
def dated(either: World, tmp_path: Path) -> Dated:
    """A live installation, on SQLite, then on PostgreSQL; it is Monday, 15 July 2030, ten in the morning."""
    made = Dated.copied(either, tmp_path / "dated", either.store)
    made.policy(PLACES)
    made.at("2030-07-15T10:00")
    return made


@pytest.fixture
def site(dated: Dated) -> Iterator[Site]:
    with opened(dated) as found:
        yield found


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_empty_desk_says_what_will_come(world: World, language: str) -> None:
    with opened(world) as site:
        page = site.browser("aigerim").get(f"/language/{language}?back=/")
    for key in ("never", "nothing_due", "no_places", "no_week", "no_answers", "no_kinds"):
        assert catalogue()[f"overview.{key}"][LANGUAGES.index(language)] in text(page), key


def test_it_tells_what_the_store_holds(site: Site, dated: Dated) -> None:
    dated.mail(ALIYA, UPDATE["ru"], NEW_PHONE["ru"])
    dated.mail(BORIS, UNSUBSCRIBE["ru"])
    held = dated.request(dated.mail(STRANGER, UPDATE["ru"], NEW_PHONE["ru"], proof="none"))["id"]
    dated.at("2030-07-16T10:00")
    dated.mail(BORIS, WITHDRAWAL["ru"])
    seen = overview.look(site.app.line)
    ends = [each["due_at"] for each in seen.soon]
    assert seen.hers == 1 and held in [each["id"] for each in seen.soon] and ends == sorted(ends) and not seen.is_quiet
    assert dict(seen.kinds) == {"update": 2, "unsubscribe": 1, "withdrawal": 1}
    done = {day.isoformat(): count for day, count in seen.week if count}
    assert done == {"2030-07-15": 2, "2030-07-16": 1} and len(seen.week) == 7
    assert {task.place for task in seen.tasks} == {"list"} and seen.tasks_total == len(seen.tasks)
    assert seen.answers.count == 3 and seen.answers.longest is not None
    assert seen.answers.longest < timedelta(minutes=5) and seen.answers.in_time == seen.answers.clocked
    page = site.browser("aigerim").get("/")
    assert f"/requests/{held}" in page.text and page.text.count("<rect") == 7
    assert "15.07 2" in page.text and "<script" not in page.text and "style=" not in page.text


def test_what_is_late_comes_first_and_counts_as_late(site: Site, dated: Dated) -> None:
    held = dated.request(dated.mail(STRANGER, UPDATE["ru"], NEW_PHONE["ru"], proof="none"))["id"]
    dated.at("2030-07-25T10:00")
    page = site.browser("aigerim").get("/")
    assert re.search(rf"{held}.*?class=\"late\"", page.text, re.DOTALL)
    assert catalogue()["overview.quiet"][1] in text(page), "nobody polled for ten days"
    seen = overview.look(site.app.line)
    assert (seen.answers.in_time, seen.answers.clocked) == (0, 1)


def test_a_reader_sees_it_too_and_a_stranger_does_not(site: Site) -> None:
    assert site.browser("serik").get("/").status_code == 200
    assert site.browser().client.get("/", follow_redirects=False).status_code == 303
