"""The law as data: one pack a file (packs/NAME.toml) with its terms, articles and quotes, each term with its source.

A pack is confirmed once somebody read the law's present text for it, in the pack itself or in policy.toml's [law].
Until then no answer quotes an article's number. Not legal advice.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Literal

from mailbot.policy import LawRules, Policy

ClockName = Literal[
    "answer", "refuse", "correct", "block", "destroy", "stop", "halt", "unlawful_stop", "unlawful_destroy"
]  # fmt: skip
Unit = Literal["working", "calendar", "months"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """So many working days, calendar days or months."""

    days: int
    unit: Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Until when one thing must be done, by which article, where that was read; `more` is the extension allowed."""

    term: Term
    article: str
    source: str
    more: Term | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """One law: `as_of` is the state that its sources speak of."""

    name: str
    title: str
    as_of: str
    read_on: str
    confirmed_by: str
    confirmed_on: str
    rules: dict[str, Rule]
    articles: dict[str, str]  # finding of the policy check → article
    quotes: dict[str, dict[str, str]]  # reason of a refusal → language → what it quotes

    @property
    def is_confirmed(self) -> bool:
        """Whether somebody vouches for the pack: who, when, and on which day the law's text was read."""
        return bool(self.read_on and self.confirmed_by and self.confirmed_on)


def pack_of(policy: Policy) -> Pack:
    """Return the pack that a policy file names, with what its operator confirmed. Raises nothing: the name is known."""
    return _pack(policy.law.pack, _confirmed(policy.law))


def quotes(pack: Pack) -> dict[str, dict[str, str]]:
    """Return what answers may quote, reason → language → words; nothing while nobody confirmed the pack."""
    return pack.quotes if pack.is_confirmed else {}


def _confirmed(law: LawRules) -> tuple[tuple[str, str], ...]:
    said = {"read_on": law.read_on, "confirmed_by": law.confirmed_by, "confirmed_on": law.confirmed_on}
    return tuple((key, value if isinstance(value, str) else value.isoformat()) for key, value in said.items() if value)


@cache
def _pack(name: str, confirmed: tuple[tuple[str, str], ...]) -> Pack:
    text = resources.files("mailbot.deciding").joinpath("packs", f"{name}.toml").read_text("utf-8")
    values: dict[str, Any] = {**tomllib.loads(text), **dict(confirmed)}
    rules = {key: _rule(each) for key, each in values.pop("rule").items()}
    return Pack(name=name, rules=rules, articles=values.pop("article"), quotes=values.pop("quote", {}), **values)


def _rule(values: dict[str, Any]) -> Rule:
    more = Term(**values["more"]) if "more" in values else None
    term = Term(days=values["days"], unit=values["unit"])
    return Rule(term=term, article=values["article"], source=values["source"], more=more)
