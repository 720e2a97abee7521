"""Everything about the people on file, as JSON lines: written to leave mailbot or move, and read back. No rule here.

The first line says what the file is; then one object a line, a person or a suppression. Who withdrew and waits for
the destruction is not in it (a stop allows no export), only the keyed hash that keeps such a person out; the hashes
are worth something beside the same `secrets/store_key` alone.
"""

from __future__ import annotations

import base64
import contextlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from mailbot.errors import InputError
from mailbot.operating.cells import Row, read_row
from mailbot.operating.imports import Import
from mailbot.pipeline import Line
from mailbot.store import archive, people
from mailbot.store.keys import Keys
from mailbot.store.store import Store
from mailbot.store.unit import Unit

FORMAT, VERSION = "mailbot people", 1


def is_archive(text: str) -> bool:
    """Tell whether a file is one of these, by its first line."""
    try:
        head = json.loads(text.partition("\n")[0])
    except ValueError:
        return False
    return isinstance(head, dict) and head.get("format") == FORMAT


# ---- written ---------------------------------------------------------------------------------------------------


def write(store: Store) -> tuple[str, int, int]:
    """Return the archive, how many people are in it, and how many stopped ones were left out."""
    with store.unit() as unit:
        rows = people.everybody(unit.connection)
        kept = [row for row in rows if row.blocked != "withdrawal"]
        lines = [_line({"format": FORMAT, "version": VERSION, "made_at": unit.now, "key": unit.keys.name})]
        lines += [_line(archive.person(unit, row)) for row in kept]
        lines += [_line({"suppression": found}) for found in archive.suppressions(unit)]
    return "".join(lines), len(kept), len(rows) - len(kept)


def _line(values: dict[str, Any]) -> str:
    return json.dumps(values, ensure_ascii=False, default=_plain) + "\n"


def _plain(value: Any) -> str:
    return base64.b64encode(value).decode() if isinstance(value, bytes) else str(value.isoformat())


# ---- read back -------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Restored:
    """What an import of an archive did."""

    people: int = 0  # that it holds
    added: int = 0
    there: int = 0  # on file already: nothing of theirs is changed
    stopped: int = 0  # who left since stays out
    suppressions: int = 0
    errors: list[str] = field(default_factory=list)
    new: list[tuple[int, str, dict[str, Any]]] = field(default_factory=list)  # line, person's id, what it holds


class _Wrong(Exception):
    """Rolls an import back."""


def restore(line: Line, text: str, *, dry_run: bool, progress: Callable[[int], None]) -> Restored:
    """Bring an archive's people and suppressions in, all or nothing. Raises InputError for a file that is none.

    Errors name lines, never values. Suppressions of another `store_key` are refused: nobody would be recognised.
    """
    done = Restored()
    try:
        with line.store.unit() as unit:
            objects = list(_objects(text, unit.keys, done))
            objects.sort(key=lambda found: "suppression" not in found[1])  # who must stay out, before anybody comes in
            for found in objects:
                _take(unit, line, found, done)
                progress(done.people)
            for number, person_id, values in done.new:  # a dispute stops an import at that address
                _checked(done, number, partial(archive.complete, unit, person_id, values))
            if done.errors or dry_run:
                raise _Wrong
            unit.event("people_imported", who="operator")
    except _Wrong:
        pass  # the report stands, the store is as it was
    return done


def _objects(text: str, keys: Keys, done: Restored) -> Iterator[tuple[int, dict[str, Any]]]:
    lines = text.splitlines()
    head = json.loads(lines[0])
    if head.get("version") != VERSION:
        raise InputError(f"line 1: version {VERSION} is expected")
    by = next((each for each in keys.ever if each.name == head.get("key")), None)
    for number, raw in enumerate(lines[1:], 2):
        try:
            found = json.loads(raw)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            done.errors.append(f"line {number}: is no JSON object")
        elif "suppression" in found and by is None:
            done.errors.append(
                f"line {number}: its keyed hashes are another installation's: bring secrets/store_key too"
            )
            return
        else:
            yield number, found if by is None else _lifted(keys, by, found)


def _lifted(keys: Keys, by: Keys, found: dict[str, Any]) -> dict[str, Any]:
    """Return an object with the hashes that the present keys make; what is of a wrong kind is told later."""
    with contextlib.suppress(KeyError, TypeError, AttributeError, UnicodeEncodeError):
        if "suppression" in found:
            values = found["suppression"]
            return {"suppression": {**values, "key": keys.lifted(values["key"], by)}}
        return {**found, "former": [keys.lifted(key, by) for key in found["former"]]}
    return found


def _take(unit: Unit, line: Line, found: tuple[int, dict[str, Any]], done: Restored) -> None:
    number, values = found
    if "suppression" in values:
        _checked(done, number, lambda: archive.suppress(unit, values["suppression"]))
        done.suppressions += 1
    else:
        done.people += 1
        _checked(done, number, lambda: _bring(unit, line, found, done))


def _checked(done: Restored, number: int, write: Callable[[], None]) -> None:
    try:
        write()
    except (KeyError, TypeError, ValueError, AttributeError) as exc:
        done.errors.append(f"line {number}: a value is missing or of a wrong kind ({type(exc).__name__})")


def _bring(unit: Unit, line: Line, found: tuple[int, dict[str, Any]], done: Restored) -> None:
    number, values = found
    row = _row(values, number, line.rules.deadlines.zone, done)
    if row is None:
        return
    task = Import(unit=unit, version=line.rules.policy.version_at)
    before = {person.id for person in task.found(row)}
    if task.same(row) is not None:
        done.there += 1
        return
    task.run([row], lambda _count: None)
    new = [person.id for person in task.found(row) if person.id not in before]
    if not new:
        done.stopped += 1
        return
    done.added += 1
    done.new.append((number, new[0], values))


def _row(values: dict[str, Any], number: int, zone: ZoneInfo, done: Restored) -> Row | None:
    """Return a person as an import's row: the same strict rules for each cell."""
    plain = ("surname", "given_name", "patronymic", "birth_date", "birth_place")
    cells = {name: str(values[name] or "") for name in plain}
    cells |= {"email": ";".join(values["emails"]), "phone": ";".join(values["phones"])}
    given = {each["purpose"]: each for each in values["consents"] if each["withdrawn_at"] is None}
    if "processing" in given:
        cells |= {"consent_at": given["processing"]["given_at"] or "", "consent_source": given["processing"]["source"]}
    if "news" in given:
        cells |= {"news": "yes", "news_consent_at": given["news"]["given_at"] or ""}
    row, wrong = read_row(cells, number, zone)
    done.errors += wrong
    return None if wrong else row
