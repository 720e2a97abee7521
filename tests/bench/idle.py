"""From the delivery of a mail to the SMTP server's DATA, woken by IDLE: `python -m tests.bench.idle`.

Dovecot tells of a new mail half a second later. A second client in IDLE sees when it does, so what mailbot itself
takes is known for each mail.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median, quantiles

from imapclient import IMAPClient

from tests.bench import load
from tests.bench.yard import Yard
from tests.bench.yardsticks import Ground, ground
from tests.support.site import COMMAND, until

MAILS = 25


class Listener:
    """A second client in IDLE that notes when Dovecot told of new mail; it reads octets, whole lines or not."""

    def __init__(self, place: Ground, user: str) -> None:
        self.told: list[float] = []
        self._client = IMAPClient("127.0.0.1", place.imap, ssl=False)
        self._client.login(user, place.dovecot.password)
        self._client.select_folder("INBOX", readonly=True)
        self._client.idle()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        socket = self._client.socket()
        while octets := socket.recv(65_536):
            if b" EXISTS" in octets:
                self.told.append(time.time())

    def stop(self) -> None:
        self._client.shutdown()


@contextmanager
def running(yard: Yard) -> Iterator[subprocess.Popen[bytes]]:
    """Run the service, with passes by the clock hours apart."""
    command, rare = [str(COMMAND), "--config", yard.folder, "run"], {"MAILBOT_SCHEDULE__POLL_SECONDS": "3600"}
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ | rare
    )  # fmt: skip
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def measure(place: Ground) -> dict[str, float]:
    """Return p50 and p99 in milliseconds, of the whole way and of our own share."""
    yard = place.yard("ours", 0, "sqlite", known=2 * MAILS)
    whole, own = [], []
    listener = Listener(place, yard.user)
    with running(yard):
        for number, octets in enumerate(load.mails(MAILS + MAILS // 5)):
            if number % 10 == 0 or len(octets) > load.ATTACHED:
                continue
            before, sunk = len(listener.told), len(place.took())
            began = time.time()
            place.dovecot.deliver(yard.user, octets)
            until(lambda sunk=sunk: len(place.took()) > sunk, "an answer", 60)  # type: ignore[misc]
            until(lambda before=before: len(listener.told) > before, "a word of Dovecot", 5)  # type: ignore[misc]
            sent = float(place.took()[-1].split()[1])
            if sunk:  # the first one waits for the service to start
                whole.append((sent - began) * 1000)
                own.append((sent - listener.told[before]) * 1000)
            time.sleep(1.5)
    listener.stop()
    return {
        "idle_ms": median(whole), "idle_p99_ms": quantiles(whole, n=100)[98],
        "idle_own_ms": median(own), "idle_own_p99_ms": quantiles(own, n=100)[98],
    }  # fmt: skip


if __name__ == "__main__":
    with ground() as made:
        print({name: round(value, 1) for name, value in measure(made).items()}, file=sys.stdout)
