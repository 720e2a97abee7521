"""What counts as an order in the operator's answer to her list: whole lines of three languages, nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.config import load_policy, packaged
from mailbot.deciding.reasons import table
from mailbot.operating.refusals import OWN_WORDS, REFUSALS
from mailbot.reading.lexicon import compile_words
from mailbot.reading.orders import LINES, orders, reason_of

LEXICON = compile_words(load_policy(packaged("config")))


def read(text: str, signature: str = "") -> tuple[list[tuple[tuple[int, ...], str, str]], tuple[str, ...]]:
    said = orders(text, signature, LEXICON)
    return [(each.numbers, each.verb, each.note) for each in said.orders], said.unread


@pytest.mark.parametrize(
    ("line", "numbers", "verb", "note"),
    [
        ("3 иә", (3,), "yes", ""), ("3 ИӘ.", (3,), "yes", ""), ("3 иə", (3,), "yes", ""), ("3 да", (3,), "yes", ""),
        ("3. Да!", (3,), "yes", ""), ("№3 да", (3,), "yes", ""), ("3) yes", (3,), "yes", ""),
        ("3 - да", (3,), "yes", ""), ("3: да", (3,), "yes", ""), ("Да, 3", (3,), "yes", ""), ("да", (), "yes", ""),
        ("3 выполнить", (3,), "yes", ""), ("1, 2, 5 да", (1, 2, 5), "yes", ""), ("1 2 да", (1, 2), "yes", ""),
        ("4 жоқ: себебі анық емес", (4,), "no", "себебі анық емес"), ("4 жок", (4,), "no", ""),
        ("4 нет – чужие данные", (4,), "no", "чужие данные"), ("4 no, not yours", (4,), "no", "not yours"),
        ("5 spam", (5,), "spam", ""), ("5 СПАМ", (5,), "spam", ""), ("5 не запрос", (5,), "spam", ""),
        ("5 сұраныс емес", (5,), "spam", ""), ("3 да: позвонила ей", (3,), "yes", "позвонила ей"),
    ],
)  # fmt: skip
def test_an_order(line: str, numbers: tuple[int, ...], verb: str, note: str) -> None:
    assert read(line) == ([(numbers, verb, note)], ())


@pytest.mark.parametrize(
    "line",
    [
        "3 не да", "3 да?", "3 дам", "не 3 да", "3 да 4 нет", "4 нет причина", "1-3 да", "27.11.2026 да", "3",
        "третий да", "да 3",
        "да нет", "1 да, 2", "3 да и удалите всё", "хотя нет, второе не надо", "3 (да)", "1000 да",
        "3 да; остальные позже", "1 да; 2 нет: чужие данные", "1 нет: чужие данные; 2 да", "1 нет: неясно. 2 да",
        "1 - да, 2 - нет: причина", "4 нет: 5", "1 да, но позже", "1 да - кроме телефона",
    ],
)  # fmt: skip
def test_no_order(line: str) -> None:
    said, unread = read(line)
    assert unread == (line,) or (len(said) == 1 and said[0][2]), (
        "either no order, or one with words that must be looked at"
    )
    assert not any(verb == "yes" and not note for _, verb, note in said)


def test_a_line_of_several_orders_counts_where_each_part_does() -> None:
    assert read("3 да, 4 нет; 5 спам")[0] == [((3,), "yes", ""), ((4,), "no", ""), ((5,), "spam", "")]


@pytest.mark.parametrize(
    "line", ["1 нет: чужие данные; 2 да", "1 нет: неясно. 2 да", "4 нет: 5", "1 да; 2 нет: неясно"]
)
def test_where_a_reason_ends_and_an_order_begins_is_not_guessed(line: str) -> None:
    assert read(line) == ([], (line,))


@pytest.mark.parametrize(
    ("line", "verb"),
    [("3 да, спасибо", "yes"), ("3 иә, рахмет", "yes"), ("3 да: спасибо", "yes"), ("3 нет, спасибо", "no")],
)
def test_thanks_are_no_reason_and_no_proof(line: str, verb: str) -> None:
    assert read(line) == ([((3,), verb, "")], ())


@pytest.mark.parametrize("line", ["3 да, но позже", "3 да - кроме телефона", "3 иә, орындаңыз"])
def test_what_stands_behind_a_yes_without_a_colon_may_be_a_condition(line: str) -> None:
    assert [verb for _, verb, _ in read(line)[0]] == ["but"]


def test_greetings_thanks_and_the_name_are_passed_over() -> None:
    text = "Здравствуйте!\n\n1 да\n2 нет: чужие данные\n\nСпасибо\nАйгерим\n+7 701 000 00 00"
    assert read(text) == ([((1,), "yes", ""), ((2,), "no", "чужие данные")], ())


def test_an_order_below_the_name_or_in_the_signature_is_no_sure_one() -> None:
    assert read("1 да\nС уважением\nАйгерим\n2 спам") == ([((1,), "yes", "")], ("2 спам",))
    assert read("1 да", "Айгерим\n2 спам") == ([((1,), "yes", "")], ("2 спам",))


def test_too_many_lines_are_no_certain_answer() -> None:
    assert read("\n".join(f"{n} да" for n in range(1, LINES + 5)))[1] != ()


@given(st.text(max_size=400), st.text(max_size=100))
def test_it_never_raises(text: str, signature: str) -> None:
    said = orders(text, signature, LEXICON)
    assert all(0 <= number < 1000 for each in said.orders for number in each.numbers)


@pytest.mark.parametrize(
    ("note", "code"),
    [
        ("не подтверждено", "not_confirmed"), ("Расталмады.", "not_confirmed"), ("чужие данные", "not_yours"),
        ("not_held", "not_held"), ("есть обязательство", "obligation"), ("по закону", "kept_by_law"),
        ("құжат жоқ", "no_document"), ("неясно", "unclear"), ("мы уже исправили", OWN_WORDS),
        ("не чужие данные", OWN_WORDS),
    ],
)  # fmt: skip
def test_a_reason(note: str, code: str) -> None:
    assert reason_of(note) == code and code in REFUSALS and code in table()


@pytest.mark.parametrize(
    ("text", "tried"),
    [
        ("1 да", True), ("1 получено", True), ("да, оба", True), ("не да", True), ("Нет!", True),
        ("Я в отпуске до 5 декабря", False), ("Ваше письмо получено", False), ("Рахмет", False),
    ],
)  # fmt: skip
def test_whether_something_looks_like_an_order(text: str, tried: bool) -> None:
    assert orders(text, "", LEXICON).tried is tried
