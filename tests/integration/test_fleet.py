"""Many hosts, many mailboxes, one PostgreSQL: hosts come, die, stand still, are cut off; nothing is lost or doubled."""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.dovecot import Dovecot
from tests.support.hosts import Hosts, hosts
from tests.support.killed import Commands
from tests.support.postgres import Postgres
from tests.support.site import until
from tests.support.smtp import SmtpServer

BOXES = ("almaty", "astana", "aktau", "oral", "semey", "taraz")
REPLACED = 30  # seconds in which another host reads what one left behind


@pytest.fixture
def fleet(
    dovecot: Dovecot, smtp: SmtpServer, postgres: Postgres, commands: Commands, tmp_path: Path
) -> Iterator[Hosts]:  # fmt: skip
    with hosts(tmp_path, dovecot, smtp, postgres, commands) as made:
        made.make(*BOXES)
        yield made


def test_hosts_come_and_go_and_every_mail_is_answered_once(
    fleet: Hosts, record_property: Callable[[str, object], None]
) -> None:
    """The waits for an answer are printed: `pytest -s`, or the report's properties."""
    waits: dict[str, float] = {}

    def answered(what: str, told: dict[str, float]) -> None:
        waits[what] = round(fleet.answered(told, REPLACED), 1)

    fleet.start("first")
    until(lambda: fleet.spread() == [6], "one host has them all", 20)
    answered("one host", fleet.write("anna"))

    fleet.start("second")
    fleet.start("third")
    until(lambda: fleet.spread() == [2, 2, 2], "even shares", 40)
    answered("three hosts", fleet.write("bela"))

    said = fleet.sites["oral"].run("check").out
    assert "one of 6 in this database, shared by 3 hosts: " in said, said

    # One dies.
    left = fleet.of("second")
    fleet.signal("second", signal.SIGKILL)
    told = fleet.write("dina", *left) | fleet.write("emil", *(set(BOXES) - set(left)))
    answered("killed", told)

    # One stands still, in the middle of its work or not, and wakes up when others have its mailboxes.
    until(lambda: fleet.spread() == [3, 3], "even shares", 40)
    left = fleet.of("third")
    told = fleet.write("faya", *left)
    fleet.signal("third", signal.SIGSTOP)
    answered("stopped", told | fleet.write("gali", *left))
    fleet.signal("third", signal.SIGCONT)
    until(lambda: fleet.hosts["third"].log.count("turn_lost") >= len(left), "it hears that it lost them", 20)
    until(lambda: fleet.spread() == [3, 3], "and has its share again", 40)

    # One is cut off from the database: it commits nothing, and the other has everything until it is back.
    left = fleet.of("first")
    fleet.hosts["first"].proxy.silent = True
    answered("cut off", fleet.write("hadi", *left))
    fleet.hosts["first"].proxy.silent = False
    until(lambda: fleet.spread() == [3, 3], "it is back", 90)
    answered("back again", fleet.write("inna"))

    # One leaves in good order: nobody waits for it.
    assert fleet.end("first") == 0, fleet.logs()
    answered("left in good order", fleet.write("juri"))
    assert waits["left in good order"] < 10 and fleet.spread() == [6]
    assert fleet.end("third") == 0, fleet.logs()
    assert fleet.spread() == [-6]
    assert "none reads it now; start `mailbot run --all` on one" in fleet.sites["oral"].run("check").out
    everything_once(fleet)
    record_property("seconds to an answer", waits)
    print("seconds to an answer:", waits)


def test_a_host_that_can_not_read_all_gets_what_it_can_and_an_outage_moves_nothing(fleet: Hosts) -> None:
    """On the second host two mailboxes lack their key, and the mail server of two is not there."""
    fleet.start("first")
    until(lambda: fleet.spread() == [6], "one host has them all", 20)
    folder = fleet.prepare("second")
    for box in ("almaty", "astana"):
        (folder / box / "secrets" / "store_key").unlink()
    for box in ("aktau", "oral"):
        file = folder / box / "mailbot.toml"
        file.write_text(re.sub(r"127\.0\.0\.1:\d+/INBOX", "127.0.0.1:1/INBOX", file.read_text("utf-8")), "utf-8")
    fleet.start("second")
    until(lambda: sorted(fleet.of("second")) == ["semey", "taraz"], "it reads what it can", 60)
    before = fleet.moves()
    fleet.answered(fleet.write("anna"), REPLACED)
    time.sleep(5)
    assert fleet.moves() == before, "nothing is given to who can't read it"

    for name in ("first", "second"):
        fleet.hosts[name].proxy.silent = True
    time.sleep(11)  # both count as gone
    fleet.hosts["first"].proxy.silent = False
    time.sleep(3)
    fleet.hosts["second"].proxy.silent = False
    fleet.answered(fleet.write("bela"), REPLACED)
    assert fleet.moves() == before, "who is back first waits for the other"
    for name in ("first", "second"):
        assert fleet.end(name) == 0, fleet.logs()
    everything_once(fleet)


def test_one_wrong_mailbox_keeps_no_other_waiting(fleet: Hosts) -> None:
    """Its key is missing on this host, and it is the first; and no line is logged each second."""
    (fleet.folder / "installed" / "aktau" / "secrets" / "store_key").unlink()
    fleet.start("first")
    others = [box for box in BOXES if box != "aktau"]
    fleet.answered(fleet.write("anna", *others), REPLACED)
    assert fleet.hosts["first"].log.count("store_key") <= 3, fleet.logs()
    assert fleet.end("first") == 0, fleet.logs()


def test_a_host_that_reaches_no_server_is_helped_and_a_new_mailbox_is_taken(fleet: Hosts) -> None:
    fleet.start("first", MAILBOT_COURIER__URL="smtp://127.0.0.1:1")
    until(lambda: fleet.spread() == [6], "one host has them all", 20)
    fleet.start("second")
    until(lambda: fleet.spread() == [3, 3], "even shares", 40)
    theirs = fleet.of("first")
    fleet.answered(fleet.write("anna", *theirs), REPLACED)
    told: dict[str, float] = {}
    for number in range(30):
        told |= fleet.write(f"n{number}", theirs[0])
    fleet.answered(told, 60)
    assert "reply_sent" not in fleet.hosts["first"].log
    assert sorted(fleet.of("first")) == sorted(theirs), "it reads them all the same"

    fleet.make("qostanai")
    fleet.bring("qostanai", "second")  # the other host does not know it yet
    fleet.answered(fleet.write("bela", "qostanai"), REPLACED)
    assert "qostanai" in fleet.of("second")
    for name in ("first", "second"):
        assert fleet.end(name) == 0, fleet.logs()
    everything_once(fleet)


def everything_once(fleet: Hosts) -> None:
    """Each mail was decided once and lies in mailbot/Done, each answer went out once; the chain of events holds."""
    doubled = {to: many for (to, _), many in fleet.replies().items() if many > 1}
    assert len(doubled) <= 3, f"one answer at most of each host that was struck: {doubled}"
    writers = [mail.recipients[0] for mail in fleet.taken()]
    assert len({(to, identity) for to, identity in fleet.replies()}) == len(set(writers)), "one Message-ID a person"
    for name, site in fleet.sites.items():
        assert site.inbox() == set(), name
        decided = [tuple(row) for row in fleet.sql(f"SELECT decision, count(*) FROM {name}.mail GROUP BY 1")]
        assert decided == ([("apply", len(site.done()))] if site.done() else []), (name, decided)
        assert site.run("audit", "verify").code == 0, name
    for host in fleet.hosts.values():
        assert "Traceback" not in host.log and " < " not in host.log, host.log
