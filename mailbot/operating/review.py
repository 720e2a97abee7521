"""What the operator decides: carry out, close, undo (to refuse: refusals.py). Each goes through a mail's own rows.

`release` (rights.py) says that the operator made sure who asks: the request is decided anew as if it had been proven.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mailbot.deciding.decision import Owed, Role
from mailbot.errors import ConflictError, NobodyOnFile
from mailbot.operating import places, review_forms
from mailbot.pipeline import Line, owe
from mailbot.reading.address import address_key
from mailbot.reading.claim import TAG_KINDS
from mailbot.store import effects, forms, journal, obligations, people
from mailbot.store.outbox import schedule_destruction
from mailbot.store.tables import Person, Request
from mailbot.store.unit import Unit

if TYPE_CHECKING:
    from mailbot.deciding.facts import PersonFacts

AS = {"erasure": "withdrawal", "objection": "unsubscribe"}  # a right → what it is carried out as


def take(unit: Unit, number: str) -> Any:
    """Return an open request, and make it the unit's. Raises InputError, ConflictError."""
    require_live(unit)
    row = journal.claim(unit, number)
    if not journal.is_undecided(row):
        waits = row.answer_due_at is not None
        what = "only its answer waits, and goes out by itself" if waits else "nothing of it is open"
        raise ConflictError(f"request {row.id} is {row.state}: {what}")
    unit.request_id = row.id
    return row


def require_live(unit: Unit) -> None:
    """Refuse what shadow mode does not do. Raises ConflictError."""
    if unit.in_shadow():
        raise ConflictError("shadow mode changes nothing and answers nobody: `mailbot live` first")


def carry_out(unit: Unit, line: Line, row: Any, person: str | None, checked: str) -> str:
    """Carry an open request out for the person on file; return what was done.

    Raises InputError (nobody to do it for), ConflictError (nothing in it can be carried out).
    """
    from mailbot.operating.anew import decide  # late: it loads all of the rules

    if "obligations" in row.open:
        obligation_closed(unit, line, row, checked)
        return "no obligation is open: destroyed when the window ends"
    if _is_stopped(unit, row):
        _go_on(unit, line, row, checked)
        over = row.reason == "many_mails"
        return "it goes on: destroyed " + ("at the next pass" if over else "when the window ends")
    if row.kind == "form":
        review_forms.release(unit, row, person, checked)
        return "taken into the register"
    asked = AS.get(row.kind, row.kind)
    kind = row.fields.get("other_kind") or asked
    left = kind != asked or any(item[1] == "operator" for item in row.pending)
    if kind not in TAG_KINDS or (row.state == "applied" and not left):
        raise ConflictError(f"request {row.id} holds nothing that can be carried out: answer it, then `close` it")
    decision = decide(unit, line, row, kind, person_for(unit, row, person, kind))
    unit.apply_released(decision)
    unit.update(Request, row.id, checked=checked)
    for owed in decision.owed:
        owe(unit, owed, line)
    return decision.outcome if kind == row.kind else f"carried out as {kind}"


def person_for(unit: Unit, row: Any, address: str | None, kind: str) -> PersonFacts | None:
    """Return the person for whom a request is carried out; an unsubscribe needs none."""
    ids = [row.person_id] if row.person_id else []
    if address:  # an address, or the id that `people show` prints, where several share the address
        ids = people.ids_of(unit.connection, address) or [address]
    if not ids and not address:
        ids = people.ids_at(unit.connection, row.address)
    found = [p for p in (people.facts(unit.connection, i) for i in ids) if p is not None]
    if len(found) == 1:
        return found[0]
    if kind == "unsubscribe":
        return None
    who = "several people are" if found else "nobody is"
    where = "that address" if address else "the address of this mail"
    raise NobodyOnFile(f"request {row.id}: {who} on file under {where}; name the person with --person")


def obligation_closed(unit: Unit, line: Line, row: Any, checked: str) -> None:
    """No course, debt or refund is open any more: destroyed when the window ends, and the person is told."""
    opens = [item for item in row.open if item != "obligations"]
    in_part = unit.row(Person, row.person_id).blocked == "obligation"  # its use went on until now
    at = unit.now if in_part else row.decided_at
    fields = {**row.fields, "stopped_at": at.isoformat()}
    unit.update(Request, row.id, open=opens, due_at=None, checked=checked, reason="withdrawal_proven", fields=fields)
    unit.update(Person, row.person_id, blocked="withdrawal")
    obligations.close(unit.connection, row.person_id, unit.now)
    schedule_destruction(unit, row.id, line.rules.deadlines.window_end)
    end = unit.row(Request, row.id).destroy_at
    role: Role = "receipt" if end is None else "notice"  # a receipt opens the window, a notice only tells its end
    end = end or line.rules.deadlines.window_end(unit.now)
    told: dict[str, Any] = {"obligations": False, "due_at": None, "destroy_at": end}
    told["places"] = places.elsewhere(line, end)
    tell(unit, line, row, "withdrawal-stopped", role=role, stopped_at=at, **told)
    unit.event("released", "no_obligations", who="operator", person_id=row.person_id)


def _is_stopped(unit: Unit, row: Any) -> bool:
    """Tell whether a withdrawal was carried out and its destruction is held back."""
    person = unit.row(Person, row.person_id) if row.kind == "withdrawal" and row.person_id else None
    return person is not None and person.blocked == "withdrawal" and row.state == "applied"


def _go_on(unit: Unit, line: Line, row: Any, checked: str) -> None:
    """Let a stopped withdrawal go on: with its window where it has one, else with a new receipt that opens one.

    Where only the number of mails was asked about, the window is over and stays so.
    """
    values: dict[str, Any] = {
        "state": "applied",
        "open": [],
        "due_at": None,
        "reason": "withdrawal_proven",
        "checked": checked,
    }
    unit.update(Request, row.id, **values)
    over = row.reason == "many_mails"
    if row.destroy_at is None or (row.destroy_at <= unit.now and not over):  # a question held the window back until now
        unit.update(Request, row.id, destroy_at=None)
        end = line.rules.deadlines.window_end(unit.now)
        told: dict[str, Any] = {"obligations": False, "due_at": None, "destroy_at": end}
        told["places"] = places.elsewhere(line, end)
        tell(unit, line, row, "withdrawal-stopped", stopped_at=row.decided_at, **told)
    unit.event("released", "goes_on", who="operator", person_id=row.person_id)


def tell(unit: Unit, line: Line, row: Any, template: str, *, role: Role = "receipt", **values: Any) -> str:
    """Owe a mail about a request to the address on file that wrote, or to the proven writer about himself.

    Returns the address, "" where there is none that may be told.
    """
    on_file = people.addresses(unit.connection, row.person_id) if row.person_id else []
    keys = {address_key(a): a for a in on_file}
    to = keys.get(row.address_key) or (on_file[0] if on_file else row.address if row.level == "authenticated" else "")
    if to:
        common: dict[str, Any] = {"language": row.language, "values": values, "threads": wrote(row, to)}
        owe(unit, Owed(template=template, role=role, to=to, **common), line)
    return to


def wrote(row: Any, address: str) -> bool:
    """Tell whether a request's mail came from that address: nobody else is shown to what we answer."""
    return bool(row.address_key == address_key(address))


def close(line: Line, number: str) -> None:
    """Close a request that is none, or was settled by hand; of a destroyed person: the mails left were looked at.

    Raises InputError, ConflictError.
    """
    with line.store.unit() as unit:
        if number.upper() in journal.mails_untold(unit.connection):
            row = journal.find(unit.connection, number)
            unit.update(Request, row.id, fields={**row.fields, "mails_told": True})
            return
        row = take(unit, number)
        if "obligations" in row.open:
            raise ConflictError(
                f"request {row.id} waits for one answer: `release` (nothing is open) or `refuse --reason obligation`"
            )
        if _is_stopped(unit, row):
            raise ConflictError(f"request {row.id}: the data are stopped and not destroyed yet: `release` or `undo` it")
        effects.close_questions(unit, row.id, "closed")
        state = row.state if row.state in ("applied", "undone") else "ignored"
        unit.update(Request, row.id, state=state, open=[], due_at=None, closed_at=unit.now, reason="closed")
        if row.kind == "form":
            forms.forget_form(unit, row.id)
        unit.event("closed", who="operator", person_id=row.person_id)


def undo(line: Line, number: str) -> None:
    """Take back what a request changed. Raises InputError, ConflictError (nothing to take back, or changed since)."""
    from mailbot.store.gather import request_facts

    with line.store.unit() as unit:
        require_live(unit)
        row = journal.claim(unit, number)
        facts = request_facts(unit, row)
        alive = row.person_id is not None and unit.row(Person, row.person_id) is not None
        if row.state != "applied" or row.kind not in TAG_KINDS or not alive:
            raise ConflictError(f"request {row.id} is {row.state}: there is nothing to take back")
        if not facts.undo_clean:
            raise ConflictError(f"request {row.id}: what it changed was changed again since; correct it by hand")
        unit.request_id = row.id
        places.put_back(unit, line, row.id)
        if row.kind == "unsubscribe":
            effects.restore_news(unit, row.id)
        else:
            effects.undo(unit, row.id)
        unit.update(Request, row.id, state="undone", open=[], due_at=None, closed_at=unit.now, reason="undone")
        told = tell(unit, line, row, "undone", undone_kind=row.kind)
        others = people.addresses(unit.connection, row.person_id) if row.kind != "unsubscribe" else []
        for addr in (a for a in others if a != told):
            values = {"undone_kind": row.kind}
            notice = Owed(
                template="undone-notice", role="notice", to=addr, language=row.language, values=values, threads=False
            )
            owe(unit, notice, line)
        unit.event("undone", who="operator", person_id=row.person_id)
