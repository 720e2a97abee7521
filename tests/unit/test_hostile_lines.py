"""A hostile line of 1 MB costs little: each regex of reading over the longest text that reaches it, and whole mails."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
import time
from collections.abc import Callable, Iterator

import pytest

from mailbot import reading
from mailbot.reading import cues, labels
from mailbot.reading.address import domain_key
from tests.support.explained import check

MB = 1_000_000
REGEX_SECONDS = 0.1
MAIL_SECONDS = 1.0  # about 0.1 on a machine that does nothing else; what grows with the square takes minutes
UNITS = [
    "a", "а", "А.", "а ", "а-", " ", "\t", "0", "1 ", "+7 701 ", ">", "> ", "<", "<a>", "(", ")", "[", '"', "'", "\\",
    "@", "a@b ", "=", "=?utf-8?q?", ":", ": ", ",", "-", "_", "/", "\xa0", "\u200b", "\r", "&lt;", "<div ",
]  # fmt: skip
# The longest text that reaches a module's patterns, or one pattern: what their callers cut.
HEADER_VALUE = 32_000
LONGEST = {
    "arc": HEADER_VALUE, "card": 20_000, "card._SPEAKS": 400, "card._ROWS": 400, "card._FIELDS": 400,
    "card._COMPANIES": 100, "card._POSTSCRIPT": 800, "card._PERSON": 100, "card._CONTACT": 100, "charset": MB,
    "charset._WORDS": 10_000, "contacts": 4_000, "contacts._LOCAL": 64, "contacts._ATTACHED": 64,
    "contacts._IN_BRACKETS": 4_000, "cues": 10_000, "dates": 120,
    "delivery": 20_000, "delivery._NOT_FAILED": HEADER_VALUE, "dkim": HEADER_VALUE, "dkim._END": MB, "extract": 4_000,
    "births": 4_000, "labelled": 4_000, "listing": 200, "nameframes": 400, "nameprose": 4_000, "placeprose": 4_000,
    "places": 4_000, "prose": 4_000, "sentence": 4_000, "stated": 4_000, "unmarked": 4_000,
    "wording": 4_000,
    "header": HEADER_VALUE, "header._END": MB, "header._BLANK_LINES": MB, "header._ADDRESS": 254, "labels": 60,
    "headings": 800, "headerblock": 800, "language": 5_000, "leaders": 800, "machine": HEADER_VALUE,
    "names": 120, "near": 300,
    "paragraph": 1_200, "phones": 100_000, "quote": 800, "quote._INVISIBLE": MB, "results": HEADER_VALUE, "rows": 4_000,
    "sender": HEADER_VALUE, "signature": 800, "tags": 1_200, "tokens": HEADER_VALUE, "tokens._LINE": MB,
    "trust": HEADER_VALUE, "trust._HOST": 300,
    # a published policy that the operator gives, whole as one clause
    "clauses": 400_000, "lookalikes": 400_000, "promises": 400_000, "provisions": 400_000,
    "provisions._NAME_BEFORE": 70, "provisions._COMPANY": 20_000,
    "enclosed": 2_000, "ideas": 8_000, "wishes": 8_000, "body._STUB": 400,
}  # fmt: skip
Pattern = re.Pattern[str] | re.Pattern[bytes]


def patterns() -> Iterator[tuple[str, Pattern, set[str]]]:
    """Yield each compiled pattern of mailbot.reading: `module._NAME`, itself, the methods that its module calls."""
    for info in pkgutil.iter_modules(reading.__path__):
        module = importlib.import_module(f"{reading.__name__}.{info.name}")
        used: dict[str, set[str]] = {}
        for node in ast.walk(ast.parse(inspect.getsource(module))):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                used.setdefault(node.value.id, set()).add(node.attr)
        for name, value in vars(module).items():
            if isinstance(value, re.Pattern):
                yield f"{info.name}.{name}", value, used.get(name, {"search"})
    for name, pattern in (("labels", cues._patterns().labels), *cues._patterns().cues):
        yield f"cues.{name}", pattern, {"search"}
    for cue in labels.table()["cue"]:
        yield f"rows.cue {cue}", labels.cue_pattern(cue), {"search"}


PATTERNS = {name: (pattern, methods) for name, pattern, methods in patterns()}


def lines(pattern: Pattern, length: int) -> Iterator[str | bytes]:
    """Yield lines of one thing again and again: what is nasty to any regex, and the words of this one."""
    source = pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("latin-1")
    words = dict.fromkeys(re.findall(r"[^\W_]{3,}(?: [^\W_]+)*", source))
    own = list(words)[:4] + list(words)[-2:]
    for unit in [*UNITS, *(word + " " for word in own), *(word[:-1] for word in own)]:
        line = (unit * (length // len(unit) + 1))[:length]
        yield line if isinstance(pattern.pattern, str) else line.encode()[:length]


def seconds(call: Callable[[], object], limit: float = REGEX_SECONDS) -> float:
    """Return the CPU time of a call; the best of five where it is near the limit, as a machine may be busy."""
    best = 9.0
    for _ in range(5):
        began = time.process_time()
        call()
        best = min(best, time.process_time() - began)
        if best < limit / 2:
            break
    return best


def grows_with_length(call: Callable[[str | bytes], object], line: str | bytes) -> bool:
    """Say whether four times the line takes about four times as long: a slow machine, not a slow regex (16 times)."""
    whole, quarter = (seconds(lambda part=part: call(part), 0) for part in (line, line[: len(line) // 4]))
    return whole < REGEX_SECONDS * 10 and whole < quarter * 8


@pytest.mark.slow
@pytest.mark.parametrize("name", PATTERNS)
def test_no_regex_is_slow_on_a_hostile_line(name: str) -> None:
    pattern, methods = PATTERNS[name]
    length = LONGEST.get(name, LONGEST.get(name.partition(".")[0], MB))
    calls = [getattr(pattern, m) for m in methods & {"match", "fullmatch", "search"}] or [pattern.search]
    for line in lines(pattern, length):
        for call in calls:
            spent = seconds(lambda call=call, line=line: call(line))
            assert spent < REGEX_SECONDS or grows_with_length(call, line), (line[:20], call, spent)


HEADER = b"From: aliya@example.kz\nDate: Mon, 5 Oct 2026 11:59:58 +0500\nSubject: "
TAGS = ["Отзыв согласия на обработку персональных данных", "Актуализация персональных данных", "x"]
PLACES = {
    "body": b"%h\n\n%s",
    "lower line": b"%h\n\nabc\n%s\nabc\n",
    "quoted": b"%h\n\nabc\n\n> %s\n",
    "html": b"%h\nContent-Type: text/html; charset=utf-8\n\n%s",
    "attribute": b'%h\nContent-Type: text/html; charset=utf-8\n\n<div style="%s">x</div>',
    "comment": b"%h\nContent-Type: text/html; charset=utf-8\n\n<!-- %s -->x",
    "base64": b"%h\nContent-Transfer-Encoding: base64\n\n%s",
    "quoted-printable": b"%h\nContent-Transfer-Encoding: quoted-printable\n\n%s",
    "uuencode": b"%h\nContent-Transfer-Encoding: x-uuencode\n\nbegin 644 a\n%s\nend\n",
    "boundary": b"%h\nContent-Type: multipart/mixed; boundary=%s\n\n--a\n\nx\n--a--\n",
    "part": b"%h\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: %s\n\nx\n--b--\n",
    "preamble": b"%h\nContent-Type: multipart/mixed; boundary=b\n\n%s\n--b\n\nx\n--b--\n",
    "no header": b"%s",
    "field name": b"%s: x\n%h\n\nx",
} | {
    name: f"{name}: ".encode() + b"%s\nFrom: aliya@example.kz\n\nx"
    for name in (
        "Subject", "From", "To", "Reply-To", "Date", "Received", "Authentication-Results", "DKIM-Signature",
        "References", "Message-ID", "Content-Type", "Content-Disposition", "Return-Path", "Sender", "X-A",
    )
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("place", PLACES)
def test_a_mail_with_a_hostile_line_is_read_in_no_time(place: str) -> None:
    for number, unit in enumerate(UNITS):
        header = HEADER + TAGS[number % len(TAGS)].encode()
        line = (unit * (MB // len(unit)))[: 950_000 // len(unit.encode()) * len(unit)].encode()[:950_000]
        octets = PLACES[place].replace(b"%h", header).replace(b"%s", line)
        spent = seconds(lambda octets=octets: check(octets, known=True), MAIL_SECONDS)
        assert spent < MAIL_SECONDS, unit


def many(unit: str, length: int = 31_000) -> str:
    return (unit * (length // len(unit) + 1))[:length]


RESULTS = "Authentication-Results: mx.example.com; "
LETTERS = "".join(chr(0x430 + number * 7 % 32) for number in range(15_000))
PART = "--b\nContent-Type: text/plain; " + "a=b; " * 700 + "\n\nx\n"
PAGE = "--b\nContent-Type: text/html\n\n" + "<p>x</p>" * 900
SHAPES = {
    "lines that are no field": (many("x\n", 250_000), "x"),
    "lines that are no field, and no header below": ("From: a@example.kz\n" + many("x\n", 250_000) + "\n", "x"),
    "folded lines": ("X: " + many("\n a", 250_000) + "\n", "x"),
    "results": (RESULTS + many("dkim=pass header.d=example.kz; ", 15_900) + "\n", "x"),
    "results with comments": (RESULTS + many("((a)) ", 15_900) + "\n", "x"),
    "many results": ((RESULTS + many("dkim=pass header.d=example.kz; ", 15_900) + "\n") * 15, "x"),
    "hops": ("Received: from a (b [192.0.2.1]) by mx.example.com with ESMTP; now\n" * 1_900, "x"),
    "long hops": (("Received: from " + many("(a) ") + " by mx.example.com\n") * 8, "x"),
    "addresses": ("To: " + many('"a" <b@example.kz>, ') + "\n", "x"),
    "groups": ("To: " + many("a:b@c;") + "\n", "x"),
    "a domain of one label": (f"Reply-To: a@{LETTERS}.kz\n", "x"),
    "identifiers": ("References: " + many("<a@b> ") + "\nIn-Reply-To: " + many("<a@b> ") + "\n", "x"),
    "parameters": ("Content-Type: text/plain; " + "".join(f"a*{n}=b; " for n in range(3_000)) + "\n", "x"),
    "parts with parameters": ("Content-Type: multipart/mixed; boundary=b\n", PART * 99 + "--b--"),
    "pages": ("Content-Type: multipart/alternative; boundary=b\n", PAGE * 99),
    "rows": ("Content-Type: text/html\n", "<table>" + "<tr><td>a</td></tr>" * 30_000),
    "struck letters": ("Content-Type: text/html\n", "<s>" + "аб " * 190_000 + "</s>"),
    "labels": ("", "Телефон: +7 701 234 56 78\n" * 20_000),
    "names": ("", "Новая фамилия Серикова.\n" * 20_000),
    "new and old addresses": ("", "E-mail: a@b.kz, новый адрес c@d.kz вместо старого\n" * 9_000),
    "digits": ("", "1234 5678 9012 3456 " * 40_000),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", SHAPES)
def test_no_shape_of_a_mail_takes_a_second(name: str) -> None:
    header, body = SHAPES[name]
    octets = f"{header}Subject: {TAGS[1]}\nFrom: aliya@example.kz\n\n{body}".encode()
    assert seconds(lambda: check(octets, known=True)) < 1


def test_a_label_that_is_too_long_for_one_stays_as_it_is() -> None:
    assert domain_key(f"{LETTERS}.қаз") == f"{LETTERS}.xn--80ao21a"
