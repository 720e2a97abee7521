"""What `check` says of where people come from. Changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from mailbot.operating import formmap
from mailbot.ports import Mailbox
from mailbot.reading.forms import is_shared
from mailbot.settings import Policy


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
