"""One installation in a temporary folder, worked through the command line: mails in, answers out, people, requests.

Everybody in it is invented. Nothing is replaced by a mock: a Maildir mailbox, a Maildir courier, a SQLite store.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shutil
import sqlite3
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes, policy
from email.header import Header
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Any, Self
from zoneinfo import ZoneInfo

from mailbot.app import build
from mailbot.cli import main
from mailbot.ports import Resolver
from mailbot.store.engine import open_engine
from tests.support.desks import at_once

BOX = "info@example.kz"
HOST = "mx.example.kz"
OWNER = "owner@example.com"
ALMATY = ZoneInfo("Asia/Almaty")
ALIYA, BORIS, ALICE, FAMILY, QUIET = (
    "aliya@example.com", "boris@example.com", "alice@example.com", "family@example.com", "quiet@example.com",
)  # fmt: skip
BORIS_SECOND = "boris.second@example.com"
STRANGER = "stranger@example.org"
CSV = f"""\
surname,given_name,patronymic,email,phone,birth_date,birth_place,news,consent_at,consent_source
Сәрсенова,Әлия,Болатқызы,{ALIYA},+77010000001,1990-05-05,Алматы қ.,yes,2025-01-10,site form
Петров,Борис,Иванович,{BORIS};{BORIS_SECOND},+77010000002;+77010000003,1985-03-02,Астана,yes,2025-01-11,site form
Smith,Alice,,{ALICE},+77010000004,1992-07-08,Taraz,yes,2025-01-12,site form
Ким,Алина,,{FAMILY},+77010000005,,,yes,2025-01-13,site form
Ким,Виктор,,{FAMILY},+77010000006,,,yes,2025-01-13,site form
Тихая,Нина,,{QUIET},+77010000007,,,no,2025-01-14,site form
"""
UPDATE = {
    "kk": "Дербес деректерді өзектендіру", "ru": "Актуализация персональных данных", "en": "Updating personal data",
}  # fmt: skip
WITHDRAWAL = {
    "kk": "Дербес деректерді өңдеуге келісімді кері қайтарып алу",
    "ru": "Отзыв согласия на обработку персональных данных",
    "en": "Withdrawal of consent to the processing of personal data",
}
UNSUBSCRIBE = {
    "kk": "Жаңа өнімдер мен қызметтер және арнайы ұсыныстар туралы хабарламалардан бас тарту",
    "ru": "Отказ от уведомлений о новых продуктах и услугах и специальных предложениях",
    "en": "Refusal of notifications about new products and services and special offers",
}
PHONE = "+77019998877"
NEW_PHONE = {"kk": f"Телефон: {PHONE}", "ru": f"Новый телефон: {PHONE}", "en": f"Phone: {PHONE}"}
YES = {"kk": "ИӘ", "ru": "Да", "en": "Yes"}
UNDO = {"kk": "қайтару", "ru": "отменить", "en": "undo"}
NO_OBLIGATIONS = '[withdrawal]\nobligations = "none"\n'
DECISIONS = ("applied", "challenged", "asked", "held", "left", "ignored", "already", "poisoned", "waiting")
PROOF = {
    "authenticated": "dmarc=pass header.from={domain}",
    "weak": "spf=pass smtp.mailfrom={domain}",
    "fail": "dmarc=fail header.from={domain}",
}


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def objects(self) -> list[dict[str, Any]]:
        """Every line of stdout, read as JSON."""
        return [json.loads(line) for line in self.out.splitlines()]


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail that was delivered."""

    name: str  # of its file
    sender: str
    message_id: str
    octets: bytes


@dataclass(frozen=True, slots=True)
class Sent:
    """A mail that mailbot sent."""

    name: str
    mail: EmailMessage

    @property
    def to(self) -> str:
        return str(self.mail["To"])

    @property
    def subject(self) -> str:
        return str(self.mail["Subject"])

    @property
    def text(self) -> str:
        part = self.mail.get_body(("plain",))
        assert part is not None
        return str(part.get_content()).replace("\r\n", "\n")

    @property
    def page(self) -> str:
        """The HTML part."""
        part = self.mail.get_body(("html",))
        assert part is not None
        return str(part.get_content())

    @property
    def message_id(self) -> str:
        return str(self.mail["Message-ID"])

    @property
    def token(self) -> str:
        return self.message_id.partition("@")[0].strip("<")

    @property
    def language(self) -> str:
        return str(self.mail["Content-Language"])

    @property
    def number(self) -> str:
        """The number of the request that its subject names."""
        found = re.search(r"[№.] ([A-Z2-7]{6})", self.subject)
        assert found, self.subject
        return found[1]


@dataclass(frozen=True, slots=True)
class Taken:
    """One mail, delivered and polled."""

    letter: Letter
    decision: str  # the one count that is not zero
    counts: dict[str, int]
    lies: str  # INBOX or Done
    answers: list[Sent]  # sent in that pass, but for the operator's
    told: list[Sent]  # sent to the operator

    @property
    def answer(self) -> Sent:
        """The one answer that was sent."""
        assert len(self.answers) == 1, [(a.to, a.subject) for a in self.answers]
        return self.answers[0]


@dataclass(frozen=True, slots=True)
class Passed:
    """Several mails, delivered and polled together."""

    letters: list[Letter]
    counts: dict[str, int]
    answers: list[Sent]  # sent in that pass, but for the operator's
    told: list[Sent]  # sent to the operator


OUTSIDE = (
    "socket.connect",
    "socket.sendto",
    "socket.getaddrinfo",
    "socket.gethostbyname",
    "subprocess.Popen",
    "os.exec",
)
_watchers: list[list[tuple[str, str]]] = []


def _hear(event: str, args: tuple[Any, ...]) -> None:
    if not _watchers:
        return
    if event in OUTSIDE:
        _watchers[-1].append((event, str(args[-1])))
    elif event == "open" and isinstance(args[2], int) and args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
        _watchers[-1].append(("write", os.fsdecode(args[0]) if isinstance(args[0], str | bytes) else str(args[0])))


@contextlib.contextmanager
def watched() -> Iterator[list[tuple[str, str]]]:
    """Collect what this process does meanwhile: connections, look-ups, programs, and files opened for writing."""
    if _hear not in _hooked:
        sys.addaudithook(_hear)  # PEP 578: it can't be taken off again, so it is put on once
        _hooked.append(_hear)
    _watchers.append([])
    try:
        yield _watchers[-1]
    finally:
        _watchers.pop()


_hooked: list[Any] = []


def attached(octets: bytes, *names: str) -> bytes:
    """Return the mail with attachments of those names."""
    head, _, body = octets.partition(b"\r\n\r\n")
    lines = [line for line in head.split(b"\r\n") if not line.startswith(b"Content-T")]
    parts = [b"--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + body]
    for name in names:
        line = f'Content-Disposition: attachment; filename="{name}"'.encode()
        parts.append(b"--b\r\nContent-Type: application/octet-stream\r\n" + line + b"\r\n\r\npayload")
    kind = b'Content-Type: multipart/mixed; boundary="b"'
    return b"\r\n".join([*lines, kind, b"", *parts, b"--b--", b""])


def printable(text: str) -> bool:
    """Tell whether a terminal shows that text and obeys nothing in it."""
    return all(letter.isprintable() or letter == "\n" for letter in text)


def command(*argv: str | Path) -> Ran:
    """Run one command in this process."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main([str(arg) for arg in argv])
    return Ran(code, out.getvalue(), err.getvalue())


@dataclass(slots=True)
class World:
    """One installation."""

    root: Path
    shadow: bool = False
    people: str = CSV
    ahead: timedelta = field(default=timedelta(0))
    count: int = 0
    dns: Resolver | None = None  # what the line may ask; None: nothing
    store: str = "sqlite:///mailbot.sqlite"

    def __post_init__(self) -> None:
        for part in ("new", "cur", "tmp"):
            (self.box / part).mkdir(parents=True, exist_ok=True)
        ran = self.init()
        assert ran.code == 0, ran.err
        if self.people:
            self.bring(self.people)

    @classmethod
    def copied(cls, model: World, root: Path, store: str = "") -> Self:
        """Return a copy of an installation that nobody worked with yet: `init` and the import take their time.

        `store`: the URL of a copy of its database.
        """
        shutil.copytree(model.root, root, dirs_exist_ok=True)
        settings = root / "installation" / "mailbot.toml"
        text = settings.read_text(encoding="utf-8").replace(str(model.root), str(root))
        text = text.replace(model.store, store or model.store)
        settings.write_text(text, encoding="utf-8")
        world = object.__new__(cls)
        world.root, world.shadow, world.people = root, model.shadow, model.people
        world.ahead, world.count, world.dns, world.store = timedelta(0), 0, None, store or model.store
        return world

    @property
    def folder(self) -> Path:
        return self.root / "installation"

    @property
    def box(self) -> Path:
        return self.root / "box"

    def init(self) -> Ran:
        """Write the installation."""
        ran = command(
            "init", self.folder, "--mailbox", f"maildir://{self.box}", "--courier", f"maildir://{self.root / 'sent'}",
            "--address", BOX, "--operator", "Example Courses", "--contact", "+7 700 000 00 00", "--operator-mail",
            OWNER, "--authserv", HOST, "--store", self.store, "--shadow" if self.shadow else "--live",
        )  # fmt: skip
        if ran.code == 0:
            at_once(self.folder)
        return ran

    def run(self, *argv: str | Path) -> Ran:
        """Run one command on this installation."""
        return command("--config", self.folder, *argv)

    def ok(self, *argv: str | Path) -> Ran:
        """Run one command that must succeed."""
        ran = self.run(*argv)
        assert ran.code == 0, (argv, ran)
        return ran

    # ---- what is on file ---------------------------------------------------------------------------------------

    def bring(self, csv: str, *options: str) -> dict[str, Any]:
        """Import a CSV; return its report."""
        path = self.root / "people.csv"
        path.write_text(csv, encoding="utf-8")
        ran = self.ok("people", "import", path, "--json", *options)
        return ran.objects[0]

    def persons(self, address: str) -> list[dict[str, Any]]:
        """Return everybody at an address, as `people show --json` tells but the ledger; [] where it is not known."""
        ran = self.run("people", "show", address, "--json")
        assert ran.code in (0, 66), ran
        return [{name: value for name, value in one.items() if name != "consents"} for one in ran.objects]

    def consents(self, address: str) -> list[dict[str, Any]]:
        """Return the consent ledger of the one person at an address, oldest first."""
        (person,) = self.ok("people", "show", address, "--json").objects
        found: list[dict[str, Any]] = person["consents"]
        return found

    def person(self, address: str) -> dict[str, Any]:
        """Return the one line of `people show --json`."""
        found = self.persons(address)
        assert len(found) == 1, found
        return found[0]

    def requests(self, *options: str) -> list[dict[str, Any]]:
        """Return `requests list --json`."""
        return self.ok("requests", "list", "--json", *options).objects

    def reasons(self) -> list[str]:
        """Return the reason of every request."""
        return [request["reason"] for request in self.requests("--all")]

    def show(self, number: str) -> dict[str, Any]:
        """Return `requests show --json`."""
        return self.ok("requests", "show", number, "--json").objects[0]

    def request(self, taken: Taken) -> dict[str, Any]:
        """Return the request that a mail opened."""
        found = [r for r in self.requests("--all") if r["message_id"] == taken.letter.message_id]
        assert len(found) == 1, found
        return self.show(found[0]["id"])

    def on_file(self) -> dict[str, list[tuple[Any, ...]]]:
        """Return everything that is held about people and addresses, to be compared."""
        tables = ("person", "address", "phone", "consent", "obligation", "suppression")
        return {table: sorted(self.sql(f"SELECT * FROM {table}"), key=repr) for table in tables}

    def explained(self, *mails: bytes, options: Iterable[str] = ()) -> list[dict[str, Any]]:
        """Return `explain --json` of each mail, by this installation's store and settings."""
        self.count += 1
        folder = self.root / f"explained-{self.count}"
        folder.mkdir()
        for number, octets in enumerate(mails):
            (folder / f"{number:04}.eml").write_bytes(octets)
        return self.ok("explain", folder, "--json", *options).objects

    def proofs(self, *mails: bytes, options: Iterable[str] = ()) -> list[str]:
        """Return how far each mail is proven to come from its From address."""
        return [one["sender"]["evidence"] for one in self.explained(*mails, options=options)]

    def policy(self, text: str) -> None:
        """Write policy.toml; what it does not name stays as packaged."""
        (self.folder / "policy.toml").write_text(text, encoding="utf-8")

    def sql(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Run SQL on the store: to look at what no command shows, or to shift times."""
        if self.store.startswith("postgresql"):
            engine = open_engine(self.store, self.folder, None)
            with engine.begin() as connection:
                rows = connection.exec_driver_sql(query)
                found = [tuple(row) for row in rows] if rows.returns_rows else []
            engine.dispose()
            return found
        with contextlib.closing(sqlite3.connect(self.folder / "mailbot.sqlite")) as connection, connection:
            return connection.execute(query, values).fetchall()

    # ---- time --------------------------------------------------------------------------------------------------

    def now(self) -> datetime:
        """The time in this world."""
        return datetime.now(UTC) + self.ahead

    def today(self) -> date:
        """The day where the operator is: for five hours of the night it is not the one in UTC."""
        return self.now().astimezone(ALMATY).date()

    def later(self, **span: float) -> None:
        """Let time pass."""
        self.ahead += timedelta(**span)

    # ---- mail --------------------------------------------------------------------------------------------------

    def octets(
        self,
        sender: str,
        subject: str,
        body: str = "",
        *,
        proof: str = "authenticated",
        headers: Iterable[str] = (),
        date: datetime | None = None,
        message_id: str = "",
        from_line: str = "",
    ) -> bytes:
        """Return one mail as the mailbox's server would write it."""
        self.count += 1
        domain, when = sender.rpartition("@")[2], format_datetime(date or self.now())
        result = PROOF.get(proof, "").format(domain=domain)
        top = [f"Authentication-Results: {HOST}; {result}"] if result else []
        lines = [
            *top,
            f"Received: from mail.{domain} by {HOST}; {format_datetime(self.now())}",
            from_line or f"From: {sender}",
            f"To: {BOX}",
            f"Subject: {subject if subject.isascii() else Header(subject, 'utf-8').encode()}",
            f"Date: {when}",
            f"Message-ID: {message_id or f'<mail-{self.count}@{domain}>'}",
            *headers,
            "MIME-Version: 1.0",
            "Content-Type: text/plain; charset=utf-8",
            "Content-Transfer-Encoding: 8bit",
            "",
            *body.split("\n"),
        ]
        return "\r\n".join(lines).encode()

    def put(self, octets: bytes, *, at: datetime | None = None) -> Letter:
        """Lay a mail into INBOX as received at that time."""
        self.count += 1
        when = (at or self.now()).timestamp()
        name = f"letter.{self.count:04}"
        path = self.box / "new" / name
        path.write_bytes(octets)
        os.utime(path, (when, when))
        mail = message_from_bytes(octets.partition(b"\r\n\r\n")[0])
        return Letter(name, str(mail["From"]), str(mail["Message-ID"]), octets)

    def poll(self) -> dict[str, int]:
        """Make one pass; on the command line, but where time is shifted or DNS is of the test's making."""
        if not self.ahead and self.dns is None:
            counts: dict[str, int] = self.ok("poll", "--json").objects[0]
            return counts
        app = build(self.folder, clock=self.now, dns=lambda: self.dns)
        try:
            counts, failure = app.poll()
            assert failure is None, failure
            return counts
        finally:
            app.close()

    def take(self, octets: bytes, *, at: datetime | None = None) -> Taken:
        """Deliver one mail, make one pass."""
        before = {sent.name for sent in self.sent()}
        letter = self.put(octets, at=at)
        counts = self.poll()
        assert counts["fetched"] == 1, counts
        decision = next(name for name in DECISIONS if counts[name])
        new = [sent for sent in self.sent() if sent.name not in before]
        return Taken(
            letter, decision, counts, self.lies(letter), [s for s in new if s.to != OWNER],
            [s for s in new if s.to == OWNER],
        )  # fmt: skip

    def deliver(self, *mails: bytes, at: datetime | None = None) -> Passed:
        """Deliver several mails, make one pass; each must have been decided."""
        before = {sent.name for sent in self.sent()}
        letters = [self.put(octets, at=at) for octets in mails]
        counts = self.poll()
        assert counts["fetched"] == len(mails) and not counts["poisoned"] and not counts["waiting"], counts
        new = [sent for sent in self.sent() if sent.name not in before]
        return Passed(letters, counts, [s for s in new if s.to != OWNER], [s for s in new if s.to == OWNER])

    def mail(self, sender: str, subject: str, body: str = "", *, at: datetime | None = None, **how: Any) -> Taken:
        """Write, deliver and poll one mail."""
        return self.take(self.octets(sender, subject, body, **how), at=at)

    def answer(
        self, sender: str, text: str, *, to: Sent | None = None, at: datetime | None = None, **how: Any
    ) -> Taken:
        """Answer the last mail that was sent to that address (or `to`), as a phone does."""
        return self.take(self.reply(sender, text, to=to, **how), at=at)

    def reply(self, sender: str, text: str, *, to: Sent | None = None, **how: Any) -> bytes:
        """Return an answer: the text on top, our mail quoted below, threaded."""
        sent = to or self.last(sender)
        quoted = "\n".join(f"> {row}" for row in sent.text.splitlines())
        references = f"{sent.mail['References'] or ''} {sent.message_id}".split()
        thread = [f"In-Reply-To: {sent.message_id}", "References: " + "\r\n ".join(references)]
        how["headers"] = [*thread, *how.get("headers", ())]
        return self.octets(sender, how.pop("subject", f"Re: {sent.subject}"), f"{text}\n\n{quoted}", **how)

    def sent(self) -> list[Sent]:
        """Return every mail that was sent, oldest first."""
        folder = self.root / "sent" / "new"
        paths = sorted(folder.iterdir(), key=lambda p: p.stat().st_mtime_ns) if folder.is_dir() else []
        return [Sent(p.name, message_from_bytes(p.read_bytes(), policy=policy.default)) for p in paths]  # type: ignore[arg-type]

    def raw(self, sent: Sent) -> bytes:
        """Return a mail of ours as the courier got it."""
        return (self.root / "sent" / "new" / sent.name).read_bytes()

    def last(self, address: str) -> Sent:
        """Return the last mail that was sent to an address."""
        return [sent for sent in self.sent() if sent.to == address][-1]

    def templates(self, number: str) -> list[tuple[str, str]]:
        """Return what was owed for a request: (template, address)."""
        return [(reply["template"], reply["to"]) for reply in self.show(number)["replies"]]

    def lies(self, letter: Letter) -> str:
        """Tell where a mail lies: INBOX (as it was delivered, unread) or Done."""
        if (self.box / "new" / letter.name).exists():
            assert (self.box / "new" / letter.name).read_bytes() == letter.octets
            return "INBOX"
        done = self.box / ".mailbot.Done" / "cur"
        found = [p for p in done.iterdir() if p.name.partition(":")[0] == letter.name] if done.is_dir() else []
        assert len(found) == 1, (letter.name, found)
        assert found[0].read_bytes() == letter.octets
        return "Done"

    def back_to_inbox(self, letter: Letter) -> None:
        """Move a filed mail back, as the operator would."""
        done = self.box / ".mailbot.Done" / "cur"
        path = next(p for p in done.iterdir() if p.name.partition(":")[0] == letter.name)
        shutil.move(path, self.box / "new" / letter.name)
