"""Signed mails: keys made for the tests, their DNS records, and a signer (dkimpy's own)."""

from __future__ import annotations

import base64
import subprocess
from collections.abc import Sequence
from functools import cache
from typing import Any

import dkim

from mailbot.errors import TemporaryError

DOMAIN = "example.org"
AT = "Mon, 23 Nov 2026 10:00:00 +0000"
SIGNED = ("from", "to", "subject", "date", "message-id", "mime-version", "content-type")
Zone = dict[str, list[str]]


@cache
def private_key(bits: int) -> bytes:
    """Return an RSA key in PEM; the same one within a run."""
    return subprocess.run(
        ["openssl", "genrsa", "-traditional", str(bits)], check=True, capture_output=True, timeout=60
    ).stdout


@cache
def public_key(bits: int) -> str:
    """Return p= of that key's record."""
    der = subprocess.run(
        ["openssl", "rsa", "-pubout", "-outform", "DER"], input=private_key(bits), check=True, capture_output=True,
        timeout=60,
    ).stdout  # fmt: skip
    return base64.b64encode(der).decode()


def zone(record: str = "", *, domain: str = DOMAIN, bits: int = 2048, **more: list[str]) -> Zone:
    """Return the records of a domain whose key has that record's tags ("t=s; ")."""
    return {f"s1._domainkey.{domain}": [f"v=DKIM1; {record}p={public_key(bits)}"], **more}


def resolver(records: Zone, silent: Sequence[str] = ()) -> Any:
    """Return a Resolver over those records; names of `silent` give no answer."""

    def resolve(name: str) -> list[str]:
        if name in silent:
            raise TemporaryError("DNS gives no answer")
        return records.get(name, [])

    return resolve


def mail(*fields: str, body: str = "Да\r\n", **headers: str) -> bytes:
    """Return a mail to info@example.kz from aliya@example.org; named headers take the place of its own."""
    own = {
        "From": f"Aliya <aliya@{DOMAIN}>", "To": "info@example.kz", "Subject": "unsubscribe", "Date": AT,
        "Message-ID": f"<1@{DOMAIN}>", "MIME-Version": "1.0", "Content-Type": "text/plain; charset=utf-8",
    }  # fmt: skip
    own |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [*fields, *(f"{name}: {value}" for name, value in own.items() if value), "", body]
    return "\r\n".join(lines).encode()


def sign(
    octets: bytes, *, domain: str = DOMAIN, signed: Sequence[str] = SIGNED, bits: int = 2048, **more: Any
) -> bytes:
    """Return the mail with a valid signature on top; `more` goes to the signer (identity, length, canonicalize)."""
    field = dkim.sign(
        octets, b"s1", domain.encode(), private_key(bits), include_headers=[name.encode() for name in signed], **more
    )
    return bytes(field) + octets


def sign_tags(octets: bytes, tags: str, *, signed: str = "from:to:subject:date:message-id") -> bytes:
    """Return the mail signed with whatever tags stand in `tags` ("x=1; t=2"): relaxed/relaxed, rsa-sha256.

    Written out, because no signer makes the odd fields that verifiers must judge.
    """
    import hashlib
    import re

    from dkim.canonicalization import Relaxed
    from dkim.crypto import RSASSA_PKCS1_v1_5_sign, parse_pem_private_key

    body = octets.partition(b"\r\n\r\n")[2]
    bh = base64.b64encode(hashlib.sha256(Relaxed.canonicalize_body(body)).digest()).decode()
    given = dict(part.strip().split("=", 1) for part in tags.split(";") if part.strip())
    base = {"v": "1", "a": "rsa-sha256", "c": "relaxed/relaxed", "d": DOMAIN, "s": "s1", "h": signed, "bh": bh}
    all_tags = {**base, **given}
    value = "; ".join(f"{k}={v}" for k, v in all_tags.items() if v) + "; b="
    fields = {
        m[1].lower(): m[2]
        for m in re.finditer(rb"^([!-9;-~]+):(.*(?:\r\n[ \t].*)*)\r?$", octets.partition(b"\r\n\r\n")[0], re.M)
    }
    names = [name.strip().lower().encode() for name in all_tags["h"].split(":")]
    chosen = [(name, fields[name]) for name in names if name in fields]
    hasher = hashlib.sha256()
    for name, text in Relaxed.canonicalize_headers(chosen):
        hasher.update(name + b":" + text)
    hasher.update(b"dkim-signature:" + Relaxed.canonicalize_headers([(b"x", value.encode())])[0][1].rstrip())
    made = RSASSA_PKCS1_v1_5_sign(hasher, parse_pem_private_key(private_key(2048)))
    return f"DKIM-Signature: {value}{base64.b64encode(bytes(made)).decode()}\r\n".encode() + octets
