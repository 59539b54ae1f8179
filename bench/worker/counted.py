"""A strategy on an engine of its own, on which calls are counted and looked into, and none is timed."""

from __future__ import annotations

import inspect
import reprlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict
from itertools import count
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any

from bench.pipe import Message
from bench.worker.calling import Call, OpenStrategy
from bench.worker.counting import Tally, counted
from bench.worker.engines import dispose, has_connection_left
from bench.worker.handle import Database, SyncDatabase
from bench.worker.memory import traced_memory
from bench.worker.plans import plans, prepared_plans
from bench.worker.profiling import profiled
from bench.worker.relationship_loads import noted_loads

if TYPE_CHECKING:
    from sqlalchemy import Connection


_PARAMETERS = reprlib.Repr()
_PARAMETERS.maxstring = _PARAMETERS.maxother = 200
_PARAMETERS.maxlist = _PARAMETERS.maxtuple = _PARAMETERS.maxdict = 20


class CountedStrategy:
    """An opened strategy of which calls are counted.

    Args:
        opened: The strategy with its engine.
        draw: The inputs of a call that is not counted, by its number from 0.
        file: The module of its scenario.
    """

    def __init__(self, opened: OpenStrategy, draw: Callable[[int], Any], file: str) -> None:
        self.opened = opened
        self._draw = draw
        self._numbers = count()
        # A strategy may be a function of another module.
        self._files = {file, inspect.unwrap(opened.strategy.function).__code__.co_filename}
        self._tally = Tally()
        self.result: Any = None

    def drawn(self) -> Any:
        """Inputs that no call was given yet: a statement that depends on them is new to the connection, as it is to one
        that is timed.
        """
        return self._draw(next(self._numbers))

    async def call(self, inputs: Any, *, objects: bool) -> Message:
        """Make a call, keep its `result`, and say what SQLAlchemy's events saw of it; of ORM objects where asked."""
        (call,) = self.opened.calls(inputs, 1)
        with counted(self.opened.handle, objects=objects) as self._tally, noted_loads(self._files) as loads:
            before = perf_counter_ns()
            self.result = await call() if self.opened.strategy.is_async else call()
            wall_ns = perf_counter_ns() - before
        return {
            "wall_ns": wall_ns,
            # What was seen of them by the clock is not for counts.
            "drives_load": bool(self.opened.loads()),
            "holds_state": self.opened.strategy.setup is not None,
            "repeated_loads": [asdict(one) for one in loads.repeated()],
            **told(self._tally),
        }

    async def repeat(self) -> None:
        """Make a call that nobody looks at."""
        await self.opened.once(self.drawn())

    async def profile(self, prepare: Callable[[], Awaitable[None]], *, timing: bool) -> Message:
        """The Python calls of a warm call and, with `timing`, the functions that cost most; `prepare` is called before
        each call.
        """

        async def prepared() -> Call:
            await prepare()
            (call,) = self.opened.calls(self.drawn(), 1)
            return call

        found = await profiled(prepared, self.opened.strategy.is_async, timing=timing)
        if found is None:
            return {"calls": 0, "python_calls": None, "costliest": []}
        return {
            "calls": found.calls,
            "python_calls": found.python_calls,
            "costliest": [asdict(one) for one in found.costliest],
        }

    async def trace(self) -> int:
        """The bytes that Python allocates in a warm call, at its peak."""
        (call,) = self.opened.calls(self.drawn(), 1)
        return await traced_memory(call, self.opened.strategy.is_async)

    async def explain(self) -> Message:
        """The plans of the statements of the last call, and how often the server used generic and custom ones; those
        are not known where the strategy's setup holds the connection that they were prepared on.
        """
        if has_connection_left(self.opened.handle):
            return await self._explained(self.opened.handle)
        another = self.opened.another_handle()
        try:
            return {**await self._explained(another), "choices": {}}
        finally:
            await dispose(another)

    def parameters(self) -> dict[str, str]:
        """With what each statement of the last call was sent first, as text."""
        return {sql: _PARAMETERS.repr(sent) for sql, (sent, _) in self._tally.parameters.items()}

    async def _explained(self, handle: Database | SyncDatabase) -> Message:
        if isinstance(handle, Database):
            async with handle.engine.connect() as connection:
                return await connection.run_sync(_explained, self._tally.parameters)
        with handle.engine.connect() as connection:
            return _explained(connection, self._tally.parameters)

    async def close(self) -> None:
        """Leave the setup and close every connection."""
        await self.opened.close()


def told(tally: Tally) -> Message:
    """A tally as the controller takes it; `blind_spot` says why the events do not tell the executions, if so."""
    return {"counters": tally.counters(), "blind_spot": tally.blind_spot, "statements": tally.statement_counts()}


def _explained(connection: Connection, statements: Mapping[str, tuple[Any, bool]]) -> Message:
    choices = prepared_plans(connection, statements)
    return {"plans": plans(connection, statements), "choices": {sql: list(both) for sql, both in choices.items()}}
