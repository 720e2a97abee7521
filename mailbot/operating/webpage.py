"""A sheet as one HTML page: everything escaped, nothing that is fetched, no script; it prints well.

Texts of others stand in their own direction (`dir="auto"` isolates them), so that none turns its neighbours around.
"""

from __future__ import annotations

from html import escape

from mailbot.operating.sheet import Block, Sheet

_STYLE = (
    "body{font:1em/1.45 sans-serif;max-width:60em;margin:0 auto;padding:1em}h1{font-size:1.4em}h2{font-size:1.1em;"
    "margin:1.4em 0 .3em}table{border-collapse:collapse;width:100%;font-size:.88em}th,td{border:1px solid #888;padding:"
    ".25em .45em;text-align:left;vertical-align:top;overflow-wrap:anywhere}th{font-weight:bold;"
    "overflow-wrap:normal}footer{margin-top:2em;font-size:.85em}@media print{body{padding:0}tr{break-inside:avoid}}"
)
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def webpage(sheet: Sheet) -> bytes:
    """Return the page as UTF-8. Raises: nothing."""
    blocks = "".join(_block(block) for block in sheet.blocks)
    return (
        f'<!DOCTYPE html>\n<html lang="{sheet.language}" dir="ltr">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(sheet.title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<h1>{escape(sheet.title)}</h1>\n"
        f"{blocks}<footer>{escape(sheet.foot)}</footer>\n</body>\n</html>\n"
    ).encode()


def _block(block: Block) -> str:
    pairs = "".join(f'<tr><th scope="row">{escape(name)}</th>{_cell(value)}</tr>\n' for name, value in block.pairs)
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in block.head)
    rows = "".join(f"<tr>{''.join(map(_cell, row))}</tr>\n" for row in block.rows)
    table = f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}</tbody></table>\n" if rows else ""
    said = "".join(f"<p>{escape(sentence)}</p>\n" for sentence in block.sentences)
    named = f"<table>\n{pairs}</table>\n" if pairs else ""
    return f"<section>\n<h2>{escape(block.title)}</h2>\n{named}{table}{said}</section>\n"


def _cell(value: str) -> str:
    return f'<td dir="auto">{escape(value)}</td>'
