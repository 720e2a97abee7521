"""Mail servers that are away: one mailbox at a time tries them."""

from __future__ import annotations

import contextlib
import errno
import smtplib
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


def asks_nobody(reach: Reach) -> bool:
    try:
        with reach.to(SERVER, MailboxUnavailable):
            return False
    except MailboxUnavailable:
        return True


def test_while_a_server_is_away_one_at_a_time_tries_it(time: Time) -> None:
    reach = Reach()
    with reach.to(SERVER, MailboxUnavailable):
        assert not reach.is_away(SERVER)
    fails(reach, TimeoutError())
    assert not reach.is_away(SERVER), "it may be started anew"
    assert reach.due() == set() and not reach.is_away("imap.example.com:993")
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
    assert not reach.is_away(SERVER)
    waits = []
    for _ in range(8):
        began = time.now
        while not reach.due():
            time.now += 1
        waits.append(time.now - began)
        fails(reach, socket.gaierror())
        assert reach.is_away(SERVER)
    assert waits == [10, 20, 40, 80, 160, 300, 300, 300]


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
    assert asks_nobody(reach) is away


def test_a_connection_that_took_long_and_broke_is_the_servers_but_no_answer_is(time: Time) -> None:
    reach = Reach()
    answers = [smtplib.SMTPAuthenticationError(535, b"no"), MailboxRefused("a password"), ValueError("a mailbox's")]
    for said in answers:  # some servers let whoever is refused wait
        fails(reach, said, time, SLOW + 1)
        assert not asks_nobody(reach)
    fails(reach, smtplib.SMTPServerDisconnected("no greeting"), time, SLOW - 1)
    assert not asks_nobody(reach)
    fails(reach, smtplib.SMTPServerDisconnected("no greeting"), time, SLOW + 1)
    assert asks_nobody(reach)
    time.now += PAUSES[0]
    with pytest.raises(KeyboardInterrupt), reach.to(SERVER, MailboxUnavailable):
        raise KeyboardInterrupt
    assert not asks_nobody(reach), "nobody knows: it is tried as ever"


def test_a_server_that_lets_us_in_and_says_nothing_more_keeps_few_passes_waiting() -> None:
    reach = Reach()
    with contextlib.ExitStack() as stack:
        assert all(stack.enter_context(reach.passing(SERVER)) for _ in range(8)), "as many as there are threads"
        reach.passed(SERVER, failed=True)
        assert not stack.enter_context(reach.passing(SERVER))
    with reach.passing(SERVER) as first, reach.passing(SERVER) as second, reach.passing(SERVER) as third:
        assert (first, second, third) == (True, True, False)
        with reach.passing("imap.example.com:993") as other:
            assert other
    with reach.passing(SERVER) as again:
        assert again
    reach.passed(SERVER, failed=False)
    with contextlib.ExitStack() as stack:
        assert all(stack.enter_context(reach.passing(SERVER)) for _ in range(8))


def test_a_maildir_that_fails_keeps_no_other_waiting() -> None:
    reach = Reach()
    reach.passed("", failed=True)
    with contextlib.ExitStack() as stack:
        assert all(stack.enter_context(reach.passing("")) for _ in range(8))
