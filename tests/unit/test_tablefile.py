"""A people's file as Excel saves it: encodings and separators; a letter that was lost is named, not imported."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from mailbot.operating.imports import read_csv
from mailbot.operating.tablefile import decoded

ZONE = ZoneInfo("Asia/Almaty")


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "cp1251"])
@pytest.mark.parametrize("sep", [",", ";", "\t"])
def test_encodings_and_separators(codec: str, sep: str) -> None:
    text = f"surname{sep}given_name{sep}email\r\nКим{sep}Алина{sep}alina@example.kz\r\n"
    rows, errors = read_csv(*_args(text.encode(codec)))
    assert errors == []
    assert (rows[0].surname, rows[0].given_name, rows[0].emails) == ("Ким", "Алина", ("alina@example.kz",))


def test_a_lost_letter_is_named() -> None:
    text = "surname;given_name;email\nС?рсенова;Айг?л;aigul@example.kz\nКим;Алина;alina@example.kz\n"
    rows, errors = read_csv(*_args(text.encode("cp1251")))
    assert [row.surname for row in rows] == ["Ким"]
    assert [e.partition(":")[0] for e in errors] == ["line 2, column surname", "line 2, column given_name"]


def test_octets_of_no_encoding_are_refused() -> None:
    with pytest.raises(UnicodeDecodeError):
        decoded(b"surname,email\n\x98,a@example.kz\n")


def _args(octets: bytes) -> tuple[str, ZoneInfo, str]:
    text, encoding = decoded(octets)
    return text, ZONE, encoding
