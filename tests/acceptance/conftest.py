"""The installations of the acceptance tests: each test has a copy of one that the command line made."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.world import World
from tests.support.postgres import Postgres


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, World]:
    """Installations made by `init` and `people import`, never worked with."""
    return {
        "live": World(tmp_path_factory.mktemp("live")),
        "shadow": World(tmp_path_factory.mktemp("shadow"), shadow=True),
        "empty": World(tmp_path_factory.mktemp("empty"), people=""),
    }


@pytest.fixture
def world(models: dict[str, World], tmp_path: Path) -> World:
    """A live installation with a few people on file."""
    return World.copied(models["live"], tmp_path / "live")


@pytest.fixture(scope="session")
def postgres_model(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> World:
    """An installation on PostgreSQL, never worked with."""
    return World(tmp_path_factory.mktemp("live"), store=postgres.database())


@pytest.fixture(params=["sqlite", "postgres"])
def either(request: pytest.FixtureRequest, models: dict[str, World], tmp_path: Path) -> Iterator[World]:
    """A live installation with a few people on file, on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        yield World.copied(models["live"], tmp_path / "live")
        return
    model, cluster = request.getfixturevalue("postgres_model"), request.getfixturevalue("postgres")
    store = cluster.database(model.store)
    yield World.copied(model, tmp_path / "live", store)
    cluster.drop(store)


@pytest.fixture
def shadow(models: dict[str, World], tmp_path: Path) -> World:
    """The same in shadow mode."""
    return World.copied(models["shadow"], tmp_path / "shadow")


@pytest.fixture
def empty(models: dict[str, World], tmp_path: Path) -> World:
    """A live installation with nobody on file."""
    return World.copied(models["empty"], tmp_path / "empty")
