"""Explain a mail and demand what contract.md promises of the object; render what is owed for it."""

from __future__ import annotations

import email
import email.policy
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from mailbot.answering.catalogue import catalogue
from mailbot.answering.reply import Frame, Templates, render
from mailbot.app import read_rules
from mailbot.config import load_policy
from mailbot.deciding.decide import decide
from mailbot.deciding.decision import Decision
from mailbot.deciding.reasons import row_of
from mailbot.operating.explain import case_of, explain
from mailbot.reading.trust import Trust

NOW = datetime(2026, 11, 23, 9, 6, tzinfo=UTC)
RULES = replace(read_rules(load_policy(None)), trust=Trust.of(["mx.example.com"]), own=("info@example.com",))
TEMPLATES = Templates([])
KEYS = {
    "decision", "reason", "kind", "rung", "tag", "where", "language", "machine", "sender", "fields", "unclear",
    "pending", "reply", "defects", "own_text", "signature",
}  # fmt: skip
OURS = {
    "from", "to", "subject", "date", "message-id", "in-reply-to", "references", "auto-submitted",
    "x-auto-response-suppress", "content-language", "mime-version", "content-type", "content-transfer-encoding",
}  # fmt: skip


def check(octets: bytes, known: bool) -> dict[str, Any]:
    """Explain one mail and demand what contract.md promises of the object, and of each answer owed."""
    result = explain(octets, RULES, NOW, known=known)
    assert result.keys() == KEYS
    json.dumps(result, ensure_ascii=False).encode()  # no lone surrogate, nothing but plain values
    assert result["decision"] in ("apply", "challenge", "ask", "hold", "leave", "ignore")
    assert result["rung"] in ("exact", "folded", "alias", "typo", "suggestion", "none")
    assert result["sender"]["evidence"] in ("authenticated", "weak", "none")
    assert row_of(result["reason"])
    assert all(isinstance(word, str) and word.replace("_", "").isalnum() for word in result["defects"])
    if result["reply"]:
        assert result["reply"]["to"] == result["sender"]["address"]
    if result["machine"]:
        assert result["reply"] is None
    return result


def check_answers(octets: bytes, known: bool) -> int:
    """Render what is owed for one mail: each goes to the writer or to an address he gave, with our headers alone."""
    case = case_of(octets, RULES, NOW, known=known)
    decision: Decision = decide(case)
    message = case.message
    frame = Frame(
        number="K7Q2", kind=decision.kind, received_at=NOW, now=NOW, token="a" * 26, mailbox="info@example.com",
        in_reply_to=message.message_id, references=message.references,
    )  # fmt: skip
    for owed in decision.owed:
        assert decision.row in catalogue()[owed.template].rows
        assert owed.to == message.writer or owed.to in case.claim.extract.emails
        answer = email.message_from_bytes(render(owed, frame, TEMPLATES).octets, policy=email.policy.default)
        assert answer["To"] == owed.to
        names = [name.lower() for name in answer]
        assert len(names) == len(set(names))
        assert OURS.issuperset(names)
    return len(decision.owed)
