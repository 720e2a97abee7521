"""Passes connections on with half a round-trip time each way: `python -m tests.bench.delay PORT MILLISECONDS`.

It prints its port. Octets wait, the connection's speed is not limited.
"""

from __future__ import annotations

import asyncio
import sys


async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seconds: float) -> None:
    """Pass octets on, each so much later than it came."""
    loop = asyncio.get_running_loop()

    def last() -> None:
        if not writer.is_closing():
            writer.close()

    while data := await reader.read(65_536):
        loop.call_later(seconds, writer.write, data)
    loop.call_later(seconds, last)


async def main(port: int, milliseconds: float) -> None:
    half = milliseconds / 2000

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.sleep(2 * half)  # of the handshake that a far server would take
        await asyncio.gather(pipe(reader, back, half), pipe(there, writer, half), return_exceptions=True)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), float(sys.argv[2])))
