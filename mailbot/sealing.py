"""Encrypts to a key that lies with the operator, not here, and decrypts with it (age, age-encryption.org/v1).

The one door of the library `pyrage` (extra `backup`), loaded late. Nothing is written to disk and no key is kept.
"""

from __future__ import annotations

from typing import Any, BinaryIO

from mailbot.errors import ConfigError, InputError


def new_pair() -> tuple[str, str]:
    """Return a new key pair: what encrypts (age1…), what decrypts (AGE-SECRET-KEY-1…). Raises ConfigError."""
    identity = _library().x25519.Identity.generate()
    return str(identity.to_public()), str(identity)


def is_recipient(key: str) -> bool:
    """Tell whether that is what one can encrypt to. Raises ConfigError."""
    age = _library()
    try:
        age.x25519.Recipient.from_str(key)
    except age.RecipientError:
        return False
    return True


def seal(octets: bytes, recipient: str) -> bytes:
    """Return the octets, encrypted to a recipient. Raises ConfigError."""
    return bytes(_library().encrypt(octets, [_recipient(recipient)]))


def seal_file(source: BinaryIO, target: BinaryIO, recipient: str) -> None:
    """Encrypt one open file into another, a piece in memory at a time. Raises ConfigError, OSError."""
    _library().encrypt_io(source, target, [_recipient(recipient)])


def unseal(octets: bytes, secret: str) -> bytes:
    """Return what was encrypted. Raises InputError where the key is another's or the octets were altered."""
    age = _library()
    try:
        return bytes(age.decrypt(octets, [_identity(secret)]))
    except age.DecryptError as exc:
        raise InputError(_NOT_OPENED) from exc


def unseal_file(source: BinaryIO, target: BinaryIO, secret: str) -> None:
    """Decrypt one open file into another, a piece at a time: on an error what was written counts for nothing.

    Raises InputError, OSError.
    """
    age = _library()
    identity = _identity(secret)
    try:
        age.decrypt_io(source, target, [identity])
    except (age.DecryptError, OSError) as exc:
        if getattr(exc, "errno", None) is not None:
            raise  # a disk that is full, not a file that was altered: the library gives that as a bare OSError
        raise InputError(_NOT_OPENED) from exc


_NOT_OPENED = "it can't be decrypted: another key, or it is not whole"


def _recipient(key: str) -> Any:
    age = _library()
    try:
        return age.x25519.Recipient.from_str(key.strip())
    except age.RecipientError as exc:
        raise ConfigError("mailbot.toml: operator.age_key: not an age key (age1 and 58 letters)") from exc


def _identity(secret: str) -> Any:
    age = _library()
    try:
        return age.x25519.Identity.from_str(secret.strip())
    except age.IdentityError:
        raise InputError("that is not a secret key of age (AGE-SECRET-KEY-1 and 58 letters)") from None


def _library() -> Any:
    try:
        import pyrage
    except ImportError as exc:
        raise ConfigError("encryption needs the extra `backup`: install mailbot[backup]") from exc
    return pyrage
