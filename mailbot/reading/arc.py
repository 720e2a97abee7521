"""Read what a trusted forwarder found when the mail came to it: an ARC chain (RFC 8617).

Anybody can seal a chain, so only the newest set counts, only by a configured sealer, and only if the whole chain
holds. Without such a setting nothing here is asked. The chain is checked by dkimpy (extra `dkim`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mailbot.ports import Resolver
from mailbot.reading.address import domain_key
from mailbot.reading.dkim import (
    HOSTILE,
    LONGEST_FIELD,
    SIGNATURES,
    Delivery,
    Signature,
    signatures,
    sound_key,
    split,
    tag_list,
)
from mailbot.reading.message import Message

SETS = SIGNATURES  # of one chain; RFC 8617 allows fifty, no rightful mail comes near
_KINDS = ("arc-seal", "arc-message-signature", "arc-authentication-results")
_INSTANCE = re.compile(r"\s*i\s*=\s*(\d{1,2})\s*;")
_LONG_BLANK = re.compile(r"\s{200}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """The newest set of a chain that holds."""

    signature: Signature  # its ARC-Message-Signature
    results: str  # its ARC-Authentication-Results, as an Authentication-Results value


def sealed(message: Message, delivery: Delivery, sealers: frozenset[str], resolve: Resolver) -> Seal | None:
    """Return the newest ARC set if one of `sealers` made it and the chain holds, else None.

    Raises TemporaryError where DNS gives no answer. Source: RFC 8617 section 5.2.
    """
    fields = {kind: message.all(kind) for kind in _KINDS}
    newest = len(fields["arc-seal"])
    if not 0 < newest <= SETS or any(len(values) != newest for values in fields.values()):
        return None
    if any(len(v) > LONGEST_FIELD or _LONG_BLANK.search(v) for values in fields.values() for v in values):
        return None
    seal = next((tags for v in fields["arc-seal"] if (tags := tag_list(v)) and tags.get("i") == str(newest)), None)
    mine = [one for one in signatures(message, "arc-message-signature") if one.tags.get("i") == str(newest)]
    results = [v for v in fields["arc-authentication-results"] if (at := _INSTANCE.match(v)) and at[1] == str(newest)]
    if seal is None or len(mine) != 1 or len(results) != 1:
        return None
    if not {domain_key(seal.get("d", "")), mine[0].domain} <= sealers or not _holds(newest, mine[0], delivery, resolve):
        return None
    return Seal(signature=mine[0], results=results[0].partition(";")[2])


def _holds(newest: int, signature: Signature, delivery: Delivery, resolve: Resolver) -> bool:
    import dkim  # late: it brings dnspython, a quarter of a second

    def key(name: bytes, timeout: int = 0) -> bytes | None:
        records = [record for record in resolve(name.decode("ascii").rstrip(".")) if "p=" in record]
        return records[0].encode("ascii") if len(records) == 1 and sound_key(records[0]) else None

    parts = split(delivery.octets, relaxed=True)
    if parts is None:
        return False
    chain = dkim.ARC()
    chain.headers, chain.body = parts
    try:
        verdict, sets, _ = chain.verify(dnsfunc=key)
        same = sets[0]["instance"] == newest and domain_key(sets[0]["ams-domain"].decode()) == signature.domain
    except (dkim.DKIMException, *HOSTILE):
        return False
    return bool(verdict == dkim.CV_Pass and same)
