"""Recognise the marks of the policy in one text, and the words that act in an answer.

Compares whole strings: a mark that runs on into anything else, that is asked, bracketed, struck through, forwarded
or negated is a suggestion and never acts. It knows no sender and no evidence, and it doesn't choose between
subject and body (classify.py). Serves policy clauses 3(2), 6(3) and 6(4).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from mailbot.reading.claim import TAG_KINDS, Kind, Language, Mark, Word
from mailbot.reading.fold import BRACKETS, asks, clean, fold, plain, readings, skeleton, strip_edges, unmark
from mailbot.reading.lexicon import WORD_KINDS, Entry, Lexicon, compile_words
from mailbot.reading.near import typo, wishful
from mailbot.reading.wishes import Wish, wishes

__all__ = ["NO_MARK", "Lexicon", "compile_words", "is_resubscribe", "line_word", "recognise"]

NO_MARK = Mark(kind=None, rung="none", tag=None, language=None)
_PREFIX = re.compile(r"\s*([^\W\d_]+(?:[ -][^\W\d_]+){0,2})\s*(?:\[\d{1,3}\]|\(\d{1,3}\)|\^\d{1,3})?\s*:\s*")
_BRACKET = re.compile(r"\s*[\[(]\s*([^\[\]()]{1,40}?)\s*[\])]\s*:?\s*")
_MOST_CHARACTERS = 300  # of a text that may still be a mark
_MOST_LINE = 120  # of a line that may still be an answer's word
_SIMILAR = 0.8
_SMILE = re.compile(r"[:;=]-?[)D]+|(?<!\()\)+$")
_LINE_TOKEN = re.compile(r"\w+(?:'\w+)*|[^\w\s]")
_LINE_NOISE = frozenset(".,!…·-\"'«»“”„*")
_DAMAGE = re.compile(r"\w\?|\?\w")
_NO_WORD = re.compile(r"[^\w-]+")
_KAZAKH = re.compile("[әқғңөұүһіӘҚҒҢӨҰҮҺІ]")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Peeled:
    rest: str
    reply: bool = False
    forward: bool = False


def recognise(text: str, lexicon: Lexicon) -> Mark:
    """Return the mark of one subject or paragraph; white space of any kind joins its words.

    Raises nothing. Source: policy clauses 3(2), 6(3), 6(4).
    """
    head = text[: 4 * _MOST_CHARACTERS]
    peeled = _peel(clean(head), lexicon)
    if not fold(peeled.rest):
        return _none(peeled)
    if len(text) <= _MOST_CHARACTERS and not asks(text):
        exact = lexicon.exact.get(plain(text))
        if exact is not None:
            return replace(_mark(exact), rung="exact")
        found = _whole(peeled.rest, lexicon)
        if found is not None:
            found = replace(found, reply_prefix=peeled.reply, forward_prefix=peeled.forward)
            return replace(found, rung="suggestion", reason="forwarded") if peeled.forward else found
    return _suggest(peeled, lexicon)


def is_resubscribe(text: str, lexicon: Lexicon) -> bool:
    """Return whether a whole subject, without any prefix, is a word that gives the news consent anew.

    Raises nothing. Source: policy clause 3(2).
    """
    return any(reading in lexicon.resubscribe for reading in readings(text[:_MOST_CHARACTERS]))


def line_word(line: str, lexicon: Lexicon) -> Word | None:
    """Return what a line of an answer says, where it consists of words of one kind alone.

    A question mark, a word of another kind or any further word: None. Raises nothing. Source: policy clauses
    6(3), 6(4).
    """
    if len(line) > _MOST_LINE or asks(_SMILE.sub("", line)):
        return None
    for reading in (skeleton(_SMILE.sub("", clean(line))), readings(line)[-1]):
        tokens = [token for token in _LINE_TOKEN.findall(reading) if token not in _LINE_NOISE]
        said = [token for token in tokens if strip_edges(token)]
        friendly = len(said) < len(tokens)
        if not said:
            known = bool(tokens) and lexicon.courtesy_signs.issuperset(tokens)
            return "courtesy" if known else None
        kinds = [kind for kind in WORD_KINDS if _consists(tuple(said), lexicon.phrases[kind])]
        if friendly and kinds != ["courtesy"] and not lexicon.courtesy_signs.isdisjoint(tokens):
            return None
        if len(kinds) == 1:
            return kinds[0]
    return None


def _peel(text: str, lexicon: Lexicon) -> _Peeled:
    """Take reply prefixes, subject labels and gateway marks off the front, in any order and number."""
    reply = forward = False
    at = 0
    while at < len(text):
        prefix, bracket = _PREFIX.match(text, at), _BRACKET.match(text, at)
        word = fold(prefix[1]) if prefix else ""
        if prefix and word in lexicon.reply_prefixes | lexicon.forward_prefixes | lexicon.labels:
            reply = reply or word in lexicon.reply_prefixes
            forward = forward or word in lexicon.forward_prefixes
            at = prefix.end()
        elif bracket and fold(bracket[1]) in lexicon.external_marks:
            at = bracket.end()
        else:
            break
    return _Peeled(rest=text[at:], reply=reply, forward=forward)


def _whole(rest: str, lexicon: Lexicon) -> Mark | None:
    """Return the acting mark that the whole of this text is, or None."""
    candidates = readings(rest)
    for reading in candidates:
        entry = lexicon.whole.get(reading)
        if entry is not None:
            return _mark(entry)
    for reading in candidates:
        entry = typo(reading, lexicon)
        if entry is not None:
            return replace(_mark(entry), rung="typo")
    return None


def _mark(entry: Entry) -> Mark:
    return Mark(kind=entry.kind, rung=entry.rung, tag=entry.text, language=entry.language, kinds=(entry.kind,))


def _none(peeled: _Peeled) -> Mark:
    return replace(NO_MARK, reply_prefix=peeled.reply, forward_prefix=peeled.forward)


def _suggest(peeled: _Peeled, lexicon: Lexicon) -> Mark:
    """Return what the text seems to ask, or rung none."""
    bare, marked = unmark(peeled.rest)
    inside = _contained(fold(bare), lexicon)
    heard = _spoken(bare, inside)
    near = _damaged(bare, lexicon) or (None if heard else _similar(bare, lexicon))
    if near is not None:
        heard = (Wish(kind=near.kind, language=near.language, negated=False),)
    if not heard:
        return _none(peeled)
    first = heard[0]
    language: Language = "kk" if _KAZAKH.search(bare) else first.language
    entry = near or next((entry for entry in inside if entry.kind == first.kind), None)
    return Mark(
        kind=first.kind,
        rung="suggestion",
        tag=entry.text if entry else lexicon.canonical.get((first.kind, language)),
        language=language,
        reply_prefix=peeled.reply,
        forward_prefix=peeled.forward,
        kinds=tuple(wish.kind for wish in heard),
        reason=_reason(peeled, marked, heard, near is not None, bool(inside)),
    )


def _reason(peeled: _Peeled, marked: bool, heard: tuple[Wish, ...], near: bool, inside: bool) -> str:
    """Say in one word why the text doesn't act."""
    kinds: set[Kind] = {wish.kind for wish in heard if wish.kind in TAG_KINDS}
    reasons = (
        (peeled.forward, "forwarded"),
        (marked, "marked"),
        (bool(_DAMAGE.search(peeled.rest)) and near, "damaged"),
        (asks(peeled.rest), "question"),
        (not BRACKETS.isdisjoint(peeled.rest), "bracket"),
        (any(wish.negated for wish in heard), "negated"),
        (len(kinds) > 1, "several"),
        (near, "similar"),
        (inside, "longer"),
    )
    return next((reason for true, reason in reasons if true), "wish")


def _spoken(text: str, inside: list[Entry]) -> tuple[Wish, ...]:
    """Return the wishes of a text, those first of which only a whole mark inside it tells."""
    heard = wishes(text)
    kinds = {wish.kind for wish in heard}
    more = {entry.kind: Wish(kind=entry.kind, language=entry.language, negated=False) for entry in inside}
    return (*(wish for kind, wish in more.items() if kind not in kinds), *heard)


def _contained(folded: str, lexicon: Lexicon) -> list[Entry]:
    """Return the wordings of three words and more that stand inside a folded text, longest first."""
    padded = f" {' '.join(_NO_WORD.sub(' ', folded).split())} "
    return [entry for key, entry in lexicon.inner if key in padded]


def _damaged(text: str, lexicon: Lexicon) -> Entry | None:
    """Return the mark of which some letters became question marks in a code page without Kazakh."""
    folded = skeleton(text)
    if not _DAMAGE.search(folded) or len(folded) > _MOST_CHARACTERS:
        return None
    pattern = re.compile(re.escape(folded).replace(r"\?", "."))
    return next((entry for key, entry in lexicon.whole.items() if pattern.fullmatch(key)), None)


def _similar(text: str, lexicon: Lexicon) -> Entry | None:
    """Return the mark that a text without any known stem still resembles as a whole."""
    if not 12 <= len(text) <= 120:
        return None
    for reading in readings(text):
        if not any(word[:2] in lexicon.polar_heads for word in reading.split() if len(word) > 4):
            continue
        matcher = SequenceMatcher(None, b=reading, autojunk=False)
        for key, entry in lexicon.whole.items():
            if " " not in key or abs(len(key) - len(reading)) > 8:
                continue
            matcher.set_seq1(key)
            if matcher.quick_ratio() > _SIMILAR and matcher.ratio() > _SIMILAR and wishful(reading, key, lexicon):
                return entry
    return None


def _consists(words: tuple[str, ...], phrases: frozenset[tuple[str, ...]]) -> bool:
    """Whether the words are phrases of that set, one after the other, and nothing else."""
    reached = {0}
    for start in range(len(words)):
        if start in reached:
            reached |= {start + len(phrase) for phrase in phrases if words[start : start + len(phrase)] == phrase}
    return len(words) in reached
