"""Bounces of our replies, answers that have to wait, wrong tokens."""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

PARTIAL = (
    ("ix_request_due_open", "due_at", "closed_at IS NULL"),
    ("ix_request_answer_due", "answer_due_at", "answer_due_at IS NOT NULL"),
)


def upgrade() -> None:
    op.create_table(
        "wrong_token",
        sa.Column("key", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("first_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("last_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("day_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("day_count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_wrong_token")),
    )
    for name, kind in (
        ("bounce_key", sqlmodel.sql.sqltypes.AutoString(length=16)),
        ("bounced_at", sqlmodel.sql.sqltypes.UTCDateTime()),
        ("bounced_status", sqlmodel.sql.sqltypes.AutoString()),
        ("bounced_why", sqlmodel.sql.sqltypes.AutoString()),
    ):
        op.add_column("reply", sa.Column(name, kind, nullable=True))
    op.create_index(op.f("ix_reply_bounce_key"), "reply", ["bounce_key"], unique=False)
    op.add_column("request", sa.Column("answer_due_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True))
    op.create_index("ix_request_tell", "request", ["tell", "told_at"], unique=False)
    for index, column, where in PARTIAL:
        only = sa.text(where)
        op.create_index(index, "request", [column], unique=False, sqlite_where=only, postgresql_where=only)


def downgrade() -> None:
    for index in ("ix_request_tell", *(partial[0] for partial in PARTIAL)):
        op.drop_index(index, table_name="request")
    op.drop_column("request", "answer_due_at")
    op.drop_index(op.f("ix_reply_bounce_key"), table_name="reply")
    for name in ("bounced_why", "bounced_status", "bounced_at", "bounce_key"):
        op.drop_column("reply", name)
    op.drop_table("wrong_token")
