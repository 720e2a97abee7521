"""The web door on a real socket: a site's form posts, the person is on file, and everything else is refused."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from mailbot.app import App, build
from mailbot.cli import main
from mailbot.console import intake
from mailbot.console.intake import create
from mailbot.operating.submissions import Posted, take

SECRET = "an invented secret of the site"
POLICY = """
[[forms]]
name = "site"
web = "bearer"
submission_id = "tranid"
purposes = ["processing", "news"]
consent = "2026-01"
[forms.fields]
full_name = ["Name", "ФИО"]
email = ["Email"]
phone = ["Phone"]

[[forms]]
name = "sealed"
web = "hmac"
[forms.fields]
full_name = ["Name", "ФИО"]
email = ["Email"]
"""
BODY = {"ФИО": "Сәрсенова Әлия", "Email": "aliya@example.com", "Phone": "+7 701 000 00 01", "tranid": "1:2"}
JSON = {"Content-Type": "application/json"}


def installed(tmp_path: Path, *more: str) -> App:
    """Return an installation with two forms that come by web."""
    for name in ("new", "cur", "tmp"):
        (tmp_path / "box" / name).mkdir(parents=True)
    code = main([
        "init", str(tmp_path / "bot"), "--mailbox", f"maildir://{tmp_path}/box", "--courier", f"maildir://{tmp_path}/out",
        "--address", "info@example.kz", "--live", *more,
    ])  # fmt: skip
    assert code == 0
    with (tmp_path / "bot" / "policy.toml").open("a", encoding="utf-8") as file:
        file.write(POLICY)
    return build(tmp_path / "bot")


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    built = installed(tmp_path)
    yield built
    built.close()


def test_many_at_once_make_one_person_and_one_of_the_same_is_taken(store_url: str, tmp_path: Path) -> None:
    built = installed(tmp_path, "--store", store_url)
    form = built.line.rules.policy.forms[0]

    def take_at_once(bodies: list[dict[str, str]]) -> list[str]:
        start = threading.Barrier(len(bodies))

        def one(body: dict[str, str]) -> str:
            posted = Posted(form=form, pairs=tuple(body.items()), given_id="", octets=json.dumps(body).encode())
            start.wait()
            return take(built.line, posted)

        with ThreadPoolExecutor(len(bodies)) as threads:
            return sorted(threads.map(one, bodies))

    for n in range(3):
        body = {**BODY, "Email": f"n{n}@example.com"}
        assert take_at_once([{**body, "tranid": f"{n}:{k}"} for k in range(4)]) == ["taken"] * 4
        assert take_at_once([{**body, "tranid": f"same {n}"}] * 4) == ["already"] * 3 + ["taken"]
    with built.line.store.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM person").scalar() == 3
    built.close()


class Door:
    """The web door on a port of its own."""

    def __init__(self, app: App) -> None:
        self.server = uvicorn.Server(
            uvicorn.Config(create(app.line, lambda _name: SECRET), port=0, access_log=False, log_level="warning")
        )
        self.thread = threading.Thread(target=self.server.run)
        self.thread.start()
        while not self.server.started:
            time.sleep(0.01)
        self.port = self.server.servers[0].sockets[0].getsockname()[1]

    def post(self, body: bytes | dict[str, Any], source: str = "site", **headers: str) -> tuple[int, dict[str, Any]]:
        octets = body if isinstance(body, bytes) else json.dumps(body).encode()
        named = {"Authorization": f"Bearer {SECRET}", **JSON, **{k.replace("_", "-"): v for k, v in headers.items()}}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        with contextlib.closing(connection):
            connection.request("POST", f"/intake/{source}", octets, named)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())

    def close(self) -> None:
        self.server.should_exit = True
        self.thread.join()


@pytest.fixture
def door(app: App) -> Iterator[Door]:
    opened = Door(app)
    yield opened
    opened.close()


def people(app: App, address: str, capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    capsys.readouterr()
    code = main(["--config", str(app.folder), "people", "show", address, "--json"])
    out = capsys.readouterr().out
    return [json.loads(line) for line in out.splitlines()] if code == 0 else []


def test_a_form_brings_a_person_once(app: App, door: Door, capsys: pytest.CaptureFixture[str]) -> None:
    assert door.post(BODY) == (201, {"status": "taken"})
    (person,) = people(app, "aliya@example.com", capsys)
    assert (person["surname"], person["given_name"], person["phones"]) == ("Сәрсенова", "Әлия", ["+77010000001"])
    assert person["processing"] and person["news"]
    assert door.post(BODY) == (200, {"status": "already"})
    assert door.post({**BODY, "ФИО": "Another Name"})[0] == 422  # the number of that submission, with other words
    assert len(people(app, "aliya@example.com", capsys)) == 1


def test_form_encoded_with_a_key_of_the_request(app: App, door: Door, capsys: pytest.CaptureFixture[str]) -> None:
    body = b"Name=%D0%9F%D0%B5%D1%82%D1%80%D0%BE%D0%B2+%D0%91%D0%BE%D1%80%D0%B8%D1%81&Email=boris%40example.com"
    kind = {"Content_Type": "application/x-www-form-urlencoded", "Idempotency_Key": "k1"}
    assert door.post(body, **kind) == (201, {"status": "taken"})
    assert door.post(body, **kind) == (200, {"status": "already"})
    (person,) = people(app, "boris@example.com", capsys)
    assert person["given_name"] == "Петров Борис"  # which word is what nothing tells


def test_a_sealed_body(app: App, door: Door, capsys: pytest.CaptureFixture[str]) -> None:
    body = json.dumps({"Name": "Smith Alice", "Email": "alice@example.com"}).encode()
    seal = "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    assert door.post(body, "sealed")[0] == 401
    assert door.post(body + b" ", "sealed", X_Signature_256=seal)[0] == 401
    assert people(app, "alice@example.com", capsys) == []
    assert door.post(body, "sealed", X_Signature_256=seal) == (201, {"status": "taken"})
    assert len(people(app, "alice@example.com", capsys)) == 1


def test_who_may_not_post_learns_nothing(app: App, door: Door, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = door.post(BODY, Authorization="Bearer of nothing at all")
    assert wrong[0] == 401
    assert door.post(BODY, "no-such-source") == wrong
    assert people(app, "aliya@example.com", capsys) == []
    for _ in range(30):
        last = door.post(BODY, Authorization="Bearer guess")
    assert last[0] == 429
    assert door.post(BODY)[0] == 201  # who knows the secret is not kept out


def test_too_large_and_unreadable(door: Door) -> None:
    assert door.post(b'{"Name": "' + b"x" * 70_000 + b'"}')[0] == 413
    assert door.post(b"{")[0] == 400
    assert door.post(b"x", Content_Type="text/plain")[0] == 415


def test_a_post_without_a_way_to_reach_anybody_is_given_back(app: App, door: Door) -> None:
    status, said = door.post({"ФИО": "Сәрсенова Әлия", "tranid": "9"})
    assert status == 422 and "address" in said["error"]
    assert door.post({**BODY, "tranid": "9"})[0] == 201  # nothing of the first was kept


def test_who_withdrew_is_asked_first(app: App, door: Door, capsys: pytest.CaptureFixture[str]) -> None:
    assert door.post(BODY)[0] == 201
    assert main(["--config", str(app.folder), "people", "destroy", "aliya@example.com", "--yes"]) == 0
    assert door.post({**BODY, "tranid": "3:4"}) == (202, {"status": "asked"})
    assert people(app, "aliya@example.com", capsys) == [
        {"id": None, "state": "suppressed", "suppressed": ["news", "processing"]}
    ]


def test_shadow_takes_nothing(app: App, door: Door, capsys: pytest.CaptureFixture[str]) -> None:
    app.line.store.set_note("mode", "shadow")
    assert door.post(BODY)[0] == 503
    app.line.store.set_note("mode", "live")
    assert door.post(BODY)[0] == 201


def test_no_log_names_anybody(door: Door, caplog: pytest.LogCaptureFixture) -> None:
    door.post(BODY)
    door.post(b"{aliya@example.com")
    assert "aliya" not in caplog.text


def test_what_is_sealed_is_not_taken_again_under_another_number(
    app: App, door: Door, capsys: pytest.CaptureFixture[str]
) -> None:
    body = json.dumps({"Name": "Smith Alice", "Email": "alice@example.com"}).encode()
    seal = "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    assert door.post(body, "sealed", X_Signature_256=seal)[0] == 201
    assert door.post(body, "sealed", X_Signature_256=seal, Idempotency_Key="another") == (200, {"status": "already"})
    with app.line.store.reading() as connection:
        found = connection.exec_driver_sql("SELECT proof FROM consent").scalars().all()
    assert set(found) == {hashlib.sha256(body).hexdigest()}  # the hash of what was posted, of nothing else


@pytest.mark.parametrize(
    "body",
    [
        b'{"Email": "a@example.com", "Email": "b@example.com"}', b'{"Email": "a@example.com", "Name": "\\u0000"}',
        b'{"Email": "a@example.com", "Name": "\\ud800"}',
    ],
)  # fmt: skip
def test_what_says_two_things_or_can_not_be_written_is_refused(
    app: App, door: Door, capsys: pytest.CaptureFixture[str], body: bytes
) -> None:
    assert door.post(body)[0] == 400
    assert people(app, "a@example.com", capsys) == people(app, "b@example.com", capsys) == []


def test_a_body_that_does_not_come_is_not_waited_for(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "BODY_SECONDS", 0.2)
    head = "POST /intake/site HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n"
    for secret, status in ((f"Authorization: Bearer {SECRET}\r\n", b" 408 "), ("", b" 401 ")):
        with socket.create_connection(("127.0.0.1", door.port), timeout=5) as connection:
            connection.sendall(f"{head}{secret}\r\nhalf".encode())
            assert status in connection.recv(1000)
