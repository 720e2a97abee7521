"""`mailbot run` as a service: woken by IDLE, stopped, told to read its settings anew, watched by systemd."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mailbot.daemon import Service
from tests.support.dovecot import Dovecot
from tests.support.killed import Commands
from tests.support.proxy import Fault, Proxy
from tests.support.site import COMMAND, TAGS, Site, letter, stop, until
from tests.support.smtp import SmtpServer

NEWS = TAGS["ru", "unsubscribe"]
FAR = "3600"  # seconds to the next pass: whatever is quick was woken


@pytest.fixture
def site(dovecot: Dovecot, smtp: SmtpServer, commands: Commands, tmp_path: Path) -> Site:
    made = Site(tmp_path / "site", dovecot, smtp, commands=commands)
    made.init()
    return made


@contextmanager
def running(site: Site, poll: str = FAR, **settings: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run the service, its log in service.log."""
    with (site.folder / "service.log").open("wb") as log:
        process = subprocess.Popen(
            [str(COMMAND), "--config", str(site.folder), "run"], stdout=log, stderr=log, stdin=subprocess.DEVNULL,
            env=site.environment(MAILBOT_SCHEDULE__POLL_SECONDS=poll, **settings),
        )  # fmt: skip
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def log_of(site: Site) -> str:
    return (site.folder / "service.log").read_text(encoding="utf-8")


def watching(site: Site, process: subprocess.Popen[bytes]) -> None:
    """Wait until a first pass was made and somebody waits in IDLE."""
    passed = "SELECT 1 FROM folder_cursor WHERE complete_since IS NOT NULL"

    def idles() -> bool:
        config = str(site.dovecot.base / "dovecot.conf")
        who = subprocess.run(["doveadm", "-c", config, "who", site.user], capture_output=True, text=True, check=False)
        found = re.search(r"\(([\d ]+)\)", who.stdout)
        return found is not None and len(found[1].split()) >= 2

    until(lambda: (bool(site.sql(passed)) and idles()) or process.poll() is not None, "a first pass and a watch")
    time.sleep(0.2)  # it logged in; IDLE comes next


def answered(site: Site, began: int, name: str) -> Callable[[], bool]:
    return lambda: any(each.to == f"{name}@example.com" for each in site.answers(began))


def test_a_mail_is_answered_within_two_seconds_of_its_delivery(site: Site) -> None:
    began = len(site.smtp.taken)
    with running(site) as process:
        watching(site, process)
        took = []
        for name in ("vera", "mark", "inna"):
            site.deliver(letter(f"{name}@example.com", NEWS, name=name))
            at = time.monotonic()
            until(answered(site, began, name), f"an answer to {name}", 20)
            took.append(time.monotonic() - at)
        assert stop(process, 30) == 0, log_of(site)
    assert min(took) < 2, took


def test_a_watch_that_was_cut_is_opened_again(site: Site) -> None:
    """And not in a busy loop, however the line breaks."""
    began = len(site.smtp.taken)
    with Proxy(site.dovecot.port) as proxy:
        url = site.dovecot.url(site.user).replace(str(site.dovecot.port), str(proxy.port))
        with running(site, MAILBOT_MAILBOX__URL=url) as process:
            watching(site, process)
            for name, how in (("vera", "close"), ("mark", "reset")):
                before = len(proxy.seen)
                proxy.drop(how)
                until(lambda before=before: len(proxy.seen) > before, "a new connection", 20)
                watching(site, process)
                site.deliver(letter(f"{name}@example.com", NEWS, name=name))
                until(answered(site, began, name), f"an answer to {name}", 20)
            assert len(proxy.seen) <= 8, "one for the pass and one for the watch, each time"
            assert stop(process, 30) == 0, log_of(site)


def test_an_answer_in_pieces_breaks_no_watch(site: Site) -> None:
    began = len(site.smtp.taken)
    with Proxy(site.dovecot.port) as proxy:
        proxy.piece, proxy.pause = 3, 0.0005
        url = site.dovecot.url(site.user).replace(str(site.dovecot.port), str(proxy.port))
        with running(site, MAILBOT_MAILBOX__URL=url) as process:
            watching(site, process)
            before = len(proxy.seen)
            for name in ("vera", "mark", "inna", "olga"):
                site.deliver(letter(f"{name}@example.com", NEWS, name=name))
                until(answered(site, began, name), f"an answer to {name}", 20)
            assert stop(process, 30) == 0, log_of(site)
        assert len(proxy.seen) == before, "no connection was lost"


def test_a_server_that_shuts_the_door_is_not_called_again_and_again(site: Site) -> None:
    with Proxy(site.dovecot.port, fault=Fault(way="down", after=0, first=False)) as proxy:
        url = site.dovecot.url(site.user).replace(str(site.dovecot.port), str(proxy.port))
        with running(site, poll="5", MAILBOT_MAILBOX__URL=url) as process:
            time.sleep(9)
            assert process.poll() is None, log_of(site)
            assert 2 <= len(proxy.seen) <= 6, "the watch after 0, 2, 6 seconds, passes after 0 and 10"
            assert stop(process, 30) == 0


def test_the_watch_outlives_a_store_that_was_away(site: Site) -> None:
    """What it remembers of logins is in the store: a moment without it ends no thread."""
    began = len(site.smtp.taken)
    with running(site) as process:
        watching(site, process)
        store = site.folder / "mailbot.sqlite"
        with sqlite3.connect(store, timeout=20) as locked:
            locked.execute("BEGIN EXCLUSIVE")
            site.dovecot.kick(site.user)
            time.sleep(3)
            locked.rollback()
        watching(site, process)
        site.deliver(letter("vera@example.com", NEWS, name="vera"))
        until(answered(site, began, "vera"), "an answer", 60)
        assert stop(process, 30) == 0, log_of(site)
    assert "Traceback" not in log_of(site)


def test_passes_go_on_however_often_news_come(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """News within a pass ask for the next one, while the scheduler still counts this one as running."""
    service = Service(site.folder)
    made = 0

    def one(_app: object) -> None:
        nonlocal made
        made += 1
        service._news.set()

    monkeypatch.setattr("mailbot.daemon.one_pass", one)
    service._scheduler.start()
    service._next(0)
    until(lambda: made > 1_500, "many passes", 60)
    assert service.is_alive()
    assert service.stop()


@pytest.mark.parametrize("door", ["mailbox", "courier"])
def test_a_stop_does_not_wait_for_a_server_that_says_nothing(site: Site, door: str) -> None:
    began = len(site.smtp.taken)
    site.deliver(letter("vera@example.com", NEWS, name="vera"))
    target = site.dovecot.port if door == "mailbox" else site.smtp.port
    with Proxy(target, fault=Fault(way="down", after=20, how="stall", first=False)) as proxy:
        own = site.dovecot.url(site.user) if door == "mailbox" else site.smtp.url
        named = {f"MAILBOT_{door.upper()}__URL": own.replace(str(target), str(proxy.port))}
        with running(site, **named) as process:
            until(lambda: proxy.broke, "a stalled connection")
            assert stop(process, 30) == 0, log_of(site)
            assert "in the middle of a pass" in log_of(site)
    while any(site.poll().values()):
        pass
    assert [each.to for each in site.answers(began)] == ["vera@example.com"]
    assert site.done() == {"vera"}


class Systemd:
    """What systemd hears from a service."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(path))
        self.socket.settimeout(20)

    def hear(self, word: str) -> str:
        """Wait for a message that begins so."""
        while not (said := self.socket.recv(4096).decode()).startswith(word):
            pass
        return said


@pytest.fixture
def systemd() -> Iterator[Systemd]:
    path = Path(f"/tmp/notify-{os.getpid()}")  # a socket's path is short
    heard = Systemd(path)
    yield heard
    heard.socket.close()
    path.unlink()


def test_settings_are_read_anew_and_systemd_hears_of_it(site: Site, systemd: Systemd) -> None:
    began = len(site.smtp.taken)
    settings = site.folder / "mailbot.toml"
    text = settings.read_text(encoding="utf-8")
    with running(site, NOTIFY_SOCKET=str(systemd.path)) as process:
        systemd.hear("READY=1")
        systemd.hear("WATCHDOG=1")
        new = text.replace("Example Courses", "Другие курсы") + '[log]\nformat = "json"\n'
        settings.write_text(new, encoding="utf-8")
        process.send_signal(signal.SIGHUP)
        assert re.fullmatch(r"RELOADING=1\nMONOTONIC_USEC=\d+", systemd.hear("RELOADING=1"))
        systemd.hear("READY=1")
        watching(site, process)
        site.deliver(letter("vera@example.com", NEWS, name="vera"))
        until(answered(site, began, "vera"), "an answer", 20)
        assert "Другие курсы" in site.answers(began)[-1].text
        assert json.loads(log_of(site).splitlines()[-1])["event"], "and the log's form"

        settings.write_text("[mailbox]\nurl = 5\n", encoding="utf-8")
        process.send_signal(signal.SIGHUP)
        systemd.hear("RELOADING=1")
        systemd.hear("READY=1")
        assert "stay as they were" in log_of(site)
        site.deliver(letter("mark@example.com", NEWS, name="mark"))
        until(answered(site, began, "mark"), "an answer all the same", 20)
        process.send_signal(signal.SIGTERM)
        systemd.hear("STOPPING=1")
        assert process.wait(timeout=30) == 0
