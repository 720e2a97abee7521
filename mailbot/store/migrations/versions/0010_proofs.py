"""Proofs of destructions; which version of the policy a request was decided by."""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0010"
down_revision = "0008"
branch_labels = None
depends_on = None

_text = sqlmodel.sql.sqltypes.AutoString
_time = sqlmodel.sql.sqltypes.UTCDateTime


def upgrade() -> None:
    op.add_column("request", sa.Column("policy_version", _text(), nullable=True))
    op.create_table(
        "proof",
        sa.Column("person_id", _text(length=26), nullable=False),
        sa.Column("sha256", _text(length=64), nullable=False),
        sa.Column("built_at", _time(), nullable=False),
        sa.Column("destroyed_at", _time(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("until", _time(), nullable=True),
        sa.Column("removed_at", _time(), nullable=True),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_proof")),
    )


def downgrade() -> None:
    op.drop_table("proof")
    op.drop_column("request", "policy_version")
