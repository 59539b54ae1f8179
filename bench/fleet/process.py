"""What a Dask worker is sent: one function, by reference. It hands what is asked on to a run's part in its process,
which has an event loop in a thread of its own, kept from one question to the next.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from threading import Thread
from typing import Any

from bench.fleet.part import Part
from bench.pipe import Message

FORGOTTEN_S = 3600.0
"""Seconds after which a run that asks for nothing is no more: longer than any does something else between two loads."""


class _Aside:
    """A part, on an event loop that runs in a thread of its own, so that the worker goes on answering its scheduler."""

    def __init__(self, loop: str) -> None:
        self.part = Part()
        factory: Callable[[], asyncio.AbstractEventLoop] = asyncio.new_event_loop
        if loop == "uvloop":
            import uvloop

            factory = uvloop.new_event_loop
        self.loop = factory()
        self._forgetting: asyncio.TimerHandle | None = None
        Thread(target=self._run, daemon=True).start()

    def heard(self) -> None:
        """Somebody asks: the time begins anew after which the run is taken for killed, and what is open is closed."""
        self.loop.call_soon_threadsafe(self._await_next)

    def end(self) -> None:
        """Let the loop stop, when what it does now is done."""
        self.loop.call_soon_threadsafe(self.loop.stop)

    def _run(self) -> None:
        self.loop.run_forever()
        self.loop.close()

    def _await_next(self) -> None:
        if self._forgetting is not None:
            self._forgetting.cancel()
        self._forgetting = self.loop.call_later(FORGOTTEN_S, self._forget)

    def _forget(self) -> None:
        closing = self.loop.create_task(self.part.do_close())
        closing.add_done_callback(lambda _: self.loop.stop())


_PARTS: dict[str, _Aside] = {}
"""The parts in this process, by the name of their run."""


async def ask(run: str, op: str, arguments: Mapping[str, Any], patience: float, loop: str) -> Message:
    """Have a run's part in this process do an operation.

    Args:
        run: The name of the run.
        op: As `bench.fleet.part.Part` names it; `begin` and `end` are the part's own beginning and end.
        arguments: The operation's own.
        patience: Seconds until it is given up.
        loop: `asyncio` or `uvloop`, for `begin`.

    Returns:
        What the part answered; `late` where it did not in time. Nothing is raised, for Dask would log the arguments.
    """
    if op == "begin" and run not in _PARTS:
        try:
            _PARTS[run] = _Aside(loop)
        except ImportError:
            return {"error": "uvloop is not installed there", "kind": "bench"}
    if op == "begin":
        return {"answer": {}}
    aside = _PARTS.get(run)
    if aside is None:
        return {"error": "was started anew", "kind": "lost"}
    aside.heard()
    future = asyncio.run_coroutine_threadsafe(aside.part.answer("close" if op == "end" else op, arguments), aside.loop)
    try:
        return await asyncio.wait_for(asyncio.wrap_future(future), patience)
    except TimeoutError:
        return {"late": True}
    finally:
        if op == "end":
            _PARTS.pop(run, None)
            aside.end()
