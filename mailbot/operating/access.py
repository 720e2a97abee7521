"""The answer to "what do you hold about me": everything of one person, whole, to a proven address and free of charge.

It goes to whoever proved the address he wrote from, about that address alone; or to an address on file of the person
whom the operator names and made sure of. Serves law 94-V, articles 24(1) and 25(2).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from datetime import time
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from mailbot.deciding.decision import WHOLE, Owed
from mailbot.deciding.diff import diff, done
from mailbot.deciding.outcomes import is_settled
from mailbot.errors import ConflictError, UsageError
from mailbot.operating.providers import provider
from mailbot.operating.review import person_for
from mailbot.pipeline import Line, owe
from mailbot.reading.address import address_key
from mailbot.store import effects, holdings, people
from mailbot.store.tables import Person, Request
from mailbot.store.unit import Unit

if TYPE_CHECKING:
    from mailbot.deciding.facts import PersonFacts

MOST = 1_000  # requests and mails that one answer lists


def answer(unit: Unit, line: Line, row: Any, address: str | None, checked: str) -> str:
    """Owe the whole answer to an access request and close it; return what was done.

    Raises InputError, UsageError (a person named without how she was made sure of), ConflictError (not proven who
    wrote, nobody to mail to, too much for one mail).
    """
    person, to = _named(unit, row, address, checked) if address else _proven(unit, row)
    person_id = person.id if person else None
    effects.close_questions(unit, row.id, "released")
    unit.update(
        Request, row.id, state="applied", outcome="apply", reason="released", open=[], pending=[], due_at=None,
        closed_at=unit.now, checked=checked, person_id=person_id,
    )  # fmt: skip
    found = holdings.of(unit, person_id, to)
    if len(found["request"]) + len(found["reply"]) > MOST:
        raise ConflictError(f"request {row.id}: more is held than one mail can list: answer by hand, then `close` it")
    threads = address_key(to) == row.address_key
    values = {**_told(found, line.rules.deadlines.zone), **_of_all(line), "held": person is not None, "kind": "access"}
    owed = Owed(template=WHOLE, role="receipt", to=to, language=row.language, values=values, threads=threads)
    owe(unit, owed, line)
    unit.event("released", "access", who="operator", person_id=person_id)
    return "all that is held is mailed to the address on file" if person else "mailed: nothing is stored there"


def _named(unit: Unit, row: Any, address: str, checked: str) -> tuple[PersonFacts, str]:
    """Return the person whom the operator made sure of, and the address on file that gets the answer."""
    if not checked.strip():
        raise UsageError("--person needs --checked: say how you made sure that this person asks")
    person = person_for(unit, row, address, "access")
    assert person is not None
    if not person.emails:
        raise ConflictError(f"request {row.id}: no e-mail address of that person is on file: answer by hand")
    keys = {address_key(addr): addr for addr in person.emails}
    if address_key(address) in keys:
        return person, keys[address_key(address)]
    first = sorted(person.emails, key=lambda addr: address_key(addr) != row.address_key)  # the one that wrote
    alone = [addr for addr in first if people.ids_at(unit.connection, addr) == [person.id]]
    return person, (alone or first)[0]  # an address of his own before one that somebody else reads too


def _proven(unit: Unit, row: Any) -> tuple[PersonFacts | None, str]:
    """Return who wrote, and the address that was proven; nobody where it is not on file."""
    if row.level != "authenticated" or not row.address:
        raise ConflictError(
            f"request {row.id}: it is not proven who wrote this: make sure who asks (a phone call), then name the "
            "person by --person ADDRESS --checked TEXT; the answer goes to the address on file alone"
        )
    ids = people.ids_at(unit.connection, row.address)
    moved = row.person_id is not None and row.person_id not in ids and unit.row(Person, row.person_id) is not None
    if len(ids) > 1 or moved:
        why = "is no longer that person's" if moved else f"is that of {len(ids)} people"
        raise ConflictError(
            f"request {row.id}: the address that wrote {why}: name the one who asks by --person ID --checked TEXT"
        )
    person = people.facts(unit.connection, ids[0]) if ids else None
    on_file = {address_key(addr): addr for addr in person.emails} if person else {}
    return person, on_file.get(row.address_key, row.address)


def _of_all(line: Line) -> dict[str, Any]:
    """Return what is the same for everybody: purposes, ways, terms, recipients, places, copies abroad."""
    policy = line.rules.policy
    places = [
        {"name": p.name, "preset": p.preset, "title": p.title, "law": p.kept_by_law, "term": p.kept_for}
        for p in policy.places
    ]
    host = "" if _is_here(line.host) else line.host
    processing = policy.processing.model_dump()
    kept = policy.retention
    spans = {"years": kept.journal_years, **kept.model_dump(include={"raw_days", "ledger_days", "backup_days"})}
    return {"processing": processing, "where": places, "provider": provider(line.host), "host": host, **spans}


def _is_here(host: str) -> bool:
    """Tell whether the mailbox lies on this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host in ("", "localhost")


def _told(found: dict[str, Any], zone: ZoneInfo) -> dict[str, Any]:
    """Return everything of one person as the template reads it."""
    numbers = {row.id for row in found["request"]}
    names = {name: found[name] for name in ("suppression", "wrong_token", "obligation", "place_id", "proof")}
    return {
        "person": _person(found), "consents": [_consent(row, found, zone) for row in found["consent"]],
        "requests": [_request(row, found) for row in found["request"]],
        "letters": [_numbered(row, numbers) for row in found["reply"]],
        "questions": [_numbered(row, numbers) for row in found["question"]],
        "tasks": [dict(row._mapping) for row in found["place_task"]],
        **{name: [dict(row._mapping) for row in rows] for name, rows in names.items()},
        "counted": {name: {"count": each[0], "first": each[1], "last": each[2]}
                    for name, each in found["counted"].items() if isinstance(each, tuple)},
        "former": found["counted"]["former_address"], "forms": found["octets"],
    }  # fmt: skip


def _person(found: dict[str, Any]) -> dict[str, Any] | None:
    row = found["person"]
    if row is None:
        return None
    return {**row._mapping, "email": ", ".join(found["address"]), "phone": ", ".join(found["phone"])}


def _consent(row: Any, found: dict[str, Any], zone: ZoneInfo) -> dict[str, Any]:
    text = found["policy_text"].get(row.policy_version, "")
    mine = any(row.withdrawn_by == each.id for each in found["request"])  # else somebody else's at the same address
    by = row.withdrawn_by if mine else ""
    given = row.given_at and row.given_at.astimezone(zone)
    if given and given.time() == time() and row.given_by not in ("form", "mail"):
        given = given.date()  # whoever wrote it down named the day alone
    return {**row._mapping, "given_at": given, "text": text[:12], "proof": (row.proof or "")[:12], "withdrawn_by": by}


def _numbered(row: Any, numbers: set[str]) -> dict[str, Any]:
    """Return a mail or question of ours; the number of somebody else's request is not told."""
    return {**row._mapping, "number": row.request_id if row.request_id in numbers else ""}


def _request(row: Any, found: dict[str, Any]) -> dict[str, Any]:
    """Return a request; what it states is told where it is proven and this person's: else nobody knows whose it is."""
    told = row.id in found["stated"]
    proven = told and row.level == "authenticated"
    values = {
        name: value for name, value in row._mapping.items() if name not in ("fields", "before", "checked", "person_id")
    }
    return {
        **values, "tag": row.tag if told else None, "by_hand": is_settled(row),
        "address": row.address if address_key(row.address) in found["own"] else "",
        "stated": list(_stated(row.fields)) if proven else [], "changed": done(row.before) if told else [],
        "checked": bool(row.checked),
    }  # fmt: skip


def _stated(kept: dict[str, Any]) -> Iterator[dict[str, str]]:
    """Yield what a request keeps of what its mail said: the fields, the former values that it names, the unclear."""
    several = {name: kept[name] for name in ("phones", "emails") if kept.get(name)}
    for each in diff({}, {**kept.get("fields", {}), **several}):
        yield {"field": each["field"], "value": each["after"]}
    for name, values in kept.get("old", {}).items():
        yield {"field": name, "value": ", ".join(values)}
    for each in kept.get("unclear", ()):
        if each.get("text"):
            yield {"field": each["field"], "value": each["text"]}
