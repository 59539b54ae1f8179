"""Saving what was measured, whatever comes in the midst of it."""

from __future__ import annotations

import signal
from collections.abc import Callable
from contextlib import suppress
from threading import current_thread, main_thread
from types import FrameType
from typing import Any

import click

from bench.cli.interruption import SIGNALS
from bench.measurement import Result
from bench.results.recording import Recording


def saved(recording: Recording) -> tuple[Result, bool]:
    """Write the result, and say whether somebody interrupted meanwhile. That waits, for it takes no time: what is half
    written would be lost, and who interrupts wants what there is.

    Raises:
        ResultError: It cannot be written; the journal stays, and the message says how to go on with it.
    """
    before: dict[int, Callable[[int, FrameType | None], Any]] = {}
    came: list[int] = []
    if current_thread() is main_thread():
        for name in SIGNALS:
            number = getattr(signal, name, None)
            handler = signal.getsignal(number) if number is not None else None
            if number is not None and callable(handler):
                before[number] = handler
                signal.signal(number, lambda number, frame: came.append(number))
    try:
        result = recording.finish()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    for number in came:
        with suppress(KeyboardInterrupt):  # it is answered by what is returned
            before[number](number, None)
    return result, bool(came)


def save_before_failing(recording: Recording, done: str) -> None:
    """Save what was measured before an error ended the run, and say where it is, on standard error.

    Args:
        recording: The run; whoever calls raises its error again.
        done: What was done with it: measured, or counted.
    """
    where = f"is saved in {recording.path}"
    try:
        saved(recording)
    except Exception:  # noqa: BLE001 - what is said is the error that ended the run; the journal has the rest
        where = f"before is in {recording.journal}"
    click.echo(f"What was {done} {where}: `bench run --resume` goes on with it", err=True)
