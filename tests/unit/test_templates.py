"""Every packaged template, in every language, over the whole matrix of sample values."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from jinja2 import UndefinedError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from mailbot.answering.catalogue import FOR_OPERATOR
from mailbot.answering.reply import LANGUAGES, MARKERS, Frame, Rendered, Sandbox, Templates, render
from mailbot.answering.samples import FRAME, VALUES, samples
from mailbot.config import load_policy, packaged
from mailbot.deciding.decision import TEMPLATES, WHOLE, Owed
from mailbot.deciding.law import pack_of, quotes
from mailbot.operating.refusals import REFUSALS
from mailbot.policy import LawRules

FOLDER = packaged("templates") / "mail"
TOKEN = "abcdefghijklmnopqrstuvwx23"
ALL = [(name, language) for name in TEMPLATES for language in LANGUAGES]
TO_PEOPLE = [(name, language) for name, language in ALL if name not in (*FOR_OPERATOR, "mails-left")]
BY_PROGRAM = [(name, language) for name, language in TO_PEOPLE if name != "condolence"]
LABELS = {
    "kk": ("Тегі", "Аты", "Әкесінің аты", "Туған күні", "Туған жері", "Электрондық пошта", "Телефон", "Ескі телефон",
           "Жаңа телефон"),
    "ru": ("Фамилия", "Имя", "Отчество", "Дата рождения", "Место рождения", "Электронная почта", "Телефон",
           "Старый телефон", "Новый телефон"),
    "en": ("Surname", "First name", "Patronymic", "Date of birth", "Place of birth", "E-mail", "Phone", "Old phone",
           "New phone"),
}  # fmt: skip
NOT_CLEAR: dict[str, tuple[str, ...]] = {
    "kk": ("Түсінбедік",),
    "ru": ("Не поняли", "Не изменили, потому"),
    "en": ("Not clear", "Not changed, because"),
}
ASKING = ("ask", "ask-again", "challenge", "new-address", "not-stored", "form-question")
FORBIDDEN = (
    "!", "\u0259", "token", "токен", "authentic", "аутентифик", "suppress", "супресс", "suspicious", "подозр", "күдік",
    "мошен", "алаяқ", "fraud", "spam", "спам", "undefined", "none", "{{", "[]",
)  # fmt: skip
HUMAN = {"kk": "«адам қарасын»", "ru": "«пусть посмотрит человек»", "en": '"a person, please"'}
UNDO = {"kk": "ҚАЙТАРУ", "ru": "ОТМЕНИТЬ", "en": "UNDO"}
YES = {"kk": "ИӘ", "ru": "ДА", "en": "YES"}
NO = {"kk": "ЖОҚ", "ru": "НЕТ", "en": "NO"}
DONE = {"kk": "орындалды", "ru": "выполнено", "en": "done"}
NOTHING_DONE = (
    "update-waiting",
    "ask",
    "ask-again",
    "challenge",
    "form-question",
    "new-address",
    "not-on-list",
    "not-stored",
    "received",
)
OPTIONAL = {
    "update-applied": ("due_at",),
    "new-address": ("due_at",),
    "operator": ("counts", "head"),
    "ask-again": ("missing", "unclear"),
}
templates = Templates([])


def mail(name: str, language: str, values: dict[str, Any]) -> Rendered:
    frame = Frame(token=TOKEN, **{key: values[key] for key in FRAME})
    own = {key: value for key, value in values.items() if key not in FRAME or key == "kind"}
    return render(
        Owed(template=name, role="receipt", to="aliya@example.kz", language=language, values=own), frame, templates
    )


def mails(name: str, language: str) -> list[tuple[dict[str, Any], Rendered]]:
    return [(values, mail(name, language, values)) for values in samples(name)]


def one(name: str, language: str, **values: Any) -> str:
    return mail(name, language, {**samples(name)[0], **values}).body


def text_lines(rendered: Rendered, language: str) -> list[str]:
    """Return the lines between the marker and the signature block."""
    head = rendered.body.split(HUMAN[language])[0].split("\n")[:-1]
    return [line for line in head if line.strip() and line not in MARKERS.values()]


def is_of_a_field(line: str, language: str) -> bool:
    """Tell whether a line speaks of one field alone: its change, its blank, or why it was not clear."""
    return line.partition(":")[0] in LABELS[language] or line.startswith(NOT_CLEAR[language])


def folded(line: str) -> str:
    return re.sub(r"[^\w]+", " ", line.casefold()).strip()


def test_each_language_has_each_template_and_nothing_else() -> None:
    for language in LANGUAGES:
        names = {path.stem for path in (FOLDER / language).glob("*.txt")}
        assert names == {*TEMPLATES, "_frame", "_words", "_parts", "_places", "_desk"}
    assert set(VALUES) == set(TEMPLATES)


def test_the_packaged_templates_have_no_problem() -> None:
    assert templates.check() == []


@pytest.mark.parametrize(("name", "language"), ALL)
def test_a_missing_value_is_an_error(name: str, language: str) -> None:
    optional = {"kind", "asked_kind", "undone_kind", "places", *OPTIONAL.get(name, ())}
    frame = {"token": TOKEN, "language": language, "marker": ""}
    for missing in {*VALUES[name], "mailbox", "token"} - optional:
        missed = False
        for values in samples(name):
            less = {**values, **frame, "operator_name": ""}
            del less[missing]
            try:
                templates.text(name, language, less)
            except UndefinedError:
                missed = True
                break
        assert missed, f"{missing} was not missed"


@pytest.mark.parametrize(("name", "language"), ALL)
def test_what_every_mail_keeps(name: str, language: str) -> None:
    for _, rendered in mails(name, language):
        text = f"{rendered.subject}\n{rendered.body}"
        assert rendered.body.endswith(f"\n\n[{TOKEN}]\n")
        assert text.count(TOKEN) == 1
        own = text.replace(f"[{TOKEN}]", "").casefold()
        said = [word for word in FORBIDDEN if word in own]
        assert not said or (name == "operator" and said in (["spam"], ["спам"]))  # her folder is called so
        assert "\n\n\n" not in text
        assert not re.search(r"  | [,;:]|\(\)|[.,:] *\.", rendered.body.replace("...", "x")), rendered.body


@pytest.mark.parametrize(("name", "language"), BY_PROGRAM)
def test_short_with_number_human_and_operator(name: str, language: str) -> None:
    for values, rendered in mails(name, language):
        lines = text_lines(rendered, language)
        told = [line for line in lines if not is_of_a_field(line, language)]
        if name == WHOLE:  # what is held is as long as it is; what is said of it is short
            told = rendered.body.partition("\n\n")[0].split("\n")
        assert 1 <= len(told) <= 8, rendered.body
        many = len(str(values)) > 900 or values.get("changed") or values.get("unclear") or values.get("kept")
        assert max(map(len, lines)) <= (250 if name == WHOLE else 190 if many else 170), rendered.body
        assert values["number"] in rendered.subject
        assert HUMAN[language] in rendered.body
        assert "Example Courses, +7 700 000 00 00" in rendered.body


@pytest.mark.parametrize(("name", "language"), BY_PROGRAM)
def test_number_and_time_are_told(name: str, language: str) -> None:
    clock = {
        "kk": r"2026 ж\. 23 қараша(?:,| күні сағат) 14:0", "ru": r"23 ноября 2026 г\.(?:,| в) 14:0",
        "en": r"23 November 2026(?:,| at) 14:0",
    }[language]  # fmt: skip
    for _, rendered in mails(name, language):
        if name != "ask-again":  # that one is a single sentence
            assert "K7Q2" in rendered.body
            assert re.search(clock, rendered.body)


def tags() -> set[str]:
    policy = load_policy(None)
    words = policy.words
    sets = [getattr(group, language) for group in (policy.tags, policy.aliases) for language in LANGUAGES]
    found = [tag for tag_set in sets for tag in (*tag_set.update, *tag_set.withdrawal, *tag_set.unsubscribe)]
    return {folded(w) for w in (*found, *words.yes, *words.no, *words.undo, *words.only_news, *words.resubscribe)}


@pytest.mark.parametrize(("name", "language"), ALL)
def test_no_line_acts_by_itself(name: str, language: str) -> None:
    acting = tags()
    assert "unsubscribe" in acting
    for _, rendered in mails(name, language):
        for line in (*rendered.body.split("\n"), rendered.subject, *rendered.subject.split(":")):
            assert folded(line) not in acting


@pytest.mark.parametrize(("name", "language"), TO_PEOPLE)
def test_the_marker_stands_first_where_an_answer_is_expected(name: str, language: str) -> None:
    for values, rendered in mails(name, language):
        asks = name in ASKING or (name in ("update-applied", "update-waiting") and bool(values["unclear"]))
        assert (rendered.body.split("\n")[0] == MARKERS[language]) is asks
        assert rendered.body.count(MARKERS[language]) == asks


@pytest.mark.parametrize(("name", "language"), TO_PEOPLE)
def test_done_is_said_only_of_what_was_done(name: str, language: str) -> None:
    for _, rendered in mails(name, language):
        if name in NOTHING_DONE:
            assert DONE[language] not in rendered.subject.split(": ")[1]
    assert mail("refused", language, samples("refused")[0]).subject.split(": ")[1] != DONE[language]


@pytest.mark.parametrize("language", LANGUAGES)
def test_subjects_are_fixed(language: str) -> None:
    subject = {
        "kk": "Сұраныс № K7Q2: орындалды", "ru": "Запрос № K7Q2: выполнено", "en": "Request No. K7Q2: done",
    }[language]  # fmt: skip
    assert mail("update-applied", language, samples("update-applied")[-1]).subject == subject


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("news_stopped", [False, True])
def test_a_challenge_says_all_in_three_lines(language: str, news_stopped: bool) -> None:
    values = {**samples("challenge")[0], "kind": "withdrawal", "news_stopped": news_stopped}
    lines = text_lines(mail("challenge", language, values), language)
    assert YES[language] in lines[2]
    assert NO[language] in lines[2]
    news = {"kk": "жаңалықтар", "ru": "новости", "en": "news"}[language]
    assert (news in lines[1]) is news_stopped


@pytest.mark.parametrize("language", LANGUAGES)
def test_how_to_take_it_back(language: str) -> None:
    later = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
    hour = "17:00"
    assert UNDO[language] in one("update-applied", language, undo_until=later)
    assert UNDO[language] not in one("update-applied", language, undo_until=None)
    for name in ("address-changed", "withdrawal-stopped", "withdrawal-notice"):
        key = "undo_until" if name == "address-changed" else "destroy_at"
        body = one(name, language, **{key: later})
        assert UNDO[language] in body
        assert hour in body
    for name in ("unsubscribed", "only-news"):
        assert UNDO[language] in one(name, language)
    only_news = {"kk": "ТЕК ХАТ", "ru": "ТОЛЬКО ПИСЬМА", "en": "ONLY NEWS"}[language]
    assert only_news in one("withdrawal-stopped", language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_refusal_names_where_to_complain(language: str) -> None:
    court = {"kk": "сотқа", "ru": "в суд", "en": "a court"}[language]
    body = {"kk": "уәкілетті органға", "ru": "уполномоченный орган", "en": "authorised body"}[language]
    for name in ("refused", "withdrawal-partial"):
        for _, rendered in mails(name, language):
            assert court in rendered.body
            assert body in rendered.body


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_operators_question_names_the_commands(language: str) -> None:
    body = mail("operator", language, {**samples("operator")[-1], "mode": "commands"}).body
    for command in ("show K7Q2", "release K7Q2", "refuse K7Q2 --reason obligation", "close K7Q2"):
        assert command in body
    assert "a@example.kz" in body


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_known_code_has_its_own_sentence(language: str) -> None:
    codes = VALUES["refused"]["code"]
    assert len({one("refused", language, code=code) for code in codes}) == len(codes)
    for why in ("subject_body_disagree", "several_kinds", "too_old", "human_asked", "second_change"):
        assert one("received", language, why=why) != one("received", language, why="unheard_of")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_stop_that_came_earlier_keeps_its_time(language: str) -> None:
    earlier = datetime(2026, 11, 20, 6, 1, tzinfo=UTC)
    values = {**samples("withdrawal-stopped")[0], "stopped_at": earlier}
    first = text_lines(mail("withdrawal-stopped", language, values), language)[0]
    assert "11:01" in first
    assert "14:06" not in first


@pytest.mark.parametrize("month", range(1, 13))
def test_each_month_has_a_name(month: int) -> None:
    names = set()
    for language in LANGUAGES:
        at = datetime(2026, month, 5, 19, 30, tzinfo=UTC)  # the next day in Almaty
        body = one("destroyed", language, destroyed_at=at)
        found = re.search(r"2026 ж\. 6 (\w+), 00:30|\b6 (\w+) 2026(?: г\.)?, 00:30", body)
        assert found, body
        names.add(next(group for group in found.groups() if group))
    assert len(names) == 3


def test_no_word_mixes_alphabets_and_no_language_holds_foreign_letters() -> None:
    mixed = re.compile(r"[A-Za-z][А-Яа-яЁёӘәІіҢңҒғҮүҰұҚқӨөҺһ]|[А-Яа-яЁёӘәІіҢңҒғҮүҰұҚқӨөҺһ][A-Za-z]")
    for path in sorted(FOLDER.rglob("*.txt")):
        text = path.read_text(encoding="utf-8")
        assert not mixed.search(text), path
        assert "\u0259" not in text
        if path.parent.name == "ru":
            assert not re.search("[ӘәІіҢңҒғҮүҰұҚқӨөҺһ]", text), path
        if path.parent.name == "en":
            assert text.replace("→", "").isascii(), path


def test_a_template_of_the_operator_comes_first(tmp_path: Path) -> None:
    (tmp_path / "ru").mkdir()
    (tmp_path / "ru" / "not-on-list.txt").write_text(
        '{% extends "_frame.txt" %}{% block state %}получено{% endblock %}{% block body %}Нет такого.{% endblock %}',
        encoding="utf-8",
    )
    own = Templates([tmp_path])
    values = {**samples("not-on-list")[0], "token": TOKEN, "language": "ru", "marker": ""}
    assert own.check() == []
    assert own.text("not-on-list", "ru", values)[1].startswith("Нет такого.")
    assert own.text("not-on-list", "en", values) == templates.text("not-on-list", "en", values)


@pytest.mark.parametrize(
    "broken",
    [
        b"{% block", b"Subject: x\n\n{{ nobody }}", b"no subject", b"", b"\xff\xfe", b"Subject: a\x07b\n\nx",
        b"Subject: x\n\n{{ 1 / 0 }}", b"Subject: x\n\n{{ now.nothing.at_all }}",
        b"Subject: x\n\n{{ ''.__class__.__mro__ }}",
    ],
)  # fmt: skip
def test_a_broken_template_yields_to_the_packaged_one(tmp_path: Path, broken: bytes) -> None:
    (tmp_path / "kk").mkdir()
    (tmp_path / "kk" / "ask.txt").write_bytes(broken)
    own = Templates([tmp_path])
    values = {**samples("ask")[0], "token": TOKEN, "language": "kk", "marker": ""}
    assert own.text("ask", "kk", values) == templates.text("ask", "kk", values)
    problems = own.check()
    assert len(problems) == 1
    assert problems[0].startswith("templates: kk/ask.txt: ")


def test_a_broken_frame_is_reported_for_every_mail_and_stops_none(tmp_path: Path) -> None:
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "_frame.txt").write_text("{% if", encoding="utf-8")
    own = Templates([tmp_path])
    assert len(own.check()) == len(TEMPLATES)
    values = {**samples("ask")[0], "token": TOKEN, "language": "en", "marker": ""}
    assert own.text("ask", "en", values) == templates.text("ask", "en", values)


def test_a_misspelt_file_name_is_reported(tmp_path: Path) -> None:
    (tmp_path / "ru").mkdir()
    (tmp_path / "ru" / "update_applied.txt").write_text("x", encoding="utf-8")
    assert Templates([tmp_path, tmp_path / "missing"]).check() == [
        "templates: ru/update_applied.txt: mailbot has no template of this name"
    ]


def test_the_zone_is_named_only_where_it_is_almaty() -> None:
    values = samples("destroyed")[0]
    assert "(Almaty time)" in mail("destroyed", "en", values).body
    assert "Almaty" not in mail("destroyed", "en", {**values, "timezone": "UTC"}).body
    assert "09:05" in mail("destroyed", "en", {**values, "timezone": "UTC"}).body


ARTICLE = re.compile(r"\bстать|\bст\.|\bподпункт|\bпункт|-бап\b|тармақ|\barticles?\b|\bart\.|§|\d+\(\d+\)")


@pytest.mark.parametrize(("name", "language"), ALL)
def test_no_article_is_quoted_while_nobody_confirmed_the_law(name: str, language: str) -> None:
    """But for what the operator wrote herself: which law keeps the data in another place."""
    for values in samples(name):
        if not values["articles"]:
            text = mail(name, language, values).body.replace("Tax Code, art. 50", "")
            assert not ARTICLE.search(text), text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("pack", ["kz-94v", "ru-152fz", "gdpr"])
def test_a_refusal_quotes_what_a_confirmed_pack_says(pack: str, language: str) -> None:
    confirmed = {"pack": pack, "read_on": "2026-12-01", "confirmed_by": "A lawyer", "confirmed_on": "2026-12-02"}
    law = pack_of(load_policy(None).model_copy(update={"law": LawRules.model_validate(confirmed)}))
    for code in REFUSALS:
        values = {**FRAME, "kind": "withdrawal", "code": code, "note": "", "articles": quotes(law)}
        text = mail("refused", language, values).body
        assert bool(ARTICLE.search(text)) is (code in law.quotes)
        if code in law.quotes:
            assert f"({law.quotes[code][language]})." in text
    partial = {**FRAME, "kind": "withdrawal", "code": "obligation", "note": "", "kept": [], "until": None, "places": [],
               "articles": quotes(law)}  # fmt: skip
    assert bool(ARTICLE.search(mail("withdrawal-partial", language, partial).body)) is (pack == "kz-94v")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_whole_answer_tells_every_value_that_is_held(language: str) -> None:
    """Of each row it is given, the template reads each value: one that is missing is missed."""
    frame = {"token": TOKEN, "language": language, "marker": "", "operator_name": ""}
    fullest = [{**values, **frame} for values in samples(WHOLE) if values["held"]]
    unread = []
    for name, choices in VALUES[WHOLE].items():
        rows = choices[0] if isinstance(choices[0], list) else choices
        for key in rows[0] if rows and isinstance(rows[0], dict) and name not in ("processing", "counted") else ():
            failed = 0
            for values in fullest[::3]:
                value = values[name]
                less = [
                    {k: v for k, v in row.items() if k != key} for row in (value if rows is not choices else [value])
                ]
                try:
                    templates.text(WHOLE, language, {**values, name: less if rows is not choices else less[0]})
                except (UndefinedError, KeyError):
                    failed += 1
            unread += [] if failed else [f"{name}.{key}"]
    assert unread == []


def test_the_sandbox_judges_each_attribute_as_the_library_does() -> None:
    def generator() -> Iterator[int]:
        yield 1

    library, ours = ImmutableSandboxedEnvironment(), Sandbox()
    values = ["text", 1, [1], {"a": 1}, {1}, deque((1,)), str, object, generator, generator(), generator.__code__,
              "".join, TOKEN.upper, render, datetime.now(UTC), VALUES]  # fmt: skip
    judged = set()
    for _ in range(2):  # the second time by what is remembered
        for value in values:
            for name in (*dir(value), "mro", "append", "clear", "__class__", "_own", "format", "gi_frame", "there"):
                wanted = library.is_safe_attribute(value, name, None)
                assert ours.is_safe_attribute(value, name, None) is wanted, (value, name)
                judged.add(wanted)
    assert judged == {True, False}
