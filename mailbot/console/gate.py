"""Who comes in, and what every answer bears: headers, cookies, the forms' own tokens. No rule of a request stands here.

A form is taken only with the token made for the browser's own cookie (a keyed hash of it), so no other site can post
one. Nothing is loaded from elsewhere, nothing is run, nobody may frame a page: the policy below says so to the browser.
"""

from __future__ import annotations

import hmac
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from mailbot.console.web import MAX_BYTES, WrongBody, pairs
from mailbot.store.keys import Keys

POLICY = "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
HEADERS = {
    "Content-Security-Policy": POLICY, "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin", "Cache-Control": "no-store", "Cross-Origin-Opener-Policy": "same-origin",
}  # fmt: skip
LANGUAGE = "mailbot_language"


class Headers:
    """Puts HEADERS on every answer, whatever made it (ASGI)."""

    def __init__(self, app: Any) -> None:
        """Keep what answers."""
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass a call on."""

        async def with_headers(message: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [
                    *message["headers"], *((k.lower().encode(), v.encode()) for k, v in HEADERS.items()),
                ]  # fmt: skip
            await send(message)

        await self.app(scope, receive, with_headers)


def cookie_name(kind: str, *, secure: bool) -> str:
    """Return a cookie's name; over TLS the browser itself holds it to this host (RFC 6265bis, __Host-)."""
    return f"__Host-mailbot_{kind}" if secure else f"mailbot_{kind}"


def set_cookie(response: Response, kind: str, value: str, *, secure: bool) -> None:
    """Set a cookie that no script reads and no other site sends; "" takes it away."""
    name = cookie_name(kind, secure=secure)
    age = None if value else 0
    response.set_cookie(name, value, max_age=age, path="/", secure=secure, httponly=True, samesite="strict")


async def form_of(request: Request) -> dict[str, str]:
    """Return the fields of a posted form, none of them twice. Raises WrongBody."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BYTES:
            raise WrongBody(413, f"more than {MAX_BYTES} bytes")
    found = pairs(request.headers.get("content-type", ""), bytes(body))
    if len(dict(found)) < len(found):
        raise WrongBody(400, "a field stands twice")
    return dict(found)


def is_ours(keys: Keys, cookie: str, given: str) -> bool:
    """Tell whether a form bears the token that was made for that cookie."""
    return bool(cookie) and hmac.compare_digest(keys.form(cookie).encode(), given.encode("utf-8", "replace"))
