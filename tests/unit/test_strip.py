"""A mail without its attachments is the same mail: octet by octet but for what went, and to its reader."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta, timezone
from email import message_from_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.intake.strip import FIELD, is_stripped, strip
from mailbot.reading.parse import parse
from tests.support.scans import part, scan, scanned, traces, with_parts

AT = datetime(2026, 11, 2, 14, 0, tzinfo=timezone(timedelta(hours=5)))
TOP = FIELD + b": 2026-11-02T09:00:00Z"
PLAIN = (
    b"From: Aliya <aliya@example.kz>\r\nSubject: =?utf-8?q?=D0=B0?=\r\nX-Odd:   two  blanks \r\n\tfolded\r\n"
    b"Message-ID: <1@example.kz>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
    b"Content-Transfer-Encoding: 8bit\r\n\r\n"
) + "Тегі: Ахметова\r\n".encode()
PHOTO = part(scan(), "image/jpeg")


def note(kind: str) -> str:
    return f"{kind} removed"


def stripped(octets: bytes, *, keep_named: bool = False) -> bytes:
    """Strip what must have attachments, and see that the mail reads as it did."""
    done = strip(octets, AT, note, keep_named=keep_named)
    assert done.octets and not done.why
    assert not any(trace in done.octets for trace in traces(scan()))
    before, after = parse(octets), parse(done.octets)
    assert (after.text, after.subject, after.message_id, after.writer) == (
        before.text, before.subject, before.message_id, before.writer,
    )  # fmt: skip
    assert is_stripped(done.octets) and not is_stripped(octets)
    return done.octets


def test_all_but_the_attachments_stays_octet_by_octet() -> None:
    mail = scanned(PLAIN)
    head, _, body = mail.partition(b"\r\n\r\n")
    text = body[: body.index(b"--=_edge\r\nContent-Type: image")]
    done = stripped(mail)
    assert done.startswith(TOP + b"\r\n" + head + b"\r\n\r\n" + text)
    assert done.endswith(b"--=_edge--\r\n")
    assert done == stripped(mail)
    parts = message_from_bytes(done).get_payload()
    assert [each.get_payload(decode=True) for each in parts[1:]] == [b"image/jpeg removed"] * 2  # type: ignore[union-attr]


def test_line_ends_are_the_mails_own() -> None:
    mail = scanned(PLAIN).replace(b"\r\n", b"\n")
    done = stripped(mail)
    assert b"\r" not in done and done.startswith(TOP + b"\n")


@pytest.mark.parametrize(
    "mail",
    [
        PLAIN,
        with_parts(PLAIN, b"Content-Type: text/html\r\n\r\n<p>x</p>\r\n", kind="alternative"),
        with_parts(PLAIN, b"\r\nno fields at all\r\n"),
        b"Subject: no body",
        b"",
        b"Content-Type: image/jpeg\r\n\r\n \r\n",
    ],
)
def test_a_mail_without_attachments_is_left_as_it_is(mail: bytes) -> None:
    done = strip(mail, AT, note)
    assert (done.octets, done.why) == (b"", "")


@pytest.mark.parametrize(
    "attachment",
    [
        part(scan(), "application/pdf", "Content-Disposition: inline"),
        part(scan(), "image/heic"),
        part(scan(), "text/html; name=egov.html", "Content-Disposition: attachment; filename=egov.html"),
        part(scan(), "text/plain", "Content-Disposition: inline; filename*=utf-8''%D0%B0.txt"),
        part(scan(), "text/csv"),
        part(scan(), "nonsense"),
        b"Content-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\n" + scan().replace(b"\n", b"") + b"\r\n",
        with_parts(PLAIN, PHOTO, kind="related").partition(b"MIME-Version: 1.0\r\n")[2].replace(b"=_edge", b"=_inner"),
        with_parts(PLAIN, PHOTO, kind="signed").partition(b"MIME-Version: 1.0\r\n")[2].replace(b"=_edge", b"=_x"),
        b"Content-Type: application/octet-stream; name*=x\r\nContent-Type: text/plain\r\n\r\n" + PHOTO,
    ],
    ids=range(10),
)
def test_whatever_is_no_text_goes(attachment: bytes) -> None:
    if b"nonsense" in attachment:  # a broken type is read as text: nobody can tell
        assert strip(with_parts(PLAIN, attachment), AT, note).octets == b""
        return
    stripped(with_parts(PLAIN, attachment))


def test_of_what_was_removed_nothing_is_told_but_its_type() -> None:
    odd = part(scan(), 'image/jpeg; name="IIN 900101300123.jpg"', "Content-Description: Ahmetova")
    done = stripped(with_parts(PLAIN, odd, part(scan(), 'x"y/900101300123;a=b')))
    assert b"900101300123" not in done and b"Ahmetova" not in done


def test_a_part_of_a_digest_is_a_mail() -> None:
    inner = b"\r\nSubject: x\r\n\r\n" + scan().replace(b"\n", b"") + b"\r\n"
    stripped(with_parts(PLAIN, inner, kind="digest"))


def test_a_mail_that_is_one_attachment_keeps_its_header_over_an_empty_body() -> None:
    mail = b"From: a@example.kz\r\nMessage-ID: <1@example.kz>\r\n" + PHOTO
    assert stripped(mail) == TOP + b"\r\n" + mail.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"


def test_a_multipart_that_is_cut_off() -> None:
    mail = with_parts(PLAIN, PHOTO)
    stripped(mail[: len(mail) - 5_000])
    stripped(mail.replace(b"--=_edge--\r\n", b""))


def test_a_text_with_a_file_name_may_be_all_that_was_written() -> None:
    named = part("Тегі: Ахметова".encode(), "text/plain; charset=utf-8; name=a.txt", "Content-Disposition: inline")
    empty = PLAIN.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    mail = with_parts(empty, named, PHOTO)
    assert parse(mail).text == "Тегі: Ахметова"
    done = strip(mail, AT, note)
    assert parse(done.octets).text != parse(mail).text  # so the caller asks again
    stripped(mail, keep_named=True)


@pytest.mark.parametrize(
    ("mail", "why"),
    [
        (scanned(PLAIN).replace(b'boundary="=_edge"', b'boundary="=_other"'), "structure"),
        (scanned(PLAIN).replace(b'; boundary="=_edge"', b""), "structure"),
        (b"\r\n" + scanned(PLAIN), "structure"),
        (with_parts(PLAIN, *[PHOTO] * 150), "structure"),
        (with_parts(PLAIN, part(b"x", "image/png; a=" + "x" * 5_000)), "structure"),
        (with_parts(PLAIN, PHOTO, kind="encrypted"), "encrypted"),
        (PLAIN.replace(b"text/plain", b"application/pkcs7-mime"), "encrypted"),
        (with_parts(PLAIN, part(b"x", "application/x-pkcs7-mime")), "encrypted"),
    ],
    ids=range(8),
)
def test_what_is_not_understood_is_not_touched(mail: bytes, why: str) -> None:
    done = strip(mail, AT, note)
    assert (done.octets, done.why) == (b"", why)


def test_too_deep_is_not_touched() -> None:
    mail = PHOTO
    for depth in range(14):
        edge = f"d{depth}".encode()
        head = b'Content-Type: multipart/mixed; boundary="' + edge + b'"\r\n\r\n--' + edge + b"\r\n"
        mail = head + mail + b"--" + edge + b"--\r\n"
    assert strip(b"MIME-Version: 1.0\r\n" + mail, AT, note).why == "structure"


@given(st.binary(max_size=400), st.sampled_from([b"", b"Content-Type: multipart/mixed; boundary=a\r\n\r\n"]))
def test_it_never_raises(octets: bytes, head: bytes) -> None:
    strip(head + octets.replace(b"\xff", b"\r\n--a\r\n").replace(b"\xfe", b"Content-Type: image/png\n\n"), AT, note)


@pytest.mark.parametrize(
    "unit", [b"\r\n--a", b"\r\n--a   ", b"\r\n--a\r\n", b"\n", b"\r\n", b"-", b" ", b"\r\n--a--", b"a: b\r\n", b"\t"]
)
def test_a_hostile_mail_of_megabytes_costs_little(unit: bytes) -> None:
    head = b"Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\nContent-Type: image/png\r\n\r\n"
    for mail in (head + unit * (4_000_000 // len(unit)), unit * (1_000_000 // len(unit))):
        began = time.process_time()
        strip(mail, datetime.now(UTC), note)
        assert time.process_time() - began < 1
