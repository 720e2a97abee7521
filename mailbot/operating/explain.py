"""Explains mails: what would be done with each, and why. Changes nothing, needs no network.

"Now" is the time of receipt (topmost Received's date, else Date's), so an old file is explained as on its day.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from mailbot.deciding.case import Case
from mailbot.deciding.decide import decide
from mailbot.deciding.decision import Decision
from mailbot.deciding.facts import Facts, PersonFacts
from mailbot.deciding.reasons import sentence
from mailbot.errors import InputError
from mailbot.mail import read
from mailbot.pipeline import Line, Rules
from mailbot.ports import RawMail
from mailbot.reading.claim import Claim
from mailbot.reading.machine import Machine
from mailbot.reading.message import Message
from mailbot.reading.parse import parse
from mailbot.reading.sender import Evidence
from mailbot.store.gather import gather


def files(paths: list[Path]) -> Iterator[Path]:
    """Yield each file, and every file under each folder in order. Raises InputError for a path that is not there."""
    for path in paths:
        if not path.exists():
            raise InputError(f"{path}: there is no such file")
        yield from sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else (path,)


def load(path: Path) -> bytes:
    """Return a mail's octets. Raises InputError where the file can't be opened."""
    try:
        return path.read_bytes()
    except OSError as exc:
        raise InputError(f"{path}: can't be read ({exc.strerror})") from exc


def explain(
    octets: bytes, rules: Rules, now: datetime, *, known: bool | None, line: Line | None = None
) -> dict[str, Any]:
    """Return what would be done with one mail, as `explain --json` prints it, without `file`.

    `known` says whether the writer is on file; None asks the store of `line`. `now` is used where the mail
    bears no time.
    """
    case = case_of(octets, rules, now, known=known, line=line)
    return _object(case, decide(case))


def case_of(octets: bytes, rules: Rules, now: datetime, *, known: bool | None, line: Line | None = None) -> Case:
    """Return what is to be decided of one mail, at the time of its receipt; arguments as explain's."""
    message = parse(octets)
    at = message.hop_at or message.date or now
    raw = RawMail(octets=octets, folder="-", uid=0, uidvalidity=0, received_at=at, size_bytes=len(octets))
    message, machine, claim, evidence = read(raw, rules, message)
    if known is None and line is not None:
        facts = _stored_facts(line, raw, message, (claim, machine, evidence))
    else:
        typed = claim.submission.extract.fields.get("email") if claim.submission else message.writer
        facts = Facts(now=at, received_at=at, people=_assumed(typed) if known else ())
    return Case(
        message=message, machine=machine, claim=claim, evidence=evidence, facts=facts, policy=rules.policy,
        deadlines=rules.deadlines,
    )  # fmt: skip


def _assumed(address: str | None) -> tuple[PersonFacts, ...]:
    return (PersonFacts(id="-", emails=(address,)),) if address else ()


def _stored_facts(line: Line, raw: RawMail, message: Message, read_: tuple[Claim, Machine | None, Evidence]) -> Facts:
    """Return the facts of the real store, as of the time of receipt; what reading wrote is rolled back."""
    with line.store.unit() as unit:
        unit.raw, unit.now, unit.evidence = raw, raw.received_at, read_[2]
        return gather(unit, message, read_[0], read_[1])


def _object(case: Case, decision: Decision) -> dict[str, Any]:
    claim, evidence = case.claim, case.evidence
    extract = claim.extract if (decision.kind or claim.kind) in ("update", "answer", "form") else None
    fields: dict[str, Any] = dict(extract.fields) if extract else {}
    if extract:
        fields |= {
            name: list(all_) for name, all_ in (("emails", extract.emails), ("phones", extract.phones)) if len(all_) > 1
        }
    unclear = [{"field": u.field, "text": u.text, "why": u.why} for u in extract.unclear] if extract else []
    owed = decision.owed[0] if decision.owed else None
    return {
        "decision": decision.outcome, "reason": decision.reason, "kind": decision.kind or claim.kind,
        "rung": claim.rung, "tag": claim.tag, "where": claim.where, "language": claim.language,
        "machine": case.machine.why if case.machine else None, "sender": _sender(case.message, evidence),
        "fields": fields, "unclear": unclear,
        "pending": [{"field": field, "waits_for": waits_for} for field, waits_for in decision.pending],
        "reply": {"template": owed.template, "language": owed.language, "to": owed.to} if owed else None,
        "defects": list(case.message.defects),
        "own_text": case.message.own_text, "signature": case.message.signature,
    }  # fmt: skip


def _sender(message: Message, evidence: Evidence) -> dict[str, Any]:
    return {"address": message.writer, "evidence": evidence.level, "because": evidence.because}


def in_words(result: dict[str, Any], language: str) -> str:
    """Return one explained mail in plain words, a few lines."""
    sender, reply = result["sender"], result["reply"]
    asks = (
        f"{result['kind']} ({result['rung']}{', ' + result['where'] if result['where'] else ''})"
        if result["kind"]
        else "nothing"
    )
    lines = [
        f"{result['file']}",
        f"  decision  {result['decision']}: {sentence(result['reason'], language)} [{result['reason']}]",
        f"  asks      {asks}",
        f"  sender    {sender['address'] or 'unclear'}: {sender['evidence']} ({sender['because']})",
    ]
    if result["machine"]:
        lines.append(f"  machine   {result['machine']}")
    if result["fields"]:
        lines.append("  fields    " + ", ".join(f"{k} = {v}" for k, v in result["fields"].items()))
    lines += [f"  unclear   {u['field']}: {u['text']} ({u['why']})" for u in result["unclear"]]
    if reply:
        lines.append(f"  answer    {reply['template']} ({reply['language']}) to {reply['to']}")
    if result["defects"]:
        lines.append("  defects   " + ", ".join(result["defects"]))
    return "\n".join(lines)
