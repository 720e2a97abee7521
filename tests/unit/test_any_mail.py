"""Every mail becomes a decision: thousands of ill ones through reading, deciding and the rendering of what is owed."""

from __future__ import annotations

import itertools
import os
import time
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support import mails
from tests.support.explained import check, check_answers

CHUNKS, CHUNK = int(os.environ.get("MAILBOT_TEST_MAILS", "3000")) // 500, 500  # 20000 once in a while
CPU_SECONDS = 1.0  # for one mail of a few KB, on a loaded machine


@pytest.mark.slow
@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_ill_mails_become_decisions(chunk: int) -> None:
    rendered = 0
    for seed in range(chunk * CHUNK, (chunk + 1) * CHUNK):
        octets, known = mails.mail(Random(seed)), bool(seed % 2)
        began = time.process_time()
        result = check(octets, known)
        assert time.process_time() - began < CPU_SECONDS, seed
        rendered += check_answers(octets, known) if result["reply"] else 0
    assert rendered > CHUNK / 50


@pytest.mark.slow
@settings(max_examples=300, suppress_health_check=list(HealthCheck))
@given(st.randoms(use_true_random=False), st.booleans())
def test_an_ill_mail_becomes_a_decision_and_a_failure_shrinks(rng: Random, known: bool) -> None:
    octets = mails.mail(rng)
    check(octets, known)
    check_answers(octets, known)


@pytest.mark.slow
@settings(max_examples=200, suppress_health_check=list(HealthCheck))
@given(st.randoms(use_true_random=False), st.lists(st.integers(0, 4000), max_size=4))
def test_a_mail_cut_at_any_octet_becomes_a_decision(rng: Random, places: list[int]) -> None:
    octets = mails.sound(rng) if rng.random() < 0.5 else mails.header(rng) + b"\r\n" + mails.part(rng)
    for place in places:
        check(octets[:place], known=True)


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("octets", [b"", b"\0", b"\n", b"\r\n\r\n", b":", b"From", b"\xff" * 1000, b"From:" * 1000])
def test_nothing_at_all_becomes_a_decision(octets: bytes, known: bool) -> None:
    result = check(octets, known)
    assert result["decision"] in ("hold", "leave")
    assert result["sender"]["address"] is None


@pytest.mark.parametrize(
    "year", ["0000", "0001", "99", "1900", "1969", "1970", "2038", "2199", "9998", "9999", "99999"]
)
@pytest.mark.parametrize("zone", ["GMT", "-1200", "+1400", "+9999", "KZT"])
def test_a_mail_of_any_year_becomes_a_decision(year: str, zone: str) -> None:
    for day, field in itertools.product(("1 Jan", "31 Dec", "29 Feb"), ("Date:", "Received: from a by b;")):
        sent = f"{field} {day} {year} 23:59:59 {zone}\n"
        octets = f"From: aliya@example.kz\n{sent}Subject: {mails.TEXTS[1]}\n\nДата рождения: 05.06.1991\n".encode()
        assert check(octets, known=True)["decision"] in ("challenge", "hold")
        check_answers(octets, known=True)
