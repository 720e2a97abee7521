"""One signed web call: built from a place's hook, sent once, judged by its status alone. The door for hooks.

Signed as Standard Webhooks 1.0.0 has it: HMAC-SHA256 over `id.timestamp.body`. Nothing is followed (a redirect is a
failure: personal data go to the address that the operator named, policy clause 6(2), and to no other), no proxy is
asked, nothing of an answer but its status and its Retry-After is kept.
"""

from __future__ import annotations

import base64
import hmac
import json
import re
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from hashlib import sha256
from http.client import HTTPException, HTTPResponse
from typing import Any
from urllib.parse import quote

from mailbot import web
from mailbot.sources import Hook
from mailbot.store.hooks import Call

MAX_ANSWER = 64 * 1024  # octets of an answer that are read; listmonk's are a few hundred
_WORD = re.compile(r"\{([a-z_]+)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What became of one call."""

    taken: bool
    says: str  # the status, or what kept it from coming; never the receiver's words
    wait: timedelta | None = None  # what Retry-After asked for
    body: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebRequest:
    """What is sent."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes


Send = Callable[[WebRequest, float], Answer]


def generic(hook: Hook, call: Call, secret: str, now: datetime) -> WebRequest:
    """Return the request that tells a place of one event, signed at `now` (aware)."""
    values = _values(call)
    form = "x-www-form-urlencoded" in {k.casefold(): v for k, v in hook.headers.items()}.get("content-type", "")
    if not hook.body:
        body = json.dumps(_event(call), ensure_ascii=False)
    else:
        body = _filled(hook.body, values, _quoted if form else _in_json)
    url = _filled(hook.url, values, _quoted)
    headers = {"Content-Type": "application/json", **_headers(hook, call, secret)}
    return WebRequest(
        method=hook.method, url=url, headers=headers | signed(call, secret, body, now), body=body.encode()
    )


def signed(call: Call, secret: str, body: str, now: datetime) -> dict[str, str]:
    """Return the three headers that prove who calls, and let the receiver know repeats by their id."""
    at = str(int(now.timestamp()))
    digest = hmac.new(_key(secret), f"{call.event_id}.{at}.{body}".encode(), sha256).digest()
    signature = "v1," + base64.b64encode(digest).decode()
    return {"webhook-id": call.event_id, "webhook-timestamp": at, "webhook-signature": signature}


def _key(secret: str) -> bytes:
    """Return the octets of a secret: as they are, or in base64 behind whsec_ (Standard Webhooks)."""
    prefix, _, coded = secret.partition("_")
    try:
        return base64.b64decode(coded, validate=True) if prefix == "whsec" else secret.encode()
    except ValueError:
        return secret.encode()


def _event(call: Call) -> dict[str, Any]:
    at = call.created_at.astimezone(UTC).isoformat() if call.created_at else ""
    return {
        "id": call.event_id, "type": call.event, "timestamp": at, "place": call.place, "request": call.request_id,
        "identifier": {call.kind: call.identifier}, "fields": call.fields,
    }  # fmt: skip


def _values(call: Call) -> dict[str, str]:
    event = _event(call)
    own = {name: str(event[name]) for name in ("id", "place", "request")}
    own |= {"event": call.event, "at": event["timestamp"], "identifier": call.identifier}
    return {**{name: str(value or "") for name, value in call.fields.items()}, **own}


def _headers(hook: Hook, call: Call, secret: str) -> dict[str, str]:
    values = {"secret": secret, "id": call.event_id, "event": call.event}
    return {name: _filled(value, values, str) for name, value in hook.headers.items()}


def _filled(template: str, values: Mapping[str, str], escape: Callable[[str], str]) -> str:
    """Return a template with its {words} in place; a word that this event has no value for is empty."""
    return _WORD.sub(lambda found: escape(values.get(found[1], "")), template)


def _quoted(value: str) -> str:
    return quote(value, safe="")


def _in_json(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)[1:-1]


def send(request: WebRequest, seconds: float) -> Answer:
    """Send a request once; everything together takes at most so long. Raises nothing but programming errors."""
    headers = {**request.headers, "User-Agent": "mailbot", "Connection": "close"}
    try:
        with web.calling(request.url, seconds) as connection:
            connection.request(request.method, web.target(request.url), body=request.body, headers=headers)
            return _judged(connection.getresponse())
    except TimeoutError:
        return Answer(taken=False, says="no answer in time")
    except ssl.SSLCertVerificationError:
        return Answer(taken=False, says="its certificate is not trusted")
    except (OSError, HTTPException, ValueError) as exc:
        return Answer(taken=False, says=f"no answer ({type(exc).__name__})")


def _judged(response: HTTPResponse) -> Answer:
    taken = 200 <= response.status < 300
    body = response.read(MAX_ANSWER + 1) if taken else b""
    if len(body) > MAX_ANSWER:
        return Answer(taken=False, says=f"{response.status}, an answer of more than {MAX_ANSWER // 1024} KB")
    if taken and response.length:
        return Answer(taken=False, says=f"{response.status}, and an answer that was cut off")
    return Answer(taken=taken, says=str(response.status), wait=_wait(response), body=body)


def _wait(response: HTTPResponse) -> timedelta | None:
    """Return what Retry-After asks for (RFC 9110 section 10.2.3): seconds or a date."""
    asked = (response.getheader("Retry-After") or "").strip()
    if re.fullmatch(r"[0-9]{1,7}", asked):
        return timedelta(seconds=int(asked))
    try:
        return max(parsedate_to_datetime(asked) - datetime.now(UTC), timedelta(0))
    except (TypeError, ValueError, OverflowError):
        return None
