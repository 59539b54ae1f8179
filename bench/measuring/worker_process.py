"""A worker as the controller sees it: a process that is started, asked, and ended when it dies, hangs or is done."""

from __future__ import annotations

import contextlib
import os
import secrets
import select
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from bench.children import ends_within, has_ended, how_it_ended, reap
from bench.databases.address import Address
from bench.databases.redaction import Redaction
from bench.errors import BenchError, ScenarioError, UsageError
from bench.measuring.standstill import Standstill
from bench.pipe import Message, decode, encode
from bench.revisions.code import HERE, Code

CHUNK = 1 << 16
PATIENCE = 120.0
"""Seconds that an operation may take in which no strategy is called: importing modules, opening connections."""
LOOK_EVERY = 0.5
"""Seconds between two looks at whether the process still runs, and was not interrupted, while nothing is heard."""


class StrategyError(BenchError):
    """A strategy raised; the message is its exception in a line, `strategy` whose call it was."""

    exit_code = 4

    def __init__(self, message: str, strategy: str | None = None) -> None:
        super().__init__(message)
        self.strategy = strategy


class WorkerLostError(BenchError):
    """The worker died, or was ended because a call took too long; `strategy` is whose call it was, if any was under
    way.
    """

    exit_code = 4

    def __init__(self, message: str, strategy: str | None) -> None:
        super().__init__(message)
        self.strategy = strategy


def _nothing() -> None:
    """Disturbs nothing."""


@dataclass
class Wait:
    """How long an answer is waited for, and what is said of a strategy (or of the worker) that is late. While nothing
    at all goes on here, `until` moves on. `looked` is when that was last looked at.
    """

    until: float
    complaint: str
    looked: float

    @classmethod
    def starting_now(cls, seconds: float, complaint: str, looked: float | None = None) -> Wait:
        """A wait of so many seconds, `math.inf` for one without end; what is waited for may have begun before, when it
        was last looked at.
        """
        now = time.monotonic()
        return cls(now + seconds, complaint, now if looked is None else looked)

    @property
    def left(self) -> float:
        """Seconds that are left of it, at least 0."""
        return max(0.0, self.until - time.monotonic())


class WorkerProcess:
    """One worker process. Use it as a context manager: leaving it ends the process, whatever it is doing.

    Args:
        code: The code that it runs.
        loop: `asyncio` or `uvloop`.
        hash_seed: PYTHONHASHSEED of the process, 0 to 4294967295.
        timeout: Seconds that one call of a strategy may take.
        report: Receives lines of progress on long work.
        interrupted: Whether who waits for an answer is to be interrupted; Ctrl-C reaches the main thread alone.
        still: Is told of waits in which this process stood still.
    """

    def __init__(
        self,
        *,
        code: Code = HERE,
        loop: str = "asyncio",
        hash_seed: int = 0,
        timeout: float = 60.0,
        report: Callable[[str], None] = lambda line: None,
        interrupted: Callable[[], bool] = lambda: False,
        still: Standstill | None = None,
    ) -> None:
        self.application_name = f"bench {secrets.token_hex(4)}"
        self._timeout = timeout
        self._report = report
        self._interrupted = interrupted
        self._still = still or Standstill()
        self._calling: str | None = None
        self._number = 0
        self._ended = False
        self._quotes_log = True
        self._private = Redaction.of_environment()
        self._buffer = bytearray()
        self._log = tempfile.TemporaryFile(prefix="bench-worker-")  # noqa: SIM115 - open as long as the process
        self._pipe, theirs = socket.socketpair()
        try:
            self._process = subprocess.Popen(
                [
                    *(code.python, "-P", "-m", "bench.worker"),
                    *(str(theirs.fileno()), str(os.getpid()), str(code.root or Path.cwd()), loop),
                    *(str(code.pycache or ""), *code.checkouts),
                ],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=self._log,
                stderr=self._log,
                cwd=code.folder,
                env={**os.environ, **code.environment, "PYTHONHASHSEED": str(hash_seed)},
                start_new_session=True,
            )
        except BaseException:
            self._pipe.close()
            self._log.close()
            raise
        finally:
            theirs.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    @property
    def pid(self) -> int:
        """Process id, for pinning it to a core."""
        return self._process.pid

    def ask(
        self, op: str, *, patience: float = PATIENCE, strike: Callable[[], None] = _nothing, **arguments: Any
    ) -> Message:
        """Have the worker do an operation and return its answer.

        Args:
            op: The operation, as `bench.worker.serving.Worker` names it.
            patience: Seconds to wait where no strategy is called; `math.inf` for seeding.
            strike: Disturbs a load, when the worker asks for that; it raises nothing.
            arguments: The operation's own.

        Raises:
            StrategyError: The strategy that was called raised.
            WorkerLostError: The process died, or a call took longer than the timeout and it was ended.
            BenchError: A module does not import, or a scenario is refused.
            KeyboardInterrupt: It was interrupted.
        """
        began = time.monotonic()
        self.begin(op, **arguments)
        return self.finish(patience, strike, began)

    def begin(self, op: str, **arguments: Any) -> None:
        """Have the worker begin an operation, whose answer `finish` waits for; nothing is raised before that."""
        self._number += 1
        self._calling = None
        for argument in arguments.values():
            if isinstance(argument, dict) and "dialect" in argument:
                self._private.know(Address.from_message(argument))
        # Where it is gone, that is found when its answer is waited for.
        with contextlib.suppress(OSError):
            self._pipe.sendall(encode({"id": self._number, "op": op, "arguments": arguments}))

    def finish(
        self, patience: float = PATIENCE, strike: Callable[[], None] = _nothing, began: float | None = None
    ) -> Message:
        """The answer to the operation that was begun last; arguments and errors as with `ask`, which says when that
        was, for the worker has been at it since then.
        """
        wait = Wait.starting_now(patience, "did not answer in time and was ended", began)
        while True:
            message = self._receive(wait)
            event = message.get("event")
            if event == "call":
                self._calling = message["strategy"]
                wait = Wait.starting_now(
                    self._timeout, f"took longer than {self._timeout:g} s and was ended (--timeout)", wait.looked
                )
            elif event == "prepare":
                self._calling = message["strategy"]
                wait = Wait.starting_now(
                    patience, f"could not be made ready for its next call within {patience:g} s", wait.looked
                )
            elif event == "disturb":
                strike()
                wait.looked = time.monotonic()
            elif event == "private":
                self._quotes_log = False
            elif event == "progress":
                self._report(message["text"])
                wait.looked = time.monotonic()
            else:
                strategy: str | None = self._calling
                self._calling = None
                if "error" in message:
                    raise _error(message["error"], strategy)
                answer: Message = message["answer"]
                return answer

    def end(self) -> None:
        """End the process and everything it started; safe to call twice."""
        if self._ended:
            return
        self._ended = True
        self._pipe.close()
        ends_within(self._process, 2.0 if self._calling is None else 0.2)
        self._kill()
        self._log.close()

    def _kill(self) -> None:
        """End the process, if it still runs, and what a strategy has started: all of it is one process group."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        reap(self._process)

    def _receive(self, wait: Wait) -> Message:
        while b"\n" not in self._buffer:
            patience = min(LOOK_EVERY, wait.left)
            ready = select.select([self._pipe], [], [], patience)[0]
            wait.until += self._still.waited(wait.looked, patience)
            wait.looked = time.monotonic()
            if self._interrupted():
                raise KeyboardInterrupt
            if not ready and has_ended(self._process):
                raise self._lost()  # a process that it forked keeps the pipe open
            if not ready and wait.left > 0:
                continue
            if not ready:
                self._kill()
                raise WorkerLostError(
                    wait.complaint if self._calling else f"the worker {wait.complaint}", self._calling
                )
            try:
                chunk = self._pipe.recv(CHUNK)
            except ConnectionResetError:
                chunk = b""
            if not chunk:
                raise self._lost()
            self._buffer += chunk
        line, _, rest = self._buffer.partition(b"\n")
        self._buffer = bytearray(rest)
        return decode(bytes(line))

    def _lost(self) -> WorkerLostError:
        ended = ends_within(self._process, 2.0)
        how = how_it_ended(self._process) if ended else "closed its pipe to bench, and was ended"
        self._kill()
        last = self._last_of_log() if self._quotes_log else []
        return WorkerLostError(": ".join([f"its process {how}", *last]), self._calling)

    def _last_of_log(self) -> list[str]:
        self._log.seek(0)
        last = self._log.read().decode(errors="replace").strip().splitlines()[-1:]
        return [self._private.hidden(line) for line in last]


def _error(error: Message, strategy: str | None) -> Exception:
    kinds: Sequence[type[BenchError]] = (ScenarioError, UsageError)
    for kind in kinds:
        if kind.__name__ == error["kind"]:
            return kind(error["message"])
    return StrategyError(error["message"], strategy)
