"""Gathers what proves how one request was handled: plain values, ready for JSON, and the mails that lie beside them.

What identifies a person is veiled as in our answers; only the enclosed mails hold it. Of a destroyed person the store
has no more than the journal keeps, and the mailbox is not asked: that is the journal's sheet. Changes nothing.
Serves law 94-V, article 25(2)(5).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from mailbot import __version__
from mailbot.deciding.diff import veil, veiled
from mailbot.deciding.outcomes import outcome
from mailbot.operating import diffs, documents, timing
from mailbot.operating.enclosures import Enclosure
from mailbot.operating.plain import plain
from mailbot.pipeline import Line
from mailbot.reading.parse import parse
from mailbot.reading.trust import believed
from mailbot.store import chain, journal, policies, proofs
from mailbot.store import places as tasks
from mailbot.store.keys import Keys, sha256

CHECKED = "signature checked"  # how `because` begins where mailbot checked the DKIM signature itself, by DNS
SIGNED = ("authentication-results", "dkim-signature", "arc-seal", "received-spf")
Said = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """The evidence of one request: what is said of it, and the files that lie beside."""

    said: Said
    files: dict[str, bytes] = field(default_factory=dict)  # name in the zip → octets


@dataclass(slots=True, kw_only=True)
class Gatherer:
    """Gathers over one connection, so that everything said is of one moment."""

    line: Line
    connection: Any
    found: Mapping[int, Enclosure]  # the ledger's id of a mail → what lies in the mailbox
    files: dict[str, bytes] = field(default_factory=dict)

    def case(self, row: Any, audit: Said) -> Case:
        """Return the evidence of a request; `audit` is what is said of the chain as a whole."""
        self.files = {}
        gone = proofs.is_gone(self.connection, row)
        mails = self._mails(row)
        answers = [self._answer(each, row, n) for n, each in enumerate(self._replies(row), 1)]
        events = [self._event(event, before) for event, before in proofs.events(self.connection, row.id)]
        said = {
            "sheet": "journal" if gone else "evidence", "number": row.id, "made_at": self.line.store.clock(),
            "operator": self.line.frame.operator_name, "contact": self.line.frame.operator_contact,
            "mailbot": __version__, "timezone": self.line.rules.deadlines.zone.key,
            "request": self._request(row), "clocks": self._clocks(row), "matched": self._matched(row),
            "authentication": {
                "evidence": row.evidence, "counts_as": row.level, "because": plain(row.because),
                "checked_here": row.because.startswith(CHECKED),
                "fields": [each for mail in mails for each in mail.pop("fields")],
            },
            "record": {name: veiled(items) for name, items in diffs.changes(self.connection, row).items()},
            "mails": mails, "answers": answers, "by_hand": self._by_hand(row), "consents": self._consents(row),
            "places": self._places(row), "address_hashes": proofs.address_hashes(self.connection, row.id),
            "events": events, "chain": audit, "destruction": self._destruction(row),
            "mails_left": row.fields.get("mails_left", {}),
        }  # fmt: skip
        said["timeline"] = _timeline(said)
        return Case(said=_ready(said, self.line.rules.deadlines.zone), files=self.files)

    def person(self, person_id: str, numbers: list[str]) -> Case:
        """Return what proves a person's consents, and which requests there were."""
        self.files = {}
        rows = proofs.consents(self.connection, person_id)
        said = {
            "sheet": "person", "made_at": self.line.store.clock(), "mailbot": __version__, "requests": numbers,
            "consents": [self._consent(each, n) for n, each in enumerate(rows, 1)],
        }  # fmt: skip
        return Case(said=_ready(said, self.line.rules.deadlines.zone), files=self.files)

    def _request(self, row: Any) -> Said:
        return {
            "kind": row.kind, "state": row.state, "outcome": outcome(row), "row": row.row,
            "reason": row.reason, "language": row.language,
            "address": veil("email", plain(row.address)), "received_at": row.received_at,
            "decided_at": row.decided_at, "due_at": journal.due_at(row), "undo_until": row.undo_until,
            "destroy_at": row.destroy_at, "closed_at": row.closed_at, "open": journal.opens(row),
        }  # fmt: skip

    def _clocks(self, row: Any) -> list[Said]:
        """Return the clocks; an article is quoted only where somebody confirmed the law's pack."""
        now, confirmed = self.line.store.clock(), self.line.rules.deadlines.law.is_confirmed
        return [
            {**each, "article": each["article"] if confirmed else None,
             "late": (each["ended_at"] or now) > each["due_at"]}
            for each in timing.as_json(self.line, row)
        ]  # fmt: skip

    def _matched(self, row: Any) -> Said:
        texts = policies.texts(self.connection)
        return {
            "mark": plain(row.tag or ""), "rung": row.rung, "policy_version": row.policy_version,
            "policy_sha256": texts.get(row.policy_version or ""),
        }  # fmt: skip

    def _mails(self, row: Any) -> list[Said]:
        return [self._mail(each, number) for number, each in enumerate(proofs.mails(self.connection, [row.id]), 1)]

    def _mail(self, row: Any, number: int) -> Said:
        enclosed = self.found.get(row.id) or Enclosure(state="not_looked_for")
        name = f"mail/{number}.eml" if enclosed.octets is not None else None
        said = {
            "file": name, "received_at": row.received_at, "folder": row.folder, "uidvalidity": row.uidvalidity,
            "uid": row.uid, "decision": row.decision, "reason": row.reason,
            "lies": enclosed.state, "compared_by": enclosed.compared, "whole": enclosed.complete,
            "ledger_sha256": row.sha256, "fingerprint": row.fingerprint, "message_id_hash": row.message_key,
            "text_hash": row.text_key, "file_sha256": None, "attachments": row.attachments, "fields": [],
        }  # fmt: skip
        if enclosed.octets is not None and name is not None:
            self.files[name] = enclosed.octets
            said |= {"file_sha256": sha256(enclosed.octets), "fields": self._fields(name, enclosed)}
        return said

    def _fields(self, name: str, enclosed: Enclosure) -> list[Said]:
        message = parse(enclosed.octets or b"", complete=enclosed.complete)
        trusted = set(believed(message, self.line.rules.trust))
        found = [(key, value, key == "authentication-results") for key, value in message.headers if key in SIGNED]
        return [
            {"file": name, "field": key, "value": plain(value), "believed": value in trusted if result else None}
            for key, value, result in found
        ]

    def _replies(self, row: Any) -> list[Any]:
        return [each for each in journal.replies(self.connection, row.id) if each.role != "operator"]

    def _answer(self, reply: Any, row: Any, number: int) -> Said:
        """Return one mail of ours; what it said is enclosed only where it went to who wrote."""
        own = bool(reply.octets) and reply.address_key == row.address_key
        name = f"answers/{number}.eml" if own else None
        if name is not None:
            self.files[name] = reply.octets
        keys: Keys = self.line.store.keys
        return {
            "file": name, "template": reply.template, "role": reply.role, "language": reply.language,
            "to": veil("email", plain(reply.address)), "message_id": reply.message_id,
            "created_at": reply.created_at, "sent_at": reply.sent_at, "server": plain(reply.answer),
            "gave_up_at": reply.gave_up_at, "gave_up_why": plain(reply.gave_up_why),
            "bounced_at": reply.bounced_at, "bounced_status": reply.bounced_status,
            "bounced_why": plain(reply.bounced_why or ""),
            "hash": keys.octets(reply.octets) if reply.octets else reply.digest or None,
            "fingerprint": keys.fingerprint(parse(reply.octets)) if reply.octets else reply.fingerprint,
        }  # fmt: skip

    def _by_hand(self, row: Any) -> Said:
        return {"checked": plain(row.checked), "document": documents.as_json(row)}

    def _consents(self, row: Any) -> list[Said]:
        kept: list[Said] = row.fields.get("consents", [])
        if kept:
            at = [datetime.fromisoformat(each["given_at"]) if each["given_at"] else None for each in kept]
            return [
                {**each, "given_at": when, "source": plain(each["source"])} for each, when in zip(kept, at, strict=True)
            ]
        return [self._consent(each, n) for n, each in enumerate(proofs.consents(self.connection, row.person_id), 1)]

    def _consent(self, consent: Any, number: int) -> Said:
        name = f"consents/{number}.eml" if consent.octets else None
        if name is not None:
            self.files[name] = consent.octets
        return {
            "purpose": consent.purpose, "given_at": consent.given_at, "by": consent.given_by,
            "source": plain(consent.source), "policy_version": consent.policy_version, "proof_sha256": consent.proof,
            "withdrawn_at": consent.withdrawn_at, "withdrawn_by": consent.withdrawn_by, "file": name,
        }  # fmt: skip

    def _places(self, row: Any) -> list[Said]:
        return [
            {"place": plain(each.place), "what": each.what, "due_at": each.due_at, "done_at": each.done_at,
             "done_by": each.done_by}
            for each in tasks.tasks(self.connection, row.id)
        ]  # fmt: skip

    def _event(self, event: Any, before: str | None) -> Said:
        return {
            "place": event.position, "at": event.at, "who": event.who, "what": event.what, "reason": event.reason,
            "id": event.id, "rests_on": before, "link": event.link,
        }  # fmt: skip

    def _destruction(self, row: Any) -> Said | None:
        proof = proofs.of(self.connection, proofs.person_of(self.connection, row))
        if proof is None:
            return None
        return {
            "proof_sha256": proof.sha256, "proof_built_at": proof.built_at, "destroyed_at": proof.destroyed_at,
            "sealed": bool(proof.is_sealed), "sealed_until": proof.until, "removed_at": proof.removed_at,
        }  # fmt: skip


def of_chain(connection: Any, keys: Keys, verified: Said | None = None) -> Said:
    """Return what is said of the chain as a whole; `verified` is what reading all of it found, None: not read."""
    trusted = chain.trusted(connection, keys)
    sealed, unsealed = chain.counts(connection)
    return {
        "head": str(chain.head(connection)), "head_is_ours": trusted is not None, "sealed": sealed,
        "unsealed": unsealed, "verified": verified,
    }  # fmt: skip


def _timeline(said: Said) -> list[Said]:
    """Return everything that has a time, oldest first; `due` marks what is or was a last day."""
    request = said["request"]
    entries: list[Said] = [{"at": request["received_at"], "what": "received", "detail": ""}]
    entries += [{"at": each["at"], "what": each["what"], "detail": each["reason"]} for each in said["events"]]
    for each in said["answers"]:
        entries += [{"at": each["sent_at"], "what": "answer_sent", "detail": each["template"]}]
        entries += [{"at": each["bounced_at"], "what": "answer_bounced", "detail": each["template"]}]
    entries += [{"at": request[name], "what": name, "detail": ""} for name in ("due_at", "undo_until", "destroy_at")]
    entries += [{"at": request["closed_at"], "what": "closed_at", "detail": ""}]
    return sorted((each for each in entries if each["at"] is not None), key=lambda each: each["at"])


def _ready(value: Any, zone: ZoneInfo) -> Any:
    """Return the value with times as RFC 3339 in the clock's zone."""
    if isinstance(value, datetime):
        return value.astimezone(zone).isoformat(timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {key: _ready(item, zone) for key, item in value.items()}
    return [_ready(item, zone) for item in value] if isinstance(value, list | tuple) else value
