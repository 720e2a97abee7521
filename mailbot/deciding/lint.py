"""Compare a published policy with what mailbot is set up for and with what the law asks: a list of findings.

What it finds is for the operator to change, in the policy or in policy.toml; no mail depends on it. The policy's text
comes as lines (operating/policyfile.py), its meaning from promises.py and provisions.py. Not legal advice.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from mailbot.deciding.findings import Finding, Limit, finding, limits, strictest
from mailbot.deciding.law import pack_of
from mailbot.policy import Policy
from mailbot.reading import provisions as provided
from mailbot.reading.claim import FIELD_NAMES, TAG_KINDS, Language
from mailbot.reading.clauses import Clause, clauses, doubled, skipped
from mailbot.reading.fold import fold
from mailbot.reading.lexicon import LANGUAGES
from mailbot.reading.lookalikes import look_alikes, lost, unseen
from mailbot.reading.promises import Promise, addresses, promises
from mailbot.reading.tags import Lexicon

_KAZAKH = re.compile("[әғқңөұүһіəӘҒҚҢӨҰҮҺІƏ]")
_CYRILLIC = re.compile("[\u0400-\u052f]")
_LATIN = re.compile("[A-Za-z]")
_SHARE = 0.2  # of the letters, from which a text is also in that language
_CLOCKS = {"correction": "clocks.proven", "answer": "clocks.held"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What mailbot is set up for."""

    policy: Policy
    lexicon: Lexicon
    own: tuple[str, ...] = ()  # the mailbox's addresses; none: not known


def lint(text: str, setup: Setup) -> tuple[Finding, ...]:
    """Return what a policy promises (ok), what is worth knowing (note) and what must be changed (wrong), in that order.

    Raises nothing. Source: policy clauses 3(2), 6(3), 6(4), 8(1); law, as the policy's pack has it.
    """
    found = clauses(text)
    promised = promises(found, setup.lexicon)
    every = [
        *_marks(promised), *_unpromised(found, promised, setup), *_addresses(found, promised, setup.own),
        *_fields(found), *_deadlines(found, setup.policy), *_letters(found), *_numbers(found), *_law(found),
    ]  # fmt: skip
    articles = pack_of(setup.policy).articles
    every = [replace(one, article=one.values.get("article", articles.get(one.code, ""))) for one in every]
    return tuple(sorted(every, key=lambda one: ("ok", "note", "wrong").index(one.level)))


def languages(found: tuple[Clause, ...]) -> tuple[Language, ...]:
    """Return in which languages a policy is written, by the letters of its clauses. Raises nothing."""
    letters: Counter[Language] = Counter()
    for clause in found:
        cyrillic, latin = len(_CYRILLIC.findall(clause.text)), len(_LATIN.findall(clause.text))
        kazakh = len(_KAZAKH.findall(clause.text)) * 50 > cyrillic
        letters["en" if latin > cyrillic else "kk" if kazakh else "ru"] += cyrillic + latin
    every = letters.total()
    return tuple(language for language in LANGUAGES if every and letters[language] >= _SHARE * every)


def _marks(promised: tuple[Promise, ...]) -> Iterator[Finding]:
    for one in promised:
        mark, at = one.mark, (one.clause, one.offset)
        if mark.acts:
            yield finding("mark", *at, tag=one.text, kind=mark.kind, rung=mark.rung, language=mark.language)
        else:
            yield finding("mark_unhandled", *at, tag=one.text, kind=None, language=languages((one.clause,))[0])
        if mark.rung == "typo":
            yield finding("mark_differs", *at, tag=one.text, configured=mark.tag)
        if not one.quoted:
            yield finding("mark_unquoted", *at, tag=one.text)
        if one.stray:
            behind = one.offset if one.stray == "after" else one.offset + len(one.text)
            yield finding("stray_space", one.clause, behind, tag=one.text)
        alike = look_alikes(f"{one.text} {one.clause.text}")
        alike = tuple(each for each in alike if each.offset < len(one.text))
        if alike and one.quoted:
            pairs = tuple(dict.fromkeys((each.letter, each.meant) for each in alike))
            yield finding("look_alike_in_mark", one.clause, one.offset + alike[0].offset, tag=one.text, letters=pairs)
        hidden = tuple((letter, "") for letter in dict.fromkeys(unseen(one.text)))
        if hidden:
            yield finding("invisible_in_mark", *at, tag=one.text, letters=hidden)


def _unpromised(found: tuple[Clause, ...], promised: tuple[Promise, ...], setup: Setup) -> Iterator[Finding]:
    """Yield each kind that is configured and not promised, in the languages of the policy; wordings left over."""
    spoken = [one for one in LANGUAGES if one in {*languages(found), *(each.mark.language for each in promised)}]
    said = {fold(one.text) for one in promised}
    unused: list[str] = []
    for language in spoken:
        tags = getattr(setup.policy.tags, language)
        kinds = {one.mark.kind for one in promised if one.mark.language == language and one.mark.acts}
        for kind in TAG_KINDS if promised else ():
            configured: list[str] = getattr(tags, kind)
            if configured and kind not in kinds:
                yield finding("mark_unpromised", tag="», «".join(configured), kind=kind, language=language)
            else:
                unused += [tag for tag in configured if fold(tag) not in said]
    if unused:
        yield finding("mark_unused", tag=", ".join(f"«{tag}»" for tag in unused))
    if not promised:
        yield finding("no_mark", tag=", ".join(f"«{tag}»" for tag in _examples(setup.policy, spoken)))


def _examples(policy: Policy, spoken: list[Language]) -> list[str]:
    sets = [getattr(policy.tags, language) for language in spoken[:1] or ("kk",)]
    return [getattr(one, kind)[0] for one in sets for kind in TAG_KINDS if getattr(one, kind)]


def _addresses(found: tuple[Clause, ...], promised: tuple[Promise, ...], own: tuple[str, ...]) -> Iterator[Finding]:
    every = addresses(found)
    promising = {id(one.clause) for one in promised}
    known = {address.casefold() for address in own}
    told: set[str] = set()
    for one in every:
        at, text = (one.clause, one.offset), one.text
        if text.casefold() not in told:
            told.add(text.casefold())
            yield finding("address", *at, address=text)
        if one.glued:
            yield finding("address_glued", one.clause, one.offset + len(text), address=text)
        if one.broken:
            yield finding("address_broken", *at, address=text)
        alike = look_alikes(text)
        if alike:
            pairs = tuple(dict.fromkeys((each.letter, each.meant) for each in alike))
            yield finding("address_look_alike", *at, address=text, letters=pairs)
        elif own and id(one.clause) in promising and text.casefold() not in known:
            yield finding("address_other", *at, address=text, own=", ".join(own))
    if not every:
        yield finding("no_address")


def _fields(found: tuple[Clause, ...]) -> Iterator[Finding]:
    ours, others = provided.fields(found)
    if not ours:
        yield finding("no_fields")
        return
    first = next(iter(ours.values()))
    named = tuple(name for name in FIELD_NAMES if name in ours)
    yield finding("fields", first.clause, first.offset, fields=named)
    missing = tuple(name for name in FIELD_NAMES if name not in ours)
    if missing:
        yield finding("field_unnamed", first.clause, first.offset, fields=missing)
    if others:
        spot = next(iter(others.values()))
        yield finding("field_other", spot.clause, spot.offset, fields=tuple(others))


def _deadlines(found: tuple[Clause, ...], policy: Policy) -> Iterator[Finding]:
    clocks = {"correction": policy.clocks.proven, "answer": policy.clocks.held}
    every, law = provided.deadlines(found), limits(pack_of(policy))
    for one in every:
        at = (one.spot.clause, one.spot.offset)
        values: dict[str, Any] = {"term": one.text, "about": one.topic}
        yield finding("deadline", *at, **values, days=one.days, working=one.working)
        limit = law.get(one.topic)
        if limit and one.days > limit.days:
            yield finding("deadline_longer", *at, **values, limit=limit, article=limit.article)
        elif one.days < clocks.get(one.topic, 0):
            own = Limit(days=clocks[one.topic], working=True)
            yield finding("deadline_shorter", *at, **values, limit=own, setting=_CLOCKS[one.topic])
    if not any(one.topic in law for one in every):
        yield finding("no_deadline", limits=strictest(pack_of(policy)))


def _letters(found: tuple[Clause, ...]) -> Iterator[Finding]:
    """Yield the look-alikes of the whole text, one finding for each letter, and the letters lost."""
    seen: dict[tuple[str, str], list[tuple[Clause, int, str]]] = {}
    gone: list[tuple[Clause, int]] = []
    for clause in found:
        for one in look_alikes(clause.text):
            if "@" not in _word(clause.text, one.offset):
                seen.setdefault((one.letter, one.meant), []).append((clause, one.offset, one.word))
        gone += [(clause, offset) for offset in lost(clause.text)]
    for pair, places in seen.items():
        clause, offset, word = places[0]
        yield finding("look_alike", clause, offset, letters=(pair,), count=len(places), word=word)
    if gone:
        yield finding("lost_letter", *gone[0], count=len(gone))


def _word(text: str, offset: int) -> str:
    return text[text.rfind(" ", 0, offset) + 1 :].partition(" ")[0]


def _numbers(found: tuple[Clause, ...]) -> Iterator[Finding]:
    for first, second in doubled(found):
        code = "section_twice" if second.heading else "clause_twice"
        yield finding(code, second, number=second.label, first=first.at(0)[1])
    for number, after in skipped(found):
        yield finding("section_skipped", after, number=number)


def _law(found: tuple[Clause, ...]) -> Iterator[Finding]:
    """Yield what the law asks for and the text lacks, and what it says against the law."""
    name, number = provided.operator(found)
    spot = provided.hereinafter(found)
    if name is None:
        yield finding("no_operator", spot.clause, spot.offset) if spot else finding("no_operator")
    if number is None:
        yield finding("no_operator_number")
    endless, spoken = provided.unlimited(found), provided.provisions(found)
    for place in endless:
        yield finding("term_unlimited", place.clause, place.offset)
    for place in provided.restorable(found):
        yield finding("restorable", place.clause, place.offset)
    for what in ("purpose", "term", "transfer", "cross_border", "publication", "withdrawal"):
        if what not in spoken and not (what == "term" and endless):
            yield finding(f"no_{what}")
