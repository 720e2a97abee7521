"""Somebody on file has died: one verb ends all mail to that person; the letter to whoever wrote is the operator's.

The record itself is kept as it is, used by nobody, until the operator knows what the heirs wish (as in a dispute).
"""

from __future__ import annotations

from typing import Any

from mailbot.deciding.decision import Decision, Effect, Owed
from mailbot.deciding.facts import Facts, PersonFacts
from mailbot.deciding.places import with_places
from mailbot.errors import ConflictError
from mailbot.operating.review import person_for, take
from mailbot.pipeline import Line, frame_for, owe
from mailbot.reading.address import address_key
from mailbot.store import disputes, mourning
from mailbot.store.tables import Request
from mailbot.store.unit import Unit


def deceased(line: Line, number: str, address: str, *, send: bool = False) -> str:
    """Stop all mail to a person who has died; return the letter to whoever wrote, sent at once where `send` says so.

    `address` is one of the dead person's on file: who writes is mostly somebody else. May be repeated: a first call
    stops the mail and shows the letter, a second one sends it. Raises InputError (no such request, nobody there),
    ConflictError (closed, or the writer is not proven and the address not the dead person's).
    """
    with line.store.unit() as unit:
        row = take(unit, number)
        person = person_for(unit, row, address, "update")
        assert person is not None
        if row.fields.get("deceased") != person.id:
            _stop(unit, line, row, person)
        owed = Owed(
            template="condolence", role="final", to=row.address, language=row.language, values={"stopped": "all"}
        )
        if send:
            letter = owe(unit, _to_writer(owed, row, person), line)
            closed: dict[str, Any] = {"state": "applied", "reason": "deceased", "open": [], "due_at": None}
            unit.update(Request, row.id, closed_at=unit.now, **closed)
            unit.event("answered", "deceased", who="operator", person_id=person.id)
        else:
            letter = line.write(owed, frame_for(unit, owed, line.frame, unit.new_id(26)))
    return letter.body.rpartition("\n\n[")[0]


def _stop(unit: Unit, line: Line, row: Any, person: PersonFacts) -> None:
    """End the news and every question and answer that waits; block the record; open the tasks at other places."""
    mourning.end_mail(unit, person.id)
    stops = tuple(Effect(verb="stop_news", args={"address": each}) for each in person.emails)
    decision = Decision(
        outcome=row.outcome, row="11", reason="deceased", kind=row.kind, state=row.state, person_id=person.id,
        effects=stops,
    )  # fmt: skip
    facts = Facts(now=unit.now, received_at=unit.now, people=(person,))
    unit.carry_out(with_places(line.rules.policy, line.rules.deadlines, facts, decision))
    unit.update(Request, row.id, fields={**row.fields, "deceased": person.id}, told_at=unit.now)
    disputes.block(unit, person.id, "deceased")


def _to_writer(owed: Owed, row: Any, person: PersonFacts) -> Owed:
    """Return the letter, where it may go to whoever wrote. Raises ConflictError."""
    theirs = row.address_key in {address_key(each) for each in person.emails}
    if not row.address or not (theirs or row.level == "authenticated"):
        raise ConflictError(
            f"request {row.id}: it is not proven who wrote, so mailbot sends nothing: phone, or answer from your own "
            "mail with the words that are shown without --send"
        )
    return owed
