"""A pass that is killed around its hooks: each call is made at least once, in order, each task is ticked."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.world import ALIYA, BORIS, UNSUBSCRIBE, UPDATE, WITHDRAWAL, World
from tests.support.killed import Commands, Kill
from tests.support.receiver import Receiver, receiving
from tests.support.sampled import some

POLICY = """
[withdrawal]
obligations = "none"
[[places]]
name = "list"
preset = "newsletter"
[places.hook]
url = "{url}/hook"
fields = ["surname"]
"""


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with receiving() as one:
        yield one


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory, receiver: Receiver) -> World:
    """An installation whose next pass decides three mails and calls a hook for each."""
    world = World(tmp_path_factory.mktemp("stage"))
    world.policy(POLICY.format(url=receiver.url))
    (world.folder / "secrets" / "hook_list").write_text("secret")
    world.put(world.octets(ALIYA, UPDATE["en"], "Surname: Omarova"))
    world.put(world.octets(ALIYA, WITHDRAWAL["ru"]))
    world.put(world.octets(BORIS, UNSUBSCRIBE["ru"]))
    return world


def outcome(world: World) -> dict[str, list[tuple[Any, ...]]]:
    """Return what is the same however often a pass was killed."""
    return {
        "tasks": world.sql("SELECT place, what, identifier, done_by, by_hook FROM place_task ORDER BY id"),
        "calls": world.sql("SELECT event, identifier, fields, answer FROM hook_call ORDER BY id"),
        "open": world.sql("SELECT kind, places_open FROM request ORDER BY kind"),
    }


def run(stage: World, commands: Commands, root: Path, kill: Kill | None) -> tuple[World, dict[str, int]]:
    """Kill a pass there, then make passes until nothing is owed."""
    world = World.copied(stage, root)
    ended = commands.run("--config", str(world.folder), "poll", kill=kill)
    assert ended.code == (0 if kill is None else -9), (kill, ended)
    for _ in range(4):
        world.sql("UPDATE hook_call SET next_try_at = NULL WHERE delivered_at IS NULL")  # as if its lease had lapsed
        assert commands.run("--config", str(world.folder), "poll").code == 0
    return world, ended.calls


def test_a_kill_around_each_call_and_each_commit(
    stage: World, commands: Commands, receiver: Receiver, tmp_path: Path
) -> None:
    receiver.heard.clear()
    world, calls = run(stage, commands, tmp_path / "whole", None)
    wanted, total = outcome(world), len(receiver.heard)
    assert calls["hook"] == total == 3
    assert [row[3] for row in wanted["tasks"]] == ["hook", "", "hook"]
    twice = 0
    for kind in ("hook", "commit"):
        for when in ("before", "after"):
            for n in some(range(1, calls[kind] + 1), 3, of=f"hooks {kind} {when}"):
                receiver.heard.clear()
                root = tmp_path / f"{kind}-{when}-{n}"
                world, _ = run(stage, commands, root, Kill(call=kind, when=when, n=n))
                assert outcome(world) == wanted, (kind, when, n)
                ids = [heard.headers["webhook-id"] for heard in receiver.heard]
                assert len(set(ids)) == total and max(map(ids.count, ids)) <= 2, (kind, when, n)
                twice += len(ids) - total
                mine = [event for event, who in receiver.events if who == ALIYA]
                assert list(dict.fromkeys(mine)) == ["person.updated", "person.stopped"]
                shutil.rmtree(root)
    assert twice >= total  # so often a call had been sent whose answer was not written down
