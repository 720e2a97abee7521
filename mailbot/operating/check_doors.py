"""What `check` says of the two doors: the courier, both certificates, and where the mailbox's host is."""

from __future__ import annotations

import contextlib
import ipaddress
from datetime import datetime, timedelta

from mailbot.answering.outbox import bounce_address
from mailbot.errors import MailboxRefused, MailboxUnavailable
from mailbot.operating.finding import Parts, Said
from mailbot.operating.providers import WHERE, provider

SOON, AT_ONCE = timedelta(days=14), timedelta(days=3)


def certificate(until: datetime | None, now: datetime) -> Said:
    """Say how long a server's certificate is valid; nothing where there is none (`until` None)."""
    if until is None:
        return
    days = (until - now).days
    if until - now < AT_ONCE:
        yield "wrong", f"its certificate ends in {days} days: have it renewed; once it has ended nothing is reached"
    elif until - now < SOON:
        yield "note", f"its certificate ends in {days} days: see that it is renewed in time"
    else:
        yield "ok", f"its certificate is valid for {days} days"


def courier(parts: Parts) -> Said:
    """Look over whether the courier can be reached, and takes our address as the sender."""
    parts.courier.check()
    sender = parts.settings.mailbox.addresses[0]
    if parts.courier.takes(sender):
        yield "ok", "takes our answers, and our address as their sender"
    else:
        yield (
            "wrong",
            "refuses our address as the sender, so no answer can leave: the first of [mailbox] addresses must be one "
            "that this account may send as",
        )
    yield from certificate(parts.courier.certificate_until(), parts.line.store.clock())
    if parts.settings.courier.verp and not parts.courier.takes(bounce_address(sender, "a" * 16)):
        yield (
            "note",
            "refuses LOCAL+KEY@DOMAIN as a sender: answers leave as the plain address; set [courier] verp = false",
        )


def host(parts: Parts) -> Said:
    """Say where the mailbox lies, as far as its name and number tell (policy clause 7: copies abroad)."""
    name, number = parts.line.host, ""
    with contextlib.suppress(MailboxUnavailable, MailboxRefused):  # that it can't be read is said elsewhere
        number = parts.mailbox.state().peer
    shown = f"{name} ({number})" if number and number != name else name
    known = provider(name)
    if not name or _is_here(number or name):
        yield "ok", f"the mailbox lies here{f', on {shown}' if name else ''}"
    elif any(parts.line.rules.policy.processing.abroad.values()):
        yield "ok", f"the mailbox lies on {shown}; where that is says processing.abroad"
    elif known:
        house, country = WHERE[known]
        yield (
            "note",
            f"{shown} is {house}: copies of all mail lie abroad ({country}); answers say so, see that your policy does "
            "(clause 7 of the common text), or fill processing.abroad",
        )
    else:
        yield "note", f"the mailbox lies on {shown}: find out in which country that is, and fill processing.abroad"


def _is_here(host: str) -> bool:
    """Tell whether that is this machine, or one in its own network."""
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return host == "localhost"
