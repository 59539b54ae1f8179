"""Starts a worker: `python -P -m bench.worker DESCRIPTOR CONTROLLER ROOT LOOP`, by the controller alone."""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import socket
import sys

from bench.worker.serving import serve

PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    """Serve the controller over the inherited socket, then end."""
    descriptor, controller, root, loop = arguments
    _die_with(int(controller))
    # After `bench` is imported, so that nothing in the user's directory can take its place.
    sys.path.insert(0, root)
    factory = None
    if loop == "uvloop":
        import uvloop

        factory = uvloop.new_event_loop
    pipe = socket.socket(fileno=int(descriptor))
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(serve(pipe))


def _die_with(controller: int) -> None:
    """Have the kernel end this process when the controller is killed, even in the midst of a call (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != controller:
            sys.exit(1)


if __name__ == "__main__":
    main(sys.argv[1:])
