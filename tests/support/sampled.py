"""Which of many like cases a run tries: all where MAILBOT_TORTURE is set (`make torture`), else some, by a seed."""

from __future__ import annotations

import os
import random
from collections.abc import Iterable
from typing import TypeVar

T = TypeVar("T")
ALL = bool(os.environ.get("MAILBOT_TORTURE"))
SEED = os.environ.setdefault("MAILBOT_SEED", str(random.SystemRandom().randrange(10**6)))  # workers inherit it


def some(cases: Iterable[T], most: int, *, of: str) -> list[T]:
    """Return the cases in their order, at most so many of them drawn by the seed and the name `of` the group."""
    every = list(cases)
    if ALL or len(every) <= most:
        return every
    drawn = random.Random(f"{SEED} {of}").sample(range(len(every)), most)
    return [every[number] for number in sorted(drawn)]
