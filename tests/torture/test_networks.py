"""Every connection is broken at every octet, slowed and split; the next pass goes on, and nothing is lost.

A proxy stands between mailbot and Dovecot, the SMTP server, PostgreSQL. A cut between the last dot of a mail and the
server's 250 may repeat that one reply under its Message-ID; it is known from the store and the server when it did.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.dovecot import Dovecot
from tests.support.killed import Commands, Ended
from tests.support.postgres import Postgres
from tests.support.proxy import Fault, Proxy
from tests.support.runs import Record, Run, Stage, begin, check_same
from tests.support.sampled import ALL, SEED, some
from tests.support.servers import certificate
from tests.support.site import NOTHING, TAGS, Site, letter, row
from tests.support.smtp import Setup, SmtpServer, serving

PEOPLE = (row("Сәрсенова", "Айгүл", "aigul@example.kz"), row("Brown", "Mary", "mary@example.com"))
MAILS = (
    letter("aigul@example.kz", TAGS["kk", "update"], "Телефон: +7 701 234 56 78\n", name="update"),
    letter("mary@example.com", TAGS["en", "unsubscribe"], name="unsubscribe"),
    letter("vera@example.com", "Вопрос о курсе", "Здравствуйте! Когда начинается курс?\n", name="stranger"),
)
WAITS = {"MAILBOT_MAILBOX__TIMEOUT_SECONDS": "1", "MAILBOT_COURIER__TIMEOUT_SECONDS": "1"}
DOORS = ("imap", "imaps", "smtp", "postgresql")


@dataclass(slots=True)
class Line:
    """A stage, and where one of its doors can be interposed."""

    stage: Stage
    door: str
    state: dict[str, Any]
    up: int  # octets of the first connection of a pass that nothing happens to
    down: int

    def through(self, run: Run, proxy: Proxy) -> dict[str, str]:
        """Return the settings that lead through the proxy."""
        site = run.site
        if self.door == "imap":
            return {
                "MAILBOT_MAILBOX__URL": site.dovecot.url(site.user).replace(str(site.dovecot.port), str(proxy.port))
            }
        if self.door == "imaps":
            url = f"imaps://{site.user}@127.0.0.1:{proxy.port}/INBOX"
            own = {"MAILBOT_MAILBOX__CA_FILE": str(site.dovecot.certificate), "MAILBOT_MAILBOX__PASSWORD": "secret"}
            return {"MAILBOT_MAILBOX__URL": url, **own}
        if self.door == "smtp":
            return {"MAILBOT_COURIER__URL": site.smtp.url.replace(str(site.smtp.port), str(proxy.port))}
        user, _, database = site.store.removeprefix("postgresql://").partition("?")[0].partition("@/")
        return {"MAILBOT_STORE__URL": f"postgresql://{user}@127.0.0.1:{proxy.port}/{database}"}

    def target(self) -> int | str:
        """Return where the proxy leads."""
        site = self.stage.site
        if self.door == "postgresql":
            assert self.stage.postgres is not None
            return str(self.stage.postgres.folder / ".s.PGSQL.5432")
        return {"imap": site.dovecot.port, "imaps": site.dovecot.tls_port, "smtp": site.smtp.port}[self.door]

    def poll(self, run: Run, proxy: Proxy, waits: dict[str, str] = WAITS) -> Ended:
        """Make a pass through the proxy."""
        assert run.site.commands is not None
        settings = waits | self.through(run, proxy)
        return run.site.commands.run("--config", str(run.site.folder), "poll", "--json", env=settings)


@pytest.fixture(scope="module", params=DOORS)
def line(
    request: pytest.FixtureRequest, dovecot: Dovecot, smtp: SmtpServer, commands: Commands,
    tmp_path_factory: pytest.TempPathFactory,
) -> Line:  # fmt: skip
    """The short session of one door: its mails delivered and no pass made."""
    postgres: Postgres | None = request.getfixturevalue("postgres") if request.param == "postgresql" else None
    store = postgres.database() if postgres is not None else "sqlite:///mailbot.sqlite"
    site = Site(tmp_path_factory.mktemp("networks") / "site", dovecot, smtp, store, commands=commands)
    site.init()
    site.people(*PEOPLE)
    site.deliver(*MAILS)
    made = Line(Stage(site, commands, postgres), request.param, {}, 0, 0)
    run = begin(made.stage)
    with Proxy(made.target()) as proxy:
        ended = made.poll(run, proxy)
    assert (ended.code, ended.err) == (0, "")
    made.up, made.down = proxy.seen[0].up, proxy.seen[0].down
    assert made.up > 100 and made.down > 100
    run.settle()
    run.check_replies()
    made.state = run.state()
    assert set(run.site.folders()["mailbot/Done"]) == {"update", "unsubscribe"}
    return made


def broken(line: Line, fault: Fault, record: Record) -> None:
    """Make a pass that the fault befalls, then passes without it; all must be as if nothing had happened."""
    run = begin(line.stage)
    with Proxy(line.target(), fault=fault) as proxy:
        ended = line.poll(run, proxy)
    record("fault", str(fault))
    what = f"{line.door}: {fault}"
    assert ended.code in (0, 75), (what, ended)
    assert "Traceback" not in ended.err and len(ended.err.splitlines()) == (ended.code != 0), (what, ended)
    sent, taken = run.sent(), run.taken()
    run.gap = set(taken) - sent
    assert len(run.gap) <= 1, what
    if run.gap:
        record("twice", what)
    run.settle()
    check_same(run.state(), line.state, what)
    run.check_replies()
    run.leave(line.stage)


@pytest.mark.parametrize("way", ["up", "down"])
@pytest.mark.parametrize("how", ["close", "reset", "stall"])
def test_a_connection_that_breaks_anywhere(line: Line, way: str, how: str, record_property: Record) -> None:
    """Everywhere for a close on IMAP and SMTP; resets and stalls, and the long sessions, at every so many octets."""
    octets = line.up if way == "up" else line.down
    step = {"close": 1, "reset": 7, "stall": 101}[how] * (1 if line.door in ("imap", "smtp") else 23)
    if line.door == "postgresql" and how == "stall":
        pytest.skip("a database that says nothing is the guard's: test_guard")
    first = random.Random(f"{SEED} {line.door} {way} {how}").randrange(step) if ALL else 0
    places = range(first, octets, step)
    for after in some(
        places, 2 if how == "close" and line.door in ("imap", "smtp") else 1, of=f"{line.door} {way} {how}"
    ):
        broken(line, Fault(way=way, after=after, how=how), record_property)


@pytest.mark.parametrize("octets", some([1, 3, 1000], 1, of="pieces"))
def test_segments_and_a_trickle_change_nothing(line: Line, octets: int, record_property: Record) -> None:
    if line.door == "postgresql" and octets < 1000 and not ALL:
        octets = 400  # its session has fifty thousand octets
    run = begin(line.stage)
    with Proxy(line.target()) as proxy:
        proxy.piece, proxy.pause = octets, 0.0002
        ended = line.poll(run, proxy, {})
    assert (ended.code, ended.err) == (0, "")
    record_property("fault", f"{line.door}: in pieces of {octets}")
    run.settle()
    check_same(run.state(), line.state, f"{line.door} in pieces of {octets}")
    run.check_replies()
    run.leave(line.stage)


def test_a_handshake_that_breaks_is_no_refusal(dovecot: Dovecot, smtp: SmtpServer, commands: Commands, tmp_path: Path,
                                               record_property: Record) -> None:  # fmt: skip
    """So the operator is not sent to look for a wrong password, and the login is not held back."""
    site = Site(tmp_path / "site", dovecot, smtp, commands=commands)
    site.init()
    own = {"MAILBOT_MAILBOX__CA_FILE": str(dovecot.certificate), "MAILBOT_MAILBOX__PASSWORD": dovecot.password}
    for after in some(range(0, 2_400, 100), 3, of="handshake"):
        with Proxy(dovecot.tls_port, fault=Fault(way="down", after=after, first=False)) as proxy:
            url = {"MAILBOT_MAILBOX__URL": f"imaps://{site.user}@127.0.0.1:{proxy.port}/INBOX"}
            ended = commands.run("--config", str(site.folder), "poll", env=WAITS | own | url)
        assert ended.code == 75, (after, ended)
        record_property("fault", f"handshake {after}")
    assert site.poll() == NOTHING


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_a_couriers_handshake_that_breaks_sends_nothing_and_is_tried_again(
    scheme: str, dovecot: Dovecot, commands: Commands, tmp_path: Path, record_property: Record
) -> None:
    """After STARTTLS as well: the mail goes with the next pass, once, and the login is not held back."""
    pair = certificate(tmp_path)
    setup = Setup(user="info", password="secret", certificate=pair, implicit_tls=scheme == "smtps")
    with serving(setup) as server:
        site = Site(tmp_path / "site", dovecot, server, commands=commands)
        site.init()
        site.people(*PEOPLE)
        site.deliver(MAILS[1])
        own = {"MAILBOT_COURIER__CA_FILE": str(pair[0]), "MAILBOT_COURIER__PASSWORD": "secret"}

        def poll(port: int) -> Ended:
            url = {"MAILBOT_COURIER__URL": f"{scheme}://info@127.0.0.1:{port}"}
            return commands.run("--config", str(site.folder), "poll", env=WAITS | own | url)

        for way, octets in (("down", 2_400), ("up", 800)):
            for after in some(range(0, octets, 20), 1, of=f"{scheme} {way}"):
                for how in ("close", "stall"):
                    with Proxy(server.port, fault=Fault(way=way, after=after, how=how, first=False)) as proxy:
                        ended = poll(proxy.port)
                        broken = any(each.broken for each in proxy.seen)
                    if broken:
                        assert (ended.code, server.taken) == (75, []), (way, after, how, ended)
                        record_property("fault", f"{scheme}: {how} after {after} {way}")
        assert poll(server.port).code == 0 and len(server.taken) == 1
