"""forms: which mail is a form's, what its labels say, and what a visitor may type without being believed."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from mailbot.config import load_policy
from mailbot.reading.claim import Submission
from mailbot.reading.forms import submission
from mailbot.reading.formset import compile_forms, is_shared
from mailbot.reading.parse import parse
from mailbot.reading.sender import Evidence
from mailbot.sources import Form

TODAY = date(2026, 11, 23)
# What each builder mails to the operator; everybody in it is invented.
TILDA = """\
Request details:
Name: Әлия
Email: aliya@example.com
Phone: +7 (701) 000-00-01
Дата рождения: 05.05.1990
Consent: yes

Additional information:
Transaction ID: 123:456
Block ID: rec1
Form ID: form77
"""
CF7 = """\
From: Борис Петров <boris@example.com>
Subject: Хочу на курс

Телефон: 8 701 000 00 02
Message Body:
Здравствуйте, когда начало?

--
This e-mail was sent from a contact form on Example (https://example.kz)
"""
WPFORMS = """\
Name

Alice Smith

Email

alice@example.com

Phone

+7 701 000 00 04

Comment or Message

When does it start?
"""
WIX = (
    "You have a new form submission:\n\nFirst name\tAlice\nLast name\tSmith\n"
    "Email\talice@example.com\nPhone\t+77010000004\n"
)
GOOGLE = """\
Адрес электронной почты
nina@example.com
Фамилия
Тихая
Имя
Нина
Отчество
Ивановна
Место рождения
г. Тараз
Номер телефона
8 (701) 000 00 07
"""
PRESETS = {
    "tilda": (TILDA, {"given_name": "Әлия", "email": "aliya@example.com", "phone": "+77010000001",
                      "birth_date": "1990-05-05"}),
    "contact-form-7": (CF7, {"given_name": "Борис Петров", "email": "boris@example.com", "phone": "+77010000002"}),
    "wpforms": (WPFORMS, {"given_name": "Alice Smith", "email": "alice@example.com", "phone": "+77010000004"}),
    "wix": (WIX, {"given_name": "Alice", "surname": "Smith", "email": "alice@example.com", "phone": "+77010000004"}),
    "google-forms": (GOOGLE, {"surname": "Тихая", "given_name": "Нина", "patronymic": "Ивановна",
                              "email": "nina@example.com", "birth_place": "г. Тараз", "phone": "+77010000007"}),
}  # fmt: skip


def form(**values: Any) -> Form:
    return Form.model_validate({"name": "site", "senders": ["forms@example.org"], **values})


def read(
    body: str, *, sender: str = "forms@example.org", level: Any = "authenticated", subject: str = "New request",
    headers: str = "", **values: Any,
) -> Submission | None:  # fmt: skip
    head = f"From: {sender}\nTo: info@example.kz\nSubject: {subject}\n{headers}"
    octets = f"{head}Content-Type: text/plain; charset=utf-8\n\n{body}"
    policy = load_policy(None).model_copy(update={"forms": [form(**values)]})
    evidence = Evidence(level=level, because="-", address=sender)
    return submission(parse(octets.encode()), evidence, compile_forms(policy), TODAY)


@pytest.mark.parametrize("preset", PRESETS)
def test_the_mails_of_the_builders(preset: str) -> None:
    body, fields = PRESETS[preset]
    typed = read(body, preset=preset)
    assert typed is not None
    assert typed.extract.fields == fields
    assert typed.extract.unclear == ()
    assert typed.purposes == ("processing",) and typed.version == "1"


def test_a_table_in_html() -> None:
    html = "<table><tr><td>Name</td><td>Әлия</td></tr><tr><td>Email</td><td>aliya@example.com</td></tr></table>"
    octets = f"From: forms@example.org\nSubject: x\nContent-Type: text/html; charset=utf-8\n\n{html}".encode()
    policy = load_policy(None).model_copy(update={"forms": [form(preset="tilda")]})
    evidence = Evidence(level="authenticated", because="-", address="forms@example.org")
    typed = submission(parse(octets), evidence, compile_forms(policy), TODAY)
    assert typed is not None and typed.extract.fields == {"given_name": "Әлия", "email": "aliya@example.com"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"sender": "forms@example.com"}, {"level": "weak"}, {"level": "none"},
        {"subject": "Another", "words": ["new request"]},
        {"marks": {"Form ID": "form78"}}, {"marks": {"Hidden": "x"}}, {"reply_domain": "example.com"},
        {"reply_domain": "example.com", "headers": "Reply-To: a@example.net\n"},
        {"body": "Nothing that this form ever says\n"},
        {"headers": "Subject: twice\n"},
    ],
)  # fmt: skip
def test_a_look_alike_is_nothing(wrong: dict[str, Any]) -> None:
    words = wrong.pop("words", None)
    values = {"preset": "tilda", **wrong, **({"subject": wrong["subject"]} if "subject" in wrong else {})}
    if words:  # the setting, not the header
        policy = load_policy(None).model_copy(update={"forms": [form(preset="tilda", subject=words)]})
        octets = f"From: forms@example.org\nSubject: Another\n\n{TILDA}".encode()
        evidence = Evidence(level="authenticated", because="-", address="forms@example.org")
        assert submission(parse(octets), evidence, compile_forms(policy), TODAY) is None
        return
    assert read(values.pop("body", TILDA), **values) is None


def test_what_binds_a_shared_sender() -> None:
    assert read(TILDA, preset="tilda", marks={"Form ID": "form77"}) is not None
    assert read(TILDA, preset="tilda", reply_domain="example.com", headers="Reply-To: x@example.com\n") is not None
    assert read(TILDA + "Form ID: form77\n", preset="tilda", marks={"Form ID": "form77"}) is None  # one was typed
    assert is_shared(form(senders=["noreply@tilda.example.kz"])) is False
    assert is_shared(form(senders=["noreply@mail.example.kz"])) is False


@pytest.mark.parametrize("domain", ["tilda.cc", "google.com", "notify.wix.com"])
def test_a_builder_is_shared(domain: str) -> None:
    at = "noreply@"
    assert is_shared(form(senders=[at + domain]))
    assert not is_shared(form(senders=[at + domain], marks={"Form ID": "form77"}))


def test_a_label_that_a_visitor_types_takes_no_field() -> None:
    typed = read(TILDA.replace("Consent: yes", "Question: hello\nEmail: victim@example.net"), preset="tilda")
    assert typed is not None
    assert "email" not in typed.extract.fields and typed.extract.emails == ()
    assert [(one.field, one.why) for one in typed.extract.unclear] == [("email", "several_values")]


def test_the_same_value_twice_is_one() -> None:
    typed = read(TILDA + "Email: aliya@example.com\n", preset="tilda")
    assert typed is not None and typed.extract.fields["email"] == "aliya@example.com"


@pytest.mark.parametrize(
    ("answer", "purposes"),
    [("yes", ("processing", "news")), ("Да", ("processing", "news")), ("no", ("processing",)), ("", ("processing",)),
     ("I do not agree", ("processing",))],
)  # fmt: skip
def test_news_only_by_a_ticked_box(answer: str, purposes: tuple[str, ...]) -> None:
    fields = {"email": ["Email"], "news": ["Consent"]}
    typed = read(TILDA.replace("Consent: yes", f"Consent: {answer}"), fields=fields, purposes=["processing", "news"])
    assert typed is not None and typed.purposes == purposes


def test_what_cannot_be_taken_is_unclear_and_masked() -> None:
    body = TILDA.replace("+7 (701) 000-00-01", "call me").replace("05.05.1990", "05.06.91")
    typed = read(body, preset="tilda")
    assert typed is not None
    assert {one.field for one in typed.extract.unclear} == {"phone", "birth_date"}
    card = read(TILDA.replace("Name: Әлия", "Name: 4111 1111 1111 1111"), preset="tilda")
    assert card is not None and "4111" not in repr(card)


def test_a_label_that_spells_the_order_splits_the_name() -> None:
    typed = read("ФИО: Сәрсенова Әлия Болатқызы\nEmail: a@example.com\n", preset="tilda")
    assert typed is not None
    assert (typed.extract.fields["surname"], typed.extract.fields["patronymic"]) == ("Сәрсенова", "Болатқызы")


@pytest.mark.parametrize(
    ("preset", "body"),
    [
        ("tilda", "Место рождения:\nСообщение: позвоните вечером\nEmail: a@example.com\n"),
        ("tilda", "Имя:\nСпасибо\nEmail: a@example.com\n"),
        ("wpforms", "Фамилия\n\nName\n\nНина\n\nEmail\n\na@example.com\n"),
    ],
)
def test_an_empty_row_takes_no_other_row(preset: str, body: str) -> None:
    typed = read(body, preset=preset)
    assert typed is not None
    assert set(typed.extract.fields) <= {"email", "given_name"} and typed.extract.fields.get("given_name") in (
        None,
        "Нина",
    )


def test_a_row_that_is_no_field_ends_the_one_above() -> None:
    body = "Name\n\nКурс\n\nБазовый\n\nEmail\n\na@example.com\n"
    fields = {"full_name": ["Name"], "email": ["Email"], "other": ["Курс"]}
    typed = read(body, preset="wpforms", fields=fields)
    assert typed is not None and typed.extract.fields == {"email": "a@example.com"}


def test_what_stands_below_the_free_text_is_not_believed() -> None:
    body = "Email: a@example.com\nКомментарий: привет\nФамилия: Чужая\nМесто рождения: Париж\nForm ID: form77\n"
    typed = read(body, preset="tilda", marks={"Form ID": "form77"})
    assert typed is not None and typed.extract.fields == {"email": "a@example.com"}
    assert {(one.field, one.why) for one in typed.extract.unclear} == {
        ("surname", "below_free_text"), ("birth_place", "below_free_text"),
    }  # fmt: skip
    late = read("Комментарий: x\nEmail: victim@example.net\n", preset="tilda")
    assert late is not None and "email" not in late.extract.fields


def test_a_mark_that_is_typed_above_many_lines_binds_nothing() -> None:
    body = TILDA.replace("Form ID: form77", "x\n" * 2_100 + "Form ID: form99").replace(
        "Name:", "Form ID: form77\nName:"
    )
    assert read(body, preset="tilda", marks={"Form ID": "form77"}) is None
    unbound = read("x\n" * 2_100 + TILDA, preset="tilda")
    assert unbound is not None and unbound.extract.fields == {}  # the operator looks at it


def test_the_same_address_and_a_longer_name_are_no_contradiction() -> None:
    typed = read("Email: a@example.com\nE-mail: A@example.com\n", preset="tilda")
    assert typed is not None and typed.extract.fields["email"] == "a@example.com" and typed.extract.unclear == ()
    body = "From: Нина <n@example.com>\nВаше имя: Нина Тихая\n"
    typed = read(body, preset="contact-form-7")
    assert typed is not None and typed.extract.fields == {"email": "n@example.com", "given_name": "Нина Тихая"}


SAMPLES = {  # what each builder writes in each language: labels of name, address, phone
    ("tilda", "kk"): "Аты-жөні: {n}\nПошта: {e}\nТелефон нөмірі: {p}\n",
    ("tilda", "ru"): "Имя: {n}\nПочта: {e}\nТелефон: {p}\n",
    ("tilda", "en"): "Name: {n}\nEmail: {e}\nPhone: {p}\n",
    ("contact-form-7", "kk"): "Кімнен: {n}\nПоштаңыз: {e}\nТелефоныңыз: {p}\n",
    ("contact-form-7", "ru"): "От: {n}\nВаш e-mail: {e}\nВаш телефон: {p}\n",
    ("contact-form-7", "en"): "Your name: {n}\nYour email: {e}\nPhone: {p}\n",
    ("wpforms", "kk"): "Аты-жөні\n\n{n}\n\nЭлектрондық пошта\n\n{e}\n\nТелефон нөмірі\n\n{p}\n",
    ("wpforms", "ru"): "ФИО\n\n{n}\n\nЭлектронная почта\n\n{e}\n\nТелефон\n\n{p}\n",
    ("wpforms", "en"): "Full Name\n\n{n}\n\nEmail\n\n{e}\n\nPhone\n\n{p}\n",
    ("wix", "kk"): "Аты-жөні: {n}\nЭлектрондық пошта: {e}\nТелефон нөмірі: {p}\n",
    ("wix", "ru"): "ФИО: {n}\nЭл. почта: {e}\nТелефон: {p}\n",
    ("wix", "en"): "Name: {n}\nEmail: {e}\nPhone: {p}\n",
    ("google-forms", "kk"): "Аты-жөніңіз: {n}\nЭлектрондық пошта мекенжайы: {e}\nТелефон нөмірі: {p}\n",
    ("google-forms", "ru"): "Имя и фамилия: {n}\nАдрес электронной почты: {e}\nНомер телефона: {p}\n",
    ("google-forms", "en"): "Name: {n}\nEmail Address: {e}\nPhone number: {p}\n",
}


@pytest.mark.parametrize(("preset", "language"), SAMPLES)
def test_each_preset_in_each_language(preset: str, language: str) -> None:
    body = SAMPLES[preset, language].format(n="Сәрсенова Әлия", e="aliya@example.com", p="+7 701 000 00 01")
    typed = read(body, preset=preset)
    assert typed is not None and typed.extract.unclear == ()
    fields = typed.extract.fields
    assert (fields["email"], fields["phone"]) == ("aliya@example.com", "+77010000001")
    assert "Әлия" in f"{fields.get('surname')} {fields.get('given_name')}"
