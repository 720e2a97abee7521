"""What a pass costs that finds nothing new, by how many mails lie in the folder: `python -m tests.bench.passes`."""

from __future__ import annotations

import time
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from mailbot.app import App, build
from tests.bench.yardsticks import Ground, ground

SIZES = (1_000, 20_000, 100_000)
ROUNDS = 15
MAIL = b"From: person@example.com\r\nSubject: old\r\nMessage-ID: <%d@example.com>\r\n\r\nold\r\n"


def settled(place: Ground, mails: int) -> App:
    """Return an installation, as `mailbot run` has it, on a folder in which so many old mails lie."""
    yard = place.yard("ours", 0, "sqlite", older=[MAIL % number for number in range(mails)])
    app = build(Path(yard.folder), dns=lambda: None)
    app.poll()
    return app


def measure(place: Ground) -> dict[int, float]:
    """Return the milliseconds of such a pass by the number of mails; they take turns."""
    apps = {size: settled(place, size) for size in SIZES}
    taken: dict[int, list[float]] = {size: [] for size in SIZES}
    with ExitStack() as stack:
        for app in apps.values():
            stack.callback(app.close)
        for _ in range(ROUNDS):
            for size, app in apps.items():
                began = time.perf_counter()
                counts, failure = app.poll()
                taken[size].append(time.perf_counter() - began)
                assert failure is None and not counts["fetched"]
    return {size: median(times) * 1000 for size, times in taken.items()}


if __name__ == "__main__":
    with ground() as made:
        print({size: round(milliseconds, 1) for size, milliseconds in measure(made).items()})
