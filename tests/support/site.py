"""One installation between a real Dovecot and a real SMTP server; invented people.

`Site` runs commands in processes of their own and looks at what came of them from outside: through the command line,
through a second IMAP client, and at the far end of the SMTP server.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.header import Header
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from mailbot.store.engine import open_engine
from tests.support import privacy
from tests.support.desks import at_once, not_meanwhile
from tests.support.dovecot import Dovecot
from tests.support.killed import Commands
from tests.support.smtp import SmtpProcess, SmtpServer

COMMAND = Path(sys.executable).parent / "mailbot"
BORDER = "border.invalid"  # in a letter: the host that Dovecot calls itself, which writes Authentication-Results
BOX = "info@example.com"  # the mailbox's own address
OPERATOR = "owner@example.com"
NOTHING = dict.fromkeys(
    ("fetched", "applied", "challenged", "asked", "held", "left", "ignored", "already", "poisoned", "waiting", "sent",
     "owed", "gave_up"), 0,
)  # fmt: skip
COLUMNS = "surname,given_name,patronymic,email,phone,birth_date,birth_place,news,consent_at,consent_source"
TAGS = {
    ("kk", "update"): "Дербес деректерді өзектендіру",
    ("ru", "update"): "Актуализация персональных данных",
    ("en", "update"): "Updating personal data",
    ("kk", "withdrawal"): "Дербес деректерді өңдеуге келісімді кері қайтарып алу",
    ("ru", "withdrawal"): "Отзыв согласия на обработку персональных данных",
    ("en", "withdrawal"): "Withdrawal of consent to the processing of personal data",
    ("kk", "unsubscribe"): "Жаңа өнімдер мен қызметтер және арнайы ұсыныстар туралы хабарламалардан бас тарту",
    ("ru", "unsubscribe"): "Отказ от уведомлений о новых продуктах и услугах и специальных предложениях",
    ("en", "unsubscribe"): "Refusal of notifications about new products and services and special offers",
}
BODIES = {
    "kk": "Сәлеметсіз бе! Менің жаңа нөмірім төменде.\nТелефон: {phone}\n",
    "ru": "Добрый день! Прошу записать мой новый номер.\nТелефон: {phone}\n",
    "en": "Hello, please take down my new number.\nPhone: {phone}\n",
}


def letter(
    writer: str, subject: str, body: str = "", *, name: str, proven: bool = True, headers: Sequence[str] = ()
) -> bytes:
    """Return one mail as the border hands it to Dovecot; its Message-ID is `<name@the writer's domain>`.

    Where it is not proven, the border says nothing about its sender.
    """
    domain, when = writer.rpartition("@")[2], format_datetime(datetime.now(UTC))
    results = [f"Authentication-Results: {BORDER}; dmarc=pass header.from={domain}"] if proven else []
    lines = [
        *results,
        f"Received: from mail.{domain} by {BORDER} with ESMTPS; {when}",
        f"From: {writer}",
        f"To: {BOX}",
        f"Subject: {Header(subject, 'utf-8').encode()}",
        f"Date: {when}",
        f"Message-ID: <{name}@{domain}>",
        *headers,
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: 8bit",
        "",
        *body.split("\n"),
    ]
    return "\r\n".join(lines).encode()


def answer(writer: str, body: str, to: Answer, *, name: str, proven: bool = True) -> bytes:
    """Return what a person writes back on one of our mails: the text on top, ours quoted below."""
    quoted = "\n".join(f"> {line}" for line in to.text.splitlines())
    threads = [f"In-Reply-To: {to.message_id}", f"References: {to.message_id}"]
    text = f"{body}\n\n{quoted}\n"
    return letter(writer, f"Re: {to.subject}", text, name=name, proven=proven, headers=threads)


def row(surname: str, given: str, email: str, phone: str = "", consent: str = "2025-01-10") -> str:
    """Return one line of the CSV of people; everybody in it gets the news."""
    privacy.WATCH.known |= {word for word in (surname, given, email, phone) if word}
    return f"{surname},{given},,{email},{phone},,,yes,{consent},site form"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One mail that the SMTP server took from us."""

    sender: str
    recipients: list[str]
    mail: EmailMessage

    @property
    def to(self) -> str:
        """The one recipient of the envelope."""
        assert len(self.recipients) == 1
        return self.recipients[0]

    @property
    def message_id(self) -> str:
        """With angle brackets."""
        return str(self.mail["Message-ID"]).strip()

    @property
    def subject(self) -> str:
        """Decoded."""
        return str(self.mail["Subject"])

    @property
    def text(self) -> str:
        """The text part, decoded."""
        part = self.mail.get_body(("plain",))
        assert part is not None
        return str(part.get_content())

    @property
    def language(self) -> str:
        """As the mail says it."""
        return str(self.mail["Content-Language"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str

    def lines(self) -> list[dict[str, Any]]:
        """The JSON objects on stdout; anything else there is an error."""
        return [json.loads(line) for line in self.out.splitlines()]


@dataclass(slots=True)
class Site:
    """An installation in `folder`, its Dovecot mailbox and its SMTP server."""

    folder: Path
    dovecot: Dovecot
    smtp: SmtpProcess | SmtpServer
    store: str = "sqlite:///mailbot.sqlite"
    user: str = ""
    commands: Commands | None = None  # forks the same command from one that is imported: two seconds less each

    def __post_init__(self) -> None:
        self.user = self.user or self.dovecot.user()

    # ---- commands ------------------------------------------------------------------------------------------

    def environment(self, **settings: str) -> dict[str, str]:
        """The environment of a command: this process's without MAILBOT_*, with the settings given."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith("MAILBOT_")}
        return clean | settings

    def run(self, *arguments: str, **settings: str) -> Ran:
        """Run `mailbot --config FOLDER …` to its end: forked where `commands` is given, else as installed."""
        ran = self._run(*arguments, **settings)
        privacy.WATCH.look(f"what `{' '.join(arguments[:1])}` says on stderr", ran.err, privacy.ANYBODY)
        return ran

    def _run(self, *arguments: str, **settings: str) -> Ran:
        if self.commands is not None:
            ended = self.commands.run("--config", str(self.folder), *arguments, env=settings)
            return Ran(code=ended.code, out=ended.out, err=ended.err)
        command = [str(COMMAND), "--config", str(self.folder), *arguments]
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=120, check=False, env=self.environment(**settings),
            stdin=subprocess.DEVNULL, encoding="utf-8",
        )  # fmt: skip
        return Ran(code=done.returncode, out=done.stdout, err=done.stderr)

    def init(self, *more: str, live: bool = True, proven: bool = True) -> Ran:
        """Make the installation. The mailbox must not change between this and the first delivery."""
        ran = self.run(
            "init", str(self.folder), "--mailbox", self.dovecot.url(self.user), "--courier", self.smtp.url,
            "--store", self.store, "--address", BOX, "--operator", "Example Courses", "--contact", "+7 700 000 00 00",
            "--authserv", border(self.dovecot), *(("--live",) if live else ("--shadow",)), *more,
        )  # fmt: skip
        assert ran.code == 0, ran.err
        not_meanwhile(self.folder)  # where she has no address, her list comes into INBOX
        if "--operator-mail" in more and proven:
            at_once(self.folder)
        return ran

    def people(self, *rows: str) -> None:
        """Import people from a CSV."""
        path = self.folder / "people.csv"
        path.write_text("\n".join((COLUMNS, *rows, "")), encoding="utf-8")
        ran = self.run("people", "import", str(path))
        assert ran.code == 0, ran.err
        path.unlink()

    def poll(self, **settings: str) -> dict[str, int]:
        """Make one pass that is completed; return its counts."""
        ran = self.run("poll", "--json", **settings)
        assert ran.code == 0, ran.err
        (counts,) = ran.lines()
        return counts

    def show(self, address: str) -> dict[str, Any]:
        """Return the one person at an address."""
        ran = self.run("people", "show", address, "--json")
        assert ran.code == 0, ran.err
        (person,) = ran.lines()
        return person

    def requests(self, *more: str) -> dict[str, dict[str, Any]]:
        """Return `requests list`, by the name in the Message-ID."""
        ran = self.run("requests", "list", "--json", *more)
        assert ran.code == 0, ran.err
        found = ran.lines()
        named = {each["message_id"].strip("<").partition("@")[0]: each for each in found}
        assert len(named) == len(found)
        return named

    # ---- the outside ---------------------------------------------------------------------------------------

    def deliver(self, *mails: bytes) -> None:
        """Deliver by LMTP."""
        host = border(self.dovecot).encode()
        for mail in mails:
            self.dovecot.deliver(self.user, mail.replace(BORDER.encode(), host))

    def folders(self) -> dict[str, dict[str, tuple[bytes, ...]]]:
        """Return every folder of the mailbox: name in the Message-ID → flags but for \\Recent."""
        found: dict[str, dict[str, tuple[bytes, ...]]] = {}
        with self.dovecot.login(self.user) as client:
            for flags, _delimiter, folder in client.list_folders():
                if rb"\Noselect" in flags or rb"\NonExistent" in flags:
                    continue
                client.select_folder(folder, readonly=True)
                mails = client.fetch(client.search(), ["FLAGS", "BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)]"])
                names: dict[str, tuple[bytes, ...]] = {}
                for each in mails.values():
                    header = next(value for key, value in each.items() if key.startswith(b"BODY["))
                    match = re.search(rb"<([^@>]+)@", header)
                    assert match is not None and match[1].decode() not in names
                    names[match[1].decode()] = tuple(flag for flag in each[b"FLAGS"] if flag != rb"\Recent")
                found[folder] = names
        return found

    def lie(self, folder: str) -> int:
        """Return how many mails lie in a folder."""
        with self.dovecot.login(self.user) as client:
            return int(client.select_folder(folder, readonly=True)[b"EXISTS"])

    def inbox(self) -> set[str]:
        """Return what lies in INBOX; all of it must be unread."""
        mails = self.folders()["INBOX"]
        assert set(mails.values()) <= {()}, mails
        return set(mails)

    def done(self) -> set[str]:
        """Return what was filed."""
        return set(self.folders().get("mailbot/Done", {}))

    def answers(self, since: int = 0) -> list[Answer]:
        """Return what the SMTP server took, oldest first."""
        return [
            Answer(
                sender=taken.sender, recipients=taken.recipients,
                mail=message_from_bytes(taken.octets, policy=policy.default),  # type: ignore[arg-type]
            )
            for taken in self.smtp.taken[since:]
        ]  # fmt: skip

    def sql(self, statement: str, **values: Any) -> list[Any]:
        """Run one statement on the store and commit; return its rows."""
        engine = open_engine(self.store, self.folder)
        try:
            with engine.begin() as connection:
                result = connection.execute(sa.text(statement), values)
                return list(result) if result.returns_rows else []
        finally:
            engine.dispose()


_borders: dict[int, str] = {}


def border(dovecot: Dovecot) -> str:
    """Return what this Dovecot calls itself in the Received line of its LMTP; the border is the same host.

    Where Dovecot is not root there is no LMTP, and no such line.
    """
    if dovecot.port not in _borders:
        user = dovecot.user()
        dovecot.deliver(user, b"Subject: probe\r\n\r\n")
        with dovecot.login(user) as client:
            client.select_folder("INBOX", readonly=True)
            (mail,) = client.fetch([1], ["BODY.PEEK[HEADER]"]).values()
        found = re.search(rb"\sby (\S+) with LMTP", mail[b"BODY[HEADER]"])
        _borders[dovecot.port] = found[1].decode() if found else "mx.example.com"
    return _borders[dovecot.port]


def until(condition: Callable[[], bool], what: str, seconds: float = 40) -> None:
    """Wait for a condition; fails by name when the time runs out."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"in {seconds} s not come true: {what}"
        time.sleep(0.02)


def stop(process: subprocess.Popen[Any], seconds: float = 60) -> int:
    """Send SIGTERM and return the exit code."""
    process.send_signal(signal.SIGTERM)
    return process.wait(timeout=seconds)
