"""Indexes for what every mail and every pass asks, so that neither grows with the years that the store remembers."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

OPEN = (
    "answer_due_at IS NOT NULL OR places_open > 0 OR CAST(open AS TEXT) <> '[]' OR (closed_at IS NULL AND "
    "(state IN ('held', 'challenged', 'asked') OR (state = 'left' AND kind IS NOT NULL)))"
)
WHOLE = (
    ("ix_suppression_request_id", "suppression", ["request_id"]),
    ("ix_consent_withdrawn_by", "consent", ["withdrawn_by"]),
    ("ix_consent_source", "consent", ["source"]),
    ("ix_event_person_id", "event", ["person_id"]),
    ("ix_reply_addressee", "reply", ["addressee"]),
)
PARTS = (
    ("ix_request_due", "request", "due_at", "due_at IS NOT NULL"),
    ("ix_request_place_due", "request", "place_due_at", "place_due_at IS NOT NULL"),
    ("ix_request_destroy", "request", "destroy_at", "destroy_at IS NOT NULL AND closed_at IS NULL"),
    ("ix_request_open", "request", "id", OPEN),
    ("ix_request_unmatched", "request", "state", "state = 'left' AND kind IS NULL AND closed_at IS NULL"),
    ("ix_question_open", "question", "reminded", "closed_at IS NULL"),
)


def upgrade() -> None:
    for name, table, columns in WHOLE:
        op.create_index(name, table, columns)
    for name, table, column, where in PARTS:
        op.create_index(name, table, [column], sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def downgrade() -> None:
    for name, table, *_ in (*WHOLE, *PARTS):
        op.drop_index(name, table)
