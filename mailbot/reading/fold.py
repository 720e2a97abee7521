"""Fold text for comparison: one skeleton for every way in which Kazakh, Russian and English get typed.

Answers "are these the same words?" across case, Unicode forms, invisible characters, look-alike letters, missing
Kazakh letters, Latin Kazakh and a Windows-1251 label on KZ-1048 octets. It decides nothing, and the skeleton is
never shown or stored. A question mark, a bracket and a combining mark that hides in no letter stay on purpose:
they may turn the meaning. Serves the marks of policy clauses 3(2), 6(3) and 6(4); KZ-1048 is
STRK1048-2002 of the IANA charset registry. Every function is total, pure and linear in its input.
"""

from __future__ import annotations

import re
import unicodedata

# Every character that asks, in any script (Unicode names with QUESTION or INTERROBANG), and the semicolon, to which
# NFC turns the Greek question mark.
QUESTION_MARKS = frozenset(
    "?¿;\u037e\u055e\u061f\u1367\u1945\u203d\u2047\u2048\u2049\u225f\u2370\u2753\u2754\u2a7b\u2a7c\u2cfa\u2cfb"
    "\u2e18\u2e2e\u2e54\u3244\ua60f\ua6f7\ufe16\ufe56\uff1f\U00011143\U0001e95f\U0001f679\U0001f67a\U0001f67b"
    "\U0001fbc4"
)
BRACKETS = frozenset("()[]{}<>（）［］｛｝【】〈〉《》⟨⟩")
_UNSEEN = (
    "\u00ad\u034f\u061c\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb"
    "\U0001f3fb-\U0001f3ff\U000e0000-\U000e01ef"
)
_INVISIBLE = re.compile(f"[{_UNSEEN}]")
_VISIBLE = re.compile(rf"[^\s{_UNSEEN}]")
# Symbols that colour a mark without turning it. A cross, a thumb down or a no-entry sign isn't here.
SYMBOLS = "👍👌🙏🙂😊😀😃😄☺🤝👋❤♥🌸🌹💐✉📧📩📨✅✔☑❗❕‼"
_EDGES = " \"'`´«»“”„‟‘’‚‛‹›〝〞＂.,!:…·•‐‑‒–—―-*_|/\\#，。！：、" + SYMBOLS
_SINGLE = str.maketrans(
    {"‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "―": "-", "’": "'", "‘": "'", "ʼ": "'", "İ": "I", "：": ":"}
)
_SINGLES = re.compile("[‐-―’‘ʼİ：]")
LETTERS = str.maketrans(
    "әəǝӓэқҡӄғґңӊөѳɵӧұүӱўһійыїёєѐѝ",
    "ааааакккггнноооууууухиииииеееи"[:0] + "ааааакккггнноооо" + "уууу" + "х" + "ииии" + "еее" + "и",
)
_COMPOSED = re.compile("[йёїўӓӧӱ]")  # NFC makes these again of a folded letter and its mark
_AS_CYRILLIC = str.maketrans(
    "AaBCcEeHhIiıKkMOoPpTtXxYyäöüñğŋáóúýéëïÄÖÜÑĞŊÁÓÚÝÉËÏ", "АаВСсЕеНхИииКкМОоРрТтХхУуаоунгнаоууееиАОУНГНАОУУЕЕИ"
)
_AS_LATIN = str.maketrans(
    "АаВСсЕеНІіКкМОоРрТтХхУуЈјЅѕӘәӒӓӨөӦӧѲѳҮүҰұӰӱЎўҚқҠҡӃӄҺһЁёЭэЄєЀѐ",
    "AaBCcEeHIiKkMOoPpTtXxYyJjSsAaAaOoOoOoUuUuUuUuKkKkKkHhEeEeEeEe",
)
_TURNED = str.maketrans("əƏǝƎɵƟ", "әӘәӘөӨ")  # Latin twins of Kazakh letters
_LOOKALIKES = frozenset("AaBCcEeHIiKkMOoPpTXxYy")
_PLAIN = re.compile(r"[\u0400-\u04ff\x00-@\[-`{-\x7f]*")  # one script, and no letter that is typed in two ways
_WORD = re.compile(r"[^\W\d_]+(?:[-'][^\W\d_]+)*")
_LATIN = re.compile("[A-Za-zÀ-ÖØ-öø-ɏ]")
_CYRILLIC = re.compile("[\u0400-\u052f]")
_MARKS = re.compile("[\u0300-\u033f\u0342\u0346-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20f0]")
_PAIRS = re.compile("zh|kh|sh|gh|ch")
_PAIR_LETTERS = {"zh": "ж", "kh": "х", "sh": "ш", "gh": "г", "ch": "ч"}
_TO_CYRILLIC = str.maketrans(
    "aäáàāăbcdeéfgğǵģhiıïíjžklmnñńŋņoöóōpqrsşšśtuüúūůvwxyýÿz",
    "аааааабкдеефггггхиииижжклмннннноооопкрсшшштууууувухиуиз",
)
_MISLABELLED = frozenset("ґјєќѕўїћҐЈЄЌЅЎЇЋ")


def plain(text: str) -> str:
    """Return the text in NFC with white space collapsed and case folded: the measure of rung `exact`.

    Raises nothing. Source: RFC 5198 section 3 (NFC).
    """
    return unicodedata.normalize("NFC", " ".join(text.split()).casefold())


def clean(text: str) -> str:
    """Return NFC text with its case, without invisible and direction characters, white space collapsed.

    A bare question mark, bracket or strike-through stays. Raises nothing. Source: RFC 5198 section 3.
    """
    if text.isascii() or _PLAIN.fullmatch(text):
        return " ".join(text.split())
    bare = unicodedata.normalize("NFC", " ".join(_INVISIBLE.sub("", text).split()))
    return bare.translate(_SINGLE) if _SINGLES.search(bare) else bare


def is_blank(text: str) -> bool:
    """Return whether nothing of a text is left by `clean`, as dear as its first visible letter. Raises nothing."""
    return _VISIBLE.search(text) is None


def skeleton(text: str) -> str:
    """Return the folded text with its edges left as they are (line_word needs a lone 👍).

    Raises nothing. Source: policy clauses 3(2), 6(3), 6(4): a mark counts however it was typed.
    """
    if text.isascii():
        return " ".join(text.split()).lower()
    if _PLAIN.fullmatch(text):
        return " ".join(text.split()).lower().translate(LETTERS)
    folded = _one_script(clean(text).translate(_TURNED)).casefold()
    if not folded.isascii():
        folded = unicodedata.normalize("NFC", folded.translate(LETTERS))
        folded = folded.translate(LETTERS) if _COMPOSED.search(folded) else folded
    return folded


def strip_edges(text: str) -> str:
    """Return the text without quotes, punctuation and friendly symbols at both ends. Raises nothing."""
    return text.strip(_EDGES)


def fold(text: str) -> str:
    """Return the skeleton that two texts share when they hold the same words.

    Kazakh letters fall on their Russian neighbours (ә→а, қ→к, і and ы→и …), a word of mixed scripts gets one, a
    text in Latin letters stays Latin (see transliterate). Raises nothing. Source: as skeleton.
    """
    return strip_edges(skeleton(text))


def transliterate(folded: str) -> str:
    """Return folded Latin Kazakh in folded Cyrillic: the alphabets of 2019 and 2021, and chat spelling, in one.

    Raises nothing. Source: the Latin alphabets made public in 2018 and 2021, letters only.
    """
    joined = _PAIRS.sub(lambda found: _PAIR_LETTERS[found.group()], folded)
    return joined.translate(_TO_CYRILLIC).translate(LETTERS)


def repair(text: str) -> str:
    """Return KZ-1048 text that was labelled Windows-1251 («ґзектендіру») as it was meant («өзектендіру»).

    Text without such letters comes back as it is; so does what neither code page holds. Raises nothing.
    """
    if _MISLABELLED.isdisjoint(text):
        return text
    try:
        return unicodedata.normalize("NFC", text).encode("cp1251").decode("kz1048")
    except UnicodeError:
        return text


def readings(text: str) -> tuple[str, ...]:
    """Return each folded reading of a text, best first: as it is, repaired, from Latin letters; 1 to 3 of them.

    Raises nothing.
    """
    first = fold(text)
    found = [first]
    cleaned = clean(text)
    repaired = repair(cleaned)
    if repaired != cleaned:
        found.append(fold(repaired))
    if len(_LATIN.findall(first)) > len(_CYRILLIC.findall(first)):
        found.append(transliterate(first))
    return tuple(dict.fromkeys(found))


def asks(text: str) -> bool:
    """Return whether a question mark of any script stands anywhere. Raises nothing."""
    return not QUESTION_MARKS.isdisjoint(text)


def unmark(text: str) -> tuple[str, bool]:
    """Return the text without struck-through and other combining marks, and whether there were any.

    A mark that makes a letter (и + U+0306 = й) isn't one. Raises nothing.
    """
    bare = _MARKS.sub("", clean(text))
    return bare, bare != clean(text)


def _one_script(text: str) -> str:
    """Give each word of mixed scripts the script that rules the text: Latin x in «персональныx», Latin o alone."""
    if not (_LATIN.search(text) and _CYRILLIC.search(text)):
        return text
    rules = len(_CYRILLIC.findall(text)) >= len(_LATIN.findall(text))
    return _WORD.sub(_to_cyrillic if rules else _to_latin, text)


def _to_cyrillic(found: re.Match[str]) -> str:
    word = found.group()
    if not _LATIN.search(word) or not (_CYRILLIC.search(word) or _LOOKALIKES.issuperset(word)):
        return word
    return word.translate(_AS_CYRILLIC)


def _to_latin(found: re.Match[str]) -> str:
    word = found.group()
    return word.translate(_AS_LATIN) if _LATIN.search(word) and _CYRILLIC.search(word) else word
