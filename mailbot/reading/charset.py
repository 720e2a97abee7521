"""Turn octets into letters, whatever the label says (RFC 2045 section 2.2, RFC 2047, RFC 6532).

Labels are believed only where the octets agree: UTF-8 is recognised before it is declared, and the
one-octet Cyrillic sets (windows-1251, KOI8-R, KZ-1048, PTCP154) are told apart by what the letters would
spell. Encoded-words are joined as octets before they are decoded, because mailers split them inside a letter.
No header structure here (parse.py), no folding of look-alikes.
"""

from __future__ import annotations

import binascii
import codecs
import re
import unicodedata

SUBJECT_LIMIT = 10_000  # letters of one header value that are decoded; keeps the regex below cheap

# Never decoded by name: they are not charsets of mail, or can hide what other programs show (utf-7).
_REFUSED = ("utf_7", "unicode_escape", "raw_unicode_escape", "idna", "punycode", "undefined")
_STATEFUL = ("iso2022", "hz", "utf_16", "utf_32")
_NAMES = {  # labels that mailers really write and Python does not know
    "win-1251": "cp1251",
    "win1251": "cp1251",
    "cp-1251": "cp1251",
    "windows1251": "cp1251",
    "x-cp1251": "cp1251",
    "koi8": "koi8_r",
    "koi-8": "koi8_r",
    "koi8r": "koi8_r",
    "kz1048": "kz1048",
    "utf8mb4": "utf-8",
    "utf-8mb4": "utf-8",
    "unicode-1-1-utf-8": "utf-8",
}
_CYRILLIC = ("cp1251", "koi8_r", "cp866", "iso8859_5", "kz1048", "ptcp154", "mac_cyrillic")
_WESTERN = ("iso8859_1", "iso8859_15", "cp1252")
_BYTE_SETS = ("iso8859", "cp125", "koi8", "cp8", "kz1048", "ptcp154", "mac", "latin", "cp4", "cp7")
# How often each small letter stands in Russian and Kazakh prose, from 9 (о) to 0 (ъ); unlisted letters cost.
_OFTEN = {
    letter: weight / 9
    for weight, letters in enumerate(("ъё", "эфщһ", "цюшжх", "йчөүғңұ", "бзьгқ", "ыяуәі", "пдм", "клвр", "стни", "аео"))
    for letter in letters
}
_WORDS = re.compile(r"=\?([^?\s]{0,60})\?([bBqQ])\?(.{0,2000}?)\?=", re.DOTALL)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\s]+")
_HIGH_RUN = re.compile(rb"[\xc0-\xff]{3}")
_ASCII_LETTER = re.compile(rb"[A-Za-z]")
_QP = re.compile(rb"=([0-9A-Fa-f]{2})")
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]")
_KAZAKH_IN_1251 = str.maketrans("ЎўЈјҐґЄєЇїЌќЋћЅѕ", "ҰұӘәӨөҒғҮүҚқҺһҢң")  # KZ-1048 letters under a cp1251 label
_MARKS = frozenset("ўјґєїќћѕ")
_ALMOST_ASCII = ("\u212a", "\u037e", "\u1fef")  # Kelvin sign, Greek question mark, Greek varia
_PARTS = re.compile("([\u212a\u037e\u1fef])")
_TYPOGRAPHY = frozenset("«»–—…№„“”’\xa0")
_SERBIAN = frozenset("ђљњџѓ")
_BELARUSIAN = re.compile(r"[аеёиоуыэюяі]ў")  # after a vowel, where Kazakh never has ұ
_NOT_UKRAINIAN = re.compile(r"[бвгджзйклмнпрстфхцчшщ]ї|ґ[бвгджзйкмнпстфхцчшщ]|є[аоиыуеі]|ы")


def codec(label: str) -> str | None:
    """Return Python's name of that charset, or None where it is unknown or refused. Raises nothing."""
    name = label.partition("*")[0].strip().strip("\"'").lower()
    name = _NAMES.get(name, name)
    if not name or "\0" in name or not name.isascii():
        return None
    try:
        found = codecs.lookup(name)
    except (LookupError, ValueError):
        return None
    name = found.name.replace("-", "_")
    return None if name in _REFUSED or not getattr(found, "_is_text_encoding", True) else name


def decode(octets: bytes, label: str = "") -> tuple[str, str]:
    """Return the text and a defect word, "" for none.

    `label` is the declared charset. The words: charset_unknown, charset_undeclared, charset_mislabelled,
    charset_damaged. Raises nothing. Source: RFC 2046 section 4.1.2; mail-parser loses these.
    """
    name = codec(label)
    defect = "charset_unknown" if label and name is None else ""
    if octets.isascii() and not (name and name.startswith(_STATEFUL)):
        return octets.decode("ascii"), defect
    if name is None or name in ("ascii", "utf_8") or name.startswith(_BYTE_SETS):
        text = _utf8(octets)
        if text is not None:
            return text, "charset_mislabelled" if name not in (None, "utf_8") else defect
    if name in _CYRILLIC:
        return _cyrillic(octets, name)
    if name not in (None, "utf_8", "ascii") and not (name in _WESTERN and _is_no_western(octets)):
        text = _strictly(octets, name)
        if text is not None:
            return text, defect
    if name == "utf_8":
        text = octets.decode("utf-8", "replace")
        if text.count("\ufffd") * 10 <= sum(1 for letter in text if letter > "\x7f"):
            return text, "charset_damaged"
    return detect(octets), defect or ("charset_mislabelled" if label else "charset_undeclared")


def detect(octets: bytes) -> str:
    """Return the likeliest text of unlabelled octets: UTF-8, else the Cyrillic set that reads best. Raises nothing."""
    text = _utf8(octets)
    if text is not None:
        return text
    sample = octets[:4000]
    ranked = sorted(((_score(sample.decode(n, "replace")), n) for n in ("cp1251", "koi8_r", "cp866")), reverse=True)
    best, name = ranked[0]
    if best < 0.3 or best - ranked[1][0] < 0.05:  # a draw: few letters, or no Cyrillic at all
        name = _guess(sample) or ("cp1252" if best < 0.3 else name)
    text = octets.decode(name, "replace")
    return kazakh(text) if name == "cp1251" else text


def kazakh(text: str) -> str:
    """Return the text with KZ-1048 letters where it was read as windows-1251: «ќайтару» → «қайтару».

    Ukrainian, Belarusian, Serbian and Macedonian words stay. Raises nothing.
    """
    low = text.lower()
    marks = _MARKS.intersection(low)
    if not marks:
        return text
    if marks & {"ј", "ќ", "ћ", "ѕ"}:
        wrong = not _SERBIAN.intersection(low)
    elif marks == {"ў"}:
        wrong = _BELARUSIAN.search(low) is None
    else:
        wrong = "ў" in marks or _NOT_UKRAINIAN.search(low) is not None
    return text.translate(_KAZAKH_IN_1251) if wrong else text


def decode_words(value: str) -> tuple[str, str]:
    """Return a header value with its encoded-words decoded, and a defect word or "". Raises nothing.

    Neighbours of one charset are joined as octets first; blanks between neighbours vanish (RFC 2047
    section 6.2); encoded-words inside quotes are decoded too, as all mail programs do.
    """
    if "=?" not in value:
        return value, ""
    value = value[:SUBJECT_LIMIT]
    out: list[str] = []
    run, label, end, defect = b"", "", 0, ""
    for found in _WORDS.finditer(value):
        between = value[end : found.start()]
        joins = end > 0 and not between.strip()
        if not joins or found[1].lower() != label:
            text, wrong = decode(run, label) if run else ("", "")
            defect = defect or wrong
            out += [text, "" if joins else between]
            run, label = b"", found[1].lower()
        run += _octets(found[2], found[3])
        end = found.end()
    text, wrong = decode(run, label) if run else ("", "")
    return "".join([*out, text, value[end:]]), defect or wrong


def one_line(text: str) -> str:
    """Return the text as one NFC line: control characters and white space become single spaces. Raises nothing."""
    return nfc(_CONTROL.sub(" ", text).strip())


def nfc(text: str) -> str:
    """Return NFC text without lone surrogates. Raises nothing. Source: RFC 5198 section 3.

    Three letters that NFC would turn into ASCII stay: an address with a Kelvin sign is not the one with a K.
    """
    if text.isascii():
        return text
    text = text.encode("utf-8", "replace").decode("utf-8")
    if not any(letter in text for letter in _ALMOST_ASCII):
        return unicodedata.normalize("NFC", text)
    return "".join(part if part in _ALMOST_ASCII else unicodedata.normalize("NFC", part) for part in _PARTS.split(text))


def _strictly(octets: bytes, name: str) -> str | None:
    try:
        text = octets.decode(name)
        text.encode("utf-8")  # some codecs make lone surrogates
    except (UnicodeError, LookupError, ValueError):
        return None
    return text


def _utf8(octets: bytes) -> str | None:
    text = _strictly(octets, "utf-8")
    if text is None or len(octets) > 40:
        return text
    strange = [letter for letter in text if "\x80" < letter < "\u0400"]
    if 0 < len(strange) <= 2 and not any(letter > "\u0400" for letter in text):
        # «Иә» in KZ-1048 happens to be valid UTF-8 for a Latin letter that nobody writes
        read = kazakh(octets.decode("cp1251", "replace"))
        if _score(read) > 0.5:
            return None
    return text


def _is_no_western(octets: bytes) -> bool:
    """Tell whether most letters stand beyond ASCII and in a row, as in no Western language."""
    sample = octets[:4000]
    runs = len(_HIGH_RUN.findall(sample))
    return runs > 1 and 3 * runs > len(_ASCII_LETTER.findall(sample))


def _cyrillic(octets: bytes, name: str) -> tuple[str, str]:
    text = octets.decode(name, "replace")
    mine = _score(text[:4000])
    if mine < 0.75:  # the label may lie: windows-1251 over KOI8-R and the other way round
        rivals = {other: _score(octets[:4000].decode(other, "replace")) for other in ("cp1251", "koi8_r")}
        other = max(rivals, key=rivals.__getitem__)
        if rivals[other] > mine + 0.15:
            text = octets.decode(other, "replace")
            return kazakh(text) if other == "cp1251" else text, "charset_mislabelled"
    if name != "cp1251":
        return text, ""
    better = kazakh(text)
    return better, "charset_mislabelled" if better != text else ""


def _score(text: str) -> float:
    """How much of what is not ASCII reads like Cyrillic prose: about 0.75 for real words, below 0 for rubbish."""
    points, letters, before = 0.0, 0, " "
    for letter in text:
        if letter > "\x7f":
            letters += 1
            small = letter.lower()
            points += _OFTEN.get(small, 0.5 if letter in _TYPOGRAPHY or small in _MARKS else -1.0)
            if letter != small and before.islower():
                points -= 1.0
        before = letter
    if not letters:
        return 0.0
    return points / letters - (0.1 if text.isupper() else 0.0)  # prose is rarely all capitals, a wrong set often


def _guess(sample: bytes) -> str | None:
    from charset_normalizer import from_bytes  # slow to import, rarely needed

    best = from_bytes(sample, cp_isolation=["utf_8", "cp1251", "koi8_r"]).best()
    return best.encoding if best is not None and best.encoding in ("cp1251", "koi8_r") else None


def _octets(encoding: str, payload: str) -> bytes:
    raw = payload.encode("utf-8", "replace")
    if encoding in "qQ":
        raw = raw.replace(b"\r", b"").replace(b"\n", b"").replace(b"_", b" ")
        return _QP.sub(lambda found: bytes([int(found[1], 16)]), raw)
    raw = _NOT_BASE64.sub(b"", raw)
    if len(raw) % 4 == 1:
        raw = raw[:-1]
    return binascii.a2b_base64(raw + b"=" * (-len(raw) % 4))
