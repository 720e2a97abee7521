"""One, two and four workers: processes that share four mailboxes, on SQLite (a store each) and one PostgreSQL.

`python -m tests.bench.workers FOLDER …` is one worker: it says that it is ready, waits for a line, and works through
its installations. What is told is mails a second, the median over the rounds, in which the numbers take turns.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from statistics import median

from mailbot.app import build
from tests.bench.ours import work_off
from tests.bench.yardsticks import Ground

MAILBOXES, MAILS, ROUNDS = 4, 250, 3
WORKERS = (1, 2, 4)


def measure(place: Ground) -> dict[str, float]:
    """Return how many mails a second so many workers do, on either database."""
    found: dict[str, float] = {}
    for store, suffix in (("sqlite", ""), ("postgresql", "_postgresql")):
        taken: dict[int, list[float]] = {workers: [] for workers in WORKERS}
        for _ in range(ROUNDS):
            for workers in WORKERS:
                taken[workers].append(_contest(place, store, workers))
        names = {workers: f"mails_per_second_{workers}_workers{suffix}" for workers in WORKERS}
        found |= {names[workers]: median(rounds) for workers, rounds in taken.items()}
    return found


def _contest(place: Ground, store: str, workers: int) -> float:
    database = place.postgres.database() if store == "postgresql" else ""
    stores = [f"{database}&schema=box{number}" if database else store for number in range(MAILBOXES)]
    yards = [place.yard("ours", MAILS, each) for each in stores]
    folders = [yard.folder for yard in yards]
    before = len(place.took())
    running = [_start(folders[number::workers]) for number in range(workers)]
    for each in running:
        assert each.stdout is not None and each.stdout.readline() == "ready\n"
    began = time.perf_counter()
    sent = [each.communicate("go\n")[0] for each in running]
    took = time.perf_counter() - began
    assert sum(map(int, sent)) == len(place.took()) - before > MAILBOXES * MAILS / 2, sent
    for yard in yards:
        place.leave(yard)
    return MAILBOXES * MAILS / took


def _start(folders: list[str]) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.bench.workers", *folders]
    root = Path(__file__).parents[2]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=root)


def main() -> None:
    """Be one worker."""
    apps = [build(Path(folder), dns=lambda: None) for folder in sys.argv[1:]]
    print("ready", flush=True)
    sys.stdin.readline()
    print(sum(work_off(app) for app in apps), flush=True)


if __name__ == "__main__":
    main()
