"""Hear plain wishes about one's data in running text: stems that stand together in one sentence.

A wish is only ever a suggestion, a conflict or a further wish: nothing here may act. It holds no names, dates or
values (extract.py) and no whole marks (tags.py). Serves policy clauses 3(2), 6(3), 6(4) and 8(1), and the rights
of a data subject in Law 94-V, article 24.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mailbot.reading.claim import Kind, Language
from mailbot.reading.fold import clean, skeleton, transliterate

# Stems by language and by what they speak of; "$" ends a whole word. One word may speak of several things.
_STEMS: dict[Language, dict[str, str]] = {
    "kk": {
        "revoke": "қайтар",
        "consent": "келісім",
        "contract": "келісімшарт",
        "data": "дерек мәлімет деректерім мәліметтерім",
        "personal": "дербес жеке$",
        "update": "өзектен жаңарт түзет өзгерт өзгерді ауыстыр",
        "contact": "тегі тегім телефоным нөмірім поштам мекенжайым атым$ атымды$",
        "my": "менің тегім телефоным нөмірім поштам мекенжайым деректерім мәліметтерім атым$ атымды$",
        "news": "хабарлам жазылым таратылым ұсыныс жарнама хат$ хаттар",
        "refuse": "тарту$ тарта тартқ тартп",
        "stop": "тоқтат",
        "nosend": "жібермең жазбаң мазаламаң",
        "more": "бұдан енді маған",
        "delete": "жойы жойып жойс жою$ жоюд өшір",
        "which": "қандай",
        "hold": "бар$ сақта жина",
        "copy": "көшірме",
        "access": "қолжетім танысу танысқ",
        "restrict": "шекте бұғатта",
        "processing": "өңде",
        "object": "қарсы",
        "complaint": "шағым арыз",
        "again": "қайта$",
        "subscribe": "жазыл",
        "ask": "қалай неге сұрақ сұрағ кім кімге",
        "policy": "саясат",
        "receive": "алғым",
    },
    "ru": {
        "revoke": "отзыв отозв отзов відклик",
        "consent": "согласи$ согласие согласия згод",
        "data": "данные$ данных$ данным$ данными$ даных$ пдн$ пд$ даних$ дані$ персданн",
        "personal": "персональн перс$",
        "update": "актуал обновлен обнови обновл измени изменен исправ уточн корректир скорректир поменя смени замени",
        "contact": "телефон фамили почт имя$ имени$ отчеств адрес рожден",
        "my": "мой$ моя$ мое$ мои$ моих$ моего$ моей$ моем$ мою$ моим$ моими$ меня$ мне$ свои$ своих$",
        "news": "рассыл уведомлен подписк реклам новост письма$ писем$ спам",
        "refuse": "отказ",
        "unsubscribe": "отписк отписат отписыв отпиши отпишу",
        "stop": "прекрат перестан хватит",
        "send": "присыл шлит слать$ пишит писать$ отправл беспок высыл",
        "more": "больше$ впредь$ мне$",
        "delete": "удали удален удаля уничтож стереть сотри",
        "which": "какие$ какая$ какую$ каких$",
        "hold": "хран обрабатыв собира собран имеет есть$",
        "copy": "копи",
        "access": "доступ ознаком",
        "restrict": "огранич блокир заблокир приостанов",
        "processing": "обработк обрабатыв",
        "object": "возраж против$",
        "complaint": "жалоб жалую жаловат пожаловат претензи",
        "again": "снова$ опять$ обратно$ заново$",
        "renew": "возобнов",
        "subscribe": "подпиш подписат",
        "ask": "как$ каким$ зачем почему вопрос сколько где$ кто$ кому$ откуда разъясн",
        "policy": "политик конфиденц куки",
        "not": "не$ нет$",
        "receive": "получат",
    },
    "en": {
        "revoke": "withdraw revok revoc",
        "consent": "consent",
        "data": "data$ details$",
        "personal": "personal$",
        "update": "updat correct rectif change$ changed$ changing$ actualiz amend",
        "contact": "phone surname address name$ birth e-mail$ email$",
        "my": "my$ me$ mine$",
        "news": "newsletter notification mailing subscription marketing emails$ promotion list$ mails$",
        "refuse": "refus opt$ opt-out",
        "unsubscribe": "unsubscrib",
        "stop": "stop$ cease$",
        "send": "send sending emailing mailing writing",
        "more": "anymore$ more$ me$",
        "delete": "delet eras remov destroy",
        "which": "what$ which$",
        "hold": "hold$ have$ store keep$ collect process",
        "copy": "copy$ copies$",
        "access": "access",
        "restrict": "restrict suspend freez block",
        "processing": "process",
        "object": "object objection",
        "complaint": "complain",
        "again": "again$",
        "renew": "resubscrib resume$",
        "subscribe": "subscribe$",
        "ask": "how$ why$ question who$ where$",
        "policy": "privacy cookie",
        "not": "not$ don't$ dont$ never$ no$",
        "receive": "receiv",
    },
}
# A kind, the word that carries it first, what must stand with it, what must not.
_RULES: tuple[tuple[Kind, str, str], ...] = (
    ("withdrawal", "revoke consent", "news contract"),  # «отзыв согласия на рассылку» ends the news alone
    ("withdrawal", "revoke consent send", "contract"),
    ("withdrawal", "revoke consent nosend", "contract"),
    ("withdrawal", "revoke consent data", "contract"),
    ("unsubscribe", "unsubscribe", ""),
    ("unsubscribe", "refuse news", ""),
    ("unsubscribe", "revoke consent news", "contract"),
    ("unsubscribe", "stop news", ""),
    ("unsubscribe", "stop send", ""),
    ("unsubscribe", "delete news", ""),
    ("unsubscribe", "nosend news", ""),
    ("unsubscribe", "nosend more", ""),
    ("unsubscribe", "send not news", ""),
    ("unsubscribe", "send not more", ""),
    ("unsubscribe", "receive not news", ""),
    ("update", "update data", ""),
    ("update", "update contact my", ""),
    ("erasure", "delete data", ""),
    ("access", "which data hold", ""),
    ("access", "copy data", ""),
    ("access", "access data", ""),
    ("restriction", "restrict data", ""),
    ("restriction", "restrict processing", ""),
    ("objection", "object data", ""),
    ("objection", "object processing", ""),
    ("objection", "stop processing", ""),
    ("complaint", "complaint data", ""),
    ("complaint", "complaint processing", ""),
    ("complaint", "complaint news", ""),
    ("resubscribe", "renew news", ""),
    ("resubscribe", "subscribe again", ""),
    ("question", "ask personal data", ""),
    ("question", "ask data processing", ""),
    ("question", "ask policy", ""),
    ("question", "asked personal data", ""),
    ("question", "asked data processing", ""),
    ("question", "asked policy", ""),
)
_ORDER: tuple[Kind, ...] = tuple(dict.fromkeys(kind for kind, _, _ in _RULES))
_BEFORE = frozenset(("не", "not", "don't", "dont", "never", "doesn't", "без", "отмена", "отменить", "отказ", "отзив"))
_AFTER = re.compile(
    r"алма(?:у|им|с|ни)|алмаимин|келмеи|тартпа|каитарма|озектендирме|жанартпа|тузетпе|жазилма"
    r"|удан бас тарт|уди токтат|\bемес|\bжок\b|\bне (?:нуж|треб|надо)|\bnot? (?:need|requir|want)|\bотмен"
)
_REFUSED = re.compile(
    r"(?:это |уже |бул |it is |this is )?(?:не (?:нуж|треб|надо)|(?:керек|кажет) емес|not (?:need|requir|want)"
    r"|передумал|отменя|отмен[аи]|cancel|(?:i )?changed my mind|оиимнан каит)"
)
_STILL_A_WISH = frozenset(("news", "send", "receive", "unsubscribe", "nosend"))
_REFUSAL_WORDS = 4
_SENTENCE = re.compile(r"[^.!?…;\n؟？]+[.!?…;؟？]*")
_TOKEN = re.compile(r"[^\W_]+(?:['-][^\W_]+)*")
_MOST_CHARACTERS = 8000
_HEAD = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """One wish that a sentence seems to hold."""

    kind: Kind
    language: Language
    negated: bool  # «не отзываю», «алмаймын», "not … withdraw"


def _compile() -> tuple[dict[str, list[tuple[str, bool]]], dict[tuple[str, bool], dict[str, Language]]]:
    stems: dict[tuple[str, bool], dict[str, Language]] = {}
    for language, concepts in _STEMS.items():
        for concept, words in concepts.items():
            for word in words.split():
                key = (skeleton(word.removesuffix("$")), word.endswith("$"))
                stems.setdefault(key, {}).setdefault(concept, language)
    heads: dict[str, list[tuple[str, bool]]] = {}
    for key in sorted(stems, key=lambda key: -len(key[0])):
        heads.setdefault(key[0][:_HEAD], []).append(key)
    return heads, stems


_HEADS, _CONCEPTS = _compile()
_COMPILED = tuple(
    (kind, needs.split()[0], frozenset(needs.split()), frozenset(bars.split())) for kind, needs, bars in _RULES
)


def wishes(text: str) -> tuple[Wish, ...]:
    """Return the wishes of a text, one for each kind, weightiest first; only its first 8000 characters are heard.

    Raises nothing. Source: policy clauses 3(2), 6(3), 6(4), 8(1); Law 94-V, article 24.
    """
    found: dict[Kind, Wish] = {}
    for sentence in _SENTENCE.findall(clean_lines(text[:_MOST_CHARACTERS])):
        for wish in _sentence(sentence):
            if wish.kind not in found or found[wish.kind].negated:
                found[wish.kind] = wish
    return tuple(found[kind] for kind in _ORDER if kind in found)


def clean_lines(text: str) -> str:
    """Return the text line by line without invisible characters, wrapped lines joined. Raises nothing."""
    paragraphs = ("\n".join(map(clean, text.split("\n")))).split("\n\n")
    return "\n".join(paragraph.replace("\n", " ") for paragraph in paragraphs)


def refuses(text: str) -> bool:
    """Return whether a line says that what stands above isn't wanted («не требуется», «керек емес»).

    Raises nothing. Source: policy clause 6(4): nothing is withdrawn against the person's will.
    """
    return any(_is_refusal(line) for line in text[:_MOST_CHARACTERS].split("\n") if line and len(line) < 80)


def speaks(line: str) -> bool:
    """Return whether any word of the line belongs to the stems of this page. Raises nothing."""
    return any(_concepts(token) for token in _TOKEN.findall(skeleton(line)))


def _is_refusal(line: str) -> bool:
    tokens = _TOKEN.findall(skeleton(line))
    if len(tokens) > _REFUSAL_WORDS or not _REFUSED.match(" ".join(tokens)):
        return False
    return all(_STILL_A_WISH.isdisjoint(_concepts(token)) for token in tokens)


def _sentence(sentence: str) -> list[Wish]:
    folded = skeleton(sentence)
    if folded.isascii() and " " in folded and not any(word in folded for word in ("data", "consent", "subscri")):
        folded = _latin(folded)
    tokens = _TOKEN.findall(folded)
    places: dict[str, tuple[int, Language]] = {}
    for place, token in enumerate(tokens):
        for concept, language in _concepts(token).items():
            places.setdefault(concept, (place, language))
    if not places:
        return []
    if "?" in sentence or "؟" in sentence or "？" in sentence:
        places["asked"] = (0, next(iter(places.values()))[1])
    return [
        Wish(
            kind=kind,
            language=places[first][1],
            negated="not" not in needs and _negated(tokens, places[first][0]),
        )
        for kind, first, needs, bars in _COMPILED
        if places.keys() >= needs and bars.isdisjoint(places)
    ]


def _latin(folded: str) -> str:
    """Return Kazakh typed in Latin letters in Cyrillic, anything else unchanged."""
    cyrillic = transliterate(folded)
    return cyrillic if re.search(r"\b(?:дерек|дербес|келисим|хабарлам|малимет)", cyrillic) else folded


def _concepts(token: str) -> dict[str, Language]:
    """Return what a folded word speaks of: the longest stem that fits it rules."""
    for stem, whole in _HEADS.get(token[:_HEAD], ()):
        if token == stem if whole else token.startswith(stem):
            return _CONCEPTS[stem, whole]
    return {}


def _negated(tokens: list[str], place: int) -> bool:
    if not _BEFORE.isdisjoint(tokens[max(0, place - 3) : place]):
        return True
    return bool(_AFTER.search(" ".join(tokens[place : place + 4])))
