"""Accounts of the console: who gets in, who is locked out, when a session ends, and whose name an event bears."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pyotp
import pytest

from mailbot.app import App, build
from mailbot.errors import ConflictError, InputError
from mailbot.operating import accounts, roll
from mailbot.store.store import Store
from tests.acceptance.world import ALIYA, OWNER, World
from tests.support import quick

PASSWORD = "an invented password"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("model"))


@pytest.fixture
def world(model: World, tmp_path: Path) -> World:
    return World.copied(model, tmp_path / "live")


@pytest.fixture
def app(world: World) -> Iterator[App]:
    app = build(world.folder, clock=world.now, dns=lambda: None)
    yield app
    app.close()


def login(app: App, password: str = PASSWORD, code: str = "", name: str = "aigerim") -> accounts.Session | None:
    return accounts.login(app.line, app.settings.operator, name, password, code)


def whose(world: World, what: str) -> list[str]:
    return [row[0] for row in world.sql("SELECT who FROM event WHERE what = ? ORDER BY id", what)]


def test_the_right_password_opens_a_session_that_ends(app: App, world: World) -> None:
    accounts.add(app.line, "aigerim", PASSWORD)
    opened = login(app)
    assert opened is not None and opened.may_act and whose(world, "login") == ["aigerim"]
    assert accounts.session(app.line.store, opened.token) == opened
    accounts.logout(app.line.store, opened)
    assert accounts.session(app.line.store, opened.token) is None
    assert whose(world, "logout") == ["aigerim"]


def test_neither_password_nor_token_stands_in_the_store(app: App, world: World) -> None:
    accounts.add(app.line, "aigerim", PASSWORD)
    opened = login(app)
    assert opened is not None
    kept = repr(world.sql("SELECT * FROM operator_account") + world.sql("SELECT * FROM console_session"))
    assert "$argon2id$" in kept and PASSWORD not in kept and opened.token not in kept


def test_a_password_costs_whoever_guesses_it(app: App, world: World) -> None:
    with quick.not_now():
        accounts.add(app.line, "aigerim", PASSWORD)
        ((kept,),) = world.sql("SELECT password FROM operator_account")
        assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")  # RFC 9106, the second recommended option
        assert login(app) is not None


@pytest.mark.parametrize(("name", "password"), [("aigerim", "another password"), ("nobody", PASSWORD), ("aigerim", "")])
def test_a_wrong_one_opens_nothing(app: App, world: World, name: str, password: str) -> None:
    accounts.add(app.line, "aigerim", PASSWORD)
    assert login(app, password, name=name) is None
    assert world.sql("SELECT * FROM console_session") == []


@pytest.mark.parametrize(
    ("idle", "there"), [(timedelta(minutes=29), True), (timedelta(minutes=31), False)], ids=["used", "unused"]
)
def test_a_session_ends_unused(app: App, world: World, idle: timedelta, there: bool) -> None:
    accounts.add(app.line, "aigerim", PASSWORD)
    opened = login(app)
    assert opened is not None
    world.ahead += idle
    assert (accounts.session(app.line.store, opened.token) is not None) is there


def test_a_session_ends_although_it_is_used(app: App, world: World) -> None:
    accounts.add(app.line, "aigerim", PASSWORD)
    opened = login(app)
    assert opened is not None
    for _ in range(24):
        assert accounts.session(app.line.store, opened.token) is not None
        world.later(minutes=29)
    world.later(minutes=29)
    assert accounts.session(app.line.store, opened.token) is None


def test_five_failures_lock_the_account_and_the_operator_is_told(app: App, world: World) -> None:
    accounts.add(app.line, "aigerim", PASSWORD)
    for _ in range(5):
        assert login(app, "wrong password") is None
    assert login(app) is None, "locked: the right one does not open it"
    world.poll()
    (mail,) = [sent for sent in world.sent() if sent.to == OWNER]
    assert "aigerim" in mail.text and PASSWORD not in mail.text
    world.later(minutes=16)
    assert login(app) is not None
    assert login(app, "wrong password") is None and login(app) is not None, "counted anew"


def test_a_right_one_ends_the_count(app: App) -> None:
    accounts.add(app.line, "aigerim", PASSWORD)
    for _ in range(3):
        for _ in range(4):
            assert login(app, "wrong password") is None
        assert login(app) is not None


def test_a_code_is_asked_and_used_once(app: App, world: World) -> None:
    address = accounts.add(app.line, "aigerim", PASSWORD, totp=True)
    codes = pyotp.parse_uri(address)
    assert isinstance(codes, pyotp.TOTP)
    code = codes.at(world.now())
    assert login(app) is None and login(app, code="000000") is None
    assert login(app, code=code) is not None
    assert login(app, code=code) is None, "used already"
    world.later(minutes=2)
    assert login(app, code=codes.at(world.now())) is not None


@pytest.mark.parametrize("name", ["operator", "mailbot", "A", "x", "aigerim@example.kz", "a" * 33, "кк"])
def test_a_name_that_an_event_could_not_bear(app: App, name: str) -> None:
    with pytest.raises(InputError):
        accounts.add(app.line, name, PASSWORD)


def test_a_short_password_and_a_name_twice(app: App) -> None:
    with pytest.raises(InputError):
        accounts.add(app.line, "aigerim", "short")
    accounts.add(app.line, "aigerim", PASSWORD)
    with pytest.raises(ConflictError):
        accounts.add(app.line, "aigerim", PASSWORD)


def test_whoever_is_removed_is_out(app: App) -> None:
    accounts.add(app.line, "aigerim", PASSWORD)
    opened = login(app)
    assert opened is not None
    accounts.remove(app.line.store, "aigerim")
    assert accounts.session(app.line.store, opened.token) is None and login(app) is None


def test_an_act_bears_the_name_and_that_of_the_command_line_does_not(app: App, world: World) -> None:
    accounts.add(app.line, "aigerim", PASSWORD)
    opened = login(app)
    assert opened is not None
    store: Store = accounts.acting(app.line, opened).store
    roll.block(store, ALIYA)
    roll.unblock(app.line.store, ALIYA)
    assert whose(world, "blocked") == ["aigerim"] and whose(world, "unblocked") == ["operator"]
    assert replace(store, operator="operator") == app.line.store


def test_the_commands(world: World) -> None:
    secret = world.root / "password"
    secret.write_text(PASSWORD + "\n", encoding="utf-8")
    assert world.ok("operator", "list").out.startswith("no account yet")
    added = world.ok("operator", "add", "dana", "--role", "reader", "--totp", "--password-file", secret)
    assert "otpauth://totp/" in added.out
    (one,) = world.ok("operator", "list", "--json").objects
    assert (one["name"], one["role"], one["totp"]) == ("dana", "reader", True)
    assert world.run("operator", "add", "dana", "--password-file", secret).code == 1
    assert world.run("operator", "add", "olzhas").code == 64, "no terminal to ask on"
    world.ok("operator", "remove", "dana")
    assert world.run("operator", "remove", "dana").code == 66
