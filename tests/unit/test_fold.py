"""fold.py: one skeleton for every way of typing, and what must never be folded away."""

from __future__ import annotations

import sys
import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.reading.fold import (
    QUESTION_MARKS,
    asks,
    clean,
    fold,
    plain,
    readings,
    repair,
    strip_edges,
    transliterate,
    unmark,
)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("ДЕРБЕС ДЕРЕКТЕРДІ", "дербес деректерді"),
        ("Дербес деректердi", "Дербес деректерді"),  # Latin i
        ("жəне", "және"),
        ("жǝне", "және"),
        ("жэне", "және"),
        ("ѳзектендіру", "өзектендіру"),
        ("ɵзектендіру", "өзектендіру"),
        ("өӊдеуге ӄайтарып", "өңдеуге қайтарып"),
        ("ондеуге кайтарып", "өңдеуге қайтарып"),
        ("персональныx", "персональных"),  # Latin x
        ("уведомлений o новых", "уведомлений о новых"),  # a lone Latin o
        ("ОТКАЗ OT РACСЫЛКИ", "отказ от рассылки"),
        ("unsubsсribe me please", "unsubscribe me please"),  # Cyrillic с
        ("и\u0306", "й"),
        ("Отказ\u00a0от\u200b рас\u00adсылки", "отказ от рассылки"),
        ("\u202aОтказ от рассылки\u202c", "отказ от рассылки"),
        ("«Отказ от рассылки».", "отказ от рассылки"),
        ("„Отказ от рассылки“!!!", "отказ от рассылки"),
        ('"Отказ от рассылки "', "отказ от рассылки"),
        ("Отказ  от\r\n рассылки…", "отказ от рассылки"),
        ("Отказ от рассылки 🙏🏽", "отказ от рассылки"),
        ("Отпишите ещё", "отпишите еще"),
    ],
)
def test_the_same_words_have_one_skeleton(typed: str, meant: str) -> None:
    assert fold(typed) == fold(meant) != ""


@pytest.mark.parametrize(
    "changed",
    [
        "Отказ от рассылки?",
        "Отказ от рассылки (нет)",
        "[Отказ от рассылки]",
        "О\u0336тказ от рассылки",
        "~Отказ от рассылки~",
        "Отказ от рассылки 👎",
        "❌ Отказ от рассылки",
        "Отказ от рассылки 🚫",
        "О\u0301тказ от рассылки",
    ],
)
def test_what_may_turn_the_meaning_stays(changed: str) -> None:
    assert fold(changed) != fold("Отказ от рассылки")


def test_every_question_mark_of_unicode_asks() -> None:
    for code in range(sys.maxunicode + 1):
        name = unicodedata.name(chr(code), "")
        tag_character = 0xE0000 <= code <= 0xE007F  # invisible by definition
        if ("QUESTION" in name or "INTERROBANG" in name) and not tag_character:
            assert asks(f"да{chr(code)}"), name
    assert asks(unicodedata.normalize("NFC", "да\u037e"))
    assert not asks("да.")
    assert "?" in QUESTION_MARKS


@pytest.mark.parametrize(
    "latin",
    [
        "Derbes derekterdı öŋdeuge kelısımdı kerı qaitaryp alu",
        "Derbes derekterdi óńdeýge kelisimdi keri qaıtaryp alý",
        "derbes derekterdi ondeuge kelisimdi keri kaitaryp alu",
        "DERBES DEREKTERDI ONDEUGE KELISIMDI KERI QAYTARYP ALU",
    ],
)
def test_latin_kazakh_reads_as_cyrillic(latin: str) -> None:
    wanted = fold("Дербес деректерді өңдеуге келісімді кері қайтарып алу")
    assert transliterate(fold(latin)) == wanted
    assert wanted in readings(latin)
    assert readings(latin)[0] != wanted


def test_a_wrong_code_page_is_repaired() -> None:
    assert repair("Жаѕа ґнімдер жјне ўсыныстар ќайтарып") == "Жаңа өнімдер және ұсыныстар қайтарып"
    assert repair("Отказ от рассылки") == "Отказ от рассылки"
    assert repair("ґ 中") == "ґ 中"
    assert fold("өңдеуге") in readings("ґѕдеуге")


def test_marks_are_named_and_letters_are_not_marks() -> None:
    assert unmark("О\u0336т\u0336каз") == ("Отказ", True)
    assert unmark("и\u0306од") == ("йод", False)
    assert unmark("Отказ\ufe0f") == ("Отказ", False)


def test_plain_keeps_everything_but_case_and_blanks() -> None:
    assert plain(" Отказ \n от  рассылки") == "отказ от рассылки"
    assert plain("«Отказ»") == "«отказ»"
    assert plain("өзектендіру") != plain("озектендиру")


@given(st.text())
def test_folding_is_total_and_clean_at_its_edges(text: str) -> None:
    folded = fold(text)
    assert folded == folded.strip() == strip_edges(folded)
    assert "  " not in folded
    assert 1 <= len(readings(text)) <= 3
    assert clean(clean(text)) == clean(text)
    assert transliterate(folded) is not None
    assert unmark(text)[0] is not None


@given(st.characters(categories=["Cs"]))
def test_a_lone_surrogate_harms_nothing(letter: str) -> None:
    assert readings(f"ґ{letter}")


def test_folding_takes_linear_time() -> None:
    for filler in ("а\u0336", "a\u200b", "«", "aа ", "и\u0306"):
        text = filler * 100_000
        start = time.process_time()
        fold(text)
        assert time.process_time() - start < 2


@pytest.mark.parametrize(
    "typed", ["sәlem", "unsubscribЁ", "bөlіm", "aHЀ", "қazaq tіlі latin", "sǝlem", "aǝ bc", "bɵlim"]
)
def test_a_kazakh_letter_in_a_latin_word_leaves_one_script_and_folding_again_changes_nothing(typed: str) -> None:
    folded = fold(typed)
    assert folded.isascii()
    assert fold(folded) == folded


@pytest.mark.parametrize(("typed", "meant"), [("ДЕРБÉС", "дербес"), ("ÖНДЕУ", "өңдеу"), ("ïо", "ио"), ("Ïо", "ио")])
def test_an_accented_capital_in_a_cyrillic_word_is_read_like_the_small_letter(typed: str, meant: str) -> None:
    assert fold(typed) == fold(typed.lower()) == fold(meant)


def test_latin_kazakh_with_a_kazakh_letter_reads_as_cyrillic() -> None:
    for typed in ("derekterdi tүzetu", "derekterdı tұzetu", "derekterdi tuzetu"):
        assert fold("деректерді түзету") in readings(typed)
    assert fold("сәлем саған") in readings("sǝlem sağan")
