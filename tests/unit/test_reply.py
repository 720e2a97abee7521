"""The octets of an answer: one recipient, the headers of RFC 3834, and nothing that somebody else wrote."""

from __future__ import annotations

import email
import email.policy
import time
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from mailbot.answering.reply import MARKERS, Frame, Rendered, Templates, render
from mailbot.answering.samples import samples
from mailbot.deciding.decision import Owed

TOKEN = "abcdefghijklmnopqrstuvwx23"
NOW = datetime(2026, 11, 23, 9, 6, tzinfo=UTC)
FRAME = Frame(
    number="K7Q2", kind="update", received_at=NOW, now=NOW, token=TOKEN, mailbox="info@example.kz",
    operator_name="ТОО «Пример»", operator_contact="+7 700 000 00 00", in_reply_to="<1@example.com>",
    references=("<0@example.com>",),
)  # fmt: skip
OWED = Owed(template="ask", role="question", to="aliya@example.com", language="ru",
            values={"unclear": [], "missing": ["phone"], "due_at": NOW})  # fmt: skip
ONCE = {
    "from", "to", "subject", "date", "message-id", "in-reply-to", "references", "auto-submitted",
    "x-auto-response-suppress", "content-language", "mime-version", "content-type",
}  # fmt: skip
templates = Templates([])


def rendered(owed: Owed = OWED, **changes: Any) -> Rendered:
    return render(owed, replace(FRAME, **changes), templates)


def parsed(mail: Rendered) -> EmailMessage:
    message = email.message_from_bytes(mail.octets, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def content(part: Any) -> str:
    return str(part.get_content()).replace("\r\n", "\n")


def names(mail: Rendered) -> list[str]:
    return sorted(key.lower() for key in parsed(mail))


def test_headers_and_body_come_back() -> None:
    mail = rendered()
    message = parsed(mail)
    assert names(mail) == sorted(ONCE)
    assert message.defects == []
    assert [(a.display_name, a.addr_spec) for a in message["From"].addresses] == [("ТОО «Пример»", "info@example.kz")]
    assert [a.addr_spec for a in message["To"].addresses] == ["aliya@example.com"]
    assert message["Subject"] == mail.subject == "Запрос № K7Q2: нужен Ваш ответ"
    assert parsedate_to_datetime(str(message["Date"])) == NOW
    assert mail.message_id == message["Message-ID"] == f"<{TOKEN}@example.kz>"
    assert message["In-Reply-To"] == "<1@example.com>"
    assert message["References"] == "<0@example.com> <1@example.com>"
    assert message["Auto-Submitted"] == "auto-replied"
    assert message["X-Auto-Response-Suppress"] == "All"
    assert message["Content-Language"] == "ru"
    assert message.get_content_type() == "multipart/alternative"
    text, page = message.iter_parts()
    assert (text.get_content_type(), page.get_content_type()) == ("text/plain", "text/html"), "the best one stands last"
    assert text.get_content_charset() == page.get_content_charset() == "utf-8"
    assert text.defects == page.defects == []
    assert content(text) == mail.body
    assert content(page) == mail.html
    assert mail.recipient == "aliya@example.com"


def test_lines_end_in_crlf_and_are_short() -> None:
    for language in ("kk", "ru", "en", "kk+ru"):
        octets = rendered(replace(OWED, language=language)).octets
        assert octets.count(b"\n") == octets.count(b"\r\n") == octets.count(b"\r")
        head = octets.partition(b"\r\n\r\n")[0]
        assert max(map(len, head.split(b"\r\n"))) <= 78
        assert head.isascii()


def test_plain_ascii_is_not_wrapped_in_base64() -> None:
    mail = rendered(replace(OWED, language="en"), operator_name="Example Courses")
    assert mail.octets.count(b"Content-Transfer-Encoding: 7bit") == 2
    assert b"base64" not in mail.octets
    assert mail.body.replace("\n", "\r\n").encode() in mail.octets
    assert mail.html.replace("\n", "\r\n").encode() in mail.octets
    assert parsed(mail)["From"].addresses[0].display_name == "Example Courses"
    assert rendered().octets.count(b"Content-Transfer-Encoding: base64") == 2


def test_the_operator_gets_text_alone() -> None:
    values = samples("operator")[-1]
    owed = Owed(
        template="operator", role="operator", to="owner@example.kz", language="ru", values=values, threads=False
    )
    mail = rendered(owed)
    message = parsed(mail)
    assert (message.get_content_type(), mail.html) == ("text/plain", "")
    assert content(message) == mail.body
    assert names(mail) == sorted(ONCE - {"in-reply-to", "references"} | {"content-transfer-encoding"})


def test_a_mail_to_an_address_that_wrote_nothing_opens_a_thread() -> None:
    message = parsed(rendered(replace(OWED, threads=False)))
    assert message["Auto-Submitted"] == "auto-generated"
    assert "In-Reply-To" not in message
    assert "References" not in message


def test_a_mail_without_a_message_id_is_answered_without_one() -> None:
    message = parsed(rendered(in_reply_to=""))
    assert message["Auto-Submitted"] == "auto-replied"
    assert "In-Reply-To" not in message
    assert "References" not in message


def test_references_are_capped_and_keep_the_first() -> None:
    ids = tuple(f"<{n}@example.com>" for n in range(50))
    found = str(parsed(rendered(references=ids, in_reply_to=ids[-1]))["References"]).split()
    assert len(found) == len(set(found)) == 20
    assert found[0] == ids[0]
    assert found[-2:] == [ids[-2], ids[-1]]


@pytest.mark.parametrize(
    "bad",
    [
        "<a@b>\r\nBcc: eve@example.com", "<a@b> <c@d>", "a@b", "<a b@c>", "<a>", "<ә@example.kz>", "<@>", "<a@b\x00>",
        "<a@b>\nX: y", "<" + "a" * 300 + "@b>",
    ],
)  # fmt: skip
def test_an_unsound_message_id_is_left_out(bad: str) -> None:
    mail = rendered(references=("<0@example.com>", bad))
    assert parsed(mail)["References"] == "<0@example.com> <1@example.com>"
    mail = rendered(in_reply_to=bad)
    assert "In-Reply-To" not in parsed(mail)
    assert set(names(mail)) <= ONCE


@pytest.mark.parametrize(
    "name",
    [
        "Example\r\nBcc: eve@example.com", 'Example" <eve@example.com>, "', "Example\x00\x0b\x85\u2028x",
        "=?utf-8?q?A=0D=0AB?=",
        "Пример\r\nBcc: eve@example.com", "x" * 400, "Пример " * 60, "\u202eelpmaxE", "a, b; c <d@e>", "",
    ],
)  # fmt: skip
def test_the_operators_name_injects_nothing(name: str) -> None:
    mail = rendered(operator_name=name)
    message = parsed(mail)
    assert names(mail) == sorted(ONCE)
    assert [a.addr_spec for a in message["From"].addresses] == ["info@example.kz"]
    assert "\r" not in str(message["From"].addresses[0].display_name)
    assert "\u202e" not in mail.body
    assert max(map(len, mail.octets.split(b"\r\n"))) <= 998


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("number", "K7\r\nBcc: eve@example.com"), ("number", "K7 Q2"), ("number", "Сұраныс"), ("number", "K" * 40),
        ("number", "K7\n"), ("token", "short"), ("token", TOKEN.upper()), ("token", TOKEN + "\n"),
        ("mailbox", "info@example.kz, eve@example.com"), ("mailbox", "info"), ("now", datetime(2026, 1, 1)),  # noqa: DTZ001
        ("received_at", datetime(2026, 1, 1)),  # noqa: DTZ001
    ],
)  # fmt: skip
def test_what_is_not_fit_for_a_header_is_refused(field: str, value: Any) -> None:
    with pytest.raises(ValueError):
        rendered(**{field: value})


@pytest.mark.parametrize(
    "to",
    ["", "aliya", "a@b@c", "a@example.kz, b@example.kz", "a@example.kz\r\nBcc: b@example.kz", "A <a@example.kz>",
     "a@example.kz\n", "a b@example.kz", "a" * 320 + "@example.kz"],
)  # fmt: skip
def test_anything_but_one_address_is_refused(to: str) -> None:
    with pytest.raises(ValueError):
        rendered(replace(OWED, to=to))


@pytest.mark.parametrize(
    "to", ["айгүл@пошта.қаз", "aliya@пошта.қаз", '"a b"@example.kz', "o'neil+x=1@example.kz", "a@[192.0.2.1]"]
)
def test_unusual_addresses_are_kept_as_they_are(to: str) -> None:
    mail = rendered(replace(OWED, to=to))
    assert f"\r\nTo: {to}\r\n".encode() in mail.octets
    assert mail.recipient == to


def test_our_message_id_is_ascii_for_a_mailbox_that_is_not() -> None:
    assert rendered(mailbox="info@пошта.қаз").message_id == f"<{TOKEN}@xn--80a1acn3a.xn--80ao21a>"


def test_both_languages_in_one_mail() -> None:
    mail = rendered(replace(OWED, language="kk+ru"))
    assert mail.subject == "Сұраныс № K7Q2: жауабыңыз қажет / Запрос № K7Q2: нужен Ваш ответ"
    assert parsed(mail)["Subject"] == mail.subject
    assert parsed(mail)["Content-Language"] == "kk, ru"
    assert mail.body.split("\n")[:2] == [MARKERS["kk"], MARKERS["ru"]]
    assert mail.body.count(MARKERS["ru"]) == mail.body.count(MARKERS["kk"]) == mail.body.count(TOKEN) == 1
    kk, ru = mail.body.split("\n* * *\n")
    assert "Телефон:" in kk
    assert "адам қарасын" in kk
    assert "пусть посмотрит человек" in ru
    assert ru.endswith(f"\n[{TOKEN}]\n")


@pytest.mark.parametrize("language", ["de", "kk+en+", "", "ru+kk"])
def test_an_unknown_language_is_refused(language: str) -> None:
    with pytest.raises(ValueError):
        rendered(replace(OWED, language=language))


def test_a_huge_mail_is_refused() -> None:
    values = {"code": "unclear", "note": "x" * 100_001}
    with pytest.raises(ValueError, match="100000"):
        rendered(Owed(template="refused", role="final", to="a@example.kz", language="ru", values=values))


@pytest.mark.parametrize(
    "note", ["{{ 7*7 }}", "{% raw %}", "${7*7} %n {0.__class__}", "a\r\n\r\nUnsubscribe\r\n", "a\x07\u2028b"]
)
def test_a_value_is_text_and_stays_on_its_line(note: str) -> None:
    mail = rendered(
        Owed(
            template="refused", role="final", to="a@example.kz", language="en", values={"code": "unclear", "note": note}
        )
    )
    lines = mail.body.split("\n")
    shown = "".join(c if c.isprintable() else " " for c in note)
    assert f"Explanation: {' '.join(shown.split())}" in lines
    assert "49" not in mail.body


def test_the_token_line_is_added_where_a_template_forgot_it(tmp_path: Any) -> None:
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "ask.txt").write_text("Subject: Request {{ number }}\n\nHello.", encoding="utf-8")
    mail = render(replace(OWED, language="en"), FRAME, Templates([tmp_path]))
    assert mail.body == f"Hello.\n\n[{TOKEN}]\n"


def test_it_is_fast() -> None:
    values = samples("update-applied")[-1]
    owed = replace(OWED, template="update-applied", values={k: v for k, v in values.items() if k != "number"})
    rendered(owed)
    started = time.process_time()
    for _ in range(50):
        rendered(owed)
    assert (time.process_time() - started) / 50 < 0.02  # about 1 ms; generous for a busy machine
