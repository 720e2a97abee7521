"""Consents with their proof; what other places have to follow, and the hooks that are owed."""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def text(length: int | None = None) -> sqlmodel.sql.sqltypes.AutoString:
    return sqlmodel.sql.sqltypes.AutoString(length=length)


def upgrade() -> None:
    op.add_column("consent", sa.Column("proof", text(), nullable=True))
    op.add_column("consent", sa.Column("octets", sa.LargeBinary(), nullable=True))
    op.create_table(
        "place_task",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("request_id", text(12), nullable=False),
        sa.Column("person_id", text(26), nullable=True),
        sa.Column("place", text(), nullable=False),
        sa.Column("what", text(), nullable=False),
        sa.Column("identifier", text(), nullable=False),
        sa.Column("opened_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("due_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("done_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("done_by", text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_place_task")),
        sa.UniqueConstraint("request_id", "place", "what", name=op.f("uq_place_task_request_id")),
    )
    op.create_index(op.f("ix_place_task_request_id"), "place_task", ["request_id"], unique=False)
    op.create_index(op.f("ix_place_task_person_id"), "place_task", ["person_id"], unique=False)
    op.create_table(
        "place_id",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", text(26), nullable=False),
        sa.Column("place", text(), nullable=False),
        sa.Column("value", text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_place_id")),
        sa.UniqueConstraint("person_id", "place", name=op.f("uq_place_id_person_id")),
    )
    op.create_index(op.f("ix_place_id_person_id"), "place_id", ["person_id"], unique=False)
    op.create_table(
        "hook_call",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", text(26), nullable=False),
        sa.Column("queue", text(26), nullable=False),
        sa.Column("place", text(), nullable=False),
        sa.Column("event", text(), nullable=False),
        sa.Column("request_id", text(12), nullable=True),
        sa.Column("task_id", sa.Integer(), nullable=True),
        sa.Column("identifier", text(), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("created_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_try_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("delivered_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("dead_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("answer", text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hook_call")),
        sa.UniqueConstraint("event_id", name=op.f("uq_hook_call_event_id")),
    )
    op.create_index("ix_hook_call_due", "hook_call", ["delivered_at", "dead_at", "next_try_at"], unique=False)
    for column in ("queue", "request_id", "task_id"):
        op.create_index(op.f(f"ix_hook_call_{column}"), "hook_call", [column], unique=False)


def downgrade() -> None:
    for table in ("hook_call", "place_id", "place_task"):
        op.drop_table(table)
    op.drop_column("consent", "octets")
    op.drop_column("consent", "proof")
