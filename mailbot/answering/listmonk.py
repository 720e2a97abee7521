"""The hook preset for listmonk: its subscriber is looked up by the address, then unsubscribed, blocked or deleted.

Its search is a piece of SQL and may match more than was meant, so what it finds is compared whole. Nobody found is a
success: there is nothing to follow. Source: listmonk's API, /api/subscribers.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from mailbot.answering.webhook import Answer, Send, WebRequest
from mailbot.sources import Hook
from mailbot.store.hooks import Call

UNREADABLE = Answer(taken=False, says="200, but no answer of listmonk's")
NAMES = ("given_name", "surname")


def deliver(hook: Hook, call: Call, secret: str, send: Send) -> Answer:
    """Carry one event out at listmonk; every step may be repeated."""
    root = hook.url.rstrip("/")
    headers = {"Content-Type": "application/json"}
    headers |= {name: value.replace("{secret}", secret) for name, value in hook.headers.items()}

    def ask(method: str, path: str, values: dict[str, Any] | None = None) -> Answer:
        body = json.dumps(values).encode() if values is not None else b""
        request = WebRequest(method=method, url=root + path, headers=headers, body=body)
        return send(request, hook.timeout_seconds)

    address = call.identifier.replace("'", "''")
    query = quote(f"LOWER(subscribers.email) = LOWER('{address}')", safe="")
    found = ask("GET", f"/api/subscribers?page=1&per_page=100&query={query}")
    if not found.taken:
        return found
    try:
        results = json.loads(found.body)["data"]["results"] or []
        mine = [each for each in results if each["email"].casefold() == call.identifier.casefold()]
        steps = [_step(each, call) for each in mine]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return UNREADABLE
    answer = found
    for step in steps:
        if step is not None:
            answer = ask(*step)
            if not answer.taken:
                break
    return answer


def _step(subscriber: dict[str, Any], call: Call) -> tuple[str, str, dict[str, Any] | None] | None:
    """Return the one request that an event needs; None where there is nothing to do."""
    number = int(subscriber["id"])
    if call.event == "person.destroyed":
        return "DELETE", f"/api/subscribers/{number}", None
    if call.event == "person.stopped":  # listmonk's blocklist: unsubscribed from every list, mailed no more
        return "PUT", "/api/subscribers/blocklist", {"ids": [number]}
    lists = [int(each["id"]) for each in subscriber["lists"] or []]
    if call.event == "person.unsubscribed":
        leave = {"ids": [number], "action": "unsubscribe", "target_list_ids": lists}
        return ("PUT", "/api/subscribers/lists", leave) if lists else None
    name = " ".join(call.fields[part] for part in NAMES if call.fields.get(part))
    email = call.fields.get("email") or subscriber["email"]
    if not name and email == subscriber["email"]:
        return None
    # What a PUT leaves out is cleared: its lists and attributes go along as they are.
    kept = {"status": subscriber["status"], "lists": lists, "attribs": subscriber["attribs"] or {}}
    values: dict[str, Any] = {"email": email, "name": name or subscriber["name"], **kept}
    values["preconfirm_subscriptions"] = False
    return "PUT", f"/api/subscribers/{number}", values
