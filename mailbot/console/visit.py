"""One call of a page: who asks, by which line her acts are noted, and how an answer is made. No rule stands here."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from mailbot.app import App
from mailbot.console.gate import LANGUAGE
from mailbot.console.intake import Pace
from mailbot.console.pages import Pages
from mailbot.console.words import LANGUAGES
from mailbot.operating.accounts import Session
from mailbot.pipeline import Line
from mailbot.reading.claim import FIELD_NAMES

KEPT = (  # of what was typed: told again where it could not be done
    "person", "checked", "reason", "note", "place", "address", "until", "text", "kind", *FIELD_NAMES,
)  # fmt: skip
LOGINS = 20  # tries a minute, of everybody together


@dataclass(slots=True)
class Console:
    """What all pages share."""

    app: App
    pages: Pages
    secure: bool  # over TLS, our own or a proxy's: cookies go nowhere else
    logins: Pace = field(default_factory=lambda: Pace(LOGINS))
    mailbox: threading.Lock = field(default_factory=threading.Lock)  # one connection, many threads


@dataclass(slots=True, kw_only=True)
class Visit:
    """One call."""

    console: Console
    request: Request
    line: Line
    opened: Session | None
    form: dict[str, str]
    cookie: str  # that the forms of this browser are made for

    @property
    def language(self) -> str:
        """The language of the page: the one that was chosen, else the operator's."""
        chosen = self.request.cookies.get(LANGUAGE, "")
        return chosen if chosen in LANGUAGES else self.console.app.settings.operator.language

    def page(self, name: str, values: dict[str, Any] | None = None, status: int = 200) -> Response:
        """Return a page with what each page shows of the visit."""
        said = {
            "opened": self.opened, "token": self.line.store.keys.form(self.cookie), "path": self.request.url.path,
            "done": self.request.query_params.get("done", ""),
        }  # fmt: skip
        return self.console.pages.page(name, self.language, {**said, **(values or {})}, status)

    def problem(self, status: int, says: str, detail: str = "", **more: Any) -> Response:
        """Return a page that says what went wrong; what was typed stands on it."""
        typed = {k: v for k, v in self.form.items() if v and k in KEPT}
        heads = {403: "forbidden", 404: "missing", 409: "conflict", 503: "later"}
        values = {"head": heads.get(status, "wrong"), "says": says, "detail": detail, "typed": typed, "number": ""}
        return self.page("problem.html", {**values, **more}, status)

    def to(self, path: str) -> Response:
        """Send the browser on; a form that was posted is not posted again by its "back"."""
        return RedirectResponse(path, 303)
