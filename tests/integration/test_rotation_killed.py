"""A rotation that is killed anywhere loses nobody: the store is by one key or by the next, and the command goes on."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailbot.store.keys import Keys
from tests.acceptance.world import ALICE, ALIYA, UNSUBSCRIBE, World
from tests.support.killed import Commands, Kill
from tests.support.postgres import Postgres


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def left(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """An installation that one left and at which one unsubscribed; its key was rotated once."""
    url = "sqlite:///mailbot.sqlite"
    if request.param == "postgres":
        url = request.getfixturevalue("postgres").database()
    world = World(tmp_path_factory.mktemp("left"), store=url)
    world.mail(ALICE, UNSUBSCRIBE["en"])
    world.ok("people", "destroy", ALIYA, "--yes")
    world.ok("key", "rotate", "--yes")
    yield world


def copied(left: World, root: Path, request: pytest.FixtureRequest) -> World:
    if left.store.startswith("sqlite"):
        return World.copied(left, root)
    cluster: Postgres = request.getfixturevalue("postgres")
    return World.copied(left, root, cluster.database(left.store))


def recognised(world: World) -> bool:
    assert world.person(ALIYA)["state"] == "suppressed" and world.person(ALICE)["suppressed"] == ["news"]
    return world.ok("audit", "verify").code == 0


def test_a_kill_anywhere_loses_nobody(
    left: World, commands: Commands, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    whole = copied(left, tmp_path / "whole", request)
    calls = commands.run("--config", str(whole.folder), "key", "rotate", "--yes").calls
    assert calls["commit"] >= 1 and calls["fsync"] >= 4, calls
    kills = [Kill(call="commit", when=when, n=n) for n in range(1, calls["commit"] + 1) for when in ("before", "after")]
    if left.store.startswith("sqlite"):  # what is written to files does not depend on the store
        kills += [Kill(call="fsync", when="before", n=n) for n in range(1, calls["fsync"] + 1)]
    seen = set()
    for number, kill in enumerate(kills):
        world = copied(left, tmp_path / str(number), request)
        assert commands.run("--config", str(world.folder), "key", "rotate", "--yes", kill=kill).code == -9, kill
        keys = Keys.read((world.folder / "secrets" / "store_key").read_text(encoding="utf-8"))
        begun = "holds a new key" in world.run("check").out
        seen.add((len(keys.former), begun))
        assert recognised(world), kill
        world.ok("key", "rotate", "--yes")
        after = Keys.read((world.folder / "secrets" / "store_key").read_text(encoding="utf-8"))
        assert (after == keys) is begun, "a key that lies there is taken before another one is made"
        assert after.continues(keys) and recognised(world), kill
        if not left.store.startswith("sqlite"):
            request.getfixturevalue("postgres").drop(world.store)
        shutil.rmtree(world.root)
    assert {(2, True), (2, False)} <= seen <= {(1, False), (2, True), (2, False)}
