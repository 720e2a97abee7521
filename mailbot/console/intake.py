"""`POST /intake/SOURCE`: the site's forms bring people in by HTTP (policy clause 5(1)). No rule stands here.

A thin door: who posts and how much is looked at here, what is done with it by operating/submissions.py. Bodies are
never logged. Meant to stand behind a reverse proxy that speaks TLS.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from mailbot.console.web import MAX_BYTES, WrongBody, may_post, pairs
from mailbot.errors import ConfigError, ConflictError, InputError, TemporaryError
from mailbot.operating.submissions import Posted, take
from mailbot.pipeline import Line
from mailbot.sources import Form

BODY_SECONDS = 10  # a client that sends slower is a robot, or broken
PER_MINUTE = 120  # posts of one source; more is a robot
REFUSED_PER_MINUTE = 20  # posts without the right secret, from anybody
log = logging.getLogger(__name__)
Secret = Callable[[str], str | None]  # the name of a form -> its secret


@dataclass(slots=True)
class Pace:
    """Counts what happened in the last minute."""

    most: int
    now: Callable[[], float] = time.monotonic
    at: deque[float] = field(default_factory=deque)

    def is_full(self) -> bool:
        """Tell whether no more is allowed now."""
        while self.at and self.at[0] <= self.now() - 60:
            self.at.popleft()
        return len(self.at) >= self.most

    def count(self) -> None:
        """Count one."""
        self.at.append(self.now())


@dataclass(slots=True)
class Intake:
    """The route and what it needs: the line, the sources by name, their secrets."""

    line: Line
    secret: Secret
    sources: dict[str, Form]
    paces: dict[str, Pace]
    refused: Pace

    async def post(self, request: Request) -> JSONResponse:
        """Take one submission; the answer is JSON with `status`, and `error` where it was not taken."""
        source = self.sources.get(request.path_params["source"])
        secret = self.secret(source.name) if source is not None else None
        body: bytes | None = b""
        if source is not None and (source.web == "hmac" or may_post(request.headers, b"", source.web, secret or "")):
            try:
                async with asyncio.timeout(BODY_SECONDS):
                    body = await _body(request)
            except TimeoutError:
                return _error(408, "the body did not come in time")
            except ClientDisconnect:
                return _error(400, "the body did not come whole")
        if body is None:
            return _error(413, f"more than {MAX_BYTES} bytes")
        if source is None or not secret or not may_post(request.headers, body, source.web, secret):
            if self.refused.is_full():  # who knows the secret is never kept out by those who guess
                return _later("too many posts without the right secret")
            self.refused.count()
            return _error(401, "no such source, or not the right secret")
        if self.paces[source.name].is_full():
            return _later("too many posts of this source")
        self.paces[source.name].count()
        return await self._take(source, request, body)

    async def _take(self, source: Form, request: Request, body: bytes) -> JSONResponse:
        try:
            found = pairs(request.headers.get("content-type", ""), body)
            # what is sealed is the body alone: another number beside it would make a new submission of an old one
            given = request.headers.get("idempotency-key", "") if source.web == "bearer" else ""
            posted = Posted(form=source, pairs=tuple(found), given_id=given, octets=body)
            status = await run_in_threadpool(take, self.line, posted)
        except WrongBody as exc:
            return _error(exc.status, str(exc))
        except InputError as exc:
            return _error(422, str(exc))
        except (TemporaryError, ConflictError) as exc:
            log.warning("a submission of %s was not taken: %s", source.name, exc)
            return JSONResponse({"error": "not now"}, 503, {"Retry-After": "300"})
        return JSONResponse({"status": status}, 200 if status == "already" else 202 if status == "asked" else 201)


async def _body(request: Request) -> bytes | None:
    """Return the whole body, None where it is too large: it is not read to its end then."""
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length) > MAX_BYTES:
        return None
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BYTES:
            return None
    return bytes(body)


def _error(status: int, says: str) -> JSONResponse:
    return JSONResponse({"error": says}, status)


def _later(says: str) -> JSONResponse:
    return JSONResponse({"error": says}, 429, {"Retry-After": "60"})


def create(line: Line, secret: Secret) -> Starlette:
    """Return the web application. Raises ConfigError where no form comes by web, or one has no secret."""
    sources = {form.name: form for form in line.rules.policy.forms if form.web}
    if not sources:
        raise ConfigError("policy.toml: forms: none of them has `web`: set it to bearer or hmac")
    for name in sources:
        if len(secret(name) or "") < 16:
            raise ConfigError(f"secrets/intake_{name}: the secret of this form is missing or shorter than 16 letters")
    paces = {name: Pace(PER_MINUTE) for name in sources}
    intake = Intake(line=line, secret=secret, sources=sources, paces=paces, refused=Pace(REFUSED_PER_MINUTE))
    return Starlette(routes=[Route("/intake/{source}", intake.post, methods=["POST"])])
