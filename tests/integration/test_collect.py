"""500 form mails of three builders among 2,500 on a real Dovecot: the right people come in, each with its proof."""

from __future__ import annotations

import hashlib
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mailbot.cli import main
from mailbot.config import packaged
from tests.support.dovecot import Dovecot
from tests.support.site import Site, border, letter
from tests.support.smtp import SmtpServer

BUILDERS = {"one": "forms@example.org", "two": "robot@example.net", "three": "wp@example.kz"}
POLICY = "".join(
    f'\n[[forms]]\nname = "{name}"\npreset = "{preset}"\nsenders = ["{BUILDERS[name]}"]\n'
    for name, preset in (("one", "tilda"), ("two", "contact-form-7"), ("three", "wpforms"))
)
BODIES = {
    "one": "Name: Нина{n}\nEmail: p{n}@example.com\nPhone: +7701{n:07}\nForm ID: form1\n",
    "two": "From: Нина <p{n}@example.com>\nSubject: x\n\nMessage Body:\nHello\n",
    "three": "Name\n\nНина\n\nEmail\n\np{n}@example.com\n\nPhone\n\n+7 701 {n:07}\n",
}


def mailbox(site: Site) -> tuple[dict[str, str], datetime]:
    """Put 500 form mails, 60 of them spoofed, among 2,000 others; return the hash of each right one by address."""
    host = border(site.dovecot).encode()
    at = datetime(2026, 3, 5, 9, 0, tzinfo=UTC)
    right: dict[str, str] = {}
    names = list(BUILDERS)
    with site.dovecot.login(site.user) as client:
        batch = []
        for n in range(2500):
            name = names[n % 3]
            is_form, spoofed = n % 5 == 0, n % 40 == 0
            sender = BUILDERS[name] if is_form else f"customer{n % 97}@example.com"
            body = BODIES[name].format(n=n)
            octets = letter(sender, "New request", body, name=f"m{n}", proven=not spoofed).replace(
                b"border.invalid", host
            )
            if is_form and not spoofed:
                right[f"p{n}@example.com"] = hashlib.sha256(octets).hexdigest()
            batch.append({"msg": octets, "date": at + timedelta(minutes=n)})
            if len(batch) == 100:
                client.multiappend("INBOX", batch)
                batch = []
    return right, at


@pytest.mark.slow
def test_exactly_the_right_people(dovecot: Dovecot, smtp_server: SmtpServer, tmp_path: Path) -> None:
    site = Site(tmp_path / "site", dovecot, smtp_server)
    right, at = mailbox(site)
    assert len(right) == 437
    site.init()
    policy = (packaged("config") / "policy.toml").read_text(encoding="utf-8")
    (site.folder / "policy.toml").write_text(policy + POLICY, encoding="utf-8")
    ran = site.run("people", "collect", "--json")
    assert ran.code == 0, ran.err
    (report,) = ran.lines()
    wanted = {"read": 2500, "forms": 437, "added": 437, "not_forms": 63, "dry_run": False}
    assert {name: count for name, count in report.items() if count or name == "dry_run"} == wanted
    with sqlite3.connect(site.folder / "mailbot.sqlite") as store:
        rows = store.execute(
            "SELECT a.addr, c.proof, c.given_at, c.purpose FROM consent c JOIN address a ON a.person_id = c.person_id"
        ).fetchall()
    assert {row[0]: row[1] for row in rows} == right and {row[3] for row in rows} == {"processing"}
    first = next(row for row in rows if row[0] == "p5@example.com")
    assert first[2].startswith((at + timedelta(minutes=5)).strftime("%Y-%m-%d %H:%M"))
    again = site.run("people", "collect", "--json").lines()[0]
    assert (again["added"], again["already"]) == (0, 437)
    site.deliver(letter("p5@example.com", "Updating personal data", "Phone: +7 701 999 88 77\n", name="tagged"))
    assert site.poll()["applied"] == 1
    assert site.show("p5@example.com")["phones"] == ["+77019998877"]
    assert main(["--config", str(site.folder), "people", "show", "p0@example.com"]) == 66  # spoofed
