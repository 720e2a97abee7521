"""Puts mails from before `init` that look like requests before the operator, as held; answers none of them."""

from __future__ import annotations

from datetime import datetime

from mailbot.deciding.clocks import first_due
from mailbot.deciding.decision import Decision
from mailbot.mail import read
from mailbot.operating.check import backlog_uids
from mailbot.pipeline import Line
from mailbot.ports import Cursor, Mailbox, RawMail


def hold_older(mailbox: Mailbox, line: Line, since: datetime) -> int:
    """Hold every such mail received at or after `since`; return how many are new in the queue. May be repeated."""
    state = mailbox.state()
    uids = list(backlog_uids(mailbox, line, since))
    nothing_new = Cursor(uidvalidity=state.uidvalidity, last_uid=state.uidnext - 1, since=None)
    count = 0
    for batch in mailbox.fetch(nothing_new, uids):
        count += sum(_hold(raw, line) for raw in batch if raw.uid < state.uidnext)
    return count


def _hold(raw: RawMail, line: Line) -> bool:
    message, _machine, claim, evidence = read(raw, line.rules)
    with line.store.unit() as unit:
        if unit.receive(raw, message, evidence) != "new":
            return False
        unit.claim = claim
        due = first_due(line.rules.deadlines, raw.received_at, claim.kind, proven=False)
        unit.apply(
            Decision(
                outcome="hold",
                row="11",
                reason="backlog",
                kind=claim.kind,
                state="held",
                due_at=due,
                open=("operator",),
            )
        )
    return True
