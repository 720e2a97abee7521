"""records: any layout of a mailing list, byte for byte."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.errors import InputError
from mailbot.operating.records import Layout, addresses, cells, layout_of, records, with_cell


def split(octets: bytes) -> list[bytes]:
    return list(records(io.BytesIO(octets)))


def test_a_record_may_span_lines_inside_quotes() -> None:
    assert split(b'a,"x\r\ny"\r\nb,c') == [b'a,"x\r\ny"\r\n', b"b,c"]


@pytest.mark.parametrize("octets", [b'a,"b\nc\n', b"\xff\xfea\x00,\x00", b"a\x00\n"])
def test_what_cannot_be_split_is_refused(octets: bytes) -> None:
    with pytest.raises(InputError):
        split(octets)


@given(st.binary(max_size=200))
def test_nothing_is_lost_or_changed(octets: bytes) -> None:
    try:
        assert b"".join(split(octets)) == octets
    except InputError:
        return


@pytest.mark.parametrize(
    ("octets", "delimiter", "column", "header"),
    [
        (b"name,email\nA,a@example.com\n", ",", 1, True),
        ("Имя;Почта;Город\nА;a@example.com;Тараз\n".encode(), ";", 1, True),
        ("Имя;Почта\nА;a@example.com\n".encode("windows-1251"), ";", 1, True),
        (b"\xef\xbb\xbfa@example.com,1\n", ",", 0, False),
        (b"\xef\xbb\xbfEmail\tX\na@example.com\t1\n", "\t", 0, True),
        (b"A|a@example.com\nB|b@example.com\n", "|", 1, False),
        (b"a@example.com\n", "", 0, False),
        (b"mail\na@example.com, b@example.com\n", "", 0, True),
        (b"id,whatever\n1,a@example.com\n2,B <b@example.com>\n", ",", 1, True),
        (b"email\n", "", 0, True),
    ],
)
def test_the_layout_is_told(octets: bytes, delimiter: str, column: int, header: bool) -> None:
    layout = layout_of(split(octets))
    assert (layout.delimiter, layout.column, layout.header) == (delimiter, column, header)


@pytest.mark.parametrize(
    "octets",
    [
        b"", b"a,b\n1,2\n", b"x,n,y\na@example.com,1,b@example.com\n",
        b"email,n,e-mail\na@example.com,1,b@example.com\n",
        b"email,n,spare\na@example.com,1,b@example.com\n", b'n,mail\n5" pipe,a@example.com\n6" pipe,b@example.com\n',
        b'n;mail\n1; "a@example.com; b@example.com"\n', b'mail\n"a@example.com" x\n', b"mail\ra@example.com\r",
    ],
)  # fmt: skip
def test_what_cannot_be_told_is_refused(octets: bytes) -> None:
    with pytest.raises(InputError):
        layout_of(split(octets))


def test_the_column_may_be_named() -> None:
    rows = split(b"x,Y,n\na@example.com,b@example.com,1\n")
    assert [layout_of(rows, name).column for name in ("y", "X", "2", "1")] == [1, 0, 1, 0]
    for name in ("z", "n", "4", "0"):
        with pytest.raises(InputError):
            layout_of(rows, name)


def test_a_cell_more_and_all_else_as_it_was() -> None:
    layout = Layout(delimiter=";", width=2, column=0, header=True, encoding="utf-8")
    assert with_cell(b'a;"b;c"\r\n', "d;e", layout) == b'a;"b;c";"d;e"\r\n'
    assert with_cell(b"a", "b", layout) == b"a;b"
    assert cells(with_cell(b'"x"\n', 'say "y"', layout), ";", "utf-8") == ["x", 'say "y"']


def test_addresses_of_a_cell() -> None:
    assert addresses("Aliya <aliya@example.com>; b.c+d@mail.example.kz") == [
        "aliya@example.com",
        "b.c+d@mail.example.kz",
    ]
    assert addresses("o'brien@example.com;") == ["o'brien@example.com"]
    assert addresses("nobody") == addresses("") == []


@pytest.mark.parametrize(
    "cell",
    ["'a@example.com'", "'a@example.com", "a@example.com!", "a@example.com.", "x@a@example.com",
     "a@example.com/b@example.com", "a@example.com|b@example.com", "\u200ba@example.com", "a@\uff45xample.com",
     "a b@example.com", "nobody @ example", "a@example.com and more", "a..b@example.com", "<a@example.com"],
)  # fmt: skip
def test_an_address_that_another_program_reads_otherwise_is_none(cell: str) -> None:
    assert addresses(cell) is None
