"""What does it cost to have a connection, and which pool serves many tasks at once?"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Literal
from uuid import uuid4

from sqlalchemy import NullPool, StaticPool, Update, bindparam, func, select, update
from sqlalchemy.exc import DBAPIError, InvalidRequestError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from bench import Claim, Database, Scenario

from .blog import TENS, Post, User, blog
from .tally import ROWS, Tally, tally

PATTERNS = "SQLAlchemy 2.0 Async Patterns, Connection Pooling, Configuration"
DOCS = "SQLAlchemy documentation, Connection Pooling"
DEFAULT = {"pool_size": 5, "max_overflow": 10}
"""SQLAlchemy's own, written out because the harness gives an engine that says nothing a single connection."""
ADVISED = {**DEFAULT, "pool_timeout": 30, "pool_recycle": 3600, "pool_pre_ping": True}

checkout = Scenario(
    dataset=blog,
    question="What does a unit of work of one or many reads pay for its connection, by the pool's settings?",
    params={"reads": (1, 10, 100)},
    typical={"reads": 1},
    size="reads",
    claims=[
        Claim(
            "pool_size is the number of persistent connections",
            PATTERNS,
            strategy="as_advised",
            counter="connections",
            equals=0,
        ),
        Claim("pool_size is the number of persistent connections", PATTERNS, faster="as_advised", than="null"),
        Claim(
            "pool_pre_ping tests connections before use",
            PATTERNS,
            strategy="pre_ping",
            counter="pings",
            equals=1,
        ),
        Claim(
            "pool_recycle=3600 recycles connections after an hour, and none that is younger",
            PATTERNS,
            strategy="recycled_hourly",
            counter="connections",
            equals=0,
        ),
        Claim(
            "With pool_recycle a connection that is older than so many seconds is replaced at its next checkout",
            f"{DOCS}, Setting Pool Recycle",
            strategy="recycled_at_once",
            counter="connections",
            equals=1,
        ),
        Claim(
            "The pre-ping adds a bit of overhead to checking a connection out",
            f"{DOCS}, Disconnect Handling - Pessimistic",
            faster="queue",
            than="pre_ping",
        ),
        Claim(
            "NullPool opens and closes a connection for each use",
            f"{DOCS}, API Documentation - Available Pool Implementations",
            strategy="null",
            counter="connections",
            equals=1,
        ),
    ],
)


async def read(db: Database, reads: int) -> list[Any]:
    """The names of that many users, by a SELECT each on one connection."""
    first, last = TENS.user_ids(reads)
    async with db.connection() as connection:
        return [await connection.scalar(select(User.username).where(User.id == key)) for key in range(first, last + 1)]


@checkout.strategy(baseline=True, engine_options=DEFAULT)
async def queue(db: Database, reads: int) -> list[Any]:
    """SQLAlchemy's default pool, 5 connections and 10 more at need, of which one is open."""
    return await read(db, reads)


@checkout.strategy(engine_options={**DEFAULT, "pool_pre_ping": True})
async def pre_ping(db: Database, reads: int) -> list[Any]:
    """The same with `pool_pre_ping=True`: a test of the connection before it is given out."""
    return await read(db, reads)


@checkout.strategy(engine_options={**DEFAULT, "pool_recycle": 3600})
async def recycled_hourly(db: Database, reads: int) -> list[Any]:
    """The same with `pool_recycle=3600`: a look at the connection's age before it is given out."""
    return await read(db, reads)


@checkout.strategy(engine_options={**DEFAULT, "pool_recycle": 0})
async def recycled_at_once(db: Database, reads: int) -> list[Any]:
    """The same with `pool_recycle=0`: whatever age a connection has, a new one takes its place."""
    return await read(db, reads)


@checkout.strategy(engine_options=ADVISED)
async def as_advised(db: Database, reads: int) -> list[Any]:
    """All five settings as they are advised: 5 and 10 connections, recycled hourly, tested before use."""
    return await read(db, reads)


@checkout.strategy(engine_options={"poolclass": StaticPool})
async def static(db: Database, reads: int) -> list[Any]:
    """`StaticPool`: one connection that is given to whoever asks."""
    return await read(db, reads)


@checkout.strategy(engine_options={"poolclass": NullPool})
async def null(db: Database, reads: int) -> list[Any]:
    """`NullPool`: a new connection for each use."""
    return await read(db, reads)


# Many tasks at once, each with one unit of work after the other.

KEYS = 100
SLOW_S = 0.005
NAME = select(User.username).where(User.id == bindparam("key"))
PAGE = select(Post.title).where(Post.author_id == bindparam("key")).order_by(Post.id)
SLEEP = select(func.pg_sleep(SLOW_S))

Work = Literal["short", "mixed", "slow"]


def units_of(tasks: int) -> int:
    """How many units a load has: sixty, or two for each task where that is more."""
    return max(60, 2 * tasks)


def key_of(number: int) -> int:
    """A user for a unit of work: units go round a hundred of them."""
    return TENS.first_user + number % KEYS


async def work_on(connection: AsyncConnection, number: int, work: Work) -> list[str]:
    """A unit: `short` reads a name by primary key; `mixed` does so four times in five, else ten titles in order; and
    `slow` lets the server take 5 ms before.
    """
    if work == "slow":
        await connection.execute(SLEEP)
    statement = PAGE if work == "mixed" and number % 5 == 0 else NAME
    return list(await connection.scalars(statement, {"key": key_of(number)}))


async def work_through(db: Database, tasks: int, work: Work = "short") -> list[Any]:
    """The units of a load, each on a connection that it asks the engine's pool for and gives back."""

    async def unit(number: int) -> list[str]:
        async with db.connection() as connection:
            return await work_on(connection, number, work)

    return await db.load(unit, tasks=tasks, units=units_of(tasks))


# How large. A pool of size 20 without overflow keeps what it opened; overflow is opened at need and closed when idle.

sizes = Scenario(
    dataset=blog,
    question="How many connections should a pool keep, and how many more may it open, for so many tasks at once?",
    params={"tasks": (1, 5, 20, 50, 200), "work": ("short", "mixed", "slow")},
    typical={"tasks": 20, "work": "short"},
    size="tasks",
    claims=[
        Claim(
            "Connections beyond pool_size are disconnected and discarded when they are given back",
            f"{DOCS}, API Documentation - Available Pool Implementations",
            faster="size_15",
            than="size_5_overflow_10",
            where={"tasks": 20},
        ),
        Claim(
            "NullPool opens and closes a connection for each use",
            f"{DOCS}, API Documentation - Available Pool Implementations",
            faster="size_5_overflow_10",
            than="no_pool",
        ),
    ],
)


@sizes.strategy(baseline=True, engine_options=DEFAULT, requires="postgresql")
async def size_5_overflow_10(db: Database, tasks: int, work: Work) -> list[Any]:
    """SQLAlchemy's default: 5 connections kept, 10 more at need."""
    return await work_through(db, tasks, work)


@sizes.strategy(engine_options={"pool_size": 1, "max_overflow": 0}, requires="postgresql")
async def size_1(db: Database, tasks: int, work: Work) -> list[Any]:
    """A single connection."""
    return await work_through(db, tasks, work)


@sizes.strategy(engine_options={"pool_size": 2, "max_overflow": 0}, requires="postgresql")
async def size_2(db: Database, tasks: int, work: Work) -> list[Any]:
    """2 connections, no overflow."""
    return await work_through(db, tasks, work)


@sizes.strategy(engine_options={"pool_size": 5, "max_overflow": 0}, requires="postgresql")
async def size_5(db: Database, tasks: int, work: Work) -> list[Any]:
    """5 connections, no overflow."""
    return await work_through(db, tasks, work)


@sizes.strategy(engine_options={"pool_size": 15, "max_overflow": 0}, requires="postgresql")
async def size_15(db: Database, tasks: int, work: Work) -> list[Any]:
    """15 connections, all of them kept."""
    return await work_through(db, tasks, work)


@sizes.strategy(engine_options={"pool_size": 50, "max_overflow": 0}, requires="postgresql")
async def size_50(db: Database, tasks: int, work: Work) -> list[Any]:
    """50 connections, all of them kept."""
    return await work_through(db, tasks, work)


@sizes.strategy(engine_options={"pool_size": 5, "max_overflow": 95}, requires="postgresql")
async def size_5_overflow_95(db: Database, tasks: int, work: Work) -> list[Any]:
    """5 connections kept, 95 more at need."""
    return await work_through(db, tasks, work)


def within_what_servers_take(tasks: int, work: Work) -> Literal[True] | str:
    """Whether a connection for each task is not too much to ask."""
    return tasks <= 50 or f"{tasks} tasks would open as many connections, and servers take 100 unless told otherwise"


@sizes.strategy(engine_options={"poolclass": NullPool}, requires="postgresql", where=within_what_servers_take)
async def no_pool(db: Database, tasks: int, work: Work) -> list[Any]:
    """`NullPool`: a connection for each unit."""
    return await work_through(db, tasks, work)


def alone(tasks: int, work: Work) -> Literal[True] | str:
    """Whether one task is all there is."""
    return tasks == 1 or "two tasks cannot use the one connection of StaticPool at once"


@sizes.strategy(engine_options={"poolclass": StaticPool}, requires="postgresql", where=alone)
async def one_for_all(db: Database, tasks: int, work: Work) -> list[Any]:
    """`StaticPool`: one connection that is given to whoever asks."""
    return await work_through(db, tasks, work)


# How it looks after them: the same pool of 10, which twice as many tasks use.

settings = Scenario(
    dataset=blog,
    question="What do the pool's settings cost while many tasks wait for a connection?",
    params={"tasks": (1, 5, 20, 50, 200)},
    typical={"tasks": 20},
    size="tasks",
    claims=[
        Claim(
            "The pre-ping adds a bit of overhead to checking a connection out",
            f"{DOCS}, Disconnect Handling - Pessimistic",
            faster="plain",
            than="tested",
        ),
        Claim(
            "pool_recycle=3600 recycles connections after an hour, and none that is younger",
            PATTERNS,
            as_fast="kept_an_hour",
            than="plain",
        ),
    ],
)
KEPT = {"pool_size": 10, "max_overflow": 0}


@settings.strategy(baseline=True, engine_options=KEPT, requires="postgresql")
async def plain(db: Database, tasks: int) -> list[Any]:
    """10 connections, given out first in, first out, for ever."""
    return await work_through(db, tasks)


@settings.strategy(engine_options={**KEPT, "pool_pre_ping": True}, requires="postgresql")
async def tested(db: Database, tasks: int) -> list[Any]:
    """Tested before each use: `pool_pre_ping=True`."""
    return await work_through(db, tasks)


@settings.strategy(engine_options={**KEPT, "pool_recycle": 3600}, requires="postgresql")
async def kept_an_hour(db: Database, tasks: int) -> list[Any]:
    """Replaced when an hour old: `pool_recycle=3600`."""
    return await work_through(db, tasks)


@settings.strategy(engine_options={**KEPT, "pool_recycle": 0.02}, requires="postgresql")
async def kept_briefly(db: Database, tasks: int) -> list[Any]:
    """Replaced when 20 ms old, which is short against a load: `pool_recycle=0.02`."""
    return await work_through(db, tasks)


@settings.strategy(engine_options={**KEPT, "pool_use_lifo": True}, requires="postgresql")
async def last_in_first_out(db: Database, tasks: int) -> list[Any]:
    """Given out last in, first out: `pool_use_lifo=True`."""
    return await work_through(db, tasks)


# How long a unit has a connection: two reads with 5 ms of other work between them, such as a request to somebody else.

holding = Scenario(
    dataset=blog,
    question="Should a unit of work keep its connection while it does something else, and others wait for one?",
    params={"tasks": (1, 5, 20, 50, 200)},
    typical={"tasks": 20},
    size="tasks",
    claims=[
        Claim(
            "Keep transactions short, not held open",
            "SQLAlchemy documentation, Session Basics, When do I construct a Session, when do I commit it, …",
            faster="given_back",
            than="held",
            where={"tasks": 20},
        ),
    ],
)
FEW = {"pool_size": 5, "max_overflow": 0}


async def work_elsewhere(db: Database) -> None:
    """What a unit does without its database: it waits for somebody else."""
    await asyncio.sleep(SLOW_S)


async def name_of(session: AsyncSession, number: int) -> str:
    """A user's name."""
    found: str = await session.scalar(NAME, {"key": key_of(number)})
    return found


@holding.strategy(baseline=True, engine_options=FEW, requires="postgresql")
async def held(db: Database, tasks: int) -> list[Any]:
    """One transaction around all of it: the connection is held, and the transaction open, for 5 ms of nothing."""

    async def unit(number: int) -> tuple[str, str]:
        async with db.session() as session:
            first = await name_of(session, number)
            await work_elsewhere(db)
            return first, await name_of(session, number + 1)

    return await db.load(unit, tasks=tasks, units=units_of(tasks))


@holding.strategy(engine_options=FEW, requires="postgresql")
async def given_back(db: Database, tasks: int) -> list[Any]:
    """The transaction ended before the other work, which gives the connection back, and another one after it."""

    async def unit(number: int) -> tuple[str, str]:
        async with db.session() as session:
            first = await name_of(session, number)
            await session.commit()
            await work_elsewhere(db)
            return first, await name_of(session, number + 1)

    return await db.load(unit, tasks=tasks, units=units_of(tasks))


@holding.strategy(engine_options=FEW, requires="postgresql")
async def another_session(db: Database, tasks: int) -> list[Any]:
    """A session for each read."""

    async def unit(number: int) -> tuple[str, str]:
        async with db.session() as session:
            first = await name_of(session, number)
        await work_elsewhere(db)
        async with db.session() as session:
            return first, await name_of(session, number + 1)

    return await db.load(unit, tasks=tasks, units=units_of(tasks))


# How long a transaction is open: a row is counted up that others want too, beside 5 ms of other work. There is a
# connection for each task, so that nobody waits but for the row.

transactions = Scenario(
    dataset=tally,
    question="Does it matter whether a transaction is kept open, or short, when others want the same row?",
    params={"tasks": (1, 5, 20, 50)},
    typical={"tasks": 20},
    size="tasks",
    writes=[Tally],
    returns="rows",
    claims=[
        Claim(
            "Keep transactions short, not held open",
            "SQLAlchemy documentation, Session Basics, When do I construct a Session, when do I commit it, …",
            faster="short",
            than="kept_open",
            where={"tasks": 20},
        ),
    ],
)
EACH_ITS_OWN = {"pool_size": 50, "max_overflow": 0}


def count_up(number: int) -> Update:
    """Counts one of the rows up."""
    return update(Tally).where(Tally.id == number % ROWS + 1).values(counted=Tally.counted + 1)


@transactions.strategy(baseline=True, engine_options=EACH_ITS_OWN, requires="postgresql")
async def kept_open(db: Database, tasks: int) -> list[Any]:
    """The row first, then the other work, then COMMIT: it is locked all the while."""

    async def unit(number: int) -> None:
        async with db.session() as session:
            await session.execute(count_up(number))
            await work_elsewhere(db)
            await session.commit()

    return await db.load(unit, tasks=tasks, units=units_of(tasks))


@transactions.strategy(engine_options=EACH_ITS_OWN, requires="postgresql")
async def short(db: Database, tasks: int) -> list[Any]:
    """The other work first, then a transaction for the row alone."""

    async def unit(number: int) -> None:
        await work_elsewhere(db)
        async with db.session() as session:
            await session.execute(count_up(number))
            await session.commit()

    return await db.load(unit, tasks=tasks, units=units_of(tasks))


@transactions.strategy(engine_options=EACH_ITS_OWN, requires="postgresql")
async def row_last(db: Database, tasks: int) -> list[Any]:
    """One transaction that is open just as long, and takes the row last: a SELECT, the other work, the row, COMMIT."""

    async def unit(number: int) -> None:
        async with db.session() as session:
            await session.scalar(select(Tally.id).where(Tally.id == number % ROWS + 1))
            await work_elsewhere(db)
            await session.execute(count_up(number))
            await session.commit()

    return await db.load(unit, tasks=tasks, units=units_of(tasks))


# At a rate: callers come when they come, and do not wait for those before. Who keeps the rate takes as long as anybody
# who does; what differs is how long callers wait.

arrivals = Scenario(
    dataset=blog,
    question="How many connections does a given rate of callers need, of whom each keeps the server busy for 5 ms?",
    params={"rate": (100, 200, 400)},
    typical={"rate": 400},
    size="rate",
)
COMERS = 40


async def serve_comers(db: Database, rate: int) -> list[Any]:
    """Units that are due at a rate, from as many tasks as there are units: none waits for a task."""

    async def unit(number: int) -> list[str]:
        async with db.connection() as connection:
            return await work_on(connection, number, "slow")

    return await db.load(unit, tasks=COMERS, units=COMERS, rate=rate)


@arrivals.strategy(baseline=True, engine_options={"pool_size": 5, "max_overflow": 0}, requires="postgresql")
async def five(db: Database, rate: int) -> list[Any]:
    """5 connections."""
    return await serve_comers(db, rate)


@arrivals.strategy(engine_options={"pool_size": 1, "max_overflow": 0}, requires="postgresql")
async def one(db: Database, rate: int) -> list[Any]:
    """A single connection."""
    return await serve_comers(db, rate)


@arrivals.strategy(engine_options={"pool_size": 2, "max_overflow": 0}, requires="postgresql")
async def two(db: Database, rate: int) -> list[Any]:
    """2 connections."""
    return await serve_comers(db, rate)


@arrivals.strategy(engine_options={"pool_size": 20, "max_overflow": 0}, requires="postgresql")
async def twenty(db: Database, rate: int) -> list[Any]:
    """20 connections."""
    return await serve_comers(db, rate)


# Whose pool, and what its connections remember.

drivers = Scenario(
    dataset=blog,
    question="Whose pool is faster, and what do prepared statements add, under the same load?",
    params={"tasks": (1, 5, 20, 50, 200)},
    typical={"tasks": 20},
    size="tasks",
    returns="rows",
)


@drivers.strategy(baseline=True, engine_options=KEPT, requires="postgresql", driver="asyncpg")
async def prepared(db: Database, tasks: int) -> list[Any]:
    """SQLAlchemy's pool of 10; asyncpg prepares each statement once a connection."""
    return await work_through(db, tasks)


@drivers.strategy(
    engine_options={
        **KEPT,
        "connect_args": {"prepared_statement_cache_size": 0, "statement_cache_size": 0},
    },
    requires="postgresql",
    driver="asyncpg",
)
async def not_prepared(db: Database, tasks: int) -> list[Any]:
    """The same with no statement remembered, in SQLAlchemy's dialect or in asyncpg: each is prepared anew."""
    return await work_through(db, tasks)


@asynccontextmanager
async def asyncpgs_pool(db: Database) -> AsyncIterator[Any]:
    """A pool of asyncpg's own with 10 connections."""
    from asyncpg import create_pool

    async def connect(*args: Any, **options: Any) -> Any:
        return await db.new_driver_connection()

    async with create_pool(min_size=10, max_size=10, connect=connect) as pool:
        yield pool


@drivers.strategy(setup=asyncpgs_pool, requires="postgresql", driver="asyncpg")
async def asyncpg_alone(db: Database, tasks: int, state: Any) -> list[Any]:
    """asyncpg's own pool of 10, with a transaction for each unit as SQLAlchemy has it; it resets what is given back."""

    async def unit(number: int) -> list[str]:
        async with state.acquire() as connection, connection.transaction():
            return [await connection.fetchval("SELECT username FROM users WHERE id = $1", key_of(number))]

    return await db.load(unit, tasks=tasks, units=units_of(tasks))


@drivers.strategy(setup=asyncpgs_pool, requires="postgresql", driver="asyncpg")
async def asyncpg_without_transaction(db: Database, tasks: int, state: Any) -> list[Any]:
    """asyncpg's own pool of 10, and no transaction but the statement's; it resets what is given back."""

    async def unit(number: int) -> list[str]:
        async with state.acquire() as connection:
            return [await connection.fetchval("SELECT username FROM users WHERE id = $1", key_of(number))]

    return await db.load(unit, tasks=tasks, units=units_of(tasks))


# PgBouncer in front of the server, in transaction mode: it has 10 connections, and lends them for a transaction each.

bouncer = Scenario(
    dataset=blog,
    question="What does PgBouncer in transaction mode cost or save beside a pool of SQLAlchemy's own?",
    params={"tasks": (1, 5, 20, 50, 200)},
    typical={"tasks": 20},
    size="tasks",
    claims=[
        Claim(
            "The aim of pgbouncer is to lower the performance impact of opening new connections to PostgreSQL",
            "PgBouncer documentation, pgbouncer(1), Description",
            faster="no_pool_behind_it",
            than="no_pool_alone",
        ),
    ],
)
UNREMEMBERED = {"prepared_statement_cache_size": 0, "statement_cache_size": 0}
UNIQUE = {**UNREMEMBERED, "prepared_statement_name_func": lambda: f"__asyncpg_{uuid4()}__"}
UNNAMED = {**UNREMEMBERED, "prepared_statement_name_func": lambda: ""}
TWENTY = {"pool_size": 20, "max_overflow": 0}


def connection_a_task(tasks: int) -> Literal[True] | str:
    """Whether a connection for each task is not too much to ask."""
    return within_what_servers_take(tasks, "short")


def several(tasks: int) -> Literal[True] | str:
    """Whether a task meets what another has left on a connection to the server."""
    return tasks > 1 or "a task that is alone is lent the same connection to the server each time"


@bouncer.strategy(baseline=True, engine_options=KEPT, requires="postgresql", driver="asyncpg")
async def pool_alone(db: Database, tasks: int) -> list[Any]:
    """SQLAlchemy's pool of 10, straight to the server."""
    return await work_through(db, tasks)


@bouncer.strategy(engine_options={**KEPT, "connect_args": UNNAMED}, requires="postgresql", driver="asyncpg")
async def unnamed_alone(db: Database, tasks: int) -> list[Any]:
    """The same pool with statements that have no name and that nobody remembers, as PgBouncer asks for."""
    return await work_through(db, tasks)


@bouncer.strategy(
    engine_options={"poolclass": NullPool}, requires="postgresql", driver="asyncpg", where=connection_a_task
)
async def no_pool_alone(db: Database, tasks: int) -> list[Any]:
    """`NullPool`, straight to the server: a connection to it, and a process there, for each unit."""
    return await work_through(db, tasks)


@bouncer.strategy(engine_options={"poolclass": NullPool, "connect_args": UNIQUE}, through="pgbouncer", driver="asyncpg")
async def no_pool_behind_it(db: Database, tasks: int) -> list[Any]:
    """`NullPool` to PgBouncer; no statement is remembered, and each has a unique name, which the server keeps."""
    return await work_through(db, tasks)


@bouncer.strategy(engine_options={**TWENTY, "connect_args": UNIQUE}, through="pgbouncer", driver="asyncpg")
async def pool_behind_it(db: Database, tasks: int) -> list[Any]:
    """SQLAlchemy's pool of 20 to PgBouncer, with the same names: many statements stay on the server, closed
    on another connection than they were prepared on.
    """
    return await work_through(db, tasks)


@bouncer.strategy(engine_options={**TWENTY, "connect_args": UNNAMED}, through="pgbouncer", driver="asyncpg")
async def unnamed_behind_it(db: Database, tasks: int) -> list[Any]:
    """The same pool, with statements that have no name: the next takes the place of the last, and none stays."""
    return await work_through(db, tasks)


@bouncer.strategy(
    engine_options=TWENTY,
    through="pgbouncer",
    driver="asyncpg",
    requires="pgbouncer<1.21",
    raises=DBAPIError,
    where=several,
)
async def remembered_behind_it(db: Database, tasks: int) -> list[Any]:
    """The same pool with statements remembered, as is the default: InvalidSQLStatementNameError, for a transaction is
    lent another connection than the one that knows the statement.
    """
    return await work_through(db, tasks)


@bouncer.strategy(engine_options=TWENTY, through="pgbouncer", driver="asyncpg", requires="pgbouncer>=1.21")
async def followed_behind_it(db: Database, tasks: int) -> list[Any]:
    """The same pool with statements remembered, which a newer PgBouncer prepares on whatever connection it lends."""
    return await work_through(db, tasks)


# What goes wrong: more at once than there is.

exhaustion = Scenario(
    dataset=blog,
    question="What does a caller see when every connection of a pool is in use?",
    params={"tasks": (2, 20)},
    typical={"tasks": 2},
    size="tasks",
)
SINGLE = {"pool_size": 1, "max_overflow": 0}


async def names_while_held(db: Database, tasks: int) -> list[Any]:
    """A name for each task, whose connection the first of them keeps for 50 ms."""

    async def unit(number: int) -> list[str]:
        async with db.connection() as connection:
            if number == 0:
                await asyncio.sleep(SLOW_S * 10)
            return await work_on(connection, number, "short")

    return await db.load(unit, tasks=tasks, units=tasks)


@exhaustion.strategy(baseline=True, engine_options={**SINGLE, "pool_timeout": 30}, requires="postgresql")
async def patient(db: Database, tasks: int) -> list[Any]:
    """`pool_timeout=30`, the default: it waits until the connection is given back."""
    return await names_while_held(db, tasks)


@exhaustion.strategy(engine_options={**SINGLE, "pool_timeout": SLOW_S}, requires="postgresql", raises=PoolTimeoutError)
async def impatient(db: Database, tasks: int) -> list[Any]:
    """A `pool_timeout` of 5 ms, which is over before the connection is given back."""
    return await names_while_held(db, tasks)


# What goes wrong: a connection, or all of them, in the midst of a load. Reads come in at a rate, whatever became of
# those before, and who comes while nothing answers is lost.

faults = Scenario(
    dataset=blog,
    question="How many units of work are lost to a fault, and how soon does a pool recover from it?",
    params={"fault": ("restart", "terminate", "cut", "stall")},
    typical={"fault": "restart"},
    disturbed_by="fault",
    returns="rows",
)
READS, READS_A_SECOND = 250, 100
TIMED = {"connect_args": {"command_timeout": 0.1}}


async def read_at_a_rate(db: Database) -> list[Any]:
    """Two seconds and a half of reads, each on a connection of the engine's pool."""

    async def unit(number: int) -> list[str]:
        async with db.connection() as connection:
            return await work_on(connection, number, "short")

    return await db.load(unit, tasks=20, units=READS, rate=READS_A_SECOND, bears=Exception)


@faults.strategy(baseline=True, name="kept", engine_options=FEW, requires="postgresql", driver="asyncpg")
async def kept_through_faults(db: Database) -> list[Any]:
    """5 connections, which are kept and trusted."""
    return await read_at_a_rate(db)


@faults.strategy(name="tested", engine_options={**FEW, "pool_pre_ping": True}, requires="postgresql", driver="asyncpg")
async def tested_through_faults(db: Database) -> list[Any]:
    """Tested before each use: `pool_pre_ping=True`."""
    return await read_at_a_rate(db)


@faults.strategy(name="recycled", engine_options={**FEW, "pool_recycle": 0.1}, requires="postgresql", driver="asyncpg")
async def recycled_through_faults(db: Database) -> list[Any]:
    """Replaced when 100 ms old: `pool_recycle=0.1`."""
    return await read_at_a_rate(db)


def where_something_stalls(fault: str) -> Literal[True] | str:
    """Whether a time-out of commands has something to do."""
    return (
        fault == "stall" or "not applicable: it guards against commands that get no answer, and this fault leaves none"
    )


@faults.strategy(
    name="timed",
    engine_options={**FEW, **TIMED},
    requires="postgresql",
    driver="asyncpg",
    where=where_something_stalls,
)
async def timed_through_faults(db: Database) -> list[Any]:
    """Given up after 100 ms without an answer: asyncpg's `command_timeout=0.1`."""
    return await read_at_a_rate(db)


@faults.strategy(name="no_pool", engine_options={"poolclass": NullPool}, requires="postgresql", driver="asyncpg")
async def no_pool_through_faults(db: Database) -> list[Any]:
    """`NullPool`: a connection for each unit."""
    return await read_at_a_rate(db)


@asynccontextmanager
async def five_of_asyncpg(db: Database) -> AsyncIterator[Any]:
    """A pool of asyncpg's own with 5 connections."""
    from asyncpg import create_pool

    async def connect(*args: Any, **options: Any) -> Any:
        return await db.new_driver_connection()

    pool = await create_pool(min_size=5, max_size=5, connect=connect)
    try:
        yield pool
    finally:
        pool.terminate()  # to close it in good order would wait for what a fault has left


@faults.strategy(name="asyncpg_alone", setup=five_of_asyncpg, requires="postgresql", driver="asyncpg")
async def asyncpg_through_faults(db: Database, state: Any) -> list[Any]:
    """asyncpg's own pool of 5, which replaces a connection that it knows to be closed."""

    async def unit(number: int) -> list[str]:
        async with state.acquire() as connection, connection.transaction():
            return [await connection.fetchval("SELECT username FROM users WHERE id = $1", key_of(number))]

    return await db.load(unit, tasks=20, units=READS, rate=READS_A_SECOND, bears=Exception)


# One session, many tasks.

sharing = Scenario(
    dataset=blog,
    question="May tasks share a session?",
    params={"tasks": (2, 20)},
    typical={"tasks": 20},
    size="tasks",
)


@sharing.strategy(baseline=True, engine_options=KEPT, requires="postgresql")
async def session_a_task(db: Database, tasks: int) -> list[Any]:
    """A session for each task."""

    async def read_one(number: int) -> str:
        async with db.session() as session:
            return await name_of(session, number)

    return list(await asyncio.gather(*(read_one(number) for number in range(tasks))))


@sharing.strategy(engine_options=KEPT, requires="postgresql")
async def one_after_the_other(db: Database, tasks: int) -> list[Any]:
    """One session, whose reads wait for each other."""
    async with db.session() as session:
        return [await name_of(session, number) for number in range(tasks)]


@sharing.strategy(engine_options=KEPT, requires="postgresql", raises=InvalidRequestError)
async def gathered_on_one(db: Database, tasks: int) -> list[Any]:
    """`asyncio.gather` over one session."""
    async with db.session() as session:
        return list(await asyncio.gather(*(name_of(session, number) for number in range(tasks))))
