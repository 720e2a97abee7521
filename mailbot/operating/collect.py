"""Brings people in from the form mails that lie in the mailbox already, those from before `init` too.

Each mail is one transaction and goes by row 1, as in the line; the ledger knows what was taken, so a run that was
stopped goes on where it was. The cursor of the line stays: what no pass has seen yet is left to it. Mails that are
no form's get no row.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from mailbot.deciding.decision import Decision
from mailbot.errors import ConfigError, MailbotError
from mailbot.mail import judge, read
from mailbot.operating import policies
from mailbot.pipeline import Line, owe
from mailbot.ports import Mailbox, RawMail
from mailbot.reading.address import address_key
from mailbot.reading.parse import parse
from mailbot.store import people
from mailbot.store.unit import Unit

COUNTS = (
    "read", "forms", "added", "completed", "unchanged", "asked", "held", "outdated", "already", "not_forms", "waiting",
    "failed",
)  # fmt: skip
OUTCOMES = {"challenge": "asked", "hold": "held", "ignore": "outdated"}
Progress = Callable[[int], Callable[[int], None]]  # how many there are -> told how many were done


class _DryRun(Exception):
    """Rolls back what was only tried."""


@dataclass(slots=True, kw_only=True)
class Collection:
    """One run over the mailbox."""

    mailbox: Mailbox
    line: Line
    dry_run: bool = False
    progress: Progress = lambda _total: lambda _count: None
    tried: set[str] = field(default_factory=set)  # addresses that a dry run would have added
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTS, 0))

    def run(self, since: datetime | None) -> dict[str, int]:
        """Take every form mail received since then; return COUNTS.

        In shadow people are written, as by an import; who would be asked first is noted and asked once it is live. A
        dry run is the same, each mail rolled back. Raises ConfigError without forms, and what mailbox and store raise.
        """
        if not any(form.senders for form in self.line.rules.policy.forms):
            raise ConfigError("policy.toml: forms: none comes by mail; `people collect --propose` helps to write one")
        policies.note(self.line)
        uids = list(self._uids(since))
        show, done = self.progress(len(uids)), 0
        for batch in self.mailbox.pick(uids) if uids else ():
            for raw in batch:
                self.counts[self._guarded(raw)] += 1
                done += 1
            show(done)
        return self.counts

    def _uids(self, since: datetime | None) -> Iterator[int]:
        """Yield the UIDs of mails whose From is that of a form."""
        for batch in self.mailbox.headers(since):
            for raw in batch:
                self.counts["read"] += 1
                writer = parse(raw.octets, complete=False).writer
                if writer is not None and self.line.rules.forms.is_sender(writer):
                    yield raw.uid

    def _guarded(self, raw: RawMail) -> str:
        """Take one mail so that a failure of it keeps nobody else out; nothing of it is written."""
        try:
            return self._take(raw)
        except MailbotError:
            raise  # the store or a door failed, not this mail
        except Exception as exc:  # noqa: BLE001 - one poison mail never stops the line (design section 6)
            self.line.report(type(exc).__name__, raw.uid)
            return "failed"

    def _take(self, raw: RawMail) -> str:
        """Take one mail; return which of COUNTS it belongs to."""
        message, machine, claim, evidence = read(raw, self.line.rules)
        if claim.submission is None:
            return "waiting" if evidence.waits else "not_forms"
        self.counts["forms"] += 1
        became = ""
        with contextlib.suppress(_DryRun), self.line.store.unit() as unit:
            unit.collects = True
            if unit.receive(raw, message, evidence) != "new":
                return "already"
            unit.claim = claim
            became = self._carry_out(unit, judge(unit, self.line, machine))
            if self.dry_run:
                raise _DryRun
        return became

    def _carry_out(self, unit: Unit, decision: Decision) -> str:
        known, before = decision.person_id, _state(unit, decision.person_id)
        rehearsal = unit.connection.begin_nested()
        number = unit.apply(decision)
        bodies = [owe(unit, owed, self.line) for owed in decision.owed]
        if decision.owed and unit.in_shadow():  # nobody is asked in shadow: `live` has the line decide it anew
            rehearsal.rollback()
            unit.take_back()
            unit.note_shadow(decision, number, [body.subject for body in bodies])
        else:
            rehearsal.commit()
        if decision.outcome in OUTCOMES:
            return OUTCOMES[decision.outcome]
        if known is None and self.dry_run and decision.about:  # the next mail of the same address finds nobody
            key = address_key(decision.about)
            again = key in self.tried
            self.tried.add(key)
            return "completed" if again else "added"
        return "added" if known is None else "unchanged" if _state(unit, known) == before else "completed"


def _state(unit: Unit, person_id: str | None) -> object:
    """Return what a form may change of a person, to be compared."""
    if person_id is None:
        return None
    consents = [tuple(row)[:5] for row in people.consent_rows(unit.connection, person_id)]
    return people.fields_of(unit.connection, person_id), consents
