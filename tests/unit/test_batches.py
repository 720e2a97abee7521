"""The portions in which mails are read, and the UID ranges that are asked for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from mailbot.intake.batches import BATCH_BYTES, Entry, groups, ranges, slices
from mailbot.intake.uids import SEARCH_SPAN, spans

AT = datetime(2026, 11, 2, 9, 0, 0, tzinfo=UTC)


def entries(*sizes: int) -> list[Entry]:
    return [Entry(uid=uid, size=size, received_at=AT) for uid, size in enumerate(sizes, 1)]


@pytest.mark.parametrize(
    ("sizes", "wanted"),
    [
        ([], []),
        ([1_000] * 101, [50, 50, 1]),
        ([BATCH_BYTES, 1, BATCH_BYTES + 1, 1], [1, 3]),  # the third is over the limit: its header alone weighs
        ([3_000_000] * 5, [2, 2, 1]),
    ],
)
def test_groups_are_bounded_by_count_and_weight(sizes: list[int], wanted: list[int]) -> None:
    assert [len(group) for group in groups(entries(*sizes), max_bytes=BATCH_BYTES)] == wanted


def test_headers_alone_weigh_at_most_a_header() -> None:
    assert [len(group) for group in groups(entries(*[10_000_000] * 60), max_bytes=-1)] == [30, 30]


@pytest.mark.parametrize(
    ("numbers", "wanted"), [([], ""), ([4], "4"), ([1, 2, 3, 5, 7, 8], "1:3,5,7:8"), ([4_294_967_295], "4294967295")]
)
def test_ranges_name_these_numbers_and_no_others(numbers: list[int], wanted: str) -> None:
    assert ranges(numbers) == wanted


def test_slices() -> None:
    assert list(slices(range(5), 2)) == [[0, 1], [2, 3], [4]]


def test_a_large_folder_is_searched_in_spans() -> None:
    assert spans({b"EXISTS": SEARCH_SPAN, b"UIDNEXT": 900_000}, 7) == ["7:*"]
    large = {b"EXISTS": SEARCH_SPAN + 1, b"UIDNEXT": 120_001}
    assert spans(large, 1) == ["1:50000", "50001:100000", "100001:120000"]
    assert spans(large, 120_000) == ["120000:120000"]
    assert spans(large, 120_001) == []


def test_times_are_compared_by_whole_seconds() -> None:
    (entry,) = entries(1)
    assert entry.at_or_after(None)
    assert entry.at_or_after(AT + timedelta(milliseconds=999))
    assert not entry.at_or_after(AT + timedelta(seconds=1))
