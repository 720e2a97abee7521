"""Documents that the operator saw, and attachments that have to leave the mailbox."""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_text = sqlmodel.sql.sqltypes.AutoString
_time = sqlmodel.sql.sqltypes.UTCDateTime
_ONLY = sa.text("attachments IS NOT NULL")


def upgrade() -> None:
    op.add_column("request", sa.Column("document_kind", _text(length=32), nullable=True))
    op.add_column("request", sa.Column("document_seen", _text(length=32), nullable=True))
    op.add_column("request", sa.Column("document_date", sa.Date(), nullable=True))
    op.add_column("request", sa.Column("document_at", _time(), nullable=True))
    op.add_column("mail", sa.Column("attachments", _text(length=16), nullable=True))
    op.add_column("mail", sa.Column("attachments_at", _time(), nullable=True))
    op.create_index(
        "ix_mail_attachments", "mail", ["attachments"], unique=False, sqlite_where=_ONLY, postgresql_where=_ONLY
    )


def downgrade() -> None:
    op.drop_index("ix_mail_attachments", table_name="mail")
    for table, columns in (
        ("mail", ("attachments_at", "attachments")),
        ("request", ("document_at", "document_date", "document_seen", "document_kind")),
    ):
        for column in columns:
            op.drop_column(table, column)
