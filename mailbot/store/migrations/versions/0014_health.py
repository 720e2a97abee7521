"""Trial mails, and an index by which mails are counted."""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_text = sqlmodel.sql.sqltypes.AutoString
_time = sqlmodel.sql.sqltypes.UTCDateTime


def upgrade() -> None:
    op.create_table(
        "canary",
        sa.Column("key", _text(length=64), nullable=False),
        sa.Column("sent_at", _time(), nullable=False),
        sa.Column("seen_at", _time(), nullable=True),
        sa.Column("mail_id", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_canary")),
    )
    op.create_index(op.f("ix_mail_decision"), "mail", ["decision"])


def downgrade() -> None:
    op.drop_index(op.f("ix_mail_decision"), table_name="mail")
    op.drop_table("canary")
