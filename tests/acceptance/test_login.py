"""`init` for mailboxes that are logged in by OAuth: the presets, what it asks for, what it writes."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import tomllib
from pathlib import Path

import pytest

from mailbot.config import load_settings
from mailbot.oauth.provider import client_of, provider_of
from mailbot.operating import setup
from mailbot.settings import Settings
from mailbot.urls import courier_url, mailbox_url
from tests.acceptance.world import command
from tests.support.site import COMMAND

USER = "info@example.com"


@pytest.mark.parametrize("name", setup.PRESETS)
def test_each_preset_is_a_mailbox_and_a_courier(name: str) -> None:
    preset = setup.PRESETS[name]
    oauth = (("provider", preset["oauth"]), ("client_id", "x")) if "oauth" in preset else ()
    plan = setup.Plan(
        mailbox=preset["mailbox"].format(user=USER), courier=preset["courier"].format(user=USER), addresses=(USER,),
        authserv=tuple(preset["authserv"]), oauth=oauth,
    )  # fmt: skip
    settings = Settings.model_validate(tomllib.loads(setup.settings_text(plan)))
    mailbox, courier = mailbox_url(settings.mailbox.url), courier_url(settings.courier.url)
    assert mailbox.scheme in ("imaps", "maildir") and (mailbox.path != Path() or mailbox.user == USER)
    provider = provider_of(settings.oauth)
    assert (provider is not None) is ("oauth" in preset)
    if provider is not None:
        assert provider.serves(mailbox.host) and provider.serves(courier.host) and courier.user == USER


def test_microsoft_365_is_set_up_by_a_script(tmp_path: Path) -> None:
    folder = tmp_path / "mailbot"
    ran = command(
        "init", folder, "--mailbox", f"imaps://{USER}@outlook.office365.com/INBOX", "--courier",
        f"smtp://{USER}@smtp.office365.com:587", "--address", USER, "--oauth", "microsoft", "--client-id", "an-id",
        "--tenant", "example.com",
    )  # fmt: skip
    assert ran.code == 0, ran.err
    assert "nobody is logged in by OAuth: run `mailbot login`" in ran.err  # so no server was asked for anything
    assert f"next: mailbot --config {folder} login\n" in ran.out
    client = client_of(folder, load_settings(folder).oauth)
    assert client.provider.token_url == "https://login.microsoftonline.com/example.com/oauth2/v2.0/token"
    assert (client.client_id, client.client_secret) == ("an-id", None)
    ran = command("--config", folder, "poll")
    assert ran.code == 69 and "run `mailbot login`" in ran.err


def test_a_client_id_must_be_given(tmp_path: Path) -> None:
    where = ("--mailbox", f"imaps://{USER}@imap.gmail.com/INBOX", "--courier", f"smtps://{USER}@smtp.gmail.com")
    ran = command("init", tmp_path / "mailbot", *where, "--address", USER, "--oauth", "google")
    assert ran.code == 64 and "--client-id" in ran.err and not (tmp_path / "mailbot").exists()


def test_on_a_terminal_the_client_is_asked_for_and_its_secret_is_kept(tmp_path: Path) -> None:
    folder = tmp_path / "mailbot"
    near, far = pty.openpty()
    process = subprocess.Popen(
        [str(COMMAND), "init", str(folder)], stdin=far, stdout=far, stderr=far, start_new_session=True
    )
    os.close(far)
    asked = {
        b"where is the mailbox": "gmail-oauth", b"user name": USER, b"address of the mailbox": USER,
        b"who answers for the data": "Example Courses", b"how people reach": "", b"your own e-mail": "",
        b"id of your own client at google": "an-id", b"where else do you keep": "", b"secret of the client": "s3cret",
    }  # fmt: skip
    said = b""
    for question, answer in asked.items():
        while question not in said.rpartition(b"\n")[2]:
            assert select.select([near], [], [], 60)[0], said
            said += os.read(near, 1000)
        os.write(near, f"{answer}\n".encode())
        said += b"\n"
    assert process.wait(timeout=60) == 0, said
    os.close(near)
    secret = folder / "secrets" / "oauth_client_secret"
    assert b"s3cret" not in said and secret.stat().st_mode & 0o777 == 0o600
    settings = load_settings(folder)
    assert client_of(folder, settings.oauth).client_secret == "s3cret"
    assert settings.trust.authserv == ["mx.google.com:below"] and settings.oauth.tenant == "organizations"


def test_the_secret_of_the_client_may_come_from_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    oauth = Settings.model_validate(
        {"mailbox": {"url": "maildir:///x", "addresses": [USER]}, "courier": {"url": "maildir:///y"},
         "oauth": {"provider": "google", "client_id": "an-id", "client_secret_file": "own"}}
    ).oauth  # fmt: skip
    (tmp_path / "own").write_text("of the file\n", encoding="utf-8")
    assert client_of(tmp_path, oauth).client_secret == "of the file"
    monkeypatch.setenv("MAILBOT_OAUTH__CLIENT_SECRET", "of the environment")
    assert client_of(tmp_path, oauth).client_secret == "of the environment"
    (tmp_path / "mailbot.toml").write_text(
        '[mailbox]\nurl = "maildir:///x"\naddresses = ["info@example.kz"]\n[courier]\nurl = "maildir:///y"\n',
        encoding="utf-8",
    )
    assert load_settings(tmp_path).oauth.provider == ""  # it is a secret, not a setting
