"""A console over an installation, and a browser without JavaScript: it follows what a page offers, form by form."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from html.parser import HTMLParser

import argon2
from httpx2 import Response
from starlette.testclient import TestClient

from mailbot.app import App, build
from mailbot.console.site import create
from mailbot.store import accounts as stored
from tests.acceptance.world import World

PASSWORD = "an invented password"
SITE = "http://127.0.0.1"


class _Forms(HTMLParser):
    """Collects the forms of a page: action → the fields as they stand."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: dict[str, dict[str, str]] = {}
        self.open: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.open = self.forms.setdefault(found["action"], {})
        if tag in ("input", "select", "textarea") and "name" in found:
            self.open[found["name"]] = found.get("value", "")
        if tag == "button" and "formaction" in found:
            self.forms[found["formaction"]] = self.open


def forms(response: Response) -> dict[str, dict[str, str]]:
    """Return the forms of a page."""
    parser = _Forms()
    parser.feed(response.text)
    return parser.forms


@dataclass
class Browser:
    """One browser at the console."""

    client: TestClient

    def get(self, path: str) -> Response:
        return self.client.get(path)

    def post(self, page: Response, action: str, **typed: str) -> Response:
        """Post a form of a page with what was typed into it."""
        return self.client.post(action, data={**forms(page)[action], **typed})

    def login(self, name: str = "aigerim", password: str = PASSWORD) -> Response:
        return self.post(self.get("/login"), "/login", name=name, password=password)


@dataclass
class Site:
    """The console of one installation."""

    app: App
    world: World

    def browser(self, name: str = "", **options: object) -> Browser:
        """Return a browser, logged in under that name."""
        served = create(self.app, **options)  # type: ignore[arg-type]
        secure = bool(options.get("secure"))
        base = SITE.replace("http:", "https:") if secure else SITE
        browser = Browser(TestClient(served, base_url=base))
        if name:
            assert browser.login(name).status_code == 200
        return browser


@cache
def _hashed() -> str:
    """Return the hash of PASSWORD, made once: each costs a sixth of a second, as it should."""
    return argon2.PasswordHasher().hash(PASSWORD)


@contextmanager
def opened(world: World) -> Iterator[Site]:
    """Open a console with an operator `aigerim`, an operator `dana` and a reader `serik`."""
    app = build(world.folder, clock=world.now, dns=lambda: None)
    try:
        with app.line.store.unit() as unit:
            for name, role in (("aigerim", "operator"), ("dana", "operator"), ("serik", "reader")):
                stored.add(unit, name=name, role=role, password=_hashed(), totp="", totp_step=0, failures=0)
        yield Site(app, world)
    finally:
        app.close()


def text(response: Response) -> str:
    """Return what a page says, without its tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", response.text).split())
