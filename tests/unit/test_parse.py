"""parse: every trap of mail-parser and of real mail, the limits, and that it never raises."""

from __future__ import annotations

import base64
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.reading.charset import decode, decode_words, detect, kazakh
from mailbot.reading.header import mailboxes
from mailbot.reading.message import Message
from mailbot.reading.parse import parse

TAG = "Дербес деректерді өңдеуге келісімді кері қайтарып алу"
RU = "Отзыв согласия на обработку персональных данных"
ONCE = "From Sender Reply-To To Cc Bcc Message-ID In-Reply-To References Subject Date Content-Type MIME-Version"


def mail(*fields: str | bytes, body: str | bytes = "Да", end: bytes = b"\r\n") -> bytes:
    """A mail of those fields; a From is added where none is given."""
    lines = [field.encode() if isinstance(field, str) else field for field in fields]
    if not any(line.lower().startswith(b"from") for line in lines):
        lines.insert(0, b"From: Aliya <aliya@example.kz>")
    text = body.encode() if isinstance(body, str) else body
    return end.join(lines) + end * 2 + text


def multipart(kind: str, *parts: str | bytes, closed: bool = True) -> bytes:
    """A multipart of parts, each with its own header."""
    octets = b"".join(b"--b\r\n" + (p.encode() if isinstance(p, str) else p) + b"\r\n" for p in parts)
    return mail(f'Content-Type: multipart/{kind}; boundary="b"', body=octets + (b"--b--\r\n" if closed else b""))


def plain(text: str) -> str:
    return f"Content-Type: text/plain; charset=utf-8\r\n\r\n{text}"


def html(text: str) -> str:
    return f"Content-Type: text/html; charset=utf-8\r\n\r\n{text}"


# --- the mail as a whole


def test_a_sound_mail_fills_every_field() -> None:
    message = parse(
        mail(
            "Received: from a.example.kz by mx.example.kz; Mon, 5 Oct 2026 12:00:00 +0500",
            "Received: from b by a.example.kz; Mon, 5 Oct 2026 11:00:00 +0500",
            "From: =?utf-8?B?0JDQudCz0q/Quw==?= <aigul@example.kz>",
            "Reply-To: other@example.kz",
            "To: Mailbot <privacy@example.kz>, b@example.kz",
            "Cc: c@example.kz",
            "Subject: unsubscribe",
            "Date: Mon, 5 Oct 2026 11:59:00 +0500",
            "Message-ID: <1@example.kz>",
            "In-Reply-To: <2@example.kz>",
            "References: <3@example.kz>\r\n <2@example.kz>",
            body="Line\r\nNext",
        )
    )
    assert message.writer == "aigul@example.kz"
    assert message.from_[0].name == "Айгүл"
    assert [one.addr for one in message.reply_to] == ["other@example.kz"]
    assert [one.addr for one in message.to] == ["privacy@example.kz", "b@example.kz"]
    assert [one.addr for one in message.cc] == ["c@example.kz"]
    assert message.date == datetime(2026, 10, 5, 6, 59, tzinfo=UTC)
    assert message.hop_at == datetime(2026, 10, 5, 7, 0, tzinfo=UTC)
    assert message.message_id == "<1@example.kz>"
    assert message.in_reply_to == ("<2@example.kz>",)
    assert message.references == ("<3@example.kz>", "<2@example.kz>")
    assert message.text == message.own_text == "Line\nNext"
    assert message.defects == message.repeated == ()
    assert len(message.all("received")) == 2


def test_the_header_alone_has_no_text() -> None:
    message = parse(mail("Subject: x", 'Content-Type: multipart/mixed; boundary="b"', body=""), complete=False)
    assert (message.complete, message.text, message.parts, message.content_type) == (False, "", (), "multipart/mixed")
    assert message.defects == ()


# --- the traps of mail-parser


@pytest.mark.parametrize(
    "octets",
    [
        multipart("mixed", 'Content-Type: multipart/alternative; boundary="never"\r\n\r\nx', closed=False),
        multipart("mixed", closed=False),
        mail("Content-Type: multipart/mixed", body="no boundary"),
        mail("Content-Type: text/plain; a*0=1; a*1*=2; a*=3; charset*0*=x", "Subject: unsubscribe"),
    ],
)
def test_a_truncated_or_mangled_mail_still_has_its_headers(octets: bytes) -> None:
    message = parse(octets)
    assert message.writer == "aliya@example.kz"


def test_a_truncated_multipart_is_a_defect() -> None:
    assert "truncated_multipart" in parse(mail('Content-Type: multipart/mixed; boundary="b"', body="x")).defects


@pytest.mark.parametrize("name", ONCE.split())
@pytest.mark.parametrize("second", ["{}: b@example.kz", "{} : b@example.kz", "{}:b@example.kz"])
def test_a_once_only_header_twice_is_counted(name: str, second: str) -> None:
    assert parse(mail(f"{name}: a@example.kz", second.format(name.upper()))).repeated == (name.lower(),)


def test_the_first_of_two_subjects_is_shown() -> None:
    assert parse(mail("Subject: first", "Subject: second")).subject == "first"


def test_two_from_fields_have_no_writer() -> None:
    message = parse(mail("From: a@example.kz", "From: b@example.kz"))
    assert (message.from_fields, message.writer) == (2, None)


def test_an_encoded_line_break_in_a_subject_becomes_a_space() -> None:
    message = parse(mail("Subject: =?utf-8?q?a=0D=0ABcc:x=40y.kz=00=0B?="))
    assert message.subject == "a Bcc:x@y.kz"


@pytest.mark.parametrize(
    ("label", "codec"),
    [
        ("utf-8", "utf-8"),
        ("windows-1251", "cp1251"),
        ("koi8-r", "koi8_r"),
        ("windows-1251", "utf-8"),
        ("windows-1251", "koi8_r"),
        ("koi8-r", "cp1251"),
        ("utf-8", "cp1251"),
        ("us-ascii", "cp1251"),
        ("DEFAULT_CHARSET", "koi8_r"),
        ("unknown-8bit", "utf-8"),
        ('""', "cp1251"),
        ("iso-8859-1", "utf-8"),
    ],
)
def test_russian_is_read_whatever_the_label(label: str, codec: str) -> None:
    octets = mail(f"Content-Type: text/plain; charset={label}", b"Subject: " + RU.encode(codec), body=RU.encode(codec))
    message = parse(octets)
    assert message.text == RU
    assert message.subject == RU


@pytest.mark.parametrize(
    ("label", "codec"), [("kz-1048", "kz1048"), ("ptcp154", "ptcp154"), ("windows-1251", "kz1048"), ("utf-8", "kz1048")]
)
def test_kazakh_is_read_whatever_the_label(label: str, codec: str) -> None:
    message = parse(mail(f"Content-Type: text/plain; charset={label}", "Subject: x", body=TAG.encode(codec)))
    assert message.text == TAG


def test_a_raw_eight_bit_subject_without_any_label_is_recognised() -> None:
    for codec in ("utf-8", "cp1251", "koi8_r"):
        assert parse(mail(b"Subject: " + "Отписка".encode(codec))).subject == "Отписка"


@pytest.mark.parametrize("word", ["Да", "нет", "Отписка", "ОТЗЫВ СОГЛАСИЯ", "да, подтверждаю", "отпуск"])
def test_short_cyrillic_is_told_apart(word: str) -> None:
    assert detect(word.encode("cp1251")) == word
    assert decode(word.encode("koi8_r"), "windows-1251")[0] == word


def test_other_languages_of_windows_1251_stay() -> None:
    for text in ("моєю Україною їхати ґрунт", "добра, быў", "ђак ћао љубав"):
        assert kazakh(text) == text
    assert kazakh("Дербес деректерді ґѕдеуге келісімді кері ќайтарып алу") == TAG


def test_utf7_is_not_decoded() -> None:
    message = parse(mail("Content-Type: text/plain; charset=utf-7", body="+BB4EQgQ/BDgEQQQ6BDA-"))
    assert message.text.startswith("+BB4")
    assert "charset_unknown" in message.defects


def test_an_iso_2022_part_is_decoded() -> None:
    body = "日本".encode("iso2022_jp")
    assert parse(mail("Content-Type: text/plain; charset=iso-2022-jp", body=body)).text == "日本"


def test_a_charset_name_with_nul_raises_nothing() -> None:
    assert parse(mail(b"Content-Type: text/plain; charset=a\0b", body="x")).text == "x"


def test_text_of_a_forwarded_mail_is_not_this_mails_text() -> None:
    inner = "Content-Type: message/rfc822\r\n\r\nMessage-ID: <in@example.kz>\r\nSubject: unsubscribe\r\n\r\nunsubscribe"
    message = parse(multipart("mixed", plain("See below"), inner))
    assert message.text == "See below"
    assert message.returned_ids == ("<in@example.kz>",)
    assert [part.content_type for part in message.parts] == ["text/plain", "message/rfc822"]


def test_an_image_without_a_name_is_not_text() -> None:
    image = "Content-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0KGgo="
    message = parse(multipart("mixed", plain("Да"), image, "Content-Type: text/calendar\r\n\r\nBEGIN:VCALENDAR"))
    assert message.text == "Да"
    assert len(message.parts) == 3


@pytest.mark.parametrize(
    "value",
    ["Mon, 5 Oct 2026 11:59:00", "yesterday", "", "Mon, 99 Oct 99999 99:99:99 +9999", "31 Dec 9999 23:59:59 GMT"],
)
def test_a_date_that_is_none_is_none(value: str) -> None:
    message = parse(mail(f"Date: {value}", f"Received: from a by b; {value}"))
    assert message.date is None
    assert message.hop_at is None


# --- encoded-words


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("=?utf-8?B?0JDQudCz0q/Q?= =?utf-8?B?uw==?=", "Айгүл"),
        ("=?UTF-8?B?0JDQudCz0q/Q?=\r\n =?utf-8?Q?=BB?=", "Айгүл"),
        ("=?koi8-r?B?5ME=?= x", "Да x"),
        ('"=?utf-8?B?0JDQudCz0q/Quw==?="', '"Айгүл"'),
        ("=?nonsense?q?a_b?=", "a b"),
        ("=?utf-8*kk?q?a?=", "a"),
        ("=?utf-8?q?one two?=", "one two"),
        ("=?utf-8?q?what's up??=", "what's up?"),
        ("=?utf-8?B?0JTQsA?=", "Да"),
        ("a =?utf-8?q?b", "a =?utf-8?q?b"),
    ],
)
def test_encoded_words(value: str, text: str) -> None:
    assert parse(mail(f"Subject: {value}")).subject == text


def test_words_of_an_unknown_charset_are_a_defect() -> None:
    assert decode_words("=?nonsense?q?=D0=B0?=") == ("а", "charset_unknown")


def test_text_is_nfc_without_nul() -> None:
    message = parse(mail("Subject: \u0438\u0306\u0438", body=b"a\0b" + "\u0438\u0306".encode()))
    assert message.subject == "йи"
    assert message.text == "abй"
    assert "null_octet" in message.defects


# --- From


@pytest.mark.parametrize(
    ("value", "addr"),
    [
        ("aliya@example.kz", "aliya@example.kz"),
        ("Aliya <aliya@example.kz>", "aliya@example.kz"),
        ('"Aliya, A." <aliya+tag@example.kz>', "aliya+tag@example.kz"),
        ("aliya@example.kz (Aliya (A))", "aliya@example.kz"),
        ("Айгүл <айгүл@пошта.қаз>", "айгүл@пошта.қаз"),
        ("=?utf-8?Q?Ivanov,_Ivan?= <ivan.i@example.kz>", "ivan.i@example.kz"),
        ('"john doe"@example.kz', '"john doe"@example.kz'),
        ('"info@example.org" <evil@example.com>', "evil@example.com"),
        ("J. Smith < j@example.kz >", "j@example.kz"),
        ("root@localhost", "root@localhost"),
    ],
)
def test_one_mailbox(value: str, addr: str) -> None:
    message = parse(mail(f"From: {value}"))
    assert message.writer == addr
    assert message.defects == ()


@pytest.mark.parametrize(
    ("value", "defect"),
    [
        ("a@example.kz, b@example.kz", "from_ambiguous"),
        ("a@example.kz <b@example.com>", "from_ambiguous"),
        ('"a@example.kz," b@example.com', "from_ambiguous"),
        ("<<a@example.kz>>", "from_ambiguous"),
        ("<a@example.kz> <b@example.kz>", "from_ambiguous"),
        ("a@example.kz@example.com", "from_ambiguous"),
        ("<@example.com:a@example.kz>", "from_group"),
        ("Friends: a@example.kz;", "from_group"),
        ("undisclosed:;", "from_group"),
        ("=?utf-8?q?a=40example=2Ekz_=3Ca=40example=2Ekz=3E?= <b@example.com>", "from_ambiguous"),
        ("=?utf-8?q?a@example.kz?= <b@example.com>", "from_ambiguous"),
        ("=?utf-8?q?a=0D=0Ab?= <b@example.com>", "from_ambiguous"),
        ("a\x01 <b@example.com>", "from_ambiguous"),
        ("a <b\u202e@example.com>", "from_ambiguous"),
        ("<=?utf-8?q?a?=@example.kz>", "from_ambiguous"),
        ("a <b@example..kz>", "from_ambiguous"),
        ("a <b @example.kz>", "from_ambiguous"),
        ('"a <b@example.kz>', "from_ambiguous"),
        ("a (b <b@example.kz>", "from_ambiguous"),
        ("MAILER-DAEMON", "from_ambiguous"),
        ("a@example.kz,", "from_ambiguous"),
        ("<>", "from_missing"),
        ("", "from_missing"),
    ],
)
def test_no_single_mailbox(value: str, defect: str) -> None:
    message = parse(mail(f"From: {value}"))
    assert message.writer is None
    assert len(message.from_) != 1
    assert defect in message.defects


def test_several_sound_mailboxes_are_all_told() -> None:
    found, defect = mailboxes("a@example.kz, B <b@example.kz>")
    assert [one.addr for one in found] == ["a@example.kz", "b@example.kz"]
    assert defect == "from_ambiguous"


# --- damaged headers


@pytest.mark.parametrize(
    ("octets", "defect"),
    [
        (b"\r\n\r\nFrom: a@example.kz\r\nSubject: x\r\n\r\ny", "blank_before_header"),
        (b"From: a@example.kz\r\ngarbage\r\nSubject: x\r\n\r\ny", "header_garbage"),
        (b"From: a@example.kz\rX-Bar: 1\r\nSubject: x\r\n\r\ny", "bare_cr"),
        (b"From: a@example.kz\r\r\nSubject: x\r\r\n\r\r\ny", "bare_cr"),
        (b"From: a@example.kz\nSubject: x\ny", "no_separator"),
        (b"From: a@exam\0ple.kz\nSubject: x\n\ny", "null_octet"),
        (b"From: a@example.kz\nSubject: x\nX-A: " + b"a" * 300_000 + b"\n\ny", "header_cut"),
    ],
)
def test_a_damaged_header_still_reads(octets: bytes, defect: str) -> None:
    message = parse(octets)
    assert message.writer == "a@example.kz"
    assert message.subject == "x"
    assert defect in message.defects


def test_a_bare_cr_does_not_hide_a_second_subject() -> None:
    assert parse(mail(b"Subject: a\rSubject: b")).repeated == ("subject",)


def test_a_mbox_line_above_the_header_is_passed_over() -> None:
    message = parse(b"From a@example.kz Mon Oct  5 2026\nFrom: a@example.kz\n\nx")
    assert (message.from_fields, message.writer, message.defects) == (1, "a@example.kz", ())


# --- the body


def test_plain_text_is_preferred() -> None:
    assert parse(multipart("alternative", plain("plain text"), html("<p>html</p>"))).text == "plain text"


@pytest.mark.parametrize(
    "stub", ["", " \r\n", "\u200b", "Ваш почтовый клиент не поддерживает HTML", "View this email in your browser"]
)
def test_html_is_taken_where_the_plain_text_is_a_stub(stub: str) -> None:
    assert parse(multipart("alternative", plain(stub), html("<p>Да</p>"))).text == "Да"


def test_a_short_answer_is_no_stub() -> None:
    assert parse(multipart("alternative", plain("Да"), html("<p>Да</p>"))).text == "Да"
    assert parse(multipart("alternative", plain("ok"), html("<p>other</p>"))).text == "ok"


def test_attached_text_is_not_text() -> None:
    attached = "Content-Type: text/plain; name=a.txt\r\nContent-Disposition: attachment\r\n\r\nunsubscribe"
    message = parse(multipart("mixed", plain("Да"), attached))
    assert message.text == "Да"
    assert message.parts[1].disposition == "attachment"
    assert message.parts[1].filename == "a.txt"


def test_a_body_with_a_name_is_text_where_there_is_no_other() -> None:
    assert parse(multipart("mixed", 'Content-Type: text/plain; name="body.txt"\r\n\r\nДа')).text == "Да"


def test_returned_ids_of_every_shape() -> None:
    rfc = "Content-Type: text/rfc822-headers\r\n\r\nSubject: x\r\nMessage-ID: <1@example.kz>"
    assert parse(multipart("report; report-type=delivery-status", rfc)).returned_ids == ("<1@example.kz>",)
    quoted = "Not delivered.\r\n\r\n--- copy ---\r\nMessage-Id: <2@example.kz>\r\nSubject: x"
    assert parse(mail(body=quoted)).returned_ids == ("<2@example.kz>",)
    notice = "Content-Type: message/disposition-notification\r\n\r\nOriginal-Message-ID: <3@example.kz>\r\n"
    assert parse(multipart("report; report-type=disposition-notification", notice)).returned_ids == ("<3@example.kz>",)


def test_report_type_is_lower_case() -> None:
    assert parse(multipart("report; report-type=Delivery-Status", plain("x"))).report_type == "delivery-status"


def test_base64_text_and_sizes() -> None:
    body = base64.encodebytes(("Да\n" * 100).encode()).decode()
    message = parse(mail("Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: base64", body=body))
    assert message.text.count("Да") == 100
    assert abs(message.parts[0].size_bytes - 500) < 5


# --- limits


def _many(part: bytes, kind: bytes = b"mixed") -> bytes:
    return b"From: a@example.kz\nContent-Type: multipart/" + kind + b"; boundary=b\n\n" + part


_NEST = b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (n, n) for n in range(5000))
HOSTILE = {
    "one long line": mail(body=b"x" * 1_000_000),
    "long subject": mail(b"Subject: " + b"=?utf-8?q?" * 30_000),
    "many parts": _many(b"--b\nContent-Type: text/plain\n\nx\n" * 100_000),
    "digest": _many(b"--b\n\nSubject: x\n\nx\n" * 50_000, b"digest"),
    "nested": b"From: a@example.kz\n" + _NEST,
    "nested and long": b"From: a@example.kz\n" + _NEST[:1500] + b"line\n" * 1_000_000,
    "embedded": mail(body=b"") + b"Content-Type: message/rfc822\n\n" * 20_000,
    "many headers": b"From: a@example.kz\n" + b"".join(b"X-%d: a\n" % n for n in range(100_000)) + b"\nx",
    "many lines that are no fields": b"From: a@example.kz\n" + b"x\n" * 125_000 + b"Subject: x\n\nx",
    "many Received": b"From: a@example.kz\n" + b"Received: from a by b; now\n" * 100_000 + b"\nx",
    "parameters": mail(b"Content-Type: text/plain" + b"; a=1" * 50_000),
    "part parameters": _many(b"--b\nContent-Disposition: attachment" + b'; a="' * 50_000 + b"\n\nx"),
    "addresses": mail(b"To: " + b"a@example.kz, " * 30_000),
    "brackets": mail(b"From: " + b"<" * 100_000),
    "quotes": mail(b"From: " + b'"\\"' * 3_000),
    "comments": mail(b"From: " + b"(" * 9_000, b"Date: " + b"(" * 30_000),
    "quotation": mail(body=b"> x\n" * 200_000),
    "deep html": mail("Content-Type: text/html", body=b"<div>" * 200_000),
    "long html": mail("Content-Type: text/html", body=b"<p>x</p>" * 120_000),
    "scripts": mail("Content-Type: text/html", body=b"<div>" * 500 + b"<script " * 100_000),
    "carriage returns": b"\r" * 1_000_000,
    "zeros": b"\0" * 1_000_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_bomb_costs_little(name: str) -> None:
    began = time.process_time()
    message = parse(HOSTILE[name])
    assert time.process_time() - began < 2
    assert len(message.parts) <= 101
    assert len(message.headers) <= 2001
    assert len(message.text.encode()) <= 2_100_000


@pytest.mark.parametrize(
    ("name", "defect"),
    [("many parts", "body_cut"), ("nested", "body_cut"), ("many headers", "header_cut"), ("deep html", "html_deep")],
)
def test_a_cut_is_a_defect(name: str, defect: str) -> None:
    assert defect in parse(HOSTILE[name]).defects


def test_a_long_text_is_cut_between_letters() -> None:
    for line in (TAG + "\n", TAG + " "):
        message = parse(mail("Content-Type: text/plain; charset=utf-8", body=line * 15_000))
        assert message.defects == ("text_cut",)
        assert message.text.startswith(TAG)
        assert len(message.text.encode()) > 900_000


def test_a_mail_deeper_than_ten_is_cut() -> None:
    deep = b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (n, n) for n in range(12))
    message = parse(b"From: a@example.kz\n" + deep + b"\nunsubscribe\n")
    assert "too_deep" in message.defects
    assert message.text == ""


# --- it never raises


def _is_clean(message: Message) -> None:
    for text in (message.subject, message.text, *(value for _, value in message.headers)):
        assert "\0" not in text
        text.encode("utf-8")
    assert "\n" not in message.subject
    assert "\r" not in message.text


@given(st.binary(max_size=3000))
def test_any_octets_parse(octets: bytes) -> None:
    _is_clean(parse(octets))
    _is_clean(parse(octets, complete=False))


_SEEDS = [
    multipart("alternative", plain(TAG), html(f"<p>{TAG}</p>")),
    mail(
        "To: a@example.kz", "Subject: =?utf-8?B?0JDQudCz0q/Q?= =?utf-8?B?uw==?=", "Date: Mon, 5 Oct 2026 11:59:00 +0500"
    ),
    multipart(
        "report; report-type=delivery-status", plain("x"), "Content-Type: message/delivery-status\r\n\r\na: b\r\n"
    ),
    multipart("mixed", "Content-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\ny"),
]


@given(
    st.sampled_from(_SEEDS),
    st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 5), st.binary(max_size=8)), max_size=8),
)
def test_mutated_mails_parse(seed: bytes, edits: list[tuple[int, int, bytes]]) -> None:
    octets = bytearray(seed)
    for at, length, new in edits:
        octets[at % len(octets) : at % len(octets) + length] = new or b"\xff"
    _is_clean(parse(bytes(octets)))


_PIECES = [*'a@<>,:;()"\\. =?\t[]Ж', "=?utf-8?q?", "?=", "\r\n ", "a@example.kz", "b", "text/plain", "charset"]
_VALUE = st.lists(st.sampled_from(_PIECES), max_size=30).map("".join)


@given(st.sampled_from(["From", "To", "Subject", "Date", "Content-Type", "Received", "Message-ID"]), _VALUE)
def test_any_header_value_parses(name: str, value: str) -> None:
    message = parse(mail(f"{name}: {value}"))
    _is_clean(message)
    if message.writer is not None:
        assert message.writer.count("@") == 1


@given(st.text(max_size=60), st.sampled_from(["cp1251", "koi8_r", "utf-8", "kz1048", "utf-16", "nonsense", "utf-7"]))
def test_any_text_decodes(text: str, label: str) -> None:
    decode(text.encode("utf-8", "replace"), label)[0].encode("utf-8")
    assert decode(text.encode("utf-8", "replace"), "utf-8")[0] == text.encode("utf-8", "replace").decode()


def test_damaged_base64_is_a_defect() -> None:
    octets = mail("Content-Transfer-Encoding: base64", body=b"0JTQsA*=\n!!!!\n")
    assert "base64_damaged" in parse(octets).defects
    assert parse(octets).text == "Да"


def test_a_western_label_over_cyrillic_is_not_believed() -> None:
    for codec, text in (("cp1251", RU), ("koi8_r", RU)):
        assert decode(text.encode(codec), "iso-8859-1") == (text, "charset_mislabelled")
    for text in ("Façade d'été", "Ångström ÅÄÖ", "Ünïcödé", "Où?"):
        assert decode(text.encode("latin-1"), "iso-8859-1") == (text, "")


def test_a_letter_folded_in_two_is_whole_again() -> None:
    assert parse(mail(b"Subject: " + "Отзыв".encode()[:3] + b"\r\n " + "Отзыв".encode()[3:])).subject == "Отзыв"
    assert parse(mail(b"Subject: " + "Т і Т і".encode("cp1251"))).subject == "Т і Т і"


def test_a_body_of_one_line_keeps_its_line_ends_and_octets() -> None:
    assert parse(mail(body=b"a\r\nb\rc\nd")).text == "a\nb\nc\nd"
    assert parse(mail("Content-Type: application/pdf", body=b"\xff" * 10)).parts[0].size_bytes == 10
