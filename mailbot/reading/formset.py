"""The site's forms as `[[forms]]` of policy.toml names them, with their labels folded; once for each policy.

What a mail of theirs says is read in forms.py.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from mailbot.policy import Policy
from mailbot.reading.address import address_key, domain_key
from mailbot.reading.fold import fold
from mailbot.reading.formrows import Known, label_key
from mailbot.sources import Form

UNTAKEN = ("message", "other")  # rows that are known and never taken
BELOW = ("wpforms", "google-forms")  # builders that write a value below its label


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """One form with its labels folded."""

    form: Form
    labels: dict[str, str]  # folded label -> field, "full_name" or "news"
    marks: dict[str, str]  # folded label -> folded value
    subject: tuple[str, ...]  # folded
    senders: frozenset[str]  # keys
    version: Callable[[date | None], str]  # of the consent's text, on the day on which it was given
    known: Known
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

    def version(own: str) -> Callable[[date | None], str]:
        return (lambda _day: own) if own else policy.version_on

    return Forms(all=tuple(_compiled(form, version(form.consent), keys) for form in policy.forms))


def _compiled(form: Form, version: Callable[[date | None], str], own: frozenset[str]) -> Compiled:
    preset = _table().get(form.preset, {}) if form.preset else {}
    named = {name: words or preset.get(name, ()) for name, words in form.fields.model_dump().items()}
    labels = {label_key(label): name for name, words in named.items() if name not in UNTAKEN for label in words}
    marks = {label_key(label): fold(value) for label, value in form.marks.items()}
    free, other = (frozenset(map(label_key, named[name])) for name in UNTAKEN)
    known = Known(
        labels=frozenset(labels) | frozenset(marks) | free | other, free=free,
        below=form.preset in BELOW if form.preset else None,
    )  # fmt: skip
    return Compiled(
        form=form, labels=labels, marks=marks, known=known,
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
