"""An SMTP server that takes everything at once and keeps the Message-IDs alone: `python -m tests.bench.sink FILE`.

It prints its port; each mail that it took is a line in FILE: Message-ID and time. With PIPELINING (RFC 2920).
"""

from __future__ import annotations

import asyncio
import re
import sys
import time
from pathlib import Path
from typing import IO

OFFERS = b"250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 SIZE 50000000\r\n"
_ID = re.compile(rb"(?mi)^message-id:\s*(\S+)")


class Sink(asyncio.Protocol):
    """One connection."""

    def __init__(self, kept: IO[str]) -> None:
        self._kept, self._read, self._body = kept, b"", False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        self._read += data
        said = []
        while True:
            end = self._read.find(b"\r\n.\r\n" if self._body else b"\r\n")
            if end < 0:
                break
            if self._body:
                self._keep(self._read[:end])
                self._read, self._body = self._read[end + 5 :], False
                said.append(b"250 2.0.0 taken\r\n")
            else:
                line, self._read = self._read[:end], self._read[end + 2 :]
                said.append(self._answer(line[:4].upper()))
        if said:
            self._transport.write(b"".join(said))

    def _answer(self, word: bytes) -> bytes:
        if word == b"EHLO":
            return OFFERS
        if word == b"DATA":
            self._body = True
            return b"354 go on\r\n"
        if word == b"QUIT":
            asyncio.get_running_loop().call_soon(self._transport.close)
            return b"221 bye\r\n"
        return b"250 2.0.0 OK\r\n"

    def _keep(self, octets: bytes) -> None:
        found = _ID.search(octets)
        self._kept.write(f"{found[1].decode() if found else ''} {time.time():.6f}\n")
        self._kept.flush()


async def main(path: str) -> None:
    with Path(path).open("a", encoding="ascii") as kept:
        server = await asyncio.get_running_loop().create_server(lambda: Sink(kept), "127.0.0.1", 0)
        print(server.sockets[0].getsockname()[1], flush=True)
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
