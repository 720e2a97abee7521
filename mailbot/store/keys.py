"""Keyed hashes (HMAC-SHA256 with this installation's key): they recognise, and tell nobody else anything."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from functools import lru_cache

from mailbot.reading.address import address_key
from mailbot.reading.message import Message

_array = json.JSONEncoder(separators=(",", ":"), default=repr).encode


@dataclass(frozen=True, slots=True)
class Keys:
    """Makes the hashes of one installation; `secret` has at least 16 octets."""

    secret: bytes

    def _of(self, label: str, *parts: str) -> str:
        text = "\0".join((label, *parts)).encode("utf-8", "surrogatepass")
        return hmac.new(self.secret, text, hashlib.sha256).hexdigest()

    def suppression(self, address: str) -> str:
        """Return the hash of an address that must not be mailed or imported again."""
        return self._of("address", address_key(address))

    def bounce(self, token: str) -> str:
        """Return a mail's own part of its envelope sender: 16 letters a-z2-7, which tell nothing of its token.

        Relays write envelopes into their logs, and the token is what an answer brings back.
        """
        return _letters(hmac.digest(self.secret, b"bounce\0" + token.encode(), "sha256"), 16)

    def unsubscribe(self, address: str) -> str:
        """Return the token of an address in our newsletters' List-Unsubscribe: 26 letters a-z2-7, 130 bits."""
        return self.unsubscribe_of(address_key(address))

    def unsubscribe_of(self, key: str) -> str:
        """Do the same for an address of which the folded form is known: many are tried in a row."""
        return _letters(hmac.digest(self.secret, b"unsubscribe\0" + key.encode("utf-8", "surrogatepass"), "sha256"), 26)

    def fingerprint(self, message: Message) -> str:
        """Return what stays the same in a second delivery, a rebuilt copy and a moved mailbox."""
        date = message.date.isoformat() if message.date else message.first("date")
        writer = address_key(message.writer or message.first("from"))
        return self._of("mail", writer, message.message_id, date, message.subject, message.text)

    def octets(self, octets: bytes) -> str:
        """Return the keyed hash of a mail of ours whose octets are forgotten."""
        return hmac.new(self.secret, b"octets\0" + octets, hashlib.sha256).hexdigest()

    def message_id(self, message_id: str, writer: str) -> str:
        """Return the hash of a Message-ID as sent by that writer."""
        return self._of("id", message_id, address_key(writer)) if message_id else ""

    def text(self, message: Message) -> str:
        """Return the hash of what the mail says."""
        return self._of("text", message.subject, message.text)

    def person(self, person_id: str) -> str:
        """Return the hash by which gone.log knows a person."""
        return self._of("person", person_id)

    def gone(self, *parts: str) -> str:
        """Return what proves that a line of gone.log is ours: 26 letters a-z2-7, with a key of this purpose alone."""
        return _letters(hmac.digest(_purpose(self.secret, b"gone"), _array(parts).encode("ascii"), "sha256"), 26)

    def backup(self, name: str) -> str:
        """Return what proves that a backup of that name is ours: 8 letters a-z2-7."""
        return _letters(hmac.digest(_purpose(self.secret, b"backup"), name.encode("ascii"), "sha256"), 8)

    def canary(self, mark: str) -> str:
        """Return by what the store knows a trial mail of ours: 52 letters a-z2-7; its mark stands in the mail alone."""
        return _letters(hmac.digest(_purpose(self.secret, b"canary"), mark.encode("utf-8", "replace"), "sha256"), 52)

    def session(self, token: str) -> str:
        """Return by what the store knows a console's session: 52 letters a-z2-7; the token itself is the browser's."""
        return _letters(hmac.digest(_purpose(self.secret, b"session"), token.encode("utf-8", "replace"), "sha256"), 52)

    def form(self, token: str) -> str:
        """Return what a form of the console bears for the browser that holds that token: 52 letters a-z2-7."""
        return _letters(hmac.digest(_purpose(self.secret, b"form"), token.encode("utf-8", "replace"), "sha256"), 52)

    def chain(self, *parts: str | int | None) -> str:
        """Return what seals a row of the chain of events; no other two rows are the same octets. Raises nothing.

        The parts are hashed as a JSON array in ASCII, with a key of this purpose alone; 52 letters a-z2-7.
        """
        octets = _array(parts).encode("ascii")
        return _letters(hmac.digest(_purpose(self.secret, b"events"), octets, "sha256"), 52)


@lru_cache(maxsize=8)
def _purpose(secret: bytes, name: bytes) -> bytes:
    """Return the key of one purpose: HKDF-Expand's first block (RFC 5869 section 2.3)."""
    return hmac.digest(secret, name + b"\x01", "sha256")


def _letters(digest: bytes, count: int) -> str:
    return base64.b32encode(digest).decode("ascii").lower()[:count]


def sha256(octets: bytes) -> str:
    """Return the SHA-256 of raw octets, in hex."""
    return hashlib.sha256(octets).hexdigest()
