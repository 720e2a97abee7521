"""Row 16: a proven update of a person on file; what is applied, asked first, held or asked back. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from mailbot.deciding.case import Case, answer_by, asks_change, not_past, receipt, undo_until
from mailbot.deciding.decision import Decision, Effect, Owed
from mailbot.deciding.diff import diff, record, veiled
from mailbot.deciding.facts import PersonFacts
from mailbot.reading.claim import FIELD_NAMES, Unclear


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What an update would do, field by field."""

    apply: dict[str, Any]
    operator: tuple[str, ...]
    new_email: str
    replaces: str
    unclear: tuple[Unclear, ...]


def plan(case: Case, person: PersonFacts) -> Plan:
    """Sort the stated fields into those applied, those for the operator, the new address and the unclear."""
    extract, rules = case.claim.extract, case.policy.fields
    apply: dict[str, Any] = {}
    operator: list[str] = []
    unclear = list(extract.unclear)
    new_email = replaces = ""
    for name in FIELD_NAMES:
        if name not in extract.fields:
            continue
        if rules.handling(name) == "operator":
            operator.append(name)
        elif name == "email":
            new_email, replaces = _new_email(case, person, unclear)
        elif name == "phone":
            _plan_phone(case, person, apply, unclear)
        else:
            stated = extract.fields[name] or ""  # a patronymic of None: the person says that there is none
            if stated != (_on_file(person, name) or ""):
                apply[name] = stated
    return Plan(apply=apply, operator=tuple(operator), new_email=new_email, replaces=replaces, unclear=tuple(unclear))


def _on_file(person: PersonFacts, name: str) -> str | None:
    value = person.fields.get(name)
    return value.isoformat() if isinstance(value, date) else value


def _new_email(case: Case, person: PersonFacts, unclear: list[Unclear]) -> tuple[str, str]:
    """Return (new, replaced) address; ("", "") where nothing is to be asked."""
    extract = case.claim.extract
    on_file = {addr.casefold(): addr for addr in person.emails}
    new = [addr for addr in extract.emails if addr.casefold() not in on_file]
    if not new:
        return "", ""
    if len(new) > 1:
        unclear.append(Unclear(field="email", text="", why="several_addresses"))
        return "", ""
    old = [on_file[a.casefold()] for a in extract.old.get("email", ()) if a.casefold() in on_file]
    return new[0], old[0] if old else case.address


def _plan_phone(case: Case, person: PersonFacts, apply: dict[str, Any], unclear: list[Unclear]) -> None:
    """A new phone replaces the only one or the named old one; with several on file it must be named."""
    extract = case.claim.extract
    old = [number for number in extract.old.get("phone", ()) if number in person.phones]
    kept = [number for number in person.phones if number not in old]
    if old or len(person.phones) <= 1:
        stays = kept if old else []
        wanted = [*(n for n in extract.phones), *(n for n in stays if n not in extract.phones)]
        if wanted != list(person.phones):
            apply["phones"] = wanted
    elif not set(extract.phones) <= set(person.phones):
        unclear.append(Unclear(field="phone", text="", why="which_phone"))


def row_16(case: Case) -> Decision | None:
    """A proven update of a person on file."""
    person = case.person
    if not asks_change(case) or case.claim.kind != "update" or not case.proven or person is None:
        return None
    todo = plan(case, person)
    if not (todo.apply or todo.operator or todo.new_email):
        return _ask(case, todo) if todo.unclear or not case.claim.extract.fields else _unchanged(case, person)
    pending = [(name, "operator") for name in todo.operator]
    if todo.new_email:
        pending.append(("email", "new_address"))
    effects = [Effect(verb="supersede", args={"person_id": person.id, "kind": "update"})]
    if todo.apply:
        until = undo_until(case)
        effects.append(
            Effect(verb="change_fields", args={"person_id": person.id, "values": todo.apply, "until": until})
        )
    if todo.new_email:
        effects.append(Effect(verb="drop_address_questions", args={"person_id": person.id}))
        effects.append(Effect(verb="note_replaced", args={"address": todo.replaces}))
    return _update_decision(case, person, todo, tuple(pending), tuple(effects))


def _update_decision(
    case: Case, person: PersonFacts, todo: Plan, pending: tuple[tuple[str, str], ...], effects: tuple[Effect, ...]
) -> Decision:
    changed = veiled(diff(record(person), todo.apply))
    outcome = "apply" if changed else "challenge" if todo.new_email else "hold"
    reason = {"apply": "update_proven", "challenge": "new_address_asked", "hold": "fields_for_operator"}[outcome]
    state = {"apply": "applied", "challenge": "challenged", "hold": "held"}[outcome]
    open_ = (("operator",) if todo.operator else ()) + (("new_address",) if todo.new_email else ())
    due = case.due(proven=bool(todo.operator)) if open_ or todo.unclear else None
    values: dict[str, Any] = {
        "pending": [{"field": f, "waits_for": w} for f, w in pending],
        "unclear": [{"field": u.field, "why": u.why} for u in todo.unclear],
        "changed": changed, "undo_until": undo_until(case) if changed else None,
        "due_at": not_past(case, due) if due else None,
    }  # fmt: skip
    main = receipt(case, "update-applied" if changed else "update-waiting", **values)
    if todo.unclear:
        main = replace(main, waits_for="ask")
    owed = [main]
    if todo.new_email:
        question = Owed(
            template="new-address", role="question", to=todo.new_email, language=case.language,
            waits_for="new_address", threads=False, proven=False, values={"due_at": answer_by(case)},
        )  # fmt: skip
        owed.append(question)
    return Decision(
        outcome=outcome, row="16", reason=reason, kind="update", state=state,  # type: ignore[arg-type]
        person_id=person.id, due_at=due, open=open_,  # type: ignore[arg-type]
        effects=effects, owed=tuple(owed), pending=pending, tell_operator=bool(todo.operator),
    )  # fmt: skip


def _unchanged(case: Case, person: PersonFacts) -> Decision:
    """Everything the person stated stands in the register already: said so, as done."""
    stated = veiled(diff({}, case.claim.extract.fields))
    owed = receipt(case, "update-applied", changed=stated, pending=[], unclear=[], undo_until=None, due_at=None)
    return Decision(
        outcome="apply", row="16", reason="update_proven", kind="update", state="applied",
        person_id=person.id, owed=(owed,),
    )  # fmt: skip


def _ask(case: Case, todo: Plan) -> Decision:
    """Nothing found, or nothing clear: ask back; nothing changes."""
    person_id = case.person.id if case.person else None
    unclear = [{"field": u.field, "why": u.why} for u in todo.unclear]
    missing = [u.field for u in todo.unclear] or list(FIELD_NAMES)
    due = case.due()
    owed = receipt(case, "ask", role="question", unclear=unclear, missing=missing, due_at=answer_by(case))
    return Decision(
        outcome="ask", row="16", reason="fields_unclear" if unclear else "fields_missing", kind="update",
        state="asked", person_id=person_id, due_at=due,
        effects=(Effect(verb="supersede", args={"person_id": person_id, "kind": "update"}),),
        owed=(replace(owed, waits_for="ask"),),
    )  # fmt: skip
