"""The unit of work: one mail, one transaction. Receives it once, applies its decision, owes its answers.

Nothing is done twice because unique constraints say so; what the mail changes, its ledger row, the cursor
and the answers owed are committed together or not at all (design: the states of a mail).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from mailbot.deciding.decision import Decision, Owed
from mailbot.deciding.outdated import packed
from mailbot.ports import RawMail
from mailbot.reading.address import address_key
from mailbot.reading.claim import Claim
from mailbot.store import attachments, effects, requests
from mailbot.store.keys import sha256
from mailbot.store.tables import FolderCursor, Mail, Question, Reply, Request
from mailbot.store.transaction import Transaction

if TYPE_CHECKING:
    from mailbot.reading.message import Message
    from mailbot.reading.sender import Evidence

_mail: Any = Mail.__table__  # type: ignore[attr-defined]
_cursor: Any = FolderCursor.__table__  # type: ignore[attr-defined]
_SEEN = sa.select(_mail).where(_mail.c.sha256 == sa.bindparam("digest"))
_BEHIND = sa.or_(
    _cursor.c.uidvalidity.is_distinct_from(sa.bindparam("validity")), _cursor.c.last_uid < sa.bindparam("reached")
)
_PASS = (
    sa.update(_cursor)
    .where(_cursor.c.folder == sa.bindparam("place"), _BEHIND)
    .values(uidvalidity=sa.bindparam("validity"), last_uid=sa.bindparam("reached"))
)
_ALIKE = sa.select(_mail).where(
    sa.or_(_mail.c.sha256 == sa.bindparam("digest"), _mail.c.fingerprint == sa.bindparam("print"))
)
PROOF = {"none": 0, "weak": 1, "authenticated": 2}
UNDECIDED = ("waiting", "gone")  # states of a mail that is to be decided when it is seen again
PASSED = ("leave", "ignore", "hold")  # decisions that did nothing for anybody


@dataclass(slots=True)
class Unit(Transaction):
    """One mail's transaction. `mail_id` is the ledger row that `receive` made or took up."""

    mail_id: int = 0
    was_shadow: bool = False
    message: Message | None = None
    evidence: Evidence | None = None
    claim: Claim | None = None
    level: str = ""  # the proof that the mail counts as, once it was decided
    policy_version: str | None = None  # by which it was decided
    canary: bool = False  # it is a trial mail of ours that came through
    collects: bool = False  # the operator collects form mails: the cursor stays, what was passed over is taken up

    # ---- receive -------------------------------------------------------------------------------------------

    def receive(self, raw: RawMail, message: Message, evidence: Evidence) -> str:
        """Write the ledger row of a mail and move the cursor past it.

        Returns "new" (decide it), "already" (handled before, filed like the first) or "second_look" (the
        operator put back into INBOX what had been filed).
        """
        self.raw, self.message, self.evidence = raw, message, evidence
        self.pass_cursor(raw)
        proof, fingerprint = PROOF[evidence.level], self.keys.fingerprint(message)
        alike = self.connection.execute(_ALIKE, {"digest": sha256(raw.octets), "print": fingerprint}).all()
        seen = next((row for row in alike if row.sha256 == sha256(raw.octets)), None)
        retried = seen is not None and (seen.state in UNDECIDED or (self.collects and self._passed_over(seen)))
        if seen is not None and not retried:
            return self._copy(seen, raw)
        first = self._first([row for row in alike if row is not seen and row.fingerprint == fingerprint], proof)
        if first is not None:
            return self._copy(first, raw, retried=seen)
        writer = message.writer or ""
        values = {
            "uid": raw.uid, "uidvalidity": raw.uidvalidity, "folder": raw.folder, "state": "decided",
            "fingerprint": fingerprint, "proof": proof, "text_key": self.keys.text(message),
            "message_key": self.keys.message_id(message.message_id, writer), "decided_at": self.now, "summary": {},
            "next_try_at": None,
        }  # fmt: skip
        if seen is not None:
            requests.set_aside(self, seen.request_id)
            self.mail_id, self.was_shadow = seen.id, bool(seen.summary.get("shadow"))
            self._update_mail(**values)
            return "new"
        self.mail_id = self.insert(
            Mail, sha256=sha256(raw.octets), received_at=raw.received_at, belongs="", tries=0, decision="", reason="",
            **values,
        )  # fmt: skip
        return "new"

    def _first(self, same: list[Any], proof: int) -> Any:
        """Return an earlier mail with the same fingerprint and proof at least as good."""
        ours = attachments.is_ours(self)  # a copy of ours need not be as well proven
        good = (row for row in same if row.proof >= proof or (ours and row.attachments_at is not None))
        return next(good, None)

    def _passed_over(self, seen: Any) -> bool:
        """Whether a mail was decided without being known as a form's, and nothing was done for it."""
        return seen.state == "shadow" or (seen.kind != "form" and seen.decision in PASSED and seen.filed_at is None)

    def pass_cursor(self, raw: RawMail) -> None:
        """Move the folder's cursor past that mail; it never moves back within one UIDVALIDITY."""
        if self.collects:  # else mails that no pass has seen yet would be skipped
            return
        self.connection.execute(_PASS, {"place": raw.folder, "validity": raw.uidvalidity, "reached": raw.uid})

    def _seen(self, raw: RawMail) -> Any:
        return self.connection.execute(_SEEN, {"digest": sha256(raw.octets)}).first()

    def _copy(self, first: Any, raw: RawMail, retried: Any = None) -> str:
        """Write the row of a further place of a mail that is in the ledger."""
        if (first.folder, first.uidvalidity, first.uid) == (raw.folder, raw.uidvalidity, raw.uid):
            return "already"
        second_look = first.filed_at is not None and first.sha256 == sha256(raw.octets)
        values = {
            "uid": raw.uid, "uidvalidity": raw.uidvalidity, "folder": raw.folder, "state": "decided",
            "copy_of": first.id, "decided_at": self.now, "request_id": first.request_id, "kind": first.kind,
            "decision": "hold" if second_look else first.decision, "next_try_at": None,
            "reason": "second_look" if second_look else "repeated", "belongs": "" if second_look else first.belongs,
        }  # fmt: skip
        if retried is not None:
            self.mail_id = retried.id
            self._update_mail(**values)
        else:
            blank = {"summary": {}, "tries": 0, "proof": 0, "message_key": "", "text_key": ""}
            self.mail_id = self.insert(Mail, received_at=raw.received_at, **values, **blank)
        attachments.came_again(self, first)
        if second_look and first.request_id:
            effects.reopen(self, first.request_id, "second_look")
        return "second_look" if second_look else "already"

    # ---- apply and owe -------------------------------------------------------------------------------------

    def apply(self, decision: Decision) -> str:
        """Open or continue the request, carry out the effects, write the event; return the request's number."""
        assert self.raw and self.evidence and self.claim
        origin = requests.Origin(
            mail_id=self.mail_id, raw=self.raw, message=self.message, evidence=self.evidence, claim=self.claim,
            level=self.level or self.evidence.level, policy_version=self.policy_version,
        )  # fmt: skip
        if decision.request_id is None:
            requests.open_request(self, decision, origin)
        else:
            self.request_id = decision.request_id
            requests.continue_request(self, decision, origin)
        self.carry_out(decision)
        self._update_mail(
            decision=decision.outcome, reason=decision.reason, kind=decision.kind, request_id=self.request_id,
            belongs="done" if decision.files else "", attachments=attachments.mark(self),
        )  # fmt: skip
        self.event(decision.outcome, decision.reason, person_id=decision.person_id)
        return self.request_id

    def apply_released(self, decision: Decision) -> None:
        """Carry a decision out that the operator released: it continues a request and has no mail of its own."""
        assert decision.request_id is not None
        self.request_id = decision.request_id
        # What she decided is the rest; a new address that was asked beside it may say yes still.
        keeps = decision.state == "applied" and ("email", "new_address") not in decision.pending
        effects.close_questions(self, self.request_id, "released", but="new_address" if keeps else "")
        requests.carry_out(self, decision, keeps_address=keeps)
        self.carry_out(decision)
        self.event("released", decision.outcome, who="operator", person_id=decision.person_id)

    def carry_out(self, decision: Decision) -> None:
        """Do each effect of a decision."""
        from mailbot.store.verbs import VERBS

        for effect in decision.effects:
            VERBS[effect.verb](self, **effect.args)

    def owe(self, owed: Owed, *, token: str, rendered: tuple[str, bytes], counted: bool, capped: bool) -> None:
        """Put one rendered mail (Message-ID, octets) into the outbox; a question also waits for its answer.

        A capped one is recorded and not sent; where it was owed to a proven mail, the operator is told.
        """
        message_id, octets = rendered
        gave_up = {"gave_up_at": self.now, "gave_up_why": "capped"} if capped else {}
        self.insert(
            Reply, token=token, message_id=message_id, request_id=self.request_id or None, template=owed.template,
            role=owed.role, language=owed.language, address=owed.to, address_key=address_key(owed.to),
            proven=owed.proven, counted=counted, octets=octets, created_at=self.now, tries=0, owner="",
            answer="", digest="", bounce_key=self.keys.bounce(token),
            said=None if capped else packed(owed), **{"gave_up_why": "", **gave_up},
        )  # fmt: skip
        if owed.waits_for:
            self._question(owed, token)
        if capped:
            self.event("reply_capped", owed.template)
            if owed.proven and owed.role == "question" and self.request_id:
                effects.reopen(self, self.request_id, "reply_capped")

    def _question(self, owed: Owed, token: str) -> None:
        request = self.row(Request, self.request_id)
        self.insert(
            Question, token=token, request_id=self.request_id, waits_for=owed.waits_for, address=owed.to,
            address_key=address_key(owed.to), person_id=effects.addressee(self, owed, request.person_id),
            asked_at=self.now, expires_at=owed.values.get("due_at") or request.due_at,
            asked_again=owed.template == "ask-again",
            reminded=owed.template == "ask-again", outcome="",
        )  # fmt: skip

    # ---- small things --------------------------------------------------------------------------------------

    def _update_mail(self, **values: Any) -> None:
        self.update(Mail, self.mail_id, **values)

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
        self.said.append((f"shadow_{decision.outcome}", decision.reason, number))

    def take_failed(self, raw: RawMail) -> None:
        """Take up the ledger row of a mail that failed too often, to hold it."""
        seen = self._seen(raw)
        self.raw, self.mail_id = raw, seen.id
        self._update_mail(state="decided", next_try_at=None, decided_at=self.now)

    def postpone(self, raw: RawMail, *, minutes: int, limit: timedelta) -> bool:
        """Let a mail wait for DNS, which is no failure of it; False where it was decided, or waited up to the limit."""
        seen = self._seen(raw)
        if seen is not None and seen.state not in UNDECIDED:
            return False
        kept = seen.summary if seen is not None else {}
        since = kept.get("waits_since", self.now.isoformat())
        if self.now - datetime.fromisoformat(since) >= limit:
            return False
        self._wait(raw, seen, minutes, reason="dns", summary={**kept, "waits_since": since})
        return True

    def wait(self, raw: RawMail, *, minutes: int) -> int:
        """Let a mail wait that failed; return how often it failed."""
        seen = self._seen(raw)
        tries = int(seen.tries) + 1 if seen is not None else 1
        if seen is None or seen.state in UNDECIDED:
            self._wait(raw, seen, minutes, reason="failed", tries=tries)
        else:
            self.pass_cursor(raw)
        return tries

    def _wait(self, raw: RawMail, seen: Any, minutes: int, **values: Any) -> None:
        """Write or bring up to date the `waiting` row of a mail, and move the cursor past it: it is fetched by UID."""
        self.pass_cursor(raw)
        values |= {
            "folder": raw.folder, "uidvalidity": raw.uidvalidity, "uid": raw.uid, "state": "waiting",
            "next_try_at": self.now + timedelta(minutes=minutes),
        }  # fmt: skip
        if seen is not None:
            self.update(Mail, seen.id, **values)
            return
        blank = {
            "tries": 0, "summary": {}, "belongs": "", "proof": 0, "message_key": "", "text_key": "", "decision": "",
        }  # fmt: skip
        self.insert(Mail, sha256=sha256(raw.octets), received_at=raw.received_at, **(blank | values))
