"""Before and after, field by field; what of it a mail shows."""

from __future__ import annotations

from datetime import date

import pytest

from mailbot.deciding.diff import diff, done, record, veil, veiled
from mailbot.deciding.facts import PersonFacts


@pytest.mark.parametrize(
    ("field", "value", "shown"),
    [
        ("phone", "+77012345667", "+7 701 *** ** 67"),
        ("phone", "+77012345667, +77470001122", "+7 701 *** ** 67, +7 747 *** ** 22"),
        ("phone", "+442071234567", "+44 *** 67"),
        ("email", "aliya.k@example.com", "a***@example.com"),
        ("email", '"a@b"@example.com', '"***@example.com'),
        ("given_name", "Анна", "А***а"),
        ("given_name", "Али", "А***"),
        ("surname", "Серікова", "С***а"),
        ("surname", "Ли", "Л***"),
        ("patronymic", "", ""),
        ("birth_date", "1990-05-05", "**.**.1990"),
        ("birth_place", "Алматы қ., Медеу ауданы", "А***ы"),
    ],
)
def test_a_mail_shows_a_values_ends(field: str, value: str, shown: str) -> None:
    assert veil(field, value) == shown


def test_a_record_has_what_a_person_has_and_a_diff_finds_it() -> None:
    """A record names lists, an update one value: both are the same field."""
    has = record(
        PersonFacts(id="p1", fields={"surname": "Ахметова"}, emails=("a@example.kz",), phones=("+77010000001",))
    )
    assert has == {"surname": "Ахметова", "emails": ["a@example.kz"], "phones": ["+77010000001"]}
    assert diff(has, {"email": "b@example.kz", "phone": "+77010000002"}) == [
        {"field": "email", "before": "a@example.kz", "after": "b@example.kz"},
        {"field": "phone", "before": "+77010000001", "after": "+77010000002"},
    ]


def test_a_diff_is_in_the_policys_order_and_names_what_changed_alone() -> None:
    before = {"birth_date": date(1990, 5, 5), "surname": "Ахметова", "phones": ["+77010000001"], "patronymic": None}
    after = {"phones": ["+77470001122", "+77010000001"], "birth_date": "1991-06-05", "patronymic": ""}
    assert diff(before, after) == [
        {"field": "patronymic", "before": "", "after": ""},
        {"field": "phone", "before": "+77010000001", "after": "+77470001122, +77010000001"},
        {"field": "birth_date", "before": "1990-05-05", "after": "1991-06-05"},
    ]


def test_what_looks_alike_once_veiled_shows_one_side() -> None:
    [same] = veiled(diff({"birth_date": "1990-05-05"}, {"birth_date": "1990-06-05"}))
    assert same == {"field": "birth_date", "before": "", "after": "**.**.1990"}


def test_no_value_of_a_mail_can_be_put_together_again() -> None:
    person = PersonFacts(id="-", phones=("+77012345667",), fields={"surname": "Ахметова", "birth_place": "Семей"})
    shown = str(
        veiled(diff(record(person), {"phones": ["+77470001122"], "surname": "Серікова", "birth_place": "Ақтау"}))
    )
    for whole in ("2345", "7000", "Ахметова", "Серікова", "Семей", "Ақтау"):
        assert whole not in shown


def test_what_a_request_did_is_read_off_what_its_undo_needs() -> None:
    kept = {
        "fields": {"phones": ["+77010000001"]}, "after": {"phones": ["+77470001122"]},
        "address": {"old": "a@example.kz", "new": "b@example.kz"},
    }  # fmt: skip
    assert done(kept) == [
        {"field": "email", "before": "a@example.kz", "after": "b@example.kz"},
        {"field": "phone", "before": "+77010000001", "after": "+77470001122"},
    ]
    assert done({}) == []
