"""Which mails of the ledger are a person's: where they were seen, and by which keyed hashes they are known."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from mailbot.reading.address import address_key
from mailbot.store import people
from mailbot.store.tables import Mail, Request

_mail: Any = Mail.__table__  # type: ignore[attr-defined]
_request: Any = Request.__table__  # type: ignore[attr-defined]


def of(connection: sa.Connection, person_id: str) -> list[Any]:
    """Return the ledger's rows of a person's requests, with the Message-ID of the mail where it is still known.

    Mails of an address that somebody else has too are that one's as well, unless the person's request names them.
    """
    addresses = people.addresses(connection, person_id)
    alone = [address_key(addr) for addr in addresses if people.ids_at(connection, addr) == [person_id]]
    numbers = people.requests_of(connection, person_id, alone)
    own_id = sa.case((_request.c.mail_id == _mail.c.id, _request.c.message_id), else_="").label("message_id")
    place = (_mail.c.uid, _mail.c.uidvalidity, _mail.c.filed_at, _mail.c.received_at)
    hashes = (_mail.c.message_key, _mail.c.fingerprint, _mail.c.sha256)
    query = sa.select(*place, *hashes, own_id).join(_request, _request.c.id == _mail.c.request_id)
    return list(connection.execute(query.where(_mail.c.request_id.in_(numbers)).order_by(_mail.c.id)))
