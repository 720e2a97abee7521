"""The fuzz targets hold on every seed and on whatever once broke them; and a minute of fuzzing finds nothing new."""

from __future__ import annotations

import importlib.util
import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fuzz import targets

ROOT = Path(__file__).parents[2]
CRASHERS = sorted(path for path in (ROOT / "tests" / "fuzz" / "crashers").glob("*/*") if path.is_file())
SECONDS, RUNS, SEED = "22", "3000", "20261123"
HAS_WHEELS = sys.platform == "linux" and platform.machine() == "x86_64" and sys.version_info < (3, 14)


@pytest.mark.parametrize("name", targets.TARGETS)
def test_its_seeds_keep_the_promise(name: str) -> None:
    for octets in targets.seeds(name):
        targets.TARGETS[name](octets)


@pytest.mark.parametrize("path", CRASHERS, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_what_once_broke_a_promise_breaks_it_no_more(path: Path) -> None:
    targets.TARGETS[path.parent.name](path.read_bytes())


@pytest.mark.slow
def test_fuzzing_finds_nothing(tmp_path: Path) -> None:
    if importlib.util.find_spec("atheris") is None:
        assert os.environ.get("CI") != "true" or not HAS_WHEELS, "atheris is missing: install the extra `fuzz`"
        pytest.skip("atheris is not installed (extra `fuzz`; it has wheels for Linux on x86_64 alone)")
    told = {**os.environ, "FUZZ_SECONDS": SECONDS, "FUZZ_SEED": SEED, "FUZZ_RUNS": RUNS, "FUZZ_FOLDER": str(tmp_path)}
    done = subprocess.run([sys.executable, "-m", "tests.fuzz"], cwd=ROOT, env=told, capture_output=True, text=True)
    print(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]
    assert done.stdout.count(" runs, ") == len(targets.TARGETS)
