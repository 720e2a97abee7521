"""Keyed hashes (HMAC-SHA256 with this installation's key): they recognise, and tell nobody else anything."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

from mailbot.reading.address import address_key
from mailbot.reading.message import Message


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


def sha256(octets: bytes) -> str:
    """Return the SHA-256 of raw octets, in hex."""
    return hashlib.sha256(octets).hexdigest()
