"""Other places: their tasks, the ids by which they know people, the hooks that are owed."""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_text = sqlmodel.sql.sqltypes.AutoString
_time = sqlmodel.sql.sqltypes.UTCDateTime


def upgrade() -> None:
    op.create_table(
        "place_task",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("request_id", _text(length=12), nullable=False),
        sa.Column("person_id", _text(length=26), nullable=True),
        *(sa.Column(name, _text(), nullable=False) for name in ("place", "what", "identifier")),
        sa.Column("by_hook", sa.Boolean(), nullable=False),
        sa.Column("opened_at", _time(), nullable=False),
        sa.Column("due_at", _time(), nullable=True),
        sa.Column("done_at", _time(), nullable=True),
        sa.Column("done_by", _text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_place_task")),
        sa.UniqueConstraint("request_id", "place", "what", name=op.f("uq_place_task_request_id")),
    )
    op.create_table(
        "place_id",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", _text(length=26), nullable=False),
        *(sa.Column(name, _text(), nullable=False) for name in ("place", "value")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_place_id")),
        sa.UniqueConstraint("person_id", "place", name=op.f("uq_place_id_person_id")),
    )
    op.create_table(
        "hook_call",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", _text(length=26), nullable=False),
        sa.Column("queue", _text(length=64), nullable=False),
        *(sa.Column(name, _text(), nullable=False) for name in ("place", "event")),
        sa.Column("request_id", _text(length=12), nullable=False),
        sa.Column("task_id", sa.Integer(), nullable=False),
        *(sa.Column(name, _text(), nullable=False) for name in ("kind", "identifier")),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("created_at", _time(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        *(sa.Column(name, _time(), nullable=True) for name in ("next_try_at", "delivered_at", "dead_at")),
        sa.Column("answer", _text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hook_call")),
        sa.UniqueConstraint("event_id", name=op.f("uq_hook_call_event_id")),
    )
    for table, column in INDEXES:
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column], unique=False)
    op.create_index("ix_hook_call_due", "hook_call", ["delivered_at", "dead_at", "next_try_at"], unique=False)
    op.add_column("request", sa.Column("places_open", sa.Integer(), nullable=True))
    op.add_column("request", sa.Column("place_due_at", _time(), nullable=True))


INDEXES = (
    ("place_task", "request_id"), ("place_task", "person_id"), ("place_id", "person_id"),
    ("hook_call", "queue"), ("hook_call", "request_id"), ("hook_call", "task_id"),
)  # fmt: skip


def downgrade() -> None:
    op.drop_column("request", "place_due_at")
    op.drop_column("request", "places_open")
    for table in ("hook_call", "place_id", "place_task"):
        op.drop_table(table)
