"""The policy check: a sound policy in each language gives no finding, and one change of it makes each of them."""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.config import load_policy
from mailbot.deciding.findings import Finding, limits, sentences, strictest, table
from mailbot.deciding.law import pack_of
from mailbot.deciding.lint import Setup, languages, lint
from mailbot.policy import Former, Policy, Tags, TagSet
from mailbot.reading.claim import FIELD_NAMES
from mailbot.reading.clauses import clauses, doubled, skipped
from mailbot.reading.promises import promises
from mailbot.reading.provisions import operator, restorable, unlimited
from mailbot.reading.tags import compile_words

FOLDER = Path(__file__).parent.parent / "corpus" / "policies"
TEXTS = {language: (FOLDER / f"{language}.txt").read_text("utf-8") for language in ("kk", "ru", "en")}
POLICY = load_policy(None)
SETUP = Setup(policy=POLICY, lexicon=compile_words(POLICY))
CODES = {code: row["level"] for code, row in table().items() if "level" in row}
UNS = {"kk": "Жаңа өнімдер мен", "ru": "Отказ от уведомлений о новых", "en": "Refusal of notifications about"}


def wrong(text: str, setup: Setup = SETUP) -> list[Finding]:
    return [one for one in lint(text, setup) if one.level == "wrong"]


def changed(language: str, old: str, new: str) -> str:
    """Return the sound policy of a language with one thing spoilt; blanks of `old` stand for any white space."""
    pattern = re.compile(r"\s+".join(re.escape(word) for word in old.split(" ")))
    assert len(pattern.findall(TEXTS[language])) >= 1, old
    return pattern.sub(lambda _: new, TEXTS[language], count=1)


SPOILT: list[tuple[str, str, str, str, str]] = [
    tuple(row) for row in tomllib.loads((FOLDER / "spoilt.toml").read_text("utf-8"))["change"]
]


@pytest.mark.parametrize("language", TEXTS)
def test_a_sound_policy_gives_no_finding(language: str) -> None:
    found = lint(TEXTS[language], SETUP)
    assert [(one.code, one.around) for one in found if one.level == "wrong"] == []
    marks = {one.values["kind"]: one.values for one in found if one.code == "mark"}
    assert marks.keys() == {"update", "withdrawal", "unsubscribe"}
    assert {values["language"] for values in marks.values()} == {language}
    assert {values["rung"] for values in marks.values()} == {"exact"}
    assert [one.values["fields"] for one in found if one.code == "fields"] == [FIELD_NAMES]
    assert len([one for one in found if one.code == "address"]) == 1


@pytest.mark.parametrize(("language", "old", "new", "code", "clause"), SPOILT, ids=lambda value: str(value)[:24])
def test_each_change_is_found_in_its_place(language: str, old: str, new: str, code: str, clause: str) -> None:
    text = changed(language, old, new)
    found = {one.code: one for one in wrong(text)}
    assert code in found
    assert found[code].clause == clause
    if clause:
        assert 0 < found[code].line <= text.count("\n") + 1
    also = {  # what the same change makes true too
        "mark_unhandled": {"mark_unpromised"}, "mark_unquoted": {"mark_unhandled", "mark_unpromised"},
        "look_alike_in_mark": {"look_alike"}, "look_alike": {"look_alike_in_mark"}, "no_term": {"no_purpose"},
        "address_broken": {"no_address"}, "section_twice": {"section_skipped"}, "mark_differs": set[str](),
    }.get(code, set())  # fmt: skip
    assert found.keys() - {code} <= also


def test_the_flaws_of_an_export_are_all_found_at_once() -> None:
    text = TEXTS["kk"].replace("ә", "\u0259").replace("бас тарту» деген", "бас тарту »деген")
    for old, new in (
        ("«Үлгі Мектебі» ЖШС (БСН 000000000000, ", "ұжым ("), ("3. Не үшін керек", "2. Не үшін керек"),
        ("2. Деректер үшінші", "2. Деректерді өңдеу мерзімі шектеусіз. Деректер үшінші"),
        ("мүмкіндігінсіз", "мүмкіндігімен"), ("Мекенжай:\ninfo@example.kz.", "info@example.kz. арқылы жазыңыз."),
    ):  # fmt: skip
        assert text.count(old.replace("ә", "\u0259")) == 1, old
        text = text.replace(old.replace("ә", "\u0259"), new.replace("ә", "\u0259"))
    assert {(one.code, one.clause) for one in wrong(text)} == {
        ("look_alike", "1(1)"), ("look_alike_in_mark", "2(2)"), ("stray_space", "2(2)"), ("no_operator", "1(1)"),
        ("no_operator_number", ""), ("section_twice", "2"), ("section_skipped", "4"), ("term_unlimited", "4(2)"),
        ("restorable", "4(1)"), ("address_glued", "5(1)"),
    }  # fmt: skip
    assert len([one for one in lint(text, SETUP) if one.code == "mark"]) == 3


def test_a_policy_without_marks_addresses_data_or_purposes() -> None:
    for text in (
        "1. Біз туралы\n1. Біз дербес деректерді құрметтейміз, оларды ешкімге айтпаймыз.\n",
        "1. О нас\n1.1. Мы уважаем персональные данные и никому о них не говорим.\n",
        "1. About us\n1.1. We respect personal data and tell nobody about them.\n",
    ):
        codes = {one.code for one in wrong(text)}
        assert {"no_mark", "no_address", "no_fields", "no_purpose", "no_withdrawal", "no_operator"} <= codes
        assert "mark_unpromised" not in codes


def test_every_finding_that_counts_is_made_here() -> None:
    made = {code for _, _, _, code, _ in SPOILT}
    rest = {"no_mark", "no_address", "no_fields", "no_purpose", "no_withdrawal", "address_other"}
    assert {code for code, level in CODES.items() if level == "wrong"} == made | rest


def test_every_sentence_is_whole_in_three_languages() -> None:
    found = [one for text in TEXTS.values() for one in lint(text, SETUP)]
    for language, old, new, _, _ in SPOILT:
        found += lint(changed(language, old, new), SETUP)
    own = replace(SETUP, own=("desk@example.kz",))
    found += [*lint(TEXTS["kk"], own), *lint("Мәтін бар, бірақ ештеңе айтылмаған, нақты сөз де жоқ.", SETUP)]
    assert {one.code for one in found} >= CODES.keys() - {"field_other", "field_unnamed"}
    for one in found:
        for language in ("kk", "ru", "en"):
            says, do = sentences(one, language)
            assert says.endswith(".")
            assert not re.search(r"[{}]", says + do)
            assert bool(do) is (one.level != "ok")


def test_a_look_alike_is_told_by_its_code_point() -> None:
    text = TEXTS["kk"].replace("ә", "\u0259")
    (all_of_them,) = [one for one in wrong(text) if one.code == "look_alike"]
    assert all_of_them.values["count"] == TEXTS["kk"].count("ә")
    assert "ə (U+0259) instead of ә (U+04D9)" in sentences(all_of_them, "en")[0]
    marks = [one.values["tag"] for one in wrong(text) if one.code == "look_alike_in_mark"]
    assert marks == ["Жаңа өнімдер мен қызметтер ж\u0259не арнайы ұсыныстар туралы хабарламалардан бас тарту"]


def test_words_that_mix_scripts_on_purpose_are_no_look_alikes() -> None:
    text = changed("ru", "Иных сведений мы не просим.", "Иных сведений (IP-адрес, SMS-код, cookie-файлы, e-mail) нет.")
    assert "look_alike" not in {one.code for one in wrong(text)}


def test_an_address_that_mailbot_does_not_read() -> None:
    for language, text in TEXTS.items():
        address = "info@example.kz" if language == "kk" else "info@example.com"
        assert wrong(text, replace(SETUP, own=(address.upper(),))) == []
        found = wrong(text, replace(SETUP, own=("desk@example.kz",)))
        assert {one.code for one in found} == {"address_other"}
        assert {one.values["address"] for one in found} == {address}


def test_more_data_than_mailbot_keeps_is_worth_a_note() -> None:
    for language, old, new in (
        ("kk", "3. Телефон нөмірі;", "3. Телефон нөмірі, ЖСН, жеке куәлік;"),
        ("ru", "Мы берём фамилию,", "Мы берём ИИН, паспорт, фамилию,"),
        ("en", "- telephone number;", "- telephone number, IIN, passport;"),
    ):
        (note,) = [one for one in lint(changed(language, old, new), SETUP) if one.code == "field_other"]
        assert note.values["fields"] == ("iin", "document")
    found = lint(changed("en", "- date and place of birth.", ""), SETUP)
    (note,) = [one for one in found if one.code == "field_unnamed"]
    assert note.values["fields"] == ("birth_date", "birth_place")
    assert not [one for one in found if one.level == "wrong"]


def test_two_languages_in_one_file_count_their_sections_each() -> None:
    both = f"{TEXTS['ru']}\n\n{TEXTS['kk'].replace('info@example.kz', 'info@example.com')}"
    assert wrong(both) == []
    assert languages(clauses(both)) == ("kk", "ru")
    assert len([one for one in lint(both, SETUP) if one.code == "mark"]) == 6
    half = f"{TEXTS['ru']}\n\n{changed('kk', '«Дербес деректерді өзектендіру»', '')}"
    assert {one.code for one in wrong(half)} == {"mark_unpromised"}


def test_pages_and_blank_lines_break_no_mark() -> None:
    for language, start in UNS.items():
        words = start.split(" ")
        for between in ("\n\n", "\n7\n\n", "\f", "\n- 7 -\f\n"):
            text = changed(language, start, f"{words[0]}{between}{' '.join(words[1:])}")
            assert [one.code for one in wrong(text)] == [], (language, between)


def test_a_place_names_page_and_line() -> None:
    text = changed("ru", "4. Что вы можете", "\f\n3. Что вы можете")
    (found,) = [one for one in wrong(text) if one.code == "section_twice"]
    assert (found.clause, found.page, found.line) == ("3", 2, 2)


def test_a_configured_mark_that_another_one_stands_for_is_only_noted() -> None:
    (note,) = [one for one in lint(TEXTS["en"], SETUP) if one.code == "mark_unused"]
    assert "«Unsubscribe»" in note.values["tag"]
    assert "«Updating personal data»" not in note.values["tag"]


def former(**marks: list[str]) -> Policy:
    one = Former(version="2024", since=date(2024, 1, 15), until=date(2025, 6, 30), tags=Tags(kk=TagSet(**marks)))
    return Policy.model_validate({**POLICY.model_dump(), "former": [one.model_dump()]})


def test_a_mark_of_a_former_version_is_handled() -> None:
    text = changed("kk", "Дербес деректерді өзектендіру", "Телефонымды ауыстыру")
    policy = former(update=["Телефонымды ауыстыру"])
    assert wrong(text, Setup(policy=policy, lexicon=compile_words(policy))) == []
    assert wrong(TEXTS["kk"], Setup(policy=policy, lexicon=compile_words(policy))) == []


def test_the_law_has_a_term_for_what_people_ask() -> None:
    assert {topic: (limit.days, limit.working) for topic, limit in limits(pack_of(POLICY)).items()} == {
        "answer": (3, True), "correction": (1, True), "destruction": (15, False),
    }  # fmt: skip


@given(st.text(alphabet='ab абəә«»"“”1.2)( \n\f@.-:;?IVX\u200b\ufffd', max_size=300))
def test_any_text_can_be_checked(text: str) -> None:
    for one in lint(text, SETUP):
        assert sentences(one, "kk")[0]


def test_a_long_text_takes_no_long() -> None:
    for unit in ('"', "« белгімен ", "1. ", "a@", "в течение 1 дня ", "абв", "info @ "):
        lint(unit * 2_000, SETUP)


@pytest.mark.parametrize(
    "names",
    [
        "1.1. Документ составил Индивидуальный предприниматель Образцова Анна (далее – Оператор).",
        "1.1. Документ составила Образцова Анна Сергеевна, далее – «Оператор» (далее – Оператор).",
        "1.1. Меры, предпринимаемые НОЧУ «Школа» (далее – Оператор).",
        "1.1. Меры, предпринимаемые ТОО «Школа».",
        "1.1. Документ принял Фонд Анны Образцовой, город Алматы, ул. Первая, 1 (далее — Оператор, Фонд).",
        "1.1. Оператор: Анна Образцова.",
        "1.1. Бұл құжатты Анна Үлгі (бұдан әрі – Оператор) бекітті.",
        "1.1. Оператор – жеке кәсіпкер Анна Үлгі.",
        "1.1. The operator is Anna Example, sole proprietor.",
        "1.1. This policy was adopted by Anna Example (hereinafter the Operator).",
    ],
)
def test_an_operator_is_named(names: str) -> None:
    assert operator(clauses(f"1. Начало\n{names}\n"))[0] is not None


@pytest.mark.parametrize(
    "names",
    [
        "1.1. Политика по Закону «О данных» определяет меры по защите, предпринимаемые (далее – Оператор).",
        "1.1. Оператор – государственный орган, юридическое или физическое лицо.",
        "1.1. Осы саясат Қазақстан Республикасының Заңына сәйкес дербес деректерді өңдеу тәртібін және оларды қорғауды "
        "қамтамасыз ететін шараларды (бұдан әрі – Оператор) айқындайды.",
        "1.1. The operator is whoever decides why data are processed.",
    ],
)
def test_an_operator_without_a_name(names: str) -> None:
    assert operator(clauses(f"1. Начало\n{names}\n"))[0] is None


@pytest.mark.parametrize(
    ("clause", "marks"),
    [
        ('Пишите на info@example.com с пометкой "Отписка" от ТОО "Школа".', ["Отписка"]),
        ('Рост 5" и выше: письмо на info@example.com с пометкой "Отписка".', ["Отписка"]),
        ("Файлы «cookie» и Закон «О данных»: вопросы на info@example.com.", []),
        ('In this notice "personal data" means any data. The data subject "User" may write to info@example.com.', []),
        ("Хатты info@example.kz поштасына «Хабарламалардан бас тарту» деген жазбамен жіберіңіз.",
         ["Хабарламалардан бас тарту"]),
        ("«Оператор» белгілі бір адамға хат жібереді, «Пайдаланушы» белгісіз болса да.", []),
        ("Send a letter marked “Unsubscribe” or “Stop it” to info@example.com.", ["Unsubscribe", "Stop it"]),
        ("Напишите письмо с темой: Удаление моих данных. Ответим.", ["Удаление моих данных"]),
    ],
)  # fmt: skip
def test_which_quotations_are_marks(clause: str, marks: list[str]) -> None:
    found = promises(clauses(f"1. Начало\n1.1. {clause}\n"), SETUP.lexicon)
    assert [one.text for one in found] == marks


@pytest.mark.parametrize(
    "clause",
    [
        "Политика обработки персональных данных действует бессрочно, до замены новой версией.",
        "Персональные данные распространяются среди неограниченного круга лиц на срок выставки.",
        "Осы саясат дербес деректерді өңдеуге қатысты, жаңасы шыққанға дейін мерзімсіз жұмыс істейді.",
        "Деректерді шектеусіз тұлғалар тобына тарату мерзімі туралы ереже.",
        "This policy on processing is valid for an unlimited period.",
        "Data are processed until the purpose is reached; the number of purposes is limited.",
    ],
)
def test_what_has_no_term_by_right(clause: str) -> None:
    assert unlimited(clauses(f"1. Начало\n1.1. {clause}\n")) == ()


@pytest.mark.parametrize(
    "clause",
    [
        "Уничтожаются безвозвратно, с невозможностью дальнейшего восстановления содержания.",
        "Уничтоженные данные не могут быть восстановлены.",
        "Жойылған деректерді қалпына келтіру мүмкін емес.",
        "Жойылған деректерді қалпына келтіруге болмайды.",
        "Destroyed data cannot be restored, there is no possibility of recovering them.",
        "A backup keeps the possibility of restoring the site after a failure.",
    ],
)
def test_what_is_destroyed_for_good(clause: str) -> None:
    assert restorable(clauses(f"1. Начало\n1.1. {clause}\n")) == ()


def test_sections_in_other_dresses() -> None:
    text = (
        "Содержание\n1. Начало\n2. Конец\n\nI. Начало\n\nТекст.\n\nII. Середина\n\n1) первое;\n2) второе.\n\n"
        "## Раздел 3. Конец\n\n- одно;\n- другое."
    )
    found = clauses(text)
    assert [(one.number, one.text) for one in found[3:] if one.heading] == [
        ("I", "Начало"), ("II", "Середина"), ("3", "Конец"),
    ]  # fmt: skip
    assert [one.label for one in found if one.text in ("первое;", "второе.")] == ["II(1)", "II(2)"]
    assert not list(doubled(found))
    assert not list(skipped(found))


def test_a_title_above_an_unnumbered_paragraph_is_no_part_of_it() -> None:
    text = (
        "1. Начало\nТекст " + "без номера " * 12 + "и так далее.\n2. Середина\nЕщё текст.\n2.1. Пункт.\n3. Конец\nВсё."
    )
    headings = [(one.number, one.text) for one in clauses(text) if one.heading]
    assert headings == [("1", "Начало"), ("2", "Середина"), ("3", "Конец")]
    assert not list(skipped(clauses(text)))


def test_a_policy_without_terms_is_told_the_strictest() -> None:
    says, _ = sentences(Finding(code="no_deadline", values={"limits": strictest(pack_of(POLICY))}), "en")
    assert "destruction: working days: 1." in says, says
