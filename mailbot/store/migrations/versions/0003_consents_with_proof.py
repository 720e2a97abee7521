"""Consents with the hash of the mail that gave them, and perhaps that mail."""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("consent", sa.Column("proof", sqlmodel.sql.sqltypes.AutoString(), nullable=True))
    op.add_column("consent", sa.Column("octets", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    op.drop_column("consent", "octets")
    op.drop_column("consent", "proof")
