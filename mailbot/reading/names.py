"""Judge and split a person's name as written: Kazakh, Russian and other names of Kazakhstan's citizens.

The spelling stays as typed; only look-alike letters of another script are repaired. It never transliterates and never
undoes a case ending: what isn't plainly a name is refused with a word that says why. Serves policy section 2.
"""

from __future__ import annotations

import re

LONGEST = 60  # characters
_LETTERS = re.compile(r"^[A-Za-zÀ-ɏƏəЀ-ӿ'’ʼ. -]+$")
_CYRILLIC = re.compile(r"[Ѐ-ӿ]")
_LATIN = re.compile(r"[A-Za-zÀ-ɏƏə]")
_TWINS = str.maketrans("AaEeKMOopCcTXxyIiıƏəh", "АаЕеКМОорСсТХхуІііӘәһ")
_PATRONYMIC = re.compile(
    r"^(?:.{2,}(?:[ұу]лы|[қк]ызы|ович|евич|ьич|мич|овна|евна|ична|инична|uly|[kq]yzy|ovich|evich|ovna|evna|"
    r"[- ](?:оглы|оғлы|ўғли|угли|ўгли|қизи|қызы|кызы|ұлы|улы|заде|гызы)|o[ʻ'`’]g[ʻ'`’]li)|ильич|лукич|ilyich)$",
    re.IGNORECASE,
)
_RUSSIAN = re.compile(r"^.{2,}(?:ович|евич|овна|евна|инична|ovich|evich|ovna|evna)$", re.IGNORECASE)  # no surname
_PARTICLE = frozenset(
    (
        "ұлы",
        "улы",
        "қызы",
        "кызы",
        "оглы",
        "оғлы",
        "гызы",
        "заде",
        "ўғли",
        "угли",
        "қизи",
        "uly",
        "kyzy",
        "qyzy",
        "ogly",
    )
)
FOREIGN = frozenset(
    "van von der den de di da del la le el al bin ibn ter zu фон ван дер ден де ди ла ль аль бин ибн".split()  # noqa: SIM905
)
PARTICLES = _PARTICLE | FOREIGN
_DECLINED = re.compile(
    r"(?:(?:ов|ев|ёв|ин|ын)(?:ой|ою|у|ым|ыми|ы|ых)|(?:ск|цк)(?:ую|ому|им)|(?:ов|ев)н(?:ы|е|у|ой)|(?:ов|ев)ич(?:а|у|ем|е)|"
    r"(?:ұлы|қызы|улы|кызы)(?:ның|нын|на|ға|га|н|мен|мын|мін)|"
    r"\w{2}(?:ова|ева|ёва|ина|ая|ов|ев|ин|ий)(?:ға|га|ге|қа|ка|ке|ны|ні|ди|ды|ді|ти|ты|ті|ның|нын|дың|дын|дан|ден|нан|нен|мен))$",
    re.IGNORECASE,
)
_CASE = re.compile(  # of a name in a Kazakh sentence; «Тілеуберді» has none
    r"(?:[ғгқк][ае]|(?<!бер)(?<!кел)(?<!бол)(?<!тұр)(?<!тур)[ндт][ыі]|[ндт][ыі]ң|[дтн][ае]н|[мпб][ыі]н|-?(?:ga|ge|ka|ke|nyn|min))$",
    re.IGNORECASE,
)
_WHOLE = ("сұлтан", "султан", "арман", "айман", "нарман", "ақан", "тан-тан", "жасмин", "амин", "самин")
_SURNAME = re.compile(r"^.{2,}(?:[оеё]ва?|енко|[eo]va?|enko)$", re.IGNORECASE)
_NO_NAMES = re.compile(
    r"\b(?:прошу|изменить|изменил\w*|мен[яе]\w*|фамили\w*|имя|отчество|данные|телефон|почта|please|change|surname|name|"
    r"сұраймын|өзгер\w*|деректер\w*|жаңа|ескі|была?|стала?|нет|жоқ|брак\w*|по|после|из|не|and|the|is|и|или|же|в|на|с)\b",
    re.IGNORECASE,
)


def repair(text: str) -> str:
    """Return text in which words that mix scripts by look-alike letters are wholly Cyrillic again.

    «Əбдiрахманова» becomes «Әбдірахманова»; a Latin word and one that can't be repaired stay. Raises: nothing.
    """
    return " ".join(
        word.translate(_TWINS) if _CYRILLIC.search(word) and _LATIN.search(word) else word for word in text.split()
    )


def parse_name(text: str) -> tuple[str, str]:
    """Return (name, "") for one surname, given name or patronymic, or ("", why).

    `why` is mixed_scripts, not_a_name, declined_name or too_long. Raises: nothing.
    """
    name = repair(text.strip(' \t\xa0,;.«»"!'))
    if len(name) > LONGEST:
        return "", "too_long"
    if not name or not _LETTERS.match(name) or "." in name or "--" in name or _NO_NAMES.search(name):
        return "", "not_a_name"
    words = name.split()
    if any(_CYRILLIC.search(word) and _LATIN.search(word) for word in words):
        return "", "mixed_scripts"
    if len(words) > 4 or (len(words) > 1 and not _capitals(words)):
        return "", "not_a_name"
    if any(_DECLINED.search(word) for word in words):
        return "", "declined_name"
    return name, ""


def has_case_ending(text: str) -> bool:
    """Tell whether a name in a Kazakh sentence may bear a case ending: «Серікбайға», «Қайырұлымын». Raises: nothing."""
    return bool(_CASE.search(text)) and not text.casefold().endswith(_WHOLE)


def shape_of(text: str) -> str:
    """Return the field that a single name's ending tells: patronymic, surname or "". Raises: nothing."""
    if " " in text and text.rsplit(maxsplit=1)[-1].casefold() not in _PARTICLE:
        return ""
    return "patronymic" if _PATRONYMIC.match(text) else "surname" if _SURNAME.match(text) else ""


def _capitals(words: list[str]) -> bool:
    return words[-1][0].isupper() + (words[-1].casefold() in _PARTICLE) > 0 and all(
        word[0].isupper() or word.casefold() in PARTICLES for word in words
    )


def split_name(text: str, *, ordered: bool = False) -> tuple[dict[str, str], str]:
    """Split a full name into surname, given_name and patronymic: (parts, "") or ({}, why).

    A patronymic's ending anchors it, or `ordered`: the label spelled out surname, given name, patronymic. `why` is
    ambiguous_name or one of `parse_name`. Raises: nothing.
    """
    whole = repair(text.strip(' \t\xa0,;.«»"!').replace(",", " "))
    words = _joined(whole.split())
    if len(whole) > 2 * LONGEST or not 1 <= len(words) <= 4:
        return {}, "too_long" if len(whole) > LONGEST else "not_a_name"
    for word in words:
        _, why = parse_name(word)
        if why:
            return {}, why
    if len(words) == 3 and (ordered or _PATRONYMIC.match(words[2])):
        return dict(zip(("surname", "given_name", "patronymic"), words, strict=True)), ""
    if len(words) == 3 and _PATRONYMIC.match(words[1]) and not _PATRONYMIC.match(words[0]):
        return dict(zip(("given_name", "patronymic", "surname"), words, strict=True)), ""
    if len(words) == 2 and _RUSSIAN.match(words[1]) and not _PATRONYMIC.match(words[0]):
        return dict(zip(("given_name", "patronymic"), words, strict=True)), ""
    if len(words) == 2 and ordered:
        return dict(zip(("surname", "given_name"), words, strict=True)), ""
    return {}, "ambiguous_name"


def _joined(words: list[str]) -> list[str]:
    """Give «ұлы» and «қызы» written apart to the word before them."""
    out: list[str] = []
    for word in words:
        if out and word.casefold() in _PARTICLE:
            out[-1] = f"{out[-1]} {word}"
        else:
            out.append(word)
    return out
