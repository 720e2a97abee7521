"""What falls due: a question reminded once after a day, refused when its clock ends, the operator reminded.

Silence never destroys anything and never carries anything out (decisions: section 4, row 19).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from mailbot.deciding.answers import address_kept
from mailbot.deciding.decision import Owed
from mailbot.operating import reminders, review
from mailbot.pipeline import Line, owe
from mailbot.store import effects, forms, journal, obligations, people, restored
from mailbot.store.gather import request_facts
from mailbot.store.tables import Question, Request
from mailbot.store.unit import Unit

DAY = timedelta(days=1)


def lapse(line: Line) -> None:
    """Close obligations whose last day is over; a withdrawal that waited goes on, and the person is told."""
    if line.store.shadow:
        return
    with line.store.unit() as unit:
        today = unit.now.astimezone(line.rules.deadlines.zone).date()
        for person_id in dict.fromkeys(obligations.close_lapsed(unit.connection, today, unit.now)):
            person = people.facts(unit.connection, person_id)
            request = journal.waiting_for_obligation(unit.connection, person_id)
            if request is not None and person is not None and not person.open_obligations:
                unit.request_id = request.id
                review.obligation_closed(unit, line, request, "")


def tick(line: Line, folder: str) -> None:
    """Do what is due now; nothing while paused or in shadow, and to people only what the mailbox was read for."""
    if not line.store.acts:
        return
    with line.store.unit() as unit:
        _to_people(unit, line, restored.read_until(unit, folder))
        unit.request_id = ""
        reminders.remind(unit)
        journal.remind_operator(unit.connection, unit.now, DAY)


def _to_people(unit: Unit, line: Line, until: datetime | None) -> None:
    """Do what a person hears of: only of what came by `until`, since her answer may lie in a mailbox not read since."""
    if until is None:
        return
    for question in journal.questions_over(unit.connection, until):
        _expire(unit, line, question)
    for question in journal.questions_unreminded(unit.connection, until - DAY):
        _remind(unit, line, question)
    reminders.put_off(unit, line, until)


def _remind(unit: Unit, line: Line, question: Any) -> None:
    """Ask once more, in the same words; the old token stays as good as the new one."""
    request = unit.row(Request, question.request_id)
    unit.update(Question, question.token, reminded=True)
    if request is None or question.waits_for == "ask" or request.kind == "form":
        return  # who filled a form in may have typed another's address: he is asked once
    unit.request_id = request.id
    values = {"due_at": question.expires_at}
    stopped = people.stopped_news(unit.connection, request.id)
    wrote = question.address_key == request.address_key  # else the request's mail is another person's
    template = "new-address" if question.waits_for == "new_address" else "challenge"
    if template == "challenge":
        values |= {"asked_at": request.received_at, "news_stopped": stopped}
    owed = Owed(
        template=template, role="question", to=question.address, language=request.language, values=values,
        waits_for=question.waits_for, threads=template == "challenge" and wrote,
        proven=journal.asked_by_proven(unit.connection, question.token),
    )  # fmt: skip
    rendered = owe(unit, owed, line)
    unit.update(Question, rendered.message_id[1:27], reminded=True)


def _expire(unit: Unit, line: Line, question: Any) -> None:
    """Nobody answered until an hour before the clock ends: the reasoned refusal, and only then the request is expired.

    A question that could not be sent yet (a pause, a courier that is down) is not over: it gets another day.
    """
    if not journal.was_sent(unit.connection, question.token):
        unit.update(Question, question.token, expires_at=line.rules.deadlines.asks_until(unit.now, unit.now))
        return
    if unit.row(Question, question.token).closed_at is not None:
        return  # with the one that it repeats
    unit.request_id = question.request_id
    effects.close_question(unit, question.token, "expired")
    request = unit.row(Request, question.request_id)
    if request is None:
        return
    other = "operator" in request.open or journal.asks_for_data(unit.connection, request.id, unit.now)
    if question.waits_for == "ask" or request.state != "challenged" or other:
        _expire_part(unit, line, request, question.waits_for)
        return
    unit.update(
        Request, request.id, state="expired", reason="not_confirmed", open=[], pending=[], due_at=None,
        closed_at=unit.now,
    )  # fmt: skip
    unit.event("expired", "not_confirmed")
    if request.kind == "form":
        forms.forget_form(unit, request.id)
        return
    if question.waits_for == "new_address":
        _address_kept(unit, line, request)
        return
    values = {"code": "not_confirmed", "note": ""}
    proven = journal.asked_by_proven(unit.connection, question.token)  # else it is counted with what anybody can do
    refusal = Owed(
        template="refused", role="receipt", to=question.address, language=request.language, values=values, proven=proven
    )
    owe(unit, refusal, line)


def _expire_part(unit: Unit, line: Line, request: Any, waits_for: str) -> None:
    """End what a question was about: what was done stays done, what waits for the operator or for data waits on."""
    pending = [item for item in request.pending if item[1] != waits_for]
    opens = [item for item in request.open if item != waits_for]
    over = request.state == "applied" and not opens
    state = request.state
    if state == "challenged" and waits_for != "ask":
        state = "held" if opens else "asked"
    unit.update(Request, request.id, state=state, pending=pending, open=opens, due_at=None if over else request.due_at)
    if waits_for == "new_address":
        unit.event("address_not_confirmed")
        _address_kept(unit, line, request)


def _address_kept(unit: Unit, line: Line, request: Any) -> None:
    """Tell who asked for a new address that it stays as it is."""
    person = people.facts(unit.connection, request.person_id) if request.person_id else None
    for owed in address_kept(request_facts(unit, request), person):
        owe(unit, owed, line)
