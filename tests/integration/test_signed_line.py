"""A signed mail keeps its signature through a real Dovecot, and is proven by it where no host writes results."""

from __future__ import annotations

from datetime import UTC, datetime
from email.header import Header
from email.utils import format_datetime
from pathlib import Path

import pytest

from mailbot.app import build
from mailbot.cli import main
from tests.support.dovecot import Dovecot
from tests.support.signing import DOMAIN, mail, resolver, sign, zone
from tests.support.smtp import SmtpServer

PEOPLE = f"surname,given_name,email,phone,consent_at,consent_source\nАхметова,Алия,aliya@{DOMAIN},,2025-01-10,form\n"


def test_a_signature_is_checked_on_what_dovecot_gives_back(
    dovecot: Dovecot, smtp_server: SmtpServer, store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAILBOT_TRUST__DNS", "true")
    user, folder, people = dovecot.user(), tmp_path / "installation", tmp_path / "people.csv"
    where = ["--mailbox", dovecot.url(user), "--courier", smtp_server.url, "--store", store_url]
    assert main(["init", str(folder), *where, "--address", "info@example.kz", "--live"]) == 0
    people.write_text(PEOPLE, encoding="utf-8")
    assert main(["--config", str(folder), "people", "import", str(people)]) == 0
    subject = Header("Дербес деректерді өзектендіру", "utf-8").encode()
    text = "Телефон: 8 701 777 66 55\r\n\r\nҚұрметпен  \r\nӘлия\r\n\r\n"
    signed = sign(mail(Subject=subject, Date=format_datetime(datetime.now(UTC)), body=text))
    dovecot.deliver(user, signed)
    dovecot.deliver(user, signed.replace(b"777 66 55", b"777 66 56").replace(b"<1@", b"<2@"))
    app = build(folder, dns=lambda: resolver(zone()))
    try:
        counts, failure = app.poll()
    finally:
        app.close()
    assert failure is None
    assert (counts["applied"], counts["challenged"], counts["sent"]) == (1, 1, 2)
    assert [taken.recipients for taken in smtp_server.taken] == [[f"aliya@{DOMAIN}"]] * 2
