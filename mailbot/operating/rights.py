"""What `requests release` does for each kind: the rights that the policy has no mark for, and everything else.

access: the whole answer is mailed; erasure: carried out as a withdrawal; restriction: blocked; objection: the news end.
A complaint or a question has nothing that a program could carry out. Serves law 94-V, articles 24 and 25.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mailbot.deciding.decision import Owed
from mailbot.errors import ConflictError
from mailbot.operating import access, review
from mailbot.pipeline import Line
from mailbot.store import disputes, effects
from mailbot.store.tables import Request
from mailbot.store.unit import Unit

if TYPE_CHECKING:
    from mailbot.answering.reply import Frame, Rendered

BY_HAND = ("complaint", "question")


class _Preview(Exception):
    """Rolls back what was only shown."""


def release(line: Line, number: str, person: str | None = None, checked: str = "") -> str:
    """Carry a request out for the person on file; return what was done.

    Raises InputError (no such request, nobody to do it for), ConflictError (nothing in it can be carried out, or it is
    not proven who asks), UsageError (`access`: a person without how she was made sure of).
    """
    with line.store.unit() as unit:
        return _release(unit, line, number, person, checked)


def preview(line: Line, number: str, person: str | None = None, checked: str = "") -> tuple[str, list[Rendered]]:
    """Return what `release` would do and the mails it would owe; nothing is changed. Raises as `release`."""
    mails: list[Rendered] = []

    def write(owed: Owed, frame: Frame) -> Rendered:
        mails.append(line.write(owed, frame))
        return mails[-1]

    would = ""
    try:
        with line.store.unit() as unit:
            would = _release(unit, replace(line, write=write), number, person, checked)
            raise _Preview
    except _Preview:
        return would, mails


def _release(unit: Unit, line: Line, number: str, person: str | None, checked: str) -> str:
    row = review.take(unit, number)
    if row.kind in BY_HAND:
        raise ConflictError(
            f"request {row.id} is a {row.kind}: only a person can answer it; write from your own mail, then "
            f"`requests close {row.id}`"
        )
    certain = (row.level == "authenticated" and not person) or checked.strip()
    if row.kind in (*review.AS, "restriction") and not certain:
        raise ConflictError(
            f"request {row.id}: it is not proven that this person asks: make sure of it, then say how by --checked TEXT"
        )
    verb = {"access": access.answer, "restriction": _block}.get(row.kind, review.carry_out)
    return verb(unit, line, row, person, checked)


def _block(unit: Unit, line: Line, row: Any, address: str | None, checked: str) -> str:
    """Block the person's data as `people block` does, until the operator lifts it; the person is told."""
    person = review.person_for(unit, row, address, "restriction")
    assert person is not None
    effects.close_questions(unit, row.id, "released")
    unit.update(
        Request, row.id, state="applied", outcome="apply", reason="released", open=[], pending=[], due_at=None,
        closed_at=unit.now, checked=checked, person_id=person.id,
    )  # fmt: skip
    review.tell(unit, line, unit.row(Request, row.id), "blocked")
    disputes.block(unit, person.id)
    return "blocked: nothing is used, changed or destroyed until `mailbot people unblock`"
