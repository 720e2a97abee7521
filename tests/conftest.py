"""The servers of the tests: `dovecot`, `smtp_server`, `smtp_process`, `postgres_url`, `store_url`.

Each skips by name where its server is not installed, and fails there where CI=true.
"""

from __future__ import annotations

import gc
import os
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings

from mailbot.store import engine
from mailbot.store.migrate import upgrade
from tests.support import dovecot as dovecots
from tests.support import postgres as clusters
from tests.support import privacy, quick, sampled
from tests.support.dovecot import Dovecot
from tests.support.killed import Commands
from tests.support.postgres import Postgres
from tests.support.privacy import pytest_runtest_call  # noqa: F401 - a hook
from tests.support.smtp import SmtpProcess, SmtpServer

os.environ.setdefault("MAILBOT_TRUST__DNS", "false")  # no test asks the system's DNS; those about it bring their own
settings.register_profile("mailbot", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("mailbot")  # a machine that is loaded is no defect
quick.be()
privacy.begin()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print how many deaths and faults were tried, and which replies they repeated."""
    told: Counter[str] = Counter()
    for reports in terminalreporter.stats.values():
        for report in (each for each in reports if getattr(each, "when", "") == "call"):
            told.update(name for name, _ in getattr(report, "user_properties", ()))
    lost = sum(1 for report in terminalreporter.stats.get("failed", ()) if "user_properties" in vars(report))
    if told["kill"] or told["fault"]:
        terminalreporter.write_line(
            f"points of death tried: {told['kill']}, faults of networks and machines: {told['fault']} "
            f"({'all' if sampled.ALL else f'drawn with MAILBOT_SEED={sampled.SEED}'}); tests that found an effect lost "
            f"or doubled: {lost}; replies repeated under one Message-ID: {told['twice']}"
        )


def pytest_collection_finish() -> None:
    """Keep the collector of garbage off the ten thousand tests and their parameters: they live till the end."""
    gc.collect()
    gc.freeze()


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
def postgres_url(request: pytest.FixtureRequest, postgres: Postgres) -> Iterator[str]:
    """The URL of a PostgreSQL database: empty, or with its tables where the test asks for `migrated`."""
    url = postgres.database(request.getfixturevalue("postgres_tables") if "migrated" in request.fixturenames else "")
    yield url
    postgres.drop(url)


@pytest.fixture(params=["sqlite", "postgres"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a store, as `postgres_url`; each test runs on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        if "migrated" in request.fixturenames:
            shutil.copy(request.getfixturevalue("sqlite_model"), tmp_path / "mailbot.sqlite")
        return f"sqlite:///{tmp_path / 'mailbot.sqlite'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


def _with_tables(url: str) -> str:
    made = engine.open_engine(url, Path())
    upgrade(made)
    made.dispose()
    return url


@pytest.fixture(scope="session")
def sqlite_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite store with its tables and nothing in them."""
    path = tmp_path_factory.mktemp("model") / "mailbot.sqlite"
    _with_tables(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_tables(postgres: Postgres) -> str:
    """The URL of a PostgreSQL store with its tables and nothing in them."""
    return _with_tables(postgres.database())


@pytest.fixture
def migrated(store_url: str, tmp_path: Path) -> Iterator[sa.Engine]:
    """An engine on the store of `store_url` with its tables, copied from one that was migrated once."""
    opened = engine.open_engine(store_url, tmp_path)
    yield opened
    opened.dispose()


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
