"""A consent names the version of the policy that was in force when it was given, and the hash of that text."""

from __future__ import annotations

import hashlib
from datetime import date

import pytest

from mailbot.config import load_policy
from mailbot.policy import Former, Policy, Tags
from tests.acceptance.world import World

OLD, NEW = (hashlib.sha256(text.encode()).hexdigest() for text in ("ескі", "жаңа"))
RULES = f"""\
version = "3"
text_sha256 = "{NEW}"
[[former]]
version = "1"
since = 2023-01-01
until = 2024-06-30
text_sha256 = "{OLD}"
[former.tags.kk]
[[former]]
version = "2"
since = 2024-07-01
until = 2025-06-30
[former.tags.kk]
[[forms]]
name = "site"
senders = ["forms@example.com"]
purposes = ["processing"]
[forms.fields]
email = ["Email"]
surname = ["Surname"]
given_name = ["Name"]
"""
ROWS = """\
surname,given_name,email,news,consent_at,consent_source,news_consent_at
A,First,first@example.com,yes,2024-06-30 23:59,site form,2025-02-01
B,Second,second@example.com,no,2024-07-01 00:00,site form,
C,Third,third@example.com,no,2025-07-01,site form,
D,Before,before@example.com,no,2022-01-01,site form,
E,Unproven,unproven@example.com,no,,,
"""


def versions(world: World, name: str) -> list[tuple[str, str | None]]:
    return [(each["policy_version"], each["policy_sha256"]) for each in world.consents(f"{name}@example.com")]


def test_an_import_goes_by_the_time_of_each_consent(empty: World) -> None:
    empty.policy(RULES)
    empty.bring(ROWS)
    assert versions(empty, "first") == [("1", OLD), ("2", None)], "the last minute of its last day, here"
    assert versions(empty, "second") == [("2", None)]
    assert versions(empty, "third") == [("3", NEW)]
    assert versions(empty, "before") == versions(empty, "unproven") == [("3", NEW)], "no former one is known then"


def test_a_form_that_came_then_is_collected_under_that_version(empty: World) -> None:
    empty.policy(RULES)
    body = "Surname: Form\nName: Old\nEmail: form@example.com"
    then = empty.now().replace(year=2024, month=6, day=30, hour=18, minute=59)
    empty.put(empty.octets("forms@example.com", "New request", body, date=then), at=then)
    empty.ok("people", "collect")
    assert versions(empty, "form") == [("1", OLD)]


def test_a_former_text_that_changes_is_told(empty: World) -> None:
    empty.policy(RULES)
    empty.bring(ROWS)
    assert "changed" not in empty.run("check").out
    empty.policy(RULES.replace(OLD, NEW))
    ran = empty.run("check")
    assert ran.code == 1 and "the text of version 1 changed" in ran.out
    assert versions(empty, "first")[0] == ("1", OLD)


@pytest.mark.parametrize(
    ("day", "version"),
    [(None, "now"), ("2019-12-31", "now"), ("2020-01-01", "a"), ("2021-12-31", "a"), ("2022-01-01", "b"),
     ("2026-01-01", "now")],
)  # fmt: skip
def test_a_version_whose_end_is_not_noted(day: str | None, version: str) -> None:
    former = [
        Former(version="b", since=date(2022, 1, 1), tags=Tags()),
        Former(version="a", since=date(2020, 1, 1), tags=Tags()),
    ]
    policy: Policy = load_policy(None).model_copy(update={"version": "now", "former": former})
    expected = "now" if version == "b" else version  # nobody noted when the last one ended
    assert policy.version_on(date.fromisoformat(day) if day else None) == expected
