"""What is read faster than by a library is read as the library reads it: MIME trees, envelopes, results, folds."""

from __future__ import annotations

import email
import time
from email.message import Message as Tree
from pathlib import Path
from random import Random
from typing import Any

import authres
import mailparser
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailbot.reading import body, parse, results, tree
from mailbot.reading.fold import skeleton
from mailbot.reading.header import read
from tests.bench import load
from tests.support import mails

CORPUS = sorted((Path(__file__).parents[1] / "corpus").glob("*.eml"))
TREE_FIELDS = frozenset(("content-type", "content-transfer-encoding", "content-disposition", "mime-version"))
thorough = settings(max_examples=150, suppress_health_check=list(HealthCheck))


# --- MIME trees


def shape(part: Tree) -> Any:
    """What anybody reads of a tree: all but preamble, epilogue, and defects that are no defect word."""
    inner = part._payload  # as it was cut: what get_payload decodes may raise
    return (
        list(part.raw_items()), part.get_default_type(),
        [name for name in (type(one).__name__ for one in part.defects) if name in body._DEFECTS],
        [shape(one) for one in inner] if isinstance(inner, list) else inner,
    )  # fmt: skip


def same_tree(octets: bytes) -> None:
    header = read(octets)
    fields = {name: value for name, value in reversed(header.fields) if name in TREE_FIELDS}
    head = b"".join(b"%b: %b\n" % (name.encode(), value) for name, value in fields.items())
    found = tree.tree_of(fields.items(), header.body, whole=False)
    assert shape(found) == shape(email.message_from_bytes(head + b"\n" + header.body))


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_a_mail_of_the_corpus_has_the_library_s_tree(path: Path) -> None:
    octets, rng = path.read_bytes(), Random(path.stem)
    lines = octets.splitlines(keepends=True)
    same_tree(octets)
    same_tree(octets.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
    for _ in range(5):
        same_tree(octets[: rng.randrange(len(octets))])
        place = rng.randrange(len(lines))
        same_tree(b"".join([*lines[:place], *lines[place + 1 :]]))
        same_tree(b"".join([*lines[:place], lines[place], *lines[place:]]))


LINES = st.sampled_from((
    "--a", "--a--", "--b", "--b--", "--a \t", "--a-- ", "--ab", "---", "--", "", " ", "text", "-- ", "From x", ": x",
    "Content-Type: multipart/mixed; boundary=b", "Content-Type: text/html", "Content-Type: message/rfc822", "X: y",
    "Content-Type: multipart/digest; boundary=b", "Content-Type: multipart/x", "Content-Type: multipart/mixed;",
    "\tboundary=b", "content-transfer-encoding: base64", "Content-Type: message/delivery-status", "\u0436", "a\x0cb",
))  # fmt: skip
ROOTS = st.sampled_from(
    ("mixed; boundary=a", 'alternative; boundary="a"', "digest; boundary=a", "mixed", "a/b;boundary=a")
)


@thorough
@given(ROOTS, st.lists(st.tuples(LINES, st.sampled_from(("\n", "\r\n", "\r\n", "\r"))), max_size=24))
def test_any_lines_are_the_library_s_tree(root: str, lines: list[tuple[str, str]]) -> None:
    same_tree(f"Content-Type: multipart/{root}\n\n{''.join(line + end for line, end in lines)}".encode())


@thorough
@given(
    st.lists(
        st.sampled_from(("--a", "\n", "\r\n", "text", "X: y", "--a--", "--b", "Content-Type: multipart/x; boundary=b")),
        max_size=24,
    )
)
def test_any_pieces_are_the_library_s_tree(pieces: list[str]) -> None:
    same_tree(("Content-Type: multipart/mixed; boundary=a\n\n--a\n\n" + "".join(pieces) + "\n--a--\n").encode())


@pytest.mark.slow
@thorough
@given(st.randoms(use_true_random=False))
def test_an_ill_mail_has_the_library_s_tree(rng: Random) -> None:
    same_tree(mails.mail(rng))


def test_a_sound_mail_is_not_cut_into_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree.email, "message_from_string", None)
    for octets in load.mails(20):
        assert len(parse.parse(octets).parts) in (2, 3)


def test_what_looks_like_a_delimiter_everywhere_is_looked_at_once_a_line() -> None:
    heads = b"".join(
        b"--%s\nContent-Type: multipart/mixed; boundary=%s\n\n" % (b"-" * n, b"-" * (n + 1)) for n in range(1, 25)
    )
    octets = b"Content-Type: multipart/mixed; boundary=-\n\n" + heads + b"-" * 5_000_000
    began = time.process_time()
    parse.parse(octets)
    assert time.process_time() - began < 2
    same_tree(octets)


# --- envelopes


def same_envelope(fields: dict[str, bytes]) -> None:
    lines = [b"%b: %b\n" % (name.encode(), value) for name, value in fields.items()]
    library = mailparser.parse_from_bytes(b"".join([*lines, b"\n"]))
    found = parse._envelope(fields)
    assert found.get("date") == library.date
    for name in ("to", "cc", "reply-to"):
        assert [tuple(one) for one in found.get(name, ())] == [
            tuple(one) for one in getattr(library, name.replace("-", "_"))
        ]


VALUES = st.one_of(
    st.lists(st.sampled_from(mails.ADDRESSES), max_size=3).map(", ".join),
    st.from_regex(parse._BARE, fullmatch=True),
    st.text(alphabet='ab.@<>,;:()" \\[]=?_+-', max_size=30),
    st.text(max_size=20),
).map(lambda text: " ".join(text.replace("\0", "").split()).encode("utf-8", "replace"))
DATES = st.one_of(st.sampled_from(mails.DATES), st.text(alphabet="0123456789 :,+-MonOctGT()", max_size=40)).map(
    lambda text: " ".join(text.split()).encode("utf-8", "replace")
)


@pytest.mark.slow
@thorough
@given(VALUES, VALUES, VALUES, DATES)
def test_an_envelope_is_the_library_s(to: bytes, cc: bytes, reply_to: bytes, date: bytes) -> None:
    same_envelope({"to": to, "cc": cc, "reply-to": reply_to, "date": date})
    same_envelope({"cc": cc})
    same_envelope({"date": date, "to": to})


# --- Authentication-Results


PIECES = st.sampled_from((
    "mx.example.com", ";", "; ", " ", "dkim", "spf", "dmarc", "auth", "iprev", "x-y", "=", "pass", "fail", "none",
    " header.d=example.kz", " header.i=@example.kz", " smtp.mailfrom=a@example.kz", " header.from=example.kz",
    " policy.x=1", " body.hash=2", " other.x=y", "(", ")", "(a)", " (p=REJECT sp=NONE)", " (a (b) \\) c)", '"', '"a b"',
    ' reason="x y"', " reason=z", "/1", " 1", ".", "@", "\t", " header.b=abc/d+e", " header.", "\\", "~", ",",
))  # fmt: skip
SOUND = "mx.example.com; dkim=pass header.d=example.kz; spf=pass smtp.mailfrom=a@example.kz; dmarc=pass (p=NONE)"


def told(call: Any) -> Any:
    try:
        found = call()
    except Exception as wrong:  # noqa: BLE001 - whatever the library raises, the same is raised
        return type(wrong), str(wrong)
    return [
        (one.method, one.version, one.result, one.reason, [(p.type, p.name, p.value) for p in one.properties])
        for one in found.results
    ]


def same_results(value: str) -> None:
    line = f"Authentication-Results: {value}"
    ours = told(lambda: results._Field.parse(authres.core_features(), line))
    assert ours == told(lambda: authres.AuthenticationResultsHeader.parse(line))


@thorough
@given(st.lists(PIECES, max_size=20).map("".join))
def test_results_are_the_library_s(value: str) -> None:
    same_results(value)
    same_results(f"mx.example.com; {value}")


@thorough
@given(st.integers(0, len(SOUND)), st.integers(0, len(SOUND)), PIECES)
def test_damaged_results_are_the_library_s(start: int, end: int, piece: str) -> None:
    same_results(SOUND[:start] + piece + SOUND[end:])


# --- folds and sentences


@thorough
@given(
    st.text(
        alphabet=st.one_of(st.characters(max_codepoint=127), st.characters(min_codepoint=0x400, max_codepoint=0x4FF))
    )
)
def test_a_plain_text_folds_as_one_with_something_unseen_in_it(text: str) -> None:
    assert skeleton(text) == skeleton(text + "\u200b")


@pytest.mark.slow
@thorough
@given(st.from_regex(body._STUB))
def test_what_says_that_there_is_html_is_heard(text: str) -> None:
    assert body._says_html(text)
