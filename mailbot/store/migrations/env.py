"""Alembic's entry: runs the migrations on the connection it is given (store/migrate.py)."""

from alembic import context
from sqlmodel import SQLModel

from mailbot.store import consent_tables, event_tables, place_tables, proof_tables, tables  # noqa: F401 - fill the metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=SQLModel.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
