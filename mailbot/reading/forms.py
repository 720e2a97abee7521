"""Recognise a mail of the site's own form, and read what somebody typed into it (policy section 2, clause 5(1)).

A mail is a form's where its sender is proven to be one that `[[forms]]` names and it bears what that form always
bears; a look-alike is nothing. Labels are compared folded; a value that can't be taken is unclear, never guessed. What
a visitor types may hold a label too, so a label that occurs twice with two values says nothing. Decides nothing.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from mailbot.reading.address import address_key, domain_key
from mailbot.reading.claim import Claim, Extract, Mark, Submission, Unclear
from mailbot.reading.dates import parse_date
from mailbot.reading.fold import fold
from mailbot.reading.header import is_address
from mailbot.reading.message import Message
from mailbot.reading.names import parse_name, repair, split_name
from mailbot.reading.phones import mask, normalise
from mailbot.reading.sender import Evidence
from mailbot.settings import Policy
from mailbot.sources import Form

_ORDERED = tuple(fold(word) for word in ("фамилия", "тегі", "surname", "last name", "фио"))  # a whole name begins so
YES = frozenset(fold(word) for word in ("yes", "да", "иә", "ия", "on", "1", "true", "checked", "ok"))
_LINES = 2_000
_LABEL_LONGEST = 120  # characters
_MARK = re.compile(r"^([^:\t]{1,120}?)\s{0,3}[:\t]\s{0,20}(.{0,2000})$")
_NAMED = re.compile(r"^([^<>]{0,200})<([^<>\s]{3,254})>$")
_PLACE = re.compile(r"[=<>{}\[\]|\\^~$@]|https?:|www\.", re.IGNORECASE)
Pair = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """One form with its labels folded."""

    form: Form
    labels: dict[str, str]  # folded label -> field, "full_name" or "news"
    marks: dict[str, str]  # folded label -> folded value
    subject: tuple[str, ...]  # folded
    senders: frozenset[str]  # keys
    version: str
    own: frozenset[str] = frozenset()  # keys of the mailbox's own addresses: nobody's to type


@dataclass(frozen=True, slots=True, kw_only=True)
class Forms:
    """Every configured form."""

    all: tuple[Compiled, ...] = ()

    def is_sender(self, addr: str) -> bool:
        """Tell whether mails of a form come from that address, as far as From says it."""
        key = address_key(addr)
        return any(key in one.senders for one in self.all)

    def of(self, name: str) -> Compiled:
        """Return the form of that name. Raises StopIteration where there is none."""
        return next(one for one in self.all if one.form.name == name)


@cache
def _table() -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads(files("mailbot.reading").joinpath("forms.toml").read_text("utf-8"))
    return found


def compile_forms(policy: Policy, own: tuple[str, ...] = ()) -> Forms:
    """Return the forms of a policy with their labels folded; `own` are the mailbox's addresses. Raises nothing."""
    keys = frozenset(address_key(addr) for addr in own)
    return Forms(all=tuple(_compiled(form, form.consent or policy.version, keys) for form in policy.forms))


def _compiled(form: Form, version: str, own: frozenset[str]) -> Compiled:
    preset = _table().get(form.preset, {}) if form.preset else {}
    named = form.fields.model_dump()
    labels = {fold(label): name for name, words in named.items() for label in words or preset.get(name, ())}
    return Compiled(
        form=form, labels=labels, marks={fold(label): fold(value) for label, value in form.marks.items()},
        subject=tuple(fold(words) for words in form.subject), version=version, own=own,
        senders=frozenset(address_key(addr) for addr in form.senders),
    )  # fmt: skip


def is_shared(form: Form) -> bool:
    """Tell whether a sender of the form writes for many sites and nothing binds the form further."""
    if form.marks or form.reply_domain:
        return False
    domains = {domain_key(addr.rpartition("@")[2]) for addr in form.senders}
    shared: list[str] = _table()["shared"]["domains"]
    return any(domain == one or domain.endswith(f".{one}") for domain in domains for one in shared)


def submission(message: Message, evidence: Evidence, forms: Forms, today: date | None = None) -> Submission | None:
    """Return what a form's mail brings; None for every mail that is not surely one. Raises nothing."""
    writer = message.writer
    if evidence.level != "authenticated" or writer is None or message.repeated or not forms.is_sender(writer):
        return None
    key, subject = address_key(writer), fold(message.subject)
    for one in forms.all:
        if key not in one.senders or (one.subject and not any(words in subject for words in one.subject)):
            continue
        if not _replies_to(message, one.form.reply_domain):
            continue
        pairs = _pairs(message.text, {*one.labels, *one.marks})
        if _bears(pairs, one.marks) and any(fold(label) in one.labels for label, _ in pairs):
            return submitted(pairs, one, today)
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


def _bears(pairs: Sequence[Pair], marks: dict[str, str]) -> bool:
    """Tell whether each mark stands there once, with its value: a second one was typed by a visitor."""
    found = [(fold(label), fold(value)) for label, value in pairs]
    return all([value for key, value in found if key == label] == [right] for label, right in marks.items())


def _pairs(text: str, labels: Iterable[str]) -> list[Pair]:
    """Return label and value of each row whose label is known: in one line, or the value in the next one."""
    known, found, waits = set(labels), list[Pair](), ""
    for line in text.split("\n", _LINES)[:_LINES]:
        stripped = line.strip()
        if not stripped:
            continue
        marked = _MARK.match(stripped)
        alone = _label(stripped)
        if alone in known:
            waits = alone
        elif marked and _label(marked[1]) in known and marked[2].strip():
            found.append((_label(marked[1]), marked[2].strip()))
            waits = ""
        elif waits:
            found.append((waits, stripped))
            waits = ""
    return found


def _label(text: str) -> str:
    return fold(text.strip(" \t*:•-")) if len(text) <= _LABEL_LONGEST else ""


@dataclass(slots=True)
class _Read:
    """What was taken so far."""

    today: date | None
    own: frozenset[str]
    fields: dict[str, str | None] = field(default_factory=dict)
    emails: list[str] = field(default_factory=list)
    phones: list[str] = field(default_factory=list)
    unclear: list[Unclear] = field(default_factory=list)

    def doubt(self, name: str, text: str, why: str) -> None:
        self.unclear.append(Unclear(field=name, text=mask(text)[0][:80], why=why))


def submitted(pairs: Sequence[Pair], one: Compiled, today: date | None = None) -> Submission:
    """Return what label and value pairs of a form say: the seven fields, what is unclear, and to what was agreed."""
    said: dict[str, dict[str, str]] = {}  # field -> value -> its label
    masked: dict[str, None] = {}
    for label, value in pairs:
        name = one.labels.get(fold(label), "")
        if name and value.strip():
            masked |= dict.fromkeys(mask(value)[1])
            said.setdefault(name, {})[" ".join(value.split())] = fold(label)
    read = _Read(today=today, own=one.own)
    for name, values in said.items():
        if name == "news":
            continue
        if len(values) > 1:
            read.doubt("surname" if name == "full_name" else name, "", "several_values")
        else:
            ((value, label),) = values.items()
            _take(name, label, value, read)
    extract = Extract(
        fields=read.fields, emails=tuple(read.emails), phones=tuple(read.phones), unclear=tuple(read.unclear),
        masked=tuple(masked),
    )  # fmt: skip
    return Submission(
        form=one.form.name, version=one.version, purposes=_purposes(one, said.get("news", {})), extract=extract,
        keep_mail=one.form.keep_mail,
    )  # fmt: skip


def _purposes(one: Compiled, boxes: dict[str, str]) -> tuple[str, ...]:
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
    """Take a whole name, or one word of it; Contact Form 7 writes the address behind it."""
    named = _NAMED.match(value)
    if named:
        _email(named[2], read)
        value = named[1].strip()
    if len(value.split()) == 1:
        _keep("given_name", parse_name(value), value, read)
        return
    parts, why = split_name(value, ordered=ordered)
    if why == "ambiguous_name":  # nothing tells which word is what: kept whole, as it was typed
        read.fields["given_name"] = repair(" ".join(value.split()))
    elif why:
        read.doubt("surname", value, why)
    read.fields |= parts
