"""Rows 15 to 22: updates and withdrawals of people on file and of unknown writers. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from mailbot.deciding.case import Case, hold, receipt, received, undo_until
from mailbot.deciding.decision import Decision, Effect, Owed
from mailbot.deciding.facts import PersonFacts
from mailbot.reading.claim import FIELD_NAMES, Unclear
from mailbot.reading.fold import fold


def asks_change(case: Case) -> bool:
    """Tell whether rows 15 to 22 speak of this claim."""
    return case.claim.acts and case.claim.kind in ("update", "withdrawal")


def row_15(case: Case) -> Decision | None:
    """An address of several people: a challenge if the own text names exactly one of them, else held."""
    if not asks_change(case) or len(case.facts.people) < 2:
        return None
    words = set(fold(f"{case.message.own_text} {case.message.signature}").split())
    named = [p for p in case.facts.people if _names(p) and _names(p) <= words]
    if len(named) != 1:
        return hold(case, "15", "shared_address")
    return _challenge(case, "15", "shared_named", named[0])


def _names(person: PersonFacts) -> set[str]:
    return set(fold(f"{person.surname} {person.given_name}").split())


def row_15a(case: Case) -> Decision | None:
    """A person who is stopped or blocked: an update waits, a second withdrawal is a repeat."""
    person = case.person
    if not asks_change(case) or person is None or not person.blocked:
        return None
    if case.claim.kind == "withdrawal" and person.blocked == "withdrawal" and case.facts.earlier is not None:
        return _repeated(case)
    return hold(case, "16", "person_blocked" if person.blocked == "dispute" else "person_stopped")


def row_15b(case: Case) -> Decision | None:
    """The same again while it is open, with proof no better: it stands where the first one stands."""
    earlier = case.facts.earlier
    if not asks_change(case) or earlier is None or earlier.state not in ("challenged", "asked", "held"):
        return None
    if case.proven and not earlier.proven:
        return None  # better proof: the rows below decide, the earlier one is superseded
    if case.claim.kind == "withdrawal" or _stored(case) == earlier.fields.get("fields", {}):
        return _repeated(case)
    if not case.proven:
        return hold(case, "17", "challenge_open")
    return None


def _stored(case: Case) -> dict[str, str | None]:
    return dict(case.claim.extract.fields)


def _repeated(case: Case) -> Decision:
    earlier = case.facts.earlier
    assert earlier is not None
    outcome = earlier.outcome
    state = earlier.state
    return Decision(
        outcome=outcome, row="17", reason="repeated", kind=case.claim.kind, state=state, request_id=earlier.id,
        person_id=earlier.person_id,
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What an update would do, field by field."""

    apply: dict[str, object]
    operator: tuple[str, ...]
    new_email: str
    replaces: str
    unclear: tuple[Unclear, ...]


def plan(case: Case, person: PersonFacts) -> Plan:
    """Sort the stated fields into those applied, those for the operator, the new address and the unclear."""
    extract, rules = case.claim.extract, case.policy.fields
    apply: dict[str, object] = {}
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
            apply[name] = extract.fields[name] or ""  # a patronymic of None: the person says that there is none
    return Plan(apply=apply, operator=tuple(operator), new_email=new_email, replaces=replaces, unclear=tuple(unclear))


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
    return new[0], old[0] if old else on_file.get(case.writer.casefold(), person.emails[0])


def _plan_phone(case: Case, person: PersonFacts, apply: dict[str, object], unclear: list[Unclear]) -> None:
    """A new phone replaces the only one or the named old one; with several on file it must be named."""
    extract = case.claim.extract
    old = [number for number in extract.old.get("phone", ()) if number in person.phones]
    kept = [number for number in person.phones if number not in old]
    if old or len(person.phones) <= 1:
        stays = kept if old else []
        apply["phones"] = [*(n for n in extract.phones), *(n for n in stays if n not in extract.phones)]
    elif set(extract.phones) <= set(person.phones):
        apply["phones"] = list(person.phones)
    else:
        unclear.append(Unclear(field="phone", text="", why="which_phone"))


def row_16(case: Case) -> Decision | None:
    """A proven update of a person on file."""
    person = case.person
    if not asks_change(case) or case.claim.kind != "update" or not case.proven or person is None:
        return None
    todo = plan(case, person)
    if not (todo.apply or todo.operator or todo.new_email):
        return _ask(case, todo) if todo.unclear or not case.claim.extract.fields else _unchanged(case, todo)
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
        effects.append(Effect(verb="note_replaced", args={"address": todo.replaces}))
    return _update_decision(case, todo, tuple(pending), tuple(effects))


def _update_decision(
    case: Case, todo: Plan, pending: tuple[tuple[str, str], ...], effects: tuple[Effect, ...]
) -> Decision:
    changed = ["phone" if name == "phones" else name for name in todo.apply]
    outcome = "apply" if changed else "challenge" if todo.new_email else "hold"
    reason = {"apply": "update_proven", "challenge": "new_address_asked", "hold": "fields_for_operator"}[outcome]
    state = {"apply": "applied", "challenge": "challenged", "hold": "held"}[outcome]
    open_ = (("operator",) if todo.operator else ()) + (("new_address",) if todo.new_email else ())
    due = case.due(case.policy.clocks.proven if todo.operator else None) if open_ else None
    values = {
        "pending": [{"field": f, "waits_for": w} for f, w in pending],
        "unclear": [{"field": u.field, "why": u.why} for u in todo.unclear],
        "changed": changed, "undo_until": undo_until(case) if changed else None, "due_at": due,
    }  # fmt: skip
    main = receipt(case, "update-applied" if changed else "update-waiting", **values)
    if todo.unclear:
        main = replace(main, waits_for="ask")
    owed = [main]
    if todo.new_email:
        question = Owed(
            template="new-address", role="question", to=todo.new_email, language=case.language,
            waits_for="new_address", threads=False, values={"due_at": due},
        )  # fmt: skip
        owed.append(question)
    return Decision(
        outcome=outcome, row="16", reason=reason, kind="update", state=state,  # type: ignore[arg-type]
        person_id=case.person.id if case.person else None, due_at=due, open=open_,  # type: ignore[arg-type]
        effects=effects, owed=tuple(owed), pending=pending, tell_operator=bool(todo.operator),
    )  # fmt: skip


def _unchanged(case: Case, todo: Plan) -> Decision:
    """Everything the person stated stands in the register already: said so, as done."""
    stated = [name for name in FIELD_NAMES if name in case.claim.extract.fields]
    owed = receipt(case, "update-applied", changed=stated, pending=[], unclear=[], undo_until=None, due_at=None)
    return Decision(
        outcome="apply", row="16", reason="update_proven", kind="update", state="applied",
        person_id=case.person.id if case.person else None, owed=(owed,),
    )  # fmt: skip


def _ask(case: Case, todo: Plan) -> Decision:
    """Nothing found, or nothing clear: ask back; nothing changes."""
    unclear = [{"field": u.field, "why": u.why} for u in todo.unclear]
    missing = [u.field for u in todo.unclear] or list(FIELD_NAMES)
    due = case.due()
    owed = receipt(case, "ask", role="question", unclear=unclear, missing=missing, due_at=due)
    return Decision(
        outcome="ask", row="16", reason="fields_unclear" if unclear else "fields_missing", kind="update",
        state="asked", person_id=case.person.id if case.person else None, due_at=due,
        effects=(Effect(verb="supersede", args={"person_id": case.person.id if case.person else "", "kind": "update"}),),
        owed=(replace(owed, waits_for="ask"),),
    )  # fmt: skip


def row_17(case: Case) -> Decision | None:
    """An unproven update or withdrawal: a challenge to the address on file; only the news stop at once."""
    if not asks_change(case) or case.proven or case.person is None:
        return None
    reason = "sender_weak" if case.level == "weak" else "sender_unproven"
    return _challenge(case, "17", reason, case.person)


def _challenge(case: Case, row: str, reason: str, person: PersonFacts, to: str = "") -> Decision:
    news = case.claim.kind == "withdrawal" and row == "17"
    due = case.due()
    values = {"asked_at": case.facts.received_at, "due_at": due, "news_stopped": news}
    owed = Owed(
        template="challenge", role="question", to=to or case.writer, language=case.language, values=values,
        waits_for="confirm", proven=case.proven, threads=not to,
    )  # fmt: skip
    effects = (Effect(verb="stop_news", args={"address": case.writer, "restorable": True}),) if news else ()
    return Decision(
        outcome="challenge", row=row, reason=reason, kind=case.claim.kind, state="challenged", person_id=person.id,
        due_at=due, effects=effects, owed=(owed,),
    )  # fmt: skip


def rows_18_to_20(case: Case) -> Decision | None:
    """A proven withdrawal of a person on file: stop at once; obligations decide what follows."""
    person = case.person
    if not asks_change(case) or case.claim.kind != "withdrawal" or not case.proven or person is None:
        return None
    mode = case.policy.withdrawal.obligations
    if mode != "none" and person.open_obligations:
        return _withdrawal(case, person, "20", "obligation_open", "withdrawal-partial")
    if mode == "ask":
        return _withdrawal(case, person, "19", "obligations_asked", "withdrawal-stopped")
    return _withdrawal(case, person, "18", "withdrawal_proven", "withdrawal-stopped")


def _withdrawal(case: Case, person: PersonFacts, row: str, reason: str, template: str) -> Decision:
    asks = row == "19"
    partial = row == "20"
    due = case.due(case.policy.clocks.proven) if asks else None
    window = case.deadlines.window_end(case.facts.now)
    values: dict[str, object] = {"obligations": asks, "due_at": due, "destroy_at": None if asks else window}
    if partial:
        values = {"kept": [], "until": None}
    notices = [
        Owed(template="withdrawal-notice", role="notice", to=addr, language=case.language, threads=False, values={"destroy_at": None if asks or partial else window})
        for addr in person.emails
        if addr.casefold() != case.writer.casefold()
    ]  # fmt: skip
    stop = Effect(
        verb="stop_person",
        args={"person_id": person.id, "why": "obligation" if partial else "withdrawal", "until": window},
    )
    supersede = Effect(verb="supersede", args={"person_id": person.id, "kind": "withdrawal"})
    return Decision(
        outcome="apply", row=row, reason=reason, kind="withdrawal", state="applied", person_id=person.id, due_at=due,
        open=("obligations",) if asks or partial else (), effects=(supersede, stop),
        owed=(receipt(case, template, **values), *notices), tell_operator=asks or partial,
    )  # fmt: skip


def row_21(case: Case) -> Decision | None:
    """A proven writer who is not on file: held, told the truth about this address alone."""
    if not asks_change(case) or not case.proven or case.facts.people:
        return None
    withdrawal = case.claim.kind == "withdrawal"
    held = hold(case, "21", "person_unknown")
    owed = [receipt(case, "not-stored", news_suppressed=withdrawal, due_at=held.due_at)]
    if len(case.facts.named) == 1:
        person = case.facts.named[0]
        to = next(a for a in person.emails if a.casefold() in {e.casefold() for e in _named_addresses(case)})
        owed += _challenge(case, "21", "person_unknown", person, to).owed
    effects = (Effect(verb="stop_news", args={"address": case.writer}),) if withdrawal else ()
    return replace(held, owed=tuple(owed), effects=effects)


def _named_addresses(case: Case) -> tuple[str, ...]:
    extract = case.claim.extract
    return (*extract.emails, *extract.old.get("email", ()))


def row_22(case: Case) -> Decision | None:
    """An unproven writer who is not on file: held, no answer."""
    if not asks_change(case) or case.proven or case.facts.people:
        return None
    return hold(case, "22", "person_unknown_unproven")


def rows_23_to_25(case: Case) -> Decision:
    """Everything else stays in INBOX: other rights and suggestions with their clock, the rest as a number."""
    claim = case.claim
    if claim.kind is None or claim.rung == "none":
        return Decision(outcome="leave", row="25", reason="no_tag", state="left")
    rights = claim.kind in ("access", "erasure", "restriction", "objection", "complaint", "question")
    row, reason = ("23", "other_right") if rights else ("24", "suggestion")
    if "deceased" in claim.conflicts or claim.reason == "deceased":
        row, reason = "11", "deceased"
    due = case.due()
    return Decision(
        outcome="leave", row=row, reason=reason, kind=claim.kind, state="left", due_at=due, open=("operator",),
        person_id=case.person.id if case.person else None, owed=() if reason == "deceased" else received(case, reason, due),
        tell_operator=True,
    )  # fmt: skip
