"""A mailbox that is logged in by OAuth, end to end: `mailbot login`, then `poll` reads Dovecot and answers by SMTP.

Dovecot asks the token server about each access token (its oauth2 passdb); so does the SMTP server.
"""

from __future__ import annotations

import json
import re
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mailbot.app import build
from mailbot.daemon import one_pass
from tests.support import dovecot as dovecots
from tests.support.dovecot import Dovecot
from tests.support.killed import Commands
from tests.support.servers import free_ports
from tests.support.site import BODIES, BOX, COMMAND, TAGS, Site, border, letter, row
from tests.support.smtp import Setup, SmtpServer
from tests.support.tokens import CLIENT, SECRET, TokenServer, token_server

WRITER = "alice@example.com"
NUMBER = "900101300123-mail.apps.example.com"  # as Google's; it looks like an IIN, which is veiled elsewhere


@pytest.fixture(scope="module")
def running() -> Iterator[TokenServer]:
    with token_server() as server:
        yield server


@pytest.fixture
def server(running: TokenServer) -> TokenServer:
    """The server, which nobody asked anything yet."""
    fresh = TokenServer(url=running.url)
    for name in TokenServer.__slots__:
        setattr(running, name, getattr(fresh, name))
    return running


@pytest.fixture(scope="module")
def guarded(running: TokenServer) -> Iterator[Dovecot]:
    """A Dovecot that takes tokens, and asks the token server about each."""
    started = dovecots.start(introspection=f"{running.url}/introspect")
    yield started
    started.stop()


@pytest.fixture
def site(guarded: Dovecot, server: TokenServer, tmp_path: Path, commands: Commands) -> Iterator[Site]:
    """A live installation with one person, for whom nobody is logged in yet."""
    made = Site(tmp_path / "site", guarded, SmtpServer(), commands=commands)
    made.smtp.stop()
    server.user = made.user
    made.smtp = SmtpServer(Setup(user=made.user, tokens=server.is_good))
    border(guarded)
    installed(made, server, guarded.port)
    yield made
    made.smtp.stop()


def installed(site: Site, server: TokenServer, port: int, way: Any = "device") -> None:
    ran = site.run(
        "init", str(site.folder), "--mailbox", f"imap://{site.user}@127.0.0.1:{port}/INBOX", "--courier",
        site.smtp.url, "--address", BOX, "--operator", "Example Courses", "--contact", "+7 700 000 00 00",
        "--authserv", border(site.dovecot), "--live",
    )  # fmt: skip
    assert ran.code == 0 and "the mailbox can't be read yet" in ran.err
    with (site.folder / "mailbot.toml").open("a", encoding="utf-8") as file:
        file.write(server.settings(way))
    site.people(row("Smith", "Alice", WRITER, "+77010000001"))


def asks(site: Site, name: str) -> None:
    body = BODIES["en"].format(phone="+7 701 234 56 78")
    site.deliver(letter(WRITER, TAGS["en", "update"], body, name=name))


def login(site: Site, *more: str, **settings: str) -> None:
    ran = site.run("login", *more, **settings)
    assert ran.code == 0, ran.err


def kept(site: Site) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((site.folder / "secrets" / "oauth.json").read_text(encoding="utf-8"))
    return found


def aged(site: Site) -> None:
    """Let what is kept be ten minutes older than it is."""
    at = (datetime.now(UTC) - timedelta(minutes=10)).isoformat()
    text = json.dumps(kept(site) | {"refreshed_at": at})
    (site.folder / "secrets" / "oauth.json").write_text(text, encoding="utf-8")


def check(site: Site, what: str) -> tuple[str, str]:
    """Return level and sentence of what `check` says of one thing."""
    found = [each for each in site.run("check", "--json").lines() if each["check"] == what]
    return found[0]["level"], found[0]["says"]


def test_whoever_is_logged_in_reads_and_answers(site: Site, server: TokenServer) -> None:
    asks(site, "first")
    ran = site.run("poll")
    assert ran.code == 69 and "nobody is logged in by OAuth: run `mailbot login`" in ran.err
    assert check(site, "login") == ("wrong", "nobody is logged in by OAuth: run `mailbot login`")
    ran = site.run("login")
    assert ran.code == 0, ran.err
    assert re.search(rf"^open {server.url}/code on any device and type [0-9A-F]{{8}}$", ran.err, re.MULTILINE)
    assert ran.out == f"logged in at custom; next: mailbot --config {site.folder} check\n"
    counts = site.poll()
    assert (counts["applied"], counts["sent"]) == (1, 1)
    assert site.show(WRITER)["phones"] == ["+77012345678"]
    assert site.done() == {"first"} and [each.to for each in site.answers()] == [WRITER]
    asks(site, "second")
    site.poll()
    assert len(server.asked) == 1  # the code that was typed; both passes and both servers used what it brought
    level, says = check(site, "login")
    assert level == "ok" and says.startswith("mailbox and courier by OAuth of the server of [oauth] since ")
    assert "renewed last" in says and check(site, "mailbox")[0] == "ok" and check(site, "courier")[0] == "ok"
    for text in (ran.out, ran.err, says):
        assert kept(site)["refresh_token"] not in text and kept(site)["access_token"] not in text


def test_a_token_that_ended_early_is_renewed_once(site: Site, server: TokenServer) -> None:
    server.rotates = server.strict = True
    login(site)
    asks(site, "first")
    aged(site)
    server.expire()
    assert site.poll()["sent"] == 1
    assert server.grants[1:] == ["refresh_token"]  # by the mailbox; the courier used what came of it
    aged(site)
    server.expire()
    with site.dovecot.login(site.user) as client:
        client.noop()  # the mailbox is sound; only the courier is asked below
    assert check(site, "courier") == ("ok", "takes our answers, and our address as their sender")
    assert server.grants[1:] == ["refresh_token"] * 2


def test_a_courier_renews_by_itself(site: Site, server: TokenServer) -> None:
    login(site)
    server.expire()
    aged(site)
    settings = site.folder / "mailbot.toml"
    text = settings.read_text(encoding="utf-8")
    mailbox = re.sub(r'url = "imap://[^"]+"', f'url = "{site.dovecot.url(site.user)}"', text)
    settings.write_text(mailbox, encoding="utf-8")  # read with a password, so the courier alone has the token
    asks(site, "first")
    counts = site.poll()
    assert (counts["sent"], server.grants[1:]) == (1, ["refresh_token"])
    assert check(site, "login")[1].startswith("courier by OAuth")


def test_a_login_that_is_gone_is_told_with_what_to_do(site: Site, server: TokenServer) -> None:
    login(site)
    server.expire()
    server.refresh.clear()
    aged(site)
    asks(site, "first")
    for _pass in range(3):
        ran = site.run("poll")
        assert ran.code == 69 and "the login is gone" in ran.err and "`mailbot login`" in ran.err
    assert server.grants[1:] == ["refresh_token"]
    level, says = check(site, "login")
    assert level == "wrong" and says.startswith("gone (the server of [oauth] refused it ")
    assert "run `mailbot login`; mail waits in INBOX" in says
    login(site)
    assert site.poll()["applied"] == 1


def test_another_account_is_refused_without_a_loop(site: Site, server: TokenServer) -> None:
    server.user = "somebody@example.kz"
    login(site)
    ran = site.run("poll")
    assert ran.code == 69 and "run `mailbot login` with an account that may open this mailbox" in ran.err
    ran = site.run("poll")
    assert ran.code == 69 and "the next try is in" in ran.err
    assert len(server.asked) == 1
    aged(site)
    site.sql("UPDATE note SET value = '' WHERE name LIKE 'login%'")  # as if a minute had passed
    assert site.run("poll").code == 69
    assert server.grants[1:] == ["refresh_token"]  # it might have been its age: asked once, and not again
    assert site.run("poll").code == 69
    assert server.grants[1:] == ["refresh_token"]


def test_a_courier_that_takes_no_token_is_told(site: Site, server: TokenServer) -> None:
    login(site)
    site.smtp.say({"AUTH": "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled"})
    server.access[kept(site)["access_token"]].user = "nobody@example.kz"
    level, says = check(site, "courier")
    assert level == "wrong" and "does not take the token of `mailbot login` (535 5.7.139 Auth" in says
    assert "Authenticated SMTP switched on" in says


def test_a_token_server_that_is_down_is_waited_for(site: Site, server: TokenServer) -> None:
    login(site)
    server.expire()
    aged(site)
    asks(site, "first")
    server.says = [(503, {})]
    ran = site.run("poll")
    assert ran.code == 75 and "127.0.0.1 gives no token now (503); the next pass tries again" in ran.err
    assert site.poll()["applied"] == 1


def test_a_program_that_runs_on_keeps_no_connection_beyond_its_token(site: Site, server: TokenServer) -> None:
    login(site)
    app = build(site.folder, dns=lambda: None)
    try:
        one_pass(app)
        aged(site)
        server.expire()
        asks(site, "first")
        one_pass(app)  # Dovecot would have kept the connection; Microsoft cuts it
    finally:
        app.close()
    assert site.done() == {"first"}
    before, ended, after = server.shown
    assert before == ended != after and server.is_good(after, site.user)


def test_a_login_is_carried_from_a_desk_to_a_server(site: Site, server: TokenServer, tmp_path: Path) -> None:
    """On the desk lies mailbot.toml alone; nothing of it is used twice."""
    server.rotates = server.strict = True
    desk, file = tmp_path / "desk", tmp_path / "carried.json"
    desk.mkdir()
    (desk / "mailbot.toml").write_bytes((site.folder / "mailbot.toml").read_bytes())
    assert site.commands is not None
    ran = site.commands.run("--config", str(desk), "login", "--export", str(file))
    assert ran.code == 0, ran.err
    assert file.stat().st_mode & 0o777 == 0o600 and [path.name for path in desk.iterdir()] == ["mailbot.toml"]
    login(site, "--import", str(file))
    assert kept(site)["refresh_token"] not in file.read_text(encoding="utf-8")  # it was renewed from here
    asks(site, "first")
    assert site.poll()["sent"] == 1
    before = kept(site)
    ran = site.run("login", "--import", str(file))
    assert ran.code == 69 and "the login is gone" in ran.err
    assert kept(site) == before
    for bad, code in ((tmp_path / "missing", 66), (site.folder / "mailbot.toml", 69)):
        ran = site.run("login", "--import", str(bad))
        assert ran.code == code and kept(site) == before
    ran = site.commands.run("--config", str(desk), "login", "--export", str(desk / "mailbot.toml"))
    assert ran.code == 1 and "name another one" in ran.err


def test_a_login_goes_through_a_pipe(site: Site, server: TokenServer) -> None:
    ran = site.run("login", "--export", "-")
    assert json.loads(ran.out)["refresh_token"] in server.refresh
    command = [str(COMMAND), "--config", str(site.folder), "login", "--import", "-"]
    done = subprocess.run(command, input=ran.out, capture_output=True, text=True, check=False, env=site.environment())
    assert done.returncode == 0, done.stderr
    assert site.poll()["waiting"] == 0


def test_the_address_of_a_far_browser_is_pasted(
    guarded: Dovecot, server: TokenServer, tmp_path: Path, commands: Commands
) -> None:
    site = Site(tmp_path / "site", guarded, SmtpServer(), commands=commands)
    server.user = site.user
    try:
        installed(site, server, guarded.port, "browser")
        (site.folder / "secrets" / "oauth_client_secret").write_text(SECRET, encoding="utf-8")
        settings = site.folder / "mailbot.toml"
        text = settings.read_text(encoding="utf-8").replace(CLIENT, NUMBER)
        settings.write_text(text, encoding="utf-8")
        server.client = NUMBER
        command = [str(COMMAND), "--config", str(site.folder), "login"]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=site.environment(),
        ) as process:  # fmt: skip
            assert process.stdin is not None and process.stderr is not None and process.stdout is not None
            address = next(line for line in process.stderr if line.startswith("http"))
            assert f"login_hint={site.user.replace('@', '%40')}" in address
            process.stdin.write(f"what?\n{server.agree(address.strip())}\n")
            process.stdin.flush()
            assert process.wait(timeout=30) == 0
            assert "that is not the address" in process.stderr.read()
        assert server.asked[0]["client_secret"] == SECRET
        assert site.poll()["fetched"] == 0
    finally:
        site.smtp.stop()


@contextmanager
def silent_about_tokens(port: int) -> Iterator[tuple[int, list[bytes]]]:
    """Stand before a Dovecot and take AUTH=XOAUTH2 out of what it lists, as Yandex does; yield port and lists."""
    listed: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    threading.Thread(target=relay, args=(listener.accept()[0],), daemon=True).start()

        def relay(near: socket.socket) -> None:
            with near, socket.create_connection(("127.0.0.1", port)) as far, suppress(OSError):
                threading.Thread(target=copy, args=(near, far), daemon=True).start()
                for line in far.makefile("rb"):
                    said = line.replace(b" AUTH=XOAUTH2", b"")
                    listed.extend([said] if b"CAPABILITY" in said else [])
                    near.sendall(said)

        def copy(source: socket.socket, target: socket.socket) -> None:
            with suppress(OSError):
                while octets := source.recv(65_536):
                    target.sendall(octets)
                target.shutdown(socket.SHUT_WR)

        threading.Thread(target=serve, daemon=True).start()
        yield listener.getsockname()[1], listed


def test_a_server_need_not_list_what_it_takes(site: Site, server: TokenServer) -> None:
    login(site)
    settings = site.folder / "mailbot.toml"
    with silent_about_tokens(site.dovecot.port) as (port, listed):
        text = settings.read_text(encoding="utf-8").replace(f":{site.dovecot.port}/", f":{port}/")
        settings.write_text(text, encoding="utf-8")
        asks(site, "first")
        assert site.poll()["applied"] == 1
    assert listed and not any(b"XOAUTH2" in each for each in listed)


def test_settings_that_log_nothing_in(site: Site, server: TokenServer) -> None:
    plain = site.folder / "mailbot.toml"
    text = plain.read_text(encoding="utf-8")
    plain.write_text(text.replace('[oauth]\nprovider = "custom"', '[oauth]\nprovider = "google"'), encoding="utf-8")
    level, says = check(site, "login")
    assert level == "wrong" and "mailbox and courier are no servers of that provider" in says
    ran = site.run("poll")  # no token of Google's goes to another server, so a password is what is missing
    assert ran.code == 69 and "the mailbox's password is missing" in ran.err
    plain.write_text(text.partition("\n[oauth]")[0], encoding="utf-8")
    assert check(site, "login") == ("ok", "by a password")
    ran = site.run("login")
    assert ran.code == 78 and "mailbot.toml: oauth.provider is empty" in ran.err
    (port,) = free_ports(1)
    plain.write_text(text.replace(server.url, f"http://127.0.0.1:{port}"), encoding="utf-8")
    ran = site.run("login")
    assert ran.code == 75 and "can't be reached" in ran.err
    ran = site.run("login", "--browser")
    assert ran.code == 64 and "authorize_url" in ran.err
    assert CLIENT in text and not (site.folder / "secrets" / "oauth.json").exists()
