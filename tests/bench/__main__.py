"""Measures mailbot and prints a table; the last line is one JSON object: `python -m tests.bench [PART …]`.

Every ratio is of things measured side by side in this run, which should have the machine for itself.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from statistics import median

from tests.bench import explain_vs_parse, growth, hosts, idle, passes, stages, starts, workers, yardsticks
from tests.bench.yardsticks import Ground, Taken, ground

MAILS, ROUNDS = 2_000, 5
Figures = dict[str, float]


def near(place: Ground) -> Figures:
    """mailbot beside the yardsticks, all servers on this machine, on both databases."""
    found: Figures = {}
    for store, suffix in (("sqlite", ""), ("postgresql", "_postgresql")):
        taken = yardsticks.contest(place, MAILS, ROUNDS, store)
        shown(store, taken)
        found |= yardsticks.ratios(taken, suffix)
        ours = taken["ours"]
        found[f"cpu_ms{suffix}"] = median(each["cpu"] * 1000 / MAILS for each in ours)
        found[f"mails_per_second{suffix}"] = median(MAILS / each["wall"] for each in ours)
    return found


def shown(title: str, taken: dict[str, list[Taken]]) -> None:
    """Print what each contestant took a mail, the median of its rounds."""
    print(f"\n{title:<12}{'wall ms':>9}{'cpu ms':>9}{'MB':>7}")
    for name, rounds in taken.items():
        wall, cpu = (median(each[what] * 1000 / each["sent"] for each in rounds) for what in ("wall", "cpu"))
        print(f"{name:<12}{wall:>9.2f}{cpu:>9.2f}{median(each['memory'] for each in rounds) / 1024:>7.0f}")


def far(place: Ground) -> Figures:
    """The same where servers are 20 ms away."""
    taken = yardsticks.far(place, ROUNDS)
    shown("20 ms away", taken)
    return yardsticks.ratios(taken, "_rtt20")


def empty(place: Ground) -> Figures:
    """Passes with nothing new, by how many mails lie in the folder."""
    taken = passes.measure(place)
    milliseconds = {f"empty_pass_{size // 1000}k_ms": value for size, value in taken.items()}
    return {"empty_pass_100k_vs_1k": taken[100_000] / taken[1_000], **milliseconds}


def remembered(place: Ground) -> Figures:
    """Beside a million people and mails of former years."""
    return growth.beside(place, growth.REMEMBERED)


def parsing(_: Ground) -> Figures:
    """`mailbot explain` beside one parse by mail-parser."""
    return explain_vs_parse.measure()


PARTS: dict[str, Callable[[Ground], Figures]] = {
    "near": near, "far": far, "empty": empty, "memory": growth.memory, "starts": starts.measure, "idle": idle.measure,
    "explain": parsing, "workers": workers.measure, "hosts": hosts.measure,
    "remembered": remembered,
}  # fmt: skip


def main() -> None:
    wanted = sys.argv[1:] or [*PARTS, "stages"]
    figures: Figures = {}
    for name in wanted:
        if name == "stages":
            print(f"\n{stages.measure(MAILS, 'sqlite')}")
            continue
        with ground() as place:
            found = PARTS[name](place)
        figures |= found
        print(f"\n{name}: {', '.join(f'{key} {value:.2f}' for key, value in found.items())}", flush=True)
    print(json.dumps({key: round(value, 3) for key, value in figures.items()}))


if __name__ == "__main__":
    main()
