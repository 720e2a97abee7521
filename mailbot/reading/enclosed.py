"""Tell a mail that says next to nothing and brings a picture or a document: a photographed request, it may be.

Nothing is opened and nothing is read out of it; what it holds is for a person to see. Serves policy section 8: a
request need not be typed.
"""

from __future__ import annotations

import re

from mailbot.reading.fold import skeleton
from mailbot.reading.message import Message

_DOCUMENT = re.compile(
    r"image/|application/(?:pdf|msword|rtf|vnd\.openxmlformats|vnd\.oasis\.opendocument|octet-stream|x-pdf|vnd\.apple)"
)
_WORD = re.compile(r"[^\W\d_]{2,}")
_FEW, _SOME = 4, 14  # words: nothing said at all; or no more than where the request lies
_POINTS = re.compile(  # folded: what lies in the file, or that it does
    r"влож|прикреп|приложен|в фаил|скан|фото|заявлен|обращен|письмо"
    r"|тиркел|тиркед|тиркеп|косымша|файл|сурет|отиниш|арыз"
    r"|attach|enclos|photo|picture|scan|letter|request|application"
)
_BUSINESS = re.compile(  # folded: what a coach is sent every day
    r"счет|чек\b|чеки\b|квитанц|оплат|накладн|инвоис|реквизит|договор|домашн|задани|резюме"
    r"|тубиртек|шот\b|толем|тапсырма|келисимшарт|invoice|receipt|payment|paid|homework|contract|resume\b|cv\b"
)


def brings_request(message: Message, own: str) -> bool:
    """Return whether next to no own text stands beside a picture or document, and no bill is meant. Raises: nothing."""
    if not any(_DOCUMENT.match(part.content_type) for part in message.parts):
        return False
    folded = skeleton(own[:2000])
    if _BUSINESS.search(folded) or _BUSINESS.search(skeleton(message.subject[:200])):
        return False
    words = len(_WORD.findall(folded))
    return words <= _FEW or (words <= _SOME and "?" not in own and _POINTS.search(folded) is not None)
