"""What a mailbox more costs a host of many: processor, memory and room in the database, with nothing new to read.

`run --all` over so many Maildirs, whose stores are schemas of one PostgreSQL; what is told is the slope between the
least and the most of them, so nothing that is paid once is in it.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa

from mailbot.store.engine import open_engine
from tests.bench.yardsticks import Ground
from tests.support.killed import Commands
from tests.support.site import BOX, COMMAND

SIZES = (10, 200)
POLL, WATCHED = 20, 60  # seconds
Figures = dict[str, float]


def measure(place: Ground) -> Figures:
    """Return milliseconds of CPU a pass, KB of memory a mailbox, MB in the database, seconds until all were taken."""
    commands = Commands()
    try:
        few, many = (_run(place, commands, size) for size in SIZES)
    finally:
        commands.stop()
    more = SIZES[1] - SIZES[0]
    return {
        "mailbox_pass_cpu_ms": (many["cpu"] - few["cpu"]) * 1000 / (more * WATCHED / POLL),
        "mailbox_kb": (many["kb"] - few["kb"]) / more,
        "mailbox_database_mb": (many["mb"] - few["mb"]) / more,
        "mailboxes_taken_s": many["taken"],
        "database_connections": many["connections"],
    }


def _run(place: Ground, commands: Commands, size: int) -> Figures:
    folder, database = place.folder / f"hosts-{size}", place.postgres.database()
    for number in range(size):
        _install(folder, f"box{number}", database, commands)
    engine = open_engine(database, folder)

    def ask(statement: str) -> float:
        with engine.connect() as connection:
            return float(connection.execute(sa.text(statement)).scalar_one())

    log = (folder / "log").open("wb")
    process = subprocess.Popen(
        [str(COMMAND), "--config", str(folder / "all"), "run", "--all"], stdout=log, stderr=log,
        env=os.environ | {"MAILBOT_SCHEDULE__POLL_SECONDS": str(POLL)},
    )  # fmt: skip
    began = time.monotonic()
    try:
        passed = " + ".join(
            f"(SELECT count(*) FROM box{number}.folder_cursor WHERE complete_since IS NOT NULL)"
            for number in range(size)
        )
        _until(lambda: ask(f"SELECT {passed}") == size, process)
        taken = time.monotonic() - began
        time.sleep(POLL)
        before = _cpu(process.pid)
        time.sleep(WATCHED)
        return {
            "taken": taken, "cpu": _cpu(process.pid) - before, "kb": _kilobytes(process.pid),
            "mb": ask("SELECT pg_database_size(current_database())") / 1e6,
            "connections": ask("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()") - 1,
        }  # fmt: skip
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)
        engine.dispose()


def _install(folder: Path, name: str, database: str, commands: Commands) -> None:
    box = folder / "mail" / name
    for part in ("cur", "new", "tmp"):
        (box / part).mkdir(parents=True)
    ended = commands.run(
        "--config", str(folder), "init", str(folder / "all" / name), "--mailbox", f"maildir://{box}", "--courier",
        f"maildir://{folder}/out", "--store", f"{database}&schema={name}", "--address", BOX, "--operator",
        "Example Courses", "--contact", "+7 700 000 00 00", "--live",
    )  # fmt: skip
    assert ended.code == 0, ended.err


def _until(done: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    while not done():
        assert process.poll() is None
        time.sleep(0.2)


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _kilobytes(pid: int) -> float:
    found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text(encoding="ascii"))
    assert found is not None
    return float(found[1])
