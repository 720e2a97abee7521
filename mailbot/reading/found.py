"""Gather what has been taken of a text, field by field, and what is doubtful.

Two different values of one field are a doubt, never a choice. It reads no text. Serves policy section 2.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from mailbot.reading.claim import Extract, Language, Unclear
from mailbot.reading.contacts import Spot
from mailbot.reading.names import FOREIGN, PARTICLES, parse_name, split_name

NAMES = ("surname", "given_name", "patronymic")
_TEXT_LONGEST = 80  # characters of Unclear.text


@dataclass(slots=True, kw_only=True)
class Found:
    """What has been taken so far."""

    language: Language
    today: date | None
    fields: dict[str, str | None] = field(default_factory=dict)
    values: dict[str, list[str]] = field(default_factory=lambda: {"email": [], "phone": []})
    extension: str | None = None
    old: dict[str, list[str]] = field(default_factory=dict)
    unchanged: dict[str, None] = field(default_factory=dict)
    unclear: dict[tuple[str, str], Unclear] = field(default_factory=dict)
    named: dict[str, str] = field(default_factory=dict)
    apart: bool = False  # a surname has a label of its own
    last: str = ""  # the field that was spoken of last
    about: frozenset[str] = frozenset()  # what the whole text speaks of (nameframes.py)
    pending: dict[str, str] = field(default_factory=dict)  # names of the sentence before whose field isn't told: role
    before: frozenset[str] = frozenset()  # what the sentence before says
    waiting: list[tuple[str, Spot, bool]] = field(default_factory=list)  # values that stand alone
    parted: set[str] = field(default_factory=set)  # kinds whose weak values stand in several sentences
    unvalued: dict[str, str] = field(default_factory=dict)  # what is said to be wrong, without a value: sentence
    weak: set[str] = field(default_factory=set)  # values that are stated, and not said to be new

    def take(self, name: str, value: str | None, role: str = "new") -> None:
        """Take a value: new, old or unchanged. Raises: nothing."""
        if role == "old":
            if value and value not in self.old.setdefault(name, []):
                self.old[name].append(value)
        elif role == "unchanged":
            self.unchanged[name] = None
        elif name in self.values:
            self._contact(name, value or "", weak=role == "weak")
        elif self.fields.get(name, value) != value:
            self.doubt(name, f"{self.fields.pop(name) or '-'}, {value or '-'}", "several_values")
        elif not any(key == (name, "several_values") for key in self.unclear):
            self.fields[name] = value

    def _contact(self, name: str, value: str, *, weak: bool) -> None:
        """Keep a number or an address; one that is said to be new rules out those before it that only were stated."""
        kept = self.values[name]
        if not weak:
            kept[:] = [each for each in kept if each not in self.weak or each == value]
        if value not in kept:
            kept.append(value)
            self.weak |= {value} if weak else set()

    def doubt(self, name: str, text: str, why: str) -> None:
        """Note a field that was stated and can't be taken. Raises: nothing."""
        shown = "unsure" if why == "former" else why  # only a former value is told: a later one settles it
        self.unclear[(name, why)] = Unclear(field=name, text=" ".join(text.split())[:_TEXT_LONGEST], why=shown)

    def unsure(self, name: str, text: str, why: str) -> None:
        """Note that the writer is in doubt of a field himself: nothing of it is taken. Raises: nothing."""
        self.doubt(name, text, why)
        self.fields.pop(name, None)
        if name in self.values:
            self.values[name].clear()

    def name(self, name: str, text: str, role: str = "new") -> None:
        """Take one surname, given name or patronymic as written, or doubt it. Raises: nothing."""
        value, why = parse_name(text)
        if not why and name in ("surname", "patronymic") and _is_two(value):
            why = "not_a_name"
        if not why:
            former = self.fields.get(name)
            if name == "patronymic" and role == "new" and former and value.startswith(former):
                del self.fields[name]  # «Әкемнің аты — Жолдас, сондықтан Жолдасұлы»
            self.take(name, value, role)
        elif role != "old":  # a former name that can't be read changes nothing
            self.doubt(name, text, why)

    def full_name(self, text: str, role: str = "new", *, ordered: bool = False) -> None:
        """Take a full name apart, or doubt it. Raises: nothing."""
        parts, why = split_name(text, ordered=ordered)
        if why and role != "old":
            self.doubt("surname", text, why)
        for name, value in parts.items():
            self.take(name, value, role)

    def _settles(self, name: str, why: str) -> bool:
        """Tell whether the value that was taken settles a doubt: «Тегімді Серікке ауыстырдым. Жаңа тегім: Серік»."""
        value, text = (self.fields.get(name) or "").casefold(), self.unclear[(name, why)].text.casefold()
        declined = why == "declined_name" and bool(value) and any(word.startswith(value) for word in text.split())
        return why == "former" or declined

    def result(self, masked: tuple[str, ...]) -> Extract:
        """Return it all as an Extract. Raises: nothing."""
        fields = dict(self.fields)
        for name in [name for name, values in self.values.items() if len(values) > 1 and self.weak.issuperset(values)]:
            if name in self.parted:  # each in a sentence of its own, and none said to be the new one
                self.unsure(name, ", ".join(self.values[name]), "several_values")
        for name, values in self.values.items():
            values[:] = [value for value in values if value not in self.old.get(name, ())]
            if values:
                fields[name] = values[0]
        for name, why in [(name, why) for name, why in self.unclear if name in fields and self._settles(name, why)]:
            del self.unclear[(name, why)]
        spoken = {*fields, *self.unchanged, *(name for name, _ in self.unclear)}
        for name in [name for name in self.unvalued if name not in spoken]:
            self.doubt(name, self.unvalued[name], "no_value")  # «в отчестве пропустили «н», исправьте»
        for name, former in self.old.items():
            former[:] = [value for value in former if value != fields.get(name)]
        return Extract(
            fields=fields,
            emails=tuple(self.values["email"]),
            phones=tuple(self.values["phone"]),
            phone_ext=self.extension if self.values["phone"] else None,
            old={name: tuple(values) for name, values in self.old.items() if values},
            unchanged=tuple(name for name in self.unchanged if name not in fields),
            unclear=tuple(self.unclear.values()),
            masked=masked,
            named=self.named,
        )


def _is_two(name: str) -> bool:
    """Tell whether two words in capitals stand where one surname should: «Серикова Динара», not «van der Linden»."""
    words = name.split()
    return (
        len(words) > 1
        and words[0].casefold() not in FOREIGN
        and sum(word[0].isupper() and word.casefold() not in PARTICLES for word in words) > 1
    )
