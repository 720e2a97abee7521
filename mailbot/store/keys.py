"""Keyed hashes (HMAC-SHA256 with this installation's key): they recognise, and tell nobody else anything.

The key can be rotated (store/rotation.py). Of whoever was destroyed nothing is left to be hashed anew, so a new key
goes over the hashes themselves: what the store keeps is made by the first key, and each later one hashes what the
key before it made. One value stands for one address, as ever; a former key alone opens none of them, and all of them
are needed for ever. What is proven and not looked up by value (links, check values, tokens) is made by the present
key alone, and what a former key made is proven by that one.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from mailbot.reading.address import address_key

if TYPE_CHECKING:
    from mailbot.reading.message import Message

_array = json.JSONEncoder(separators=(",", ":"), default=repr).encode


_HASH = re.compile(r"[0-9a-f]{64}", re.ASCII)
LEAST = 16  # octets of a key


@dataclass(frozen=True, slots=True)
class Keys:
    """Makes the hashes of one installation; each key has at least 16 octets."""

    secret: bytes  # the present one
    former: tuple[bytes, ...] = ()  # the oldest first

    @classmethod
    def read(cls, text: str) -> Keys:
        """Return the keys of `secrets/store_key`: one a line, the newest first. Raises ValueError."""
        lines = [line.strip().encode() for line in text.splitlines() if line.strip()]
        if not lines or any(len(line) < LEAST for line in lines):
            raise ValueError(f"a line of it is shorter than {LEAST} letters")
        return cls(lines[0], tuple(reversed(lines[1:])))

    def __str__(self) -> str:
        return "\n".join(key.decode() for key in (self.secret, *reversed(self.former)))

    def __repr__(self) -> str:
        return f"Keys({len(self.former)} former)"  # a traceback shows no key

    @property
    def name(self) -> str:
        """Return what tells installations, and one's keys from time to time, apart, and nothing else."""
        return _name(self)

    @property
    def ever(self) -> tuple[Keys, ...]:
        """Return the keys as they were from the first day on, the present ones last."""
        every = (*self.former, self.secret)
        return tuple(Keys(every[n], every[:n]) for n in range(len(every)))

    def named(self, name: str) -> Keys | None:
        """Return the keys as they were under that name; "" is the first day's: no name was noted before a rotation."""
        if not name:
            return self.ever[0]
        return next((keys for keys in self.ever if keys.name == name), None)

    def continues(self, other: Keys) -> bool:
        """Tell whether these are the other ones, perhaps with newer keys over them."""
        return other in self.ever

    def lifted(self, made: str, by: Keys) -> str:
        """Return the hash that these keys make where earlier ones (`by`) made that one; what is no hash stays."""
        if _HASH.fullmatch(made) is None:
            return made
        for key in (*self.former, self.secret)[len(by.former) + 1 :]:
            made = hmac.digest(key, b"again\0" + made.encode("ascii"), "sha256").hex()
        return made

    def _of(self, label: bytes, octets: bytes) -> str:
        first = self.former[0] if self.former else self.secret
        made = hmac.digest(first, label + b"\0" + octets, "sha256").hex()
        return self.lifted(made, Keys(first)) if self.former else made

    def _of_texts(self, label: str, *parts: str) -> str:
        return self._of(label.encode("ascii"), "\0".join(parts).encode("utf-8", "surrogatepass"))

    def suppression(self, address: str) -> str:
        """Return the hash of an address that must not be mailed or imported again."""
        return self._of_texts("address", address_key(address))

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
        return self._of_texts("mail", writer, message.message_id, date, message.subject, message.text)

    def octets(self, octets: bytes) -> str:
        """Return the keyed hash of a mail of ours whose octets are forgotten."""
        return self._of(b"octets", octets)

    def message_id(self, message_id: str, writer: str) -> str:
        """Return the hash of a Message-ID as sent by that writer."""
        return self._of_texts("id", message_id, address_key(writer)) if message_id else ""

    def text(self, message: Message) -> str:
        """Return the hash of what the mail says."""
        return self._of_texts("text", message.subject, message.text)

    def person(self, person_id: str) -> str:
        """Return the hash by which gone.log knows a person."""
        return self._of_texts("person", person_id)

    def submission(self, form: str, said: bytes) -> int:
        """Return the place of a submission by web, 63 bits: by the first key, so that an old one stays known."""
        first = self.former[0] if self.former else self.secret
        digest = hmac.digest(first, b"intake\0" + form.encode() + b"\0" + said, "sha256")
        return int.from_bytes(digest[:8], "big") >> 1

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


@lru_cache(maxsize=64)
def _purpose(secret: bytes, name: bytes) -> bytes:
    """Return the key of one purpose: HKDF-Expand's first block (RFC 5869 section 2.3)."""
    return hmac.digest(secret, name + b"\x01", "sha256")


@lru_cache(maxsize=64)
def _name(keys: Keys) -> str:
    return keys.suppression("")[:16]


def _letters(digest: bytes, count: int) -> str:
    return base64.b32encode(digest).decode("ascii").lower()[:count]


def sha256(octets: bytes) -> str:
    """Return the SHA-256 of raw octets, in hex."""
    return hashlib.sha256(octets).hexdigest()
