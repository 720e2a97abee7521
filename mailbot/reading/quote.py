"""Split a mail's text into what the person wrote now, the signature, and quoted history.

Structure comes first (`>` lines, header blocks, delimiter lines, the shape of a quote heading), words of a language
second, so that an unknown mail client is still cut in the right place. Every line of the input is kept in exactly one
of the three parts. It renders no HTML (parse.py) and reads no meaning (classify.py, extract.py).

Serves RFC 3676 section 4.3 (the "-- " delimiter) and 4.5 (quoting); a quoted line that is acted upon is worse than an
own line that is not.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mailbot.reading.signature import LONGEST, is_postscript, next_text, signature_start

_INVISIBLE = re.compile("[\u200b-\u200f\u2060\ufeff\u00ad\u202a-\u202c\u2066\u2067\u2069]")
_HEADING_LINES = 3

_VERB = (
    r"(?:wrote|writes|said|escreveu|escribió|ha scritto|a écrit|schrieb|schreef|skrev|kirjoitti|napisała?|napisał\(a\)|"
    r"пишет|писала?|писал\(а\)|пише|пишет\(а\)|написала?|написал\(а\)|написав|написав\(ла\)|сообщает|"
    r"жазды|жазған|жазған еді|жазып жіберді|yazdı|şunu yazdı|şöyle yazdı|zhazdy|jazdy)"
)
_ENDS_IN_VERB = re.compile(rf"(?:^|[\s>)\"»,]){_VERB}\s?(?:[:：]|-{{2,}})?$", re.IGNORECASE)
_HAS_VERB = re.compile(rf"(?:^|[\s>)\"»,]){_VERB}(?![\w-])", re.IGNORECASE)
_SHORT_VERB = re.compile(rf"^(?:[\w.'’\"«»<>@()+-]+ ){{1,5}}{_VERB} ?[:：]$", re.IGNORECASE)
_DATE = re.compile(r"(?<!\d)(?:\d{1,2}[:.]\d{2}(?!\d)|(?:19|20)\d{2}(?!\d)|\d{1,2}[./-]\d{1,2}[./-]\d{2,4})")
_START = re.compile(
    r"^(?:-{2,} )?(?:on|le|am|il|el|em|op|den|dne|w dniu|dnia|in data|пользователь|"
    r"пн|вт|ср|чт|пт|сб|вс|дс|сс|бс|жм|сб|жс|понедельник|вторник|среда|среду|четверг|пятница|пятницу|суббота|субботу|"
    r"воскресенье|дүйсенбі|сейсенбі|сәрсенбі|бейсенбі|жұма|сенбі|жексенбі|нд|"
    r"mon|tue|wed|thu|fri|sat|sun|monday|tuesday|wednesday|thursday|friday|saturday|sunday|"
    r"[a-zäöå]{2,4}\.? \d{1,2}\.|\d{1,4}[ ./-])(?:[\s,.]|(?<=[ ./-]))",
    re.IGNORECASE,
)

_FORWARD_WORDS = (
    "original message|original-nachricht|ursprüngliche nachricht|message d'origine|message original|"
    "message transféré|mensaje original|mensaje reenviado|messaggio originale|mensagem original|oprindelig besked|"
    "originalmeddelande|alkuperäinen viesti|oorspronkelijk bericht|forwarded message|weitergeleitete nachricht|"
    "forwarded by|begin forwarded message|исходное сообщение|оригинальное сообщение|первоначальное сообщение|"
    "пересылаемое сообщение|пересланное сообщение|пересылаемое письмо|начало переадресованного сообщения|"
    "начало пересылаемого сообщения|перенаправленное сообщение|цитируемое сообщение|оригінальне повідомлення|"
    "вихідне повідомлення|пересилане повідомлення|переслане повідомлення|түпнұсқа хабарламасы|түпнұсқа хабарлама|"
    "бастапқы хабарлама|бастапқы хат|қайта жіберілген хабарлама|қайта бағытталған хабарлама|бағытталған хабарлама|"
    "жіберілген хабарлама|orijinal mesaj|özgün ileti|iletilen mesaj|yönlendirilen ileti|wrote|"
    "reply above this line|replied message|original email|түпнұсқа хат|пересылаемое|исходное письмо"
)
_DELIMITED = re.compile(rf"^[-_=*—– ]{{2,}}(?:{_FORWARD_WORDS})[^-_=*—–]{{0,80}}[-_=*—– :]{{1,}}$", re.IGNORECASE)
_BARE_FORWARD = re.compile(
    r"^(?:begin forwarded message|forwarded message|начало переадресованного сообщения|"
    r"начало пересылаемого сообщения|пересылаемое сообщение|исходное сообщение|бастапқы хабарлама|"
    r"қайта жіберілген хабарлама|anfang der weitergeleiteten nachricht|début du message réexpédié|"
    r"inizio messaggio inoltrato|inicio del mensaje reenviado|iletilen ileti başlangıcı) ?:$",
    re.IGNORECASE,
)
MARKERS = {
    "kk": "Жауабыңызды осы жолдың үстіне жазыңыз",
    "ru": "Ответ пишите над этой строкой",
    "en": "Please write your answer above this line",
}  # the first line of our own mails that wait for an answer, so that our text is never read as the person's
_OURS = frozenset(marker.casefold() for marker in MARKERS.values())
_RULE = re.compile(r"^(?:[-_=*—–─] ?){3,}$")

_HEADER_WORDS: dict[str, str] = {
    "from": "from|от|от кого|отправитель|кімнен|жіберуші|кімнен келді|von|de|da|від|від кого|gönderen|kimden|van|"
    "från|fra|"
    "lähettäjä|expéditeur|od|kimnen",
    "sent": "sent|date|отправлено|дата|жіберілді|жіберілген|жіберілген күні|күні|gesendet|datum|envoyé|envoyé le|"
    "date d'envoi|enviado|enviado el|fecha|data|inviato|дата відправлення|надіслано|gönderildi|gönderme tarihi|tarih|"
    "verzonden|skickat|sendt|dato|lähetetty|message du|дата и время|отправлено в|enviada em|wysłano|zhiberildi",
    "to": "to|кому|кімге|алушы|an|à|a|para|кому|alıcı|kime|aan|till|til|vastaanottaja|kopia|destinataire|получатель|"
    "до|do|kimge",
    "cc": "cc|копия|көшірме|көшірмесі|kopie|копія|bilgi|bcc|скрытая копия|reply-to|ответить|reply to",
    "subject": "subject|тема|тақырып|тақырыбы|betreff|objet|asunto|oggetto|assunto|konu|onderwerp|ämne|emne|aihe|sujet|"
    "temat|takyryp|takyryby",
}
_HEADERS = {word: kind for kind, words in _HEADER_WORDS.items() for word in words.split("|")}
_HEADER_LABEL = re.compile(r"^[*_\s]{0,4}([^\W\d_][\w'’ -]{0,24}?)[*_ ]{0,3}[:：]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """One text in three parts; lines keep their order, outer blank lines are gone."""

    own: str
    signature: str
    quoted: str


def split(text: str) -> Split:
    """Split a body into own text, signature and quoted history.

    `text` is plain text with LF or CRLF line ends; every non-blank line of it is in exactly one part, unchanged but for
    its line end. Time is linear in the length. Raises: nothing. Source: RFC 3676 sections 4.3 and 4.5.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    views = [_view(line) for line in lines]
    marks = ["o"] * len(lines)
    _mark_quotes(views, marks)
    _mark_signatures(views, marks)
    own, signature, quoted = (
        "\n".join(line for line, mark in zip(lines, marks, strict=True) if mark == part).strip("\r\n") for part in "osq"
    )
    return Split(own=_trim(own), signature=_trim(signature), quoted=_trim(quoted))


def _trim(text: str) -> str:
    """Drop blank lines at both ends, and nothing of a line that has text."""
    lines = text.split("\n")
    while lines and not lines[-1].strip():
        lines.pop()
    first = next((number for number, line in enumerate(lines) if line.strip()), len(lines))
    return "\n".join(lines[first:])


def _view(line: str) -> str:
    """Return the line as its reader sees it: no invisible characters, plain single-width blanks, no outer blanks."""
    if len(line) > 2 * LONGEST:
        line = line.lstrip()[: 2 * LONGEST]  # still too long for a heading, and cheap to look at
    return " ".join(_INVISIBLE.sub("", line).split())


def _mark_quotes(views: Sequence[str], marks: list[str]) -> None:
    above = False  # whether own text stands above
    headers = [_header(view) for view in views]
    for number, view in enumerate(views):
        if view.startswith(">"):
            marks[number] = "q"
            if number == 0 or not views[number - 1].startswith(">"):
                _mark_heading_above(views, marks, number)
        elif view and (length := _cut(views, number, above) or _is_header_block(views, headers, number)):
            below = next_text(views, number + length)
            if below < len(views) and views[below].startswith(">"):
                marks[number : number + length] = ["q"] * length
                continue
            marks[number:] = ["q"] * (len(views) - number)
            _mark_rule_above(views, marks, number)
            return
        elif number and marks[number - 1] == "q" and _is_wrapped(views, number):
            marks[number] = "q"
        above = above or bool(view and not view.startswith(">"))


def _is_wrapped(views: Sequence[str], number: int) -> bool:
    """Tell whether a line without `>` is the broken-off end of the long `>` line above."""
    above, view = views[number - 1], views[number]
    below = views[number + 1] if number + 1 < len(views) else ""
    if not (above.startswith(">") and len(above) >= 60 and view and (not below or below.startswith(">"))):
        return False
    return above[-1] not in ".?!:" and view[0].islower()


def _mark_rule_above(views: Sequence[str], marks: list[str], number: int) -> None:
    """Give a line of underscores above a header block to the quote."""
    number -= 1
    while number >= 0 and (not views[number] or _RULE.match(views[number])):
        marks[number] = "q"
        number -= 1


def _mark_heading_above(views: Sequence[str], marks: list[str], number: int) -> None:
    """Mark the heading of the `>` block that starts at `number`, whatever its language."""
    last = number - 1
    while last >= 0 and number - last <= 2 and not views[last]:
        last -= 1
    if last < 0 or marks[last] != "o":
        return
    view = views[last]
    if len(view) > LONGEST or not (view.endswith((":", "：")) or _ENDS_IN_VERB.search(view)):
        return
    known = _opens(view) and _is_heading(view)
    first = last
    for start in range(last - 1, max(last - _HEADING_LINES, -1), -1):
        if known or not views[start] or marks[start] != "o" or len(views[start]) > LONGEST:
            break
        if _opens(views[start]):
            first = start
            break
    for line in range(first, last + 1):
        marks[line] = "q"


def _cut(views: Sequence[str], number: int, above: bool) -> int:
    """Return how many lines the mark that starts quoted history at this line has, 0 where there is none."""
    view = views[number]
    if len(view) > LONGEST:
        return 0
    if view.casefold() in _OURS or _DELIMITED.match(view) or _BARE_FORWARD.match(view):
        return 1
    if above and view.endswith(":") and _SHORT_VERB.match(view):
        return 1
    return _heading(views, number)


def _is_header_block(views: Sequence[str], headers: Sequence[str | None], number: int) -> bool:
    """Tell whether two or more labels of a header (From, Sent, To, Subject) stand on adjacent lines from here."""
    if not headers[number]:
        return False
    kinds: set[str] = set()
    strangers = 0
    for view, kind in zip(views[number : number + 9], headers[number : number + 9], strict=True):
        if kind:
            kinds.add(kind)
        elif view or strangers:  # one folded line inside the block is no end of it
            strangers += 1
            if strangers > 2 or not view:
                break
    return len(kinds) >= 2 and ("from" in kinds or len(kinds) >= 3)


def _header(view: str) -> str | None:
    found = _HEADER_LABEL.match(view) if len(view) <= LONGEST else None
    return _HEADERS.get(found.group(1).strip().casefold()) if found else None


def _heading(views: Sequence[str], number: int) -> int:
    """Return how many lines a quote heading that starts here has, 0 where none does."""
    joined = ""
    for length in range(1, _HEADING_LINES + 1):
        end = number + length
        if end > len(views) or not views[end - 1]:
            return 0
        joined = f"{joined} {views[end - 1]}".strip()
        if len(joined) > LONGEST:
            return 0
        if length > 1 and not (_opens(views[number]) or "@" in views[number]):
            return 0
        if any(_opens(views[start]) and _is_heading(" ".join(views[start:end])) for start in range(number + 1, end)):
            return 0  # the heading starts further down: this line is the person's own
        if _is_heading(joined):
            return length
    return 0


def _opens(view: str) -> bool:
    """Tell whether a line looks like the first of a quote heading: a weekday, "On" or a number, and a date."""
    return bool(_START.match(view) and _DATE.search(view))


def _is_heading(view: str) -> bool:
    colon = view.endswith((":", "："))
    if not colon and not _ENDS_IN_VERB.search(view):
        return False
    date, address = bool(_DATE.search(view)), "@" in view
    if _HAS_VERB.search(view):
        return date or address
    return colon and date and address


def _mark_signatures(views: Sequence[str], marks: list[str]) -> None:
    """Mark what follows a delimiter, a mail program's own line or a sign-off, down to the next quoted line."""
    start = 0
    while start < len(views):
        if marks[start] == "q":
            start += 1
            continue
        end = start
        while end < len(views) and marks[end] != "q":
            end += 1
        first = signature_start(views, start, end)
        last = end
        for number in range(first, end):
            if number > first and is_postscript(views[number]):
                last = number
                break
        marks[first:last] = ["s"] * (last - first)
        start = end
