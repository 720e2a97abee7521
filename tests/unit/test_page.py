"""The HTML part: it says what the text says, in the right language, and comes back readable in an answer."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest

from mailbot.answering.catalogue import FOR_OPERATOR
from mailbot.answering.page import WORDS
from mailbot.answering.reply import LANGUAGES, MARKERS, Frame, Rendered, Templates, render
from mailbot.answering.samples import FRAME, samples
from mailbot.config import load_policy
from mailbot.deciding.decision import TEMPLATES, WHOLE, Owed
from mailbot.reading.classify import classify
from mailbot.reading.html import render as seen
from mailbot.reading.parse import parse
from mailbot.reading.tags import compile_words
from mailbot.reading.tokens import tokens

TOKEN = "abcdefghijklmnopqrstuvwx23"
HOSTILE = "<script src=//example.org/x>&amp;</p><a href='https://example.org'>[x]\"' </div> onload=1 & <b>Y</b>"
LANGUAGE_OF = {marker: language for language, marker in MARKERS.items()}
TAGS = {"html", "head", "meta", "title", "body", "div", "p", "strong", "hr"}
ATTRIBUTES = {"lang", "dir", "charset", "name", "content", "style", "aria-hidden"}
LEXICON = compile_words(load_policy(None))
templates = Templates([])


def mail(name: str, language: str, values: dict[str, Any], **frame: Any) -> Rendered:
    own = {key: value for key, value in values.items() if key not in FRAME or key == "kind"}
    whole = replace(Frame(token=TOKEN, **{key: values[key] for key in FRAME}), **frame)
    owed = Owed(template=name, role="receipt", to="aliya@example.com", language=language, values=own)
    return render(owed, whole, templates)


def longest(name: str) -> dict[str, Any]:
    return max(samples(name), key=lambda values: len(str(values)))


LISTS = {WHOLE: 60_000, "operator": 30_000}  # as long as what is held, or waits: the octets of its longest sample
ALL = [
    pytest.param(mail(name, language, longest(name)), language, id=f"{name}-{language}")
    for name in TEMPLATES
    for language in (*LANGUAGES, *["kk+ru"] * (name not in FOR_OPERATOR))  # she reads one
]


class Spoken(HTMLParser):
    """What a screen reader says, each piece with its language; and every tag and attribute."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.said: list[tuple[str, str]] = []
        self.strong: list[str] = []
        self.tags: set[str] = set()
        self.attributes: dict[str, set[str]] = {}
        self._open: list[tuple[str, str, bool]] = [("", "", False)]
        self.feed(html)
        self.close()
        assert self._open == [("", "", False)], "every element is closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            self.attributes.setdefault(name, set()).add(value or "")
        found = dict(attrs)
        if tag not in ("meta", "hr"):
            hidden = self._open[-1][2] or found.get("aria-hidden") == "true"
            self._open.append((tag, found.get("lang") or self._open[-1][1], hidden))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        tag, language, hidden = self._open[-1]
        if data.strip() and not hidden and tag != "title":
            self.said.append((data, language))
        if tag == "strong":
            self.strong.append(data)


def shown(text: str) -> list[str]:
    return [line for line in text.split("\n") if line and line != "* * *"]


@pytest.mark.parametrize(("rendered", "language"), ALL)
def test_it_says_what_the_text_says(rendered: Rendered, language: str) -> None:
    page, defect = seen(rendered.html)
    assert defect == ""
    assert shown(page) == shown(rendered.body)
    assert page.rstrip().endswith(f"[{TOKEN}]")


@pytest.mark.parametrize(("rendered", "language"), ALL)
def test_it_is_read_out_in_its_language(rendered: Rendered, language: str) -> None:
    spoken = Spoken(rendered.html)
    parts = rendered.body.split("\n* * *\n")
    said: dict[str, str] = {}
    for text, spoken_in in spoken.said:
        said[spoken_in] = said.get(spoken_in, "") + text
    assert set(said) == set(language.split("+"))
    for spoken_in, part in zip(language.split("+"), parts, strict=True):
        for line in shown(part):
            if not line.startswith("["):
                assert line in said[LANGUAGE_OF.get(line, spoken_in)]
    assert not any(TOKEN in text for text, _ in spoken.said), "26 letters without a sense are not read out"


@pytest.mark.parametrize(("rendered", "language"), ALL)
def test_nothing_in_it_is_fetched_or_leads_away(
    rendered: Rendered, language: str, request: pytest.FixtureRequest
) -> None:
    spoken = Spoken(rendered.html)
    assert spoken.tags <= TAGS
    assert set(spoken.attributes) <= ATTRIBUTES
    assert not re.search(r"https?:|//|url\(|@import|\bpx\b|\d(?:px|pt)\b", rendered.html)
    assert "width=device-width" in rendered.html
    name = request.node.callspec.id.rpartition("-")[0]
    assert len(rendered.octets) < LISTS.get(name, 20_000)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_words_to_answer_with_stand_out(language: str) -> None:
    words = load_policy(None).words
    known = {w.casefold() for w in (*words.yes, *words.no, *words.undo, *words.only_news, *words.human)}
    assert {word.casefold() for word in WORDS[language]} <= known
    strong = {
        name: set(Spoken(mail(name, language, longest(name)).html).strong)
        for name in ("challenge", "update-applied", "withdrawal-stopped", "condolence")
    }
    only, undo, *answers, human = WORDS[language]
    assert strong["challenge"] == {*answers, human}
    assert strong["update-applied"] >= {undo, human}
    assert strong["withdrawal-stopped"] == {only, undo, human}
    assert strong["condolence"] == set()


@pytest.mark.parametrize("language", [*LANGUAGES, "kk+ru"])
def test_text_of_others_stays_text(language: str) -> None:
    values = {**longest("refused"), "code": "unclear", "note": HOSTILE}
    rendered = mail("refused", language, values, operator_name=HOSTILE, operator_contact=HOSTILE)
    spoken = Spoken(rendered.html)
    assert spoken.tags <= TAGS
    assert set(spoken.attributes) <= ATTRIBUTES
    assert shown(seen(rendered.html)[0]) == shown(rendered.body)


def test_a_template_of_the_operators_own_becomes_a_page_too(tmp_path: Any) -> None:
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "undone.txt").write_text("Subject: A & B <x>\n\nOne < two.\n\nUNDO & more.", encoding="utf-8")
    frame = Frame(token=TOKEN, **{key: FRAME[key] for key in FRAME})
    owed = Owed(template="undone", role="receipt", to="aliya@example.com", language="en")
    rendered = render(owed, frame, Templates([tmp_path]))
    assert "<title>A &amp; B &lt;x&gt;</title>" in rendered.html
    assert shown(seen(rendered.html)[0]) == ["One < two.", "UNDO & more.", f"[{TOKEN}]"]


# ---- an answer that quotes it ----

HEADING = "On Mon, 23 Nov 2026 at 14:06, Example Courses &lt;info@example.kz&gt; wrote:"
FIELDS = (
    "<b>From:</b> Example Courses &lt;info@example.kz&gt;<br><b>Sent:</b> Monday, November 23, 2026 2:06 PM<br>"
    "<b>To:</b> aliya@example.com<br><b>Subject:</b> Request<br>"
)
QUOTING = {
    "gmail": f'<div class="gmail_quote"><div dir="ltr" class="gmail_attr">{HEADING}<br></div>'
    '<blockquote class="gmail_quote" style="margin:0 0 0 .8ex">@</blockquote></div>',
    "apple": f'<div><br><blockquote type="cite"><div>{HEADING}</div><br></blockquote></div>'
    '<blockquote type="cite"><div>@</div></blockquote>',
    "outlook on a phone": f'<hr><div id="divRplyFwdMsg">{FIELDS}</div><div>@</div>',
    "outlook": '<div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm">'
    f"<p class=MsoNormal>{FIELDS}</p></div>@",
    "mail.ru": '<blockquote style="border-left:1px solid #0857A6">Понедельник, 23 ноября 2026, 14:06 +05:00 от '
    'Example Courses &lt;info@example.kz&gt;:<br>&nbsp;<div id="">@</div></blockquote>',
    "thunderbird": f'<div class="moz-cite-prefix">{HEADING}<br></div><blockquote type="cite">@</blockquote>',
}
OWN = {"kk": "ИӘ", "ru": "Да", "en": "Yes", "kk+ru": "иә"}
ASKING = [
    pytest.param(mail(name, language, longest(name)), language, id=f"{name}-{language}")
    for name in ("ask", "challenge", "new-address", "update-applied")
    for language in (*LANGUAGES, "kk+ru")
]


def answered(own: str, history: str) -> bytes:
    head = (
        "From: Aliya <aliya@example.com>\r\nTo: info@example.kz\r\nSubject: Re: K7Q2\r\n"
        "Date: Mon, 23 Nov 2026 15:00:00 +0500\r\nMessage-ID: <1@example.com>\r\nMIME-Version: 1.0\r\n"
        "Content-Type: text/html; charset=utf-8\r\n\r\n"
    )
    return f"{head}<html><body><div>{own}</div><br>{history}</body></html>".encode()


@pytest.mark.parametrize("program", QUOTING)
@pytest.mark.parametrize(("rendered", "language"), ASKING)
def test_an_answer_that_quotes_it_is_read_right(rendered: Rendered, language: str, program: str) -> None:
    inside = rendered.html.partition("<body>\n")[2].partition("</body>")[0]
    for quoted in (rendered.html, inside):
        message = parse(answered(OWN[language], QUOTING[program].replace("@", quoted)))
        assert message.own_text == OWN[language]
        assert tokens(message) == (TOKEN,)
        assert all(MARKERS[each] in message.quoted for each in language.split("+"))
        claim = classify(message, LEXICON)
        assert (claim.word, claim.acts) == ("yes", False)


@pytest.mark.parametrize(("rendered", "language"), ALL)
def test_it_asks_for_nothing_by_itself(rendered: Rendered, language: str) -> None:
    """Not even where a mail program sends it back as if the person had written it."""
    for own in ("", "Рахмет"):
        claim = classify(parse(answered(own, rendered.html)), LEXICON)
        assert not claim.acts
        assert claim.word in (None, "courtesy")


@pytest.mark.parametrize(("rendered", "language"), ASKING)
def test_its_first_line_cuts_where_nothing_marks_the_quote(rendered: Rendered, language: str) -> None:
    message = parse(answered(OWN[language], rendered.html))
    assert message.own_text == OWN[language]
    assert tokens(message) == (TOKEN,)
