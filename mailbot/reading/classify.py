"""Say what a message asks: subject, first own paragraph, conflicts and further wishes made into one Claim.

Chooses between subject and body and names what speaks against acting; whether anything is done is decided in
deciding/ on evidence and facts that are unknown here. Quoted text is never read for a wish. Serves policy clauses
3(2), 6(3), 6(4) and 8(1): a letter bearing the mark, wherever the person put it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Literal

from mailbot.reading.claim import TAG_KINDS, Claim, Extract, Kind, Language, Mark, Word
from mailbot.reading.cues import cues
from mailbot.reading.enclosed import brings_request
from mailbot.reading.extract import Parsed, extract, is_label_line
from mailbot.reading.fold import asks, is_blank
from mailbot.reading.language import language
from mailbot.reading.message import Message
from mailbot.reading.paragraph import first_line, first_paragraph
from mailbot.reading.tags import NO_MARK, Lexicon, is_resubscribe, line_word, recognise
from mailbot.reading.wishes import Wish, refuses, wishes

_SHORT = 4000  # characters of own text in which an answer's fields are looked for
_WISH = 1500  # characters of own text in which a plain wish is looked for; a longer one is a newsletter
_KAZAKH = re.compile("[әғқңөұүһі]", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Heard:
    """What the message says, before it is weighed."""

    subject: Mark
    paragraph: Mark
    wishes: tuple[Wish, ...]
    cues: tuple[str, ...]
    own: str
    enclosed: bool  # a picture or document, and next to no text
    parsed: Parsed = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Choice:
    mark: Mark
    where: Literal["subject", "body"] | None


def classify(message: Message, lexicon: Lexicon) -> Claim:
    """Return what the message asks, and how sure that is; of an incomplete message only the subject counts.

    Raises nothing. Source: policy clauses 3(2), 6(3), 6(4), 8(1).
    """
    heard = _hear(message, lexicon)
    choice = _choose(heard)
    mark = choice.mark
    second = _second(heard)
    tongue, bilingual = _language(message, heard, mark)
    return Claim(
        kind=mark.kind,
        rung=mark.rung,
        tag=mark.tag,
        where=choice.where,
        language=tongue,
        bilingual=bilingual,
        reason=mark.reason,
        subject=heard.subject,
        paragraph=heard.paragraph,
        second=second,
        conflicts=_conflicts(message, heard, mark, second),
        also=_also(heard, mark),
        word=_word(heard.own, lexicon),
        resubscribe=is_resubscribe(message.subject, lexicon),
        empty=message.complete and is_blank(heard.own),
        extract=_extract(message, heard, mark, tongue),
    )


def _hear(message: Message, lexicon: Lexicon) -> _Heard:
    own = message.own_text if message.complete else ""
    parsed: Parsed = {}
    paragraph = first_paragraph(own, lexicon, partial(is_label_line, parsed=parsed))
    return _Heard(
        subject=recognise(message.subject, lexicon),
        paragraph=recognise(paragraph, lexicon) if paragraph else NO_MARK,
        wishes=wishes(own),
        cues=cues(own),
        own=own,
        enclosed=brings_request(message, own),
        parsed=parsed,
    )


def _choose(heard: _Heard) -> _Choice:
    """Take the subject's mark, else the paragraph's, else a plain wish anywhere in a short own text."""
    choice = _Choice(mark=NO_MARK, where=None)
    if heard.subject.rung != "none" and not _is_heading(heard):
        choice = _Choice(mark=heard.subject, where="subject")
    elif heard.paragraph.rung != "none":
        choice = _Choice(mark=heard.paragraph, where="body")
    elif heard.wishes and len(heard.own) <= _WISH:
        choice = _Choice(mark=_wish(heard.wishes), where="body")
    if choice.mark.acts:
        return choice
    for seen, reason in (("deceased" in heard.cues, "deceased"), (heard.enclosed, "look_at_attachment")):
        if seen and (reason == "deceased" or choice.mark.kind is None):
            mark = Mark(kind="question", rung="suggestion", tag=None, language=choice.mark.language, reason=reason)
            return _Choice(mark=replace(mark, kinds=choice.mark.kinds), where="body" if reason == "deceased" else None)
    return choice


def _is_heading(heard: _Heard) -> bool:
    """Whether the subject only says in plain words what the body's whole mark asks: «Новый номер» over an update."""
    subject, body = heard.subject, heard.paragraph
    plain = subject.reason == "wish" and subject.kinds == ("update",)
    return plain and body.acts and subject.kind == body.kind == "update"


def _wish(heard: tuple[Wish, ...]) -> Mark:
    first = heard[0]
    return Mark(
        kind=first.kind,
        rung="suggestion",
        tag=None,
        language=first.language,
        kinds=tuple(wish.kind for wish in heard),
        reason="negated" if first.negated else "wish",
    )


def _second(heard: _Heard) -> Mark | None:
    """Return the other mark where subject and first own paragraph are whole marks of two kinds."""
    both = heard.subject.acts and heard.paragraph.acts
    return heard.paragraph if both and heard.subject.kind != heard.paragraph.kind else None


def _conflicts(message: Message, heard: _Heard, mark: Mark, second: Mark | None) -> tuple[str, ...]:
    found: list[str] = []
    if mark.acts:
        disagreement = _disagreement(heard, mark, second)
        if disagreement:
            found.append(disagreement)
        if _only_forwarded(message, heard):
            found.append("forwarded")
    return (*found, *heard.cues)


def _disagreement(heard: _Heard, mark: Mark, second: Mark | None) -> str:
    """Return disagree or several_kinds where the own text speaks against the mark, "" where it doesn't."""
    if second is not None and "unsubscribe" in (mark.kind, second.kind):
        return ""  # both marks are whole: the unsubscribe is applied, the other waits
    said = {wish.kind: wish for wish in heard.wishes if wish.kind in TAG_KINDS}
    own = said.pop(mark.kind, None) if mark.kind else None
    if (own is not None and own.negated) or refuses(heard.own):
        return "disagree"
    others = {kind for kind, wish in said.items() if not (wish.negated or wish.stated)}
    if mark.kind == "withdrawal" and own is not None:
        others.discard("unsubscribe")  # a withdrawal stops the news by itself
    if not others:
        return ""
    return "several_kinds" if own is not None or second is not None else "disagree"


def _only_forwarded(message: Message, heard: _Heard) -> bool:
    """Whether the mail holds nothing but somebody's forwarded mail; a bare reply holds history, which is none."""
    answers = heard.subject.reply_prefix or bool(message.in_reply_to)
    return message.complete and not answers and is_blank(heard.own) and not is_blank(message.quoted)


def _also(heard: _Heard, mark: Mark) -> tuple[Kind, ...]:
    """Return further wishes of the own text; a question mark beside an acting mark is a question."""
    kinds = [wish.kind for wish in heard.wishes if wish.kind != mark.kind and not wish.negated]
    if mark.acts and "?" in heard.own and "question" not in kinds:
        kinds.append("question")
    return tuple(kinds) if mark.rung != "none" else ()


def _word(own: str, lexicon: Lexicon) -> Word | None:
    line = first_line(own, lexicon)
    word = line_word(line, lexicon) if line else None
    return None if word and asks(line) else word


def _language(message: Message, heard: _Heard, mark: Mark) -> tuple[Language, bool]:
    told, bilingual = language(heard.own)
    if told is not None:
        return told, bilingual
    if mark.language is not None:
        return mark.language, False
    return ("kk" if _KAZAKH.search(message.subject) else "ru"), bilingual


def _extract(message: Message, heard: _Heard, mark: Mark, tongue: Language) -> Extract:
    """Look for fields where they may count: an update, an answer to our question, a short text."""
    answers = heard.subject.reply_prefix or bool(message.in_reply_to)
    wanted = mark.kind == "update" or answers or len(heard.own) < _SHORT
    written = message.date or message.hop_at
    today = written.date() if written else None
    if not wanted or is_blank(heard.own):
        return Extract()
    return extract(heard.own, tongue, today=today, parsed=heard.parsed)
