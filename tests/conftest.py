"""The servers of the tests: `dovecot`, `smtp_server`, `smtp_process`, `postgres_url`, `store_url`.

Each skips by name where its server is not installed, and fails there where CI=true.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import pytest

from mailbot.store import engine
from tests.support import dovecot as dovecots
from tests.support import postgres as clusters
from tests.support.dovecot import Dovecot
from tests.support.postgres import Postgres
from tests.support.smtp import SmtpProcess, SmtpServer

os.environ.setdefault("MAILBOT_TRUST__DNS", "false")  # no test asks the system's DNS; those about it bring their own
# A third of a pass is the compiling of its statements, which an engine keeps: the next command on a store has them too.
engine._sqlite = lru_cache(8)(engine._sqlite)
engine._postgres = lru_cache(8)(engine._postgres)


@pytest.fixture(scope="session")
def dovecot() -> Iterator[Dovecot]:
    """A running Dovecot; `dovecot.user()` is a fresh mailbox."""
    server = dovecots.start()
    yield server
    server.stop()


@pytest.fixture
def smtp_server() -> Iterator[SmtpServer]:
    """An SMTP server in this process, without AUTH and TLS; `.answers` sets its failures."""
    server = SmtpServer()
    yield server
    server.stop()


@pytest.fixture
def smtp_process(tmp_path: Path) -> Iterator[SmtpProcess]:
    """The same in a process of its own."""
    server = SmtpProcess(tmp_path / "smtp")
    yield server
    server.stop()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A running PostgreSQL cluster."""
    cluster = clusters.start()
    yield cluster
    cluster.stop()


@pytest.fixture
def postgres_url(postgres: Postgres) -> Iterator[str]:
    """The URL of an empty PostgreSQL database."""
    url = postgres.database()
    yield url
    postgres.drop(url)


@pytest.fixture(params=["sqlite", "postgres"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty store; each test runs on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'mailbot.sqlite'}"
    url: str = request.getfixturevalue("postgres_url")
    return url
