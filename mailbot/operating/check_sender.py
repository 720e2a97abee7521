"""What `check` says of our own sender in DNS: SPF, DKIM and DMARC, without which other houses doubt our answers.

Asked are the domain of our address and the selectors that our own mail bears; nothing where DNS may not be asked.
"""

from __future__ import annotations

import contextlib
import json
import re

from mailbot.errors import MailboxRefused, MailboxUnavailable, TemporaryError
from mailbot.operating.finding import Parts, Said
from mailbot.operating.providers import WHERE, provider
from mailbot.ports import Mailbox, Resolver
from mailbot.reading.address import domain_key
from mailbot.reading.dkim import signatures, tag_list
from mailbot.reading.dmarc import walk
from mailbot.reading.message import Message
from mailbot.reading.parse import parse
from mailbot.store.store import Store

NOTE = "own_dkim"  # a note: domain and selector of the signatures that our own mail was seen with
MOST = 5
Selectors = set[tuple[str, str]]
_SPF = re.compile(r"v=spf1(?: |$)", re.IGNORECASE)


def sender(parts: Parts) -> Said:
    """Look over what DNS says of the domain that our answers come from."""
    resolve, address = parts.line.rules.resolve, parts.settings.mailbox.addresses[0]
    domain = domain_key(address.rpartition("@")[2])
    if not parts.settings.trust.dns:
        return
    if resolve is None:
        yield "note", "DNS can't be asked about our own address: install mailbot[dkim]"
        return
    if provider(domain):
        yield "ok", f"{domain} is {WHERE[provider(domain)][0]}'s own domain: SPF, DKIM and DMARC are looked after there"
        return
    try:
        yield from _spf(domain, resolve)
        yield from _dkim(selectors(parts.line.store, parts.mailbox, address), resolve)
        yield from _dmarc(domain, resolve)
    except TemporaryError:
        yield "note", f"DNS gives no answer about {domain} now: try again later"


def _spf(domain: str, resolve: Resolver) -> Said:
    """Source: RFC 7208 sections 4.5 and 5.1."""
    records = [record for record in resolve(domain) if _SPF.match(record)]
    if not records:
        yield (
            "note",
            f"SPF: {domain} names nobody who may send for it: publish what your mail provider gives",
        )
    elif len(records) > 1:
        yield "wrong", f"SPF: {domain} has {len(records)} records, so none counts: make one of them"
    elif re.search(r"(?:^| )\+?all(?: |$)", records[0], re.IGNORECASE):
        yield "wrong", f"SPF: {domain} allows everybody to send for it: end the record with ~all or -all"
    else:
        yield "ok", f"SPF: {domain} says who may send for it"


def _dkim(found: Selectors, resolve: Resolver) -> Said:
    """Source: RFC 6376 section 3.6.1."""
    if not found:
        yield "note", "DKIM: can't be told, no signed mail of ours was seen here: `mailbot check --canary` brings one"
    for signer, selector in sorted(found)[:MOST]:
        name = f"{selector}._domainkey.{signer}"
        keys = [tag_list(record) or {} for record in resolve(name)]
        if any(key.get("p") for key in keys):
            yield "ok", f"DKIM: the key of our signatures is there ({name})"
        elif keys:
            yield "wrong", f"DKIM: {name} holds no key: our signatures count for nothing until your provider's is there"
        else:
            yield "wrong", f"DKIM: {name} is not there: publish the key that your mail provider gives"


def _dmarc(domain: str, resolve: Resolver) -> Said:
    """Source: RFC 9989 sections 4.7 and 4.10."""
    own = [record for record in resolve(f"_dmarc.{domain}") if record.strip().lower().startswith("v=dmarc1")]
    if len(own) > 1:
        yield "wrong", f"DMARC: _dmarc.{domain} has {len(own)} records, so none counts: make one of them"
        return
    records = walk(domain, resolve)
    policy = ""
    if records:
        name, tags = records[0]
        policy = (tags.get("p", "") if name == domain else tags.get("sp", tags.get("p", ""))).lower()
    if not records:
        yield "note", f'DMARC: anybody can write as {domain}: publish at _dmarc.{domain} "v=DMARC1; p=quarantine"'
    elif policy in ("quarantine", "reject"):
        yield "ok", f"DMARC: {records[0][0]} asks to {policy} what is not ours"
    else:
        yield "note", f"DMARC: {records[0][0]} only watches (p={policy or 'none'}): p=quarantine keeps forged mail away"


def selectors(store: Store, mailbox: Mailbox, address: str) -> Selectors:
    """Return domain and selector of the signatures of our own mail: of the last canary, else of what lies in Sent."""
    known: Selectors = {(signer, name) for signer, name in json.loads(store.note(NOTE) or "[]")}
    if not known:
        with contextlib.suppress(MailboxUnavailable, MailboxRefused):  # that it can't be read is said elsewhere
            for raw in mailbox.naming(address, "sent")[-MOST:]:
                known |= signed(parse(raw.octets, complete=False))
    return known


def signed(message: Message) -> Selectors:
    """Return domain and selector of each signature of a mail."""
    return {(each.domain, each.selector) for each in signatures(message) if each.domain and each.selector}


def remember(store: Store, message: Message) -> None:
    """Keep what a mail of ours was signed by, for the next `check`."""
    store.set_note(NOTE, json.dumps(sorted(signed(message))))
