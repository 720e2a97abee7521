"""An installation that is copied for every run, runs that die at one place, and what must be the same afterwards.

Whether a kill fell between the SMTP server's 250 and the commit behind it is read from the store and the server at the
moment of death, so how often each reply was taken is known exactly.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import SQLModel

from mailbot.store import (  # fill the metadata
    account_tables,  # noqa: F401
    clock_tables,  # noqa: F401
    consent_tables,  # noqa: F401
    event_tables,  # noqa: F401
    place_tables,  # noqa: F401
    proof_tables,  # noqa: F401
    tables,  # noqa: F401
)
from mailbot.store.engine import begin_reading, open_engine
from tests.support.killed import Commands, Kill
from tests.support.postgres import Postgres
from tests.support.site import NOTHING, Site

Record = Callable[
    [str, object], None
]  # pytest's record_property: how many kills there were, and how many fell in the gap
PASSES = 6  # until there is nothing left to do


@dataclass(slots=True)
class Stage:
    """A live installation with its mails delivered and no pass made, of which every run gets a copy."""

    site: Site
    commands: Commands
    postgres: Postgres | None
    count: int = 0

    def copy(self) -> Site:
        """Return the same installation again, with a mailbox (same UIDs, same UIDVALIDITY) and a store of its own."""
        self.count += 1
        dovecot, user = self.site.dovecot, self.site.dovecot.user()
        folder = self.site.folder.with_name(f"{self.site.folder.name}-{self.count}")
        shutil.copytree(self.site.folder, folder)
        home, theirs = dovecot.maildir(user), dovecot.maildir(self.site.user)
        shutil.copytree(theirs, home)
        owner = theirs.stat()
        for path in (home.parent, home, *home.rglob("*")):
            os.chown(path, owner.st_uid, owner.st_gid)
        store = self.site.store
        if self.postgres is not None:
            store = self.postgres.database(self.site.store)
        settings = (folder / "mailbot.toml").read_text(encoding="utf-8")
        settings = settings.replace(self.site.user, user).replace(self.site.store, store)
        (folder / "mailbot.toml").write_text(settings, encoding="utf-8")
        return Site(folder, dovecot, self.site.smtp, store, user, self.commands)


@dataclass(slots=True)
class Run:
    """A run on one copy: its site, and what it sent."""

    site: Site
    began: int  # how many mails the SMTP server had taken before
    calls: dict[str, int] = field(default_factory=dict)  # of the last pass that was not killed
    old: set[str] = field(default_factory=set)  # Message-IDs sent before this run
    gap: set[str] = field(default_factory=set)  # taken by the server and not marked as sent when the pass died
    env: dict[str, str] = field(default_factory=dict)  # settings of its passes

    def taken(self) -> Counter[str]:
        """Message-IDs that the server took in this run, and how often."""
        return Counter(each.message_id for each in self.site.answers(self.began))

    def sent(self) -> set[str]:
        """Message-IDs of this run that the store knows as sent."""
        rows = self.site.sql("SELECT message_id FROM reply WHERE sent_at IS NOT NULL")
        return {message_id for (message_id,) in rows} - self.old

    def poll(self, kill: Kill | None = None) -> dict[str, int] | None:
        """Make one pass; None where it was killed."""
        assert self.site.commands is not None
        ended = self.site.commands.run("--config", str(self.site.folder), "poll", "--json", kill=kill, env=self.env)
        if ended.code == -9:
            return None
        assert (ended.code, ended.err) == (0, "")
        self.calls = ended.calls
        counts: dict[str, int] = json.loads(ended.out)
        return counts

    def die(self, kill: Kill) -> None:
        """Make a pass that kills itself, and see whether that fell between a 250 and the commit behind it."""
        assert self.poll(kill) is None, f"not killed {kill}"
        sent, taken = self.sent(), self.taken()
        assert sent <= set(taken)
        self.gap = set(taken) - sent
        assert len(self.gap) == 1 if kill.call == "data" and kill.when == "after" else len(self.gap) <= 1

    def settle(self) -> None:
        """Make passes until there is nothing left to do."""
        for _ in range(PASSES):
            counts = self.poll()
            assert counts is not None
            if counts == NOTHING:
                return
        pytest.fail(f"after {PASSES} passes there is still something to do: {counts}")

    def tables(self, *names: str) -> dict[str, list[dict[str, Any]]]:
        """All rows of these tables."""
        engine = open_engine(self.site.store, self.site.folder)
        try:
            with engine.connect() as connection:
                begin_reading(connection)
                return {
                    name: [dict(row._mapping) for row in connection.execute(sa.select(SQLModel.metadata.tables[name]))]
                    for name in names
                }
        finally:
            engine.dispose()

    def state(self) -> dict[str, Any]:
        """What must be the same whether or not a pass was killed: every column, but for ids, tokens and times.

        Ids of requests and people become what they stand for; of a time it is told whether there is one.
        """
        found = self.tables(*(name for name in SQLModel.metadata.tables if name not in ("note", "maildir_name")))
        requests = {row["id"]: row["message_id"] for row in found["request"]}
        people = {row["id"]: row["surname"] for row in found["person"]}
        named = {"request_id": requests, "person_id": people, "withdrawn_by": requests}

        def plain(table: str, column: str, value: Any) -> Any:
            if column in named:
                return named[column].get(value)
            if isinstance(value, datetime) or column == "copy_of":
                return value is not None
            if column in ("digest", "gave_up_why"):  # of our own mail, whose token is drawn
                return value.partition(" ")[0].strip("0123456789abcdef")
            if table == "consent" and column == "source" and value.startswith("mail "):
                return requests.get(value.removeprefix("mail "), value)
            if column == "reason":  # of a proof, whose times are in its hash
                return re.sub("^[0-9a-f]{64}$", "hash", value)
            return value

        state: dict[str, Any] = {"folders": self.site.folders()}
        for table, rows in found.items():
            drawn = DRAWN | DRAWN_IN.get(table, set())
            state[table] = sorted(
                repr({name: plain(table, name, value) for name, value in row.items() if name not in drawn})
                for row in rows
            )
        return state

    def drop_copies(self) -> None:
        """Drop what lies twice in mailbot/Done: two MOVEs of one mail at once make two copies of it in Dovecot.

        The turn is what keeps them apart; nothing but the folder shows it.
        """
        names: set[bytes] = set()
        with self.site.dovecot.login(self.site.user) as client:
            client.select_folder("mailbot/Done")
            for uid, each in client.fetch(client.search(), ["BODY.PEEK[]"]).items():
                if each[b"BODY[]"] in names:
                    client.delete_messages([uid])
                names.add(each[b"BODY[]"])
            client.expunge()

    def check_replies(self) -> None:
        """Each reply was taken once, or twice where the kill fell into the gap."""
        (rows,) = self.tables("reply").values()
        owed = {each["message_id"] for each in rows if each["gave_up_at"] is None or each["sent_at"]} - self.old
        assert self.taken() == {each: 2 if each in self.gap else 1 for each in owed}

    def leave(self, stage: Stage) -> None:
        """Take the copy away: thousands of them fill a disk."""
        shutil.rmtree(self.site.folder)
        shutil.rmtree(self.site.dovecot.maildir(self.site.user).parent)
        if stage.postgres is not None:
            stage.postgres.drop(self.site.store)


DRAWN = {"id", "mail_id", "token"}  # drawn anew in each run
DRAWN_IN = {
    "reply": {"message_id", "octets", "answer", "bounce_key", "fingerprint"},
    "digest_card": {"digest", "number"},  # numbered by importance, then by the requests' own numbers
    "proof": {"sha256"},  # of what bears ids and times
    "event": {"position", "link"},  # sealed in the order of the passes, with the ids in it; the last pass's by the next
}


def begin(stage: Stage) -> Run:
    run = Run(stage.copy(), len(stage.site.smtp.taken))
    run.old = run.sent()
    return run


def killed(stage: Stage, kill: Kill, record: Record) -> Run:
    """Kill a pass there, then make passes until there is nothing left to do."""
    run = begin(stage)
    run.die(kill)
    record("kill", str(kill))
    if run.gap:
        record("twice", str(kill))
    run.settle()
    return run


def check_same(found: dict[str, Any], wanted: dict[str, Any], what: str) -> None:
    """Fail with the rows that one of two states has alone."""
    lines = []
    for table in wanted:
        if found[table] == wanted[table]:
            continue
        if isinstance(wanted[table], dict):
            lines.append(f"{table}: {found[table]} instead of {wanted[table]}")
            continue
        had, has = Counter(wanted[table]), Counter(found[table])
        lines += [f"{table} lacks {row}" for row in (had - has).elements()]
        lines += [f"{table} has {row}" for row in (has - had).elements()]
    assert not lines, "\n".join([what, *lines])
