"""Compile the words of policy.toml into folded tables, once for each policy.

Holds no rule about what acts (tags.py) and reads no file (config.py). Serves policy clauses 3(2), 6(3) and 6(4),
whose marks the tables hold.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mailbot.errors import ConfigError
from mailbot.policy import Policy, TagSet
from mailbot.reading.claim import TAG_KINDS, Kind, Language, Rung, Word
from mailbot.reading.fold import fold, plain, skeleton

LANGUAGES: tuple[Language, ...] = ("kk", "ru", "en")
WORD_KINDS: tuple[Word, ...] = ("yes", "no", "undo", "only_news", "human", "courtesy")
# What program or person calls a subject inside a subject; no reply and no forward.
_SUBJECT_LABELS = ("тема", "тақырып", "тақырыбы", "subject")
# The words that carry the wish. A mark of an operator's own without any of them is all polarity.
_POLARITY = (
    "өзектендіру жаңарту түзету өзгерту алу тарту тоқтату актуализация обновление изменение уточнение отзыв отказ "
    "отписка отписаться отпишите відкликання відмова актуалізація updating update actualization correction "
    "withdrawal revocation refusal opt out opt-out unsubscribe aktualizaciya otzyv otkaz"
)
# Words one or two letters from a mark's word that mean another thing: never read as a slip of the pen.
_NEIGHBOURS = (
    "подписи записи переписки посылки ссылки рассрочки отработку разработку заработку персонажных передачу "
    "content context personnel others officers serves уведомлён бермеу келісімсіз деректерсіз согласования соглашения"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One configured wording and what it asks."""

    kind: Kind
    text: str  # as configured
    language: Language
    rung: Rung  # "folded" for a promised tag, "alias" for another wording
    former: bool = False  # promised by a former version of the policy alone: valid, but no answer names it


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """One wording, split for the typo rule."""

    words: tuple[str, ...]  # folded
    polarity: tuple[bool, ...]  # for each word: does it carry the wish
    entry: Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Lexicon:
    """The folded tables of one policy."""

    exact: dict[str, Entry]  # plain() of the promised tags
    whole: dict[str, Entry]  # fold() of tags and aliases
    inner: tuple[tuple[str, Entry], ...]  # wordings of three words and more between blanks, longest first
    patterns: dict[int, tuple[Pattern, ...]]  # by number of words
    polar_heads: frozenset[str]  # first two letters of the words that carry a wish
    known: dict[Kind, frozenset[str]]  # folded words that are no slip of a word of that kind's wordings
    canonical: dict[tuple[Kind, Language], str]  # the tag that answers name
    phrases: dict[Word, frozenset[tuple[str, ...]]]  # folded words of each answer phrase
    courtesy_signs: frozenset[str]  # courtesy without letters: 👍
    resubscribe: frozenset[str]
    greetings: tuple[tuple[str, ...], ...]
    sign_offs: tuple[tuple[str, ...], ...]
    reply_prefixes: frozenset[str]
    forward_prefixes: frozenset[str]
    labels: frozenset[str]
    external_marks: frozenset[str]


def compile_words(policy: Policy) -> Lexicon:
    """Return the folded tables of a policy.

    Raises ConfigError where one wording stands under two kinds. Source: policy clauses 3(2), 6(3), 6(4).
    """
    entries = [entry for language in LANGUAGES for entry in _entries(policy, language)]
    tags = [entry for entry in entries if entry.rung == "folded"]
    words = policy.words
    whole = _whole(entries)
    phrases = {kind: _phrases(getattr(words, kind)) for kind in WORD_KINDS}
    _require_apart(phrases)
    return Lexicon(
        exact={plain(entry.text): entry for entry in reversed(tags)},
        whole=whole,
        inner=tuple((f" {key} ", whole[key]) for key in sorted(whole, key=len, reverse=True) if key.count(" ") >= 2),
        patterns=_patterns(whole),
        polar_heads=frozenset(word[:2] for word in _polar_words(whole)),
        known={kind: _known(whole, kind) for kind in TAG_KINDS},
        canonical={(entry.kind, entry.language): entry.text for entry in reversed(tags) if not entry.former},
        phrases={kind: frozenset(found) for kind, found in phrases.items()},
        courtesy_signs=frozenset(skeleton(text) for text in words.courtesy if not fold(text)),
        resubscribe=_folded(words.resubscribe),
        greetings=_phrases(words.greetings),
        sign_offs=_phrases(words.sign_offs),
        reply_prefixes=_folded(words.reply_prefixes),
        forward_prefixes=_folded(words.forward_prefixes),
        labels=_folded(_SUBJECT_LABELS),
        external_marks=_folded(words.external_marks),
    )


def _require_apart(phrases: dict[Word, tuple[tuple[str, ...], ...]]) -> None:
    """Refuse a word that would mean two things. Raises ConfigError."""
    seen: dict[tuple[str, ...], Word] = {}
    for kind, found in phrases.items():
        for phrase in found:
            other = seen.setdefault(phrase, kind)
            if other != kind:
                raise ConfigError(f"policy.toml: words: «{' '.join(phrase)}» stands under {other} and {kind}")


def _entries(policy: Policy, language: Language) -> Iterable[Entry]:
    sources: tuple[tuple[TagSet, Rung, bool], ...] = (
        (getattr(policy.tags, language), "folded", False),
        *((getattr(one.tags, language), "folded", True) for one in policy.former),
        (getattr(policy.aliases, language), "alias", False),
    )
    for texts, rung, former in sources:
        for kind in TAG_KINDS:
            for text in getattr(texts, kind):
                yield Entry(kind=kind, text=text, language=language, rung=rung, former=former)


def _whole(entries: list[Entry]) -> dict[str, Entry]:
    whole: dict[str, Entry] = {}
    for entry in sorted(entries, key=lambda entry: entry.rung == "alias"):
        key = fold(entry.text)
        if not key:
            where = f"{'aliases' if entry.rung == 'alias' else 'tags'}.{entry.language}.{entry.kind}"
            raise ConfigError(f"policy.toml: {where}: «{entry.text}» holds no letter")
        if whole.setdefault(key, entry).kind != entry.kind:
            raise ConfigError(f"policy.toml: tags: «{entry.text}» stands under {whole[key].kind} and {entry.kind}")
    return whole


def _known(whole: dict[str, Entry], kind: Kind) -> frozenset[str]:
    own = {word for text, entry in whole.items() if entry.kind == kind for word in text.split()}
    every = {word for text in whole for word in text.split()}
    return frozenset(every - own) | frozenset(fold(_NEIGHBOURS).split())


def _patterns(whole: dict[str, Entry]) -> dict[int, tuple[Pattern, ...]]:
    """Return what the typo rule may compare with: tags of two words and more, aliases of three and more."""
    polar = frozenset(fold(_POLARITY).split())
    found: dict[int, tuple[Pattern, ...]] = {}
    for key, entry in whole.items():
        words = tuple(key.split())
        if len(words) >= (2 if entry.rung == "folded" else 3):
            marks = tuple(word in polar for word in words)
            marks = marks if any(marks) else (True,) * len(words)
            found[len(words)] = (*found.get(len(words), ()), Pattern(words=words, polarity=marks, entry=entry))
    return found


def _polar_words(whole: dict[str, Entry]) -> set[str]:
    patterns = [pattern for group in _patterns(whole).values() for pattern in group]
    return {word for one in patterns for word, polar in zip(one.words, one.polarity, strict=True) if polar}


def _folded(texts: Iterable[str]) -> frozenset[str]:
    return frozenset(fold(text) for text in texts) - {""}


def _phrases(texts: Iterable[str]) -> tuple[tuple[str, ...], ...]:
    """Return each text as folded words without punctuation, longest first."""
    split = {tuple(skeleton(text).replace(",", " ").replace("-", " ").split()) for text in texts if fold(text)}
    return tuple(sorted(split, key=lambda words: (-len(words), words)))
