"""A sheet as PDF: the one door of the library `reportlab` (extra `pdf`), loaded late.

The letters (Latin, Cyrillic with all of Kazakh) are embedded from fonts/, which lies beside this module; a letter that
they have not is printed as U+FFFD. The same sheet gives the same octets: no clock, no random number goes in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from html import escape
from importlib import resources
from importlib.util import find_spec
from io import BytesIO
from typing import Any

from mailbot.errors import ConfigError
from mailbot.operating.sheet import Block, Sheet

PLAIN, BOLD = "DejaVuSans", "DejaVuSans-Bold"
_LABEL = 0.32  # share of a row that its label takes


def can_print() -> bool:
    """Tell whether the extra `pdf` is installed."""
    return find_spec("reportlab") is not None


def pdf(sheet: Sheet, page: str = "") -> bytes:
    """Return the sheet as PDF; `page` is the word before a page's number. Raises ConfigError without the extra."""
    printer = _printer()
    out = BytesIO()
    printer.build(sheet, page, out)
    return out.getvalue()


@cache
def _printer() -> Printer:
    return Printer()


def _counting(base: Any, foot: Callable[[Any, int], None]) -> Any:
    """Return a canvas that draws each page's foot at the end, when it is known how many pages there are."""

    class Counting(base):  # type: ignore[misc]
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            self._pages: list[dict[str, Any]] = []

        def showPage(self) -> None:
            self._pages.append(dict(self.__dict__))
            self._startPage()

        def save(self) -> None:
            for page in self._pages:
                self.__dict__.update(page)
                foot(self, len(self._pages))
                super().showPage()
            super().save()

    return Counting


class Printer:
    """The library, with our fonts."""

    def __init__(self) -> None:
        """Load the library and the fonts. Raises ConfigError."""
        try:
            from reportlab.lib import colors, pagesizes, styles
            from reportlab.pdfbase import pdfmetrics
            from reportlab.pdfbase.ttfonts import TTFont
            from reportlab.pdfgen.canvas import Canvas
            from reportlab.platypus import LongTable, Paragraph, SimpleDocTemplate, TableStyle
        except ImportError as exc:
            raise ConfigError("a PDF needs the extra `pdf`: install mailbot[pdf]") from exc
        self._table, self._paragraph, self._document, self._styled = LongTable, Paragraph, SimpleDocTemplate, TableStyle
        self._canvas = Canvas
        self._grey, self._light, self._sizes = colors.grey, colors.whitesmoke, pagesizes
        folder = resources.files("mailbot.operating").joinpath("fonts")
        for name in (PLAIN, BOLD):
            font = TTFont(name, BytesIO(folder.joinpath(f"{name}.ttf").read_bytes()))
            pdfmetrics.registerFont(font)
            self._letters = set(font.face.charToGlyph)
        self._text = styles.ParagraphStyle("text", fontName=PLAIN, fontSize=8, leading=10.5, splitLongWords=1)
        self._small = styles.ParagraphStyle("small", parent=self._text, fontSize=6.5, leading=8.2)
        self._bold = styles.ParagraphStyle("bold", parent=self._small, fontName=BOLD)
        self._part = styles.ParagraphStyle("part", parent=self._bold, fontSize=9, leading=13, spaceBefore=8)
        self._part.keepWithNext = 1
        self._title = styles.ParagraphStyle("title", parent=self._bold, fontSize=13, leading=20)

    def build(self, sheet: Sheet, page: str, out: BytesIO) -> None:
        """Write the sheet; every page bears its number and the sheet's foot."""
        size = self._sizes.landscape(self._sizes.A4) if sheet.wide else self._sizes.A4
        document = self._document(
            out, pagesize=size, leftMargin=36, rightMargin=36, topMargin=36, bottomMargin=42, invariant=1,
            title=self._known(sheet.title), author="mailbot", lang=sheet.language,
        )  # fmt: skip
        story = [self._paragraph(self._safe(sheet.title), self._title)]
        for block in sheet.blocks:
            story += self._block(block, document.width)

        def foot(canvas: Any, total: int) -> None:
            canvas.setFont(PLAIN, 7)
            canvas.drawString(36, 24, self._known(sheet.foot))
            canvas.drawRightString(size[0] - 36, 24, f"{page} {canvas.getPageNumber()} / {total}".strip())

        document.build(story, canvasmaker=_counting(self._canvas, foot))

    def _block(self, block: Block, width: float) -> Iterator[Any]:
        if block.title:
            yield self._paragraph(self._safe(block.title), self._part)
        if block.pairs:
            rows = [[self._cell(name, self._bold), self._cell(value, self._small)] for name, value in block.pairs]
            yield self._lined(rows, [width * _LABEL, width * (1 - _LABEL)], 0)
        if block.rows:
            shares = block.widths or (1.0,) * len(block.head)
            rows = [[self._cell(name, self._bold) for name in block.head]]
            rows += [[self._cell(value, self._small) for value in row] for row in block.rows]
            yield self._lined(rows, [width * share / sum(shares) for share in shares], 1)
        for sentence in block.sentences:
            yield self._paragraph(self._safe(sentence), self._text)

    def _lined(self, rows: list[list[Any]], widths: list[float], heads: int) -> Any:
        style = [("GRID", (0, 0), (-1, -1), 0.4, self._grey), ("VALIGN", (0, 0), (-1, -1), "TOP"),
                 ("TOPPADDING", (0, 0), (-1, -1), 2), ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
                 ("LEFTPADDING", (0, 0), (-1, -1), 3), ("RIGHTPADDING", (0, 0), (-1, -1), 3)]  # fmt: skip
        if heads:
            style.append(("BACKGROUND", (0, 0), (-1, heads - 1), self._light))
        return self._table(rows, colWidths=widths, repeatRows=heads, style=self._styled(style), spaceAfter=4)

    def _cell(self, text: str, style: Any) -> Any:
        return self._paragraph(self._safe(text), style)

    def _safe(self, text: str) -> str:
        """Return the text as the library's own markup has it."""
        return escape(self._known(text), quote=False)

    def _known(self, text: str) -> str:
        return "".join(c if ord(c) in self._letters else "\N{REPLACEMENT CHARACTER}" for c in text)
