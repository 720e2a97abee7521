"""What mailbot costs a mail beside a million people and mails of former years, and its memory by the number of mails.

`python -m tests.bench.growth [REMEMBERED]`
"""

from __future__ import annotations

import sys
from pathlib import Path
from statistics import median

from mailbot.store.engine import open_engine
from tests.bench.yardsticks import Ground, Taken, ground
from tests.support.filled import fill

REMEMBERED = 1_000_000
MAILS = 400
ROUNDS = 3


def beside(place: Ground, remembered: int) -> dict[str, float]:
    """Return how many times as much a mail costs beside so many people and mails as in an empty store."""
    taken: dict[int, list[Taken]] = {0: [], remembered: []}
    for _ in range(ROUNDS):
        for count, found in taken.items():
            yard = place.yard("ours", MAILS, "sqlite")
            engine = open_engine("sqlite:///mailbot.sqlite", Path(yard.folder))
            if count:
                fill(engine, count)
            engine.dispose()
            found.append(place.run("ours", yard))
            place.leave(yard)
    pairs = list(zip(taken[remembered], taken[0], strict=True))
    return {
        "store_1m_vs_empty": median(full["wall"] / empty["wall"] for full, empty in pairs),
        "store_1m_vs_empty_cpu": median(full["cpu"] / empty["cpu"] for full, empty in pairs),
    }


def memory(place: Ground) -> dict[str, float]:
    """Return the most memory that 2,000 and 20,000 mails take, in MB."""
    most = {}
    for mails in (2_000, 20_000):
        yard = place.yard("ours", mails, "sqlite")
        most[mails] = place.run("ours", yard)["memory"] / 1024
        place.leave(yard)
    return {"memory_20k_vs_2k": most[20_000] / most[2_000], "memory_mb": most[20_000]}


if __name__ == "__main__":
    with ground() as made:
        print(beside(made, int(sys.argv[1]) if len(sys.argv) > 1 else REMEMBERED))
        print(memory(made))
