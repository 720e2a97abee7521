"""The consents of a person, given and withdrawn: when, by what, under which text, and its proof."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from mailbot.store import people, policies
from mailbot.store.tables import Request

_request: Any = Request.__table__  # type: ignore[attr-defined]


def of(connection: sa.Connection, person_id: str) -> list[dict[str, Any]]:
    """Return every consent of a person, oldest first, as `people show --json` prints it.

    `by` and `withdrawn_by`: form, import, mail or operator, "" where it was not noted; `policy_sha256`: of the text of
    that version; `proof`: SHA-256 of the mail or submission that gave it.
    """
    texts, rows = policies.texts(connection), people.consent_rows(connection, person_id)
    numbers = {row.withdrawn_by for row in rows if row.withdrawn_by}
    asked = sa.select(_request.c.id, _request.c.mail_id).where(_request.c.id.in_(numbers))
    mails = {row.id: row.mail_id for row in connection.execute(asked)} if numbers else {}
    return [_entry(row, texts, mails) for row in rows]


def _entry(row: Any, texts: dict[str, str], mails: dict[str, Any]) -> dict[str, Any]:
    number = row.withdrawn_by
    how = "" if number not in mails else "mail" if mails[number] is not None else "operator"
    return {
        "purpose": row.purpose, "given_at": row.given_at, "by": row.given_by or "", "source": row.source,
        "policy_version": row.policy_version, "policy_sha256": texts.get(row.policy_version), "proof": row.proof,
        "withdrawn_at": row.withdrawn_at, "withdrawn_by": how, "request": number or None,
    }  # fmt: skip
