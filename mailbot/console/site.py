"""`mailbot console`: the operator's pages as one application. The door alone: who may come to which page, and in what
order a call is looked at (host, session, the form's token, the role). What is done, operating/ does.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.routing import Route

from mailbot.app import App
from mailbot.config import packaged
from mailbot.console import books, changes, desk, figures, overview, persons
from mailbot.console.gate import LANGUAGE, Headers, cookie_name, form_of, is_ours, set_cookie
from mailbot.console.pages import Pages
from mailbot.console.visit import Console, Visit
from mailbot.console.web import WrongBody
from mailbot.console.words import LANGUAGES, word
from mailbot.errors import ChangedMeanwhile, ConflictError, InputError, MailbotError, TemporaryError, UsageError
from mailbot.operating import accounts

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
Handler = Callable[[Visit], Response]


def create(app: App, *, hosts: Sequence[str] = (), secure: bool = False) -> Starlette:
    """Return the application. `hosts`: by which names it is called, beside loopback; `secure`: over TLS."""
    console = Console(app=app, pages=Pages(zone=app.line.rules.deadlines.zone), secure=secure)
    routes = _routes(console)

    async def missing(request: Request, exc: Exception) -> Response:
        """Answer what the router has no page for, in the reader's language and without asking who she is."""
        status = exc.status_code if isinstance(exc, HTTPException) else 404
        visit = Visit(console=console, request=request, line=app.line, opened=None, form={}, cookie="")
        return visit.problem(status, "")

    middleware = [
        Middleware(Headers),
        Middleware(TrustedHostMiddleware, allowed_hosts=[*LOOPBACK, *hosts], www_redirect=False),
    ]
    return Starlette(routes=routes, middleware=middleware, exception_handlers={404: missing, 405: missing})


def _routes(console: Console) -> list[Route]:
    """Return every page and act: who may come to which."""
    routes = [
        Route("/login", _open(console, login_page)),
        Route("/login", _open(console, login), methods=["POST"]),
        Route("/language/{language}", language),
        Route("/style.css", style),
        Route("/metrics", _open(console, figures.figures)),
        Route("/logout", _inside(console, logout), methods=["POST"]),
        Route("/", _inside(console, overview.overview)),
        Route("/queue", _inside(console, desk.queue)),
        Route("/requests/{number:str}", _inside(console, desk.request)),
        Route("/requests/{number:str}/edit", _inside(console, changes.editing, acts=True)),
        Route("/requests/{number:str}/answer", _inside(console, changes.writing, acts=True)),
        Route("/requests/{number:str}/files/{at:int}", _inside(console, desk.file)),
    ]
    for path, page in (
        ("/register", books.register), ("/register.csv", books.export), ("/templates", books.templates),
        ("/templates/{name:str}/{language:str}", books.template), ("/health", books.health),
        ("/people", persons.people), ("/people/add", persons.adding),
    ):  # fmt: skip
        routes.append(Route(path, _inside(console, page)))
    routes.append(Route("/people", _inside(console, persons.find), methods=["POST"]))
    for act in (
        persons.block,
        persons.unblock,
        persons.oblige,
        persons.settle,
        persons.doom,
        persons.destroy,
        persons.add,
    ):
        routes.append(Route(f"/people/{act.__name__}", _inside(console, act, acts=True), methods=["POST"]))
    corrections = (changes.rekind, changes.edit, changes.draft, changes.rewrite, changes.send)
    for verb in (desk.release, desk.preview, desk.refuse, desk.close, desk.undo, desk.tick, *corrections):
        acting = _inside(console, verb, acts=True)
        routes.append(Route(f"/requests/{{number:str}}/{verb.__name__}", acting, methods=["POST"]))
    return routes


def _open(console: Console, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    """Return the endpoint of a page that asks nobody to be logged in."""

    async def endpoint(request: Request) -> Response:
        return await _answered(console, request, lambda visit: handler(visit))

    return endpoint


def _inside(console: Console, handler: Handler, *, acts: bool = False) -> Callable[[Request], Awaitable[Response]]:
    """Return the endpoint of a page for whoever is logged in; with `acts` for operators alone."""

    def looked(visit: Visit) -> Response:
        if visit.opened is None:
            return visit.to("/login")
        if visit.request.method == "POST" and not _has_token(visit):
            return visit.problem(403, word(visit.language, "problem.csrf"))
        if acts and not visit.opened.may_act:
            return visit.problem(403, word(visit.language, "request.readonly"))
        visit.line = accounts.acting(visit.line, visit.opened)
        return handler(visit)

    async def endpoint(request: Request) -> Response:
        return await _answered(console, request, looked)

    return endpoint


async def _answered(console: Console, request: Request, handler: Handler) -> Response:
    """Read the form, then answer in a thread: the store and the mailbox are waited for."""
    try:
        form = await form_of(request) if request.method == "POST" else {}
    except WrongBody as exc:
        return Response(str(exc), exc.status, media_type="text/plain")
    return await run_in_threadpool(_guarded, console, request, form, handler)


def _guarded(console: Console, request: Request, form: dict[str, str], handler: Handler) -> Response:
    """Answer; each error of ours is a page that says what to do."""
    line = console.app.line
    visit = Visit(console=console, request=request, line=line, opened=None, form=form, cookie="")
    try:
        token = request.cookies.get(cookie_name("session", secure=console.secure), "")
        visit.opened = accounts.session(line.store, token) if token else None
        visit.cookie = token if visit.opened else request.cookies.get(cookie_name("form", secure=console.secure), "")
        return handler(visit)
    except MailbotError as exc:
        return _failed(visit, exc)


def _failed(visit: Visit, exc: MailbotError) -> Response:
    number = str(visit.request.path_params.get("number", ""))
    if isinstance(exc, ConflictError):
        said = "problem.stale" if isinstance(exc, ChangedMeanwhile) else "problem.state"
        detail = "" if isinstance(exc, ChangedMeanwhile) else str(exc)
        return visit.problem(409, word(visit.language, said), detail, number=number)
    if isinstance(exc, TemporaryError):
        return visit.problem(503, "", str(exc), number=number)
    known = isinstance(exc, InputError | UsageError) and visit.request.method == "POST"
    return visit.problem(422 if known else 404, "", str(exc), number=number if known else "")


def _has_token(visit: Visit) -> bool:
    return is_ours(visit.line.store.keys, visit.cookie, visit.form.get("token", ""))


def login_page(visit: Visit) -> Response:
    """Show the login form."""
    return visit.to("/") if visit.opened else _login_form(visit, "", 200)


def _login_form(visit: Visit, wrong: str, status: int) -> Response:
    """Return the form with a token made for a cookie of its own: no other site can log anybody in."""
    visit.cookie = visit.cookie or visit.line.store.new_id(52)
    response = visit.page("login.html", {"wrong": wrong, "name": visit.form.get("name", "")[:32]}, status)
    set_cookie(response, "form", visit.cookie, secure=visit.console.secure)
    return response


def login(visit: Visit) -> Response:
    """Open a session under a new token, where name, password and code are right."""
    if not _has_token(visit):
        return _login_form(visit, "problem.csrf", 403)
    if visit.console.logins.is_full():
        return _login_form(visit, "login.many", 429)
    visit.console.logins.count()
    given = (visit.form.get(key, "") for key in ("name", "password", "code"))
    opened = accounts.login(visit.line, visit.console.app.settings.operator, *given)
    if opened is None:
        return _login_form(visit, "login.wrong", 401)
    response = visit.to("/")
    set_cookie(response, "session", opened.token, secure=visit.console.secure)
    set_cookie(response, "form", "", secure=visit.console.secure)
    return response


def logout(visit: Visit) -> Response:
    """End the session."""
    assert visit.opened is not None
    accounts.logout(visit.line.store, visit.opened)
    response = visit.to("/login")
    set_cookie(response, "session", "", secure=visit.console.secure)
    return response


async def language(request: Request) -> Response:
    """Remember the language that was chosen and go back to the page."""
    back, chosen = request.query_params.get("back", "/"), request.path_params["language"]
    inside = back.startswith("/") and not back.startswith(("//", "/\\")) and back.isascii() and back.isprintable()
    response = RedirectResponse(back if inside else "/", 303)
    if chosen in LANGUAGES:
        response.set_cookie(LANGUAGE, chosen, max_age=31_536_000, path="/", httponly=True, samesite="lax")
    return response


async def style(_request: Request) -> Response:
    """Send the one style sheet."""
    return FileResponse(packaged("templates") / "console" / "style.css", media_type="text/css")


def serve(app: App, host: str, port: int, **options: Any) -> None:
    """Serve until SIGTERM; `options`: hosts and secure as `create` takes them, certfile and keyfile of our own TLS."""
    import uvicorn

    files = {f"ssl_{name}": options.pop(name) for name in ("certfile", "keyfile") if options.get(name)}
    uvicorn.run(
        create(app, hosts=options["hosts"], secure=options["secure"]), host=host, port=port, access_log=False,
        server_header=False, log_level="warning", proxy_headers=False, **files,
    )  # fmt: skip
