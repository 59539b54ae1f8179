"""The stack of what is running, through the greenlets that SQLAlchemy's asyncio side consists of."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from types import FrameType

from greenlet import getcurrent  # type: ignore[import-untyped]


def running_frames() -> Iterator[FrameType]:
    """What is running, from the innermost frame outwards.

    SQLAlchemy runs its synchronous inside in a greenlet, where the stack ends: it goes on in the one that waits for it.
    """
    greenlet, frame = getcurrent(), inspect.currentframe()
    while greenlet is not None:
        while frame is not None:
            yield frame
            frame = frame.f_back
        greenlet = greenlet.parent
        frame = None if greenlet is None else greenlet.gr_frame
