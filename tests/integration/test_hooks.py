"""Hooks over real HTTP: a receiver that is down, slow, full, moved, broken or hostile, and listmonk's API."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa
from pydantic import ValidationError

from mailbot.answering import hooks as delivering
from mailbot.answering import webhook
from mailbot.answering.hooks import Hooks
from mailbot.answering.webhook import WebRequest, generic, send
from mailbot.app import new_id
from mailbot.sources import Hook, Place
from mailbot.store import hooks
from mailbot.store.hooks import Call
from mailbot.store.keys import Keys
from mailbot.store.place_tables import HookCall, PlaceTask
from mailbot.store.store import Store
from mailbot.store.tables import Request
from tests.support import receiver as behaviours
from tests.support.receiver import Receiver, answers, receiving

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
SECRET = "a secret of the place"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as one:
        yield one


def request_to(receiver: Receiver, path: str = "/") -> WebRequest:
    return WebRequest(method="POST", url=receiver.url + path, headers={}, body=b"{}")


def a_call(**values: Any) -> Call:
    usual = {
        "event": "person.updated", "place": "list", "queue": "p", "task_id": 1, "kind": "email",
        "identifier": "aliya@example.com", "event_id": "e" * 26, "request_id": "ABCDEF", "created_at": NOW,
    }  # fmt: skip
    return Call(**{**usual, **values})


# ---- one call --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_taken(receiver: Receiver, status: int) -> None:
    receiver.behave = answers(status)
    assert send(request_to(receiver), 5).taken


@pytest.mark.parametrize("status", [301, 302, 307, 308, 400, 401, 404, 410, 429, 500, 502, 503])
def test_not_taken_and_nothing_followed(receiver: Receiver, status: int) -> None:
    receiver.behave = answers(status, b"words of the receiver", Location=f"{receiver.url}/elsewhere")
    answer = send(request_to(receiver), 5)
    assert (answer.taken, answer.says, answer.body) == (False, str(status), b"")
    assert len(receiver.heard) == 1


@pytest.mark.parametrize(
    "behave",
    [behaviours.closes, behaviours.cuts, behaviours.trickles, behaviours.sleeps, behaviours.floods],
    ids=lambda each: each.__name__,
)
def test_broken_receivers_end_in_time(receiver: Receiver, behave: behaviours.Behaviour) -> None:
    receiver.behave = behave
    began = time.monotonic()
    answer = send(request_to(receiver), 1.5)
    assert not answer.taken
    assert time.monotonic() - began < 10  # not for ever: a trickle starts a socket's own timeout anew with each octet
    assert "words" not in answer.says


def test_down_and_unknown_hosts_and_no_tls() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert not send(WebRequest(method="POST", url=f"http://127.0.0.1:{port}/", headers={}, body=b""), 5).taken
    with receiving() as plain:  # https to a server that speaks no TLS
        answer = send(WebRequest(method="POST", url=f"https://127.0.0.1:{plain.port}/", headers={}, body=b""), 5)
        assert not answer.taken and plain.heard == []


def test_a_handshake_that_trickles_is_cut() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"https://127.0.0.1:{server.getsockname()[1]}/"
        began = time.monotonic()
        answer = send(WebRequest(method="POST", url=url, headers={}, body=b""), 1)  # connects; nobody ever answers
        assert not answer.taken and time.monotonic() - began < 10


@pytest.mark.parametrize(
    ("asked", "seconds"), [("120", 120), ("99999999", None), ("soon", None), ("Thu, 01 Jan 1970 00:00:00 GMT", 0)]
)
def test_retry_after(receiver: Receiver, asked: str, seconds: int | None) -> None:
    receiver.behave = answers(429, Retry_After=asked)
    wait = send(request_to(receiver), 5).wait
    assert wait == (None if seconds is None else timedelta(seconds=seconds))


def test_the_signature_is_that_of_standard_webhooks(receiver: Receiver) -> None:
    hook = Hook(url=receiver.url + "/hook", fields=["surname"], headers={"Authorization": "Bearer {secret}"})
    for secret, key in ((SECRET, SECRET.encode()), ("whsec_c2VjcmV0IGtleQ==", b"secret key"), ("whsec_?", b"whsec_?")):
        assert send(generic(hook, a_call(fields={"surname": "Омарова"}), secret, NOW), 5).taken
        heard = receiver.heard[-1]
        signed = f"{'e' * 26}.{int(NOW.timestamp())}.".encode() + heard.body
        digest = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        assert heard.headers["webhook-signature"] == f"v1,{digest}"
        assert heard.headers["webhook-timestamp"] == str(int(NOW.timestamp()))
        assert heard.headers["authorization"] == f"Bearer {secret}"
    assert heard.event == {
        "id": "e" * 26, "type": "person.updated", "timestamp": NOW.isoformat(), "place": "list", "request": "ABCDEF",
        "identifier": {"email": "aliya@example.com"}, "fields": {"surname": "Омарова"},
    }  # fmt: skip


def test_templates_are_filled_and_nothing_breaks_out_of_them(receiver: Receiver) -> None:
    evil = 'a"},"admin":true,{"x":"/../?a=b&c\r\nX: y'
    hook = Hook(
        url=receiver.url + "/people/{identifier}", method="PUT", fields=["surname"],
        body='{"name": "{surname}", "what": "{event}", "nothing": {"a": 1}}',
    )  # fmt: skip
    assert send(generic(hook, a_call(identifier=evil, fields={"surname": evil}), SECRET, NOW), 5).taken
    heard = receiver.heard[0]
    assert heard.event == {"name": evil, "what": "person.updated", "nothing": {"a": 1}}
    assert heard.path.startswith("/people/a%22") and heard.path.count("/") == 2 and "?" not in heard.path
    form = hook.model_copy(
        update={"body": "n={surname}&e={event}", "headers": {"Content-Type": "application/x-www-form-urlencoded"}}
    )
    assert send(generic(form, a_call(fields={"surname": evil}), SECRET, NOW), 5).taken
    assert parse_qs(receiver.heard[1].body.decode()) == {"n": [evil], "e": ["person.updated"]}
    empty = send(generic(hook, a_call(event="person.destroyed"), SECRET, NOW), 5)
    assert empty.taken and receiver.heard[2].event["name"] == ""


def test_a_secret_that_fits_no_header_is_no_crash(receiver: Receiver) -> None:
    hook = Hook(url=receiver.url, headers={"Authorization": "{secret}"})
    assert not send(generic(hook, a_call(), "two\r\nlines: x", NOW), 5).taken
    assert receiver.heard == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "http://news.example.com/"}, {"url": "ftp://news.example.com"}, {"url": "news.example.com"},
        {"url": "https://user:word@news.example.com/"}, {"url": "https://news.example.com/#x"},
        {"url": "https://news.example.com:port/"}, {"url": "https://нью.example.com/"},
        {"url": "https://news.example.com/{surname}"}, {"url": "https://news.example.com/{secret}"},
        {"body": "{phone}"}, {"headers": {"X": "{email}"}}, {"headers": {"X Y": "z"}}, {"headers": {"X": "a\r\nB: c"}},
        {"method": "DELETE"}, {"method": "GET"}, {"timeout_seconds": 0}, {"fields": ["iin"]}, {"events": []},
    ],
)  # fmt: skip
def test_what_would_send_more_or_elsewhere_is_no_setting(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Hook.model_validate({"url": "https://news.example.com/", **wrong})


# ---- the queue -------------------------------------------------------------------------------------------------


class World:
    """A store with calls owed to two places, and time that can be shifted."""

    def __init__(self, store: Store, receiver: Receiver) -> None:
        self.ahead = timedelta(0)
        self.store = replace(store, clock=lambda: datetime.now(UTC) + self.ahead)
        self.receiver = receiver
        self.secrets: dict[str, str] = {"list": SECRET, "school": SECRET}
        self.tasks = 0

    def place(self, name: str, **hook: Any) -> Place:
        return Place(name=name, hook=Hook(url=f"{self.receiver.url}/{name}", timeout_seconds=1, **hook))

    def owe(self, *calls: tuple[str, str, str]) -> None:
        """Owe calls: (place, queue, event)."""
        with self.store.unit() as unit:
            for place, queue, event in calls:
                self.tasks += 1
                unit.request_id = f"R{self.tasks:05}"
                _request(unit)
                task = unit.insert(
                    PlaceTask, request_id=unit.request_id, place=place, what="update", identifier=queue, by_hook=True,
                    opened_at=unit.now, done_by="",
                )  # fmt: skip
                call = a_call(event=event, place=place, queue=queue, task_id=task, identifier=queue, fields={"a": "b"})
                hooks.enqueue(unit, call)

    def deliver(self, **how: Any) -> int:
        places = (self.place("list"), self.place("school"))
        door = Hooks(
            store=self.store, places=how.pop("places", places), secret=self.secrets.get, stop=lambda: False, **how
        )
        return door.deliver()

    def rows(self) -> list[Any]:
        table: Any = HookCall.__table__  # type: ignore[attr-defined]
        with self.store.reading() as connection:
            return list(connection.execute(sa.select(table).order_by(table.c.id)))


def _request(unit: Any) -> None:
    blank = {"references": [], "open": [], "pending": [], "fields": {}, "before": {}}
    unit.insert(
        Request, id=unit.request_id, kind="update", state="applied", outcome="apply", row="16", reason="update_proven",
        rung="exact", language="ru", evidence="none", because="", level="none", received_at=unit.now, address="",
        address_key="", message_id="", decided_at=unit.now, tell=False, checked="", **blank,
    )  # fmt: skip


@pytest.fixture
def store(migrated: sa.Engine) -> Store:
    """A store with its tables."""
    return Store(engine=migrated, keys=Keys(b"k" * 32), clock=lambda: NOW, new_id=new_id)


@pytest.fixture
def queue(store: Store, receiver: Receiver) -> World:
    return World(store, receiver)


def heard(receiver: Receiver) -> list[tuple[str, str, str]]:
    return [(h.path[1:], h.event["identifier"]["email"], h.event["type"]) for h in receiver.heard]


def test_in_order_for_each_person_and_place(queue: World) -> None:
    owed = [
        ("list", "a", "person.updated"), ("list", "b", "person.updated"), ("list", "a", "person.stopped"),
        ("school", "a", "person.updated"), ("list", "a", "person.destroyed"),
    ]  # fmt: skip
    queue.owe(*owed)
    assert queue.deliver() == 5
    assert heard(queue.receiver) == owed
    assert {(row.identifier, str(row.fields), row.answer) for row in queue.rows()} == {("", "{}", "200")}
    assert queue.deliver() == 0


def test_a_failure_holds_up_its_own_place_and_no_other(queue: World) -> None:
    def one_is_down(handler: BaseHTTPRequestHandler) -> None:
        answers(500 if handler.path == "/list" else 200)(handler)

    queue.receiver.behave = one_is_down
    queue.owe(("list", "a", "person.updated"), ("list", "a", "person.stopped"), ("list", "b", "person.updated"))
    queue.owe(("school", "a", "person.updated"), ("school", "b", "person.updated"))
    assert queue.deliver() == 2
    assert [path for path, _, _ in heard(queue.receiver)].count("list") == 1  # one that is down is asked once a pass
    queue.receiver.heard.clear()
    queue.deliver()
    assert heard(queue.receiver) == [("list", "b", "person.updated")]  # the first waits, its follower with it
    queue.receiver.behave = answers(200)
    queue.receiver.heard.clear()
    queue.ahead += timedelta(hours=1)
    assert queue.deliver() == 3
    assert heard(queue.receiver) == [
        ("list", "a", "person.updated"), ("list", "a", "person.stopped"), ("list", "b", "person.updated"),
    ]  # fmt: skip


def test_the_same_id_in_a_repeat_and_a_back_off_that_grows(queue: World) -> None:
    queue.receiver.behave = answers(503)
    queue.owe(("list", "a", "person.updated"))
    pauses = []
    for _ in range(7):
        queue.deliver()
        row = queue.rows()[0]
        pauses.append(round((row.next_try_at - queue.store.clock()).total_seconds() / 60))
        queue.ahead = row.next_try_at - datetime.now(UTC) + timedelta(seconds=1)
    assert pauses == [1, 5, 15, 60, 240, 720, 720]
    assert {h.headers["webhook-id"] for h in queue.receiver.heard} == {queue.rows()[0].event_id}
    assert queue.rows()[0].identifier == "a"


def test_what_retry_after_asks_for_is_given_up_to_a_day(queue: World) -> None:
    for asked, hours in (("7200", 2), ("9999999", 24)):
        queue.receiver.behave = answers(429, Retry_After=asked)
        queue.owe(("list", asked, "person.updated"))
        queue.deliver()
        row = queue.rows()[-1]
        assert round((row.next_try_at - queue.store.clock()).total_seconds() / 3600) == hours


def test_dead_after_a_week_and_three_tries_not_before(queue: World) -> None:
    queue.receiver.behave = answers(500)
    queue.owe(("list", "a", "person.updated"))
    queue.ahead = timedelta(days=30)  # the machine was off for a month
    for alive in (True, True, False):
        queue.deliver()
        assert (queue.rows()[0].dead_at is None) is alive
        queue.ahead += timedelta(days=1)
    with queue.store.unit() as unit:
        assert unit.row(Request, "R00001").tell
    queue.owe(("list", "a", "person.stopped"))
    queue.receiver.behave = answers(200)
    assert queue.deliver() == 1


def test_killed_while_it_calls_it_is_tried_again_after_the_lease(queue: World) -> None:
    queue.owe(("list", "a", "person.updated"))

    def killed(_request: WebRequest, _seconds: float) -> webhook.Answer:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        queue.deliver(send=killed)
    assert queue.deliver() == 0  # another process may be at it
    queue.ahead += timedelta(minutes=10)
    assert queue.deliver() == 1
    assert len(queue.receiver.heard) == 1


def test_a_task_that_was_dropped_meanwhile_ticks_nothing(queue: World) -> None:
    queue.owe(("list", "a", "person.updated"))

    def undone(_request: WebRequest, _seconds: float) -> webhook.Answer:
        with queue.store.unit() as unit:
            hooks.drop(unit, queue.rows()[0].task_id)
        return webhook.Answer(taken=True, says="200")

    assert queue.deliver(send=undone) == 1
    assert queue.rows()[0].identifier == ""


def test_without_a_secret_nothing_is_tried(queue: World) -> None:
    queue.secrets = {"school": SECRET}
    queue.owe(("list", "a", "person.updated"), ("school", "a", "person.updated"))
    assert queue.deliver() == 1
    assert [row.tries for row in queue.rows()] == [0, 1]


def test_a_pass_has_a_budget(queue: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivering, "BUDGET_SECONDS", 0.0)
    queue.owe(("list", "a", "person.updated"))
    assert queue.deliver() == 0


# ---- listmonk --------------------------------------------------------------------------------------------------


class Listmonk:
    """As much of listmonk's API as a hook meets: a search that may match too much, lists, blocklist, delete."""

    def __init__(self) -> None:
        self.people: dict[int, dict[str, Any]] = {}
        self.asked: list[str] = []

    def add(self, number: int, email: str) -> None:
        self.people[number] = {
            "id": number, "email": email, "name": "Old Name", "status": "enabled", "attribs": {"city": "Almaty"},
            "lists": [{"id": 1, "subscription_status": "confirmed"}, {"id": 3, "subscription_status": "unconfirmed"}],
        }  # fmt: skip

    def __call__(self, handler: BaseHTTPRequestHandler) -> None:
        if handler.headers["Authorization"] != f"token mailbot:{SECRET}":
            return answers(403)(handler)
        parts = urlsplit(handler.path)
        self.asked.append(f"{handler.command} {parts.path}")
        if handler.command == "GET":
            self.query = parse_qs(parts.query)["query"][0]
            body = {"data": {"results": list(self.people.values())}}
            return answers(200, json.dumps(body).encode())(handler)
        return self.change(handler, parts.path)

    def change(self, handler: BaseHTTPRequestHandler, path: str) -> None:
        values = json.loads(self.receiver.heard[-1].body or b"{}")
        last = path.rpartition("/")[2]
        if handler.command == "DELETE":
            del self.people[int(last)]
        elif last == "blocklist":
            for number in values["ids"]:
                self.people[number]["status"] = "blocklisted"
        elif last == "lists":
            for number in values["ids"]:
                for each in self.people[number]["lists"]:
                    if each["id"] in values["target_list_ids"] and values["action"] == "unsubscribe":
                        each["subscription_status"] = "unsubscribed"
        else:
            person = self.people[int(last)]
            kept = [each for each in person["lists"] if each["id"] in values["lists"]]
            person |= {**{k: values[k] for k in ("email", "name", "status", "attribs")}, "lists": kept}
        answers(200, b'{"data": true}')(handler)

    receiver: Receiver
    query: str = ""


@pytest.fixture
def listmonk(receiver: Receiver) -> Listmonk:
    one = Listmonk()
    one.receiver = receiver
    receiver.behave = one
    one.add(7, "Aliya@example.com")
    one.add(8, "aliya@example.com.evil.example")  # what its search found too
    return one


def follow(receiver: Receiver, event: str, **values: Any) -> webhook.Answer:
    from mailbot.answering.listmonk import deliver

    hook = Hook(
        preset="listmonk", url=receiver.url + "/", headers={"Authorization": "token mailbot:{secret}"},
        fields=["email", "surname", "given_name"], timeout_seconds=5,
    )  # fmt: skip
    return deliver(hook, a_call(event=event, **values), SECRET, send)


def test_listmonk_unsubscribes_blocks_and_deletes_one_alone(receiver: Receiver, listmonk: Listmonk) -> None:
    assert follow(receiver, "person.unsubscribed").taken
    assert [each["subscription_status"] for each in listmonk.people[7]["lists"]] == ["unsubscribed"] * 2
    assert follow(receiver, "person.stopped").taken
    assert listmonk.people[7]["status"] == "blocklisted"
    assert follow(receiver, "person.destroyed").taken
    assert follow(receiver, "person.destroyed").taken  # a repeat finds nobody, which is what was wanted
    assert list(listmonk.people) == [8]
    assert listmonk.people[8]["status"] == "enabled"


def test_listmonk_keeps_lists_status_and_attributes_through_an_update(receiver: Receiver, listmonk: Listmonk) -> None:
    fields = {"email": "new@example.com", "surname": "Омарова", "given_name": "Әлия"}
    assert follow(receiver, "person.updated", fields=fields).taken
    person = listmonk.people[7]
    assert (person["email"], person["name"]) == ("new@example.com", "Әлия Омарова")
    assert (len(person["lists"]), person["status"], person["attribs"]) == (2, "enabled", {"city": "Almaty"})
    asked = len(listmonk.asked)
    assert follow(receiver, "person.updated", identifier="new@example.com", fields={}).taken
    assert listmonk.asked[asked:] == ["GET /api/subscribers"]


def test_listmonk_is_asked_for_nothing_but_that_address(receiver: Receiver, listmonk: Listmonk) -> None:
    assert follow(receiver, "person.destroyed", identifier="o'hara@example.com' OR 1=1 --").taken
    assert "o''hara@example.com'' OR 1=1 --" in listmonk.query
    assert list(listmonk.people) == [7, 8]


def test_listmonk_that_refuses_or_talks_nonsense_is_not_taken(receiver: Receiver, listmonk: Listmonk) -> None:
    receiver.behave = answers(403)
    assert follow(receiver, "person.destroyed").says == "403"
    for nonsense in (b"", b"<html>", b"[]", b'{"data": null}', b'{"data": {"results": [{"email": 1}]}}'):
        receiver.behave = answers(200, nonsense)
        assert not follow(receiver, "person.destroyed").taken


def test_nothing_of_a_person_is_logged(queue: World, caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    caplog.set_level(0)
    queue.receiver.behave = answers(500)
    queue.owe(("list", "aliya@example.com", "person.updated"))
    queue.deliver()
    assert "aliya" not in caplog.text
