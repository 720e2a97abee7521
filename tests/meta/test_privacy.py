"""The watch over the test run finds what it is there for, and names the place."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.privacy import ANYBODY, PEOPLE, people

ROOT = Path(__file__).parents[2]
TESTS = """
import logging

from mailbot import logs
from mailbot.errors import InputError
from tests.support import privacy

privacy.begin()


def test_clean():
    logs.tell("hold", reason="person_unknown", request="K7Q2AB")


def test_log():
    logging.getLogger("mailbot").info("answered %s", "nobody.we.know@example.com")


def test_value():
    logs.tell("hold", reason="Сәрсенова")


def test_exception():
    try:
        raise InputError("there is no ALICE@example.com")
    except InputError:
        pass
"""


def test_each_way_out_is_watched(tmp_path: Path) -> None:
    (tmp_path / "test_leaks.py").write_text(TESTS, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.support.privacy", "-p", "no:cacheprovider"]
    command += ["--rootdir", str(tmp_path), "-c", "/dev/null", str(tmp_path / "test_leaks.py")]
    told = ("CI", "PYTEST_ADDOPTS")  # where CI is set pytest says each failure twice
    environment = {name: value for name, value in os.environ.items() if name not in told} | {"PYTHONPATH": str(ROOT)}
    ran = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, env=environment)
    assert "3 failed, 1 passed" in ran.stdout, ran.stdout + ran.stderr
    named = [line for line in ran.stdout.splitlines() if " names " in line and not line.startswith("FAILED")]
    assert [re.sub(r".*names ", "", line) for line in named] == [
        "nobody.we.know@example.com", "Сәрсенова", "ALICE@example.com",
    ]  # fmt: skip
    assert "test_leaks.py:16" in named[0] and named[2].startswith("InputError, ")


def test_the_people_of_the_tests_are_known() -> None:
    assert {"aliya@example.com", "Сәрсенова", "Алина", "77010000001", "stranger@example.org"} <= people()


@pytest.mark.parametrize("text", ["pass applied=1", "Asia/Almaty", "mailbot 0.1.0", "request=K7Q2AB", "4 7701"])
def test_what_names_nobody_is_passed_over(text: str) -> None:
    assert ANYBODY.search(text) is None and PEOPLE.search(text) is None
