"""Render an HTML body as the lines a person sees, so that later steps read one kind of text (WHATWG HTML section 13).

Hidden elements vanish, a table row becomes one line with tabs, quoted history becomes "> " lines, struck-through
letters carry U+0336. It loads nothing, follows nothing, and judges nothing; what is quoted in plain text is
quote.py's matter.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from mailbot.reading.flat import is_too_deep, stripped
from mailbot.reading.ordinals import Count, count

NODE_LIMIT = 30_000  # elements and texts that are rendered
STRUCK = "\u0336"


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SKIPPED = _words(
    "script style head title meta link template object iframe embed applet select textarea svg math canvas audio "
    "video -comment -doctype -document-type"
)
_BLOCKS = _words(
    "div section article header footer main aside nav address form fieldset center dl dt dd li table tbody thead "
    "tfoot tr td th caption figure figcaption details summary body html legend"
)
_SPACED = _words("p h1 h2 h3 h4 h5 h6 ul ol pre blockquote hr")  # with a blank line around
_LISTS = frozenset(("ol", "ul"))
_STRUCK = frozenset(("s", "strike", "del"))
_HIDDEN = re.compile(  # in lower case
    r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all|"
    r"(?:font-size(?<![^;\s]font-size)|max-height(?<![^;\s]max-height))\s*:\s*0(?:px|pt|em)?\s*(?:;|!|$)"
)
_LINE_THROUGH = re.compile(r"text-decoration(?:-line)?\s*:[^;]{0,40}line-through", re.IGNORECASE)
_NO_MARGIN = re.compile(r"margin(?:-top|-bottom)?\s*:\s*0", re.IGNORECASE)
_OUTLOOK_LINE = re.compile(r"border-top\s*:\s*solid\s+#(?:E1E1E1|B5C4DF|CCCCCC)", re.IGNORECASE)
_INDENT = re.compile(r"margin\s*:\s*0(?:px)? 0(?:px)? 0(?:px)? 40px\s*;\s*border\s*:\s*(?:none|0)", re.IGNORECASE)
_OUTLOOK_NONE = re.compile(r"border\s*:\s*none", re.IGNORECASE)
_QUOTE_CLASSES = _words(
    "gmail_quote moz-cite-prefix moz-forward-container yahoo_quoted mail-quote mail_quote protonmail_quote "
    "tutanota_quote zmail_extra gmail_attr moz-email-headers-table ms-outlook-mobile-reference-message "
    "mailru-blockquote quoted-text email-quote wmi-quote front-blockquote"
)
_QUOTE_IDS = _words(
    "mail-editor-reference-message-container ms-outlook-mobile-reference-message reply-intro "
    "replyBlockquote isReplyContent OLK_SRC_BODY_SECTION"
)
_REST_IDS = frozenset(("divRplyFwdMsg", "replySplit"))  # this and all that follows is history
_REST_CLASSES = frozenset(("OutlookMessageHeader",))
_QUOTE_MARKERS = frozenset(("__HEADERS__", "__QUOTED_TEXT__"))  # Zimbra's
_COPIED = re.compile(r"^(?:x_)+|^(?:yiv|ydp)[0-9a-f]{4,20}")  # what a web mail puts before the names of a mail
_BLANKS = re.compile(r"[ \t\r\n\f]+")


@dataclass(slots=True)
class _Page:
    """A run of finished lines and the one being written; a table cell has its own."""

    lines: list[tuple[int, str]] = field(default_factory=list)  # (depth of quotation, text)
    open: list[str] = field(default_factory=list)
    gap: bool = False  # a blank line is due before the next text

    def end_line(self, depth: int) -> None:
        """Finish the current line if anything stands in it, be it a no-break space."""
        if self.open:
            text = "".join(self.open).replace("\xa0", " ").strip(" ")
            if self.gap and self.lines and self.lines[-1][1]:
                self.lines.append((min(depth, self.lines[-1][0]), ""))
            self.gap = False
            self.lines.append((depth, text))
            self.open.clear()

    def add(self, text: str) -> None:
        """Write text into the current line; a blank at its start is dropped."""
        if not self.open or self.open[-1].endswith((" ", "\t")):
            text = text.lstrip(" ")
        if text:
            self.open.append(text)


@dataclass(slots=True)
class _State:
    page: _Page = field(default_factory=_Page)
    above: list[_Page] = field(default_factory=list)  # the pages around the open cells
    rows: list[list[_Page]] = field(default_factory=list)
    quoted: int = 0
    rest_quoted: bool = False
    struck: int = 0
    kept: int = 0  # open elements whose white space counts
    numbers: bool = False  # whether the numbers of lists are written
    lists: list[Count] = field(default_factory=list)  # those that are open
    mark: str = ""  # the number that is due before the next text

    @property
    def depth(self) -> int:
        """How many "> " the current line gets."""
        return min(self.quoted + self.rest_quoted, 5)


def render(html: str, *, numbers: bool = False) -> tuple[str, str]:
    """Return the visible text with LF line ends, and a defect word ("" or html_deep, html_long). Raises nothing.

    `numbers`: items of ordered lists bear theirs, as a page shows it; a mail is read without.
    """
    if is_too_deep(html):
        return stripped(html), "html_deep"
    from selectolax.lexbor import LexborHTMLParser  # slow to import, and many mails have no HTML

    root = LexborHTMLParser(html).root
    state = _State(numbers=numbers)
    complete = root is None or _walk(root, state)
    while state.above:  # cells that were still open where the walk was cut
        state.page.end_line(state.depth)
        state.above[-1].lines += state.page.lines
        state.page = state.above.pop()
    state.page.end_line(state.depth)
    return _text(state.page.lines), "" if complete else "html_long"


def _walk(root: Any, state: _State) -> bool:
    stack: list[tuple[Any, bool]] = [(root, False)]
    seen = 0
    closing: list[tuple[int, int, int]] = []
    while stack:
        node, leaving = stack.pop()
        if leaving:
            _leave(node, state)
            if closing[-1][0] != state.quoted:  # the line belongs to the quotation that ends here, be it a span
                state.page.end_line(state.depth)
            state.quoted, state.struck, state.kept = closing.pop()
            continue
        seen += 1
        if seen > NODE_LIMIT:
            return False
        tag = node.tag
        if tag == "-text":
            _write(node.text_content or "", state)
        elif tag not in _SKIPPED:
            attributes = node.attributes
            if not _hidden(attributes):
                closing.append((state.quoted, state.struck, state.kept))
                _enter(tag, attributes, node, state)
                stack.append((node, True))
                stack += [(child, False) for child in reversed(_children(node))]
    return True


def _children(node: Any) -> list[Any]:
    children = []
    child = node.child
    while child is not None:
        children.append(child)
        child = child.next
    return children


def _enter(tag: str, attributes: dict[str, str | None], node: Any, state: _State) -> None:
    style = attributes.get("style") or ""
    if tag in _BLOCKS or tag in _SPACED:
        state.page.end_line(state.depth)
        if tag in _SPACED and not _tight(tag, attributes, style):
            state.page.gap = True
    _quote(tag, attributes, style, state)
    if tag in _STRUCK or (style and _LINE_THROUGH.search(style)):
        state.struck += 1
    if tag == "pre" or "pre-wrap" in style:
        state.kept += 1
    if tag == "br":
        if state.page.open:
            state.page.end_line(state.depth)
        else:
            state.page.lines.append((state.depth, ""))
    elif tag == "img" and "data-emoji" in attributes:
        state.page.add(attributes.get("data-emoji") or "")
    elif state.numbers and tag in _LISTS:
        items = sum(child.tag == "li" for child in _children(node)) if "reversed" in attributes else 0
        state.lists.append(count(tag, attributes, items))
    elif tag == "li" and state.lists:
        state.mark += state.lists[-1].mark(attributes)
    elif tag == "tr":
        state.rows.append([])
    elif tag in ("td", "th") and state.rows:
        state.above.append(state.page)
        state.page = _Page()


def _leave(node: Any, state: _State) -> None:
    tag = node.tag
    if tag in ("td", "th") and state.rows and state.above:
        state.page.end_line(state.depth)
        state.rows[-1].append(state.page)
        state.page = state.above.pop()
    elif tag == "tr" and state.rows:
        _row(state.rows.pop(), state)
    elif tag in _BLOCKS or tag in _SPACED:
        state.page.end_line(state.depth)
        if tag in _SPACED and not _tight(tag, node.attributes, node.attributes.get("style") or ""):
            state.page.gap = True
        if tag in _LISTS and state.lists:
            state.lists.pop()
        state.mark = "" if tag == "li" else state.mark  # of an item that held no text


def _row(cells: list[_Page], state: _State) -> None:
    state.page.end_line(state.depth)
    trimmed = [[line for line in cell.lines if line[1]] for cell in cells]
    depths = {lines[0][0] for lines in trimmed if lines}
    if all(len(lines) <= 1 for lines in trimmed) and len(depths) <= 1:
        text = "\t".join(lines[0][1] if lines else "" for lines in trimmed).rstrip("\t")
        if text.strip():
            state.page.lines.append((depths.pop(), text))
        return
    for cell in cells:
        state.page.lines += cell.lines


def _quote(tag: str, attributes: dict[str, str | None], style: str, state: _State) -> None:
    classes = {_COPIED.sub("", name) for name in (attributes.get("class") or "").split()}
    name = _COPIED.sub("", attributes.get("id") or "")
    if (
        name in _REST_IDS
        or _REST_CLASSES & classes
        or (tag == "div" and _OUTLOOK_LINE.search(style) and _OUTLOOK_NONE.search(style))
    ):
        state.page.end_line(state.depth)
        state.rest_quoted = True
    elif tag == "blockquote" and _is_indent(attributes, style, state):
        return
    elif (
        tag == "blockquote"
        or name in _QUOTE_IDS
        or name.startswith("yahoo_quoted")
        or _QUOTE_CLASSES & classes
        or attributes.get("data-marker") in _QUOTE_MARKERS
    ):
        state.page.end_line(state.depth)  # a span starts no line; a heading inside a container is no second level
        state.quoted += 1 if tag == "blockquote" or not state.quoted else 0


def _is_indent(attributes: dict[str, str | None], style: str, state: _State) -> bool:
    """Tell whether a block is set off by its writer, with the button for it, and no heading stands above."""
    above = next((text for _, text in reversed(state.page.lines[-3:]) if text), "")
    return attributes.keys() <= {"style", "dir"} and bool(_INDENT.search(style)) and not above.endswith((":", "："))


def _tight(tag: str, attributes: dict[str, str | None], style: str) -> bool:
    """A paragraph without a margin is a line: Outlook writes each line so."""
    return tag == "p" and ("Mso" in (attributes.get("class") or "") or _NO_MARGIN.search(style) is not None)


def _hidden(attributes: dict[str, str | None]) -> bool:
    style = attributes.get("style")
    return "hidden" in attributes or (style is not None and _HIDDEN.search(style.lower()) is not None)


def _write(text: str, state: _State) -> None:
    if state.mark and text.strip():
        text, state.mark = state.mark + text.lstrip(), ""
    if state.struck:
        text = "".join(letter if letter.isspace() else letter + STRUCK for letter in text)
    if not state.kept:
        state.page.add(_BLANKS.sub(" ", text))
        return
    first, *others = text.replace("\r\n", "\n").split("\n")
    if first:
        state.page.open.append(first)
    for line in others:
        if not state.page.open:
            state.page.lines.append((state.depth, ""))
        state.page.end_line(state.depth)
        if line:
            state.page.open.append(line)


def _text(lines: list[tuple[int, str]]) -> str:
    written: list[str] = []
    for depth, text in lines:
        if text or (written and written[-1].strip("> ")):  # never two blank lines in a row, none first
            written.append(("> " * depth + text).rstrip(" "))
    return "\n".join(written).rstrip("\n")
