"""Profiles warm calls: how many Python functions one calls, by cProfile, and which of them it spends its time in."""

from __future__ import annotations

import asyncio
import gc
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from cProfile import Profile as CProfile
from dataclasses import dataclass, field
from pathlib import PurePath
from statistics import median_low
from time import perf_counter_ns
from types import CodeType, FrameType
from typing import Any

from bench.measurement import CostlyFunction
from bench.worker.calling import Call

CALLS = 5
MANY = 10_000
"""Function calls from which on one count is enough: what may come in between is a few dozen."""
WAITING = frozenset({"epoll.poll", "kqueue.control", "poll.poll", "select.select"})
"""Builtins in which an event loop waits for the server: no time of Python's."""
COSTLIEST = 5

PACKAGES = ("site-packages", "dist-packages")


@dataclass(frozen=True)
class Profile:
    """What the profiled calls of a strategy were made of.

    `python_calls` is the count that came twice, else the median of five; `costliest` are the functions with the most
    time of their own; `calls` is how many were made for it.
    """

    calls: int
    python_calls: int
    costliest: tuple[CostlyFunction, ...]


async def profiled(prepare: Callable[[], Awaitable[Call]], is_async: bool, *, timing: bool = True) -> Profile | None:
    """Profile calls of a strategy that was warmed up before: until two have equal counts, five at most; one where there
    are ten thousand.

    With `timing` there is one more, for the time in each function.

    cProfile counts: functions of Python and builtins, recursive calls and every resumption of a coroutine too, those of
    the event loop included, and from Python 3.12 on those of other threads. Garbage is not collected within.

    Args:
        prepare: Called before each call, outside of the profile: makes everything ready and gives the call to make.
        is_async: Whether the call is to be awaited.

    Returns:
        None where another profiler is at work in this process, beside which none can be.

    Raises:
        Exception: Whatever the call raises; no profiler is left behind.
    """
    counts: list[int] = []
    # Counts repeat exactly where nothing comes in between, which hardly does so twice in the same way.
    while len(counts) < CALLS and len(set(counts)) == len(counts):
        # A task of its own, so that what waits for it is not resumed, and counted, at each of its waits.
        counted = await asyncio.create_task(_count(await prepare(), is_async))
        if counted is None:
            return None
        counts.append(counted)
        if counted >= MANY:
            break
    if not timing:
        return Profile(len(counts), _middle(counts), ())
    own_times = await asyncio.create_task(_time(await prepare(), is_async))
    return Profile(len(counts) + 1, _middle(counts), own_times.costliest())


def _middle(counts: Sequence[int]) -> int:
    """The count that came twice; where none did, the median."""
    return counts[-1] if counts.count(counts[-1]) > 1 else median_low(counts)


async def _count(call: Call, is_async: bool) -> int | None:
    """The number of function calls that a call makes; None where another profiler is at work."""
    profiler = CProfile(subcalls=False)
    with _garbage_kept():
        if not _enabled(profiler):
            return None
        try:
            result = await call() if is_async else call()
        finally:
            profiler.disable()
    del result
    return sum(entry.callcount for entry in profiler.getstats() if not _is_own(entry.code))


def _is_own(function: CodeType | str) -> bool:
    """Whether it is of the profiling itself: what ends the profile, and what is resumed with the call."""
    return function is _count.__code__ or "_lsprof.Profiler" in str(function)


def _enabled(profiler: CProfile) -> bool:
    if sys.getprofile() is not None:
        return False
    try:
        profiler.enable()
    except ValueError:  # Python 3.12 and later have room for one
        return False
    return True


async def _time(call: Call, is_async: bool) -> OwnTimes:
    """The time that each function of a call takes of its own."""
    own_times = OwnTimes()
    with _garbage_kept():
        own_times.last_ns = perf_counter_ns()
        sys.setprofile(own_times)
        try:
            result = await call() if is_async else call()
        finally:
            sys.setprofile(None)
    del result
    own_times.forget(_time.__code__, _builtin(sys.setprofile))
    return own_times


@contextmanager
def _garbage_kept() -> Iterator[None]:
    """Collect no garbage meanwhile: when it is collected is chance, and finalizers are calls."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@dataclass
class OwnTimes:
    """A function for `sys.setprofile` that adds up nanoseconds and calls of each function.

    cProfile keeps one stack, and credits what SQLAlchemy runs in a greenlet to whichever coroutine is left next. Here
    the time between two events goes to the function that was running, as the later event's frame tells.
    """

    own_ns: Counter[CodeType | str] = field(default_factory=Counter)
    calls: Counter[CodeType | str] = field(default_factory=Counter)
    last_ns: int = 0

    def __call__(self, frame: FrameType, event: str, argument: Any) -> None:
        elapsed_ns = perf_counter_ns() - self.last_ns
        running: CodeType | str | None = frame.f_code
        if event == "call":
            self.calls[frame.f_code] += 1
            running = frame.f_back.f_code if frame.f_back is not None else None
        elif event == "c_call":
            self.calls[_builtin(argument)] += 1
        elif event != "return":
            running = _builtin(argument)
        if running is not None:
            self.own_ns[running] += elapsed_ns
        # What this function itself takes is nobody's.
        self.last_ns = perf_counter_ns()

    def forget(self, *functions: CodeType | str) -> None:
        """Leave out what is not of the call."""
        for function in functions:
            del self.own_ns[function], self.calls[function]

    def costliest(self) -> tuple[CostlyFunction, ...]:
        """Those with the most time of their own, the first first, of all that were called or resumed."""
        called = [
            (function, own_ns)
            for function, own_ns in self.own_ns.most_common()
            if function in self.calls and function not in WAITING
        ]
        return tuple(
            CostlyFunction(_name(function), _where(function), self.calls[function], own_ns / 1e6)
            for function, own_ns in called[:COSTLIEST]
        )


def _builtin(function: Any) -> str:
    """The name of a builtin: a method is an object of its own at each call, which nothing here may keep alive."""
    module = getattr(function, "__module__", None)
    name = str(getattr(function, "__qualname__", type(function).__name__))
    return name if module in {None, "builtins"} else f"{module}.{name}"


def _name(function: CodeType | str) -> str:
    return function if isinstance(function, str) else function.co_qualname


def _where(function: CodeType | str) -> str:
    """File and line without what is this machine's: from the package on, or the file's name alone."""
    if isinstance(function, str):
        return "built-in"
    path = PurePath(function.co_filename)
    roots = [number for number, part in enumerate(path.parts) if part in PACKAGES]
    shown = "/".join(path.parts[roots[-1] + 1 :]) if roots else path.name
    return f"{shown}:{function.co_firstlineno}"
