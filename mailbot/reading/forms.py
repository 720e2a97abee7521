"""Recognise a mail of the site's own form, and read what somebody typed into it (policy section 2, clause 5(1)).

A mail is a form's where its sender is proven to be one that `[[forms]]` names and it bears what that form always
bears; a look-alike is nothing. Labels are compared folded; a value that can't be taken is unclear, never guessed. What
a visitor types may hold a label too, so a label that occurs twice with two values says nothing. Decides nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from mailbot.reading.address import address_key, domain_key
from mailbot.reading.claim import Claim, Extract, Mark, Submission, Unclear
from mailbot.reading.dates import parse_date
from mailbot.reading.fold import fold
from mailbot.reading.formrows import Row, label_key, rows_of
from mailbot.reading.formset import Compiled, Forms
from mailbot.reading.header import is_address
from mailbot.reading.message import Message
from mailbot.reading.names import parse_name, repair, split_name
from mailbot.reading.phones import mask, normalise
from mailbot.reading.sender import Evidence

_ORDERED = tuple(fold(word) for word in ("фамилия", "тегі", "surname", "last name", "фио"))  # a whole name begins so
YES = frozenset(fold(word) for word in ("yes", "да", "иә", "ия", "on", "1", "true", "checked", "ok"))
_NAMED = re.compile(r"^([^<>]{0,200})<([^<>\s]{3,254})>$")
_PLACE = re.compile(r"[=<>{}\[\]|\\^~$@]|https?:|www\.", re.IGNORECASE)
# Defects of a mail whose text may not be what was written, or not all of it.
UNREADABLE = frozenset(("parser_failed", "body_unread", "body_cut", "text_cut", "too_deep", "too_many_parts"))


def submission(message: Message, evidence: Evidence, forms: Forms, today: date | None = None) -> Submission | None:
    """Return what a form's mail brings; None for every mail that is not surely one. Raises nothing."""
    writer = message.writer
    if evidence.level != "authenticated" or writer is None or message.repeated or not forms.is_sender(writer):
        return None
    key, subject = address_key(writer), fold(message.subject)
    readable = message.complete and UNREADABLE.isdisjoint(message.defects)
    for one in forms.all:
        if key not in one.senders or (one.subject and not any(words in subject for words in one.subject)):
            continue
        if not _replies_to(message, one.form.reply_domain):
            continue
        rows = rows_of(message.text, one.known) if readable else None
        if rows is None and not one.marks:
            return submitted((), one, today)  # surely that sender's: the operator looks at it
        if rows and _bears(rows, one.marks) and any(row.label in one.labels for row in rows):
            return submitted(rows, one, today)
    return None


def claim_of(typed: Submission) -> Claim:
    """Return the claim of a form: it asks nothing by a mark, and never acts by a rung. Raises nothing."""
    blank = Mark(kind=None, rung="none", tag=None, language=None)
    return Claim(
        kind="form", rung="none", tag=None, where=None, language="ru", subject=blank, paragraph=blank,
        extract=typed.extract, submission=typed,
    )  # fmt: skip


def _replies_to(message: Message, domain: str) -> bool:
    if not domain:
        return True
    found = {domain_key(address.addr.rpartition("@")[2]) for address in message.reply_to}
    return found == {domain_key(domain)}


def _bears(rows: Sequence[Row], marks: dict[str, str]) -> bool:
    """Tell whether each mark stands there once, with its value: a second one was typed by a visitor."""
    return all([fold(row.value) for row in rows if row.label == label] == [right] for label, right in marks.items())


@dataclass(slots=True)
class _Read:
    """What was taken so far."""

    today: date | None
    own: frozenset[str]
    whole_name: bool = False
    fields: dict[str, str | None] = field(default_factory=dict)
    emails: list[str] = field(default_factory=list)
    phones: list[str] = field(default_factory=list)
    unclear: list[Unclear] = field(default_factory=list)

    def doubt(self, name: str, text: str, why: str) -> None:
        self.unclear.append(Unclear(field=name, text=mask(text)[0][:80], why=why))


def pairs_of(pairs: Iterable[tuple[str, str]]) -> list[Row]:
    """Return the rows of what was posted: label and value. Raises nothing."""
    return [Row(label=label_key(label), value=value) for label, value in pairs if value.strip()]


def submitted(rows: Sequence[Row], one: Compiled, today: date | None = None) -> Submission:
    """Return what the rows of a form say: the seven fields, what is unclear, and to what was agreed. Raises nothing."""
    read = _Read(today=today, own=one.own)
    said: dict[str, dict[str, Row]] = {}  # field -> the value compared -> its row
    masked: dict[str, None] = {}
    for name, row in _named(rows, one.labels):
        masked |= dict.fromkeys(mask(row.value)[1])
        said.setdefault(name, {}).setdefault(_compared(name, row.value), row)
    for name, values in said.items():
        if name != "news":
            _take_one(name, _longest_name(values) if name == "full_name" else list(values.values()), read)
    extract = Extract(
        fields=read.fields, emails=tuple(read.emails), phones=tuple(read.phones), unclear=tuple(read.unclear),
        masked=tuple(masked),
    )  # fmt: skip
    boxes = [row.value for row in said.get("news", {}).values() if not row.late]
    return Submission(
        form=one.form.name, version=one.version(today), purposes=_purposes(one, boxes), extract=extract,
        whole_name=read.whole_name, keep_mail=one.form.keep_mail,
    )  # fmt: skip


def _named(rows: Sequence[Row], labels: dict[str, str]) -> Iterator[tuple[str, Row]]:
    """Yield field and row; Contact Form 7 writes name and address in one."""
    for row in rows:
        name, value = labels.get(row.label, ""), " ".join(row.value.split())
        both = _NAMED.match(value) if name == "full_name" else None
        if both:
            yield "email", replace(row, value=both[2])
            value = both[1].strip()
        if name and value:
            yield name, replace(row, value=value)


def _compared(name: str, value: str) -> str:
    """Return what two rows of one field are compared by: the same address in capitals is the same."""
    if name == "email":
        return address_key(value.removeprefix("mailto:").strip("<> "))
    return normalise(value)[0] or value if name == "phone" else fold(value)


def _longest_name(values: dict[str, Row]) -> list[Row]:
    """Return the one name that holds all the others («Нина» and «Нина Тихая»), else each."""
    longest = max(values, key=len)
    held = all(set(key.split()) <= set(longest.split()) for key in values)
    return [values[longest]] if held else list(values.values())


def _take_one(name: str, rows: list[Row], read: _Read) -> None:
    if len(rows) > 1 or rows[0].late:
        why = "several_values" if len(rows) > 1 else "below_free_text"
        read.doubt("surname" if name == "full_name" else name, rows[0].value if len(rows) == 1 else "", why)
    else:
        _take(name, rows[0].label, rows[0].value, read)


def _purposes(one: Compiled, boxes: list[str]) -> tuple[str, ...]:
    """Return to what was agreed: the news only by a ticked box, where the form has one."""
    ticked = len(boxes) == 1 and all(fold(value) in YES for value in boxes)
    has_box = "news" in one.labels.values()
    return tuple(purpose for purpose in one.form.purposes if purpose != "news" or ticked or not has_box)


def _take(name: str, label: str, value: str, read: _Read) -> None:
    if name == "full_name":
        _full_name(value, read, ordered=label.startswith(_ORDERED))
    elif name == "email":
        _email(value, read)
    elif name == "phone":
        number, why = normalise(value)
        if number:
            read.fields["phone"] = number
            read.phones.append(number)
        else:
            read.doubt("phone", value, why or "not_a_phone")
    elif name == "birth_date":
        _keep(name, parse_date(value, "ru", today=read.today), value, read)
    elif name == "birth_place":
        sound = len(value) <= 200 and not _PLACE.search(value) and re.search(r"[^\W\d_]", value) is not None
        _keep(name, (value, "") if sound else ("", "not_a_place"), value, read)
    else:
        _keep(name, parse_name(value), value, read)


def _keep(name: str, found: tuple[str, str], text: str, read: _Read) -> None:
    value, why = found
    if why:
        read.doubt(name, text, why)
    else:
        read.fields[name] = value


def _email(value: str, read: _Read) -> None:
    addr = value.removeprefix("mailto:").strip("<> ")
    if is_address(addr) and "." in addr.rpartition("@")[2] and address_key(addr) not in read.own:
        read.fields["email"] = addr
        read.emails.append(addr)
    else:
        read.doubt("email", value, "not_an_address")


def _full_name(value: str, read: _Read, *, ordered: bool) -> None:
    """Take a whole name, or one word of it."""
    if len(value.split()) == 1:
        _keep("given_name", parse_name(value), value, read)
        return
    parts, why = split_name(value, ordered=ordered)
    if why == "ambiguous_name":  # nothing tells which word is what: kept whole, as it was typed
        read.whole_name = True
        read.fields["given_name"] = repair(" ".join(value.split()))
    elif why:
        read.doubt("surname", value, why)
    read.fields |= parts
