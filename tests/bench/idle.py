"""From the delivery of a mail to the SMTP server's DATA, woken by IDLE: `python -m tests.bench.idle`.

Dovecot tells of a new mail half a second later. A second client in IDLE sees when it does, so what mailbot itself
takes is known for each mail.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from tests.bench import load
from tests.bench.yard import Yard
from tests.bench.yardsticks import Ground, ground
from tests.support.site import COMMAND, until

MAILS = 40


class Listener:
    """A second client in IDLE that notes when Dovecot told of new mail."""

    def __init__(self, client: Any) -> None:
        client.select_folder("INBOX", readonly=True)
        self.told: list[float] = []
        self._client, self._over = client, threading.Event()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        client.idle()
        self._thread.start()

    def _listen(self) -> None:
        while not self._over.is_set():
            if any(b"EXISTS" in each for each in self._client.idle_check(timeout=0.5)):
                self.told.append(time.time())

    def stop(self) -> None:
        self._over.set()
        self._thread.join()
        self._client.idle_done()


@contextmanager
def running(yard: Yard) -> Iterator[subprocess.Popen[bytes]]:
    """Run the service, with passes by the clock hours apart."""
    settings = Path(yard.folder) / "mailbot.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text + "\n[schedule]\npoll_seconds = 3600\n", encoding="utf-8")
    command = [str(COMMAND), "--config", yard.folder, "run"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def measure(place: Ground) -> dict[str, float]:
    """Return p50 and p99 in milliseconds, of the whole way and of our own share."""
    yard = place.yard("ours", 0, "sqlite", known=MAILS + 1)
    whole, own = [], []
    with running(yard), place.dovecot.login(yard.user) as client:
        listener = Listener(client)
        time.sleep(3)
        for number, octets in enumerate(load.mails(MAILS + MAILS // 5)):
            if number % 10 == 0 or len(octets) > load.ATTACHED:
                continue
            before, sunk = len(listener.told), len(place.took())
            began = time.time()
            place.dovecot.deliver(yard.user, octets)
            until(lambda sunk=sunk: len(place.took()) > sunk, "an answer", 20)  # type: ignore[misc]
            until(lambda before=before: len(listener.told) > before, "a word of Dovecot", 5)  # type: ignore[misc]
            sent = float(place.took()[-1].split()[1])
            whole.append((sent - began) * 1000)
            own.append((sent - listener.told[before]) * 1000)
            time.sleep(0.3)
        listener.stop()
    return {
        "idle_ms": median(whole), "idle_p99_ms": quantiles(whole, n=100)[98],
        "idle_own_ms": median(own), "idle_own_p99_ms": quantiles(own, n=100)[98],
    }  # fmt: skip


if __name__ == "__main__":
    with ground() as made:
        print({name: round(value, 1) for name, value in measure(made).items()}, file=sys.stdout)
