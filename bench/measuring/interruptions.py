"""Interruptions where KeyboardInterrupt, raised wherever the main thread is, would lose something."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import current_thread, main_thread
from types import FrameType
from typing import Any


@contextmanager
def interruptions_to(stop: Callable[[], None]) -> Iterator[None]:
    """Have an interruption call `stop` meanwhile, and raise nothing; nothing is changed in another thread than the main
    one, which none reaches.
    """
    if current_thread() is not main_thread():
        yield
        return
    before: dict[int, Callable[[int, FrameType | None], Any]] = {}

    def handle(number: int, frame: FrameType | None) -> None:
        try:
            before[number](number, frame)
        except KeyboardInterrupt:
            stop()

    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        handler = signal.getsignal(number) if number is not None else None
        if number is not None and callable(handler):
            before[number] = handler
            signal.signal(number, handle)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def interruptions_put_off() -> Iterator[None]:
    """Have an interruption wait until the block is through, which puts something away.

    Raises:
        KeyboardInterrupt: One came meanwhile.
    """
    came = False

    def wait() -> None:
        nonlocal came
        came = True

    with interruptions_to(wait):
        yield
    if came:
        raise KeyboardInterrupt
