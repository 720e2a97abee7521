"""A server that refuses the login is not asked again and again: providers lock accounts for that."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from imapclient.exceptions import LoginError

from mailbot.app import App, build
from mailbot.errors import CourierRefused, MailbotError, MailboxRefused
from mailbot.intake.imap_errors import is_refusal
from tests.support.dovecot import Dovecot
from tests.support.killed import Commands
from tests.support.site import Site, letter
from tests.support.smtp import Setup, SmtpServer

WRONG = "wrong-word"


@dataclass(slots=True)
class Door:
    """An installation one of whose doors refuses, and how often that door was asked."""

    site: Site
    server: SmtpServer
    courier: bool  # whose password is wrong
    ahead: timedelta = field(default=timedelta(0))

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def app(self) -> App:
        return build(self.site.folder, clock=self.now, dns=lambda: None)

    def poll(self) -> MailbotError | None:
        app = self.app()
        try:
            return app.poll()[1]
        finally:
            app.close()

    def asked(self) -> int:
        if self.courier:
            return self.server.logins
        found = -1
        while found != (now := self._logged()):  # Dovecot logs a refusal when the client is gone
            found = now
            time.sleep(0.05)
        return found

    def _logged(self) -> int:
        log = (self.site.dovecot.base / "dovecot.log").read_text(encoding="utf-8")
        return len(re.findall(rf"imap-login: .*auth failed, 1 attempts.*user=<{self.site.user}>", log))

    def put(self, word: str) -> None:
        """Write another password into the settings."""
        path = self.site.folder / "mailbot.toml"
        text = path.read_text(encoding="utf-8")
        at = "127.0.0.1:" + str(self.server.port if self.courier else self.site.dovecot.port)
        path.write_text(re.sub(rf":[^:@/]+@{at}", f":{word}@{at}", text), encoding="utf-8")


@pytest.fixture(params=["mailbox", "courier"])
def door(request: pytest.FixtureRequest, dovecot: Dovecot, commands: Commands, tmp_path: Path) -> Iterator[Door]:
    server = SmtpServer(Setup(user="info", password="secret"))
    site = Site(tmp_path / "site", dovecot, server, commands=commands)
    site.init()
    site.deliver(
        letter(
            "vera@example.com", "Отказ от уведомлений о новых продуктах и услугах и специальных предложениях", name="a"
        )
    )
    made = Door(site, server, request.param == "courier")
    made.put(WRONG)
    yield made
    server.stop()


def test_a_refused_login_is_tried_less_and_less_often(door: Door) -> None:
    refusal = CourierRefused if door.courier else MailboxRefused
    began, tries = door.now(), []
    while door.ahead < timedelta(hours=5):
        before = door.asked()
        failure = door.poll()
        assert isinstance(failure, refusal) and WRONG not in str(failure)
        assert door.asked() - before in (0, 1)
        if door.asked() > before:
            tries.append(door.now() - began)
        else:
            assert "next try is in" in str(failure)
        door.ahead += timedelta(seconds=30 if door.ahead < timedelta(minutes=3) else 900)
    gaps = [later - earlier for earlier, later in pairwise(tries)]
    assert min(gaps) >= timedelta(minutes=1)
    assert gaps[-1] >= timedelta(hours=1) and max(gaps) < timedelta(hours=1, minutes=31)
    assert len(tries) <= 15


def test_a_new_password_is_tried_a_minute_later_and_all_is_forgotten(door: Door) -> None:
    for _ in range(8):
        door.ahead += timedelta(minutes=75)
        assert door.poll() is not None
    door.ahead += timedelta(minutes=40)
    asked = door.asked()
    assert door.poll() is not None and door.asked() == asked, "the wait is longer than 40 minutes by now"
    door.put("secret")
    assert door.poll() is None
    assert door.site.sql("SELECT value FROM note WHERE name LIKE 'login\\_%' ESCAPE '\\' AND value != ''") == []
    assert len(door.server.taken) == 1, "and nothing was lost"


def test_who_asks_by_hand_waits_a_minute_and_not_longer(door: Door) -> None:
    for _ in range(8):
        door.ahead += timedelta(minutes=75)
        assert door.poll() is not None
    door.ahead += timedelta(minutes=40)
    for more, asks in ((0, 1), (30, 0), (31, 1)):
        door.ahead += timedelta(seconds=more)
        before, app = door.asked(), door.app()
        with pytest.raises(MailbotError):
            app.courier.check() if door.courier else app.mailbox.state()
        app.close()
        assert door.asked() - before == asks, more


def test_a_clock_set_back_does_not_lock_it_out(door: Door) -> None:
    door.ahead = timedelta(days=300)
    assert door.poll() is not None
    door.ahead, asked = timedelta(0), door.asked()
    assert door.poll() is not None and door.asked() == asked
    door.put("secret")
    door.ahead = timedelta(days=-1)
    assert door.poll() is not None, "it can't be told how long ago that was"


def test_no_password_stands_in_the_store(door: Door) -> None:
    assert door.poll() is not None
    files = [path for path in door.site.folder.iterdir() if path.name.startswith("mailbot.sqlite")]
    assert WRONG.encode() not in b"".join(path.read_bytes() for path in files)


@pytest.mark.parametrize(
    ("said", "counts"),
    [
        ("[AUTHENTICATIONFAILED] Invalid credentials", True), ("login failed", True),
        ("[UNAVAILABLE] temporary failure", False), ("[LIMIT] too much", False),
        ("[ALERT] Too many simultaneous connections. (Failure)", False),
    ],
)  # fmt: skip
def test_a_server_that_is_busy_has_refused_nobody(said: str, counts: bool) -> None:
    assert is_refusal(LoginError(said)) is counts
