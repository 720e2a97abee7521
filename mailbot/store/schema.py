"""What the class of every table is made of (SQLModel). No table stands here.

Statements are Core's, on `__table__`: of a class neither the ORM's mapping nor pydantic's validator is ever used, so
neither is built. Modules of tables don't postpone their annotations, which both libraries would only evaluate again.
Together that is half of what the tables cost at the start of a command.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, Column, Index, MetaData, text
from sqlalchemy.ext.declarative import DeferredReflection
from sqlmodel import Field, SQLModel

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(column_0_label)s", "uq": "uq_%(table_name)s_%(column_0_name)s", "pk": "pk_%(table_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s", "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
}  # fmt: skip


class Table(DeferredReflection, SQLModel):
    """One table; nothing is reflected, so its mapping is never made."""

    model_config = {"defer_build": True}


def json_column() -> Any:
    """Return a field that is kept as JSON."""
    return Field(sa_column=Column(JSON, nullable=False))


def partial_index(name: str, column: str, *, where: str) -> Index:
    """Return an index of the rows that meet a condition, which `conditions` makes known to both databases."""
    return Index(name, column, info={"where": where})


def conditions(metadata: MetaData) -> None:
    """Give partial indexes their conditions: only migrations need them, and each loads a database's dialect."""
    for table in metadata.tables.values():
        for index in table.indexes:
            if "where" in index.info:
                for dialect in ("sqlite", "postgresql"):
                    index.dialect_options[dialect]["where"] = text(index.info["where"])
