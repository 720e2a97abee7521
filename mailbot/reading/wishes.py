"""Hear plain wishes about one's data in running text: ideas that stand together in one sentence.

A wish is only ever a suggestion, a conflict or a further wish: nothing here may act. The words and the rules are in
wishes.toml, ideas.py tells which word is which idea. It holds no names, dates or values (extract.py) and no whole
marks (tags.py). Serves policy clauses 3(2), 6(3), 6(4) and 8(1), and the rights of a data subject in Law 94-V,
article 24.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import get_args

from mailbot.reading.claim import Kind, Language
from mailbot.reading.fold import asks, clean, skeleton
from mailbot.reading.ideas import VALUE, Ideas, ideas, said, speaks, table

__all__ = ["Wish", "clean_lines", "refuses", "speaks", "wishes"]

_REFUSED = re.compile(
    r"(?:это |уже |бул |it is |this is )?(?:не (?:нуж|треб|надо)|(?:керек|кажет) емес|not (?:need|requir|want)"
    r"|передумал|отменя|отмен[аи]|cancel|(?:i )?changed my mind|оиимнан каит)"
)
_STILL_A_WISH = frozenset(("news", "mail", "send", "receive", "unsubscribe"))
_REFUSAL_WORDS = 4
_VALUE = re.compile(
    r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}|\+?\d[\d ()-]{8,18}\d|\d{1,2}[./]\d{1,2}[./](?:19|20)\d\d"
)
_SENTENCE = re.compile(r"[^.!?…;\n؟？]+[.!?…;؟？]*")
_WORD = re.compile(r"[^\W_]+(?:['-][^\W_]+)*")
_MOST_CHARACTERS = 8000
_SENTENCE_WORDS = 5  # fewer are a subject («Мои данные») and ask nothing yet
_SPAN = 25  # words between ideas that belong together
_ANYWHERE = -1  # said of the whole sentence
_CARRIED = ("data", "consent", "my", "photo", "publish", "process")  # what "them", or a complaint, may mean

_HOLDS_OBJECTION: tuple[Kind, ...] = ("withdrawal", "restriction")  # "stop processing" says no more than they


_ASKING = frozenset(("update", "change", "delete"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """One wish that a sentence seems to hold."""

    kind: Kind
    language: Language
    negated: bool  # «не отзываю», «алмаймын», "not … withdraw"
    stated: bool = False  # «новый телефон: …»: data are named, and nothing is asked to be done with them


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    kind: str  # a Kind, or redirect
    needs: tuple[frozenset[str], ...]  # one idea of each; of the first the wish is made
    opposite: frozenset[str]  # of the first: what denies the wish
    bars: frozenset[str]

    def place(self, told: Ideas, *, denied: bool = False) -> Language | None:
        """Return the language of the first idea, where the rule fits; where its opposite does, if denied."""
        heads = self.opposite if denied else self.needs[0]
        if heads.isdisjoint(told) or not self.bars.isdisjoint(told):
            return None
        head = min(told[idea] for idea in heads if idea in told)
        return head[1] if all(self._is_near(told, need, head[0]) for need in self.needs[1:]) else None

    @staticmethod
    def _is_near(told: Ideas, need: frozenset[str], head: int) -> bool:
        return any(
            idea in told and (min(told[idea][0], head) < 0 or abs(told[idea][0] - head) <= _SPAN) for idea in need
        )


@cache
def _rules() -> tuple[_Rule, ...]:
    return tuple(_rule(kind, text) for kind, texts in table()["rules"].items() for text in texts)


def _rule(kind: str, text: str) -> _Rule:
    together, _, bars = text.partition(" / ")
    needs = tuple(frozenset(need.split("|")) for need in together.split())
    opposite = frozenset(f"-{idea}" for idea in needs[0] if not idea.startswith("-"))
    if kind == "update" and not any("data" in need for need in needs):
        opposite = frozenset()  # «телефон не менялся» beside a new name denies no update
    return _Rule(kind=kind, needs=needs, opposite=opposite, bars=frozenset(bars.split()))


@cache
def _order() -> tuple[Kind, ...]:
    return tuple(kind for kind in table()["rules"] if kind in get_args(Kind))


def wishes(text: str) -> tuple[Wish, ...]:
    """Return the wishes of a text, one for each kind, weightiest first; only its first 8000 characters are heard.

    Raises nothing. Source: policy clauses 3(2), 6(3), 6(4), 8(1); Law 94-V, article 24.
    """
    found: dict[Kind, Wish] = {}
    told = _sentences(text[:_MOST_CHARACTERS])
    for sentence in told:
        for wish in _heard(sentence):
            if wish.kind not in found or found[wish.kind].negated:
                found[wish.kind] = wish
    if not found:
        return _spoken_of(told) if len(text[:_MOST_CHARACTERS].split()) >= _SENTENCE_WORDS else ()
    if any(kind in found and not found[kind].negated for kind in _HOLDS_OBJECTION):
        found.pop("objection", None)
    return tuple(found[kind] for kind in _order() if kind in found)


def _spoken_of(told: list[Ideas]) -> tuple[Wish, ...]:
    """Return a question where somebody speaks of his own data in a way that no other rule knows."""
    places = (rule.place(sentence) for sentence in told for rule in _rules() if rule.kind == "data")
    language = next((tongue for tongue in places if tongue), None)
    return (Wish(kind="question", language=language, negated=False),) if language else ()


def clean_lines(text: str) -> str:
    """Return the text line by line without invisible characters, wrapped lines joined. Raises nothing."""
    paragraphs = ("\n".join(map(clean, text.split("\n")))).split("\n\n")
    return "\n".join(paragraph.replace("\n", " ") for paragraph in paragraphs)


def refuses(text: str) -> bool:
    """Return whether a line says that what stands above isn't wanted («не требуется», «керек емес»).

    Raises nothing. Source: policy clause 6(4): nothing is withdrawn against the person's will.
    """
    return any(_is_refusal(line) for line in text[:_MOST_CHARACTERS].split("\n") if line and len(line) < 80)


def _is_refusal(line: str) -> bool:
    tokens = _WORD.findall(skeleton(line))
    if len(tokens) > _REFUSAL_WORDS or not _REFUSED.match(" ".join(tokens)):
        return False
    return all(_STILL_A_WISH.isdisjoint(said(token)) for token in tokens)


def _sentences(text: str) -> list[Ideas]:
    """Return the ideas of each sentence, with what it takes from the others: whom "them" means, a new address."""
    valued = _VALUE.sub(f" {VALUE} ", clean_lines(text))
    told = [_asked(ideas(sentence), sentence) for sentence in _SENTENCE.findall(valued)]
    for place, here in enumerate(told):
        others = told[:place] if "them" in here else told if "complaint" in here or "violate" in here else []
        for idea in _CARRIED:
            tongue = next((other[idea][1] for other in others if idea in other), None)
            if tongue:
                here.setdefault(idea, (_ANYWHERE, tongue))
    redirect = next((tongue for here in told for rule in _redirects() if (tongue := rule.place(here))), None)
    if redirect:
        for here in told:
            here["redirect"] = (_ANYWHERE, redirect)
    return [here for here in told if here]


@cache
def _redirects() -> tuple[_Rule, ...]:
    return tuple(rule for rule in _rules() if rule.kind == "redirect")


def _asked(told: Ideas, sentence: str) -> Ideas:
    if told and asks(sentence.rstrip(";")):
        told["asked"] = (_ANYWHERE, next(iter(told.values()))[1])
    return told


def _heard(told: Ideas) -> list[Wish]:
    """Return the wishes of one sentence; a question about nothing but another wish is none of its own."""
    heard: dict[Kind, Wish] = {}
    for kind, heads, rules in _by_kind():
        if heads.isdisjoint(told):
            continue
        for denied in (False, True):
            language = next((tongue for rule in rules if (tongue := rule.place(told, denied=denied))), None)
            if denied and kind == "update" and "partly" in told:
                continue  # «остальное без изменений»
            if language and kind not in heard:
                stated = kind == "update" and _ASKING.isdisjoint(told)
                heard[kind] = Wish(kind=kind, language=language, negated=denied, stated=stated)
    if any(not wish.negated for kind, wish in heard.items() if kind != "question"):
        heard.pop("question", None)
    return list(heard.values())


@cache
def _by_kind() -> tuple[tuple[Kind, frozenset[str], tuple[_Rule, ...]], ...]:
    """Return the rules of each kind, and the ideas without which none of them fits."""
    by_kind = ((kind, tuple(rule for rule in _rules() if rule.kind == kind)) for kind in _order())
    return tuple(
        (kind, frozenset().union(*(rule.needs[0] | rule.opposite for rule in rules)), rules) for kind, rules in by_kind
    )
