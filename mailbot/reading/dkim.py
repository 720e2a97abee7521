"""Read DKIM-Signature fields, ask what they cover, and check one here (RFC 6376, RFC 8301, RFC 8463).

A valid signature says little by itself: an old mail can be sent again, text can be added under `l=`, a header that
is not signed can be put on. `shortcoming` is the list that a signature must meet before somebody's data may change.
The arithmetic is dkimpy's; its reading of mails and tags is not used, because it compares with the clock instead of
the time of receipt, refuses `q=` lists, passes over key flags, and takes minutes for some hostile mails.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property

from mailbot.ports import Resolver
from mailbot.reading.address import address_key, domain_key
from mailbot.reading.header import mailboxes
from mailbot.reading.message import Message

MUST_SIGN = ("from", "subject", "date", "to", "message-id")
DATE_MARGIN = timedelta(days=3)  # between the signed Date and the receipt: older is a mail sent again
ALGORITHMS = {"rsa-sha256": "rsa", "ed25519-sha256": "ed25519"}  # rsa-sha1 proves nothing any more: RFC 8301
KEY_BITS = range(1024, 8193)
LONGEST_FIELD = 8_000  # letters of a signature or key that is looked at
SIGNATURES = 8  # of one mail are looked at
SIGNED_FIELDS = 200  # names in one h=
_SPACE = re.compile(r"\s+")
_DIGITS = re.compile(r"\d{1,12}")
_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}")
_QUOTED = re.compile(r"=([0-9A-F]{2})")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_LONG_BLANK = re.compile(rb"\s{200}")
_FIELD = re.compile(rb"^([!-9;-~]+)[ \t]*:([^\n]*\n(?:[ \t][^\n]*\n)*)", re.MULTILINE)
_END = re.compile(rb"\r?\n\r?\n")
_LINE_END = re.compile(rb"\r?\n")
_BLANKS = re.compile(rb"[ \t]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """How the mail came: what a signature is checked against."""

    octets: bytes  # the whole mail as received
    at: datetime  # when, aware UTC
    own: tuple[str, ...] = ()  # the addresses of this mailbox; none: it can't be told to whom a mail was written


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """One DKIM-Signature or ARC-Message-Signature field that can be read."""

    number: int  # among the fields of that name, from the top
    tags: dict[str, str]  # without any white space
    domain: str  # d= as a lower-case A-label

    @property
    def selector(self) -> str:
        """The selector, lower case."""
        return domain_key(self.tags.get("s", ""))

    @property
    def signed(self) -> tuple[str, ...]:
        """The names of the signed header fields, lower case, as often as they stand in h=."""
        return tuple(name.lower() for name in self.tags.get("h", "").split(":"))

    @property
    def agent(self) -> str:
        """The domain of i=, d= where it is missing (RFC 6376 section 3.5)."""
        octets = _QUOTED.sub(lambda found: chr(int(found[1], 16)), self.tags.get("i", ""))
        return domain_key(octets.rpartition("@")[2]) if octets else self.domain


def signatures(message: Message, name: str = "dkim-signature") -> tuple[Signature, ...]:
    """Return the signature fields that can be read, from the top, eight at most. Raises nothing.

    Source: RFC 6376 section 3.2.
    """
    found = []
    for number, value in enumerate(message.all(name)[:SIGNATURES]):
        tags = _signature_tags(value)
        if tags is not None:
            found.append(Signature(number=number, tags=tags, domain=domain_key(tags["d"])))
    return tuple(found)


def _signature_tags(value: str) -> dict[str, str] | None:
    tags = tag_list(value) if len(value) <= LONGEST_FIELD else None
    if tags is None or not (tags.get("d") and tags.get("b")):
        return None
    return {name: _SPACE.sub("", text) for name, text in tags.items()}


def tag_list(value: str) -> dict[str, str] | None:
    """Return a tag list, None where it breaks the grammar or names a tag twice. Source: RFC 6376 section 3.2."""
    tags: dict[str, str] = {}
    parts = value.strip().removesuffix(";").split(";")
    for part in parts:
        name, equals, text = part.partition("=")
        if not equals or not _NAME.fullmatch(name.strip()) or name.strip() in tags:
            return None
        tags[name.strip()] = text.strip()
    return tags


def shortcoming(signature: Signature, message: Message, delivery: Delivery) -> str:
    """Return why a valid signature does not prove this request, "" where it does. Raises nothing.

    Source: RFC 6376 sections 8.2 (l=), 8.6 (replay), 8.15 (fields that are not signed); decisions section 3.
    """
    if "l" in signature.tags:
        return "l= leaves the end unsigned"
    missing = next((name for name in MUST_SIGN if name not in signature.signed), "")
    if missing:
        return f"{missing} not signed"
    if "x" in signature.tags and _expired(signature.tags["x"], delivery.at):
        return "expired"
    if message.date is None or abs(delivery.at - message.date) > DATE_MARGIN:
        return "signed on another day"
    if delivery.own and not _addressed(signature, message, delivery.own):
        return "signed for another addressee"
    return ""


def _expired(value: str, at: datetime) -> bool:
    return not _DIGITS.fullmatch(value) or datetime.fromtimestamp(int(value[:11]), UTC) < at


def _addressed(signature: Signature, message: Message, own: tuple[str, ...]) -> bool:
    """Whether the signed To or Cc holds an address of this mailbox; what follows a plus is its own matter."""
    signed = [*mailboxes(message.first("to"))[0]]
    if "cc" in signature.signed:
        signed += mailboxes(message.first("cc"))[0]
    ours = {address_key(address) for address in own}
    return any(address_key(one.addr) in ours or address_key(_bare(one.addr)) in ours for one in signed)


def _bare(addr: str) -> str:
    local, _, domain = addr.rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"


class Verifier:
    """Checks the signatures of one mail; reads its octets once. Needs the extra `dkim`."""

    def __init__(self, octets: bytes, resolve: Resolver) -> None:
        """Keep mail and resolver; nothing is read yet. Raises nothing."""
        self._octets, self._resolve = octets, resolve

    def fault(self, signature: Signature) -> str:
        """Return why a signature is not valid, "" where it is. Raises TemporaryError where DNS gives no answer.

        Source: RFC 6376 section 6.1.
        """
        wrong = _malformed(signature)
        if wrong:
            return wrong
        records = [
            r
            for r in self._resolve(f"{signature.selector}._domainkey.{signature.domain}")
            if "p" in (tag_list(r) or {})
        ]
        if len(records) != 1:
            return "no key"
        key = tag_list(records[0]) or {}
        return _refused(key, signature) or self._computed(signature, f"k={key.get('k', 'rsa').lower()}; p={key['p']}")

    @cached_property
    def _parts(self) -> tuple[list[list[bytes]], bytes] | None:
        return split(self._octets)

    def _computed(self, signature: Signature, record: str) -> str:
        """Whether the key fits; of its record the library gets the key alone, since it misreads lists in s=."""
        import dkim  # late: it brings dnspython, a quarter of a second

        fields, body = self._parts or ([], b"")
        own = [field for field in fields if field[0].lower() == b"dkim-signature"]
        raw = own[signature.number][1] if signature.number < len(own) else b""
        if _signature_tags(raw.decode("latin-1")) != signature.tags or _LONG_BLANK.search(raw):
            return "a tag is damaged"  # what was read and what would be computed must be one field
        if not sound_key(record):
            return "no key"
        check = dkim.DKIM()
        relaxed = signature.tags.get("c", "").endswith("/relaxed")
        check.headers, check.body = fields, _BLANKS.sub(b" ", body) if relaxed else body
        tags = {key.encode(): value.encode() for key, value in signature.tags.items()}
        names = [name.encode() for name in signature.signed]
        try:
            check.pk, check.keysize, check.ktag, check.seqtlsrpt = dkim.evaluate_pk("key", record.encode("ascii"))
            right = check.verify_sig_process(tags, names, tuple(own[signature.number]), None)
        except (dkim.DKIMException, dkim.InvalidCanonicalizationPolicyError, *HOSTILE):
            right = False
        return "" if right else "changed on its way"


# What the library raises beside its own errors on keys and mails that were made to be read wrongly.
HOSTILE = (ValueError, TypeError, KeyError, IndexError, AssertionError, AttributeError, OverflowError)


def split(octets: bytes, *, relaxed: bool = False) -> tuple[list[list[bytes]], bytes] | None:
    """Return header fields and body with CRLF, as signers see them: nothing unfolded, nothing decoded.

    None where the header block holds a line that is no field: text could hide there. Last empty lines are one, and
    with `relaxed` blanks too: the same to the canonicalisation (RFC 6376 section 3.4), which else takes minutes.
    """
    end = _END.search(octets)
    block, body = (octets[: end.start()], octets[end.end() :]) if end else (octets, b"")
    lines = _LINE_END.sub(b"\n", block) + b"\n"
    if lines.startswith(b"From "):  # as mbox files have it
        lines = lines.partition(b"\n")[2]
    found = list(_FIELD.finditer(lines))
    if sum(len(one[0]) for one in found) != len(lines):
        return None
    fields = [[one[1], one[2].replace(b"\n", b"\r\n")] for one in found]
    body = _LINE_END.sub(b"\r\n", body)
    core = body.rstrip(b"\r\n")
    if not body[len(core) :].replace(b"\r\n", b""):
        body = core + b"\r\n" if core else body[:2]
    return fields, _BLANKS.sub(b" ", body) if relaxed else body


def sound_key(record: str) -> bool:
    """Tell whether a key can be used: long enough to prove something, short enough to be computed with (RFC 8301)."""
    import dkim

    if len(record) > LONGEST_FIELD:
        return False
    try:
        key, _, kind, _ = dkim.evaluate_pk("key", record.encode("ascii"))
        if kind == b"ed25519":
            return True
        return key["modulus"].bit_length() in KEY_BITS and 2 < key["publicExponent"] < 2**33
    except (dkim.DKIMException, *HOSTILE):
        return False


def _malformed(signature: Signature) -> str:
    """What is wrong with the field itself (RFC 6376 sections 3.5 and 6.1.1)."""
    tags = signature.tags
    if any(not tags.get(name) for name in ("v", "a", "b", "bh", "d", "h", "s")) or tags["v"] != "1":
        return "a tag is missing"
    if tags["a"] not in ALGORITHMS:
        return "weak algorithm"
    if any(not _BASE64.fullmatch(tags[name]) for name in ("b", "bh")):
        return "a tag is damaged"
    if any(name in tags and not _DIGITS.fullmatch(tags[name]) for name in ("l", "t", "x")):
        return "a tag is damaged"
    if "t" in tags and "x" in tags and int(tags["x"]) < int(tags["t"]):
        return "a tag is damaged"
    methods = tags.get("q", "dns/txt").split(":")
    if "from" not in signature.signed or len(signature.signed) > SIGNED_FIELDS or "dns/txt" not in methods:
        return "a tag is damaged"
    inside = signature.agent == signature.domain or signature.agent.endswith("." + signature.domain)
    return "" if inside else "signed for another domain"


def _refused(key: dict[str, str], signature: Signature) -> str:
    """Why the key may not be used for this signature (RFC 6376 section 3.6.1)."""
    flags, services = _listed(key.get("t", "")), _listed(key.get("s", "*"))
    if key.get("v", "DKIM1") != "DKIM1" or ("v" in key and next(iter(key)) != "v"):
        return "no key"
    if not _SPACE.sub("", key["p"]):
        return "key revoked"
    if key.get("k", "rsa").lower() != ALGORITHMS[signature.tags["a"]]:
        return "key of another kind"
    if "h" in key and "sha256" not in _listed(key["h"]):
        return "key of another kind"
    if not services & {"*", "email"}:
        return "key not for mail"
    if "y" in flags:
        return "key in trial use"
    if "s" in flags and signature.agent != signature.domain:
        return "key not for subdomains"
    return ""


def _listed(value: str) -> set[str]:
    return {item.strip().lower() for item in value.split(":")}


def can_verify() -> bool:
    """Tell whether the extra `dkim` is installed."""
    from importlib.util import find_spec

    return find_spec("dkim") is not None
