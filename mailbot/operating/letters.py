"""An answer that the operator writes herself: her words in the frame of our mails, owed in one transaction.

It goes where our answers may go (decisions): to the address on file that wrote, or to the proven writer himself. Serves
the rights that no program can answer: a question, a complaint.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from mailbot.answering.reply import Frame, Rendered
from mailbot.deciding.decision import Owed, Role
from mailbot.errors import ConflictError, InputError
from mailbot.operating import review
from mailbot.pipeline import Line
from mailbot.store import effects
from mailbot.store.tables import Request
from mailbot.store.unit import Unit

TEMPLATE = "operator-answer"
MOST_LETTERS = 5_000
MOST_LINES = 100


class _Preview(Exception):
    """Rolls back what was only shown."""


def answer(line: Line, number: str, text: str, *, settles: bool = False) -> str:
    """Owe a person the operator's own words; with `settles` the request is closed as settled by hand.

    Returns the address. Raises InputError (no text, too long, no such request), ConflictError (nothing of it is open,
    nobody it could go to).
    """
    with line.store.unit() as unit:
        return _answer(unit, line, number, (text, settles))


def preview(line: Line, number: str, text: str, *, settles: bool = False) -> list[Rendered]:
    """Return the mail as it would go; nothing is changed. Raises as `answer`."""
    mails: list[Rendered] = []

    def write(owed: Owed, frame: Frame) -> Rendered:
        mails.append(line.write(owed, frame))
        return mails[-1]

    try:
        with line.store.unit() as unit:
            _answer(unit, replace(line, write=write), number, (text, settles))
            raise _Preview
    except _Preview:
        return mails


def _answer(unit: Unit, line: Line, number: str, said: tuple[str, bool]) -> str:
    text, settles = said
    paragraphs = _paragraphs(text)
    row = review.take(unit, number)
    if row.kind == "form" or "obligations" in row.open:
        raise ConflictError(f"request {row.id}: `release` or `refuse` answers it")
    role: Role = "receipt" if settles else "notice"  # the journal counts a result as the answer, and nothing before it
    to = review.tell(unit, line, row, TEMPLATE, role=role, paragraphs=paragraphs, kind=row.kind or "")
    if not to:
        raise ConflictError(
            f"request {row.id}: it is not proven who wrote, and nobody on file did: write from your own mail, then "
            f"`requests close {row.id}`"
        )
    unit.event("answered", "settled" if settles else "", who="operator", person_id=row.person_id)
    if settles:
        _settle(unit, row)
    return to


def _settle(unit: Unit, row: Any) -> None:
    effects.close_questions(unit, row.id, "closed")
    state = row.state if row.state in ("applied", "undone") else "ignored"
    unit.update(Request, row.id, state=state, open=[], due_at=None, closed_at=unit.now, reason="closed")


def _paragraphs(text: str) -> list[str]:
    """Return her words line by line. Raises InputError."""
    lines = [" ".join(line.split()) for line in text.strip().splitlines()]
    if not any(lines):
        raise InputError("the answer has no words yet")
    if len(text) > MOST_LETTERS or len(lines) > MOST_LINES:
        raise InputError(f"the answer is longer than {MOST_LETTERS} letters or {MOST_LINES} lines")
    return lines
