"""`mailbot demo`: the whole job on an embedded mailbox, courier and store, with sample mails in three languages.

Needs no account, no server and no root; leaves an ordinary installation behind. Everybody in it is invented.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from mailbot.app import build, open_store, utc_now
from mailbot.config import load_settings
from mailbot.demo.mails import BOX, HOST, PEOPLE, answer, load, make
from mailbot.demo.teller import Teller
from mailbot.doors import open_mailbox
from mailbot.errors import ConflictError
from mailbot.operating import imports, rights, roll, setup
from mailbot.ports import Cursor
from mailbot.store.migrate import upgrade


@dataclass(slots=True)
class Time:
    """The demo's clock: real time, moved on where the story says that days pass."""

    ahead: timedelta = timedelta(0)

    def __call__(self) -> datetime:
        return utc_now() + self.ahead


def run(folder: Path | None, out: Callable[[str], None] = print) -> Path:
    """Run the demo in that folder (or a temporary one) and tell the story; return the folder.

    Raises ConflictError where the folder is not empty.
    """
    place = folder if folder is not None else Path(tempfile.mkdtemp(prefix="mailbot-demo-"))
    if place.exists() and any(place.iterdir()):
        raise ConflictError(f"{place} is not empty: give the demo a folder of its own")
    place.mkdir(parents=True, exist_ok=True)
    place = place.resolve()
    time = Time()
    _install(place, time)
    app = build(place, clock=time)
    try:
        _tell(Teller(app=app, place=place, out=out), time)
    finally:
        app.close()
    return place


def _install(place: Path, time: Time) -> None:
    for name in ("new", "cur", "tmp"):
        (place / "mailbox" / name).mkdir(parents=True)
    plan = setup.Plan(
        mailbox=f"maildir://{place / 'mailbox'}", courier=f"maildir://{place / 'sent'}", addresses=(BOX,),
        operator="Example Courses", contact="+7 700 000 00 00", operator_mail="owner@example.com", language="en",
        authserv=(HOST,),
    )  # fmt: skip
    setup.write(place, plan)
    settings = load_settings(place)
    store = open_store(place, settings, clock=time)
    upgrade(store.engine)
    store.set_note("installed_at", time().isoformat())
    store.set_note("mode", "live")
    mailbox = open_mailbox(place, settings, store)
    state = mailbox.state()
    store.start(mailbox.folder, Cursor(uidvalidity=state.uidvalidity, last_uid=state.uidnext - 1, since=time()))
    store.engine.dispose()


def _tell(teller: Teller, time: Time) -> None:
    line, out = teller.app.line, teller.out
    rows, _errors = imports.read_csv(PEOPLE, line.rules.deadlines.zone)
    roll.import_rows(line, rows, overwrite=False, dry_run=False, progress=lambda _count: None)
    out(f"An invented site, {BOX}, with {len(rows)} people on file.")
    out("\n== Mail comes in ==")
    for mail in load("first"):
        teller.mail(make(mail, time()))
    out("\n== People read our answers and write back ==")
    for mail in load("answers"):
        teller.mail(answer(mail, time(), teller.last_to(mail["writer"], mail["to"])))
    out("\n== The operator says: nothing is open with the person who withdrew ==")
    number = teller.number_of("marat@example.com")
    rights.release(line, number, checked="looked into the list of courses")
    out(f"    mailbot requests release {number}")
    teller.pass_()
    out("\n== Five days later: the undo window is over, the mailbox was read, the data are destroyed ==")
    time.ahead += timedelta(days=5)
    for _ in range(2):  # a pass that reads the whole mailbox, and the sweep after it
        teller.pass_()
    teller.after()
