"""The pages that set a request right before it is decided, and answer it by hand. Each act is a verb of operating/."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from mailbot.console.desk import as_it_was
from mailbot.console.visit import Visit
from mailbot.console.words import LANGUAGES, word
from mailbot.operating import changing, letters
from mailbot.operating.cells import wrong_cell
from mailbot.operating.shown import shown, stamp
from mailbot.reading.claim import FIELD_NAMES

READY = ("complaint", "question", "more", "elsewhere")  # texts to begin with


def rekind(visit: Visit) -> Response:
    """Say what a request asks."""
    number = as_it_was(visit)
    with visit.console.mailbox:
        changing.rekind(visit.line, visit.console.app.mailbox, number, visit.form.get("kind", ""))
    return visit.to(f"/requests/{number}?done=rekind")


def editing(visit: Visit) -> Response:
    """Show what an update states, to be corrected."""
    number = visit.request.path_params["number"]
    seen, one = stamp(visit.line, number), shown(visit.line, number)
    return _edit(visit, {name: one["fields"].get(name) or "" for name in FIELD_NAMES}, {}, seen)


def edit(visit: Visit) -> Response:
    """Correct what was changed on the form; what can't be taken is named and stays typed."""
    number = as_it_was(visit)
    stated = shown(visit.line, number)["fields"]
    typed = {name: visit.form.get(name, "").strip() for name in FIELD_NAMES}
    zone = visit.line.rules.deadlines.zone
    wrong = {name: says for name in FIELD_NAMES if (says := wrong_cell(name, typed[name], zone))}
    if wrong:
        return _edit(visit, typed, wrong, visit.form.get("seen", ""), 422)
    changed = {name: value for name, value in typed.items() if value != (stated.get(name) or "")}
    if changed:
        changing.edit(visit.line, number, changed)
    return visit.to(f"/requests/{number}?done={'edit' if changed else ''}")


def _edit(visit: Visit, cells: dict[str, str], wrong: dict[str, str], seen: str, status: int = 200) -> Response:
    one = shown(visit.line, visit.request.path_params["number"])
    values: dict[str, Any] = {"cells": cells, "wrong": wrong, "seen": seen, "number": one["id"], "names": FIELD_NAMES}
    return visit.page("edit.html", values, status)


def writing(visit: Visit) -> Response:
    """Show the form of an answer in the operator's own words, with a text to begin with where one was chosen."""
    number, ready = visit.request.path_params["number"], visit.request.query_params.get("ready", "")
    one = shown(visit.line, number)
    person = one["language"].split("+")[0]
    text = word(person, f"ready.{ready}") if ready in READY and person in LANGUAGES else ""
    return _write(visit, text, settles=True)


def _write(visit: Visit, text: str, *, settles: bool) -> Response:
    number = visit.request.path_params["number"]
    one = shown(visit.line, number)
    values = {"text": text, "settles": settles, "seen": stamp(visit.line, number), "one": one, "ready": READY}
    return visit.page("answer.html", values)


def draft(visit: Visit) -> Response:
    """Show the mail as it would go, to be sent or written on; nothing is changed."""
    number = as_it_was(visit)
    text, settles = visit.form.get("text", ""), visit.form.get("settles", "") == "yes"
    mails = letters.preview(visit.line, number, text, settles=settles)
    texts = [(mail.recipient, mail.subject, mail.body.rpartition("\n\n[")[0]) for mail in mails]
    said = {"text": text, "settles": settles, "seen": visit.form["seen"], "number": number}
    return visit.page("draft.html", {"mails": texts, **said})


def rewrite(visit: Visit) -> Response:
    """Go back to the form with what was written."""
    return _write(visit, visit.form.get("text", ""), settles=visit.form.get("settles", "") == "yes")


def send(visit: Visit) -> Response:
    """Owe the person the answer."""
    number = as_it_was(visit)
    settles = visit.form.get("settles", "") == "yes"
    letters.answer(visit.line, number, visit.form.get("text", ""), settles=settles)
    return visit.to(f"/requests/{number}?done=send")
