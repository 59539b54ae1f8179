"""File locks that tell who is alive: the kernel lets go of them however their holder ends. Standard library alone."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path
from types import TracebackType


class Lock:
    """An open lock file. The lock is let go when every process that inherited it has closed it or ended."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def fileno(self) -> int:
        """The descriptor, for a child that is to hold the lock too."""
        return self._descriptor

    def close(self) -> None:
        """Close this process's hold on it; safe to call twice."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def try_exclusive(self) -> bool:
        """Hold it alone, without waiting. Where others hold it too this fails, and our hold may be lost."""
        return self._try(fcntl.LOCK_EX)

    def try_shared(self) -> bool:
        """Hold it beside others, without waiting; fails where somebody holds it alone."""
        return self._try(fcntl.LOCK_SH)

    def _try(self, how: int) -> bool:
        try:
            fcntl.flock(self._descriptor, how | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def __enter__(self) -> Lock:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def exclusive(path: Path) -> Lock:
    """The lock of that file for this process alone, waited for."""
    return _locked(path, fcntl.LOCK_EX)


def shared(path: Path) -> Lock:
    """The lock of that file beside others who share it, waited for."""
    return _locked(path, fcntl.LOCK_SH)


def try_exclusive(path: Path) -> Lock | None:
    """The lock of that file for this process alone; None where anybody holds it."""
    try:
        return _locked(path, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return None


def try_shared(path: Path) -> Lock | None:
    """The lock of that file beside others who share it; None where somebody holds it alone."""
    try:
        return _locked(path, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return None


def is_free(path: Path) -> bool:
    """Whether nobody holds the lock of that file alone."""
    lock = try_shared(path)
    if lock is None:
        return False
    lock.close()
    return True


def wait_until_free(path: Path, patience: float) -> bool:
    """Wait for `is_free`, at most `patience` seconds; whether it came."""
    deadline = time.monotonic() + patience
    while not is_free(path):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.005)
    return True


def _locked(path: Path, how: int) -> Lock:
    lock = Lock(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    try:
        fcntl.flock(lock.fileno(), how)
    except BaseException:
        lock.close()
        raise
    return lock
