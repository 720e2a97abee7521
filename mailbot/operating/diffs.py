"""What a request changed in a person's record, and what it would change: field by field, whole, for the operator.

What leaves in a mail is veiled (deciding/diff.py). Nothing is changed here.
"""

from __future__ import annotations

from typing import Any

from mailbot.deciding.diff import diff, done, record
from mailbot.store import people

Changes = list[dict[str, str]]  # field, before, after


def changes(connection: Any, row: Any) -> dict[str, Changes]:
    """Return {"changed": what was done and can be taken back, "would_change": what waits}. Raises: nothing."""
    waits = {field for field, _ in row.pending}
    stated = row.fields.get("fields", {})
    undecided = row.kind in ("update", "form") and row.state in ("held", "asked", "challenged")
    named = {name: value for name, value in stated.items() if name in waits or undecided}
    person = people.facts(connection, row.person_id) if row.person_id and named else None
    on_file = record(person) if person else {}
    would = [each for each in diff(on_file, named) if each["before"] != each["after"]] if person else []
    return {"changed": done(row.before), "would_change": would}
