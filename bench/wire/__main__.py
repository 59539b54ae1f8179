"""Starts a tap: `python -P -m bench.wire DESCRIPTOR DIRECTORY`, by the controller alone."""

from __future__ import annotations

import ctypes
import gc
import signal
import socket
import sys
from pathlib import Path

from bench.databases import scratch
from bench.wire.tap import Tap

PR_SET_TIMERSLACK = 29


def main(arguments: list[str]) -> None:
    """Serve the controller over the inherited socket until it closes, whatever way it has ended; then tidy up."""
    descriptor, directory = arguments
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    _wake_in_time()
    pipe = socket.socket(fileno=int(descriptor))
    tap = Tap(pipe, Path(directory))
    gc.freeze()
    try:
        tap.serve()
    finally:
        scratch.remove(Path(directory))


def _wake_in_time() -> None:
    """Have the kernel wake this process when its wait is over, and not up to 50 µs later (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_TIMERSLACK, 1)


if __name__ == "__main__":
    main(sys.argv[1:])
