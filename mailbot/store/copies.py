"""Which mails of the ledger are a person's, and which of ours went to them: by which keyed hashes they are known."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from mailbot.store import owned
from mailbot.store.tables import Mail, Reply, Request

_mail: Any = Mail.__table__  # type: ignore[attr-defined]
_request: Any = Request.__table__  # type: ignore[attr-defined]
_reply: Any = Reply.__table__  # type: ignore[attr-defined]
own_id = sa.case((_request.c.mail_id == _mail.c.id, _request.c.message_id), else_="").label("message_id")
MAIL = (
    _mail.c.id, _mail.c.uid, _mail.c.uidvalidity, _mail.c.filed_at, _mail.c.received_at, _mail.c.message_key,
    _mail.c.fingerprint, _mail.c.sha256, own_id,
)  # fmt: skip
REPLY = tuple(
    _reply.c[name] for name in ("id", "message_id", "role", "address_key", "octets", "fingerprint", "sent_at")
)


def of(connection: sa.Connection, own: owned.Own) -> list[Any]:
    """Return the ledger's rows of a person's requests, with the Message-ID of the mail where it is still known.

    What the person wrote and the operator carried out for somebody else is among them. Mails of an address that
    somebody else has too are that one's as well, unless the person's request names them.
    """
    firsts = [mail_id for mail_id in owned.written(connection, own).values() if mail_id is not None]
    mine = sa.or_(_mail.c.request_id.in_(owned.requests(connection, own)), _mail.c.id.in_(firsts))
    query = sa.select(*MAIL).join(_request, _request.c.id == _mail.c.request_id)
    return list(connection.execute(query.where(mine).order_by(_mail.c.id)))


def ours(connection: sa.Connection, own: owned.Own) -> list[Any]:
    """Return the mails of ours that were sent about a person: to their addresses, and to the operator meanwhile."""
    mine = owned.requests(connection, own)
    written = [*mine, *owned.written(connection, own)]
    first = sa.select(sa.func.min(_request.c.received_at)).where(_request.c.id.in_(written)).scalar_subquery()
    told = sa.and_(_reply.c.role == "operator", _reply.c.created_at >= first)
    to = sa.or_(_reply.c.address_key.in_(own.keys), _reply.c.addressee.in_(own.hashes))
    about = sa.or_(_reply.c.request_id.in_(mine), to, told)
    query = sa.select(*REPLY).where(about, _reply.c.sent_at.is_not(None), _reply.c.cleared_at.is_(None))
    return list(connection.execute(query.order_by(_reply.c.id)))
