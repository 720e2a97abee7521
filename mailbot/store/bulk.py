"""Many new people at once: what the store knows of their addresses, asked once; their rows, written together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from mailbot.reading.address import address_key
from mailbot.store.consent_tables import Consent, Obligation
from mailbot.store.tables import Address, FormerAddress, Person, Phone, Suppression
from mailbot.store.transaction import Transaction

_ORDER: tuple[Any, ...] = (Person, Address, Phone, Consent, Obligation)


@dataclass(slots=True)
class Traces:
    """Whatever the store holds of some addresses and phones; what is written meanwhile is added."""

    keys: set[str]  # address keys on file
    hashes: set[str]  # keyed hashes of addresses that left, or that somebody had before
    phones: set[str]

    def touch(self, unit: Transaction, emails: Iterable[str], phones: Iterable[str]) -> bool:
        """Tell whether anything is held of a person with these, and remember them as held from now on."""
        keys, numbers = [address_key(addr) for addr in emails], list(phones)
        known = not self.keys.isdisjoint(keys) or (not keys and not self.phones.isdisjoint(numbers))
        known = known or any(unit.keys.suppression(addr) in self.hashes for addr in emails)
        self.keys.update(keys)
        self.phones.update(numbers)
        return known


def traces(unit: Transaction, emails: list[str], phones: list[str]) -> Traces:
    """Return what the store holds of these; a few hundred of each at most."""
    keys = [address_key(addr) for addr in emails]
    hashes = [unit.keys.suppression(addr) for addr in emails]
    return Traces(
        keys=_held(unit, Address, "key", keys),
        hashes=_held(unit, Suppression, "key", hashes) | _held(unit, FormerAddress, "key", hashes),
        phones=_held(unit, Phone, "number", phones),
    )


def _held(unit: Transaction, model: Any, name: str, values: list[str]) -> set[str]:
    column = model.__table__.c[name]
    return set(unit.connection.execute(sa.select(column).where(column.in_(values))).scalars())


@dataclass(slots=True)
class Bulk:
    """Rows of new people that wait to be written together."""

    unit: Transaction
    rows: dict[Any, list[dict[str, Any]]] = field(default_factory=lambda: {model: [] for model in _ORDER})

    def add(self, model: Any, **values: Any) -> None:
        """Keep one row."""
        self.rows[model].append(values)

    def flush(self) -> None:
        """Write what was kept, people before what is theirs."""
        for model in _ORDER:
            if self.rows[model]:
                self.unit.connection.execute(sa.insert(model.__table__), self.rows[model])
                self.rows[model] = []
