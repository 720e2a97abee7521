"""What the yardsticks share: where they work, what they keep, what they understand, and how they are timed."""

from __future__ import annotations

import json
import re
import smtplib
import sqlite3
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from email.header import decode_header, make_header
from email.message import Message
from pathlib import Path
from typing import Any

from imapclient import IMAPClient

from tests.support.site import TAGS

KINDS = {subject.casefold(): kind for (_, kind), subject in TAGS.items()}
PHONE = re.compile(r"(?m)^Телефон|^Phone")
NUMBER = re.compile(r"\+?\d[\d ()-]{8,16}\d")
SCHEMA = (
    "CREATE TABLE person (email TEXT PRIMARY KEY, phone TEXT, news INTEGER, consent INTEGER)",
    "CREATE TABLE ledger (sha256 TEXT PRIMARY KEY, email TEXT, kind TEXT, sent INTEGER)",
)
REPLY = "Hello,\n\nwe received your request on {date} and noted it: {kind}.\n\nExample Courses\n" + "Your rights. " * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Yard:
    """The servers of one contestant, as its first argument tells them."""

    imap: int
    smtp: int
    user: str
    folder: str  # where its store lies
    store: str  # "" or a PostgreSQL URL
    people: str  # a file, address → phone

    def open(self) -> Any:
        """Return an open DB-API connection with the people in it, as durable as the store of mailbot."""
        known = [(email, phone, 1, 1) for email, phone in json.loads(Path(self.people).read_text()).items()]
        if self.store:
            import psycopg

            connection: Any = psycopg.connect(self.store)
            mark = "%s"
        else:
            connection, mark = sqlite3.connect(f"{self.folder}/yard.sqlite"), "?"
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
        for statement in SCHEMA:
            connection.execute(statement)
        connection.cursor().executemany(f"INSERT INTO person VALUES ({mark}, {mark}, {mark}, {mark})", known)
        connection.commit()
        return Marked(connection, mark)


@dataclass(slots=True)
class Marked:
    """A connection whose statements are written with question marks."""

    raw: Any
    mark: str

    def execute(self, statement: str, values: tuple[Any, ...] = ()) -> Any:
        """Run one statement."""
        return self.raw.execute(statement.replace("?", self.mark), values)

    def commit(self) -> None:
        """Have it on disk."""
        self.raw.commit()


def lines(yard: Yard) -> tuple[IMAPClient, smtplib.SMTP]:
    """Return both connections of a batch script, its folder made, INBOX selected."""
    box = IMAPClient("127.0.0.1", yard.imap, ssl=False)
    box.login(yard.user, "secret")
    box.create_folder("Handled")
    box.select_folder("INBOX")
    smtp = smtplib.SMTP("127.0.0.1", yard.smtp)
    smtp.ehlo()
    return box, smtp


def kind_of(message: Message) -> str:
    """Return what a subject asks for, "" for nothing."""
    return KINDS.get(str(make_header(decode_header(message["Subject"] or ""))).strip().casefold(), "")


def change(store: Marked, kind: str, writer: str, text: str) -> None:
    """Do what was asked, without a commit."""
    if kind == "update":
        found = NUMBER.search(text)
        store.execute("UPDATE person SET phone = ? WHERE email = ?", (found[0] if found else "", writer))
    else:
        column = "news" if kind == "unsubscribe" else "consent"
        store.execute(f"UPDATE person SET {column} = 0 WHERE email = ?", (writer,))


def timed(contest: Callable[[Yard], int]) -> None:
    """Run a contestant and print what it took: wall seconds, seconds of CPU, mails answered, most memory in KB."""
    yard = Yard(**json.loads(sys.argv[1]))
    cpu, wall = time.process_time(), time.perf_counter()
    sent = contest(yard)
    taken = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
    print(json.dumps({**taken, "sent": sent, "memory": most_memory()}))


def most_memory() -> int:
    """Return the most that this process had in memory, in KB; getrusage tells of whoever started it as well."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
