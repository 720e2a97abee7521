"""How long the command takes to start, beside the import of its heaviest libraries: `python -m tests.bench.starts`."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from statistics import median

from tests.bench.yardsticks import Ground, ground
from tests.support.site import COMMAND

ROUNDS = 9
COMPILED = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}  # as installed
IMPORTS = [sys.executable, "-c", "import sqlmodel, imapclient"]


def measure(place: Ground) -> dict[str, float]:
    """Return how many times as long as those imports `mailbot --version` and a pass with nothing new take."""
    yard = place.yard("ours", 0, "sqlite")
    commands = {
        "imports": IMPORTS, "version": [str(COMMAND), "--version"],
        "poll": [str(COMMAND), "--config", yard.folder, "poll"],
    }  # fmt: skip
    taken: dict[str, list[float]] = {name: [] for name in commands}
    for round_ in range(ROUNDS + 1):
        for name, command in commands.items():
            began = time.perf_counter()
            subprocess.run(command, check=True, capture_output=True, env=COMPILED)
            if round_:  # the first one warms the disk
                taken[name].append(time.perf_counter() - began)
    pairs = {name: zip(taken[name], taken["imports"], strict=True) for name in ("version", "poll")}
    ratios = {name: median(one / imports for one, imports in pair) for name, pair in pairs.items()}
    return {
        "version_vs_imports": ratios["version"], "empty_poll_vs_imports": ratios["poll"],
        "imports_ms": median(taken["imports"]) * 1000,
    }  # fmt: skip


if __name__ == "__main__":
    with ground() as made:
        print({name: round(value, 2) for name, value in measure(made).items()})
