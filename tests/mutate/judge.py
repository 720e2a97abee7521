"""Run the tests of each mutant in a fork of one process that has collected them all; one JSON line a verdict.

Runs within `mutants/`, where mailbot is the mutated one: `python -m tests.mutate.judge JOBS VERDICTS`.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

import pytest

AT_ONCE = int(os.environ.get("MUTATE_AT_ONCE", "2"))
SECONDS = 120  # for one mutant: it may never end
QUIET = ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist"]


def main() -> None:
    jobs = json.loads(Path(sys.argv[1]).read_text())
    files = sorted({test.partition("::")[0] for job in jobs.values() for test in job["tests"]})
    if not files:
        return
    _silent(lambda: pytest.main(["--collect-only", *QUIET, *files]))
    running: dict[int, tuple[str, float]] = {}
    with Path(sys.argv[2]).open("a") as told:
        for number, (mutant, job) in enumerate(jobs.items()):
            if not job["tests"]:
                told.write(json.dumps({"mutant": mutant, "hash": job["hash"], "verdict": "unreached"}) + "\n")
                continue
            while len(running) >= AT_ONCE:
                _collect(running, jobs, told)
            running[_begin(mutant, job["tests"])] = (mutant, time.monotonic() + SECONDS)
            if number % 100 == 0:
                print(f"{number} of {len(jobs)}", flush=True)
        while running:
            _collect(running, jobs, told)


def _begin(mutant: str, tests: list[str]) -> int:
    child = os.fork()
    if child == 0:
        os.setsid()
        os.environ["MUTANT_UNDER_TEST"] = mutant
        code = 3  # what ends pytest itself is noticed, too
        try:
            code = _silent(lambda: int(pytest.main([*QUIET, *tests])))
        finally:
            os._exit(code)
    return child


def _silent(run: Callable[[], int]) -> int:
    nothing = os.open(os.devnull, os.O_WRONLY)
    kept = os.dup(1)
    os.dup2(nothing, 1)
    try:
        return int(run())
    finally:
        os.dup2(kept, 1)


def _collect(running: dict[int, tuple[str, float]], jobs: dict[str, dict[str, object]], told: TextIO) -> None:
    """Take the verdict of one that has ended, or end one that does not."""
    child, status = os.waitpid(-1, os.WNOHANG)
    if child == 0:
        for late in [pid for pid, (_, until) in running.items() if time.monotonic() > until]:
            os.killpg(late, signal.SIGKILL)
        time.sleep(0.01)
        return
    mutant, _ = running.pop(child)
    code = os.waitstatus_to_exitcode(status)
    verdict = {0: "survived", 1: "killed", -9: "endless"}.get(code, f"strange ({code})")
    told.write(json.dumps({"mutant": mutant, "hash": jobs[mutant]["hash"], "verdict": verdict}) + "\n")
    told.flush()


main()
