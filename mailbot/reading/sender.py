"""Weigh what authentication proves about the writer (decisions section 3; RFC 8601, RFC 9989, RFC 6376).

The mailbox's own Authentication-Results count (trust.py says which); where its host writes none, the signature is
checked here (dkim.py). DMARC and DKIM prove a domain, SPF alone proves little, and a DKIM signature on which all
rests must cover what is acted upon. Nothing of this says who a person is or what an unproven mail may do (deciding).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any, Literal

from mailbot.errors import TemporaryError
from mailbot.ports import Resolver
from mailbot.reading.address import address_key, domain_key
from mailbot.reading.arc import sealed
from mailbot.reading.charset import decode_words
from mailbot.reading.dkim import (
    Arrival,
    Signature,
    may_sign,
    sent_again,
    shortcoming,
    signatures,
)
from mailbot.reading.dmarc import aligned
from mailbot.reading.extra import can_verify
from mailbot.reading.message import Message
from mailbot.reading.results import results_of, signer_of, texts_of, values_of
from mailbot.reading.trust import Trust, believed, stayed_inside
from mailbot.reading.verifier import Verifier

_UNSOUND = {
    "null_octet": "NUL in the mail",
    "bare_cr": "damaged header",
    "header_cut": "header too long",
    "header_garbage": "damaged header",
    "no_separator": "damaged header",
    "blank_before_header": "damaged header",
}
_ADDRESSED = ("subject", "from", "sender", "reply-to", "to", "cc")
_BREAK = re.compile(r"[\x00\r\n\x0b\x0c\x85\u2028\u2029]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What is proven about the From address of one mail, and by what."""

    level: Literal["authenticated", "weak", "none"]
    because: str  # short and fixed, for `explain` and the journal: "dmarc=pass"
    address: str | None  # the one From address as received
    waits: bool = False  # DNS did not answer: the same mail may be proven later
    reply_to_differs: bool = False  # Reply-To leads elsewhere than From


@dataclass(frozen=True, slots=True, kw_only=True)
class _Weight:
    level: Literal["authenticated", "weak", "none"]
    because: str
    waits: bool = False


_NOTHING = _Weight(level="none", because="no trusted result that passes")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    """One mail whose From domain is in question."""

    message: Message
    domain: str  # of From, lower-case A-label
    arrival: Arrival | None
    resolve: Resolver | None


def verify(message: Message, trust: Trust, arrival: Arrival | None = None, resolve: Resolver | None = None) -> Evidence:
    """Return how far the mail is proven to come from its From address.

    `arrival` is how it came: without it no signature is checked and none is asked what it covers. `resolve` is
    asked for keys and DMARC records; where DNS fails `waits` says so. Raises nothing. Source: decisions section 3.
    """
    address = message.writer
    if address is None:
        because = "two From fields" if message.from_fields > 1 else "no single From"
        return Evidence(level="none", because=because, address=None)
    differs = _reply_to_differs(message, address)
    wrong = _unsound(message)
    if wrong:
        return Evidence(level="none", because=wrong, address=address, reply_to_differs=differs)
    domain = domain_key(address.rpartition("@")[2])
    weight = _weight(_Question(message=message, domain=domain, arrival=arrival, resolve=resolve), trust)
    return Evidence(
        level=weight.level, because=weight.because, address=address, waits=weight.waits, reply_to_differs=differs
    )


def _unsound(message: Message) -> str:
    """Why two programs may read this header differently, or "" (RFC 7103)."""
    if message.repeated:
        return f"{message.repeated[0]} occurs twice"
    wrong = next((_UNSOUND[defect] for defect in message.defects if defect in _UNSOUND), "")
    encoded = any("=?" in value and _BREAK.search(decode_words(value)[0]) for value in map(message.first, _ADDRESSED))
    return wrong or ("line break in an encoded word" if encoded else "")


def _weight(asked: _Question, trust: Trust) -> _Weight:
    results = [result for one in believed(asked.message, trust) for result in results_of(one)]
    if results:
        return _weigh(results, asked)
    if asked.domain in trust.internal and stayed_inside(asked.message, asked.domain, trust):
        return _Weight(level="authenticated", because=f"internal {asked.domain}")
    nothing = _Weight(level="none", because="no trusted result")
    if asked.arrival is None or asked.resolve is None or not can_verify():
        return nothing
    checked = _checked_here(asked, asked.arrival, asked.resolve)
    if checked.level != "authenticated" and trust.sealers:
        return _by_sealer(asked, trust, checked)
    return checked


def _weigh(results: list[Any], asked: _Question) -> _Weight:
    """What the believed results prove together."""
    passed = [result for result in results if result.result == "pass"]
    if any(result.method == "dmarc" and result.result == "fail" for result in results):
        return _Weight(level="none", because="dmarc=fail")
    dkim = [result for result in passed if result.method == "dkim"]
    spf = _spf_passed(passed, asked.domain)
    if any(r.method == "dmarc" and values_of(r, "header", "from") == {asked.domain} for r in passed):
        proven = _Weight(level="authenticated", because="dmarc=pass")
        other = spf or (not dkim and any(result.method == "dkim" for result in results))  # it does not rest on DKIM
        return proven if other else _covered(proven, _bearing(dkim, asked.domain), asked)
    for name in ("header.d", "header.i"):
        mine = [result for result in dkim if signer_of(result) == (name, asked.domain)]
        if mine:
            return _covered(_Weight(level="authenticated", because=f"dkim=pass {name}"), mine, asked)
    weak = _Weight(level="weak", because="spf=pass only") if spf else None
    for result in dkim:
        weight = _relative(result, asked)
        if weight is not None and (weight.level != "none" or weight.waits):
            return replace(weight, level="weak", because=weak.because) if weak and weight.level == "none" else weight
    return weak or _NOTHING


def _spf_passed(passed: list[Any], domain: str) -> bool:
    """Whether the envelope sender is of the domain or its relation; two different ones are none."""
    for result in passed:
        senders = values_of(result, "smtp", "mailfrom") or values_of(result, "smtp", "mail")
        sender = senders.pop() if len(senders) == 1 else ""
        if result.method == "spf" and (sender == domain or _related(sender, domain)):
            return True
    return False


def _bearing(dkim: list[Any], domain: str) -> list[Any]:
    """The results on which a dmarc=pass may rest: the domain's own, else its ancestors' and children's, else any near.

    Near ones are neighbours perhaps under one public suffix: of those each must cover the mail.
    """
    signers = [(result, signer_of(result)[1]) for result in dkim]
    own = [result for result, signer in signers if signer == domain]
    family = [result for result, signer in signers if _related(signer, domain)]
    return own or family or [result for result, signer in signers if _near(signer, domain)]


def _relative(result: Any, asked: _Question) -> _Weight | None:
    """Another domain of the same organisation signed: its word counts where the DMARC record says so."""
    name, signer = signer_of(result)
    if not _near(signer, asked.domain):
        return None
    because = f"dkim=pass {name} of {signer}"
    weak = _Weight(level="weak", because=because) if _related(signer, asked.domain) else _NOTHING
    if asked.resolve is None:
        return weak
    try:
        is_aligned = aligned(signer, asked.domain, asked.resolve)
    except TemporaryError:
        return replace(weak, waits=True)
    return _covered(_Weight(level="authenticated", because=because), [result], asked) if is_aligned else weak


def _covered(proven: _Weight, results: list[Any], asked: _Question) -> _Weight:
    """What rests on DKIM alone: the signature that the host means must cover what is acted upon.

    A mail that bears no signature lost it after the host had seen it: its Date and addressee count all the same.
    """
    if asked.arrival is None:
        return proven
    if not results:
        lack = _lack_of_any(asked.message, asked.domain, asked.arrival)
    elif not asked.message.all("dkim-signature"):
        lack = sent_again(asked.message, asked.arrival)
    else:
        lacks = [_lack(result, asked.message, asked.arrival) for result in results]
        signers = [signer_of(result)[1] for result in results]
        mine = any(signer == asked.domain or _related(signer, asked.domain) for signer in signers)
        lack = "" if mine and not all(lacks) else next((lack for lack in lacks if lack), "")
    return _Weight(level="weak", because=f"{proven.because}, {lack}") if lack else proven


def _lack(result: Any, message: Message, arrival: Arrival) -> str:
    """What the signature that a result names lacks; where it may name several, what any of them lacks.

    One that can't be read may be the one that is meant, and a stranger can put a good-looking one beside it.
    """
    found = signatures(message)
    if len(found) != len(message.all("dkim-signature")):
        return "a signature can't be read"
    meant = [signature for signature in found if _is_meant(signature, result)]
    lacks = [shortcoming(signature, message, arrival) for signature in meant]
    return next((lack for lack in lacks if lack), "") if meant else "no such signature"


def _lack_of_any(message: Message, domain: str, arrival: Arrival) -> str:
    """What any signature lacks on which a dmarc=pass may rest that tells nothing (OpenDMARC's own field)."""
    found = [one for one in signatures(message) if may_sign(message.all("dkim-signature")[one.number])]
    if len(found) != sum(may_sign(value) for value in message.all("dkim-signature")):
        return "a signature can't be read"
    lacks = (shortcoming(one, message, arrival) for one in found if _near(one.domain, domain))
    return next((lack for lack in lacks if lack), "")


def _is_meant(signature: Signature, result: Any) -> bool:
    """Whether a result of DKIM speaks of that signature: by domain, selector and start of b= (RFC 6008)."""
    name, signer = signer_of(result)
    own = signature.agent if name == "header.i" else signature.domain
    selectors = {text.lower() for text in texts_of(result, "header", "s")}
    starts = texts_of(result, "header", "b")
    return (
        own == signer and selectors <= {signature.selector} and all(signature.tags["b"].startswith(b) for b in starts)
    )


def _checked_here(asked: _Question, arrival: Arrival, resolve: Resolver) -> _Weight:
    """Check the signatures that may speak for the domain; the best of them counts."""
    found = [signature for signature in signatures(asked.message) if _near(signature.domain, asked.domain)]
    best = _Weight(level="none", because="no signature of that domain")
    verifier = Verifier(arrival.octets, resolve)
    for signature in sorted(found, key=lambda one: one.domain != asked.domain):
        weight = _one_checked(signature, verifier, asked, arrival)
        if weight.level == "authenticated":
            return weight
        waits = weight.waits or best.waits
        best = replace(weight if best.level == "none" else best, waits=waits)
    return best


def _one_checked(signature: Signature, verifier: Verifier, asked: _Question, arrival: Arrival) -> _Weight:
    assert asked.resolve is not None
    try:
        fault = verifier.fault(signature)
        if fault:
            return _Weight(level="none", because=f"signature not valid: {fault}")
        if not aligned(signature.domain, asked.domain, asked.resolve):
            return _Weight(level="none", because="no signature of that domain")
    except TemporaryError:
        return _Weight(level="none", because="DNS gives no answer", waits=True)
    lack = shortcoming(signature, asked.message, arrival)
    return _Weight(level="weak" if lack else "authenticated", because=f"signature checked{', ' if lack else ''}{lack}")


def _by_sealer(asked: _Question, trust: Trust, checked: _Weight) -> _Weight:
    """What a configured forwarder found, if its ARC seal holds and covers the mail (RFC 8617 section 5.2)."""
    assert asked.arrival is not None
    assert asked.resolve is not None
    try:
        seal = sealed(asked.message, asked.arrival, trust.sealers, asked.resolve)
    except TemporaryError:
        return replace(checked, waits=True)
    if seal is None:
        return checked
    weight = _weigh(results_of(seal.results), asked)  # what the forwarder took must cover as well
    lack = shortcoming(seal.signature, asked.message, asked.arrival)
    if weight.level != "authenticated":
        return checked
    because = f"arc of {seal.signature.domain}: {weight.because}"
    return _Weight(level="weak" if lack else "authenticated", because=f"{because}, {lack}" if lack else because)


def _related(one: str, other: str) -> bool:
    """Whether one domain is an ancestor of the other, top-level domains apart."""
    return (one.endswith("." + other) and "." in other) or (other.endswith("." + one) and "." in one)


def _near(one: str, other: str) -> bool:
    """Whether two domains may be of one organisation: the same, or alike in their last two labels."""
    return bool(one) and one.split(".")[-2:] == other.split(".")[-2:] and "." in one


def _reply_to_differs(message: Message, address: str) -> bool:
    if not message.reply_to:
        return bool(message.first("reply-to").strip())
    return any(address_key(one.addr) != address_key(address) for one in message.reply_to)
