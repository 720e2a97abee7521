"""Every mail becomes a decision: 20,000 ill ones through reading, deciding and the rendering of what is owed."""

from __future__ import annotations

import email
import email.policy
import json
import time
from dataclasses import replace
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailbot.answering.reply import Frame, Templates, render
from mailbot.app import read_rules
from mailbot.config import load_policy
from mailbot.deciding.decide import decide
from mailbot.deciding.decision import Decision
from mailbot.deciding.reasons import row_of
from mailbot.operating.explain import case_of, explain
from mailbot.reading.sender import Trust
from tests.support import mails

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
CHUNKS, CHUNK = 40, 500
CPU_SECONDS = 1.0  # for one mail of a few KB, on a loaded machine


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
        assert owed.to == message.writer or owed.to in case.claim.extract.emails
        answer = email.message_from_bytes(render(owed, frame, TEMPLATES).octets, policy=email.policy.default)
        assert answer["To"] == owed.to
        names = [name.lower() for name in answer]
        assert len(names) == len(set(names))
        assert OURS.issuperset(names)
    return len(decision.owed)


@pytest.mark.slow
@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_twenty_thousand_ill_mails_become_decisions(chunk: int) -> None:
    rendered = 0
    for seed in range(chunk * CHUNK, (chunk + 1) * CHUNK):
        octets, known = mails.mail(Random(seed)), bool(seed % 2)
        began = time.process_time()
        result = check(octets, known)
        assert time.process_time() - began < CPU_SECONDS, seed
        rendered += check_answers(octets, known) if result["reply"] else 0
    assert rendered > CHUNK / 50


@pytest.mark.slow
@settings(deadline=None, max_examples=300, suppress_health_check=list(HealthCheck))
@given(st.randoms(use_true_random=False), st.booleans())
def test_an_ill_mail_becomes_a_decision_and_a_failure_shrinks(rng: Random, known: bool) -> None:
    octets = mails.mail(rng)
    check(octets, known)
    check_answers(octets, known)


@pytest.mark.slow
@settings(deadline=None, max_examples=200, suppress_health_check=list(HealthCheck))
@given(st.randoms(use_true_random=False), st.lists(st.integers(0, 4000), max_size=4))
def test_a_mail_cut_at_any_octet_becomes_a_decision(rng: Random, places: list[int]) -> None:
    octets = mails.sound(rng) if rng.random() < 0.5 else mails.header(rng) + b"\r\n" + mails.part(rng)
    for place in places:
        check(octets[:place], known=True)


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("octets", [b"", b"\0", b"\n", b"\r\n\r\n", b":", b"From", b"\xff" * 1000, b"From:" * 1000])
def test_nothing_at_all_becomes_a_decision(octets: bytes, known: bool) -> None:
    result = check(octets, known)
    assert result["decision"] in ("hold", "leave")
    assert result["sender"]["address"] is None
