"""The blanks that a question asks to fill in: filled in as they are printed, they are read as what was meant."""

from __future__ import annotations

import itertools
import re
from datetime import UTC, datetime
from typing import Any

import pytest

from mailbot.answering.reply import LANGUAGES, Templates
from mailbot.answering.samples import FRAME, samples
from mailbot.reading.claim import FIELD_NAMES, Extract, Language
from mailbot.reading.extract import extract
from mailbot.reading.labels import label_of

TOKEN = "abcdefghijklmnopqrstuvwx23"
TODAY = datetime(2026, 11, 23, tzinfo=UTC).date()
FILLED = {
    "surname": "Серікова", "given_name": "Айгүл", "patronymic": "Болатқызы", "email": "aigul@example.kz",
    "phone": "8 701 234 56 78", "birth_date": "05.06.1990", "birth_place": "Тараз қаласы",
}  # fmt: skip
READ = {**FILLED, "phone": "+77012345678", "birth_date": "1990-06-05"}
OLD_PHONE = "8 747 234 56 78"
TEMPLATES = Templates([])


def body(name: str, language: str, **values: Any) -> str:
    whole = {**samples(name)[0], **values, "token": TOKEN, "language": language, "marker": ""}
    return TEMPLATES.text(name, language, whole)[1]


def blanks(text: str) -> list[str]:
    """Return the lines that are a label and nothing else."""
    labels = ((line, label_of(line[:-1])) for line in text.split("\n") if line.endswith(":"))
    return [line for line, label in labels if label is not None and label.field]


def fill(lines: list[str], *, only: tuple[str, ...] = FIELD_NAMES) -> str:
    """Fill the blanks in by hand: each value behind its label; those of other fields stay empty."""
    written = []
    for line in lines:
        label = label_of(line[:-1])
        assert label is not None
        value = OLD_PHONE if label.cue == "old" else FILLED[label.field]
        written.append(f"{line} {value}" if label.field in only else line)
    return "\n".join(written)


def read(text: str, language: Language) -> Extract:
    return extract(text, language, today=TODAY)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("template", ["ask", "ask-again"])
def test_all_seven_filled_in_are_read(template: str, language: Language) -> None:
    values: dict[str, Any] = {"about": "ask", "unclear": [], "missing": list(FIELD_NAMES)}
    lines = blanks(body(template, language, **values))
    assert len(lines) == 7
    assert len(set(lines)) == 7
    found = read(fill(lines), language)
    assert (found.fields, found.unclear) == (READ, ())


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("count", [1, 2])
def test_blanks_left_empty_say_nothing(language: Language, count: int) -> None:
    lines = blanks(body("ask", language, unclear=[], missing=[]))
    sign_off = {"kk": "Рахмет, Айгүл", "ru": "Спасибо, Айгуль", "en": "Thanks, Aigul"}[language]
    for only in itertools.combinations(FIELD_NAMES, count):
        found = read(f"{fill(lines, only=only)}\n\n{sign_off}", language)
        assert found.fields == {name: READ[name] for name in only}
        assert found.unclear == ()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("field", FIELD_NAMES)
@pytest.mark.parametrize("template", ["ask", "ask-again", "update-applied", "update-waiting"])
def test_only_what_was_not_clear_is_asked(template: str, language: Language, field: str) -> None:
    unclear = [{"field": field, "why": "too_long"}, {"field": field, "why": "several_values"}]
    text = body(template, language, about="ask", unclear=unclear, missing=[field, field])
    lines = blanks(text)
    assert len(lines) == 1
    assert read(fill(lines), language).fields == {field: READ[field]}


@pytest.mark.parametrize("language", LANGUAGES)
def test_which_of_several_phones(language: Language) -> None:
    lines = blanks(body("ask", language, unclear=[{"field": "phone", "why": "which_phone"}], missing=["phone"]))
    found = read(fill(lines), language)
    assert len(lines) == 2
    assert found.fields == {"phone": READ["phone"]}
    assert found.old == {"phone": ("+77472345678",)}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_name_in_one_piece_is_asked_in_two(language: Language) -> None:
    unclear = [{"field": "surname", "why": "ambiguous_name"}]
    found = read(fill(blanks(body("update-waiting", language, unclear=unclear))), language)
    assert found.fields == {"surname": READ["surname"], "given_name": READ["given_name"]}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("field", FIELD_NAMES)
def test_the_example_is_a_right_one(language: Language, field: str) -> None:
    """Whoever copies the example of the right form is understood."""
    lines = body("ask", language, unclear=[{"field": field, "why": "not_a_name"}], missing=[]).split("\n")
    (label,) = blanks("\n".join(lines))
    reason = [line for line in lines if re.search(r"\); .*: ", line)][-1]
    example = reason.rpartition(": ")[2].removesuffix(".")
    found = read(f"{label} {example}", language)
    assert set(found.fields) == {field}
    assert found.unclear == ()


def test_every_reason_of_the_reader_has_its_words() -> None:
    whys = {
        "out_of_range", "declined_name", "ambiguous_name", "plus_eight", "country_code", "not_a_place",
        "several_values", "not_an_address", "several_addresses", "which_phone", "two_digit_year", "ambiguous_date",
        "not_a_date", "future_date", "mixed_scripts", "not_a_name", "not_a_phone", "too_long",
        "no_value",
    }  # fmt: skip
    for language in LANGUAGES:
        texts = {body("ask", language, unclear=[{"field": "surname", "why": why}], missing=[]) for why in whys}
        assert len(texts) == len(whys)
        assert not any("()" in text for text in texts)
        unknown = body("ask", language, unclear=[{"field": "surname", "why": "no_such_reason"}], missing=[])
        assert unknown not in texts
        assert "(" not in unknown.replace("(Алматы уақыты)", "").replace("(время Алматы)", "").replace(
            "(Almaty time)", ""
        )


@pytest.mark.parametrize(
    ("minute", "ending"),
    [(0, "00-ге"), (1, "01-ге"), (3, "03-ке"), (5, "05-ке"), (6, "06-ға"), (9, "09-ға"), (10, "10-ға"), (20, "20-ға"),
     (30, "30-ға"), (40, "40-қа"), (44, "44-ке"), (46, "46-ға"), (50, "50-ге"), (58, "58-ге")],
)  # fmt: skip
def test_a_time_takes_the_ending_that_is_spoken(minute: int, ending: str) -> None:
    at = datetime(2026, 11, 26, 13, minute, tzinfo=UTC)
    assert f"13:{ending} дейін күтеміз" in body("ask", "kk", due_at=at)


@pytest.mark.parametrize(
    ("minute", "on", "after"),
    [(0, "де", "ден"), (5, "те", "тен"), (6, "да", "дан"), (10, "да", "нан"), (40, "та", "тан"), (50, "де", "ден")],
)
def test_a_time_in_its_other_cases(minute: int, on: str, after: str) -> None:
    at = datetime(2026, 11, 26, 13, minute, tzinfo=UTC)
    assert f"13:{minute:02}-{on} " in body("received", "kk", received_at=at)
    assert f"13:{minute:02}-{after} кейін" in body("withdrawal-notice", "kk", destroy_at=at)


@pytest.mark.parametrize("month", range(1, 13))
def test_a_month_takes_its_ending(month: int) -> None:
    ends = ("ға", "ға", "ға", "ге", "ға", "ға", "ге", "ға", "ке", "ға", "ға", "ға")
    until = datetime(2026, month, 5, tzinfo=UTC).date()
    text = body("withdrawal-partial", "kk", until=until, kept=["phone"])
    assert re.search(rf"2026 ж\. 5 \w+{ends[month - 1]} дейін", text)


def test_the_values_of_a_change_stand_on_a_line_each() -> None:
    changed = [
        {"field": "phone", "before": "+7 701 *** ** 67", "after": "+7 747 *** ** 22"},
        {"field": "birth_place", "before": "", "after": "Т***"},
        {"field": "patronymic", "before": "С***", "after": ""},
        {"field": "surname", "before": "", "after": ""},
    ]
    until = FRAME["now"]
    lines = body("update-applied", "ru", changed=changed, undo_until=until).split("\n")
    assert lines[1:5] == [
        "Телефон: +7 701 *** ** 67 → +7 747 *** ** 22", "Место рождения: Т***", "Отчество: С*** → удалено", "Фамилия",
    ]  # fmt: skip
    lines = body("update-applied", "kk", changed=changed, undo_until=None).split("\n")
    assert lines[1:5] == ["Телефон: +7 747 *** ** 22", "Туған жері: Т***", "Әкесінің аты", "Тегі"]
