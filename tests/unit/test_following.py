"""with_places: each case of the table beside a few other places, what they are told and what a person hears of them.

What it must come to is written in followed.txt: the effects that places add to a decision, and its answers that speak
of places. The cases are those of the table.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from mailbot.deciding.case import Case
from mailbot.deciding.decide import decide
from mailbot.deciding.places import as_args, with_places
from mailbot.sources import Hook, Place
from tests.unit.test_decide import CASES, DAY, NOW, POLICY, told

FILE = Path(__file__).with_name("followed.txt")
ALL = ["update", "unsubscribe", "withdrawal"]


def hook(**how: Any) -> Hook:
    return Hook(url="https://hooks.example.kz/x", **how)


PLACES = [
    Place(name="plain", title="Table", on=ALL),  # type: ignore[arg-type]
    Place(name="news", on=["unsubscribe"], hook=hook(fields=["email"])),
    Place(name="calls", identifier="phone", on=ALL, hook=hook(fields=["phone"])),  # type: ignore[arg-type]
    Place(name="names", identifier="id", on=ALL, hook=hook(fields=["surname"])),  # type: ignore[arg-type]
    Place(name="quiet", on=ALL, hook=hook(events=["person.destroyed"])),  # type: ignore[arg-type]
    Place(name="books", on=["withdrawal"], kept_by_law="Tax Code, art. 50", kept_for="5 years"),
]
LAW = [Place(name="books", on=["withdrawal"], kept_by_law="Tax Code, art. 50", kept_for="5 years")]
_AS_ARGS = re.compile(r"\{name=(\w+) identifier=[^}]*\}")
KINDS = {
    name: make
    for name, make in CASES.items()
    if name.partition(" ")[0] in ("1", "2", "3", "4", "7", "7a", "10", "12", "14", "16", "18", "19", "20")
}


def beside(case: Case, places: list[Place], **facts: Any) -> Case:
    """Return a case of an installation with such places."""
    return replace(case, policy=case.policy.model_copy(update={"places": places}), facts=replace(case.facts, **facts))


def added(case: Case) -> str:
    """Return the lines of a decision that places add or change."""
    decision = decide(case)
    assert with_places(case.policy, case.deadlines, case.facts, decision) == decision, "it is there already"
    alone = told(decide(beside(case, []))).splitlines()
    lines = told(decision).splitlines()
    assert lines[0] == alone[0]
    order = [line.split()[0] for line in lines[1:]]
    assert order[: order.count("put_back")] == ["put_back"] * order.count("put_back"), "what was changed is still known"
    return "\n".join(_AS_ARGS.sub(r"\1", line) for line in lines if line not in alone)


LATE = {"received_at": NOW - 9 * DAY, "now": NOW}
MADE = {
    **{name: lambda make=make: added(beside(make(), PLACES)) for name, make in KINDS.items()},
    **{
        f"{name}, long ago": lambda make=make: added(beside(make(), PLACES, **LATE))
        for name, make in KINDS.items()
        if name in ("12 an unsubscribe", "16 a phone", "18 a withdrawal")
    },
    **{
        f"{name}, and the law keeps it": lambda make=make: added(beside(make(), LAW))
        for name, make in KINDS.items()
        if name.startswith(("18", "19", "20", "12", "16"))
    },
}
BLOCKS = FILE.read_text("utf-8").strip().split("\n\n") if FILE.exists() else []
WRITTEN = {name.removeprefix("# "): text for name, _, text in (block.partition("\n") for block in BLOCKS)}


@pytest.mark.parametrize("name", MADE)
def test_places_follow_as_it_is_written(name: str) -> None:
    assert MADE[name]() == WRITTEN.get(name, "")


def test_a_place_is_told_to_the_store_as_plain_values() -> None:
    told = ["person.updated", "person.unsubscribed", "person.stopped", "person.destroyed"]
    usual = {"identifier": "email", "law": False, "on": ALL, "hook": told}
    assert as_args(PLACES) == [
        {**usual, "name": "plain", "hook": [], "fields": []},
        {**usual, "name": "news", "on": ["unsubscribe"], "fields": ["email"]},
        {**usual, "name": "calls", "identifier": "phone", "fields": ["phone"]},
        {**usual, "name": "names", "identifier": "id", "fields": ["surname"]},
        {**usual, "name": "quiet", "hook": ["person.destroyed"], "fields": ["email"]},
        {**usual, "name": "books", "on": ["withdrawal"], "law": True, "hook": [], "fields": []},
    ]


def test_without_places_nothing_follows() -> None:
    assert POLICY.places == [] and timedelta() < DAY
    for make in KINDS.values():
        assert not {"follow", "put_back"} & {effect.verb for effect in decide(make()).effects}
