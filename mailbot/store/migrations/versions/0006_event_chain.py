"""The chain of events: places and links, cuts by retention, and triggers that refuse everything else.

What is there already is sealed by the next sweep.
"""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_text = sqlmodel.sql.sqltypes.AutoString
_time = sqlmodel.sql.sqltypes.UTCDateTime
_SAID = ("id", "at", "who", "what", "reason", "request_id", "person_id")
_KEPT = "NOT EXISTS (SELECT 1 FROM event_cut WHERE event_cut.position >= OLD.position)"


def _changed(same: str) -> str:
    """Return the condition under which an update is no sealing of an event."""
    said = (f"NEW.{name} {same} OLD.{name}" for name in _SAID)
    sealed = ("OLD.position IS NULL", "OLD.link IS NULL", "NEW.position IS NOT NULL", "NEW.link IS NOT NULL")
    return f"NOT ({' AND '.join((*sealed, *said))})"


RULES = (  # name, table, when it fires, under which condition (OLD and NEW are rows)
    ("event_unchanged", "event", "UPDATE", _changed),
    ("event_kept", "event", "DELETE", lambda _same: _KEPT),
    ("event_cut_unchanged", "event_cut", "UPDATE", lambda _same: "1 = 1"),
    ("event_cut_kept", "event_cut", "DELETE", lambda _same: "1 = 1"),
)
SQLITE = """CREATE TRIGGER {name} BEFORE {verb} ON {table} FOR EACH ROW WHEN {condition}
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END"""
FUNCTION = """CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
IF {condition} THEN RAISE EXCEPTION 'the journal is append-only'; END IF;
IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
RETURN NEW; END $$"""
TRIGGER = "CREATE TRIGGER {name} BEFORE {verb} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()"
EMPTIED = """CREATE FUNCTION event_emptied() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
RAISE EXCEPTION 'the journal is append-only'; END $$"""


def upgrade() -> None:
    op.add_column("event", sa.Column("position", sa.BigInteger(), nullable=True))
    op.add_column("event", sa.Column("link", _text(length=64), nullable=True))
    op.create_index("ix_event_position", "event", ["position"], unique=True)
    op.create_table(
        "event_cut",
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("link", _text(length=64), nullable=False),
        sa.Column("removed", sa.BigInteger(), nullable=False),
        sa.Column("at", _time(), nullable=False),
        sa.Column("seal", _text(length=64), nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_event_cut")),
    )
    connection = op.get_bind()
    sqlite = connection.dialect.name == "sqlite"
    for name, table, verb, condition in RULES:
        values = {"name": name, "table": table, "verb": verb}
        values["condition"] = condition("IS" if sqlite else "IS NOT DISTINCT FROM")
        for statement in (SQLITE,) if sqlite else (FUNCTION, TRIGGER):
            connection.exec_driver_sql(statement.format(**values))
    if not sqlite:
        connection.exec_driver_sql(EMPTIED)
        for table in ("event", "event_cut"):
            connection.exec_driver_sql(
                f"CREATE TRIGGER {table}_emptied BEFORE TRUNCATE ON {table} EXECUTE FUNCTION event_emptied()"
            )


def downgrade() -> None:
    connection = op.get_bind()
    for name, table, _verb, _condition in RULES:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
        else:
            connection.exec_driver_sql(f"DROP TRIGGER {name} ON {table}")
            connection.exec_driver_sql(f"DROP FUNCTION {name}()")
    if connection.dialect.name != "sqlite":
        for table in ("event", "event_cut"):
            connection.exec_driver_sql(f"DROP TRIGGER {table}_emptied ON {table}")
        connection.exec_driver_sql("DROP FUNCTION event_emptied()")
    op.drop_table("event_cut")
    op.drop_index("ix_event_position", table_name="event")
    op.drop_column("event", "link")
    op.drop_column("event", "position")
