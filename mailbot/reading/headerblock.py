"""Recognise a quoted header: the labels of a mail's fields on adjacent lines, and what only a program writes there.

The labels of 70 languages are in headings.toml. It looks at lines that quote.py has cleaned of invisible characters;
the head of a letter («Кому», «От кого», «Дата») is the person's own. Serves RFC 5322 section 3.6 (the fields).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from mailbot.reading.headings import TABLE, TIME, folded, is_rule, is_title
from mailbot.reading.signature import LONGEST

_LABELS = {folded(label): kind for kind, labels in TABLE["labels"].items() for label in labels}
_BLOCK_LINES = 9
_BRACKETED = re.compile(r"[<\[(](?:mailto:)?[^<>@\s]{1,100}@[^<>@\s]{1,100}[>\])]")
_HEADER_LABEL = re.compile(r"[*_\s]{0,4}([^\W\d_][^:：]{0,24}?)[*_ ]{0,3}[:：]")
_INNER_LABEL = re.compile(r"(?:^|(?<=[\s*_]))[^\W\d_]{2,20}(?=[*_ ]{0,3}[:：])")


def header(view: str) -> str | None:
    """Return which field a line's label names: from, sent, date, to, cc, subject, or None. Raises: nothing."""
    found = _HEADER_LABEL.match(view) if len(view) <= LONGEST and (":" in view or "：" in view) else None
    return _LABELS.get(folded(found.group(1).strip())) if found else None


def is_header_block(views: Sequence[str], headers: Sequence[str | None], number: int, above: bool) -> bool:
    """Tell whether a mail's header is quoted from here: labels on adjacent lines, and what only a program writes there.

    `headers[n]` is `header` of line n; `above` says whether own text stands above. The head of a letter («Кому», «От
    кого», «Дата») is the person's own. Raises: nothing.
    """
    if headers[number] in (None, "to", "cc") or (number and headers[number - 1]):
        return False
    kinds: set[str] = set()
    block: list[str] = []
    strangers = 0
    for view, kind in zip(views[number : number + _BLOCK_LINES], headers[number:], strict=False):
        if kind:
            kinds.add(kind)
            block.append(view)
        elif is_title(view) or is_rule(view):
            break
        elif view or strangers:  # one folded line inside the block is no end of it
            strangers += 1
            if strangers > 2 or not view:
                break
            block[-1] += f" {view[:LONGEST]}" if "@" in view else ""
    if len(kinds) == 1:
        block, kinds = [views[number]], _inner_kinds(views[number])
    return _is_evident(block, kinds, above)


def _inner_kinds(view: str) -> set[str]:
    """The fields whose labels stand in one line, as a page leaves them whose line breaks are lost."""
    found = (_LABELS.get(folded(label)) for label in _INNER_LABEL.findall(view))
    return {kind for kind in found if kind}


def _is_evident(block: Sequence[str], kinds: set[str], above: bool) -> bool:
    """Tell whether the lines of a block hold what a letter's head has not: a time, addresses, a word for sending."""
    addresses = sum("@" in view for view in block)
    time = any(TIME.search(view) for view in block)
    if "from" not in kinds:
        return time and (len(kinds) >= 3 or (len(kinds) == 2 and "to" in kinds and addresses > 0))
    if len(kinds) < 2:
        return False
    if "sent" in kinds or any(_BRACKETED.search(view) for view in block):
        return above or time or addresses > 0
    return time or (above and addresses > 1)
