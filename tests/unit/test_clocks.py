"""Which clocks run on a request, from when, until when, and what ended them: the law's of each pack, and the own one.

Received on Monday 23 November 2026 at 10:00 in Almaty, decided on Tuesday at noon, closed on Wednesday at nine; the
operator's own promise is Thursday at 18:00. A clock is written as NAME START-END, days of November and December alone,
and behind a slash when it ended and by what.
"""

from __future__ import annotations

from datetime import datetime
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from mailbot.config import load_policy
from mailbot.deciding import clocks
from mailbot.deciding.deadlines import Deadlines
from mailbot.policy import LawRules

ALMATY = ZoneInfo("Asia/Almaty")
POLICY = load_policy(None)
PROVEN = {"level": "authenticated", "evidence": "authenticated"}
SHOWN = {"level": "authenticated", "evidence": "weak"}  # a yes to our question was the proof


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=ALMATY)


CLOSED = at("11-25T09:00")
ENDED: dict[str, Any] = {"open": [], "closed_at": CLOSED, "due_at": None}
DONE: dict[str, Any] = {"state": "applied", "open": [], "due_at": None, **PROVEN}


def deadlines(pack: str) -> Deadlines:
    return Deadlines(POLICY.model_copy(update={"law": LawRules(pack=pack)}))  # type: ignore[arg-type]


def request(**values: Any) -> Any:
    usual = {
        "kind": "update", "state": "held", "reason": "sender_weak", "level": "none", "evidence": "none",
        "received_at": at("11-23T10:00"), "decided_at": at("11-24T12:00"), "due_at": at("11-26T18:00"),
        "closed_at": None, "extended_at": None, "destroy_at": None, "fields": {}, "open": ["operator"],
    }  # fmt: skip
    return SimpleNamespace(**(usual | values))


def told(found: tuple[clocks.Clock, ...]) -> list[str]:
    def one(clock: clocks.Clock) -> str:
        due = clock.due_at.astimezone(ALMATY)
        assert due.strftime("%H:%M") == "18:00"
        ended = "" if clock.ended_at is None else f"/{clock.ended_at:%d} {clock.ended_by}".rstrip()
        assert clock.runs == (not ended)
        assert bool(clock.article) == (clock.name != clocks.OWN)
        return f"{clock.name} {clock.started_at:%d}-{due:%d.%m}{ended}"

    return [one(clock) for clock in found]


KZ = [
    ("nobody is proven: only a refusal is due", {}, True, ["own 23-26.11", "refuse 23-26.11"]),
    ("proven by the mail itself", PROVEN, True, ["correct 23-24.11", "own 23-26.11", "refuse 23-26.11"]),
    ("proven by a yes: from that day on", SHOWN, True, ["correct 24-25.11", "own 23-26.11", "refuse 23-26.11"]),
    ("data asked for came: from that day on", {**PROVEN, "reason": "ask_answered"}, True,
     ["correct 24-25.11", "own 23-26.11", "refuse 23-26.11"]),
    ("what is to be corrected is not known yet", {**PROVEN, "state": "asked"}, True,
     ["own 23-26.11", "refuse 23-26.11"]),
    ("a part is done, the rest waits for a new address: no refusal is due",
     {**PROVEN, "state": "applied", "open": ["new_address"]}, True, ["own 23-26.11", "correct 23-24.11/24"]),
    ("nor shown yet", {**PROVEN, "state": "challenged"}, True, ["own 23-26.11", "refuse 23-26.11"]),
    ("corrected", DONE, False, ["correct 23-24.11/24"]),
    ("corrected in part, the rest waits for the operator", {**DONE, "open": ["operator"], "due_at": at("11-26T18:00")},
     True, ["correct 23-24.11", "own 23-26.11", "refuse 23-26.11"]),
    ("stopped; its window ends on Friday", {**DONE, "kind": "withdrawal", "destroy_at": at("11-27T17:00")}, False,
     ["destroy 23-27.11", "stop 23-08.12", "block 23-24.11/24"]),
    ("stopped; its window ends before the law's day", {**DONE, "kind": "withdrawal", "destroy_at": at("11-23T17:00")},
     False, ["destroy 23-24.11", "stop 23-08.12", "block 23-24.11/24"]),
    ("destroyed", {**DONE, "kind": "withdrawal", "reason": "destroyed", "closed_at": CLOSED}, False,
     ["block 23-24.11/24", "destroy 23-24.11/25", "stop 23-08.12/25"]),
    ("kept for an open obligation", {**DONE, "kind": "withdrawal", "reason": "obligation_open",
     "open": ["obligations"], "due_at": at("11-26T18:00")}, True, ["own 23-26.11", "block 23-24.11/24"]),
    ("an obligation is asked for", {**DONE, "kind": "withdrawal", "reason": "obligations_asked",
     "open": ["obligations"], "due_at": at("11-26T18:00")}, True,
     ["destroy 23-24.11", "own 23-26.11", "refuse 23-26.11", "stop 23-08.12", "block 23-24.11/24"]),
    ("stopped and closed without destruction", {**DONE, "kind": "withdrawal", "closed_at": CLOSED}, False,
     ["block 23-24.11/24"]),
    ("a right refused", {"kind": "access", "state": "refused", **ENDED}, False, ["answer 23-26.11/25"]),
    ("a right served", {**DONE, "kind": "access", "closed_at": CLOSED}, False, ["answer 23-26.11/25"]),
    ("a right nobody answered us about", {"kind": "access", "state": "expired", **ENDED}, False,
     ["answer 23-26.11/25"]),
    ("a right served by hand", {"kind": "access", "state": "ignored", **ENDED}, False, ["answer 23-26.11/25 hand"]),
    ("destroyed while it waited", {"kind": "access", "state": "held", **ENDED}, False,
     ["answer 23-26.11/25 destruction"]),
    ("an erasure refused: only the answer was due", {"kind": "erasure", "state": "refused", **ENDED}, False,
     ["answer 23-26.11/25"]),
    ("blocked by hand while it waits", {"kind": "erasure", "fields": {"blocked_at": CLOSED.isoformat()}}, True,
     ["own 23-26.11", "answer 23-26.11", "stop 23-08.12", "block 23-24.11/25"]),
    ("a complaint", {"kind": "complaint"}, True, ["block 23-24.11", "own 23-26.11", "answer 23-26.11"]),
    ("a restriction", {"kind": "restriction"}, True, ["block 23-24.11", "own 23-26.11", "answer 23-26.11"]),
    ("an unsubscribe is no right of the law's", {"kind": "unsubscribe"}, True, ["own 23-26.11"]),
    ("anything else is answered", {"kind": None, "due_at": None}, True, ["answer 23-26.11"]),
    ("nothing is open, and nothing was closed", {"kind": "access"}, False, []),
]  # fmt: skip
ELSEWHERE = [
    ("gdpr", {"kind": "withdrawal", **PROVEN},
     ["own 23-26.11", "refuse 23-23.12", "block 23-23.12", "destroy 23-23.12"]),
    ("gdpr", {"kind": "access", "extended_at": CLOSED}, ["own 23-26.11", "answer 23-23.02"]),
    ("ru-152fz", {"kind": "withdrawal", **PROVEN},
     ["block 23-24.11", "own 23-26.11", "refuse 23-07.12", "halt 23-07.12", "destroy 23-23.12"]),
    ("ru-152fz", {"kind": "objection"}, ["own 23-26.11", "answer 23-07.12", "halt 23-07.12"]),
    ("ru-152fz", {"kind": "erasure"}, ["block 23-24.11", "own 23-26.11", "unlawful_stop 23-26.11", "answer 23-07.12",
     "halt 23-07.12", "unlawful_destroy 23-07.12"]),
    ("ru-152fz", {"kind": "access", "extended_at": CLOSED}, ["own 23-26.11", "answer 23-14.12"]),
]  # fmt: skip


@pytest.mark.parametrize(("values", "waits", "expected"), [row[1:] for row in KZ], ids=[row[0] for row in KZ])
def test_in_kazakhstan(values: dict[str, Any], waits: bool, expected: list[str]) -> None:
    assert told(clocks.of(deadlines("kz-94v"), request(**values), waits=waits)) == expected


@pytest.mark.parametrize(("pack", "values", "expected"), ELSEWHERE)
def test_by_other_laws(pack: str, values: dict[str, Any], expected: list[str]) -> None:
    assert told(clocks.of(deadlines(pack), request(**values), waits=True)) == expected


@pytest.mark.parametrize(
    ("pack", "values", "until"),
    [
        ("kz-94v", {"kind": "access"}, None),  # this law knows no extension
        ("gdpr", {"kind": "access"}, "2027-01-26"),  # two months from the end promised
        ("gdpr", {"kind": "objection"}, "2027-01-26"),
        ("gdpr", {"kind": "access", "extended_at": CLOSED}, None),  # once
        ("gdpr", {"kind": "unsubscribe"}, None),
        ("gdpr", {"kind": "update", **PROVEN}, "2026-12-23"),  # never beyond the refusal, which can't be put off
        ("gdpr", {"kind": "access", "due_at": at("12-30T18:00")}, "2027-03-01"),  # the 28th is a Sunday
        ("ru-152fz", {"kind": "access"}, "2026-12-03"),  # five working days
        ("ru-152fz", {"kind": "update", **PROVEN}, None),  # a correction can't be put off
        ("ru-152fz", {"kind": "erasure"}, None),  # the block ends before
    ],
)  # fmt: skip
def test_an_answer_is_put_off_as_far_as_the_law_lets_it(pack: str, values: dict[str, Any], until: str | None) -> None:
    found = clocks.extension(deadlines(pack), request(**values))
    assert (found and found.astimezone(ALMATY).strftime("%Y-%m-%d %H:%M")) == (until and f"{until} 18:00")


@pytest.mark.parametrize(
    ("pack", "values", "end"),
    [
        ("kz-94v", {"kind": "access"}, None),  # it is the day promised
        ("kz-94v", {"kind": "access", "due_at": at("11-25T18:00")}, "2026-11-26"),
        ("gdpr", {"kind": "update", **PROVEN}, "2026-12-23"),
        ("ru-152fz", {"kind": "withdrawal", **PROVEN}, "2026-12-07"),  # of the answer, not of the destruction
        ("gdpr", {"kind": "unsubscribe"}, None),
    ],
)
def test_the_laws_last_day_for_an_answer_is_told_where_it_is_later(
    pack: str, values: dict[str, Any], end: str | None
) -> None:
    found = clocks.law_end(deadlines(pack), request(**values))
    assert (found and found.astimezone(ALMATY).strftime("%Y-%m-%d")) == end
