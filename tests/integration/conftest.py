"""Servers and processes that tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.killed import Commands
from tests.support.smtp import SmtpServer


@pytest.fixture(scope="session")
def commands() -> Iterator[Commands]:
    """Sets installations up, looks into them, and forks passes which may kill themselves."""
    running = Commands()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def smtp() -> Iterator[SmtpServer]:
    """One SMTP server for all runs of a module; each looks at what came since it began."""
    server = SmtpServer()
    yield server
    server.stop()
