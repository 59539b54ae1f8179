"""Dask as a fleet uses it: quiet, on an event loop in a thread of its own, and asked without tasks.

What is asked goes by `Client.run`, straight to one worker, and not as a task: a scheduler would give a task of a worker
that dies to another one, or keep it waiting for ever.
"""

from __future__ import annotations

import asyncio
import logging
import warnings
from collections.abc import Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from threading import Thread
from typing import TYPE_CHECKING, Any, TypeVar

from bench.errors import UsageError

if TYPE_CHECKING:
    from distributed import Client

T = TypeVar("T")

ANSWERS_S = 10.0
"""Seconds within which a scheduler answers."""
NO_BENCH = "has no querybench of this version: install the same there as here"
NOT_IMPORTED = ("ModuleNotFoundError", "ImportError", "AttributeError")
GONE = "is gone"
SILENT = "does not answer"
QUIET: Mapping[str, Any] = {
    # Of what Dask can show of itself in a browser, or look at of itself, nothing is of use here, and all takes time.
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
    "distributed.worker.profile.enabled": False,
    "distributed.scheduler.reuse-broadcast-comm": True,
    "distributed.admin.system-monitor.disk": False,
    # Who is gone refuses at once; nobody waits for it longer than for one that answers.
    "distributed.comm.timeouts.connect": "5s",
}
"""Dask's settings, for what of it is started here."""


@dataclass(frozen=True)
class Lost:
    """In place of an answer: the process is gone, or does not answer."""

    reason: str


def hush() -> None:
    """Have Dask log nothing: it would name hosts, and tell of the end of a run as of an accident.

    Raises:
        UsageError: It is not installed.
    """
    try:
        import dask
        import distributed  # noqa: F401 - its import is what sets its loggers up
    except ImportError:
        raise UsageError(
            "--processes and --workers take Dask, which is not installed: install querybench[load]"
        ) from None
    dask.config.set(QUIET)
    for name in ("distributed", "tornado", "asyncio", *logging.root.manager.loggerDict):
        if name.partition(".")[0] in ("distributed", "tornado", "asyncio"):
            logger = logging.getLogger(name)
            logger.handlers = [logging.NullHandler()]
            logger.setLevel(logging.CRITICAL + 1)


class LoopThread:
    """An event loop in a thread of its own, on which the caller's thread has things done."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        # What is left of a connection that broke is nobody's concern.
        self._loop.set_exception_handler(lambda loop, context: None)
        self._thread = Thread(target=self._loop.run_forever, name="bench fleet", daemon=True)
        self._thread.start()

    def do(self, what: Coroutine[Any, Any, T], patience: float | None = None) -> T:
        """What a coroutine returns.

        Raises:
            TimeoutError: It took longer than `patience` seconds, and was cancelled.
            KeyboardInterrupt: It was interrupted, and cancelled.
        """
        future = asyncio.run_coroutine_threadsafe(what, self._loop)
        try:
            return future.result(patience)
        except BaseException:
            future.cancel()
            raise

    def end(self) -> None:
        """Cancel what is left, and end the thread."""
        with suppress(TimeoutError):
            self.do(_cancel_others(), 5.0)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5.0)
        if not self._thread.is_alive():
            self._loop.close()


async def connect(scheduler: str, security: Any = None) -> Client:
    """A client of a scheduler.

    Raises:
        OSError: It does not answer within ten seconds.
    """
    from distributed import Client

    with warnings.catch_warnings(action="ignore"):  # versions are compared, and the difference said, by ourselves
        client: Client = await Client(  # type: ignore[no-untyped-call]
            scheduler, security=security, asynchronous=True, timeout=ANSWERS_S, set_as_default=False
        )
        return client


async def addresses(client: Client) -> list[str]:
    """The workers that a scheduler has."""
    identity: Any = await client.scheduler.identity(n_workers=-1)  # type: ignore[union-attr]
    return sorted(identity["workers"])


async def ask_each(
    client: Client, function: Any, arguments: Mapping[str, Sequence[Any]], patience: float
) -> dict[str, Any]:
    """Run a function in several workers at once.

    Args:
        client: Of their scheduler.
        function: An async one, which is sent by reference.
        arguments: Those of each worker, by its address.
        patience: Seconds until it is given up.

    Returns:
        What it returned in each worker, or `Lost`, by the worker's address.
    """
    asked = {
        address: asyncio.ensure_future(client.run(function, *each, workers=[address], on_error="return"))
        for address, each in arguments.items()
    }
    if asked:
        await asyncio.wait(asked.values(), timeout=patience)
    return {address: _answer_of(address, future) for address, future in asked.items()}


def _answer_of(address: str, future: asyncio.Future[Any]) -> Any:
    if not future.done():
        future.cancel()
        return Lost(SILENT)
    error = future.exception()
    found = error if error is not None else future.result()[address]
    if not isinstance(found, BaseException):
        return found
    # What is raised where the function is unpickled comes as an exception that only quotes it.
    return Lost(NO_BENCH if any(name in repr(found) for name in NOT_IMPORTED) else GONE)


async def _cancel_others() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
