"""Tell a mail that says next to nothing and brings a picture or a document: a photographed request, it may be.

Nothing is opened and nothing is read out of it; what it holds is for a person to see. A placeholder of a picture, a
file's name, a greeting, a sign-off and what a telephone writes below are no text of the person. Serves policy
section 8: a request need not be typed.
"""

from __future__ import annotations

import re

from mailbot.reading.fold import skeleton
from mailbot.reading.message import Message, Part

_DOCUMENT = re.compile(
    r"image/|application/(?:pdf|msword|rtf|vnd\.openxmlformats|vnd\.oasis\.opendocument|octet-stream|x-pdf|vnd\.apple)"
)
_WORD = re.compile(r"[^\W\d_]{2,}")
_FEW, _SOME = 4, 14  # words: nothing said at all; or no more than where the request lies
_LOOKED_AT = 2000  # characters
_LOGO_BYTES = 30_000  # an inline picture below it, under a text, belongs to a signature
_PLACEHOLDER = re.compile(
    r"\[[^\[\]]{1,200}\]|<[^<>]{1,200}>|[^\s\[\]<>]{1,80}\.(?:jpe?g|png|heic|gif|pdf|docx?|rtf|odt)\b", re.IGNORECASE
)
_NOT_TEXT = re.compile(  # of a folded line: greeting, sign-off, what a telephone adds; the rest of it goes with it
    r"(?:салеметсиз|ассалаума|здравствуите|добри(?:и|и день)|доброе утро|hello\b|hi\b|dear\b|good (?:day|morning)"
    r"|с уважением|с ув\b|курметпен|изги ниетпен|(?:best |kind |warm )?regards|sincerely"
    r"|отправлено|жиберилген|\S{1,30} жиберилди|sent from|get outlook|скачать outlook)"
)
_SIGN_OFF = re.compile(r"(?:с уважением|с ув\b|курметпен|изги ниетпен|(?:best |kind |warm )?regards|sincerely)")
_POINTS = re.compile(  # folded: what lies in the file, or that it does
    r"влож|прикреп|прикладив|приложен|прилага|в фаил|скан|фото|заявлен|обращен|письмо|подписал"
    r"|тиркел|тиркед|тиркеп|косимша|фаил|сурет|отиниш|ариз"
    r"|attach|enclos|photo|picture|scan|letter|request|application"
)
_BUSINESS = re.compile(  # folded: what a coach is sent every day
    r"счет|\bчек|квитанц|оплат|накладн|инвоис|реквизит|договор|домашн|домашк|задани|резюме|\bакт\b|акт сверк|урок|занят"
    r"|сертификат|презентац|эссе|ассе|рисун|скриншот|ошибк|расписан|отзив о|прайс|каталог|билет|коммерческ"
    r"|тубиртек|\bшот|толем|толед|тапсирма|келисимшарт|сабак|уи жумис|кесте|скрин"
    r"|invoice|receipt|payment|\bpaid\b|homework|assignment|contract|resume\b|\bcv\b|essay|lesson|certificate"
    r"|screenshot|slides|presentation|schedule|brochure|price|ticket|\berror"
)
_COURTESY = re.compile(r"спасибо|благодар|рахмет|thank|поздравля|куттикта|congrat|праздник|мереке")


def brings_request(message: Message, own: str) -> bool:
    """Return whether next to no own text stands beside a picture or document, and no bill is meant. Raises: nothing."""
    documents = [part for part in message.parts if _DOCUMENT.match(part.content_type)]
    if not documents:
        return False
    folded = _own_words(own[:_LOOKED_AT])
    names = " ".join(part.filename for part in documents)
    everyday = " ".join((folded, skeleton(message.subject[:200]), skeleton(names[:_LOOKED_AT])))
    if _BUSINESS.search(everyday):
        return False
    words = len(_WORD.findall(folded))
    if words and (_COURTESY.search(folded) or words > _FEW) and all(_is_logo(part) for part in documents):
        return False
    pointed = _POINTS.search(folded) is not None
    if _COURTESY.search(folded) and not pointed and words <= _FEW:
        return False
    return words <= _FEW or (words <= _SOME and "?" not in own and pointed)


def _is_logo(part: Part) -> bool:
    return part.content_type.startswith("image/") and part.disposition != "attachment" and part.size_bytes < _LOGO_BYTES


def _own_words(own: str) -> str:
    """Return the folded text without placeholders, greetings and everything from a sign-off on."""
    kept: list[str] = []
    for line in own.split("\n"):
        folded = skeleton(_PLACEHOLDER.sub(" ", line))
        if _SIGN_OFF.match(folded):
            break
        if not _NOT_TEXT.match(folded) or len(_WORD.findall(folded)) > _FEW:
            kept.append(folded)
    return " ".join(kept)
