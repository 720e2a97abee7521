"""A store of any version, with what it holds, is brought to this one, loses nothing and works; not a later one."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mailbot.store import migrate
from mailbot.store.engine import open_engine
from tests.acceptance.test_backup import restored, save, with_key
from tests.acceptance.world import ALICE, ALIYA, UPDATE, YES, World
from tests.support import schemas
from tests.support.killed import Commands, Kill
from tests.support.postgres import Postgres
from tests.support.schemas import KEY, NOW, VERSIONS, Rows

BORIS, GONE = "boris@example.com", "gone@example.com"
COMMANDS = (
    ("check",), ("poll",), ("requests", "list"), ("people", "show", ALIYA), ("people", "export", "out.csv"), ("live",),
    ("pause",), ("guard", "list.csv"), ("audit", "verify"), ("register", "--year", "2026"), ("backup", "kept.age"),
    ("db", "upgrade"), ("key", "rotate", "--yes"), ("operator", "list"), ("console",), ("intake",), ("away",),
    ("evidence", "AAAAAA"),
)  # fmt: skip


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> World:
    """An installation whose store is put in place by each test."""
    world = World(tmp_path_factory.mktemp("model"), people="")
    (world.folder / "secrets" / "store_key").write_text(KEY, encoding="utf-8")
    (world.folder / "mailbot.sqlite").unlink()
    return world


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def stores(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The URLs of the stores of each version."""
    found = {}
    if request.param == "sqlite":
        folder = tmp_path_factory.mktemp("stores")
        engine = open_engine(f"sqlite:///{folder / 'growing'}", folder)
        for version in VERSIONS:
            schemas.grow(engine, version)
            engine.dispose()
            shutil.copy(folder / "growing", folder / version)
            found[version] = f"sqlite:///{folder / version}"
        return found
    cluster: Postgres = request.getfixturevalue("postgres")
    url = cluster.database()
    for version in VERSIONS:
        engine = open_engine(url, Path())
        schemas.grow(engine, version)
        engine.dispose()
        found[version] = url
        url = cluster.database(url)
    return found


@pytest.fixture
def at(
    model: World, stores: dict[str, str], tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Callable[[str], World]]:
    """Makes an installation whose store is of that version; its time is a day after the last row."""
    made: list[World] = []

    def _at(version: str) -> World:
        root, url = tmp_path / str(len(made)), stores[version]
        if url.startswith("sqlite"):
            world = World.copied(model, root)
            shutil.copy(url.removeprefix("sqlite:///"), world.folder / "mailbot.sqlite")
        else:
            world = World.copied(model, root, request.getfixturevalue("postgres").database(url))
        world.ahead = NOW - datetime.now(UTC)
        made.append(world)
        return world

    yield _at
    for world in made:
        if world.store.startswith("postgresql"):
            request.getfixturevalue("postgres").drop(world.store)


def held(world: World) -> Rows:
    """Return all that the store holds."""
    engine = open_engine(world.store, world.folder)
    try:
        return schemas.rows(engine)
    finally:
        engine.dispose()


def kept(before: Rows, after: Rows) -> bool:
    """Tell whether each row is there as it was; columns that a later version added may hold anything."""
    for table, (columns, rows) in before.items():
        names, values = after[table]
        places = [names.index(column) for column in columns]
        assert [tuple(row[place] for place in places) for row in values] == rows, table
    return True


@pytest.mark.parametrize("version", VERSIONS)
def test_a_store_of_any_version_is_upgraded_and_works(at: Callable[[str], World], version: str) -> None:
    world = at(version)
    before = held(world)
    if version != migrate.HEAD:
        ran = world.run("requests", "list")
        assert ran.code == 78 and "run `mailbot db upgrade`" in ran.err
    world.ok("db", "upgrade")
    assert kept(before, held(world))
    assert all(rows for _, rows in before.values()), "a table of that version that no row was written into"

    headers = [f"In-Reply-To: <{'b' * 26}@example.kz>"]
    passed = world.deliver(
        world.octets(ALIYA, UPDATE["ru"], "Телефон: +77015554433"),
        world.octets(BORIS, "Re: No. BBBBBB", YES["ru"], headers=headers),
    )
    assert passed.counts["applied"] == 2 and {sent.to for sent in passed.answers} >= {ALIYA, BORIS}
    phones = dict(world.sql("SELECT person_id, number FROM phone"))
    assert phones["aliya".ljust(26, "a")] == "+77015554433" and phones["boris".ljust(26, "a")] == "+77019998811"
    assert world.person(GONE)["suppressed"] == ["news", "processing"]
    report = world.ok("audit", "verify", "--json").objects[0]
    assert report["sound"] and report["sealed"] >= 6


def test_there_is_a_store_of_every_version() -> None:
    files = Path(migrate.__file__).parent / "migrations" / "versions"
    assert sorted(path.name[:4] for path in files.glob("0*.py")) == VERSIONS
    assert VERSIONS[-1] == migrate.HEAD


def test_an_upgrade_that_is_killed_goes_on(at: Callable[[str], World], commands: Commands) -> None:
    world = at(VERSIONS[0])
    before = held(world)
    argv = ("--config", str(world.folder), "db", "upgrade")
    for n in (8, 40, 75):  # of the first migrations, in the middle, of the last
        assert commands.run(*argv, kill=Kill(call="statement", when="after", n=n)).code == -9
        assert held(world) == before, "a part of it was committed"
    ended = commands.run(*argv)
    assert ended.code == 0 and ended.calls["statement"] > 75, ended
    assert kept(before, held(world))


def test_two_upgrades_at_once_are_harmless(at: Callable[[str], World], commands: Commands) -> None:
    world = at(VERSIONS[0])
    before = held(world)
    ended = commands.at_once(3, "--config", str(world.folder), "db", "upgrade")
    assert [each.code for each in ended] == [0, 0, 0], ended
    assert kept(before, held(world))


def test_a_store_of_a_later_version_is_refused_by_every_command(at: Callable[[str], World]) -> None:
    world = at(migrate.HEAD)
    world.sql("UPDATE alembic_version SET version_num = '9999'")
    before = held(world)
    (world.root / "list.csv").write_text(f"email\n{ALICE}\n", encoding="utf-8")
    for argv in COMMANDS:
        ran = world.run(*(str(world.root / word) if "." in word else word for word in argv))
        assert ran.code == 78, (argv, ran)
        assert "version 9999, a later mailbot made them" in ran.err, (argv, ran.err)
    assert held(world) == before


def test_nothing_is_restored_over_a_store_of_a_later_version(at: Callable[[str], World]) -> None:
    world = at(migrate.HEAD)
    with_key(world)
    (world.root / "kept").mkdir()
    file = save(world, world.root / "kept")
    world.sql("UPDATE alembic_version SET version_num = '9999'")
    before = held(world)
    ran = restored(world, file)
    assert ran.code == 78 and "a later mailbot made them" in ran.err, ran
    assert held(world) == before
