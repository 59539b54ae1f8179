"""Starts a process of a local fleet: `python -P -m bench.fleet CONTROLLER ROOT`, by the controller alone.

It is a Dask worker like those of any cluster; what it needs to find its scheduler comes by its standard input.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from bench.discovery import put_on_path
from bench.worker.lifetime import die_with


def main(arguments: list[str]) -> None:
    """Serve the scheduler until it is gone."""
    controller, root = arguments
    die_with(int(controller))
    told = json.loads(sys.stdin.readline())
    # After `bench` is imported, so that nothing in the user's directory can take its place.
    put_on_path(Path(root))
    asyncio.run(_work(told))


async def _work(told: dict[str, Any]) -> None:
    from bench.fleet.client import hush

    hush()
    from distributed import Security, Worker

    worker = Worker(
        told["scheduler"],
        name=told["name"],
        nthreads=1,
        host="127.0.0.1",
        protocol="tls://",
        security=Security(require_encryption=True, **told["security"]),  # type: ignore[no-untyped-call]
        local_directory=told["folder"],
        memory_limit=0,
        dashboard=False,
        dashboard_address="127.0.0.1:0",
        death_timeout=60,
    )
    await worker
    await worker.finished()  # type: ignore[no-untyped-call]


if __name__ == "__main__":
    main(sys.argv[1:])
