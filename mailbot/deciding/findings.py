"""What a policy check found: one stable code with its weight, place and values, and the sentence that explains it.

The sentences are in findings.toml, in three languages; what the law asks for is in its pack (law.py).
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import resources
from typing import Any, Literal

from mailbot.deciding.law import Pack
from mailbot.reading.clauses import Clause
from mailbot.reading.lookalikes import code_point

Weight = Literal["ok", "note", "wrong"]
_AROUND = 45  # characters of a quoted place on both sides


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """The longest term of a topic, and the article that gives it ("" for mailbot's own clock)."""

    days: int
    working: bool
    article: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that a policy check found."""

    code: str
    clause: str = ""  # as cited: 6(4)
    page: int = 0  # 0: the policy as a whole
    line: int = 0
    around: str = ""  # the words around the place
    values: dict[str, Any] = field(default_factory=dict)
    article: str = ""  # of the law, by which it is wrong; "" where no law asks

    @property
    def level(self) -> Weight:
        """How much it weighs: ok, note or wrong."""
        weight: Weight = table()[self.code]["level"]
        return weight


def finding(code: str, clause: Clause | None = None, offset: int = 0, **values: Any) -> Finding:
    """Return a finding at a place of the policy, or of the policy as a whole. Raises nothing."""
    if clause is None:
        return Finding(code=code, values=values)
    page, line = clause.at(offset)
    return Finding(
        code=code, clause=clause.label, page=page, line=line, around=_around(clause.text, offset), values=values
    )  # fmt: skip


@cache
def table() -> dict[str, dict[str, Any]]:
    """Return findings.toml: code → level, en, ru, kk; and the tables kind and words."""
    return tomllib.loads(resources.files("mailbot.deciding").joinpath("findings.toml").read_text("utf-8"))


def limits(pack: Pack) -> dict[str, Limit]:
    """Return the law's longest term of each topic of a policy; a month counts as 30 days."""
    found = {topic: pack.rules[clock] for topic, clock in (("answer", "answer"), ("correction", "correct"))}
    found["destruction"] = pack.rules.get("stop", pack.rules["destroy"])
    return {
        topic: Limit(
            days=rule.term.days * (30 if rule.term.unit == "months" else 1), working=rule.term.unit == "working",
            article=rule.article,
        )
        for topic, rule in found.items()
    }  # fmt: skip


def strictest(pack: Pack) -> dict[str, Limit]:
    """Return the law's terms as mailbot keeps them: `destroy`, not the longest that a policy may name."""
    return limits(replace(pack, rules={name: rule for name, rule in pack.rules.items() if name != "stop"}))


def sentences(found: Finding, language: str) -> tuple[str, str]:
    """Return what is the matter and what to do, "" for nothing; `kk+ru` is read as Kazakh. Raises nothing."""
    tongue = language.split("+")[0]
    told = {name: _told(name, value, tongue) for name, value in found.values.items()}
    says, do = table()[found.code][tongue]
    return says.format(**told), do.format(**told)


def _told(name: str, value: Any, language: str) -> str:
    words = table()["words"][language]
    if name == "kind":
        return str(table()["kind"][value][language]) if value else "?"
    if name == "fields":
        return ", ".join(words[each] for each in value)
    if name == "about":
        return str(words[value or "nothing"])
    if name == "limits":
        return "; ".join(f"{words[topic]}: {_days(limit, words)}" for topic, limit in value.items())
    if isinstance(value, Limit):
        return _days(value, words)
    return _letters(value, words) if name == "letters" else str(value)


def _days(limit: Limit, words: dict[str, str]) -> str:
    return words["working" if limit.working else "calendar"].format(days=limit.days)


def _letters(pairs: Iterable[tuple[str, str]], words: dict[str, str]) -> str:
    told = []
    for letter, meant in pairs:
        both = {"letter": letter, "code": code_point(letter), "meant": meant, "meant_code": code_point(meant or letter)}
        told.append(words["instead"].format(**both) if meant else code_point(letter))
    return ", ".join(told)


def _around(text: str, offset: int) -> str:
    """Return the words around a place, cut at blanks."""
    start, end = max(offset - _AROUND, 0), min(offset + _AROUND, len(text))
    start = text.find(" ", start, offset) + 1 or start if start else 0
    cut = text.rfind(" ", offset, end) if end < len(text) else end
    end = cut if cut > offset else end
    return f"{'… ' if start else ''}{text[start:end]}{' …' if end < len(text) else ''}"
