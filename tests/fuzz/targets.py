"""The targets: each takes octets, reads them as its kind of input and fails where a promise is broken.

The first octet chooses among a few settings where a target has some; the rest is the mail or the text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import get_args

from mailbot.reading.address import domain_key
from mailbot.reading.charset import nfc
from mailbot.reading.claim import FIELD_NAMES, Extract, Language
from mailbot.reading.classify import classify
from mailbot.reading.dkim import Arrival
from mailbot.reading.extract import extract
from mailbot.reading.fold import clean, fold, plain, readings, repair, skeleton, transliterate, unmark
from mailbot.reading.message import Message, blank_message
from mailbot.reading.parse import YEARS, parse
from mailbot.reading.results import results_of, server_of, signer_of, texts_of, values_of
from mailbot.reading.sender import Evidence, verify
from mailbot.reading.trust import Trust, written
from tests.fuzz import oracle

CORPUS = Path(__file__).parents[1] / "corpus"
NOW = datetime(2026, 11, 23, 9, 6, tzinfo=UTC)
TODAY = date(2026, 11, 23)
TONGUES = get_args(Language)
OWN = ("info@example.com",)
LONG = 20_000  # letters that a repeated text has


def text_of(octets: bytes) -> str:
    """Return octets as text of a Message: NFC, LF, no NUL, nothing that is no UTF-8."""
    text = octets.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    return unicodedata.normalize("NFC", text)


def unfolded(octets: bytes) -> str:
    """Return octets as the value of a header field."""
    return octets.decode("latin-1").replace("\r", "").replace("\n", "").replace("\0", "").strip()


# ---- parse ----


def parse_is_total(octets: bytes) -> None:
    """Any octets are a Message that keeps its promises, and its header is the same without the body."""
    message = parse(octets)
    assert message.size_bytes == len(octets)
    assert message.from_fields == len(message.all("from"))
    assert all(name == name.lower() and name.isascii() for name, _ in message.headers)
    assert not set("\0\r\n") & set("".join(value for _, value in message.headers))
    assert message.writer is None or (message.writer.count("@") >= 1 and not re.search(r"[\s<>,;]", message.writer))
    assert all(re.fullmatch("[a-z0-9_]+", word) for word in message.defects)
    for moment in (message.date, message.hop_at):
        assert moment is None or (moment.tzinfo is UTC and moment.year in YEARS)
    for text in (message.text, message.own_text, message.signature, message.quoted, message.subject):
        assert nfc(text) == text
        assert "\0" not in text and "\r" not in text
        text.encode()
    assert message.subject == " ".join(message.subject.split())
    assert all(re.fullmatch(r"<[^<>\s]+>", one) for one in (*message.in_reply_to, *message.references))
    head = parse(octets, complete=False)
    for name in ("headers", "from_", "to", "cc", "reply_to", "subject", "date", "message_id", "repeated"):
        assert getattr(head, name) == getattr(message, name), name
    assert not (head.text or head.own_text or head.quoted)


# ---- fold ----


def fold_is_one_skeleton(octets: bytes) -> None:
    """Folding a second time changes nothing; nor does what can't be seen, and what may turn the meaning stays."""
    text = text_of(octets)
    for step in (plain, clean, skeleton, fold, repair):
        once = step(text)
        assert step(once) == once, step.__name__
    folded = fold(text)
    assert fold(clean(text)) == folded
    assert fold(unicodedata.normalize("NFD", text)) == folded
    assert fold("\u200b".join(text)) == folded or text.isascii()
    assert fold(f" «{text}».") == folded
    assert oracle_marks(text) <= oracle_marks(skeleton(text))
    found = readings(text)
    assert found[0] == folded and 1 <= len(found) <= 3 and len(set(found)) == len(found)
    assert transliterate(transliterate(folded)) == transliterate(folded)
    bare, marked = unmark(text)
    assert marked == (bare != clean(text)) and unmark(bare) == (clean(bare), False)


def oracle_marks(text: str) -> set[str]:
    """Return which signs of a text may turn its meaning."""
    return {sign for sign in "?()[]{}👎🚫" if sign in text}


# ---- classify ----


def classify_acts_on_whole_marks(octets: bytes) -> None:
    """A claim acts only where the whole subject or first paragraph is a configured wording, or a slip of one."""
    subject, _, own = text_of(octets).partition("\n")
    message = blank_message(subject=clean(subject), own_text=own, text=own, date=NOW)
    claim = classify(message, oracle.LEXICON)
    if not claim.acts:
        assert claim.rung in ("suggestion", "none") or claim.kind not in ("update", "withdrawal", "unsubscribe")
        return
    assert claim.where in ("subject", "body")
    texts = [message.subject] if claim.where == "subject" else list(oracle.paragraphs(own))
    assert any(oracle.may_act(text, claim.kind) for text in texts), claim.kind
    assert claim.rung != "exact" or any(plain(text) in oracle.LEXICON.exact for text in texts)
    assert claim.tag
    only_subject = classify(blank_message(subject=clean(subject), complete=False, date=NOW), oracle.LEXICON)
    assert only_subject.subject == claim.subject


# ---- extract ----


def extract_invents_nothing(octets: bytes) -> None:
    """Each value's letters and digits stand in the text; no IIN gets out of it."""
    text = text_of(octets[1:])[:5_000]
    tongue = TONGUES[octets[0] % 3] if octets else "ru"
    found = extract(text, tongue, today=TODAY)
    assert found.fields.keys() <= set(FIELD_NAMES)
    for name, value in found.fields.items():
        assert value is not None or name == "patronymic"
        _require(name, value or "", text)
    for name, values in found.old.items():
        for value in values:
            _require(name, value, text)
    for name, value in found.named.items():
        _require(name, value, text)
    _whole(found, text)


def _require(name: str, value: str, text: str) -> None:
    if name == "phone":
        own = value[-10:] if value.startswith("+7") else value[-6:]  # abroad a 0 behind the country is left out
        assert re.fullmatch(r"\+\d{7,15}", value) and own in oracle.digits(text), name
    elif name == "birth_date":
        assert oracle.states_date(text, value) and value[:4] >= "1900" and date.fromisoformat(value) <= TODAY
    else:
        assert oracle.bare(value) in oracle.bare(text), name


def _whole(found: Extract, text: str) -> None:
    assert found.fields.get("email") == (found.emails[0] if found.emails else None)
    assert found.fields.get("phone") == (found.phones[0] if found.phones else None)
    for address in found.emails:
        _require("email", address, text)
        assert re.fullmatch(r"[^\s@]{1,64}@[^\s@]+\.[^\s@]+", address)
    for number in found.phones:
        _require("phone", number, text)
    assert not found.phone_ext or found.phone_ext in oracle.digits(text)
    said = " ".join([*(str(value) for value in found.fields.values()), *(one.text for one in found.unclear)])
    assert all(len(one.text) <= 80 for one in found.unclear)
    for run in re.findall(r"(?<![\d+])\d{12}(?!\d)", said):
        assert not (1 <= int(run[2:4]) <= 12 and 1 <= int(run[4:6]) <= 31 and run[6] in "0123456"), "an IIN"


# ---- sender ----

BORDER = b"Received: from mail.example.org (mail.example.org [203.0.113.9])\r\n by mx.example.com with ESMTPS; x\r\n"
STAMP = b"Authentication-Results: mx.example.com; "
HOSTS = ("mx.example.com", "mx.example.kz:below", "*.example.net")


@dataclass(frozen=True, slots=True)
class Setting:
    """How a stranger's octets come to the mailbox: what its host wrote on top, and whom `[trust]` believes."""

    trust: Trust
    top: bytes = b""
    keys: bool = False  # DNS is asked, and knows no key

    def evidence(self, octets: bytes) -> Evidence:
        """Return what is proven of the mail."""
        whole = self.top + octets
        arrival = Arrival(octets=whole, at=NOW, own=OWN) if self.keys else None
        return verify(parse(whole), self.trust, arrival, (lambda name: []) if self.keys else None)


NOBODY = Trust.of([])
ABOVE, BELOW = Trust.of(["mx.example.com"]), Trust.of(["mx.example.com:below"])
SEALED = Trust.of([], sealers=["example.net"])
NEVER = (  # whatever the stranger writes, none of these may prove him
    Setting(NOBODY),
    Setting(NOBODY, keys=True),
    Setting(SEALED, BORDER, keys=True),
    Setting(ABOVE, BORDER),
    Setting(ABOVE, STAMP + b"spf=pass smtp.mailfrom=example.org; dmarc=none\r\n" + BORDER),
    Setting(ABOVE, STAMP + b"none\r\n" + BORDER, keys=True),
    Setting(BELOW, BORDER + STAMP + b"dmarc=fail header.from=example.org\r\n"),
    Setting(BELOW, BORDER + STAMP + b"spf=pass smtp.mailfrom=example.org\r\n"),
)
ONE = STAMP + b"dmarc=pass header.from=only.example.org; spf=pass smtp.mailfrom=only.example.org\r\n" + BORDER


def sender_needs_a_trusted_result(octets: bytes) -> None:
    """Nobody is authenticated but by a result of a trusted host, in its place, on the domain of the one From."""
    choice, octets = (octets[0], octets[1:]) if octets else (0, b"")
    if octets[:1] in (b" ", b"\t"):
        octets = b"X" + octets  # no host puts its fields on top of a line that would go on with them
    if choice < 128:
        setting = NEVER[choice % len(NEVER)]
        assert setting.evidence(octets).level != "authenticated", setting
        return
    if choice < 160:
        evidence = Setting(ABOVE, ONE).evidence(octets)
        assert evidence.level != "authenticated" or _domain(evidence) == "only.example.org"
        return
    trust = Trust.of(list(HOSTS))
    evidence = verify(parse(octets), trust, Arrival(octets=octets, at=NOW, own=OWN) if choice % 2 else None)
    assert not evidence.waits
    if evidence.level == "authenticated":
        _require_proof(parse(octets), _domain(evidence))


def _domain(evidence: Evidence) -> str:
    assert evidence.address
    return domain_key(evidence.address.rpartition("@")[2])


def _require_proof(message: Message, domain: str) -> None:
    assert message.from_fields == len(message.from_) == 1
    assert not message.repeated
    proofs = []
    for number, (name, value) in enumerate(message.headers):
        server = oracle.without_comments(value).split(";")[0].split()[:1]
        if name != "authentication-results" or not server or not oracle.proves(value, domain):
            continue
        hops = [
            field for field in message.headers[:number] if field[0] == "received" and "lmtp" not in field[1].lower()
        ]
        host = server[0].lower().rstrip(".")
        above = host == "mx.example.com" or host.endswith(".example.net")
        proofs.append(not hops if above else host == "mx.example.kz" and bool(hops))
    assert any(proofs), "no trusted host says so"


# ---- Authentication-Results ----


def results_are_what_stands_there(octets: bytes) -> None:
    """A result names what stands outside comments and nothing else; the host is the first word."""
    value = unfolded(octets)
    server = server_of(value)
    assert not server or oracle.without_comments(value).split()[0].lower().startswith(server)
    assert all(
        server_of(value) == host for host, _ in written(blank_message(headers=(("authentication-results", value),)))
    )
    found = results_of(value)
    bare = "".join(oracle.without_comments(value).lower().split())
    for result in found:
        assert f"{result.method}=".lower() in bare or f"{result.method}/".lower() in bare
        assert str(result.result).lower() in bare
        name, signer = signer_of(result)
        assert name in ("", "header.d", "header.i")
        for domain in (signer, *values_of(result, "header", "from"), *values_of(result, "smtp", "mailfrom")):
            assert domain.startswith("xn--") or domain in bare.replace("\\", "").replace('"', "")
        for text in texts_of(result, "header", "b"):
            assert text.lower() in bare.replace("\\", "").replace('"', "")
    if found:
        again = results_of(oracle.without_comments(value))
        assert [(one.method, one.result) for one in again] == [(one.method, one.result) for one in found]


# ---- length ----


def length_costs_no_more_than_it_should(octets: bytes) -> None:
    """A text that repeats what stands there is read in a time that grows with its length (-timeout says so)."""
    choice, piece = (octets[0], octets[1:41]) if octets else (0, b"")
    if not piece:
        return
    long = piece * (LONG // len(piece))
    if choice % 4 == 0:
        message = parse(b"From: a@example.kz\nSubject: x\n\n" + long)
        classify(message, oracle.LEXICON)
    elif choice % 4 == 1:
        name = (b"From", b"To", b"Subject", b"Date", b"Message-ID", b"Content-Type", b"Received", b"X")[choice // 4 % 8]
        verify(parse(name + b": " + long.replace(b"\n", b" ") + b"\n\nx"), ABOVE, resolve=None)
    elif choice % 4 == 2:
        kind = (b"text/html", b"multipart/mixed; boundary=x", b"message/rfc822", b"text/plain; format=flowed")[
            choice // 4 % 4
        ]
        classify(parse(b"From: a@example.kz\nContent-Type: " + kind + b"\n\n" + long), oracle.LEXICON)
    else:
        classify(blank_message(subject=text_of(long)[:5_000], own_text=text_of(long)), oracle.LEXICON)
        results_of(unfolded(long))


TARGETS: dict[str, Callable[[bytes], None]] = {
    "parse": parse_is_total,
    "fold": fold_is_one_skeleton,
    "classify": classify_acts_on_whole_marks,
    "extract": extract_invents_nothing,
    "sender": sender_needs_a_trusted_result,
    "results": results_are_what_stands_there,
    "length": length_costs_no_more_than_it_should,
}
SECONDS = timedelta(seconds=10)  # for one input of a few KB, with every branch counted, on a loaded machine
LONGEST = {
    "parse": 16_000,
    "fold": 1_000,
    "classify": 1_000,
    "extract": 2_000,
    "sender": 6_000,
    "results": 2_000,
    "length": 41,
}


# ---- seeds ----


def seeds(name: str) -> list[bytes]:
    """Return what a target starts from: the mails of the corpus, or what it reads of them."""
    mails = [path.read_bytes() for path in sorted(CORPUS.glob("*.eml"))]
    if name == "parse":
        return mails
    if name == "sender":
        return [
            bytes([choice]) + mail for number, mail in enumerate(mails) for choice in (number % 128, 160 + number % 2)
        ]
    read = [parse(mail) for mail in mails]
    if name == "results":
        return [value.encode() for one in read for value in one.all("authentication-results")]
    if name == "length":
        return [bytes([number % 32]) + mail[-40:] for number, mail in enumerate(mails[::8])]
    if name == "extract":
        return [bytes([number % 3]) + one.own_text.encode() for number, one in enumerate(read)]
    marks = [f"{prefix}{entry.text}" for entry in oracle.LEXICON.whole.values() for prefix in ("", "Re: ", "\n")]
    return [*(f"{one.subject}\n{one.own_text}".encode() for one in read), *(mark.encode() for mark in marks)]


def words(name: str) -> list[str]:
    """Return what libFuzzer may put in as a whole: words that the target knows."""
    if name in ("sender", "results", "parse"):
        return AUTHENTICATION
    every = [entry.text for entry in oracle.LEXICON.whole.values()] + FIELDS
    return list(dict.fromkeys([*every, *(word for text in every for word in text.split()), *SIGNS]))


AUTHENTICATION = [
    "Authentication-Results: ", "\r\n", "\r\n ", "mx.example.com", "mx.example.kz", "a.example.net", "; dmarc=pass",
    " header.from=", " header.d=", " header.i=@", "; dkim=pass", "; spf=pass smtp.mailfrom=", "example.org", "(", ")",
    '"', "\\", ";", "/1", " reason=", "Received: from a by mx.example.kz with ESMTP; x\r\n", "From: ", "a@example.org",
    "<a@example.org>", "=?utf-8?q?", "?=", ",", "Sender: ", "Reply-To: ",
    "DKIM-Signature: v=1; d=example.org; b=x; s=y; ",
    "h=from:to:subject:date:message-id", "Subject: ", "Content-Type: multipart/mixed; boundary=x\r\n", "--x", "--x--",
    "only.example.org", " with lmtp", " by ", "\0", "\r", "ARC-Seal: i=1; ", "Content-Transfer-Encoding: base64\r\n",
]  # fmt: skip
FIELDS = [
    "Телефон: ", "Жаңа телефон: ", "+7 701 234 56 78", "8 (701) 234-56-78", "Фамилия: ", "Тегі: ", "Аты: ", "Surname: ",
    "Отчество: нет", "E-mail: ", "new@example.kz", "Туған күні: ", "05.06.1991", "5 июня 1991 года", "Date of birth: ",
    "Туған жері: ", "г. Тараз", "ИИН 910605400123", " вместо ", " на ", " емес", "не ", "Менің ", "доб. 12", " и ",
    "или", "бір мың тоғыз жүз тоқсан бірінші жыл", "XII", "старый", "ескі", "новый", "жаңа", "моей мамы",
    "Серік Аманұлы Серіков",
]  # fmt: skip
SIGNS = [
    "Re: ",
    "Fwd: ",
    "?",
    "\n",
    "\n\n",
    "«",
    "»",
    "\u200b",
    "\u0336",
    "и\u0306",
    "é",
    "[EXTERNAL] ",
    "не ",
    "no ",
    "👍",
    "－",
    "٣",
]
