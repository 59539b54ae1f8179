"""Counts the statements of a part of a test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.pytest_plugin.engines import engine_of
from bench.pytest_plugin.sendings import Sending, heard
from bench.pytest_plugin.showing import shown, shown_lines
from bench.pytest_plugin.statements import Statement, by_text, statement_of
from bench.reports.formatting import shortened

if TYPE_CHECKING:
    from sqlalchemy import Engine


class Count(int):
    """A number of statements that knows which they are, so that an assertion which fails can show them."""

    statements: tuple[Statement, ...] = ()


class Queries:
    """The statements that a counter has seen so far; `str()` of it shows them, grouped, with their lines."""

    def __init__(self, seen: list[Statement]) -> None:
        self._seen = seen

    @property
    def count(self) -> Count:
        """How many there are: an integer, whose comparison shows the statements where an assertion of it fails."""
        count = Count(len(self._seen))
        count.statements = self.statements
        return count

    @property
    def statements(self) -> tuple[Statement, ...]:
        """All of them, in the order in which they were sent."""
        return tuple(self._seen)

    @property
    def by_sql(self) -> dict[str, tuple[Statement, ...]]:
        """Those of each text, in the order in which each text was first sent."""
        return by_text(self.statements)

    def __len__(self) -> int:
        return len(self._seen)

    def __repr__(self) -> str:
        return f"<Queries: {shortened(' '.join(line.strip() for line in shown_lines(self.statements)), 400)}>"

    def __str__(self) -> str:
        return shown(self.statements)


class QueryCounter:
    """What the fixture `query_counter` gives: called with engines, it counts what is sent by them inside a `with`.

    What counts is a statement that SQLAlchemy hands to a driver's cursor. An executemany is one, whatever number of
    parameter sets it has; an INSERT of many rows with RETURNING is one for each batch that SQLAlchemy cuts it into; a
    statement that fails is one. Not counted are BEGIN, COMMIT, ROLLBACK, SAVEPOINT and their kin, the pool's pre-ping,
    what a new connection is greeted with, and what is done with the driver's own connection.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    @contextmanager
    def __call__(self, *targets: Any) -> Iterator[Queries]:
        """Count what is sent through the engines of `targets`, in any thread or task, while the context is open.

        Args:
            targets: Engines, connections, sessions or sessionmakers, sync or async. What shares an engine's pool counts
                with it, as `engine.execution_options()` does. With none, every engine counts.

        Raises:
            TypeError: A target is something else, or a session that has several engines or none.
        """
        engines = [engine_of(target) for target in targets]
        seen: list[Statement] = []

        def hear(sending: Sending) -> None:
            if not engines or _share_a_pool(sending.connection.engine, engines):
                seen.append(statement_of(sending, self._root))

        with heard(hear):
            yield Queries(seen)


def _share_a_pool(engine: Engine, engines: list[Engine]) -> bool:
    """Whether an engine is one of several; asked anew each time, for `dispose()` gives an engine another pool."""
    return any(engine.pool is other.pool for other in engines)
