"""Each finding of a policy check as a whole: where it is, what it quotes, what it says in each language.

What must be found is written in found.txt: of each sound policy all findings, of each change those that it makes; and
the sentences of each of these findings once, in three languages.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from mailbot.config import load_policy
from mailbot.deciding.findings import Finding, sentences
from mailbot.deciding.lint import Setup, lint
from mailbot.reading.tags import compile_words

FOLDER = Path(__file__).parent.parent / "corpus" / "policies"
FILE = Path(__file__).with_name("found.txt")
TEXTS = {language: (FOLDER / f"{language}.txt").read_text("utf-8") for language in ("kk", "ru", "en")}
POLICY = load_policy(None)
SETUP = Setup(policy=POLICY, lexicon=compile_words(POLICY))
OWN = replace(SETUP, own=("desk@example.kz", "info@example.com"))
FEW = (
    "1. Start\n1.1. Write to info@example.kz with the mark «Unsubscribe me» or to info\u0430@example.com with the mark "
    "«Updating person\u0430l d\u0430ta». You may also use the mark «Unsubscribe\u200b».\n"
    "1.2. We answer within 90 days, correct data within 1 hour and destroy them within 1 year; and Info@Example.KZ.\n"
    "1.3. Мы берём телефон и \ufffdмя. Срок не ограничен. Мы берём п\u0430спорт, Iм\u044f.\n"
)


def texts() -> dict[str, tuple[str, Setup]]:
    """Return the policies that are checked, by what was changed in them."""
    spoilt = tomllib.loads((FOLDER / "spoilt.toml").read_text("utf-8"))["change"]
    every = {language: (text, SETUP) for language, text in TEXTS.items()}
    for language, old, new, code, _ in spoilt:
        pattern = re.compile(r"\s+".join(re.escape(word) for word in old.split(" ")))
        text = pattern.sub(lambda _, new=new: new, TEXTS[language], count=1)  # type: ignore[misc]
        every[f"{language}, {code}: {' '.join(new.split())[:40]}"] = (text, SETUP)
    every |= {f"{language} of another mailbox": (text, OWN) for language, text in TEXTS.items()}
    every["a few lines"] = (FEW, OWN)
    every["nothing"] = ("", SETUP)
    every["two languages"] = (f"{TEXTS['ru']}\n\n{TEXTS['kk']}", SETUP)
    return every


def shown(one: Finding) -> str:
    """Return a finding in one line."""
    where = f"{one.clause or '-'} p{one.page} l{one.line}" if one.page else "-"
    values = " ".join(f"{name}={value!r}" for name, value in one.values.items())
    return f"{one.level} {one.code} {where} [{one.article}] {values} | {one.around!r}"


@cache
def sound(language: str) -> list[str]:
    """Return what the sound policy of a language comes to."""
    return [shown(one) for one in lint(TEXTS.get(language, ""), SETUP)]


def block(name: str) -> str:
    """Return what one policy comes to; of a changed one what the change makes and takes away."""
    text, setup = EVERY[name]
    known = [] if name in TEXTS else sound(name[:2])
    here = [shown(one) for one in lint(text, setup)]
    lines = [f"  {line}" for line in here if line not in known]
    lines += [f"  no more: {line.split(' [')[0]}" for line in known if line not in here]
    return "\n".join([f"# {name}", *lines])


def said() -> list[str]:
    """Return the sentences of each finding that any of the policies has, once for each way of saying it."""
    spoken: dict[str, Finding] = {}
    for text, setup in EVERY.values():
        for one in lint(text, setup):
            spoken.setdefault(f"{one.code} {sorted(one.values)}", one)
    blocks = []
    for one in spoken.values():
        told = [" / ".join(sentences(one, language)) for language in ("kk", "ru", "en", "kk+ru")]
        assert told[3] == told[0]
        blocks.append("\n".join([f"# says {one.code}", *(f"  {line}" for line in told[:3])]))
    return blocks


EVERY = texts()
WRITTEN = FILE.read_text("utf-8").strip().split("\n\n") if FILE.exists() else []


@pytest.mark.parametrize("name", EVERY)
def test_a_policy_comes_to_what_is_written(name: str) -> None:
    assert block(name) == next(each for each in WRITTEN if each.partition("\n")[0] == f"# {name}")


def test_each_finding_says_what_is_written() -> None:
    assert said() == [each for each in WRITTEN if each.startswith("# says ")]
