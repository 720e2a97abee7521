"""How a request ended, as the journal tells it: by mailbot, by the operator's hand, or with the person's data. Pure."""

from __future__ import annotations

from typing import Any

SETTLED = "settled_by_hand"  # a right that the operator served herself, by `requests close`
DESTROYED = "ended_by_destruction"  # the data were destroyed while something of it waited: nobody answered that
NO_RIGHTS = (None, "form", "answer", "undo")  # kinds by which nobody asks for anything
UNDECIDED = ("held", "left", "challenged", "asked")


def is_settled(request: Any) -> bool:
    """Tell whether the operator closed a request of some right: nothing else closes what is `ignored`."""
    return request.state == "ignored" and request.kind not in NO_RIGHTS and request.closed_at is not None


def outcome(request: Any) -> str:
    """Return how a request row ended: its state, or SETTLED or DESTROYED where the state alone would mislead."""
    if request.kind in NO_RIGHTS or request.closed_at is None or request.open or request.reason == "destroyed":
        return str(request.state)
    if is_settled(request):
        return SETTLED
    waited = request.state in UNDECIDED or request.due_at is not None  # whatever else closes a request ends its clock
    return DESTROYED if waited else str(request.state)
