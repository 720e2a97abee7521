"""Shares of hosts: even, stable, and never given to a host that can't read."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailbot.shares import Host, Standing


def standing(hosts: dict[str, tuple[int, int]], total: int = 30, barred: tuple[tuple[str, str], ...] = ()) -> Standing:
    made = {name: Host(able, has) for name, (able, has) in hosts.items()}
    mine = {f"b{number}": 1 for number in range(hosts["me"][1])}
    return Standing(me="me", total=total, mine=mine, hosts=made, barred=set(barred))


@pytest.mark.parametrize(
    ("ables", "total", "share"),
    [
        ((30,), 30, 30),
        ((30, 30), 30, 15),
        ((30, 30, 30), 31, 11),
        ((30, 0), 30, 30),  # a command, or a host that can open nothing
        ((30, 30, 0, 0), 30, 15),
        ((30, 4), 30, 26),
        ((10, 12), 30, 12),  # some are nobody's
        ((0, 0), 30, 0),
    ],
)
def test_a_share_is_even_among_those_that_can_read(ables: tuple[int, ...], total: int, share: int) -> None:
    hosts = {name: (able, 0) for name, able in zip(("me", "b", "c", "d"), ables, strict=False)}
    assert standing(hosts, total).share == share


@pytest.mark.parametrize(
    ("hosts", "has", "room"),
    [
        ({"me": (30, 0)}, 0, 30),
        ({"me": (30, 0), "b": (30, 0)}, 0, 15),
        ({"me": (30, 12), "b": (30, 8)}, 12, 0),  # the other comes first
        ({"me": (30, 8), "b": (30, 12)}, 8, 7),
        ({"me": (30, 15), "b": (30, 14)}, 15, 0),
        ({"me": (30, 14), "b": (0, 0)}, 14, 16),  # who can read nothing does not come first
        ({"me": (5, 5), "b": (30, 20)}, 5, 0),
    ],
)
def test_whoever_has_fewest_takes_first(hosts: dict[str, tuple[int, int]], has: int, room: int) -> None:
    assert standing(hosts).room(has) == room


@pytest.mark.parametrize(
    ("hosts", "leaves"),
    [
        ({"me": (30, 30)}, 0),
        ({"me": (30, 30), "b": (30, 0)}, 15),
        ({"me": (30, 30), "b": (0, 0)}, 0),  # nobody else would read them
        ({"me": (30, 16), "b": (30, 14)}, 1),
        ({"me": (30, 15), "b": (30, 14)}, 0),
        ({"me": (30, 16), "b": (30, 10)}, 1),  # four are free and go to it anyway: it has two less still
        ({"me": (30, 15), "b": (30, 5)}, 0),  # ten are free
    ],
)
def test_only_what_another_takes_is_left(hosts: dict[str, tuple[int, int]], leaves: int) -> None:
    made = standing(hosts)
    assert len(made.over(list(made.mine))) == leaves


def test_what_the_others_are_barred_from_is_kept() -> None:
    all_but_one = tuple(("b", f"b{number}") for number in range(29))
    assert standing({"me": (30, 30), "b": (1, 0)}, barred=all_but_one).over([f"b{n}" for n in range(30)]) == ["b29"]
    made = standing({"me": (30, 30), "b": (30, 0)}, barred=(("b", "b3"),))
    assert not made.others("b3") and made.others("b4")


@settings(max_examples=150)
@given(
    hosts=st.integers(1, 5), boxes=st.integers(1, 40), seed=st.integers(0, 2**32), blind=st.integers(0, 4),
    partly=st.integers(0, 40),
)  # fmt: skip
def test_shares_settle_and_every_mailbox_that_can_be_read_is(
    hosts: int, boxes: int, seed: int, blind: int, partly: int
) -> None:
    """Hosts in any order; some can read nothing, one only some. Then nothing moves any more."""
    draw = random.Random(seed)
    names = [f"b{number}" for number in range(boxes)]
    bars = {("h1", name) for name in draw.sample(names, min(partly, boxes))} if hosts > 1 else set()
    living = [f"h{number}" for number in range(hosts)]
    able = {name: boxes - sum(host == name for host, _ in bars) for name in living}
    able |= {f"blind{number}": 0 for number in range(blind)}
    holder: dict[str, str] = dict.fromkeys(names, "")
    idle = dict.fromkeys(names, 0)
    moves: list[int] = []
    for _ in range(6 * boxes + 20):
        moved = 0
        for me in draw.sample(list(able), len(able)):
            has = {name: sum(held == name for held in holder.values()) for name in able}
            mine = {box: 1 for box, held in holder.items() if held == me}
            now = Standing(
                me=me, total=boxes, mine=mine, hosts={n: Host(able[n], has[n]) for n in able}, barred=bars,
            )  # fmt: skip
            for box in now.over(list(mine)):
                holder[box], idle[box] = "", 0
                moved += 1
            free = [box for box, held in holder.items() if not held and (me, box) not in bars]
            left = sum(held == me for held in holder.values())
            for box in free[: now.room(left)] + [box for box in free if idle[box] > 6 and able[me]]:
                moved += holder[box] != me
                holder[box] = me
        for box in names:
            idle[box] += not holder[box]
        moves.append(moved)
    assert not moves[-1], f"it never settles: {moves[-5:]}"
    assert all(holder.values())
    full = [sum(held == name for held in holder.values()) for name in living if able[name] == boxes]
    assert max(full) - min(full) <= 1 or bars
