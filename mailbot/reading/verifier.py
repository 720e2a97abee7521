"""Check one DKIM signature here: its fields, its key, its arithmetic (RFC 6376 section 6.1, RFC 8301, RFC 8463).

The arithmetic is dkimpy's; its reading of mails and tags is not used, because it compares with the clock instead of
the time of receipt, refuses `q=` lists, passes over key flags, and takes minutes for some hostile mails. What a valid
signature proves is asked in dkim.py.
"""

from __future__ import annotations

import re
from functools import cached_property

from mailbot.ports import Resolver
from mailbot.reading.dkim import LONGEST_FIELD, Signature, signature_tags, tag_list

ALGORITHMS = {"rsa-sha256": "rsa", "ed25519-sha256": "ed25519"}  # rsa-sha1 proves nothing any more: RFC 8301
KEY_BITS = range(1024, 8193)
SIGNED_FIELDS = 200  # names in one h=
_SPACE = re.compile(r"\s+")
_DIGITS = re.compile(r"\d{1,12}")
_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}")
_HOST = re.compile(r"[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*")  # DNS reads more (`\.`), and splits it elsewhere
_LONG_BLANK = re.compile(rb"\s{200}")
_FIELD = re.compile(rb"^([!-9;-~]+)[ \t]*:([^\n]*\n(?:[ \t][^\n]*\n)*)", re.MULTILINE)
_END = re.compile(rb"\r?\n\r?\n")
_LINE_END = re.compile(rb"\r?\n")
_BLANKS = re.compile(rb"[ \t]+")


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
        if signature_tags(raw.decode("latin-1")) != signature.tags or _LONG_BLANK.search(raw):
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
    if not _HOST.fullmatch(signature.domain) or not _HOST.fullmatch(signature.selector):
        return "a tag is damaged"
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
