"""gone.log: what a crash cut off is passed over, what is not ours is refused, what may be kept no longer leaves."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mailbot.errors import InputError, StoreUnavailable
from mailbot.store.gone import FILE, HEAD, Ledger, Line, kept, last, merge
from mailbot.store.keys import Keys

KEYS = Keys(b"k" * 32)
AT = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
HERS, HIS = KEYS.suppression("aliya@example.kz"), KEYS.suppression("boris@example.kz")
GONE = Line(AT, "destroyed", KEYS.person("a" * 26))
STOP = Line(AT, "suppressed", HERS, "news")
ANEW = Line(AT + timedelta(days=1), "lifted", HERS, "news")
FOR_NOW = Line(AT, "suppressed", HIS, "news", AT + timedelta(days=90))


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / FILE, KEYS)


def test_what_is_written_is_read_and_names_nobody(ledger: Ledger) -> None:
    ledger.append([GONE, STOP])
    ledger.append([ANEW, FOR_NOW])
    assert ledger.read() == [GONE, STOP, ANEW, FOR_NOW]
    assert "aliya" not in ledger.path.read_text(encoding="utf-8")
    assert oct(ledger.path.stat().st_mode)[-3:] == "600"
    assert last(ledger.read())[HERS, "news"] is not STOP


@pytest.mark.parametrize("cut", [1, 2, 40, 130])
def test_a_line_that_a_crash_cut_off_is_no_act_and_the_next_one_is(ledger: Ledger, cut: int) -> None:
    ledger.append([GONE, STOP])
    octets = ledger.path.read_bytes()
    ledger.path.write_bytes(octets[:-cut])
    assert ledger.read() == [GONE]
    ledger.append([ANEW])
    assert ledger.read() == [GONE, ANEW]


@pytest.mark.parametrize(
    "forge", [
        lambda text: text.replace("destroyed", "undone"), lambda text: text.replace("suppressed", "lifted"),
        lambda text: text.replace("2026-11-02", "2020-11-02"), lambda text: text.replace(" news ", " processing "),
        lambda text: text.replace(HERS, HIS), lambda text: text + "a line of somebody\n",
        lambda text: text.replace("destroyed", "destroyeX"), lambda text: text.replace("\n", "\n\n"),
    ],
)  # fmt: skip
def test_what_is_not_ours_is_refused_by_its_line(ledger: Ledger, forge: object) -> None:
    ledger.append([GONE, STOP])
    ledger.path.write_text(forge(ledger.path.read_text(encoding="utf-8")), encoding="utf-8")  # type: ignore[operator]
    with pytest.raises(InputError, match=r"gone.log, line \d: altered"):
        ledger.read()


def test_another_installations_lines_are_refused(ledger: Ledger) -> None:
    ledger.append([GONE])
    with pytest.raises(InputError):
        Ledger(ledger.path, Keys(b"x" * 32)).read()


def test_what_cannot_be_written_stops_the_act(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()
    with pytest.raises(StoreUnavailable, match="without it nothing is decided"):
        Ledger(tmp_path / FILE, KEYS).append([GONE])


def test_two_copies_make_one(ledger: Ledger) -> None:
    assert merge([GONE, STOP], [GONE, ANEW]) == [GONE, STOP, ANEW]
    assert merge([STOP, ANEW, STOP], [STOP]) == [STOP, STOP, ANEW]
    assert merge([], [GONE]) == [GONE]
    assert merge([GONE, STOP], []) == [GONE, STOP]


def test_a_line_leaves_with_the_journal_or_some_days_after_a_new_consent() -> None:
    lines = [GONE, STOP, ANEW, FOR_NOW]
    early = AT - timedelta(days=1)
    assert kept(lines, early, early) == lines
    assert kept(lines, early, AT + timedelta(days=30)) == [GONE, FOR_NOW]
    assert kept(lines, early, AT + timedelta(days=91)) == [GONE]
    assert kept([*lines, replace(STOP, at=AT + timedelta(days=2))], early, AT + timedelta(days=30))[1] == STOP
    assert kept(lines, AT + timedelta(hours=1), early) == [ANEW]


def test_pruning_leaves_a_file_that_is_whole(ledger: Ledger) -> None:
    ledger.append([GONE, STOP, ANEW])
    ledger.prune(AT - timedelta(days=1), AT + timedelta(days=30))
    assert ledger.path.read_text(encoding="utf-8").startswith(HEAD)
    assert ledger.read() == [GONE]
