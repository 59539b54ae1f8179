"""What a strategy is given: the database, as sessions, connections and the driver's own connection."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from bench.worker.faults import Disturbance
from bench.worker.load_driver import Load, Unit, drive
from bench.worker.share import WHOLE

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine


class Database:
    """A strategy's own database handle, with an engine that no other strategy uses.

    Attributes:
        engine: The AsyncEngine, one pooled connection unless the strategy names other engine options.
        dialect: `postgresql` or `sqlite`.
        share: The part of each load that this process drives, where several do.
    """

    def __init__(self, engine: AsyncEngine, connect_driver: Callable[[], Awaitable[Any]]) -> None:
        self.engine = engine
        self.dialect = engine.dialect.name
        self.driver_connections: list[Any] = []
        self.driver_uses = 0
        self.loads: list[Load] = []
        self.disturbance: Disturbance | None = None
        self.share = WHOLE
        self._idle: list[Any] = []
        self._connect_driver = connect_driver

    def forgotten_driver_connections(self) -> list[Any]:
        """The driver's connections that were opened, for closing; the next use opens a new one."""
        connections, self.driver_connections = self.driver_connections, []
        self._idle.clear()
        return connections

    def forgotten_loads(self) -> list[Load]:
        """The loads that were driven since this was asked last."""
        loads, self.loads = self.loads, []
        return loads

    async def load(
        self,
        unit: Unit,
        *,
        tasks: int,
        units: int,
        rate: float | None = None,
        bears: type[Exception] | tuple[type[Exception], ...] = (),
    ) -> list[Any]:
        """Run a unit of work many times from many tasks, and record what it meets: latencies, waits for a connection
        of the engine's pool, connections opened and closed, time-outs, how late the event loop is.

        Args:
            unit: What to do; it is awaited with its number, from 0.
            tasks: How many at once, at most.
            units: How many in all.
            rate: How many to start a second, whatever became of those before; their latency counts from when they were
                due. Without it each task starts its next unit when its last is done.
            bears: Exceptions that a unit may raise without ending the load; they are counted.

        Returns:
            What each unit returned, by its number; None for one that raised what is borne, and for those of other
            processes where several drive the load (`--processes`).

        Raises:
            ValueError: Fewer than one task, a negative number of units, or a rate that is not positive.
            Exception: What a unit raised first, where it is not borne; the others are cancelled.
        """
        borne = bears if isinstance(bears, tuple) else (bears,)
        if self.disturbance is not None:
            unit = self.disturbance.watching(unit, units, rate)
        results, load = await drive(
            self.engine, unit, tasks=tasks, units=units, rate=rate, bears=borne, share=self.share
        )
        self.loads.append(load)
        return results

    @asynccontextmanager
    async def session(self, **options: Any) -> AsyncIterator[AsyncSession]:
        """A fresh ORM session; `expire_on_commit` is False unless `options`, those of `AsyncSession`, say otherwise."""
        async with AsyncSession(self.engine, **{"expire_on_commit": False, **options}) as session:
            yield session

    @asynccontextmanager
    async def connection(self, **execution_options: Any) -> AsyncIterator[AsyncConnection]:
        """A Core connection from the engine's pool, with `execution_options` such as `isolation_level` where given."""
        async with self.engine.connect() as connection:
            if execution_options:
                await connection.execution_options(**execution_options)
            yield connection

    async def new_driver_connection(self) -> Any:
        """Another connection of the driver's own, apart from SQLAlchemy, such as a pool of the driver's takes; it is
        closed with the strategy where nobody has closed it before.
        """
        self.driver_uses += 1
        connection = await self._connect_driver()
        self.driver_connections.append(connection)
        return connection

    @asynccontextmanager
    async def driver(self) -> AsyncIterator[Any]:
        """The driver's own connection (asyncpg's, psycopg's, aiosqlite's), apart from SQLAlchemy: opened at its
        first use and kept for the next, as a pool of the driver would.
        """
        self.driver_uses += 1
        connection = self._idle.pop() if self._idle else await self.new_driver_connection()
        try:
            yield connection
        finally:
            self._idle.append(connection)


class SyncDatabase:
    """What a plain function is given: the same, synchronous (psycopg on PostgreSQL, sqlite3 on SQLite).

    Attributes:
        engine: The Engine, one pooled connection unless the strategy names other engine options.
        dialect: `postgresql` or `sqlite`.
    """

    def __init__(self, engine: Engine, connect_driver: Callable[[], Any]) -> None:
        self.engine = engine
        self.dialect = engine.dialect.name
        self.driver_connections: list[Any] = []
        self.driver_uses = 0
        self._idle: list[Any] = []
        self._connect_driver = connect_driver

    def forgotten_driver_connections(self) -> list[Any]:
        """The driver's connections that were opened, for closing; the next use opens a new one."""
        connections, self.driver_connections = self.driver_connections, []
        self._idle.clear()
        return connections

    @contextmanager
    def session(self, **options: Any) -> Iterator[Session]:
        """A fresh ORM session; `expire_on_commit` is False unless `options`, those of `Session`, say otherwise."""
        with Session(self.engine, **{"expire_on_commit": False, **options}) as session:
            yield session

    @contextmanager
    def connection(self, **execution_options: Any) -> Iterator[Connection]:
        """A Core connection from the engine's pool, with `execution_options` such as `isolation_level` where given."""
        with self.engine.connect() as connection:
            yield connection.execution_options(**execution_options) if execution_options else connection

    @contextmanager
    def driver(self) -> Iterator[Any]:
        """The driver's own connection, apart from SQLAlchemy: opened at its first use and kept for the next."""
        self.driver_uses += 1
        if self._idle:
            connection = self._idle.pop()
        else:
            connection = self._connect_driver()
            self.driver_connections.append(connection)
        try:
            yield cast(Any, connection)
        finally:
            self._idle.append(connection)
