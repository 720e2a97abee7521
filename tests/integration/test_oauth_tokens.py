"""How somebody logs in by OAuth and how the login is kept: against a real token server on loopback.

Rotation, kills and two processes at once; what the server may say; what is written where.
"""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from mailbot import web
from mailbot.errors import LoginGone, LoginRefused, LoginUnavailable, MailbotError
from mailbot.oauth import browser, endpoint, flows
from mailbot.oauth.access import AGAIN, NEW, Access, kept_in
from mailbot.oauth.browser import answered
from mailbot.oauth.grant import Grant, GrantFile, as_text, begun, from_text
from mailbot.oauth.provider import Client, Provider, provider_of
from mailbot.settings import OauthSettings
from tests.support.killed import Commands, Kill
from tests.support.receiver import answers, closes, cuts, sleeps, trickles
from tests.support.servers import certificate, free_ports
from tests.support.site import COMMAND
from tests.support.tokens import CLIENT, SCOPE, SECRET, TokenServer, token_server


class Time:
    """A clock that goes on when it is told."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now


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


@pytest.fixture
def clock() -> Time:
    return Time()


def client_at(server: TokenServer, secret: str | None = None) -> Client:
    provider = Provider(
        name="custom", token_url=f"{server.url}/token", authorize_url=f"{server.url}/page?tone=kind",
        device_url=f"{server.url}/device", scope=SCOPE,
    )  # fmt: skip
    return Client(provider=provider, client_id=CLIENT, client_secret=secret)


def logged_in(server: TokenServer, folder: Path, clock: Time) -> Access:
    """Return the access of somebody who has just logged in."""
    access = Access(kept_in(folder), client_at(server), clock)
    access.keep(begun(client_at(server), server.tokens(server.user, server.new_refresh()), clock()))
    return access


def kept(folder: Path) -> Grant:
    grant = kept_in(folder).read()
    assert grant is not None
    return grant


# ---- a code on another device --------------------------------------------------------------------------------


class Waits:
    """Waits in no time, and writes down how long it was to be."""

    def __init__(self, then: Callable[[int], None] = lambda _count: None) -> None:
        self.seconds: list[float] = []
        self._then = then

    def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)
        self._then(len(self.seconds))


def test_a_code_typed_on_another_device_logs_in(server: TokenServer) -> None:
    server.person, server.interval, said = "waits", 1, list[str]()

    def person(count: int) -> None:
        if count == 3:
            server.type_code(said[0].rpartition(" ")[2])

    waits = Waits(person)
    grant = flows.by_device(client_at(server), said.append, waits)
    assert said[0].startswith(f"open {server.url}/code on any device and type ")
    assert waits.seconds == [1, 1, 1]
    assert server.refresh[grant.refresh_token] == server.user
    assert server.is_good(grant.access_token, server.user)
    assert timedelta(minutes=59) < grant.expires_at - datetime.now(UTC) <= timedelta(hours=1)


def test_the_server_may_ask_for_more_patience(server: TokenServer) -> None:
    server.interval, slow = 1, (400, {"error": "slow_down"})
    server.says = [slow, slow, (503, {}), closes]
    waits = Waits()
    flows.by_device(client_at(server), lambda _text: None, waits)
    assert waits.seconds == [1, 6, 11, 22, 44]  # RFC 8628 section 3.5: five seconds more; twice as long after a failure


@pytest.mark.parametrize(
    ("person", "says", "sentence"),
    [("denies", [], "was refused on the page"), ("waits", [(400, {"error": "expired_token"})], "nobody typed the code"),
     ("waits", [], "nobody typed the code")],
)  # fmt: skip
def test_a_code_that_is_refused_or_expires(server: TokenServer, person: str, says: list, sentence: str) -> None:  # type: ignore[type-arg]
    server.person, server.says, server.interval = person, says, 60  # type: ignore[assignment]
    waits = Waits()
    with pytest.raises(LoginRefused, match=sentence):
        flows.by_device(client_at(server), lambda _text: None, waits)
    assert sum(waits.seconds) <= 900


def test_a_secret_of_the_client_goes_along(server: TokenServer) -> None:
    flows.by_device(client_at(server, SECRET), lambda _text: None, Waits())
    assert server.asked[-1]["client_secret"] == SECRET
    with pytest.raises(LoginRefused, match="does not know the client"):
        flows.by_device(client_at(server, "another"), lambda _text: None, Waits())


# ---- a browser that comes back -------------------------------------------------------------------------------


def fetched(address: str) -> tuple[int, str]:
    """Be the browser: open an address."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(address, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as exc:
        with exc:
            return exc.code, exc.read().decode()


def browsing(server: TokenServer, seen: list[tuple[int, str]], *before: str) -> Callable[[str], None]:
    """Return what acts as the person who reads the address: opens it, agrees, is sent back."""

    def act(address: str) -> None:
        back = server.agree(address)
        home = back.partition("?")[0]
        seen.extend(fetched(home + each) for each in before)
        seen.append(fetched(back))

    def say(text: str) -> None:
        if "http" in text:
            (address,) = (line for line in text.splitlines() if line.startswith("http"))
            threading.Thread(target=act, args=(address,), daemon=True).start()

    return say


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits ten minutes for a browser that does not come."""
    monkeypatch.setattr(browser, "SECONDS", 20)


def test_a_browser_that_never_comes_back_is_not_waited_for(
    server: TokenServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(browser, "SECONDS", 0.05)
    with pytest.raises(LoginRefused, match="nobody came back from the browser in time"):
        flows.by_browser(client_at(server), "", lambda _text: None)


def test_a_browser_comes_back_with_a_code_that_only_its_asker_can_use(server: TokenServer) -> None:
    seen: list[tuple[int, str]] = []
    grant = flows.by_browser(client_at(server), server.user, browsing(server, seen))
    assert server.refresh[grant.refresh_token] == server.user
    (asked,) = server.asked  # the server has checked the verifier against the challenge, and the address
    assert asked["grant_type"] == "authorization_code" and asked["redirect_uri"].startswith("http://127.0.0.1:")


def test_what_a_page_sends_without_our_state_is_not_looked_at(server: TokenServer) -> None:
    seen: list[tuple[int, str]] = []
    strangers = ("/favicon.ico", "?code=evil&state=guessed", "?error=access_denied", "?code=evil")
    grant = flows.by_browser(client_at(server), "", browsing(server, seen, *strangers))
    assert [status for status, _ in seen[:4]] == [404] * 4
    assert grant.refresh_token in server.refresh and len(server.asked) == 1


def test_whoever_says_no_in_the_browser_is_not_logged_in(server: TokenServer) -> None:
    server.person = "denies"
    with pytest.raises(LoginRefused, match="was refused on the page"):
        flows.by_browser(client_at(server), "", browsing(server, []))
    assert server.asked == []


def test_the_code_of_somebody_else_is_refused_by_the_server(server: TokenServer) -> None:
    """PKCE: a code that was asked for with another verifier is worth nothing here."""
    said: list[str] = []

    def steal(text: str) -> None:
        said.append(text)
        if len(said) == 1:
            (address,) = (line for line in text.splitlines() if line.startswith("http"))
            theirs = address.replace("code_challenge=", "code_challenge=x")
            threading.Thread(target=fetched, args=(server.agree(theirs),), daemon=True).start()

    with pytest.raises(LoginRefused, match="was not taken any more"):
        flows.by_browser(client_at(server), "", steal)
    assert server.refresh == {}


def test_the_address_can_be_pasted() -> None:
    came = answered(" http://127.0.0.1:1/?code=a%2Fb&state=s&iss=x \r", "s")
    assert came is not None and came["code"] == "a/b"
    for other in ("http://127.0.0.1:1/?code=a&state=t", "?state=s", "code", "http://[", "", "?code=a&state=ы"):
        assert answered(other, "s") is None


# ---- the token that is kept ----------------------------------------------------------------------------------


def test_a_pass_each_minute_asks_once_an_hour(server: TokenServer, tmp_path: Path, clock: Time) -> None:
    first = logged_in(server, tmp_path, clock).token()
    for _minute in range(57):
        clock.now += timedelta(minutes=1)
        assert Access(kept_in(tmp_path), client_at(server), clock).token() == first  # another process each minute
    assert server.asked == []
    clock.now += timedelta(minutes=1)
    second = Access(kept_in(tmp_path), client_at(server), clock).token()
    assert second != first and server.grants == ["refresh_token"]
    assert server.asked[0]["scope"] == SCOPE
    assert kept(tmp_path).refreshed_at == clock.now


def test_a_short_lived_token_is_used_twice(server: TokenServer, tmp_path: Path, clock: Time) -> None:
    server.lasts = 60
    access = logged_in(server, tmp_path, clock)
    first = access.token()
    clock.now += timedelta(seconds=44)
    assert access.token() == first
    clock.now += timedelta(seconds=1)
    assert access.token() != first and len(server.asked) == 1


def test_a_rotated_refresh_token_takes_the_place_of_the_old_one(
    server: TokenServer, tmp_path: Path, clock: Time
) -> None:
    server.rotates = server.strict = True
    access = logged_in(server, tmp_path, clock)
    tokens = {kept(tmp_path).refresh_token}
    for _time in range(3):
        clock.now += timedelta(hours=2)
        access.token()
        tokens.add(kept(tmp_path).refresh_token)
    assert len(tokens) == 4 and list(server.refresh) == [kept(tmp_path).refresh_token]


def test_only_its_owner_reads_it_and_nothing_else_lies_there(server: TokenServer, tmp_path: Path, clock: Time) -> None:
    access = logged_in(server, tmp_path, clock)
    clock.now += timedelta(hours=2)
    before = os.umask(0)
    try:
        access.token()
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "secrets").stat().st_mode) == 0o700
    files = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "secrets").iterdir()}
    assert files == {"oauth.json": 0o600, "oauth.lock": 0o600}
    grant = kept(tmp_path)
    assert grant.refresh_token not in repr(grant) and grant.access_token not in repr(grant)
    assert SECRET not in repr(client_at(server, SECRET))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_what_root_writes_belongs_to_whom_the_folder_belongs(server: TokenServer, tmp_path: Path, clock: Time) -> None:
    (tmp_path / "secrets").mkdir()
    os.chown(tmp_path / "secrets", 65534, 65534)
    logged_in(server, tmp_path, clock)
    assert {path.stat().st_uid for path in (tmp_path / "secrets").iterdir()} == {65534}


def test_many_at_once_ask_once(server: TokenServer, tmp_path: Path, clock: Time) -> None:
    server.rotates = server.strict = True
    logged_in(server, tmp_path, clock)
    clock.now += timedelta(hours=2)
    found: list[str] = []

    def one() -> None:
        found.append(Access(kept_in(tmp_path), client_at(server), clock).token())

    threads = [threading.Thread(target=one) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(found) == 8 and len(set(found)) == 1 and len(server.asked) == 1


def test_a_folder_that_cannot_be_written_says_so_before_the_server_is_asked(
    server: TokenServer, tmp_path: Path, clock: Time
) -> None:
    server.rotates = server.strict = True
    access = logged_in(server, tmp_path, clock)
    clock.now += timedelta(hours=2)
    (tmp_path / "secrets" / "oauth.new").symlink_to(tmp_path / "elsewhere")  # what open refuses, root or not
    with pytest.raises(LoginRefused, match="can't be written"):
        access.token()
    assert server.asked == [] and not (tmp_path / "elsewhere").exists()


def test_a_token_that_a_mail_server_refuses_is_renewed_once(server: TokenServer, tmp_path: Path, clock: Time) -> None:
    access = logged_in(server, tmp_path, clock)
    first = access.token()
    assert access.renew(first) is None  # it is new: its age is not why
    clock.now += NEW
    second = access.renew(first)
    assert second is not None and second != first
    assert access.renew(second) is None
    assert access.renew(first) == second  # another process renewed it meanwhile
    assert server.grants == ["refresh_token"]


def test_a_login_that_is_gone_is_said_and_not_asked_for_each_minute(
    server: TokenServer, tmp_path: Path, clock: Time
) -> None:
    access = logged_in(server, tmp_path, clock)
    server.refresh.clear()
    clock.now += timedelta(hours=2)
    with pytest.raises(
        LoginGone, match=r"run `mailbot login` again \(127.0.0.1 says invalid_grant, AADSTS70008\)"
    ) as e:
        access.token()
    assert "@" not in str(e.value) and e.value.exit_code == 69
    at = clock.now
    with pytest.raises(LoginRefused, match="the login is gone: run `mailbot login` again"):
        access.token()
    assert len(server.asked) == 1 and kept(tmp_path).refused_at == at
    clock.now += AGAIN
    server.refresh[kept(tmp_path).refresh_token] = server.user  # it was the server's own trouble
    assert server.is_good(access.token(), server.user)
    assert kept(tmp_path).refused_at is None


def test_a_login_of_another_client_goes_nowhere(server: TokenServer, tmp_path: Path, clock: Time) -> None:
    logged_in(server, tmp_path, clock)
    clock.now += timedelta(hours=2)
    with token_server() as other:
        for client in (client_at(other), Client(provider=client_at(server).provider, client_id="another")):
            with pytest.raises(LoginRefused, match="of another client or provider"):
                Access(kept_in(tmp_path), client, clock).token()
        assert other.asked == server.asked == []


def test_nobody_is_logged_in(server: TokenServer, tmp_path: Path) -> None:
    with pytest.raises(LoginRefused, match="nobody is logged in by OAuth: run `mailbot login`"):
        Access(kept_in(tmp_path), client_at(server)).token()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text[:40],
        lambda text: "[]",
        lambda text: "null",
        lambda text: "[" * 100_000,
        lambda text: text.replace("refresh_token", "other"),
        lambda text: json.dumps(json.loads(text) | {"refresh_token": "two\nlines"}),
        lambda text: json.dumps(json.loads(text) | {"expires_at": "tomorrow"}),
        lambda text: json.dumps(json.loads(text) | {"expires_at": "2026-01-01T00:00:00"}),
        lambda text: json.dumps(json.loads(text) | {"expires_at": None}),
        lambda text: json.dumps(json.loads(text) | {"more": 1}),
    ],
)
def test_a_file_that_is_not_whole_is_no_login(
    server: TokenServer, tmp_path: Path, clock: Time, spoil: Callable[[str], str]
) -> None:
    access = logged_in(server, tmp_path, clock)
    path = tmp_path / "secrets" / "oauth.json"
    text = path.read_text(encoding="utf-8")
    assert as_text(from_text(text, "x")) == text
    path.write_text(spoil(text), encoding="utf-8")
    with pytest.raises(LoginRefused, match=r"oauth\.json: this is no login of mailbot") as e:
        access.token()
    assert json.loads(text)["refresh_token"] not in str(e.value)


def test_what_a_killed_process_had_written_is_taken(server: TokenServer, tmp_path: Path, clock: Time) -> None:
    """Killed between the disk and the rename: the strict server takes only the token in the file beside."""
    server.rotates = server.strict = True
    access = logged_in(server, tmp_path, clock)
    old = (tmp_path / "secrets" / "oauth.json").read_text(encoding="utf-8")
    clock.now += timedelta(hours=2)
    access.token()
    (tmp_path / "secrets" / "oauth.json").rename(tmp_path / "secrets" / "oauth.new")
    (tmp_path / "secrets" / "oauth.json").write_text(old, encoding="utf-8")
    assert server.is_good(access.token(), server.user)
    (tmp_path / "secrets" / "oauth.new").write_text(old[:30], encoding="utf-8")  # killed while it wrote
    clock.now += timedelta(hours=2)
    assert server.is_good(access.token(), server.user)


# ---- what the server may say ---------------------------------------------------------------------------------

REFUSED, LATER = LoginRefused, LoginUnavailable
SAID = {
    "down": ((500, {}), LATER, r"gives no token now \(500\)"),
    "busy": ((429, {"error": "too_many"}), LATER, "too_many"),
    "later": ((400, {"error": "temporarily_unavailable"}), LATER, "temporarily_unavailable"),
    "a page of a proxy": (answers(200, b"<html>log in to the hotel"), LATER, r"\(200\)"),
    "a list": (answers(200, b"[1]"), LATER, r"\(200\)"),
    "half an answer": (cuts, LATER, r"\(200\)"),
    "nothing": (closes, LATER, "can't be reached"),
    "moved": (answers(302, Location="https://example.com/"), REFUSED, r"\(302\)"),
    "not there": (answers(404), REFUSED, r"\(404\)"),
    "client unknown": ((401, {"error": "invalid_client"}), REFUSED, "does not know the client"),
    "scope unknown": ((400, {"error": "invalid_scope", "error_description": "a@b.kz"}), REFUSED, "invalid_scope"),
    "gone": ((400, {"error": "invalid_grant"}), LoginGone, "run `mailbot login` again"),
    "proof wanted again": ((400, {"error": "interaction_required"}), LoginGone, "run `mailbot login` again"),
    "an error that is no word": ((400, {"error": "info@example.kz\n"}), REFUSED, r"\(400\)"),
    "an error that is no text": ((400, {"error": {"code": 1}}), REFUSED, r"\(400\)"),
    "no token": ((200, {"token_type": "Bearer"}), REFUSED, "no token that can be used"),
    "a token of two lines": ((200, {"access_token": "a\r\nb", "token_type": "bearer"}), REFUSED, "no token"),
    "a token of another kind": ((200, {"access_token": "a", "token_type": "mac"}), REFUSED, "no token"),
}  # fmt: skip


@pytest.mark.parametrize("name", SAID)
def test_each_answer_is_a_sentence_and_costs_no_token(
    server: TokenServer, tmp_path: Path, clock: Time, name: str
) -> None:
    said, kind, sentence = SAID[name]
    access = logged_in(server, tmp_path, clock)
    before = kept(tmp_path)
    clock.now += timedelta(hours=2)
    server.says = [said]  # type: ignore[list-item]
    with pytest.raises(MailbotError, match=sentence) as e:
        access.token()
    assert type(e.value) is kind
    assert "@" not in str(e.value)
    assert kept(tmp_path).refresh_token == before.refresh_token
    if kind is not LoginGone:
        assert server.is_good(access.token(), server.user)


@pytest.mark.parametrize("behaviour", [trickles, sleeps], ids=["trickles", "sleeps"])
def test_a_server_that_takes_its_time_is_cut(server: TokenServer, behaviour, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(endpoint, "SECONDS", 0.3)
    server.says = [behaviour]
    with pytest.raises(LoginUnavailable, match="gave no token in time"):
        endpoint.ask(f"{server.url}/token", {"grant_type": "refresh_token"})


def test_nobody_listens() -> None:
    (port,) = free_ports(1)
    with pytest.raises(LoginUnavailable, match=r"127.0.0.1 can't be reached for a token") as e:
        endpoint.ask(f"http://127.0.0.1:{port}/token", {})
    assert e.value.exit_code == 75


def test_a_certificate_that_nobody_signed_gets_no_token(tmp_path: Path) -> None:
    with token_server(certificate(tmp_path)) as server:
        with pytest.raises(LoginRefused, match=r"certificate of 127\.0\.0\.1 is not valid"):
            endpoint.ask(f"{server.url}/token", {"refresh_token": "precious"})
        assert server.asked == []


def test_a_call_has_one_end_for_everything(server: TokenServer) -> None:
    server.says = [answers(200, b"whole")]
    with web.calling(f"{server.url}/token?a=b", 5) as connection:
        connection.request("POST", web.target(f"{server.url}/token"), body=b"x=y")
        assert connection.getresponse().read() == b"whole"
    assert web.target("https://example.com") == "/" and web.target("https://example.com/a?b=c") == "/a?b=c"


# ---- the providers -------------------------------------------------------------------------------------------


def test_google_and_microsoft_are_as_they_document_it() -> None:
    google = provider_of(OauthSettings(provider="google", client_id="x"))
    microsoft = provider_of(OauthSettings(provider="microsoft", client_id="x", tenant="example.onmicrosoft.com"))
    assert google is not None and microsoft is not None
    assert not google.device_url  # its device flow does not grant mail
    assert google.scope == "https://mail.google.com/"
    assert "access_type=offline" in google.authorize_url and "prompt=consent" in google.authorize_url
    assert "/example.onmicrosoft.com/oauth2/v2.0/" in microsoft.token_url and "offline_access" in microsoft.scope
    for each in (google, microsoft):
        assert all(url.startswith("https://") for url in (each.token_url, each.authorize_url))
    assert provider_of(OauthSettings()) is None


@pytest.mark.parametrize(
    ("host", "serves"),
    [("imap.gmail.com", True), ("SMTP.Gmail.com.", True), ("gmail.com.example.kz", False), ("notgmail.com", False),
     ("smtp.example.kz", False)],
)  # fmt: skip
def test_a_token_goes_to_the_mail_servers_of_its_provider_alone(host: str, serves: bool) -> None:
    google = provider_of(OauthSettings(provider="google", client_id="x"))
    assert google is not None and google.serves(host) is serves


# ---- other processes ----------------------------------------------------------------------------------------


def installed(commands: Commands, server: TokenServer, folder: Path) -> None:
    """Make an installation whose mailbox can't be reached, logged in by an import."""
    (port,) = free_ports(1)
    ran = commands.run(
        "init", str(folder), "--mailbox", f"imap://{server.user}@127.0.0.1:{port}/INBOX", "--courier",
        f"maildir://{folder}-sent", "--address", server.user,
    )  # fmt: skip
    assert ran.code == 0, ran.err
    with (folder / "mailbot.toml").open("a", encoding="utf-8") as file:
        file.write(server.settings())
    grant = begun(client_at(server), server.tokens(server.user, server.new_refresh()), datetime.now(UTC))
    GrantFile(path=folder / "secrets" / "oauth.json").path.write_text(as_text(grant), encoding="utf-8")


def expired(folder: Path) -> None:
    """Let the access token of the file be an old one."""
    path = folder / "secrets" / "oauth.json"
    known = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(known | {"expires_at": "2026-01-01T00:00:00+00:00"}), encoding="utf-8")


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(("call", "n"), [("hook", 1), ("fsync", 1), ("fsync", 2)])
def test_a_kill_costs_no_login(
    server: TokenServer, commands: Commands, tmp_path: Path, call: str, n: int, when: str
) -> None:
    """Killed around the server's answer (`hook`) and around the disk; an older token is good until the newer is."""
    server.rotates = True
    server.strict = call == "fsync" and (n, when) != (1, "before")  # then what was answered must not be lost at all
    folder = tmp_path / "mailbot"
    installed(commands, server, folder)
    expired(folder)
    ended = commands.run("--config", str(folder), "poll", kill=Kill(call=call, when=when, n=n))
    assert ended.code == -9
    if call == "fsync":  # of the file, then of its folder
        assert server.grants == ["refresh_token"] and (folder / "secrets" / "oauth.new").exists() is (n == 1)
    if kept(folder).expires_at < datetime.now(UTC):
        expired(folder)
    ran = commands.run("--config", str(folder), "poll")
    assert ran.code == 75 and "takes no connection" in ran.err  # the mailbox is asked next, so a token was there
    assert server.is_good(kept(folder).access_token, server.user)
    assert kept(folder).refresh_token in server.refresh


def test_a_process_that_is_told_to_stop_keeps_what_it_was_given(
    server: TokenServer, commands: Commands, tmp_path: Path
) -> None:
    """SIGTERM comes while the strict server answers: the old token is worth nothing from then on."""
    server.rotates = server.strict = True
    folder = tmp_path / "mailbot"
    installed(commands, server, folder)
    expired(folder)

    def stops(handler: BaseHTTPRequestHandler) -> None:
        process.terminate()
        _, said = server.answer("/token", server.asked[-1])
        answers(200, json.dumps(said).encode())(handler)

    server.says = [stops]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MAILBOT_")}
    process = subprocess.Popen([str(COMMAND), "--config", str(folder), "poll"], env=clean)
    assert process.wait(timeout=60) == -signal.SIGTERM
    assert kept(folder).refresh_token in server.refresh
    assert server.is_good(kept(folder).access_token, server.user)


def test_processes_at_once_ask_once(server: TokenServer, commands: Commands, tmp_path: Path) -> None:
    server.rotates = server.strict = True
    folder = tmp_path / "mailbot"
    installed(commands, server, folder)
    expired(folder)
    for ended in commands.at_once(4, "--config", str(folder), "check", "--json"):
        found = [json.loads(line) for line in ended.out.splitlines()]
        (says,) = (each["says"] for each in found if each["check"] == "mailbox")
        assert "takes no connection" in says  # each had a token, and went on to the mailbox
    assert server.grants == ["refresh_token"]
    assert server.is_good(kept(folder).access_token, server.user)
