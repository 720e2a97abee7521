"""Mails that nobody would write: ill headers, charsets, addresses, dates and MIME trees, from any source of chance.

Each maker takes a `Random`: `Random(seed)` gives many mails cheaply and again by number, and hypothesis's
`st.randoms()` the same mails so that a failure shrinks. Makers are put together from smaller ones.
"""

from __future__ import annotations

import base64
import binascii
import quopri
from pathlib import Path
from random import Random

CORPUS = Path(__file__).parents[1] / "corpus"
CODECS = (
    "utf-8",
    "cp1251",
    "koi8_r",
    "kz1048",
    "ptcp154",
    "cp866",
    "iso8859_5",
    "utf-16",
    "utf-7",
    "iso2022_jp",
    "latin-1",
)
LABELS = (
    "utf-8", "UTF-8", "windows-1251", "koi8-r", "KZ-1048", "us-ascii", "DEFAULT_CHARSET", "unknown-8bit", "", '""',
    "x\0y", "utf-7", "utf-16", "iso-2022-jp", "hz", "idna", "punycode", "unicode_escape", "base64", "rot13", "hex",
    "zip", "_", "?", "utf-8; charset=koi8-r", "'utf-8'", "windows-1251*ru", "ascii\xff", "\u0436", "8bit", "undefined",
    "cp65001", "mbcs", "a" * 300,
)  # fmt: skip
TEXTS = (
    "Дербес деректерді өзектендіру", "Отзыв согласия на обработку персональных данных", "unsubscribe",
    "Отказ от уведомлений о новых продуктах и услугах и специальных предложениях", "Updating personal data",
    "Дербес деректерді өңдеуге келісімді кері қайтарып алу", "Актуализация персональных данных", "да", "ИӘ", "Жоқ",
    "отмена", "Телефон: +7 701 234 56 78", "E-mail: new@example.kz", "Фамилия: Серикова", "ИИН 910605400123",
    "Туған күні: 05.06.91", "Здравствуйте!", "Сәлеметсіз бе", "С уважением,", "-- ", "> > цитата",
    "пн, 5 окт. 2026 г. в 11:00, X <x@example.kz>:", "-------- Түпнұсқа хабарламасы --------", "From: a@example.kz",
    "begin 644 a.txt", "=?utf-8?b?", "\U0001f44d", "и\u0306", "\u202eabc", "\u200b", "\x00", "\x0b", "\u2028",
    "\ud800", "\ufffe", "{{7*7}}", "%n%s", "<b>жирный</b>", "", " ", "\t", "a" * 500, "=HYPERLINK(1)",
    "[abcdefghijklmnopqrstuvwx23]", "Message-ID: <1@example.kz>", "Телефон прежний: 8 (701) 000-00-00 доб. 12",
)  # fmt: skip
ADDRESSES = (
    "aliya@example.kz", "Aliya <aliya@example.kz>", "<>", "", "MAILER-DAEMON", "<<a@b>>", "a@", "@b", "a@b@c",
    "a@example..kz", '"a b"@example.kz', '"a@b" <c@example.org>', "a <b@example.kz", "b@example.kz>",
    "(c) a@example.kz (d (e))", "((((((", "undisclosed:;", "G: a@example.kz, b@example.kz;", "a@[127.0.0.1]",
    "a@[IPv6:::1]", "a@example.kz, b@example.kz", "a;b@example.kz", "айгүл@пошта.қаз", "a\x00@example.kz",
    "=?utf-8?q?a=0D=0ABcc:_x?= <a@example.kz>", "=?utf-8?b?zz?= <a@example.kz>", "a@example.kz.",
    "A" * 400 + "@example.kz", "a@" + "b." * 200 + "kz", "<@x:a@example.kz>", "a @example.kz", "a@ example.kz",
    "\\@\\", '"', "noreply@example.kz", "a\u202e@example.kz", "ſ@example.kz", "a@exam\xadple.kz", "a@xn--a", "a@-.-",
    "new@example.kz", "\ud800@example.kz", "a@\ufffd", "a@" + "я" * 80 + ".kz",
)  # fmt: skip
DATES = (
    "Mon, 5 Oct 2026 11:59:58 +0500", "Mon, 99 Oct 99999 99:99:99 +9999", "0", "Thu, 1 Jan 1970 00:00:00 -2359",
    "5 Oct 26 1:2 KZT", "Mon, 5 Oct 0001 00:00:00 +1400", "Fri, 31 Dec 9999 23:59:59 +0000",
    "Mon, 5 Oct 2026 11:59:58 +99999999", "yesterday", "", "Mon, 5 Oct 2026", "2026-10-05T11:59:58Z",
    "Mon, 29 Feb 2026 00:00:00 +0000", "Mon, 5 Oct -2026 11:59:58 +0500", "((((", "1" * 5000,
    "Mon, 5 Oct 2026 11:59:58 \u0661\u0662", "Mon, 5 Oct 1899 11:59:58 +0500", "Sun, 06 Nov 1994 08:49:37 GMT (GMT)",
    "Mon,,, 5 Oct",
)  # fmt: skip
NAMES = (
    "To", "Cc", "Date", "Message-ID", "In-Reply-To", "References", "Received", "Authentication-Results",
    "MIME-Version", "X-Y", "Content-Transfer-Encoding", "Disposition-Notification-To", "DKIM-Signature",
)  # fmt: skip
MARKS = (
    "From", "Subject", "Reply-To", "Sender", "Return-Path", "Auto-Submitted", "Precedence", "List-Id",
    "List-Unsubscribe", "X-Failed-Recipients", "Content-Type", "Content-Disposition", "X-Loop",
)  # fmt: skip
KINDS = (
    "text/plain", "text/html", "TEXT/PLAIN", "text/rfc822-headers", "text/calendar", "application/octet-stream",
    "message/rfc822", "message/delivery-status", "message/partial", "message/external-body",
    "message/disposition-notification", "image/png", "multipart/mixed", "multipart/alternative",
    "multipart/report; report-type=delivery-status", "multipart/digest", "multipart/related", "multipart/signed",
    "multipart", "text", "/", "", "text/", "plain", "text/plain; format=flowed; delsp=yes", "multipart/x; y", "a/b/c",
)  # fmt: skip
TRANSFERS = (
    "7bit", "8bit", "binary", "base64", "BASE64 ", "quoted-printable", "x-uuencode", "uuencode", "uue", "x-yenc", "",
    "base64, 8bit", "\xff",
)  # fmt: skip
TAGS = (
    "<div>", "</div>", "<p>", "<br>", "<table><tr><td>", "</td></tr></table>", "<td>", "</tr>", "<blockquote>",
    "</blockquote>", "<script>", "</script>", "<style>", "<!--", "-->", "<![CDATA[", "<!DOCTYPE x [", "<?xml", "<s>",
    "</s>", "<pre>", "<select>", "<svg><path", "<", '<div style="display:none', "<div hidden>",
    '<img data-emoji="\U0001f44d">', '<a href="javascript:x">', "<div class=gmail_quote>", "&nbsp;", "&#0;",
    "&#xD800;", "&#x110000;", "&amp", "&#1114112;", '<div id="divRplyFwdMsg">', "<template>", "<frameset>",
    "<math><mi>", "<plaintext>",
)  # fmt: skip
SCRAPS = (
    b"\0",
    b"\r",
    b"\n",
    b"\r\n",
    b"\xff",
    b"\x80\x81",
    b"=",
    b"?=",
    b"--b",
    b"\n\n",
    b"\t",
    b'"',
    b"<",
    b">",
    b"\xd0",
    b"\x1b$B",
    b"~{",
    b"+AD",
    b"\x0c",
)


def text(rng: Random) -> str:
    """Return some lines of what people and mail programs write, in one language or none."""
    return rng.choice(("\n", "\r\n", " ", "\n\n", "\r")).join(rng.choice(TEXTS) for _ in range(rng.randint(0, 8)))


def octets(rng: Random, words: str) -> bytes:
    """Return the text in some charset, what does not fit replaced; now and then cut inside a letter."""
    codec = rng.choice(CODECS[:4] if rng.random() < 0.8 else CODECS)
    raw = words.encode(codec, "surrogatepass" if codec == "utf-8" else "replace")
    return raw[: rng.randint(0, len(raw))] if rng.random() < 0.1 else raw


def encoded_words(rng: Random, words: str) -> bytes:
    """Return RFC 2047 encoded-words of a text, cut anywhere, labelled anyhow, damaged now and then."""
    raw, pieces = octets(rng, words), []
    while raw:
        size = rng.randint(1, 40)
        pieces.append(_word(rng, raw[:size]))
        raw = raw[size:]
    return rng.choice((b" ", b"\r\n ", b"", b"\t", b" x ")).join(pieces)


def _word(rng: Random, raw: bytes) -> bytes:
    label = rng.choice(LABELS).encode("utf-8", "replace")
    if rng.random() < 0.5:
        payload, way = base64.b64encode(raw), rng.choice((b"b", b"B"))
        payload = payload.rstrip(b"=") if rng.random() < 0.3 else payload
    else:
        payload, way = b"".join(b"=%02X" % one for one in raw), rng.choice((b"q", b"Q"))
    word = b"=?" + label + b"?" + way + b"?" + payload + b"?="
    return word[: rng.randint(0, len(word))] if rng.random() < 0.1 else word


def value(rng: Random, name: str) -> bytes:
    """Return the value of a field: what belongs there, or anything at all."""
    lower = name.lower()
    if lower in ("from", "to", "cc", "reply-to", "sender", "return-path") and rng.random() < 0.9:
        if rng.random() < 0.5:
            return b"Aliya <aliya@example.kz>"
        return b", ".join(_raw(rng, rng.choice(ADDRESSES)) for _ in range(rng.choice((1, 1, 1, 1, 2, 5))))
    if lower == "date":
        return _raw(rng, rng.choice(DATES))
    if lower == "received":
        return b"from a (b [192.0.2.1]) by c with ESMTP; " + _raw(rng, rng.choice(DATES))
    if lower == "authentication-results":
        return rng.choice(
            (
                b"mx.example.com; dmarc=pass header.from=example.kz",
                b"; x=y",
                b"mx.example.com;" + b"(" * 50,
                b"mx.example.com; dkim",
            )
        )
    if lower == "content-type":
        return _content_type(rng)
    if lower == "content-transfer-encoding":
        return _raw(rng, rng.choice(TRANSFERS))
    if lower in ("message-id", "in-reply-to", "references"):
        return rng.choice(
            (
                b"<1@example.kz>",
                b"<>",
                b"1@example.kz",
                b"<a b@c>",
                b"<" * 40,
                b"<abcdefghijklmnopqrstuvwx23@example.com>",
                b"<\xff@x>",
            )
        )
    words = rng.choice(TEXTS) if rng.random() < 0.6 else text(rng).replace("\n", rng.choice((" ", "\n ", "\n")))
    return encoded_words(rng, words) if rng.random() < 0.5 else octets(rng, words)


def _raw(rng: Random, words: str) -> bytes:
    return words.encode(rng.choice(("utf-8", "cp1251")), "replace") if rng.random() < 0.9 else octets(rng, words)


def _content_type(rng: Random) -> bytes:
    parameters = [
        f"charset={rng.choice(LABELS)}", 'boundary="b"', "boundary=b", 'boundary=""', "boundary=" + "b" * 300,
        "name*0*=utf-8''%D0", "name*1=x", "charset*=utf-8''x", "a=" * 30, 'name="=?utf-8?b?0JA?="', "charset*0*=x",
        ";;;", 'boundary="b', "boundary*0=b", "\x00=1",
    ]  # fmt: skip
    chosen = (rng.choice(parameters) for _ in range(rng.randint(0, 3)))
    return rng.choice((";", "; ", ";\r\n ")).join([rng.choice(KINDS), *chosen]).encode("utf-8", "replace")


def field(rng: Random, name: str) -> bytes:
    """Return one header field with its line end; folded, in obsolete syntax or damaged now and then."""
    colon = rng.choice((b": ", b":", b" : ", b":\r\n ", b"\t:")) if rng.random() < 0.2 else b": "
    line = rng.choice((name, name, name.upper(), name.lower())).encode() + colon + value(rng, name)
    if rng.random() < 0.1:
        at = rng.randint(0, len(line))
        line = line[:at] + rng.choice((b"\r\n ", b"\n\t", b"\r\n \r\n ", b"\r", b"\r\n", *SCRAPS)) + line[at:]
    return line + (rng.choice((b"\n", b"\r", b"\r\r\n", b"", b"\n\r")) if rng.random() < 0.05 else b"\r\n")


def header(rng: Random) -> bytes:
    """Return a header block without its blank line: a From and a Subject most times, and whatever else."""
    names = [*(["From"] if rng.random() < 0.95 else []), *(["Subject"] if rng.random() < 0.9 else [])]
    names += [rng.choice(NAMES if rng.random() < 0.7 else MARKS) for _ in range(rng.choice((0, 1, 2, 3, 8)))]
    rng.shuffle(names)
    return rng.choice((b"", b"", b"", b"", b"\r\n", b"From x\r\n", b"\xef\xbb\xbf", b" x\r\n")) + b"".join(
        field(rng, name) for name in names
    )


def html(rng: Random) -> str:
    """Return tag soup with words in it."""
    return "".join(rng.choice((rng.choice(TAGS), rng.choice(TEXTS), "\n")) for _ in range(rng.randint(0, 40)))


def transferred(rng: Random, raw: bytes) -> tuple[str, bytes]:
    """Return a transfer encoding and the octets in it, or in another, or damaged."""
    name = rng.choice(TRANSFERS)
    way = name.strip().lower() if rng.random() < 0.8 else rng.choice(("base64", "quoted-printable", "uuencode"))
    if way == "base64":
        raw = base64.encodebytes(raw)
    elif way == "quoted-printable":
        raw = quopri.encodestring(raw)
    elif "uu" in way:
        raw = (
            b"begin 644 a\n"
            + b"".join(binascii.b2a_uu(raw[at : at + 45]) for at in range(0, len(raw), 45))
            + b" \nend\n"
        )
    return name, (mutated(rng, raw) if rng.random() < 0.2 else raw)


def part(rng: Random, depth: int = 0) -> bytes:
    """Return a MIME part with its header: a leaf, a multipart, a mail in a mail; unclosed or wrongly bounded too."""
    chance = rng.random()
    if depth < 6 and chance < 0.35:
        return _multipart(rng, depth)
    if depth < 6 and chance < 0.45:
        return b"Content-Type: message/rfc822\r\n\r\n" + header(rng) + b"\r\n" + part(rng, depth + 1)
    kind = "text/html" if chance > 0.8 else rng.choice(KINDS)
    name, raw = transferred(rng, octets(rng, html(rng) if kind == "text/html" else text(rng)))
    lines = [f"Content-Type: {kind}; charset={rng.choice(LABELS)}", f"Content-Transfer-Encoding: {name}"]
    if rng.random() < 0.2:
        lines.append(
            rng.choice(
                (
                    "Content-Disposition: attachment; filename=a.txt",
                    "Content-Disposition: inline; filename*=x''%",
                    "Content-Disposition:",
                )
            )
        )
    return "\r\n".join(lines).encode("utf-8", "replace") + b"\r\n\r\n" + raw


def _multipart(rng: Random, depth: int) -> bytes:
    boundary = rng.choice((b"b", b"b%d" % depth, b"b b", b"--", b"=_x"))
    told = boundary if rng.random() < 0.9 else b"other"
    kind = rng.choice((b"mixed", b"alternative", b"report; report-type=delivery-status", b"related", b"digest"))
    parts = b"".join(b"--" + boundary + b"\r\n" + part(rng, depth + 1) + b"\r\n" for _ in range(rng.randint(0, 3)))
    end = b"--" + boundary + b"--\r\n" if rng.random() < 0.8 else b""
    return b"Content-Type: multipart/" + kind + b'; boundary="' + told + b'"\r\n\r\n' + parts + end


def mutated(rng: Random, raw: bytes) -> bytes:
    """Return the octets with bits flipped, lines doubled or gone, scraps put in, or the end cut off."""
    for _ in range(rng.randint(1, 5)):
        if not raw:
            break
        at, way = rng.randrange(len(raw)), rng.randrange(5)
        if way == 0:
            raw = raw[:at] + bytes([raw[at] ^ (1 << rng.randrange(8))]) + raw[at + 1 :]
        elif way == 1:
            raw = raw[:at] + rng.choice(SCRAPS) * rng.choice((1, 1, 50)) + raw[at:]
        elif way == 2:
            raw = raw[:at] if rng.random() < 0.3 else raw[:at] + raw[at + rng.randint(1, 60) :]
        else:
            lines = raw.split(b"\n")
            number = rng.randrange(len(lines))
            lines[number : number + 1] = [lines[number]] * (0 if way == 3 else rng.choice((2, 30)))
            raw = b"\n".join(lines)
    return raw


def sound(rng: Random) -> bytes:
    """Return a proven mail of a person: a tag as its subject, fields below."""
    when = rng.choice(DATES) if rng.random() < 0.2 else DATES[0]
    tag, body = rng.choice(TEXTS[:7]), "\r\n".join(line for line in (rng.choice(TEXTS[7:20]) for _ in range(6)))
    return (
        "Authentication-Results: mx.example.com; dmarc=pass header.from=example.kz\r\n"
        f"Received: from mail.example.kz by mx.example.com with ESMTPS; {when}\r\n"
        f"From: Aliya <aliya@example.kz>\r\nTo: info@example.com\r\nSubject: {tag}\r\n"
        f"Date: {when}\r\nMessage-ID: <1@example.kz>\r\n"
        f"Content-Type: text/plain; charset=utf-8\r\n\r\n{body}\r\n"
    ).encode()


def mail(rng: Random) -> bytes:
    """Return any mail: made from parts, a real-shaped one damaged, or octets without sense."""
    chance = rng.random()
    if chance < 0.55:
        return header(rng) + rng.choice((b"", b"\r\n", b"MIME-Version: 1.0\r\n")) + part(rng)
    if chance < 0.7:
        return header(rng) + b"\r\n" + octets(rng, text(rng))
    if chance < 0.97:
        return mutated(rng, rng.choice(_seeds()) if _seeds() and rng.random() < 0.6 else sound(rng))
    return b"".join(rng.choice(SCRAPS) for _ in range(rng.randint(0, 200)))


def _seeds() -> list[bytes]:
    if not _READ:
        _READ.extend(path.read_bytes() for path in sorted(CORPUS.glob("*.eml")))
    return _READ


_READ: list[bytes] = []
