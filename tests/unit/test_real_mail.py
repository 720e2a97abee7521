"""What real mail does: the ten points of the mail standards' page, each through the whole of explain."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from mailbot.reading.parse import parse
from tests.support.explained import check

RESULTS = "Authentication-Results: mx.example.com; dmarc=pass header.from=example.kz"
FROM, SIGNED = (
    "From: Aliya <aliya@example.kz>",
    "DKIM-Signature: v=1; a=rsa-sha256; d=example.kz; h=from:subject; b=abc=",
)
WITHDRAWAL = "Отзыв согласия на обработку персональных данных"
NEWS = "Отказ от уведомлений о новых продуктах и услугах и специальных предложениях"
KAZAKH = "Дербес деректерді өңдеуге келісімді кері қайтарып алу"
DATED = (
    "Received: from mail.example.kz by mx.example.com; Mon, 5 Oct 2026 12:00:00 +0500",
    "Message-ID: <1@example.kz>",
)


def mail(*fields: str | bytes, body: str | bytes = "") -> bytes:
    lines = [field.encode() if isinstance(field, str) else field for field in fields]
    return b"\r\n".join([*lines, b"", body.encode() if isinstance(body, str) else body])


def proven(*fields: str | bytes, body: str | bytes = "") -> dict[str, Any]:
    """Explain a mail of Aliya's, who is on file, that her provider answers for."""
    return check(mail(RESULTS, *DATED, FROM, *fields, body=body), known=True)


def unproven(*fields: str | bytes, body: str | bytes = "") -> dict[str, Any]:
    return check(mail(*DATED, *fields, body=body), known=True)


# --- 1


@pytest.mark.parametrize("name", ["Subject", "To", "Date", "Message-ID", "Reply-To", "Content-Type", "From"])
def test_1_a_second_once_only_header_above_a_signed_mail_is_never_acted_upon(name: str) -> None:
    lower = {"Subject": "Hello", "Content-Type": "text/plain", "From": "Aliya <aliya@example.kz>"}.get(
        name, "a@example.org"
    )
    upper = {"Subject": WITHDRAWAL, "Content-Type": "text/html"}.get(name, "b@example.org")
    fields = [f"{name}: {lower}", *(f for f in ("Subject: " + WITHDRAWAL, FROM) if not f.startswith(name))]
    result = check(mail(RESULTS, DATED[0], f"{name}: {upper}", SIGNED, *fields), known=True)
    assert (result["decision"], result["reply"], result["sender"]["evidence"]) == ("hold", None, "none")
    assert result["reason"] in ("header_twice", "sender_unclear")


# --- 2


@pytest.mark.parametrize("results", ["", "dkim=pass header.i=@sub.example.kz", "dkim=pass header.d=sub.example.kz"])
def test_2_a_signature_counts_only_as_the_trusted_host_judged_it(results: str) -> None:
    signature = (
        "DKIM-Signature: v=1; a=rsa-sha256; q=dns/txt:x; d=example.kz; i=a=40b@sub.example.kz; s=s; h=from; b=a="
    )
    trusted = [f"Authentication-Results: mx.example.com; {results}"] if results else []
    result = check(mail(*trusted, *DATED, signature, FROM, f"Subject: {WITHDRAWAL}"), known=True)
    assert (result["decision"], result["reason"][:7]) == ("challenge", "sender_")


# --- 3


@pytest.mark.parametrize(
    "value",
    [
        "dkim=pass (verified) header.d=example.kz; dmarc=pass header.from=example.kz;compauth=pass",
        "spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=example.kz; dkim=pass; dmarc=pass header.from=example.kz",
        " ; dmarc=pass header.from=example.kz",
        "mx.example.com/1; dmarc=pass (p=none",
        "",
    ],
)
def test_3_results_without_an_authserv_id_are_nothing(value: str) -> None:
    result = check(mail(f"Authentication-Results: {value}", *DATED, FROM, f"Subject: {WITHDRAWAL}"), known=True)
    assert result["sender"]["evidence"] == "none"
    assert result["decision"] == "challenge"


# --- 4


def test_4_a_mail_client_s_unsubscribe_button_is_applied_and_not_answered() -> None:
    result = proven(f"Subject: {NEWS}", "Auto-Submitted: auto-replied")
    assert (result["decision"], result["reason"], result["reply"]) == ("apply", "unsubscribe_button", None)


def test_4_a_button_that_leaves_no_mark_is_a_person() -> None:
    result = proven(f"Subject: {NEWS}")
    assert (result["decision"], result["machine"], result["reply"]["to"]) == ("apply", None, "aliya@example.kz")


def test_4_nothing_else_is_done_for_a_machine() -> None:
    result = proven(f"Subject: {WITHDRAWAL}", "Auto-Submitted: auto-replied")
    assert (result["decision"], result["machine"], result["reply"]) == ("ignore", "auto_submitted", None)


# --- 5

REPORT = (
    "This is the mail system at host mx.example.org.\n\nI'm sorry to have to inform you that your message could not\n"
)
REPORT += "be delivered to one or more recipients.\n\n<x@example.org>: 550 5.1.1 user unknown\n"
STATUS = "Reporting-MTA: dns; mx.example.org\n\nFinal-Recipient: rfc822; x@example.org\nAction: failed\nStatus: 5.1.1\n"


@pytest.mark.parametrize(
    "octets",
    [
        mail("From: MAILER-DAEMON@example.org", "Subject: Undelivered Mail Returned to Sender", body=REPORT),
        mail("From: mx@example.org", "Subject: Delivery Status Notification (Failure)", body=REPORT),
        mail("From: mx@example.org", "Subject: Undelivered Mail Returned to Sender", body=REPORT),
        mail(
            "From: mx@example.org", 'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
            body=f"--b\n\n{REPORT}\n--b\nContent-Type: message/delivery-status\n\n{STATUS}\n--b--\n",
        ),
        b"\n\n\n" + mail("From: MAILER-DAEMON@example.org", "Subject: failure notice", body=REPORT),
        b"Content-Type: message/delivery-status\n\n" + STATUS.encode(),
        STATUS.encode(),
    ],
)  # fmt: skip
def test_5_a_bounce_is_a_machine_whatever_it_shows(octets: bytes) -> None:
    result = check(octets, known=True)
    assert (result["decision"], result["machine"], result["reply"]) == ("ignore", "dsn", None)


@pytest.mark.parametrize(
    ("subject", "body"),
    [
        ("Fwd: Undelivered Mail Returned to Sender", f"Посмотрите, что пришло.\n\n{REPORT}"),
        ("Re: Undelivered Mail Returned to Sender", f"Письмо вернулось, почему?\n\n> {REPORT}"),
        ("Письмо не дошло", "Вчера мне пришёл отчет о доставке: 550 5.1.1 user unknown. Что делать?"),
        ("Вопрос", "Получила автоответ «я в отпуске до понедельника». Кто её заменяет?"),
    ],
)
def test_5_who_talks_of_a_bounce_is_a_person(subject: str, body: str) -> None:
    assert proven(f"Subject: {subject}", body=body)["machine"] is None


# --- 6


@pytest.mark.parametrize(
    ("subject", "body"),
    [
        ("[users] Re: how to revoke consent?", "Just send them a mail with the subject.\n\n-- \nusers mailing list\n"),
        ("Скидки до 70%!", "Только сегодня. Отписаться от рассылки: https://example.org/u\n" * 3),
        ("Cron <root@host> /usr/bin/backup", "backup: done, 3 files\n"),
        ("Your order 12345", "Thank you for your order. To unsubscribe click here.\n"),
        ("Жаңалықтар", "Құрметті оқырман! Бас тарту үшін сілтемені басыңыз: https://example.kz/x\n"),
    ],
)
def test_6_without_a_tag_there_is_no_act_and_from_a_stranger_no_answer(subject: str, body: str) -> None:
    result = check(mail(RESULTS, *DATED, FROM, f"Subject: {subject}", body=body), known=False)
    assert (result["decision"], result["reply"]) == ("leave", None)


# --- 7


@pytest.mark.parametrize(
    "label", ["DEFAULT_CHARSET", "unknown-8bit", "", '""', "x\0y", "_iso-2022-jp$ESC", "utf-8\x80", "8", "'", "a" * 500]
)
def test_7_a_charset_that_is_none_changes_nothing(label: str) -> None:
    result = proven(
        f"Content-Type: text/plain; charset={label}",
        b"Subject: " + WITHDRAWAL.encode("cp1251"),
        body="Прошу удалить мои данные.".encode("koi8_r"),
    )
    assert result["rung"] == "exact"
    assert result["own_text"] == "Прошу удалить мои данные."


@pytest.mark.parametrize(
    "name", ["To", "Cc", "Reply-To", "Date", "Received", "Content-Disposition", "References", "Sender"]
)
@pytest.mark.parametrize(
    "value",
    ["=?x?q?=00?= <", "@[", "Mon, 1 Jan 99999999999 00:00:00 +99999", '"\\', "(" * 60, "\xff\xfe", ":;,<>@[]", "a\0b"],
)
def test_7_no_field_s_value_is_too_much(name: str, value: str) -> None:
    assert unproven(f"{name}: {value}", FROM, f"Subject: {WITHDRAWAL}")["rung"] == "exact"


def test_7_endless_nesting_is_cut() -> None:
    deep = b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (n, n) for n in range(3000))
    assert "body_cut" in check(b"From: a@example.kz\n" + deep, known=True)["defects"]


# --- 8: the subjects


def q(text: str, codec: str, label: str = "") -> bytes:
    return b"=?%b?q?%b?=" % ((label or codec).encode(), b"".join(b"=%02X" % one for one in text.encode(codec)))


def b(text: str | bytes, codec: str, label: str = "", way: bytes = b"B") -> bytes:
    raw = text if isinstance(text, bytes) else text.encode(codec)
    return b"=?%b?%b?%b?=" % ((label or codec).encode(), way, base64.b64encode(raw))


def cut(text: str, codec: str, at: int, label: str = "", between: bytes = b" ") -> bytes:
    raw = text.encode(codec)
    return b(raw[:at], codec, label) + between + b(raw[at:], codec, label)


W1251, HALF = WITHDRAWAL.encode("cp1251"), len(WITHDRAWAL) // 2
SUBJECTS: dict[str, tuple[bytes, str]] = {
    "raw utf-8": (WITHDRAWAL.encode(), WITHDRAWAL),
    "raw windows-1251": (W1251, WITHDRAWAL),
    "raw koi8-r": (WITHDRAWAL.encode("koi8_r"), WITHDRAWAL),
    "raw cp866": (WITHDRAWAL.encode("cp866"), WITHDRAWAL),
    "raw kz-1048": (KAZAKH.encode("kz1048"), KAZAKH),
    "raw utf-8 kazakh": (KAZAKH.encode(), KAZAKH),
    "raw upper case windows-1251": (WITHDRAWAL.upper().encode("cp1251"), WITHDRAWAL.upper()),
    "raw upper case koi8-r": (WITHDRAWAL.upper().encode("koi8_r"), WITHDRAWAL.upper()),
    "raw lower case koi8-r": (WITHDRAWAL.lower().encode("koi8_r"), WITHDRAWAL.lower()),
    "raw short windows-1251": ("Отписка".encode("cp1251"), "Отписка"),
    "raw short koi8-r": ("Отписка".encode("koi8_r"), "Отписка"),
    "raw folded windows-1251": (W1251.replace(b" ", b"\r\n ", 2), WITHDRAWAL),
    "raw folded utf-8": (WITHDRAWAL.encode().replace(b" ", b"\r\n\t", 2), WITHDRAWAL),
    "raw folded inside a letter": ("Отзыв".encode()[:3] + b"\r\n " + "Отзыв".encode()[3:], "Отзыв"),
    "raw utf-8 decomposed": ("Отзывы и\u0306".encode(), "Отзывы й"),
    "raw with reply prefix": (b"Re: " + W1251, f"Re: {WITHDRAWAL}"),
    "raw utf-8 beside an encoded-word": (WITHDRAWAL[:6].encode() + b(WITHDRAWAL[6:], "utf-8"), WITHDRAWAL),
    "raw windows-1251 beside an encoded-word": (W1251[:6] + b(WITHDRAWAL[6:], "utf-8"), WITHDRAWAL),
    "b utf-8": (b(WITHDRAWAL, "utf-8"), WITHDRAWAL),
    "b utf-8 lower case b": (b(WITHDRAWAL, "utf-8", way=b"b"), WITHDRAWAL),
    "b windows-1251": (b(WITHDRAWAL, "cp1251", "windows-1251"), WITHDRAWAL),
    "b Windows-1251": (b(WITHDRAWAL, "cp1251", "Windows-1251"), WITHDRAWAL),
    "b WINDOWS-1251": (b(WITHDRAWAL, "cp1251", "WINDOWS-1251"), WITHDRAWAL),
    "b win-1251": (b(WITHDRAWAL, "cp1251", "win-1251"), WITHDRAWAL),
    "b koi8-r": (b(WITHDRAWAL, "koi8_r", "koi8-r"), WITHDRAWAL),
    "b KOI8-R": (b(WITHDRAWAL, "koi8_r", "KOI8-R"), WITHDRAWAL),
    "b kz-1048": (b(KAZAKH, "kz1048", "KZ-1048"), KAZAKH),
    "b ptcp154": (b(KAZAKH, "ptcp154", "PTCP154"), KAZAKH),
    "b iso-8859-5": (b(WITHDRAWAL, "iso8859_5", "iso-8859-5"), WITHDRAWAL),
    "b utf-16": (b(WITHDRAWAL, "utf-16"), WITHDRAWAL),
    "b with a language": (b(WITHDRAWAL, "utf-8", "utf-8*ru"), WITHDRAWAL),
    "b without padding": (b(WITHDRAWAL + "ы", "utf-8").replace(b"=?=", b"?=").replace(b"==", b""), WITHDRAWAL + "ы"),
    "b with blanks inside": (b(WITHDRAWAL, "utf-8").replace(b"0L", b"0 L"), WITHDRAWAL),
    "b folded inside a word": (b(WITHDRAWAL, "utf-8").replace(b"0L", b"0\r\n L", 1), WITHDRAWAL),
    "q utf-8": (q(WITHDRAWAL, "utf-8"), WITHDRAWAL),
    "q windows-1251": (q(WITHDRAWAL, "cp1251", "windows-1251"), WITHDRAWAL),
    "q koi8-r lower case hex": (q(WITHDRAWAL, "koi8_r", "koi8-r").lower(), WITHDRAWAL),
    "q with underscores": (q(WITHDRAWAL, "utf-8").replace(b"=20", b"_"), WITHDRAWAL),
    "q with blanks": (q(WITHDRAWAL, "utf-8").replace(b"=20", b" "), WITHDRAWAL),
    "q with raw octets": (b"=?windows-1251?q?" + W1251.replace(b" ", b"_") + b"?=", WITHDRAWAL),
    "split between words": (b(WITHDRAWAL[:6], "utf-8") + b"\r\n " + b(WITHDRAWAL[6:], "utf-8"), WITHDRAWAL),
    "split inside a letter": (cut(WITHDRAWAL, "utf-8", 21), WITHDRAWAL),
    "split inside a kazakh letter": (cut(KAZAKH, "utf-8", 29, "UTF-8", b"\r\n "), KAZAKH),
    "split inside a letter, no blank": (cut(WITHDRAWAL, "utf-8", 21, between=b""), WITHDRAWAL),
    "split inside a letter, labels of two cases": (
        b(WITHDRAWAL.encode()[:21], "", "UTF-8") + b" " + b(WITHDRAWAL.encode()[21:], "", "utf-8"), WITHDRAWAL,
    ),
    "split in q and b": (q(WITHDRAWAL[:HALF], "utf-8") + b" " + b(WITHDRAWAL[HALF:], "utf-8"), WITHDRAWAL),
    "two charsets": (b(WITHDRAWAL[:6], "utf-8") + b" " + q(WITHDRAWAL[6:], "koi8_r", "koi8-r"), WITHDRAWAL),
    "mislabelled: windows-1251 is utf-8": (b(WITHDRAWAL, "utf-8", "windows-1251"), WITHDRAWAL),
    "mislabelled: windows-1251 is koi8-r": (b(WITHDRAWAL, "koi8_r", "windows-1251"), WITHDRAWAL),
    "mislabelled: koi8-r is windows-1251": (b(WITHDRAWAL, "cp1251", "koi8-r"), WITHDRAWAL),
    "mislabelled: utf-8 is windows-1251": (b(WITHDRAWAL, "cp1251", "utf-8"), WITHDRAWAL),
    "mislabelled: windows-1251 is kz-1048": (b(KAZAKH, "kz1048", "windows-1251"), KAZAKH),
    "mislabelled: iso-8859-1 is windows-1251": (b(WITHDRAWAL, "cp1251", "iso-8859-1"), WITHDRAWAL),
    "mislabelled: us-ascii is utf-8": (b(WITHDRAWAL, "utf-8", "us-ascii"), WITHDRAWAL),
    "unknown label, windows-1251": (b(WITHDRAWAL, "cp1251", "DEFAULT_CHARSET"), WITHDRAWAL),
    "unknown label, koi8-r": (b(WITHDRAWAL, "koi8_r", "unknown-8bit"), WITHDRAWAL),
    "unknown label, utf-8": (b(WITHDRAWAL, "utf-8", "x-unknown"), WITHDRAWAL),
    "empty label": (b"=??b?" + base64.b64encode(WITHDRAWAL.encode()) + b"?=", WITHDRAWAL),
    "in quotes": (b'"' + b(WITHDRAWAL, "utf-8") + b'"', f'"{WITHDRAWAL}"'),
    "prefix before": (b"Re: " + b(WITHDRAWAL, "koi8_r", "koi8-r"), f"Re: {WITHDRAWAL}"),
    "line break inside": (b(WITHDRAWAL.replace(" ", "\r\n", 1), "utf-8"), WITHDRAWAL),
    "trailing blanks and folds": (b(WITHDRAWAL, "utf-8") + b" \r\n \r\n ", WITHDRAWAL),
}  # fmt: skip


@pytest.mark.parametrize("name", SUBJECTS)
def test_8_a_cyrillic_subject_is_read(name: str) -> None:
    value, subject = SUBJECTS[name]
    assert parse(mail(FROM, b"Subject: " + value)).subject == subject


@pytest.mark.parametrize("name", [n for n, (_, s) in SUBJECTS.items() if s in (WITHDRAWAL, KAZAKH)])
def test_8_a_tag_in_any_dress_is_the_exact_tag(name: str) -> None:
    assert proven(b"Subject: " + SUBJECTS[name][0])["rung"] == "exact"


def test_8_a_telecom_that_declares_windows_1251_and_sends_utf_8_is_read() -> None:
    result = proven(
        "Subject: x", "Content-Type: text/plain; charset=windows-1251", body="Сәлеметсіз бе, шот туралы хат"
    )
    assert result["own_text"] == "Сәлеметсіз бе, шот туралы хат"


# --- 9 and 10

HEADINGS = [
    "понедельник, 6 октября 2014 г. пользователь Info написал:",
    "20 окт. 2016 г. 19:37 пользователь Info <info@example.com>\nнаписал:",
    "ср, 30 апр. 2025 г. в 15:19, Info <info@example.com>:",
    "30 серп. 2016 р. 10:15 Info <info@example.com> пише:",
    "2026 ж. 5 қаз., дс уақытында, Info <info@example.com> жазған:",
    "05.10.2026 11:00 уақытында, Info жазған:",
    "05.10.2026 11:00, Info пишет:",
    "5 октября 2026 г. 11:00:00 GMT+05:00, Info <info@example.com> пишет:",
    "Info писал(а) 2026-10-05 11:00:",
    "On Mon, 5 Oct 2026 at 11:00, Info <info@example.com> wrote:",
    "-------- Түпнұсқа хабарламасы --------\nТақырыбы: Сұрақ\nКүні: 5 қазан 2026\nКімнен: Info\nКімге: Aliya",
    "-------- Исходное сообщение --------\nТема: Вопрос\nДата: 5 октября 2026\nОт: Info\nКому: Aliya",
    "-------- Пересылаемое сообщение --------\n05.10.2026, 11:00, \"Info\" <info@example.com>:",
    "Кімнен: Info <info@example.com>\nЖіберілді: 5 қазан 2026 ж. 11:00\nКімге: Aliya\nТақырып: Сұрақ",
    "От: Info <info@example.com>\nОтправлено: 5 октября 2026 г. 11:00\nКому: Aliya\nТема: Вопрос",
]  # fmt: skip
MARKED = [">", "> > "]


@pytest.mark.parametrize("heading", HEADINGS)
def test_9_a_quote_s_heading_is_known(heading: str) -> None:
    result = proven("Subject: Re: x", body=f"Рахмет, алдым.\n\n{heading}\n\n{WITHDRAWAL}\n")
    assert result["own_text"] == "Рахмет, алдым."
    assert result["kind"] is None


@pytest.mark.parametrize("mark", MARKED)
@pytest.mark.parametrize(
    "heading", [*HEADINGS, "Am Montag hat jemand geschrieben:", "Blorp 3.11.2025 flarg <a@example.kz> znik:"]
)
def test_9_a_line_that_ends_in_a_colon_above_a_quote_is_its_heading(heading: str, mark: str) -> None:
    result = proven("Subject: Re: x", body=f"Рахмет, алдым.\n\n{heading}\n{mark} {WITHDRAWAL}\n{mark} a\n")
    assert result["own_text"] == "Рахмет, алдым."


@pytest.mark.parametrize("tag", [WITHDRAWAL, KAZAKH, NEWS, "unsubscribe"])
@pytest.mark.parametrize("heading", [*HEADINGS, ""])
def test_10_a_quoted_tag_is_never_acted_upon(heading: str, tag: str) -> None:
    for body in (f"{heading}\n> {tag}\n", f"Жақсы\n\n{heading}\n> {tag}\n> Телефон: +7 701 000 00 00\n"):
        result = proven("Subject: Re: x", "In-Reply-To: <2@example.kz>", body=body)
        assert result["decision"] in ("leave", "ignore"), body
        assert result["fields"] == {}
