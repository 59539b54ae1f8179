"""What becomes of a run when something that it needs is struck in its midst?"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import subprocess
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import select, text

from bench import Database, Scenario

from .distant import taps
from .few import Thing, few, names

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

BLOW = "BENCH_STRUCK_BY"
"""The environment variable that says what happens; without it nothing does."""
MARKS = "BENCH_STRUCK_MARKS"
"""The environment variable with the folder in which is noted what has happened, so that it does once; without it, it
happens whenever it can.
"""
FROM = "BENCH_STRUCK_FROM"
"""The environment variable that says from which call of a process on it may happen."""
ROUNDS_HAVE_BEGUN = "40"
"""More calls than are made to prove, count and warm up a strategy."""
STOPPED_S = 3
BEHIND_S = 0.05
"""Seconds from a call to the end of the server: other strategies are called meanwhile, where nobody looks at it."""
ROOM = 64 << 20
"""Bytes that a process may have beyond what it has already."""
called = count(1)
called_steady = count(1)

struck = Scenario(dataset=few)


@struck.strategy(baseline=True)
async def steady(db: Database) -> list[str]:
    """Read; all may be stopped in this too, which no strategy is blamed for."""
    if os.environ.get(BLOW) == "stop" and next(called_steady) > _from() and _is_first("stop"):
        _stop()
    return await names(db)


@struck.strategy()
async def struck_once(db: Database) -> list[str]:
    """Read, and strike in the midst of it once the rounds have begun."""
    async with db.session() as session:
        blow = os.environ.get(BLOW)
        if blow is not None and next(called) > _from() and _is_first(blow):
            await _strike(blow, session)
        return list(await session.scalars(select(Thing.name)))


def _from() -> int:
    return int(os.environ.get(FROM, ROUNDS_HAVE_BEGUN))


def _is_first(blow: str) -> bool:
    marks = os.environ.get(MARKS)
    if marks is None:
        return True
    try:
        (Path(marks) / blow).touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


async def _strike(blow: str, session: AsyncSession) -> None:
    if blow == "behind":
        _end_behind(_parent((await session.execute(text("SELECT pg_backend_pid()"))).scalar_one()))
    elif blow in ("server", "backend"):
        backend = (await session.execute(text("SELECT pg_backend_pid()"))).scalar_one()
        os.kill(backend if blow == "backend" else _parent(backend), signal.SIGKILL)
        if blow == "server":  # its backends end when they wait, and this one in this call
            await session.execute(text("SELECT pg_sleep(60)"))
    elif blow == "tap":
        for tap in taps():
            os.kill(tap, signal.SIGKILL)
    elif blow == "hang":
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        ctypes.PyDLL(None).pause()  # no other thread gets a turn meanwhile
    elif blow == "memory":
        _take_all_memory()
    elif blow == "stop":
        _stop()


def _end_behind(server: int) -> None:
    """Have a server end once this call is over."""
    subprocess.Popen(["sh", "-c", f"sleep {BEHIND_S}; kill -KILL {server} 2>/dev/null"], start_new_session=True)


def _parent(process: int) -> int:
    return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])


def _take_all_memory() -> None:
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + ROOM, most))
    taken = []
    while True:
        taken.append(bytearray(1 << 20))


def _stop() -> None:
    """Stop the controller and this process for a while."""
    both = os.getppid(), os.getpid()
    wake = f"sleep {STOPPED_S}; kill -CONT {' '.join(map(str, both))}"
    subprocess.Popen(["sh", "-c", wake], start_new_session=True)
    for process in both:
        os.kill(process, signal.SIGSTOP)
