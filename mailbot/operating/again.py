"""After a restore: what came since the backup is decided again, before the ordinary pass and by its rules.

What lies in mailbot/Done was decided and answered once: it is decided anew and answered by nobody, since the person has
that answer. What would end in a destruction, or needs an answer of the person, waits for the operator (`restored`). In
the folder that is read, what was never decided is new and is answered; a hold is not acknowledged a second time. A mail
of somebody who was destroyed after it came is passed over, and nothing of it is kept.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from mailbot import pipeline
from mailbot.deciding.decision import Decision, Effect, Open
from mailbot.pipeline import Line, guarded
from mailbot.ports import Mailbox, MailboxState, RawMail
from mailbot.reading.late import parse
from mailbot.store import gone, restored
from mailbot.store.inhand import in_hand
from mailbot.store.replay import REASON
from mailbot.store.store import Store
from mailbot.store.unit import Unit

MARGIN = timedelta(days=1)  # the clocks of two servers, and mails that waited


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What the note of a restore tells, and where mails that were decided lie."""

    at: datetime  # when it was restored
    since: datetime  # what came from then on may have been decided after the backup
    inbox: str
    moves: bool
    told: dict[tuple[str, str], gone.Line]  # the last word of gone.log on each address and person

    def was_decided(self, unit: Unit) -> bool:
        """Tell whether the mail that is handled had been decided before the restore."""
        raw = unit.raw
        if raw is None or raw.received_at > self.at:
            return False
        return raw.folder != self.inbox or not self.moves


def pending(line: Line, mailbox: Mailbox) -> Restored | None:
    """Return what a restore left to do; None where nothing was restored since the last pass. Raises as `state` does."""
    note = line.store.note(restored.NOTE)
    if not note:
        return None
    said = {name: datetime.fromisoformat(value) for name, value in json.loads(note).items()}
    state = mailbox.state()
    with line.store.reading() as connection:
        since = restored.undecided_since(connection, mailbox.folder, said["from"])
    told = gone.last(line.store.gone.read()) if line.store.gone is not None else {}
    return Restored(at=said["at"], since=since - MARGIN, inbox=mailbox.folder, moves=state.can_move, told=told)


def careful(line: Line, left: Restored) -> Line:
    """Return the line by which mails are decided that may have been decided before."""
    return replace(line, review=lambda unit, decision: _review(unit, decision, left, line))


def _review(unit: Unit, decision: Decision, left: Restored, line: Line) -> Decision:
    raw = unit.raw
    if raw is None or raw.received_at > left.at:
        return decision
    if unit.evidence is not None and restored.is_gone(unit, unit.evidence.address or "", raw.received_at):
        forget = Effect(verb="forget_writer")
        return Decision(outcome="ignore", row=decision.row, reason=REASON, state="ignored", effects=(forget,))
    if not left.was_decided(unit):
        quiet = tuple(owed for owed in decision.owed if owed.template != "received")
        return replace(decision, owed=quiet)
    if _is_overtaken(unit, decision, left):
        done = replace(decision, outcome="apply", state="undone", reason="undone", due_at=None, tell_operator=False)
        return replace(done, effects=(), owed=(), open=(), pending=())
    stops = any(effect.verb == "stop_person" for effect in decision.effects)
    asks = decision.outcome in ("challenge", "ask") or any(owed.waits_for for owed in decision.owed)
    orders = {"take_orders": "doubt_orders"}  # they were carried out, and the people have their answers
    effects = tuple(replace(each, verb=orders.get(each.verb, each.verb)) for each in decision.effects)
    decision = replace(decision, owed=(), effects=effects)
    return _held(unit, decision, line) if stops or asks else decision


def _is_overtaken(unit: Unit, decision: Decision, left: Restored) -> bool:
    """Tell whether gone.log knows that what a mail stopped was given back after it; or what an answer was about."""
    came, writer = left.at, ""
    if unit.raw is not None and unit.evidence is not None:
        came, writer = unit.raw.received_at, unit.evidence.address or ""
    verbs = {effect.verb: effect.args for effect in decision.effects}
    words = []
    if "stop_person" in verbs:
        words.append(left.told.get((unit.keys.person(str(verbs["stop_person"]["person_id"])), "")))
    if "stop_news" in verbs:
        words.append(left.told.get((unit.keys.suppression(str(verbs["stop_news"]["address"])), "news")))
    older = decision.kind == "unsubscribe" and decision.reason == "older_than_consent"
    if older or decision.reason == "token_unusable":
        words.append(left.told.get((unit.keys.suppression(writer), "news")))
    return any(word is not None and word.at >= came and (word.ends or word.what == "undone") for word in words)


def _held(unit: Unit, decision: Decision, line: Line) -> Decision:
    """Return the decision with its effects, but nothing goes on before the operator said so."""
    opens: tuple[Open, ...] = ("obligations", "operator") if "obligations" in decision.open else ("operator",)
    return replace(
        decision, outcome="hold", reason=REASON, open=opens, tell_operator=True,
        state="applied" if decision.outcome == "apply" else "held",
        pending=tuple((field, "operator") for field, _ in decision.pending),
        due_at=line.rules.deadlines.due_at(unit.now, line.rules.policy.clocks.proven),
    )  # fmt: skip


def read(line: Line, mailbox: Mailbox, left: Restored, counts: dict[str, int]) -> bool:
    """Decide again what lies in mailbot/Done and is not in the ledger; tell whether nothing is left to look at.

    Raises as `fetch` does.
    """
    waits = False
    with in_hand(line.store, "restored", ()) as hand:
        for batch in mailbox.filed(left.since):
            for raw in batch:
                if line.stop():
                    return False
                if not _is_decided(raw, line.store):
                    became = guarded(raw, line, hand)
                    waits |= became == "waiting"
                    counts[became] += 1
                    counts["fetched"] += 1
            line.store.filed(batch[0].folder, batch[0].uidvalidity, [raw.uid for raw in batch])
    return not waits


def _is_decided(raw: RawMail, store: Store) -> bool:
    with store.reading() as connection:
        return restored.is_decided(connection, store.keys, raw, parse(raw.octets, complete=raw.complete))


def poll(line: Line, mailbox: Mailbox, counts: dict[str, int]) -> MailboxState | None:
    """Make a pass over the mailbox; the first one after a restore decides again, until all of it is.

    Returns and raises what the pass does.
    """
    left = pending(line, mailbox)
    if left is None:
        return pipeline.poll(mailbox, line, counts)
    line = careful(line, left)
    whole = read(line, mailbox, left, counts)
    state = pipeline.poll(mailbox, line, counts)
    if whole and not line.stop():
        line.store.set_note(restored.NOTE, "")
    return state
