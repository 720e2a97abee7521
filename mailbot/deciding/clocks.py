"""Which clocks run on a request, and until when: the law's, of its pack, and the operator's own. Pure.

The law's clocks: answer, refuse (with reasons), correct, block, halt (on demand), destroy, stop (the hard end of a
withdrawal); a complaint, a restriction, a request for erasure has the strictest, of unlawful processing, too. The
operator's own (`[clocks]`) is a promise, and may be stricter: a request is due at the earliest that runs. What a
refusal is due for runs from receipt; correcting, blocking and destroying run from the proof or the data asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mailbot.deciding.deadlines import Deadlines
from mailbot.deciding.law import ClockName
from mailbot.deciding.outcomes import DESTROYED, SETTLED, outcome

OWN = "own"  # the operator's promise
FROM_RECEIPT: dict[str | None, tuple[ClockName, ...]] = {
    "update": ("refuse",), "withdrawal": ("refuse", "stop"), "unsubscribe": (), "form": (), "access": ("answer",),
    "erasure": ("answer", "block", "halt", "unlawful_stop", "unlawful_destroy", "stop"),
    "restriction": ("answer", "block", "halt"), "objection": ("answer", "halt"),
    "complaint": ("answer", "block", "unlawful_stop", "unlawful_destroy"),
}  # fmt: skip
FROM_PROOF: dict[str | None, tuple[ClockName, ...]] = {
    "update": ("correct",), "withdrawal": ("block", "halt", "destroy"),
}  # fmt: skip
ANYTHING: tuple[ClockName, ...] = ("answer",)
ANSWERS = ("answer", "refuse")  # what the person hears; the others are what is done with the data
ENDED_BY = {SETTLED: "hand", DESTROYED: "destruction"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """One clock of a request; it runs while `ended_at` is None."""

    name: str
    started_at: datetime
    due_at: datetime
    ended_at: datetime | None = None
    article: str = ""
    ended_by: str = ""  # "": done in time or late; hand: the operator says so; destruction: nobody answered

    @property
    def runs(self) -> bool:
        """Whether nothing has ended it yet."""
        return self.ended_at is None


def first_due(deadlines: Deadlines, received_at: datetime, kind: str | None, *, proven: bool) -> datetime:
    """Return when the first clock ends of what waits: the earlier of the operator's own and the law's.

    `proven`: a proven request that waits for the operator alone.
    """
    own = deadlines.policy.clocks.proven if proven else deadlines.policy.clocks.held
    names = FROM_RECEIPT.get(kind, ANYTHING) + (FROM_PROOF.get(kind, ()) if proven else ())
    law = deadlines.law.rules
    rules = [law[name] for name in names if name in law]
    return min([deadlines.due_at(received_at, own), *(deadlines.term_end(received_at, each.term) for each in rules)])


def of(deadlines: Deadlines, request: Any, *, waits: bool) -> tuple[Clock, ...]:
    """Return the clocks of a request row, those that run first, then by their end; `waits`: something of it is open."""
    found = [*_own(request, waits=waits), *_law(deadlines, request, waits=waits)]
    return tuple(sorted(found, key=lambda clock: (not clock.runs, clock.due_at)))


def extension(deadlines: Deadlines, request: Any) -> datetime | None:
    """Return until when the law lets the answer to an open request be put off, None where it does not.

    Counted from its end now, once; never beyond a clock of the same request that the law does not let run on.
    """
    running = {each.name: each for each in _law(deadlines, request, waits=True) if each.runs}
    main = [name for name in running if name not in ("refuse", "stop")] or [name for name in running if name != "stop"]
    more = {name: rule.more for name, rule in deadlines.law.rules.items() if name in running and rule.more is not None}
    if not main or request.extended_at is not None or not more.keys() >= set(main):
        return None
    ends = [deadlines.term_end(request.due_at, term) for term in more.values()]
    until = min([*ends, *(each.due_at for name, each in running.items() if name not in more)])
    return until if until > request.due_at else None


def law_end(deadlines: Deadlines, request: Any) -> datetime | None:
    """Return the law's last day for the answer to an open request, None where it is not after the day promised."""
    ends = [each.due_at for each in _law(deadlines, request, waits=True) if each.runs and each.name in ANSWERS]
    return max((end for end in ends if end > request.due_at), default=None)


def _own(request: Any, *, waits: bool) -> Iterator[Clock]:
    if waits and request.due_at is not None:
        yield Clock(name=OWN, started_at=request.received_at, due_at=request.due_at)


def _law(deadlines: Deadlines, request: Any, *, waits: bool) -> Iterator[Clock]:
    proven = request.level == "authenticated"
    later = request.evidence != "authenticated" or request.reason == "ask_answered"  # a yes, or her word, was the proof
    is_asked = request.state in ("asked", "challenged")  # what must be corrected is not known, or not shown, yet
    by_proof = FROM_PROOF.get(request.kind, ()) if proven and not is_asked else ()
    by = ENDED_BY.get(outcome(request), "")
    for name in (*FROM_RECEIPT.get(request.kind, ANYTHING), *by_proof):
        rule = deadlines.law.rules.get(name)
        runs, ended_at = (False, request.closed_at) if by else _state(request, name, waits=waits)
        if rule is None or not (runs or ended_at):
            continue
        start = request.decided_at if later and name in by_proof else request.received_at
        due_at = deadlines.term_end(start, rule.term)
        if request.extended_at is not None and rule.more is not None:
            due_at = deadlines.term_end(due_at, rule.more)
        if name == "destroy" and request.destroy_at is not None:  # its window opens when the receipt was taken
            due_at = max(due_at, deadlines.end_of_day(request.destroy_at))
        yield Clock(
            name=name, started_at=start, due_at=due_at, ended_at=ended_at, article=rule.article, ended_by=by
        )  # fmt: skip


def _state(request: Any, name: str, *, waits: bool) -> tuple[bool, datetime | None]:
    """Tell whether a clock runs, and when it ended; (False, None) where it says nothing of this request any more."""
    blocked_at = request.fields.get("blocked_at") if name == "block" else None
    if blocked_at is not None:  # by `people block`, while the rest of it waits
        return False, datetime.fromisoformat(blocked_at)
    if request.state == "applied":
        return _of_applied(request, name, waits=waits)
    if waits:
        return True, None
    refused = request.state in ("refused", "expired") and name in ("answer", "refuse")
    return False, request.closed_at if refused else None


def _of_applied(request: Any, name: str, *, waits: bool) -> tuple[bool, datetime | None]:
    kept = request.reason == "obligation_open"  # what is kept for an obligation is not destroyed yet, by the law
    if name in ("destroy", "stop"):
        done = request.closed_at if request.reason == "destroyed" else None
        return done is None and not kept and request.closed_at is None, done
    if name == "refuse":
        return waits and not kept and bool({"operator", "obligations"} & set(request.open)), None
    waiting = name == "correct" and "operator" in request.open
    done = request.decided_at if request.kind in FROM_PROOF else request.closed_at  # a right: when it was released
    return waiting, None if waiting else done
