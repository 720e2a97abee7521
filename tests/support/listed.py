"""A policy's text as a page whose numbers are those of nested ordered lists: the text itself holds none of them."""

from __future__ import annotations

from html import escape

from mailbot.reading.clauses import Clause, clauses


def listed(text: str) -> str:
    """Return the page: a section is an item of a list, and each of its clauses one of another."""
    head = "<!DOCTYPE html><html><head><meta charset='utf-8'><title>x</title></head><body>"
    return head + "".join(_block(clause) for clause in clauses(text)) + "</body></html>"


def _block(clause: Clause) -> str:
    text, number = escape(clause.text, quote=False), clause.number
    if not number.isdigit():
        return f"<p>{escape(f'{number}{clause.close}')} {text}</p>\n"
    if clause.heading:
        return f'<ol start="{number}"><li><h2>{text}</h2></li></ol>\n'
    return f'<ol><li value="{number}">{text}</li></ol>\n'
