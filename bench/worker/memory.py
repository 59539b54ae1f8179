"""The memory of one call: what a process of its own grows by, and what Python allocates, by tracemalloc."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import resource
import sys
import tracemalloc
from collections.abc import Callable, Coroutine
from time import perf_counter
from typing import Any

from bench.worker.calling import Call, OpenStrategy
from bench.worker.lifetime import die_with

Answer = dict[str, Any]

LONGEST_TRACED_S = 1.0
"""Seconds of a call up to which its memory is traced: tracing makes it several times as slow."""


async def traced_memory(call: Call, is_async: bool) -> int:
    """The bytes that Python's allocators held for one call at its peak, what it returns included.

    What the C library allocates for a driver is not seen. Raises whatever the call raises.
    """
    gc.collect()
    tracemalloc.start()
    try:
        result = await call() if is_async else call()
        peak: int = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    del result
    return peak


async def memory_of(opened: OpenStrategy, inputs: Any, *, twice: bool) -> Answer:
    """`peak_memory`: the bytes that this process grows by, at its peak, in the first call of a strategy after
    connecting; and with `twice`, of a second call, `traced_memory`, unless the first took long.

    To be asked in a process that has called nothing before: memory which is free in it already would not be counted.
    Raises whatever a call raises.
    """
    await opened.open()
    try:
        await opened.connect()
        first, second = opened.calls(inputs, 2)
        gc.collect()
        before, began = _peak(), perf_counter()
        result = await first() if opened.strategy.is_async else first()
        answer = {"peak_memory": _peak() - before}
        took_long = perf_counter() - began > LONGEST_TRACED_S
        del result
        if twice and not took_long:
            answer["traced_memory"] = await traced_memory(second, opened.strategy.is_async)
        return answer
    finally:
        await opened.close()


def _peak() -> int:
    """The most memory that this process has had, in bytes."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


async def in_a_fork(
    work: Callable[[], Coroutine[Any, Any, Answer]], describe: Callable[[BaseException], str]
) -> Answer:
    """Do some work in a fork of this process, on an event loop of its own, and return its answer.

    Args:
        work: Makes the coroutine, in the fork.
        describe: An exception in one line.

    Returns:
        What the work returned; or `error`, a line on what it raised or how its process ended.
    """
    loop_type = type(asyncio.get_running_loop())
    reading, writing = os.pipe()
    # What lives here is no garbage of the fork's, and looking through it there would copy all of it.
    gc.freeze()
    parent, process = os.getpid(), os.fork()
    if process == 0:
        try:
            die_with(parent)
            os.close(reading)
            _answer(writing, work, loop_type, describe)
        finally:
            # Whatever happens, nothing of what the parent would clean up at its end is this process's.
            os._exit(1)
    os.close(writing)
    try:
        told = await _read(reading)
    finally:
        os.close(reading)
        # It closes the pipe as it ends, so that nothing is waited for here.
        status = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])  # noqa: ASYNC222
    if not told:
        return {"error": f"its process ended with status {status}" if status >= 0 else f"signal {-status} ended it"}
    answer: Answer = json.loads(told)
    return answer


def _answer(
    writing: int,
    work: Callable[[], Coroutine[Any, Any, Answer]],
    loop_type: Callable[[], asyncio.AbstractEventLoop],
    describe: Callable[[BaseException], str],
) -> None:
    """Do the work in this process, which is a fork, write the answer, and end."""
    try:
        with asyncio.Runner(loop_factory=loop_type) as runner:
            answer = runner.run(work())
    except (Exception, SystemExit, asyncio.CancelledError) as error:  # noqa: BLE001 - an author may raise anything
        answer = {"error": describe(error)}
    with os.fdopen(writing, "wb") as pipe:
        pipe.write(json.dumps(answer).encode())
    os._exit(0)


async def _read(reading: int) -> bytes:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    transport, _ = await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(os.dup(reading), "rb")
    )
    try:
        return await reader.read()
    finally:
        transport.close()
