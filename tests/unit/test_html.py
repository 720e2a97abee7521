"""html: what a person sees of a page, line by line."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.reading.html import render
from mailbot.reading.quote import split


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


OWN = "Жаңа нөмірім: +7 747 000 11 22"
PROGRAMS = {  # a reply of each program below OWN, whose history is the word "old"
    "Gmail": '<div dir="ltr">{}</div><br><div class="gmail_quote gmail_quote_container"><div dir="ltr" '
    'class="gmail_attr">пн, 3 нояб. 2025\u202fг. в 10:15, Site &lt;<a href="mailto:info@example.kz">info@example.kz</a>'
    '&gt;:<br></div><blockquote class="gmail_quote" style="margin:0px 0px 0px 0.8ex;border-left:1px solid">old'
    "</blockquote></div>",
    "Gmail, English": '<div dir="ltr">{}</div><div class="gmail_extra"><div class="gmail_quote">On Mon, Nov 3, 2025 at '
    '10:15 AM, Site <span>&lt;info@example.kz&gt;</span> wrote:<br><blockquote class="gmail_quote">old</blockquote>'
    "</div></div>",
    "Outlook": "<div class=WordSection1><p class=MsoNormal>{}<o:p></o:p></p><p class=MsoNormal>&nbsp;</p><div><div "
    "style='border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm'><p class=MsoNormal><b>Кімнен:</b> "
    "Site<br><b>Жіберілді:</b> 3 қараша 2025 ж. 10:15<br><b>Кімге:</b> Динара<br><b>Тақырып:</b> Деректер</p></div>"
    "</div><p class=MsoNormal>old</p></div>",
    "Outlook on the web": '<div style="font-family:Calibri">{}</div><div id="appendonsend"></div><hr style="display:'
    'inline-block;width:98%"><div id="divRplyFwdMsg" dir="ltr"><font><b>От:</b> Site &lt;info@example.kz&gt;<br>'
    "<b>Отправлено:</b> 3 ноября 2025 г. 10:15<br><b>Кому:</b> Динара<br><b>Тема:</b> Данные</font><div>&nbsp;</div>"
    "</div><div>old</div>",
    "Outlook on the phone": '<div>{}</div><div id="ms-outlook-mobile-signature"><div></div></div><div id='
    '"mail-editor-reference-message-container"><hr><div><b>From:</b> Site<br><b>Sent:</b> Monday</div>old</div>',
    "Apple Mail": '<html><body dir="auto"><div>{}</div><br><div><blockquote type="cite"><div>On 3 Nov 2025, at 10:15, '
    "Site &lt;info@example.kz&gt; wrote:</div><br><div>old</div></blockquote></div></body></html>",
    "iPhone": '<html><body dir="auto">{}<div dir="ltr"><br><blockquote type="cite">3 нояб. 2025 г., в 10:15, Site '
    '&lt;info@example.kz&gt; написал(а):<br><br></blockquote></div><blockquote type="cite"><div dir="ltr">old</div>'
    "</blockquote></body></html>",
    "Thunderbird": '<p>{}</p><div class="moz-cite-prefix">3.11.2025 10:15 уақытында, Site жазған:<br></div><blockquote '
    'type="cite" cite="mid:1@example.kz"><p>old</p></blockquote>',
    "Thunderbird forwards": '<p>{}</p><div class="moz-forward-container"><br>-------- Бағытталған хабарлама --------'
    '<table class="moz-email-headers-table"><tr><th>Тақырыбы: </th><td>x</td></tr></table>old</div>',
    "Mail.ru": '<div>{}</div><div>&nbsp;</div><blockquote style="border-left:1px solid #0857A6;margin:10px;padding:0 '
    '0 0 10px;">Понедельник, 3 ноября 2025, 10:15 +05:00 от Site &lt;info@example.kz&gt;:<br>old</blockquote>',
    "Yandex": "<div>{}</div><div>&nbsp;</div><div>03.11.2025, 10:15, &quot;Site&quot; &lt;info@example.kz&gt;:</div>"
    "<blockquote><div>old</div></blockquote>",
    "Samsung": '<div dir="auto">{}</div><div><br></div><div align="left" dir="auto"><div>-------- Исходное сообщение '
    "--------</div><div>От: Site</div><div>Дата: 03.11.25 10:15 (GMT+05:00)</div></div><div>old</div>",
    "Yahoo": '<div>{}</div><div id="ydp9b1f0a55yahoo_quoted_5894" class="ydp9b1f0a55yahoo_quoted"><div>On Monday, '
    "November 3, 2025 at 10:15:00 AM GMT+5, Site wrote:</div><div>old</div></div>",
    "Zimbra": '<div>{}</div><hr id="zwchr" data-marker="__DIVIDER__"><div data-marker="__HEADERS__"><b>From: </b>Site'
    '<br><b>Sent: </b>Monday</div><div data-marker="__QUOTED_TEXT__">old</div>',
    "Hotmail": '<div>{}</div><hr id="stopSpelling">Date: Mon, 3 Nov 2025 10:15:00 +0500<br>Subject: Data<br>From: '
    "info@example.kz<br>To: dinara@example.kz<br><br>old",
    "Outlook Express": '<div>{}</div><div style="FONT: 10pt arial">----- Original Message ----- <div><b>From:</b> Site'
    "</div><div><b>Sent:</b> Monday</div></div><div>old</div>",
    "Outlook for Mac": '<div>{}</div><span id="OLK_SRC_BODY_SECTION"><div><b>From: </b>Site<br></div>old</span>',
    "Proton": '<div>{}</div><div class="protonmail_quote">On Monday, November 3rd, 2025 at 10:15, Site wrote:<br>'
    '<blockquote class="protonmail_quote" type="cite">old</blockquote></div>',
    "Lotus Notes": "<font size=2>{}</font><br><br><table><tr><td>From:</td><td>Site &lt;info@example.kz&gt;</td></tr>"
    "<tr><td>To:</td><td>dinara@example.kz</td></tr><tr><td>Date:</td><td>03.11.2025 10:15</td></tr></table><hr>old",
    "Windows Mail": '<div>{}</div><div style="border-top-color: rgb(229, 229, 229); border-top-width: 1px;"><strong>'
    "Von:</strong>&nbsp;Site<br><strong>Gesendet:</strong>&nbsp;Montag, 3. November 2025 10:15<br><strong>An:</strong>"
    "&nbsp;Dinara</div><div>old</div>",
    "line breaks lost": "<div>{}</div><hr><div><b>From: info@example.kz</b> <b>Date: Mon, 3 Nov 2025 10:15</b></div>"
    "<div>old</div>",
    "QQ": "<div>{}</div><div><br></div><div>------------------&nbsp;原始邮件&nbsp;------------------</div><div><b>"
    "发件人:</b>Site</div><div>old</div>",
}


@pytest.mark.parametrize("program", PROGRAMS)
def test_own_words_above_the_history_of_each_program(program: str) -> None:
    found = split(render(PROGRAMS[program].format(OWN))[0])
    assert (found.own, found.signature) == (OWN, "")
    assert "old" in found.quoted


def test_text_set_off_with_the_button_for_it_is_own() -> None:
    indent = '<blockquote style="margin:0 0 0 40px;border:none;padding:0px">Аты: Айгүл</blockquote>'
    assert render(f"<div>Менің деректерім</div>{indent}")[0] == "Менің деректерім\n\nАты: Айгүл"


@pytest.mark.parametrize(
    "history",
    [
        '<div>Айгүл жазған:</div><blockquote style="margin:0 0 0 40px;border:none">old</blockquote>',
        '<blockquote type="cite" style="margin:0 0 0 40px;border:none">old</blockquote>',
        '<blockquote style="border:none;border-left:solid #CCCCCC 1.0pt;margin:0 0 0 40px">old</blockquote>',
    ],
)
def test_a_quote_that_looks_like_text_set_off_stays_a_quote(history: str) -> None:
    assert render(f"<div>own</div>{history}")[0].endswith("> old")


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


@given(_PIECES)
def test_any_page_renders(pieces: list[str]) -> None:
    text, _ = render("".join(pieces).replace("/class", " class").replace("/style", " style"))
    assert "\n\n\n" not in text
    assert not text.endswith("\n")
