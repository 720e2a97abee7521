"""Accounts of the console and the browsers that logged in."""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_text = sqlmodel.sql.sqltypes.AutoString
_time = sqlmodel.sql.sqltypes.UTCDateTime


def upgrade() -> None:
    op.create_table(
        "operator_account",
        sa.Column("name", _text(length=32), nullable=False),
        sa.Column("role", _text(length=16), nullable=False),
        sa.Column("password", _text(), nullable=False),
        sa.Column("totp", _text(length=64), nullable=False),
        sa.Column("totp_step", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("locked_until", _time(), nullable=True),
        sa.Column("created_at", _time(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_operator_account")),
    )
    op.create_table(
        "console_session",
        sa.Column("key", _text(length=64), nullable=False),
        sa.Column("name", _text(length=32), nullable=False),
        sa.Column("opened_at", _time(), nullable=False),
        sa.Column("seen_at", _time(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_console_session")),
    )
    op.create_index(op.f("ix_console_session_name"), "console_session", ["name"])


def downgrade() -> None:
    op.drop_index(op.f("ix_console_session_name"), table_name="console_session")
    op.drop_table("console_session")
    op.drop_table("operator_account")
