"""The pages of requests: the queue, one request, and what the operator does with it. Each act is a verb of operating/.

A form bears how the request stood when its page was made; where it stands otherwise by now, nothing is done (409).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import quote

from starlette.responses import Response

from mailbot.console.visit import Visit
from mailbot.operating import changing, ownwords, places, refusals, review, rights
from mailbot.operating.queue import page as queue_page
from mailbot.operating.shown import shown, stamp

UNDECIDED = ("held", "left", "challenged", "asked")
UNDOABLE = ("update", "withdrawal", "unsubscribe")


def queue(visit: Visit) -> Response:
    """Show one page of the queue."""
    asked = visit.request.query_params.get("page", "1")
    number = int(asked) if asked.isdecimal() and len(asked) < 7 else 1
    store = visit.line.store
    values = {"queue": queue_page(visit.line, number), "shadow": store.shadow, "paused": store.paused}
    return visit.page("queue.html", {**values, "now": store.clock()})


def request(visit: Visit) -> Response:
    """Show one request with the person's own words and what can be done."""
    number = visit.request.path_params["number"]
    seen, one = stamp(visit.line, number), shown(visit.line, number)  # what comes between makes the form stale
    with visit.console.mailbox:
        words = ownwords.words(visit.line, visit.console.app.mailbox, number)
    undecided = bool({"operator", "obligations", "new_address"} & set(one["open"])) or one["outcome"] in UNDECIDED
    acts = visit.opened is not None and visit.opened.may_act and not visit.line.store.shadow
    can_undo = one["outcome"] == "applied" and one["kind"] in UNDOABLE and one["reason"] != "destroyed"
    return visit.page("request.html", {
        "one": one, "words": words, "seen": seen, "acts": acts, "undecided": undecided, "can_undo": can_undo,
        "refusals": refusals.REFUSALS, "shadow": visit.line.store.shadow, "obliged": "obligations" in one["open"],
        "by_hand": one["kind"] is None or one["kind"] in rights.BY_HAND,
        "kinds": changing.KINDS if _may_be_another(one) else (),
    })  # fmt: skip


def _may_be_another(one: dict[str, Any]) -> bool:
    """Tell whether the operator may say that it asks something else: nothing of it was decided yet."""
    open_ = one["state"] in changing.WAITS and one["outcome"] in changing.WAITS and one["kind"] != "form"
    return bool(open_) and "obligations" not in one["open"]


def file(visit: Visit) -> Response:
    """Hand one attachment on as octets that a browser saves and does not open."""
    params = visit.request.path_params
    with visit.console.mailbox:
        name, octets = ownwords.file(visit.line, visit.console.app.mailbox, params["number"], params["at"])
    saved = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
    return Response(octets, media_type="application/octet-stream", headers={"Content-Disposition": saved})


def as_it_was(visit: Visit) -> str:
    """Return the request's number, and have each act on it refused where it changed since the page was made."""
    visit.line = replace(visit.line, store=replace(visit.line.store, seen=visit.form.get("seen", "") or "-"))
    return str(visit.request.path_params["number"])


def _back(visit: Visit, number: str, done: str) -> Response:
    return visit.to(f"/requests/{number}?done={done}")


def release(visit: Visit) -> Response:
    """Carry a request out."""
    number = as_it_was(visit)
    rights.release(visit.line, number, visit.form.get("person", "").strip() or None, visit.form.get("checked", ""))
    return _back(visit, number, "release")


def preview(visit: Visit) -> Response:
    """Show the mails that a release would send; nothing is changed."""
    number = as_it_was(visit)
    person, checked = visit.form.get("person", "").strip(), visit.form.get("checked", "")
    _, mails = rights.preview(visit.line, number, person or None, checked)
    texts = [(mail.recipient, mail.subject, mail.body.rpartition("\n\n[")[0]) for mail in mails]
    said = {"person": person, "checked": checked, "seen": visit.form["seen"], "number": number}
    return visit.page("preview.html", {"mails": texts, **said})


def refuse(visit: Visit) -> Response:
    """Refuse a request with a reason."""
    number = as_it_was(visit)
    refusals.refuse(visit.line, number, visit.form.get("reason", ""), visit.form.get("note", "").strip())
    return _back(visit, number, "refuse")


def close(visit: Visit) -> Response:
    """Close what is no request."""
    number = as_it_was(visit)
    review.close(visit.line, number)
    return _back(visit, number, "close")


def undo(visit: Visit) -> Response:
    """Take back what a request changed."""
    number = as_it_was(visit)
    review.undo(visit.line, number)
    return _back(visit, number, "undo")


def tick(visit: Visit) -> Response:
    """Note that another place did its part."""
    number = as_it_was(visit)
    places.tick(visit.line, number, visit.form.get("place", ""))
    return _back(visit, number, "tick")
