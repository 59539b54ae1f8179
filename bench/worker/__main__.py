"""Starts a worker: `python -P -m bench.worker DESCRIPTOR CONTROLLER ROOT LOOP`, by the controller alone."""

from __future__ import annotations

import asyncio
import socket
import sys

from bench.worker.lifetime import die_with
from bench.worker.serving import serve


def main(arguments: list[str]) -> None:
    """Serve the controller over the inherited socket, then end."""
    descriptor, controller, root, loop = arguments
    die_with(int(controller))
    # After `bench` is imported, so that nothing in the user's directory can take its place.
    sys.path.insert(0, root)
    factory = None
    if loop == "uvloop":
        import uvloop

        factory = uvloop.new_event_loop
    pipe = socket.socket(fileno=int(descriptor))
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(serve(pipe))


if __name__ == "__main__":
    main(sys.argv[1:])
