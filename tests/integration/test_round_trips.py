"""What a pass asks of the mailbox: with nothing new one question, however large it is and however many its folders."""

from __future__ import annotations

from imaplib import IMAP4
from pathlib import Path
from typing import Any

import pytest

from mailbot.app import App, build
from mailbot.intake import standing
from tests.support.dovecot import Dovecot
from tests.support.killed import Commands
from tests.support.site import TAGS, Site, letter, row
from tests.support.smtp import SmtpServer


@pytest.fixture
def app(dovecot: Dovecot, smtp: SmtpServer, commands: Commands, tmp_path: Path) -> App:
    """An installation that read its mail."""
    site = Site(tmp_path / "site", dovecot, smtp, commands=commands)
    site.init()
    site.people(row("Brown", "Mary", "mary@example.com"))
    site.deliver(
        letter("mary@example.com", TAGS["en", "unsubscribe"], name="unsubscribe"),
        letter("vera@example.com", "Вопрос о курсе", "Здравствуйте!\n", name="stranger"),
    )
    with dovecot.login(site.user) as client:
        for name in ("Sent", "Junk", "Trash", "mailbot/Do"):
            client.create_folder(name)
    made = build(site.folder, dns=lambda: None)
    assert made.poll()[0]["fetched"] == 2
    made.poll()
    return made


def asked(app: App, monkeypatch: pytest.MonkeyPatch) -> int:
    """Return how many commands a pass sends to the mailbox."""
    count, new_tag = [0], IMAP4._new_tag  # type: ignore[attr-defined]

    def counted(self: Any) -> Any:
        count[0] += 1
        return new_tag(self)

    with monkeypatch.context() as patch:
        patch.setattr(IMAP4, "_new_tag", counted)
        counts, failure = app.poll()
    assert failure is None and counts["fetched"] == 0
    return count[0]


def test_a_pass_with_nothing_new_asks_once(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    assert asked(app, monkeypatch) == 1
    app.close()


def test_other_folders_are_looked_at_each_minute(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standing, "ELSEWHERE_SECONDS", 0)
    app.mailbox._elsewhere._until = 0.0  # type: ignore[attr-defined]
    assert asked(app, monkeypatch) > 1
    app.close()
