"""The cards of the mails to the operator."""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_text = sqlmodel.sql.sqltypes.AutoString
_time = sqlmodel.sql.sqltypes.UTCDateTime


def upgrade() -> None:
    op.create_table(
        "digest_card",
        sa.Column("token", _text(length=26), nullable=False),
        sa.Column("digest", _text(length=26), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("addressee", _text(length=64), nullable=False),
        sa.Column("deputy", sa.Boolean(), nullable=False),
        sa.Column("request_id", _text(length=12), nullable=True),
        sa.Column("ask", _text(length=16), nullable=False),
        sa.Column("kind", _text(length=16), nullable=False),
        sa.Column("dealt", _text(length=32), nullable=False),
        sa.Column("made_at", _time(), nullable=False),
        sa.Column("verb", _text(length=8), nullable=False),
        sa.Column("note", _text(), nullable=False),
        sa.Column("ordered_at", _time(), nullable=True),
        sa.Column("stamp", _text(length=32), nullable=False),
        sa.Column("done_at", _time(), nullable=True),
        sa.Column("result", _text(length=32), nullable=False),
        sa.Column("why", _text(), nullable=False),
        sa.Column("told_at", _time(), nullable=True),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_digest_card")),
        sa.UniqueConstraint("digest", "number", name=op.f("uq_digest_card_digest")),
    )
    op.create_index(op.f("ix_digest_card_request_id"), "digest_card", ["request_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_digest_card_request_id"), table_name="digest_card")
    op.drop_table("digest_card")
