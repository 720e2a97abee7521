"""What a decision is made of: outcome, reason, effects on the store, answers owed.

All of it is data: `decide` (pure) makes it, the store's unit carries it out, answering renders it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from mailbot.reading.claim import Kind

Outcome = Literal["apply", "challenge", "ask", "hold", "leave", "ignore"]
State = Literal["applied", "challenged", "asked", "held", "refused", "expired", "undone", "ignored", "left"]
Open = Literal["operator", "obligations", "new_address", "place"]
Purpose = Literal["news", "processing"]
Role = Literal["question", "receipt", "notice", "received", "repeat", "final", "operator"]
TEMPLATES = (
    "update-applied", "update-waiting", "ask", "ask-again", "challenge", "new-address", "address-changed",
    "address-kept", "withdrawal-stopped", "withdrawal-notice", "withdrawal-partial", "destroyed", "mails-left",
    "unsubscribed", "not-on-list", "not-stored", "received", "answer-later", "form-question", "form-taken",
    "undone", "undone-notice", "only-news", "resubscribed", "refused", "denied", "condolence",
    "access", "blocked", "operator-answer", "operator", "operator-address", "operator-health",
    "console-locked",
)  # fmt: skip
WHOLE = "access"  # the one template that tells all that is held of a person


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """One mail that we owe: which template, to whom, with which values.

    `role`: a question opens a challenge and its token is answered; a receipt or notice may bring an undo
    back; `received`, `final` and `operator` bring nothing back. `values` holds what the template needs
    beside the frame (number, kind, received_at, operator, token); text of the person in `access` alone.
    """

    template: str
    role: Role
    to: str  # addr-spec
    language: str  # kk, ru, en or kk+ru
    values: dict[str, Any] = field(default_factory=dict)
    waits_for: Literal["", "confirm", "new_address", "ask"] = ""  # what the answer to a question does
    proven: bool = True  # owed to a proven mail: not counted against the caps of unproven ones
    threads: bool = True  # answers the person's mail (In-Reply-To); False for an address that wrote nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """One change of the store, named by a verb of the unit; `args` are plain values."""

    verb: str
    args: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What is due for one mail, and why."""

    outcome: Outcome
    row: str  # of the table in decide.py
    reason: str  # the row's stable code
    kind: Kind | None = None
    state: State | None = None  # of the request that is opened or continued; None: no request
    request_id: str | None = None  # the request that this mail continues
    person_id: str | None = None
    due_at: datetime | None = None
    open: tuple[Open, ...] = ()
    effects: tuple[Effect, ...] = ()
    owed: tuple[Owed, ...] = ()
    pending: tuple[tuple[str, str], ...] = ()  # (field, "new_address" | "operator")
    tell_operator: bool = False
    about: str = ""  # whose request it is, where the writer is the sender of a form

    @property
    def files(self) -> bool:
        """Whether the mail goes to mailbot/Done (decisions: where the mail goes)."""
        if self.kind == "form":
            return False  # it stays where it lies
        return self.outcome in ("apply", "challenge", "ask") or self.reason in ("own_reply_bounced", "canary")
