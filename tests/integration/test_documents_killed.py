"""A pass that is killed while it takes attachments out of the mailbox: nothing is lost, nothing done twice.

The next passes find the copy that a dead one laid, and only remove. On a real Dovecot with both stores, on a Maildir.
"""

from __future__ import annotations

import shutil
from collections import Counter
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest

from mailbot.intake.strip import is_stripped
from mailbot.store.keys import sha256
from tests.acceptance.world import ALICE, ALIYA, UPDATE, World
from tests.support.dovecot import Dovecot
from tests.support.killed import Commands, Kill
from tests.support.postgres import Postgres
from tests.support.runs import Run, Stage, begin
from tests.support.sampled import some
from tests.support.scans import scan, scanned, traces
from tests.support.site import TAGS, Site, letter, row
from tests.support.smtp import SmtpServer

POLICY = '[fields]\npreset = "documents"\n'
KINDS = ("lay", "remove", "commit", "fetch")
PEOPLE = (row("Сәрсенова", "Айгүл", "aigul@example.kz"), row("Оспанов", "Марат", "marat@example.com"))
NAME = "Фамилия: Ахметова\n"


# ---- on Dovecot ------------------------------------------------------------------------------------------------


def staged(folder: Path, servers: tuple[Dovecot, SmtpServer], commands: Commands, postgres: Postgres | None) -> Stage:
    """An installation whose next pass takes the scans out of INBOX and out of mailbot/Done."""
    dovecot, smtp = servers
    url = postgres.database() if postgres is not None else "sqlite:///mailbot.sqlite"
    site = Site(folder / "site", dovecot, smtp, url, commands=commands)
    site.init()
    (site.folder / "policy.toml").write_text(POLICY, encoding="utf-8")
    site.people(*PEOPLE)
    site.deliver(
        scanned(letter("aigul@example.kz", TAGS["ru", "update"], NAME, name="held")),
        scanned(letter("marat@example.com", TAGS["ru", "update"], NAME + "Телефон: +77022345678\n", name="filed")),
    )
    Run(site, 0).settle()
    numbers = {name: each["id"] for name, each in site.requests().items()}
    assert (site.inbox(), site.done()) == ({"held"}, {"filed"})
    assert site.run("requests", "close", numbers["held"]).code == 0
    shown = ("--kind", "passport", "--seen", "in_person")
    assert site.run("requests", "document", numbers["filed"], *shown).code == 0
    site.deliver(letter("vera@example.com", "Вопрос о курсе", "Здравствуйте!\n", name="stranger"))  # comes between
    return Stage(site, commands, postgres)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory, dovecot: Dovecot, smtp: SmtpServer, commands: Commands) -> Stage:
    return staged(tmp_path_factory.mktemp("documents"), (dovecot, smtp), commands, None)


@pytest.fixture(scope="module")
def postgres_stage(
    tmp_path_factory: pytest.TempPathFactory,
    dovecot: Dovecot,
    smtp: SmtpServer,
    commands: Commands,
    postgres: Postgres,
) -> Stage:
    return staged(tmp_path_factory.mktemp("documents"), (dovecot, smtp), commands, postgres)


def lying(run: Run) -> dict[str, list[bytes]]:
    """Return the octets of every mail, by folder."""
    found: dict[str, list[bytes]] = {}
    with run.site.dovecot.login(run.site.user) as client:
        for folder in ("INBOX", "mailbot/Done"):
            client.select_folder(folder, readonly=True)
            found[folder] = [each[b"BODY[]"] for each in client.fetch(client.search(), ["BODY.PEEK[]"]).values()]
    return found


def state(run: Run) -> dict[str, Any]:
    """Return what must be the same however often a pass was killed; of the ledger's hashes, that they are right."""
    mails = lying(run)
    everything = [octets for each in mails.values() for octets in each]
    assert not any(trace in octets for octets in everything for trace in traces(scan()))
    assert Counter(map(is_stripped, everything)) == {True: 2, False: 1}
    (ledger,) = run.tables("mail").values()
    assert {each["sha256"] for each in ledger} == {sha256(octets) for octets in everything}
    plain = run.state()
    drawn = ("sha256", "attachments_at")
    plain["mail"] = sorted(repr([(k, each[k]) for k in PLACES if k not in drawn]) for each in ledger)
    return plain


PLACES = ("folder", "uid", "state", "decision", "reason", "belongs", "attachments", "copy_of", "next_try_at", "tries")


def unkilled(stage: Stage) -> tuple[dict[str, Any], dict[str, int]]:
    run = begin(stage)
    counts = run.poll()
    assert counts is not None and (counts["fetched"], counts["left"]) == (1, 1)
    calls = run.calls
    run.settle()
    assert (run.site.done(), {"held", "stranger"}) == ({"filed"}, run.site.inbox())
    whats = [each["what"] for each in run.tables("event")["event"]]
    assert whats.count("attachments_removed") == 2
    return state(run), calls


def check_kills(stage: Stage, most: int) -> None:
    wanted, calls = unkilled(stage)
    assert calls["lay"] == 2 and calls["remove"] == 4
    for kind in KINDS:
        for when in ("before", "after"):
            for n in some(range(1, calls[kind] + 1), most, of=f"documents {kind} {when}"):
                run = begin(stage)
                assert run.poll(Kill(call=kind, when=when, n=n)) is None, (kind, when, n)
                dead = lying(run)
                names = {str(message_from_bytes(each)["Message-ID"]) for some in dead.values() for each in some}
                assert len(names) == 3, (kind, when, n)  # of each mail one lies there at any moment
                run.settle()
                assert state(run) == wanted, (kind, when, n)


def test_a_kill_around_each_outside_call(stage: Stage) -> None:
    check_kills(stage, 2)


def test_a_kill_on_postgresql(postgres_stage: Stage) -> None:
    check_kills(postgres_stage, 1)


# ---- on a Maildir ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The same on a Maildir."""
    world = World(tmp_path_factory.mktemp("documents"))
    world.policy(POLICY)
    taken = [
        world.take(scanned(world.octets(sender, UPDATE["ru"], body)))
        for sender, body in ((ALIYA, NAME), (ALICE, NAME + "Телефон: +77022345678"))
    ]
    assert [each.lies for each in taken] == ["INBOX", "Done"]
    for each in taken:
        world.ok("requests", "close", world.request(each)["id"])
    return world


def files(world: World) -> list[tuple[str, bytes]]:
    """Return what lies in the mailbox: where, and its octets."""
    paths = [path for path in world.box.rglob("*") if path.parent.name in ("new", "cur") and path.is_file()]
    return sorted((str(path.relative_to(world.box)), path.read_bytes()) for path in paths)


def outcome(world: World) -> dict[str, Any]:
    found = files(world)
    assert all(is_stripped(octets) for _, octets in found)
    assert not any(trace in octets for _, octets in found for trace in traces(scan()))
    names = [name for name, _ in found]
    digests = {sha256(octets) for _, octets in found}
    assert {digest for (digest,) in world.sql("SELECT sha256 FROM mail")} == digests
    return {
        "files": names,
        "mails": world.sql("SELECT folder, uid, state, reason, belongs, attachments, copy_of FROM mail ORDER BY id"),
        "numbers": [uid for uid, name in world.sql("SELECT uid, name FROM maildir_name") if f"new/{name}" in names],
        "events": world.sql("SELECT what, reason FROM event ORDER BY what, reason"),
        "requests": world.sql("SELECT kind, state, reason, open FROM request ORDER BY kind, reason"),
    }


def test_a_kill_on_a_maildir(world: World, commands: Commands, tmp_path: Path) -> None:
    def passes(root: Path, kill: Kill | None) -> tuple[World, dict[str, int]]:
        one = World.copied(world, root)
        ended = commands.run("--config", str(one.folder), "poll", kill=kill)
        assert ended.code == (0 if kill is None else -9), (kill, ended)
        assert len({message_from_bytes(octets)["Message-ID"] for _, octets in files(one)}) == 2
        for _ in range(3):
            assert commands.run("--config", str(one.folder), "poll").code == 0
        return one, ended.calls

    whole, calls = passes(tmp_path / "whole", None)
    wanted = outcome(whole)
    assert (calls["lay"], calls["remove"]) == (2, 1)
    for kind in ("lay", "remove", "commit"):
        for when in ("before", "after"):
            for n in some(range(1, calls[kind] + 1), 2, of=f"maildir {kind} {when}"):
                root = tmp_path / f"{kind}-{when}-{n}"
                killed, _ = passes(root, Kill(call=kind, when=when, n=n))
                assert outcome(killed) == wanted, (kind, when, n)
                shutil.rmtree(root)
