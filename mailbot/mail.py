"""One mail's way down the line, one transaction. No rule and no SQL stands here.

parse → screen → classify → verify → (receive · decide · apply · owe: one transaction); what comes before and after it
is pipeline.py's.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from mailbot.deciding.case import Case
from mailbot.deciding.decide import decide
from mailbot.deciding.decision import Decision
from mailbot.pipeline import COUNTED, Line, Rules, owe
from mailbot.ports import RawMail
from mailbot.reading.claim import Claim, Mark
from mailbot.reading.classify import classify
from mailbot.reading.dkim import Arrival
from mailbot.reading.forms import claim_of, submission
from mailbot.reading.formset import Forms
from mailbot.reading.machine import Machine, screen
from mailbot.reading.message import Message
from mailbot.reading.orders import orders
from mailbot.reading.parse import parse
from mailbot.reading.sender import Evidence, verify
from mailbot.reading.tokens import unsubscribe_token
from mailbot.store import canaries
from mailbot.store.gather import gather
from mailbot.store.unit import Unit

DNS_MINUTES = 5  # before a mail whose sender DNS could not tell is looked at again
DNS_LIMIT = timedelta(days=1)  # then it is decided by what is proven without


def read(raw: RawMail, rules: Rules, message: Message | None = None) -> tuple[Message, Machine | None, Claim, Evidence]:
    """Return what a mail says, whether a machine says it, what it asks and who sent it.

    Pure and total but for what the resolver of the rules asks. `message` where the octets were parsed already.
    """
    message = message or parse(raw.octets, complete=raw.complete)
    arrival = Arrival(octets=raw.octets, at=raw.received_at, own=rules.own)
    evidence = verify(message, rules.trust, arrival, rules.resolve)
    typed = submission(message, evidence, rules.forms, raw.received_at.astimezone(rules.deadlines.zone).date())
    claim = classify(message, rules.lexicon) if typed is None else claim_of(typed)
    return message, screen(message, rules.own), claim, evidence


def _needs_proof(claim: Claim, message: Message, forms: Forms) -> bool:
    """Tell whether what a mail asks hangs on who sent it. An unsubscribe does not: it is done at once, for anybody."""
    if message.writer is not None and forms.is_sender(message.writer):
        return True
    at_once = claim.kind == "unsubscribe" and (claim.acts or unsubscribe_token(message) != "")
    return claim.kind is not None and not at_once


def process(raw: RawMail, line: Line) -> str:
    """Take one mail down the line in one transaction; return which of COUNTS it belongs to."""
    return take_read(raw, read(raw, line.rules), line)


def take_read(raw: RawMail, said: tuple[Message, Machine | None, Claim, Evidence], line: Line) -> str:
    """Do the same for what was read already."""
    message, machine, claim, evidence = said
    with line.store.unit() as unit:
        patient = evidence.waits and _needs_proof(claim, message, line.rules.forms)
        if patient and unit.postpone(raw, minutes=DNS_MINUTES, limit=DNS_LIMIT):
            return "waiting"
        seen = unit.receive(raw, message, evidence)
        if seen != "new":
            return "held" if seen == "second_look" else "already"
        unit.claim, unit.canary = claim, canaries.recognise(unit, message, machine, unit.mail_id)
        rehearsal = unit.connection.begin_nested() if unit.in_shadow() else None
        decision = line.review(unit, judge(unit, line, machine))
        number = unit.apply(decision)
        bodies = [owe(unit, owed, line) for owed in decision.owed]
        if rehearsal is not None:
            rehearsal.rollback()
            unit.take_back()
            unit.note_shadow(decision, number, [body.subject for body in bodies])
    return COUNTED[decision.outcome]


def judge(unit: Unit, line: Line, machine: Machine | None) -> Decision:
    """Decide the mail that a unit received, by what the store knows now."""
    assert unit.message and unit.claim and unit.evidence
    facts = gather(unit, unit.message, unit.claim, machine)
    if unit.canary:
        facts = replace(facts, canary=True)
    if facts.digest is not None:
        said = orders(unit.message.own_text, unit.message.signature, line.rules.lexicon)
        facts = replace(facts, digest=replace(facts.digest, said=said))
    case = Case(
        message=unit.message, machine=machine, claim=unit.claim, evidence=unit.evidence, facts=facts,
        policy=line.rules.policy, deadlines=line.rules.deadlines,
    )  # fmt: skip
    unit.policy_version = line.rules.policy.version
    unit.level = "none" if case.claim.submission is not None else case.level  # of the sender, not of who typed
    return decide(case)


def poison(unit: Unit, raw: RawMail) -> None:
    """Hold a mail that failed three times, by what little can be said of it."""
    blank = Mark(kind=None, rung="none", tag=None, language=None)
    unit.take_failed(raw)
    unit.claim = Claim(kind=None, rung="none", tag=None, where=None, language="ru", subject=blank, paragraph=blank)
    unit.evidence = Evidence(level="none", because="not read", address=None)
    unit.apply(
        Decision(outcome="hold", row="11", reason="poisoned", state="held", open=("operator",), tell_operator=True)
    )
