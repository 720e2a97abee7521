"""What is proposed as `[[forms]]` from mails of a form, and that nothing a visitor typed stands in it."""

from __future__ import annotations

import tomllib
from email.header import Header

import pytest

from mailbot.operating.formmap import Proposal, learn, text_of
from mailbot.reading.message import Message
from mailbot.reading.parse import parse
from mailbot.sources import Form

VISITORS = [
    ("Сәрсенова Әлия", "aliya@example.com", "+7 701 000 00 01", "Алматы"),
    ("Петров Борис", "boris@example.com", "+7 701 000 00 02", "Алматы"),
    ("Ким Виктор", "viktor@example.org", "8 701 000 00 03", "Алматы"),
    ("Smith Alice", "alice@example.org", "+77010000004", "Алматы"),
]
BUILDER = "@".join(("noreply", "tilda.ws"))  # a house whose forms are told by its name
TILDA = (
    "Request details:\nName: {0}\nEmail: {1}\nPhone: {2}\nГород: {3}\nСообщение: жду ответа, {0}\n\n"
    "Additional information:\nTransaction ID: 7654321:{2}\nForm name: Запись на курс\nForm ID: form77\n"
    "Page URL: https://example.kz/course\n"
)
PLAIN = "Анкета с сайта\n\nФИО\t{0}\nПочта\t{1}\nНомер\t{2}\nИИН\t900505300123\nГород\t{3}\n"
BELOW = "Имя\n{0}\n\nEmail\n{1}\n\nТелефон\n{2}\n"
ODD = "Как к вам обращаться?: {0}\nКуда писать: {1}\nКуда звонить: {2}\n"


def mail(sender: str, subject: str, body: str) -> Message:
    head = f"From: {sender}\r\nTo: info@example.kz\r\nSubject: {Header(subject, 'utf-8').encode()}\r\n"
    kind = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    return parse((head + kind + body.replace("\n", "\r\n")).encode(), complete=True)


def learned(template: str, sender: str = "form@example.kz", subject: str = "Заявка с сайта: {0}") -> Proposal | None:
    mails = [mail(sender, subject.format(*who), template.format(*who)) for who in VISITORS]
    return learn(sender, mails, len(mails))


def as_form(proposal: Proposal) -> Form:
    (table,) = tomllib.loads(text_of([proposal]))["forms"]
    return Form.model_validate(table)


def test_a_known_builder_with_its_marks() -> None:
    proposal = learned(TILDA, BUILDER)
    assert proposal is not None
    form = as_form(proposal)
    assert (form.name, form.preset, form.senders, form.purposes) == (
        "tilda",
        "tilda",
        [BUILDER],
        ["processing"],
    )
    assert form.subject == ["Заявка с сайта:"]
    assert (form.fields.full_name, form.fields.email, form.fields.phone) == (["Name"], ["Email"], ["Phone"])
    assert form.marks == {
        "Form name": "Запись на курс", "Form ID": "form77", "Page URL": "https://example.kz/course",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("template", "labels"),
    [
        (PLAIN, {"full_name": ["ФИО"], "email": ["Почта"], "phone": ["Номер"]}),
        (BELOW, {"given_name": ["Имя"], "email": ["Email"], "phone": ["Телефон"]}),
        (ODD, {"email": ["Куда писать"], "phone": ["Куда звонить"]}),
    ],
)
def test_the_labels_of_any_other_form(template: str, labels: dict[str, list[str]]) -> None:
    proposal = learned(template)
    assert proposal is not None
    form = as_form(proposal)
    assert {name: value for name, value in form.fields.model_dump().items() if value} == labels
    assert (form.preset, form.marks) == ("", {})


@pytest.mark.parametrize("template", [TILDA, PLAIN, BELOW, ODD])
@pytest.mark.parametrize("subject", ["{0}", "Заявка {1}", "Новая заявка {2} от {0}"])
def test_nothing_that_a_visitor_typed_is_proposed(template: str, subject: str) -> None:
    proposal = learned(template, BUILDER, subject)
    assert proposal is not None
    text = text_of([proposal])
    typed = {word for who in VISITORS for value in who for word in value.split()} | {"900505300123", "7654321"}
    assert not [word for word in typed if word in text.replace(BUILDER, "")]


def test_one_visitor_who_sends_a_form_often_is_no_form() -> None:
    mails = [mail("form@example.kz", "Заявка", TILDA.format(*VISITORS[0])) for _ in range(6)]
    assert learn("form@example.kz", mails, 6) is None


def test_letters_of_a_person_are_no_form() -> None:
    bodies = ["Здравствуйте! Когда начало?", "Спасибо!", "Мой телефон: +7 701 000 00 01", "До встречи"]
    assert learn("aliya@example.com", [mail("aliya@example.com", "Курс", body) for body in bodies], 4) is None


def test_two_mails_are_too_few() -> None:
    mails = [mail("form@example.kz", "Заявка", TILDA.format(*who)) for who in VISITORS[:2]]
    assert learn("form@example.kz", mails, 2) is None


def test_a_label_that_one_mail_alone_bears_is_left_out() -> None:
    mails = [mail("form@example.kz", "Заявка", PLAIN.format(*who)) for who in VISITORS]
    odd = mail("form@example.kz", "Заявка", PLAIN.format(*VISITORS[0]) + "Почта Нины: nina@example.com\n")
    proposal = learn("form@example.kz", [*mails, odd], 5)
    assert proposal is not None
    assert "Нин" not in text_of([proposal])


def test_names_differ_and_quotes_are_escaped() -> None:
    one = Proposal(name="a", preset="", sender="a@example.kz", mails=3, fields={"email": ('Ваш "e-mail" \\',)})
    assert as_form(one).fields.email == ['Ваш "e-mail" \\']
    mails = [mail("f@example.kz", "Заявка", PLAIN.format(*who)) for who in VISITORS]
    second = learn("f@example.kz", mails, 4, taken={"example-kz"})
    assert second is not None
    assert second.name == "example-kz-2"
