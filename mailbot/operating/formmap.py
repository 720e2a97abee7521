"""Learns from the mailbox which mails the site's forms send, and proposes `[[forms]]` for policy.toml.

It only proposes, and no value that a visitor typed stands in what it proposes: labels that most mails of a sender
bear, and values that are the same in the mails of different people below a label of the form itself.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from mailbot.ports import Mailbox
from mailbot.reading.address import address_key, domain_key
from mailbot.reading.fold import fold
from mailbot.reading.header import is_address
from mailbot.reading.labels import LABEL_LONGEST, label_of
from mailbot.reading.message import Message
from mailbot.reading.parse import parse
from mailbot.reading.phones import find_phones, mask

FEWEST_MAILS = 3
FEWEST_PEOPLE = 3  # one visitor who sends a form three times would make his own data look constant
SAMPLE = 12  # newest mails of a sender that are read
SENDERS = 40  # with the most mails, that are looked at
SHARE = 2 / 3  # of a sender's mails must bear a label
MARK_LONGEST = 80
FIELDS = (
    "surname", "given_name", "patronymic", "full_name", "email", "phone", "birth_date", "birth_place",
)  # fmt: skip
_ROW = re.compile(rf"\s*([^:\t]{{1,{LABEL_LONGEST}}}?)\s*(?::(?!//)\s*|\t+)(.*)")
_ADDRESS = re.compile(r"[^\s@<>,;:\"()\[\]]+@[^\s@<>,;:\"()\[\]]+\.[^\s@<>,;:\"()\[\]]+")
_MANY_DIGITS = re.compile(r"\d(?:\D?\d){4}")
_OF_THE_FORM = re.compile(r"(?<!\w)(?:form|форм|нысан|page|страниц|бет(?:і)?(?!\w)|site|сайт|website)")
_WORD = re.compile(r"\w+")
_HOUSES = {
    "tilda.ws": "tilda", "tilda.cc": "tilda", "tildacdn.com": "tilda", "wix.com": "wix", "wixsite.com": "wix",
    "wix-forms.com": "wix", "wixforms.com": "wix",
}  # fmt: skip
_SAYINGS = (
    ("contact-form-7", ("sent from a contact form on", "отправлено с контактной формы", "отправлено из контактной")),
    ("wpforms", ("wpforms",)),
    ("tilda", ("tilda",)),
    ("google-forms", ("google forms", "google формы", "docs.google.com/forms")),
    ("wix", ("wix.com",)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """One `[[forms]]` that may be added; it holds nothing that a visitor typed."""

    name: str
    preset: str
    sender: str
    mails: int  # of that sender
    subject: str = ""  # words that stand in the subject of every mail that was read
    fields: dict[str, tuple[str, ...]] = field(default_factory=dict)
    marks: dict[str, str] = field(default_factory=dict)


def propose(mailbox: Mailbox) -> list[Proposal]:
    """Look through the mailbox; return what its form mails speak for. Raises MailboxUnavailable, MailboxRefused.

    Of the headers the From alone is kept; of bodies the newest of at most SENDERS senders.
    """
    newest, counts = _senders(mailbox)
    most = [key for key, count in counts.most_common(SENDERS) if count >= FEWEST_MAILS]
    of = {uid: key for key in most for uid in newest[key]}
    found: defaultdict[str, list[Message]] = defaultdict(list)
    for batch in mailbox.pick(sorted(of)):
        for raw in batch:
            found[of[raw.uid]].append(parse(raw.octets, complete=raw.complete))
    proposals: list[Proposal] = []
    for key in most:
        proposal = learn(key, found[key], counts[key], taken={each.name for each in proposals})
        proposals += [proposal] if proposal else []
    return proposals


def _senders(mailbox: Mailbox) -> tuple[dict[str, deque[int]], Counter[str]]:
    """Return the newest UIDs and the number of mails of each sender."""
    newest: defaultdict[str, deque[int]] = defaultdict(lambda: deque(maxlen=SAMPLE))
    counts: Counter[str] = Counter()
    for batch in mailbox.headers(None):
        for raw in batch:
            message = parse(raw.octets, complete=False)
            if message.writer and is_address(message.writer) and not message.in_reply_to:
                key = address_key(message.writer)
                newest[key].append(raw.uid)
                counts[key] += 1
    return newest, counts


def learn(sender: str, messages: Sequence[Message], mails: int, taken: Iterable[str] = ()) -> Proposal | None:
    """Return what the mails of one sender speak for, None where they are no form's. Pure."""
    preset = _preset(sender, messages)
    read = [(message, dict(_pairs(message.text))) for message in messages if message.complete]
    bearing = [(message, rows) for message, rows in read if _contacts(rows)]
    people = {contact for _message, rows in bearing for contact in _contacts(rows)[:1]}
    if len(bearing) < FEWEST_MAILS or len(people) < FEWEST_PEOPLE:
        return None
    tables = [rows for _message, rows in bearing]
    labels = _common(tables)
    fields = _fields(labels, tables)
    if not preset and not {"email", "phone"} & set(fields):
        return None
    of_people = {label for each in fields.values() for label in each}
    return Proposal(
        name=_name(preset, sender, set(taken)), preset=preset, sender=sender, mails=mails, fields=fields,
        subject=_subject(bearing), marks=_marks([label for label in labels if label not in of_people], tables),
    )  # fmt: skip


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    """Yield label and value: on one line behind a colon or a tab, or a known label alone above its value."""
    waiting = ""
    for line in text.splitlines():
        if not line.strip():
            continue
        found = _ROW.fullmatch(line)
        if found and _is_label(found[1]):
            waiting = "" if found[2].strip() else found[1].strip()
            if found[2].strip():
                yield found[1].strip(), found[2].strip()
            continue
        alone = label_of(line.strip(" \t-–—*#"))
        if not found and alone is not None and alone.field in FIELDS:
            waiting = line.strip(" \t-–—*#")
        elif waiting:
            yield waiting, line.strip()
            waiting = ""


def _is_label(text: str) -> bool:
    """Tell whether that may be a label of a form: no address, no number of somebody, no sentence."""
    short = len(text.split()) <= 8
    return short and text.isprintable() and "@" not in text and not _MANY_DIGITS.search(text) and "//" not in text


def _contacts(rows: dict[str, str]) -> list[str]:
    """Return the addresses and phones that stand as values, addresses first."""
    addresses = [address_key(found[0]) for value in rows.values() if (found := _ADDRESS.search(value))]
    phones = [phone.number for value in rows.values() for phone in find_phones(mask(value)[0]) if phone.number]
    return [*addresses, *phones]


def _common(tables: Sequence[dict[str, str]]) -> list[str]:
    """Return the labels that most of the mails bear, in the order of first sight."""
    counts = Counter(label for rows in tables for label in rows)
    return [label for label, count in counts.items() if count >= max(FEWEST_MAILS, SHARE * len(tables))]


def _fields(labels: Iterable[str], tables: Sequence[dict[str, str]]) -> dict[str, tuple[str, ...]]:
    """Return the labels of each of the seven fields: by the label's words, else by what its values are."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for label in labels:
        known = label_of(label)
        if known and known.field == "other":
            continue
        name = known.field if known and known.field in FIELDS and not known.cue else ""
        if name in ("", "email", "phone"):
            name = _by_value([rows[label] for rows in tables if label in rows])
        if name:
            found[name].append(label)
    return {name: tuple(found[name]) for name in FIELDS if found[name]}


def _by_value(values: Sequence[str]) -> str:
    """Return email or phone where most values are such a thing and nothing else."""
    if sum(bool(_ADDRESS.fullmatch(value)) for value in values) >= SHARE * len(values):
        return "email"
    return "phone" if sum(map(_is_phone, values)) >= SHARE * len(values) else ""


def _is_phone(value: str) -> bool:
    found = find_phones(mask(value)[0])
    return len(found) == 1 and bool(found[0].number) and not (value[: found[0].start] + value[found[0].end :]).strip()


def _marks(labels: Iterable[str], tables: Sequence[dict[str, str]]) -> dict[str, str]:
    """Return the form's own labels whose value is the same in every mail: its id, its name, its page."""
    marks: dict[str, str] = {}
    for label in labels:
        values = {rows.get(label, "") for rows in tables}
        value = values.pop() if len(values) == 1 else ""
        plain = value.isprintable() and len(value) <= MARK_LONGEST and "@" not in value and not find_phones(value)
        if value and plain and _OF_THE_FORM.search(fold(label)):
            marks[label] = value
    return marks


def _subject(bearing: Sequence[tuple[Message, dict[str, str]]]) -> str:
    """Return the longest run of words that every subject has and no visitor typed."""
    typed = {word for _message, rows in bearing for value in rows.values() for word in _WORD.findall(fold(value))}
    subjects = [fold(message.subject) for message, _rows in bearing]
    first = bearing[0][0].subject.split()
    best = ""
    for start in range(len(first)):
        for end in range(len(first), start, -1):
            run = " ".join(first[start:end])
            known = typed.isdisjoint(_WORD.findall(fold(run))) and not _MANY_DIGITS.search(run) and run.isprintable()
            if known and len(run) > max(2, len(best)) and all(fold(run) in subject for subject in subjects):
                best = run
    return best


def _preset(sender: str, messages: Sequence[Message]) -> str:
    domain = domain_key(sender.rpartition("@")[2])
    for house, preset in _HOUSES.items():
        if domain == house or domain.endswith(f".{house}"):
            return preset
    texts = [message.text.casefold() for message in messages]
    for preset, sayings in _SAYINGS:
        if texts and all(any(saying in text for saying in sayings) for text in texts):
            return preset
    return ""


def _name(preset: str, sender: str, taken: set[str]) -> str:
    plain = re.sub(r"[^a-z0-9]+", "-", preset or sender.rpartition("@")[2].casefold()).strip("-")[:28] or "form"
    return next(
        name for number in range(1, 1000) if (name := plain if number == 1 else f"{plain}-{number}") not in taken
    )


def text_of(proposals: Sequence[Proposal]) -> str:
    """Return the proposals as `[[forms]]` of policy.toml."""
    lines: list[str] = []
    for each in proposals:
        lines += [f"# {each.mails} mails", "[[forms]]", f"name = {_quoted(each.name)}"]
        lines += [f"preset = {_quoted(each.preset)}"] if each.preset else []
        lines.append(f"senders = [{_quoted(each.sender)}]")
        lines += [f"subject = [{_quoted(each.subject)}]"] if each.subject else []
        lines.append('purposes = ["processing"]')
        if each.marks:
            marks = ", ".join(f"{_quoted(label)} = {_quoted(value)}" for label, value in each.marks.items())
            lines.append(f"marks = {{ {marks} }}")
        if each.fields:
            lines.append("[forms.fields]")
            lines += [f"{name} = [{', '.join(map(_quoted, labels))}]" for name, labels in each.fields.items()]
        lines.append("")
    return "\n".join(lines)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
