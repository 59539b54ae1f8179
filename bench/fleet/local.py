"""A cluster on this machine: a scheduler in the controller, and workers in processes of their own that end with it."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.children import has_ended, reap
from bench.databases.address import Address
from bench.databases.scratch import Scratch
from bench.errors import BenchError
from bench.fleet.opening import KEY_VARIABLE

if TYPE_CHECKING:
    from distributed import Scheduler, Security

HERE = "127.0.0.1"
STARTS_S = 60.0
"""Seconds within which every process has started."""


def environment_for(address: Address, hash_seed: int) -> dict[str, str]:
    """The environment of a process that logs in to a database by itself: with its password, which no message has."""
    own = {"PYTHONHASHSEED": str(hash_seed)}
    if address.password is not None:
        own["PGPASSWORD"] = address.password
    if "sslpassword" in address.options:
        own[KEY_VARIABLE] = address.options["sslpassword"]
    if "passfile" in address.options:
        own["PGPASSFILE"] = address.options["passfile"]
    return {**os.environ, **own}


class LocalProcesses:
    """Worker processes that are ours: started, and ended with the controller, whatever way that ends.

    Args:
        number: How many.
        scheduler: Whose workers they are to be.
        security: What they show it, and ask of it.
        environment: Theirs.
        folder: Where they start; it is needed no more when all of them have.
    """

    def __init__(
        self, number: int, scheduler: str, security: Security, environment: Mapping[str, str], folder: Scratch
    ) -> None:
        told = {"scheduler": scheduler, "security": _as_message(security), "folder": folder.name}
        self._running: list[subprocess.Popen[bytes]] = []
        try:
            for index in range(number):
                self._start({**told, "name": index}, environment)
        except BaseException:
            self.end()
            raise

    def require_all(self) -> None:
        """See that none has ended.

        Raises:
            BenchError: One has.
        """
        if any(map(has_ended, self._running)):
            raise BenchError("--processes: a process that was to drive loads ended at its start")

    @property
    def pids(self) -> Sequence[int]:
        """The process ids of those that were started."""
        return [process.pid for process in self._running]

    def end(self) -> None:
        """End all of them, and what they started; each is a process group."""
        for process in self._running:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, 9)
            reap(process)

    def _start(self, told: Mapping[str, Any], environment: Mapping[str, str]) -> None:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "bench.fleet", str(os.getpid()), str(Path.cwd())],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=dict(environment),
            start_new_session=True,
        )
        self._running.append(process)
        # Not by the command line, which everybody on this machine can read: a certificate's key is in it.
        with contextlib.suppress(BrokenPipeError), process.stdin or contextlib.nullcontext() as pipe:
            if pipe is not None:
                pipe.write(json.dumps(told).encode() + b"\n")


async def start_scheduler(folder: Scratch) -> tuple[Scheduler, Security]:
    """A scheduler that listens on loopback alone, and to those who have the key of this run alone: whoever may ask one
    runs code here. So does whoever may write into its folder, which it puts on the path of modules.
    """
    from distributed import Scheduler, Security

    security: Security = Security.temporary()  # type: ignore[no-untyped-call]
    scheduler = Scheduler(
        host=HERE,
        port=0,
        protocol="tls://",
        security=security,
        dashboard=False,
        dashboard_address=f"{HERE}:0",
        local_directory=folder.name,
    )
    await scheduler
    return scheduler, security


def _as_message(security: Security) -> dict[str, str]:
    """What a process makes the same credentials of."""
    names = [name for name in security.__slots__ if name.startswith("tls_") and "version" not in name]
    return {name: getattr(security, name) for name in names if getattr(security, name) is not None}
