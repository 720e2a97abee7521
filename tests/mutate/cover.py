"""Tell which tests reach each line of the modules that are mutated, and how long each takes: JSON into a file."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import coverage
import pytest
from mutmut.configuration import config
from mutmut.utils.file_utils import walk_mutatable_files


class Watch:
    """A pytest plugin that says to coverage which test runs."""

    def __init__(self, watching: coverage.Coverage) -> None:
        self.watching = watching
        self.seconds: dict[str, float] = {}

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self.watching.switch_context(nodeid)
        self.seconds[nodeid] = 0.0

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.seconds[report.nodeid] += report.duration


def main() -> None:
    told = Path(sys.argv[1])
    before = json.loads(told.read_text()) if told.exists() else {"lines": {}, "seconds": {}}
    chosen = config().pytest_add_cli_args_test_selection
    if told.exists():  # only the tests that were changed since
        chosen = [test for test in chosen if Path(test).stat().st_mtime > told.stat().st_mtime]
    if not chosen:
        return
    files = [str(path) for path in walk_mutatable_files()]
    watching = coverage.Coverage(data_file=None, include=files, config_file=False)
    watching.start()
    watch = Watch(watching)
    code = pytest.main(["-q", "-x", "-p", "no:cacheprovider", *chosen], [watch])
    watching.stop()
    if code:
        sys.exit(int(code))
    data = watching.get_data()
    lines = {
        file: _joined(before["lines"].get(file, {}), data.contexts_by_lineno(str(Path(file).resolve())), chosen)
        for file in files
    }
    told.write_text(json.dumps({"lines": lines, "seconds": before["seconds"] | watch.seconds}))


def _joined(before: dict[str, list[str]], now: dict[int, list[str]], asked: list[str]) -> dict[str, list[str]]:
    """Return the tests of each line: those of files that were not asked as they were, the others as they are now."""
    kept = {line: [test for test in tests if test.partition("::")[0] not in asked] for line, tests in before.items()}
    for line, tests in now.items():
        kept.setdefault(str(line), []).extend(test for test in tests if test)
    return kept


main()
