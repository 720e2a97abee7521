"""By what a consent came, and the text of each version of the policy."""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_text = sqlmodel.sql.sqltypes.AutoString
_time = sqlmodel.sql.sqltypes.UTCDateTime


def upgrade() -> None:
    op.add_column("consent", sa.Column("given_by", _text(length=8), nullable=True))
    for by, source in (("form", "form %"), ("mail", "mail %"), ("operator", "operator"), ("import", "import")):
        op.execute(
            sa.text("UPDATE consent SET given_by = :by WHERE source LIKE :source").bindparams(by=by, source=source)
        )
    op.create_table(
        "policy_text",
        sa.Column("version", _text(), nullable=False),
        sa.Column("sha256", _text(length=64), nullable=False),
        sa.Column("noted_at", _time(), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_policy_text")),
    )


def downgrade() -> None:
    op.drop_table("policy_text")
    op.drop_column("consent", "given_by")
