"""What is said of a strategy that takes its process with it, and what of the others?"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path

from sqlalchemy import text

from bench import Database, Scenario

from .few import few, names

ROUNDS_HAVE_BEGUN = 25
"""More calls than are made to prove, count and warm up a strategy."""
called, called_again = count(1), count(1)

killers = Scenario(dataset=few)


@killers.strategy(baseline=True)
async def sound(db: Database) -> list[str]:
    """Read."""
    return await names(db)


@killers.strategy()
async def exiting(db: Database) -> list[str]:
    """End the process at once."""
    os._exit(3)


@killers.strategy()
async def killed(db: Database) -> list[str]:
    """Be killed, as by a kernel that has no memory left."""
    print("just before the end", file=sys.stderr, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
    return []


@killers.strategy()
async def quitting(db: Database) -> list[str]:
    """Leave as a script would."""
    sys.exit("enough")


@killers.strategy()
async def cancelled(db: Database) -> list[str]:
    """Be cancelled by its own hand."""
    raise asyncio.CancelledError


@asynccontextmanager
async def raising(db: Database) -> AsyncIterator[None]:
    """A setup that fails."""
    raise LookupError("no state to be had")
    yield


@killers.strategy(setup=raising)
async def unprepared(db: Database) -> list[str]:
    """Never be called."""
    return await names(db)


@asynccontextmanager
async def not_to_be_left(db: Database) -> AsyncIterator[list[int]]:
    """A setup whose exit fails after the rounds."""
    calls: list[int] = []
    yield calls
    if len(calls) > ROUNDS_HAVE_BEGUN:
        raise LookupError("no way out")


@killers.strategy(setup=not_to_be_left)
async def stuck(db: Database, state: list[int]) -> list[str]:
    """Read, and fail to close."""
    state.append(1)
    return await names(db)


@killers.strategy(where=lambda: {}["nothing"])
async def unwhere(db: Database) -> list[str]:
    """Fail to say where it applies."""
    return await names(db)


@killers.strategy()
async def last(db: Database) -> list[str]:
    """Read, after all that went wrong before."""
    return await names(db)


late = Scenario(dataset=few)


@late.strategy(baseline=True)
async def steady(db: Database) -> list[str]:
    """Read."""
    return await names(db)


@late.strategy()
async def raising_later(db: Database) -> list[str]:
    """Read, until the rounds have begun."""
    if next(called) > ROUNDS_HAVE_BEGUN:
        raise LookupError("worn out")
    return await names(db)


@late.strategy()
async def dying_later(db: Database) -> list[str]:
    """Read, until the rounds have begun."""
    if next(called_again) > ROUNDS_HAVE_BEGUN:
        os._exit(4)
    return await names(db)


@late.strategy()
async def steady_too(db: Database) -> list[str]:
    """Read."""
    return await names(db)


asleep = Scenario(dataset=few)


@asleep.strategy(baseline=True)
async def awake(db: Database) -> list[str]:
    """Read."""
    return await names(db)


@asleep.strategy()
async def sleeping(db: Database) -> list[str]:
    """Have the server sleep for an hour."""
    async with db.connection() as connection:
        await connection.execute(text("SELECT pg_sleep(3600)"))
    return []


FIRST_PROCESS = Path("first-process")
"""Says, in the directory of the run, which process was the first to prove the baseline."""

bereft = Scenario(dataset=few)


def is_first_process() -> bool:
    """Whether no other process has asked this before."""
    if not FIRST_PROCESS.exists():
        FIRST_PROCESS.write_text(str(os.getpid()))
    return FIRST_PROCESS.read_text() == str(os.getpid())


@bereft.strategy(baseline=True)
async def once_sound(db: Database) -> list[str]:
    """Read in the first process, and fail in the next."""
    if not is_first_process():
        raise LookupError("not again")
    return await names(db)


@bereft.strategy()
async def equal(db: Database) -> list[str]:
    """Read, proved before the worker is lost."""
    return await names(db)


@bereft.strategy()
async def deadly(db: Database) -> list[str]:
    """End the process."""
    os._exit(3)


@bereft.strategy()
async def different(db: Database) -> list[str]:
    """Leave one out."""
    return (await names(db))[1:]
