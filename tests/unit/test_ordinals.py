"""Ordered lists keep their numbers where a policy is read, as a browser shows them; a mail is read without."""

from __future__ import annotations

import pytest

from mailbot.reading.html import render

LISTS = [
    ("<ol><li>a<li>b</ol>", "1. a\n2. b"),
    ("<ol start=3><li>a<li>b</ol>", "3. a\n4. b"),
    ("<ol start='x'><li>a</ol>", "1. a"),
    ("<ol type=a start=26><li>a<li>b</ol>", "z. a\naa. b"),
    ("<ol type=A><li>a</ol>", "A. a"),
    ("<ol type=i><li value=4>a<li>b</ol>", "iv. a\nv. b"),
    ("<ol type=I start=1999><li>a</ol>", "MCMXCIX. a"),
    ("<ol type=I start=0><li>a<li>b</ol>", "0. a\nI. b"),
    ("<ol reversed><li>a<li>b<li>c</ol>", "3. a\n2. b\n1. c"),
    ("<ol reversed start=9><li>a<li>b</ol>", "9. a\n8. b"),
    ("<ol><li>a<li value=7>b<li>c</ol>", "1. a\n7. b\n8. c"),
    ("<ol><li type=a>a<li>b</ol>", "a. a\n2. b"),
    ("<ol style='list-style: none'><li>a</ol>", "a"),
    ("<ol style='list-style-type:upper-roman'><li>a</ol>", "I. a"),
    ("<ol><li><p>a</p><p>b</p><li><div><b>c</b></div></ol>", "1. a\n\nb\n\n2. c"),
    ("<ol><li>a<ol type=a><li>b<li>c</ol><li>d</ol>", "1. a\n\na. b\nb. c\n\n2. d"),
    ("<ol><li>a<ul><li>b</ul><li>c</ol>", "1. a\n\nb\n\n2. c"),
    ("<ul><li>a</ul>", "a"),
    ("<ol><li></li><li>b</ol>c", "2. b\n\nc"),
    ("<ol><li hidden>a<li>b</ol>", "1. b"),
    ("<li>a", "a"),
    ("<ol><li><ol><li>a</ol></ol>", "1. 1. a"),
]


@pytest.mark.parametrize(("html", "text"), LISTS)
def test_an_item_bears_its_number(html: str, text: str) -> None:
    assert render(html, numbers=True) == (text, "")


@pytest.mark.parametrize(("html", "text"), LISTS)
def test_a_mail_is_read_without_them(html: str, text: str) -> None:
    assert ". " not in render(html)[0], text
