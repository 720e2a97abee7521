"""tags.py: every promised mark acts, nothing that only resembles one does."""

from __future__ import annotations

import time
import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailbot.config import load_policy
from mailbot.errors import ConfigError
from mailbot.policy import Policy, TagSet
from mailbot.reading.claim import TAG_KINDS, Kind, Rung, Word
from mailbot.reading.fold import fold
from mailbot.reading.near import edits, typo
from mailbot.reading.tags import compile_words, is_resubscribe, line_word, recognise

POLICY = load_policy(None)
LEXICON = compile_words(POLICY)
CORPUS = tomllib.loads((Path(__file__).parent.parent / "corpus" / "tags.toml").read_text("utf-8"))
POSITIVES = [(kind, text) for kind in TAG_KINDS for text in CORPUS[kind]]
KK = {"update": POLICY.tags.kk.update[0], "withdrawal": POLICY.tags.kk.withdrawal[0]}
KK_TAGS = [*KK.values(), POLICY.tags.kk.unsubscribe[0]]
ALL_TAGS = [
    text
    for group in (POLICY.tags, POLICY.aliases)
    for language in (group.kk, group.ru, group.en)
    for kind in TAG_KINDS
    for text in getattr(language, kind)
]
KK_WORDINGS = [
    text for group in (POLICY.tags, POLICY.aliases) for kind in TAG_KINDS for text in getattr(group.kk, kind)
]
NEGATIONS = ("ма", "ме", "ба", "бе", "па", "пе")
WDR = "Отзыв согласия на обработку персональных данных"
UPD = "Актуализация персональных данных"

NEAR_MISSES = [
    f"{WDR} (не нужен)",
    f"{WDR}(нет)",
    f"({WDR})",
    f"[{WDR}]",
    f"[Образец] {WDR}",
    f"НЕ{WDR}",
    f"Не {WDR.lower()}",
    f"NOT {WDR}",
    f"{WDR} NOT",
    "".join(letter + "\u0336" for letter in WDR),
    "О\u0336" + WDR[1:],
    "".join(letter + "\u0338" for letter in "Отказ от рассылки"),
    "Отказ от рассылки\u20e0",
    f"~~{WDR}~~",
    f"❌ {WDR}",
    f"{WDR} 👎",
    f"{WDR}?",
    f"{WDR}？",
    f"{WDR}؟",
    f"{WDR}\u037e",
    f"{WDR};",
    f"{WDR[:10]}?{WDR[10:]}",
    f"¿{WDR}",
    f"{WDR} ❓",
    f"{WDR} {UPD}",
    f"{WDR} / {UPD}",
    f"{WDR}; {UPD}",
    f"{WDR}\nне требуется",
    f"{WDR} не требуется",
    f"{WDR}, пожалуйста, не надо",
    f"{WDR} 2",
    f"{WDR}2",
    "Отзыв согласия на обработку неперсональных данных",
    "Отзыв согласия на отработку персональных данных",
    "Отзыв согласования на обработку персональных данных",
    "Отзывы согласия на обработку моих данных",
    "Отказ от подписи",
    "Отказ от посылки",
    "Отказ от переписки",
    "Неотказ от рассылки",
    "Не отписывать",
    "Не отписка",
    "Неотписка",
    "Отписался",
    "Отпишусь завтра",
    "Отозвал согласие на обработку персональных данных",
    "Отзову согласие на обработку персональных данных",
    "Он отозвал согласие",
    "Деактуализация персональных данных",
    "Дезактуализация персональных данных",
    "Актуализация персонажных данных",
    "Withdrawal of content to the processing of personal data",
    "Non-withdrawal of consent to the processing of personal data",
    "Nonwithdrawal of consent to the processing of personal data",
    "Unupdating personal data",
    "No update of personal data",
    "Do not unsubscribe",
    "Don't unsubscribe me",
    "Unsubscribed",
    "Unsubscribe?",
    "Unsubscribe him",
    "Resubscribe me",
    "Not: Unsubscribe",
    "[spam?] Unsubscribe",
    "***SPAM*** Unsubscribe",
    "[?? Probable Spam] Unsubscribe",
    "Fwd: Unsubscribe",
    "Re: Fwd: Unsubscribe",
    "Fwd: Re: Unsubscribe",
    "Қайта жіберілді: Хабарламалардан бас тарту",
    "Пересл: Отказ от рассылки",
    "Автоматический ответ: Отказ от рассылки",
    "Automatic reply: Unsubscribe",
    "Автоматты жауап: Хабарламалардан бас тарту",
    "Келісімді қайтарып алма",
    "Келісімді қайтарып алды",
    "Келісімді қайтарып алмақпын",
    "Келісімді қайтарып алған жоқпын",
    "Келісімді қайтармау",
    "Хабарламалардан бас тартпаймын",
    "Хабарламалардан бас тартқан жоқпын",
    "Хабарламалардан бас тартты",
    "Хабарламалардан бас тарту емес",
    "Деректерді өзектендірме",
    "Дербес деректерді өзектендірмеймін",
    "Дербес деректерсіз өзектендіру",
    "Дербес деректерді өңдеуге келісімсіз кері қайтарып алу",
    "Жазылымнан бас тартпау",
    "Анамның дербес деректерін өзектендіру",
    "Баламның дербес деректерді өзектендіру",
    "derbes derekterdi ozektendirmeu",
    "habarlamalardan bas tartpau",
]


@pytest.mark.parametrize(("kind", "count"), [("update", 52), ("withdrawal", 45), ("unsubscribe", 47)])
def test_the_corpus_is_whole(kind: str, count: int) -> None:
    assert len(CORPUS[kind]) == len(set(CORPUS[kind])) == count
    assert len(CORPUS["near_misses"]) == 58


@pytest.mark.parametrize(("kind", "text"), POSITIVES)
def test_a_mark_acts_however_it_is_typed(kind: Kind, text: str) -> None:
    for typed in (text, text.replace("\n", " "), text.replace("\n", "\r\n ")):
        mark = recognise(typed, LEXICON)
        assert (mark.kind, mark.acts) == (kind, True), mark


@pytest.mark.parametrize("text", [*CORPUS["near_misses"], *NEAR_MISSES])
def test_a_near_miss_never_acts(text: str) -> None:
    for typed in (text, text.upper(), f"Re: {text}", f"[EXT] {text}", f"«{text}».", text + "!"):
        mark = recognise(typed, LEXICON)
        assert not mark.acts, mark
        assert mark.rung in ("suggestion", "none")


@pytest.mark.parametrize(
    ("text", "rung"),
    [
        (UPD, "exact"),
        (UPD.upper(), "exact"),
        (f" {UPD}  ", "exact"),
        (f"{UPD}.", "folded"),
        (f"Re: {UPD}", "folded"),
        ("Дербес деректерди озектендиру", "folded"),
        ("Актуализация ПДн", "alias"),
        ("Актулизация персональных данных", "typo"),
        ("Как сделать: актуализация персональных данных", "suggestion"),
        ("Когда начнётся курс", "none"),
        ("", "none"),
        ("(без темы)", "none"),
        ("Fwd:", "none"),
        (".", "none"),
        ("Сәлем", "none"),
        ("Счёт № 5 за март", "none"),
        ("Приглашение на вебинар", "none"),
        ("Отзыв о вашем курсе", "none"),
        ("Invoice 2026-03", "none"),
        ("Сатып алудан бас тарту", "none"),
    ],
)
def test_the_rung_says_how_the_mark_was_recognised(text: str, rung: Rung) -> None:
    assert recognise(text, LEXICON).rung == rung


def test_what_was_taken_off_is_recorded() -> None:
    mark = recognise("RE[2]: [EXT] На: «Отказ от рассылки»", LEXICON)
    assert (mark.acts, mark.reply_prefix, mark.forward_prefix) == (True, True, False)
    mark = recognise("Re: Fwd: Отказ от рассылки", LEXICON)
    assert (mark.rung, mark.reply_prefix, mark.forward_prefix, mark.reason) == ("suggestion", True, True, "forwarded")
    assert recognise("Re: Когда курс", LEXICON).reply_prefix
    assert not recognise("Тема: Отказ от рассылки", LEXICON).reply_prefix


@pytest.mark.parametrize(
    ("text", "kind", "reason"),
    [
        (f"{WDR}?", "withdrawal", "question"),
        (f"{WDR} (не нужен)", "withdrawal", "bracket"),
        ("О\u0336т\u0336к\u0336а\u0336з\u0336 от рассылки", "unsubscribe", "marked"),
        (f"{WDR} и {UPD}", "withdrawal", "several"),
        ("Не отзываю согласие на обработку персональных данных", "withdrawal", "negated"),
        ("Келісімді кері қайтарып алмаймын", "withdrawal", "negated"),
        ("Дербес деректерд? ?зектенд?ру", "update", "damaged"),
        ("Дербес деректерді ?зектендіру", "update", "damaged"),
        ("Дирбес директирди озектендиру", "update", "similar"),
        (f"Образец: {WDR}", "withdrawal", "longer"),
        ("менің қандай деректерім бар", "access", "wish"),
        ("какие мои данные вы храните", "access", "wish"),
        ("what data do you hold about me", "access", "wish"),
        ("деректерімді жойыңыз", "erasure", "wish"),
        ("удалите мои данные", "erasure", "wish"),
        ("delete my data", "erasure", "wish"),
        ("Прошу ограничить обработку моих данных", "restriction", "wish"),
        ("деректерімді бұғаттаңыз", "restriction", "wish"),
        ("I object to the processing of my data", "objection", "wish"),
        ("Возражаю против обработки моих данных", "objection", "wish"),
        ("Жалоба на обработку персональных данных", "complaint", "wish"),
        ("Как вы обрабатываете персональные данные?", "question", "question"),
        ("Дербес деректерді қалай өңдейсіз?", "question", "question"),
        ("Возобновить рассылку", "resubscribe", "wish"),
        ("Хабарламаларға қайта жазылу", "resubscribe", "wish"),
        ("прошу считать это письмо отзывом согласия", "withdrawal", "wish"),
        ("мен дербес деректерді өңдеуге келісімді кері қайтарып аламын", "withdrawal", "wish"),
        ("Не присылайте мне больше писем", "unsubscribe", "wish"),
        ("Хочу изменить мой номер телефона", "update", "wish"),
    ],
)
def test_a_wish_without_its_mark_is_a_suggestion(text: str, kind: Kind, reason: str) -> None:
    mark = recognise(text, LEXICON)
    assert (mark.kind, mark.rung, mark.reason) == (kind, "suggestion", reason)
    assert kind in mark.kinds
    assert (mark.tag is not None) == (kind in TAG_KINDS)


@pytest.mark.parametrize("text", [WDR, "Согласие на обработку персональных данных", "Отказ от заказа"])
def test_a_given_consent_is_no_withdrawal(text: str) -> None:
    assert recognise(text, LEXICON).rung == ("exact" if text == WDR else "none")


@given(st.text(max_size=400))
def test_recognising_never_raises_and_only_a_whole_mark_acts(text: str) -> None:
    drawn = any(fold(text).endswith(mark) for mark in LEXICON.whole)  # hypothesis draws words of the code, too
    assert drawn or not recognise(text, LEXICON).acts
    line_word(text, LEXICON)


@given(st.sampled_from(ALL_TAGS), st.text(max_size=30), st.text(max_size=30))
def test_a_mark_in_arbitrary_surroundings_never_raises(tag: str, before: str, after: str) -> None:
    recognise(before + tag + after, LEXICON)


@settings(max_examples=300)
@given(st.sampled_from(KK_WORDINGS), st.sampled_from(NEGATIONS), st.data())
def test_a_kazakh_negation_inside_a_word_never_acts(tag: str, negation: str, data: st.DataObject) -> None:
    words = tag.split()
    place = data.draw(st.sampled_from([i for i, word in enumerate(words) if word.endswith("у")]))
    words[place] = words[place][:-1] + negation + "у"
    text = " ".join(words)
    assert not recognise(data.draw(st.sampled_from([text, text.upper(), f"Re: «{text}»"])), LEXICON).acts


@pytest.mark.parametrize("tag", KK_WORDINGS)
@pytest.mark.parametrize("negation", NEGATIONS)
def test_every_kazakh_wording_negated_never_acts(tag: str, negation: str) -> None:
    stem, last = tag[:-1], tag[-1]
    assert last == "у"
    for text in (f"{stem}{negation}у", f"{stem}{negation}", f"{stem}{negation}ймін", f"{tag} емес", f"{tag} жоқ"):
        assert not recognise(text, LEXICON).acts, text


@given(st.sampled_from(ALL_TAGS), st.sampled_from(["не", "без", "емес", "жоқ", "not", "no", "нет", "керек емес"]))
def test_one_more_word_of_denial_never_acts(tag: str, word: str) -> None:
    words = tag.split()
    for place in range(len(words) + 1):
        assert not recognise(" ".join([*words[:place], word, *words[place:]]), LEXICON).acts


@given(st.sampled_from(ALL_TAGS), st.sampled_from("?？؟;¿❓"), st.data())
def test_a_question_mark_anywhere_never_acts(tag: str, sign: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(tag)))
    assert not recognise(tag[:place] + sign + tag[place:], LEXICON).acts


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("Да, подтверждаю.", "yes"),
        ("иә", "yes"),
        ("ИӘ!", "yes"),
        ("ia", "yes"),
        ("rastaimyn", "yes"),
        ("Yes", "yes"),
        ("«Да»", "yes"),
        ("Да :)", "yes"),
        ("не я", "no"),
        ("Это не я!", "no"),
        ("Нет, не я", "no"),
        ("жоқ, мен емес", "no"),
        ("No, not me.", "no"),
        ("yes no", None),
        ("да нет", None),
        ("да, спасибо", None),
        ("Да 👍", None),
        ("Да?", None),
        ("да؟", None),
        ("да (нет)", None),
        ("да, но не сейчас", None),
        ("не да", None),
        ("не подтверждаю", None),
        ("растамаймын", None),
        ("растаймын ба", None),
        ("подтвердаю", None),
        ("д\u0336а\u0336", None),
        ("кері қайтару", "undo"),
        ("Отменить", "undo"),
        ("UNDO", "undo"),
        ("не отменить", None),
        ("ТЕК ХАТ", "only_news"),
        ("только письма.", "only_news"),
        ("Only news", "only_news"),
        ("адам қарасын", "human"),
        ("Пусть посмотрит человек", "human"),
        ("A person, please!", "human"),
        ("Рахмет!", "courtesy"),
        ("спасибо)))", "courtesy"),
        ("Рахмет 🙏", "courtesy"),
        ("👍", "courtesy"),
        ("👍🏽", "courtesy"),
        ("👎", None),
        ("", None),
        ("...", None),
        ("да " * 100, None),
    ],
)
def test_a_line_speaks_only_where_all_of_it_does(line: str, word: Word | None) -> None:
    assert line_word(line, LEXICON) == word


@pytest.mark.parametrize("line", [*CORPUS["near_misses"], *ALL_TAGS])
def test_no_mark_is_an_answer(line: str) -> None:
    assert line_word(line, LEXICON) is None


@pytest.mark.parametrize("text", ["қайта жазыламын", "Подпишите меня снова!", "«RESUBSCRIBE»", "qaita jazylamyn"])
def test_a_resubscribe_word_is_the_whole_subject(text: str) -> None:
    assert is_resubscribe(text, LEXICON)


@pytest.mark.parametrize(
    "text",
    [
        "Хабарламаларға қайта жазылу",
        "Возобновить рассылку",
        "Re: resubscribe",
        "Fwd: resubscribe",
        "resubscribe?",
        "не подпишите меня снова",
        "қайта жазылмаймын",
        "resubscribe me",
        "unsubscribe",
    ],
)
def test_a_near_miss_of_resubscribe_is_none(text: str) -> None:
    assert not is_resubscribe(text, LEXICON)


def test_one_wording_of_two_kinds_is_refused() -> None:
    russian = TagSet(update=[WDR], withdrawal=[WDR])
    policy = POLICY.model_copy(update={"tags": POLICY.tags.model_copy(update={"ru": russian})})
    with pytest.raises(ConfigError, match="stands under"):
        compile_words(policy)


def test_an_operators_own_mark_without_a_known_verb_is_all_polarity() -> None:
    russian = POLICY.tags.ru.model_copy(update={"unsubscribe": ["Стоп новости школы"]})
    lexicon = compile_words(POLICY.model_copy(update={"tags": POLICY.tags.model_copy(update={"ru": russian})}))
    assert recognise("Стоп новости школы", lexicon).rung == "exact"
    assert recognise("Стоп новасти школы", lexicon).rung == "typo"
    assert not recognise("Топ новости школы", lexicon).acts


@pytest.mark.parametrize(
    ("one", "other", "distance"), [("", "", 0), ("абв", "абв", 0), ("абв", "авб", 2), ("а", "", 1)]
)
def test_edits_are_counted(one: str, other: str, distance: int) -> None:
    assert edits(one, other, 2) == distance
    assert edits(other, one, 2) == distance
    assert edits("абвгд", "жзикл", 2) == 3


def test_two_edits_are_the_most_of_a_whole_mark() -> None:
    assert typo("актулизация персоналних данних", LEXICON) is not None
    assert typo("актулизация персоналних даных", LEXICON) is None
    assert typo("унсубскрибе", LEXICON) is None


def test_an_ordinary_subject_is_read_in_a_millisecond_or_two_at_most() -> None:
    subjects = ["Счёт № 5 за март", "Когда начнётся курс для начинающих?", "Сәлеметсіз бе, сұрағым бар еді"]
    start = time.process_time()
    for _ in range(200):
        for subject in subjects:
            recognise(subject, LEXICON)
    assert (time.process_time() - start) / 600 < 0.002


def test_a_huge_text_takes_no_time() -> None:
    start = time.process_time()
    for filler in ("Re: ", "[EXT] ", "? ", "a\u0336", "Отказ от рассылки "):
        recognise(filler * 50_000, LEXICON)
    assert time.process_time() - start < 2


def with_former(**marks: list[str]) -> Policy:
    one = {"version": "2024", "since": "2024-01-15", "tags": {"kk": marks}}
    return Policy.model_validate({**POLICY.model_dump(), "former": [one]})


@pytest.mark.parametrize("text", ["Телефонымды ауыстыру", "Re: «телефонымды ауыстыру».", "ТЕЛЕФОНЫМДЫ АУЫСТЫРУ"])
def test_a_mark_of_a_former_version_acts_as_the_present_ones_do(text: str) -> None:
    assert not recognise(text, LEXICON).acts
    mark = recognise(text, compile_words(with_former(update=["Телефонымды ауыстыру"])))
    assert (mark.acts, mark.kind, mark.language) == (True, "update", "kk")
    assert mark.rung in ("exact", "folded")


def test_a_mark_of_a_former_version_is_named_by_no_answer() -> None:
    lexicon = compile_words(with_former(update=["Телефонымды ауыстыру"]))
    assert lexicon.canonical == LEXICON.canonical
    bare = {**POLICY.model_dump(), "tags": {"ru": POLICY.tags.ru}, "former": [{
        "version": "2024", "since": "2024-01-15", "tags": {"kk": {"update": ["Телефонымды ауыстыру"]}},
    }]}  # fmt: skip
    assert ("update", "kk") not in compile_words(Policy.model_validate(bare)).canonical


def test_a_former_mark_that_is_also_a_present_one_is_the_present_one() -> None:
    lexicon = compile_words(with_former(update=[KK["update"]]))
    assert recognise(KK["update"], lexicon).rung == "exact"
    assert lexicon.canonical == LEXICON.canonical


def test_a_mark_that_asked_for_something_else_before_is_refused() -> None:
    with pytest.raises(ConfigError, match="stands under update and withdrawal"):
        compile_words(with_former(withdrawal=[KK["update"]]))
