"""mailbot itself: passes over its mailbox until nothing is left to do."""

from __future__ import annotations

import gc
from pathlib import Path

from mailbot.app import App, build
from mailbot.cli import YOUNG
from tests.bench.yard import Yard, timed


def contest(yard: Yard) -> int:
    return work_off(build(Path(yard.folder), dns=lambda: None))


def work_off(app: App) -> int:
    """Make passes until nothing is left, as the command does; return how many answers went."""
    gc.set_threshold(YOUNG)
    sent = 0
    while True:
        counts, failure = app.poll()
        assert failure is None, failure
        sent += counts["sent"]
        if not counts["fetched"] and not counts["sent"]:
            break
    app.close()
    return sent


if __name__ == "__main__":
    timed(contest)
