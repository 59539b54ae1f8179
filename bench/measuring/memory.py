"""Has the memory of strategies measured in a worker of its own, which calls nothing itself, beside the one that proves
and times them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bench.databases.address import Address
from bench.measuring.worker_process import StrategyError, WorkerLostError, WorkerProcess


@dataclass(frozen=True)
class Memory:
    """The bytes that a process of a strategy's own grew by at its peak in a call, and those that Python allocated in a
    second call there, where it does not write; None where that was not measured. `error` says why nothing was.
    """

    peak_memory: int | None = None
    traced_memory: int | None = None
    error: str | None = None


class MemoryWorker:
    """A worker for memory, started at its first use, and again where a strategy took it along.

    Args:
        start: Starts a worker, and has it begin to learn the scenarios; its answer is waited for here.
        let_go: Told the application name of one that died: what it left running on the server is to be ended.
    """

    def __init__(self, start: Callable[[], WorkerProcess], let_go: Callable[[str], None]) -> None:
        self._start = start
        self._let_go = let_go
        self._coming: WorkerProcess | None = None
        self._worker: WorkerProcess | None = None

    def start_early(self) -> None:
        """Start the worker without waiting for it, while something else is waited for."""
        if self._coming is None and self._worker is None:
            self._coming = self._start()

    def start(self) -> WorkerProcess:
        """The worker, started where it does not run.

        Raises:
            BenchError: It could not be started.
        """
        if self._worker is None:
            worker = self._coming = self._coming or self._start()
            worker.finish()
            self._worker, self._coming = worker, None
        return self._worker

    def begin(self, alias: str, database: Address, **asked: Any) -> None:
        """Ask for the memory of a strategy's call; `result` waits for it.

        Args:
            alias: The name that the strategy goes by.
            database: Where its rows are: a clone that nobody else uses.
            asked: Scenario, strategy, parameters, seed and driver, as the worker takes them.

        Raises:
            BenchError: The worker could not be started.
        """
        worker = self.start()
        worker.begin(
            "grow", alias=alias, address=database.as_message(), application_name=worker.application_name, **asked
        )

    def result(self) -> Memory:
        """What was measured since `begin`, or why nothing was."""
        if self._worker is None:
            raise RuntimeError("nothing was asked for")
        try:
            told: Mapping[str, Any] = self._worker.finish()
        except (StrategyError, WorkerLostError) as error:
            self._end(self._worker)
            return Memory(error=str(error))
        return Memory(**told)

    def close(self) -> None:
        """End the worker, if one was started."""
        for worker in (self._coming, self._worker):
            if worker is not None:
                worker.end()

    def _end(self, worker: WorkerProcess) -> None:
        worker.end()
        self._worker = None
        self._let_go(worker.application_name)
