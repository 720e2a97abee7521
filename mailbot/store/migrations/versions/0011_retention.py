"""What retention leaves of mails, requests and answers: keyed hashes, and when each was let go."""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_text = sqlmodel.sql.sqltypes.AutoString
_time = sqlmodel.sql.sqltypes.UTCDateTime
_COLUMNS = {
    "mail": (("cleared_at", _time()),),
    "request": (("writer_key", _text(length=64)), ("purged_at", _time())),
    "reply": (("fingerprint", _text(length=64)), ("addressee", _text(length=64)), ("cleared_at", _time())),
}
_PERSONAL = {  # PostgreSQL keeps samples of values for its planner, in a place that no erasure reaches: none of these
    "person": ("surname", "given_name", "patronymic", "birth_date", "birth_place"),
    "address": ("addr", "key"),
    "phone": ("number",),
    "consent": ("source", "proof", "octets"),
    "mail": ("sha256",),
    "request": ("address", "address_key", "message_id", "checked", "document_kind", "document_seen", "document_date"),
    "reply": ("address", "address_key", "message_id", "token", "octets", "answer", "bounced_why"),
    "question": ("address", "address_key"),
    "place_task": ("identifier",),
    "place_id": ("value",),
    "hook_call": ("identifier",),
}
_INDEXES = (
    ("ix_mail_uncleared", "mail", "received_at", "cleared_at IS NULL AND belongs = 'done'"),
    ("ix_request_unpurged", "request", "decided_at", "purged_at IS NULL"),
    ("ix_request_writer", "request", "writer_key", "writer_key IS NOT NULL"),
    ("ix_reply_uncleared", "reply", "created_at", "cleared_at IS NULL"),
)


def upgrade() -> None:
    for table, columns in _COLUMNS.items():
        for name, kind in columns:
            op.add_column(table, sa.Column(name, kind, nullable=True))
    for name, table, column, where in _INDEXES:
        op.create_index(name, table, [column], sqlite_where=sa.text(where), postgresql_where=sa.text(where))
    op.create_index("ix_request_received", "request", ["received_at"])
    _sample(0)


def _sample(target: int) -> None:
    if op.get_bind().dialect.name == "postgresql":
        for table, names in _PERSONAL.items():
            changes = ", ".join(f"ALTER COLUMN {name} SET STATISTICS {target}" for name in names)
            op.execute(f"ALTER TABLE {table} {changes}")


def downgrade() -> None:
    _sample(-1)
    op.drop_index("ix_request_received", table_name="request")
    for name, table, _column, _where in _INDEXES:
        op.drop_index(name, table_name=table)
    for table, columns in _COLUMNS.items():
        for name, _kind in columns:
            op.drop_column(table, name)
