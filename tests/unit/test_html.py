"""html: what a person sees of a page, line by line."""

from __future__ import annotations

import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailbot.reading.html import render

QUIET = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # a loaded machine is no defect


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>one</p><p>two</p>", "one\n\ntwo"),
        ("<div>one</div><div>two</div>", "one\ntwo"),
        ("<div>one</div><div><br></div><div>two</div>", "one\n\ntwo"),
        ("one<br>two<br><br>three", "one\ntwo\n\nthree"),
        ("a&nbsp;b &amp; &lt;c&gt; &#1046;", "a b & <c> Ж"),
        ("  many\n   blanks <b>x</b>y ", "many blanks xy"),
        ('see <a href="https://example.org/">the page</a>', "see the page"),
        ("<p class=MsoNormal>one</p><p class=MsoNormal>two</p>", "one\ntwo"),
        ("<p class=MsoNormal>one</p><p class=MsoNormal>&nbsp;</p><p class=MsoNormal>two</p>", "one\n\ntwo"),
        ('<p style="margin:0">one</p><p style="margin:0">two</p>', "one\ntwo"),
        ("<ul><li>one</li><li>two</li></ul>", "one\ntwo"),
        ("<pre>one\n  two\n\nthree</pre>", "one\ntwo\n\nthree"),
        ("<h1>one</h1>two", "one\n\ntwo"),
        ("no markup", "no markup"),
        ("", ""),
        ("<p>unclosed <b>x<p>y", "unclosed x\n\ny"),
    ],
)
def test_lines(html: str, text: str) -> None:
    assert render(html) == (text, "")


@pytest.mark.parametrize(
    "hidden",
    [
        "<script>x</script>",
        "<style>x</style>",
        '<div style="display:none">x</div>',
        '<span style="DISPLAY : none !important">x</span>',
        '<span style="visibility: hidden">x</span>',
        '<span style="font-size:0px; color:red">x</span>',
        '<span style="mso-hide:all">x</span>',
        "<div hidden>x</div>",
        "<!-- x -->",
        "<!--[if gte mso 9]><p>x</p><![endif]-->",
        "<svg><text>x</text></svg>",
    ],
)
def test_hidden_elements_vanish(hidden: str) -> None:
    assert render(f"<html><head><title>x</title></head><body>a{hidden}b</body></html>")[0].replace("\n", "") == "ab"


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<table><tr><td>Тегі</td><td>Ахметова</td></tr><tr><th>Аты<td>Әлия</table>", "Тегі\tАхметова\nАты\tӘлия"),
        ("<table><tr><td><p class=MsoNormal>Имя</p></td><td><p>Алия</p></td></tr></table>", "Имя\tАлия"),
        ("<table><tr><td>a</td><td></td><td>c</td></tr></table>", "a\t\tc"),
        ("<table><tr><td><div>one</div><div>two</div></td><td>x</td></tr></table>", "one\ntwo\nx"),
        ("before<table><tr><td>in</td></tr></table>after", "before\nin\nafter"),
        ("<table><tr><td><table><tr><td>a</td><td>b</td></tr></table></td></tr></table>", "a\tb"),
    ],
)
def test_a_table_row_is_a_line(html: str, text: str) -> None:
    assert render(html)[0] == text


@pytest.mark.parametrize(
    "history",
    [
        "<blockquote>old</blockquote>",
        '<div class="gmail_quote"><blockquote>old</blockquote></div>',
        '<div class="gmail_quote gmail_quote_container">old</div>',
        '<div class="moz-cite-prefix">old</div>',
        '<div class="yahoo_quoted" id="yahoo_quoted_1">old</div>',
        '<div class="mail-quote">old</div>',
        '<div id="divRplyFwdMsg">From: x</div><div>old</div>',
        '<div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3pt"><p>From: x</p></div><p>old</p>',
        '<div><div><div style="border:none;border-top:solid #B5C4DF 1.0pt">From: x</div></div></div><p>old</p>',
        '<div id="mail-editor-reference-message-container">old</div>',
        "<table><tr><td><blockquote>old</blockquote></td></tr></table>",
    ],
)
def test_history_is_quoted(history: str) -> None:
    lines = render(f"<div>own</div>{history}")[0].split("\n")
    assert lines[0] == "own"
    assert any("old" in line for line in lines)
    assert all(line.startswith(">") for line in lines[1:] if line)


def test_quotation_has_depth_and_ends() -> None:
    assert render("<blockquote>a<blockquote>b</blockquote></blockquote>own")[0] == "> a\n>\n> > b\n\nown"


@pytest.mark.parametrize("tag", ["<s>{}</s>", "<del>{}</del>", "<strike>{}</strike>"])
def test_struck_letters_are_marked(tag: str) -> None:
    assert render("a " + tag.format("b c"))[0] == "a b\u0336 c\u0336"


def test_line_through_by_style_is_marked() -> None:
    assert render('<span style="color:red; text-decoration: underline line-through">ab</span> c')[0] == (
        "a\u0336b\u0336 c"
    )


@pytest.mark.parametrize(
    "html",
    [
        "<div>" * 200_000,
        ("<div>" * 300 + "</div>" * 300) * 300,
        "".join(f"<font a={n}>" for n in range(390)) + "<p>x</p>" * 30_000,
        "<b>" * 300_000,
        "<table><tr><td>" * 50_000,
        "<br>" * 200_000,
        "<a " + "x=1 " * 200_000 + ">",
        "<!--" * 200_000,
        "<" * 1_000_000,
    ],
)
def test_a_bomb_costs_little(html: str) -> None:
    began = time.process_time()
    render(html)
    assert time.process_time() - began < 2


def test_what_is_cut_is_said() -> None:
    assert render("<div>" * 1000 + "x")[1] == "html_deep"
    assert render("<p>x</p>" * 60_000)[1] == "html_long"


def test_a_page_too_deep_to_parse_keeps_its_words() -> None:
    assert render("<div>" * 1000 + "one<br>two<script>no</script>")[0] == "one\ntwo"


_TAGS = (
    "<p> </p> <div> </div> <td> <tr> <table> </table> <blockquote> </blockquote> <s> </s> <br> a &nbsp; <pre> </pre> "
    "<script> </script> <b/class=gmail_quote> </b> <div/style='display:none'> \n"
)
_PIECES = st.lists(st.sampled_from(_TAGS.split(" ")), max_size=40)


@QUIET
@given(_PIECES)
def test_any_page_renders(pieces: list[str]) -> None:
    text, _ = render("".join(pieces).replace("/class", " class").replace("/style", " style"))
    assert "\n\n\n" not in text
    assert not text.endswith("\n")
