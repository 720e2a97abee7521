"""What a message asks: the types that classify.py and extract.py fill and deciding reads."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Kind = Literal[
    "update", "withdrawal", "unsubscribe", "resubscribe", "undo", "answer", "form",
    "access", "erasure", "restriction", "objection", "complaint", "question",
]  # fmt: skip
Rung = Literal["exact", "folded", "alias", "typo", "suggestion", "none"]
Language = Literal["kk", "ru", "en"]
Word = Literal["yes", "no", "undo", "only_news", "human", "courtesy"]
ACTING: tuple[Rung, ...] = ("exact", "folded", "alias", "typo")
TAG_KINDS: tuple[Kind, ...] = ("update", "withdrawal", "unsubscribe")
FIELD_NAMES = ("surname", "given_name", "patronymic", "email", "phone", "birth_date", "birth_place")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One text (a subject, a paragraph) compared with the tags."""

    kind: Kind | None  # of the tag, or of the suggestion
    rung: Rung
    tag: str | None  # the tag as configured, None for rung none
    language: Language | None  # the tag's
    reply_prefix: bool = False  # Re:, На:, Жауап: stood in front
    forward_prefix: bool = False  # Fwd:, Пересл: stood in front
    kinds: tuple[Kind, ...] = ()  # every kind that the text seems to speak of
    reason: str = ""  # why a near miss is only a suggestion, one lower-case word

    @property
    def acts(self) -> bool:
        """Whether the rung may act (design section 4)."""
        return self.rung in ACTING and self.kind in TAG_KINDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Unclear:
    """A field the person stated in a way that can't be taken."""

    field: str
    text: str  # as written, at most 80 characters, IIN and card numbers masked
    why: str  # two_digit_year, ambiguous_date, mixed_scripts, not_a_name …


@dataclass(frozen=True, slots=True, kw_only=True)
class Extract:
    """The seven fields (policy section 2) as stated in the person's own text."""

    fields: dict[str, str | None] = field(default_factory=dict)  # FIELD_NAMES; patronymic None: "there is none"
    emails: tuple[str, ...] = ()  # all of them, `fields["email"]` is the first
    phones: tuple[str, ...] = ()  # E.164
    phone_ext: str | None = None
    old: dict[str, tuple[str, ...]] = field(default_factory=dict)  # values named as the former ones
    unchanged: tuple[str, ...] = ()  # fields named as unchanged
    unclear: tuple[Unclear, ...] = ()
    masked: tuple[str, ...] = ()  # "iin", "card": seen, never taken
    named: dict[str, str] = field(default_factory=dict)  # a name the writer calls himself by, outside an update


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """What somebody typed into a form of the site, as its mail or its web call brings it."""

    form: str  # its name in `[[forms]]`
    version: str  # of the consent's text
    purposes: tuple[str, ...]  # processing, news: what was consented to
    extract: Extract  # the seven fields; `unclear` is what can't be taken as typed
    whole_name: bool = False  # given_name holds a whole name of which nothing tells what is what
    keep_mail: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a message asks, and how sure that is."""

    kind: Kind | None
    rung: Rung
    tag: str | None
    where: Literal["subject", "body"] | None
    language: Language  # of the own text; the tag's where there is none
    bilingual: bool = False  # kk and ru can't be told apart: answer in both
    reason: str = ""  # why it is only a suggestion, "" otherwise
    subject: Mark  # the subject's own mark
    paragraph: Mark  # the mark of the first own paragraph after greetings
    second: Mark | None = None  # row 10: the other exact tag
    conflicts: tuple[
        str, ...
    ] = ()  # row 11: disagree, several_kinds, forwarded, third_person, representative, minor, deceased
    also: tuple[Kind, ...] = ()  # further wishes that don't disturb the first ("erasure", "question")
    word: Word | None = None  # the first own line consists of such words alone
    resubscribe: bool = False  # the whole subject is a resubscribe word
    empty: bool = False  # nothing of the person's own but blanks
    extract: Extract = field(default_factory=Extract)
    submission: Submission | None = None  # kind form

    @property
    def acts(self) -> bool:
        """Whether this claim may act at all: an acting rung and one of the three tags."""
        return self.rung in ACTING and self.kind in TAG_KINDS
