"""Mail servers that are away: one mailbox at a time tries them."""

from __future__ import annotations

import errno
import socket

import pytest

from mailbot import reach as reaching
from mailbot.errors import MailboxRefused, MailboxUnavailable
from mailbot.reach import PAUSES, SLOW, Reach

SERVER = "imap.example.kz:993"


class Time:
    """Seconds that the test sets."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    made = Time()
    monkeypatch.setattr(reaching, "time", made)
    return made


def fails(reach: Reach, exc: Exception, time: Time | None = None, seconds: float = 0) -> None:
    with pytest.raises(type(exc)), reach.to(SERVER, MailboxUnavailable):
        if time is not None:
            time.now += seconds
        raise exc


def test_while_a_server_is_away_one_at_a_time_tries_it(time: Time) -> None:
    reach = Reach()
    with reach.to(SERVER, MailboxUnavailable):
        assert not reach.is_away(SERVER)
    fails(reach, TimeoutError())
    assert reach.is_away(SERVER) and reach.due() == set() and not reach.is_away("imap.example.com:993")
    with (
        pytest.raises(MailboxUnavailable, match="could not be reached a moment ago"),
        reach.to(SERVER, MailboxUnavailable),
    ):
        pytest.fail("nobody asks it")
    with reach.to("imap.example.com:993", MailboxUnavailable):
        assert reach.returned() == set()
    time.now += PAUSES[0]
    assert reach.due() == {SERVER}
    with reach.to(SERVER, MailboxUnavailable):  # one tries
        assert reach.due() == set()
        with pytest.raises(MailboxUnavailable), reach.to(SERVER, MailboxUnavailable):
            pytest.fail("a second does not")
    assert not reach.is_away(SERVER) and reach.returned() == {SERVER} and reach.returned() == set()


def test_it_is_tried_less_and_less_often(time: Time) -> None:
    reach = Reach()
    fails(reach, ConnectionRefusedError())
    waits = []
    for _ in range(8):
        began = time.now
        while not reach.due():
            time.now += 1
        waits.append(time.now - began)
        fails(reach, socket.gaierror())
    assert waits == [15, 30, 60, 120, 240, 300, 300, 300]


def test_those_under_way_as_it_went_away_count_once(time: Time) -> None:
    reach = Reach()
    first, second = reach.to(SERVER, MailboxUnavailable), reach.to(SERVER, MailboxUnavailable)
    first.__enter__()
    second.__enter__()
    for one in (first, second):
        assert not one.__exit__(TimeoutError, TimeoutError(), None)
    time.now += PAUSES[0]
    assert reach.due() == {SERVER}


@pytest.mark.parametrize(
    ("exc", "away"),
    [
        (OSError(errno.EHOSTUNREACH, "no route"), True),
        (ConnectionResetError(), True),
        (OSError(errno.EMFILE, "this machine's own shortness"), False),
        (MailboxRefused("a wrong password: it was reached"), False),
        (ValueError("of a mailbox"), False),
    ],
)
def test_what_says_that_a_server_is_away(exc: Exception, away: bool, time: Time) -> None:
    reach = Reach()
    fails(reach, exc)
    assert reach.is_away(SERVER) is away


def test_what_took_long_and_failed_is_the_servers_whatever_it_was(time: Time) -> None:
    reach = Reach()
    fails(reach, ValueError("a greeting that never came"), time, SLOW + 1)
    assert reach.is_away(SERVER)
    time.now += PAUSES[0]
    with pytest.raises(KeyboardInterrupt), reach.to(SERVER, MailboxUnavailable):
        raise KeyboardInterrupt
    assert not reach.is_away(SERVER), "nobody knows: it is tried as ever"
