"""Starts a worker: `python -P -m bench.worker DESCRIPTOR CONTROLLER ROOT LOOP [PYCACHE [TREE IN_PLACE_OF]]`, by the
controller alone.
"""

from __future__ import annotations

import asyncio
import socket
import sys
from pathlib import Path

from bench.discovery import put_on_path
from bench.worker.lifetime import die_with
from bench.worker.serving import serve
from bench.worker.tree import import_from


def main(arguments: list[str]) -> None:
    """Serve the controller over the inherited socket, then end."""
    descriptor, controller, root, loop, pycache, *trees = [*arguments, ""][: max(5, len(arguments))]
    die_with(int(controller))
    if pycache:
        # From here on: what was imported so far is cached where it is installed.
        sys.pycache_prefix = pycache
    # After `bench` is imported, so that nothing in the user's directory can take its place.
    if trees:
        tree, in_place_of = trees
        import_from(Path(tree), Path(in_place_of))
    put_on_path(Path(root))
    factory = None
    if loop == "uvloop":
        import uvloop

        factory = uvloop.new_event_loop
    pipe = socket.socket(fileno=int(descriptor))
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(serve(pipe))


if __name__ == "__main__":
    main(sys.argv[1:])
