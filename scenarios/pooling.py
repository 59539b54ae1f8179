"""What does it cost to have a connection?"""

from typing import Any

from sqlalchemy import NullPool, StaticPool, select

from bench import Claim, Database, Scenario

from .blog import TENS, User, blog

PATTERNS = "SQLAlchemy 2.0 Async Patterns (000_a08f1a9f5e6aac4d.txt), Connection Pooling, Configuration"
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
