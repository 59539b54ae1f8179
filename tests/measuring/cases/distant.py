"""What becomes of strategies when the database is further away, and of those whose way to it is cut?"""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

from sqlalchemy import delete, func, insert, literal, select, text, update

from bench import Database, Scenario

from .few import Thing, few, names

distant = Scenario(dataset=few, params={"size": (1, 3)}, typical={"size": 3}, size="size")


@distant.strategy(baseline=True)
async def many_trips(db: Database, size: int) -> int:
    """Three round trips for each of `size` numbers, one after the other."""
    return sum([await _number(db, number) for number in range(size)])


@distant.strategy()
async def few_trips(db: Database, size: int) -> int:
    """All in one statement."""
    async with db.connection() as connection:
        return await connection.scalar(select(func.sum(func.generate_series(0, size - 1).column_valued()))) or 0


@distant.strategy(engine_options={"pool_size": 3})
async def at_once(db: Database, size: int) -> int:
    """As many connections as numbers, at the same time."""
    return sum(await asyncio.gather(*[_number(db, number) for number in range(size)]))


async def _number(db: Database, number: int) -> int:
    async with db.connection() as connection:
        return await connection.scalar(select(literal(number))) or 0


tapped = Scenario(dataset=few, question="What becomes of a run whose tap dies?")


@tapped.strategy(baseline=True)
async def before(db: Database) -> list[str]:
    """Read."""
    return await names(db)


def taps() -> list[int]:
    """The taps of this worker's controller."""
    found = []
    for directory in Path("/proc").glob("[0-9]*"):
        try:
            words = (directory / "cmdline").read_bytes().split(b"\0")
            parent = int((directory / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        if b"bench.wire" in words and parent == os.getppid():
            found.append(int(directory.name))
    return found


@tapped.strategy()
async def killing(db: Database) -> list[str]:
    """Read, and kill the tap that the call goes through."""
    async with db.connection() as connection:
        await connection.execute(text("SELECT 1"))
        for tap in taps():
            os.kill(tap, signal.SIGKILL)
        await connection.execute(text("SELECT 2"))
    return await names(db)


@tapped.strategy()
async def after(db: Database) -> list[str]:
    """Read."""
    return await names(db)


cut = Scenario(dataset=few, question="What becomes of a run in which the server closes a connection?")


@cut.strategy(baseline=True)
async def whole(db: Database) -> list[str]:
    """Read."""
    return await names(db)


@cut.strategy()
async def terminated(db: Database) -> list[str]:
    """Have the server close the connection in the middle of a statement."""
    async with db.connection() as connection:
        await connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
    return await names(db)


@cut.strategy()
async def whole_too(db: Database) -> list[str]:
    """Read."""
    return await names(db)


leaving = Scenario(dataset=few, question="What do writing strategies leave behind?", writes=[Thing])


@leaving.strategy(baseline=True)
async def changing(db: Database) -> None:
    """Change two names in one statement: two dead rows."""
    async with db.session() as session:
        await session.execute(update(Thing).where(Thing.id <= 2).values(name="changed"))
        await session.commit()


@leaving.strategy()
async def replacing(db: Database) -> None:
    """Delete the two and insert them anew: two dead rows."""
    async with db.session() as session:
        await session.execute(delete(Thing).where(Thing.id <= 2))
        await session.execute(insert(Thing), [{"id": number, "name": "changed"} for number in (1, 2)])
        await session.commit()


@leaving.strategy()
async def changing_twice(db: Database) -> None:
    """Change the two twice: four dead rows."""
    async with db.session() as session:
        for name in ("once", "changed"):
            await session.execute(update(Thing).where(Thing.id <= 2).values(name=name))
        await session.commit()


aside = Scenario(dataset=few, question="What is said of a strategy that does not go through the tap?")


@aside.strategy(baseline=True)
async def through(db: Database) -> list[str]:
    """Read."""
    return await names(db)


kept: list[str] = []


@aside.strategy()
async def around(db: Database) -> list[str]:
    """Answer from what an earlier call has kept, as one does that has a way of its own."""
    if not kept:
        kept.extend(await names(db))
    return list(kept)


utility = Scenario(dataset=few, question="What is said of statements that the server does not plan?")


@utility.strategy(baseline=True)
async def planned(db: Database) -> int:
    """Read one."""
    async with db.connection() as connection:
        return await connection.scalar(select(literal(1))) or 0


@utility.strategy()
async def unplanned(db: Database) -> int:
    """Do nothing, in a block."""
    async with db.connection() as connection:
        await connection.execute(text("DO $$ BEGIN PERFORM 1; END $$"))
    return 1


@utility.strategy()
async def streaming(db: Database) -> int:
    """Read a thing by a cursor, which is open when the transaction is rolled back."""
    async with db.connection() as connection, connection.stream(select(literal(1))) as found:
        return await found.scalar_one()
