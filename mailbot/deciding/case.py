"""One mail as the rows see it, and the few shapes that their decisions take. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from mailbot.deciding.clocks import first_due
from mailbot.deciding.deadlines import Deadlines
from mailbot.deciding.decision import Decision, Effect, Owed, Role
from mailbot.deciding.facts import Facts, PersonFacts
from mailbot.policy import Policy
from mailbot.reading.address import address_key
from mailbot.reading.claim import Claim
from mailbot.reading.machine import Machine
from mailbot.reading.message import Message
from mailbot.reading.sender import Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """The mail, what it asks, who sent it, what the store knows, and the rules."""

    message: Message
    machine: Machine | None
    claim: Claim
    evidence: Evidence
    facts: Facts
    policy: Policy
    deadlines: Deadlines

    @property
    def proven(self) -> bool:
        """Whether an update or withdrawal counts as authenticated (decisions section 3)."""
        return self.level == "authenticated"

    @property
    def level(self) -> str:
        """The evidence for an update or withdrawal: a Reply-To elsewhere or a stranger's thread makes it weak."""
        if self.evidence.level == "authenticated" and (
            self.evidence.reply_to_differs or self.facts.replies_to_stranger
        ):
            return "weak"
        return self.evidence.level

    @property
    def writer(self) -> str:
        """The one From address; rows that need it stand behind row 9a, which holds mails without one."""
        return self.evidence.address or ""

    @property
    def address(self) -> str:
        """Where an answer to the writer goes: the spelling on file of his address, else his own."""
        on_file = (addr for person in self.facts.people for addr in person.emails)
        key = address_key(self.writer)
        return next((addr for addr in on_file if address_key(addr) == key), self.writer)

    @property
    def person(self) -> PersonFacts | None:
        """The one person on file under the writer's address, None for nobody or several."""
        return self.facts.people[0] if len(self.facts.people) == 1 else None

    @property
    def language(self) -> str:
        """The language of an answer; both where Kazakh and Russian can't be told apart (Law on Languages, art. 11)."""
        if self.claim.bilingual and self.facts.token is not None:
            return self.facts.token.request.language  # one word tells little: the language we spoke so far
        return "kk+ru" if self.claim.bilingual else self.claim.language

    def due(self, *, proven: bool = False) -> datetime:
        """Return when the first clock of this mail ends; `proven`: of what is proven and waits for the operator."""
        return first_due(self.deadlines, self.facts.received_at, self.claim.kind, proven=proven)


def answer_by(case: Case) -> datetime:
    """Return until when the person may answer: an hour before the clock ends, and never a time that is over already."""
    return case.deadlines.asks_until(case.due(), case.facts.now)


def not_past(case: Case, due: datetime) -> datetime:
    """Return a clock's end as it may be told to a person: one that is over already is told as the next one."""
    now = case.facts.now
    ends = (due, case.due(), case.deadlines.due_at(now, 1))
    return next(end for end in ends if end > now)


def undo_until(case: Case) -> datetime:
    """Return until when an update that is applied now can be taken back."""
    return case.facts.now + timedelta(hours=case.policy.undo.update_hours)


def asks_change(case: Case) -> bool:
    """Tell whether rows 15 to 22 speak of this claim."""
    return case.claim.acts and case.claim.kind in ("update", "withdrawal")


def changed_lately(case: Case, people: tuple[PersonFacts, ...]) -> bool:
    """Tell whether an address of these people was changed within the last hours that the policy names."""
    window = timedelta(hours=case.policy.limits.change_hours)
    changes = [person.address_changed_at for person in people if person.address_changed_at is not None]
    return any(case.facts.now - at < window for at in changes)


def news_stopped_often(case: Case) -> bool:
    """Tell whether mails without proof stopped the news so often within an hour that no further one does."""
    return case.facts.news_stopped_unproven >= case.policy.limits.unproven_unsubscribes_per_hour


Row = Callable[[Case], Decision | None]


def hold(
    case: Case, row: str, reason: str, *, effects: tuple[Effect, ...] = (), person_id: str | None = None
) -> Decision:
    """Hold the mail for the operator with its clock; a proven writer on file gets the `received` receipt."""
    waits_for_operator = case.proven and case.claim.kind in ("update", "withdrawal")
    due = case.due(proven=waits_for_operator)
    owed = received(case, reason, due)
    return Decision(
        outcome="hold", row=row, reason=reason, kind=case.claim.kind, state="held", due_at=due, open=("operator",),
        person_id=person_id or (case.person.id if case.person else None), effects=effects, owed=owed,
        tell_operator=True,
    )  # fmt: skip


def received(case: Case, reason: str, due: datetime) -> tuple[Owed, ...]:
    """Return the `received` receipt where it is owed: proven, on file, and switched on (decisions section 4)."""
    if not (case.policy.answers.received and case.proven and case.facts.people):
        return ()
    return (receipt(case, "received", role="received", why=reason, due_at=not_past(case, due)),)


def receipt(case: Case, template: str, /, role: Role = "receipt", **values: Any) -> Owed:
    """Return an answer to the writer in his language."""
    return Owed(
        template=template, role=role, to=case.address, language=case.language, values=values,
        proven=case.proven,
    )  # fmt: skip
