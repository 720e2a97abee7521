"""Reminders of clocks, and the extension of an answer's term."""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_text = sqlmodel.sql.sqltypes.AutoString
_time = sqlmodel.sql.sqltypes.UTCDateTime


def upgrade() -> None:
    op.add_column("request", sa.Column("extended_at", _time(), nullable=True))
    op.create_table(
        "reminder",
        sa.Column("request_id", _text(length=12), nullable=False),
        sa.Column("due_at", _time(), nullable=False),
        sa.Column("share", sa.Integer(), nullable=False),
        sa.Column("at", _time(), nullable=False),
        sa.PrimaryKeyConstraint("request_id", "due_at", "share", name=op.f("pk_reminder")),
    )


def downgrade() -> None:
    op.drop_table("reminder")
    op.drop_column("request", "extended_at")
