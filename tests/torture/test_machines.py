"""What machines do to a pass: full and read-only disks, no file handles, clocks that jump, stops, power cuts.

Whatever a pass could not do, the next one does, and nobody is told twice.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.dovecot import Dovecot
from tests.support.killed import Commands, Ended, Kill
from tests.support.postgres import Postgres
from tests.support.runs import Record, Run, Stage, begin, check_same
from tests.support.sampled import some
from tests.support.servers import missing
from tests.support.site import TAGS, Site, letter
from tests.support.smtp import SmtpServer
from tests.torture.test_networks import MAILS, PEOPLE

KB = 1024
Whole = tuple[dict[str, int], dict[str, Any]]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def stage(
    request: pytest.FixtureRequest, dovecot: Dovecot, smtp: SmtpServer, commands: Commands,
    tmp_path_factory: pytest.TempPathFactory,
) -> Stage:  # fmt: skip
    """A few mails delivered, no pass made."""
    postgres: Postgres | None = request.getfixturevalue("postgres") if request.param == "postgresql" else None
    store = postgres.database() if postgres is not None else "sqlite:///mailbot.sqlite"
    site = Site(tmp_path_factory.mktemp("machines") / "site", dovecot, smtp, store, commands=commands)
    site.init()
    site.people(*PEOPLE)
    site.deliver(*MAILS, letter("marat@example.com", TAGS["ru", "withdrawal"], name="withdrawal", proven=False))
    return Stage(site, commands, postgres)


@pytest.fixture(scope="module")
def whole(stage: Stage) -> tuple[dict[str, int], dict[str, Any]]:
    """The calls of a pass that nothing happened to, and the state after it."""
    run = begin(stage)
    run.poll()
    calls = run.calls
    run.settle()
    run.check_replies()
    state = run.state()
    run.leave(stage)
    return calls, state


def poll(run: Run, **more: float) -> Ended:
    """Make a pass under such conditions: it ends in order, or says in one line that it is to be tried again."""
    assert run.site.commands is not None
    ended = run.site.commands.run("--config", str(run.site.folder), "poll", "--json", **more)  # type: ignore[arg-type]
    assert ended.code in (0, 75), ended
    assert "Traceback" not in ended.err and len(ended.err.splitlines()) == (ended.code != 0), ended
    return ended


def check_after(run: Run, state: dict[str, Any], what: str, record: Record) -> None:
    """Make the passes that make up for it."""
    sent, taken = run.sent(), run.taken()
    run.gap = set(taken) - sent
    assert len(run.gap) <= 1, what
    record("fault", what)
    if run.gap:
        record("twice", what)
    run.settle()
    check_same(run.state(), state, what)
    run.check_replies()


# ---- disks -----------------------------------------------------------------------------------------------------


@contextmanager
def small_disk(run: Run, size: int) -> Iterator[Path]:
    """Put the installation on a disk of that size (tmpfs); yields where it is mounted."""
    place, folder = run.site.folder.with_name(f"{run.site.folder.name}-disk"), run.site.folder
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)], capture_output=True, check=False
    )
    if mounted.returncode:
        missing("a disk may not be mounted here")
    try:
        shutil.copytree(folder, place / "site")
        run.site.folder = place / "site"
        yield place
    finally:
        subprocess.run(["mount", "-o", "remount,rw", str(place)], check=False, capture_output=True)
        shutil.rmtree(folder)
        shutil.copytree(place / "site", folder)
        run.site.folder = folder
        subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_full_disk(stage: Stage, whole: Whole, record_property: Record) -> None:
    if stage.postgres is not None:
        pytest.skip("its store is elsewhere")
    failed = 0
    for left in some(range(0, 200 * KB, 4 * KB), 3, of="disk"):
        run = begin(stage)
        with small_disk(run, 4_000 * KB) as disk:
            filler = disk / "filler"
            free = os.statvfs(disk)
            filler.write_bytes(b"x" * max(0, free.f_bavail * free.f_frsize - left))
            failed += poll(run).code == 75
            filler.unlink()
            check_after(run, whole[1], f"a disk with {left // KB} KB left", record_property)
        run.leave(stage)
    assert failed, "a disk was too full for it"


def test_a_read_only_disk(stage: Stage, whole: Whole, record_property: Record) -> None:
    run = begin(stage)
    with small_disk(run, 8_000 * KB) as disk:
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        ended = poll(run)
        assert stage.postgres is not None or ended.code == 75
        subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
        check_after(run, whole[1], "a read-only disk", record_property)
    run.leave(stage)


# ---- handles and clocks ----------------------------------------------------------------------------------------


def test_out_of_file_handles(stage: Stage, whole: Whole, record_property: Record) -> None:
    codes = []
    for files in some(range(5, 26), 3, of="handles"):
        run = begin(stage)
        codes.append(poll(run, files=files).code)
        check_after(run, whole[1], f"at most {files} file handles", record_property)
        run.leave(stage)
    assert 75 in codes or len(codes) < 5, "some were too few"


def test_a_clock_that_jumps(stage: Stage, whole: Whole, record_property: Record) -> None:
    """Back by weeks, ahead by hours: nothing is done twice, and nothing for want of a time that is right."""
    for hours in ((-2, 0), (2, -2, 0), (-480, 0)):
        run = begin(stage)
        for each in hours:
            poll(run, ahead=each * 3_600)
        check_after(run, whole[1], f"a clock that goes {hours} hours ahead", record_property)
        assert run.site.run("audit", "verify").code == 0
        run.leave(stage)


# ---- stops and power cuts --------------------------------------------------------------------------------------


def test_stopped_for_long_it_wakes_up_and_still_believes_it_is_its_turn(
    stage: Stage, commands: Commands, whole: Whole, record_property: Record
) -> None:
    """Others did everything meanwhile. The mail that was on its way when it stopped may go out twice, and no other."""
    calls, state = whole
    assert calls["net"] > 20
    for n in some(range(1, calls["net"] + 1), 2, of="stopped"):
        run = begin(stage)
        pid = commands.start(
            "--config", str(run.site.folder), "poll", "--json", stop=Kill(call="net", when="stop", n=n), turn=False,
            lease=0.05,
        )  # fmt: skip
        time.sleep(0.1)  # by now its leases have lapsed
        run.settle()
        os.kill(pid, signal.SIGCONT)
        ended = commands.finish(pid)
        assert ended.code in (0, 75) and "Traceback" not in ended.err, (n, ended)
        run.settle()
        taken = run.taken()
        twice = [message_id for message_id, times in taken.items() if times > 1]
        assert len(twice) <= 1 and max(taken.values()) <= 2, (n, taken)
        record_property("fault", f"stopped before call {n}")
        if twice:
            record_property("twice", f"stopped before call {n}")
        run.gap = set(twice)
        run.drop_copies()
        check_same(run.state(), state, f"stopped before call {n}")
        run.check_replies()
        run.leave(stage)


def test_a_snapshot_of_any_moment_goes_on(
    stage: Stage, commands: Commands, whole: Whole, record_property: Record
) -> None:
    """As after a power cut: the files as they were at one instant, and nothing of the process."""
    if stage.postgres is not None:
        pytest.skip("PostgreSQL keeps its own files")
    calls, state = whole
    for n in some(range(1, calls["any"] + 1), 3, of="snapshot"):
        run = begin(stage)
        folder = run.site.folder
        pid = commands.start(
            "--config", str(folder), "poll", "--json", stop=Kill(call="any", when="stop", n=n)
        )  # fmt: skip
        shutil.copytree(folder, folder.with_name(f"{folder.name}-snapshot"))
        assert commands.finish(pid).code == -9
        shutil.rmtree(folder)
        folder.with_name(f"{folder.name}-snapshot").rename(folder)
        check_after(run, state, f"a snapshot before call {n}", record_property)
        run.leave(stage)
