"""The canary between a real IMAP and a real SMTP server while `mailbot run` runs, and both certificates."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mailbot.answering.smtp import SmtpCourier
from mailbot.intake.imap import ImapMailbox
from mailbot.urls import courier_url, mailbox_url
from tests.support.dovecot import Dovecot
from tests.support.killed import Commands
from tests.support.servers import certificate
from tests.support.site import BORDER, BOX, COMMAND, Site, stop, until
from tests.support.smtp import Setup, SmtpServer

RESULTS = f"Authentication-Results: {BORDER}; dkim=pass header.d=example.com; dmarc=pass header.from=example.com"
SIGNED = "DKIM-Signature: v=1; a=rsa-sha256; d=example.com; s=s1; h=from; bh=aa=; b=bb="


@pytest.fixture
def site(tmp_path: Path, dovecot: Dovecot, smtp_server: SmtpServer, commands: Commands) -> Iterator[Site]:
    """An installation whose SMTP server delivers into its own mailbox, signed and stamped as a provider does."""
    made = Site(folder=tmp_path / "site", dovecot=dovecot, smtp=smtp_server, commands=commands)
    made.init()
    over = threading.Event()

    def deliver() -> None:
        count = 0
        while not over.wait(0.02):
            for taken in smtp_server.taken[count:]:
                count += 1
                made.deliver("\r\n".join((RESULTS, SIGNED, "")).encode() + taken.octets)

    post = threading.Thread(target=deliver)
    post.start()
    yield made
    over.set()
    post.join()


def test_the_canary_comes_through_beside_a_running_poller(site: Site, tmp_path: Path) -> None:
    with (tmp_path / "log").open("wb") as log:
        environment = site.environment(MAILBOT_SCHEDULE__POLL_SECONDS="5", MAILBOT_LOG__FORMAT="json")
        command = [str(COMMAND), "--config", str(site.folder), "run"]
        poller = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=environment)
        try:
            until(lambda: site.sql("SELECT count(*) FROM note WHERE name = 'pass'")[0][0] == 1, "the first pass")
            ran = site.run("check", "--canary", "--wait", "30", "--json")
        finally:
            assert stop(poller) == 0
    said = {each["check"]: (each["level"], each["says"]) for each in ran.lines()}
    assert ran.code == 0, ran
    steps = ["sent", "arrived", "recognised", "filed", "unanswered", "clock", "authentication"]
    assert list(said) == steps and {level for level, _ in said.values()} == {"ok"}
    assert "dkim=pass, dmarc=pass; signed by example.com (s1)" in said["authentication"][1]
    assert said["clock"][1].endswith("agree")
    assert site.inbox() == set() and len(site.done()) == 1
    assert [each.recipients for each in site.answers()] == [[BOX]]
    assert site.sql("SELECT value FROM note WHERE name = 'own_dkim'")[0][0] == '[["example.com", "s1"]]'
    assert (tmp_path / "log").read_bytes().count(b"@") == 0


def test_the_mailbox_tells_its_certificate_and_number(dovecot: Dovecot) -> None:
    url = mailbox_url(f"imaps://{dovecot.user().replace('@', '%40')}@127.0.0.1:{dovecot.tls_port}/INBOX")
    mailbox = ImapMailbox(url, password=dovecot.password, ca_file=dovecot.certificate, timeout_seconds=15)
    state = mailbox.state()
    mailbox.close()
    assert state.peer == "127.0.0.1" and state.certificate_until is not None
    assert timedelta(days=1) < state.certificate_until - datetime.now(UTC) < timedelta(days=2, hours=1)


@pytest.mark.parametrize("implicit", [True, False])
def test_the_courier_tells_its_certificate(tmp_path: Path, implicit: bool) -> None:
    pair = certificate(tmp_path)
    server = SmtpServer(Setup(user="info", password="secret", certificate=pair, implicit_tls=implicit))
    courier = SmtpCourier(courier_url(server.url), password="secret", ca_file=pair[0], timeout_seconds=15)
    assert courier.certificate_until() is None  # nothing is open yet
    courier.check()
    found = courier.certificate_until()
    courier.close()
    server.stop()
    assert found is not None and timedelta(days=1) < found - datetime.now(UTC) < timedelta(days=2, hours=1)
