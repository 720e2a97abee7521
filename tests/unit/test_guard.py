"""A process in which nothing moves is ended: what waits for a silent server holds the turn."""

from __future__ import annotations

import subprocess
import sys
import time

SILENT = "from mailbot.guard import Guard\nimport time\nwith Guard(0.4) as guard:\n    {work}\nprint('done')"


def ran(work: str) -> subprocess.CompletedProcess[str]:
    program = SILENT.format(work=work)
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)


def test_a_process_that_waits_for_ever_ends_as_to_be_tried_again() -> None:
    began = time.monotonic()
    ended = ran("time.sleep(600)")
    assert (ended.returncode, ended.stdout) == (75, "") and "the next pass goes on" in ended.stderr
    assert time.monotonic() - began < 60


def test_one_that_moves_is_left_alone() -> None:
    ended = ran("[(time.sleep(0.1), guard.moved()) for _ in range(15)]")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "done\n", "")


def test_afterwards_nobody_watches() -> None:
    program = SILENT.format(work="pass") + "\ntime.sleep(1.5)"
    assert subprocess.run([sys.executable, "-c", program], timeout=60, check=False).returncode == 0
