"""What a mail that names times was rendered from, while it waits to be sent."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("reply", sa.Column("said", sa.JSON(), nullable=True))


def downgrade() -> None:
    op.drop_column("reply", "said")
