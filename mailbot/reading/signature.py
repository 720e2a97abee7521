"""Find where the signature starts: a delimiter, a mail program's own line, or a sign-off with few short lines below.

It looks at lines that quote.py has cleaned of invisible characters, and knows nothing of quotes. Serves RFC 3676
section 4.3 (the "-- " delimiter); the rest is custom, in Kazakh, Russian and English and some neighbours' languages.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

LONGEST = 400  # characters; a longer line is prose, never a heading, a label or a sign-off
_UNDERSCORES = re.compile(r"^_{2,}$")
_DEVICE = (
    r"iphone|ipad|ipod|android|samsung|galaxy|huawei|honor|xiaomi|redmi|mi |oppo|realme|vivo|pixel|nokia|blackberry|"
    r"windows|outlook|почт|mail|yandex|яндекс|gmail|смартфон|телефон|планшет|мобильн|mobile|phone|tablet|device|"
    r"құрылғы|ұялы|iphone'umdan|typeapp|spark|wiko|verizon|htc|sony|lg|proton|handy|bluemail|k-9|thunderbird|tutanota"
)
_SENT_FROM = re.compile(
    r"^(?:sent (?:from|via|with|using) |отправлено (?:с |со |из |через |при помощи |с помощью |от )|"
    r"послано (?:с |из )|написано (?:с |из )|надіслано (?:з |із |за )|gesendet (?:von|mit|über) |"
    r"von meinem .{1,40} gesendet|"
    r"envoyé (?:de|depuis|à partir|avec) |enviado (?:desde|do|a partir|con) |inviato (?:da|dal) |"
    r"verzonden (?:vanaf|met) |"
    r"skickat från |sendt fra |wysłane z |lähetetty )[^,;!?]{1,90}$",
    re.IGNORECASE,
)
_SENT_FROM_END = re.compile(
    r"^[^,;!?]{2,70}(?:жіберілді|жіберілген|жиберилди|gönderildi|gesendet)(?: ?<[^>]*>)?\.?$", re.IGNORECASE
)
_GET_APP = re.compile(
    r"^(?:get|скачать|загрузить|загрузите|скачайте|отримати|завантажити|télécharger|holen sie sich|obtener|жүктеп алу)"
    r".{0,4} ?(?:outlook|приложение outlook|bluemail|spark|яндекс|почту mail)[^,;!?]{0,90}$",
    re.IGNORECASE,
)
_LINK = re.compile(r" ?<[^<>]{0,300}>|https?://\S{1,300}")
_DEVICE_WORD = re.compile(_DEVICE, re.IGNORECASE)

_SIGN_OFF = re.compile(
    r"^(?:с (?:большим |глубоким |искренним )?уважением|с наилучшими пожеланиями|с пожеланиями|"
    r"всего (?:доброго|хорошего|наилучшего)|"
    r"искренне ваша?|с почтением|құрметпен|курметпен|зор құрметпен|ізгі ниетпен|изги ниетпен|игі ниетпен|ізгі тілекпен|"
    r"ізгі тілектермен|сәлеммен|qurmetpen|kurmetpen|(?:kind|best|warm|with(?: kind| best)?|many)? ?regards|"
    r"best wishes|all the best|"
    r"yours (?:sincerely|faithfully|truly)|sincerely(?: yours)?|respectfully|cheers|з повагою|mit freundlichen grüßen|"
    r"mfg|viele grüße|cordialement|bien à vous|saludos(?: cordiales)?|atentamente|saygılarımla|"
    r"saygılarımızla)(?![\w-])",
    re.IGNORECASE,
)
_THANKS = re.compile(
    r"^(?:көп |үлкен )?(?:рахмет|алдын ала рахмет|спасибо|заранее (?:спасибо|благодарю)|"
    r"благодарю|thanks|thank you|many thanks|best|"
    r"thanks in advance)[\s,.!)]{0,4}$",
    re.IGNORECASE,
)
_NAME_LINE = re.compile(r"^[^\W\d_][\w'’.-]{0,30}(?: [^\W\d_][\w'’.-]{0,30}){0,3}$")
_POSTSCRIPT = re.compile(r"^(?:p\. ?s|п\. ?с|з\. ?ы|ps|пс|зы|қосымша)[.:) ]", re.IGNORECASE)
_SIGNATURE_LINES = 10
_SIGNATURE_WIDTH = 100


def next_text(views: Sequence[str], number: int) -> int:
    """Return the first line from `number` on that is not blank, `len(views)` where none is. Raises: nothing."""
    while number < len(views) and not views[number]:
        number += 1
    return number


def signature_start(views: Sequence[str], start: int, end: int) -> int:
    """Return the first line of the signature among own lines `start` to `end`, `end` where there is none.

    `views` are cleaned lines. Raises: nothing. Source: RFC 3676 section 4.3.
    """
    above = False
    tail = _tail(views, start, end)
    first = next_text(views, start)
    if start and first < end and first >= tail and _UNDERSCORES.match(views[first]):
        return first  # a mailing list's footer below the quote
    for number in range(start, end):
        view = views[number]
        if not view or len(view) > LONGEST:
            above = above or bool(view)
            continue
        if (
            view in ("--", "- -")
            or (number >= tail and above and view in ("—", "–"))
            or (above and _is_program_line(view))
        ):
            return number
        if number >= tail and _is_sign_off(views, number, end):
            return number
        if not above and _is_program_line(view) and next_text(views, number + 1) >= end:
            return number
        above = True
    return end


def _tail(views: Sequence[str], start: int, end: int) -> int:
    """Return the line from which so few and so short lines follow that they can be a signature."""
    seen = 0
    for number in range(end - 1, start - 1, -1):
        if views[number]:
            seen += 1
            if seen > _SIGNATURE_LINES or len(views[number]) > _SIGNATURE_WIDTH:
                return number + 1
    return start


def _is_program_line(view: str) -> bool:
    view = _LINK.sub("", view)
    if _GET_APP.match(view):
        return True
    return bool((_SENT_FROM.match(view) or _SENT_FROM_END.match(view)) and _DEVICE_WORD.search(view))


def _is_sign_off(views: Sequence[str], number: int, end: int) -> bool:
    view = views[number]
    if _SIGN_OFF.match(view):
        return len(view) <= 80
    if not _THANKS.match(view):
        return False
    below = next_text(views, number + 1)
    return below < end and bool(_NAME_LINE.match(views[below]))


def is_postscript(view: str) -> bool:
    """Tell whether a line opens a postscript, which is the person's own again. Raises: nothing."""
    return bool(_POSTSCRIPT.match(view))
