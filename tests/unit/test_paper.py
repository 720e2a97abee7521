"""Sheets on paper and as pages: every Kazakh letter, the same octets for the same sheet, no markup of others."""

from __future__ import annotations

import io
import re
import tomllib
from importlib import resources

import pytest
from pypdf import PdfReader

from mailbot.deciding.reasons import table
from mailbot.operating import paper
from mailbot.operating.plain import LONGEST, plain
from mailbot.operating.sheet import Block, Sheet, Speaker
from mailbot.operating.webpage import webpage

KAZAKH = "АаӘәБбВвГгҒғДдЕеЁёЖжЗзИиЙйКкҚқЛлМмНнҢңОоӨөПпРрСсТтУуҰұҮүФфХхҺһЦцЧчШшЩщЪъЫыІіЬьЭэЮюЯя"
WORDS = tomllib.loads(resources.files("mailbot.operating").joinpath("sheet.toml").read_text(encoding="utf-8"))


def sheet(*values: str, wide: bool = False) -> Sheet:
    block = Block(
        title="Ә", pairs=tuple((value, value) for value in values), head=("Ғ", "Қ"),
        rows=tuple((value, value) for value in values), sentences=values,
    )  # fmt: skip
    return Sheet(language="kk", title="Ң", blocks=(block,), foot="Ө", wide=wide)


def text_of(octets: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(octets)).pages)


def test_kazakh_letters_come_back() -> None:
    assert text_of(paper.pdf(sheet(KAZAKH))).replace("\n", "").count(KAZAKH) == 5


def test_its_font_is_embedded() -> None:
    fonts = [
        font
        for page in PdfReader(io.BytesIO(paper.pdf(sheet(KAZAKH)))).pages
        for font in page["/Resources"]["/Font"].values()
    ]
    mine = [font.get_object() for font in fonts if "DejaVu" in font.get_object()["/BaseFont"]]
    assert mine and all("/FontFile2" in font["/FontDescriptor"] for font in mine)


@pytest.mark.parametrize("wide", [False, True])
def test_the_same_sheet_is_the_same_octets(wide: bool) -> None:
    assert paper.pdf(sheet("a", wide=wide), "стр.") == paper.pdf(sheet("a", wide=wide), "стр.")


@pytest.mark.parametrize(
    "text",
    [
        "<b>",
        "</para>",
        "&amp;",
        "&#0;",
        "<font size=99>",
        "w" * LONGEST,
        "Ы" * LONGEST,
        "",
        " ",
        "<a href='x'>y",
        "\x00\x07",
    ],
)
def test_markup_is_printed_and_never_obeyed(text: str) -> None:
    shown = plain(text)
    printed = text_of(paper.pdf(sheet(shown))).replace("\n", "").replace(" ", "")
    assert printed.count(shown.replace(" ", "")) >= 5 or not shown
    page = webpage(sheet(shown)).decode()
    assert "<b>" not in page and "<font" not in page and "<a " not in page


def test_plain_is_one_short_line_that_nothing_obeys() -> None:
    assert plain("a\r\n\tb\x1b[2J\N{RIGHT-TO-LEFT OVERRIDE}c\N{LINE SEPARATOR}d\ud800e") == "a b [2J c d e"
    assert len(plain("x" * 10_000_000)) == LONGEST + 1
    assert "900505450123" not in plain("900505450123")


def test_every_word_is_there_in_both_languages() -> None:
    for group, words in WORDS.items():
        for name, said in words.items():
            assert set(said) == {"kk", "ru"} and all(said.values()), (group, name)
            assert "\N{LATIN SMALL LETTER SCHWA}" not in said["kk"]


def test_a_code_without_words_stands_as_it_is() -> None:
    say = Speaker("kk")
    assert say.value("no_such_code") == "no_such_code" and say.value(None) == say.value("") == say.when(None) == "–"
    assert say.value(True) == "иә" and say.when("2026-11-27T11:14:26+05:00") == "27.11.2026 11:14"


def test_a_reason_is_said_to_anybody_and_not_to_the_operator() -> None:
    assert set(WORDS["reasons"]) <= set(table())
    for code in WORDS["reasons"]:
        assert not {"вы", "вас", "вам", "сіз", "сізді"} & set(re.findall(r"\w+", Speaker("ru").why(code).casefold()))
        assert "сіз" not in Speaker("kk").why(code).casefold()
    assert Speaker("ru").why("update_proven") == table()["update_proven"]["ru"]
    assert Speaker("ru").why("marriage_certificate") == "свидетельство о браке"
    assert Speaker("kk").why("") == "–" and Speaker("kk").why("a" * 64) == "a" * 64
