"""A fleet as the controller sees it: processes that are asked together, and those of them that are left."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from bench.databases.address import Address
from bench.databases.scratch import Scratch
from bench.errors import BenchError, UsageError
from bench.fleet.client import ANSWERS_S, LoopThread, Lost, addresses, ask_each, connect, hush
from bench.fleet.local import STARTS_S, LocalProcesses, environment_for, start_scheduler
from bench.fleet.opening import without_secrets

if TYPE_CHECKING:
    from distributed import Client

PATIENCE = 120.0
"""Seconds that an operation may take in which no strategy is called: importing modules, opening connections."""
SPARE_S = 10.0
"""Seconds after which a process that should have said by itself that it is late does not answer."""
ENDS_S = 5.0
"""Seconds in which what is asked at the end of a point, or of the run, is done or not."""

Asking = Callable[[int, int], Mapping[str, Any]]
"""What one process is asked: its arguments, by its place among those that are left, and their number."""


class Fleet:
    """Processes that drive loads together. A context manager: on leaving it, those that it started have ended.

    One that is gone, or does not answer, is not of the fleet any more; none takes its place.

    Args:
        loop: The event loop that strategies run on, `asyncio` or `uvloop`.

    Attributes:
        application_name: What the connections of its strategies call themselves.
        members: The addresses of the processes that are left, in an order that stays.
        is_here: Whether its processes are this machine's.
        size: How many there were at first.
    """

    def __init__(self, loop: str, *, is_here: bool) -> None:
        hush()
        self.application_name = f"bench {secrets.token_hex(4)}"
        self.is_here = is_here
        self.members: tuple[str, ...] = ()
        self.size = 0
        self._late: tuple[str, ...] = ()
        self._loop = loop
        self._ending = ExitStack()
        self._thread = LoopThread()
        self._ending.callback(self._thread.end)
        self._client: Client | None = None

    @classmethod
    def of_processes(cls, number: int, address: Address, *, loop: str, hash_seed: int) -> Fleet:
        """So many processes on this machine, which log in to a database with the password in their environment.

        Raises:
            UsageError: Dask is not installed.
            BenchError: They could not be started.
        """
        fleet = cls(loop, is_here=True)
        try:
            folder = Scratch("fleet")
            fleet._ending.callback(folder.cleanup)
            scheduler, security = fleet._thread.do(start_scheduler(folder), STARTS_S)
            fleet._ending.callback(fleet._quietly, scheduler.close)
            environment = environment_for(address, hash_seed)
            processes = LocalProcesses(number, scheduler.address, security, environment, folder)
            fleet._ending.callback(processes.end)
            fleet._join(scheduler.address, security)
            fleet._wait_for(number, processes)
            folder.cleanup()  # so that nothing is left of a run that is killed
            fleet._begin()
        except BaseException:
            fleet.close()
            raise
        return fleet

    @classmethod
    def of_scheduler(cls, scheduler: str, *, loop: str) -> Fleet:
        """All workers of a Dask scheduler.

        Raises:
            UsageError: Dask is not installed, no scheduler answers there, it has no workers, or one lacks this package.
        """
        fleet = cls(loop, is_here=False)
        try:
            try:
                fleet._join(scheduler, None)
            except (OSError, ValueError, TypeError):
                raise UsageError(
                    "--workers: no Dask scheduler answers there: check that it runs, and write --workers tcp://HOST:PORT"
                ) from None
            fleet.members = tuple(fleet._thread.do(addresses(fleet._client), ANSWERS_S))  # type: ignore[arg-type]
            if not fleet.members:
                raise UsageError("--workers: the scheduler has no workers: start some by `dask worker`")
            fleet._begin()
        except BaseException:
            fleet.close()
            raise
        return fleet

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close what is open in the processes, and end those that were started; safe to call twice."""
        self.members, self._late = (*self.members, *self._late), ()
        if self._client is not None and self.members and not self.is_here:
            with suppress(Exception):
                self._asked("end", lambda index, of: {}, ENDS_S)
        self.members = ()
        self._ending.close()

    def ask(self, op: str, asking: Asking = lambda index, of: {}, *, patience: float = PATIENCE) -> Sequence[Any]:
        """Have every process do an operation, all at the same time.

        Args:
            op: As `bench.fleet.part.Part` names it.
            asking: The arguments of each.
            patience: Seconds that it may take.

        Returns:
            What each of `members` answered, as they were when it was asked: `answer`, `error` or `late`; `Lost` for one
            that is of the fleet no more.
        """
        answers = self._asked(op, asking, patience)
        gone = {
            address: Lost(answer["error"]) if isinstance(answer, Mapping) and answer.get("kind") == "lost" else answer
            for address, answer in answers.items()
        }
        self.members = tuple(address for address in self.members if not isinstance(gone[address], Lost))
        return list(gone.values())

    def dismiss(self, lost: Sequence[str]) -> None:
        """Go on without these members, which were late."""
        self._late = (*self._late, *lost)
        self.members = tuple(address for address in self.members if address not in lost)

    def require_alike(self, surroundings: Mapping[str, Any], names: Sequence[str]) -> None:
        """See that every process runs the same versions as the worker.

        Args:
            surroundings: What the worker runs on.
            names: The packages that matter.

        Raises:
            UsageError: One runs another, named with both.
        """
        for answer in self.ask("surroundings"):
            there = self._answer(answer)
            ours = {"Python": surroundings["python"], **{name: surroundings["packages"].get(name) for name in names}}
            theirs = {"Python": there["python"], **{name: there["packages"].get(name) for name in names}}
            other = [f"{name} {theirs[name]} and not {ours[name]}" for name in ours if ours[name] != theirs[name]]
            if other:
                raise UsageError(f"--workers: a worker runs {', '.join(other)}: install the same there as here")

    def require_login(self, address: Address) -> None:
        """See that every process logs in to the database.

        Raises:
            UsageError: One does not.
        """
        message = without_secrets(address).as_message()
        for answer in self.ask("log_in", lambda index, of: {"address": message}):
            if isinstance(answer, Mapping) and answer.get("kind") == "bench":
                if "password" in answer["error"]:
                    raise UsageError(
                        "--workers: the database refused a worker for its password, which is not sent: start them with"
                        " PGPASSWORD or PGPASSFILE in their environment"
                    )
                raise UsageError(f"--workers: a worker does not get into the database: {answer['error']}")
            self._answer(answer)

    @property
    def _flag(self) -> str:
        return "--processes" if self.is_here else "--workers"

    def _answer(self, answer: Any) -> Mapping[str, Any]:
        if isinstance(answer, Lost):
            raise UsageError(f"{self._flag}: a worker {answer.reason}")
        if "answer" not in answer:
            raise BenchError(f"{self._flag}: a worker answers: {answer.get('error', 'nothing in time')}")
        told: Mapping[str, Any] = answer["answer"]
        return told

    def _begin(self) -> None:
        self.size = len(self.members)
        for answer in self.ask("begin"):
            self._answer(answer)

    def _join(self, scheduler: str, security: Any) -> None:
        self._client = self._thread.do(connect(scheduler, security), ANSWERS_S + SPARE_S)
        self._ending.callback(self._quietly, self._client.close)

    def _wait_for(self, number: int, processes: LocalProcesses) -> None:
        async def all_there() -> list[str]:
            while len(there := await addresses(self._client)) < number:  # type: ignore[arg-type]
                processes.require_all()
                await asyncio.sleep(0.05)
            return there

        try:
            self.members = tuple(self._thread.do(all_there(), STARTS_S))
        except TimeoutError:
            raise BenchError("--processes: the processes that were to drive loads did not start in time") from None

    def _asked(self, op: str, asking: Asking, patience: float) -> dict[str, Any]:
        from bench.fleet.process import ask

        of = len(self.members)
        arguments = {
            address: (self.application_name, op, dict(asking(index, of)), patience, self._loop)
            for index, address in enumerate(self.members)
        }
        if self._client is None:
            raise BenchError("the fleet has no client")
        return self._thread.do(ask_each(self._client, ask, arguments, patience + SPARE_S))

    def _quietly(self, close: Callable[[], Any]) -> None:
        async def closed() -> None:
            await close()

        with suppress(Exception):
            self._thread.do(closed(), ENDS_S)
