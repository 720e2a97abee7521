"""The unit of work: one mail, one transaction. Receives it once, applies its decision, owes its answers.

Nothing is done twice because unique constraints say so; what the mail changes, its ledger row, the cursor
and the answers owed are committed together or not at all (design: the states of a mail).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from mailbot.deciding.decision import Decision, Owed
from mailbot.ports import RawMail
from mailbot.reading.address import address_key
from mailbot.reading.claim import Claim, Extract
from mailbot.reading.message import Message
from mailbot.reading.sender import Evidence
from mailbot.store import effects
from mailbot.store.keys import sha256
from mailbot.store.tables import FolderCursor, Mail, Question, Reply, Request
from mailbot.store.transaction import Transaction

PROOF = {"none": 0, "weak": 1, "authenticated": 2}
NUMBER_LETTERS = 6


@dataclass(slots=True)
class Unit(Transaction):
    """One mail's transaction. `mail_id` is the ledger row that `receive` made or took up."""

    mail_id: int = 0
    was_shadow: bool = False
    raw: RawMail | None = None
    message: Message | None = None
    evidence: Evidence | None = None
    claim: Claim | None = None

    # ---- receive -------------------------------------------------------------------------------------------

    def receive(self, raw: RawMail, message: Message, evidence: Evidence) -> str:
        """Write the ledger row of a mail and move the cursor past it.

        Returns "new" (decide it), "already" (handled before, filed like the first) or "second_look" (the
        operator put back into INBOX what had been filed).
        """
        self.raw, self.message, self.evidence = raw, message, evidence
        self.pass_cursor(raw)
        seen = self._seen(raw)
        if seen is not None and seen.state in ("waiting", "gone"):
            self._take_up(seen, raw)
            return "new"
        if seen is not None:
            return self._copy(seen, raw)
        proof, fingerprint = PROOF[evidence.level], self.keys.fingerprint(message)
        first = self.connection.execute(
            sa.select(Mail.__table__)  # type: ignore[attr-defined]
            .where(Mail.fingerprint == fingerprint, Mail.proof >= proof)  # type: ignore[arg-type]
            .limit(1)
        ).first()
        if first is not None:
            return self._copy(first, raw)
        writer = message.writer or ""
        self.mail_id = self.insert(
            Mail, folder=raw.folder, uidvalidity=raw.uidvalidity, uid=raw.uid, state="decided",
            sha256=sha256(raw.octets), fingerprint=fingerprint, proof=proof, received_at=raw.received_at,
            message_key=self.keys.message_id(message.message_id, writer), text_key=self.keys.text(message),
            decided_at=self.now, belongs="", summary={}, tries=0, decision="", reason="",
        )  # fmt: skip
        return "new"

    def pass_cursor(self, raw: RawMail) -> None:
        """Move the folder's cursor past that mail; it never moves back within one UIDVALIDITY."""
        table = FolderCursor.__table__  # type: ignore[attr-defined]
        ahead = sa.or_(table.c.uidvalidity.is_distinct_from(raw.uidvalidity), table.c.last_uid < raw.uid)
        self.connection.execute(
            sa.update(table)
            .where(table.c.folder == raw.folder, ahead)
            .values(uidvalidity=raw.uidvalidity, last_uid=raw.uid)
        )

    def _seen(self, raw: RawMail) -> Any:
        return self.connection.execute(
            sa.select(Mail.__table__).where(Mail.sha256 == sha256(raw.octets))  # type: ignore[attr-defined,arg-type]
        ).first()

    def _take_up(self, seen: Any, raw: RawMail) -> None:
        self.mail_id = seen.id
        self.was_shadow = bool(seen.summary.get("shadow"))
        self._update_mail(
            uid=raw.uid, uidvalidity=raw.uidvalidity, folder=raw.folder, state="decided", next_try_at=None,
            decided_at=self.now, summary={},
        )  # fmt: skip

    def _copy(self, first: Any, raw: RawMail) -> str:
        """Write a row for a further place of a mail that is in the ledger."""
        if (first.folder, first.uidvalidity, first.uid) == (raw.folder, raw.uidvalidity, raw.uid):
            return "already"
        second_look = first.filed_at is not None and first.sha256 == sha256(raw.octets)
        self.mail_id = self.insert(
            Mail, folder=raw.folder, uidvalidity=raw.uidvalidity, uid=raw.uid, state="decided", copy_of=first.id,
            received_at=raw.received_at, decided_at=self.now, request_id=first.request_id, kind=first.kind,
            decision="hold" if second_look else first.decision, reason="second_look" if second_look else "repeated",
            belongs="" if second_look else first.belongs, summary={}, tries=0, proof=0, message_key="", text_key="",
        )  # fmt: skip
        if second_look and first.request_id:
            effects.reopen(self, first.request_id, "second_look")
        return "second_look" if second_look else "already"

    # ---- apply and owe -------------------------------------------------------------------------------------

    def apply(self, decision: Decision) -> str:
        """Open or continue the request, carry out the effects, write the event; return the request's number."""
        self.request_id = decision.request_id or self._number()
        if decision.request_id is None:
            self._open_request(decision)
        else:
            self._continue_request(decision)
        for effect in decision.effects:
            effects.VERBS[effect.verb](self, **effect.args)
        self._update_mail(
            decision=decision.outcome, reason=decision.reason, kind=decision.kind, request_id=self.request_id,
            belongs="done" if decision.files else "",
        )  # fmt: skip
        self.event(decision.outcome, decision.reason, person_id=decision.person_id)
        return self.request_id

    def apply_released(self, decision: Decision) -> None:
        """Carry a decision out that the operator released: it continues a request and has no mail of its own."""
        assert decision.request_id is not None
        self.request_id = decision.request_id
        request = self.row(Request, self.request_id)
        fields = {key: value for key, value in request.fields.items() if key != "other_kind"}
        self.update(
            Request, self.request_id, state=decision.state, outcome=decision.outcome, reason=decision.reason,
            kind=decision.kind, person_id=decision.person_id or request.person_id, open=list(decision.open),
            due_at=decision.due_at,
            pending=[list(item) for item in decision.pending], proven=True, decided_at=self.now, fields=fields,
            tell=decision.tell_operator, told_at=None,
        )  # fmt: skip
        for effect in decision.effects:
            effects.VERBS[effect.verb](self, **effect.args)
        self.event("released", decision.outcome, who="operator", person_id=decision.person_id)

    def owe(self, owed: Owed, *, token: str, message_id: str, octets: bytes, capped: bool = False) -> None:
        """Put one rendered mail into the outbox; a question also waits for its answer."""
        counted = owed.role in ("question", "received", "repeat")
        gave_up = {"gave_up_at": self.now, "gave_up_why": "capped"} if capped else {}
        self.insert(
            Reply, token=token, message_id=message_id, request_id=self.request_id or None, template=owed.template,
            role=owed.role, language=owed.language, address=owed.to, address_key=address_key(owed.to),
            proven=owed.proven, counted=counted, octets=octets, created_at=self.now, tries=0, owner="",
            answer="", digest="",
            **{"gave_up_why": "", **gave_up},
        )  # fmt: skip
        if owed.waits_for:
            self._question(owed, token)
        if capped:
            self.event("reply_capped", owed.template)

    def _question(self, owed: Owed, token: str) -> None:
        request = self.row(Request, self.request_id)
        self.insert(
            Question, token=token, request_id=self.request_id, waits_for=owed.waits_for, address=owed.to,
            address_key=address_key(owed.to), person_id=effects.addressee(self, owed, request.person_id),
            asked_at=self.now, expires_at=owed.values.get("due_at") or request.due_at,
            asked_again=owed.template == "ask-again", outcome="",
        )  # fmt: skip

    # ---- small things --------------------------------------------------------------------------------------

    def _update_mail(self, **values: Any) -> None:
        self.update(Mail, self.mail_id, **values)

    def _number(self) -> str:
        """Draw the short public number of a request."""
        while True:
            number = self.new_id(NUMBER_LETTERS).upper()
            if self.row(Request, number) is None:
                return number

    def _open_request(self, decision: Decision) -> None:
        assert self.raw and self.evidence and self.claim
        message, claim = self.message, self.claim
        writer = self.evidence.address or ""
        self.insert(
            Request, id=self.request_id, mail_id=self.mail_id, person_id=decision.person_id, kind=decision.kind,
            state=decision.state, outcome=decision.outcome, row=decision.row, reason=decision.reason,
            rung=claim.rung, tag=claim.tag, language=claim.language, evidence=self.evidence.level,
            because=self.evidence.because, proven=self.evidence.level == "authenticated",
            received_at=self.raw.received_at, due_at=decision.due_at, address=writer, address_key=address_key(writer),
            message_id=message.message_id if message else "",
            references=list(message.references[-19:]) if message else [], open=list(decision.open),
            pending=[list(item) for item in decision.pending], fields=stored(claim.extract) if decision.kind else {},
            before={}, undo_until=None, decided_at=self.now, tell=decision.tell_operator, checked="",
        )  # fmt: skip

    def _continue_request(self, decision: Decision) -> None:
        assert self.claim is not None
        if decision.reason == "repeated":
            return
        request = self.row(Request, self.request_id)
        fields = dict(request.fields)
        if decision.row == "5":
            fields = {**fields, **stored(self.claim.extract)}
        still = [item for item in request.open if item != "new_address"] if decision.row in ("3", "4") else request.open
        closed = decision.state in ("refused", "undone")
        opens = [] if closed else list(dict.fromkeys([*still, *decision.open]))
        due_at = decision.due_at or (request.due_at if opens else None)
        proven = request.proven or decision.row == "3" or self.evidence is None or _is_proven(self.evidence)
        self.update(
            Request, self.request_id, state=decision.state, due_at=due_at,
            open=opens, fields=fields, person_id=decision.person_id or request.person_id, outcome=decision.outcome,
            reason=decision.reason, tell=decision.tell_operator or request.tell, decided_at=self.now,
            proven=proven,
            told_at=None if decision.tell_operator else request.told_at,
            pending=[list(item) for item in decision.pending],
        )  # fmt: skip

    def open_journal(self, *, kind: str, reason: str) -> str:
        """Open a closed request for what the operator did without any mail; return its number."""
        self.request_id = self._number()
        self.insert(
            Request, id=self.request_id, kind=kind, state="applied", outcome="apply", row="operator", reason=reason,
            rung="none", language="ru", evidence="none", because="the operator", proven=True, received_at=self.now,
            address="", address_key="", message_id="", references=[], open=[], pending=[], fields={}, before={},
            decided_at=self.now, closed_at=self.now, tell=False, checked="",
        )  # fmt: skip
        return self.request_id

    def note_shadow(self, decision: Decision, number: str, subjects: list[str]) -> None:
        """Write what would have been done; the effects themselves were rolled back."""
        assert self.evidence and self.claim and self.message
        due_at = decision.due_at.isoformat() if decision.due_at else None
        summary = {
            "number": number, "state": decision.state, "due_at": due_at, "address": self.evidence.address,
            "subjects": subjects, "language": self.claim.language, "message_id": self.message.message_id,
            "open": list(decision.open),
        }  # fmt: skip
        self._update_mail(
            state="shadow", decision=decision.outcome, reason=decision.reason, kind=decision.kind, summary=summary
        )

    def take_failed(self, raw: RawMail) -> None:
        """Take up the ledger row of a mail that failed too often, to hold it."""
        seen = self._seen(raw)
        self.raw, self.mail_id = raw, seen.id
        self._update_mail(state="decided", next_try_at=None, decided_at=self.now)

    def wait(self, raw: RawMail, *, minutes: int, shadow: bool = False) -> int:
        """Write or update the `waiting` row of a mail that failed or must wait; return how often it failed."""
        self.pass_cursor(raw)
        seen = self._seen(raw)
        next_try = self.now + timedelta(minutes=minutes)
        if seen is None:
            self.insert(
                Mail, folder=raw.folder, uidvalidity=raw.uidvalidity, uid=raw.uid, state="waiting", tries=1,
                sha256=sha256(raw.octets), received_at=raw.received_at, next_try_at=next_try, belongs="", summary={},
                proof=0, message_key="", text_key="", decision="", reason="failed",
            )  # fmt: skip
            return 1
        if seen.state == "waiting":
            self.update(
                Mail, seen.id, tries=seen.tries + 1, next_try_at=next_try, uid=raw.uid, uidvalidity=raw.uidvalidity
            )
        return int(seen.tries) + 1


def _is_proven(evidence: Evidence) -> bool:
    return evidence.level == "authenticated"


def stored(extract: Extract) -> dict[str, Any]:
    """Return an extract as JSON-ready values."""
    values = asdict(extract)
    values.pop("named")
    return {key: value for key, value in values.items() if value not in ((), {}, None)}
