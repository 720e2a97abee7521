"""Run the tests of each mutant in a fork of one process that has collected them all; one JSON line a verdict.

Runs within `mutants/`, where mailbot is the mutated one: `python -m tests.mutate.judge JOBS VERDICTS`.
"""

from __future__ import annotations

import gc
import itertools
import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any, TextIO

import pytest

AT_ONCE = int(os.environ.get("MUTATE_AT_ONCE", "2"))
SECONDS = 120  # for one mutant: it may never end
VERDICTS = {0: "survived", 1: "killed", -signal.SIGKILL: "endless"}
Running = dict[int, tuple[str, float]]


class Loop:
    """A pytest plugin that runs what was collected anew for each mutant."""

    def __init__(self, jobs: dict[str, dict[str, Any]], told: TextIO) -> None:
        self.jobs, self.told = jobs, told

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Judge every mutant. Returns True: nothing else is run."""
        items = {item.nodeid: item for item in session.items}
        running: Running = {}
        _warm(session)
        for number, (mutant, job) in enumerate(self.jobs.items()):
            while len(running) >= AT_ONCE:
                self._collect(running)
            if not number % 100:
                os.write(2, f"{number} of {len(self.jobs)}\n".encode())
            chosen = [items[test] for test in job["tests"]]
            if chosen:
                running[_begin(mutant, session, chosen)] = (mutant, time.monotonic() + SECONDS)
            else:
                self._tell(mutant, "unreached")
        while running:
            self._collect(running)
        return True

    def _collect(self, running: Running) -> None:
        """Take the verdict of one that has ended, or end one that does not."""
        child, status = os.waitpid(-1, os.WNOHANG)
        if child:
            code = os.waitstatus_to_exitcode(status)
            self._tell(running.pop(child)[0], VERDICTS.get(code, f"strange ({code})"))
            return
        for late in [pid for pid, (_, until) in running.items() if time.monotonic() > until]:
            os.killpg(late, signal.SIGKILL)
        time.sleep(0.01)

    def _tell(self, mutant: str, verdict: str) -> None:
        self.told.write(json.dumps({"mutant": mutant, "hash": self.jobs[mutant]["hash"], "verdict": verdict}) + "\n")
        self.told.flush()


def _warm(session: pytest.Session) -> None:
    """Run the first test of each class and file, so that no fork has to read tables, make keys or a store again."""
    firsts = [next(alike) for _, alike in itertools.groupby(session.items, key=lambda item: item.parent)]
    for item, following in zip(firsts, [*firsts[1:], session.items[0]], strict=True):
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
    assert not session.testsfailed
    gc.freeze()


def _begin(mutant: str, session: pytest.Session, chosen: list[pytest.Item]) -> int:
    child = os.fork()
    if child:
        return child
    os.setsid()
    code = 3
    try:
        os.environ["MUTANT_UNDER_TEST"] = mutant
        session.config.pluginmanager.unregister(name="terminalreporter")
        session._setupstate.teardown_exact(chosen[0])
        for item, following in itertools.zip_longest(chosen, chosen[1:]):
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if session.testsfailed:
                break
        code = 1 if session.testsfailed else 0
    finally:
        os._exit(code)


def main() -> None:
    jobs = json.loads(Path(sys.argv[1]).read_text())
    files = sorted({test.partition("::")[0] for job in jobs.values() for test in job["tests"]})
    with Path(sys.argv[2]).open("a") as told:
        pytest.main(["-q", "-p", "no:cacheprovider", "-p", "no:xdist", *files], [Loop(jobs, told)])


main()
