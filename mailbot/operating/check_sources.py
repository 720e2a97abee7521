"""What `check` says of where people come from, and of where else they are. Changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal

from mailbot.errors import ConfigError
from mailbot.operating import formmap
from mailbot.policy import Policy
from mailbot.ports import Mailbox
from mailbot.reading.formset import is_shared
from mailbot.sources import Place
from mailbot.store import hooks
from mailbot.store import places as tasks
from mailbot.store.store import Store

Said = Iterator[tuple[Literal["ok", "note", "wrong"], str]]


def forms(policy: Policy) -> Iterator[tuple[Literal["ok", "note", "wrong"], str]]:
    """Yield what is to be said of the forms: (level, sentence)."""
    if not policy.forms:
        yield "note", "policy.toml names no [[forms]]: mails of the site's forms bring nobody in"
        return
    for form in policy.forms:
        if is_shared(form):
            yield (
                "wrong",
                f"form {form.name}: its sender writes for many sites, so anybody's form would count: name its form id "
                "or a hidden field in `marks`, or its reply_domain",
            )
    yield "ok", f"forms that bring people in: {len(policy.forms)}"


def form_mails(mailbox: Mailbox) -> Iterator[tuple[Literal["note"], str]]:
    """Yield how many senders look like forms that nobody named. Raises MailboxUnavailable, MailboxRefused."""
    count = len(formmap.propose(mailbox))
    if count:
        yield (
            "note",
            f"senders whose mails look like those of a form: {count}; `mailbot people collect --propose` prints the "
            "[[forms]] for them",
        )


def places(policy: Policy, store: Store, secret: Callable[[str], str | None]) -> Said:
    """Yield what is to be said of other places: (level, sentence). Raises StoreUnavailable."""
    with store.reading() as connection:
        count, late = tasks.counts(connection, store.clock())
        calls = hooks.counts(connection)
    if not policy.places:
        yield (
            "note",
            "policy.toml names no [[places]]: if people stand anywhere else too, nobody is told to follow there",
        )
    for place in policy.places:
        yield from _place(place, calls.get(place.name, (0, 0)), secret)
    if late:
        yield "wrong", f"other places that should have followed by now: {late}; `mailbot requests` lists them"
    if policy.places or count:
        yield "ok", f"other places: {len(policy.places)}; tasks that are open there: {count}, each keeps an identifier"


def _place(place: Place, calls: tuple[int, int], secret: Callable[[str], str | None]) -> Said:
    waiting, dead = calls
    if place.preset == "accounting" and not place.kept_by_law:
        yield "note", f"place {place.name}: if the law makes you keep it, say so: kept_by_law and kept_for"
    if place.hook is None:
        return
    try:
        found = secret(place.name)
    except ConfigError as exc:
        yield "wrong", str(exc)
        found = "said"
    if not found:
        yield "wrong", f"place {place.name}: its hook needs a secret in secrets/hook_{place.name}: nothing is sent"
    if waiting:
        yield "note", f"place {place.name}: calls of its hook that wait: {waiting}"
    if dead:
        yield (
            "wrong",
            f"place {place.name}: calls that nobody took for a week: {dead}; do it by hand, then tick it",
        )
