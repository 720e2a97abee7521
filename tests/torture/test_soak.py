"""A service that runs for long between servers that fail: at the end the books balance.

Mail comes all the time. Meanwhile the service is killed, stopped and continued, its connections are cut and reset, and
the SMTP server says later, never and nothing. Half an hour in `make torture`, seconds in `make test`.
"""

from __future__ import annotations

import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.support.dovecot import Dovecot
from tests.support.killed import Commands
from tests.support.postgres import Postgres
from tests.support.proxy import Proxy
from tests.support.runs import Record, Run
from tests.support.sampled import ALL, SEED
from tests.support.site import COMMAND, NOTHING, TAGS, Site, letter, row
from tests.support.smtp import SmtpServer

SECONDS = 1_800 if ALL else 12
PEOPLE = 40


@dataclass(slots=True)
class Soak:
    """The service, the proxies before its servers, and what was delivered."""

    site: Site
    mailbox: Proxy
    courier: Proxy
    chance: random.Random
    delivered: list[str] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the service through both proxies."""
        site = self.site
        imap = site.dovecot.url(site.user).replace(str(site.dovecot.port), str(self.mailbox.port))
        smtp = site.smtp.url.replace(str(site.smtp.port), str(self.courier.port))
        settings = {"MAILBOT_MAILBOX__URL": imap, "MAILBOT_COURIER__URL": smtp, "MAILBOT_SCHEDULE__POLL_SECONDS": "5"}
        waits = {"MAILBOT_MAILBOX__TIMEOUT_SECONDS": "3", "MAILBOT_COURIER__TIMEOUT_SECONDS": "3"}
        with (site.folder / "service.log").open("ab") as log:
            self.process = subprocess.Popen(
                [str(COMMAND), "--config", str(site.folder), "run"], stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                env=site.environment(**settings, **waits),
            )  # fmt: skip

    def deliver(self) -> None:
        """Deliver a mail of one of four sorts."""
        number = len(self.delivered)
        who = f"person{number % PEOPLE}@example.com"
        sort = self.chance.choice(("update", "unsubscribe", "stranger", "weak"))
        subject = {"update": TAGS["ru", "update"], "unsubscribe": TAGS["kk", "unsubscribe"], "stranger": "Вопрос"}
        body = f"Телефон: +7 701 {number:07}\n" if sort in ("update", "weak") else f"Письмо {number}\n"
        tag = subject.get(sort, TAGS["en", "update"])
        self.site.deliver(letter(who, tag, body, name=f"n{number}", proven=sort != "weak"))
        self.delivered.append(f"n{number}")

    def fault(self) -> None:
        """Let one thing go wrong."""
        assert self.process is not None
        what = self.chance.choice(("kill", "stop", "cut", "reset", "later", "drop", "hup", "none", "none"))
        self.faults[what] += 1
        if what == "kill":
            self.process.kill()
            self.process.wait()
            self.start()
        elif what == "stop":
            self.process.send_signal(signal.SIGSTOP)
            time.sleep(self.chance.uniform(0.1, 2))
            self.process.send_signal(signal.SIGCONT)
        elif what in ("cut", "reset"):
            self.chance.choice((self.mailbox, self.courier)).drop("reset" if what == "reset" else "close")
        elif what == "hup":
            self.process.send_signal(signal.SIGHUP)
        said = {"later": "451 4.3.0 later", "drop": "drop"}.get(what)
        self.site.smtp.say({self.chance.choice(("MAIL", "RCPT", "DATA")): said} if said else {})
        if self.process.poll() is not None:
            self.start()


@pytest.fixture(params=["sqlite", "postgresql"] if ALL else ["sqlite"])
def soak(
    request: pytest.FixtureRequest, dovecot: Dovecot, commands: Commands, tmp_path: Path
) -> Iterator[Soak]:  # fmt: skip
    """An installation with many people, and a server of its own."""
    postgres: Postgres | None = request.getfixturevalue("postgres") if request.param == "postgresql" else None
    store = postgres.database() if postgres is not None else "sqlite:///mailbot.sqlite"
    server = SmtpServer()
    site = Site(tmp_path / "site", dovecot, server, store, commands=commands)
    site.init()
    policy = site.folder / "policy.toml"
    rules = policy.read_text(encoding="utf-8")
    assert rules.count("replies_per_hour = 500") == 1
    policy.write_text(rules.replace("replies_per_hour = 500", "replies_per_hour = 100000"), encoding="utf-8")
    site.people(
        *(
            row(f"Person-{chr(97 + n % 26) * (1 + n // 26)}", "Жанар", f"person{n}@example.com", f"+7702{n:07}")
            for n in range(PEOPLE)
        )
    )
    with Proxy(dovecot.port) as mailbox, Proxy(server.port) as courier:
        made = Soak(site, mailbox, courier, random.Random(f"{SEED} soak"))
        yield made
        if made.process is not None:
            made.process.kill()
            made.process.wait()
    server.stop()


def test_after_all_that_the_books_balance(soak: Soak, record_property: Record) -> None:
    soak.start()
    end, seen = time.monotonic() + SECONDS, 0
    while time.monotonic() < end:
        for _ in range(soak.chance.randrange(1, 4)):
            soak.deliver()
        time.sleep(soak.chance.uniform(0.2, 1.5))
        soak.fault()
    soak.site.smtp.say({})
    assert soak.process is not None
    soak.process.send_signal(signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        soak.process.wait(timeout=30)
    soak.process.kill()
    soak.process.wait()

    site = soak.site
    site.sql("UPDATE reply SET next_try_at = NULL, owner = '', lease_until = NULL WHERE sent_at IS NULL")
    site.sql("UPDATE mail SET next_try_at = received_at WHERE state = 'waiting'")
    for _ in range(20):
        if site.poll() == NOTHING:
            break
    run = Run(site, 0)
    print(f"{SECONDS} s, {len(soak.delivered)} mails, {len(run.taken())} replies, {dict(soak.faults)}")
    run.drop_copies()
    rows = site.sql("SELECT state, count(*), count(copy_of) FROM mail GROUP BY state")
    assert [(state, count, copies) for state, count, copies in rows] == [("decided", len(soak.delivered), 0)]
    assert site.lie("INBOX") + site.lie("mailbot/Done") == len(soak.delivered)
    assert site.inbox() | site.done() == set(soak.delivered)
    owed = {message_id for (message_id,) in site.sql("SELECT message_id FROM reply WHERE gave_up_at IS NULL")}
    taken = run.taken()
    assert site.sql("SELECT count(*) FROM reply WHERE sent_at IS NULL AND gave_up_at IS NULL") == [(0,)]
    assert set(taken) == owed
    twice = [times for times in taken.values() if times > 1]
    breaks = sum(soak.faults[what] for what in ("kill", "stop", "cut", "reset", "drop"))
    assert sum(times - 1 for times in twice) <= breaks
    assert site.run("audit", "verify").code == 0
    log = (site.folder / "service.log").read_text(encoding="utf-8")
    assert "Traceback" not in log and "@example" not in log, log[-3000:]
    seen = sum(soak.faults.values()) - soak.faults["none"]
    for number in range(seen):
        record_property("fault", f"soak {number}")
    for _ in twice:
        record_property("twice", "soak")
