"""Alembic's entry: runs the migrations on the connection it is given (store/migrate.py)."""

from alembic import context
from sqlmodel import SQLModel

from mailbot.store import (  # fill the metadata
    account_tables,  # noqa: F401
    canary_tables,  # noqa: F401
    clock_tables,  # noqa: F401
    consent_tables,  # noqa: F401
    event_tables,  # noqa: F401
    place_tables,  # noqa: F401
    proof_tables,  # noqa: F401
    tables,  # noqa: F401
)
from mailbot.store.schema import conditions

conditions(SQLModel.metadata)
connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=SQLModel.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
