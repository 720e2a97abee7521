"""A process that reads mail for years does not grow: after 100,000 mails it is as large as after 1,000."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.acceptance.world import World
from tests.support.sampled import ALL

COUNTS = (1_000, 100_000) if ALL else (250, 500)


def test_memory_does_not_grow_with_the_mails_that_were_read(tmp_path: Path) -> None:
    world = World(tmp_path)
    command = [sys.executable, "-m", "tests.torture.memory", str(world.folder), *map(str, COUNTS)]
    ran = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[2], check=True)
    sizes = {int(count): int(size) for count, size in (line.split() for line in ran.stdout.splitlines())}
    print(f"resident KB: {sizes}")
    assert set(sizes) == set(COUNTS)
    assert sizes[COUNTS[1]] <= 1.2 * sizes[COUNTS[0]], sizes
    assert world.sql("SELECT count(*) FROM mail") == [(COUNTS[1],)]
