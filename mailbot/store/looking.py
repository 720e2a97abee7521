"""Readings that follow one another share one transaction: a pass asks much of the store, and mostly finds nothing."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack

import sqlalchemy as sa

Reading = Callable[[], AbstractContextManager[sa.Connection]]


class Looking:
    """The readings of one store: each in a transaction of its own, or for a while in one. Raises what they raise."""

    def __init__(self, begin: Reading) -> None:
        """Open nothing yet; `begin` opens a transaction for reading."""
        self._begin, self._stack = begin, ExitStack()
        self._shares = False
        self._connection: sa.Connection | None = None

    @contextlib.contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Yield a connection for reading; after a failure the next one begins anew."""
        if not self._shares:
            with self._begin() as connection:
                yield connection
            return
        if self._connection is None:
            self._connection = self._stack.enter_context(self._begin())
        try:
            yield self._connection
        except BaseException:
            self._end()
            raise

    @contextlib.contextmanager
    def sharing(self) -> Iterator[None]:
        """Have what is read meanwhile share a transaction."""
        self._shares = True
        try:
            with self.apart():
                yield
        finally:
            self._shares = False

    @contextlib.contextmanager
    def apart(self) -> Iterator[None]:
        """Let nothing that was read before share a transaction with what is read after it."""
        self._end()
        try:
            yield
        finally:
            self._end()

    def _end(self) -> None:
        self._connection = None
        self._stack.close()
