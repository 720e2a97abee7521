"""The file of a backup: JSON lines, packed (gzip) and encrypted (age), written and read a piece at a time.

`age -d FILE | gunzip` shows the lines to whoever has the key. The last one bears the SHA-256 of all before it. Nothing
is written to disk in the clear: the plain octets go through a pipe.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import json
import os
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, BinaryIO

from mailbot import sealing
from mailbot.errors import InputError

Put = Callable[[Any], None]


@contextlib.contextmanager
def writing(target: BinaryIO, recipient: str) -> Iterator[Put]:
    """Yield what takes one JSON value after the other; ended well, the file is whole. Raises ConfigError, OSError."""
    out, into = os.pipe()
    with ThreadPoolExecutor(max_workers=1) as pool:
        sealed = pool.submit(_seal, out, target, recipient)
        with (
            contextlib.suppress(BrokenPipeError),  # why, is said by what was to read
            os.fdopen(into, "wb") as pipe,
            gzip.GzipFile(fileobj=pipe, mode="wb", mtime=0) as plain,
        ):
            digest = hashlib.sha256()

            def put(value: Any) -> None:
                octets = json.dumps(value, separators=(",", ":")).encode("ascii") + b"\n"
                digest.update(octets)
                plain.write(octets)

            yield put
            put({"end": digest.hexdigest()})
        sealed.result()


@contextlib.contextmanager
def reading(source: BinaryIO, secret: str) -> Iterator[Iterator[Any]]:
    """Yield the values of a file, which must be read to their end: only then it is known to be whole.

    Raises InputError (another key, altered, cut short, no backup), OSError.
    """
    out, into = os.pipe()
    with ThreadPoolExecutor(max_workers=1) as pool:
        opened = pool.submit(_unseal, source, into, secret)
        try:
            with os.fdopen(out, "rb") as pipe, gzip.GzipFile(fileobj=pipe, mode="rb") as plain:
                yield _values(plain)
        except (EOFError, gzip.BadGzipFile, zlib.error, ValueError) as exc:
            opened.result()
            raise InputError("that is no whole backup of mailbot") from exc
        opened.result()


def _seal(out: int, target: BinaryIO, recipient: str) -> None:
    with os.fdopen(out, "rb") as source:
        sealing.seal_file(source, target, recipient)


def _unseal(source: BinaryIO, into: int, secret: str) -> None:
    with os.fdopen(into, "wb") as target:
        sealing.unseal_file(source, target, secret)


def _values(plain: gzip.GzipFile) -> Iterator[Any]:
    digest = hashlib.sha256()
    for octets in plain:
        value = json.loads(octets)
        if isinstance(value, dict) and "end" in value:
            if value["end"] != digest.hexdigest() or plain.read(1):
                raise ValueError("the hash is another one")
            return
        digest.update(octets)
        yield value
    raise ValueError("it ends early")
